#include "daemon/pass.h"
#include "workflow/deadlines.h"

#include <string.h>

/* What was sent is in the index, and stays there when the rest of it is folded anew: the ledger does not have it. Where
 * it is lost all the same, what is due is sent again under the same ids, and nobody is asked twice, since that
 * follows from the ledger. */

static ImpDeadline deadline_of(const ImpArticle *article, const ImpRequest *request)
{
    const ImpStanding *claim = imp_article_standing(article, request->person, IMP_VERDICT_CLAIM);
    return (ImpDeadline){.respond_by_us = request->respond_by_us,
                         .review_by_us = request->review_by_us,
                         .claimed_us = claim ? claim->recorded_us : 0};
}

/* Asks somebody in the place of those whose time is up, as if these had given their requests back; their requests stay
 * open all the same, so that what they say still counts. */
static bool ask_instead(ImpPass *pass, const ImpArticle *article, char **asked, GError **error)
{
    g_autoptr(ImpArticle) without = imp_index_load(pass->store, article->path, error);
    g_autoptr(ImpEntry) entry = imp_entry_new();
    entry->event = IMP_EVENT_REQUEST;
    if (!without)
        return false;
    for (guint i = 0; i < without->requests->len; i++) {
        ImpRequest *request = without->requests->pdata[i];
        ImpDeadline deadline = deadline_of(without, request);
        if (request->status != IMP_REQUEST_OPEN || !imp_deadline_has_lapsed(&deadline, pass->at_us))
            continue;
        request->status = IMP_REQUEST_GIVEN_BACK;
        const ImpStanding *claim = imp_article_standing(without, request->person, IMP_VERDICT_CLAIM);
        if (claim)
            g_ptr_array_remove(without->standing, (gpointer)claim);
    }
    if (!imp_pass_ask(pass, without, entry, error))
        return false;
    *asked = entry->requested ? g_strjoinv(", ", entry->requested) : NULL;
    return !entry->requested || imp_pass_record(pass, article, entry, error);
}

static bool send(ImpPass *pass, const ImpIndexReminder *reminder, ImpReminder step, GError **error)
{
    g_autofree char *asked = NULL, *sentence = NULL;
    g_autoptr(ImpArticle) article = imp_index_load(pass->store, reminder->path, error);
    if (!article)
        return false;
    if (step == IMP_REMINDER_ESCALATED) {
        if (!ask_instead(pass, article, &asked, error))
            return false;
        sentence = asked ? g_strdup_printf("No review came in time; asked as well: %s.", asked)
                         : g_strdup("No review came in time, and nobody else can be asked now.");
    }
    ImpAnnouncing announcing = imp_pass_announcing(pass);
    imp_pass_tell(pass, imp_announce_reminder(&announcing, article, reminder->person, step, sentence, pass->verified,
                                              pass->at_us));
    return imp_index_note_reminder(pass->store, reminder, (guint)step, pass->at_us, error);
}

bool imp_step_reminders(ImpPass *pass, GError **error)
{
    const ImpPolicy *policy = imp_fold_policy(pass->fold);
    g_autoptr(GPtrArray) reminders = imp_index_reminders(pass->store, error);
    gint64 first_us = 0;
    for (guint i = 0; reminders && i < reminders->len; i++) {
        const ImpIndexReminder *reminder = reminders->pdata[i];
        const ImpPerson *person = imp_policy_person(policy, reminder->person);
        ImpDeadline deadline = {.respond_by_us = reminder->respond_by_us,
                                .review_by_us = reminder->review_by_us,
                                .claimed_us = reminder->claimed_us,
                                .sent = reminder->step,
                                .sent_us = reminder->sent_us};
        gint64 next_us = 0;
        if (pass->replayed && !g_hash_table_contains(pass->replayed->asked, reminder->path))
            continue; /* it may have been due in a pass that found nobody to ask, and so left no entry */
        bool away = person && imp_person_is_away(person, pass->at_us);
        ImpReminder step = imp_deadline_judge(&deadline, away, pass->at_us, &next_us);
        if (step != IMP_REMINDER_NONE && !send(pass, reminder, step, error))
            return false;
        if (next_us && (!first_us || next_us < first_us))
            first_us = next_us;
    }
    return reminders && imp_index_set_moment(pass->store, IMP_INDEX_REMIND_AT, first_us, error);
}
