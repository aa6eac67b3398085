#pragma once

#include "daemon/verbs/check/check_files.h"

/* Warns of what front matter names and there is not, or nearly is. */
void imp_check_front_matter(ImpChecking *checking, const char *path, const ImpDocument *document);
