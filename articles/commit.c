#include "articles/commit.h"
#include "workflow/base/limits.h"
#include "workflow/base/moment.h"
#include "workflow/base/text.h"

#include <gio/gio.h>
#include <string.h>

/* A commit object is header lines, an empty line, and the message. A header line that begins with a
 * space continues the one before it. libgit2 looks for `gpgsig` in the message too, and so verifies
 * what git calls unsigned; that is why this parser exists. It walks header by header and stops at
 * the first empty line, and both the payload and the signature come from that one walk: no byte can
 * be in both or in neither. */

typedef struct {
    gsize start;
    gsize end;
} ImpSpan;

typedef struct {
    const char *name; /* up to the first space of the line, or all of it */
    gsize name_length;
    const char *value; /* after that space, with the continuation lines as they stand, without a
                          final newline */
    gsize value_length;
    const char *start; /* the whole, with its newline */
    const char *end;
    guint line;
} Header;

/* Reads the header line at `lines` and its continuations; false at the empty line or the end of the
 * object. */
static bool next_header(ImpLines *lines, Header *header)
{
    if (!imp_lines_next(lines) || lines->length == 0)
        return false;
    const char *space = memchr(lines->text, ' ', lines->length);
    header->line = lines->number;
    header->start = header->name = lines->text;
    header->name_length = space ? (gsize)(space - lines->text) : lines->length;
    header->value = space ? space + 1 : lines->text + lines->length;
    while (lines->next != lines->end && *lines->next == ' ')
        imp_lines_next(lines);
    header->value_length = (gsize)(lines->text + lines->length - header->value);
    header->end = lines->next;
    return true;
}

static bool is_named(const Header *header, const char *name)
{
    return strlen(name) == header->name_length &&
           memcmp(header->name, name, header->name_length) == 0;
}

/* For git a signature's header is "gpgsig" and a space. */
static bool is_signature(const Header *header)
{
    return is_named(header, "gpgsig") && header->value > header->name + header->name_length;
}

static bool is_continued(const Header *header)
{
    return memchr(header->value, '\n', header->value_length) != NULL;
}

#define TREE_LINE   "tree "
#define PARENT_LINE "parent "
#define ID_LENGTH   40

/* Whether a line begins with `name` and an object id, and ends there, in a newline. */
static bool is_link(const char *line, gsize length, const char *name)
{
    gsize start = strlen(name), digits = 0;
    while (digits < ID_LENGTH && start + digits < length && g_ascii_isxdigit(line[start + digits]))
        digits++;
    return digits == ID_LENGTH && start + digits < length && line[start + digits] == '\n';
}

bool imp_commit_links(const char *object, gsize length, ImpCommitLinks *links)
{
    const gsize tree = strlen(TREE_LINE) + ID_LENGTH + 1, parent = strlen(PARENT_LINE) + ID_LENGTH;
    *links = (ImpCommitLinks){0};
    if (length < tree || memcmp(object, TREE_LINE, strlen(TREE_LINE)) != 0 ||
        !is_link(object, length, TREE_LINE))
        return false;
    links->tree = object + strlen(TREE_LINE);
    links->parents = object + tree;
    const char *at = links->parents, *end = object + length;
    for (; (gsize)(end - at) > parent && memcmp(at, PARENT_LINE, strlen(PARENT_LINE)) == 0;
         at += parent + 1, links->parent_count++)
        if (!is_link(at, (gsize)(end - at), PARENT_LINE))
            return false;
    return true;
}

const char *imp_commit_message(const char *object, gsize length)
{
    const char *end = memmem(object, length, "\n\n", 2);
    return end ? end + 2 : object + length;
}

const char *imp_commit_parent(const ImpCommitLinks *links, guint index)
{
    return links->parents + index * (strlen(PARENT_LINE) + ID_LENGTH + 1) + strlen(PARENT_LINE);
}

/* Seconds, as git reads them: digits after the last '>'; whatever does not fit a calendar is its
 * last second. */
static gint64 read_date(const char *text, const char *end)
{
    const gint64 last_second = G_GINT64_CONSTANT(253402300799);
    gint64 seconds = 0;
    while (text < end && *text == ' ')
        text++;
    for (; text < end && g_ascii_isdigit(*text); text++)
        seconds = MIN(seconds * 10 + g_ascii_digit_value(*text), last_second);
    return seconds * IMP_SECOND_US;
}

/* As git's split_ident_line: the name before the first '<', the address up to the next '>', the
 * date after the last one, all in the first line. */
