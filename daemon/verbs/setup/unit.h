#pragma once

#include <glib.h>
#include <stdbool.h>

/* What systemd says of a unit. */

typedef struct {
    bool loaded, enabled, active;
    bool failed;    /* or about to be tried again */
    char *state;    /* "active", "inactive", "failed", "activating" */
    bool given_up;  /* it was started too often, and is not started again */
    int status;     /* the last exit status of its main process */
    guint restarts; /* by systemd, since somebody started it */
    char *said;     /* the last line in the journal by its processes, since its start; NULL: none */
} ImpUnit;

/* Asks systemctl and journalctl about the unit `name`; NULL where systemd does not run here. */
ImpUnit *imp_unit_ask(const char *name);
void imp_unit_free(ImpUnit *unit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpUnit, imp_unit_free)
