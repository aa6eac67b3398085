#include "workflow/base/moment.h"

#include <string.h>

/* The years that RFC 3339 can write, and GDateTime can hold: 0001 to 9999. */
#define FIRST_US (G_GINT64_CONSTANT(-62135596800) * IMP_SECOND_US)
#define LAST_US  (G_GINT64_CONSTANT(253402300800) * IMP_SECOND_US - 1)

/* The division of C rounds towards zero; before 1970 that would be up. */
static gint64 floor_seconds(gint64 moment_us)
{
    return moment_us / IMP_SECOND_US - (moment_us % IMP_SECOND_US < 0);
}

static GDateTime *civil(gint64 moment_us)
{
    return g_date_time_new_from_unix_utc(floor_seconds(CLAMP(moment_us, FIRST_US, LAST_US)));
}

#define DAY_S          86400
#define DAYS_PER_400   146097 /* in 400 years, after which the calendar is the same again */
#define DAYS_OF_1970   719468 /* from the 1st of March of the year 0 on */
#define DAYS_PER_MONTH 153    /* in five months from March or August on */

/* Days since 1970 and the Gregorian calendar. A year begins in March here, so that the leap day is
 * its last. GDateTime does the same in many more steps, and each line of a list has some. */
static void calendar_of(gint64 days, int *year, int *month, int *day)
{
    int since = (int)days + DAYS_OF_1970;
    int era = since / DAYS_PER_400, of_era = since % DAYS_PER_400;
    int of_years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * of_years + of_years / 4 - of_years / 100);
    int from_march = (5 * of_year + 2) / DAYS_PER_MONTH;
    *day = of_year - (DAYS_PER_MONTH * from_march + 2) / 5 + 1;
    *month = from_march < 10 ? from_march + 3 : from_march - 9;
    *year = era * 400 + of_years + (*month <= 2);
}

static gint64 days_of(int year, int month, int day)
{
    int years = year - (month <= 2), era = years / 400, of_era = years % 400;
    int from_march = month > 2 ? month - 3 : month + 9;
    int of_year = (DAYS_PER_MONTH * from_march + 2) / 5 + day - 1;
    return (gint64)era * DAYS_PER_400 + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
           DAYS_OF_1970;
}

/* Whether `text` begins with `shape`, in which 'd' stands for a digit and everything else for
 * itself. */
static bool has_shape(const char *text, const char *shape)
{
    for (; *shape; text++, shape++) {
        if (*shape == 'd' ? !g_ascii_isdigit(*text) : g_ascii_toupper(*text) != *shape)
            return false;
    }
    return true;
}

static int digits(const char *text, gsize length)
{
    int value = 0;
    for (gsize i = 0; i < length; i++)
        value = value * 10 + g_ascii_digit_value(text[i]);
    return value;
}

/* Parses ".123", if it is there; digits after the sixth are below our resolution. */
static bool parse_fraction(const char **text, gint64 *fraction_us)
{
    *fraction_us = 0;
    if (**text != '.')
        return true;
    (*text)++;
    if (!g_ascii_isdigit(**text))
        return false;
    for (gint64 unit_us = IMP_SECOND_US / 10; g_ascii_isdigit(**text); (*text)++, unit_us /= 10)
        *fraction_us += g_ascii_digit_value(**text) * unit_us;
    return true;
}

/* Parses "Z" or "+hh:mm" up to the end of the text. */
static bool parse_offset(const char *text, gint64 *offset_us)
{
    if (has_shape(text, "Z")) {
        *offset_us = 0;
        return text[1] == '\0';
    }
    if (!(has_shape(text, "+dd:dd") || has_shape(text, "-dd:dd")) || text[6] != '\0')
        return false;
    int hours = digits(text + 1, 2), minutes = digits(text + 4, 2);
    if (hours > 23 || minutes > 59)
        return false;
    *offset_us = (hours * 60 + minutes) * 60 * IMP_SECOND_US * (text[0] == '-' ? -1 : 1);
    return true;
}

