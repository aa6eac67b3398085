#include "articles/commit.h"
#include "tests/unit/scratch.h"
#include "workflow/base/limits.h"

/* Commit objects: those that git makes, those that it merely accepts, and those that mean harm. */

#define TREE      "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
#define PARENT    "parent 1111111111111111111111111111111111111111\n"
#define AUTHOR    "author One <one@board.example> 1790000000 +0200\n"
#define COMMITTER "committer One <one@board.example> 1790000100 +0200\n"
#define SIGNATURE "gpgsig -----BEGIN SSH SIGNATURE-----\n U1NI\n -----END SSH SIGNATURE-----\n"
#define MESSAGE   "\nt\n\nReview: approve\nArticle: a.md\n"

static ImpCommit *parse_bytes(const char *object, gsize length)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = g_bytes_new(object, length);
    ImpCommit *commit = imp_commit_parse(bytes, &error);
    g_assert_no_error(error);
    return commit;
}

static ImpCommit *parse(const char *object)
{
    return parse_bytes(object, strlen(object));
}

static char *payload_of(const ImpCommit *commit)
{
    g_autoptr(GBytes) payload = imp_commit_payload(commit);
    gsize length;
    const char *text = g_bytes_get_data(payload, &length);
    return g_strndup(text, length);
}

static void test_a_signed_commit_of_git(void)
{
    Scratch scratch = scratch_make();
    g_free(scratch_make_key(&scratch, "key", "ed25519", NULL));
    scratch_make_repository(&scratch, "key");
    scratch_do(&scratch, "git", "commit", "-q", "--allow-empty", "-m", "first", NULL);
    scratch_do(&scratch, "git", "commit", "-q", "--allow-empty", "-S", "-m", "Checked", "--trailer",
               "Review: approve", "--trailer", "Article: a.md@12", NULL);
    g_autoptr(GBytes) object = scratch_commit_object(&scratch, "HEAD");
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpCommit) commit = imp_commit_parse(object, &error);
    g_assert_no_error(error);

    g_autofree char *ours =
        g_strdup_printf("%s|%s|%s|%s|%" G_GINT64_FORMAT "|%s|%s|%" G_GINT64_FORMAT, commit->tree,
                        commit->parents[0], commit->author_name, commit->author_email,
                        commit->author_date_us / G_USEC_PER_SEC, commit->committer_name,
                        commit->committer_email, commit->committer_date_us / G_USEC_PER_SEC);
    g_autofree char *gits =
        scratch_run(&scratch, "git", "log", "-1", "--format=%T|%P|%an|%ae|%at|%cn|%ce|%ct", NULL);
    g_assert_cmpstr(ours, ==, gits);
    g_assert_null(commit->parents[1]);
    g_autofree char *message = g_strndup(commit->message, commit->message_length);
    g_assert_cmpstr(message, ==, "Checked\n\nReview: approve\nArticle: a.md@12\n");
    g_assert_true(g_str_has_prefix(commit->signature, "-----BEGIN SSH SIGNATURE-----\nU1NIU0lH"));
    g_assert_true(g_str_has_suffix(commit->signature, "\n-----END SSH SIGNATURE-----\n"));
    g_autofree char *malformed = imp_commit_malformed(commit);
    g_assert_cmpstr(malformed, ==, NULL);

    /* Its payload is the object of the same commit without a signature. */
    g_autofree char *payload = payload_of(commit);
    g_autofree char *unsigned_id =
        scratch_run(&scratch, "git", "commit-tree", commit->tree, "-p", "HEAD^", "-m", "Checked",
                    "-m", "Review: approve\nArticle: a.md@12", NULL);
    g_autofree char *plain = scratch_run(&scratch, "git", "cat-file", "commit", unsigned_id, NULL);
    g_autofree char *whole = g_strconcat(plain, "\n", NULL);
    g_assert_cmpstr(payload, ==, whole);
    scratch_remove(&scratch);
}

