#include "workflow/shown.h"

#include <string.h>

/* Three facts of the past decide what the state alone cannot: which entry left the article Approved
 * last, whether a retraction is later than that, and by what it ended. An edit ends it without
 * saying anything against the approved text, so that this goes on to be shown as approved until its
 * time is over; a withdrawal, an objection or a removal does not. */

static void approver_free(gpointer data)
{
    ImpApprover *approver = data;
    g_free(approver->person);
    g_free(approver->name);
    g_free(approver);
}

ImpPast *imp_past_new(const char *path)
{
    ImpPast *past = g_new0(ImpPast, 1);
    past->article = imp_article_new(path);
    past->approvers = g_ptr_array_new_with_free_func(approver_free);
    past->submitted_us = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    past->adopted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    past->named = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    past->objected_to = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return past;
}

static void forget_retraction(ImpPast *past)
{
    g_clear_pointer(&past->retracted_ledger, g_free);
    g_clear_pointer(&past->retracted_by, g_free);
    g_clear_pointer(&past->retracted_why, g_free);
    past->retracted_at_us = 0;
}

void imp_past_free(ImpPast *past)
{
    if (!past)
        return;
    forget_retraction(past);
    imp_article_free(past->article);
    g_free(past->approved);
    g_free(past->approved_ledger);
    g_ptr_array_unref(past->approvers);
    g_free(past->ended_version);
    g_hash_table_unref(past->submitted_us);
    g_hash_table_unref(past->adopted);
    g_hash_table_unref(past->named);
    g_hash_table_unref(past->objected_to);
    g_free(past);
}

/* "Name <address>" without the address. */
static char *name_in(const char *reviewed_by)
{
    const char *end = g_strrstr(reviewed_by, " <");
    return end ? g_strndup(reviewed_by, (gsize)(end - reviewed_by)) : g_strdup(reviewed_by);
}

static void note_submission(ImpPast *past, const ImpEntry *entry)
{
    g_hash_table_replace(past->submitted_us, g_strdup(entry->version),
                         g_memdup2(&entry->at_us, sizeof entry->at_us));
    if (entry->reason == IMP_REASON_ADOPTED)
        g_hash_table_add(past->adopted, g_strdup(entry->version));
    else
        g_hash_table_remove(past->adopted, entry->version);
}

static void note_retraction(ImpPast *past, const char *id, const ImpEntry *entry,
                            const char *reason)
{
    forget_retraction(past);
    past->retracted_ledger = g_strdup(id);
    past->retracted_by = g_strdup(entry->person);
    past->retracted_why = g_strdup(reason);
    past->retracted_at_us = entry->at_us;
}

static void note_approved(ImpPast *past, const char *id, const ImpEntry *entry)
{
    g_free(past->approved);
    past->approved = g_strdup(entry->version);
    g_free(past->approved_ledger);
    past->approved_ledger = g_strdup(id);
    past->approved_at_us = entry->at_us;
    past->valid_until_us = entry->valid_until_us;
    forget_retraction(past);
    past->ended = false;
    g_clear_pointer(&past->ended_version, g_free);
}

/* Whose approvals stand, at each entry that the article is Approved after. */
static void note_approvers(ImpPast *past)
{
    g_ptr_array_set_size(past->approvers, 0);
    for (guint i = 0; i < past->article->standing->len; i++) {
        const ImpStanding *standing = past->article->standing->pdata[i];
        if (standing->verdict != IMP_DECISION_APPROVE)
            continue;
        ImpApprover *approver = g_new0(ImpApprover, 1);
        approver->person = g_strdup(standing->person);
        approver->name = g_strdup(g_hash_table_lookup(past->named, standing->person));
        approver->at_us = standing->recorded_us;
        g_ptr_array_add(past->approvers, approver);
    }
}

static void note_end(ImpPast *past, const ImpEntry *entry)
{
    past->ended = true;
    past->ended_by = entry->event;
    g_free(past->ended_version);
    past->ended_version = g_strdup(entry->version);
}

