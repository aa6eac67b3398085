#pragma once

#include "workflow/base/database.h"
#include "workflow/policy.h"

/* The index's smaller tables: policies, what was seen, what is to be published, the entries of an
 * article. */

/* A policy that was in force, by its files, which are NULL where they are lost. */
typedef struct {
    guint version;
    const char *manifest; /* hex SHA-256 */
    GBytes *policy_json, *signers, *keyring;
    gint64 at_us;
} ImpIndexPolicy;

bool imp_index_keep_policy(ImpDatabase *database, const ImpIndexPolicy *policy, GError **error);
/* Tells the policy since when each of its keys counts: one that `former` (NULL: what it said is not
 * known) had too, as valid at `at_us`, since it did before; any other since `at_us`, when the
 * policy took effect. */
bool imp_index_keep_keys(ImpDatabase *database, ImpPolicy *policy, const ImpPolicy *former,
                         gint64 at_us, GError **error);
/* When the policy with the greatest version took effect; 0: there is none. */
gint64 imp_index_policy_at(ImpDatabase *database);
/* Finds the one with the greatest version; *policy is NULL if there was none (or its files are
 * lost). */
bool imp_index_find_policy(ImpDatabase *database, ImpPolicy **policy, GError **error);
/* The same for whoever goes on without it: NULL also where it cannot be read. */
ImpPolicy *imp_index_policy(ImpDatabase *database);
/* The one of that version; NULL where it, or its files, are not there or cannot be read. */
ImpPolicy *imp_index_policy_of(ImpDatabase *database, guint version);
/* The version that was in force before; 0: none. */
guint imp_index_policy_before(ImpDatabase *database, guint version);
/* The manifest's hex SHA-256 of the greatest version, or NULL; the caller frees. */
char *imp_index_policy_manifest(ImpDatabase *database);
/* The greatest version ever in force, also if its files are lost. */
guint imp_index_policy_version(ImpDatabase *database);

/* What need not be looked at again. The letters stand in the table, before the id. */
typedef enum {
    IMP_SEEN_COMMIT = 'c',  /* an attempt that was judged, by its commit */
    IMP_SEEN_PAYLOAD = 'p', /* the same, by what was signed */
    IMP_SEEN_REFUSED = 'r', /* what was signed, of one that was refused before that counts */
    IMP_SEEN_TIP = 't',     /* a branch's tip below which nothing is left to look at */
    IMP_SEEN_GONE = 'g',    /* a text that was said to be gone from the repository */
    IMP_SEEN_PAIR = 'q',    /* what was signed and an article, of a decision about several */
    IMP_SEEN_LEFT = 'l',    /* an objection and an article: that it is left behind was told */
} ImpIndexSeen;

bool imp_index_is_seen(ImpDatabase *database, ImpIndexSeen kind, const char *id);
/* Whether what was signed was judged, or refused early. */
bool imp_index_is_judged(ImpDatabase *database, const char *payload);
bool imp_index_mark_seen(ImpDatabase *database, ImpIndexSeen kind, const char *id, GError **error);

/* Paths whose place on the approved branch is to be looked at again. */
bool imp_index_mark_unpublished(ImpDatabase *database, const char *path, GError **error);
GPtrArray *imp_index_unpublished(ImpDatabase *database, GError **error);
bool imp_index_clear_unpublished(ImpDatabase *database, GError **error);

/* An article's entries, ids of ledger commits, oldest first. `place` is a number that grows along
 * the ledger. */
bool imp_index_add_entry(ImpDatabase *database, const char *path, const char *id, gint64 place,
                         GError **error);
/* The last one of the article, if it is `from`, has another id. */
bool imp_index_rename_entry(ImpDatabase *database, const char *path, const char *from,
                            const char *to, GError **error);
GPtrArray *imp_index_entries(ImpDatabase *database, const char *path, GError **error);
/* The place of an entry of the article; 0: it has none of that id. */
gint64 imp_index_place_of(ImpDatabase *database, const char *path, const char *id);
