#include "daemon/site/words.h"
#include "daemon/site/article.h"
#include "daemon/site/captions.h"

/* The sentences of a page, and the parts of it that say how far a text may be relied on. */

static const char *why_lapsed(const ImpPast *past)
{
    switch (past->ended_by) {
    case IMP_ENTRY_REMOVAL:
        return "it was taken away and has come back";
    case IMP_ENTRY_WITHDRAWAL:
        return "a reviewer has taken their approval back";
    case IMP_ENTRY_OBJECTION:
        return "a reviewer had raised a concern";
    default:
        return "it is being reviewed again";
    }
}

static char *retraction(ImpSite *site, const ImpPast *past, const char *language)
{
    g_autofree char *day = imp_caption_day(language, imp_moment_day(past->retracted_at_us));
    g_autofree char *who = imp_site_person(site, past->retracted_by, NULL, NULL);
    return imp_caption_fill(language, "Retracted on {day} by {name}.", "{day}", day, "{name}", who,
                            NULL);
}

static const char *absence(const ImpPast *past)
{
    return past->article->state == IMP_STATE_REMOVED
               ? "This article has been removed."
               : "This article cannot be shown: there is a problem with its text, and it has never "
                 "been approved.";
}

char *imp_site_caution(ImpSite *site, const ImpPast *past, const ImpShown *shown)
{
    const char *language = imp_site_language(site);
    g_autofree char *until = past->valid_until_us
                                 ? imp_caption_day(language, imp_moment_day(past->valid_until_us))
                                 : NULL;
    switch (shown->which) {
    case IMP_SHOWN_NOTHING:
        return g_strdup(imp_caption(language, absence(past)));
    case IMP_SHOWN_RETRACTED:
        return retraction(site, past, language);
    case IMP_SHOWN_PENDING:
        return g_strconcat(
            imp_caption(language, "Pending human review: exercise caution."),
            site->showing.trusted
                ? ""
                : imp_caption(language, " The record of reviews could not be verified."),
            NULL);
    case IMP_SHOWN_CONCERN:
        return g_strdup(imp_caption(language, "Exercise caution: a reviewer has raised a concern "
                                              "about this text since it was approved."));
    case IMP_SHOWN_EXPIRED:
        return imp_caption_fill(language,
                                "Exercise caution: the review of this text expired on {day}.",
                                "{day}", until, NULL);
    case IMP_SHOWN_APPROVED:
        return NULL;
    case IMP_SHOWN_LAPSED:
        return imp_caption_fill(
            language, "Exercise caution: this text is not approved any more, because {reason}.",
            "{reason}", imp_caption(language, why_lapsed(past)), NULL);
    }
    return NULL;
}

/* The step that the article is at. What is shown as approved is Approved, whatever waits behind it;
 * and nothing else is, whatever the ledger has not noticed yet. */
static ImpState step_of(const ImpPast *past, const ImpShown *shown)
{
    if (shown->which == IMP_SHOWN_APPROVED)
        return IMP_STATE_APPROVED;
    return past->article->state == IMP_STATE_UNDER_REVIEW ? IMP_STATE_UNDER_REVIEW
                                                          : IMP_STATE_SUBMITTED;
}

void imp_site_tracker(ImpXml *xml, const ImpPast *past, const ImpShown *shown)
{
    if (shown->which == IMP_SHOWN_NOTHING || shown->which == IMP_SHOWN_RETRACTED)
        return;
    ImpState at = step_of(past, shown);
    imp_xml_open(xml, "ol", "class", "imprimatur-tracker", "aria-label",
                 imp_xml_say(xml, "Review status"), NULL);
    for (ImpState step = IMP_STATE_SUBMITTED; step <= IMP_STATE_APPROVED; step++) {
        bool done = step < at || at == IMP_STATE_APPROVED;
        imp_xml_open(xml, "li", "class",
                     done         ? "done"
                     : step == at ? "now"
                                  : "ahead",
                     "aria-current", step == at ? "step" : NULL, NULL);
        imp_xml_element(xml, imp_xml_say(xml, imp_state_word(step)), "span", NULL);
        imp_xml_element(xml,
                        imp_xml_say(xml, done         ? ": completed"
                                         : step == at ? ": current step, not completed"
                                                      : ": not completed"),
                        "span", "class", "imprimatur-hidden", NULL);
        imp_xml_close(xml);
    }
    imp_xml_close(xml);
    imp_xml_line(xml);
}

