#include "tests/unit/policy_fixture.h"
#include "workflow/signers.h"

static void test_signers(gconstpointer data)
{
    const Fixture *fixture = data;
    g_autoptr(ImpPolicy) policy = parse(fixture, handbook, board, NULL, NULL);
    g_assert_cmpuint(policy->signers->len, ==, 3);
    const ImpSigner *one = policy->signers->pdata[0], *editor = policy->signers->pdata[1];
    g_assert_cmpstr(one->principal, ==, "one@board.example");
    g_assert_cmpstr(one->key_type, ==, "ssh-ed25519");
    g_assert_cmpstr(one->person->id, ==, "onc1");
    g_assert_cmpstr(editor->person->id, ==, "ed1");
    g_assert_cmpstr(editor->principal, ==, "EDITOR@example.org");
    /* One key under two addresses of one person: the first line is the key's. */
    g_assert_true(imp_policy_signer(policy, one->key) == one);
    g_assert_null(imp_policy_signer(policy, "AAAA"));

    g_assert_true(imp_signer_is_valid_at(one, 0));
    g_assert_false(imp_signer_is_valid_at(editor, moment("2025-12-31T23:59:59Z")));
    g_assert_true(imp_signer_is_valid_at(editor, moment("2026-01-01T00:00:00Z")));
    g_assert_true(imp_signer_is_valid_at(editor, moment("2027-01-01T11:59:59Z")));
    g_assert_false(imp_signer_is_valid_at(editor, moment("2027-01-01T12:00:00Z")));
}

