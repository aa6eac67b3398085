#pragma once

#include <glib.h>

/* 64 bits that stand for a path, and for the content of a file, where there are millions to keep.
 * That two have the same is so rare that it may make somebody a contributor too many, and never one
 * too few. */

/* Of a path (bytes as in git, no NUL needed): FNV-1a (draft-eastlake-fnv-17). That of a longer path
 * goes on from that of its beginning. */
guint64 imp_path_key(const char *path, gsize length);
guint64 imp_path_key_add(guint64 key, const char *more, gsize length);

/* Of an object's id: hex, or as bytes. */
guint64 imp_text_key(const char *hex);
guint64 imp_text_key_of_bytes(const unsigned char *id);
