#pragma once

#include "articles/difference.h"
#include "articles/repository.h"
#include "workflow/article.h"

/* Compares two texts of an article by their versions (hex ids), with the policy's terms (`policy`
 * may be NULL). Fails where one of them cannot be read, and where it is larger than `max_bytes`. */
ImpDifference *imp_compare_versions(ImpRepository *repository, const char *before,
                                    const char *after, const ImpPolicy *policy, gsize max_bytes,
                                    GError **error);

/* The same with a text that is at hand. */
ImpDifference *imp_compare_with(ImpRepository *repository, const char *before, const char *text,
                                gsize length, const ImpPolicy *policy, GError **error);

/* What whoever the entry asks must not miss. A pure function of both texts and the policy; NULL
 * where no text was approved, or one of them is too large to be compared in a pass, or is gone. */
ImpChanges *imp_compare_for_request(ImpRepository *repository, const ImpPolicy *policy,
                                    const ImpEntry *entry, const ImpArticle *after);
