#pragma once

#include "daemon/terminal/table.h"
#include "daemon/verbs/queue/queue.h"

/* A delivery as operators read it. `views` (of ImpEndpointView*) is what is known of endpoints. */

/* Its line with --json, without the body. The caller owns it. */
json_t *imp_delivery_json(const ImpQueue *queue, const ImpQueued *queued, GPtrArray *views);

/* A table with a row for each. */
ImpTable *imp_delivery_table_new(void);
void imp_delivery_table_add(ImpTable *table, const ImpQueued *queued, gint64 now_us);

/* Prints all of one, with its body: for people or, with --json, as a line. */
void imp_delivery_print(const ImpQueue *queue, const ImpQueued *queued, GPtrArray *views);
