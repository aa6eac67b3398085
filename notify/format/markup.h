#pragma once

#include "notify/format/chat.h"

/* How a format marks up text: the one writer of chat messages asks this for everything that is not
 * a letter. */

typedef struct {
    /* Appends plain text so that it is read as nothing but text. */
    void (*text)(GString *out, const char *plain);
    /* Appends a link that is read as the plain text. NULL: the text, and the URL at the end of the
     * line. */
    void (*link)(GString *out, const char *plain, const char *url);
    /* Appends a command that can be copied, on lines of its own. It passes imp_chat_can_be_code().
     */
    void (*code)(GString *out, const char *command);
    bool lead_apart; /* of a message of one event the lead stands in a title: not here */
    const char *strong, *strong_end; /* around the lead */
    const char *line_end;            /* before what is said about a command */
    const char *list, *list_end;     /* around the lines of a digest */
    const char *item, *item_end;     /* and around each of them */
} ImpMarkup;

/* None: the text as it is. */
extern const ImpMarkup imp_markup_plain;

/* For services whose signs "*", "_", "~" and "`" have no escape: what looks like the sign at `at`,
 * within the text that begins at `begin`; NULL where it can stay, as a "_" within a word. Static.
 */
const char *imp_markup_look_alike(const char *begin, const char *at);

/* What looks like the sign at `at` where it would end the label of a link in `signs`, one that no
 * escape keeps from it; NULL for all others. Static. */
const char *imp_markup_label_alike(const char *signs, const char *at);

/* Writes a message as long as `size` says. The caller frees. */
char *imp_markup_write(const ImpMarkup *markup, const ImpChat *chat, const ImpChatSize *size);
