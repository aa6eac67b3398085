#pragma once

#include <glib.h>

/* Where g_warning() and g_message() go: a writer for g_log_set_writer_func(), with the program's
 * name as its data. To the journal, with its fields, where standard error is one, else a line
 * "NAME: MESSAGE" on standard error. Either way a message is one clean line, whoever's words are in
 * it (imp_print_clean()). What is said for debugging alone is left out. */
GLogWriterOutput imp_log_write(GLogLevelFlags level, const GLogField *fields, gsize count,
                               gpointer program);
