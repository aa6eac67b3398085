#pragma once

#include "daemon/terminal/print.h"
#include "workflow/entry.h"

/* Ledger entries for people. */

/* What happened, in one clean line: "onc2 approved: Under Review -> Approved, until 2027-11-23".
 * The caller frees. */
char *imp_entry_sentence(const ImpEntry *entry);

/* What the author of its decision gave as the reason, as written; NULL where there is none. The
 * caller frees. */
char *imp_entry_reason(const ImpEntry *entry);

/* Prints the entry, indented: its moment and sentence, with `with_article` the article, and the
 * reason's first line. */
void imp_entry_print(const ImpEntry *entry, bool with_article, guint indent,
                     const ImpScreen *screen);

/* The entry as a line of JSON: its trailers in their order, with `oid`. */
json_t *imp_entry_json(const char *oid, const ImpEntry *entry);
