#include "articles/trailers.h"
#include "workflow/base/quote.h"
#include "workflow/base/text.h"

#include <string.h>

/* Three readers of trailers that come with git and libgit2 differ from each other: about lines that
 * start with
 * "---", folding, empty values, comments, scissors, and what a paragraph of trailers may hold
 * besides. The grammar here admits none of what they differ about. The trailers are the last
 * paragraph, never the first, and every line of it is "Key: value"; the other things are refused
 * wherever in the message they stand. */

void imp_trailer_free(ImpTrailer *trailer)
{
    if (!trailer)
        return;
    g_free(trailer->key);
    g_free(trailer->value);
    g_free(trailer);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpTrailer, imp_trailer_free)

/* "Line 4 of the message, "...", WHAT." with the line quoted. */
static char *fault(const ImpLines *line, const char *what)
{
    g_autofree char *excerpt = imp_excerpt(line->text, line->length);
    return g_strdup_printf("Line %u of the message, %s, %s.", line->number, excerpt, what);
}

/* Where a tool that cleans up messages would cut: ">8" with no letter or digit before it in its
 * line. */
static bool is_scissors(const ImpLines *line)
{
    const char *scissors = memmem(line->text, line->length, ">8", 2);
    if (!scissors)
        return false;
    for (const char *at = line->text; at < scissors; at++)
        if (g_ascii_isalnum(*at) || (guchar)*at >= 0x80)
            return false;
    return true;
}

static bool is_review(const ImpLines *line)
{
    return imp_starts_with_word(line->text, line->length, "Review:");
}

static char *check_line(const ImpLines *line)
{
    if (memchr(line->text, '\0', line->length))
        return fault(line, "holds a NUL byte; write the message again as plain text");
    if (memchr(line->text, '\r', line->length))
        return fault(line,
                     "holds a carriage return; write the message again with plain line ends (LF)");
    if (imp_starts_with_word(line->text, line->length, "---"))
        return fault(line, "starts with \"---\", where some programs end the message; take it out");
    if (is_scissors(line))
        return fault(
            line, "is a scissors line (\">8\"), where some programs cut the message; take it out");
    return NULL;
}

typedef struct {
    ImpLines start;   /* before the first line of the last paragraph */
    gsize before;     /* length of the message up to the last line that is not blank before it */
    guint paragraphs; /* in the message */
} LastParagraph;

/* Finds the last paragraph, looking at every line on the way; a sentence or NULL. */
static char *find_last_paragraph(const char *message, gsize length, LastParagraph *last)
{
    ImpLines lines = imp_lines(message, length);
    ImpLines before = lines;
    bool blank_before = true;
    guint reviews = 0;
    gsize text_end = 0;
    *last = (LastParagraph){.start = lines};
    while (imp_lines_next(&lines)) {
        char *malformed = check_line(&lines);
        if (malformed)
            return malformed;
        if (is_review(&lines) && ++reviews > 1)
            return fault(
                &lines,
                "is a second one that starts with \"Review:\"; a message makes one decision, so "
                "keep one in the last paragraph");
        bool blank = imp_line_is_blank(lines.text, lines.length);
        if (!blank && blank_before) {
            last->start = before;
            last->before = text_end;
            last->paragraphs++;
        }
        if (!blank)
            text_end = (gsize)(lines.text + lines.length - message);
        blank_before = blank;
        before = lines;
    }
    return NULL;
}

static gsize key_length(const char *text, gsize length)
{
    gsize at = 0;
    while (at < length && (g_ascii_isalnum(text[at]) || text[at] == '-'))
        at++;
    return at;
}

static ImpTrailer *read_trailer(const ImpLines *line, char **malformed)
{
    gsize key = key_length(line->text, line->length);
    if (line->length > 0 && (line->text[0] == ' ' || line->text[0] == '\t')) {
        *malformed = fault(
            line, "begins with a blank, which would continue the line before; write each trailer "
                  "in one line");
        return NULL;
    }
    if (key == 0 || key + 1 >= line->length || line->text[key] != ':') {
        bool is_empty = key > 0 && key + 1 == line->length && line->text[key] == ':';
        *malformed = fault(
            line, is_empty ? "has no value; write one, or take the line out"
                           : "is not \"Key: value\", as every line of the last paragraph must be; "
                             "separate other text by an empty line");
        return NULL;
    }
    const char *value = line->text + key + 1;
    gsize length = line->length - key - 1;
    if (*value != ' ' && *value != '\t') {
        *malformed = fault(line, "has no blank after the colon; write \"Key: value\"");
        return NULL;
    }
    imp_trim(&value, &length);
    if (length == 0) {
        *malformed = fault(line, "has no value; write one, or take the line out");
        return NULL;
    }
    ImpTrailer *trailer = g_new0(ImpTrailer, 1);
    trailer->key = g_strndup(line->text, key);
    trailer->value = g_strndup(value, length);
    trailer->line = line->number;
    return trailer;
}

