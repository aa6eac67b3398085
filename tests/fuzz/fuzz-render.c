#include "articles/render.h"
#include "tests/fuzz/fuzz.h"
#include "workflow/base/limits.h"
#include "workflow/base/text.h"

/* Articles' Markdown. Whatever it is, the page stays well-formed and within its cap, and holds the
 * elements, attributes and addresses of the renderer's contract and no other. */

static const char *const elements[] = {
    "page",       "h2",    "h3",   "h4", "h5", "h6", "p",      "ul",  "ol",  "li",
    "blockquote", "pre",   "code", "hr", "br", "em", "strong", "s",   "div", "table",
    "thead",      "tbody", "tr",   "th", "td", "a",  "span",   "img", NULL};
static const char *const attributes[] = {"id",         "class", "start",   "role", "tabindex",
                                         "aria-label", "scope", "href",    "rel",  "title",
                                         "src",        "alt",   "loading", NULL};

static void assert_visible(const char *text, gsize length)
{
    gunichar before = 0;
    for (const char *at = text; at < text + length; at = g_utf8_next_char(at)) {
        g_assert_false(imp_is_hidden(g_utf8_get_char(at), before));
        before = g_utf8_get_char(at);
    }
}

static void assert_address(const char *value)
{
    static const char *const starts[] = {"#", "to:", "https:", "http:", "mailto:", NULL};
    g_autofree char *lower = g_ascii_strdown(value, -1);
    for (guint i = 0; starts[i]; i++)
        if (g_str_has_prefix(lower, starts[i]))
            return;
    g_assert_not_reached();
}

static void start_element(GMarkupParseContext *context, const char *element, const char **names,
                          const char **values, gpointer data, GError **error)
{
    (void)context;
    (void)data;
    (void)error;
    g_assert_true(g_strv_contains(elements, element));
    for (guint i = 0; names[i]; i++) {
        g_assert_true(g_strv_contains(attributes, names[i]));
        if (g_str_equal(names[i], "href") || g_str_equal(names[i], "src"))
            assert_address(values[i]);
        if (g_str_equal(names[i], "src"))
            g_assert_true(g_str_has_prefix(values[i], "to:"));
        assert_visible(values[i], strlen(values[i]));
    }
}

static void text_of(GMarkupParseContext *context, const char *text, gsize length, gpointer data,
                    GError **error)
{
    (void)context;
    (void)data;
    (void)error;
    /* A joiner's neighbour may stand in another piece. */
    for (const char *at = text; at < text + length; at = g_utf8_next_char(at))
        g_assert_false(imp_is_hidden(g_utf8_get_char(at), G_MAXUINT32));
}

static void assert_page(const char *html)
{
    static const GMarkupParser parser = {.start_element = start_element, .text = text_of};
    g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(&parser, 0, NULL, NULL);
    g_autofree char *page = g_strconcat("<page>", html, "</page>", NULL);
    g_autoptr(GError) error = NULL;
    g_assert_true(g_markup_parse_context_parse(context, page, -1, &error) &&
                  g_markup_parse_context_end_parse(context, &error));
}

static char *to(gpointer data, const char *path)
{
    (void)data;
    g_assert_true(*path && *path != '/' && !g_str_has_prefix(path, "../") && !strstr(path, "/../"));
    return strchr(path, '0') ? NULL : g_strconcat("to:", path, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ImpRenderOptions options = {
        .path = "content/a/b.md", .title = "Title", .image = to, .link = to};
    g_autofree char *text = fuzz_text(data, size);
    g_autoptr(ImpDocument) document = imp_document_parse(text, size);
    g_autoptr(ImpRendered) rendered = imp_render(text, size, document, &options);
    g_assert_true(g_utf8_validate(rendered->html, -1, NULL));
    g_assert_cmpuint(strlen(rendered->html), <=, (IMP_RENDER_FACTOR + 8) * size + 16 * 1024);
    assert_page(rendered->html);
    for (guint i = 0; i < rendered->references->len; i++) {
        const ImpRenderedReference *reference = rendered->references->pdata[i];
        g_assert_cmpuint(reference->number, ==, i + 1);
        if (reference->title)
            assert_visible(reference->title, strlen(reference->title));
    }
    return 0;
}
