#pragma once

#include "notify/status.h"

/* What is stored in the outbox of a status in the format of its endpoint: a line with how
 * and the place below the endpoint's URL that it goes to, and then the body. `context` names the
 * status there; `url` is a page for people, or NULL. What is too long for the forge is cut. */
GBytes *imp_status_render(ImpFormat format, const ImpStatus *status, const char *context,
                          const char *url);

/* The same for a check run that is there already, instead of a new one. */
GBytes *imp_status_of_run(GBytes *stored, gint64 run);
