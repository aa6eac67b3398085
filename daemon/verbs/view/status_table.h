#pragma once

#include "daemon/verbs/view/status.h"

/* The table of `imprimatur status`: of each article what its line says, and no more. */

typedef struct ImpStatusTable ImpStatusTable;

ImpStatusTable *imp_status_table_new(gint64 now_us);
void imp_status_table_free(ImpStatusTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpStatusTable, imp_status_table_free)

/* Takes from the status what is needed of it. */
void imp_status_table_add(ImpStatusTable *table, const ImpStatus *status);
guint imp_status_table_length(const ImpStatusTable *table);

/* Orders the lines by what needs attention first, as imp_status_sort_by_attention() does. */
void imp_status_table_sort(ImpStatusTable *table);

/* Prints a heading and the first `most` lines; of none, nothing. */
void imp_status_table_print(const ImpStatusTable *table, guint most, const ImpScreen *screen);
