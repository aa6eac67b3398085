#pragma once

#include "daemon/verbs/verb.h"

/* What --help prints: laid out for 80 columns, and again for a narrower terminal. */

/* About the command: its verbs (NULL-terminated), but for hidden ones, and the general options. */
void imp_help_print(const ImpVerb *const *verbs);

/* About one verb. */
void imp_help_print_verb(const ImpVerb *verb);
