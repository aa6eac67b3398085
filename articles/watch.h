#pragma once

#include <glib.h>
#include <stdbool.h>

/* Tells when refs of a repository may have moved, by inotify(7) on its refs folders and
 * packed-refs. While there is no repository yet, the folder is watched in which it would appear.
 * Being told too often is fine; the poll of the loop is the safety net for what no event tells
 * (network file systems). */

typedef struct ImpWatch ImpWatch;

/* `changed` is called from the main context, once for any number of events. Returns NULL with an
 * error where inotify is not to be had. */
ImpWatch *imp_watch_new(void (*changed)(gpointer data), gpointer data, GError **error);
void imp_watch_free(ImpWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpWatch, imp_watch_free)

/* Watches the repository whose refs are in `git_directory`, or, with NULL, the place `path` where
 * one is awaited. Call it before reading the refs: what moves afterwards is told. Cheap when
 * nothing is new. */
void imp_watch_look(ImpWatch *watch, const char *git_directory, const char *path);
