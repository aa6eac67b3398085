#include "daemon/verbs/view/status.h"
#include "daemon/index/review.h"
#include "notify/payload.h"
#include "workflow/article_state.h"
#include "workflow/base/json_write.h"

#include <string.h>

enum {
    ATTENTION_PROBLEM,
    ATTENTION_CHANGES,
    ATTENTION_OVERDUE,
    ATTENTION_UNDER_REVIEW,
    ATTENTION_SUBMITTED,
    ATTENTION_ADOPTED,
    ATTENTION_APPROVED,
    ATTENTION_REMOVED,
};

void imp_status_free(ImpStatus *status)
{
    if (!status)
        return;
    imp_article_free(status->article);
    imp_review_free(status->review);
    g_strfreev(status->waiting_for);
    g_free(status);
}

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_once(GPtrArray *people, const char *person)
{
    if (!g_ptr_array_find_with_equal_func(people, person, g_str_equal, NULL))
        g_ptr_array_add(people, g_strdup(person));
}

static char **one_word(const char *word)
{
    char **list = g_new0(char *, 2);
    list[0] = g_strdup(word);
    return list;
}

static char **waiting_for(const ImpArticle *article, const ImpPolicy *policy, gint64 now_us)
{
    if (article->state == IMP_STATE_APPROVED || article->state == IMP_STATE_REMOVED)
        return g_new0(char *, 1);
    if (article->problem || imp_article_has_objection(article))
        return one_word("author");
    if (article->requests->len == 0 && article->standing->len == 0)
        return one_word("reviewer");
    g_autoptr(GPtrArray) people = g_ptr_array_new();
    for (guint i = 0; i < article->requests->len; i++) {
        const ImpRequest *request = article->requests->pdata[i];
        if (request->status == IMP_REQUEST_OPEN &&
            !imp_article_has_spoken(article, policy, request->person, now_us))
            add_once(people, request->person);
    }
    for (guint i = 0; i < article->standing->len; i++) {
        const ImpStanding *standing = article->standing->pdata[i];
        if (standing->verdict == IMP_DECISION_CLAIM &&
            !imp_article_has_spoken(article, policy, standing->person, now_us))
            add_once(people, standing->person);
    }
    if (people->len == 0)
        g_ptr_array_add(people, g_strdup("reviewer"));
    g_ptr_array_sort(people, by_text);
    g_ptr_array_add(people, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&people), FALSE);
}

static gint64 due(const ImpArticle *article, const ImpReview *review)
{
    switch (article->state) {
    case IMP_STATE_SUBMITTED:
        return review->respond_by_us;
    case IMP_STATE_UNDER_REVIEW:
        return review->review_by_us;
    case IMP_STATE_APPROVED:
        return article->valid_until_us;
    case IMP_STATE_REMOVED:
        break;
    }
    return 0;
}

static guint attention(const ImpStatus *status)
{
    const ImpArticle *article = status->article;
    if (article->state == IMP_STATE_REMOVED)
        return ATTENTION_REMOVED;
    if (article->state == IMP_STATE_APPROVED)
        return ATTENTION_APPROVED;
    if (article->problem)
        return ATTENTION_PROBLEM;
    if (imp_article_has_objection(article))
        return ATTENTION_CHANGES;
    if (status->overdue)
        return ATTENTION_OVERDUE;
    if (article->state == IMP_STATE_UNDER_REVIEW)
        return ATTENTION_UNDER_REVIEW;
    return article->adopted && strcmp(status->waiting_for[0], "reviewer") == 0
               ? ATTENTION_ADOPTED
               : ATTENTION_SUBMITTED;
}

ImpStatus *imp_status_new(ImpArticle *article, const ImpPolicy *policy, gint64 now_us)
{
    ImpStatus *status = g_new0(ImpStatus, 1);
    status->article = article;
    status->review = imp_review_of(article, policy, now_us);
    status->waiting_for = waiting_for(article, policy, now_us);
    status->due_us = due(article, status->review);
    status->overdue =
        status->due_us && status->due_us < now_us && article->state != IMP_STATE_APPROVED;
    status->attention = attention(status);
    return status;
}

typedef struct {
    const ImpPolicy *policy;
    gint64 now_us;
    void (*take)(ImpStatus *status, gpointer data);
    gpointer data;
} Each;

static void take_article(ImpArticle *article, gpointer data)
{
    const Each *each = data;
    each->take(imp_status_new(article, each->policy, each->now_us), each->data);
}