static void test_invalid_signers(gconstpointer data)
{
#define CONTROL "allowed_signers:4: has a control character"
#define DAMAGED                                                                                    \
    "allowed_signers:4: key of editor@example.org: it is damaged; copy the line of the .pub file " \
    "again"
#define NO_MOMENT(name, value)                                                                     \
    "allowed_signers:4: " name ": \"" value                                                        \
    "\" is not a moment; write it as in \"20261231Z\" or \"20261231235959Z\""
#define UNKNOWN(option)                                                                            \
    "allowed_signers:4: option " option                                                            \
    ": is unknown; write only namespaces=\"git\", valid-after=\"...\" and valid-before=\"...\""
    static const struct {
        const char *line, *error;
    } rows[] = {
        {"editor@example.org {two}", "allowed_signers:4: namespaces: is missing; write "
                                     "namespaces=\"git\" behind the principal"},
        {"editor@example.org", "allowed_signers:4: namespaces: is missing; write "
                               "namespaces=\"git\" behind the principal"},
        {"editor@example.org namespaces=\"file\" {two}",
         "allowed_signers:4: namespaces: is not exactly this one; write namespaces=\"git\""},
        {"editor@example.org namespaces=\"git,file\" {two}", UNKNOWN("\"namespaces=\\\"git\"")},
        {"editor@example.org namespaces=\"*\" {two}",
         "allowed_signers:4: namespaces: is not exactly this one; write namespaces=\"git\""},
        {"editor@example.org namespaces=\"git\",namespaces=\"git\" {two}",
         "allowed_signers:4: namespaces: is not exactly this one; write namespaces=\"git\""},
        {"editor@example.org namespaces=git {two}", UNKNOWN("\"namespaces=git\"")},
        {"editor@example.org Namespaces=\"git\" {two}", UNKNOWN("\"Namespaces=\\\"git\\\"\"")},
        {"editor@example.org valid-after=\"20260101Z\" {two}",
         "allowed_signers:4: namespaces: is missing; write namespaces=\"git\" behind the "
         "principal"},
        {"editor@example.org cert-authority,namespaces=\"git\" {two}",
         "allowed_signers:4: cert-authority: is not allowed; list each key by itself"},
        {"editor@example.org namespaces=\"git\",Cert-Authority {two}",
         "allowed_signers:4: cert-authority: is not allowed; list each key by itself"},
        {"editor@example.org namespaces=\"git\",no-touch {two}", UNKNOWN("\"no-touch\"")},
        {"editor@example.org namespaces=\"git\",valid-after=\"20260101\" {two}",
         NO_MOMENT("valid-after", "20260101")},
        {"editor@example.org namespaces=\"git\",valid-after=\"20260101000000\" {two}",
         NO_MOMENT("valid-after", "20260101000000")},
        {"editor@example.org namespaces=\"git\",valid-before=\"20260230Z\" {two}",
         NO_MOMENT("valid-before", "20260230Z")},
        {"editor@example.org namespaces=\"git\",valid-before=\"2026010112Z\" {two}",
         NO_MOMENT("valid-before", "2026010112Z")},
        {"editor@example.org namespaces=\"git\",valid-before=\"20260101z\" {two}",
         NO_MOMENT("valid-before", "20260101z")},
        {"editor@example.org namespaces=\"git\",valid-before=\"19700101Z\" {two}",
         NO_MOMENT("valid-before", "19700101Z")},
        {"editor@example.org namespaces=\"git\",valid-before=\"\" {two}",
         NO_MOMENT("valid-before", "")},
        {"editor@example.org "
         "namespaces=\"git\",valid-after=\"20260101Z\",valid-after=\"20270101Z\" {two}",
         "allowed_signers:4: valid-after: appears twice; remove one"},
        {"editor@example.org "
         "namespaces=\"git\",valid-after=\"20260101Z\",valid-before=\"202601010000Z\" {two}",
         "allowed_signers:4: valid-before: is not after valid-after; swap them"},
        {"* namespaces=\"git\" {two}",
         "allowed_signers:4: principal \"*\": is a pattern; write one whole address"},
        {"*@example.org namespaces=\"git\" {two}",
         "allowed_signers:4: principal \"*@example.org\": is a pattern; write one whole address"},
        {"edito?@example.org namespaces=\"git\" {two}",
         "allowed_signers:4: principal \"edito?@example.org\": is a pattern; write one whole "
         "address"},
        {"!editor@example.org namespaces=\"git\" {two}",
         "allowed_signers:4: principal \"!editor@example.org\": is a pattern; write one whole "
         "address"},
        {"\"editor@example.org\" namespaces=\"git\" {two}",
         "allowed_signers:4: principal \"\\\"editor@example.org\\\"\": is a pattern; write one "
         "whole address"},
        {"editor@example.org,one@board.example namespaces=\"git\" {two}",
         "allowed_signers:4: principal \"editor@example.org,one@board.example\": is a list; write "
         "a line for each "
         "address"},
        {"stranger@example.org namespaces=\"git\" {two}",
         "allowed_signers:4: principal \"stranger@example.org\": is the address of nobody in "
         "policy.json; add it to a "
         "person there"},
        {"ed1 namespaces=\"git\" {two}", "allowed_signers:4: principal \"ed1\": is the address of "
                                         "nobody in policy.json; add it to a person there"},
        {"editor@example.org namespaces=\"git\"",
         "allowed_signers:4: key of editor@example.org: is missing; copy the line of the .pub file "
         "behind the options"},
        {"editor@example.org namespaces=\"git\" ssh-ed25519",
         "allowed_signers:4: key of editor@example.org: is missing; copy the line of the .pub file "
         "behind the options"},
        {"editor@example.org namespaces=\"git\" ssh-dss {BARE:two}",
         "allowed_signers:4: key of editor@example.org: its type cannot sign here; use an ed25519, "
         "ecdsa, rsa, "
         "sk-ssh-ed25519 or sk-ecdsa key"},
        {"editor@example.org namespaces=\"git\" ssh-ed25519-cert-v01@openssh.com {BARE:two}",
         "allowed_signers:4: key of editor@example.org: its type cannot sign here; use an ed25519, "
         "ecdsa, rsa, "
         "sk-ssh-ed25519 or sk-ecdsa key"},
        {"editor@example.org namespaces=\"git\" ssh-rsa {BARE:two}",
         "allowed_signers:4: key of editor@example.org: its type is not the one in the key; copy "
         "the line of the .pub "
         "file again"},
        {"editor@example.org namespaces=\"git\" ecdsa-sha2-nistp384 {BARE:p256}",
         "allowed_signers:4: key of editor@example.org: its type is not the one in the key; copy "
         "the line of the .pub "
         "file again"},
        {"editor@example.org namespaces=\"git\" ssh-ed25519 {BARE:two}=",
         "allowed_signers:4: key of editor@example.org: it is not base64; copy the line of the "
         ".pub file again"},
        {"editor@example.org namespaces=\"git\" ssh-ed25519 !{BARE:two}",
         "allowed_signers:4: key of editor@example.org: it is not base64; copy the line of the "
         ".pub file again"},
        {"editor@example.org namespaces=\"git\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", DAMAGED},
        {"editor@example.org namespaces=\"git\" {rsa2048}",
         "allowed_signers:4: key of editor@example.org: it has 2048 bits; use an rsa key of 3072 "
         "to 16384 bits, or "
         "ed25519"},
        {"editor@example.org namespaces=\"git\" {rsa-huge}",
         "allowed_signers:4: key of editor@example.org: it has 16391 bits; use an rsa key of 3072 "
         "to 16384 bits, or "
         "ed25519"},
        {"editor@example.org namespaces=\"git\" {rsa-padded}", DAMAGED},
        {"editor@example.org namespaces=\"git\" {rsa-negative}", DAMAGED},
        {"editor@example.org namespaces=\"git\" {rsa-padded-exponent}", DAMAGED},
        {"editor@example.org namespaces=\"git\" {rsa-exponent-one}", DAMAGED},
        {"editor@example.org namespaces=\"git\" {rsa-no-exponent}", DAMAGED},
        {"editor@example.org namespaces=\"git\" {rsa-even}", DAMAGED},
        {"editor@example.org namespaces=\"git\" {rsa-long-exponent}", DAMAGED},
        {"editor@example.org namespaces=\"git\" {neutral}", DAMAGED},
        {"editor@example.org namespaces=\"git\" {neutral-other-sign}", DAMAGED},
        {"editor@example.org namespaces=\"git\" {order-4-on-token}", DAMAGED},
        {"editor@example.org namespaces=\"git\" {beyond-field}", DAMAGED},
        {"editor@example.org namespaces=\"git\" {application-with-nul}", DAMAGED},
        {"editor@example.org namespaces=\"git\" {tail}", DAMAGED},
        {"editor@example.org namespaces=\"git\" {cut}", DAMAGED},
        {"editor@example.org namespaces=\"git\" {uncompressed-wanted}", DAMAGED},
        {"editor@example.org namespaces=\"git\" {one}",
         "allowed_signers:4: key of editor@example.org: is also the key "
         "of one@board.example; give each person a key of "
         "their own"},
        {"ONE@board.example namespaces=\"git\" {one}",
         "allowed_signers:4: key of ONE@board.example: appears twice; remove one line"},
        {"editor@example.org namespaces=\"git\" {authority}",
         "allowed_signers:4: key of editor@example.org: is a key of the authority; use another "
         "one"},
        {"editor@example.org namespaces=\"git\" {two}\r",
         CONTROL " (lines end in CR LF); remove it"},
        {"editor@example.org namespaces=\"git\" {two} \x1b[0m", CONTROL "; remove it"},
        {"editor@example.org namespaces=\"git\" {two} \xff",
         "allowed_signers:4: is not valid UTF-8; write the line again"},
        {"editor@example.org words {two}", UNKNOWN("\"words\"")},
    };
    g_autofree char *authority_text =
        with_keys(data, "office namespaces=\"imprimatur-policy\" {authority}\n");
    g_autoptr(GPtrArray) authority =
        imp_signers_parse_authority("a", authority_text, strlen(authority_text), NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *signers = g_strconcat(
            "# comment\n\none@board.example namespaces=\"git\" {one}\n", rows[i].line, "\n", NULL);
        g_autoptr(GError) error = NULL;
        g_test_message("%s", rows[i].line);
        ImpPolicy *policy = parse(data, handbook, signers, authority, &error);
        assert_invalid(policy, error, rows[i].error);
    }
}

