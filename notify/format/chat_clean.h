#pragma once

#include <glib.h>
#include <stdbool.h>

/* Text that others wrote (titles, names, reasons), made fit to stand within one line of a chat
 * message in any format, before the format escapes its own markup. */

/* One line of valid UTF-8 of at most `max_chars` characters, what is longer cut with "…": white
 * space and control characters become single blanks; characters without a look of their own that
 * could hide or turn around others (bidirectional controls, zero-width ones, tags; the joiners of
 * scripts and emoji stay) are dropped, and piles of combining marks cut. A zero-width space at
 * each "@", ":" and "//" within a word and each dot within a name keeps a text from mentioning
 * somebody, from becoming a link or a picture, also in clients that look for names of hosts
 * ("www.example", "README.md") and shortcodes (":100:"). NULL is "". The caller frees. */
char *imp_chat_clean(const char *text, guint max_chars);

/* Cuts cleaned text further, in the same way. The caller frees. */
char *imp_chat_cut(const char *clean, guint max_chars);

/* Whether a command can be shown to be copied: all of it visible characters and single lines, no
 * "`", which ends a block of code in most markups, and at most `max_bytes`. */
bool imp_chat_can_be_code(const char *command, gsize max_bytes);
