#pragma once

#include "articles/git.h"

/* For articles/ alone: a pack of objects that are made here (gitformat-pack(5)). */

typedef struct {
    git_object_t type;
    GBytes *bytes;
    git_oid id;
} ImpPackObject;

/* Writes the objects (of ImpPackObject*, at most 2^32 - 1, each once) into the repository as one
 * pack with its index, which is there and durable when this returns true. Nothing of it is there
 * where it fails, or is stopped (articles/work.h). */
bool imp_pack_write(ImpRepository *repository, const GPtrArray *objects, GError **error);
