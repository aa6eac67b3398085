#include "daemon/index/index_reminders.h"
#include "daemon/pass/pass.h"
#include "daemon/pass/step.h"
#include "notify/format/format.h"
#include "notify/route.h"
#include "workflow/deadlines.h"

#include <string.h>

/* What was sent is in the index, and stays there when the rest of it is folded again: the ledger
 * does not have it. Where it is lost all the same, what is due is sent again under the same ids,
 * and nobody is asked twice, since that follows from the ledger. */

static bool has_lapsed(const ImpPass *pass, const ImpIndexReminder *reminder)
{
    ImpDeadline deadline = {.respond_by_us = reminder->respond_by_us,
                            .review_by_us = reminder->review_by_us,
                            .claimed_us = reminder->claimed_us};
    return imp_deadline_has_lapsed(&deadline, pass->at_us);
}

/* The article as if those whose time is up had given their requests back. */
static ImpArticle *load_without_lapsed(ImpPass *pass, const char *path, GError **error)
{
    ImpArticle *article = imp_index_load(pass->database, path, error);
    for (guint i = 0; article && i < article->requests->len; i++) {
        ImpRequest *request = article->requests->pdata[i];
        ImpDeadline deadline = imp_deadline_of(article, request);
        if (request->status != IMP_REQUEST_OPEN || !imp_deadline_has_lapsed(&deadline, pass->at_us))
            continue;
        request->status = IMP_REQUEST_GIVEN_BACK;
        const ImpStanding *claim =
            imp_article_standing(article, request->person, IMP_DECISION_CLAIM);
        if (claim)
            g_ptr_array_remove(article->standing, (gpointer)claim);
    }
    return article;
}

/* Asks somebody in the place of those whose time is up; their requests stay open all the same, so
 * that what they say still counts. Where nobody is free now it is tried again in each pass, as for
 * any article that lacks reviewers. Who was asked so takes the place until their own time is up:
 * nobody is asked twice. */
static bool ask_instead(ImpPass *pass, const char *path, char **asked, GError **error)
{
    g_autoptr(GHashTable) open = imp_index_open_requests(pass->database, error);
    if (!open)
        return false;
    if (!imp_pass_has_free(pass, open))
        return true;
    g_autoptr(ImpArticle) article = imp_index_load(pass->database, path, error);
    g_autoptr(ImpArticle) without = article ? load_without_lapsed(pass, path, error) : NULL;
    g_autoptr(ImpEntry) entry = imp_entry_new();
    entry->event = IMP_ENTRY_REQUEST;
    if (!without || !imp_pass_ask(pass, without, entry, error))
        return false;
    *asked = entry->requested ? g_strjoinv(", ", entry->requested) : NULL;
    return !entry->requested || imp_pass_record(pass, article, entry, error);
}

/* What a pass knows of all reminders. */
typedef struct {
    ImpPass *pass;
    bool mute; /* what chats were told is lost: they are told nothing that they may know */
} Reminding;

static bool reaches_chat(const ImpPass *pass, const ImpEvent *event)
{
    const GPtrArray *endpoints = pass->config->endpoints;
    for (guint i = 0; endpoints && i < endpoints->len; i++) {
        const ImpEndpoint *endpoint = endpoints->pdata[i];
        if (imp_format_is_chat(endpoint->format) && imp_route_takes(endpoint, event, NULL))
            return true;
    }
    return false;
}

/* Programs are told of each article at its moment. */
static bool send(ImpPass *pass, const ImpIndexReminder *reminder, ImpReminder step,
                 const char *sentence, GError **error)
{
    g_autoptr(ImpArticle) article = imp_index_load(pass->database, reminder->path, error);
    if (!article)
        return false;
    ImpAnnouncing announcing = imp_pass_announcing(pass);
    ImpEvent *event = imp_announce_reminder(&announcing, article, reminder->person, step, sentence);
    event->audience = IMP_AUDIENCE_PROGRAMS;
    imp_pass_tell(pass, event);
    return imp_index_note_reminder(pass->database, reminder, (guint)step, pass->at_us, error);
}

/* Chats are reminded of a person once a day, of all articles that are due by then; an escalation
 * waits for nothing and keeps none of these back. `sentence` is the escalation's. */
