#pragma once

#include "daemon/verbs/check/check_files.h"

/* Warns of published articles that what is checked takes away, or moves. */
void imp_check_removals(ImpChecking *checking, GPtrArray *changes);
