#include "daemon/verbs/setup/policy_changes.h"
#include "daemon/terminal/print.h"
#include "daemon/verbs/view/status.h"

#include <stdio.h>
#include <string.h>

/* Compared is what people look for in a policy: who, with which roles and keys; which files; by
 * which rules. What follows from it is found by what the record says of claims, approvals and
 * requests whose person, role or key is gone (imprimatur-record(7), POLICY). */

typedef struct {
    ImpReader *reader;
    const ImpPolicy *last, *next;
    GPtrArray *statuses; /* of all articles */
    guint count;
} Changes;

static void say(Changes *changes, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void say(Changes *changes, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *clean = imp_print_clean(text);
    const ImpScreen screen = imp_screen();
    fputs("- ", stdout);
    imp_print_wrapped(clean, 2, screen.columns);
    changes->count++;
}

static const char *roles_of(const ImpPerson *person)
{
    bool reviewer = person->roles & IMP_ROLE_REVIEWER, editor = person->roles & IMP_ROLE_EDITOR;
    return reviewer && editor ? "reviewer and editor" : editor ? "editor" : "reviewer";
}

/* What of somebody's work is open: requests, and what stands in rounds that are not over. */
static char *open_work(const Changes *changes, const char *person)
{
    guint requests = 0, standing = 0;
    for (guint i = 0; i < changes->statuses->len; i++) {
        const ImpArticle *article = ((ImpStatus *)changes->statuses->pdata[i])->article;
        const ImpRequest *request = imp_article_request(article, person);
        if (article->state == IMP_STATE_APPROVED)
            continue;
        requests += request && request->status == IMP_REQUEST_OPEN;
        for (guint j = 0; j < article->standing->len; j++) {
            const ImpStanding *one = article->standing->pdata[j];
            standing +=
                strcmp(one->person, person) == 0 && one->verdict != IMP_DECISION_REQUEST_CHANGES;
        }
    }
    if (requests + standing == 0)
        return g_strdup("; nothing of theirs is open");
    return g_strdup_printf("; of theirs fall away: %u open request%s, %u claim%s and approval%s of "
                           "articles that are not Approved yet",
                           requests, requests == 1 ? "" : "s", standing, standing == 1 ? "" : "s",
                           standing == 1 ? "" : "s");
}

static guint keys_of(const ImpPolicy *policy, const char *person)
{
    guint count = 0;
    for (guint i = 0; i < policy->signers->len; i++)
        count += strcmp(((ImpSigner *)policy->signers->pdata[i])->person->id, person) == 0;
    return count;
}

/* Whether POLICY.md says who is on the board. */
static bool names_anybody(const Changes *changes, const char *text)
{
    for (guint i = 0; i < changes->last->people->len; i++)
        if (strstr(text, ((const ImpPerson *)changes->last->people->pdata[i])->name))
            return true;
    return false;
}

static void say_new(Changes *changes, const ImpPerson *person, guint keys, const char *text)
{
    say(changes, "new: %s (%s), %s, with %u SSH key%s", person->name, person->id, roles_of(person),
        keys, keys == 1 ? "" : "s");
    if (text && person->is_public && !strstr(text, person->name) && names_anybody(changes, text))
        say(changes, "POLICY.md does not name %s, though it names others", person->name);
}

static void compare_people(Changes *changes, const char *text)
{
    for (guint i = 0; i < changes->next->people->len; i++) {
        const ImpPerson *person = changes->next->people->pdata[i];
        const ImpPerson *before = imp_policy_person(changes->last, person->id);
        guint keys = keys_of(changes->next, person->id);
        if (!before)
            say_new(changes, person, keys, text);
        else if (before->roles != person->roles) {
            g_autofree char *open = open_work(changes, person->id);
            say(changes, "%s (%s) was %s and is %s%s", person->name, person->id, roles_of(before),
                roles_of(person), person->roles & IMP_ROLE_REVIEWER ? "" : open);
        }
    }
    for (guint i = 0; i < changes->last->people->len; i++) {
        const ImpPerson *person = changes->last->people->pdata[i];
        if (imp_policy_person(changes->next, person->id))
            continue;
        g_autofree char *open = open_work(changes, person->id);
        say(changes, "leaves: %s (%s)%s", person->name, person->id, open);
        if (text && strstr(text, person->name))
            say(changes, "POLICY.md still names %s", person->name);
    }
}

/* Keys of people who are in both. */
static void compare_keys(Changes *changes, const ImpPolicy *with, const ImpPolicy *without,
                         const char *word)
{
    for (guint i = 0; i < with->signers->len; i++) {
        const ImpSigner *signer = with->signers->pdata[i];
        if (imp_policy_person(without, signer->person->id) &&
            !imp_policy_signer(without, signer->key))
            say(changes, "%s: the key %s %.12s... of %s", word, signer->key_type, signer->key,
                signer->person->id);
    }
}

static bool are_equal(const ImpRule *one, const ImpRule *other)
{
    return g_strcmp0(one->specialty, other->specialty) == 0 && one->approvals == other->approvals &&
           one->specialists == other->specialists && one->respond_days == other->respond_days &&
           one->review_days == other->review_days && one->valid_months == other->valid_months;
}

static void compare_articles(Changes *changes)
{
    guint gone = 0, other = 0, open = 0;
    const char *example = NULL;
    for (guint i = 0; i < changes->statuses->len; i++) {
        const ImpArticle *article = ((ImpStatus *)changes->statuses->pdata[i])->article;
        if (!imp_policy_is_article(changes->next, article->path)) {
            gone++;
            example = article->path;
        } else if (!are_equal(imp_policy_rule(changes->last, article->path),
                              imp_policy_rule(changes->next, article->path))) {
            other++;
            open += article->state != IMP_STATE_APPROVED;
        }
    }
    if (gone > 0)
        say(changes, "%u file%s, and %s removed, such as %s", gone,
            gone == 1 ? " is no longer an article" : "s are no longer articles",
            gone == 1 ? "is" : "are", example);
    if (other > 0)
        say(changes, "%u article%s another rule; of these %u %s judged again at once", other,
            other == 1 ? " has" : "s have", open, open == 1 ? "is" : "are");
    if (!g_strv_equal((const char *const *)changes->last->articles,
                      (const char *const *)changes->next->articles) ||
        !g_strv_equal((const char *const *)changes->last->exclude,
                      (const char *const *)changes->next->exclude))
        say(changes, "which files are articles: what matches now and did not is adopted");
}

static void compare_rest(Changes *changes)
{
    const ImpPolicy *last = changes->last, *next = changes->next;
    if (g_strcmp0(last->ledger_key, next->ledger_key) != 0)
        say(changes, "the ledger_key: %s", next->ledger_key ? "another one" : "none any more");
    if (last->competing_interests_required != next->competing_interests_required)
        say(changes, "competing interests: %s",
            next->competing_interests_required ? "now declared with each approval"
                                               : "no longer declared");
}

guint imp_policy_changes_print(ImpReader *reader, const ImpPolicy *next, const char *text,
                               GError **error)
{
    g_autoptr(GPtrArray) statuses = imp_status_load_all(reader, reader->ledger_at_us, error);
    if (!statuses)
        return 0;
    Changes changes = {reader, reader->policy, next, statuses, 0};
    printf("policy %u, against %u, which is in force:\n\n", next->version, reader->policy_version);
    compare_people(&changes, text);
    compare_keys(&changes, changes.next, changes.last, "new");
    compare_keys(&changes, changes.last, changes.next, "gone");
    compare_articles(&changes);
    compare_rest(&changes);
    if (changes.count == 0)
        puts("nothing of people, keys, articles and rules is different");
    puts("");
    return changes.count;
}