static void read_ident(const Header *header, char **name, char **email, gint64 *date_us)
{
    if (*email)
        return;
    const char *text = header->value;
    const char *newline = memchr(text, '\n', header->value_length);
    gsize length = newline ? (gsize)(newline - text) : header->value_length;
    const char *open = memchr(text, '<', length);
    const char *close = open ? memchr(open, '>', (gsize)(text + length - open)) : NULL;
    gsize name_length = open ? (gsize)(open - text) : length;
    imp_trim(&text, &name_length);
    *name = g_utf8_make_valid(text, (gssize)name_length);
    if (!close) {
        *email = g_strdup("");
        return;
    }
    const char *address = open + 1;
    gsize address_length = (gsize)(close - address);
    imp_trim(&address, &address_length);
    *email = g_utf8_make_valid(address, (gssize)address_length);
    const char *last = memrchr(header->value, '>', length);
    *date_us = read_date(last + 1, header->value + length);
}

/* The value of a gpgsig header with the one space taken off each continuation line. */
static char *unfold(const Header *header)
{
    GString *text = g_string_sized_new(header->value_length);
    ImpLines lines = imp_lines(header->value, header->value_length);
    while (imp_lines_next(&lines)) {
        gsize indented = lines.number > 1 ? 1 : 0;
        g_string_append_len(text, lines.text + indented, (gssize)(lines.length - indented));
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}

static void read_signature_header(ImpCommit *commit, const Header *header, const char *object)
{
    ImpSpan span = {(gsize)(header->start - object), (gsize)(header->end - object)};
    g_array_append_val(commit->signature_headers, span);
    g_clear_pointer(&commit->signature, g_free);
    if (commit->signature_headers->len == 1)
        commit->signature = unfold(header);
}

static bool read_links(ImpCommit *commit, const char *text, gsize length)
{
    ImpCommitLinks links;
    if (!text || !imp_commit_links(text, length, &links))
        return false;
    commit->tree = g_ascii_strdown(links.tree, ID_LENGTH);
    commit->parents = g_new0(char *, links.parent_count + 1);
    for (guint i = 0; i < links.parent_count; i++)
        commit->parents[i] = g_ascii_strdown(imp_commit_parent(&links, i), ID_LENGTH);
    return true;
}

ImpCommit *imp_commit_parse(GBytes *object, GError **error)
{
    g_autoptr(ImpCommit) commit = g_new0(ImpCommit, 1);
    commit->object = g_bytes_ref(object);
    commit->signature_headers = g_array_new(FALSE, FALSE, sizeof(ImpSpan));

    gsize length;
    const char *text = g_bytes_get_data(object, &length);
    if (!read_links(commit, text, length)) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                            "the commit does not begin with a tree and its parents");
        return NULL;
    }
    ImpLines lines = imp_lines(text, length);
    Header header;
    while (next_header(&lines, &header)) {
        if (is_named(&header, "author"))
            read_ident(&header, &commit->author_name, &commit->author_email,
                       &commit->author_date_us);
        else if (is_named(&header, "committer"))
            read_ident(&header, &commit->committer_name, &commit->committer_email,
                       &commit->committer_date_us);
        else if (is_signature(&header))
            read_signature_header(commit, &header, text);
    }
    char **idents[] = {&commit->author_name, &commit->author_email, &commit->committer_name,
                       &commit->committer_email};
    for (gsize i = 0; i < G_N_ELEMENTS(idents); i++)
        if (!*idents[i])
            *idents[i] = g_strdup("");
    commit->message = lines.next;
    commit->message_length = (gsize)(lines.end - lines.next);
    return g_steal_pointer(&commit);
}

void imp_commit_free(ImpCommit *commit)
{
    if (!commit)
        return;
    g_free(commit->tree);
    g_strfreev(commit->parents);
    g_free(commit->author_name);
    g_free(commit->author_email);
    g_free(commit->committer_name);
    g_free(commit->committer_email);
    g_free(commit->signature);
    g_clear_pointer(&commit->signature_headers, g_array_unref);
    g_clear_pointer(&commit->object, g_bytes_unref);
    g_free(commit);
}

gsize imp_commit_size(const ImpCommit *commit)
{
    return g_bytes_get_size(commit->object);
}

GBytes *imp_commit_payload(const ImpCommit *commit)
{
    gsize length;
    const char *object = g_bytes_get_data(commit->object, &length);
    GByteArray *payload = g_byte_array_sized_new((guint)length);
    gsize from = 0;
    for (guint i = 0; i < commit->signature_headers->len; i++) {
        const ImpSpan *span = &g_array_index(commit->signature_headers, ImpSpan, i);
        g_byte_array_append(payload, (const guint8 *)object + from, (guint)(span->start - from));
        from = span->end;
    }
    g_byte_array_append(payload, (const guint8 *)object + from, (guint)(length - from));
    return g_byte_array_free_to_bytes(payload);
}

