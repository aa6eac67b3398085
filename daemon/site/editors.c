#include "daemon/site/editors.h"

#include "daemon/index/index.h"
#include "daemon/site/article.h"
#include "daemon/site/names.h"
#include "daemon/verbs/view/explain.h"
#include "daemon/verbs/view/status.h"
#include "workflow/base/text.h"

#include <string.h>

/* What editors see beside what readers do: whose turn it is, and why. */

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
    imp_xml_open(xml, "td", "data-label", "State", NULL);
    imp_xml_text(xml, imp_state_word(article->state));
    if (article->problem || article->reason)
        imp_xml_textf(xml, " (%s)",
                      article->problem ? imp_problem_word(article->problem)
                                       : imp_reason_word(article->reason));
    imp_xml_close(xml);
    people_cell(site, xml, status->waiting_for);
    imp_xml_open(xml, "td", "data-label", "Since", NULL);
    imp_site_time(xml, article->since_us);
    imp_xml_close(xml);
    imp_xml_open(xml, "td", "data-label", "Due", NULL);
    if (status->due_us)
        imp_site_time(xml, status->due_us);
    if (status->overdue)
        imp_xml_element(xml, " overdue", "strong", NULL);
    imp_xml_close(xml);
    imp_xml_close(xml);
    imp_xml_line(xml);
}

static void head_row(ImpXml *xml, const char *const *heads, gsize count)
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
    head_row(xml, heads, G_N_ELEMENTS(heads));
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
    g_autoptr(GHashTable) open = imp_index_open_requests(site->reader->store, error);
    guint most = 0;
    if (!open)
        return false;
    for (guint i = 0; site->policy && i < site->policy->people->len; i++) {
        const ImpPerson *person = site->policy->people->pdata[i];
        most = MAX(most, GPOINTER_TO_UINT(g_hash_table_lookup(open, person->id)));
    }
    imp_xml_open(xml, "table", "class", "board", NULL);
    imp_xml_element(xml, "Who has how much to do", "caption", NULL);
    head_row(xml, heads, G_N_ELEMENTS(heads));
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
    if (!queues(site, xml, statuses, error) ||
        !imp_site_put_editors_queues(site, xml, statuses, error))
        return false;
    if (site->reader->undelivered > 0) {
        imp_xml_open(xml, "p", NULL);
        imp_xml_textf(xml, "%" G_GINT64_FORMAT " messages wait to be delivered.",
                      site->reader->undelivered);
        imp_xml_close(xml);
    }
    return true;
}

/* One article */

static void people_list(ImpSite *site, ImpXml *xml, const char *heading, const GPtrArray *people)
{
    if (people->len == 0)
        return;
    imp_xml_element(xml, heading, "h3", NULL);
    imp_xml_open(xml, "ul", NULL);
    for (guint i = 0; i < people->len; i++) {
        const ImpExplainedPerson *one = people->pdata[i];
        g_autofree char *name = imp_site_person(site, one->person, NULL, NULL);
        imp_xml_open(xml, "li", NULL);
        imp_xml_text(xml, name);
        if (one->at_us) {
            imp_xml_text(xml, ", ");
            imp_site_time(xml, one->at_us);
        }
        if (one->text)
            imp_xml_textf(xml, ": %s", one->text);
        imp_xml_close(xml);
    }
    imp_xml_close(xml);
}

static void decisions(ImpSite *site, ImpXml *xml, const ImpSiteArticle *article)
{
    imp_xml_element(xml, "What was said", "h3", NULL);
    imp_xml_open(xml, "ol", NULL);
    for (guint i = 0; i < article->history->len; i++) {
        const ImpSiteEvent *event = article->history->pdata[i];
        if (!event->person)
            continue;
        g_autofree char *name = imp_site_person(site, event->person, NULL, NULL);
        imp_xml_open(xml, "li", NULL);
        imp_site_time(xml, event->at_us);
        imp_xml_textf(xml, " %s: %s", name, imp_entry_kind_word(event->kind));
        if (event->refusal)
            imp_xml_textf(xml, " (%s)", imp_refusal_word(event->refusal));
        if (event->why)
            imp_xml_element(xml, event->why, "blockquote", NULL);
        imp_xml_close(xml);
    }
    imp_xml_close(xml);
}

static void contributors(ImpSite *site, ImpXml *xml, const GPtrArray *people)
{
    if (!people || people->len == 0)
        return;
    imp_xml_element(xml, "Who wrote this text", "h3", NULL);
    imp_xml_open(xml, "ul", NULL);
    for (guint i = 0; i < people->len; i++) {
        const ImpExplainedContributor *one = people->pdata[i];
        g_autofree char *name = one->person ? imp_site_person(site, one->person, NULL, NULL)
                                            : g_strdup("somebody who is not in the policy");
        g_autofree char *email = imp_visible_line(one->email, strlen(one->email));
        imp_xml_open(xml, "li", NULL);
        imp_xml_textf(xml, "%s, %s", name, email);
        imp_xml_close(xml);
    }
    imp_xml_close(xml);
}

static void next_sentence(ImpXml *xml, const char *next)
{
    imp_xml_open(xml, "p", NULL);
    imp_xml_element(xml, "Next:", "strong", NULL);
    imp_xml_textf(xml, " %s", next);
    imp_xml_close(xml);
}

static void what_is_next(ImpSite *site, ImpXml *xml, const ImpSiteArticle *article,
                         const ImpExplanation *explained)
{
    g_autofree char *next = imp_explain_next(explained, site->now_us);
    if (explained->problem)
        imp_xml_element(xml, explained->problem, "p", "class", "problem", NULL);
    if (next)
        next_sentence(xml, next);
    if (!imp_site_changed_from(site, article))
        return;
    imp_xml_open(xml, "p", NULL);
    imp_xml_element(xml, "What changed since the text last approved", "a", "href", "changes.html",
                    NULL);
    imp_xml_close(xml);
}

bool imp_site_put_editors_article(ImpSite *site, ImpXml *xml, const ImpSiteArticle *article,
                                  GError **error)
{
    const char *path = article->past->article->path;
    if (!site->policy || article->past->article->state == IMP_STATE_REMOVED)
        return true;
    ImpArticle *indexed = imp_index_load(site->reader->store, path, error);
    if (!indexed)
        return false;
    g_autoptr(ImpStatus) status = imp_status_new(indexed, site->policy, site->now_us);
    g_autoptr(ImpExplanation) explained = imp_explain(site->reader, status, site->now_us, error);
    if (!explained)
        return false;
    imp_xml_open(xml, "section", "class", "editors", "aria-labelledby", "for-editors", NULL);
    imp_xml_element(xml, "For editors", "h2", "id", "for-editors", NULL);
    what_is_next(site, xml, article, explained);
    people_list(site, xml, "Approvals that count", explained->approvals);
    people_list(site, xml, "Approvals that do not count", explained->uncounted);
    people_list(site, xml, "Working on it", explained->claims);
    people_list(site, xml, "In the way", explained->objections);
    people_list(site, xml, "Asked", explained->asked);
    people_list(site, xml, "Cannot be asked", explained->unavailable);
    contributors(site, xml, explained->contributors);
    decisions(site, xml, article);
    if (explained->approve) {
        imp_xml_element(xml, "To approve it", "h3", NULL);
        imp_xml_open(xml, "pre", "tabindex", "0", NULL);
        imp_xml_element(xml, explained->approve, "code", NULL);
        imp_xml_close(xml);
    }
    imp_xml_close(xml);
    return true;
}
