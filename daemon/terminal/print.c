#include "daemon/terminal/print.h"
#include "workflow/base/moment.h"
#include "workflow/base/quote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ELLIPSIS         "..."
#define DEFAULT_COLUMNS  80
#define LINE_INDENT      4 /* of what follows the first line of a finding */
#define NARROWEST        40
#define LINE_SEPARATOR   0x2028
#define PARA_SEPARATOR   0x2029
#define REPLACEMENT      0xFFFD
#define HALF_A_YEAR_DAYS 183

/* Printable, and in one place: no control, format or unassigned character, no separator of lines.
 */
static bool is_visible(gunichar c)
{
    return g_unichar_isprint(c) && c != LINE_SEPARATOR && c != PARA_SEPARATOR;
}

char *imp_print_clean(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *clean = g_string_sized_new(strlen(valid));
    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (c == '\t' || c == '\n' || c == '\r') {
            if (clean->len > 0 && clean->str[clean->len - 1] != ' ')
                g_string_append_c(clean, ' ');
        } else {
            g_string_append_unichar(clean, is_visible(c) ? c : REPLACEMENT);
        }
    }
    return g_strstrip(g_string_free(clean, FALSE));
}

/* What most texts are made of: visible, and one column. */
static bool is_plain(char c)
{
    return c >= ' ' && c < 0x7f;
}

char *imp_print_path(const char *path)
{
    gsize length = strlen(path), ascii = 0;
    while (is_plain(path[ascii]) && path[ascii] != '\\')
        ascii++;
    bool plain = length > 0 && (ascii == length || g_utf8_validate(path, (gssize)length, NULL)) &&
                 !strchr(" \"", path[0]) && path[length - 1] != ' ';
    for (const char *at = path + ascii; plain && *at; at = g_utf8_next_char(at)) {
        gunichar c = is_plain(*at) ? (gunichar)*at : g_utf8_get_char(at);
        plain = c != '\\' && (is_plain(*at) || (is_visible(c) && !g_unichar_isspace(c)));
    }
    return plain ? g_strdup(path) : imp_path_quote(path);
}

static guint columns_of(gunichar c)
{
    return g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
}

guint imp_print_columns(const char *text)
{
    guint columns = 0;
    for (;; text = g_utf8_next_char(text)) {
        for (; is_plain(*text); text++)
            columns++;
        if (!*text)
            return columns;
        columns += columns_of(g_utf8_get_char(text));
    }
}

/* As much of the beginning as fits; combining characters stay with theirs. */
static const char *beginning(const char *text, guint columns)
{
    guint taken = 0;
    while (*text && taken + columns_of(g_utf8_get_char(text)) <= columns) {
        taken += columns_of(g_utf8_get_char(text));
        text = g_utf8_next_char(text);
    }
    return text;
}

char *imp_print_fit(const char *text, guint columns, bool keep_end)
{
    if (strlen(text) <= columns) /* no character takes more columns than bytes */
        return g_strdup(text);
    guint wanted = imp_print_columns(text);
    if (wanted <= columns)
        return g_strdup(text);
    guint room = columns > strlen(ELLIPSIS) ? columns - (guint)strlen(ELLIPSIS) : 0;
    if (!keep_end)
        return g_strdup_printf("%.*s" ELLIPSIS, (int)(beginning(text, room) - text), text);
    while (*text && (wanted > room || columns_of(g_utf8_get_char(text)) == 0)) {
        wanted -= columns_of(g_utf8_get_char(text));
        text = g_utf8_next_char(text);
    }
    return g_strconcat(ELLIPSIS, text, NULL);
}

void imp_print_padded(const char *text, guint columns)
{
    guint width = imp_print_columns(text);
    fputs(text, stdout);
    for (; width < columns; width++)
        putc_unlocked(' ', stdout);
}

void imp_print_wrapped(const char *text, guint indent, guint columns)
{
    imp_print_wrapped_to(stdout, text, indent, columns);
}

void imp_print_wrapped_to(FILE *to, const char *text, guint indent, guint columns)
{
    guint width = columns > indent + 20 ? columns - indent : 20;
    while (imp_print_columns(text) > width) {
        const char *end = beginning(text, width), *space = end;
        while (space > text && *space != ' ')
            space--;
        if (space > text)
            end = space;
        fprintf(to, "%.*s\n%*s", (int)(end - text), text, (int)indent, "");
        text = end + (*end == ' ');
    }
    fprintf(to, "%s\n", text);
}

