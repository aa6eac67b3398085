#pragma once

#include "daemon/verbs/view/reader.h"
#include "workflow/base/json.h"

/* What of an article is published, whatever has happened to its text since: which version, by whom
 * it was approved, and until when. */

/* "this text, approved by Oncologist One (onc1), until ... UTC"; empty where nothing is published.
 * NULL only with an error. The caller frees. */
char *imp_published_text(const ImpReader *reader, const ImpArticle *article, GError **error);

/* {"version", "at", "by": [id ...], "valid_until"}, or null. NULL only with an error. */
json_t *imp_published_json(const ImpReader *reader, const ImpArticle *article, GError **error);
