#pragma once

#include <glib.h>

/* systemd hands a unit copies of its credentials when it starts: what was changed since is not
 * known to it. The files, of `char *`, beside the configuration at `path` that are not as its
 * running unit got them; empty where none is, where no unit reads that file or runs, and for
 * whoever may not look (all but root). The caller frees. */
GPtrArray *imp_config_changed_credentials(const char *path);
