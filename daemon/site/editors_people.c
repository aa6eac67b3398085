#include "daemon/site/editors.h"

/* What editors see of a person: how much is asked of them, and when they cannot be asked. */

#define LAPSING_DAYS 60

/* yyyymmdd as `day` of imp_site_day(). The caller frees. */
static char *day_text(guint32 day)
{
    g_autoptr(GDateTime) date = g_date_time_new_utc((gint)(day / 10000), (gint)(day / 100 % 100),
                                                    (gint)(day % 100), 0, 0, 0);
    return date ? imp_site_day(g_date_time_to_unix(date) * IMP_SECOND_US) : NULL;
}

static void absences(ImpXml *xml, const ImpPerson *person, guint32 today)
{
    for (guint i = 0; i < person->away->len; i++) {
        const ImpAbsence *absence = &g_array_index(person->away, ImpAbsence, i);
        if (absence->last_day < today)
            continue;
        g_autofree char *first = day_text(absence->first_day);
        g_autofree char *last = day_text(absence->last_day);
        imp_xml_open(xml, "p", "class", "away", NULL);
        imp_xml_textf(xml, "Away from %s to %s", first, last);
        imp_xml_close(xml);
    }
}

static void credentials(ImpXml *xml, const ImpPerson *person, gint64 now_us)
{
    guint32 until = person->credentials_until;
    g_autofree char *day = until ? day_text(until) : NULL;
    if (!until)
        return;
    imp_xml_open(xml, "p", "class", "credentials", NULL);
    if (!imp_person_has_credentials(person, now_us))
        imp_xml_element(xml, "Credentials have lapsed:", "strong", NULL);
    else if (!imp_person_has_credentials(person, now_us + LAPSING_DAYS * IMP_DAY_US))
        imp_xml_element(xml, "Credentials lapse soon:", "strong", NULL);
    else
        imp_xml_text(xml, "Credentials:");
    imp_xml_textf(xml, " until %s", day);
    imp_xml_close(xml);
}

void imp_site_put_editors_person(ImpSite *site, ImpXml *xml, const ImpPerson *person, guint open)
{
    if (person->roles & IMP_ROLE_REVIEWER) {
        imp_xml_open(xml, "p", "class", "requests", NULL);
        imp_xml_textf(xml, "%u open request%s, takes %u at once", open, open == 1 ? "" : "s",
                      person->capacity);
        imp_xml_close(xml);
    }
    absences(xml, person, imp_moment_day(site->now_us));
    credentials(xml, person, site->now_us);
}
