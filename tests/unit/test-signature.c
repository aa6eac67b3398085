#include "articles/attempt.h"
#include "articles/signature.h"
#include "tests/unit/scratch.h"
#include "workflow/signers.h"

/* Signatures by real keys under real commits, judged by real policies. */

#define NOW_US G_GINT64_CONSTANT(1795425247000000) /* 2026-11-23T09:14:07Z */

typedef struct {
    Scratch scratch;
    char *key;
} Room;

static Room make_room(void)
{
    Room room = {.scratch = scratch_make()};
    room.key = scratch_make_key(&room.scratch, "key", "ed25519", NULL);
    scratch_make_repository(&room.scratch, "key");
    return room;
}

static void leave(Room *room)
{
    scratch_remove(&room->scratch);
    g_free(room->key);
}

static ImpPolicy *make_policy(const char *signers)
{
    static const char json[] =
        "{\"name\": \"handbook\", \"version\": 1, \"articles\": [\"**/*.md\"], \"people\": ["
        "{\"id\": \"onc1\", \"name\": \"Oncologist One\", \"emails\": [\"one@board.example\", "
        "\"1@x\"], \"roles\": "
        "[\"reviewer\"]},"
        "{\"id\": \"onc2\", \"name\": \"Oncologist Two\", \"emails\": [\"two@board.example\"], "
        "\"roles\": "
        "[\"reviewer\"]}],"
        "\"rules\": [{\"paths\": [\"**\"], \"approvals\": 1}]}";
    g_autoptr(GError) error = NULL;
    ImpPolicy *policy =
        imp_policy_parse(json, strlen(json), signers, strlen(signers), NULL, &error);
    g_assert_no_error(error);
    return policy;
}

static ImpPolicy *make_policy_for(const char *key)
{
    g_autofree char *signers = g_strdup_printf("one@board.example namespaces=\"git\" %s\n", key);
    return make_policy(signers);
}

static ImpCommit *parse(GBytes *object)
{
    g_autoptr(GError) error = NULL;
    ImpCommit *commit = imp_commit_parse(object, &error);
    g_assert_no_error(error);
    return commit;
}

/* A signed decision, made by git with the repository's key. */
static ImpCommit *make_commit(const Room *room)
{
    scratch_do(&room->scratch, "git", "commit", "-q", "--allow-empty", "-S", "-m", "Checked",
               "--trailer", "Review: approve", "--trailer", "Article: a.md@12", NULL);
    g_autoptr(GBytes) object = scratch_commit_object(&room->scratch, "HEAD");
    return parse(object);
}

/* The same object with `from` replaced by `to`. */
static ImpCommit *alter(const ImpCommit *commit, const char *from, const char *to)
{
    gsize length;
    const char *bytes = g_bytes_get_data(commit->object, &length);
    g_autoptr(GString) text = g_string_new_len(bytes, (gssize)length);
    g_assert_cmpuint(g_string_replace(text, from, to, 1), ==, 1);
    g_autoptr(GBytes) object = g_bytes_new(text->str, text->len);
    return parse(object);
}

static ImpAttempt *judge(const ImpCommit *commit, const ImpPolicy *policy)
{
    g_autoptr(GError) error = NULL;
    ImpAttempt *attempt = g_new0(ImpAttempt, 1);
    imp_signature_judge(commit, policy, NOW_US, attempt, &error);
    g_assert_no_error(error);
    g_assert_true((attempt->signature == IMP_SIGNATURE_GOOD) ==
                  (attempt->signature_detail == NULL));
    g_assert_true((attempt->signature == IMP_SIGNATURE_GOOD) == (attempt->person && attempt->key));
    return attempt;
}

static void assert_verdict(const ImpCommit *commit, const ImpPolicy *policy,
                           ImpSignatureVerdict verdict, const char *says)
{
    g_autoptr(ImpAttempt) attempt = judge(commit, policy);
    g_test_message("%s", attempt->signature_detail ? attempt->signature_detail : "good");
    g_assert_cmpint(attempt->signature, ==, verdict);
    if (says)
        g_assert_nonnull(strstr(attempt->signature_detail, says));
}

