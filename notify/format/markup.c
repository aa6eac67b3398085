#include "notify/format/markup.h"
#include "notify/format/chat_clean.h"

#include <string.h>

static void write_plain(GString *out, const char *plain)
{
    g_string_append(out, plain);
}

static void write_plain_code(GString *out, const char *command)
{
    g_string_append_printf(out, "\n%s", command);
}

const ImpMarkup imp_markup_plain = {
    .text = write_plain,
    .code = write_plain_code,
    .strong = "",
    .strong_end = "",
    .line_end = "\n",
    .list = "\n",
    .list_end = "",
    .item = "- ",
    .item_end = "\n",
};

static bool is_within_word(const char *begin, const char *at)
{
    return at > begin && g_unichar_isalnum(g_utf8_get_char(g_utf8_prev_char(at))) &&
           g_unichar_isalnum(g_utf8_get_char(at + 1));
}

const char *imp_markup_look_alike(const char *begin, const char *at)
{
    switch (*at) {
    case '*':
        return "∗";
    case '~':
        return "∼";
    case '`':
        return "ˋ";
    case '_':
        return is_within_word(begin, at) ? NULL : "ˍ";
    default:
        return NULL;
    }
}

const char *imp_markup_label_alike(const char *signs, const char *at)
{
    if (!strchr(signs, *at))
        return NULL;
    switch (*at) {
    case '|':
        return "∣";
    case '[':
        return "［";
    case ']':
        return "］";
    case '\\':
        return "＼";
    default:
        return NULL;
    }
}

static void write_cut(GString *out, const ImpMarkup *markup, const char *clean, guint max_chars)
{
    g_autofree char *cut = imp_chat_cut(clean, max_chars);
    markup->text(out, cut);
}

static void write_title(GString *out, const ImpMarkup *markup, const ImpChatLine *line,
                        const ImpChatSize *size, bool links)
{
    g_autofree char *title = imp_chat_cut(line->title, size->title);
    if (links && markup->link)
        markup->link(out, title, line->url);
    else
        markup->text(out, title);
}

static void write_lead(GString *out, const ImpMarkup *markup, const ImpChatLine *line,
                       const ImpChatSize *size)
{
    g_string_append(out, markup->strong);
    markup->text(out, line->lead);
    g_string_append(out, markup->strong_end);
    if (*line->who) {
        g_string_append_c(out, ' ');
        write_cut(out, markup, line->who, size->who);
    }
    g_string_append(out, ": ");
}

static void write_line(GString *out, const ImpMarkup *markup, const ImpChatLine *line,
                       const ImpChatSize *size)
{
    bool links = line->url && strlen(line->url) <= size->url;
    write_title(out, markup, line, size, links);
    if (*line->repository) {
        g_string_append(out, " (");
        write_cut(out, markup, line->repository, size->who);
        g_string_append_c(out, ')');
    }
    if (*line->details && size->details > 0) {
        g_string_append(out, " – ");
        write_cut(out, markup, line->details, size->details);
    }
    if (line->quote && size->quote > 0) {
        g_string_append(out, " “");
        write_cut(out, markup, line->quote, size->quote);
        g_string_append(out, "”");
    }
    if (links && !markup->link) {
        g_string_append_c(out, ' ');
        markup->text(out, line->url);
    }
}

static void write_command(GString *out, const ImpMarkup *markup, const ImpChatLine *line,
                          const ImpChatSize *size)
{
    bool shown = imp_chat_can_be_code(line->command, size->command);
    g_string_append(out, markup->line_end);
    markup->text(out, shown ? IMP_CHAT_APPROVE : IMP_CHAT_HOWTO);
    if (shown)
        markup->code(out, line->command);
}

static void write_digest(GString *out, const ImpMarkup *markup, const ImpChat *chat,
                         const ImpChatSize *size)
{
    guint listed = MIN(chat->lines->len, size->listed);
    g_string_append(out, markup->strong);
    markup->text(out, chat->heading);
    g_string_append(out, markup->strong_end);
    g_string_append(out, markup->list);
    for (guint i = 0; i < listed; i++) {
        g_string_append(out, markup->item);
        write_lead(out, markup, chat->lines->pdata[i], size);
        write_line(out, markup, chat->lines->pdata[i], size);
        g_string_append(out, markup->item_end);
    }
    g_string_append(out, markup->list_end);
    g_autofree char *more = imp_chat_more(chat, listed);
    if (more)
        markup->text(out, more);
}

char *imp_markup_write(const ImpMarkup *markup, const ImpChat *chat, const ImpChatSize *size)
{
    g_autoptr(GString) out = g_string_new(NULL);
    if (chat->heading) {
        write_digest(out, markup, chat, size);
    } else {
        const ImpChatLine *line = chat->lines->pdata[0];
        if (!markup->lead_apart)
            write_lead(out, markup, line, size);
        write_line(out, markup, line, size);
        if (line->command)
            write_command(out, markup, line, size);
    }
    return g_string_free(g_steal_pointer(&out), false);
}
