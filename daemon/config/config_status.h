#pragma once

#include "daemon/config/config_values.h"

/* Reads the object `status` of the remote: the forge becomes an endpoint, which takes no events.
 * NULL: there is none. */
bool imp_config_read_status(const ImpConfigReading *reading, json_t *object, GError **error);
