#pragma once

#include <glib.h>
#include <stdbool.h>

/* An error on its way up is handed on as it is, or said in the words of whoever hands it on. */

/* Puts what the format gives, and ": ", before the message of the error that a call has left in
 * *error, and makes it one of this domain. Returns false. */
bool imp_fault_reword(GError **error, GQuark domain, int code, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