GPtrArray *imp_trailers_read(const char *message, gsize length, gsize *reason_length,
                             char **malformed)
{
    LastParagraph last;
    char *wrong = find_last_paragraph(message, length, &last);
    if (!wrong && last.paragraphs < 2)
        wrong = g_strdup(
            "The message has only one paragraph; write a line about your decision, an empty line, "
            "and "
            "then the trailers (\"Review: ...\", \"Article: ...\") as the last paragraph.");
    if (wrong) {
        *malformed = wrong;
        return NULL;
    }
    g_autoptr(GPtrArray) trailers =
        g_ptr_array_new_with_free_func((GDestroyNotify)imp_trailer_free);
    ImpLines lines = last.start;
    while (imp_lines_next(&lines) && !imp_line_is_blank(lines.text, lines.length)) {
        ImpTrailer *trailer = read_trailer(&lines, malformed);
        if (!trailer)
            return NULL;
        g_ptr_array_add(trailers, trailer);
    }
    if (reason_length)
        *reason_length = last.before;
    return g_steal_pointer(&trailers);
}

/* A sentence about a trailer, its value quoted. */
static char *trailer_fault(const ImpTrailer *trailer, const char *what)
{
    g_autofree char *value = imp_excerpt(trailer->value, strlen(trailer->value));
    return g_strdup_printf("Line %u of the message, %s: %s, %s.", trailer->line, trailer->key,
                           value, what);
}

/* Splits "PATH@HEX" off its end, in place; NULL if no version is there. */
static char *take_version(char *text)
{
    char *at = strrchr(text, '@');
    if (!at || at[1] == '\0' || at[1 + strspn(at + 1, "0123456789abcdefABCDEF")] != '\0')
        return NULL;
    char *version = g_ascii_strdown(at + 1, -1);
    *at = '\0';
    return version;
}

/* PATH, PATH@HEX, "QUOTED", "QUOTED"@HEX; and "QUOTED@HEX", since no article's path ends so. */
static ImpTarget *read_target(const ImpTrailer *trailer, char **malformed)
{
    g_autofree char *path = NULL;
    g_autofree char *version = NULL;
    if (trailer->value[0] == '"') {
        const char *end;
        path = imp_path_unquote(trailer->value, &end);
        g_autofree char *rest = path ? g_strdup(end) : NULL;
        version = rest ? take_version(rest) : NULL;
        if (!path || *rest != '\0') {
            *malformed = trailer_fault(
                trailer, "begins with a quotation mark and is not quoted as git quotes paths; "
                         "copy it from the output of \"git ls-files\"");
            return NULL;
        }
    } else {
        path = g_strdup(trailer->value);
    }
    if (!version)
        version = take_version(path);
    if (*path == '\0') {
        *malformed = trailer_fault(
            trailer, "names no path; write \"Article: PATH\" or \"Article: PATH@VERSION\"");
        return NULL;
    }
    ImpTarget *target = g_new0(ImpTarget, 1);
    target->path = g_steal_pointer(&path);
    target->version = g_steal_pointer(&version);
    return target;
}

/* `named` is the set of the paths of all targets. */
static char *add_target(ImpDecision *decision, GHashTable *named, const ImpTrailer *trailer)
{
    char *malformed = NULL;
    ImpTarget *target = read_target(trailer, &malformed);
    if (!target)
        return malformed;
    if (!g_hash_table_add(named, target->path)) {
        /* The set has taken this path in place of its equal. */
        g_hash_table_remove_all(named);
        imp_target_free(target);
        return trailer_fault(trailer, "names an article that another line names; name each once");
    }
    g_ptr_array_add(decision->targets, target);
    return NULL;
}

