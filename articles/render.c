#include "articles/render.h"
#include "articles/entity.h"
#include "articles/passage_walk.h"
#include "articles/render_page.h"
#include "articles/render_result.h"
#include "workflow/base/limits.h"

#include <md4c.h>
#include <string.h>

/* The parser calls for each block, span and piece of text; what these become stands here, how it is
 * written in articles/render_page.c. Other than 0 stops the parser. */

static void write_entity(ImpRenderPage *page, const char *text, gsize length)
{
    char character[6];
    gunichar c = imp_entity_decode(text, length);
    if (c)
        imp_render_page_words(page, character, (gsize)g_unichar_to_utf8(c, character));
    else
        imp_render_page_words(page, text, length);
}

static int take_text(MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size, void *data)
{
    ImpRenderPage *page = data;
    switch (type) {
    case MD_TEXT_NULLCHAR:
        imp_render_page_words(page, "\uFFFD", strlen("\uFFFD"));
        break;
    case MD_TEXT_BR:
        imp_render_page_break(page);
        break;
    case MD_TEXT_SOFTBR:
        imp_render_page_words(page, "\n", 1);
        break;
    case MD_TEXT_ENTITY:
        write_entity(page, text, size);
        break;
    case MD_TEXT_NORMAL:
        imp_render_page_text(page, text, size);
        break;
    default:
        imp_render_page_words(page, text, size);
        break;
    }
    return imp_render_page_is_full(page);
}

/* Spans */

static char *decode(const MD_ATTRIBUTE *from)
{
    GString *value = g_string_new(NULL);
    for (gsize i = 0; from->text && from->substr_offsets[i] < from->size; i++) {
        const char *piece = from->text + from->substr_offsets[i];
        gsize length = from->substr_offsets[i + 1] - from->substr_offsets[i];
        gunichar c = from->substr_types[i] == MD_TEXT_ENTITY     ? imp_entity_decode(piece, length)
                     : from->substr_types[i] == MD_TEXT_NULLCHAR ? 0xFFFD
                                                                 : 0;
        if (c)
            g_string_append_unichar(value, c);
        else
            g_string_append_len(value, piece, (gssize)length);
    }
    return g_string_free(value, FALSE);
}

static char *attribute(ImpRenderPage *page, const MD_ATTRIBUTE *from)
{
    imp_render_page_spend(page, from->size);
    return decode(from);
}

static void begin_link(ImpRenderPage *page, const MD_SPAN_A_DETAIL *detail)
{
    g_autofree char *address = attribute(page, &detail->href);
    g_autofree char *title = attribute(page, &detail->title);
    imp_render_page_begin_link(page, address, title);
}

static void begin_image(ImpRenderPage *page, const MD_SPAN_IMG_DETAIL *detail)
{
    g_autofree char *address = attribute(page, &detail->src);
    g_autofree char *title = attribute(page, &detail->title);
    imp_render_page_begin_image(page, address, title);
}

static int enter_span(MD_SPANTYPE type, void *detail, void *data)
{
    ImpRenderPage *page = data;
    switch (type) {
    case MD_SPAN_A:
        begin_link(page, detail);
        break;
    case MD_SPAN_IMG:
        begin_image(page, detail);
        break;
    case MD_SPAN_EM:
        imp_render_page_begin(page, IMP_RENDER_MAX_DEPTH, "<em>", "</em>");
        break;
    case MD_SPAN_STRONG:
        imp_render_page_begin(page, IMP_RENDER_MAX_DEPTH, "<strong>", "</strong>");
        break;
    case MD_SPAN_CODE:
        imp_render_page_begin(page, IMP_RENDER_MAX_DEPTH, "<code>", "</code>");
        break;
    case MD_SPAN_DEL:
        imp_render_page_begin(page, IMP_RENDER_MAX_DEPTH, "<s>", "</s>");
        break;
    default:
        imp_render_page_begin(page, IMP_RENDER_MAX_DEPTH, "", "");
        break;
    }
    return imp_render_page_is_full(page);
}

static int leave_span(MD_SPANTYPE type, void *detail, void *data)
{
    ImpRenderPage *page = data;
    (void)detail;
    if (type == MD_SPAN_A)
        imp_render_page_end_link(page);
    else if (type == MD_SPAN_IMG)
        imp_render_page_end_image(page);
    else
        imp_render_page_end(page);
    return imp_render_page_is_full(page);
}

static bool begin_list(ImpRenderPage *page, const MD_BLOCK_OL_DETAIL *detail)
{
    g_autofree char *start = detail->start == 1
                                 ? g_strdup("<ol>\n")
                                 : g_strdup_printf("<ol start=\"%u\">\n", detail->start);
    return imp_render_page_begin(page, IMP_RENDER_CONTAINER_DEPTH, start, "</ol>\n");
}