static void test_nul_in_signers(gconstpointer data)
{
    static const char text[] = "# a\n# b\0 c\n";
    g_autofree char *json = with_keys(data, handbook);
    g_autoptr(GError) error = NULL;
    ImpPolicy *policy = imp_policy_parse(json, strlen(json), text, sizeof text - 1, NULL, &error);
    assert_invalid(policy, error, "allowed_signers:2: is not valid UTF-8; write the line again");
}

/* Every kind of key that is allowed, in a line that ssh-keygen understands as we do: it verifies a
 * signature. */
static void test_every_kind_of_key(gconstpointer data)
{
    static const struct {
        const char *name;
        bool signs;
    } rows[] = {{"one", true},     {"p256", true},      {"p384", true},        {"p521", true},
                {"rsa3072", true}, {"rsa-good", false}, {"sk-ed25519", false}, {"sk-ecdsa", false}};
    const Fixture *fixture = data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *line =
            g_strdup_printf("editor@example.org namespaces=\"git\",valid-after=\"20200101Z\","
                            "valid-before=\"20990101120000Z\" {%s} comment\n",
                            rows[i].name);
        g_autoptr(GError) error = NULL;
        g_test_message("%s", rows[i].name);
        g_autofree char *signers_text = with_keys(fixture, line);
        g_autoptr(ImpPolicy) policy = parse(fixture, handbook, line, NULL, &error);
        g_assert_no_error(error);
        if (!rows[i].signs)
            continue;
        const ImpSigner *signer = policy->signers->pdata[0];
        g_autofree char *key = in_folder(fixture, rows[i].name), *text = in_folder(fixture, "text");
        g_autofree char *signature = in_folder(fixture, "text.sig"),
                        *signers = in_folder(fixture, "signers");
        g_assert_true(g_file_set_contents(text, "words", -1, NULL));
        g_assert_true(g_file_set_contents(signers, signers_text, -1, NULL));
        g_unlink(signature);
        const char *sign[] = {"ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", key, text, NULL};
        const char *verify[] = {"ssh-keygen",      "-Y", "verify", "-n", "git",     "-I",
                                signer->principal, "-f", signers,  "-s", signature, NULL};
        g_assert_cmpint(run(sign, ""), ==, 0);
        g_assert_cmpint(run(verify, "words"), ==, 0);
        g_assert_cmpint(run(verify, "other words"), !=, 0);
    }
}

