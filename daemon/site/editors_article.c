#include "daemon/index/index.h"
#include "daemon/site/editors.h"
#include "daemon/verbs/view/explain.h"

#include <string.h>

/* What editors see on an article's page beside what readers do: above the text why it is not
 * approved, in the sentences of `imprimatur explain`; below it what was said, and what to type. */

/* An article's explanation, with the status that it borrows; both NULL where there is nothing to
 * explain. */
typedef struct {
    ImpStatus *status;
    ImpExplanation *explained;
} Why;

static void why_clear(Why *why)
{
    g_clear_pointer(&why->explained, imp_explanation_free);
    g_clear_pointer(&why->status, imp_status_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Why, why_clear)

static bool explain(ImpSite *site, const ImpSiteArticle *article, Why *why, GError **error)
{
    if (!site->policy || article->past->article->state == IMP_STATE_REMOVED)
        return true;
    ImpArticle *indexed =
        imp_index_load(site->reader->database, article->past->article->path, error);
    if (!indexed)
        return false;
    why->status = imp_status_new(indexed, site->policy, site->now_us);
    why->explained = imp_explain(site->reader, why->status, site->now_us, error);
    return why->explained != NULL;
}

static void sentences(ImpXml *xml, const ImpExplanation *explained)
{
    g_autoptr(GPtrArray) texts = imp_explain_texts(explained, 0);
    bool listing = false;
    for (guint i = 0; i < texts->len; i++) {
        const ImpExplainedText *text = texts->pdata[i];
        if (text->point && !listing)
            imp_xml_open(xml, "ul", NULL);
        if (!text->point && listing)
            imp_xml_close(xml);
        listing = text->point;
        imp_xml_element(xml, text->words, text->point ? "li" : "p", NULL);
    }
    if (listing)
        imp_xml_close(xml);
}

static const char *what_was_done(ImpEntryKind kind)
{
    switch (kind) {
    case IMP_ENTRY_CLAIM:
        return "took it up";
    case IMP_ENTRY_APPROVAL:
        return "approved";
    case IMP_ENTRY_OBJECTION:
        return "requested changes";
    case IMP_ENTRY_WITHDRAWAL:
        return "took back what they had said";
    case IMP_ENTRY_DECLINE:
        return "declined";
    case IMP_ENTRY_COMMENT:
        return "commented";
    case IMP_ENTRY_DISMISSAL:
        return "dismissed what was said by";
    case IMP_ENTRY_RETRACTION:
        return "retracted it";
    case IMP_ENTRY_REQUEST:
        return "asked for a review";
    case IMP_ENTRY_REFUSAL:
        return "made a decision that does not count";
    default:
        return imp_entry_kind_word(kind);
    }
}

static void decision(ImpSite *site, ImpXml *xml, const ImpSiteEvent *event)
{
    g_autofree char *name = imp_site_person(site, event->person, NULL, NULL);
    g_autofree char *of = event->of ? imp_site_person(site, event->of, NULL, NULL) : NULL;
    imp_xml_open(xml, "li", NULL);
    imp_site_time(xml, event->at_us);
    imp_xml_textf(xml, ": %s %s", name, what_was_done(event->kind));
    if (of)
        imp_xml_textf(xml, event->kind == IMP_ENTRY_DISMISSAL ? " %s" : " (%s)", of);
    if (event->refusal)
        imp_xml_textf(xml, " (%s)", imp_refusal_word(event->refusal));
    if (event->why)
        imp_xml_element(xml, event->why, "blockquote", NULL);
    if (event->sentence)
        imp_xml_element(xml, event->sentence, "p", "class", "refused", NULL);
    imp_xml_close(xml);
    imp_xml_line(xml);
}

static void decisions(ImpSite *site, ImpXml *xml, const ImpSiteArticle *article)
{
    bool any = false;
    for (guint i = 0; i < article->history->len; i++) {
        const ImpSiteEvent *event = article->history->pdata[i];
        if (!event->person)
            continue;
        if (!any) {
            imp_xml_element(xml, "What was said", "h2", NULL);
            imp_xml_open(xml, "ol", NULL);
        }
        any = true;
        decision(site, xml, event);
    }
    if (any)
        imp_xml_close(xml);
}

static void commands(ImpXml *xml, const ImpExplanation *explained)
{
    g_autofree char *text = explained ? imp_explain_commands(explained) : NULL;
    if (!text)
        return;
    imp_xml_element(xml, "To approve it", "h2", NULL);
    imp_xml_open(xml, "p", NULL);
    imp_xml_text(xml, "A reviewer who has read the text types, in a clone of the articles, ");
    imp_xml_open(xml, "code", NULL);
    imp_xml_text(xml, "imprimatur review");
    imp_xml_close(xml);
    imp_xml_text(xml, "; or, without this program, where the text is at HEAD and nothing is "
                      "staged:");
    imp_xml_close(xml);
    imp_xml_open(xml, "pre", "tabindex", "0", NULL);
    imp_xml_element(xml, text, "code", NULL);
    imp_xml_close(xml);
}

bool imp_site_put_editors_head(ImpSite *site, ImpXml *xml, const ImpSiteArticle *article,
                               GError **error)
{
    g_auto(Why) why = {0};
    if (!explain(site, article, &why, error))
        return false;
    if (!why.explained)
        return true;
    imp_xml_open(xml, "section", "class", "editors", "aria-labelledby", "for-editors", NULL);
    imp_xml_element(xml, "For editors", "h2", "id", "for-editors", NULL);
    sentences(xml, why.explained);
    if (imp_site_changed_from(site, article)) {
        imp_xml_open(xml, "p", NULL);
        imp_xml_element(xml, "What changed since the text last approved", "a", "href",
                        "changes.html", NULL);
        imp_xml_close(xml);
    }
    imp_xml_close(xml);
    return true;
}

bool imp_site_put_editors_foot(ImpSite *site, ImpXml *xml, const ImpSiteArticle *article,
                               GError **error)
{
    g_auto(Why) why = {0};
    if (!explain(site, article, &why, error))
        return false;
    imp_xml_open(xml, "div", "class", "said", NULL);
    decisions(site, xml, article);
    commands(xml, why.explained);
    imp_xml_close(xml);
    return true;
}
