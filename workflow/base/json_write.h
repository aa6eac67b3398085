#pragma once

#include "workflow/base/json.h"

/* Members of a JSON object that is being made. A member that is there already is replaced. A key is
 * a literal in UTF-8; text is made valid UTF-8. Where something is not known, the member is null:
 * programs find every key. */

/* NULL is null. */
void imp_json_set_text(json_t *object, const char *key, const char *text);
void imp_json_set_number(json_t *object, const char *key, gint64 number);
/* 0 is null. */
void imp_json_set_number_or_null(json_t *object, const char *key, gint64 number);
void imp_json_set_flag(json_t *object, const char *key, bool flag);
/* As imp_moment_format() writes it; 0 is null. */
void imp_json_set_moment(json_t *object, const char *key, gint64 moment_us);