void imp_past_take(ImpPast *past, const char *id, const ImpEntry *entry, const char *reason,
                   const ImpPolicy *policy)
{
    imp_article_apply(past->article, entry, policy);
    past->entries++;
    if (entry->event == IMP_ENTRY_SUBMISSION && entry->version)
        note_submission(past, entry);
    if (entry->event == IMP_ENTRY_APPROVAL && entry->person && entry->reviewed_by)
        g_hash_table_replace(past->named, g_strdup(entry->person), name_in(entry->reviewed_by));
    if (entry->event == IMP_ENTRY_OBJECTION && entry->person && entry->version)
        g_hash_table_replace(past->objected_to, g_strdup(entry->person), g_strdup(entry->version));
    if (entry->event == IMP_ENTRY_RETRACTION)
        note_retraction(past, id, entry, reason);
    if (entry->state == IMP_STATE_APPROVED) {
        if (entry->event == IMP_ENTRY_APPROVAL || entry->previous_state != IMP_STATE_APPROVED)
            note_approved(past, id, entry);
        note_approvers(past);
    } else if (entry->previous_state == IMP_STATE_APPROVED ||
               (past->approved && entry->event == IMP_ENTRY_REMOVAL)) {
        note_end(past, entry);
    }
}

/* The table */

const char *imp_shown_word(ImpShownCase which)
{
    static const char *const words[] = {
        [IMP_SHOWN_NOTHING] = "unavailable", [IMP_SHOWN_RETRACTED] = "retracted",
        [IMP_SHOWN_PENDING] = "pending",     [IMP_SHOWN_CONCERN] = "concern",
        [IMP_SHOWN_EXPIRED] = "expired",     [IMP_SHOWN_APPROVED] = "approved",
        [IMP_SHOWN_LAPSED] = "lapsed",
    };
    return words[which];
}

static bool is_objected_to(const ImpPast *past, const char *version)
{
    for (guint i = 0; i < past->article->standing->len; i++) {
        const ImpStanding *standing = past->article->standing->pdata[i];
        if (standing->verdict == IMP_DECISION_REQUEST_CHANGES &&
            g_strcmp0(g_hash_table_lookup(past->objected_to, standing->person), version) == 0)
            return true;
    }
    return false;
}

static bool stands_approved(const ImpPast *past)
{
    return past->article->state == IMP_STATE_APPROVED ||
           (past->ended && past->ended_by == IMP_ENTRY_SUBMISSION &&
            g_strcmp0(past->ended_version, past->approved) != 0);
}

static ImpShownCase case_of(const ImpPast *past, bool trusted, gint64 moment_us)
{
    const ImpArticle *article = past->article;
    if (article->state == IMP_STATE_REMOVED || (article->problem && !past->approved))
        return IMP_SHOWN_NOTHING;
    if (past->retracted_ledger)
        return IMP_SHOWN_RETRACTED;
    if (!past->approved)
        return IMP_SHOWN_PENDING;
    if (!trusted) /* what was approved is not proved, and a broken text is not shown */
        return article->problem ? IMP_SHOWN_NOTHING : IMP_SHOWN_PENDING;
    if (is_objected_to(past, past->approved))
        return IMP_SHOWN_CONCERN;
    if (past->valid_until_us <= moment_us)
        return IMP_SHOWN_EXPIRED;
    return stands_approved(past) ? IMP_SHOWN_APPROVED : IMP_SHOWN_LAPSED;
}

/* The latest of the approvals that made the text Approved, and that still stand. */
static gint64 last_review(const ImpPast *past)
{
    gint64 at_us = 0;
    for (guint i = 0; i < past->approvers->len; i++)
        at_us = MAX(at_us, ((const ImpApprover *)past->approvers->pdata[i])->at_us);
    return at_us;
}

ImpShown imp_shown(const ImpPast *past, ImpShowing showing, gint64 moment_us)
{
    const ImpArticle *article = past->article;
    ImpShown shown = {.which = case_of(past, showing.trusted, moment_us)};
    if (shown.which == IMP_SHOWN_NOTHING || shown.which == IMP_SHOWN_RETRACTED)
        return shown;
    bool current = shown.which == IMP_SHOWN_PENDING;
    shown.version = !current ? past->approved : showing.pending ? article->version : NULL;
    if (!current && showing.pending && !article->problem &&
        g_strcmp0(article->version, past->approved) != 0)
        shown.waiting = article->version;
    const char *dated = current ? article->version : past->approved;
    const gint64 *submitted_us = g_hash_table_lookup(past->submitted_us, dated);
    shown.updated_us = submitted_us ? *submitted_us : 0;
    shown.adopted = g_hash_table_contains(past->adopted, dated);
    shown.reviewed_us = current ? 0 : last_review(past);
    return shown;
}

bool imp_shown_is_worse(const ImpPast *past, const ImpShown *shown)
{
    return past->approved && shown->which != IMP_SHOWN_APPROVED;
}