static void test_a_good_signature_names_its_person(void)
{
    Room room = make_room();
    g_autoptr(ImpPolicy) policy = make_policy_for(room.key);
    g_autoptr(ImpCommit) commit = make_commit(&room);
    g_autoptr(ImpAttempt) attempt = judge(commit, policy);
    g_assert_cmpint(attempt->signature, ==, IMP_SIGNATURE_GOOD);
    g_assert_cmpstr(attempt->person, ==, "onc1");
    g_assert_cmpstr(attempt->key, ==, strchr(room.key, ' ') + 1);

    g_autofree char *listed = scratch_run(&room.scratch, "ssh-keygen", "-l", "-f", "key.pub", NULL);
    g_autoptr(ImpSshSignature) signature = imp_ssh_signature_parse(commit->signature, NULL, NULL);
    g_assert_nonnull(strstr(listed, signature->fingerprint));
    g_assert_cmpstr(signature->name_space, ==, "git");
    g_assert_cmpstr(signature->hash, ==, "sha512");
    leave(&room);
}

static void test_every_type_of_key(void)
{
    static const struct {
        const char *type, *bits;
    } types[] = {{"ecdsa", "256"}, {"ecdsa", "384"}, {"ecdsa", "521"}, {"rsa", "3072"}};
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        Room room = {.scratch = scratch_make()};
        room.key = scratch_make_key(&room.scratch, "key", types[i].type, types[i].bits);
        scratch_make_repository(&room.scratch, "key");
        g_autoptr(ImpPolicy) policy = make_policy_for(room.key);
        g_autoptr(ImpCommit) commit = make_commit(&room);
        assert_verdict(commit, policy, IMP_SIGNATURE_GOOD, NULL);
        leave(&room);
    }
}

static void test_changed_after_signing(void)
{
    Room room = make_room();
    g_autoptr(ImpPolicy) policy = make_policy_for(room.key);
    g_autoptr(ImpCommit) commit = make_commit(&room);
    g_autoptr(ImpCommit) other_verb = alter(commit, "Review: approve", "Review: retract");
    g_autoptr(ImpCommit) other_author =
        alter(commit, "author Oncologist One", "author Oncologist 0ne");
    g_autoptr(ImpCommit) later_header = alter(commit, "\n -----END SSH SIGNATURE-----\n",
                                              "\n -----END SSH SIGNATURE-----\nlater x\n");
    assert_verdict(other_verb, policy, IMP_SIGNATURE_BAD, "does not match");
    assert_verdict(other_author, policy, IMP_SIGNATURE_BAD, "does not match");
    assert_verdict(later_header, policy, IMP_SIGNATURE_BAD, "does not match");
    /* What is not signed may change: the same decision in another wrapping. */
    g_autoptr(ImpCommit) wrapped = alter(commit, "\n -----END SSH", "\n \n -----END SSH");
    assert_verdict(wrapped, policy, IMP_SIGNATURE_GOOD, NULL);
    leave(&room);
}

static void test_moved_into_the_message(void)
{
    Room room = make_room();
    g_autoptr(ImpPolicy) policy = make_policy_for(room.key);
    g_autoptr(ImpCommit) commit = make_commit(&room);
    g_autoptr(ImpCommit) moved = alter(commit, "\ngpgsig ", "\n\ngpgsig ");
    assert_verdict(moved, policy, IMP_SIGNATURE_NONE, "carries no signature in its header");
    g_autoptr(ImpCommit) smuggled =
        alter(commit, "\ngpgsig -----BEGIN", "\ngpgsigReview: approve -----BEGIN");
    assert_verdict(smuggled, policy, IMP_SIGNATURE_NONE, "carries no signature");
    leave(&room);
}

/* The commit's payload signed by ssh-keygen itself, for another namespace. */
static void test_signed_for_another_namespace(void)
{
    Room room = make_room();
    g_autoptr(ImpPolicy) policy = make_policy_for(room.key);
    g_autoptr(ImpCommit) commit = make_commit(&room);
    g_autoptr(GBytes) payload = imp_commit_payload(commit);
    scratch_write(&room.scratch, "payload", g_bytes_get_data(payload, NULL),
                  g_bytes_get_size(payload));
    scratch_do(&room.scratch, "ssh-keygen", "-q", "-Y", "sign", "-n", "file", "-f", "key",
               "payload", NULL);
    g_free(commit->signature);
    commit->signature = scratch_read(&room.scratch, "payload.sig");
    assert_verdict(commit, policy, IMP_SIGNATURE_BAD, "was made for \"file\", not for \"git\"");
    leave(&room);
}

