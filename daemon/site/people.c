#include "daemon/site/people.h"
#include "articles/policy_source.h"
#include "articles/render.h"
#include "articles/tree.h"
#include "daemon/index/index.h"
#include "daemon/site/article.h"
#include "daemon/site/captions.h"
#include "daemon/site/editors.h"
#include "daemon/site/page.h"
#include "workflow/base/limits.h"

#include <string.h>

/* Who reviews, and by which rules. */

static void specialties(ImpXml *xml, const ImpPerson *person)
{
    if (!person->specialties[0])
        return;
    g_autofree char *list = g_strjoinv(", ", person->specialties);
    imp_xml_element(xml, list, "p", "class", "specialties", NULL);
}

static void roles(ImpXml *xml, const ImpPerson *person)
{
    bool reviews = person->roles & IMP_ROLE_REVIEWER, edits = person->roles & IMP_ROLE_EDITOR;
    imp_xml_element(xml,
                    imp_xml_say(xml, reviews && edits ? "Reviewer and editor"
                                     : edits          ? "Editor"
                                                      : "Reviewer"),
                    "p", "class", "role", NULL);
}

static void person(ImpSite *site, ImpXml *xml, const ImpPerson *one, GHashTable *open)
{
    g_autofree char *name = imp_site_person(site, one->id, NULL, NULL);
    imp_xml_open(xml, "li", NULL);
    imp_xml_open(xml, "h2", NULL);
    if (one->url)
        imp_xml_element(xml, name, "a", "href", one->url, "rel", "nofollow noopener", NULL);
    else
        imp_xml_text(xml, name);
    imp_xml_close(xml);
    roles(xml, one);
    specialties(xml, one);
    if (open)
        imp_site_put_editors_person(site, xml, one,
                                    GPOINTER_TO_UINT(g_hash_table_lookup(open, one->id)));
    imp_xml_close(xml);
    imp_xml_line(xml);
}

/* `open` is how many requests each person has, for editors; else NULL. Returns how many people are
 * left out. */
static guint list_people(ImpSite *site, ImpXml *xml, GHashTable *open)
{
    guint hidden = 0;
    imp_xml_open(xml, "ul", "class", "people", NULL);
    for (guint i = 0; site->policy && i < site->policy->people->len; i++) {
        const ImpPerson *one = site->policy->people->pdata[i];
        if (one->is_public || site->options->view == IMP_SITE_EDITORS)
            person(site, xml, one, open);
        else
            hidden++;
    }
    imp_xml_close(xml);
    return hidden;
}

bool imp_site_put_people(ImpSite *site, GError **error)
{
    g_autoptr(GHashTable) open = NULL;
    if (site->options->view == IMP_SITE_EDITORS) {
        open = imp_index_open_requests(site->reader->database, error);
        if (!open)
            return false;
    }
    const ImpSitePage page = {.name = "people.html",
                              .title = imp_caption(imp_site_language(site), "The board"),
                              .where = "people.html"};
    g_autoptr(ImpXml) xml = imp_site_page_begin(site, &page);
    imp_xml_element(xml, imp_xml_say(xml, "The board"), "h1", NULL);
    imp_xml_element(
        xml,
        imp_xml_say(xml, "These people review the articles. An approval is signed by its reviewer, "
                         "and holds for exactly the text that was read."),
        "p", "class", "lead", NULL);
    guint hidden = list_people(site, xml, open);
    if (hidden == 1)
        imp_xml_element(xml, imp_xml_say(xml, "A further member of the board is not named here."),
                        "p", NULL);
    else if (hidden > 1) {
        g_autofree char *count = g_strdup_printf("%u", hidden);
        g_autofree char *words = imp_caption_fill(
            imp_xml_language(xml), "{count} further members of the board are not named here.",
            "{count}", count, NULL);
        imp_xml_element(xml, words, "p", NULL);
    }
    return imp_site_page_end(site, &page, xml, error);
}

/* Without its first line where that is a heading: the page has one. */
static const char *without_heading(const char *text)
{
    const char *end = strchr(text, '\n');
    return g_str_has_prefix(text, "# ") && end ? end + 1 : text;
}

/* POLICY.md as it stands at the tip, where the policy there is the one in force. */
static char *policy_text(ImpSite *site)
{
    const ImpReader *reader = site->reader;
    ImpTreeEntryKind kind;
    g_autofree char *id = NULL;
    if (!reader->tip || !imp_repository_has_object(reader->repository, reader->tip) ||
        !imp_tree_lookup(reader->repository, reader->tip, ".imprimatur/POLICY.md", &kind, &id,
                         NULL) ||
        kind != IMP_TREE_ENTRY_FILE)
        return NULL;
    g_autoptr(GBytes) bytes = imp_repository_peek(reader->repository, id, IMP_POLICY_MAX_BYTES);
    gsize length = 0;
    const char *text = bytes ? g_bytes_get_data(bytes, &length) : NULL;
    return text && g_utf8_validate_len(text, length, NULL) ? g_strndup(text, length) : NULL;
}

static void counted(ImpXml *xml, const char *english, guint count, const char *specialty)
{
    g_autofree char *number = g_strdup_printf("%u", count);
    g_autofree char *words = imp_caption_fill(imp_xml_language(xml), english, "{count}", number,
                                              "{specialty}", specialty, NULL);
    imp_xml_text(xml, words);
}

static void rules(ImpSite *site, ImpXml *xml)
{
    imp_xml_element(xml, imp_xml_say(xml, "What an approval takes"), "h2", NULL);
    imp_xml_open(xml, "ul", NULL);
    for (guint i = 0; i < site->policy->rules->len; i++) {
        const ImpRule *rule = site->policy->rules->pdata[i];
        g_autofree char *paths = g_strjoinv(", ", rule->paths);
        imp_xml_open(xml, "li", NULL);
        if (strcmp(paths, "**") == 0)
            imp_xml_text(xml, imp_xml_say(xml, i == 0 ? "Every article" : "Every other article"));
        else
            imp_xml_element(xml, paths, "code", NULL);
        counted(xml, rule->approvals == 1 ? ": {count} approval" : ": {count} approvals",
                rule->approvals, "");
        if (rule->specialists)
            counted(xml, ", {count} of them in {specialty}", rule->specialists, rule->specialty);
        counted(xml,
                rule->valid_months == 1 ? "; valid for {count} month."
                                        : "; valid for {count} months.",
                rule->valid_months, "");
        imp_xml_close(xml);
    }
    imp_xml_close(xml);
}

bool imp_site_put_policy(ImpSite *site, GError **error)
{
    const ImpSitePage page = {.name = "policy.html",
                              .title = imp_caption(imp_site_language(site), "Editorial policy"),
                              .where = "policy.html"};
    g_autofree char *text = policy_text(site);
    g_autoptr(ImpXml) xml = imp_site_page_begin(site, &page);
    imp_xml_element(xml, imp_xml_say(xml, "Editorial policy"), "h1", NULL);
    if (text) {
        g_autofree char *rendered = imp_render_fragment(without_heading(text));
        imp_xml_open(xml, "div", "class", "text", "lang", imp_site_text_language(site, NULL), NULL);
        imp_xml_raw(xml, rendered);
        imp_xml_close(xml);
    }
    if (site->policy)
        rules(site, xml);
    return imp_site_page_end(site, &page, xml, error);
}
