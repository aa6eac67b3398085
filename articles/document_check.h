#pragma once

#include "articles/document.h"
#include "workflow/text_finding.h"

/* What is wrong or odd with an article's text, beyond what the workflow reads of it: marks of a
 * conflict that was not resolved (an error), front matter that is not read, characters that nobody
 * sees, line ends of another system, nothing at all. Returns ImpTextFinding*s in the order of their
 * lines, freed with the array. `document` is that of the text. */
GPtrArray *imp_document_check(const ImpDocument *document, const char *text, gsize length);
