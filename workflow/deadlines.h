#pragma once

#include "workflow/article.h"

/* When a reviewer is reminded of a request, and when the editors are told instead
 * (imprimatur.json(5), DEADLINES). */

/* In their order: none is taken back, each comes at most once. */
typedef enum {
    IMP_REMINDER_NONE,
    IMP_REMINDER_RESPOND,  /* at respond-by, unless claimed */
    IMP_REMINDER_BEFORE_7, /* days before and after review-by, once claimed */
    IMP_REMINDER_BEFORE_3,
    IMP_REMINDER_ON,
    IMP_REMINDER_AFTER_3,
    IMP_REMINDER_AFTER_7,
    IMP_REMINDER_ESCALATED, /* a day after that, or at review-by where it was never claimed */
} ImpReminder;

/* "respond-by", "overdue-3" and the like; static, NULL for none. */
const char *imp_reminder_word(ImpReminder reminder);
/* "review.reminder", "review.overdue" or "review.escalated"; static, NULL for none. */
const char *imp_reminder_event(ImpReminder reminder);

/* What is known of one open request. */
typedef struct {
    gint64 respond_by_us, review_by_us;
    gint64 claimed_us; /* when its person claimed the article; 0: has not */
    ImpReminder sent;  /* the last reminder of it */
    gint64 sent_us;
} ImpDeadline;

/* Of a request as the article has it, with nothing sent. */
ImpDeadline imp_deadline_of(const ImpArticle *article, const ImpRequest *request);

/* What is to be sent now: the latest step that has come, where that was not sent yet. Steps that
 * were missed are passed over, so that whoever was away, or a daemon that was off, finds one
 * message and not several. A reminder waits while `away`, and until a day after the one before; an
 * escalation waits for nothing. *next_us is when to ask again, should nothing else happen; 0:
 * never. */
ImpReminder imp_deadline_judge(const ImpDeadline *deadline, bool away, gint64 now_us,
                               gint64 *next_us);

/* When the editors are told; 0: never. */
gint64 imp_deadline_escalation(const ImpDeadline *deadline);

/* Whether nothing is expected of the person any more: the moment of the escalation has come. */
bool imp_deadline_has_lapsed(const ImpDeadline *deadline, gint64 now_us);
