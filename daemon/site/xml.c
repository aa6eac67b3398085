#include "daemon/site/xml.h"

#include <libxml/xmlwriter.h>
#include <string.h>

struct ImpXml {
    xmlBuffer *buffer;
    xmlTextWriter *writer;
    GPtrArray *open; /* of element names, static */
    bool html;
};

ImpXml *imp_xml_new(bool html)
{
    ImpXml *xml = g_new0(ImpXml, 1);
    xml->buffer = xmlBufferCreate();
    xml->writer = xmlNewTextWriterMemory(xml->buffer, 0);
    xml->open = g_ptr_array_new();
    xml->html = html;
    g_assert(xml->writer);
    imp_xml_raw(xml, html ? "<!DOCTYPE html>\n" : "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    return xml;
}

void imp_xml_free(ImpXml *xml)
{
    if (!xml)
        return;
    xmlFreeTextWriter(xml->writer);
    xmlBufferFree(xml->buffer);
    g_ptr_array_unref(xml->open);
    g_free(xml);
}

/* XML 1.0 section 2.2: what a document may hold. */
static bool is_character(gunichar c)
{
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0xd7ff) ||
           (c >= 0xe000 && c <= 0xfffd) || c >= 0x10000;
}

/* `text` as XML can hold it; *copy is what the caller frees. */
static const xmlChar *characters(const char *text, char **copy)
{
    bool fine = g_utf8_validate(text, -1, NULL);
    for (const char *at = text; fine && *at; at = g_utf8_next_char(at))
        fine = is_character(g_utf8_get_char(at));
    *copy = NULL;
    if (fine)
        return (const xmlChar *)text;
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autoptr(GString) clean = g_string_new(NULL);
    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        g_string_append_unichar(clean, is_character(c) ? c : 0xfffd);
    }
    *copy = g_string_free(g_steal_pointer(&clean), FALSE);
    return (const xmlChar *)*copy;
}

static void add_attributes(ImpXml *xml, va_list attributes)
{
    const char *name;
    while ((name = va_arg(attributes, const char *))) {
        const char *value = va_arg(attributes, const char *);
        g_autofree char *copy = NULL;
        if (value)
            xmlTextWriterWriteAttribute(xml->writer, (const xmlChar *)name,
                                        characters(value, &copy));
    }
}

static void open_element(ImpXml *xml, const char *element, va_list attributes)
{
    xmlTextWriterStartElement(xml->writer, (const xmlChar *)element);
    g_ptr_array_add(xml->open, (gpointer)element);
    add_attributes(xml, attributes);
}

void imp_xml_open(ImpXml *xml, const char *element, ...)
{
    va_list attributes;
    va_start(attributes, element);
    open_element(xml, element, attributes);
    va_end(attributes);
}

static bool is_void(const char *element)
{
    static const char *const names[] = {"br", "hr", "img", "input", "link", "meta", NULL};
    return g_strv_contains(names, element);
}

void imp_xml_close(ImpXml *xml)
{
    const char *element = g_ptr_array_steal_index(xml->open, xml->open->len - 1);
    if (xml->html && !is_void(element))
        xmlTextWriterFullEndElement(xml->writer);
    else
        xmlTextWriterEndElement(xml->writer);
}

void imp_xml_element(ImpXml *xml, const char *text, const char *element, ...)
{
    va_list attributes;
    va_start(attributes, element);
    open_element(xml, element, attributes);
    va_end(attributes);
    imp_xml_text(xml, text);
    imp_xml_close(xml);
}

void imp_xml_text(ImpXml *xml, const char *text)
{
    g_autofree char *copy = NULL;
    if (text && *text)
        xmlTextWriterWriteString(xml->writer, characters(text, &copy));
}

void imp_xml_textf(ImpXml *xml, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    imp_xml_text(xml, text);
}

void imp_xml_raw(ImpXml *xml, const char *safe)
{
    if (*safe)
        xmlTextWriterWriteRaw(xml->writer, (const xmlChar *)safe);
}

void imp_xml_line(ImpXml *xml)
{
    imp_xml_raw(xml, "\n");
}

char *imp_xml_finish(ImpXml *xml)
{
    while (xml->open->len > 0)
        imp_xml_close(xml);
    imp_xml_line(xml);
    xmlTextWriterFlush(xml->writer);
    return g_strndup((const char *)xmlBufferContent(xml->buffer),
                     (gsize)xmlBufferLength(xml->buffer));
}
