#include "articles/render_page.h"
#include "articles/address.h"
#include "articles/citations.h"
#include "articles/markup.h"
#include "articles/render_result.h"
#include "workflow/base/limits.h"
#include "workflow/base/text.h"

#include <string.h>

/* Every element that begins is put on a stack with the markup that ends it, NULL where it was left
 * out; so what ends needs no look at what it is, and where the text is cut everything that is open
 * can be closed.
 *
 * A heading's content is written aside, since its id is known only at its end; and while an image
 * is open there are only words, for its `alt`.
 *
 * Citations are found beforehand, in the source (articles/citations.h); a piece of text is looked
 * up there by its place in it. So what a page shows as a citation is exactly what `check` looks at,
 * less what the parser knows to be code or a link. */

#define PIECE_BYTES  4096 /* between two looks at the cap */
#define CAP_BASE     4096 /* however short the text is */
#define ELEMENT_COST 8

struct ImpRenderPage {
    const ImpRenderOptions *options;
    const ImpDocument *document;
    const char *source;
    gsize length;
    GPtrArray *citations;
    guint next_citation;
    gsize cited_to; /* the end, in the source, of the citation written last */
    bool cited_in_brackets;
    GHashTable *known;   /* ids of references: ImpReference* */
    GHashTable *numbers; /* ids that were cited: their numbers */
    GHashTable *slugs;   /* of headings: how often it was wanted */
    GHashTable *ids;
    GHashTable *shown_images;
    GPtrArray *open; /* of const char*: what ends each element that is open */
    GString *main;
    GString *aside;            /* the content of the heading that is open; else NULL */
    GString *words;            /* those of that heading; else NULL */
    GString *alt;              /* the words of the image that is open; else NULL */
    char *image, *image_title; /* its address on the page, NULL: only the words are shown */
    guint images_open, links_open;
    guint level;                     /* in the text, of the heading that is open */
    guint outline[6], outline_depth; /* levels, in the text, of the headings around this place */
    guint tables;
    gsize spent, cap;
    ImpRendered *result;
};

static const char heading_ends[] = "heading", image_ends[] = "image";

static GString *out(ImpRenderPage *page)
{
    return page->aside ? page->aside : page->main;
}

bool imp_render_page_is_full(ImpRenderPage *page)
{
    gsize written = page->main->len + (page->aside ? page->aside->len : 0);
    page->result->cut = page->result->cut || MAX(written, page->spent) > page->cap;
    return page->result->cut;
}

/* Whether an element may begin here: not in an image, not too deep, not in one that was left out.
 */
static bool is_room_for(const ImpRenderPage *page, guint most)
{
    guint depth = page->open->len;
    return page->images_open == 0 && depth < most &&
           (depth == 0 || page->open->pdata[depth - 1] != NULL);
}

bool imp_render_page_begin(ImpRenderPage *page, guint most_deep, const char *start, const char *end)
{
    bool room = is_room_for(page, most_deep);
    if (room)
        g_string_append(out(page), start);
    g_ptr_array_add(page->open, room ? (gpointer)end : NULL);
    page->spent += ELEMENT_COST;
    return room;
}

void imp_render_page_spend(ImpRenderPage *page, gsize bytes)
{
    page->spent += bytes;
}

/* Words */

void imp_render_page_words(ImpRenderPage *page, const char *text, gsize length)
{
    while (length > 0 && !imp_render_page_is_full(page)) {
        gsize piece = MIN(length, PIECE_BYTES);
        while (piece < length && ((guchar)text[piece] & 0xC0) == 0x80)
            piece++;
        if (page->words)
            g_string_append_len(page->words, text, (gssize)piece);
        if (page->alt)
            g_string_append_len(page->alt, text, (gssize)piece);
        else
            imp_markup_text(out(page), text, piece);
        page->spent += piece;
        text += piece;
        length -= piece;
    }
}

/* Citations */

/* The number of a reference, given at its first citation. 0: there is none of this id. */
static guint number_of(ImpRenderPage *page, const char *id, bool *first)
{
    guint number = GPOINTER_TO_UINT(g_hash_table_lookup(page->numbers, id));
    const ImpReference *reference = g_hash_table_lookup(page->known, id);
    *first = number == 0;
    if (number > 0 || !reference)
        return number;
    ImpRenderedReference *shown = imp_rendered_reference_new(reference);
    g_ptr_array_add(page->result->references, shown);
    shown->number = page->result->references->len;
    shown->cited = true;
    g_hash_table_insert(page->numbers, g_strdup(id), GUINT_TO_POINTER(shown->number));
    return shown->number;
}