/* git's own reading of odd lines of authors, in objects that hash-object writes without looking. */
static void test_odd_authors_are_read_as_git_reads_them(void)
{
    static const char *const idents[] = {
        "A <a@b> 1 +0000",
        "<a@b> 1 +0000",
        "A <> 1 +0000",
        "A B <a@b <c@d> 1 +0000",
        "A <a@b> c> 17 +0000",
        "A <a@b> <c@d> 17 +0000",
        "A <a@b>",
        "A <a@b> ",
        "A <a@b> x",
        "A <a@b> 12345678901 +0000",
        "A <a@b>   7   +0000",
        "A   <a@b> 1790000000 -9999",
        "A 17 +0000",
        "",
    };
    Scratch scratch = scratch_make();
    scratch_do(&scratch, "git", "init", "-q", NULL);
    g_autofree char *tree = scratch_run(&scratch, "git", "write-tree", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(idents); i++) {
        g_autofree char *object =
            g_strdup_printf("tree %s\nauthor %s\n" COMMITTER "\nt\n", tree, idents[i]);
        g_autoptr(ImpCommit) commit = parse(object);
        scratch_write(&scratch, "object", object, strlen(object));
        g_autofree char *id = scratch_run(&scratch, "git", "hash-object", "-t", "commit", "-w",
                                          "--literally", "object", NULL);
        g_autofree char *gits =
            scratch_run(&scratch, "git", "log", "-1", "--format=%ae|%at|%ce|%ct", id, NULL);
        g_auto(GStrv) fields = g_strsplit(gits, "|", -1);
        g_assert_cmpstr(commit->author_email, ==, fields[0]);
        g_assert_cmpint(commit->author_date_us, ==,
                        g_ascii_strtoll(fields[1], NULL, 10) * G_USEC_PER_SEC);
        g_assert_cmpstr(commit->committer_email, ==, fields[2]);
        g_assert_cmpint(commit->committer_date_us, ==, 1790000100 * (gint64)G_USEC_PER_SEC);
    }
    scratch_remove(&scratch);
}

