#include "workflow/person.h"

#include <string.h>

/* Addresses reach us from commits too, where they need not be UTF-8. */
char *imp_address_fold(const char *address)
{
    return g_utf8_validate(address, -1, NULL) ? g_utf8_casefold(address, -1)
                                              : g_ascii_strdown(address, -1);
}

bool imp_person_is_specialist(const ImpPerson *person, const char *specialty)
{
    return specialty && g_strv_contains((const char *const *)person->specialties, specialty);
}

bool imp_person_is_away(const ImpPerson *person, gint64 moment_us)
{
    guint32 day = imp_moment_day(moment_us);
    for (guint i = 0; i < person->away->len; i++) {
        const ImpAbsence *absence = &g_array_index(person->away, ImpAbsence, i);
        if (absence->first_day <= day && day <= absence->last_day)
            return true;
    }
    return false;
}

bool imp_person_has_credentials(const ImpPerson *person, gint64 moment_us)
{
    return person->credentials_until == 0 || imp_moment_day(moment_us) <= person->credentials_until;
}

static const struct {
    const char *forge, *domain;
    char separator; /* between an account's number and its login; 0: there are only logins */
} forges[] = {
    {"github", "users.noreply.github.com", '+'},
    {"gitlab", "users.noreply.gitlab.com", '-'},
    {"codeberg", "noreply.codeberg.org", '\0'},
};

const char *imp_forge_no_reply_domain(const char *forge)
{
    for (gsize i = 0; i < G_N_ELEMENTS(forges); i++)
        if (strcmp(forges[i].forge, forge) == 0)
            return forges[i].domain;
    return NULL;
}

/* The login behind "NUMBER SEPARATOR", and how long the number is; all of it where there is none.
 */
static const char *login_of(const char *name, char separator, gsize *digits)
{
    *digits = strspn(name, "0123456789");
    if (separator && *digits > 0 && name[*digits] == separator)
        return name + *digits + 1;
    *digits = 0;
    return name;
}

/* An account keeps its number, and gives its login back to others when it takes another. */
static bool is_same_account(const char *one, const char *other, char separator)
{
    gsize digits, other_digits;
    const char *login = login_of(one, separator, &digits),
               *other_login = login_of(other, separator, &other_digits);
    if (digits && other_digits)
        return digits == other_digits && memcmp(one, other, digits) == 0;
    return strcmp(login, other_login) == 0;
}

bool imp_is_no_reply(const char *folded)
{
    const char *at = strrchr(folded, '@');
    for (gsize i = 0; at && i < G_N_ELEMENTS(forges); i++)
        if (strcmp(forges[i].domain, at + 1) == 0)
            return true;
    return false;
}

bool imp_person_has_account(const ImpPerson *person, const char *folded)
{
    const char *at = strrchr(folded, '@');
    if (!at)
        return false;
    g_autofree char *local = g_strndup(folded, (gsize)(at - folded));
    for (guint i = 0; i < person->accounts->len; i++) {
        const ImpAccount *account = person->accounts->pdata[i];
        if (strcmp(account->name, folded) == 0)
            return true;
        for (gsize f = 0; f < G_N_ELEMENTS(forges); f++)
            if (strcmp(forges[f].forge, account->forge) == 0 &&
                strcmp(forges[f].domain, at + 1) == 0 &&
                is_same_account(account->name, local, forges[f].separator))
                return true;
    }
    return false;
}
