#include "articles/render_result.h"
#include "articles/address.h"
#include "workflow/base/text.h"

#include <string.h>

#define SLUG_CHARACTERS 80

static void heading_free(gpointer data)
{
    ImpRenderedHeading *heading = data;
    g_free(heading->id);
    g_free(heading->text);
    g_free(heading);
}

static void reference_free(gpointer data)
{
    ImpRenderedReference *reference = data;
    char *texts[] = {reference->id,      reference->title, reference->container, reference->doi,
                     reference->doi_url, reference->pmid,  reference->pmid_url,  reference->url};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_free(reference);
}

ImpRendered *imp_rendered_new(void)
{
    ImpRendered *rendered = g_new0(ImpRendered, 1);
    rendered->headings = g_ptr_array_new_with_free_func(heading_free);
    rendered->references = g_ptr_array_new_with_free_func(reference_free);
    rendered->images = g_ptr_array_new_with_free_func(g_free);
    return rendered;
}

void imp_rendered_free(ImpRendered *rendered)
{
    if (!rendered)
        return;
    g_free(rendered->html);
    g_ptr_array_unref(rendered->headings);
    g_ptr_array_unref(rendered->references);
    g_ptr_array_unref(rendered->images);
    g_free(rendered);
}

static char *line_of(const ImpReference *reference, ImpReferenceKey key)
{
    const char *text = reference->values[key].text;
    g_autofree char *line = text ? imp_visible_line(text, strlen(text)) : NULL;
    return line && *line ? g_steal_pointer(&line) : NULL;
}

/* An identifier that is one, and its address; both NULL otherwise. */
static char *identifier(const ImpReference *reference, ImpReferenceKey key, const char *start,
                        const char *end, char **url)
{
    const char *text = reference->values[key].text;
    if (!text || !*text || imp_reference_fault(key, text))
        return NULL;
    g_autofree char *escaped = g_uri_escape_string(text, "/:;()", FALSE);
    *url = g_strconcat(start, escaped, end, NULL);
    return line_of(reference, key);
}

ImpRenderedReference *imp_rendered_reference_new(const ImpReference *reference)
{
    ImpRenderedReference *shown = g_new0(ImpRenderedReference, 1);
    shown->id = line_of(reference, IMP_REFERENCE_ID);
    shown->kind = imp_reference_kind(reference);
    shown->title = line_of(reference, IMP_REFERENCE_TITLE);
    shown->container = line_of(reference, IMP_REFERENCE_CONTAINER);
    if (!shown->container)
        shown->container = line_of(reference, IMP_REFERENCE_PUBLISHER);
    shown->year = imp_reference_year(reference);
    shown->doi = identifier(reference, IMP_REFERENCE_DOI, "https://doi.org/", "", &shown->doi_url);
    shown->pmid = identifier(reference, IMP_REFERENCE_PMID, "https://pubmed.ncbi.nlm.nih.gov/", "/",
                             &shown->pmid_url);
    const char *url = reference->values[IMP_REFERENCE_URL].text;
    if (url && !imp_reference_fault(IMP_REFERENCE_URL, url))
        imp_address_read(url, &shown->url);
    return shown;
}

char *imp_rendered_slug(const char *text)
{
    GString *slug = g_string_new(NULL);
    guint characters = 0;
    for (const char *at = text; *at && characters < SLUG_CHARACTERS; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (g_unichar_isspace(c))
            c = '-';
        if (c != '-' && c != '_' && !g_unichar_isalnum(c) && !g_unichar_ismark(c))
            continue;
        g_string_append_unichar(slug, g_unichar_tolower(c));
        characters++;
    }
    if (slug->len == 0)
        g_string_append(slug, "section");
    return g_string_free(slug, FALSE);
}