static void test_keys_that_nobody_has(void)
{
    Room room = make_room();
    g_autofree char *other = scratch_make_key(&room.scratch, "other", "ed25519", NULL);
    g_autoptr(ImpPolicy) policy = make_policy_for(other);
    g_autoptr(ImpPolicy) nobody = make_policy("\n");
    g_autoptr(ImpCommit) commit = make_commit(&room);
    assert_verdict(commit, policy, IMP_SIGNATURE_UNKNOWN_KEY, "SHA256:");
    assert_verdict(commit, nobody, IMP_SIGNATURE_UNKNOWN_KEY, "is in no line of the signers file");
    leave(&room);
}

/* A certificate is not the key that it is for; its fingerprint is that key's, as ssh-keygen prints
 * it. */
static void test_signed_with_a_certificate(void)
{
    static const struct {
        const char *type, *bits;
    } types[] = {{"ed25519", NULL}, {"ecdsa", "384"}, {"rsa", "3072"}};
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        Room room = {.scratch = scratch_make()};
        room.key = scratch_make_key(&room.scratch, "key", types[i].type, types[i].bits);
        g_free(scratch_make_key(&room.scratch, "ca", "ed25519", NULL));
        scratch_do(&room.scratch, "ssh-keygen", "-q", "-s", "ca", "-I", "onc1", "-n", "one",
                   "key.pub", NULL);
        scratch_make_repository(&room.scratch, "key-cert.pub");
        g_autoptr(ImpPolicy) policy = make_policy_for(room.key);
        g_autoptr(ImpCommit) commit = make_commit(&room);
        g_autofree char *listed =
            scratch_run(&room.scratch, "ssh-keygen", "-l", "-f", "key-cert.pub", NULL);
        g_auto(GStrv) words = g_strsplit(listed, " ", 3);
        g_autofree char *says = g_strdup_printf("by a certificate for the key %s,", words[1]);
        assert_verdict(commit, policy, IMP_SIGNATURE_UNKNOWN_KEY, says);
        leave(&room);
    }
}

/* Whatever the time zone: the moment of judgment counts, not the commit's dates. */
static void test_validity_of_keys(void)
{
    static const struct {
        const char *options;
        ImpSignatureVerdict verdict;
        const char *says;
    } cases[] = {
        {"valid-after=\"20261123091408Z\"", IMP_SIGNATURE_UNKNOWN_KEY,
         "is not valid before 2026-11-23T09:14:08Z"},
        {"valid-after=\"20261123091407Z\"", IMP_SIGNATURE_GOOD, NULL},
        {"valid-before=\"20261123091408Z\"", IMP_SIGNATURE_GOOD, NULL},
        {"valid-before=\"20261123091407Z\"", IMP_SIGNATURE_UNKNOWN_KEY,
         "was valid only before 2026-11-23T09:14:07Z"},
        {"valid-after=\"20260101Z\",valid-before=\"20270101Z\"", IMP_SIGNATURE_GOOD, NULL},
    };
    static const char *const zones[] = {"Pacific/Kiritimati", "America/Los_Angeles", "UTC"};
    Room room = make_room();
    g_autoptr(ImpCommit) commit = make_commit(&room);
    for (gsize zone = 0; zone < G_N_ELEMENTS(zones); zone++) {
        g_setenv("TZ", zones[zone], TRUE);
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
            g_autofree char *signers = g_strdup_printf(
                "one@board.example namespaces=\"git\",%s %s\n", cases[i].options, room.key);
            g_autoptr(ImpPolicy) policy = make_policy(signers);
            assert_verdict(commit, policy, cases[i].verdict, cases[i].says);
        }
    }
    g_unsetenv("TZ");
    leave(&room);
}

static void test_any_valid_line_of_a_key_does(void)
{
    Room room = make_room();
    g_autofree char *signers =
        g_strdup_printf("one@board.example namespaces=\"git\",valid-before=\"20200101Z\" %s\n"
                        "1@x namespaces=\"git\" %s\n",
                        room.key, room.key);
    g_autoptr(ImpPolicy) policy = make_policy(signers);
    g_autoptr(ImpCommit) commit = make_commit(&room);
    assert_verdict(commit, policy, IMP_SIGNATURE_GOOD, NULL);
    leave(&room);
}

