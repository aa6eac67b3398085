#pragma once

#include "workflow/article.h"

/* What readers are told of an article: which of its texts stands on its page, and how much that
 * page may claim. All of it follows from the article's entries and the moment. */

/* Somebody whose approval of the text counted when the article was Approved. */
typedef struct {
    char *person; /* id */
    char *name;   /* as the ledger says it (Reviewed-by), without the address; or NULL */
    gint64 at_us; /* when the approval was recorded */
} ImpApprover;

/* An article as its entries leave it, with what readers are told of the entries before. A fold, as
 * ImpArticle is. */
typedef struct {
    ImpArticle *article; /* made from the entries alone: without title, specialty, reviewers */
    guint entries;       /* that were taken */

    /* Of the entry that left the article Approved last. NULL, 0: never. */
    char *approved;        /* the version */
    char *approved_ledger; /* the entry's id */
    gint64 approved_at_us, valid_until_us;
    GPtrArray *approvers; /* of ImpApprover*, in the order of recording */
    bool ended;           /* it has ended since, */
    ImpEntryKind ended_by;
    char *ended_version; /* by an entry about this version */

    /* The last retraction, where it is later than that. NULL: none. */
    char *retracted_ledger;
    char *retracted_by; /* id */
    char *retracted_why;
    gint64 retracted_at_us;

    /* private */
    GHashTable *submitted_us; /* version -> gint64*: At of the submission that brought it last */
    GHashTable *adopted;      /* set of versions that an adoption brought */
    GHashTable *named;        /* person -> name */
    GHashTable *objected_to;  /* person -> version that the objection's entry names */
} ImpPast;

ImpPast *imp_past_new(const char *path);
void imp_past_free(ImpPast *past);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpPast, imp_past_free)

/* Takes the next entry about the article, in the ledger commit `id`. `policy` is the one in force
 * at the entry (NULL: lost, then nothing falls away), `reason` what the author of its decision gave
 * as one, or NULL. */
void imp_past_take(ImpPast *past, const char *id, const ImpEntry *entry, const char *reason,
                   const ImpPolicy *policy);

/* The rows of the table, the first that applies (imprimatur-site(7), WHAT IS SHOWN). */
typedef enum {
    IMP_SHOWN_NOTHING,   /* removed, or never fit to be approved: a notice */
    IMP_SHOWN_RETRACTED, /* a notice with who, when and why */
    IMP_SHOWN_PENDING,   /* never approved: the current text, or a notice */
    IMP_SHOWN_CONCERN,   /* somebody objects to the last approved text */
    IMP_SHOWN_EXPIRED,   /* the last approved text, whose time is over */
    IMP_SHOWN_APPROVED,  /* the approved text */
    IMP_SHOWN_LAPSED,    /* the last approved text, which is not approved any more */
} ImpShownCase;

/* The word in JSON ("approved"); static. */
const char *imp_shown_word(ImpShownCase which);

/* How far the ledger can be believed, and what the publisher wants of unapproved texts. */
typedef struct {
    bool trusted; /* else everything that has a text reads pending */
    bool pending; /* unapproved texts are shown; else a notice stands for them */
} ImpShowing;

typedef struct {
    ImpShownCase which;
    const char *version; /* of the text that is shown, borrowed; NULL: none */
    const char *waiting; /* the current version, where it is not the one that is shown and may be
                            shown beside it; NULL: there is none */
    gint64 updated_us;   /* At of the submission that brought the text; 0: not known */
    bool adopted;        /* an adoption brought it, so that its commit is older than that */
    gint64 reviewed_us;  /* the latest counted approval of the text; 0: none */
} ImpShown;

/* `moment_us` is when it is read. Approved is what IMP_SHOWN_APPROVED says, and nothing else. */
ImpShown imp_shown(const ImpPast *past, ImpShowing showing, gint64 moment_us);

/* Whether an embed has to doubt a status that says Approved: the article was approved once, and
 * what is shown of it is not. */
bool imp_shown_is_worse(const ImpPast *past, const ImpShown *shown);