static bool send_to_chats(const Reminding *reminding, const ImpIndexReminder *reminder,
                          ImpReminder step, const char *sentence, GError **error)
{
    ImpPass *pass = reminding->pass;
    g_autoptr(ImpArticle) article = imp_index_load(pass->database, reminder->path, error);
    if (!article)
        return false;
    ImpAnnouncing announcing = imp_pass_announcing(pass);
    g_autoptr(ImpEvent) event =
        imp_announce_reminder(&announcing, article, reminder->person, step, sentence);
    event->audience = IMP_AUDIENCE_CHATS;
    bool told = !reminding->mute && reaches_chat(pass, event);
    if (told)
        imp_pass_tell(pass, g_steal_pointer(&event));
    return imp_index_note_chat_reminder(pass->database, reminder, (guint)step,
                                        told && step != IMP_REMINDER_ESCALATED ? pass->at_us : 0,
                                        error);
}

/* `asked` is who was asked in somebody's place in this pass, or NULL. *next_us is when there is
 * something to be done about it again; 0: never. */
static bool remind(const Reminding *reminding, const ImpIndexReminder *reminder, const char *asked,
                   gint64 *next_us, GError **error)
{
    ImpPass *pass = reminding->pass;
    const ImpPerson *person = imp_policy_person(imp_fold_policy(pass->fold), reminder->person);
    bool away = person && imp_person_is_away(person, pass->at_us);
    g_autofree char *sentence = NULL;
    ImpDeadline deadline = {.respond_by_us = reminder->respond_by_us,
                            .review_by_us = reminder->review_by_us,
                            .claimed_us = reminder->claimed_us,
                            .sent = reminder->step,
                            .sent_us = reminder->sent_us};
    gint64 chat_next_us = 0;
    ImpReminder step = imp_deadline_judge(&deadline, away, pass->at_us, next_us);
    deadline.sent = reminder->chat_step;
    deadline.sent_us = reminder->chat_sent_us;
    ImpReminder chat_step = imp_deadline_judge(&deadline, away, pass->at_us, &chat_next_us);
    if (chat_next_us && (!*next_us || chat_next_us < *next_us))
        *next_us = chat_next_us;
    if (step == IMP_REMINDER_ESCALATED)
        sentence = asked ? g_strdup_printf("No review came in time; also asked: %s.", asked)
                         : g_strdup("No review came in time, and nobody else can be asked now.");
    return (step == IMP_REMINDER_NONE || send(pass, reminder, step, sentence, error)) &&
           (chat_step == IMP_REMINDER_NONE ||
            send_to_chats(reminding, reminder, chat_step, sentence, error));
}

/* Of all that wait, only what may be due is looked at. What has lapsed is looked at in each pass:
 * it may be that somebody is free now. */
bool imp_step_reminders(ImpPass *pass, GError **error)
{
    const Reminding reminding = {pass, pass->rebuilt && imp_index_has_no_reminders(pass->database)};
    if (pass->replayed && g_hash_table_size(pass->replayed->asked) == 0)
        return true; /* nothing of it is in the ledger */
    if ((pass->policy_changed || pass->replayed) && !imp_index_remind_all(pass->database, error))
        return false;
    g_autoptr(GPtrArray) reminders = imp_index_reminders(pass->database, pass->at_us, error);
    g_autofree char *asked = NULL; /* in somebody's place, about the article at `path` */
    const char *path = NULL;
    if (!reminders || !imp_index_reminders_seen(pass->database, pass->at_us, error))
        return false;
    for (guint i = 0; i < reminders->len; i++) {
        const ImpIndexReminder *reminder = reminders->pdata[i];
        gint64 next_us = 0;
        if (pass->replayed && !g_hash_table_contains(pass->replayed->asked, reminder->path))
            continue;
        bool lapsed = has_lapsed(pass, reminder);
        if (lapsed && g_strcmp0(path, reminder->path) != 0) {
            g_clear_pointer(&asked, g_free);
            path = reminder->path;
            if (!ask_instead(pass, path, &asked, error))
                return false;
        }
        bool same = g_strcmp0(path, reminder->path) == 0;
        if (!remind(&reminding, reminder, same ? asked : NULL, &next_us, error) ||
            (lapsed && !imp_index_remind_at(pass->database, reminder->path, 0, error)) ||
            (next_us && !imp_index_remind_at(pass->database, reminder->path, next_us, error)))
            return false;
    }
    return true;
}
