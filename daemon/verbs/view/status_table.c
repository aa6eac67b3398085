#include "daemon/control/control_request.h"
#include "daemon/verbs/queue/queue.h"
#include "daemon/verbs/view/status.h"
#include "daemon/verbs/view/uncounted.h"

#include <stdio.h>
#include <string.h>

/* The daily view: as much as fits a line of 80 columns, the path shortened from its beginning. In a
 * narrower terminal columns are left out before the path is. */

#define WAITING_COLUMNS 15
#define UNCOUNTED_SHOWN 5
#define NUMBER_BYTES    12
#define PATH_COLUMNS    24 /* at least, as long as there is another column to leave out */

enum { STATE, ROUND, APPROVALS, WAITING, SINCE, DUE, PATH, CELLS };

static const char *const headings[CELLS] = {"STATE", "RND", "OK",     "WAITING FOR",
                                            "SINCE", "DUE", "ARTICLE"};

/* A line of the table. There is one, which is filled again for each article: most of its cells are
 * words, numbers and days that many share. */
typedef struct {
    const char *cells[CELLS]; /* borrowed, or among the members below */
    guint columns[CELLS];     /* that each takes */
    ImpStyle styles[CELLS];
    char round[NUMBER_BYTES], approvals[2 * NUMBER_BYTES];
    char *people, *since, *due, *path;
    gint64 since_us; /* which `since` says */
} Row;

