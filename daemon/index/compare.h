#pragma once

#include "articles/difference.h"
#include "articles/repository.h"
#include "workflow/policy.h"

/* Compares two texts of an article by their versions (hex ids), with the policy's terms (`policy`
 * may be NULL). Fails where one of them cannot be read, and where it is larger than `max_bytes`. */
ImpDifference *imp_compare_versions(ImpRepository *repository, const char *before,
                                    const char *after, const ImpPolicy *policy, gsize max_bytes,
                                    GError **error);

/* The same with a text that is at hand. */
ImpDifference *imp_compare_with(ImpRepository *repository, const char *before, const char *text,
                                gsize length, const ImpPolicy *policy, GError **error);
