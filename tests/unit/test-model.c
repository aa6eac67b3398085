#include "tests/unit/model.h"
#include "tests/unit/story_attempt.h"

/* Random histories of one article, told to the daemon's rules and to a model of them (model.h) that
 * was written from the manual page alone. After each step both must say the same. On a disagreement
 * the history is printed; MODEL_SEED=N runs the one of that seed again, MODEL_HISTORIES=N runs more
 * of them. */

#define HISTORIES 4000
#define STEPS     60

/* What policies may change while articles are under way: rules, terms, roles, keys, people. */
static const struct {
    const char *more, *board, *rule, *keys;
} policy_rows[] = {
#define ANN(roles)                                                                                 \
    "{'id': 'ann', 'name': 'A', 'emails': ['ann@x'], 'roles': [" roles                             \
    "], 'specialties': ['oncology']},"
#define BOB "{'id': 'bob', 'name': 'B', 'emails': ['bob@x'], 'roles': ['reviewer']},"
#define CLEO(more)                                                                                 \
    "{'id': 'cleo', 'name': 'C', 'emails': ['cleo@x'], 'roles': ['reviewer'], 'specialties': "     \
    "['oncology']" more "},"
#define DORA      "{'id': 'dora', 'name': 'D', 'emails': ['dora@x'], 'roles': ['editor']},"
#define ED(roles) "{'id': 'ed', 'name': 'E', 'emails': ['ed@x'], 'roles': [" roles "]}"
#define BOTH      "'reviewer', 'editor'"
    {"", ANN("'reviewer'") BOB CLEO("") DORA ED(BOTH), TWO_APPROVALS, STORY_KEYS},
    {"", ANN("'reviewer'") BOB CLEO("") DORA ED(BOTH), ONE_APPROVAL, STORY_KEYS},
    {"", ANN("'reviewer'") BOB CLEO("") DORA ED(BOTH), TWO_WITH_ONE_SPECIALIST, STORY_KEYS},
    {"", ANN("'reviewer'") CLEO("") DORA ED(BOTH), TWO_APPROVALS, "ann ann2 cleo dora ed"},
    {"", ANN("'reviewer'") BOB CLEO("") DORA ED(BOTH), TWO_APPROVALS ", 'valid_months': 1",
     "ann2 bob cleo dora ed"},
    {"", ANN("'editor'") BOB CLEO("") DORA ED("'reviewer'"), ONE_APPROVAL, STORY_KEYS},
    {"'competing_interests': 'optional',",
     ANN("'reviewer'") BOB CLEO(", 'credentials_until': '2026-06-30'") DORA ED(BOTH),
     "'approvals': 3, 'specialists': 2, 'specialty': 'oncology'", "ann=bob ann2 bob cleo dora ed"},
};

typedef struct {
    ImpPolicy *policies[G_N_ELEMENTS(policy_rows)];
    char *keys[MODEL_PEOPLE + 1]; /* each one's, and ann's other */
} Board;

typedef struct {
    const Board *board;
    GRand *dice;
    Story story;
    GPtrArray *policies; /* in force at each entry of the story */
    Model model;
    GString *told;
} History;

static bool one_in(History *history, int n)
{
    return g_rand_int_range(history->dice, 0, n) == 0;
}

static int pick(History *history, int n)
{
    return g_rand_int_range(history->dice, 0, n);
}

