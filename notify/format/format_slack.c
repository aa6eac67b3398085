#include "notify/format/format.h"
#include "notify/format/markup.h"
#include "workflow/base/json_write.h"

#include <string.h>

/* Slack's incoming webhooks, and Mattermost's, which takes the same.
 *
 * A text of up to 4,000 characters is shown whole (docs.slack.dev, chat.postMessage, "text");
 * Mattermost splits a longer one into several posts at 16,383.
 *
 * Slack gives "&", "<" and ">" a meaning and takes entities for them; a "<" of our own begins a
 * link. It has no escape for "*", "_", "~" and "`", and Mattermost, which reads Markdown, has
 * others: signs that look alike stand for them in both, and a zero-width space between "](", which
 * is a link in Markdown only. A link is <URL|LABEL>, of which Mattermost makes [LABEL](URL): what
 * would end the label in either has a look-alike, too. */

#define ZERO_WIDTH_SPACE "\xe2\x80\x8b"

static const char *entity(char c)
{
    return c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : NULL;
}

static void write_entities(GString *out, const char *plain)
{
    for (; *plain; plain++) {
        if (entity(*plain))
            g_string_append(out, entity(*plain));
        else
            g_string_append_c(out, *plain);
    }
}

/* As plain text, but for the signs that would end what it stands in. */
static void write_without(GString *out, const char *signs, const char *plain)
{
    for (const char *at = plain; *at; at++) {
        const char *instead = entity(*at) ? entity(*at) : imp_markup_label_alike(signs, at);
        instead = instead ? instead : imp_markup_look_alike(plain, at);
        if (instead)
            g_string_append(out, instead);
        else
            g_string_append_c(out, *at);
        if (g_str_has_prefix(at, "]("))
            g_string_append(out, ZERO_WIDTH_SPACE);
    }
}

static void write_text(GString *out, const char *plain)
{
    write_without(out, "", plain);
}

static void write_link(GString *out, const char *plain, const char *url)
{
    g_string_append_c(out, '<');
    write_entities(out, url);
    g_string_append_c(out, '|');
    write_without(out, "|[]\\", plain);
    g_string_append_c(out, '>');
}

/* In a block of code the other signs are themselves. */
static void write_code(GString *out, const char *command)
{
    g_string_append(out, "\n```\n");
    write_entities(out, command);
    g_string_append(out, "\n```");
}

static const ImpMarkup mrkdwn = {
    .text = write_text,
    .link = write_link,
    .code = write_code,
    .strong = "*",
    .strong_end = "*",
    .line_end = "\n",
    .list = "\n",
    .list_end = "",
    .item = "• ",
    .item_end = "\n",
};

char *imp_slack_write(const ImpChat *chat, const ImpChatSize *size, gsize *measured)
{
    g_autofree char *text = imp_markup_write(&mrkdwn, chat, size);
    *measured = (gsize)g_utf8_strlen(text, -1);
    g_autoptr(json_t) body = json_object();
    imp_json_set_text(body, "text", text);
    imp_json_set_flag(body, "unfurl_links", false);
    imp_json_set_flag(body, "unfurl_media", false);
    return imp_json_dump_line(body);
}

/* "ok" is a yes; so is an object that does not say no, as programs that speak for Slack or
 * Mattermost answer with one, and no body at all. A sentence, or a page that some proxy asks to log
 * in with, is a no. */
bool imp_slack_refuses(const ImpAnswer *answer, guint *status)
{
    g_autoptr(json_t) object = imp_answer_json(answer);
    if (!object) {
        g_autofree char *body = g_strstrip(g_strdup(answer->body));
        return *body && strcmp(body, "ok") != 0;
    }
    json_int_t said = json_integer_value(json_object_get(object, "status_code"));
    if (said >= 400 && said <= 599)
        *status = (guint)said;
    return json_is_false(json_object_get(object, "ok")) ||
           json_is_false(json_object_get(object, "success")) ||
           json_is_string(json_object_get(object, "error")) || said >= 400;
}
