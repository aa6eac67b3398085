#include "articles/entry_text.h"
#include "workflow/base/moment.h"
#include "workflow/base/quote.h"
#include "workflow/base/text.h"

#include <gio/gio.h>
#include <string.h>

/* One table says which trailer stands where, which member of the entry it is, and how that is
 * written. Writing goes down the table. Reading takes each line by its key and then writes the
 * entry again: it must come out as it was read, byte for byte, so that order, spelling and
 * completeness are checked by the writer alone. */

#define FORMAT_KEY  "Ledger-Format"
#define FORMAT_MOST 2

/* Most messages are no longer. */
#define USUAL_BYTES 512

typedef enum {
    KIND_EVENT,
    KIND_PATH,
    KIND_HEX,
    KIND_TEXT,
    KIND_TEXTS, /* a trailer for each */
    KIND_NUMBER,
    KIND_STATE, /* always, where there is an article */
    KIND_REASON,
    KIND_PROBLEM,
    KIND_REFUSAL,
    KIND_MOMENT,
    KIND_DENIAL, /* "no" or nothing */
} Kind;

typedef struct {
    const char *key;
    Kind kind;
    gsize offset;
} Field;

static const Field fields[] = {
    {"Event", KIND_EVENT, G_STRUCT_OFFSET(ImpEntry, event)},
    {"Article", KIND_PATH, G_STRUCT_OFFSET(ImpEntry, article)},
    {"Version", KIND_HEX, G_STRUCT_OFFSET(ImpEntry, version)},
    {"Round", KIND_NUMBER, G_STRUCT_OFFSET(ImpEntry, round)},
    {"State", KIND_STATE, G_STRUCT_OFFSET(ImpEntry, state)},
    {"Previous-State", KIND_STATE, G_STRUCT_OFFSET(ImpEntry, previous_state)},
    {"Reason", KIND_REASON, G_STRUCT_OFFSET(ImpEntry, reason)},
    {"Problem", KIND_PROBLEM, G_STRUCT_OFFSET(ImpEntry, problem)},
    {"Contributor", KIND_TEXTS, G_STRUCT_OFFSET(ImpEntry, contributors)},
    {"Person", KIND_TEXT, G_STRUCT_OFFSET(ImpEntry, person)},
    {"Reviewed-by", KIND_TEXT, G_STRUCT_OFFSET(ImpEntry, reviewed_by)},
    {"Of", KIND_TEXT, G_STRUCT_OFFSET(ImpEntry, of)},
    {"Requested", KIND_TEXTS, G_STRUCT_OFFSET(ImpEntry, requested)},
    {"Respond-by", KIND_MOMENT, G_STRUCT_OFFSET(ImpEntry, respond_by_us)},
    {"Review-by", KIND_MOMENT, G_STRUCT_OFFSET(ImpEntry, review_by_us)},
    {"Decision", KIND_HEX, G_STRUCT_OFFSET(ImpEntry, decision)},
    {"Refusal", KIND_REFUSAL, G_STRUCT_OFFSET(ImpEntry, refusal)},
    {"Valid-until", KIND_MOMENT, G_STRUCT_OFFSET(ImpEntry, valid_until_us)},
    {"Repository", KIND_TEXT, G_STRUCT_OFFSET(ImpEntry, repository)},
    {"Manifest", KIND_HEX, G_STRUCT_OFFSET(ImpEntry, manifest)},
    {"Branch", KIND_TEXT, G_STRUCT_OFFSET(ImpEntry, branch)},
    {"Review-Branch", KIND_TEXTS, G_STRUCT_OFFSET(ImpEntry, review_branches)},
    {"Verified", KIND_DENIAL, G_STRUCT_OFFSET(ImpEntry, unverified)},
    {"Policy", KIND_NUMBER, G_STRUCT_OFFSET(ImpEntry, policy)},
    {"Source", KIND_HEX, G_STRUCT_OFFSET(ImpEntry, source)},
    {"At", KIND_MOMENT, G_STRUCT_OFFSET(ImpEntry, at_us)},
};

#define MEMBER(type, entry, field) G_STRUCT_MEMBER(type, entry, (field)->offset)

static void append(GString *message, const char *key, const char *value)
{
    gsize length = strlen(value);
    g_autofree char *made = imp_is_one_line(value, length) ? NULL : imp_one_line(value, length);
    const char *line = made ? made : value;
    if (!*line)
        return;
    g_string_append(message, key);
    g_string_append_len(message, ": ", 2);
    g_string_append(message, line);
    g_string_append_c(message, '\n');
}

static void append_each(GString *message, const char *key, char **values)
{
    for (char **value = values; value && *value; value++)
        append(message, key, *value);
}

