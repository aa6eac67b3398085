#include "articles/citations.h"
#include "articles/markdown.h"
#include "workflow/base/text.h"

#include <string.h>

/* Blocks first, a line at a time: what is code or HTML of its own kind is passed over, and the
 * other lines between blank ones are a stretch of text. Then the labels that addresses are given to
 * ("[label]: https://..."), since they decide what is a link. In a stretch, one walk: a code span
 * or a tag is jumped over, brackets are kept on a stack, and an "@" that can begin a citation is
 * read. What a bracket was is known only at its end: citations found in it are then noted to be in
 * brackets, or in the text of a link.
 *
 * A search for an end that is not there would be made again and again; so each kind of search notes
 * that it failed, and up to where. */

#define BACKTICKS_MAX   32  /* a longer run begins no code span here */
#define BRACKETS_MAX    64  /* deeper ones are not looked at as brackets */
#define ID_MAX_BYTES    256 /* longer than any id that somebody types */
#define LABEL_MAX_BYTES 999 /* of a link (CommonMark 0.30, section 4.7) */

typedef struct {
    const char *start, *end;
    guint line;
} Stretch;

/* A bracket that is open. */
typedef struct {
    const char *inside;
    guint before; /* citations found before it */
    bool nested;  /* another bracket was opened in it, so it cannot be a label */
} Bracket;

typedef struct {
    GPtrArray *citations;
    const char *text;   /* all that is searched */
    GHashTable *labels; /* set: those that addresses are given to */
    const char *start, *at, *end;
    guint line;
    Bracket brackets[BRACKETS_MAX];
    guint depth;
    bool no_code[BACKTICKS_MAX + 1]; /* no run of that length follows in the stretch */
    bool no_tag;
} Walk;

static void advance(Walk *walk, const char *to)
{
    for (; walk->at < to; walk->at++)
        walk->line += *walk->at == '\n';
}

static gsize run_at(const Walk *walk, const char *at)
{
    const char *from = at;
    while (at < walk->end && *at == '`')
        at++;
    return (gsize)(at - from);
}

/* Behind the code span that begins here; or, where none does, behind the backticks. */
static const char *after_code(Walk *walk)
{
    gsize run = run_at(walk, walk->at);
    const char *inside = walk->at + run, *at = inside;
    if (run > BACKTICKS_MAX || walk->no_code[run])
        return inside;
    while ((at = memchr(at, '`', (gsize)(walk->end - at)))) {
        gsize other = run_at(walk, at);
        at += other;
        if (other == run)
            return at;
    }
    walk->no_code[run] = true;
    return inside;
}

/* Behind the tag that begins here, or behind "<". */
static const char *after_tag(Walk *walk)
{
    const char *inside = walk->at + 1;
    bool tag = inside < walk->end && (g_ascii_isalpha(*inside) || strchr("/!?", *inside));
    const char *close =
        tag && !walk->no_tag ? memchr(inside, '>', (gsize)(walk->end - inside)) : NULL;
    walk->no_tag = walk->no_tag || (tag && !close);
    return close ? close + 1 : inside;
}

/* Ids */

/* The length of the letter, digit or "_" at `at`, of any script; 0: something else is there. */
static gsize word_at(const char *at, const char *end)
{
    if (at >= end)
        return 0;
    bool is = *at == '_' || g_unichar_isalnum(g_utf8_get_char(at));
    return is ? (gsize)(g_utf8_next_char(at) - at) : 0;
}

/* A mark within an id: one that a word follows; and the two before the last "/" of "https://". */
static bool is_internal(const char *at, const char *end)
{
    if (at + 1 >= end || *at == '\0')
        return false;
    return (strchr(":.#$%&-+?<>~/", *at) && word_at(at + 1, end)) ||
           (strchr(":/", *at) && at[1] == '/');
}

/* How long the id at `at` is: words, with single marks between them (Pandoc's manual, Citation
 * syntax). */
static gsize id_length(const char *at, const char *end)
{
    const char *from = at;
    for (;;) {
        gsize word = word_at(at, end);
        if (!word && (at == from || !is_internal(at, end)))
            return (gsize)(at - from);
        at += word ? word : 1;
    }
}

