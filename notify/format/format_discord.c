#include "notify/format/format.h"
#include "notify/format/markup.h"
#include "workflow/base/json_write.h"

#include <string.h>

/* Discord's webhooks.
 *
 * A content has at most 2,000 characters (docs.discord.com, Execute Webhook, "content"), counted
 * here in units of UTF-16, of which there are never fewer. Markdown: a "\" before a sign takes its
 * meaning away. Whatever gets through all the same mentions nobody: allowed_mentions names none.
 * Its links get no preview (flag 4, SUPPRESS_EMBEDS).
 *
 * Limits of the rate are told in every answer (docs.discord.com, Rate Limits):
 * X-RateLimit-Remaining 0 means that the next request has to wait X-RateLimit-Reset-After; a 429
 * says retry_after in its body, and all of them are seconds with a fraction. */

#define SUPPRESS_EMBEDS 4

static void write_text(GString *out, const char *plain)
{
    for (; *plain; plain++) {
        if (strchr("\\*_~`|<>[]()#", *plain))
            g_string_append_c(out, '\\');
        g_string_append_c(out, *plain);
    }
}

static void write_link(GString *out, const char *plain, const char *url)
{
    g_string_append_c(out, '[');
    write_text(out, plain);
    g_string_append(out, "](<");
    g_string_append(out, url);
    g_string_append(out, ">)");
}

static void write_code(GString *out, const char *command)
{
    g_string_append(out, "\n```\n");
    g_string_append(out, command);
    g_string_append(out, "\n```");
}

static const ImpMarkup markdown = {
    .text = write_text,
    .link = write_link,
    .code = write_code,
    .strong = "**",
    .strong_end = "**",
    .line_end = "\n",
    .list = "\n",
    .list_end = "",
    .item = "- ",
    .item_end = "\n",
};

static gsize utf16_units(const char *text)
{
    gsize units = 0;
    for (; *text; text = g_utf8_next_char(text))
        units += g_utf8_get_char(text) > 0xffff ? 2 : 1;
    return units;
}

char *imp_discord_write(const ImpChat *chat, const ImpChatSize *size, gsize *measured)
{
    g_autofree char *text = imp_markup_write(&markdown, chat, size);
    *measured = utf16_units(text);
    json_t *mentions = json_object();
    g_autoptr(json_t) body = json_object();
    json_object_set_new(mentions, "parse", json_array());
    imp_json_set_text(body, "content", text);
    json_object_set_new(body, "allowed_mentions", mentions);
    imp_json_set_number(body, "flags", SUPPRESS_EMBEDS);
    return imp_json_dump_line(body);
}

gint64 imp_discord_quiet_until_us(const ImpAnswer *answer, gint64 now_us)
{
    double wait_s = 0;
    if (answer->remaining && strcmp(answer->remaining, "0") == 0)
        wait_s = imp_answer_seconds(answer->reset_after);
    if (answer->status == 429) {
        g_autoptr(json_t) object = imp_answer_json(answer);
        wait_s = MAX(wait_s, imp_answer_seconds(answer->retry_after));
        wait_s = MAX(wait_s, json_number_value(json_object_get(object, "retry_after")));
    }
    return imp_answer_wait_us(wait_s, now_us);
}
