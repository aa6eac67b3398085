#include "notify/event.h"

#include <string.h>

const char *const imp_event_types[] = {
    "article.submitted", "article.under_review",     "article.approved",   "article.removed",
    "article.invalid",   "repository.adopted",       "review.requested",   "review.claimed",
    "review.approved",   "review.changes_requested", "review.withdrawn",   "review.declined",
    "review.commented",  "review.dismissed",         "review.retracted",   "review.reminder",
    "review.overdue",    "review.escalated",         "review.left_behind", "decision.refused",
    "policy.changed",    "policy.rejected",          "ledger.diverged",    "approved.diverged",
    "endpoint.disabled", "delivery.exhausted",       "reader.question",    NULL,
};

bool imp_event_is_private(const char *type)
{
    return strcmp(type, "reader.question") == 0;
}

static void clear_decision(gpointer data)
{
    ImpEventDecision *decision = data;
    g_clear_pointer(&decision->person, g_free);
}

ImpReview *imp_review_new(void)
{
    ImpReview *review = g_new0(ImpReview, 1);
    review->decisions = g_array_new(false, true, sizeof(ImpEventDecision));
    g_array_set_clear_func(review->decisions, clear_decision);
    review->requested = g_new0(char *, 1);
    return review;
}

void imp_review_free(ImpReview *review)
{
    if (!review)
        return;
    g_clear_pointer(&review->decisions, g_array_unref);
    g_strfreev(review->requested);
    g_free(review);
}

ImpEvent *imp_event_new(void)
{
    ImpEvent *event = g_new0(ImpEvent, 1);
    event->count = -1;
    event->concerns = g_new0(char *, 1);
    return event;
}

void imp_event_free(ImpEvent *event)
{
    if (!event)
        return;
    g_free(event->id);
    g_free(event->type);
    g_free(event->repository);
    g_free(event->path);
    g_free(event->title);
    g_free(event->version);
    g_free(event->url);
    g_free(event->reason_text);
    g_free(event->command);
    g_free(event->actor_id);
    g_free(event->actor_name);
    g_free(event->person_id);
    g_free(event->person_name);
    imp_review_free(event->review);
    imp_changes_unref(event->changes);
    g_free(event->source);
    g_free(event->decision);
    g_free(event->ledger);
    g_strfreev(event->concerns);
    g_free(event);
}

char *imp_event_fact_id(const char *repository, const char *type, const char *const *values)
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(checksum, (const guchar *)repository, (gssize)strlen(repository) + 1);
    g_checksum_update(checksum, (const guchar *)type, (gssize)strlen(type));
    for (; *values; values++) {
        g_checksum_update(checksum, (const guchar *)"", 1);
        g_checksum_update(checksum, (const guchar *)*values, (gssize)strlen(*values));
    }
    return g_strconcat("evt_", g_checksum_get_string(checksum), NULL);
}
