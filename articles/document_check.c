#include "articles/document_check.h"
#include "articles/markdown.h"
#include "workflow/base/text.h"
#include "workflow/hidden.h"

#include <string.h>

#define HIDDEN_MAX    20
#define CONFLICTS_MAX 5
#define MARK_LENGTH   7 /* of a conflict's "<<<<<<<" (git-merge(1), HOW CONFLICTS ARE PRESENTED) */

/* Characters that readers cannot see: at most one warning for a line, and so many in all. */
static void find_hidden(GPtrArray *findings, const char *text, gsize length)
{
    ImpLines lines = imp_lines(text, length);
    ImpScripts scripts = {0};
    bool surveyed = false;
    guint found = 0;
    while (imp_lines_next(&lines)) {
        gunichar character;
        bool mark = lines.number == 1 && imp_starts_with_word(text, length, IMP_BYTE_ORDER_MARK);
        const char *line = lines.text + (mark ? strlen(IMP_BYTE_ORDER_MARK) : 0);
        gsize rest = lines.length - (gsize)(line - lines.text);
        if (!imp_hidden_is_suspect(line, rest))
            continue;
        if (!surveyed)
            scripts = imp_hidden_survey(text, length);
        surveyed = true;
        const char *kind = imp_hidden_find(line, rest, &scripts, &character);
        if (kind && found++ < HIDDEN_MAX)
            imp_text_finding_add(findings, lines.number, false,
                                 "the line holds %s (U+%04X), which readers cannot see", kind,
                                 character);
    }
    if (found > HIDDEN_MAX)
        imp_text_finding_add(findings, 0, false,
                             "%u more lines hold characters that readers cannot see",
                             found - HIDDEN_MAX);
}

static bool is_mark(const ImpLines *line, char mark)
{
    gsize run = 0;
    while (run < line->length && line->text[run] == mark)
        run++;
    return run == MARK_LENGTH && (run == line->length || strchr(" \r", line->text[run]));
}

/* A beginning is one anywhere but in an example; an end that is left over follows a middle. In
 * front matter too: the fence of a code block is looked for from the body on. */
static void find_conflicts(GPtrArray *findings, const ImpDocument *document, const char *text,
                           gsize length)
{
    ImpLines lines = imp_lines(text, length);
    ImpFence fence = {0};
    bool parted = false;
    guint found = 0;
    while (imp_lines_next(&lines)) {
        const char *line = lines.text;
        gsize rest = lines.length;
        bool begins = is_mark(&lines, '<'), ends = is_mark(&lines, '>') && parted;
        if (lines.number >= document->body_line && imp_unindent(&line, &rest) &&
            imp_fence_takes(&fence, line, rest))
            continue;
        parted = begins || is_mark(&lines, '=') || (parted && !ends);
        if ((begins || ends) && found++ < CONFLICTS_MAX)
            imp_text_finding_add(
                findings, lines.number, true,
                "a merge conflict was not resolved here; keep one of the two texts, and "
                "remove the markers");
    }
}

static void find_line_ends(GPtrArray *findings, const char *text, gsize length)
{
    if (memchr(text, '\r', length) && !memchr(text, '\n', length))
        imp_text_finding_add(
            findings, 0, false,
            "the lines end in CR alone, as on old Macintoshes, which makes all of it "
            "one line here, and front matter unread; save it with line ends of Unix");
    if (g_strstr_len(text, (gssize)length, "\r\n"))
        imp_text_finding_add(
            findings, 0, false,
            "the lines end as on Windows (CR LF), and git stores them so: whoever saves the file "
            "in "
            "another editor changes its text, which must then be approved again; write \"*.md "
            "text\" "
            "into .gitattributes, and type: git add --renormalize .");
}

static bool is_empty(const char *text, gsize length)
{
    for (gsize i = 0; i < length; i++)
        if (!strchr(" \t\r\n", text[i]) || !text[i])
            return false;
    return true;
}

/* Front matter that is not read */

static bool line_is(const ImpLines *line, const char *word)
{
    const char *text = line->text;
    gsize length = line->length;
    if (length > 0 && text[length - 1] == '\r')
        length--;
    imp_trim(&text, &length);
    return length == strlen(word) && memcmp(text, word, length) == 0;
}

