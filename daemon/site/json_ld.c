#include "daemon/site/json_ld.h"
#include "articles/render.h"
#include "daemon/site/article.h"
#include "daemon/site/captions.h"
#include "daemon/site/names.h"
#include "workflow/base/json_write.h"

#include <string.h>

/* What machines read of an article's page (schema.org, MedicalWebPage): only what people read on it
 * too. Without an approval nothing in it says that anybody reviewed the text. */

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text)
        imp_json_set_text(object, key, text);
}

static void set_day(json_t *object, const char *key, gint64 moment_us)
{
    if (!moment_us)
        return;
    g_autofree char *text = imp_moment_format(moment_us);
    text[strlen("2026-11-23")] = '\0';
    imp_json_set_text(object, key, text);
}

static json_t *thing(const char *type)
{
    json_t *object = json_object();
    imp_json_set_text(object, "@type", type);
    return object;
}

static json_t *reviewers(ImpSite *site, const ImpPast *past)
{
    json_t *people = json_array();
    for (guint i = 0; i < past->approvers->len; i++) {
        const ImpApprover *approver = past->approvers->pdata[i];
        const ImpPerson *person;
        g_autofree char *name = imp_site_person(site, approver->person, approver->name, &person);
        json_t *one = thing(person ? "Person" : "Organization");
        set_text(one, "name", person ? person->name : name);
        set_text(one, "honorificSuffix", person ? person->credentials : NULL);
        set_text(one, "sameAs", person ? person->url : NULL);
        json_array_append_new(people, one);
    }
    return people;
}

static json_t *citations(const ImpRendered *rendered)
{
    json_t *list = json_array();
    for (guint i = 0; i < rendered->references->len; i++) {
        const ImpRenderedReference *source = rendered->references->pdata[i];
        json_t *one = thing("CreativeWork");
        set_text(one, "name", source->title ? source->title : source->id);
        set_text(one, "url",
                 source->doi_url ? source->doi_url
                 : source->url   ? source->url
                                 : source->pmid_url);
        json_array_append_new(list, one);
    }
    return list;
}

static char *absolute(const ImpSite *site, const char *name)
{
    g_autofree char *address = imp_site_address(name);
    return g_strconcat(site->options->url ? site->options->url : "", address, NULL);
}

static void set_origin(ImpSite *site, json_t *page, const ImpSiteArticle *article)
{
    const ImpDocument *document = article->document;
    if (!document || article->shown.which != IMP_SHOWN_APPROVED)
        return;
    if (document->audience && site->policy)
        for (guint i = 0; i < site->policy->audiences->len; i++) {
            const ImpPolicyAudience *audience = site->policy->audiences->pdata[i];
            if (strcmp(audience->id, document->audience) != 0)
                continue;
            json_t *one = thing("MedicalAudience");
            set_text(one, "audienceType", audience->label);
            json_object_set_new(page, "audience", one);
        }
    const ImpSiteRow *root =
        document->variant_of ? imp_site_mark_find(site->mark, document->variant_of) : NULL;
    if (!root)
        return;
    g_autofree char *stem = imp_site_stem(site->policy, root->path);
    g_autofree char *name = g_strconcat("a/", stem, "/index.html", NULL);
    g_autofree char *address = absolute(site, name);
    set_text(page, document->lang ? "translationOfWork" : "isBasedOn", address);
}

/* "<" would end the script element that this stands in, or begin a comment in it. */
static char *fit_for_script(const json_t *object)
{
    g_autofree char *line = imp_json_dump_line(object);
    GString *text = g_string_new(line);
    g_string_replace(text, "<", "\\u003c", 0);
    g_string_replace(text, ">", "\\u003e", 0);
    g_string_replace(text, "&", "\\u0026", 0);
    g_string_replace(text, "\342\200\250", "\\u2028", 0);
    g_string_replace(text, "\342\200\251", "\\u2029", 0);
    return g_string_free(text, FALSE);
}

char *imp_site_json_ld(ImpSite *site, const ImpSiteArticle *article, const ImpRendered *rendered)
{
    const ImpPast *past = article->past;
    const ImpShown *shown = &article->shown;
    if (!shown->version || !rendered)
        return NULL;
    g_autofree char *name = g_strconcat("a/", article->stem, "/index.html", NULL);
    g_autofree char *address = absolute(site, name), *policy = absolute(site, "policy.html");
    const char *lang = article->document ? article->document->lang : NULL;
    g_autoptr(json_t) page = json_object();
    imp_json_set_text(page, "@context", "https://schema.org");
    imp_json_set_text(page, "@type", "MedicalWebPage");
    set_text(page, "name", article->title);
    set_text(page, "url", site->options->url ? address : NULL);
    set_text(page, "version", shown->version);
    set_text(page, "inLanguage", lang ? lang : site->policy ? site->policy->language : NULL);
    ImpState step = shown->which == IMP_SHOWN_APPROVED               ? IMP_STATE_APPROVED
                    : past->article->state == IMP_STATE_UNDER_REVIEW ? IMP_STATE_UNDER_REVIEW
                                                                     : IMP_STATE_SUBMITTED;
    set_text(page, "creativeWorkStatus",
             imp_caption(imp_site_language(site), imp_state_word(step)));
    set_day(page, "dateModified", shown->updated_us);
    if (shown->which == IMP_SHOWN_APPROVED) {
        set_day(page, "lastReviewed", shown->reviewed_us);
        json_object_set_new(page, "reviewedBy", reviewers(site, past));
        set_day(page, "expires", past->valid_until_us);
    }
    set_text(page, "publishingPrinciples", site->options->url ? policy : NULL);
    set_origin(site, page, article);
    if (rendered->references->len > 0)
        json_object_set_new(page, "citation", citations(rendered));
    return fit_for_script(page);
}