static void tell(History *history, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void tell(History *history, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_string_append_vprintf(history->told, format, arguments);
    g_string_append_c(history->told, '\n');
    va_end(arguments);
}

/* ---- comparing ---- */

static bool same_mark(const ImpArticle *article, int person, ImpDecisionKind verdict,
                      const ModelMark *mark)
{
    const ImpStanding *standing = imp_article_standing(article, model_people[person], verdict);
    if (!standing || !mark->stands)
        return !standing && !mark->stands;
    return standing->date_us == mark->date && standing->recorded_us == mark->recorded &&
           strcmp(standing->key, mark->key) == 0;
}

/* What the two do not agree on, or NULL. */
static const char *disagreement(const ImpArticle *article, const Model *model)
{
    guint standing = 0;
    if (article->state != model->state)
        return "state";
    if (article->reason != model->reason)
        return "reason";
    if (article->round != model->round)
        return "round";
    if (article->valid_until_us != model->valid_until)
        return "valid until";
    if (article->last_approval_date_us != model->last_approval)
        return "date of the last approval";
    for (int i = 0; i < MODEL_PEOPLE; i++) {
        if (!same_mark(article, i, IMP_DECISION_CLAIM, &model->claim[i]) ||
            !same_mark(article, i, IMP_DECISION_APPROVE, &model->approval[i]) ||
            !same_mark(article, i, IMP_DECISION_REQUEST_CHANGES, &model->objection[i]))
            return "what stands";
        standing +=
            (guint)model->claim[i].stands + model->approval[i].stands + model->objection[i].stands;
        const ImpRequest *request = imp_article_request(article, model_people[i]);
        bool gave_back = request && request->status == IMP_REQUEST_GIVEN_BACK;
        if ((request && request->status == IMP_REQUEST_OPEN) != (model->asked[i] == MODEL_ASKED) ||
            (model->state != IMP_STATE_REMOVED &&
             gave_back != (model->asked[i] == MODEL_GAVE_BACK)))
            return "requests";
        if (imp_article_last_date(article, model_people[i]) != model->last_date[i])
            return "last date";
    }
    return article->standing->len == standing ? NULL : "what appears twice";
}

static bool agree(History *history)
{
    const Model *model = &history->model;
    while (history->policies->len < history->story.entries->len)
        g_ptr_array_add(history->policies, history->story.policy);
    g_autofree char *where = story_standing(history->story.article);
    g_autofree char *until = imp_moment_format(history->story.article->valid_until_us);
    tell(history, "    -> %s %s [%s]", story_where(history->story.article),
         history->story.article->valid_until_us ? until : "", where);
    const char *difference = disagreement(history->story.article, model);
    if (!difference)
        return true;
    g_autofree char *model_until = imp_moment_format(model->valid_until);
    tell(history, "the model has another %s: %s, reason %s, until %s", difference,
         imp_state_word(model->state), imp_reason_word(model->reason), model_until);
    for (int i = 0; i < MODEL_PEOPLE; i++)
        tell(history,
             "    %s: claim %d, approval %d, objection %d, asked %d, last %" G_GINT64_FORMAT,
             model_people[i], model->claim[i].stands, model->approval[i].stands,
             model->objection[i].stands, (int)model->asked[i], model->last_date[i]);
    return false;
}

/* ---- steps ---- */

static bool submit(History *history)
{
    Model *model = &history->model;
    bool there = model->state != IMP_STATE_REMOVED, problem = one_in(history, 8);
    int text = pick(history, MODEL_TEXTS);
    ImpReason reason = there                ? IMP_REASON_REVISED
                       : one_in(history, 4) ? IMP_REASON_ADOPTED
                       : model->round       ? IMP_REASON_RETURNED
                                            : IMP_REASON_NEW;
    if (there && text == model->text)
        text = (text + 1) % MODEL_TEXTS;
    tell(history, "text %d %s%s", text, imp_reason_word(reason), problem ? ", with a problem" : "");
    ImpEntry *entry = imp_entry_new();
    entry->event = IMP_ENTRY_SUBMISSION;
    entry->round = model->round + 1;
    entry->reason = reason;
    entry->version = story_version((guint)text);
    entry->problem = problem ? IMP_PROBLEM_ENCODING : IMP_PROBLEM_NONE;
    story_take(&history->story, entry);
    model_open_round(model, history->story.policy, reason, text, problem, history->story.at_us);
    model->review_in = (ImpReviewIn){text == 1   ? 40
                                     : text == 2 ? 6
                                                 : 0,
                                     text == 1 ? IMP_REVIEW_UNIT_DAYS : IMP_REVIEW_UNIT_MONTHS};
    history->story.article->review_in = model->review_in;
    return agree(history);
}

static bool take_away(History *history)
{
    tell(history, "removed");
    story_tell_step(&history->story, "removed");
    history->story.at_us -= IMP_DAY_US;
    model_remove(&history->model);
    return agree(history);
}

static bool expire(History *history)
{
    tell(history, "expired");
    story_open_round(&history->story, IMP_ENTRY_EXPIRY, IMP_REASON_EXPIRED,
                     (guint)history->model.text);
    model_open_round(&history->model, history->story.policy, IMP_REASON_EXPIRED,
                     history->model.text, history->model.problem, history->story.at_us);
    return agree(history);
}

static bool change_policy(History *history)
{
    int row = pick(history, G_N_ELEMENTS(policy_rows));
    tell(history, "policy %d: %s", row, policy_rows[row].rule);
    story_take_policy(&history->story, history->board->policies[row]);
    model_take_policy(&history->model, history->board->policies[row]);
    return agree(history);
}

static bool ask_somebody(History *history)
{
    int person = pick(history, MODEL_PEOPLE);
    Model *model = &history->model;
    if (!model_is(history->story.policy, person, IMP_ROLE_REVIEWER) ||
        model->asked[person] == MODEL_GAVE_BACK || model->state == IMP_STATE_APPROVED ||
        model->state == IMP_STATE_REMOVED)
        return true;
    tell(history, "%s is asked", model_people[person]);
    char *people[] = {(char *)model_people[person], NULL};
    story_ask(&history->story, people);
    model_ask(model, person);
    return agree(history);
}

/* Mostly lately; often on an edge that a rule looks at. */
static gint64 pick_date(History *history, int person, int of)
{
    const Model *model = &history->model;
    gint64 now = history->story.at_us;
    const gint64 edges[] = {now,
                            now - pick(history, 40) * IMP_DAY_US,
                            now - pick(history, 3600) * IMP_SECOND_US,
                            now + 600 * IMP_SECOND_US,
                            model->last_date[person],
                            model->old_until,
                            model->last_approval,
                            model->objection[of].date};
    gint64 edge = edges[pick(history, G_N_ELEMENTS(edges))];
    return (edge > 0 ? edge : now) + (pick(history, 3) - 1) * IMP_SECOND_US;
}

static void record(History *history, const ModelDecision *decision, ImpRefusal refusal)
{
    ImpEntry *entry = imp_entry_new();
    entry->event = refusal ? IMP_ENTRY_REFUSAL : imp_entry_kind_of_decision(decision->verdict);
    entry->refusal = refusal;
    entry->person = g_strdup(model_people[decision->person]);
    entry->of =
        decision->verdict == IMP_DECISION_DISMISS ? g_strdup(model_people[decision->of]) : NULL;
    entry->decision = g_strdup("0f3c");
    entry->decision_key = g_strdup(decision->key);
    entry->decision_date_us = decision->date;
    if (entry->event == IMP_ENTRY_RETRACTION) {
        entry->round = history->model.round + 1;
        entry->reason = IMP_REASON_RETRACTED;
        entry->problem = history->story.article->problem;
    }
    story_take(&history->story, entry);
}

static ImpRefusal judged(const History *history, const ModelDecision *decision,
                         GHashTable *contributors)
{
    const Story *story = &history->story;
    g_autoptr(ImpAttempt) attempt =
        attempt_of(model_people[decision->person], decision->verdict, decision->date);
    g_autofree char *version = decision->text < 0 ? NULL : story_version((guint)decision->text);
    g_autofree char *sentence = NULL;
    if (decision->verdict == IMP_DECISION_DISMISS)
        attempt->decision->of = g_strdup(model_people[decision->of]);
    if (!decision->no_interests)
        g_clear_pointer(&attempt->decision->competing_interests, g_free);
    ImpRefusal refusal = judge(story, attempt, version, contributors, &sentence);
    g_assert_cmpint(sentence != NULL, ==, refusal != IMP_REFUSAL_NONE);
    return refusal;
}

/* Text 2 is bob's. */
static ImpRefusal model_judged(History *history, const ModelDecision *decision,
                               GHashTable *contributors)
{
    const ImpPerson *person = model_person(history->story.policy, decision->person);
    g_autoptr(GDateTime) day = g_date_time_new_from_unix_utc(history->story.at_us / G_USEC_PER_SEC);
    guint32 today = (guint32)(g_date_time_get_year(day) * 10000 + g_date_time_get_month(day) * 100 +
                              g_date_time_get_day_of_month(day));
    bool credentials = !person->credentials_until || today <= person->credentials_until;
    bool contributor = history->model.text == 2 && decision->person == 1;
    if (contributor)
        g_hash_table_add(contributors, g_strdup("bob@x"));
    return model_refusal(&history->model, history->story.policy, decision, credentials, contributor,
                         history->story.at_us);
}

static bool decide(History *history)
{
    static const ImpDecisionKind verdicts[] = {
        IMP_DECISION_CLAIM,    IMP_DECISION_APPROVE,         IMP_DECISION_APPROVE,
        IMP_DECISION_APPROVE,  IMP_DECISION_REQUEST_CHANGES, IMP_DECISION_WITHDRAW,
        IMP_DECISION_WITHDRAW, IMP_DECISION_DECLINE,         IMP_DECISION_COMMENT,
        IMP_DECISION_DISMISS,  IMP_DECISION_DISMISS,         IMP_DECISION_RETRACT};
    Model *model = &history->model;
    int person = pick(history, MODEL_PEOPLE), of = pick(history, MODEL_PEOPLE);
    if (!model_person(history->story.policy, person))
        return true; /* nobody: their signature is refused long before */
    ModelDecision decision = {
        .verdict = verdicts[pick(history, G_N_ELEMENTS(verdicts))],
        .person = person,
        .key = history->board->keys[person == 0 && one_in(history, 2) ? MODEL_PEOPLE : person],
        .date = pick_date(history, person, of),
        .text = one_in(history, 8) ? pick(history, MODEL_TEXTS + 1) - 1 : model->text,
        .no_interests = !one_in(history, 12),
        .of = of};
    const ImpSigner *signer = imp_policy_signer(history->story.policy, decision.key);
    if (!signer || strcmp(signer->person->id, model_people[person]) != 0)
        return true; /* and this one's too */
    g_autoptr(GHashTable) contributors =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    ImpRefusal expected = model_judged(history, &decision, contributors);
    ImpRefusal refusal = judged(history, &decision, contributors);
    g_autofree char *date = imp_moment_format(decision.date),
                    *now = imp_moment_format(history->story.at_us);
    tell(history, "%s: %s says %s%s%s, dated %s: %s", now, model_people[person],
         imp_decision_kind_word(decision.verdict),
         decision.verdict == IMP_DECISION_DISMISS ? " of " : "",
         decision.verdict == IMP_DECISION_DISMISS ? model_people[of] : "", date,
         refusal ? imp_refusal_word(refusal) : "counts");
    if (refusal != expected) {
        tell(history, "the model says: %s", expected ? imp_refusal_word(expected) : "counts");
        return false;
    }
    if (model->state == IMP_STATE_REMOVED)
        return true;
    record(history, &decision, refusal);
    if (!refusal)
        model_count(model, history->story.policy, &decision, history->story.at_us);
    return agree(history);
}

static bool pass_time(History *history)
{
    if (one_in(history, 2))
        history->story.at_us +=
            (one_in(history, 4) ? pick(history, 60 * 86400) : pick(history, 86400)) * IMP_SECOND_US;
    history->model.now = history->story.at_us;
    bool over = history->model.state == IMP_STATE_APPROVED &&
                history->model.valid_until <= history->story.at_us;
    return !over || expire(history);
}

static bool step(History *history)
{
    if (!pass_time(history))
        return false;
    int what = pick(history, 100);
    if (history->model.round == 0 || what < 5 ||
        (history->model.state == IMP_STATE_REMOVED && what < 60))
        return submit(history);
    if (what < 7 && history->model.state != IMP_STATE_REMOVED)
        return take_away(history);
    if (what < 12)
        return change_policy(history);
    return what < 20 ? ask_somebody(history) : decide(history);
}

/* Whoever reads the ledger from its start finds the same. */
static bool reads_back(History *history)
{
    g_autoptr(ImpArticle) again = imp_article_new(STORY_PATH);
    for (guint i = 0; i < history->story.entries->len; i++)
        imp_article_apply(again, history->story.entries->pdata[i], history->policies->pdata[i]);
    const char *difference = disagreement(again, &history->model);
    if (difference)
        tell(history, "reading the entries back gives another %s", difference);
    return !difference;
}

static bool live(const Board *board, guint32 seed)
{
    g_autoptr(GRand) dice = g_rand_new_with_seed(seed);
    g_autoptr(GString) told = g_string_new(NULL);
    g_autoptr(GPtrArray) policies = g_ptr_array_new();
    g_auto(Story) story = story_begin(board->policies[seed % G_N_ELEMENTS(policy_rows)]);
    History history = {
        .board = board, .dice = dice, .story = story, .told = told, .policies = policies};
    bool fine = true;
    for (int i = 0; fine && i < STEPS; i++)
        fine = step(&history);
    fine = fine && reads_back(&history);
    if (!fine)
        g_printerr("seed %u\n%s", seed, told->str);
    return fine;
}

static guint32 number_from(const char *variable, guint32 otherwise)
{
    const char *text = g_getenv(variable);
    return text ? (guint32)g_ascii_strtoull(text, NULL, 10) : otherwise;
}

static void test_random_histories(void)
{
    Board board;
    for (gsize i = 0; i < G_N_ELEMENTS(policy_rows); i++)
        board.policies[i] = story_policy(policy_rows[i].more, policy_rows[i].board,
                                         policy_rows[i].rule, policy_rows[i].keys);
    for (int i = 0; i < MODEL_PEOPLE; i++)
        board.keys[i] = story_key(model_people[i]);
    board.keys[MODEL_PEOPLE] = story_key("ann2");

    guint32 first = number_from("MODEL_SEED", 1);
    guint32 count = number_from("MODEL_HISTORIES", g_getenv("MODEL_SEED") ? 1 : HISTORIES);
    for (guint32 i = 0; i < count && !g_test_failed(); i++)
        if (!live(&board, first + i))
            g_test_fail();

    for (gsize i = 0; i < G_N_ELEMENTS(policy_rows); i++)
        imp_policy_unref(board.policies[i]);
    for (int i = 0; i <= MODEL_PEOPLE; i++)
        g_free(board.keys[i]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/model/random-histories", test_random_histories);
    return g_test_run();
}
