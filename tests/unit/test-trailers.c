#include "articles/trailers.h"
#include "tests/unit/scratch.h"

/* The words of a decision, and that git reads them as we do. */

static ImpDecision *parse(const char *message, char **malformed)
{
    return imp_trailers_parse_decision(message, strlen(message), malformed);
}

static ImpDecision *parse_good(const char *message)
{
    g_autofree char *malformed = NULL;
    ImpDecision *decision = parse(message, &malformed);
    g_assert_cmpstr(malformed, ==, NULL);
    g_assert_nonnull(decision);
    return decision;
}

static const ImpTarget *target(const ImpDecision *decision, guint i)
{
    return decision->targets->pdata[i];
}

static void test_an_approval_says_what_it_says(void)
{
    g_autoptr(ImpDecision) decision = parse_good("Doses checked\n\nAgainst the labels.\n\n"
                                                 "Review: approve\n"
                                                 "Article: content/a.md@3F2A9c1b02ab3f2a9c1b02ab\n"
                                                 "article:\tcontent/b c.md \n"
                                                 "COMPETING-INTERESTS: none\n"
                                                 "Signed-off-by: One <one@board.example>\n");
    g_assert_cmpint(decision->verdict, ==, IMP_DECISION_APPROVE);
    g_assert_cmpuint(decision->targets->len, ==, 2);
    g_assert_cmpstr(target(decision, 0)->path, ==, "content/a.md");
    g_assert_cmpstr(target(decision, 0)->version, ==, "3f2a9c1b02ab3f2a9c1b02ab");
    g_assert_cmpstr(target(decision, 1)->path, ==, "content/b c.md");
    g_assert_cmpstr(target(decision, 1)->version, ==, NULL);
    g_assert_cmpstr(decision->competing_interests, ==, "none");
    g_assert_cmpstr(decision->of, ==, NULL);
    g_assert_cmpstr(decision->reason, ==, "Doses checked\n\nAgainst the labels.");
}

static void test_what_is_written_reads_as_it_was(void)
{
    static const char message[] = "Doses checked\n\nAgainst the labels.\n\nReview: dismiss\n"
                                  "Article: content/a b.md@3f2a9c1b02ab3f2a9c1b02ab\n"
                                  "Article: \"content/\\303\\244\\n.md\"@1f2a9c1b02ab3f2a9c1b02ab\n"
                                  "Article: content/c.md\nCompeting-Interests: none\nOf: onc1\n";
    g_autoptr(ImpDecision) decision = parse_good(message);
    g_assert_cmpstr(target(decision, 1)->path, ==, "content/\303\244\n.md");
    g_autofree char *written = imp_trailers_format_decision(decision);
    g_assert_cmpstr(written, ==, message);
}

static bool takes_of(ImpDecisionKind verdict)
{
    return verdict == IMP_DECISION_DISMISS || verdict == IMP_DECISION_REQUEST;
}

static void test_every_verb(void)
{
    for (ImpDecisionKind verdict = IMP_DECISION_CLAIM; verdict <= IMP_DECISION_REQUEST; verdict++) {
        g_autofree char *message =
            g_strdup_printf("t\n\nArticle: a.md\nReview: %s%s", imp_decision_kind_word(verdict),
                            takes_of(verdict) ? "\nOf: onc1\n" : "");
        g_autoptr(ImpDecision) decision = parse_good(message);
        g_assert_cmpint(decision->verdict, ==, verdict);
        g_assert_cmpstr(decision->of, ==, takes_of(verdict) ? "onc1" : NULL);
    }
}