static void test_what_is_no_ssh_signature(void)
{
    static const struct {
        const char *armored;
        ImpSignatureVerdict verdict;
        const char *says;
    } cases[] = {
        {"-----BEGIN PGP SIGNATURE-----\n\niQ\n-----END PGP SIGNATURE-----\n",
         IMP_SIGNATURE_UNKNOWN_KEY, "OpenPGP"},
        {"-----BEGIN PGP MESSAGE-----\n", IMP_SIGNATURE_UNKNOWN_KEY, "gpg.format ssh"},
        {"-----BEGIN SIGNED MESSAGE-----\n", IMP_SIGNATURE_UNKNOWN_KEY, "X.509"},
        {"", IMP_SIGNATURE_BAD, "cannot be read"},
        {"\n", IMP_SIGNATURE_BAD, "cannot be read"},
        {"-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n", IMP_SIGNATURE_BAD,
         "cannot be read"},
        {"-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n", IMP_SIGNATURE_BAD, "cannot be read"},
        {"-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n",
         IMP_SIGNATURE_BAD, "cannot be read"},
        {"-----BEGIN SSH SIGNATURE-----\n!!!!\n-----END SSH SIGNATURE-----\n", IMP_SIGNATURE_BAD,
         "cannot be read"},
        {"-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAf////8=\n-----END SSH SIGNATURE-----\n",
         IMP_SIGNATURE_BAD, "cannot be read"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        ImpSignatureVerdict verdict = IMP_SIGNATURE_NONE;
        g_autofree char *detail = NULL;
        g_assert_null(imp_ssh_signature_parse(cases[i].armored, &verdict, &detail));
        g_assert_cmpint(verdict, ==, cases[i].verdict);
        g_assert_nonnull(strstr(detail, cases[i].says));
    }
}

/* Cut anywhere, a signature is unreadable or still the same, and reading ends. */
static void test_damaged_signatures(void)
{
    Room room = make_room();
    g_autoptr(ImpCommit) commit = make_commit(&room);
    gsize length = strlen(commit->signature);
    guint read = 0;
    for (gsize cut = 0; cut < length; cut++) {
        for (char damage = 'A'; damage <= 'B'; damage++) {
            g_autofree char *damaged = g_strdup(commit->signature);
            if (damage == 'A')
                damaged[cut] = '\0';
            else
                damaged[cut] = damage;
            ImpSignatureVerdict verdict;
            g_autofree char *detail = NULL;
            g_autoptr(ImpSshSignature) signature =
                imp_ssh_signature_parse(damaged, &verdict, &detail);
            g_assert_true(!signature == (detail != NULL));
            read += signature != NULL;
        }
    }
    g_assert_cmpuint(read, >, length / 3);
    g_assert_cmpuint(read, <, length * 2 - length / 3);
    leave(&room);
}

static void test_a_large_commit_is_not_looked_at(void)
{
    Room room = make_room();
    g_autoptr(ImpPolicy) policy = make_policy_for(room.key);
    g_autofree char *text = g_strnfill(70000, 'x');
    scratch_write(&room.scratch, "text", text, strlen(text));
    scratch_do(&room.scratch, "git", "commit", "-q", "--allow-empty", "-S", "-F", "text", NULL);
    g_autoptr(GBytes) object = scratch_commit_object(&room.scratch, "HEAD");
    g_autoptr(ImpCommit) commit = parse(object);
    assert_verdict(commit, policy, IMP_SIGNATURE_NONE, "too large");
    leave(&room);
}

/* A policy's manifest under the authority's signature. */
static void test_a_signed_manifest(void)
{
    Room room = make_room();
    const char *manifest = "12ab  policy.json\n";
    scratch_write(&room.scratch, "manifest", manifest, strlen(manifest));
    scratch_do(&room.scratch, "ssh-keygen", "-q", "-Y", "sign", "-n", "imprimatur-policy", "-f",
               "key", "manifest", NULL);
    g_autofree char *signature = scratch_read(&room.scratch, "manifest.sig");
    g_autofree char *line =
        g_strdup_printf("chief@board.example namespaces=\"imprimatur-policy\" %s\n", room.key);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) authority =
        imp_signers_parse_authority("authority", line, strlen(line), &error);
    g_assert_no_error(error);

    ImpSignedText text = {signature, (const guint8 *)manifest, strlen(manifest)};
    ImpSignatureFinding finding;
    const ImpSigner *signer;
    g_assert_true(imp_ssh_verify_detached(authority, "imprimatur-policy", &text, NOW_US, &finding,
                                          &signer, &error));
    g_assert_cmpint(finding.verdict, ==, IMP_SIGNATURE_GOOD);
    g_assert_true(signer == authority->pdata[0]);
    g_assert_null(finding.detail);

    text.length--;
    g_assert_true(imp_ssh_verify_detached(authority, "imprimatur-policy", &text, NOW_US, &finding,
                                          &signer, &error));
    g_assert_cmpint(finding.verdict, ==, IMP_SIGNATURE_BAD);
    g_assert_null(signer);
    g_clear_pointer(&finding.detail, g_free);

    text.length++;
    g_assert_true(imp_ssh_verify_detached(NULL, "imprimatur-policy", &text, NOW_US, &finding,
                                          &signer, &error));
    g_assert_cmpint(finding.verdict, ==, IMP_SIGNATURE_UNKNOWN_KEY);
    g_clear_pointer(&finding.detail, g_free);
    leave(&room);
}

