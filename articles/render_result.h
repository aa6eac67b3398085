#pragma once

#include "articles/render.h"

/* The values beside the markup (articles/render.h), for the renderer to make. */

/* An empty result; `html` is for the caller to set. */
ImpRendered *imp_rendered_new(void);

/* What the page's list says of a source. */
ImpRenderedReference *imp_rendered_reference_new(const ImpReference *reference);

/* The part of an id that a heading's text, or the "#place" that leads to it, gives: as on GitHub,
 * letters, digits, "-" and "_", blanks as "-", in lower case; "section" if nothing remains. At most
 * 80 characters. The caller frees. */
char *imp_rendered_slug(const char *text);
