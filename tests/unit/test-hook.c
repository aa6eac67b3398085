#include "daemon/door/hook.h"
#include "daemon/door/question.h"
#include "workflow/base/allowance.h"
#include "workflow/base/limits.h"
#include "workflow/base/question.h"

#include <string.h>

static const char *no_header(gpointer data, const char *name)
{
    (void)data;
    (void)name;
    return NULL;
}

static const char *standard_header(gpointer data, const char *name)
{
    const char *const *values = data; /* id, timestamp, signature */
    return strcmp(name, "webhook-id") == 0          ? values[0]
           : strcmp(name, "webhook-timestamp") == 0 ? values[1]
           : strcmp(name, "webhook-signature") == 0 ? values[2]
                                                    : NULL;
}

/* The vector of Standard Webhooks (imprimatur.json(5), THE MESSAGE). */
static void test_standards_vector(void)
{
    const char *values[] = {"msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
                            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="};
    const char *secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", *body = "{\"test\": 2432232314}";
    const gint64 at_s = 1614265330;
    for (gint64 away_s = -301; away_s <= 301; away_s += 301) {
        g_autoptr(ImpHookCheck) check =
            imp_hook_check_new(IMP_HOOK_STANDARD, secret, standard_header, values, at_s + away_s);
        imp_hook_check_update(check, body, 5);
        imp_hook_check_update(check, body + 5, strlen(body) - 5);
        g_assert_true(imp_hook_check_end(check) == (away_s == 0));
    }
}

static void test_nothing_is_not_enough(void)
{
    for (guint format = 0; format < IMP_HOOK_FORMATS; format++) {
        g_autoptr(ImpHookCheck) check =
            imp_hook_check_new((ImpHookFormat)format, "0123456789abcdef", no_header, NULL, 0);
        g_assert_false(imp_hook_check_end(check));
        ImpHookFormat found;
        g_assert_true(
            imp_hook_format_from_word(imp_hook_format_word((ImpHookFormat)format), &found));
        g_assert_cmpuint(found, ==, format);
    }
}

static void test_secrets(void)
{
    g_assert_null(imp_hook_secret_fault(IMP_HOOK_GITHUB, "It's a Secret to Everybody"));
    g_assert_null(imp_hook_secret_fault(IMP_HOOK_GITEA, "0123456789abcdef\n0123456789abcdeg\n"));
    g_assert_null(
        imp_hook_secret_fault(IMP_HOOK_STANDARD, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
    g_assert_nonnull(imp_hook_secret_fault(IMP_HOOK_GITHUB, ""));
    g_assert_nonnull(imp_hook_secret_fault(IMP_HOOK_GITHUB, "short"));
    g_assert_nonnull(imp_hook_secret_fault(IMP_HOOK_STANDARD, "0123456789abcdef"));
    g_assert_nonnull(imp_hook_secret_fault(IMP_HOOK_STANDARD, "whsec_"));
    g_assert_nonnull(imp_hook_secret_fault(
        IMP_HOOK_GITLAB, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n0123456789abcdef"));
    g_assert_nonnull(imp_hook_secret_fault(IMP_HOOK_GITHUB,
                                           "0123456789abcdef\n0123456789abcdef\n0123456789abcdef\n"
                                           "0123456789abcdef\n0123456789abcdef"));
}

static void test_commits(void)
{
    static const struct {
        const char *body, *commit;
    } rows[] = {
        {"{\"after\":\"3f2a9c1b02ab3f2a9c1b02ab3f2a9c1b02ab3f2a\"",
         "3f2a9c1b02ab3f2a9c1b02ab3f2a9c1b02ab3f2a"},
        {"{\"after\": \"0000000000000000000000000000000000000000\", \"checkout_sha\": null}", NULL},
        {"{\"checkout_sha\" : \"3f2a9c1b02ab3f2a9c1b02ab3f2a9c1b02ab3f2a\"",
         "3f2a9c1b02ab3f2a9c1b02ab3f2a9c1b02ab3f2a"},
        {"{\"after\":\"3f2a9c1b02ab3f2a9c1b02ab3f2a9c1b02ab3f2", NULL},
        {"\xff\xfe", NULL},
        {"", NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *commit = imp_hook_commit(rows[i].body, strlen(rows[i].body));
        g_assert_cmpstr(commit, ==, rows[i].commit);
    }
}

static void test_allowance(void)
{
    ImpAllowance allowance = {0};
    const gint64 second_us = G_USEC_PER_SEC;
    guint used = 0;
    for (guint i = 0; i < 100; i++)
        used += imp_allowance_use(&allowance, 5, 60, second_us);
    g_assert_cmpuint(used, ==, 5);
    g_assert_true(imp_allowance_use(&allowance, 5, 60, 2 * second_us));
    g_assert_false(imp_allowance_use(&allowance, 5, 60, 2 * second_us));
    used = 0;
    for (guint i = 0; i < 100; i++)
        used += imp_allowance_use(&allowance, 5, 60, 600 * second_us);
    g_assert_cmpuint(used, ==, 5);
}

static void test_questions(void)
{
    g_auto(ImpQuestion) question = {0};
    const char *sentence = NULL, *body = "article=a%2Fb.md&question=+one%0D%0A%00two+";
    g_assert_false(imp_question_read("application/x-www-form-urlencoded", body, strlen(body),
                                     &question, &sentence));
    body = "article=a%2Fb.md&question=+one%0D%0A%07two+";
    g_assert_true(imp_question_read("application/x-www-form-urlencoded", body, strlen(body),
                                    &question, &sentence));
    g_assert_cmpstr(question.article, ==, "a/b.md");
    g_assert_cmpstr(question.text, ==, "one\ntwo");
}

static void test_clean_questions(void)
{
    static const struct {
        const char *text, *clean;
        ImpQuestionFlaw flaw;
    } questions[] = {
        {" \na\r\nb\rc\xe2\x80\xa8"
         "d\t\x1b\xe2\x80\xae!\n",
         "a\nb\nc\nd\t!", IMP_QUESTION_FINE},
        {" \r\n\x07\xe2\x80\x8b", NULL, IMP_QUESTION_EMPTY},
        {"a\xff", NULL, IMP_QUESTION_UNREADABLE},
    };
    ImpQuestionFlaw flaw;
    for (guint i = 0; i < G_N_ELEMENTS(questions); i++) {
        g_autofree char *clean = imp_question_clean(questions[i].text, &flaw);
        g_assert_cmpstr(clean, ==, questions[i].clean);
        g_assert_cmpint(flaw, ==, questions[i].flaw);
    }
    g_autofree char *longest = g_strnfill(IMP_QUESTION_MAX_CHARACTERS, 'a');
    g_autofree char *longer = g_strconcat(longest, "a", NULL);
    g_autofree char *clean = imp_question_clean(longest, &flaw);
    g_assert_cmpstr(clean, ==, longest);
    g_assert_null(imp_question_clean(longer, &flaw));
    g_assert_cmpint(flaw, ==, IMP_QUESTION_LONG);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hook/standard", test_standards_vector);
    g_test_add_func("/hook/nothing", test_nothing_is_not_enough);
    g_test_add_func("/hook/secrets", test_secrets);
    g_test_add_func("/hook/commits", test_commits);
    g_test_add_func("/allowance", test_allowance);
    g_test_add_func("/question", test_questions);
    g_test_add_func("/question/clean", test_clean_questions);
    return g_test_run();
}
