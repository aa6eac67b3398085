/* Two years of a board's life, through the steps that the daemon runs.
 *
 * Each pass is a real one (imp_pipeline_run) over a small repository with signatures off, at a
 * moment that the test hands in: the next at which something falls due, somebody acts, or a day is
 * over. Reviewers act on the messages that the outbox has for them, each in a way of their own, by
 * commits that git makes. All messages together are the calendar, compared with a golden file
 * (GOLDEN_WRITE=1 writes it); what must hold for any calendar is asserted at each message. */

#include "daemon/pass/pipeline.h"
#include "daemon/verify/verify.h"
#include "tests/unit/queue.h"
#include "tests/unit/scratch.h"
#include "workflow/base/json.h"

#define BEGIN_US (1795424400 * IMP_SECOND_US) /* 2026-11-23T09:00:00Z */
#define DAYS     730
#define CALENDAR "tests/unit/golden/board.txt"
#define NEVER    -1

typedef struct {
    const char *id;
    int claims_after, answers_after; /* days after being asked */
    guint capacity;
    const char *more; /* of the policy */
    const char *away_from, *away_to, *good_through;
} Member;

static const Member board[] = {
    {"abe", NEVER, NEVER, 1, "", NULL, NULL, NULL},
    {"bea", 2, NEVER, 2, ", \"specialties\": [\"oncology\"]", "2026-12-04", "2026-12-10", NULL},
    {"cleo", 2, 19, 1, ", \"specialties\": [\"oncology\"]", NULL, NULL, NULL},
    {"dan", 1, 23, 2, "", "2026-12-10", "2027-01-17", NULL},
    {"eve", 1, 5, 1, ", \"specialties\": [\"oncology\"]", "2027-12-01", "2027-12-20", NULL},
    {"fay", 0, 9, 1, "", NULL, NULL, "2027-12-31"},
};
#define MEMBERS G_N_ELEMENTS(board)

/* Articles by the day on which they are submitted and the one of the board, if any, who wrote it.
 */
static const struct {
    const char *path;
    int day;
    const char *author;
} articles[] = {
    {"oncology/1.md", 1, "guest"},    {"oncology/2.md", 2, "eve"},
    {"oncology/3.md", 20, "guest"},   {"cardiology/4.md", 3, "guest"},
    {"cardiology/5.md", 4, "dan"},    {"cardiology/6.md", 24, "guest"},
    {"cardiology/7.md", 26, "guest"}, {"general/8.md", 200, "guest"},
};
#define ARTICLES G_N_ELEMENTS(articles)

/* What the messages say about one person and one article. */
typedef struct {
    bool open, escalated, answered;
    bool unreplaced; /* escalated, and nobody could be asked instead yet */
    gint64 asked_us, reminded_us;
    gint64 claims_us, answers_us; /* 0: not to come */
} Request;

typedef struct {
    Scratch scratch;
    ImpConfig *config;
    ImpWorkplace *place;
    bool begun;            /* there is a commit */
    char *texts[ARTICLES]; /* versions at the tip */
    GString *calendar;
    gint64 now_us;
    Request requests[MEMBERS][ARTICLES];
    bool approved[ARTICLES];
    gint64 valid_until_us[ARTICLES], asked_us[ARTICLES];
    guint times_approved, expired, escalations, nobody;
} Life;

static gint64 day(int days)
{
    return BEGIN_US + days * IMP_DAY_US;
}

/* ---- the repository ---- */

static char *git_date(gint64 at_us)
{
    return g_strdup_printf("%" G_GINT64_FORMAT " +0000", at_us / IMP_SECOND_US);
}

static void push_file(GString *stream, const char *path, const char *text)
{
    g_string_append_printf(stream, "M 100644 inline %s\ndata %zu\n%s\n", path, strlen(text), text);
}

static GString *begin_commit(Life *life, const char *author, const char *message)
{
    GString *stream = g_string_new(NULL);
    g_autofree char *date = git_date(life->now_us);
    g_string_append_printf(stream, "commit refs/heads/main\nauthor %s <%s@board.example> %s\n",
                           author, author, date);
    g_string_append_printf(stream, "committer %s <%s@board.example> %s\ndata %zu\n%s\n", author,
                           author, date, strlen(message), message);
    if (life->begun)
        g_string_append(stream, "from refs/heads/main^0\n");
    return stream;
}

