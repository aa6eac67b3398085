#pragma once

#include <glib.h>
#include <stdbool.h>

/* The user's own git, for what is the user's to do: signing (agents, hardware keys,
 * gpg.ssh.program, pass phrases), pushing, showing a difference. It has the terminal; what it says
 * on standard error is for the user to read. */

/* Runs git in `directory` with `arguments` (NULL-terminated, without "git"). Returns what it
 * printed, without the last newline; the caller frees. An exit status other than 0 is an error,
 * "git VERB failed", after git's own words. */
char *imp_user_git(const char *directory, const char *const *arguments, GError **error);
/* The same for what has NULs in it: a final newline stays, one more NUL ends it, and `size` (or
 * NULL) is the length without that. */
char *imp_user_git_bytes(const char *directory, const char *const *arguments, gsize *size,
                         GError **error);

/* Whether git works in the directory at all: it refuses one that belongs to another user
 * (git-config(1), safe.directory). If not, git itself has said why, and what to type. */
bool imp_user_git_works(const char *directory, GError **error);

/* The signature that git would put on a commit now, "author" or "committer": "Name <address>
 * 1763889247 +0000". NULL where git does not know who the user is, which it has said. */
char *imp_user_git_identity(const char *directory, const char *role, GError **error);

/* Has the user edit `text` with git's editor, and returns it without lines that begin with "#" and
 * without blanks at its ends; the caller frees. */
char *imp_user_git_edit(const char *directory, const char *text, GError **error);

/* Whether somebody can be asked: standard input and output are terminals. */
bool imp_user_is_here(void);

/* Asks on the terminal, on standard error; returns the line typed without blanks at its ends, "" at
 * the end of input. The caller frees. */
char *imp_user_ask(const char *question);
