#include "notify/format/chat_clean.h"
#include "notify/format/format.h"
#include "workflow/base/json_write.h"

#include <string.h>

/* Microsoft Teams, by a webhook of its Workflows: an Adaptive Card of version 1.4, and a summary
 * for where cards are not shown.
 *
 * A message has at most 28 KB (learn.microsoft.com, "Limits and specifications for Microsoft
 * Teams"), of which the service may count two bytes for each character; ours stay below 20 KB of
 * UTF-8.
 *
 * Text stands in TextRuns only, which read no Markdown and no <at> (adaptivecards.io, "TextRun"); a
 * "{{" would still be a function of a date.
 *
 * Workflows answer 202. The connectors before them answered 200 also where Teams refused the
 * message, with a sentence that has "HTTP error" and the status in it. */

#define ZERO_WIDTH_SPACE "\xe2\x80\x8b"

static json_t *run_new(const char *text)
{
    g_autoptr(GString) safe = g_string_new(text);
    g_string_replace(safe, "{{", "{" ZERO_WIDTH_SPACE "{", 0);
    json_t *run = json_object();
    imp_json_set_text(run, "type", "TextRun");
    imp_json_set_text(run, "text", safe->str);
    return run;
}

static void add_run(json_t *inlines, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add_run(json_t *inlines, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    json_array_append_new(inlines, run_new(text));
}

static json_t *open_url_new(const char *url)
{
    json_t *action = json_object();
    imp_json_set_text(action, "type", "Action.OpenUrl");
    imp_json_set_text(action, "url", url);
    return action;
}

static json_t *block_new(json_t *inlines)
{
    json_t *block = json_object();
    imp_json_set_text(block, "type", "RichTextBlock");
    json_object_set_new(block, "inlines", inlines);
    return block;
}

static json_t *strong_new(const char *text)
{
    json_t *run = run_new(text);
    imp_json_set_text(run, "weight", "Bolder");
    return run;
}

static json_t *line_new(const ImpChatLine *line, const ImpChatSize *size)
{
    json_t *inlines = json_array();
    g_autofree char *who = imp_chat_cut(line->who, size->who),
                    *title = imp_chat_cut(line->title, size->title);
    json_array_append_new(inlines, strong_new(line->lead));
    add_run(inlines, "%s%s: ", *who ? " " : "", who);
    json_t *run = run_new(title);
    if (line->url && strlen(line->url) <= size->url)
        json_object_set_new(run, "selectAction", open_url_new(line->url));
    json_array_append_new(inlines, run);
    if (*line->repository) {
        g_autofree char *repository = imp_chat_cut(line->repository, size->who);
        add_run(inlines, " (%s)", repository);
    }
    if (*line->details && size->details > 0) {
        g_autofree char *details = imp_chat_cut(line->details, size->details);
        add_run(inlines, " – %s", details);
    }
    if (line->quote && size->quote > 0) {
        g_autofree char *quote = imp_chat_cut(line->quote, size->quote);
        add_run(inlines, " “%s”", quote);
    }
    return block_new(inlines);
}

static json_t *plain_new(const char *text)
{
    json_t *inlines = json_array();
    json_array_append_new(inlines, run_new(text));
    return block_new(inlines);
}

static void add_command(json_t *blocks, const ImpChatLine *line, const ImpChatSize *size)
{
    bool shown = imp_chat_can_be_code(line->command, size->command) && !strstr(line->command, "{{");
    json_array_append_new(blocks, plain_new(shown ? IMP_CHAT_APPROVE : IMP_CHAT_HOWTO));
    if (!shown)
        return;
    json_t *run = run_new(line->command), *inlines = json_array();
    imp_json_set_text(run, "fontType", "Monospace");
    json_array_append_new(inlines, run);
    json_array_append_new(blocks, block_new(inlines));
}

static json_t *blocks_new(const ImpChat *chat, const ImpChatSize *size)
{
    json_t *blocks = json_array();
    guint listed = chat->heading ? MIN(chat->lines->len, size->listed) : 1;
    if (chat->heading) {
        json_t *inlines = json_array();
        json_array_append_new(inlines, strong_new(chat->heading));
        json_array_append_new(blocks, block_new(inlines));
    }
    for (guint i = 0; i < listed; i++)
        json_array_append_new(blocks, line_new(chat->lines->pdata[i], size));
    const ImpChatLine *first = chat->lines->pdata[0];
    if (!chat->heading && first->command)
        add_command(blocks, first, size);
    g_autofree char *more = imp_chat_more(chat, listed);
    if (more)
        json_array_append_new(blocks, plain_new(more));
    return blocks;
}

/* The width of the channel instead of a column in it (learn.microsoft.com, "Format cards in Teams",
 * "Full width Adaptive Card"). */
static json_t *full_width_new(void)
{
    json_t *teams = json_object();
    imp_json_set_text(teams, "width", "Full");
    return teams;
}

char *imp_teams_write(const ImpChat *chat, const ImpChatSize *size, gsize *measured)
{
    json_t *card = json_object(), *attachment = json_object(), *attachments = json_array();
    imp_json_set_text(card, "$schema", "http://adaptivecards.io/schemas/adaptive-card.json");
    imp_json_set_text(card, "type", "AdaptiveCard");
    imp_json_set_text(card, "version", "1.4");
    json_object_set_new(card, "body", blocks_new(chat, size));
    json_object_set_new(card, "msteams", full_width_new());
    imp_json_set_text(attachment, "contentType", "application/vnd.microsoft.card.adaptive");
    json_object_set_new(attachment, "contentUrl", json_null());
    json_object_set_new(attachment, "content", card);
    json_array_append_new(attachments, attachment);
    g_autoptr(json_t) body = json_object();
    g_autofree char *summary = imp_chat_summary(chat, size);
    imp_json_set_text(body, "type", "message");
    imp_json_set_text(body, "summary", summary);
    json_object_set_new(body, "attachments", attachments);
    *measured = json_dumpb(body, NULL, 0, JSON_COMPACT);
    return imp_json_dump_line(body);
}

bool imp_teams_refuses(const ImpAnswer *answer, guint *status)
{
    static const char error[] = "HTTP error ";
    const char *found = strstr(answer->body, error);
    guint64 said = found ? g_ascii_strtoull(found + strlen(error), NULL, 10) : 0;
    if (said >= 400 && said <= 599)
        *status = (guint)said;
    return found != NULL;
}
