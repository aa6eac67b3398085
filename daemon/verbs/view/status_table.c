#include "daemon/verbs/view/status_table.h"

#include <stdio.h>
#include <string.h>

/* The daily view: as much as fits a line of 80 columns, the path shortened from its beginning. In a
 * narrower terminal columns are left out before the path is. */

#define WAITING_COLUMNS 15
#define NUMBER_BYTES    12
#define CHUNK_BYTES     (64 * 1024)
#define PATH_COLUMNS    24 /* at least, as long as there is another column to leave out */

/* What a line says, as little of an article as is enough: there may be a hundred thousand. */
typedef struct {
    ImpStatusKey key;    /* its path is among the texts */
    const char *waiting; /* the cell: a literal, or among the texts */
    guint round, approvals, required;
    ImpState state;
    bool overdue;
} Kept;

struct ImpStatusTable {
    gint64 now_us;
    GArray *kept; /* of Kept */
    GStringChunk *texts;
};

ImpStatusTable *imp_status_table_new(gint64 now_us)
{
    ImpStatusTable *table = g_new0(ImpStatusTable, 1);
    table->now_us = now_us;
    table->kept = g_array_new(FALSE, FALSE, sizeof(Kept));
    table->texts = g_string_chunk_new(CHUNK_BYTES);
    return table;
}

void imp_status_table_free(ImpStatusTable *table)
{
    if (!table)
        return;
    g_array_unref(table->kept);
    g_string_chunk_free(table->texts);
    g_free(table);
}

guint imp_status_table_length(const ImpStatusTable *table)
{
    return table->kept->len;
}

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
    char *since, *due, *path;
    gint64 since_us; /* which `since` says */
} Row;

static void row_clear(Row *row)
{
    g_free(row->since);
    g_free(row->due);
    g_free(row->path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Row, row_clear)

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

static const char *waiting_cell(const ImpStatus *status, GStringChunk *texts)
{
    const char *first = status->waiting_for[0];
    if (!first)
        return "-";
    if (strcmp(first, "author") == 0)
        return status->article->problem ? "author: problem" : "author: changes";
    if (strcmp(first, "reviewer") == 0)
        return "any reviewer";
    g_autofree char *people = people_cell(status->waiting_for);
    return g_string_chunk_insert_const(texts, people);
}

void imp_status_table_add(ImpStatusTable *table, const ImpStatus *status)
{
    Kept kept = {.key = imp_status_key(status),
                 .waiting = waiting_cell(status, table->texts),
                 .round = status->article->round,
                 .approvals = status->review->approvals,
                 .required = status->review->required,
                 .state = status->article->state,
                 .overdue = status->overdue};
    kept.key.path = g_string_chunk_insert(table->texts, kept.key.path);
    g_array_append_val(table->kept, kept);
}

static int by_attention(gconstpointer a, gconstpointer b)
{
    return imp_status_compare(&((const Kept *)a)->key, &((const Kept *)b)->key);
}

void imp_status_table_sort(ImpStatusTable *table)
{
    g_array_sort(table->kept, by_attention);
}

static const char *due_cell(const Kept *kept, gint64 now_us, Row *row)
{
    const gint64 due_us = kept->key.due_us;
    if (!due_us)
        return "-";
    g_free(row->due);
    if (!kept->overdue) {
        row->due = imp_print_day(due_us, now_us);
        return row->due;
    }
    g_autofree char *span = imp_print_span(now_us - due_us);
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
static void fill(Row *row, const Kept *kept, gint64 now_us)
{
    g_snprintf(row->round, sizeof row->round, "%u", kept->round);
    g_snprintf(row->approvals, sizeof row->approvals, "%u/%u", kept->approvals, kept->required);
    row->cells[STATE] = imp_state_word(kept->state);
    row->cells[ROUND] = row->round;
    row->cells[APPROVALS] = kept->required ? row->approvals : "?";
    row->cells[WAITING] = kept->waiting;
    row->cells[SINCE] = since_cell(kept->key.since_us, now_us, row);
    row->cells[DUE] = due_cell(kept, now_us, row);
    row->styles[STATE] = style_of_state(kept->state);
    row->styles[WAITING] =
        g_str_has_prefix(kept->waiting, "author") ? IMP_STYLE_BAD : IMP_STYLE_PLAIN;
    row->styles[DUE] = kept->overdue ? IMP_STYLE_BAD : IMP_STYLE_PLAIN;
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

void imp_status_table_print(const ImpStatusTable *table, guint most, const ImpScreen *screen)
{
    g_auto(Row) row = {0};
    g_auto(Row) heading = {0};
    g_autoptr(GString) line = g_string_new(NULL);
    guint widths[CELLS] = {0}, shown = MIN(most, table->kept->len);
    if (shown == 0)
        return;
    fill_heading(&heading);
    measure(&heading, widths);
    for (guint i = 0; i < shown; i++) {
        fill(&row, &g_array_index(table->kept, Kept, i), table->now_us);
        measure(&row, widths);
    }
    leave_out(widths, screen);
    print_row(&heading, widths, screen, line);
    for (guint i = 0; i < shown; i++) {
        const Kept *kept = &g_array_index(table->kept, Kept, i);
        fill(&row, kept, table->now_us);
        fill_path(&row, kept->key.path);
        print_row(&row, widths, screen, line);
    }
}