static bool begin_item(ImpRenderPage *page, const MD_BLOCK_LI_DETAIL *detail)
{
    const char *start = !detail->is_task           ? "<li>"
                        : detail->task_mark == ' ' ? "<li><span class=\"task\" role=\"img\" "
                                                     "aria-label=\"not done\">\u2610</span> "
                                                   : "<li><span class=\"task\" role=\"img\" "
                                                     "aria-label=\"done\">\u2611</span> ";
    return imp_render_page_begin(page, IMP_RENDER_MAX_DEPTH, start, "</li>\n");
}

static bool begin_table(ImpRenderPage *page)
{
    g_autofree char *start = g_strdup_printf("<div class=\"table\" role=\"region\" tabindex=\"0\" "
                                             "aria-label=\"Table %u\"><table>\n",
                                             imp_render_page_next_table(page));
    return imp_render_page_begin(page, IMP_RENDER_CONTAINER_DEPTH, start, "</table></div>\n");
}

static bool begin_cell(ImpRenderPage *page, bool head, const MD_BLOCK_TD_DETAIL *detail)
{
    static const char *const classes[] = {"", " class=\"left\"", " class=\"center\"",
                                          " class=\"right\""};
    g_autofree char *start =
        g_strdup_printf(head ? "<th scope=\"col\"%s>" : "<td%s>", classes[detail->align]);
    return imp_render_page_begin(page, IMP_RENDER_MAX_DEPTH, start, head ? "</th>" : "</td>");
}

static bool begin_plain_block(ImpRenderPage *page, MD_BLOCKTYPE type)
{
    static const struct {
        const char *start, *end;
        guint most_deep;
    } blocks[] = {
        [MD_BLOCK_DOC] = {"", "", IMP_RENDER_CONTAINER_DEPTH},
        [MD_BLOCK_QUOTE] = {"<blockquote>\n", "</blockquote>\n", IMP_RENDER_CONTAINER_DEPTH},
        [MD_BLOCK_UL] = {"<ul>\n", "</ul>\n", IMP_RENDER_CONTAINER_DEPTH},
        [MD_BLOCK_HR] = {"<hr/>\n", "", IMP_RENDER_MAX_DEPTH},
        [MD_BLOCK_CODE] = {"<pre tabindex=\"0\"><code>", "</code></pre>\n", IMP_RENDER_MAX_DEPTH},
        [MD_BLOCK_HTML] = {"", "", IMP_RENDER_MAX_DEPTH},
        [MD_BLOCK_P] = {"<p>", "</p>\n", IMP_RENDER_MAX_DEPTH},
        [MD_BLOCK_THEAD] = {"<thead>\n", "</thead>\n", IMP_RENDER_MAX_DEPTH},
        [MD_BLOCK_TBODY] = {"<tbody>\n", "</tbody>\n", IMP_RENDER_MAX_DEPTH},
        [MD_BLOCK_TR] = {"<tr>", "</tr>\n", IMP_RENDER_MAX_DEPTH},
    };
    return imp_render_page_begin(page, blocks[type].most_deep, blocks[type].start,
                                 blocks[type].end);
}

static bool begin_block(ImpRenderPage *page, MD_BLOCKTYPE type, void *detail)
{
    switch (type) {
    case MD_BLOCK_H:
        return imp_render_page_begin_heading(page, ((const MD_BLOCK_H_DETAIL *)detail)->level);
    case MD_BLOCK_OL:
        return begin_list(page, detail);
    case MD_BLOCK_LI:
        return begin_item(page, detail);
    case MD_BLOCK_TABLE:
        return begin_table(page);
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
        return begin_cell(page, type == MD_BLOCK_TH, detail);
    default:
        return begin_plain_block(page, type);
    }
}

/* The words of one that is left out do not run into those before. */
static int enter_block(MD_BLOCKTYPE type, void *detail, void *data)
{
    if (!begin_block(data, type, detail))
        imp_render_page_words(data, "\n", 1);
    return imp_render_page_is_full(data);
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *data)
{
    (void)type;
    (void)detail;
    imp_render_page_end(data);
    return imp_render_page_is_full(data);
}

#define FLAGS                                                                                      \
    (MD_FLAG_NOHTML | MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_TASKLISTS |                 \
     MD_FLAG_PERMISSIVEURLAUTOLINKS)

static ImpRendered *render(const char *source, gsize length, const ImpDocument *document,
                           const ImpRenderOptions *options)
{
    static const MD_PARSER parser = {
        .flags = FLAGS,
        .enter_block = enter_block,
        .leave_block = leave_block,
        .enter_span = enter_span,
        .leave_span = leave_span,
        .text = take_text,
    };
    ImpRenderPage *page = imp_render_page_new(source, length, document, options);
    md_parse(source, (MD_SIZE)length, &parser, page);
    return imp_render_page_finish(page);
}