static void end_commit(Life *life, GString *stream)
{
    const char *arguments[] = {"git", "-C", "handbook.git", "fast-import", "--quiet", NULL};
    g_autoptr(GBytes) input = g_string_free_to_bytes(stream);
    g_bytes_unref(scratch_run_bytes(&life->scratch, input, arguments));
    life->begun = true;
}

static char *policy_text(void)
{
    g_autoptr(GString) people = g_string_new(NULL);
    for (guint i = 0; i < MEMBERS; i++) {
        const Member *member = &board[i];
        g_string_append_printf(
            people,
            "{\"id\": \"%s\", \"name\": \"%s\", \"emails\": [\"%s@board.example\"], \"roles\": "
            "[\"reviewer\"], \"capacity\": %u%s",
            member->id, member->id, member->id, member->capacity, member->more);
        if (member->away_from)
            g_string_append_printf(people, ", \"away\": [[\"%s\", \"%s\"]]", member->away_from,
                                   member->away_to);
        if (member->good_through)
            g_string_append_printf(people, ", \"credentials_until\": \"%s\"", member->good_through);
        g_string_append(people, "},\n");
    }
    return g_strdup_printf(
        "{\"name\": \"handbook\", \"version\": 1, \"articles\": [\"**/*.md\"], \"people\": [%s"
        "{\"id\": \"ed\", \"name\": \"ed\", \"emails\": [\"ed@board.example\"], \"roles\": "
        "[\"editor\"]}], \"rules\": [{\"paths\": [\"oncology/**\"], \"specialty\": \"oncology\", "
        "\"approvals\": 2, \"specialists\": 1}, {\"paths\": [\"**\"], \"approvals\": 1}]}\n",
        people->str);
}

static void publish_policy(Life *life)
{
    g_autofree char *policy = policy_text(),
                    *policy_sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, policy, -1);
    const char *words = "Whoever writes does not review.\n";
    g_autofree char *words_sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, words, -1);
    g_autofree char *manifest =
        g_strdup_printf("%s  POLICY.md\n%s  policy.json\n", words_sum, policy_sum);
    GString *stream = begin_commit(life, "ed", "A policy\n");
    push_file(stream, ".imprimatur/POLICY.md", words);
    push_file(stream, ".imprimatur/manifest", manifest);
    push_file(stream, ".imprimatur/policy.json", policy);
    end_commit(life, stream);
}

static void submit(Life *life, guint article)
{
    g_autofree char *text = g_strdup_printf("# Article %u\n", article + 1);
    g_autofree char *object = g_strdup_printf("blob %zu", strlen(text));
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA1);
    g_checksum_update(sum, (const guchar *)object, (gssize)strlen(object) + 1);
    g_checksum_update(sum, (const guchar *)text, (gssize)strlen(text));
    life->texts[article] = g_strdup(g_checksum_get_string(sum));
    GString *stream = begin_commit(life, articles[article].author, "An article\n");
    push_file(stream, articles[article].path, text);
    end_commit(life, stream);
}

static void decide(Life *life, guint member, guint article, const char *verb)
{
    g_autofree char *message =
        g_strdup_printf("I have read it\n\nReview: %s\nArticle: %s@%s\nCompeting-Interests: none\n",
                        verb, articles[article].path, life->texts[article]);
    end_commit(life, begin_commit(life, board[member].id, message));
}

/* ---- what must hold at each message ---- */

static gint64 midnight_us(const char *date)
{
    g_autofree char *text = g_strconcat(date, "T00:00:00Z", NULL);
    g_autoptr(GDateTime) moment = g_date_time_new_from_iso8601(text, NULL);
    return g_date_time_to_unix(moment) * IMP_SECOND_US;
}

static bool is_away(const Member *member, gint64 at_us)
{
    return member->away_from && at_us >= midnight_us(member->away_from) &&
           at_us < midnight_us(member->away_to) + IMP_DAY_US;
}

