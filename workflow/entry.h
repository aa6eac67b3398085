#pragma once

#include "workflow/words.h"

/* One entry of the ledger: one fact that moves or concerns an article. The struct's members stand
 * in the order of the trailers (imprimatur-record(7), LEDGER); a zero or NULL member has no
 * trailer. */
typedef struct {
    ImpEntryKind event;
    char *article; /* path, bytes as in git; the ledger C-quotes it where git would */
    char *version; /* hex object id */
    guint round;
    ImpState state; /* state and previous_state mean something only with an article */
    ImpState previous_state;
    ImpReason reason;
    ImpProblem problem;
    char **contributors; /* ids, ordered, or NULL: who wrote the version elsewhere */
    char *person;        /* id */
    char *reviewed_by;   /* "Name <address>" */
    char *of;            /* id */
    char **requested;    /* ids, or NULL */
    gint64 respond_by_us;
    gint64 review_by_us;
    char *decision; /* hex commit id of the decision */
    ImpRefusal refusal;
    gint64 valid_until_us;
    char *repository;
    char *manifest; /* hex SHA-256 */
    char *branch;
    char **review_branches; /* or NULL */
    bool unverified;        /* Verified: no */
    guint policy;
    char *source; /* hex commit id of the watched tip */
    gint64 at_us;

    /* Not trailers. */
    char *subject;           /* the first line; for people */
    GBytes *decision_object; /* the signed commit, or NULL */
    /* Read from decision_object by whoever makes or reads the entry. */
    gint64 decision_date_us; /* its committer date */
    char *decision_key;      /* the key of its signature, base64, or NULL */
    char *decision_payload;  /* SHA-256 of what was signed, hex, or NULL */
} ImpEntry;

ImpEntry *imp_entry_new(void);
void imp_entry_free(ImpEntry *entry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpEntry, imp_entry_free)
