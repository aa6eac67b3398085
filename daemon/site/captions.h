#pragma once

#include <glib.h>

/* What a site says to readers, in the language of the policy where it is known, else in English. */

/* The language of the captions of a site whose policy says `tag` (BCP 47; NULL: nothing): a tag,
 * static. */
const char *imp_caption_language(const char *tag);

/* The caption in that language; static, or `english` itself. */
const char *imp_caption(const char *language, const char *english);

/* The same, in which each name of the pairs behind it ("{day}", until NULL) is replaced by its
 * value. The caller frees. */
char *imp_caption_fill(const char *language, const char *english, ...) G_GNUC_NULL_TERMINATED;

/* "23 November 2026": a day as yyyymmdd. The caller frees. */
char *imp_caption_day(const char *language, guint32 day);