static guint open_requests(const Life *life, guint member)
{
    guint count = 0;
    for (guint i = 0; i < ARTICLES; i++)
        count += life->requests[member][i].open;
    return count;
}

static bool has_credentials(const Member *member, gint64 at_us)
{
    return !member->good_through || at_us < midnight_us(member->good_through) + IMP_DAY_US;
}

/* No contributor, nobody who is away, without credentials or with enough to do, or takes part
 * already. */
static bool may_be_asked(const Life *life, guint who, guint what)
{
    const Member *member = &board[who];
    const Request *request = &life->requests[who][what];
    return strcmp(member->id, articles[what].author) != 0 && !is_away(member, life->now_us) &&
           has_credentials(member, life->now_us) && !request->open && !request->answered &&
           open_requests(life, who) < member->capacity;
}

static void take_request(Life *life, guint who, guint what)
{
    const Member *member = &board[who];
    Request *request = &life->requests[who][what];
    g_assert_true(may_be_asked(life, who, what));
    g_assert_false(life->approved[what]);
    *request = (Request){.open = true, .asked_us = life->now_us};
    if (member->claims_after != NEVER)
        request->claims_us = life->now_us + member->claims_after * IMP_DAY_US + IMP_SECOND_US;
    if (member->answers_after != NEVER)
        request->answers_us = life->now_us + member->answers_after * IMP_DAY_US + 2 * IMP_SECOND_US;
    life->asked_us[what] = life->now_us;
    for (guint i = 0; i < MEMBERS; i++)
        if (life->requests[i][what].unreplaced) {
            life->requests[i][what].unreplaced = false;
            break;
        }
}

static void take_reminder(Life *life, guint who, guint what)
{
    Request *request = &life->requests[who][what];
    g_assert_true(request->open);
    g_assert_false(request->escalated);
    g_assert_false(life->approved[what]);
    g_assert_false(is_away(&board[who], life->now_us));
    g_assert_true(!request->reminded_us || life->now_us - request->reminded_us >= IMP_DAY_US);
    request->reminded_us = life->now_us;
}

/* Who was asked instead was asked in the same pass, just before; or nobody could be. */
static void take_escalation(Life *life, const char *sentence, guint who, guint what)
{
    Request *request = &life->requests[who][what];
    g_assert_true(request->open);
    g_assert_false(request->escalated);
    g_assert_false(life->approved[what]);
    request->escalated = true;
    life->escalations++;
    bool asked = life->asked_us[what] == life->now_us;
    g_assert_true(asked == !strstr(sentence, "nobody else"));
    request->unreplaced = !asked;
    life->nobody += !asked;
}

/* After a pass nobody waits for a reviewer that there is. */
static void assert_nobody_forgotten(const Life *life)
{
    for (guint what = 0; what < ARTICLES; what++) {
        bool lacking = false;
        for (guint who = 0; who < MEMBERS; who++)
            lacking = lacking || life->requests[who][what].unreplaced;
        for (guint who = 0; lacking && who < MEMBERS; who++)
            g_assert_false(may_be_asked(life, who, what));
    }
}

/* The round is over: nobody is asked any more. */
static void end_round(Life *life, guint what)
{
    for (guint i = 0; i < MEMBERS; i++)
        life->requests[i][what] = (Request){0};
}

static void take_state(Life *life, const char *type, const char *reason, const char *valid_until,
                       guint what)
{
    if (g_str_equal(type, "article.approved")) {
        g_autoptr(GDateTime) end = g_date_time_new_from_iso8601(valid_until, NULL);
        life->approved[what] = true;
        life->valid_until_us[what] = g_date_time_to_unix(end) * IMP_SECOND_US;
        life->times_approved++;
        end_round(life, what);
    } else if (g_strcmp0(reason, "expired") == 0) {
        g_assert_true(life->approved[what]);
        g_assert_cmpint(life->now_us, >=, life->valid_until_us[what]);
        g_assert_cmpint(life->now_us, <=, life->valid_until_us[what] + IMP_SECOND_US);
        life->approved[what] = false;
        life->expired++;
    }
}

