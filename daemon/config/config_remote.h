#pragma once

#include "daemon/config/config_values.h"

/* The path of a secret that another program reads, or that is read each time, in the place of
 * what the configuration says. */
bool imp_config_find_secret(const ImpConfigReading *reading, json_t *object, const char *key,
                            char **text, GError **error);

/* Reads the object `remote` into the configuration, and whatever hangs together with it: the
 * repository becomes the mirror where none is named. NULL: there is no remote. */
bool imp_config_read_remote(const ImpConfigReading *reading, json_t *object, GError **error);

void imp_config_remote_free(ImpConfigRemote *remote);
