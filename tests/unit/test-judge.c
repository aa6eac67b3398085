#include "tests/unit/story_attempt.h"

/* What is refused, in which order, with which words; and what is not. */

/* ---- the refusals of a commit as a whole ---- */

static void spoil(ImpAttempt *attempt, ImpRefusal refusal)
{
    switch (refusal) {
    case IMP_REFUSAL_MALFORMED:
        attempt->malformed = g_strdup("There is no Article line; add one.");
        g_clear_pointer(&attempt->decision, imp_decision_free);
        break;
    case IMP_REFUSAL_UNSIGNED:
        attempt->signature = IMP_SIGNATURE_NONE;
        break;
    case IMP_REFUSAL_BAD_SIGNATURE:
        attempt->signature = IMP_SIGNATURE_BAD;
        break;
    case IMP_REFUSAL_UNKNOWN_KEY:
        attempt->signature = IMP_SIGNATURE_UNKNOWN_KEY;
        break;
    case IMP_REFUSAL_AUTHOR_MISMATCH:
        g_free(attempt->author_email);
        attempt->author_email = g_strdup("bob@x");
        break;
    case IMP_REFUSAL_DECISION_WITH_EDIT:
        attempt->keeps_tree = false;
        break;
    case IMP_REFUSAL_NOT_PERMITTED:
        attempt->decision->verdict = IMP_DECISION_RETRACT;
        break;
    default:
        attempt->date_us = story_day(0) + 601 * IMP_SECOND_US;
    }
}

static const struct {
    ImpRefusal refusal;
    const char *sentence;
} whole_refusals[] = {
    {IMP_REFUSAL_MALFORMED, "There is no Article line; add one."},
    {IMP_REFUSAL_UNSIGNED, "The commit is not signed; make it again with git commit -S."},
    {IMP_REFUSAL_BAD_SIGNATURE,
     "The signature does not verify; make the commit again with git commit -S."},
    {IMP_REFUSAL_UNKNOWN_KEY, "The key that signed this is not in force in "
                              ".imprimatur/allowed_signers; ask an editor to have it added."},
    {IMP_REFUSAL_AUTHOR_MISMATCH, "The author's address is not one that the policy lists for ann; "
                                  "set user.email to such a one and make the commit "
                                  "again."},
    {IMP_REFUSAL_DECISION_WITH_EDIT,
     "The commit changes files or does not have exactly one parent; a "
     "decision changes nothing: commit the edit first, then "
     "decide with git commit --allow-empty -S."},
    {IMP_REFUSAL_NOT_PERMITTED,
     "Ann is not an editor in the policy, and \"Review: retract\" takes one."},
    {IMP_REFUSAL_FUTURE_DATED,
     "The commit is dated 2026-01-01T00:10:01Z, and it was 2026-01-01T00:00:00Z; set your "
     "clock and make the commit again."},
};

static void test_whole_refusals(void)
{
    g_autoptr(ImpPolicy) policy = story_policy_with_rule(ONE_APPROVAL);
    for (gsize i = 0; i < G_N_ELEMENTS(whole_refusals); i++) {
        /* Whatever comes later in the order is wrong too: the first failure is the refusal. */
        g_autoptr(ImpAttempt) attempt = attempt_of("ann", IMP_DECISION_APPROVE, story_day(0));
        for (gsize j = G_N_ELEMENTS(whole_refusals); j-- > i;)
            spoil(attempt, whole_refusals[j].refusal);
        g_autofree char *sentence = NULL;
        g_test_message("%s", imp_refusal_word(whole_refusals[i].refusal));
        g_assert_cmpint(imp_judge_attempt(attempt, policy, story_day(0), &sentence), ==,
                        whole_refusals[i].refusal);
        g_assert_cmpstr(sentence, ==, whole_refusals[i].sentence);
        g_assert_cmpint(imp_refusal_precedes_payload(whole_refusals[i].refusal), ==,
                        whole_refusals[i].refusal <= IMP_REFUSAL_AUTHOR_MISMATCH);
    }
    g_assert_false(imp_refusal_precedes_payload(IMP_REFUSAL_NONE));
    g_assert_false(imp_refusal_precedes_payload(IMP_REFUSAL_STALE));
}

