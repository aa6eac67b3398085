#pragma once

#include "daemon/terminal/pager.h"
#include "daemon/verbs/verb.h"

/* The command line as it is read: what stands before the verb, the verb, its options. */

/* Reads the command line against a table of verbs (NULL-terminated) and fills the command, for the
 * caller to clear. Returns the verb to run, and its arguments in `arguments`, which the caller
 * frees; or NULL and the exit status, everything said: after --help, --version, or a mistake. */
const ImpVerb *imp_command_read(ImpCommand *command, const ImpVerb *const *verbs, char **argv,
                                char ***arguments, int *status);

void imp_command_clear(ImpCommand *command);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImpCommand, imp_command_clear)

/* What was given for an option of the verb: its text, borrowed, NULL where it was not given; or,
 * for one without a value, whether it was given. */
const char *imp_command_text(const ImpCommand *command, const char *option);

bool imp_command_has(const ImpCommand *command, const char *option);

/* The word that stands on the command line behind "--OPTION", as typed, borrowed; NULL: none. */
const char *imp_command_word_behind(const ImpCommand *command, const char *option);

/* The options that every verb takes, and that stand before it; the last is empty. */
const GOptionEntry *imp_command_general_options(void);

/* The verb that the first words name, NULL: none. */
const ImpVerb *imp_command_find_verb(const ImpVerb *const *verbs, char *const *words);

/* Begins a pager (imp_pager_begin()) in the clone that -C names; NULL also with --json or
 * --no-pager.
 */
ImpPager *imp_command_pager(const ImpCommand *command);