static void write_citation(ImpRenderPage *page, const ImpCitation *citation)
{
    GString *to = out(page);
    bool first;
    guint number = number_of(page, citation->id, &first);
    const char *left = citation->in_brackets ? "" : "[", *right = citation->in_brackets ? "" : "]";
    g_autofree char *shown =
        number ? g_strdup_printf("%s%u%s", left, number, right) : g_strdup("?");
    if (number > 0) {
        g_string_append_printf(to, "<a class=\"citation\" href=\"#ref-%u\"", number);
        if (first)
            g_string_append_printf(to, " id=\"cite-%u\"", number);
        g_string_append_printf(to, ">%s</a>", shown);
    } else {
        g_string_append(to, "<span class=\"dangling\" title=\"No reference: @");
        imp_markup_value(to, citation->id, strlen(citation->id));
        g_string_append(to, "\">?</span>");
        page->result->dangling++;
    }
    if (page->words)
        g_string_append(page->words, shown);
}

/* The words from one citation, or the beginning of the piece, to the next. "; " between two becomes
 * a comma, and "-", which wants no author's name, goes. */
static void write_between(ImpRenderPage *page, gsize from, gsize to, const ImpCitation *next)
{
    const char *text = page->source;
    bool joins = page->cited_in_brackets && from == page->cited_to && next->in_brackets;
    if (to > from && text[to - 1] == '-' && (to - 1 == from || strchr(" \t[;", text[to - 2])))
        to--;
    gsize blanks = to;
    while (blanks > from && text[blanks - 1] == ' ')
        blanks--;
    if (joins && blanks == from + 1 && text[from] == ';')
        imp_render_page_words(page, ", ", 2);
    else
        imp_render_page_words(page, text + from, to - from);
}

/* The next citation in the source before `end`; one in brackets, or one of a reference that there
 * is. */
static const ImpCitation *next_citation(ImpRenderPage *page, gsize from, gsize end)
{
    for (; page->next_citation < page->citations->len; page->next_citation++) {
        const ImpCitation *citation = page->citations->pdata[page->next_citation];
        if (citation->at >= end)
            return NULL;
        if (citation->at >= from && strcmp(citation->id, "*") != 0 &&
            (citation->in_brackets || g_hash_table_contains(page->known, citation->id)))
            return citation;
    }
    return NULL;
}

void imp_render_page_text(ImpRenderPage *page, const char *text, gsize length)
{
    if (text < page->source || text >= page->source + page->length || page->links_open > 0 ||
        page->images_open > 0) {
        imp_render_page_words(page, text, length);
        return;
    }
    gsize at = (gsize)(text - page->source), end = at + length;
    at = MIN(MAX(at, page->cited_to), end);
    const ImpCitation *citation;
    while ((citation = next_citation(page, at, end)) && !imp_render_page_is_full(page)) {
        write_between(page, at, citation->at, citation);
        write_citation(page, citation);
        page->cited_in_brackets = citation->in_brackets;
        page->cited_to = citation->at + citation->length;
        at = MIN(page->cited_to, end);
    }
    imp_render_page_words(page, page->source + at, end - at);
}

/* Links and images */

static void write_attribute(GString *to, const char *name, const char *value)
{
    g_string_append_printf(to, " %s=\"", name);
    imp_markup_value(to, value, strlen(value));
    g_string_append_c(to, '"');
}

/* Where a link leads from the page; NULL: nowhere. */
static char *link_address(ImpRenderPage *page, const char *address)
{
    const ImpRenderOptions *options = page->options;
    g_autofree char *href = NULL;
    ImpAddressKind kind = imp_address_read(address, &href);
    if (kind == IMP_ADDRESS_PLACE) {
        g_autofree char *place = g_uri_unescape_string(href + 1, NULL);
        g_autofree char *slug =
            imp_rendered_slug(place && g_utf8_validate(place, -1, NULL) ? place : "");
        g_autofree char *escaped = g_uri_escape_string(slug, NULL, FALSE);
        return g_strconcat("#text-", escaped, NULL);
    }
    if (kind == IMP_ADDRESS_LOCAL && options->link) {
        g_autofree char *path = imp_address_resolve(href, options->path);
        return path ? options->link(options->data, path) : NULL;
    }
    return g_steal_pointer(&href);
}

