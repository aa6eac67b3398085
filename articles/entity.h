#pragma once

#include <glib.h>

/* The character that a reference of HTML stands for: "&nbsp;" (the names of HTML 4.01), "&#8805;",
 * "&#x2265;"; `text` is all of it, with "&" and ";". U+FFFD for a number that is not a character, 0
 * for a name that is not known, and for what is not a reference. */
gunichar imp_entity_decode(const char *text, gsize length);
