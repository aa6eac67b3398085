#include "notify/format/format.h"
#include "notify/payload.h"
#include "workflow/base/limits.h"

#include <string.h>

/* Where a limit comes from stands in the format's file. */
#define SLACK_CHARACTERS       4000
#define TEAMS_BYTES            IMP_BODY_MAX_BYTES
#define DISCORD_UNITS          2000
#define GOOGLE_CHAT_CHARACTERS 4096
#define MATRIX_BYTES           IMP_BODY_MAX_BYTES
#define NTFY_BYTES             4096

#define CHAT_EVENTS                                                                                \
    "article.* repository.adopted review.requested review.changes_requested review.overdue "       \
    "review.escalated "                                                                            \
    "decision.refused policy.* *.diverged"

#define OF_CHATS .life_us = IMP_CHAT_LIFE_US, .rate = 1, .burst = 3, .events = CHAT_EVENTS

/* What is not sent within a day is found missing by a later comparison. */
#define OF_FORGES                                                                                  \
    .method = "POST", .content_type = "application/json", .unpack = imp_forge_unpack,              \
    .place = imp_forge_place, .life_us = IMP_CHAT_LIFE_US, .rate = 5, .burst = 10, .events = ""
#define OF_GITHUB .token_header = "authorization: Bearer "

static const ImpFormatTraits formats[IMP_N_FORMATS] = {
    [IMP_FORMAT_STANDARD] = {.word = "standard",
                             .method = "POST",
                             .content_type = "application/json",
                             .life_us = IMP_DELIVERY_LIFE_US,
                             .rate = 10,
                             .burst = 20,
                             .events = "*"},
    [IMP_FORMAT_SLACK] = {.word = "slack",
                          .write = imp_slack_write,
                          .limit = SLACK_CHARACTERS,
                          .method = "POST",
                          .content_type = "application/json; charset=utf-8",
                          .refuses = imp_slack_refuses,
                          OF_CHATS},
    [IMP_FORMAT_TEAMS] = {.word = "teams",
                          .write = imp_teams_write,
                          .limit = TEAMS_BYTES,
                          .method = "POST",
                          .content_type = "application/json; charset=utf-8",
                          .refuses = imp_teams_refuses,
                          OF_CHATS},
    [IMP_FORMAT_DISCORD] = {.word = "discord",
                            .write = imp_discord_write,
                            .limit = DISCORD_UNITS,
                            .method = "POST",
                            .content_type = "application/json",
                            .quiet_until_us = imp_discord_quiet_until_us,
                            OF_CHATS},
    [IMP_FORMAT_GOOGLE_CHAT] = {.word = "google-chat",
                                .write = imp_google_chat_write,
                                .limit = GOOGLE_CHAT_CHARACTERS,
                                .method = "POST",
                                .content_type = "application/json; charset=utf-8",
                                .refuses = imp_google_chat_refuses,
                                OF_CHATS},
    [IMP_FORMAT_MATRIX] = {.word = "matrix",
                           .write = imp_matrix_write,
                           .limit = MATRIX_BYTES,
                           .method = "PUT",
                           .content_type = "application/json",
                           .id_in_path = true,
                           .token = IMP_TOKEN_REQUIRED,
                           .refuses = imp_matrix_refuses,
                           .quiet_until_us = imp_matrix_quiet_until_us,
                           OF_CHATS},
    [IMP_FORMAT_NTFY] = {.word = "ntfy",
                         .write = imp_ntfy_write,
                         .limit = NTFY_BYTES,
                         .method = "POST",
                         .content_type = "text/plain; charset=utf-8",
                         .unpack = imp_ntfy_unpack,
                         .token = IMP_TOKEN_OPTIONAL,
                         .refuses = imp_ntfy_refuses,
                         OF_CHATS},
    [IMP_FORMAT_GITHUB] = {.word = "github", .judge = imp_github_judge, OF_GITHUB, OF_FORGES},
    [IMP_FORMAT_GITHUB_CHECK] = {.word = "github-check",
                                 .judge = imp_github_check_judge,
                                 OF_GITHUB,
                                 OF_FORGES},
    [IMP_FORMAT_GITLAB] =
        {.word = "gitlab", .judge = imp_gitlab_judge, .token_header = "private-token: ", OF_FORGES},
    [IMP_FORMAT_GITEA] = {.word = "gitea", .token_header = "authorization: token ", OF_FORGES},
};

const ImpFormatTraits *imp_format_traits(ImpFormat format)
{
    return &formats[format];
}

bool imp_format_is_chat(ImpFormat format)
{
    return formats[format].write != NULL;
}

bool imp_format_is_forge(ImpFormat format)
{
    return formats[format].place != NULL;
}

const char *imp_format_word(ImpFormat format)
{
    return format < G_N_ELEMENTS(formats) ? formats[format].word : NULL;
}

bool imp_format_from_word(const char *word, ImpFormat *format)
{
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
        if (strcmp(formats[i].word, word) == 0) {
            *format = i;
            return true;
        }
    }
    return false;
}

GBytes *imp_format_render_chat(ImpFormat format, const ImpChat *chat)
{
    const ImpFormatTraits *traits = &formats[format];
    g_autofree char *body = NULL;
    for (guint at = 0; at < imp_chat_n_sizes(); at++) {
        gsize measured = 0;
        g_free(body);
        body = traits->write(chat, imp_chat_size(at), &measured);
        if (measured <= traits->limit)
            break;
    }
    gsize length = strlen(body);
    return g_bytes_new_take(g_steal_pointer(&body), length);
}

GBytes *imp_format_render(ImpFormat format, const ImpEvent *event)
{
    if (!imp_format_is_chat(format))
        return imp_payload_render(event);
    g_autoptr(ImpChat) chat = imp_chat_new(event);
    return imp_format_render_chat(format, chat);
}