static ImpAttempt *attempt_of(const ImpCommit *commit)
{
    return imp_attempt_new("0000000000000000000000000000000000000000", commit, commit->object,
                           true);
}

/* Many at once have the verdicts that they have one after another. */
static void test_all_at_once(void)
{
    Room room = make_room();
    g_free(scratch_make_key(&room.scratch, "other", "ecdsa", "384"));
    g_autoptr(ImpPolicy) policy = make_policy_for(room.key);
    g_autoptr(ImpCommit) good = make_commit(&room);
    g_autoptr(ImpCommit) changed = alter(good, "Review: approve", "Review: retract");
    g_autoptr(ImpCommit) unsigned_one = alter(good, "\ngpgsig ", "\n\ngpgsig ");
    scratch_do(&room.scratch, "git", "config", "user.signingKey", "other", NULL);
    g_autoptr(ImpCommit) stranger = make_commit(&room);
    const ImpCommit *commits[] = {good, changed, unsigned_one, stranger};
    static const ImpSignatureVerdict verdicts[] = {IMP_SIGNATURE_GOOD, IMP_SIGNATURE_BAD,
                                                   IMP_SIGNATURE_NONE, IMP_SIGNATURE_UNKNOWN_KEY};
    for (guint number = 0; number <= 203; number = number ? number + 200 : 3) {
        g_autoptr(GPtrArray) attempts =
            g_ptr_array_new_with_free_func((GDestroyNotify)imp_attempt_free);
        g_autoptr(GError) error = NULL;
        for (guint i = 0; i < number; i++)
            g_ptr_array_add(attempts, attempt_of(commits[i % 4]));
        g_assert_true(imp_attempts_verify(attempts, NULL, policy, true, NOW_US, &error));
        g_assert_no_error(error);
        for (guint i = 0; i < number; i++) {
            const ImpAttempt *attempt = attempts->pdata[i];
            g_assert_cmpint(attempt->signature, ==, verdicts[i % 4]);
            g_assert_cmpstr(attempt->person, ==, i % 4 == 0 ? "onc1" : NULL);
            g_assert_true((attempt->signature_detail == NULL) == (i % 4 == 0));
        }
    }
    leave(&room);
}

static void test_verifying_is_quick(void)
{
    Room room = make_room();
    g_autoptr(ImpPolicy) policy = make_policy_for(room.key);
    g_autoptr(ImpCommit) commit = make_commit(&room);
    gint64 start_us = g_get_monotonic_time();
    for (guint i = 0; i < 50; i++)
        assert_verdict(commit, policy, IMP_SIGNATURE_GOOD, NULL);
    double each_ms = (double)(g_get_monotonic_time() - start_us) / 50 / 1000;
    g_test_minimized_result(each_ms, "%.1f ms each", each_ms);
    leave(&room);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/signature/good", test_a_good_signature_names_its_person);
    g_test_add_func("/signature/key-types", test_every_type_of_key);
    g_test_add_func("/signature/changed", test_changed_after_signing);
    g_test_add_func("/signature/moved", test_moved_into_the_message);
    g_test_add_func("/signature/namespace", test_signed_for_another_namespace);
    g_test_add_func("/signature/unknown", test_keys_that_nobody_has);
    g_test_add_func("/signature/certificate", test_signed_with_a_certificate);
    g_test_add_func("/signature/validity", test_validity_of_keys);
    g_test_add_func("/signature/any-line", test_any_valid_line_of_a_key_does);
    g_test_add_func("/signature/others", test_what_is_no_ssh_signature);
    g_test_add_func("/signature/damaged", test_damaged_signatures);
    g_test_add_func("/signature/large", test_a_large_commit_is_not_looked_at);
    g_test_add_func("/signature/manifest", test_a_signed_manifest);
    g_test_add_func("/signature/all", test_all_at_once);
    g_test_add_func("/signature/quick", test_verifying_is_quick);
    return g_test_run();
}
