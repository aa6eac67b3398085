#include "articles/document.h"
#include "articles/markdown.h"
#include "workflow/base/json.h"
#include "workflow/base/limits.h"
#include "workflow/base/text.h"

#include <string.h>

#define TITLE_CHARACTERS       256
#define DESCRIPTION_CHARACTERS 1024

void imp_document_free(ImpDocument *document)
{
    if (!document)
        return;
    g_free(document->detail);
    g_free(document->title);
    g_free(document->specialty);
    g_strfreev(document->reviewers);
    g_free(document->audience);
    g_free(document->lang);
    g_free(document->variant_of);
    g_free(document->description);
    g_ptr_array_unref(document->keys);
    g_clear_pointer(&document->references, g_ptr_array_unref);
    g_free(document->nocite);
    g_free(document);
}

static void set_problem(ImpDocument *document, ImpProblem problem, char *detail)
{
    document->problem = problem;
    document->detail = detail;
}

/* The line that holds the byte at `place`, from 1. */
static guint line_of(const char *text, const char *place)
{
    guint line = 1;
    while ((text = memchr(text, '\n', (gsize)(place - text)))) {
        line++;
        text++;
    }
    return line;
}

static bool check_encoding(ImpDocument *document, const char *text, gsize length)
{
    const char *invalid;
    if (g_utf8_validate_len(text, length, &invalid))
        return true;
    const char *what =
        *invalid == '\0' ? "it holds a NUL byte; take it out"
                         : "it holds a byte that is not UTF-8; save the file in the encoding UTF-8";
    static const char archive[] = "PK\x03\x04";
    if (imp_starts_with_word(text, length, "\xff\xfe") ||
        imp_starts_with_word(text, length, "\xfe\xff") || (*invalid == '\0' && invalid - text <= 1))
        what = "the file is in UTF-16; save it in the encoding UTF-8";
    else if (imp_starts_with_word(text, length, archive))
        what = "the file is an archive, such as word processors write, and not a text; save it as "
               "plain text in UTF-8";
    set_problem(document, IMP_PROBLEM_ENCODING,
                g_strdup_printf("Line %u: %s.", line_of(text, invalid), what));
    return false;
}

/* Whether the line is `marker`, but for blanks and a carriage return at its end. */
static bool is_marker(const ImpLines *line, const char *marker)
{
    gsize length = line->length;
    while (length > 0 && strchr(" \t\r", line->text[length - 1]))
        length--;
    return length == strlen(marker) && memcmp(line->text, marker, length) == 0;
}

/* The YAML between the markers, if the text begins with one: from `*start` on, with `inside` at the
 * second marker. */
static bool find_marked(ImpDocument *document, ImpLines *inside, const char **start)
{
    static const char *const markers[] = {"---", "---yaml", "---json"}; /* JSON is YAML, too */
    bool begins = false, usual = false;
    if (imp_lines_next(inside)) {
        usual = is_marker(inside, markers[0]);
        for (gsize i = 0; i < G_N_ELEMENTS(markers); i++)
            begins = begins || is_marker(inside, markers[i]);
    }
    bool terminated = false;
    *start = inside->next;
    while (begins && !terminated && imp_lines_next(inside))
        terminated = is_marker(inside, "---") || is_marker(inside, "...");
    if (usual && !terminated)
        set_problem(document, IMP_PROBLEM_FRONT_MATTER,
                    g_strdup("Front matter, line 1: it begins with \"---\" and never ends; write a "
                             "line \"---\" after "
                             "it (or begin the text with another line)."));
    return terminated;
}

/* A JSON object at the beginning, alone in its lines: what begins otherwise, or is not one, is
 * text. `inside` is left at its last line. */
static bool find_json(ImpLines *inside, const char **start, gsize *length)
{
    *start = inside->next;
    gsize left = (gsize)(inside->end - inside->next);
    *length = imp_json_object_length(*start, MIN(left, IMP_FRONT_MATTER_MAX_BYTES));
    while (*length && inside->next < *start + *length)
        imp_lines_next(inside);
    const char *behind = *start + *length;
    return *length > strlen("{}") &&
           is_marker(&(ImpLines){.text = behind,
                                 .length = (gsize)(inside->text + inside->length - behind)},
                     "");
}

/* Reads what stands between the markers, or the JSON; `first_line` is its first. */
static void read_keys(ImpDocument *document, const char *yaml, gsize length, bool is_json,
                      guint first_line)
{
    if (length > IMP_FRONT_MATTER_MAX_BYTES) {
        set_problem(document, IMP_PROBLEM_FRONT_MATTER,
                    g_strdup_printf("Front matter, line 1: it is %" G_GSIZE_FORMAT
                                    " bytes long, of which %d are "
                                    "allowed; shorten it.",
                                    length, IMP_FRONT_MATTER_MAX_BYTES));
        return;
    }
    char *detail = NULL;
    g_autoptr(GString) plain = is_json ? imp_json_without_surrogates(yaml, length)
                                       : g_string_new_len(yaml, (gssize)length);
    g_autoptr(ImpFrontMatter) front_matter =
        imp_front_matter_parse(plain->str, plain->len, first_line, &detail);
    if (!front_matter) {
        set_problem(document, IMP_PROBLEM_FRONT_MATTER, detail);
        return;
    }
    document->title = g_steal_pointer(&front_matter->title);
    document->specialty = g_steal_pointer(&front_matter->specialty);
    document->reviewers = g_steal_pointer(&front_matter->reviewers);
    document->audience = g_steal_pointer(&front_matter->audience);
    document->lang = g_steal_pointer(&front_matter->lang);
    document->variant_of = g_steal_pointer(&front_matter->variant_of);
    document->description = g_steal_pointer(&front_matter->description);
    g_ptr_array_extend_and_steal(document->keys, g_steal_pointer(&front_matter->keys));
    document->review_in = front_matter->review_in;
    document->references = g_steal_pointer(&front_matter->references);
    document->nocite = g_steal_pointer(&front_matter->nocite);
    document->nocite_line = front_matter->nocite_line;
}

