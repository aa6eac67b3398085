#pragma once

#include "workflow/entry.h"
#include "workflow/policy.h"
#include "workflow/review_in.h"

/* An article as the ledger knows it, and what follows from that.
 *
 * The value is a fold: it starts empty (Removed, round 0) and takes one ledger entry after another
 * by imp_article_apply, both when the daemon makes an entry and when anybody reads the ledger
 * again. Nothing else ever changes what stands. */

/* A claim, an approval or an objection that stands. */
typedef struct {
    char *person;
    ImpDecisionKind verdict;
    gint64 date_us;     /* the decision's own date */
    gint64 recorded_us; /* At of its entry */
    guint round;        /* in which it was counted */
    char *key;          /* that signed it; NULL where signatures are off */
} ImpStanding;

typedef enum {
    IMP_REQUEST_OPEN,
    IMP_REQUEST_CLOSED,     /* answered, or no longer needed */
    IMP_REQUEST_GIVEN_BACK, /* declined or withdrawn: not asked again in this round */
} ImpRequestStatus;

/* A reviewer who was asked in this round. */
typedef struct {
    char *person;
    ImpRequestStatus status;
    gint64 respond_by_us;
    gint64 review_by_us;
} ImpRequest;

typedef struct {
    char *path;
    char *version; /* hex; the last one, for a removed article */
    guint round;
    ImpState state;
    ImpReason reason;
    ImpProblem problem;
    gint64 since_us;       /* when the state began */
    gint64 round_began_us; /* At of the entry that opened the round */
    gint64 text_after_us;  /* an approval of a text that an earlier round had must be dated after
                              this */
    gint64 valid_until_us; /* 0 unless Approved */
    bool adopted;          /* the round began by adoption: nobody is asked */
    GPtrArray *standing; /* of ImpStanding*, in the order of recording; objections outlive rounds */
    GPtrArray *requests; /* of ImpRequest*, of this round */
    char **asked_before; /* ids asked in the round before; never NULL */
    char **contributors; /* ids of those who wrote the version on a branch whose commits are not in
                            the history; never NULL */
    GHashTable *earlier_versions; /* set of hex ids that earlier rounds had; NULL: none */
    GHashTable *last_dates;       /* person -> gint64*: see imp_article_last_date; NULL: none */
    gint64 last_approval_date_us; /* the latest date of an approval that counted, ever */
    char *approved_text;          /* version that was last Approved, or NULL */
    char *approved_source;        /* Source of the last entry that left it Approved */
    char *other_text_source;      /* the same, of the last text different from approved_text */
    char *published;              /* version on the approved branch, or NULL */

    /* Read from the current version's text; not in the ledger. */
    char *title; /* or NULL: the path serves */
    char *specialty;
    char **reviewers; /* never NULL */
    ImpReviewIn review_in;
} ImpArticle;

ImpArticle *imp_article_new(const char *path);
void imp_article_free(ImpArticle *article);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpArticle, imp_article_free)

/* Takes one entry about this article. `policy` is the one in force at the entry (may be NULL when
 * it is lost: then nothing falls away). An entry read from the ledger decides the state; this only
 * follows. */
void imp_article_apply(ImpArticle *article, const ImpEntry *entry, const ImpPolicy *policy);

/* The caller frees. */
ImpArticle *imp_article_copy(const ImpArticle *article);

/* A copy of the article on which the entry has done what its event does; what the entry says it
 * ends in is not looked at. The caller frees. */
ImpArticle *imp_article_try(const ImpArticle *article, const ImpEntry *entry,
                            const ImpPolicy *policy);

/* Whether the policy still has what a claim, an approval or a request rests on: the person as a
 * reviewer, and the key (NULL: none was needed) as theirs. */
bool imp_article_still_counts(const ImpPolicy *policy, const char *person, const char *key);

/* For whoever stores articles: each copies what it is given. */
void imp_article_add_standing(ImpArticle *article, const ImpStanding *standing);
void imp_article_add_request(ImpArticle *article, const ImpRequest *request);
void imp_article_set_last_date(ImpArticle *article, const char *person, gint64 date_us);
void imp_article_add_earlier_version(ImpArticle *article, const char *version);

/* Whether an earlier round had this text. */
bool imp_article_had_version(const ImpArticle *article, const char *version);

/* What of `verdict` stands of `person`, or NULL. */
const ImpStanding *imp_article_standing(const ImpArticle *article, const char *person,
                                        ImpDecisionKind verdict);
bool imp_article_has_objection(const ImpArticle *article);
/* The request of `person` in this round, or NULL. */
const ImpRequest *imp_article_request(const ImpArticle *article, const char *person);

/* The date of the person's last decision about this article that came as far as being compared with
 * the one before; 0 if none did. */
gint64 imp_article_last_date(const ImpArticle *article, const char *person);

/* The specialty that reviewers are sought for: the rule's, else the text's own; or NULL. */
const char *imp_article_specialty(const ImpArticle *article, const ImpRule *rule);

/* The Source below which changes to the file no longer make a contributor: that of the last
 * approved text other than the current one; or NULL. */
const char *imp_article_settled_source(const ImpArticle *article);