static void test_whose_attempt_it_is(void)
{
    g_autoptr(ImpPolicy) policy = story_policy_with_rule(ONE_APPROVAL);
    g_autoptr(ImpAttempt) attempt = attempt_of("ann", IMP_DECISION_APPROVE, story_day(0));
    g_autofree char *sentence = NULL;
    g_assert_true(imp_judge_is_attributable(attempt));

    g_free(attempt->author_email); /* another address of hers, in other letters */
    attempt->author_email = g_strdup("ANN@Home");
    attempt->date_us = story_day(0) + 600 * IMP_SECOND_US; /* ten minutes ahead are forgiven */
    g_assert_cmpint(imp_judge_attempt(attempt, policy, story_day(0), &sentence), ==,
                    IMP_REFUSAL_NONE);
    g_assert_null(sentence);

    g_free(attempt->author_email);
    attempt->author_email = g_strdup("stranger@x");
    g_assert_cmpint(imp_judge_attempt(attempt, policy, story_day(0), &sentence), ==,
                    IMP_REFUSAL_AUTHOR_MISMATCH);
    g_assert_true(imp_judge_is_attributable(attempt));

    attempt->signature = IMP_SIGNATURE_UNKNOWN_KEY;
    g_assert_false(imp_judge_is_attributable(attempt));
    attempt->signature = IMP_SIGNATURE_GOOD; /* signatures off, and nobody's address */
    g_clear_pointer(&attempt->person, g_free);
    g_assert_false(imp_judge_is_attributable(attempt));
    g_clear_pointer(&sentence, g_free);
    g_assert_cmpint(imp_judge_attempt(attempt, policy, story_day(0), &sentence), ==,
                    IMP_REFUSAL_AUTHOR_MISMATCH);
    g_assert_cmpstr(sentence, ==,
                    "The author's address is not one that the policy lists for anybody; set "
                    "user.email to such a one "
                    "and make the commit again.");
}

/* A signature that was looked at says itself what is wrong with it. */
static void test_signature_details(void)
{
    static const ImpSignatureVerdict bad[] = {IMP_SIGNATURE_NONE, IMP_SIGNATURE_BAD,
                                              IMP_SIGNATURE_UNKNOWN_KEY};
    g_autoptr(ImpPolicy) policy = story_policy_with_rule(ONE_APPROVAL);
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(ImpAttempt) attempt = attempt_of("ann", IMP_DECISION_APPROVE, story_day(0));
        g_autofree char *sentence = NULL;
        attempt->signature = bad[i];
        attempt->signature_detail = g_strdup("Made for \"file\".");
        g_assert_cmpint(imp_judge_attempt(attempt, policy, story_day(0), &sentence), !=,
                        IMP_REFUSAL_NONE);
        g_assert_cmpstr(sentence, ==, "Made for \"file\".");
    }
}

/* ---- the refusals for one article ---- */

typedef struct {
    const char *story, *person;
    ImpDecisionKind verdict;
    const char *version;
    int day;            /* that it is dated: 0 is the first step's; -1: today */
    const char *detail; /* competing interests, or whose objection */
    const char *refusal, *sentence;
} Refused;