static void test_article_values(void)
{
    static const struct {
        const char *value, *path, *version;
    } cases[] = {
        {"a.md", "a.md", NULL},
        {"a.md@1", "a.md", "1"},
        {"a@b.md", "a@b.md", NULL},
        {"a.md@", "a.md@", NULL},
        {"a.md@HEAD", "a.md@HEAD", NULL},
        {"a.md@12@ab", "a.md@12", "ab"},
        {"a\"b\".md@12", "a\"b\".md", "12"},
        {"\"p\\303\\244th.md\"", "p\303\244th.md", NULL},
        {"\"p\\303\\244th.md\"@AB", "p\303\244th.md", "ab"},
        {"\"p\\303\\244th.md@AB\"", "p\303\244th.md", "ab"},
        {"\" a@12 \"", " a@12 ", NULL},
        {"-rf", "-rf", NULL},
        {"../../etc/passwd", "../../etc/passwd", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *message =
            g_strdup_printf("t\n\nReview: claim\nArticle: %s\n", cases[i].value);
        g_autoptr(ImpDecision) decision = parse_good(message);
        g_assert_cmpstr(target(decision, 0)->path, ==, cases[i].path);
        g_assert_cmpstr(target(decision, 0)->version, ==, cases[i].version);
    }
}

static void test_the_reason_is_made_utf8(void)
{
    g_autoptr(ImpDecision) decision =
        parse_good("caf\xe9\n\nReview: comment\nArticle: a.md\nCompeting-Interests: \xff");
    g_assert_cmpstr(decision->reason, ==, "caf\uFFFD");
    g_assert_cmpstr(decision->competing_interests, ==, "\uFFFD");
}

#define R "Review: approve\n"
#define A "Article: a.md@12\n"

static void test_what_is_malformed_is_told_by_line(void)
{
    static const struct {
        const char *message, *says;
    } cases[] = {
        {"", "has only one paragraph"},
        {R A, "has only one paragraph"},
        {"\n\n" R A, "has only one paragraph"},
        {"t\n" R A, "has only one paragraph"},
        {"t\n\n" A R "\nand more\n", "Line 6 of the message, \"and more\", is not \"Key: value\""},
        {"t\n\nsee\n" R A, "Line 3 of the message, \"see\", is not \"Key: value\""},
        {"t\n\n# note\n" R A, "Line 3 of the message, \"# note\", is not"},
        {"t\n\n" R A "(cherry picked from commit 12)\n", "Line 5 of the message"},
        {"t\n\n" R "Article: a.md\n  b.md\n",
         "Line 5 of the message, \"  b.md\", begins with a blank"},
        {"t\n\n" R A "Of:\n", "Line 5 of the message, \"Of:\", has no value"},
        {"t\n\n" R A "Of: \t \n", "has no value"},
        {"t\n\n" R A "Of:x\n", "has no blank after the colon"},
        {"t\n\n" R A "Of : x\n", "is not \"Key: value\""},
        {"t\n\n" R A ": x\n", "is not \"Key: value\""},
        {"t\n\n" R A "Caf\u00e9: x\n", "is not \"Key: value\""},
        {"t\n\n" R A "R_x: x\n", "is not \"Key: value\""},
        {"t\n---\n\n" R A, "Line 2 of the message, \"---\", starts with \"---\""},
        {"t\n\n" R "---x: 1\n" A, "starts with \"---\""},
        {"t\n\n# ------------------------ >8 ------------------------\n\n" R A,
         "is a scissors line"},
        {"t\n\n-- >8 -- cut here\n\n" R A, "is a scissors line"},
        {"t\n\n>8\n\n" R A, "is a scissors line"},
        {"t\n\nreview: so it was\n\n" R A,
         "Line 5 of the message, \"Review: approve\", is a second one"},
        {"t\n\n" R "REVIEW: comment\n" A, "is a second one"},
        {"Review: it\n\n" R A, "is a second one"},
        {"t\r\n\n" R A, "Line 1 of the message, \"t\uFFFD\", holds a carriage return"},
        {"t\n\n" A, "has no \"Review: ...\""},
        {"t\n\n" R, "has no \"Article: PATH\""},
        {"t\n\nReview: Approve\n" A,
         "Line 3 of the message, Review: \"Approve\", is not a decision; write one of claim"},
        {"t\n\nReview: approved\n" A, "is not a decision"},
        {"t\n\n" R A "Article: a.md@34\n",
         "Line 5 of the message, Article: \"a.md@34\", names an article that another"},
        {"t\n\n" R A "Article: \"a\\056md\"\n", "names an article that another"},
        {"t\n\n" R "Article: @12\n", "names no path"},
        {"t\n\n" R "Article: \"\"\n", "names no path"},
        {"t\n\n" R "Article: \"a.md\n", "is not quoted as git quotes paths"},
        {"t\n\n" R "Article: \"a.md\" 12\n", "is not quoted as git quotes paths"},
        {"t\n\n" R "Article: \"a\\0.md\"\n", "is not quoted as git quotes paths"},
        {"t\n\n" R A "Competing-Interests: none\ncompeting-interests: none\n",
         "appears a second time"},
        {"t\n\nReview: dismiss\n" A "Of: a\nOf: b\n", "appears a second time"},
        {"t\n\nReview: dismiss\n" A, "add \"Of: ID\""},
        {"t\n\n" R A "Of: onc1\n", "belongs only to \"Review: dismiss\" and \"Review: request\""},
        {"t\n\nReview: request\n" A, "does not say whom; add \"Of: ID\""},
        {"t\n\n" R A "Review-Note: x\n",
         "Line 5 of the message, Review-Note: \"x\", has a key that means nothing"},
        {"t\n\n" R A "rEVIEW-by: x\n", "has a key that means nothing"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *malformed = NULL;
        g_autoptr(ImpDecision) decision = parse(cases[i].message, &malformed);
        if (decision || !strstr(malformed, cases[i].says))
            g_error("%s\n-> %s, not \"%s\"", cases[i].message, malformed, cases[i].says);
        g_assert_true(g_str_has_suffix(malformed, "."));
    }
}

static void test_a_nul_and_a_tail_are_malformed(void)
{
    static const char message[] = "t\n\nReview: approve\nArticle: a.md@12\n\0\nReview: retract\n";
    g_autofree char *malformed = NULL;
    g_assert_null(imp_trailers_parse_decision(message, sizeof message - 1, &malformed));
    g_assert_nonnull(strstr(malformed, "NUL"));
    g_assert_true(imp_trailers_has_review_line(message, sizeof message - 1));
}

static void test_what_looks_odd_and_is_fine(void)
{
    static const char *const messages[] = {
        "t\n\ndoses >8 mg are wrong, -- see below\n\n" R A,
        "t\n   \n" R A,
        "t\n\n" R A "\n \n\n",
        "# t\n\n" R A,
        "t\n\n-- \nSignature\n\n" R A,
        "t\n\nReviewed: by nobody\n\n" R A "Reviewed-by: x\n",
        " Review: t\n\n" R A,
    };
    for (gsize i = 0; i < G_N_ELEMENTS(messages); i++) {
        g_autoptr(ImpDecision) decision = parse_good(messages[i]);
        g_assert_cmpint(decision->verdict, ==, IMP_DECISION_APPROVE);
    }
}

static void test_review_lines_are_found(void)
{
    static const struct {
        const char *message;
        bool has;
    } cases[] = {
        {"", false},
        {"Review:", true},
        {"x\nreVIEW: y", true},
        {"x\n\nReview : y\n", false},
        {" Review: x", false},
        {"Reviewed: x", false},
        {"Revie", false},
        {"x Review: y\n", false},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpint(imp_trailers_has_review_line(cases[i].message, strlen(cases[i].message)),
                        ==, cases[i].has);
}

static void test_co_authors_are_found_anywhere(void)
{
    static const char message[] = "Co-authored-by: First <First@Board.Example>\n"
                                  "t\n\nco-AUTHORED-by:<second@x>\n"
                                  "Co-authored-by: third@x and more\n"
                                  " Co-authored-by: no <no@x>\n"
                                  "Co-authored-by: nobody\n"
                                  "Co-authored-by: <>\n"
                                  "Co-authored-by : Later <Later@x>\n"
                                  "Co-authored-by\t: later2@x\n"
                                  "Co-authored-by others: no2@x\n"
                                  "Co-authored-by: Open <fourth@x\r\n\nend";
    g_auto(GStrv) found = imp_trailers_co_authors(message, strlen(message));
    g_autofree char *joined = g_strjoinv(" ", found);
    g_assert_cmpstr(joined, ==, "first@board.example second@x third@x fourth@x  later@x  later2@x");
}

/* The differential test: odd messages, and what git makes of those that we accept. */

static const char *pick(GRand *random, const char *const *from, gsize count)
{
    return from[g_rand_int_range(random, 0, (gint32)count)];
}
#define PICK(random, from) pick(random, from, G_N_ELEMENTS(from))

static const char *const odd_lines[] = {
    "",
    "   ",
    "\t",
    "---",
    "--- a",
    "--",
    "-: x",
    "--: x",
    "# comment",
    "#",
    "Conflicts:",
    "\tpath",
    " continued",
    "Key:",
    "Key: ",
    "Key : value",
    "Key:value",
    "Key: value",
    "1-2: x",
    "# ------------------------ >8 ------------------------",
    "(cherry picked from commit 1234)",
    "Signed-off-by: A <a@b>",
    "signed-off-by:",
    "http://example.org/",
    "Key: a\vb\f",
    "Key: \"a\": b",
    "K\xc3\xa4y: x",
    "Key: \xff\xfe",
    "review: x",
    "Article: b.md",
    "Of: x",
    "Review-X: 1",
};

static GString *make_message(GRand *random)
{
    static const char *const bodies[] = {
        "", "A body.\n\n", "A body\nof two lines.\n\n", "Key: value\n\n", "\n", "# c\n\n"};
    static const char *const verbs[] = {"approve", "claim", "comment", "withdraw", "Approve"};
    static const char *const paths[] = {
        "a.md", "a.md@12ab", "  a b.md  ", "\"\\303\\244.md\"@12", "\"a", "content/x.md\t"};
    static const char *const more[] = {"", "", "Competing-Interests: none\n",
                                       "Signed-off-by: A <a@b>\n", "Of: x\n"};
    static const char *const ends[] = {"", "\n", "\n\n", "  \n", "\n#\n"};
    static const char *const titles[] = {"A title\n\n", "A title\n\n", "Title: x\n\n",
                                         "# t\n\n",     "Title: x\n",  "\n"};
    GString *message = g_string_new(PICK(random, titles));
    g_string_append(message, PICK(random, bodies));
    g_string_append_printf(message, "Review: %s\n", PICK(random, verbs));
    g_string_append_printf(message, "Article: %s\n", PICK(random, paths));
    g_string_append(message, PICK(random, more));
    g_string_append(message, PICK(random, ends));
    return message;
}

static void mutate(GRand *random, GString *message)
{
    static const char alphabet[] = "\n\n\n \t:-#>8aR\"\\@\v\f";
    gssize place = g_rand_int_range(random, 0, (gint32)message->len + 1);
    switch (g_rand_int_range(random, 0, 4)) {
    case 0:
        g_string_insert_c(message, place,
                          alphabet[g_rand_int_range(random, 0, sizeof alphabet - 1)]);
        break;
    case 1:
        if ((gsize)place < message->len)
            g_string_erase(message, place, 1);
        break;
    default: { /* a line of its own, before the line that holds the place */
        while (place > 0 && message->str[place - 1] != '\n')
            place--;
        g_autofree char *line = g_strconcat(PICK(random, odd_lines), "\n", NULL);
        g_string_insert(message, place, line);
    }
    }
}

#define MESSAGES 10000
#define BATCH    400
#define SENTINEL "X-Sentinel: end\n"

typedef struct {
    Scratch scratch;
    GPtrArray *arguments; /* of the next run of git */
    GString *expected;
    guint accepted, decisions;
} Differential;

static void compare_batch(Differential *test)
{
    g_ptr_array_add(test->arguments, NULL);
    g_autoptr(GBytes) output =
        scratch_run_bytes(&test->scratch, NULL, (const char *const *)test->arguments->pdata);
    gsize length;
    const char *text = g_bytes_get_data(output, &length);
    g_assert_cmpmem(text, length, test->expected->str, test->expected->len);
    g_ptr_array_set_size(test->arguments, 3);
    g_string_truncate(test->expected, 0);
}

static void try_message(Differential *test, const GString *message)
{
    g_autofree char *malformed = NULL;
    g_autofree char *not_decided = NULL;
    g_autoptr(GPtrArray) trailers = imp_trailers_read(message->str, message->len, NULL, &malformed);
    g_autoptr(ImpDecision) decision =
        imp_trailers_parse_decision(message->str, message->len, &not_decided);
    g_assert_true(!trailers == (malformed != NULL) && !decision == (not_decided != NULL));
    if (!trailers) {
        g_assert_null(decision);
        return;
    }
    for (guint i = 0; i < trailers->len; i++) {
        const ImpTrailer *trailer = trailers->pdata[i];
        g_string_append_printf(test->expected, "%s: %s\n", trailer->key, trailer->value);
    }
    g_string_append(test->expected, SENTINEL);
    test->accepted++;
    test->decisions += decision != NULL;
    char *name = g_strdup_printf("%u", test->accepted);
    scratch_write(&test->scratch, name, message->str, message->len);
    g_ptr_array_add(test->arguments, name);
    g_ptr_array_add(test->arguments, g_strdup("sentinel"));
}

static void test_git_reads_what_we_accept_alike(void)
{
    Differential test = {.scratch = scratch_make(),
                         .arguments = g_ptr_array_new_with_free_func(g_free),
                         .expected = g_string_new(NULL)};
    scratch_write(&test.scratch, "sentinel", "t\n\n" SENTINEL, strlen("t\n\n" SENTINEL));
    static const char *const command[] = {"git", "interpret-trailers", "--parse"};
    for (gsize i = 0; i < G_N_ELEMENTS(command); i++)
        g_ptr_array_add(test.arguments, g_strdup(command[i]));

    g_autoptr(GRand) random = g_rand_new_with_seed(20261123);
    for (guint i = 0; i < MESSAGES; i++) {
        GString *message = make_message(random);
        for (gint32 mutations = g_rand_int_range(random, 0, 4); mutations > 0; mutations--)
            mutate(random, message);
        try_message(&test, message);
        g_string_free(message, TRUE);
        if (test.arguments->len > BATCH)
            compare_batch(&test);
    }
    compare_batch(&test);

    /* Neither everything nor nothing may have been accepted. */
    g_test_message("%u of %u accepted, %u as decisions", test.accepted, MESSAGES, test.decisions);
    g_assert_cmpuint(test.accepted, >, MESSAGES / 5);
    g_assert_cmpuint(test.accepted, <, MESSAGES * 4 / 5);
    g_assert_cmpuint(test.decisions, >, MESSAGES / 10);
    g_ptr_array_unref(test.arguments);
    g_string_free(test.expected, TRUE);
    scratch_remove(&test.scratch);
}

/* What a forge makes of the messages of a branch. */
static void test_carried(void)
{
    static const struct {
        const char *message, *article; /* NULL: there is none */
        ImpDecisionKind verdict;
    } rows[] = {
        {"T (#1)\n\n* Read.\n\nReview: approve\nArticle: a.md@12ab\n\n---\n\nCo-authored-by: A "
         "<a@b>\n",
         "a.md", IMP_DECISION_APPROVE},
        {"review:  withdraw \nARTICLE: \"b\\tc.md\"", "b\tc.md", IMP_DECISION_WITHDRAW},
        {"Review: fixed typos\nReview: retract\nArticle: a.md\nArticle: a.md", "a.md",
         IMP_DECISION_RETRACT},
        {"Review: fixed typos\n\nArticle: a.md\n", NULL, IMP_DECISION_NONE},
        {"Review: approve\n", NULL, IMP_DECISION_NONE},
        {" Review: approve\nArticle a.md\n", NULL, IMP_DECISION_NONE},
        {"", NULL, IMP_DECISION_NONE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        ImpDecision *decision =
            imp_trailers_carried_decision(rows[i].message, strlen(rows[i].message));
        g_test_message("%s", rows[i].message);
        g_assert_true((decision != NULL) == (rows[i].article != NULL));
        if (!decision)
            continue;
        g_assert_cmpint(decision->verdict, ==, rows[i].verdict);
        g_assert_cmpuint(decision->targets->len, ==, 1);
        g_assert_cmpstr(((ImpTarget *)decision->targets->pdata[0])->path, ==, rows[i].article);
        imp_decision_free(decision);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/trailers/approval", test_an_approval_says_what_it_says);
    g_test_add_func("/trailers/written", test_what_is_written_reads_as_it_was);
    g_test_add_func("/trailers/verbs", test_every_verb);
    g_test_add_func("/trailers/article-values", test_article_values);
    g_test_add_func("/trailers/reason-utf8", test_the_reason_is_made_utf8);
    g_test_add_func("/trailers/malformed", test_what_is_malformed_is_told_by_line);
    g_test_add_func("/trailers/nul", test_a_nul_and_a_tail_are_malformed);
    g_test_add_func("/trailers/odd-and-fine", test_what_looks_odd_and_is_fine);
    g_test_add_func("/trailers/review-lines", test_review_lines_are_found);
    g_test_add_func("/trailers/co-authors", test_co_authors_are_found_anywhere);
    g_test_add_func("/trailers/git-agrees", test_git_reads_what_we_accept_alike);
    g_test_add_func("/trailers/carried", test_carried);
    return g_test_run();
}
