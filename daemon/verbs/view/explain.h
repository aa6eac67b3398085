#pragma once

#include "daemon/verbs/view/status.h"

/* Why an article is not Approved: the facts, which `imprimatur explain` puts into sentences or
 * JSON. */

/* Somebody who said something, or was asked to. */
typedef struct {
    char *person; /* id */
    gint64 at_us; /* when that was recorded */
    char *text; /* the reason that they gave; or why it does not count, or why they cannot be asked;
                   or NULL */
    char *word; /* of something that does not count: the refusal; or NULL */
    gint64 respond_by_us, review_by_us;
} ImpExplainedPerson;

typedef struct {
    char *email;
    char *person; /* id; NULL: nobody in the policy has that address */
} ImpExplainedContributor;

typedef struct {
    const ImpReader *reader;
    const ImpStatus *status;
    const ImpRule *rule;
    const char *specialty; /* that reviewers are sought for, or NULL */
    GPtrArray *approvals;  /* of ImpExplainedPerson*: what counts, */
    GPtrArray *claims;     /* who works on it, */
    GPtrArray *objections; /* what stands in the way, */
    GPtrArray *asked;      /* who has not answered, */
    GPtrArray
        *uncounted; /* approvals of this round that were refused, and those of an earlier text, */
    GPtrArray *unavailable; /* reviewers who cannot be asked, where some are missing */
    guint missing;          /* reviewers that are still to be found */
    guint specialists;      /* specialists among those whose approvals count */
    GPtrArray
        *contributors; /* of ImpExplainedContributor*, ordered by address; NULL: not known here */
    char *problem;     /* what is wrong with the text, or NULL */
    char *published;   /* what is published, as imp_published_text() says it */
    json_t *published_json;
    char *push;    /* the command that sends what the other command makes, */
    char *approve; /* which approves the text; both NULL where nobody can approve it */
} ImpExplanation;

/* Finds out about an article that is not Removed. Needs a policy; all but what is said to be owned
 * is borrowed. */
ImpExplanation *imp_explain(ImpReader *reader, const ImpStatus *status, gint64 now_us,
                            GError **error);
void imp_explanation_free(ImpExplanation *explanation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpExplanation, imp_explanation_free)

/* What is said of one fact: a sentence or more, in one clean line. */
typedef struct {
    char *words;
    bool point; /* of a list, else a paragraph */
} ImpExplainedText;

/* All of it, of ImpExplainedText*, freed with the array. With `now_us` 0 for a page that stays:
 * without what becomes wrong by itself, and without addresses. */
GPtrArray *imp_explain_texts(const ImpExplanation *explanation, gint64 now_us);

/* What happens next, and when: a sentence, for the caller to free. */
char *imp_explain_next(const ImpExplanation *explanation, gint64 now_us);

/* What a reviewer types to approve the text, by plain git, a command a line but for those that go
 * on behind a backslash; NULL where nobody can approve it, or nobody has to. The caller frees. */
char *imp_explain_commands(const ImpExplanation *explanation);

/* Prints all of it in sentences. */
void imp_explain_print(const ImpExplanation *explanation, gint64 now_us, const ImpScreen *screen);
/* The same facts as a line of JSON. */
json_t *imp_explain_json(const ImpExplanation *explanation, gint64 now_us);
