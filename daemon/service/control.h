#pragma once

#include "daemon/control/control_act.h"
#include "notify/dispatcher.h"

/* The control socket: who may write to it can work on the queue of a running daemon (imprimatur(1),
 * FILES). Its place is `control` in the runtime directory that systemd gives, and then `control` in
 * the state directory is a link to it, so that a command in any shell finds it there; without a
 * runtime directory it is in the state directory itself. */

typedef struct ImpControl ImpControl;

/* Makes the socket, in place of one that a dead daemon left: the caller has the lock. Work on the
 * queue is done within the main loop, between passes; `dispatcher` is kicked afterwards, and sends
 * pings. Both live longer than this but for imp_dispatcher_stop(). */
ImpControl *imp_control_new(ImpWorkplace *place, ImpDispatcher *dispatcher,
                            const char *runtime_directory, ImpClock clock, GError **error);
/* Says to readers why the daemon cannot do its work; NULL: it can. */
void imp_control_set_trouble(ImpControl *control, const char *sentence);
/* Has `changed` called after the queue was changed. */
void imp_control_on_change(ImpControl *control, void (*changed)(gpointer data), gpointer data);
/* Removes the socket; whoever waits for an answer sees the end. */
void imp_control_free(ImpControl *control);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpControl, imp_control_free)

/* The event that a ping is. The caller frees. */
ImpEvent *imp_control_ping_event(const ImpWorkplace *place, const char *endpoint, gint64 now_us);