static char *set_once(char **member, const ImpTrailer *trailer)
{
    if (*member)
        return trailer_fault(trailer, "appears a second time; keep one");
    *member = g_utf8_make_valid(trailer->value, -1);
    return NULL;
}

/* Puts what one trailer says into the decision; a sentence, or NULL. */
static char *apply_trailer(ImpDecision *decision, GHashTable *named, const ImpTrailer *trailer)
{
    if (g_ascii_strcasecmp(trailer->key, "Review") == 0)
        return imp_decision_kind_from_word(trailer->value, &decision->verdict)
                   ? NULL
                   : trailer_fault(trailer,
                                   "is not a decision; write one of claim, approve, "
                                   "request-changes, withdraw, "
                                   "decline, comment, dismiss, retract, request, in small letters");
    if (g_ascii_strcasecmp(trailer->key, "Article") == 0)
        return add_target(decision, named, trailer);
    if (g_ascii_strcasecmp(trailer->key, "Competing-Interests") == 0)
        return set_once(&decision->competing_interests, trailer);
    if (g_ascii_strcasecmp(trailer->key, "Of") == 0)
        return set_once(&decision->of, trailer);
    if (imp_starts_with_word(trailer->key, strlen(trailer->key), "Review-"))
        return trailer_fault(
            trailer, "has a key that means nothing here; write \"Review: ...\", or take it out");
    return NULL;
}

/* What only the whole can show; a sentence, or NULL. */
static char *check_decision(const ImpDecision *decision)
{
    if (decision->verdict == IMP_DECISION_NONE)
        return g_strdup("The last paragraph of the message has no \"Review: ...\"; write the "
                        "trailers together, after "
                        "an empty line, at the end of the message.");
    if (decision->targets->len == 0)
        return g_strdup("The last paragraph of the message has no \"Article: PATH\"; name each "
                        "article that the "
                        "decision is about.");
    if (decision->verdict == IMP_DECISION_DISMISS && !decision->of)
        return g_strdup("The message dismisses an objection and does not say whose; add \"Of: ID\" "
                        "with the id of the "
                        "person who made it.");
    if (decision->verdict == IMP_DECISION_REQUEST && !decision->of)
        return g_strdup("The message asks for a review and does not say whom; add \"Of: ID\" with "
                        "the id of the reviewer.");
    if (decision->verdict != IMP_DECISION_DISMISS && decision->verdict != IMP_DECISION_REQUEST &&
        decision->of)
        return g_strdup_printf(
            "The message has \"Of: ...\", which belongs only to \"Review: dismiss\" and "
            "\"Review: request\", beside \"Review: %s\"; take it out, or dismiss.",
            imp_decision_kind_word(decision->verdict));
    return NULL;
}

ImpDecision *imp_trailers_parse_decision(const char *message, gsize length, char **malformed)
{
    gsize reason_length;
    g_autoptr(GPtrArray) trailers = imp_trailers_read(message, length, &reason_length, malformed);
    if (!trailers)
        return NULL;
    g_autoptr(ImpDecision) decision = g_new0(ImpDecision, 1);
    decision->targets = g_ptr_array_new_with_free_func((GDestroyNotify)imp_target_free);
    g_autoptr(GHashTable) named = g_hash_table_new(g_str_hash, g_str_equal);
    char *wrong = NULL;
    for (guint i = 0; i < trailers->len && !wrong; i++)
        wrong = apply_trailer(decision, named, trailers->pdata[i]);
    if (!wrong)
        wrong = check_decision(decision);
    if (wrong) {
        *malformed = wrong;
        return NULL;
    }
    decision->reason = g_utf8_make_valid(message, (gssize)reason_length);
    return g_steal_pointer(&decision);
}

/* The value behind "KEY:" in a line, for the caller to free; NULL: it is another line. */
static char *value_in(const char *line, const char *end, const char *key)
{
    gsize length = strlen(key);
    if ((gsize)(end - line) <= length || line[length] != ':' ||
        g_ascii_strncasecmp(line, key, length) != 0)
        return NULL;
    return g_strstrip(g_strndup(line + length + 1, (gsize)(end - line) - length - 1));
}

static void add_carried(ImpDecision *decision, GHashTable *named, const char *line, const char *end)
{
    g_autofree char *word = value_in(line, end, "Review");
    g_autofree char *article = value_in(line, end, "Article");
    if (word && decision->verdict == IMP_DECISION_NONE)
        imp_decision_kind_from_word(word, &decision->verdict);
    ImpTrailer trailer = {.key = (char *)"Article", .value = article};
    if (article)
        g_free(add_target(decision, named, &trailer));
}

