#pragma once

#include "daemon/index/index.h"

/* Reminders: what is due, and which were sent. */

/* An open request with its deadlines, and the last reminder that was sent of it. */
typedef struct {
    char *path, *person;
    gint64 respond_by_us, review_by_us;
    gint64 claimed_us;   /* 0: not claimed */
    guint step;          /* an ImpReminder */
    gint64 sent_us;      /* 0: none was sent */
    guint chat_step;     /* the same for chats */
    gint64 chat_sent_us; /* when a chat was reminded of the person last, about whatever article; 0:
                            never */
} ImpIndexReminder;

/* The open requests that were made with deadlines, about articles without a problem, of which
 * something may be due at `now_us` (of ImpIndexReminder*, ordered by path and person; freed with
 * the array): of articles that are new or have changed since they were looked at, or are to be
 * looked at again by now. */
GPtrArray *imp_index_reminders(ImpDatabase *database, gint64 now_us, GError **error);
/* What that returned has been looked at... */
bool imp_index_reminders_seen(ImpDatabase *database, gint64 now_us, GError **error);
/* ...and, of the article, is to be looked at again at `at_us`, or, 0, in each pass. Several moments
 * count, each by itself: one that is looked at in each pass may have others to wake up for. */
bool imp_index_remind_at(ImpDatabase *database, const char *path, gint64 at_us, GError **error);
/* All are to be looked at again. */
bool imp_index_remind_all(ImpDatabase *database, GError **error);
/* Notes that one was sent. This lasts when the index is folded again. */
bool imp_index_note_reminder(ImpDatabase *database, const ImpIndexReminder *reminder, guint step,
                             gint64 now_us, GError **error);

/* The same for chats; `sent_us` is 0 where no chat was told. */
bool imp_index_note_chat_reminder(ImpDatabase *database, const ImpIndexReminder *reminder,
                                  guint step, gint64 sent_us, GError **error);
/* Whether nothing was ever sent, as far as it is known. */
bool imp_index_has_no_reminders(ImpDatabase *database);
