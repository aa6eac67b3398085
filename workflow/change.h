#pragma once

#include "workflow/base/json.h"
#include "workflow/quantity.h"

/* What a reviewer must not miss between two texts: a number, a unit, a comparison, a negation or a
 * term of the policy that has changed, is new, or is gone (imprimatur(1), DIFFERENCES). */

typedef enum {
    IMP_CHANGE_NUMBER,
    IMP_CHANGE_UNIT,
    IMP_CHANGE_COMPARISON,
    IMP_CHANGE_NEGATION,
    IMP_CHANGE_TERM,
} ImpChangeKind;

/* What makes it dangerous. */
typedef enum {
    IMP_CHANGE_TENFOLD = 1 << 0,    /* ten times as much or more, or as little or less */
    IMP_CHANGE_MG_AND_MCG = 1 << 1, /* one for the other */
    IMP_CHANGE_NEGATION_DROPPED = 1 << 2,
    IMP_CHANGE_TRAILING_ZERO = 1 << 3, /* now "1.0 mg" */
    IMP_CHANGE_NAKED_POINT = 1 << 4,   /* now ".5 mg" */
} ImpChangeFlag;

typedef struct {
    ImpChangeKind kind;
    char *before;  /* the words, one clean line: "60-100 mg/m²"; NULL: it is new */
    char *after;   /* NULL: it is gone */
    double factor; /* how many times as much it is; 0: cannot be said */
    guint flags;   /* of ImpChangeFlag */
    char *where;   /* the heading above it; NULL: none */
    char *context; /* the sentence that it is in, quoted and short: as it is now, or was */
} ImpChange;

/* A list of them, which stays bounded whatever is added: beyond some thousands only flagged ones
 * are kept, and then none. */
typedef struct {
    GPtrArray *list;  /* of ImpChange* */
    guint more;       /* how many are not in it */
    guint references; /* private */
} ImpChanges;

ImpChanges *imp_changes_new(void);
ImpChanges *imp_changes_ref(ImpChanges *changes);
void imp_changes_unref(ImpChanges *changes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpChanges, imp_changes_unref)

/* Compares two sentences, of which either may be NULL, and appends what differs to `changes`, in
 * the order of the text. `terms` and `where` may be NULL. Both are valid UTF-8. */
void imp_changes_compare(const char *before, const char *after, const ImpTerms *terms,
                         const char *where, ImpChanges *changes);

/* Puts the flagged ones first, all else in its order, and takes the last off where there are more
 * than `most`. */
void imp_changes_settle(ImpChanges *changes, guint most);

/* "60 mg -> 600 mg, tenfold": one clean line without a full stop, the heading left out. The caller
 * frees. */
char *imp_change_sentence(const ImpChange *change);

/* {"what": "number", "before": "60 mg", "after": "600 mg", "factor": 10, "flags": ["tenfold"],
 *  "where": "Dosing", "sentence": "60 mg -> 600 mg, tenfold"}; null for what there is not. New. */
json_t *imp_change_json(const ImpChange *change);
/* All of a list, as an array. New. */
json_t *imp_changes_json(const ImpChanges *changes);