static void test_lenient_reading(void)
{
    g_autoptr(ImpCommit) bare = parse(TREE);
    g_assert_cmpstr(bare->author_email, ==, "");
    g_assert_cmpuint(bare->message_length, ==, 0);
    g_assert_null(bare->parents[0]);

    g_autoptr(ImpCommit) merge =
        parse("tree 4B825DC642CB6EB9A060E54BF8D69288FBEE4904\n" PARENT PARENT AUTHOR COMMITTER
              "mergetag object 12\n author no\n gpgsig no\nHG:extra x\n\n\nt");
    g_assert_cmpstr(merge->tree, ==, "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
    g_assert_cmpuint(g_strv_length(merge->parents), ==, 2);
    g_assert_null(merge->signature);
    g_assert_cmpmem(merge->message, merge->message_length, "\nt", 2);

    g_autoptr(ImpCommit) apart = parse(TREE PARENT " x\n" PARENT AUTHOR "\nt");
    g_assert_cmpuint(g_strv_length(apart->parents), ==, 1);

    g_autoptr(ImpCommit) far =
        parse(TREE "author \xff <\xff@x> 99999999999999999999999 +0000\n\nt");
    g_assert_cmpstr(far->author_email, ==, "\uFFFD@x");
    g_assert_cmpint(far->author_date_us, ==, G_GINT64_CONSTANT(253402300799) * G_USEC_PER_SEC);

    /* For git an author's line ends where the line does. */
    g_autoptr(ImpCommit) folded =
        parse(TREE "author A\n <a@x\n b@x> 1 +0000\ncommitter C <c\n @x> 1 +0000\n\nt");
    g_assert_cmpstr(folded->author_name, ==, "A");
    g_assert_cmpstr(folded->author_email, ==, "");
    g_assert_cmpstr(folded->committer_email, ==, "");
}

static void test_what_is_no_commit(void)
{
    static const char *const objects[] = {"",
                                          "\n",
                                          "tree\n\nt",
                                          "tree 12\n\nt",
                                          PARENT TREE,
                                          " " TREE,
                                          TREE "parent x\n" AUTHOR COMMITTER "\nt",
                                          "tree 4b825dc642cb6eb9a060e54bf8d69288fbee490g\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(objects); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes = g_bytes_new_static(objects[i], strlen(objects[i]));
        g_assert_null(imp_commit_parse(bytes, &error));
        g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
    }
    /* As git does: neither line is long enough to be a parent's with its newline. */
    static const char *const roots[] = {TREE "parent x\n\nt",
                                        TREE "parent 1111111111111111111111111111111111111111"};
    for (gsize i = 0; i < G_N_ELEMENTS(roots); i++) {
        g_autoptr(ImpCommit) root = parse(roots[i]);
        g_assert_null(root->parents[0]);
    }
    g_autoptr(GBytes) nothing =
        g_bytes_new(NULL, 0); /* as an object without a byte is read: at NULL */
    g_assert_null(imp_commit_parse(nothing, NULL));
}

static void test_only_the_header_signs(void)
{
    g_autoptr(ImpCommit) in_message = parse(TREE PARENT AUTHOR COMMITTER "\n" SIGNATURE MESSAGE);
    g_assert_null(in_message->signature);
    g_autofree char *payload = payload_of(in_message);
    g_assert_cmpstr(payload, ==, TREE PARENT AUTHOR COMMITTER "\n" SIGNATURE MESSAGE);

    g_autoptr(ImpCommit) smuggled =
        parse(TREE PARENT AUTHOR COMMITTER "gpgsigReview: approve\n" MESSAGE);
    g_assert_null(smuggled->signature);

    g_autoptr(ImpCommit) alone =
        parse(TREE PARENT AUTHOR COMMITTER "gpgsig\n -----BEGIN SSH SIGNATURE-----\n" MESSAGE);
    g_assert_null(alone->signature);
    g_autofree char *whole = payload_of(alone);
    g_assert_cmpstr(
        whole, ==, TREE PARENT AUTHOR COMMITTER "gpgsig\n -----BEGIN SSH SIGNATURE-----\n" MESSAGE);

    g_autoptr(ImpCommit) two = parse(TREE PARENT AUTHOR COMMITTER SIGNATURE SIGNATURE MESSAGE);
    g_assert_null(two->signature);
    g_autofree char *unsigned_payload = payload_of(two);
    g_assert_cmpstr(unsigned_payload, ==, TREE PARENT AUTHOR COMMITTER MESSAGE);
}

static void test_other_wrappings_have_one_payload(void)
{
    g_autoptr(ImpCommit) plain = parse(TREE PARENT AUTHOR COMMITTER MESSAGE);
    g_autoptr(ImpCommit) wrapped = parse(TREE PARENT AUTHOR COMMITTER SIGNATURE MESSAGE);
    g_autoptr(ImpCommit) rewrapped =
        parse(TREE PARENT AUTHOR COMMITTER
              "gpgsig -----BEGIN SSH SIGNATURE-----\n U1\n NI\n -----END SSH SIGNATURE-----\n"
              " \n" MESSAGE);
    g_autofree char *one = imp_commit_payload_sha256(plain);
    g_autofree char *another = imp_commit_payload_sha256(wrapped);
    g_autofree char *third = imp_commit_payload_sha256(rewrapped);
    g_assert_cmpstr(one, ==, another);
    g_assert_cmpstr(one, ==, third);
    g_autofree char *expected =
        g_compute_checksum_for_string(G_CHECKSUM_SHA256, TREE PARENT AUTHOR COMMITTER MESSAGE, -1);
    g_assert_cmpstr(one, ==, expected);
    g_autofree char *malformed = imp_commit_malformed(rewrapped);
    g_assert_cmpstr(malformed, ==, NULL);
}

static void assert_says(const ImpCommit *commit, const char *says)
{
    g_autofree char *malformed = imp_commit_malformed(commit);
    if (!says)
        g_assert_cmpstr(malformed, ==, NULL);
    else if (!malformed || !strstr(malformed, says))
        g_error("\"%s\" says not \"%s\"", malformed, says);
}

static void test_the_strict_verdict(void)
{
    static const struct {
        const char *object, *says;
    } cases[] = {
        {TREE AUTHOR COMMITTER MESSAGE, NULL},
        {TREE PARENT PARENT AUTHOR COMMITTER "encoding latin1\n" SIGNATURE MESSAGE, NULL},
        {TREE PARENT AUTHOR COMMITTER SIGNATURE "later x\n y\n" MESSAGE, NULL},
        {TREE PARENT AUTHOR COMMITTER "gpgsig\n -----BEGIN SSH SIGNATURE-----\n" MESSAGE,
         "\"gpgsig\", is not the header that git signs with"},
        {TREE PARENT AUTHOR COMMITTER SIGNATURE SIGNATURE MESSAGE,
         "line 8 of the commit, \"gpgsig\", appears twice"},
        {TREE PARENT AUTHOR AUTHOR COMMITTER SIGNATURE MESSAGE,
         "line 4 of the commit, \"author\", appears twice"},
        {TREE PARENT AUTHOR COMMITTER COMMITTER SIGNATURE MESSAGE, "\"committer\", appears twice"},
        {TREE TREE AUTHOR COMMITTER SIGNATURE MESSAGE, "\"tree\", appears twice"},
        {TREE PARENT COMMITTER AUTHOR SIGNATURE MESSAGE,
         "line 4 of the commit, \"author\", is not in its place"},
        {TREE PARENT AUTHOR PARENT COMMITTER SIGNATURE MESSAGE, "\"parent\", is not in its place"},
        {TREE PARENT AUTHOR SIGNATURE COMMITTER MESSAGE,
         "line 7 of the commit, \"committer\", is not in its place"},
        {TREE PARENT AUTHOR COMMITTER SIGNATURE "encoding x\n" MESSAGE,
         "\"encoding\", is not in its place"},
        {TREE PARENT AUTHOR COMMITTER SIGNATURE AUTHOR MESSAGE, "\"author\", is not in its place"},
        {TREE PARENT AUTHOR COMMITTER "change-id x\n" SIGNATURE MESSAGE,
         "line 5 of the commit, \"change-id\", is unknown"},
        {TREE PARENT AUTHOR COMMITTER "change-id x\n" MESSAGE, "\"change-id\", is unknown"},
        {TREE PARENT AUTHOR COMMITTER "gpgsigReview: approve\n" MESSAGE,
         "\"gpgsigReview:\", is not the header that git"},
        {TREE PARENT AUTHOR COMMITTER SIGNATURE "gpgsig-sha256 x\n" MESSAGE,
         "\"gpgsig-sha256\", is not the header"},
        {TREE PARENT " x\n" AUTHOR COMMITTER SIGNATURE MESSAGE,
         "\"parent\", continues on the next line"},
        {TREE PARENT "author One <one@board.example> 1 +0000\n x\n" COMMITTER MESSAGE,
         "\"author\", continues on"},
        {TREE PARENT COMMITTER SIGNATURE MESSAGE, "has no author"},
        {TREE PARENT AUTHOR SIGNATURE MESSAGE, "has no committer"},
        {TREE PARENT "author One one@board.example 1 +0000\n" COMMITTER MESSAGE,
         "is not \"NAME <ADDRESS> SECONDS ZONE\""},
        {TREE PARENT "author <a> <b> 1 +0000\n" COMMITTER MESSAGE,
         "is not \"NAME <ADDRESS> SECONDS ZONE\""},
        {TREE PARENT "author A <b> -1 +0000\n" COMMITTER MESSAGE,
         "is not \"NAME <ADDRESS> SECONDS ZONE\""},
        {TREE PARENT "author A <b> 1\n" COMMITTER MESSAGE,
         "is not \"NAME <ADDRESS> SECONDS ZONE\""},
        {TREE PARENT AUTHOR COMMITTER SIGNATURE "\nt\r\n", "carriage return"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(ImpCommit) commit = parse(cases[i].object);
        assert_says(commit, cases[i].says);
    }
    static const char with_tail[] =
        TREE PARENT AUTHOR COMMITTER SIGNATURE MESSAGE "\0\nReview: retract\n";
    g_autoptr(ImpCommit) tail = parse_bytes(with_tail, sizeof with_tail - 1);
    assert_says(tail, "NUL byte");
    static const char with_nul[] = TREE PARENT "author A\0 <a@b> 1 +0000\n" COMMITTER MESSAGE;
    g_autoptr(ImpCommit) header = parse_bytes(with_nul, sizeof with_nul - 1);
    assert_says(header, "NUL byte");
}

static void test_size(void)
{
    g_autoptr(GString) object = g_string_new(TREE PARENT AUTHOR COMMITTER MESSAGE);
    while (object->len < IMP_DECISION_MAX_BYTES)
        g_string_append_c(object, 'x');
    g_autoptr(ImpCommit) fits = parse(object->str);
    assert_says(fits, NULL);
    g_string_append_c(object, 'x');
    g_autoptr(ImpCommit) large = parse(object->str);
    g_assert_cmpuint(imp_commit_size(large), ==, IMP_DECISION_MAX_BYTES + 1);
    assert_says(large, "65537 bytes long");
}

/* Whatever the bytes, reading ends, and payload and signature headers make up the object. */
static void test_damaged_objects(void)
{
    static const char whole[] = TREE PARENT AUTHOR COMMITTER SIGNATURE MESSAGE;
    g_autoptr(GRand) random = g_rand_new_with_seed(3);
    guint read = 0;
    for (guint i = 0; i < 20000; i++) {
        char object[sizeof whole];
        memcpy(object, whole, sizeof whole);
        for (gint32 damage = g_rand_int_range(random, 1, 4); damage > 0; damage--)
            object[g_rand_int_range(random, 0, sizeof whole - 1)] =
                "\n \0<>ga"[g_rand_int_range(random, 0, 7)];
        g_autoptr(GBytes) bytes =
            g_bytes_new(object, (gsize)g_rand_int_range(random, 0, sizeof whole));
        g_autoptr(ImpCommit) commit = imp_commit_parse(bytes, NULL);
        if (!commit)
            continue;
        read++;
        g_autoptr(GBytes) payload = imp_commit_payload(commit);
        g_assert_cmpuint(g_bytes_get_size(payload), <=, g_bytes_get_size(bytes));
        g_assert_true(!commit->signature || g_bytes_get_size(payload) < g_bytes_get_size(bytes));
        g_free(imp_commit_malformed(commit));
    }
    g_assert_cmpuint(read, >, 5000);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/commit/signed-by-git", test_a_signed_commit_of_git);
    g_test_add_func("/commit/odd-authors", test_odd_authors_are_read_as_git_reads_them);
    g_test_add_func("/commit/lenient", test_lenient_reading);
    g_test_add_func("/commit/no-commit", test_what_is_no_commit);
    g_test_add_func("/commit/header-only", test_only_the_header_signs);
    g_test_add_func("/commit/one-payload", test_other_wrappings_have_one_payload);
    g_test_add_func("/commit/strict", test_the_strict_verdict);
    g_test_add_func("/commit/size", test_size);
    g_test_add_func("/commit/damaged", test_damaged_objects);
    return g_test_run();
}