/* Reads the front matter if there is one, and leaves `lines` after it. */
static void read_front_matter(ImpDocument *document, ImpLines *lines)
{
    ImpLines inside = *lines, json = *lines;
    bool is_json = imp_starts_with_word(lines->next, (gsize)(lines->end - lines->next), "---json");
    const char *start;
    gsize length;
    if (find_json(&json, &start, &length)) {
        read_keys(document, start, length, true, 1);
        *lines = json;
    } else if (find_marked(document, &inside, &start)) {
        read_keys(document, start, (gsize)(inside.text - start), is_json, 2);
        *lines = inside;
    }
}

/* The text of a heading in one line, without Pandoc's attributes ("{#id .class key=value}"); NULL:
 * there is none. */
static char *heading_text(const char *text, gsize length)
{
    g_autofree char *line = imp_one_line(text, length);
    char *open = g_str_has_suffix(line, "}") ? strrchr(line, '{') : NULL;
    if (open && strchr("#.", open[1]))
        *open = '\0';
    g_strchomp(line);
    return *line ? g_steal_pointer(&line) : NULL;
}

/* The text of a "# " heading, without closing marks; NULL if the line is not one, or is empty. */
static char *heading_of(const char *text, gsize length)
{
    if (length < 2 || text[0] != '#' || (text[1] != ' ' && text[1] != '\t'))
        return NULL;
    text += 2;
    length -= 2;
    imp_trim(&text, &length);
    gsize end = length;
    while (end > 0 && text[end - 1] == '#')
        end--;
    if (end == 0 || text[end - 1] == ' ' || text[end - 1] == '\t')
        length = end;
    return heading_text(text, length);
}

/* Whether the line underlines the paragraph before it as a heading of the first level (CommonMark
 * 0.30, section 4.3). */
static bool is_underline(const char *text, gsize length)
{
    gsize run = 0;
    while (run < length && text[run] == '=')
        run++;
    return run > 0 && imp_line_is_blank(text + run, length - run);
}

/* Whether the line can be of a paragraph: it begins no heading, quotation, list, table or HTML. */
static bool is_of_paragraph(const char *text, gsize length)
{
    return length > 0 && !strchr("#>-*+|<", *text) && !g_ascii_isdigit(*text) &&
           !imp_line_is_blank(text, length);
}

static char *find_heading(ImpLines lines)
{
    ImpFence fence = {0};
    const char *paragraph = NULL; /* where the one that goes on begins */
    while (imp_lines_next(&lines)) {
        const char *text = lines.text;
        gsize length = lines.length;
        if (length > 0 && text[length - 1] == '\r')
            length--;
        bool shallow = imp_unindent(&text, &length);
        if (shallow && imp_fence_takes(&fence, text, length))
            paragraph = NULL;
        if (!shallow || fence.mark)
            continue;
        char *heading = paragraph && is_underline(text, length)
                            ? heading_text(paragraph, (gsize)(lines.text - paragraph))
                            : heading_of(text, length);
        if (heading)
            return heading;
        if (!is_of_paragraph(text, length) || is_underline(text, length))
            paragraph = NULL;
        else if (!paragraph)
            paragraph = text;
    }
    return NULL;
}

/* One line of at most so many characters; NULL if nothing is left. Takes `text`. */
static char *tidy(char *text, glong most)
{
    g_autofree char *taken = text;
    if (!taken)
        return NULL;
    g_autofree char *line = imp_one_line(taken, strlen(taken));
    if (!*line)
        return NULL;
    if (g_utf8_strlen(line, -1) <= most)
        return g_steal_pointer(&line);
    g_autofree char *start = g_utf8_substring(line, 0, most - 1);
    return g_strconcat(start, "\u2026", NULL);
}

static void read_text(ImpDocument *document, const char *text, gsize length)
{
    if (length > IMP_ARTICLE_MAX_BYTES) {
        set_problem(document, IMP_PROBLEM_TOO_LARGE,
                    g_strdup_printf("The file is %" G_GSIZE_FORMAT
                                    " bytes long, of which an article may have %d; "
                                    "divide it.",
                                    length, IMP_ARTICLE_MAX_BYTES));
        return;
    }
    if (!check_encoding(document, text, length))
        return;
    gsize mark = length >= 3 && memcmp(text, IMP_BYTE_ORDER_MARK, 3) == 0 ? 3 : 0;
    ImpLines lines = imp_lines(text + mark, length - mark);
    read_front_matter(document, &lines);
    document->body = (gsize)(lines.next - text);
    document->body_line = lines.number + 1;
    document->description = tidy(g_steal_pointer(&document->description), DESCRIPTION_CHARACTERS);
    document->title = tidy(g_steal_pointer(&document->title), TITLE_CHARACTERS);
    if (!document->title)
        document->title = tidy(find_heading(lines), TITLE_CHARACTERS);
}

ImpDocument *imp_document_parse(const char *text, gsize length)
{
    ImpDocument *document = g_new0(ImpDocument, 1);
    document->keys = g_ptr_array_new_with_free_func(imp_front_matter_key_free);
    read_text(document, text, length);
    if (!document->reviewers)
        document->reviewers = g_new0(char *, 1);
    return document;
}

guint imp_document_key_line(const ImpDocument *document, const char *key)
{
    for (guint i = 0; i < document->keys->len; i++) {
        const ImpFrontMatterKey *one = document->keys->pdata[i];
        if (strcmp(one->name, key) == 0)
            return one->line;
    }
    return 0;
}