char *imp_commit_payload_sha256(const ImpCommit *commit)
{
    g_autoptr(GBytes) payload = imp_commit_payload(commit);
    return g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, payload);
}

/* Where a header line may stand: after all of a smaller place. */
typedef enum {
    PLACE_START,
    PLACE_TREE,
    PLACE_PARENT,
    PLACE_AUTHOR,
    PLACE_COMMITTER,
    PLACE_ENCODING,
    PLACE_SIGNATURE,
    PLACE_UNKNOWN,
} Place;

static Place place_of(const Header *header)
{
    static const char *const names[] = {
        [PLACE_TREE] = "tree",           [PLACE_PARENT] = "parent",     [PLACE_AUTHOR] = "author",
        [PLACE_COMMITTER] = "committer", [PLACE_ENCODING] = "encoding",
    };
    if (is_signature(header))
        return PLACE_SIGNATURE;
    for (Place place = PLACE_TREE; place < PLACE_SIGNATURE; place++)
        if (is_named(header, names[place]))
            return place;
    return PLACE_UNKNOWN;
}

/* "NAME <ADDRESS> SECONDS ZONE" and nothing else. */
static bool is_ident(const Header *header)
{
    g_autofree char *text = g_utf8_make_valid(header->value, (gssize)header->value_length);
    return g_regex_match_simple("^[^<>\\n]*<[^<>\\n]*> [0-9]{1,19} [+-][0-9]{4}\\z", text, 0, 0);
}

static bool holds(const char *text, gsize length, char c)
{
    return memchr(text, c, length) != NULL;
}

/* What is wrong with this header line after one at `last`, or NULL. Whatever git removes before it
 * verifies
 * ("gpgsig-sha256") is not signed, so that nothing but the one header may be called so. */
static const char *header_fault(const Header *header, Place last)
{
    Place place = place_of(header);
    if (place == PLACE_UNKNOWN) {
        if (header->name_length >= 6 && memcmp(header->name, "gpgsig", 6) == 0)
            return "is not the header that git signs with";
        return last < PLACE_SIGNATURE ? "is unknown, or stands where none is expected" : NULL;
    }
    if (place == last && place != PLACE_PARENT)
        return "appears twice";
    if (place < last)
        return "is not in its place, or appears twice";
    if (place != PLACE_SIGNATURE && is_continued(header))
        return "continues on the next line";
    if (place == PLACE_AUTHOR || place == PLACE_COMMITTER)
        return is_ident(header) ? NULL : "is not \"NAME <ADDRESS> SECONDS ZONE\"";
    return NULL;
}

static char *check_headers(const char *object, gsize length)
{
    ImpLines lines = imp_lines(object, length);
    Header header;
    Place last = PLACE_START;
    bool seen[PLACE_UNKNOWN + 1] = {false};
    while (next_header(&lines, &header)) {
        const char *fault = header_fault(&header, last);
        if (fault) {
            g_autofree char *name = imp_excerpt(header.name, header.name_length);
            return g_strdup_printf(
                "Header line %u of the commit, %s, %s; make the decision again with git itself "
                "(git commit --allow-empty -S).",
                header.line, name, fault);
        }
        last = place_of(&header);
        seen[last] = true;
    }
    if (!seen[PLACE_AUTHOR] || !seen[PLACE_COMMITTER])
        return g_strdup_printf("The commit has no %s; make the decision again with git itself "
                               "(git commit --allow-empty -S).",
                               seen[PLACE_AUTHOR] ? "committer" : "author");
    return NULL;
}

char *imp_commit_malformed(const ImpCommit *commit)
{
    gsize length;
    const char *object = g_bytes_get_data(commit->object, &length);
    if (length > IMP_DECISION_MAX_BYTES)
        return g_strdup_printf("The commit is %" G_GSIZE_FORMAT
                               " bytes long, of which a decision may have %d; "
                               "say it in a shorter message.",
                               length, IMP_DECISION_MAX_BYTES);
    if (holds(object, length, '\0'))
        return g_strdup("The commit holds a NUL byte, after which programs read it differently; "
                        "write the message "
                        "again as plain text.");
    if (holds(object, length, '\r'))
        return g_strdup("The commit holds a carriage return; write the message again with plain "
                        "line ends (LF), not "
                        "those of Windows.");
    return check_headers(object, length);
}
