#include "daemon/pass/clock.h"
#include "daemon/index/index.h"
#include "workflow/base/moment.h"

/* How far ahead of all that is known the clock may be: less than this and a weekend without a push,
 * seen by a daemon that makes a pass each minute, is nothing new. */
#define AHEAD_US IMP_DAY_US
/* A clock that was set wrong at a start is set right within minutes by whoever keeps it. */
#define CONFIRMED_US (IMP_SECOND_US * 3600)
/* By so much it may be adjusted meanwhile. */
#define ADJUSTED_US (IMP_SECOND_US * 60)

static gint64 date_of(const ImpPass *pass, const char *commit)
{
    return commit ? imp_repository_commit_date(pass->repository, commit) : 0;
}

/* The latest moment that somebody else vouches for. */
static gint64 latest_seen_us(const ImpPass *pass, gint64 last_us)
{
    gint64 latest_us = MAX(last_us, date_of(pass, pass->source));
    for (guint i = 0; i < pass->branches->len; i++)
        latest_us =
            MAX(latest_us, date_of(pass, ((const ImpRef *)pass->branches->pdata[i])->commit));
    return latest_us;
}

/* Whether it has run on like the monotonic clock for long enough. */
static bool is_confirmed(ImpClockDoubt *doubt, gint64 now_us, gint64 monotonic_us)
{
    gint64 ahead_us = now_us - monotonic_us;
    if (!doubt->ahead_us || ABS(ahead_us - doubt->ahead_us) > ADJUSTED_US) {
        doubt->ahead_us = ahead_us;
        doubt->doubted_us = monotonic_us;
    }
    return monotonic_us - doubt->doubted_us >= CONFIRMED_US;
}

char *imp_clock_doubt(ImpClockDoubt *doubt, const ImpPass *pass, const char *ledger,
                      gint64 monotonic_us)
{
    gint64 last_us =
        MAX(imp_index_get_moment(pass->database, IMP_INDEX_PASS_AT), date_of(pass, ledger));
    bool doubtful = !doubt->trusted && last_us && pass->now_us > last_us + AHEAD_US &&
                    pass->now_us > latest_seen_us(pass, last_us) + AHEAD_US;
    if (!doubtful || is_confirmed(doubt, pass->now_us, monotonic_us)) {
        doubt->ahead_us = 0;
        return NULL;
    }
    g_autofree char *now = imp_moment_format(imp_moment_whole_seconds(pass->now_us));
    g_autofree char *last = imp_moment_format(imp_moment_whole_seconds(last_us));
    return g_strdup_printf(
        "the clock says %s, more than a day after the last pass (%s) and after every date seen, so "
        "nothing is decided: if it is wrong, set it; if it is right, type: systemctl reload "
        "imprimatur@%s (or imprimatur once --trust-clock); it is believed by itself once a commit "
        "of today is pushed, or after an hour",
        now, last, pass->config->name);
}