bool imp_status_each(ImpReader *reader, gint64 now_us,
                     void (*take)(ImpStatus *status, gpointer data), gpointer data, GError **error)
{
    Each each = {reader->policy, now_us, take, data};
    return imp_index_each_live(reader->database, take_article, &each, error);
}

static void add_status(ImpStatus *status, gpointer data)
{
    g_ptr_array_add(data, status);
}

GPtrArray *imp_status_load_all(ImpReader *reader, gint64 now_us, GError **error)
{
    g_autoptr(GPtrArray) statuses = g_ptr_array_new_with_free_func((GDestroyNotify)imp_status_free);
    return imp_status_each(reader, now_us, add_status, statuses, error) ? g_steal_pointer(&statuses)
                                                                        : NULL;
}

static int order(gint64 one, gint64 other)
{
    return one < other ? -1 : one > other;
}

int imp_status_compare(const ImpStatusKey *one, const ImpStatusKey *other)
{
    int result = order(one->attention, other->attention);
    if (result == 0)
        result = order(one->due_us ? one->due_us : G_MAXINT64,
                       other->due_us ? other->due_us : G_MAXINT64);
    if (result == 0)
        result = order(one->since_us, other->since_us);
    return result ? result : strcmp(one->path, other->path);
}

ImpStatusKey imp_status_key(const ImpStatus *status)
{
    return (ImpStatusKey){status->attention, status->due_us, status->article->since_us,
                          status->article->path};
}

static int by_path(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const ImpStatus *const *)a)->article->path,
                  (*(const ImpStatus *const *)b)->article->path);
}

void imp_status_sort_by_path(GPtrArray *statuses)
{
    g_ptr_array_sort(statuses, by_path);
}

static int by_attention(gconstpointer a, gconstpointer b)
{
    const ImpStatusKey one = imp_status_key(*(const ImpStatus *const *)a),
                       other = imp_status_key(*(const ImpStatus *const *)b);
    return imp_status_compare(&one, &other);
}

void imp_status_sort_by_attention(GPtrArray *statuses)
{
    g_ptr_array_sort(statuses, by_attention);
}

json_t *imp_status_json(const ImpStatus *status, const ImpReader *reader)
{
    const ImpArticle *article = status->article;
    g_autofree char *url = imp_review_url(reader->config, reader->policy, article->path);
    json_t *line = json_object(), *people = json_array();
    for (char **person = status->waiting_for; *person; person++)
        json_array_append_new(people, imp_json_string_or_null(*person));
    imp_json_set_number(line, "schema", 1);
    imp_json_set_text(line, "repository", reader->name);
    json_object_set_new_nocheck(
        line, "article",
        imp_payload_article_json(article->path, article->title, article->version, url));
    imp_json_set_text(line, "state", imp_state_key(article->state));
    imp_json_set_text(line, "reason", imp_reason_word(article->reason));
    imp_json_set_text(line, "problem", imp_problem_word(article->problem));
    imp_json_set_number(line, "round", article->round);
    imp_json_set_moment(line, "since", article->since_us);
    json_object_set_new_nocheck(line, "review", imp_payload_review_json(status->review));
    json_object_set_new_nocheck(line, "waiting_for", people);
    imp_json_set_moment(line, "due", status->due_us);
    imp_json_set_flag(line, "overdue", status->overdue);
    imp_json_set_flag(line, "verified", reader->verified);
    return line;
}

json_t *imp_status_whole_json(const ImpReader *reader, gint64 now_us)
{
    json_t *line = json_object();
    gint64 age_s = MAX(now_us - reader->pass_at_us, 0) / IMP_SECOND_US;
    imp_json_set_number(line, "schema", 1);
    imp_json_set_text(line, "repository", reader->name);
    imp_json_set_number_or_null(line, "policy", reader->policy_version);
    imp_json_set_text(line, "policy_rejected", reader->policy_rejected);
    imp_json_set_text(line, "tip", reader->tip);
    json_object_set_new(line, "tip_age_s", reader->pass_at_us ? json_integer(age_s) : json_null());
    gint64 fetched_s = MAX(now_us - reader->fetched_us, 0) / IMP_SECOND_US;
    json_object_set_new(line, "fetched_age_s",
                        reader->fetched_us ? json_integer(fetched_s) : json_null());
    imp_json_set_text(line, "unpushed", reader->unpushed);
    imp_json_set_text(line, "ledger", reader->ledger);
    imp_json_set_flag(line, "diverged", reader->diverged != NULL);
    json_object_set_new(line, "undelivered",
                        reader->undelivered < 0 ? json_null() : json_integer(reader->undelivered));
    return line;
}