/* "x@", "/@" and ".@" are of an address; "\@" is an "@". */
static bool can_cite(const Walk *walk)
{
    if (walk->at == walk->start)
        return true;
    const char *before = g_utf8_prev_char(walk->at);
    return !word_at(before, walk->at) && !strchr("/.\\+:@=", *before);
}

/* Reads the citation at an "@"; returns what is behind it. */
static const char *read_citation(Walk *walk)
{
    const char *id = walk->at + 1;
    gsize length = 0, braces = 0;
    if (id < walk->end && *id == '{') {
        const char *close = memchr(id, '}', MIN((gsize)(walk->end - id), ID_MAX_BYTES));
        length = close ? (gsize)(close - id) - 1 : 0;
        braces = 1;
        id++;
    } else if (id < walk->end && *id == '*') {
        length = 1;
    } else {
        length = id_length(id, walk->end);
    }
    if (length == 0 || length > ID_MAX_BYTES || !can_cite(walk))
        return walk->at + 1;
    ImpCitation *citation = imp_citation_new(id, length, walk->line);
    citation->at = (gsize)(walk->at - walk->text);
    citation->length = (gsize)(id + length + braces - walk->at);
    g_ptr_array_add(walk->citations, citation);
    return id + length + braces;
}

/* Links */

/* The form by which labels are compared (CommonMark 0.30, section 4.7); NULL for what is too long
 * or empty. The caller frees. */
static char *label_of(const char *text, gsize length)
{
    if (length > LABEL_MAX_BYTES)
        return NULL;
    g_autofree char *line = imp_one_line(text, length);
    g_auto(GStrv) words = g_strsplit_set(line, " \t", -1);
    g_autoptr(GString) joined = g_string_new(NULL);
    for (char **word = words; *word; word++)
        if (**word)
            g_string_append_printf(joined, "%s%s", joined->len ? " " : "", *word);
    return joined->len ? g_utf8_casefold(joined->str, -1) : NULL;
}

static bool has_label(const Walk *walk, const char *text, gsize length)
{
    if (g_hash_table_size(walk->labels) == 0)
        return false;
    g_autofree char *label = label_of(text, length);
    return label && g_hash_table_contains(walk->labels, label);
}

/* Whether what follows "[label]:" is an address, with a title at most. */
static bool is_address(const char *text, gsize length)
{
    imp_trim(&text, &length);
    const char *end = text + length;
    if (length > 0 && *text == '<')
        text = memchr(text, '>', length) ? (const char *)memchr(text, '>', length) + 1 : end;
    while (text < end && !strchr(" \t\r", *text))
        text++;
    while (text < end && strchr(" \t\r", *text))
        text++;
    return text == end || strchr("\"'(", *text);
}

/* Whether a line gives an address to a label: "[label]: address". `label` is then that, and `close`
 * the bracket behind it. */
static bool defines_label(const char *text, gsize length, const char **label, const char **close)
{
    const char *end = text + length;
    while (text < end && strchr(" \t>", *text)) /* also in an item or a quotation */
        text++;
    if (end - text < 4 || *text != '[' || text[1] == '^')
        return false;
    const char *found = memchr(text, ']', (gsize)(end - text));
    if (!found || found + 1 >= end || found[1] != ':' ||
        !is_address(found + 2, (gsize)(end - found) - 2))
        return false;
    *label = text + 1;
    *close = found;
    return true;
}

/* Whether the bracket that closes here is a link's: "[text](address)", or "[text][label]",
 * "[label][]" or "[label]" with a label that has an address. */
static bool is_link(const Walk *walk, const Bracket *bracket)
{
    const char *behind = walk->at + 1;
    gsize length = (gsize)(walk->at - bracket->inside);
    if (behind < walk->end && *behind == '(')
        return true;
    if (behind < walk->end && *behind == '[') {
        gsize left = MIN((gsize)(walk->end - behind), LABEL_MAX_BYTES + 2);
        const char *close = memchr(behind, ']', left);
        if (close && close > behind + 1)
            return has_label(walk, behind + 1, (gsize)(close - behind) - 1);
    }
    return !bracket->nested && has_label(walk, bracket->inside, length);
}

