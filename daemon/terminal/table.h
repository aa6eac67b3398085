#pragma once

#include "daemon/terminal/print.h"

/* A table for people: a line for each row, within the width of the screen. */

typedef struct {
    const char *heading;
    guint most; /* columns of the screen that it takes at most; 0: as its cells need. The last one
                   takes the rest */
    guint from; /* shown on screens of at least so many columns */
    bool keep_end; /* what is too long is cut at its beginning */
} ImpTableColumn;

typedef struct ImpTable ImpTable;

/* `columns` outlive the table. */
ImpTable *imp_table_new(const ImpTableColumn *columns, guint count);
void imp_table_free(ImpTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpTable, imp_table_free)

/* Adds the next cell, of the next row after the last column. Takes the text, which is clean
 * (imp_print_clean()). */
void imp_table_add(ImpTable *table, char *text, ImpStyle style);

/* Prints the headings and all rows; nothing where there are none. */
void imp_table_print(const ImpTable *table, const ImpScreen *screen);
