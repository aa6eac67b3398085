#include "daemon/pass/workplace.h"
#include "articles/ledger.h"
#include "articles/ssh_sign.h"
#include "daemon/index/announce.h"
#include "daemon/index/index.h"
#include "daemon/index/last_tip.h"
#include "notify/enqueue.h"
#include "workflow/base/fault.h"
#include "workflow/base/limits.h"
#include "workflow/signers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

G_DEFINE_QUARK(imp_workplace_error, imp_workplace_error)

static bool take_lock(ImpWorkplace *place, GError **error)
{
    const char *directory = place->config->state_directory;
    g_autofree char *path = g_build_filename(directory, "lock", NULL);
    if (g_mkdir_with_parents(directory, 0750) < 0 ||
        (place->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640)) < 0) {
        g_set_error(error, IMP_WORKPLACE_ERROR, IMP_WORKPLACE_ERROR_INVALID,
                    "%s: cannot use the state directory: %s", directory, g_strerror(errno));
        return false;
    }
    if (flock(place->lock, LOCK_EX | LOCK_NB) == 0)
        return true;
    g_set_error(error, IMP_WORKPLACE_ERROR, IMP_WORKPLACE_ERROR_BUSY,
                "%s: another imprimatur is working on \"%s\"; wait for it, or stop it", path,
                place->config->name);
    return false;
}

static bool read_authority(const ImpConfig *config, GPtrArray **authority, GError **error)
{
    *authority = NULL;
    if (config->signatures_off)
        return true;
    g_autofree char *text = NULL;
    gsize length;
    if (g_file_get_contents(config->authority, &text, &length, error))
        *authority = imp_signers_parse_authority(config->authority, text, length, error);
    return *authority ||
           imp_fault_reword(error, IMP_WORKPLACE_ERROR, IMP_WORKPLACE_ERROR_INVALID, "authority");
}

static ImpDatabase *open_index(const char *path, GError **error)
{
    g_autoptr(ImpDatabase) database = imp_database_open(path, IMP_DATABASE_WRITE, error);
    return database && imp_index_open(database, error) ? g_steal_pointer(&database) : NULL;
}

/* A damaged index is put aside, since all of it but the queue of messages is in git, and of that
 * what is not too old is told again, under the same ids. */
static bool put_aside(const char *path)
{
    g_autofree char *aside = g_strconcat(path, ".damaged", NULL);
    if (rename(path, aside) < 0)
        return false;
    g_warning("%s: is damaged, and made again from the ledger; messages of the last 96 hours are "
              "sent again, older ones that waited are lost; the damaged one is kept as %s",
              path, aside);
    return true;
}

static ImpDatabase *open_or_make_index(const char *path, GError **error)
{
    g_autoptr(GError) fault = NULL; /* damage is mended */
    ImpDatabase *database = open_index(path, &fault);
    if (!database && g_error_matches(fault, IMP_DATABASE_ERROR, IMP_DATABASE_ERROR_DAMAGED) &&
        put_aside(path))
        return open_index(path, error);
    if (!database)
        g_propagate_error(error, g_steal_pointer(&fault));
    return database;
}

static bool open_database(ImpWorkplace *place, const char *path, GError **error)
{
    place->database = open_or_make_index(path, error);
    place->outbox = place->database ? imp_outbox_open(place->database, error) : NULL;
    return place->outbox != NULL;
}

static char *database_path(const ImpWorkplace *place)
{
    return g_build_filename(place->config->state_directory, "index.db", NULL);
}

bool imp_workplace_heal(ImpWorkplace *place, GError **error)
{
    g_autofree char *path = database_path(place);
    g_clear_pointer(&place->outbox, imp_outbox_free);
    g_clear_pointer(&place->database, imp_database_free);
    g_clear_pointer(&place->seen_refs, g_free);
    put_aside(path);
    return open_database(place, path, error);
}

bool imp_workplace_is_damage(const GError *error)
{
    return g_error_matches(error, IMP_DATABASE_ERROR, IMP_DATABASE_ERROR_DAMAGED);
}