static void close_bracket(Walk *walk)
{
    if (walk->depth == 0)
        return;
    const Bracket *bracket = &walk->brackets[--walk->depth];
    if (walk->citations->len == bracket->before)
        return;
    bool link = is_link(walk, bracket);
    /* What an outer bracket notes again was noted by an inner one. */
    for (guint i = walk->citations->len; i > bracket->before; i--) {
        ImpCitation *citation = walk->citations->pdata[i - 1];
        if (citation->in_brackets && !link)
            break;
        citation->in_brackets = true;
        citation->in_link = citation->in_link || link;
    }
}

static void open_bracket(Walk *walk)
{
    if (walk->depth == BRACKETS_MAX)
        return;
    if (walk->depth > 0)
        walk->brackets[walk->depth - 1].nested = true;
    walk->brackets[walk->depth++] = (Bracket){walk->at + 1, walk->citations->len, false};
}

static bool begins_line(const Walk *walk)
{
    const char *at = walk->at;
    while (at > walk->start && strchr(" \t>", at[-1]))
        at--;
    return at == walk->start || at[-1] == '\n';
}

static const char *end_of_line(const Walk *walk)
{
    const char *newline = memchr(walk->at, '\n', (gsize)(walk->end - walk->at));
    return newline ? newline : walk->end;
}

/* Behind the bracket at `at`. A label that is given an address here is passed over with its line.
 */
static const char *after_bracket(Walk *walk)
{
    if (begins_line(walk)) {
        const char *end = end_of_line(walk), *label, *close;
        if (defines_label(walk->at, (gsize)(end - walk->at), &label, &close))
            return end;
    }
    open_bracket(walk);
    return walk->at + 1;
}

static void walk_stretch(GPtrArray *citations, GHashTable *labels, const char *text,
                         const Stretch *stretch)
{
    if (!memchr(stretch->start, '@', (gsize)(stretch->end - stretch->start)))
        return;
    Walk walk = {.citations = citations,
                 .labels = labels,
                 .text = text,
                 .start = stretch->start,
                 .at = stretch->start,
                 .end = stretch->end,
                 .line = stretch->line};
    while (walk.at < walk.end) {
        const char *next = walk.at + 1;
        switch (*walk.at) {
        case '\\':
            next += next < walk.end && *next != '\n';
            break;
        case '`':
            next = after_code(&walk);
            break;
        case '<':
            next = after_tag(&walk);
            break;
        case '[':
            next = after_bracket(&walk);
            break;
        case ']':
            close_bracket(&walk);
            break;
        case '@':
            next = read_citation(&walk);
            break;
        default:
            break;
        }
        advance(&walk, next);
    }
}

/* Blocks */

/* Whether the line begins an item of a list, or a footnote: what is indented below it is its text,
 * not code. */
static bool begins_item(const char *text, gsize length)
{
    gsize digits = 0;
    while (digits < length && g_ascii_isdigit(text[digits]))
        digits++;
    if (digits > 0 && digits + 1 < length)
        return strchr(".)", text[digits]) && strchr(" \t", text[digits + 1]);
    return length > 1 && ((strchr("-*+:", text[0]) && strchr(" \t", text[1])) ||
                          (text[0] == '[' && text[1] == '^'));
}

/* What the lines so far leave open. */
typedef struct {
    ImpFence fence;
    const char *html; /* what ends the block of HTML that is open; NULL: none is */
    bool item;
    Stretch stretch; /* of text; start NULL: none */
} Blocks;

/* Blocks of HTML that blank lines do not end, and that hold no Markdown (CommonMark 0.30, section
 * 4.6, kinds 1 to 5). */
static const struct {
    const char *begins, *ends;
} html[] = {
    {"<!--", "-->"},        {"<script", "</script>"},     {"<pre", "</pre>"},
    {"<style", "</style>"}, {"<textarea", "</textarea>"}, {"<?", "?>"},
    {"<![CDATA[", "]]>"},
};