ImpDecision *imp_trailers_carried_decision(const char *message, gsize length)
{
    g_autoptr(ImpDecision) decision = g_new0(ImpDecision, 1);
    g_autoptr(GHashTable) named = g_hash_table_new(g_str_hash, g_str_equal);
    decision->targets = g_ptr_array_new_with_free_func((GDestroyNotify)imp_target_free);
    decision->reason = g_strdup("");
    for (const char *line = message, *last = message + length; line < last;) {
        const char *newline = memchr(line, '\n', (gsize)(last - line));
        const char *end = newline ? newline : last;
        add_carried(decision, named, line, end);
        line = end + 1;
    }
    bool whole = decision->verdict != IMP_DECISION_NONE && decision->targets->len > 0;
    return whole ? g_steal_pointer(&decision) : NULL;
}

char *imp_trailers_format_decision(const ImpDecision *decision)
{
    GString *message = g_string_new(decision->reason);
    g_string_append_printf(message, "\n\nReview: %s\n", imp_decision_kind_word(decision->verdict));
    for (guint i = 0; i < decision->targets->len; i++) {
        const ImpTarget *target = decision->targets->pdata[i];
        g_autofree char *path = imp_path_quote(target->path);
        g_string_append_printf(message, "Article: %s%s%s\n", path, target->version ? "@" : "",
                               target->version ? target->version : "");
    }
    if (decision->competing_interests)
        g_string_append_printf(message, "Competing-Interests: %s\n", decision->competing_interests);
    if (decision->of)
        g_string_append_printf(message, "Of: %s\n", decision->of);
    return g_string_free(message, FALSE);
}

bool imp_trailers_has_review_line(const char *message, gsize length)
{
    ImpLines lines = imp_lines(message, length);
    while (imp_lines_next(&lines))
        if (is_review(&lines))
            return true;
    return false;
}

static char *read_address(const char *text, gsize length)
{
    const char *open = memchr(text, '<', length);
    const char *close = open ? memchr(open, '>', (gsize)(text + length - open)) : NULL;
    g_autofree char *address = NULL;
    if (close) {
        address = g_utf8_make_valid(open + 1, (gssize)(close - open - 1));
    } else {
        g_autofree char *valid = g_utf8_make_valid(text, (gssize)length);
        g_auto(GStrv) words = g_strsplit_set(valid, " \t\r<>", -1);
        for (char **word = words; *word && !address; word++)
            if (strchr(*word, '@'))
                address = g_strdup(*word);
    }
    return address && *g_strstrip(address) ? g_ascii_strdown(address, -1) : NULL;
}

/* What stands behind the colon, where a line is one of a co-author; *later: a blank stands before
 * it, which git takes. */
static const char *co_author(const ImpLines *line, bool *later)
{
    static const char key[] = "Co-authored-by";
    if (!imp_starts_with_word(line->text, line->length, key))
        return NULL;
    const char *end = line->text + line->length, *colon = line->text + strlen(key);
    while (colon < end && (*colon == ' ' || *colon == '\t'))
        colon++;
    *later = colon > line->text + strlen(key);
    return colon < end && *colon == ':' ? colon + 1 : NULL;
}

char **imp_trailers_co_authors(const char *message, gsize length)
{
    GPtrArray *addresses = g_ptr_array_new();
    g_autoptr(GPtrArray) later_ones = g_ptr_array_new();
    ImpLines lines = imp_lines(message, length);
    bool later;
    while (imp_lines_next(&lines)) {
        const char *text = co_author(&lines, &later);
        g_autofree char *address =
            text ? read_address(text, lines.length - (gsize)(text - lines.text)) : NULL;
        if (address && later)
            g_ptr_array_add(later_ones, g_strdup_printf("%c%s", IMP_LATER_CO_AUTHOR, address));
        else if (address)
            g_ptr_array_add(addresses, g_steal_pointer(&address));
    }
    g_ptr_array_extend_and_steal(addresses, g_steal_pointer(&later_ones));
    g_ptr_array_add(addresses, NULL);
    return (char **)g_ptr_array_free(addresses, FALSE);
}
