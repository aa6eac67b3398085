#pragma once

#include <glib.h>

/* What a language calls itself ("Deutsch", "Português (BR)"); a tag (BCP 47) that is not known is
 * its own name. The caller frees. */
char *imp_site_language_name(const char *tag);