bool imp_moment_parse(const char *text, gint64 *moment_us)
{
    if (!has_shape(text, "dddd-dd-ddTdd:dd:dd"))
        return false;
    const char *rest = text + 19;
    gint64 fraction_us, offset_us;
    if (!parse_fraction(&rest, &fraction_us) || !parse_offset(rest, &offset_us))
        return false;
    int second = digits(text + 17, 2);
    bool leap = second == 60;
    int year = digits(text, 4), month = digits(text + 5, 2), day = digits(text + 8, 2);
    int hour = digits(text + 11, 2), minute = digits(text + 14, 2);
    if (!g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year) || hour > 23 ||
        minute > 59 || second > 60)
        return false;
    gint64 whole_s =
        days_of(year, month, day) * DAY_S + (hour * 60 + minute) * 60 + (leap ? 59 : second);
    gint64 whole_us = whole_s * IMP_SECOND_US - offset_us;
    if (leap) {
        /* Leap seconds end a day of UTC (RFC 3339 section 5.7); POSIX time gives them the next
         * second's number. */
        whole_us += IMP_SECOND_US;
        if (whole_us % IMP_DAY_US != 0)
            return false;
    }
    if (whole_us < FIRST_US || whole_us + fraction_us > LAST_US)
        return false;
    *moment_us = whole_us + fraction_us;
    return true;
}

static char *put_digits(char *to, int value, int width, char after)
{
    for (int i = width; i-- > 0; value /= 10)
        to[i] = (char)('0' + value % 10);
    to[width] = after;
    return to + width + 1;
}

char *imp_moment_format(gint64 moment_us)
{
    int year, month, day;
    gint64 seconds = floor_seconds(CLAMP(moment_us, FIRST_US, LAST_US)) - FIRST_US / IMP_SECOND_US;
    int of_day = (int)(seconds % DAY_S);
    calendar_of(seconds / DAY_S + FIRST_US / IMP_DAY_US, &year, &month, &day);
    char *text = g_malloc(sizeof "2026-11-23T09:14:07Z");
    char *to = put_digits(text, year, 4, '-');
    to = put_digits(to, month, 2, '-');
    to = put_digits(to, day, 2, 'T');
    to = put_digits(to, of_day / 3600, 2, ':');
    to = put_digits(to, of_day / 60 % 60, 2, ':');
    to = put_digits(to, of_day % 60, 2, 'Z');
    *to = '\0';
    return text;
}

gint64 imp_moment_whole_seconds(gint64 moment_us)
{
    return floor_seconds(moment_us) * IMP_SECOND_US;
}

gint64 imp_moment_add_days(gint64 moment_us, guint days)
{
    if (moment_us > LAST_US || days > (LAST_US - moment_us) / IMP_DAY_US)
        return LAST_US;
    return moment_us + days * IMP_DAY_US;
}

/* GDateTime clamps to the last day of a shorter month by itself; it knows no year beyond 9999. */
static gint64 shift_months(gint64 moment_us, gint64 months)
{
    g_autoptr(GDateTime) from = civil(moment_us);
    g_autoptr(GDateTime) to = NULL;
    if (months >= -9999 * 12 && months <= 9999 * 12)
        to = g_date_time_add_months(from, (gint)months);
    if (!to)
        return months < 0 ? FIRST_US : LAST_US;
    gint64 below_second_us = moment_us - imp_moment_whole_seconds(moment_us);
    return g_date_time_to_unix(to) * IMP_SECOND_US + below_second_us;
}

gint64 imp_moment_add_months(gint64 moment_us, guint months)
{
    return shift_months(moment_us, months);
}

gint64 imp_moment_subtract_months(gint64 moment_us, guint months)
{
    return shift_months(moment_us, -(gint64)months);
}

guint32 imp_moment_day(gint64 moment_us)
{
    int year, month, day;
    gint64 seconds = floor_seconds(CLAMP(moment_us, FIRST_US, LAST_US)) - FIRST_US / IMP_SECOND_US;
    calendar_of(seconds / DAY_S + FIRST_US / IMP_DAY_US, &year, &month, &day);
    return (guint32)(year * 10000 + month * 100 + day);
}

bool imp_day_parse(const char *text, guint32 *day)
{
    if (!has_shape(text, "dddd-dd-dd") || text[10] != '\0')
        return false;
    int year = digits(text, 4), month = digits(text + 5, 2), day_of_month = digits(text + 8, 2);
    if (!g_date_valid_dmy((GDateDay)day_of_month, (GDateMonth)month, (GDateYear)year))
        return false;
    *day = (guint32)(year * 10000 + month * 100 + day_of_month);
    return true;
}
