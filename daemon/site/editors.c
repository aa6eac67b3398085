#include "daemon/site/editors.h"
#include "daemon/index/index.h"
#include "daemon/site/article.h"
#include "daemon/site/names.h"
#include "daemon/verbs/view/status.h"
#include "workflow/base/text.h"
#include "workflow/deadlines.h"

#include <string.h>

/* The editors' board: what needs attention, and who has how much to do. */

#define ATTENTION_ROWS 500

static void people_cell(ImpSite *site, ImpXml *xml, char *const *people)
{
    imp_xml_open(xml, "td", "data-label", "Waits for", NULL);
    for (char *const *person = people; *person; person++) {
        const ImpPerson *known = site->policy ? imp_policy_person(site->policy, *person) : NULL;
        imp_xml_text(xml, person == people ? "" : ", ");
        imp_xml_text(xml, known ? known->name : *person);
    }
    imp_xml_close(xml);
}

/* The earliest moment at which the editors are told that somebody who is asked has not answered; 0:
 * nobody is. */
static gint64 escalation_of(const ImpArticle *article)
{
    gint64 first_us = 0;
    for (guint i = 0; i < article->requests->len; i++) {
        const ImpRequest *request = article->requests->pdata[i];
        ImpDeadline deadline = imp_deadline_of(article, request);
        gint64 moment_us =
            request->status == IMP_REQUEST_OPEN ? imp_deadline_escalation(&deadline) : 0;
        if (moment_us && (!first_us || moment_us < first_us))
            first_us = moment_us;
    }
    return first_us;
}

/* "escalates Friday", which is clear for a week, else by the day; UTC. */
static void say_escalation(ImpXml *xml, const ImpArticle *article, gint64 now_us)
{
    static const char *const weekdays[] = {"Thursday", "Friday",  "Saturday", "Sunday",
                                           "Monday",   "Tuesday", "Wednesday"};
    gint64 moment_us = escalation_of(article);
    if (!moment_us)
        return;
    gint64 day = moment_us / IMP_DAY_US, ahead = day - now_us / IMP_DAY_US;
    imp_xml_text(xml, " ");
    imp_xml_open(xml, "span", "class", "escalation", NULL);
    if (moment_us <= now_us) {
        imp_xml_text(xml, "escalated since ");
        imp_site_time(xml, moment_us);
    } else if (ahead >= 7) {
        imp_xml_text(xml, "escalates on ");
        imp_site_time(xml, moment_us);
    } else {
        g_autofree char *machine = imp_moment_format(moment_us);
        imp_xml_text(xml, "escalates ");
        imp_xml_element(xml, ahead == 0 ? "today" : weekdays[day % 7], "time", "datetime", machine,
                        NULL);
    }
    imp_xml_close(xml);
}

/* "Submitted, changes requested". */
static void state_cell(ImpXml *xml, const ImpArticle *article)
{
    const char *why =
        article->problem ? imp_problem_word(article->problem) : imp_reason_word(article->reason);
    g_autofree char *words = why ? g_strdelimit(g_strdup(why), "-", ' ') : NULL;
    imp_xml_open(xml, "td", "data-label", "State", NULL);
    imp_xml_textf(xml, "%s%s%s", imp_state_word(article->state), words ? ", " : "",
                  words ? words : "");
    imp_xml_close(xml);
}

static void due_cell(ImpXml *xml, const ImpStatus *status, gint64 now_us)
{
    imp_xml_open(xml, "td", "data-label", "Due", NULL);
    if (status->due_us)
        imp_site_time(xml, status->due_us);
    if (status->overdue)
        imp_xml_element(xml, " overdue", "strong", NULL);
    say_escalation(xml, status->article, now_us);
    imp_xml_close(xml);
}

static void attention_row(ImpSite *site, ImpXml *xml, const ImpStatus *status)
{
    const ImpArticle *article = status->article;
    g_autofree char *stem = imp_site_stem(site->policy, article->path);
    g_autofree char *name = g_strconcat("a/", stem, "/index.html", NULL);
    g_autofree char *address = imp_site_link(name);
    const char *title = article->title ? article->title : article->path;
    g_autofree char *visible = imp_visible_line(title, strlen(title));
    imp_xml_open(xml, "tr", "class", status->overdue ? "overdue" : NULL, NULL);
    imp_xml_open(xml, "th", "scope", "row", NULL);
    imp_xml_element(xml, visible, "a", "href", address, NULL);
    imp_xml_close(xml);
    state_cell(xml, article);
    people_cell(site, xml, status->waiting_for);
    imp_xml_open(xml, "td", "data-label", "Since", NULL);
    imp_site_time(xml, article->since_us);
    imp_xml_close(xml);
    due_cell(xml, status, site->now_us);
    imp_xml_close(xml);
    imp_xml_line(xml);
}

