#include "daemon/site/xml.h"
#include "daemon/site/captions.h"

#include <string.h>

/* Whatever is not markup of this file's own making goes through escape(). (libxml2's writer does
 * the same; loading it with the libraries that it needs took longer than the rest of the command's
 * start, for every verb.) */

#define PAGE_BYTES 8192 /* most pages fit */

struct ImpXml {
    GString *text;
    GPtrArray *open; /* of element names, static */
    bool html;
    const char *language;
    bool in_tag; /* the last element's start tag is not closed yet */
};

ImpXml *imp_xml_new(bool html)
{
    ImpXml *xml = g_new0(ImpXml, 1);
    xml->text = g_string_sized_new(PAGE_BYTES);
    g_string_append(xml->text,
                    html ? "<!DOCTYPE html>\n" : "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml->open = g_ptr_array_new();
    xml->html = html;
    xml->language = imp_caption_language(NULL);
    return xml;
}

void imp_xml_free(ImpXml *xml)
{
    if (!xml)
        return;
    g_string_free(xml->text, TRUE);
    g_ptr_array_unref(xml->open);
    g_free(xml);
}

void imp_xml_set_language(ImpXml *xml, const char *language)
{
    xml->language = language;
}

const char *imp_xml_language(const ImpXml *xml)
{
    return xml->language;
}

const char *imp_xml_say(const ImpXml *xml, const char *english)
{
    return imp_caption(xml->language, english);
}

/* XML 1.0 section 2.2: what a document may hold. */
static bool is_character(gunichar c)
{
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0xd7ff) ||
           (c >= 0xe000 && c <= 0xfffd) || c >= 0x10000;
}

/* A copy that XML can hold. */
static char *characters(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *clean = g_string_new(NULL);
    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        g_string_append_unichar(clean, is_character(c) ? c : 0xfffd);
    }
    return g_string_free(clean, FALSE);
}

static bool can_hold(const char *text)
{
    const char *plain = text;
    while ((*plain >= 0x20 && *plain < 0x7f) || *plain == '\n' || *plain == '\t')
        plain++;
    if (!*plain)
        return true;
    bool fine = g_utf8_validate(text, -1, NULL);
    for (const char *at = text; fine && *at; at = g_utf8_next_char(at))
        fine = is_character(g_utf8_get_char(at));
    return fine;
}

static void escape(ImpXml *xml, const char *text)
{
    static const char special[] = "&<>\"";
    static const char *const escaped[] = {"&amp;", "&lt;", "&gt;", "&quot;"};
    g_autofree char *copy = can_hold(text) ? NULL : characters(text);
    for (const char *at = copy ? copy : text; *at;) {
        gsize plain = strcspn(at, special);
        g_string_append_len(xml->text, at, (gssize)plain);
        at += plain;
        if (*at)
            g_string_append(xml->text, escaped[strchr(special, *at++) - special]);
    }
}

static void end_tag(ImpXml *xml)
{
    if (xml->in_tag)
        g_string_append_c(xml->text, '>');
    xml->in_tag = false;
}

static void add_attributes(ImpXml *xml, va_list attributes)
{
    const char *name;
    while ((name = va_arg(attributes, const char *))) {
        const char *value = va_arg(attributes, const char *);
        if (!value)
            continue;
        g_string_append_c(xml->text, ' ');
        g_string_append(xml->text, name);
        g_string_append(xml->text, "=\"");
        escape(xml, value);
        g_string_append_c(xml->text, '"');
    }
}

static void open_element(ImpXml *xml, const char *element, va_list attributes)
{
    end_tag(xml);
    g_string_append_c(xml->text, '<');
    g_string_append(xml->text, element);
    xml->in_tag = true;
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
    if (xml->in_tag && (!xml->html || is_void(element))) {
        g_string_append(xml->text, "/>");
        xml->in_tag = false;
        return;
    }
    end_tag(xml);
    g_string_append(xml->text, "</");
    g_string_append(xml->text, element);
    g_string_append_c(xml->text, '>');
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
    if (!text || !*text)
        return;
    end_tag(xml);
    escape(xml, text);
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
    if (!*safe)
        return;
    end_tag(xml);
    g_string_append(xml->text, safe);
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
    char *text = g_string_free(xml->text, FALSE);
    xml->text = g_string_new(NULL);
    return text;
}
