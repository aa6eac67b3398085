#include "workflow/deadlines.h"

#include <string.h>

#define ASKED_US  (1795424400 * IMP_SECOND_US) /* 2026-11-23T09:00:00Z */
#define CALENDAR  "tests/unit/golden/deadlines.txt"
#define HOUR_US   (3600 * IMP_SECOND_US)
#define TWO_YEARS (2 * 365 * 24)

/* Days after being asked. */
static gint64 day(double days)
{
    return ASKED_US + (gint64)(days * (double)IMP_DAY_US);
}

/* Respond within 3 days, review within 14. */
static ImpDeadline deadline_of(double claimed_day)
{
    return (ImpDeadline){.respond_by_us = day(3),
                         .review_by_us = day(14),
                         .claimed_us = claimed_day < 0 ? 0 : day(claimed_day)};
}

static void assert_steps(ImpDeadline deadline, const char *expected)
{
    g_autoptr(GString) story = g_string_new(NULL);
    gint64 now_us = ASKED_US, next_us = 0;
    do {
        ImpReminder step = imp_deadline_judge(&deadline, false, now_us, &next_us);
        if (step != IMP_REMINDER_NONE) {
            g_string_append_printf(story, "%s%g:%s", story->len ? " " : "",
                                   (double)(now_us - ASKED_US) / (double)IMP_DAY_US,
                                   imp_reminder_word(step));
            deadline.sent = step;
            deadline.sent_us = now_us;
            /* At the same moment there is never more. */
            g_assert_cmpint(imp_deadline_judge(&deadline, false, now_us, &next_us), ==,
                            IMP_REMINDER_NONE);
        }
        g_assert_true(next_us == 0 || next_us > now_us);
        now_us = next_us;
    } while (next_us);
    g_assert_cmpstr(story->str, ==, expected);
}

static void test_the_steps(void)
{
    assert_steps(deadline_of(-1), "3:respond-by 14:escalated");
    assert_steps(deadline_of(1),
                 "7:before-7 11:before-3 14:review-by 17:overdue-3 21:overdue-7 22:escalated");
    /* What lies behind when the claim comes is not told. */
    assert_steps(deadline_of(12), "14:review-by 17:overdue-3 21:overdue-7 22:escalated");
    assert_steps((ImpDeadline){0}, "");
}

static void test_a_day_between_two(void)
{
    /* Days as short as a policy can make them. */
    ImpDeadline deadline = {
        .respond_by_us = day(1), .review_by_us = day(8), .claimed_us = day(0.5)};
    gint64 next_us;
    g_assert_cmpint(imp_deadline_judge(&deadline, false, day(1), &next_us), ==,
                    IMP_REMINDER_BEFORE_7);
    deadline.sent = IMP_REMINDER_BEFORE_7;
    deadline.sent_us = day(4.5);
    g_assert_cmpint(imp_deadline_judge(&deadline, false, day(5), &next_us), ==, IMP_REMINDER_NONE);
    g_assert_cmpint(next_us, ==, day(5.5));
    g_assert_cmpint(imp_deadline_judge(&deadline, false, day(5.5), &next_us), ==,
                    IMP_REMINDER_BEFORE_3);
}

static void test_not_while_away(void)
{
    ImpDeadline deadline = deadline_of(1);
    gint64 next_us;
    g_assert_cmpint(imp_deadline_judge(&deadline, true, day(7), &next_us), ==, IMP_REMINDER_NONE);
    g_assert_cmpint(next_us, ==, 1796083200 * IMP_SECOND_US); /* midnight */
    /* Back after three steps: one message. The editors are told whoever is away. */
    g_assert_cmpint(imp_deadline_judge(&deadline, false, day(15), &next_us), ==, IMP_REMINDER_ON);
    g_assert_cmpint(imp_deadline_judge(&deadline, true, day(22), &next_us), ==,
                    IMP_REMINDER_ESCALATED);
    g_assert_cmpint(imp_deadline_escalation(&deadline), ==, day(22));
    g_assert_false(imp_deadline_has_lapsed(&deadline, day(22) - 1));
    g_assert_true(imp_deadline_has_lapsed(&deadline, day(22)));
    deadline.sent = IMP_REMINDER_ESCALATED;
    deadline.sent_us = day(22);
    g_assert_cmpint(imp_deadline_judge(&deadline, false, day(400), &next_us), ==,
                    IMP_REMINDER_NONE);
    g_assert_cmpint(next_us, ==, 0);
}

/* Two years of a small board, hour by hour: five people, each with ways of their own, and six
 * articles that come up again four months after each review. */

typedef struct {
    const char *name;
    int claims_after, answers_after; /* days; -1: never */
    guint away_from, away_to;        /* days of the story, both included */
} Member;