ImpRendered *imp_render(const char *text, gsize length, const ImpDocument *document,
                        const ImpRenderOptions *options)
{
    bool readable = length <= IMP_ARTICLE_MAX_BYTES && g_utf8_validate_len(text, length, NULL);
    gsize body = readable ? MIN(document->body, length) : length;
    ImpRendered *rendered = render(text + body, length - body, document, options);
    rendered->cut = rendered->cut || !readable;
    return rendered;
}

char *imp_render_fragment(const char *markdown)
{
    static const ImpDocument nothing;
    static const ImpRenderOptions options = {.path = ""};
    g_autofree char *valid = g_utf8_make_valid(markdown, -1);
    g_autoptr(ImpRendered) rendered = render(valid, strlen(valid), &nothing, &options);
    return g_steal_pointer(&rendered->html);
}

/* Passages */

typedef struct {
    ImpPassageWalk *walk;
    GArray *places; /* of gsize: where the words of each link and image that is open begin */
} Passages;

static int passage_enter_block(MD_BLOCKTYPE type, void *detail, void *data)
{
    ImpPassageWalk *walk = ((Passages *)data)->walk;
    (void)detail;
    switch (type) {
    case MD_BLOCK_TABLE:
        imp_passage_walk_begin_table(walk);
        break;
    case MD_BLOCK_TR:
        imp_passage_walk_begin_row(walk);
        break;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
        imp_passage_walk_begin_cell(walk, type == MD_BLOCK_TH);
        break;
    default:
        imp_passage_walk_begin(walk, type == MD_BLOCK_H      ? IMP_PASSAGE_HEADING
                                     : type == MD_BLOCK_CODE ? IMP_PASSAGE_CODE
                                                             : IMP_PASSAGE_TEXT);
        break;
    }
    return imp_passage_walk_spend(walk, 1);
}

static int passage_leave_block(MD_BLOCKTYPE type, void *detail, void *data)
{
    (void)detail;
    /* The next cell of a row knows by the one before which column it is in. */
    if (type != MD_BLOCK_TH && type != MD_BLOCK_TD)
        imp_passage_walk_begin(((Passages *)data)->walk, IMP_PASSAGE_TEXT);
    return 0;
}

static int passage_enter_span(MD_SPANTYPE type, void *detail, void *data)
{
    Passages *passages = data;
    (void)detail;
    gsize place = imp_passage_walk_place(passages->walk);
    if (type == MD_SPAN_A || type == MD_SPAN_IMG)
        g_array_append_val(passages->places, place);
    return imp_passage_walk_spend(passages->walk, 1);
}

static int passage_leave_span(MD_SPANTYPE type, void *detail, void *data)
{
    Passages *passages = data;
    if (type != MD_SPAN_A && type != MD_SPAN_IMG)
        return 0;
    const MD_ATTRIBUTE *from = type == MD_SPAN_A ? &((const MD_SPAN_A_DETAIL *)detail)->href
                                                 : &((const MD_SPAN_IMG_DETAIL *)detail)->src;
    guint last = passages->places->len - 1;
    gsize place = g_array_index(passages->places, gsize, last);
    g_array_set_size(passages->places, last);
    g_autofree char *address = decode(from);
    imp_passage_walk_address(passages->walk, place, address);
    return imp_passage_walk_spend(passages->walk, from->size);
}

static int passage_text(MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size, void *data)
{
    ImpPassageWalk *walk = ((Passages *)data)->walk;
    char character[6];
    gunichar c = type == MD_TEXT_ENTITY ? imp_entity_decode(text, size) : 0;
    if (c)
        imp_passage_walk_words(walk, character, (gsize)g_unichar_to_utf8(c, character));
    else if (type == MD_TEXT_BR || type == MD_TEXT_SOFTBR)
        imp_passage_walk_words(walk, " ", 1);
    else
        imp_passage_walk_words(walk, text, size);
    return imp_passage_walk_spend(walk, size);
}

GPtrArray *imp_passages_find(const char *text, gsize length, const ImpDocument *document)
{
    static const MD_PARSER parser = {
        .flags = FLAGS,
        .enter_block = passage_enter_block,
        .leave_block = passage_leave_block,
        .enter_span = passage_enter_span,
        .leave_span = passage_leave_span,
        .text = passage_text,
    };
    GPtrArray *all = g_ptr_array_new_with_free_func(imp_passage_free);
    if (length > IMP_ARTICLE_MAX_BYTES || !g_utf8_validate_len(text, length, NULL))
        return all;
    gsize body = MIN(document->body, length);
    imp_passages_add_lines(all, text, body, IMP_PASSAGE_FRONT_MATTER);
    g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(gsize));
    Passages passages = {imp_passage_walk_new(length - body), places};
    md_parse(text + body, (MD_SIZE)(length - body), &parser, &passages);
    g_autoptr(GPtrArray) found = imp_passage_walk_finish(passages.walk);
    if (found)
        g_ptr_array_extend_and_steal(all, g_steal_pointer(&found));
    else
        imp_passages_add_lines(all, text + body, length - body, IMP_PASSAGE_TEXT);
    return all;
}
