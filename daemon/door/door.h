#pragma once

#include "daemon/door/door_config.h"

/* The server. It listens on one socket, a Unix socket or one of the loopback, behind the web server
 * that has the TLS, and answers
 *
 *     POST /hooks/NAME       202, or 401, 404, 405, 413, 415, 429
 *     POST /questions/NAME   202, or 400, 404, 405, 413, 415, 429, 503
 *     GET /healthz           200
 *
 * (imprimatur.json(5), THE DOOR). A hook is a wake-up and never data. */
typedef struct ImpDoor ImpDoor;

/* Serves on `socket`, which listens and which it closes in the end, in the thread's default main
 * context. `config` is borrowed. An error is of IMP_DOOR_ERROR_SERVING. */
ImpDoor *imp_door_new(const ImpDoorConfig *config, int socket, GError **error);
void imp_door_free(ImpDoor *door);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpDoor, imp_door_free)