static const Member board[] = {
    {"ann, prompt", 1, 5, 0, 0},         {"bob, silent", -1, -1, 0, 0},
    {"cleo, slow", 2, 19, 0, 0},         {"dan, often away", 1, 12, 20, 60},
    {"eve, forgetful", 2, -1, 400, 420},
};

typedef struct {
    guint first, asked[8], requests;
    ImpDeadline deadlines[8];
    gint64 asked_us[8], again_us;
} Page;

static bool is_away(const Member *member, guint today)
{
    return member->away_to > 0 && today >= member->away_from && today <= member->away_to;
}

static void ask(Page *page, gint64 now_us)
{
    guint i = page->requests++;
    g_assert_cmpuint(page->requests, <, G_N_ELEMENTS(page->asked));
    page->asked[i] = page->first++ % G_N_ELEMENTS(board);
    page->asked_us[i] = now_us;
    page->deadlines[i] = (ImpDeadline){.respond_by_us = now_us + 3 * IMP_DAY_US,
                                       .review_by_us = now_us + 14 * IMP_DAY_US};
}

static void tell(GString *calendar, gint64 now_us, guint number, const char *who, const char *what)
{
    g_autofree char *moment = imp_moment_format(now_us);
    g_string_append_printf(calendar, "%.13s page %u  %-16s %s\n", moment, number, who, what);
}

static void judge(GString *calendar, Page *page, guint number, guint i, gint64 now_us, guint today)
{
    const Member *member = &board[page->asked[i]];
    ImpDeadline *deadline = &page->deadlines[i];
    gint64 next_us;
    ImpReminder step = imp_deadline_judge(deadline, is_away(member, today), now_us, &next_us);
    if (step == IMP_REMINDER_NONE)
        return;
    g_assert_cmpint(step, >, deadline->sent);
    if (step != IMP_REMINDER_ESCALATED) {
        g_assert_false(is_away(member, today));
        g_assert_true(deadline->sent_us == 0 || now_us - deadline->sent_us >= IMP_DAY_US);
    }
    deadline->sent = step;
    deadline->sent_us = now_us;
    tell(calendar, now_us, number, member->name, imp_reminder_word(step));
    if (step == IMP_REMINDER_ESCALATED)
        ask(page, now_us);
}

static void live_an_hour(GString *calendar, Page *page, guint number, gint64 now_us, guint today)
{
    if (page->requests == 0 && now_us >= page->again_us)
        ask(page, now_us);
    for (guint i = 0; i < page->requests; i++) {
        const Member *member = &board[page->asked[i]];
        if (member->claims_after >= 0 &&
            now_us == page->asked_us[i] + member->claims_after * IMP_DAY_US)
            page->deadlines[i].claimed_us = now_us;
        if (member->answers_after >= 0 &&
            now_us == page->asked_us[i] + member->answers_after * IMP_DAY_US) {
            tell(calendar, now_us, number, member->name, "(approves)");
            page->requests = 0;
            page->again_us = now_us + 120 * IMP_DAY_US;
            return;
        }
    }
    for (guint i = 0, before = page->requests; i < before; i++)
        judge(calendar, page, number, i, now_us, today);
}

static void test_two_years_of_a_board(void)
{
    g_autoptr(GString) calendar = g_string_new(NULL);
    g_autofree char *golden = NULL;
    Page pages[6] = {0};
    for (guint i = 0; i < G_N_ELEMENTS(pages); i++) {
        pages[i].first = i;
        pages[i].again_us = day(i * 5);
    }
    for (guint hour = 0; hour < TWO_YEARS; hour++) {
        for (guint i = 0; i < G_N_ELEMENTS(pages); i++)
            live_an_hour(calendar, &pages[i], i + 1, ASKED_US + hour * HOUR_US, hour / 24);
    }
    if (g_getenv("GOLDEN_WRITE"))
        g_file_set_contents(CALENDAR, calendar->str, -1, NULL);
    g_assert_true(g_file_get_contents(CALENDAR, &golden, NULL, NULL));
    g_auto(GStrv) told = g_strsplit(calendar->str, "\n", -1),
                  expected = g_strsplit(golden, "\n", -1);
    for (guint i = 0; told[i] && expected[i]; i++)
        g_assert_cmpstr(told[i], ==, expected[i]);
    g_assert_cmpstr(calendar->str, ==, golden);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/deadlines/the-steps", test_the_steps);
    g_test_add_func("/deadlines/a-day-between-two", test_a_day_between_two);
    g_test_add_func("/deadlines/not-while-away", test_not_while_away);
    g_test_add_func("/deadlines/two-years-of-a-board", test_two_years_of_a_board);
    return g_test_run();
}
