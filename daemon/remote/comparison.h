#pragma once

#include "daemon/pass/workplace.h"

/* How the ledger and the watched branch of the remote, as fetched, stand to what this daemon knows
 * (imprimatur.json(5), THE REMOTE). */

typedef enum {
    IMP_COMPARISON_SAME,     /* they are where we left them */
    IMP_COMPARISON_AHEAD,    /* ours is to follow theirs, which goes on after it (our own push whose
                              answer was lost, or another daemon's with our key), or is where we
                              left ours, which somebody else has moved since */
    IMP_COMPARISON_BEHIND,   /* a replica's delay, or a rewind: time will tell */
    IMP_COMPARISON_DIVERGED, /* somebody else's */
} ImpComparisonKind;

typedef struct {
    ImpComparisonKind kind;
    char *ours, *theirs; /* where we left the ledger, and where the remote has it; or NULL */
    char *here;          /* where the mirror has it; or NULL */
    char *branch;        /* of a watched branch that is behind: its tip; else NULL */
    char *sentence;      /* BEHIND, DIVERGED: what is wrong and what to do */
} ImpComparison;

/* Looks at the mirror. An error only where it cannot be read. */
bool imp_comparison_read(ImpWorkplace *place, ImpComparison *comparison, GError **error);
void imp_comparison_clear(ImpComparison *comparison);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImpComparison, imp_comparison_clear)

/* Moves the mirror's ledger to theirs, noted first. */
bool imp_comparison_follow(ImpWorkplace *place, const ImpComparison *comparison, GError **error);
