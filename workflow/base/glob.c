#include "workflow/base/glob.h"

#include <string.h>

/* Two levels of the same idea. A path is a list of segments, a segment is a list of characters; a
 * pattern is the same with one element, `**` or `*`, that stands for any number of them. Everything
 * between two such stars may be matched as far left as possible: whatever more the second star
 * would have to take, it can take. So on a mismatch only the last star has to be tried again, one
 * further, and never one before it: no pattern costs more than the product of the lengths.
 *
 * A byte that is not UTF-8 is a character of its own, equal to no other. */

/* The next character; *text moves behind it. */
static gunichar next_character(const char **text, const char *end)
{
    gunichar character = g_utf8_get_char_validated(*text, end - *text);
    if (character >= (gunichar)-2) {
        character = 0x80000000u | (guchar)(*text)[0];
        (*text)++;
    } else {
        *text = g_utf8_next_char(*text);
    }
    return character;
}

/* Whether the class that begins behind `*pattern` holds the character; *pattern moves behind its
 * "]", which may also be the first character listed. */
static bool class_holds(const char **pattern, const char *end, gunichar character)
{
    bool holds = false;
    for (bool first = true; *pattern < end && (first || **pattern != ']'); first = false) {
        gunichar low = next_character(pattern, end), high = low;
        if (end - *pattern >= 2 && (*pattern)[0] == '-' && (*pattern)[1] != ']') {
            (*pattern)++;
            high = next_character(pattern, end);
        }
        holds = holds || (low <= character && character <= high);
    }
    if (*pattern < end)
        (*pattern)++;
    return holds;
}

/* Matches one character against the pattern's next element, which is not a star; both move on. */
static bool element_matches(const char **pattern, const char *pattern_end, const char **text,
                            const char *text_end)
{
    gunichar character = next_character(text, text_end);
    gunichar element = next_character(pattern, pattern_end);
    if (element == '?')
        return true;
    if (element == '[')
        return class_holds(pattern, pattern_end, character);
    return element == character;
}

static bool segment_matches(const char *pattern, const char *pattern_end, const char *text,
                            const char *text_end)
{
    const char *after_star = NULL, *resume = NULL;
    for (;;) {
        if (pattern < pattern_end && *pattern == '*') {
            after_star = ++pattern;
            resume = text;
            continue;
        }
        if (text == text_end && pattern == pattern_end)
            return true;
        if (text < text_end && pattern < pattern_end &&
            element_matches(&pattern, pattern_end, &text, text_end))
            continue;
        if (!after_star || resume == text_end)
            return false;
        next_character(&resume, text_end);
        text = resume;
        pattern = after_star;
    }
}

static const char *segment_end(const char *segment)
{
    return strchrnul(segment, '/');
}

/* The segment after the one that ends here, or NULL. */
static const char *following_segment(const char *end)
{
    return *end ? end + 1 : NULL;
}

bool imp_glob_matches(const char *pattern, const char *path)
{
    const char *after_stars = NULL, *resume = NULL;
    bool starred = false;
    for (;;) {
        const char *pattern_end = pattern ? segment_end(pattern) : NULL;
        if (pattern && pattern_end - pattern == 2 && memcmp(pattern, "**", 2) == 0) {
            starred = true;
            after_stars = pattern = following_segment(pattern_end);
            resume = path;
            continue;
        }
        if (!path && !pattern)
            return true;
        if (path && pattern && segment_matches(pattern, pattern_end, path, segment_end(path))) {
            path = following_segment(segment_end(path));
            pattern = following_segment(pattern_end);
            continue;
        }
        if (!starred || !resume)
            return false;
        path = resume = following_segment(segment_end(resume));
        pattern = after_stars;
    }
}

bool imp_glob_is_pattern(const char *text)
{
    return strpbrk(text, "*?[") && imp_glob_is_valid(text, NULL);
}

bool imp_glob_matches_any(char *const *patterns, const char *path)
{
    for (; *patterns; patterns++) {
        if (imp_glob_matches(*patterns, path))
            return true;
    }
    return false;
}

char *imp_glob_literal_folder(const char *pattern)
{
    gsize literal = strcspn(pattern, "*?[");
    while (literal > 0 && pattern[literal - 1] != '/')
        literal--;
    return g_strndup(pattern, literal);
}

/* What is wrong with the class that begins behind *pattern, or NULL, *pattern then being behind its
 * "]". */
static const char *class_fault(const char **pattern, const char *end)
{
    if (**pattern == '!' || **pattern == '^')
        return "\"[!\" and \"[^\" are not supported; list the characters that are meant";
    for (bool first = true; *pattern < end && (first || **pattern != ']'); first = false) {
        gunichar low = next_character(pattern, end);
        if (end - *pattern < 2 || (*pattern)[0] != '-' || (*pattern)[1] == ']')
            continue;
        (*pattern)++;
        if (next_character(pattern, end) < low)
            return "a range in [...] runs backwards; swap its ends";
    }
    if (*pattern == end)
        return "a \"[\" has no \"]\" in its segment; add it";
    (*pattern)++;
    return NULL;
}

static const char *segment_fault(const char *segment, const char *end)
{
    gsize length = (gsize)(end - segment);
    if (length == 0)
        return "it has an empty segment; remove a \"/\"";
    if (strncmp(segment, "..", length) == 0)
        return "no path has a segment \".\" or \"..\"; remove it";
    if (length != 2 && memmem(segment, length, "**", 2))
        return "\"**\" must be a whole segment, as in \"a/**/b\"";
    while (segment < end) {
        if (*segment++ != '[')
            continue;
        const char *fault = class_fault(&segment, end);
        if (fault)
            return fault;
    }
    return NULL;
}

static const char *pattern_fault(const char *pattern)
{
    gsize length = strlen(pattern);
    if (length == 0)
        return "it is empty; write a pattern as in \"content/**\"";
    if (length > IMP_GLOB_MAX_BYTES)
        return "it is longer than " G_STRINGIFY(IMP_GLOB_MAX_BYTES) " bytes; shorten it";
    if (!g_utf8_validate(pattern, (gssize)length, NULL))
        return "it is not valid UTF-8; write it again";
    for (const char *c = pattern; *c; c = g_utf8_next_char(c)) {
        if (g_unichar_iscntrl(g_utf8_get_char(c)))
            return "it has a control character; remove it";
    }
    if (pattern[0] == '!')
        return "a leading \"!\" is not supported; list what is meant";
    if (strchr(pattern, '\\'))
        return "\"\\\" is not supported; write a literal \"*\" as \"[*]\"";
    if (pattern[0] == '/')
        return "patterns begin at the root by themselves; remove the leading \"/\"";
    if (pattern[length - 1] == '/')
        return "patterns match files; write \"/**\" for what is in a folder";
    for (const char *segment = pattern; segment;
         segment = following_segment(segment_end(segment))) {
        const char *fault = segment_fault(segment, segment_end(segment));
        if (fault)
            return fault;
    }
    return NULL;
}

bool imp_glob_is_valid(const char *pattern, char **why)
{
    const char *fault = pattern_fault(pattern);
    if (fault && why)
        *why = g_strdup(fault);
    return !fault;
}
