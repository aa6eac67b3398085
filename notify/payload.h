#pragma once

#include "notify/event.h"
#include "workflow/base/json.h"

/* The body of format `standard` (imprimatur.json(5), THE MESSAGE): one line of JSON, all keys
 * always and in their order, null where they do not apply. At most IMP_BODY_MAX_BYTES: what is too
 * long is cut, the reason first, then title, command, decisions and what else others control, each
 * with the mark "… [cut]" at its end (a link that would have to be cut is null). Text that is not
 * valid UTF-8 is made so, with U+FFFD; a path is C-quoted instead, as git does, so that two paths
 * never look the same. The same event always gives the same bytes. */
GBytes *imp_payload_render(const ImpEvent *event);

/* The article as in every message: {"id", "path", "title", "version", "url"}. A title of NULL is
 * the path. */
json_t *imp_payload_article_json(const char *path, const char *title, const char *version,
                                 const char *url);

/* Where the review stands: {"approvals", "required", "decisions", "requested", "respond_by",
 * "review_by", "valid_until"}; null for NULL. */
json_t *imp_payload_review_json(const ImpReview *review);
