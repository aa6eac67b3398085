#include "daemon/service/housekeeping.h"
#include "articles/maintenance.h"

#include <malloc.h>

/* A pass writes a handful of loose objects, or one pack: a push every few seconds makes some ten
 * thousand a day. Git looks after that when somebody pushes, but not everywhere (a forge pushes
 * with its own settings, a mirror is never pushed to), and only when 50 packs have come together,
 * by copying all there is. So the daemon packs what is small, long before. A mirror has a ref of
 * its own file for each head that was ever fetched, and nobody but the daemon to pack them. */

/* After a pass that read more than this the memory it took is given back. */
#define LARGE_PASS_COMMITS 500
/* The repository is looked at after so many passes that wrote to it. */
#define LOOK_EVERY_PASSES 8
/* More than these are packed: git's own limits (gc.autoPackLimit, gc.auto) are 50 and 6700. */
#define PACKS_MOST 24
#define LOOSE_MOST 4096
/* Where packing failed, or changed nothing, it is tried again after so many more. */
#define AGAIN_AFTER_PASSES 1000

struct ImpHousekeeping {
    ImpWorkplace *place;
    ImpMaintenance *maintenance; /* or NULL */
    guint passes;                /* until the repository is looked at */
    ImpClutter before;           /* when packing began */
    bool complained;
};

ImpHousekeeping *imp_housekeeping_new(ImpWorkplace *place)
{
    ImpHousekeeping *keeping = g_new0(ImpHousekeeping, 1);
    keeping->place = place;
    keeping->passes = 1; /* whoever starts often is to be looked after too */
    return keeping;
}

void imp_housekeeping_free(ImpHousekeeping *keeping)
{
    if (!keeping)
        return;
    imp_maintenance_free(keeping->maintenance);
    g_free(keeping);
}

static void complain(ImpHousekeeping *keeping, const char *fault)
{
    if (!keeping->complained)
        g_warning(
            "%s: its many packs and loose objects cannot be put together, which makes it slow in "
            "time; run git gc there: %s",
            keeping->place->config->repository, fault);
    keeping->complained = true;
}

static void look_at_repository(ImpHousekeeping *keeping);

/* What came meanwhile may be much again. */
static void on_done(const char *fault, gpointer data)
{
    ImpHousekeeping *keeping = data;
    g_clear_pointer(&keeping->maintenance, imp_maintenance_free);
    if (fault) {
        complain(keeping, fault);
        keeping->passes = AGAIN_AFTER_PASSES;
    } else if (keeping->place->repository) {
        keeping->complained = false;
        imp_repository_trim(keeping->place->repository); /* of packs that are gone */
        ImpClutter now = imp_maintenance_look(keeping->place->repository);
        keeping->passes = AGAIN_AFTER_PASSES; /* where there are packs that git leaves alone */
        if (now.packs < keeping->before.packs || now.loose < keeping->before.loose ||
            now.refs < keeping->before.refs)
            look_at_repository(keeping);
    }
}

static void look_at_repository(ImpHousekeeping *keeping)
{
    ImpRepository *repository = keeping->place->repository;
    g_autoptr(GError) error = NULL;
    keeping->passes = LOOK_EVERY_PASSES;
    ImpClutter clutter = imp_maintenance_look(repository);
    /* Of a mirror: elsewhere the refs are others', who push. */
    bool refs = keeping->place->config->remote && clutter.refs > IMP_CLUTTER_REFS_MOST;
    if ((!refs && clutter.loose <= LOOSE_MOST && clutter.packs <= PACKS_MOST) ||
        imp_maintenance_is_unwanted(repository))
        return;
    keeping->before = clutter;
    keeping->maintenance = imp_maintenance_begin(repository, refs, on_done, keeping, &error);
    if (!keeping->maintenance)
        complain(keeping, error->message);
}

void imp_housekeeping_after_pass(ImpHousekeeping *keeping, guint commits_read, guint entries)
{
    if (commits_read > LARGE_PASS_COMMITS) {
        imp_repository_trim(keeping->place->repository);
        malloc_trim(0);
    }
    bool wrote = entries > 0 || keeping->place->config->remote; /* fetches write, too */
    if (keeping->passes > 0 && wrote)
        keeping->passes--;
    if (keeping->passes == 0 && !keeping->maintenance && keeping->place->repository)
        look_at_repository(keeping);
}
