#pragma once

#include "daemon/config/config.h"
#include "workflow/base/json.h"

/* The parts of reading a configuration, for daemon/config/config.c. */

typedef struct {
    const ImpJsonFile *file;
    ImpConfig *config;                 /* being filled */
    const char *folder;                /* relative paths begin here */
    const char *credentials_directory; /* or NULL */
    bool secrets_wanted;
    bool unreadable_is_warned; /* of a secret that this user cannot read */
    bool others_can_read;      /* the configuration's own file */
} ImpConfigReading;

/* Where messages go, as it was written. */
typedef struct {
    const char *url;
    char **allow;
    const char *ca_file; /* or NULL */
} ImpConfigPlace;

/* The path that `path` means, absolute. The caller frees. */
char *imp_config_absolute(const ImpConfigReading *reading, const char *path);

/* Follows `credential:NAME` and `file:PATH` in the value `text` of `key` in `object` into *value;
 * any other text is the value itself, with a warning if others can read it here. The file's
 * trailing newlines are dropped. *value becomes NULL where this user cannot read it and that is
 * only warned of. *file, if given, becomes the path that was read, or NULL. The caller frees both.
 */
bool imp_config_resolve(const ImpConfigReading *reading, json_t *object, const char *key,
                        const char *text, char **value, char **file, GError **error);

/* Adds "FILE:LINE: KEY: MESSAGE" to the configuration's warnings. */
void imp_config_warn(const ImpConfigReading *reading, json_t *object, const char *key,
                     const char *message);

/* What is wrong with a URL of http or https, and what to do; NULL if nothing. Static. */
const char *imp_config_url_fault(const char *url);

/* What is wrong with a branch's name by git-check-ref-format(1), and what to do; NULL if nothing.
 * Static. */
const char *imp_config_branch_fault(const char *name);
