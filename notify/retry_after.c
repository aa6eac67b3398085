#include "notify/retry_after.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    int day, year, hour, minute, second;
    char month[4];
} Date;

static int month_of(const char *name)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    for (guint i = 0; i < G_N_ELEMENTS(months); i++) {
        if (strcmp(name, months[i]) == 0)
            return (int)i + 1;
    }
    return 0;
}

/* A year of two digits is the one that is at most 50 years ahead. */
static int whole_year(int year, gint64 now_us)
{
    int this_year = (int)(imp_moment_day(now_us) / 10000);
    int whole = this_year - this_year % 100 + year;
    return whole > this_year + 50 ? whole - 100 : whole;
}

/* IMF-fixdate, the date of RFC 850, that of asctime(). */
static bool read_date(const char *text, gint64 now_us, Date *date)
{
    int end = 0;
    sscanf(text, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", &date->day, date->month,
           &date->year, &date->hour, &date->minute, &date->second, &end);
    if (end > 0)
        return text[end] == '\0';
    sscanf(text, "%*9[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d GMT%n", &date->day, date->month,
           &date->year, &date->hour, &date->minute, &date->second, &end);
    if (end > 0) {
        date->year = whole_year(date->year, now_us);
        return text[end] == '\0';
    }
    sscanf(text, "%*3[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %4d%n", date->month, &date->day,
           &date->hour, &date->minute, &date->second, &date->year, &end);
    return end > 0 && text[end] == '\0';
}

static gint64 date_us(const char *text, gint64 now_us)
{
    Date date = {0};
    int month = read_date(text, now_us, &date) ? month_of(date.month) : 0;
    if (month == 0 || date.year < 1970)
        return 0;
    g_autoptr(GDateTime) moment =
        g_date_time_new_utc(date.year, month, date.day, date.hour, date.minute, date.second);
    return moment ? g_date_time_to_unix(moment) * IMP_SECOND_US : 0;
}

gint64 imp_retry_after_us(const char *text, gint64 now_us)
{
    gint64 until_us;
    if (*text && strspn(text, "0123456789") == strlen(text)) {
        /* So many digits that they cannot be read mean the greatest number, which is capped as
         * well. */
        guint64 seconds = g_ascii_strtoull(text, NULL, 10);
        until_us =
            now_us + (gint64)MIN(seconds, IMP_RETRY_AFTER_MAX_US / IMP_SECOND_US) * IMP_SECOND_US;
    } else {
        until_us = date_us(text, now_us);
    }
    return until_us > now_us ? MIN(until_us, now_us + IMP_RETRY_AFTER_MAX_US) : 0;
}