/* The value of a trailer that has at most one, or NULL for none. What had to be made for it is the
 * caller's, in *made. */
static const char *value_of(const ImpEntry *entry, const Field *field, char **made)
{
    gint64 moment_us;
    guint number;
    switch (field->kind) {
    case KIND_EVENT:
        return imp_entry_kind_word(MEMBER(ImpEntryKind, entry, field));
    case KIND_STATE:
        return entry->article ? imp_state_word(MEMBER(ImpState, entry, field)) : NULL;
    case KIND_REASON:
        return imp_reason_word(MEMBER(ImpReason, entry, field));
    case KIND_PROBLEM:
        return imp_problem_word(MEMBER(ImpProblem, entry, field));
    case KIND_REFUSAL:
        return imp_refusal_word(MEMBER(ImpRefusal, entry, field));
    case KIND_PATH:
        return entry->article ? (*made = imp_path_quote(entry->article)) : NULL;
    case KIND_NUMBER:
        number = MEMBER(guint, entry, field);
        return number != 0 ? (*made = g_strdup_printf("%u", number)) : NULL;
    case KIND_MOMENT:
        moment_us = MEMBER(gint64, entry, field);
        return moment_us != 0 ? (*made = imp_moment_format(moment_us)) : NULL;
    case KIND_DENIAL:
        return MEMBER(bool, entry, field) ? "no" : NULL;
    case KIND_HEX:
    case KIND_TEXT:
        return MEMBER(char *, entry, field);
    case KIND_TEXTS:
        break;
    }
    return NULL;
}

static char *make_subject(const ImpEntry *entry)
{
    const char *event = imp_entry_kind_word(entry->event);
    g_autofree char *subject =
        entry->subject ? imp_one_line(entry->subject, strlen(entry->subject)) : NULL;
    if (subject && *subject)
        return g_steal_pointer(&subject);
    g_autofree char *path = entry->article ? imp_path_quote(entry->article) : NULL;
    return path ? g_strdup_printf("%s: %s", path, event) : g_strdup(event);
}

/* The first format that can say what the entry says: so that whoever knows that one alone reads as
 * much as there is to read. */
static guint format_of(const ImpEntry *entry)
{
    bool asked_by_name = entry->event == IMP_ENTRY_REQUEST && entry->decision;
    return asked_by_name || entry->contributors ? 2 : 1;
}

char *imp_entry_format(const ImpEntry *entry)
{
    g_autofree char *subject = make_subject(entry);
    GString *message = g_string_sized_new(USUAL_BYTES);
    g_string_append(message, subject);
    g_string_append_printf(message, "\n\n" FORMAT_KEY ": %u\n", format_of(entry));
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (fields[i].kind == KIND_TEXTS) {
            append_each(message, fields[i].key, MEMBER(char **, entry, &fields[i]));
            continue;
        }
        g_autofree char *made = NULL;
        const char *value = value_of(entry, &fields[i], &made);
        if (value)
            append(message, fields[i].key, value);
    }
    return g_string_free(message, FALSE);
}

static bool is_hex(const char *value)
{
    return *value && value[strspn(value, "0123456789abcdef")] == '\0';
}

static bool read_path(const char *value, char **path)
{
    const char *end = "";
    char *read = *value == '"' ? imp_path_unquote(value, &end) : g_strdup(value);
    if (read && *end == '\0') {
        *path = read;
        return true;
    }
    g_free(read);
    return false;
}

static void add_text(char ***texts, const char *value)
{
    guint count = *texts ? g_strv_length(*texts) : 0;
    *texts = g_renew(char *, *texts, count + 2);
    (*texts)[count] = g_strdup(value);
    (*texts)[count + 1] = NULL;
}

static bool read_number(const char *value, guint *number)
{
    guint64 read;
    if (!g_ascii_string_to_unsigned(value, 10, 1, G_MAXUINT, &read, NULL))
        return false;
    *number = (guint)read;
    return true;
}

static bool set_text(char **text, const char *value)
{
    if (*text)
        return false;
    *text = g_strdup(value);
    return true;
}

