#include "daemon/site/variant_links.h"
#include "daemon/site/languages.h"

#include <string.h>

/* What a link needs of a variant; strings are borrowed from the row's object. */
typedef struct {
    json_t *object;
    const ImpSiteRow *row;
    const char *audience; /* its label, or NULL */
    const char *lang;     /* of its text */
    bool here;            /* it is the page's own article */
} Variant;

static void variant_free(gpointer data)
{
    Variant *variant = data;
    json_decref(variant->object);
    g_free(variant);
}

static const char *audience_of(const ImpSite *site, const char *id)
{
    for (guint i = 0; id && site->policy && i < site->policy->audiences->len; i++) {
        const ImpPolicyAudience *audience = site->policy->audiences->pdata[i];
        if (strcmp(audience->id, id) == 0)
            return audience->label;
    }
    return NULL;
}

static Variant *variant_new(const ImpSite *site, const ImpSiteRow *row, const char *here)
{
    Variant *variant = g_new0(Variant, 1);
    variant->object = imp_site_row_object(row);
    variant->row = row;
    variant->audience =
        audience_of(site, json_string_value(json_object_get(variant->object, "audience")));
    variant->lang = json_string_value(json_object_get(variant->object, "lang"));
    if (!variant->lang)
        variant->lang = site->policy && site->policy->language ? site->policy->language : "en";
    variant->here = strcmp(row->path, here) == 0;
    return variant;
}

/* A translation of the article itself: for the same readers, in another language. */
static bool is_translation(const Variant *variant, const Variant *of)
{
    return g_ascii_strcasecmp(variant->lang, of->lang) != 0 &&
           g_strcmp0(variant->audience, of->audience) == 0;
}

static char *label_of(const Variant *variant, const Variant *here, bool translation)
{
    const char *title = json_string_value(json_object_get(variant->object, "title"));
    g_autofree char *language = imp_site_language_name(variant->lang);
    if (translation)
        return g_steal_pointer(&language);
    const char *label = variant->audience ? variant->audience : title;
    return g_ascii_strcasecmp(variant->lang, here->lang) == 0
               ? g_strdup(label)
               : g_strdup_printf("%s (%s)", label, language);
}

static void put_variant(ImpXml *xml, const Variant *variant, const Variant *here, bool translation,
                        const char *up)
{
    g_autofree char *label = label_of(variant, here, translation);
    g_autofree char *address = g_strconcat(up, variant->row->page, "index.html", NULL);
    bool reviewed = variant->row->which == IMP_SHOWN_APPROVED;
    imp_xml_open(xml, "li", NULL);
    imp_xml_element(xml, label, "a", "href", address, "hreflang", variant->lang, "lang",
                    translation ? variant->lang : NULL, "aria-current",
                    variant->here ? "page" : NULL, NULL);
    imp_xml_open(xml, "span", "class", "state", NULL);
    imp_xml_text(xml, imp_xml_say(xml, reviewed ? " reviewed" : " not reviewed"));
    if (json_is_true(json_object_get(variant->object, "behind")))
        imp_xml_text(xml, imp_xml_say(xml, ", older than what it is made from"));
    imp_xml_close(xml);
    imp_xml_close(xml);
}

static void put_list(ImpXml *xml, const GPtrArray *variants, const Variant *here, bool translations,
                     const char *up)
{
    const char *id = translations ? "languages" : "variants";
    guint count = 0;
    for (guint i = 0; i < variants->len; i++)
        count += is_translation(variants->pdata[i], here) == translations;
    if (count < (translations ? 1 : 2))
        return;
    imp_xml_open(xml, "nav", "class", "variants", "aria-labelledby", id, NULL);
    imp_xml_element(
        xml, imp_xml_say(xml, translations ? "In other languages" : "Which best describes you?"),
        "p", "id", id, NULL);
    imp_xml_open(xml, "ul", NULL);
    for (guint i = 0; i < variants->len; i++)
        if (is_translation(variants->pdata[i], here) == translations)
            put_variant(xml, variants->pdata[i], here, translations, up);
    imp_xml_close(xml);
    imp_xml_close(xml);
    imp_xml_line(xml);
}

static void say_behind(ImpXml *xml)
{
    imp_xml_element(
        xml,
        imp_xml_say(xml,
                    "The text that this one was made from has been approved in a newer version "
                    "since. This one has not caught up yet."),
        "p", "class", "behind", "role", "note", NULL);
}

void imp_site_variant_links(ImpSite *site, ImpXml *xml, const ImpSiteArticle *article,
                            const char *up)
{
    const char *path = article->past->article->path;
    const GPtrArray *group = g_hash_table_lookup(site->variants, path);
    g_autoptr(GPtrArray) variants = g_ptr_array_new_with_free_func(variant_free);
    const Variant *here = NULL;
    for (guint i = 0; group && i < group->len; i++) {
        const ImpSiteRow *row = imp_site_mark_find(site->mark, group->pdata[i]);
        if (!row)
            continue;
        Variant *variant = variant_new(site, row, path);
        g_ptr_array_add(variants, variant);
        here = variant->here ? variant : here;
    }
    if (!here)
        return;
    if (json_is_true(json_object_get(here->object, "behind")))
        say_behind(xml);
    put_list(xml, variants, here, false, up);
    put_list(xml, variants, here, true, up);
}
