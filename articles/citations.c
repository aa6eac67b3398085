#include "articles/citations.h"
#include "articles/markdown.h"
#include "workflow/base/text.h"

#include <string.h>

/* Blocks first, a line at a time: what is code is passed over, and the other lines between blank
 * ones are a stretch of text. In a stretch, one walk: a code span or a tag is jumped over, brackets
 * are kept on a stack, and an "@" that can begin a citation is read. Whether a bracket was a link's
 * text is known only at its end; then what was found in it is taken back.
 *
 * A search for an end that is not there would be made again and again; so each kind of search notes
 * that it failed, and up to where. */

#define BACKTICKS_MAX 32  /* a longer run begins no code span here */
#define BRACKETS_MAX  64  /* deeper ones are not looked at as brackets */
#define ID_MAX_BYTES  256 /* longer than any id that somebody types */

typedef struct {
    GPtrArray *citations;
    const char *text;     /* all that is searched */
    const char *at, *end; /* of the stretch */
    guint line;
    guint brackets[BRACKETS_MAX]; /* citations found before each bracket that is open */
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

static bool is_internal(char c)
{
    return c != '\0' && strchr(":.#$%&-+?<>~/", c) != NULL;
}

/* Letters and digits of any script; a letter beyond ASCII is a part of the word whatever it is. */
static bool is_word(char c)
{
    return g_ascii_isalnum(c) || c == '_' || ((guchar)c & 0x80);
}

/* How long the id at `at` is: words, with single marks between them (Pandoc's manual, Citation
 * syntax). */
static gsize id_length(const char *at, const char *end)
{
    const char *from = at;
    while (at < end &&
           (is_word(*at) || (at > from && is_internal(*at) && at + 1 < end && is_word(at[1]))))
        at++;
    return (gsize)(at - from);
}

/* "x@", "/@" and ".@" are of an address; "\@" is an "@". */
static bool can_cite(const Walk *walk, const char *start)
{
    if (walk->at == start)
        return true;
    char before = walk->at[-1];
    return !is_word(before) && !strchr("/.\\+:@=", before);
}

/* Reads the citation at an "@"; returns what is behind it. */
static const char *read_citation(Walk *walk, const char *start)
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
    if (length == 0 || length > ID_MAX_BYTES || !can_cite(walk, start))
        return walk->at + 1;
    ImpCitation *citation = imp_citation_new(id, length, walk->line, walk->depth > 0);
    citation->at = (gsize)(walk->at - walk->text);
    citation->length = (gsize)(id + length + braces - walk->at);
    g_ptr_array_add(walk->citations, citation);
    return id + length + braces;
}

/* "[text](address)" is a link, and what its text holds is a handle. */
static void close_bracket(Walk *walk)
{
    if (walk->depth == 0)
        return;
    guint before = walk->brackets[--walk->depth];
    if (walk->at + 1 < walk->end && walk->at[1] == '(' && walk->citations->len > before)
        g_ptr_array_set_size(walk->citations, (gint)before);
}

static void open_bracket(Walk *walk)
{
    if (walk->depth < BRACKETS_MAX)
        walk->brackets[walk->depth++] = walk->citations->len;
}

static void walk_stretch(GPtrArray *citations, const char *text, const char *start, const char *end,
                         guint line)
{
    if (!memchr(start, '@', (gsize)(end - start)))
        return;
    Walk walk = {.citations = citations, .text = text, .at = start, .end = end, .line = line};
    while (walk.at < end) {
        const char *next = walk.at + 1;
        switch (*walk.at) {
        case '\\':
            next += next < end && *next != '\n';
            break;
        case '`':
            next = after_code(&walk);
            break;
        case '<':
            next = after_tag(&walk);
            break;
        case '[':
            open_bracket(&walk);
            break;
        case ']':
            close_bracket(&walk);
            break;
        case '@':
            next = read_citation(&walk, start);
            break;
        default:
            break;
        }
        advance(&walk, next);
    }
}

/* Whether the line begins an item of a list, or a footnote: what is indented below it is its text,
 * no code. */
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
    bool comment; /* within <!-- --> */
    bool item;
    const char *start; /* of a stretch of text; NULL: none */
    guint line;
} Blocks;

/* A comment that begins a line is a block of its own, blank lines and all (CommonMark 0.30,
 * section 4.6). */
static bool is_comment(Blocks *blocks, const char *text, gsize length)
{
    bool begun = blocks->comment || (length >= 4 && memcmp(text, "<!--", 4) == 0);
    blocks->comment = begun && !g_strstr_len(text, (gssize)length, "-->");
    return begun;
}

/* Whether the line is text, rather than code, a comment or blank. */
static bool is_text(Blocks *blocks, const char *text, gsize length)
{
    bool blank = imp_line_is_blank(text, length), indented = length > 0 && *text == ' ';
    bool shallow = imp_unindent(&text, &length);
    if (blocks->item && !shallow)
        imp_trim(&text, &length); /* a fence may be within the item */
    if (!blocks->comment && (shallow || blocks->item || blocks->fence.mark) &&
        imp_fence_takes(&blocks->fence, text, length))
        return false;
    if (is_comment(blocks, text, length) || blank)
        return false;
    if (!shallow)
        return blocks->start || blocks->item;
    blocks->item = begins_item(text, length) || (blocks->item && (blocks->start || indented));
    return true;
}

GPtrArray *imp_citations_find(const char *text, gsize length, guint first_line)
{
    GPtrArray *citations = g_ptr_array_new_with_free_func(imp_citation_free);
    ImpLines lines = imp_lines(text, length);
    Blocks blocks = {0};
    while (imp_lines_next(&lines)) {
        gsize visible = lines.length - (lines.length > 0 && lines.text[lines.length - 1] == '\r');
        bool is = is_text(&blocks, lines.text, visible);
        if (is && !blocks.start) {
            blocks.start = lines.text;
            blocks.line = first_line + lines.number - 1;
        } else if (!is && blocks.start) {
            walk_stretch(citations, text, blocks.start, lines.text, blocks.line);
            blocks.start = NULL;
        }
    }
    if (blocks.start)
        walk_stretch(citations, text, blocks.start, text + length, blocks.line);
    return citations;
}
