#pragma once

#include "workflow/reference.h"

/* Finds citations in Markdown, as Pandoc writes them: "[@id]", "[see @id, p. 3; -@other]", "@id",
 * "@{any id}" (imprimatur-record(7), REFERENCES). Not in code blocks, code spans, HTML tags and
 * comments, scripts and the like, labels of links, addresses ("a@b.example", "https://host/@name")
 * and behind a backslash; what links and images are called is noted as such. `first_line` is the
 * number of the text's first line. The text is UTF-8; the time is in proportion to it. Returns
 * ImpCitation*s in their order, freed with the array. */
GPtrArray *imp_citations_find(const char *text, gsize length, guint first_line);
