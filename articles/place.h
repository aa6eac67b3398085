#pragma once

#include "articles/repository.h"

/* Where the object lies: many objects are read fastest in the order of these numbers, since what
 * is a difference to another then follows it. 0: nobody knows. */
guint64 imp_repository_place(ImpRepository *repository, const char *id);
