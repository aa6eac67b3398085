#pragma once

#include "notify/event.h"
#include "workflow/base/json.h"

/* What a chat message says, before the markup of any format: plain words, cleaned
 * (notify/format/chat_clean.h). A message is one line for each event, with a heading if there are
 * several. */

/* Events that a digest lists; the rest is a number. */
#define IMP_CHAT_LISTED 10

/* One event in a line: LEAD WHO: TITLE (REPOSITORY) – DETAILS. QUOTE, then the command. No member
 * but url, quote and command is NULL. */
typedef struct {
    char *lead; /* "Review requested": our own words */
    char *who;  /* "of Oncologist One", or "" */
    char *title;
    char *repository;
    char *details; /* "Under Review, 1 of 2 approvals, waiting for onc2", or "" */
    char *url;   /* of http or https, nothing in it that could end a link in any markup; or NULL */
    char *quote; /* what somebody wrote, or NULL */
    char *command;  /* that approves; or NULL */
    bool addressed; /* a person is meant, who is asked or reminded */
    bool pressing;  /* something is late */
} ImpChatLine;

ImpChatLine *imp_chat_line_new(const ImpEvent *event);
void imp_chat_line_free(ImpChatLine *line);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpChatLine, imp_chat_line_free)

/* A line as it is kept until a digest may be made of it: one line of JSON, without quote and
 * command. The caller frees. */
char *imp_chat_line_store(const ImpChatLine *line);
/* Takes it back; NULL for anything else. */
ImpChatLine *imp_chat_line_load(const char *stored);

typedef struct {
    char *heading;    /* of a digest; NULL: this is a single line */
    GPtrArray *lines; /* of ImpChatLine*, at most IMP_CHAT_LISTED */
    guint rest;       /* how many more there are */
} ImpChat;

/* A message of one event. */
ImpChat *imp_chat_new(const ImpEvent *event);
/* Several events of one type. */
typedef struct {
    const char *type;
    guint count;
} ImpChatCount;
/* A message of several: takes `lines` (the first of them), `counts` (of ImpChatCount) are all of
 * them by type. */
ImpChat *imp_chat_new_digest(const char *repository, GPtrArray *lines, const GArray *counts);
void imp_chat_free(ImpChat *chat);
/* Whether any line is addressed to a person, and whether any is pressing. */
bool imp_chat_is_addressed(const ImpChat *chat);
bool imp_chat_is_pressing(const ImpChat *chat);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpChat, imp_chat_free)

/* How much of a message is written: the longest form that a service takes is looked for. */
typedef struct {
    guint title, who, details, quote; /* characters at most; quote 0: none */
    guint listed;                     /* lines of a digest */
    gsize url, command;               /* bytes; longer ones are left out */
} ImpChatSize;

/* The heading, or of a single line LEAD WHO: TITLE, in plain words. The caller frees. */
char *imp_chat_summary(const ImpChat *chat, const ImpChatSize *size);

/* What stands before a command, and in its place where it cannot be shown. */
#define IMP_CHAT_APPROVE "To approve this text:"
#define IMP_CHAT_HOWTO   "How to approve it is said by: imprimatur explain"

/* The last line of a digest of which `listed` lines are written; NULL if that is all. The caller
 * frees. */
char *imp_chat_more(const ImpChat *chat, guint listed);

/* Forms from the longest to the shortest. */
guint imp_chat_n_sizes(void);
const ImpChatSize *imp_chat_size(guint at);
