#pragma once

#include <glib.h>
#include <stdbool.h>

/* Which deliveries need not be sent any more because a later one says all that they said
 * (imprimatur.json(5), DELIVERY): log compaction for an endpoint at which too many wait. Of an
 * article's states, `article.*`, only the newest of each type is news. What a person did or is
 * asked is a fact of its own each time and always stays, and so does what is about no article, and
 * what has been tried: it may have arrived. Pure. */

/* A delivery that waits or is under way. */
typedef struct {
    gint64 id;
    const char *article; /* path; NULL: about none */
    const char *type;
    bool untried; /* no try has begun */
} ImpCompactable;

enum { IMP_COMPACTION_TYPES = 5 };

/* A walk over an endpoint's deliveries; the zero value begins one. */
typedef struct {
    char *article;
    gint64 newest[IMP_COMPACTION_TYPES]; /* of each type, untried; 0: none */
} ImpCompaction;

void imp_compaction_clear(ImpCompaction *compaction);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImpCompaction, imp_compaction_clear)

/* Whether more wait for an endpoint than it is to be left with. */
bool imp_compaction_is_wanted(gint64 waiting);

/* Takes the next delivery of the walk: article by article, the oldest of each first. Returns the id
 * of the earlier one that this one stands for; 0: none. */
gint64 imp_compaction_take(ImpCompaction *compaction, const ImpCompactable *next);
