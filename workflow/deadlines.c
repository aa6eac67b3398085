#include "workflow/deadlines.h"

static const struct {
    const char *word, *event;
    int days; /* after review-by */
} steps[] = {
    [IMP_REMINDER_RESPOND] = {"respond-by", "review.reminder", 0},
    [IMP_REMINDER_BEFORE_7] = {"before-7", "review.reminder", -7},
    [IMP_REMINDER_BEFORE_3] = {"before-3", "review.reminder", -3},
    [IMP_REMINDER_ON] = {"review-by", "review.overdue", 0},
    [IMP_REMINDER_AFTER_3] = {"overdue-3", "review.overdue", 3},
    [IMP_REMINDER_AFTER_7] = {"overdue-7", "review.overdue", 7},
    [IMP_REMINDER_ESCALATED] = {"escalated", "review.escalated", 8},
};

const char *imp_reminder_word(ImpReminder reminder)
{
    return steps[reminder].word;
}

const char *imp_reminder_event(ImpReminder reminder)
{
    return steps[reminder].event;
}

ImpDeadline imp_deadline_of(const ImpArticle *article, const ImpRequest *request)
{
    const ImpStanding *claim = imp_article_standing(article, request->person, IMP_DECISION_CLAIM);
    return (ImpDeadline){.respond_by_us = request->respond_by_us,
                         .review_by_us = request->review_by_us,
                         .claimed_us = claim ? claim->recorded_us : 0};
}

/* When a step comes; 0: never. What lay behind already when the person claimed is not news to
 * anybody. */
static gint64 moment_us(const ImpDeadline *deadline, ImpReminder reminder)
{
    if (!deadline->review_by_us)
        return 0;
    if (!deadline->claimed_us)
        return reminder == IMP_REMINDER_RESPOND     ? deadline->respond_by_us
               : reminder == IMP_REMINDER_ESCALATED ? deadline->review_by_us
                                                    : 0;
    gint64 moment = deadline->review_by_us + steps[reminder].days * IMP_DAY_US;
    bool passed = moment <= deadline->claimed_us && reminder != IMP_REMINDER_ESCALATED;
    return reminder == IMP_REMINDER_RESPOND || passed ? 0 : moment;
}

gint64 imp_deadline_escalation(const ImpDeadline *deadline)
{
    return moment_us(deadline, IMP_REMINDER_ESCALATED);
}

bool imp_deadline_has_lapsed(const ImpDeadline *deadline, gint64 now_us)
{
    gint64 end_us = imp_deadline_escalation(deadline);
    return end_us && end_us <= now_us;
}

static gint64 next_midnight_us(gint64 now_us)
{
    return (now_us / IMP_DAY_US + 1) * IMP_DAY_US;
}

ImpReminder imp_deadline_judge(const ImpDeadline *deadline, bool away, gint64 now_us,
                               gint64 *next_us)
{
    ImpReminder due = IMP_REMINDER_NONE;
    *next_us = 0;
    for (ImpReminder step = IMP_REMINDER_RESPOND; step <= IMP_REMINDER_ESCALATED; step++) {
        gint64 at_us = moment_us(deadline, step);
        if (!at_us || step <= deadline->sent)
            continue;
        if (at_us <= now_us)
            due = step;
        else if (!*next_us || at_us < *next_us)
            *next_us = at_us;
    }
    if (due == IMP_REMINDER_NONE || due == IMP_REMINDER_ESCALATED)
        return due;
    gint64 free_us = deadline->sent_us ? deadline->sent_us + IMP_DAY_US : 0;
    gint64 wait_us = away ? next_midnight_us(now_us) : free_us;
    if (wait_us <= now_us)
        return due;
    *next_us = *next_us ? MIN(*next_us, wait_us) : wait_us;
    return IMP_REMINDER_NONE;
}