static void list_people(ImpSite *site, ImpXml *xml, const ImpPast *past)
{
    for (guint i = 0; i < past->approvers->len; i++) {
        const ImpApprover *approver = past->approvers->pdata[i];
        const ImpPerson *person;
        g_autofree char *name = imp_site_person(site, approver->person, approver->name, &person);
        imp_xml_text(xml, i == 0                         ? ""
                          : i + 1 < past->approvers->len ? ", "
                                                         : imp_xml_say(xml, " and "));
        if (person && person->url)
            imp_xml_element(xml, name, "a", "href", person->url, "rel", "nofollow noopener", NULL);
        else
            imp_xml_text(xml, name);
    }
}

static void say_approved(ImpSite *site, ImpXml *xml, const ImpSiteArticle *article)
{
    const ImpPast *past = article->past;
    imp_xml_open(xml, "p", "class", "imprimatur-approved", NULL);
    imp_xml_element(xml, imp_xml_say(xml, "Reviewed for accuracy"), "strong", NULL);
    imp_xml_text(xml, imp_xml_say(xml, " by "));
    if (past->approvers->len > 0)
        list_people(site, xml, past);
    else
        imp_xml_text(xml, imp_xml_say(xml, "the board"));
    imp_xml_text(xml, imp_xml_say(xml, ". Approved until "));
    imp_site_time(xml, past->valid_until_us);
    imp_xml_text(xml, ".");
    imp_xml_close(xml);
}

static void say_why_retracted(ImpXml *xml, const ImpPast *past)
{
    if (!past->retracted_why)
        return;
    imp_xml_element(xml, imp_xml_say(xml, "The reason given:"), "p", NULL);
    imp_xml_open(xml, "blockquote", NULL);
    g_auto(GStrv) paragraphs = g_strsplit(past->retracted_why, "\n\n", -1);
    for (char **paragraph = paragraphs; *paragraph; paragraph++)
        imp_xml_element(xml, *paragraph, "p", NULL);
    imp_xml_close(xml);
}

void imp_site_standing(ImpSite *site, ImpXml *xml, const ImpSiteArticle *article)
{
    if (article->shown.which == IMP_SHOWN_APPROVED) {
        say_approved(site, xml, article);
    } else {
        bool retracted = article->shown.which == IMP_SHOWN_RETRACTED;
        imp_xml_open(xml, "div", "class",
                     retracted ? "imprimatur-caution retracted" : "imprimatur-caution", "role",
                     "note", "aria-label", imp_xml_say(xml, "Caution"), NULL);
        imp_xml_open(xml, "p", NULL);
        imp_xml_element(xml, article->caution, "strong", NULL);
        imp_xml_close(xml);
        if (retracted)
            say_why_retracted(xml, article->past);
        imp_xml_close(xml);
    }
    imp_xml_line(xml);
}

static void date(ImpXml *xml, const char *label, gint64 moment_us)
{
    if (!moment_us)
        return;
    imp_xml_open(xml, "div", NULL);
    imp_xml_element(xml, imp_xml_say(xml, label), "dt", NULL);
    imp_xml_open(xml, "dd", NULL);
    imp_site_time(xml, moment_us);
    imp_xml_close(xml);
    imp_xml_close(xml);
}

void imp_site_dates(ImpXml *xml, const ImpSiteArticle *article)
{
    const ImpShown *shown = &article->shown;
    if (!shown->updated_us && !shown->reviewed_us)
        return;
    imp_xml_open(xml, "dl", "class", "imprimatur-dates", NULL);
    date(xml, "Last updated", shown->updated_us);
    date(xml, "Last reviewed", shown->reviewed_us);
    date(xml, "Next review by",
         shown->which == IMP_SHOWN_APPROVED ? article->past->valid_until_us : 0);
    imp_xml_close(xml);
    imp_xml_line(xml);
}
