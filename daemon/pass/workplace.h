#pragma once

#include "articles/work.h"
#include "daemon/config/config.h"
#include "daemon/index/announce.h"
#include "daemon/pass/clock_doubt.h"
#include "notify/event.h"
#include "notify/outbox/outbox.h"
#include "workflow/base/database.h"

/* What the daemon works with on one repository, from its start to its end: the lock, the index and
 * outbox, the repository once it is there, the authority's keys. */

typedef struct {
    const ImpConfig *config;   /* borrowed */
    GPtrArray *authority;      /* of ImpSigner*; NULL: signatures are off */
    char *committer;           /* "Name <address>" */
    ImpRepository *repository; /* NULL while it is missing */
    ImpDatabase *database;
    ImpOutbox *outbox;
    int lock;            /* descriptor */
    bool serves;         /* a daemon: the next pass comes by itself */
    ImpClockDoubt clock; /* zero: the clock is to be doubted where it leaps */
    char *seen_refs;     /* of the refs as the last pass left them; NULL where it failed */
    ImpWork work;        /* of a long pass; set before the repository is found */
} ImpWorkplace;

#define IMP_WORKPLACE_ERROR (imp_workplace_error_quark())
GQuark imp_workplace_error_quark(void);
typedef enum {
    IMP_WORKPLACE_ERROR_BUSY,    /* another process holds the lock */
    IMP_WORKPLACE_ERROR_INVALID, /* the authority's file, or the state directory */
} ImpWorkplaceError;

/* Takes the lock in the state directory (made if missing, 0750), opens index and outbox there and
 * reads the authority's file. The repository may still be missing. */
ImpWorkplace *imp_workplace_open(const ImpConfig *config, GError **error);
void imp_workplace_free(ImpWorkplace *place);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpWorkplace, imp_workplace_free)

/* Hides the daemon's refs from pushes, for a daemon that will not be able to write the repository's
 * configuration. Nothing is done where there is no repository yet. */
bool imp_workplace_hide_refs(const ImpConfig *config, GError **error);

/* Goes on with another configuration of the same name, repository and state directory. Another
 * approved branch is hidden from pushes before. On an error the old one stays. */
bool imp_workplace_reload(ImpWorkplace *place, const ImpConfig *config, GError **error);

/* Whether an error says that the database is damaged. */
bool imp_workplace_is_damage(const GError *error);

/* Puts a damaged database aside (index.db.damaged) and begins another, which the next pass fills
 * from the ledger. Nothing may hold the old one's handle or outbox any more. On an error the
 * workplace can only be freed. */
bool imp_workplace_heal(ImpWorkplace *place, GError **error);

/* Opens the repository, if it is not open yet, and readies it for writing; the mirror of a remote
 * is made. While it is missing, *waiting_for becomes a sentence, which the caller frees; otherwise
 * it is left alone. */
bool imp_workplace_find_repository(ImpWorkplace *place, char **waiting_for, GError **error);

/* Looks whether the ledger's ref (`ledger`, NULL: it is gone) is where this daemon left it. If not,
 * *diverged becomes a sentence, which the caller frees, and ledger.diverged is announced once for
 * each place where it is found; otherwise it is left alone. */
bool imp_workplace_check_ledger(ImpWorkplace *place, const char *ledger, gint64 now_us,
                                char **diverged, GError **error);

/* What an event about something that is not an entry has to say: the policy in force (or NULL), the
 * tip (or NULL), the moment. Borrows all of them. */
ImpAnnouncing imp_workplace_announcing(const ImpWorkplace *place, const ImpPolicy *policy,
                                       const char *source, gint64 at_us);

/* Announces that a ledger is not what this daemon left, once for each `sentence`. */
bool imp_workplace_announce_divergence(ImpWorkplace *place, const char *ledger,
                                       const char *sentence, gint64 now_us, GError **error);

/* Puts an event into the outbox for every endpoint that takes it, within the caller's transaction;
 * for none where another daemon delivers.
 * `about` is the endpoint that it is about, or NULL. */
bool imp_workplace_enqueue(ImpWorkplace *place, const ImpEvent *event, const char *about,
                           gint64 now_us, GError **error);
