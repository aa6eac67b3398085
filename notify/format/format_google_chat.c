#include "notify/format/format.h"
#include "notify/format/markup.h"
#include "workflow/base/json_write.h"

#include <string.h>

/* Google Chat's incoming webhooks.
 *
 * A message has at most 32,000 bytes with all that is in it (developers.google.com/workspace/chat,
 * "Create and send messages"); 4,096 characters of text, an earlier limit, are far within. A space
 * takes one message a second from all apps together, and answers more with 429.
 *
 * "<users/all>" mentions everybody and "<https://...|...>" is a link; there is no escape for any
 * sign of the markup, so that signs which look alike stand for them. */

static void write_without(GString *out, const char *signs, const char *plain)
{
    for (const char *at = plain; *at; at++) {
        const char *instead = *at == '<'   ? "‹"
                              : *at == '>' ? "›"
                                           : imp_markup_label_alike(signs, at);
        instead = instead ? instead : imp_markup_look_alike(plain, at);
        if (instead)
            g_string_append(out, instead);
        else
            g_string_append_c(out, *at);
    }
}

static void write_text(GString *out, const char *plain)
{
    write_without(out, "", plain);
}

static void write_link(GString *out, const char *plain, const char *url)
{
    g_string_append_printf(out, "<%s|", url);
    write_without(out, "|", plain);
    g_string_append_c(out, '>');
}

static void write_code(GString *out, const char *command)
{
    g_string_append_printf(out, "\n```\n%s\n```", command);
}

static const ImpMarkup markup = {
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

char *imp_google_chat_write(const ImpChat *chat, const ImpChatSize *size, gsize *measured)
{
    g_autofree char *text = imp_markup_write(&markup, chat, size);
    *measured = (gsize)g_utf8_strlen(text, -1);
    g_autoptr(json_t) body = json_object();
    imp_json_set_text(body, "text", text);
    return imp_json_dump_line(body);
}

/* An error is {"error": {"code": 429, ...}}, by whatever way it comes. */
bool imp_google_chat_refuses(const ImpAnswer *answer, guint *status)
{
    g_autoptr(json_t) object = imp_answer_json(answer);
    const json_t *error = json_object_get(object, "error");
    json_int_t code = json_integer_value(json_object_get(error, "code"));
    if (code >= 400 && code <= 599)
        *status = (guint)code;
    return error && !json_is_null(error);
}