static const Refused article_refusals[] = {
    {"new, removed", "ann", IMP_DECISION_COMMENT, NULL, -1, NULL, "unknown-article",
     "\"content/a.md\" is not an article here; the path is written as in git ls-files, from the "
     "root."},
    {"new, asked bob", "ann", IMP_DECISION_DECLINE, NULL, -1, NULL, "not-permitted",
     "ann has no open request for this article; there is nothing to decline."},
    {"new, asked ann, ann approves", "ann", IMP_DECISION_DECLINE, NULL, -1, NULL, "not-permitted",
     "ann has no open request for this article; there is nothing to decline."},
    {"new, ann comments, ann comments", "ann", IMP_DECISION_DECLINE, NULL, 1, NULL, "not-permitted",
     "ann has no open request for this article; there is nothing to decline."},
    {"new, ann comments, ann comments", "ann", IMP_DECISION_WITHDRAW, NULL, 1, NULL, "stale",
     "A later decision by the same person about this article, dated 2026-01-03T00:00:00Z, came "
     "first; decide again if "
     "you still mean it."},
    {"new, ann comments, revised, removed, returned", "ann", IMP_DECISION_APPROVE, V2, 0, "none",
     "stale",
     "A later decision by the same person about this article, dated 2026-01-02T00:00:00Z, came "
     "first; decide again if "
     "you still mean it."},
    {"new", "cleo", IMP_DECISION_CLAIM, NULL, -1, NULL, "credentials-expired",
     "The credentials of Cleo were good through 2025-12-31; an editor can renew them in the "
     "policy."},
    {"new", "cleo", IMP_DECISION_APPROVE, NULL, -1, NULL, "credentials-expired",
     "The credentials of Cleo were good through 2025-12-31; an editor can renew them in the "
     "policy."},
    {"new", "bob", IMP_DECISION_CLAIM, NULL, -1, NULL, "contributor",
     "Bob is a contributor to this text, and nobody reviews their own words."},
    {"broken", "bob", IMP_DECISION_APPROVE, NULL, -1, NULL, "contributor",
     "Bob is a contributor to this text, and nobody reviews their own words."},
    {"broken", "ann", IMP_DECISION_APPROVE, NULL, -1, NULL, "problem-article",
     "The article has a problem (encoding) and cannot be approved until its author mends it."},
    {"new", "ann", IMP_DECISION_APPROVE, NULL, -1, NULL, "unpinned",
     "The approval does not name the text it approves (at least 20 digits of its version); if you "
     "have read the "
     "current one, write \"Article: content/a.md@" V1 "\"."},
    {"new", "ann", IMP_DECISION_APPROVE, "01c9a1e7034f5d2b688", -1, "none", "unpinned",
     "The approval does not name the text it approves (at least 20 digits of its version); if you "
     "have read the "
     "current one, write \"Article: content/a.md@" V1 "\"."},
    {"new, revised", "ann", IMP_DECISION_APPROVE, V1, -1, NULL, "stale",
     "The approval names version 01c9a1e7034f, but the current text is 02c9a1e7034f; read it and "
     "approve that."},
    {"new", "ann", IMP_DECISION_APPROVE, V1 "0", -1, NULL, "stale",
     "The approval names version 01c9a1e7034f, but the current text is 01c9a1e7034f; read it and "
     "approve that."},
    {"new, dora retracts", "ann", IMP_DECISION_APPROVE, V1, 1, NULL, "stale",
     "An earlier round had the same text, and this approval is not dated after "
     "2026-01-02T00:00:00Z, when that ended; "
     "approve it again."},
    {"new", "ann", IMP_DECISION_APPROVE, V1, -1, NULL, "competing-interests",
     "The policy wants competing interests declared; if there are none, add \"Competing-Interests: "
     "none\"."},
    {"new", "ann", IMP_DECISION_APPROVE, V1, -1, "none known", "competing-interests",
     "A competing interest is declared, so the approval does not count: \"none known\"."},
    {"new", "dora", IMP_DECISION_DISMISS, NULL, -1, "ann", "stale",
     "No objection of \"ann\" dated before this stands; nothing to dismiss."},
    {"new, ann objects", "dora", IMP_DECISION_DISMISS, NULL, 1, "ann", "stale",
     "No objection of \"ann\" dated before this stands; nothing to dismiss."},
    {"new, ann objects", "dora", IMP_DECISION_DISMISS, NULL, -1, "Ann", "stale",
     "No objection of \"Ann\" dated before this stands; nothing to dismiss."},
    {"new, ann approves", "dora", IMP_DECISION_RETRACT, NULL, 1, NULL, "stale",
     "The article was approved at 2026-01-02T00:00:00Z, after this retraction was made; retract it "
     "again if you still "
     "mean it."},
    {"new, ann approves, ann withdraws, revised", "dora", IMP_DECISION_RETRACT, NULL, 1, NULL,
     "stale",
     "The article was approved at 2026-01-02T00:00:00Z, after this retraction was made; retract it "
     "again if you still "
     "mean it."},
};

