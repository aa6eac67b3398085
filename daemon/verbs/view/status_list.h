#pragma once

#include "daemon/verbs/view/status_view.h"

/* Many articles: a line for each that is wanted, or figures about them. Both return the exit
 * status. */
int imp_status_list_show(ImpStatusView *view);
int imp_status_list_show_figures(ImpStatusView *view);