void imp_render_page_begin_link(ImpRenderPage *page, const char *address, const char *title)
{
    bool room = is_room_for(page, IMP_RENDER_MAX_DEPTH);
    g_autofree char *href = room ? link_address(page, address) : NULL;
    page->links_open++;
    if (!href) {
        imp_render_page_begin(page, IMP_RENDER_MAX_DEPTH, "", "");
        return;
    }
    g_string_append(out(page), "<a");
    write_attribute(out(page), "href", href);
    if (*href != '#')
        g_string_append(out(page), " rel=\"nofollow noopener\"");
    if (*title)
        write_attribute(out(page), "title", title);
    imp_render_page_begin(page, IMP_RENDER_MAX_DEPTH, ">", "</a>");
}

void imp_render_page_end_link(ImpRenderPage *page)
{
    page->links_open--;
    imp_render_page_end(page);
}

/* Only the outermost image is one; in it there are only words. */
void imp_render_page_begin_image(ImpRenderPage *page, const char *address, const char *title)
{
    const ImpRenderOptions *options = page->options;
    g_autofree char *href = NULL, *path = NULL;
    bool room = imp_render_page_begin(page, IMP_RENDER_MAX_DEPTH, "", image_ends);
    page->images_open++;
    if (!room)
        return;
    page->alt = g_string_new(NULL);
    if (options->image && imp_address_read(address, &href) == IMP_ADDRESS_LOCAL)
        path = imp_address_resolve(href, options->path);
    if (path && imp_path_is_picture(path))
        page->image = options->image(options->data, path);
    if (!page->image)
        return;
    page->image_title = g_strdup(title);
    if (g_hash_table_add(page->shown_images, g_strdup(path)))
        g_ptr_array_add(page->result->images, g_steal_pointer(&path));
}

void imp_render_page_end_image(ImpRenderPage *page)
{
    page->images_open--;
    imp_render_page_end(page);
}

void imp_render_page_break(ImpRenderPage *page)
{
    if (page->images_open == 0)
        g_string_append(out(page), "<br/>");
    imp_render_page_words(page, "\n", 1);
}

static void end_image(ImpRenderPage *page)
{
    g_autoptr(GString) alt = g_steal_pointer(&page->alt);
    g_autofree char *src = g_steal_pointer(&page->image);
    g_autofree char *title = g_steal_pointer(&page->image_title);
    if (!src) {
        g_string_append(out(page), "<span class=\"image\">");
        imp_markup_text(out(page), alt->str, alt->len);
        g_string_append(out(page), "</span>");
        return;
    }
    g_string_append(out(page), "<img");
    write_attribute(out(page), "src", src);
    write_attribute(out(page), "alt", alt->str);
    if (*title)
        write_attribute(out(page), "title", title);
    g_string_append(out(page), " loading=\"lazy\"/>");
}

guint imp_render_page_next_table(ImpRenderPage *page)
{
    return ++page->tables;
}

/* Headings */

/* One below the nearest heading around that the text gives a lower level; so none is skipped. */
static guint level_on_page(ImpRenderPage *page, guint level)
{
    while (page->outline_depth > 0 && page->outline[page->outline_depth - 1] >= level)
        page->outline_depth--;
    page->outline[page->outline_depth++] = level;
    return MIN(page->outline_depth + 1, 6);
}

static char *unique_id(ImpRenderPage *page, const char *text)
{
    g_autofree char *slug = imp_rendered_slug(text);
    char *id = g_strconcat("text-", slug, NULL);
    while (g_hash_table_contains(page->ids, id)) {
        guint times = GPOINTER_TO_UINT(g_hash_table_lookup(page->slugs, slug)) + 1;
        g_hash_table_insert(page->slugs, g_strdup(slug), GUINT_TO_POINTER(times));
        g_free(id);
        id = g_strdup_printf("text-%s-%u", slug, times);
    }
    g_hash_table_add(page->ids, g_strdup(id));
    return id;
}

