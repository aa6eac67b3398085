#pragma once

#include "daemon/verify/replay.h"

/* Whether a ledger follows from the history, the policies and the decisions that it is about. */

typedef struct {
    char *ledger;          /* its tip */
    char *repository;      /* its name, as the ledger says */
    guint entries;         /* that follow, from the beginning on, */
    guint passes;          /* in so many passes, */
    guint first_edition;   /* of which so many by the first edition of the rules alone, or since it
                              was seen to be in use, */
    guint decisions;       /* with so many decisions */
    guint policy;          /* the version in force in the end */
    ImpFinding *deviation; /* the first entry that does not follow; NULL: all do */
    GPtrArray *unrecorded; /* of ImpFinding*: decisions that should have an entry; the id is the
                              decision's */
    GPtrArray *unchecked; /* of ImpFinding*: from which entry on what could not be looked at; the id
                             may be NULL */
    char *unproved; /* a sentence: why it is not proved where policies and ledger are from; NULL: it
                       is */
} ImpVerification;

void imp_verification_clear(ImpVerification *verification);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImpVerification, imp_verification_clear)

/* Verifies the ledger whose tip is `ledger`. `authority` (of ImpSigner*) are the keys that may
 * publish policies, NULL: not given. `published` is the entry that the approved branch was made
 * after, as it says, or NULL: a ledger without it has been cut off, or is older than the branch.
 * `now_us` is the moment by which decisions without an entry are looked at. Reads only; the caller
 * clears `verification` also after a failure, which is a fault of the repository, or of what
 * verifies signatures. */
bool imp_verify(ImpRepository *repository, const char *ledger, GPtrArray *authority,
                const char *published, gint64 now_us, ImpVerification *verification,
                GError **error);
