#pragma once

#include "daemon/verbs/verb.h"

/* What --help prints: laid out for 80 columns, and again for a narrower terminal. */

/* About the command: its verbs (NULL-terminated), but for hidden ones, and the options that stand
 * before a verb, of which the last is empty. */
void imp_help_print(const ImpVerb *const *verbs, const GOptionEntry *general);

/* About one verb. */
void imp_help_print_verb(const ImpVerb *verb, const GOptionEntry *general);