static void test_authority(gconstpointer data)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"", "site.authority:1: has no key; add the authority's: ADDRESS "
             "namespaces=\"imprimatur-policy\" TYPE KEY"},
        {"# nothing\n", "site.authority:1: has no key; add the authority's: ADDRESS "
                        "namespaces=\"imprimatur-policy\" TYPE KEY"},
        {"office namespaces=\"git\" {authority}",
         "site.authority:1: namespaces: is not exactly this one; write "
         "namespaces=\"imprimatur-policy\""},
        {"office {authority}",
         "site.authority:1: namespaces: is missing; write namespaces=\"imprimatur-policy\" behind "
         "the principal"},
        {"\n* namespaces=\"imprimatur-policy\" {authority}",
         "site.authority:2: principal \"*\": is a pattern; write one whole address"},
        {"office namespaces=\"imprimatur-policy\" {rsa2048}",
         "site.authority:1: key of office: it has 2048 bits; use an rsa key of 3072 to 16384 bits, "
         "or ed25519"},
        {"office namespaces=\"imprimatur-policy\" {two}\noffice namespaces=\"imprimatur-policy\" "
         "{two}",
         "site.authority:2: key of office: appears twice; remove one line"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = with_keys(data, rows[i].text);
        g_autoptr(GError) error = NULL;
        g_test_message("%s", rows[i].text);
        g_assert_null(imp_signers_parse_authority("site.authority", text, strlen(text), &error));
        g_assert_error(error, IMP_POLICY_ERROR, IMP_POLICY_ERROR_INVALID);
        g_assert_cmpstr(error->message, ==, rows[i].error);
    }
    g_autofree char *text =
        with_keys(data, "# ours\noffice namespaces=\"imprimatur-policy\" {authority}\n"
                        "deputy@x namespaces=\"imprimatur-policy\" {two}\n");
    g_autoptr(GPtrArray) signers =
        imp_signers_parse_authority("site.authority", text, strlen(text), NULL);
    g_assert_cmpuint(signers->len, ==, 2);
    const ImpSigner *deputy = signers->pdata[1];
    g_assert_cmpstr(deputy->principal, ==, "deputy@x");
    g_assert_null(deputy->person);
}

int main(int argc, char **argv)
{
    static const PolicyTest tests[] = {
        {"/signers/read", test_signers},        {"/signers/invalid", test_invalid_signers},
        {"/signers/nul", test_nul_in_signers},  {"/signers/keys", test_every_kind_of_key},
        {"/signers/authority", test_authority},
    };
    g_test_init(&argc, &argv, NULL);
    return run_policy_tests(tests, G_N_ELEMENTS(tests));
}
