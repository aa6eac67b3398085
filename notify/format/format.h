#pragma once

#include "notify/answer.h"
#include "notify/format/chat.h"

/* The formats of messages (imprimatur.json(5), CHATS): one table of all in which they differ. */

/* An access token in the URL, in place of a user: https://TOKEN@HOST/... It is sent in a header,
 * never in a URL. */
typedef enum {
    IMP_TOKEN_NONE, /* such a URL is a mistake */
    IMP_TOKEN_OPTIONAL,
    IMP_TOKEN_REQUIRED,
} ImpUrlToken;

typedef struct {
    const char *word;
    /* Writes a chat message as long as `size` says and measures it as the service counts; NULL: not
     * a chat. The caller frees. */
    char *(*write)(const ImpChat *chat, const ImpChatSize *size, gsize *measured);
    gsize limit; /* what a message may measure */
    const char *method, *content_type;
    /* What is posted of a stored body that has parts of it in headers, which are added (lines
     * "name: value"); NULL: the body as it is. */
    GBytes *(*unpack)(GBytes *stored, GStrvBuilder *headers);
    bool id_in_path; /* the webhook-id ends the URL's path */
    ImpUrlToken token;
    /* Whether an answer 2xx is a failure; *status may become what the body says. NULL: the status
     * alone decides. */
    bool (*refuses)(const ImpAnswer *answer, guint *status);
    /* Until when an answer, good or bad, asks for quiet otherwise than by Retry-After; 0: it does
     * not. Or NULL. */
    gint64 (*quiet_until_us)(const ImpAnswer *answer, gint64 now_us);
    /* The last word on an answer, where more is special than the above. Or NULL. */
    void (*judge)(const ImpAnswer *answer, gint64 now_us, ImpOutcome *outcome);
    /* Of a forge's statuses: the place below the URL that a stored body goes to (NULL: the URL
     * itself), and how. Or NULL. */
    char *(*place)(GBytes *stored, const char **method);
    const char *token_header; /* of a forge: "name: " and what stands before the token */
    gint64 life_us;           /* how long a message is tried */
    double rate, burst;       /* unless the endpoint has others */
    const char *events;       /* the same: patterns of event types, separated by blanks */
} ImpFormatTraits;

/* A message in a channel is not news any more after a day. */
#define IMP_CHAT_LIFE_US (24 * 3600 * IMP_SECOND_US)

/* Static. */
const ImpFormatTraits *imp_format_traits(ImpFormat format);

/* Whether people read it in a channel: its messages wait for others and become digests, nothing is
 * said there twice, and each comes on a connection of its own. */
bool imp_format_is_chat(ImpFormat format);
/* Whether it is a forge's, which is told the statuses of commits and nothing else. */
bool imp_format_is_forge(ImpFormat format);

/* The body of a message about one event. */
GBytes *imp_format_render(ImpFormat format, const ImpEvent *event);
/* The body of a chat message. */
GBytes *imp_format_render_chat(ImpFormat format, const ImpChat *chat);

/* The formats themselves, each in a file of its own. */
char *imp_slack_write(const ImpChat *chat, const ImpChatSize *size, gsize *measured);
bool imp_slack_refuses(const ImpAnswer *answer, guint *status);
char *imp_teams_write(const ImpChat *chat, const ImpChatSize *size, gsize *measured);
bool imp_teams_refuses(const ImpAnswer *answer, guint *status);
char *imp_discord_write(const ImpChat *chat, const ImpChatSize *size, gsize *measured);
gint64 imp_discord_quiet_until_us(const ImpAnswer *answer, gint64 now_us);
char *imp_google_chat_write(const ImpChat *chat, const ImpChatSize *size, gsize *measured);
bool imp_google_chat_refuses(const ImpAnswer *answer, guint *status);
char *imp_matrix_write(const ImpChat *chat, const ImpChatSize *size, gsize *measured);
bool imp_matrix_refuses(const ImpAnswer *answer, guint *status);
gint64 imp_matrix_quiet_until_us(const ImpAnswer *answer, gint64 now_us);
char *imp_ntfy_write(const ImpChat *chat, const ImpChatSize *size, gsize *measured);
GBytes *imp_ntfy_unpack(GBytes *stored, GStrvBuilder *headers);
bool imp_ntfy_refuses(const ImpAnswer *answer, guint *status);
char *imp_forge_place(GBytes *stored, const char **method);
GBytes *imp_forge_unpack(GBytes *stored, GStrvBuilder *headers);
void imp_github_judge(const ImpAnswer *answer, gint64 now_us, ImpOutcome *outcome);
void imp_github_check_judge(const ImpAnswer *answer, gint64 now_us, ImpOutcome *outcome);
void imp_gitlab_judge(const ImpAnswer *answer, gint64 now_us, ImpOutcome *outcome);

/* "google-chat" and the like; static. What the formats are stands in notify/format/format.h. */
const char *imp_format_word(ImpFormat format);

bool imp_format_from_word(const char *word, ImpFormat *format);