/* The board on which cleo's credentials have lapsed. */
static ImpPolicy *lapsed_policy(const char *more)
{
    g_autoptr(GString) board = g_string_new(STORY_BOARD);
    g_string_replace(board, "'name': 'Cleo',", "'name': 'Cleo', 'credentials_until': '2025-12-31',",
                     1);
    return story_policy(more, board->str, TWO_APPROVALS, STORY_KEYS);
}

static ImpRefusal judge_row(const Refused *row, ImpPolicy *policy, char **sentence)
{
    g_auto(Story) story = story_begin(policy);
    story_tell(&story, row->story);
    g_autoptr(ImpAttempt) attempt = attempt_of(
        row->person, row->verdict, row->day < 0 ? story.at_us : story_day((guint)row->day));
    g_clear_pointer(&attempt->decision->competing_interests, g_free);
    if (row->verdict == IMP_DECISION_DISMISS)
        attempt->decision->of = g_strdup(row->detail);
    else
        attempt->decision->competing_interests = g_strdup(row->detail);
    g_autoptr(GHashTable) contributors = g_hash_table_new(g_str_hash, g_str_equal);
    g_hash_table_add(contributors, (char *)"bob@x");
    return judge(&story, attempt, row->version, contributors, sentence);
}

/* Most rows have a later check fail too, so the order of the checks is in the table. */
static void test_article_refusals(void)
{
    g_autoptr(ImpPolicy) policy = lapsed_policy("");
    for (gsize i = 0; i < G_N_ELEMENTS(article_refusals); i++) {
        const Refused *row = &article_refusals[i];
        g_autofree char *sentence = NULL;
        g_test_message("%s; %s says %s", row->story, row->person,
                       imp_decision_kind_word(row->verdict));
        g_assert_cmpstr(imp_refusal_word(judge_row(row, policy, &sentence)), ==, row->refusal);
        g_assert_cmpstr(sentence, ==, row->sentence);
    }
}

static const Refused counting[] = {
    {"new", "ann", IMP_DECISION_APPROVE, "01c9a1e7034f5d2b6880", -1, "none", NULL, NULL},
    {"new", "ann", IMP_DECISION_APPROVE, V1, -1, "None.", NULL, NULL},
    {"new", "ann", IMP_DECISION_APPROVE, V1, -1, "NONE", NULL, NULL},
    {"new, ann comments", "ann", IMP_DECISION_APPROVE, V1, 1, "none", NULL,
     NULL}, /* as old as the last one */
    {"new, revised", "ann", IMP_DECISION_APPROVE, V2, 0, "none", NULL,
     NULL},                                                       /* reviewed before its merge */
    {"new", "ann", IMP_DECISION_CLAIM, V2, -1, NULL, NULL, NULL}, /* a claim is of the article */
    {"new", "cleo", IMP_DECISION_REQUEST_CHANGES, NULL, -1, NULL, NULL,
     NULL}, /* nobody can be gagged */
    {"new", "cleo", IMP_DECISION_WITHDRAW, NULL, -1, NULL, NULL, NULL},
    {"broken", "bob", IMP_DECISION_REQUEST_CHANGES, NULL, -1, NULL, NULL, NULL},
    {"new, bob claims", "bob", IMP_DECISION_WITHDRAW, NULL, -1, NULL, NULL, NULL},
    {"new, asked bob", "bob", IMP_DECISION_DECLINE, NULL, -1, NULL, NULL, NULL},
    {"new, asked bob, bob claims", "bob", IMP_DECISION_DECLINE, NULL, -1, NULL, NULL, NULL},
    {"new, stranger objects", "dora", IMP_DECISION_DISMISS, NULL, -1, "stranger", NULL, NULL},
    {"new", "dora", IMP_DECISION_RETRACT, NULL, 0, NULL, NULL, NULL},
    {"new, ann objects", "ed", IMP_DECISION_RETRACT, NULL, -1, NULL, NULL, NULL},
};

