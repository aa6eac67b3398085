#pragma once

#include "daemon/verbs/view/status_view.h"

/* Stays, and tells what changes, on a terminal by `show`, which begins the view again. Returns the
 * exit status. */
int imp_status_watch_follow(ImpStatusView *view, void (*show)(ImpStatusView *view));