static guint member_of(const char *id)
{
    guint i = 0;
    while (i < MEMBERS && g_strcmp0(board[i].id, id) != 0)
        i++;
    return i;
}

static guint article_of(const char *path)
{
    guint i = 0;
    while (i < ARTICLES && g_strcmp0(articles[i].path, path) != 0)
        i++;
    return i;
}

static void take_message(Life *life, const ImpDelivery *delivery)
{
    gsize length;
    const char *text = g_bytes_get_data(delivery->body, &length);
    g_autoptr(json_t) body = json_loadb(text, length, 0, NULL);
    json_t *data = json_object_get(body, "data");
    const char *person = json_string_value(json_object_get(json_object_get(data, "person"), "id"));
    const char *actor = json_string_value(json_object_get(json_object_get(data, "actor"), "id"));
    const char *reason = json_string_value(json_object_get(data, "reason"));
    const char *sentence = json_string_value(json_object_get(data, "reason_text"));
    json_t *until = json_object_get(json_object_get(data, "review"), "valid_until");
    guint who = member_of(person), what = article_of(delivery->article);
    g_autofree char *moment = imp_moment_format(life->now_us);
    bool escalated = g_str_equal(delivery->type, "review.escalated");
    bool is_state = g_str_has_prefix(delivery->type, "article.");
    g_autofree char *line =
        g_strdup_printf("%.16s  %-20s  %-15s  %s%s%s", moment, delivery->type,
                        delivery->article ? delivery->article : "",
                        person  ? person
                        : actor ? actor
                                : "",
                        is_state && reason ? reason : "", escalated ? strpbrk(sentence, ",;") : "");
    g_string_append_printf(life->calendar, "%s\n", g_strchomp(line));
    if (g_str_equal(delivery->type, "review.requested"))
        take_request(life, who, what);
    else if (g_str_equal(delivery->type, "review.reminder") ||
             g_str_equal(delivery->type, "review.overdue"))
        take_reminder(life, who, what);
    else if (escalated)
        take_escalation(life, sentence, who, what);
    else if (is_state)
        take_state(life, delivery->type, reason, json_string_value(until), what);
    else
        g_assert_false(g_str_equal(delivery->type, "decision.refused"));
}

/* ---- time ---- */

static void read_messages(Life *life)
{
    static const ImpOutcome well = {.status = 204};
    static const ImpPlan over = {.state = IMP_DELIVERY_DELIVERED};
    g_autoptr(GError) error = NULL;
    while (true) {
        g_autoptr(ImpDelivery) delivery = queue_first(life->place->outbox, "desk", life->now_us);
        if (!delivery)
            return;
        take_message(life, delivery);
        imp_outbox_begin(life->place->outbox, delivery, &error);
        g_assert_no_error(error);
        imp_outbox_end(life->place->outbox, delivery, &well, &over, life->now_us, &error);
        g_assert_no_error(error);
    }
}

/* What people do at this moment. */
static void act(Life *life)
{
    for (guint what = 0; what < ARTICLES; what++) {
        if (!life->texts[what] && life->now_us >= day(articles[what].day))
            submit(life, what);
        for (guint who = 0; who < MEMBERS; who++) {
            Request *request = &life->requests[who][what];
            if (!has_credentials(&board[who], life->now_us))
                continue;
            if (request->claims_us && life->now_us >= request->claims_us) {
                decide(life, who, what, "claim");
                request->claims_us = 0;
            }
            if (request->answers_us && life->now_us >= request->answers_us) {
                decide(life, who, what, "approve");
                *request = (Request){.answered = true};
            }
        }
    }
}

static void earlier(gint64 *moment_us, gint64 other_us, gint64 now_us)
{
    if (other_us > now_us && other_us < *moment_us)
        *moment_us = other_us;
}

static gint64 next_moment(const Life *life, gint64 due_us)
{
    gint64 next_us = life->now_us + IMP_DAY_US;
    earlier(&next_us, due_us, life->now_us);
    for (guint what = 0; what < ARTICLES; what++) {
        earlier(&next_us, day(articles[what].day), life->now_us);
        for (guint who = 0; who < MEMBERS; who++) {
            earlier(&next_us, life->requests[who][what].claims_us, life->now_us);
            earlier(&next_us, life->requests[who][what].answers_us, life->now_us);
        }
    }
    return next_us;
}