/* Puts a value into its member; false if it is not of that kind. */
static bool read_value(ImpEntry *entry, const Field *field, const char *value)
{
    switch (field->kind) {
    case KIND_EVENT:
        return imp_entry_kind_from_word(value, &MEMBER(ImpEntryKind, entry, field));
    case KIND_STATE:
        return imp_state_from_word(value, &MEMBER(ImpState, entry, field));
    case KIND_REASON:
        return imp_reason_from_word(value, &MEMBER(ImpReason, entry, field));
    case KIND_PROBLEM:
        return imp_problem_from_word(value, &MEMBER(ImpProblem, entry, field));
    case KIND_REFUSAL:
        return imp_refusal_from_word(value, &MEMBER(ImpRefusal, entry, field));
    case KIND_NUMBER:
        return read_number(value, &MEMBER(guint, entry, field));
    case KIND_MOMENT:
        return imp_moment_parse(value, &MEMBER(gint64, entry, field));
    case KIND_DENIAL:
        MEMBER(bool, entry, field) = true;
        return strcmp(value, "no") == 0;
    case KIND_TEXTS:
        add_text(&MEMBER(char **, entry, field), value);
        return true;
    case KIND_PATH:
        return !entry->article && read_path(value, &entry->article);
    case KIND_HEX:
        return is_hex(value) && set_text(&MEMBER(char *, entry, field), value);
    case KIND_TEXT:
        return set_text(&MEMBER(char *, entry, field), value);
    }
    return false;
}

static bool fail(GError **error, guint line, const char *what)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "line %u: %s", line, what);
    return false;
}

static bool fail_at(GError **error, const ImpLines *line, const char *what)
{
    g_autofree char *excerpt = imp_excerpt(line->text, line->length);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "line %u: %s %s", line->number, excerpt,
                what);
    return false;
}

static bool read_line(ImpEntry *entry, const ImpLines *line, GError **error)
{
    g_autofree char *text = g_strndup(line->text, line->length);
    char *value = strstr(text, ": ");
    if (value) {
        *value = '\0';
        value += 2;
    }
    for (gsize i = 0; value && i < G_N_ELEMENTS(fields); i++) {
        if (*fields[i].key != *text || strcmp(fields[i].key, text) != 0)
            continue;
        return read_value(entry, &fields[i], value) ||
               fail_at(error, line, "has no value of its kind, or appears twice");
    }
    return fail_at(error, line, "is not a trailer of a ledger of format 1 or 2");
}

static bool fail_format(GError **error, guint format)
{
    g_autofree char *what = g_strdup_printf("is not \"" FORMAT_KEY ": %u\"", format);
    return fail(error, 3, what);
}

/* The format that the line names; 0: none that is known. */
static guint read_format(const ImpLines *line)
{
    for (guint format = 1; format <= FORMAT_MOST; format++) {
        g_autofree char *text = g_strdup_printf(FORMAT_KEY ": %u", format);
        if (line->length == strlen(text) && memcmp(line->text, text, line->length) == 0)
            return format;
    }
    return 0;
}

static bool read_lines(ImpEntry *entry, const char *message, gsize length, GError **error)
{
    ImpLines lines = imp_lines(message, length);
    if (!imp_lines_next(&lines))
        return fail(error, 1, "the message is empty");
    entry->subject = g_strndup(lines.text, lines.length);
    if (!imp_lines_next(&lines) || lines.length != 0)
        return fail(error, 2, "is not the empty line after the subject");
    guint format = imp_lines_next(&lines) ? read_format(&lines) : 0;
    if (!format)
        return fail_format(error, 1);
    while (imp_lines_next(&lines))
        if (!read_line(entry, &lines, error))
            return false;
    if (entry->event == IMP_ENTRY_NONE || entry->at_us == 0)
        return fail(error, lines.number,
                    entry->event == IMP_ENTRY_NONE ? "there is no Event" : "there is no At");
    return format == format_of(entry) || fail_format(error, format_of(entry));
}

/* Fails unless the message is what the writer makes of the entry, naming the first line that is
 * not. */
static bool check_same(const ImpEntry *entry, const char *message, gsize length, GError **error)
{
    g_autofree char *written = imp_entry_format(entry);
    gsize written_length = strlen(written);
    if (written_length == length && memcmp(written, message, length) == 0)
        return true;
    ImpLines is = imp_lines(message, length);
    ImpLines ought = imp_lines(written, written_length);
    bool more = imp_lines_next(&is), more_ought = imp_lines_next(&ought);
    while (more && more_ought && is.length == ought.length &&
           memcmp(is.text, ought.text, is.length) == 0) {
        more = imp_lines_next(&is);
        more_ought = imp_lines_next(&ought);
    }
    g_autofree char *excerpt =
        more_ought ? imp_excerpt(ought.text, ought.length) : g_strdup("the end");
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                "line %u: the ledger would have %s here", more ? is.number : is.number + 1,
                excerpt);
    return false;
}

ImpEntry *imp_entry_parse(const char *message, gsize length, GError **error)
{
    if (!g_utf8_validate_len(message, length, NULL)) {
        fail(error, 1, "the message is not UTF-8 text");
        return NULL;
    }
    g_autoptr(ImpEntry) entry = imp_entry_new();
    if (!read_lines(entry, message, length, error) || !check_same(entry, message, length, error))
        return NULL;
    return g_steal_pointer(&entry);
}