static void append_escape(GString *line, gunichar c)
{
    if (c < 0x10000) {
        g_string_append_printf(line, "\\u%04x", c);
    } else { /* RFC 8259 section 7: a surrogate pair */
        g_string_append_printf(line, "\\u%04x\\u%04x", 0xD800 + ((c - 0x10000) >> 10),
                               0xDC00 + ((c - 0x10000) & 0x3FF));
    }
}

void imp_print_line(const char *text)
{
    const ImpScreen screen = imp_screen();
    if (screen.rows)
        imp_print_wrapped(text, LINE_INDENT, screen.columns);
    else
        puts(text);
}

void imp_print_json(const json_t *object)
{
    g_autofree char *text = imp_json_dump_line(object);
    const char *kept = text, *at = text;
    while (is_plain(*at))
        at++;
    if (!*at) {
        puts(text);
        return;
    }
    g_autoptr(GString) line = g_string_sized_new(strlen(text));
    for (; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (is_plain(*at) || is_visible(c))
            continue;
        g_string_append_len(line, kept, at - kept);
        append_escape(line, c); /* outside of strings JSON is ASCII */
        kept = g_utf8_next_char(at);
    }
    g_string_append(line, kept);
    puts(line->str);
}

char *imp_print_minute(gint64 moment_us)
{
    g_autofree char *text = imp_moment_format(moment_us);
    return g_strdup_printf("%.10s %.5s", text, text + strlen("2026-11-23T"));
}

char *imp_print_day(gint64 moment_us, gint64 now_us)
{
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    guint32 day = imp_moment_day(moment_us);
    const char *month = months[day / 100 % 100 - 1];
    if (ABS(moment_us - now_us) < HALF_A_YEAR_DAYS * IMP_DAY_US)
        return g_strdup_printf("%u %s", day % 100, month);
    return g_strdup_printf("%s %u", month, day / 10000);
}

char *imp_print_span(gint64 span_us)
{
    gint64 seconds = MAX(span_us, 0) / IMP_SECOND_US;
    if (seconds >= 86400)
        return g_strdup_printf("%" G_GINT64_FORMAT " d", seconds / 86400);
    if (seconds >= 3600)
        return g_strdup_printf("%" G_GINT64_FORMAT " h", seconds / 3600);
    if (seconds >= 60)
        return g_strdup_printf("%" G_GINT64_FORMAT " min", seconds / 60);
    return g_strdup_printf("%" G_GINT64_FORMAT " s", seconds);
}

/* False: not a terminal, or one that does not say. */
static bool read_size(int descriptor, struct winsize *size)
{
    return isatty(descriptor) && ioctl(descriptor, TIOCGWINSZ, size) == 0 && size->ws_col > 0;
}

guint imp_screen_error_columns(void)
{
    struct winsize size;
    return read_size(STDERR_FILENO, &size) ? MAX(size.ws_col, NARROWEST) : 0;
}

ImpScreen imp_screen(void)
{
    struct winsize size;
    ImpScreen screen = {.columns = DEFAULT_COLUMNS};
    if (!isatty(STDOUT_FILENO))
        return screen;
    if (read_size(STDOUT_FILENO, &size)) {
        screen.columns = MAX(size.ws_col, NARROWEST);
        screen.rows = size.ws_row;
    }
    const char *no_color = g_getenv("NO_COLOR"), *terminal = g_getenv("TERM");
    screen.colour = !(no_color && *no_color) && g_strcmp0(terminal, "dumb") != 0;
    return screen;
}

const char *imp_screen_style(const ImpScreen *screen, ImpStyle style)
{
    static const char *const sequences[] = {
        [IMP_STYLE_PLAIN] = "\033[0m", [IMP_STYLE_BOLD] = "\033[1m",
        [IMP_STYLE_FAINT] = "\033[2m", [IMP_STYLE_GOOD] = "\033[32m",
        [IMP_STYLE_WARN] = "\033[33m", [IMP_STYLE_BAD] = "\033[1;31m",
    };
    return screen->colour ? sequences[style] : "";
}
