#pragma once

#include "daemon/door/hook.h"

/* The door's configuration, /etc/imprimatur/door.json (imprimatur.json(5), THE DOOR). */

#define IMP_DOOR_ERROR (imp_door_error_quark())
GQuark imp_door_error_quark(void);
typedef enum {
    IMP_DOOR_ERROR_INVALID, /* the file or the command line is wrong */
    IMP_DOOR_ERROR_SERVING, /* the server cannot be started */
} ImpDoorError;

typedef struct {
    char *name;
    bool has_hook;
    ImpHookFormat format;
    char *secret;   /* with has_hook: one or several */
    char *wake;     /* the path of the daemon's socket */
    bool questions; /* whether readers' questions are taken */
} ImpDoorRepository;

typedef struct {
    GHashTable *repositories; /* name -> ImpDoorRepository* */
} ImpDoorConfig;

/* Reads the file. `credentials_directory` is $CREDENTIALS_DIRECTORY or NULL. An error (FILE:LINE:
 * KEY: what is wrong) is of IMP_DOOR_ERROR_INVALID. */
ImpDoorConfig *imp_door_config_load(const char *path, const char *credentials_directory,
                                    GError **error);
void imp_door_config_free(ImpDoorConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpDoorConfig, imp_door_config_free)
