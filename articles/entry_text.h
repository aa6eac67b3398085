#pragma once

#include "workflow/entry.h"

/* The message of a ledger commit (imprimatur-record(7), LEDGER): subject, empty line, trailers in
 * fixed order. */

/* The message for `entry`, whose event is not IMP_ENTRY_NONE; it ends in a newline. Without a
 * subject it is "PATH: EVENT", or "EVENT" where there is no article. State and Previous-State stand
 * there whenever there is an article. Text members become one line of UTF-8, so that no value can
 * forge a trailer. The caller frees. */
char *imp_entry_format(const ImpEntry *entry);

/* The strict inverse: reads `message` only if imp_entry_format would write exactly these bytes for
 * the entry returned (whose subject is the first line, and which has no decision object). Else NULL
 * and G_IO_ERROR_INVALID_DATA with a message that begins with "line N: ". */
ImpEntry *imp_entry_parse(const char *message, gsize length, GError **error);