ImpWorkplace *imp_workplace_open(const ImpConfig *config, GError **error)
{
    g_autoptr(ImpWorkplace) place = g_new0(ImpWorkplace, 1);
    place->config = config;
    place->lock = -1;
    place->committer = g_strdup_printf("%s <%s>", config->committer_name, config->committer_email);
    if (!read_authority(config, &place->authority, error) || !take_lock(place, error))
        return NULL;
    g_autofree char *path = database_path(place);
    return open_database(place, path, error) ? g_steal_pointer(&place) : NULL;
}

void imp_workplace_free(ImpWorkplace *place)
{
    if (!place)
        return;
    g_clear_pointer(&place->authority, g_ptr_array_unref);
    g_free(place->committer);
    g_free(place->seen_refs);
    imp_repository_free(place->repository);
    imp_outbox_free(place->outbox);
    imp_database_free(place->database);
    if (place->lock >= 0)
        close(place->lock);
    g_free(place);
}

/* The daemon's refs are hidden from pushes before they are used. */
static bool prepare(ImpRepository *repository, const ImpConfig *config, GError **error)
{
    g_autofree char *approved =
        config->approved_branch ? g_strconcat("refs/heads/", config->approved_branch, NULL) : NULL;
    const char *hidden[] = {"refs/imprimatur", approved, NULL};
    return imp_repository_prepare(repository, hidden, error);
}

bool imp_workplace_hide_refs(const ImpConfig *config, GError **error)
{
    g_autoptr(ImpRepository) repository = NULL;
    return imp_repository_find(config->repository, &repository, error) &&
           (!repository || prepare(repository, config, error));
}

bool imp_workplace_reload(ImpWorkplace *place, const ImpConfig *config, GError **error)
{
    const ImpConfig *old = place->config;
    if (strcmp(config->name, old->name) != 0 || strcmp(config->repository, old->repository) != 0 ||
        strcmp(config->state_directory, old->state_directory) != 0) {
        g_set_error(error, IMP_WORKPLACE_ERROR, IMP_WORKPLACE_ERROR_INVALID,
                    "%s: name, repository and state_directory change only by a restart",
                    config->path);
        return false;
    }
    GPtrArray *authority;
    if (!read_authority(config, &authority, error))
        return false;
    if (place->repository && !prepare(place->repository, config, error)) {
        g_clear_pointer(&authority, g_ptr_array_unref);
        return false;
    }
    g_clear_pointer(&place->authority, g_ptr_array_unref);
    place->authority = authority;
    g_free(place->committer);
    place->committer = g_strdup_printf("%s <%s>", config->committer_name, config->committer_email);
    place->config = config;
    return true;
}

bool imp_workplace_find_repository(ImpWorkplace *place, char **waiting_for, GError **error)
{
    /* A repository that was deleted, or made again in its place, is another one. */
    if (place->repository && imp_repository_is_still_there(place->repository))
        return true;
    g_clear_pointer(&place->repository, imp_repository_free);
    const char *path = place->config->repository;
    g_autoptr(ImpRepository) repository = NULL;
    if (!imp_repository_find(path, &repository, error))
        return false;
    if (!repository && place->config->remote &&
        (!imp_repository_create(path, error) || !imp_repository_find(path, &repository, error)))
        return false;
    if (!repository) {
        *waiting_for = g_strdup_printf(
            "%s: there is no git repository yet; make it with git init --bare", path);
        return true;
    }
    if (!prepare(repository, place->config, error))
        return false;
    imp_repository_set_work(repository, &place->work);
    place->repository = g_steal_pointer(&repository);
    return true;
}

ImpAnnouncing imp_workplace_announcing(const ImpWorkplace *place, const ImpPolicy *policy,
                                       const char *source, gint64 at_us)
{
    return (ImpAnnouncing){.repository = place->config->name,
                           .config = place->config,
                           .policy = policy,
                           .source = source,
                           .verified = place->authority != NULL,
                           .at_us = at_us};
}

