#pragma once

#include <glib.h>

/* Text that others wrote (valid UTF-8) as XML that is well-formed in any place of its kind, with
 * nothing hidden: controls, bidirectional and zero-width characters stand there as their numbers.
 */

/* As the text of an element; a hidden character is <span class="hidden-character">U+202E</span>. */
void imp_markup_text(GString *out, const char *text, gsize length);

/* As the value of an attribute in double quotes, in one line; a hidden character is [U+202E]. */
void imp_markup_value(GString *out, const char *text, gsize length);