bool imp_render_page_begin_heading(ImpRenderPage *page, guint level)
{
    if (!imp_render_page_begin(page, page->aside ? 0 : IMP_RENDER_MAX_DEPTH, "", heading_ends))
        return false;
    page->level = level;
    page->aside = g_string_new(NULL);
    page->words = g_string_new(NULL);
    return true;
}

static void end_heading(ImpRenderPage *page)
{
    g_autoptr(GString) aside = g_steal_pointer(&page->aside);
    g_autoptr(GString) words = g_steal_pointer(&page->words);
    g_autofree char *text = imp_visible_line(words->str, words->len);
    const char *title = page->options->title;
    bool says_the_title = title && page->main->len == 0 && strcmp(text, title) == 0;
    if (says_the_title || !*text)
        return;
    ImpRenderedHeading *heading = g_new0(ImpRenderedHeading, 1);
    heading->level = level_on_page(page, page->level);
    heading->id = unique_id(page, text);
    g_string_append_printf(page->main, "<h%u", heading->level);
    write_attribute(page->main, "id", heading->id);
    g_string_append_printf(page->main, ">%s</h%u>\n", aside->str, heading->level);
    heading->text = g_steal_pointer(&text);
    g_ptr_array_add(page->result->headings, heading);
}

void imp_render_page_end(ImpRenderPage *page)
{
    const char *markup = g_ptr_array_steal_index(page->open, page->open->len - 1);
    if (markup == heading_ends)
        end_heading(page);
    else if (markup == image_ends)
        end_image(page);
    else if (markup)
        g_string_append(out(page), markup);
}

/* The whole */

static void know_references(ImpRenderPage *page)
{
    for (guint i = 0; page->document->references && i < page->document->references->len; i++) {
        const ImpReference *reference = page->document->references->pdata[i];
        const char *id = reference->values[IMP_REFERENCE_ID].text;
        if (!reference->odd && id && *id && !g_hash_table_contains(page->known, id))
            g_hash_table_insert(page->known, (gpointer)id, (gpointer)reference);
    }
}

static void add_uncited(ImpRenderPage *page)
{
    for (guint i = 0; page->document->references && i < page->document->references->len; i++) {
        const ImpReference *reference = page->document->references->pdata[i];
        const char *id = reference->values[IMP_REFERENCE_ID].text;
        if (reference->odd || (id && g_hash_table_contains(page->numbers, id)))
            continue;
        ImpRenderedReference *shown = imp_rendered_reference_new(reference);
        g_ptr_array_add(page->result->references, shown);
        shown->number = page->result->references->len;
    }
}

ImpRenderPage *imp_render_page_new(const char *source, gsize length, const ImpDocument *document,
                                   const ImpRenderOptions *options)
{
    ImpRenderPage *page = g_new0(ImpRenderPage, 1);
    page->options = options;
    page->source = source;
    page->length = length;
    page->citations = imp_citations_find(source, length, 1);
    page->known = g_hash_table_new(g_str_hash, g_str_equal);
    GHashTable **sets[] = {&page->numbers, &page->slugs, &page->ids, &page->shown_images};
    for (gsize i = 0; i < G_N_ELEMENTS(sets); i++)
        *sets[i] = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    page->open = g_ptr_array_new();
    page->main = g_string_sized_new(length + length / 4);
    page->cap = IMP_RENDER_FACTOR * length + CAP_BASE;
    page->result = imp_rendered_new();
    page->document = document;
    know_references(page);
    return page;
}

ImpRendered *imp_render_page_finish(ImpRenderPage *page)
{
    while (page->open->len > 0)
        imp_render_page_end(page);
    if (page->result->cut)
        g_string_append(page->main,
                        "<p class=\"cut\">The rest of this text is not shown: it would be "
                        "too large for a page.</p>\n");
    add_uncited(page);
    ImpRendered *result = page->result;
    result->html = g_string_free(page->main, FALSE);
    g_ptr_array_unref(page->citations);
    g_ptr_array_unref(page->open);
    GHashTable *sets[] = {page->known, page->numbers, page->slugs, page->ids, page->shown_images};
    for (gsize i = 0; i < G_N_ELEMENTS(sets); i++)
        g_hash_table_unref(sets[i]);
    g_free(page);
    return result;
}
