#include "workflow/forge_keys.h"
#include "workflow/keys/openpgp.h"
#include "workflow/keys/ssh_key.h"

#include <string.h>

#define FINGERPRINT_DIGITS 40

/* As the forges publish them: https://github.com/web-flow.gpg, and "Sign commits made in the web
 * interface" in GitLab's manual. */
static const struct {
    const char *key;
    const char *forge;
} known[] = {
    {IMP_OPENPGP_PREFIX "968479A1AFF927E37D1A566BB5690EEEBB952194", "GitHub"},
    {IMP_OPENPGP_PREFIX "5DE3E0509C47EA3CF04A42D34AEE18F83AFDEB23", "GitHub"},
    {"AAAAC3NzaC1lZDI1NTE5AAAAIADOCCUoN3Q1UPQqUvp845fKy7haJH17qsSkVXzWXilW", "GitLab.com"},
};

char *imp_forge_key_read(const char *text)
{
    if (strlen(text) == FINGERPRINT_DIGITS &&
        strspn(text, "0123456789abcdefABCDEF") == strlen(text)) {
        g_autofree char *capitals = g_ascii_strup(text, -1);
        return g_strconcat(IMP_OPENPGP_PREFIX, capitals, NULL);
    }
    g_auto(GStrv) words = g_strsplit(text, " ", 3);
    g_autofree char *why = NULL;
    if (g_strv_length(words) < 2 || !imp_ssh_key_check(words[0], words[1], &why))
        return NULL;
    return g_strdup(words[1]);
}

const char *imp_forge_of_key(const char *key, char *const *more)
{
    for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
        if (strcmp(known[i].key, key) == 0)
            return known[i].forge;
    return more && g_strv_contains((const char *const *)more, key) ? "a forge" : NULL;
}

char *imp_forge_key_in_policy(const ImpPolicy *policy, char *const *more)
{
    g_auto(GStrv) keys = imp_policy_keys(policy);
    const char *found = NULL; /* the bytewise least, so that it is the same each time */
    for (char **key = keys; *key; key++)
        if (imp_forge_of_key(*key, more) && (!found || strcmp(*key, found) < 0))
            found = *key;
    if (!found)
        return NULL;
    bool is_openpgp = g_str_has_prefix(found, IMP_OPENPGP_PREFIX);
    return g_strdup_printf(
        ".imprimatur/%s: the key %s of %s is not a person's: %s signs with it for whoever asks, "
        "under any name; take it out, and list the key that this person alone has",
        is_openpgp ? "keyring.asc" : "allowed_signers",
        is_openpgp ? found + strlen(IMP_OPENPGP_PREFIX) : found,
        imp_policy_key_owner(policy, found)->id, imp_forge_of_key(found, more));
}