static void test_what_counts(void)
{
    g_autoptr(ImpPolicy) policy = lapsed_policy("");
    for (gsize i = 0; i < G_N_ELEMENTS(counting); i++) {
        g_autofree char *sentence = NULL;
        g_test_message("%s; %s says %s", counting[i].story, counting[i].person,
                       imp_decision_kind_word(counting[i].verdict));
        judge_row(&counting[i], policy, &sentence);
        g_assert_cmpstr(sentence, ==, NULL);
    }
    g_autoptr(ImpPolicy) trusting = lapsed_policy("'competing_interests': 'optional',");
    const char *declared[] = {NULL, "a grant", "none"};
    for (gsize i = 0; i < G_N_ELEMENTS(declared); i++) {
        const Refused row = {"new", "ann", IMP_DECISION_APPROVE, V1, -1, declared[i], NULL, NULL};
        g_autofree char *sentence = NULL;
        g_assert_cmpint(judge_row(&row, trusting, &sentence), ==, IMP_REFUSAL_NONE);
    }
}

/* Approvals of an expired text must be dated after Valid-until, others of the same text after the
 * round began. */
static void test_edges_of_rounds(void)
{
    static const struct {
        const char *story;
        const char *edge; /* the latest date that is too early */
    } rows[] = {
        {"new, ann approves, expired",
         "2026-01-31T00:00:00Z"}, /* approved on the 2nd, for 29 days */
        {"new, dora retracts", "2026-01-02T00:00:00Z"},
        {"new, removed, returned", "2026-01-03T00:00:00Z"},
    };
    g_autoptr(ImpPolicy) policy = story_policy_with_rule(ONE_APPROVAL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(Story) story = story_begin(policy);
        story.article->review_in = (ImpReviewIn){29, IMP_REVIEW_UNIT_DAYS};
        story_tell(&story, rows[i].story);
        story.at_us = story_day(60);
        gint64 edge_us;
        g_assert_true(imp_moment_parse(rows[i].edge, &edge_us));
        for (int late = 0; late < 2; late++) {
            g_autoptr(ImpAttempt) attempt =
                attempt_of("bob", IMP_DECISION_APPROVE, edge_us + late * IMP_SECOND_US);
            g_autofree char *sentence = NULL;
            g_test_message("%s %+d", rows[i].story, late);
            g_assert_cmpint(judge(&story, attempt, V1, NULL, &sentence), ==,
                            late ? IMP_REFUSAL_NONE : IMP_REFUSAL_STALE);
        }
    }
}

static void test_pinned_line(void)
{
    g_autoptr(ImpPolicy) policy = story_policy_with_rule(ONE_APPROVAL);
    g_auto(Story) story = story_begin(policy);
    story_tell(&story, "new, revised");
    g_autofree char *line = imp_judge_pinned_line(story.article);
    g_assert_cmpstr(line, ==, "Article: content/a.md@" V2);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/judge/refusals-of-a-commit", test_whole_refusals);
    g_test_add_func("/judge/whose-attempt", test_whose_attempt_it_is);
    g_test_add_func("/judge/signature-details", test_signature_details);
    g_test_add_func("/judge/refusals-for-an-article", test_article_refusals);
    g_test_add_func("/judge/what-counts", test_what_counts);
    g_test_add_func("/judge/edges-of-rounds", test_edges_of_rounds);
    g_test_add_func("/judge/pinned-line", test_pinned_line);
    return g_test_run();
}