bool imp_workplace_announce_divergence(ImpWorkplace *place, const char *ledger,
                                       const char *sentence, gint64 now_us, GError **error)
{
    g_autofree char *said = imp_index_get(place->database, IMP_INDEX_DIVERGED);
    if (g_strcmp0(said, sentence) == 0)
        return true;
    g_autoptr(ImpPolicy) policy = imp_index_policy(place->database);
    g_autofree char *source = imp_index_get(place->database, IMP_INDEX_SOURCE);
    const ImpAnnouncing announcing =
        imp_workplace_announcing(place, policy, source, imp_moment_whole_seconds(now_us));
    g_autofree char *left_at = imp_index_get(place->database, IMP_INDEX_LEDGER);
    g_autofree char *value = g_strconcat(ledger ? ledger : "gone", " ", left_at, NULL);
    g_autoptr(ImpEvent) event =
        imp_announce_trouble(&announcing, "ledger.diverged", value, sentence);
    if (imp_database_begin(place->database, error) &&
        imp_index_set(place->database, IMP_INDEX_DIVERGED, sentence, error) &&
        imp_workplace_enqueue(place, event, NULL, now_us, error) &&
        imp_database_commit(place->database, error))
        return true;
    imp_database_rollback(place->database);
    return false;
}

/* Why the ledger is not where it was left; NULL if it is. The place before the last batch is ours
 * too, as long as the index has not seen that batch: then the daemon died between noting and
 * moving. */
static char *divergence(ImpWorkplace *place, const ImpLastTip *memory, const char *ledger)
{
    g_autofree char *indexed = imp_index_get(place->database, IMP_INDEX_LEDGER);
    if (!memory->tip && !ledger && indexed)
        return g_strdup_printf("the ledger is gone, and so is this daemon's memory of it, but its "
                               "index has followed one to "
                               "%.12s; type: imprimatur ledger restore --trust %s",
                               indexed, indexed);
    if (!memory->tip)
        return ledger
                   ? g_strdup_printf(
                         "there is a ledger (%.12s) that this daemon does not remember; if it is "
                         "genuine, type: imprimatur ledger restore --trust %s",
                         ledger, ledger)
                   : NULL;
    if (g_strcmp0(ledger, memory->tip) == 0 ||
        (g_strcmp0(ledger, memory->previous) == 0 && g_strcmp0(indexed, memory->tip) != 0))
        return NULL;
    return ledger ? g_strdup_printf("the ledger was moved to %.12s, but this daemon left it at "
                                    "%.12s; type: imprimatur "
                                    "ledger restore",
                                    ledger, memory->tip)
                  : g_strdup_printf("the ledger is gone; this daemon left it at %.12s; type: "
                                    "imprimatur ledger restore",
                                    memory->tip);
}

/* A ledger that this daemon does not remember is its own if it was signed with its key. */
static bool recognize(ImpWorkplace *place, ImpLastTip *memory, const char *ledger, GError **error)
{
    if (memory->tip || !ledger || !place->config->signing_key)
        return true;
    g_autofree char *key = imp_ssh_public_key(place->config->signing_key, error);
    bool own;
    if (!key || !imp_ledger_check_signature(place->repository, ledger, key, &own, error))
        return false;
    if (!own)
        return true;
    memory->tip = g_strdup(ledger);
    return imp_last_tip_write(place->config->state_directory, ledger, ledger, error);
}

bool imp_workplace_check_ledger(ImpWorkplace *place, const char *ledger, gint64 now_us,
                                char **diverged, GError **error)
{
    g_auto(ImpLastTip) memory = {0};
    if (!imp_last_tip_read(place->config->state_directory, &memory, error) ||
        !recognize(place, &memory, ledger, error))
        return false;
    g_autofree char *sentence = divergence(place, &memory, ledger);
    if (!sentence)
        return imp_index_unset(place->database, IMP_INDEX_DIVERGED, error);
    if (!imp_workplace_announce_divergence(place, ledger, sentence, now_us, error))
        return false;
    *diverged = g_steal_pointer(&sentence);
    return true;
}

bool imp_workplace_enqueue(ImpWorkplace *place, const ImpEvent *event, const char *about,
                           gint64 now_us, GError **error)
{
    return !place->config->deliver ||
           imp_enqueue(place->outbox, place->config->endpoints, event, about, now_us, error);
}
