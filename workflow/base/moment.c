#include "workflow/base/moment.h"

#include <string.h>

/* The years that RFC 3339 can write, and GDateTime can hold: 0001 to 9999. */
#define FIRST_US (G_GINT64_CONSTANT(-62135596800) * IMP_SECOND_US)
#define LAST_US  (G_GINT64_CONSTANT(253402300800) * IMP_SECOND_US - 1)
#define DAY_S    (IMP_DAY_US / IMP_SECOND_US)

/* The division of C rounds towards zero; before 1970 that would be up. */
static gint64 floor_seconds(gint64 moment_us)
{
    return moment_us / IMP_SECOND_US - (moment_us % IMP_SECOND_US < 0);
}

static GDateTime *civil(gint64 moment_us)
{
    return g_date_time_new_from_unix_utc(floor_seconds(CLAMP(moment_us, FIRST_US, LAST_US)));
}

/* GDate counts the days from the 1st of January of the year 1, which is FIRST_US. It does in some
 * steps what takes GDateTime hundreds, and each line of a list has some moments. */
static GDate date_of(gint64 moment_us, gint64 *second_of_day)
{
    gint64 seconds = floor_seconds(CLAMP(moment_us, FIRST_US, LAST_US)) - FIRST_US / IMP_SECOND_US;
    GDate date;
    g_date_clear(&date, 1);
    g_date_set_julian(&date, (guint32)(seconds / DAY_S) + 1);
    *second_of_day = seconds % DAY_S;
    return date;
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
    GDate date;
    g_date_clear(&date, 1);
    g_date_set_dmy(&date, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
    gint64 whole_s =
        (g_date_get_julian(&date) - 1) * DAY_S + (hour * 60 + minute) * 60 + (leap ? 59 : second);
    gint64 whole_us = FIRST_US + whole_s * IMP_SECOND_US - offset_us;
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
    gint64 second;
    GDate date = date_of(moment_us, &second);
    char *text = g_malloc(sizeof "2026-11-23T09:14:07Z");
    char *to = put_digits(text, g_date_get_year(&date), 4, '-');
    to = put_digits(to, g_date_get_month(&date), 2, '-');
    to = put_digits(to, g_date_get_day(&date), 2, 'T');
    to = put_digits(to, (int)(second / 3600), 2, ':');
    to = put_digits(to, (int)(second / 60 % 60), 2, ':');
    to = put_digits(to, (int)(second % 60), 2, 'Z');
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
    gint64 second;
    GDate date = date_of(moment_us, &second);
    return (guint32)(g_date_get_year(&date) * 10000 + (int)g_date_get_month(&date) * 100 +
                     g_date_get_day(&date));
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
