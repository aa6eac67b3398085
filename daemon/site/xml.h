#pragma once

#include <glib.h>
#include <stdbool.h>

/* Writes markup that is well-formed whatever is put into it: HTML that is XML too, SVG and feeds.
 * Text and values are escaped, characters that XML does not have are U+FFFD. */

typedef struct ImpXml ImpXml;

/* A page of HTML (`html`: elements that HTML knows as empty are closed at once, all others by an
 * end tag), or a document of XML with its declaration. */
ImpXml *imp_xml_new(bool html);
void imp_xml_free(ImpXml *xml);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpXml, imp_xml_free)

/* The language of its captions (imp_caption_language()), "en" at first; `language` is static. */
void imp_xml_set_language(ImpXml *xml, const char *language);
const char *imp_xml_language(const ImpXml *xml);
/* A caption in that language: what a site says by itself, and nobody wrote. Static, or `english`
 * itself. */
const char *imp_xml_say(const ImpXml *xml, const char *english);

/* Opens an element, with attributes as pairs of name and value behind it (a NULL value: without
 * that attribute), then NULL. */
void imp_xml_open(ImpXml *xml, const char *element, ...) G_GNUC_NULL_TERMINATED;
void imp_xml_close(ImpXml *xml);

/* An element with nothing in it but text (NULL: nothing), with attributes as above. */
void imp_xml_element(ImpXml *xml, const char *text, const char *element,
                     ...) G_GNUC_NULL_TERMINATED;

void imp_xml_text(ImpXml *xml, const char *text); /* NULL: nothing */
void imp_xml_textf(ImpXml *xml, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Markup that is known to be well-formed and safe: of imp_render(), or the publisher's own. */
void imp_xml_raw(ImpXml *xml, const char *safe);

/* A line break in the source, for those who read it. */
void imp_xml_line(ImpXml *xml);

/* Closes what is open and returns the whole, which the caller frees. */
char *imp_xml_finish(ImpXml *xml);
