#pragma once

#include "daemon/pass/pass.h"

/* A pass that the ledger has, done again from what it was done from. */

/* An entry as it lies in the ledger. */
typedef struct {
    char *id;
    char *committer;   /* "Name <address>" */
    char *unsigned_id; /* what the commit would be named without its signature: one pass may have
                          very many, and this is all that has to be compared */
    ImpEntry *entry;
} ImpRecorded;

/* Something to say about an entry. */
typedef struct {
    char *id;
    char *subject;
    char *sentence;
} ImpFinding;

ImpFinding *imp_finding_new(const char *id, const char *subject, char *sentence);
void imp_finding_free(ImpFinding *finding);

/* What the passes of one ledger share. */
typedef struct {
    ImpRepository *repository; /* borrowed */
    ImpDatabase *database;     /* an index in memory, as the passes done so far left it */
    GPtrArray *authority;      /* of ImpSigner*, borrowed; NULL: which policies took effect is the
                                  ledger's word */
    ImpConfig config;          /* name and branches, as the ledger tells them */
    GPtrArray *unrecorded;     /* of ImpUnrecorded*: well-signed decisions without an entry */
    guint decisions;           /* whose signatures were looked at */
    bool first_edition;        /* the pass is done by the first edition of the rules */
} ImpReplay;

bool imp_replay_begin(ImpReplay *replay, ImpRepository *repository, GPtrArray *authority,
                      GError **error);
void imp_replay_clear(ImpReplay *replay);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImpReplay, imp_replay_clear)

/* The entry in the ledger commit `id`. G_IO_ERROR_INVALID_DATA if it is not one. */
ImpRecorded *imp_recorded_read(ImpRepository *repository, const char *id, GError **error);
void imp_recorded_free(ImpRecorded *recorded);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpRecorded, imp_recorded_free)

/* Whether all is there that the pass with these entries (of ImpRecorded*, not empty) was done from.
 * If not, `why` is a sentence, which the caller frees. */
bool imp_replay_can(ImpReplay *replay, const GPtrArray *entries, char **why);

/* Does it again after the ledger commit `parent`. `deviation` is the first entry that does not
 * follow, NULL if all do. Every signature is looked at once. */
bool imp_replay_pass(ImpReplay *replay, const GPtrArray *entries, const char *parent,
                     ImpFinding **deviation, GError **error);

/* The same where its Source is gone: what the ledger alone proves. Decisions are verified by the
 * policy in force, and states follow from what stands; who contributed, and what the texts were, is
 * taken from the entries. */
bool imp_replay_without_source(ImpReplay *replay, const GPtrArray *entries, const char *parent,
                               ImpFinding **deviation, GError **error);

/* Looks for decisions without an entry that the watched branch's `tip` (NULL: it is not here) or
 * one of the `branches` (of ImpRef*) reaches now. */
bool imp_replay_look_ahead(ImpReplay *replay, const char *tip, GPtrArray *branches, gint64 now_us,
                           GError **error);

/* For replay's own files: a pass at the moment and Source of the first of the entries; and the
 * attempt that an entry is about, or NULL and a sentence. */
ImpPass imp_replay_open(ImpReplay *replay, const GPtrArray *entries);
/* Begins the pass's fold, by the edition of the rules that the replay is at. */
bool imp_replay_fold(const ImpReplay *replay, ImpPass *pass, GError **error);
ImpNewCommit *imp_replay_attempt(const ImpReplay *replay, const ImpEntry *entry, char **sentence);
/* Compares the commit that was made as number `index` with the one that lies there. `deviation` is
 * what differs, else untouched. */
bool imp_replay_compare(const ImpReplay *replay, const ImpLedgerWriter *writer, guint index,
                        const ImpRecorded *recorded, ImpFinding **deviation, GError **error);
