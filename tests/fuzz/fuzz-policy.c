#include "tests/fuzz/fuzz.h"
#include "workflow/policy.h"

/* Policies: policy.json, and behind a NUL allowed_signers. A policy that is accepted answers for
 * every path, its people are found by what they are called, its signers are its people; one that is
 * refused says where. */

static void look_at(const ImpPolicy *policy)
{
    static const char *const paths[] = {"content/a.md", "a", "", ".imprimatur/policy.json",
                                        "x/y/z.md"};
    g_assert_cmpuint(policy->version, >, 0);
    g_assert_true(g_utf8_validate(policy->name, -1, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        const ImpRule *rule = imp_policy_rule(policy, paths[i]);
        g_assert_nonnull(rule);
        g_assert_cmpuint(rule->approvals, >, 0);
        g_assert_cmpuint(rule->specialists, <=, rule->approvals);
        g_assert_false(imp_policy_is_article(policy, paths[i]) &&
                       imp_policy_is_carried(policy, paths[i]));
    }
    g_assert_false(imp_policy_is_article(policy, ".imprimatur/policy.json"));
    for (guint i = 0; i < policy->people->len; i++) {
        const ImpPerson *person = policy->people->pdata[i];
        g_assert_true(imp_policy_person(policy, person->id) == person);
        g_assert_nonnull(person->emails[0]);
        for (char **email = person->emails; *email; email++)
            g_assert_true(imp_policy_person_by_email(policy, *email) == person);
    }
    for (guint i = 0; policy->signers && i < policy->signers->len; i++) {
        const ImpSigner *signer = policy->signers->pdata[i];
        g_assert_true(imp_policy_person_by_email(policy, signer->principal) == signer->person);
        g_assert_true(imp_policy_key_owner(policy, signer->key) == signer->person);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = fuzz_text(data, size);
    gsize length = strlen(text);
    const char *signers = length < size ? text + length + 1 : NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpPolicy) policy =
        imp_policy_parse(text, length, signers, signers ? size - length - 1 : 0, NULL, &error);
    g_assert_true((policy == NULL) == (error != NULL));
    if (policy) {
        look_at(policy);
        return 0;
    }
    g_assert_error(error, IMP_POLICY_ERROR, IMP_POLICY_ERROR_INVALID);
    g_assert_true(g_str_has_prefix(error->message, "policy.json:") ||
                  g_str_has_prefix(error->message, "allowed_signers:"));
    fuzz_assert_sentence(error->message);
    return 0;
}
