#include "workflow/since.h"
#include "workflow/base/moment.h"
#include "workflow/review_in.h"

static gint64 before(gint64 now_us, ImpReviewIn span)
{
    if (span.unit == IMP_REVIEW_UNIT_MONTHS)
        return imp_moment_subtract_months(now_us, span.count);
    return now_us - (gint64)span.count * (span.unit == IMP_REVIEW_UNIT_WEEKS ? 7 : 1) * IMP_DAY_US;
}

bool imp_since_parse(const char *text, gint64 now_us, gint64 *moment_us)
{
    ImpReviewIn span;
    guint32 day;
    if (imp_review_in_parse(text, &span)) {
        *moment_us = before(now_us, span);
        return true;
    }
    g_autofree char *midnight =
        imp_day_parse(text, &day) ? g_strconcat(text, "T00:00:00Z", NULL) : NULL;
    return imp_moment_parse(midnight ? midnight : text, moment_us);
}