void imp_site_put_heads(ImpXml *xml, const char *const *heads, gsize count)
{
    imp_xml_open(xml, "thead", NULL);
    imp_xml_open(xml, "tr", NULL);
    for (gsize i = 0; i < count; i++)
        imp_xml_element(xml, heads[i], "th", "scope", "col", NULL);
    imp_xml_close(xml);
    imp_xml_close(xml);
}

static void attention(ImpSite *site, ImpXml *xml, GPtrArray *statuses)
{
    static const char *const heads[] = {"Article", "State", "Waits for", "Since", "Due"};
    imp_xml_open(xml, "table", "class", "board attention", NULL);
    imp_xml_element(xml, "Needs attention first", "caption", NULL);
    imp_site_put_heads(xml, heads, G_N_ELEMENTS(heads));
    imp_xml_open(xml, "tbody", NULL);
    imp_xml_line(xml);
    for (guint i = 0; i < MIN(statuses->len, ATTENTION_ROWS); i++) {
        const ImpStatus *status = statuses->pdata[i];
        if (status->article->state != IMP_STATE_APPROVED)
            attention_row(site, xml, status);
    }
    imp_xml_close(xml);
    imp_xml_close(xml);
    imp_xml_line(xml);
}

/* A bar of whole requests, beside their number. */
static void load_cell(ImpXml *xml, guint open, guint most)
{
    g_autofree char *width = g_strdup_printf("%u", most ? open * 100 / most : 0);
    imp_xml_open(xml, "td", "data-label", "Open requests", NULL);
    imp_xml_textf(xml, "%u ", open);
    imp_xml_open(xml, "svg", "class", "load", "width", "100", "height", "10", "aria-hidden", "true",
                 NULL);
    imp_xml_element(xml, NULL, "rect", "width", width, "height", "10", NULL);
    imp_xml_close(xml);
    imp_xml_close(xml);
}

static guint overdue_of(const GPtrArray *statuses, const char *person)
{
    guint count = 0;
    for (guint i = 0; i < statuses->len; i++) {
        const ImpStatus *status = statuses->pdata[i];
        if (status->overdue && g_strv_contains((const char *const *)status->waiting_for, person))
            count++;
    }
    return count;
}

static bool queues(ImpSite *site, ImpXml *xml, GPtrArray *statuses, GError **error)
{
    static const char *const heads[] = {"Person", "Open requests", "Overdue"};
    g_autoptr(GHashTable) open = imp_index_open_requests(site->reader->database, error);
    guint most = 0;
    if (!open)
        return false;
    for (guint i = 0; site->policy && i < site->policy->people->len; i++) {
        const ImpPerson *person = site->policy->people->pdata[i];
        most = MAX(most, GPOINTER_TO_UINT(g_hash_table_lookup(open, person->id)));
    }
    imp_xml_open(xml, "table", "class", "board", NULL);
    imp_xml_element(xml, "Who has how much to do", "caption", NULL);
    imp_site_put_heads(xml, heads, G_N_ELEMENTS(heads));
    imp_xml_open(xml, "tbody", NULL);
    for (guint i = 0; site->policy && i < site->policy->people->len; i++) {
        const ImpPerson *person = site->policy->people->pdata[i];
        if (!(person->roles & IMP_ROLE_REVIEWER))
            continue;
        imp_xml_open(xml, "tr", NULL);
        imp_xml_element(xml, person->name, "th", "scope", "row", NULL);
        load_cell(xml, GPOINTER_TO_UINT(g_hash_table_lookup(open, person->id)), most);
        imp_xml_open(xml, "td", "data-label", "Overdue", NULL);
        imp_xml_textf(xml, "%u", overdue_of(statuses, person->id));
        imp_xml_close(xml);
        imp_xml_close(xml);
        imp_xml_line(xml);
    }
    imp_xml_close(xml);
    imp_xml_close(xml);
    return true;
}

bool imp_site_put_editors_board(ImpSite *site, ImpXml *xml, GError **error)
{
    g_autoptr(GPtrArray) statuses = imp_status_load_all(site->reader, site->now_us, error);
    if (!statuses)
        return false;
    g_ptr_array_set_free_func(statuses, (GDestroyNotify)imp_status_free);
    imp_status_sort_by_attention(statuses);
    attention(site, xml, statuses);
    return queues(site, xml, statuses, error) &&
           imp_site_put_editors_queues(site, xml, statuses, error) &&
           imp_site_put_messages(site, xml, error);
}
