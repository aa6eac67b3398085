#pragma once

#include <glib.h>
#include <stdbool.h>

/* What the door hands to a daemon: one datagram to its socket "wake", a line of JSON.
 *
 *     {"schema": 1, "wake": "hook", "commit": "3f2a..." or null}
 *     {"schema": 1, "question": "...", "article": "content/a.md"}
 */

/* Sends a wake-up; `commit` is the new tip that the hook names, or NULL. Never waits: a daemon that
 * has not yet read what came before is awake anyhow, and that is success. False: nobody listens
 * there, and errno says why. */
bool imp_wake_send(const char *socket_path, const char *commit);

/* Sends a reader's question about an article, by its path; both are UTF-8. False as above, and also
 * where the daemon does not read. */
bool imp_wake_ask(const char *socket_path, const char *article, const char *question);
