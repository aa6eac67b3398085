#include "workflow/review_in.h"
#include "workflow/base/moment.h"

#include <string.h>

/* Four digits are centuries in any unit and cannot overflow the calendar. */
#define MAX_DIGITS 4

bool imp_review_in_parse(const char *text, ImpReviewIn *review_in)
{
    static const char *const units[] = {
        [IMP_REVIEW_UNIT_DAYS] = "days",
        [IMP_REVIEW_UNIT_WEEKS] = "weeks",
        [IMP_REVIEW_UNIT_MONTHS] = "months",
    };
    guint count = 0;
    gsize digits = 0;
    while (g_ascii_isdigit(text[digits]) && digits < MAX_DIGITS)
        count = count * 10 + (guint)g_ascii_digit_value(text[digits++]);
    if (count == 0 || text[digits] != ' ')
        return false;

    const char *unit = text + digits + 1;
    gsize length = strlen(unit);
    for (guint i = 0; i < G_N_ELEMENTS(units); i++) {
        gsize plural = strlen(units[i]);
        if ((length == plural || length == plural - 1) && strncmp(unit, units[i], length) == 0) {
            *review_in = (ImpReviewIn){.count = count, .unit = i};
            return true;
        }
    }
    return false;
}

gint64 imp_review_in_add(ImpReviewIn review_in, gint64 moment_us)
{
    switch (review_in.unit) {
    case IMP_REVIEW_UNIT_WEEKS:
        return imp_moment_add_days(moment_us, 7 * review_in.count);
    case IMP_REVIEW_UNIT_MONTHS:
        return imp_moment_add_months(moment_us, review_in.count);
    case IMP_REVIEW_UNIT_DAYS:
        break;
    }
    return imp_moment_add_days(moment_us, review_in.count);
}