static bool is_followed_by(ImpLines lines, const char *word)
{
    while (imp_lines_next(&lines))
        if (line_is(&lines, word))
            return true;
    return false;
}

/* Dashes of another number or kind, or not at the beginning of the line. */
static bool is_nearly_marker(const ImpLines *line)
{
    const char *text = line->text;
    gsize length = line->length;
    if (length > 0 && text[length - 1] == '\r')
        length--;
    imp_trim(&text, &length);
    bool exact = text == line->text && length == 3 && memcmp(text, "---", 3) == 0;
    for (const char *at = text; at < text + length; at = g_utf8_next_char(at))
        if (g_unichar_type(g_utf8_get_char(at)) != G_UNICODE_DASH_PUNCTUATION)
            return false;
    return length >= 2 && !exact;
}

/* Whether what stands between these lines would be front matter, with a key that is read. */
static bool would_be_read(ImpLines lines)
{
    const char *start = lines.next;
    bool ends = false;
    while (!ends && imp_lines_next(&lines))
        ends = line_is(&lines, "---") || is_nearly_marker(&lines);
    char *detail = NULL;
    if (!ends)
        return false;
    g_autoptr(ImpFrontMatter) front_matter =
        imp_front_matter_parse(start, (gsize)(lines.text - start), 1, &detail);
    g_free(detail);
    for (guint i = 0; front_matter && i < front_matter->keys->len; i++)
        if (((ImpFrontMatterKey *)front_matter->keys->pdata[i])->kind != IMP_KEY_OTHER)
            return true;
    return false;
}

/* The language that a first line "---toml" names, for the caller to free. */
static char *language_of(const ImpLines *line)
{
    gsize length = 0;
    while (3 + length < line->length && g_ascii_isalpha(line->text[3 + length]))
        length++;
    bool is = line->length > 3 && memcmp(line->text, "---", 3) == 0 && length > 0 &&
              imp_line_is_blank(line->text + 3 + length, line->length - 3 - length);
    return is ? g_strndup(line->text + 3, length) : NULL;
}

static void find_unread(GPtrArray *findings, const char *text, gsize length)
{
    static const char advice[] = "write it in YAML between two lines \"---\", the first at the top";
    gsize mark =
        imp_starts_with_word(text, length, IMP_BYTE_ORDER_MARK) ? strlen(IMP_BYTE_ORDER_MARK) : 0;
    ImpLines lines = imp_lines(text + mark, length - mark);
    if (!imp_lines_next(&lines))
        return;
    g_autofree char *language = language_of(&lines);
    if (line_is(&lines, "+++") && is_followed_by(lines, "+++"))
        imp_text_finding_add(findings, 1, false, "front matter in TOML is not read; %s", advice);
    else if (language && is_followed_by(lines, "---"))
        imp_text_finding_add(findings, 1, false,
                             "front matter in %s is not read behind \"---%s\"; %s", language,
                             language, advice);
    if (is_nearly_marker(&lines) && would_be_read(lines))
        imp_text_finding_add(findings, 1, false,
                             "front matter begins with a line of exactly \"---\", and is not read "
                             "behind this one");
    if (!imp_line_is_blank(lines.text, lines.length) && !line_is(&lines, ""))
        return;
    while (line_is(&lines, "") && imp_lines_next(&lines))
        continue;
    if (line_is(&lines, "---") && would_be_read(lines))
        imp_text_finding_add(findings, lines.number, false,
                             "this front matter is not read, because there are lines before it; "
                             "take them out");
}

GPtrArray *imp_document_check(const ImpDocument *document, const char *text, gsize length)
{
    GPtrArray *findings = imp_text_findings_new();
    if (document->problem == IMP_PROBLEM_TOO_LARGE || document->problem == IMP_PROBLEM_ENCODING)
        return findings;
    find_conflicts(findings, document, text, length);
    find_line_ends(findings, text, length);
    find_hidden(findings, text, length);
    find_unread(findings, text, length);
    if (!document->problem && is_empty(text + document->body, length - document->body))
        imp_text_finding_add(findings, 0, false, "there is no text in it that could be approved");
    imp_text_findings_sort(findings);
    return findings;
}