static gint64 pass(Life *life)
{
    g_autoptr(GError) error = NULL;
    g_auto(ImpPassReport) report = {0};
    imp_pipeline_run(life->place, life->now_us, &report, &error);
    g_assert_no_error(error);
    g_assert_null(report.waiting_for);
    g_assert_null(report.diverged);
    read_messages(life);
    assert_nobody_forgotten(life);
    return report.next_due_us;
}

static void set_up(Life *life)
{
    static const char configuration[] =
        "{\"name\": \"handbook\", \"repository\": \"handbook.git\", \"state_directory\": "
        "\"state\", \"signatures\": "
        "\"off\", \"endpoints\": [{\"name\": \"desk\", \"url\": \"https://desk.example/\", "
        "\"secret\": "
        "\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\", \"events\": [\"*\"]}]}\n";
    g_autoptr(GError) error = NULL;
    *life = (Life){.scratch = scratch_make(), .calendar = g_string_new(NULL), .now_us = BEGIN_US};
    scratch_do(&life->scratch, "git", "init", "-q", "--bare", "-b", "main", "handbook.git", NULL);
    scratch_write(&life->scratch, "handbook.json", configuration, strlen(configuration));
    g_autofree char *path = scratch_path(&life->scratch, "handbook.json");
    life->config = imp_config_load(path, NULL, NULL, &error);
    g_assert_no_error(error);
    life->place = imp_workplace_open(life->config, &error);
    g_assert_no_error(error);
}

/* And anybody can do it again from the ledger alone. */
static void verify(const Life *life)
{
    g_autoptr(GError) error = NULL;
    g_auto(ImpVerification) verification = {0};
    g_autofree char *ledger = imp_repository_tip(life->place->repository, IMP_LEDGER_REF);
    imp_verify(life->place->repository, ledger, NULL, NULL, life->now_us, &verification, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(verification.deviation ? verification.deviation->sentence : NULL, ==, NULL);
    g_assert_cmpuint(verification.unchecked->len, ==, 0);
    g_autoptr(GPtrArray) entries = imp_ledger_ids(life->place->repository, ledger, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(verification.entries, ==, entries->len);
}

static void tear_down(Life *life)
{
    imp_workplace_free(life->place);
    imp_config_free(life->config);
    for (guint i = 0; i < ARTICLES; i++)
        g_free(life->texts[i]);
    g_string_free(life->calendar, true);
    scratch_remove(&life->scratch);
}

static void compare(const Life *life)
{
    g_autofree char *golden = NULL;
    if (g_getenv("GOLDEN_WRITE"))
        g_file_set_contents(CALENDAR, life->calendar->str, -1, NULL);
    g_assert_true(g_file_get_contents(CALENDAR, &golden, NULL, NULL));
    g_auto(GStrv) told = g_strsplit(life->calendar->str, "\n", -1),
                  expected = g_strsplit(golden, "\n", -1);
    for (guint i = 0; told[i] && expected[i]; i++)
        g_assert_cmpstr(told[i], ==, expected[i]);
    g_assert_cmpuint(g_strv_length(told), ==, g_strv_length(expected));
}

static void test_two_years_of_passes(void)
{
    Life life;
    set_up(&life);
    publish_policy(&life);
    while (life.now_us < day(DAYS)) {
        gint64 due_us = pass(&life);
        life.now_us = next_moment(&life, due_us);
        act(&life);
    }
    compare(&life);
    verify(&life);
    /* The story has all that it is about. */
    g_assert_cmpuint(life.times_approved, >=, 2 * ARTICLES - 2);
    g_assert_cmpuint(life.expired, >=, ARTICLES - 1);
    g_assert_cmpuint(life.escalations, >, ARTICLES);
    g_assert_cmpuint(life.nobody, >, 0);
    tear_down(&life);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/board/two-years-of-passes", test_two_years_of_passes);
    return g_test_run();
}
