#include "daemon/terminal/table.h"

#include <stdio.h>

#define LAST_COLUMNS_MIN 10

typedef struct {
    char *text;
    ImpStyle style;
} Cell;

struct ImpTable {
    const ImpTableColumn *columns;
    guint count;
    GArray *cells; /* of Cell, row by row */
};

static void clear_cell(gpointer data)
{
    g_free(((Cell *)data)->text);
}

ImpTable *imp_table_new(const ImpTableColumn *columns, guint count)
{
    ImpTable *table = g_new0(ImpTable, 1);
    table->columns = columns;
    table->count = count;
    table->cells = g_array_new(false, false, sizeof(Cell));
    g_array_set_clear_func(table->cells, clear_cell);
    for (guint i = 0; i < count; i++)
        imp_table_add(table, g_strdup(columns[i].heading), IMP_STYLE_BOLD);
    return table;
}

void imp_table_free(ImpTable *table)
{
    if (!table)
        return;
    g_array_unref(table->cells);
    g_free(table);
}

void imp_table_add(ImpTable *table, char *text, ImpStyle style)
{
    Cell cell = {text, style};
    g_array_append_val(table->cells, cell);
}

static const Cell *cell_at(const ImpTable *table, guint row, guint column)
{
    return &g_array_index(table->cells, Cell, row * table->count + column);
}

static void print_cell(const char *text, guint columns, ImpStyle style, const ImpScreen *screen)
{
    bool plain = style == IMP_STYLE_PLAIN || !screen->colour;
    fputs(plain ? "" : imp_screen_style(screen, style), stdout);
    imp_print_padded(text, columns);
    fputs(plain ? "" : imp_screen_style(screen, IMP_STYLE_PLAIN), stdout);
}

static guint width_of(const ImpTable *table, guint rows, guint column)
{
    guint width = 0, most = table->columns[column].most;
    for (guint row = 0; row < rows; row++)
        width = MAX(width, imp_print_columns(cell_at(table, row, column)->text));
    return most ? MIN(width, most) : width;
}

/* The last one that is shown. */
static guint last_column(const ImpTable *table, const ImpScreen *screen)
{
    guint last = table->count - 1;
    while (last > 0 && screen->columns < table->columns[last].from)
        last--;
    return last;
}

static void print_row(const ImpTable *table, guint row, const guint *widths,
                      const ImpScreen *screen)
{
    guint used = 0, end = last_column(table, screen);
    for (guint i = 0; i <= end; i++) {
        const ImpTableColumn *column = &table->columns[i];
        const Cell *cell = cell_at(table, row, i);
        bool last = i == end;
        if (screen->columns < column->from)
            continue;
        guint room = !last                                       ? widths[i]
                     : screen->columns > used + LAST_COLUMNS_MIN ? screen->columns - used
                                                                 : LAST_COLUMNS_MIN;
        g_autofree char *fitted = imp_print_fit(cell->text, room, column->keep_end);
        print_cell(fitted, last ? 0 : room, cell->style, screen);
        fputs(last ? "\n" : " ", stdout);
        used += room + 1;
    }
}

void imp_table_print(const ImpTable *table, const ImpScreen *screen)
{
    guint rows = table->cells->len / table->count;
    g_autofree guint *widths = g_new0(guint, table->count);
    for (guint i = 0; i < table->count; i++)
        widths[i] = width_of(table, rows, i);
    for (guint row = 0; rows > 1 && row < rows; row++)
        print_row(table, row, widths, screen);
}
