#pragma once

#include "daemon/config/config_values.h"

/* Reads one object of the list `endpoints` and adds it to the configuration. */
bool imp_config_read_endpoint(const ImpConfigReading *reading, json_t *object, GError **error);

/* What an endpoint and a forge have alike: a URL and what it may be, networks to allow, authorities
 * to trust. */
bool imp_config_read_place(const ImpConfigReading *reading, json_t *object, const char *key,
                           const ImpConfigPlace *place, ImpEndpoint *endpoint, GError **error);
