#pragma once

#include "daemon/config/config_values.h"

void imp_config_site_free(ImpConfigSite *site);

/* Reads the value, an object or a list of objects (NULL: none), into config->sites. */
bool imp_config_read_sites(const ImpConfigReading *reading, json_t *value, GError **error);