static bool holds_word(const char *text, gsize length, const char *word)
{
    gsize wanted = strlen(word);
    for (; length >= wanted; text++, length--)
        if (g_ascii_strncasecmp(text, word, wanted) == 0)
            return true;
    return false;
}

static bool begins_html(const char *text, gsize length, const char *begins)
{
    gsize wanted = strlen(begins);
    return imp_starts_with_word(text, length, begins) &&
           (!g_ascii_isalpha(begins[1]) || length == wanted || strchr(" \t>", text[wanted]));
}

static bool is_html(Blocks *blocks, const char *text, gsize length)
{
    for (gsize i = 0; i < G_N_ELEMENTS(html) && !blocks->html && length && *text == '<'; i++)
        if (begins_html(text, length, html[i].begins))
            blocks->html = html[i].ends;
    bool is = blocks->html != NULL;
    if (is && holds_word(text, length, blocks->html))
        blocks->html = NULL;
    return is;
}

/* Whether the line is text, rather than code, HTML or blank. */
static bool is_text(Blocks *blocks, const char *text, gsize length)
{
    bool blank = imp_line_is_blank(text, length), indented = length > 0 && *text == ' ';
    bool shallow = imp_unindent(&text, &length);
    if (blocks->item && !shallow)
        imp_trim(&text, &length); /* a fence may be within the item */
    if (!blocks->html && (shallow || blocks->item || blocks->fence.mark) &&
        imp_fence_takes(&blocks->fence, text, length))
        return false;
    if (is_html(blocks, text, length) || blank)
        return false;
    if (!shallow)
        return blocks->stretch.start || blocks->item;
    blocks->item =
        begins_item(text, length) || (blocks->item && (blocks->stretch.start || indented));
    return true;
}

/* All stretches of text, in their order. */
static GArray *find_stretches(const char *text, gsize length, guint first_line)
{
    GArray *stretches = g_array_new(FALSE, FALSE, sizeof(Stretch));
    ImpLines lines = imp_lines(text, length);
    Blocks blocks = {0};
    while (imp_lines_next(&lines)) {
        gsize visible = lines.length - (lines.length > 0 && lines.text[lines.length - 1] == '\r');
        bool is = is_text(&blocks, lines.text, visible);
        if (is && !blocks.stretch.start) {
            blocks.stretch.start = lines.text;
            blocks.stretch.line = first_line + lines.number - 1;
        } else if (!is && blocks.stretch.start) {
            blocks.stretch.end = lines.text;
            g_array_append_val(stretches, blocks.stretch);
            blocks.stretch.start = NULL;
        }
    }
    blocks.stretch.end = text + length;
    if (blocks.stretch.start)
        g_array_append_val(stretches, blocks.stretch);
    return stretches;
}

static GHashTable *find_labels(const GArray *stretches)
{
    GHashTable *labels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < stretches->len; i++) {
        const Stretch *stretch = &g_array_index(stretches, Stretch, i);
        ImpLines lines = imp_lines(stretch->start, (gsize)(stretch->end - stretch->start));
        const char *label, *close;
        while (imp_lines_next(&lines)) {
            if (!defines_label(lines.text, lines.length, &label, &close))
                continue;
            char *form = label_of(label, (gsize)(close - label));
            if (form)
                g_hash_table_add(labels, form);
        }
    }
    return labels;
}

GPtrArray *imp_citations_find(const char *text, gsize length, guint first_line)
{
    GPtrArray *citations = g_ptr_array_new_with_free_func(imp_citation_free);
    if (!length || !memchr(text, '@', length)) /* as in most texts */
        return citations;
    g_autoptr(GArray) stretches = find_stretches(text, length, first_line);
    g_autoptr(GHashTable) labels = find_labels(stretches);
    for (guint i = 0; i < stretches->len; i++)
        walk_stretch(citations, labels, text, &g_array_index(stretches, Stretch, i));
    return citations;
}