static void row_clear(Row *row)
{
    g_free(row->people);
    g_free(row->since);
    g_free(row->due);
    g_free(row->path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Row, row_clear)

static char *put_number(char *to, guint number)
{
    if (number >= 10)
        to = put_number(to, number / 10);
    *to = (char)('0' + number % 10);
    to[1] = '\0';
    return to + 1;
}

/* As many people as there is room for, and the number of the others. */
static char *people_cell(char *const *people)
{
    g_autofree char *all = g_strjoinv(", ", (char **)people);
    g_autofree char *clean = imp_print_clean(all);
    guint others = g_strv_length((char **)people) - 1;
    if (imp_print_columns(clean) <= WAITING_COLUMNS || others == 0)
        return imp_print_fit(clean, WAITING_COLUMNS, false);
    g_autofree char *rest = g_strdup_printf(" +%u", others);
    g_autofree char *first = imp_print_clean(people[0]);
    g_autofree char *fitted = imp_print_fit(first, WAITING_COLUMNS - (guint)strlen(rest), false);
    return g_strconcat(fitted, rest, NULL);
}

static const char *waiting_cell(const ImpStatus *status, Row *row)
{
    const char *first = status->waiting_for[0];
    if (!first)
        return "-";
    if (strcmp(first, "author") == 0)
        return status->article->problem ? "author: problem" : "author: changes";
    if (strcmp(first, "reviewer") == 0)
        return "any reviewer";
    g_free(row->people);
    row->people = people_cell(status->waiting_for);
    return row->people;
}

static const char *due_cell(const ImpStatus *status, gint64 now_us, Row *row)
{
    if (!status->due_us)
        return "-";
    g_free(row->due);
    if (!status->overdue) {
        row->due = imp_print_day(status->due_us, now_us);
        return row->due;
    }
    g_autofree char *span = imp_print_span(now_us - status->due_us);
    g_auto(GStrv) parts = g_strsplit(span, " ", 2); /* "3 d" takes a column less as "3d" */
    row->due = g_strdup_printf("%s%s late", parts[0], parts[1]);
    return row->due;
}

static const char *since_cell(gint64 since_us, gint64 now_us, Row *row)
{
    if (row->since && row->since_us == since_us)
        return row->since;
    g_free(row->since);
    row->since = imp_print_day(since_us, now_us);
    row->since_us = since_us;
    return row->since;
}

static ImpStyle style_of_state(ImpState state)
{
    return state == IMP_STATE_APPROVED       ? IMP_STYLE_GOOD
           : state == IMP_STATE_UNDER_REVIEW ? IMP_STYLE_WARN
                                             : IMP_STYLE_PLAIN;
}

/* All but the path, of which the width does not matter. */
static void fill(Row *row, const ImpStatus *status, gint64 now_us)
{
    const ImpArticle *article = status->article;
    put_number(row->round, article->round);
    char *end = put_number(row->approvals, status->review->approvals);
    *end = '/';
    put_number(end + 1, status->review->required);
    row->cells[STATE] = imp_state_word(article->state);
    row->cells[ROUND] = row->round;
    row->cells[APPROVALS] = status->review->required ? row->approvals : "?";
    row->cells[WAITING] = waiting_cell(status, row);
    row->cells[SINCE] = since_cell(article->since_us, now_us, row);
    row->cells[DUE] = due_cell(status, now_us, row);
    row->styles[STATE] = style_of_state(article->state);
    row->styles[WAITING] =
        g_str_has_prefix(row->cells[WAITING], "author") ? IMP_STYLE_BAD : IMP_STYLE_PLAIN;
    row->styles[DUE] = status->overdue ? IMP_STYLE_BAD : IMP_STYLE_PLAIN;
    for (int i = 0; i < PATH; i++)
        row->columns[i] = imp_print_columns(row->cells[i]);
}

static void fill_path(Row *row, const char *path)
{
    g_free(row->path);
    row->path = imp_print_path(path);
    row->cells[PATH] = row->path;
}

static void fill_heading(Row *row)
{
    for (int i = 0; i < CELLS; i++) {
        row->cells[i] = headings[i];
        row->columns[i] = (guint)strlen(headings[i]);
        row->styles[i] = IMP_STYLE_BOLD;
    }
}

static void append_cell(GString *line, const char *text, ImpStyle style, const ImpScreen *screen)
{
    const char *begin = style == IMP_STYLE_PLAIN ? "" : imp_screen_style(screen, style);
    if (*begin)
        g_string_append(line, begin);
    g_string_append(line, text);
    if (*begin)
        g_string_append(line, imp_screen_style(screen, IMP_STYLE_PLAIN));
}

static void print_row(const Row *row, const guint widths[CELLS], const ImpScreen *screen,
                      GString *line)
{
    guint used = 0;
    g_string_truncate(line, 0);
    for (int i = 0; i < PATH; i++) {
        if (widths[i] == 0)
            continue;
        append_cell(line, row->cells[i], row->styles[i], screen);
        for (guint column = row->columns[i]; column <= widths[i]; column++)
            g_string_append_c(line, ' ');
        used += widths[i] + 1;
    }
    guint room = screen->columns > used + 10 ? screen->columns - used : 10;
    g_autofree char *path = imp_print_fit(row->cells[PATH], room, true);
    append_cell(line, path, row->styles[PATH], screen);
    g_string_append_c(line, '\n');
    fwrite(line->str, 1, line->len, stdout);
}

/* A column that is left out has no width. */
static void leave_out(guint widths[CELLS], const ImpScreen *screen)
{
    static const int order[] = {ROUND, SINCE, DUE, APPROVALS};
    guint used = 0;
    for (int i = 0; i < PATH; i++)
        used += widths[i] + 1;
    for (gsize i = 0; i < G_N_ELEMENTS(order) && used + PATH_COLUMNS > screen->columns; i++) {
        used -= widths[order[i]] + 1;
        widths[order[i]] = 0;
    }
}

static void measure(const Row *row, guint widths[CELLS])
{
    for (int i = 0; i < PATH; i++)
        widths[i] = MAX(widths[i], row->columns[i]);
}

void imp_status_print_table(GPtrArray *statuses, gint64 now_us, const ImpScreen *screen)
{
    g_auto(Row) row = {0};
    g_auto(Row) heading = {0};
    g_autoptr(GString) line = g_string_new(NULL);
    guint widths[CELLS] = {0};
    if (statuses->len == 0)
        return;
    fill_heading(&heading);
    measure(&heading, widths);
    for (guint i = 0; i < statuses->len; i++) {
        fill(&row, statuses->pdata[i], now_us);
        measure(&row, widths);
    }
    leave_out(widths, screen);
    print_row(&heading, widths, screen, line);
    for (guint i = 0; i < statuses->len; i++) {
        const ImpStatus *status = statuses->pdata[i];
        fill(&row, status, now_us);
        fill_path(&row, status->article->path);
        print_row(&row, widths, screen, line);
    }
}

static void warn(const ImpScreen *screen, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void warn(const ImpScreen *screen, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *clean = imp_print_clean(text);
    printf("%sWARNING%s ", imp_screen_style(screen, IMP_STYLE_BAD),
           imp_screen_style(screen, IMP_STYLE_PLAIN));
    imp_print_wrapped(clean, (guint)strlen("WARNING "), screen->columns);
}

void imp_status_print_warnings(const ImpReader *reader, const ImpScreen *screen)
{
    if (reader->diverged)
        warn(screen, "Nothing is decided: %s.", reader->diverged);
    if (!reader->policy_version)
        warn(screen, "No policy is in force yet, so nothing is an article%s%s.",
             reader->policy_rejected ? ": " : "",
             reader->policy_rejected ? reader->policy_rejected : "");
    else if (reader->policy_rejected)
        warn(screen, "The policy at the tip is rejected, number %u stays in force: %s.",
             reader->policy_version, reader->policy_rejected);
    g_autofree char *lacking = imp_reader_lacking_policy(reader);
    if (lacking)
        warn(screen, "Approvals cannot be counted: %s.", lacking);
    if (!reader->verified)
        warn(screen, "Signatures are off: whoever may push can decide in anybody's name.");
}

/* Two polls that hooks made rare. */
#define FETCH_PATIENCE_US (900 * IMP_SECOND_US)

static void warn_of_remote(const ImpReader *reader, gint64 now_us, const ImpScreen *screen)
{
    if (reader->fetched_us && now_us > reader->fetched_us + FETCH_PATIENCE_US) {
        g_autofree char *span = imp_print_span(now_us - reader->fetched_us);
        warn(screen, "The remote was fetched %s ago for the last time, so nothing below is newer.",
             span);
    }
    if (reader->unpushed)
        warn(screen, "The remote does not have %s yet.", reader->unpushed);
}

void imp_status_warn_of_silence(const ImpReader *reader, gint64 now_us, const ImpScreen *screen)
{
    warn_of_remote(reader, now_us, screen);
    if (!reader->silent_since_us)
        return;
    g_autofree char *span = imp_print_span(now_us - reader->silent_since_us);
    warn(screen,
         "The daemon has not looked for %s, so nothing below is newer: systemctl status "
         "imprimatur@%s",
         span, reader->name);
}

void imp_status_warn_of_uncounted(ImpReader *reader, const char *path, gint64 now_us,
                                  const ImpScreen *screen)
{
    g_autoptr(GPtrArray) found = imp_uncounted_find(reader, now_us);
    guint shown = 0;
    for (guint i = 0; i < found->len; i++) {
        const ImpUncounted *uncounted = found->pdata[i];
        if (!imp_uncounted_concerns(uncounted, path))
            continue;
        if (shown++ < UNCOUNTED_SHOWN)
            warn(screen, "Not counted: %s", uncounted->sentence);
    }
    if (shown > UNCOUNTED_SHOWN)
        warn(screen, "%u more are not counted either.", shown - UNCOUNTED_SHOWN);
}

void imp_status_warn_of_deliveries(const ImpReader *reader, gint64 now_us, const ImpScreen *screen)
{
    gint64 dead = 0;
    if (reader->trouble)
        warn(screen, "The daemon cannot do its work: %s.", reader->trouble);
    g_autoptr(GPtrArray) views =
        reader->daemons ? imp_outbox_endpoints(reader->database, NULL) : NULL;
    for (guint i = 0; views && i < views->len; i++) {
        const ImpEndpointView *view = views->pdata[i];
        bool matters = imp_endpoint_health(view, now_us) >= IMP_ENDPOINT_OPEN;
        g_autofree char *advice = matters && imp_control_endpoint(reader->config, view->name)
                                      ? imp_queue_advice(view, now_us)
                                      : NULL;
        dead += view->dead;
        if (advice)
            warn(screen, "%s", advice);
    }
    if (dead)
        warn(screen, "%" G_GINT64_FORMAT " message%s given up: imprimatur deliveries list", dead,
             dead == 1 ? " was" : "s were");
}

static void append_count(GString *text, const char *before, guint count, const char *what)
{
    if (count > 0)
        g_string_append_printf(text, "%s%u %s", before, count, what);
}

static void append_states(GString *text, GPtrArray *all)
{
    guint counts[IMP_STATE_APPROVED + 1] = {0}, overdue = 0, authors = 0;
    for (guint i = 0; i < all->len; i++) {
        const ImpStatus *status = all->pdata[i];
        counts[status->article->state]++;
        overdue += status->overdue;
        authors += g_strcmp0(status->waiting_for[0], "author") == 0;
    }
    g_string_append_printf(text, "%u article%s: %u Submitted, %u Under Review, %u Approved",
                           all->len, all->len == 1 ? "" : "s", counts[IMP_STATE_SUBMITTED],
                           counts[IMP_STATE_UNDER_REVIEW], counts[IMP_STATE_APPROVED]);
    append_count(text, "; ", overdue, "overdue");
    append_count(text, "; ", authors, "waiting for the author");
}

void imp_status_print_summary(const ImpReader *reader, GPtrArray *all, guint shown, gint64 now_us,
                              const ImpScreen *screen)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (reader->name)
        g_string_append_printf(text, "%s: ", reader->name);
    if (shown < all->len)
        g_string_append_printf(text, "%u shown of ", shown);
    append_states(text, all);
    if (reader->policy_version)
        g_string_append_printf(text, "; policy %u", reader->policy_version);
    if (reader->pass_at_us) {
        g_autofree char *age = imp_print_span(now_us - reader->pass_at_us);
        g_string_append_printf(text, "; looked at %s ago", age);
    } else if (reader->ledger) {
        g_autofree char *at = imp_print_minute(reader->ledger_at_us);
        g_string_append_printf(text, "; ledger of %s", at);
    }
    append_count(text, "; ", reader->undelivered > 0 ? (guint)reader->undelivered : 0,
                 reader->undelivered == 1 ? "message not delivered yet"
                                          : "messages not delivered yet");
    g_autofree char *clean = imp_print_clean(text->str);
    imp_print_wrapped(clean, 2, screen->columns);
}
