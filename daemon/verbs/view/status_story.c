#include "articles/document.h"
#include "articles/ledger.h"
#include "daemon/index/problem.h"
#include "daemon/index/review.h"
#include "daemon/verbs/view/entry_view.h"
#include "daemon/verbs/view/published.h"
#include "daemon/verbs/view/status.h"
#include "workflow/base/limits.h"

#include <stdio.h>
#include <string.h>

/* One article: what it is and where it stands, who has to do with it, and all that happened to it.
 */

#define LABEL_COLUMNS  13
#define REASON_COLUMNS 800 /* of a reason; the rest is in git */

typedef struct {
    const ImpReader *reader;
    const ImpStatus *status;
    const ImpArticle *article;
    const ImpScreen *screen;
    GPtrArray *entries; /* of ImpEntry*, oldest first */
} Story;

static void print_field(const Story *story, const char *label, const char *text)
{
    g_autofree char *clean = imp_print_clean(text);
    imp_print_padded(label, LABEL_COLUMNS);
    imp_print_wrapped(clean, LABEL_COLUMNS, story->screen->columns);
}

static void print_fieldf(const Story *story, const char *label, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
static void print_fieldf(const Story *story, const char *label, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    print_field(story, label, text);
}

static void print_tracker(const Story *story, gint64 now_us)
{
    static const ImpState states[] = {IMP_STATE_SUBMITTED, IMP_STATE_UNDER_REVIEW,
                                      IMP_STATE_APPROVED};
    const char *bold = imp_screen_style(story->screen, IMP_STYLE_BOLD);
    const char *plain = imp_screen_style(story->screen, IMP_STYLE_PLAIN);
    g_autofree char *since = imp_print_minute(story->article->since_us);
    g_autofree char *span = imp_print_span(now_us - story->article->since_us);
    printf("\n  ");
    if (story->article->state == IMP_STATE_REMOVED)
        printf("%s[Removed]%s ", bold, plain);
    for (gsize i = 0; i < G_N_ELEMENTS(states); i++) {
        bool current = story->article->state == states[i];
        printf("%s%s%s%s%s%s", i ? " -> " : "", current ? bold : "", current ? "[" : "",
               imp_state_word(states[i]), current ? "]" : "", current ? plain : "");
    }
    printf("\n  since %s UTC (%s)\n\n", since, span);
}

static const char *name_of(const Story *story, const char *id)
{
    const ImpPerson *person =
        story->reader->policy ? imp_policy_person(story->reader->policy, id) : NULL;
    return person ? person->name : NULL;
}

static char *name_and_id(const Story *story, const char *id)
{
    const char *name = name_of(story, id);
    return name ? g_strdup_printf("%s (%s)", name, id) : g_strdup(id);
}

static void print_waiting(const Story *story)
{
    char *const *people = story->status->waiting_for;
    if (!people[0])
        return;
    if (strcmp(people[0], "author") == 0) {
        print_field(story, "Waiting for",
                    story->article->problem ? "the author, to mend the text"
                                            : "the author: changes are requested");
        return;
    }
    if (strcmp(people[0], "reviewer") == 0) {
        print_field(story, "Waiting for", "any reviewer; nobody is asked");
        return;
    }
    g_autoptr(GString) text = g_string_new(NULL);
    for (; *people; people++) {
        g_autofree char *name = name_and_id(story, *people);
        g_string_append_printf(text, "%s%s", text->len ? ", " : "", name);
    }
    print_field(story, "Waiting for", text->str);
}

static const char *plural(guint count)
{
    return count == 1 ? "" : "s";
}

/* Who has approved, where the policy no longer takes them: what they made Approved stays so. */
static char *former_approvers(const Story *story)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < story->article->standing->len; i++) {
        const ImpStanding *standing = story->article->standing->pdata[i];
        if (story->article->state != IMP_STATE_APPROVED ||
            standing->verdict != IMP_DECISION_APPROVE ||
            imp_article_still_counts(story->reader->policy, standing->person, standing->key))
            continue;
        const ImpPerson *person = imp_policy_person(story->reader->policy, standing->person);
        g_autofree char *name = name_and_id(story, standing->person);
        g_string_append_printf(text, "%s by %s, %s", text->len ? ";" : ",", name,
                               person && (person->roles & IMP_ROLE_REVIEWER)
                                   ? "with a key that is no longer listed"
                                   : "no longer a reviewer");
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void print_rule(const Story *story)
{
    const ImpPolicy *policy = story->reader->policy;
    if (!policy || story->article->state == IMP_STATE_REMOVED)
        return;
    const ImpRule *rule = imp_policy_rule(policy, story->article->path);
    const char *specialty = imp_article_specialty(story->article, rule);
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_append_printf(text, "%u approval%s", rule->approvals, plural(rule->approvals));
    if (rule->specialists > 0)
        g_string_append_printf(text, ", %u of them by %s in %s", rule->specialists,
                               rule->specialists == 1 ? "a specialist" : "specialists", specialty);
    else if (specialty)
        g_string_append_printf(text, ", specialists in %s asked first", specialty);
    g_string_append_printf(text, "; %u day%s to respond, %u to review; valid for %u month%s",
                           rule->respond_days, plural(rule->respond_days), rule->review_days,
                           rule->valid_months, plural(rule->valid_months));
    print_field(story, "Rule", text->str);
    g_autofree char *former = former_approvers(story);
    print_fieldf(story, "Approvals", "%u of %u%s", story->status->review->approvals,
                 story->status->review->required, former);
}

static void print_due(const Story *story, gint64 now_us)
{
    const ImpStatus *status = story->status;
    if (!status->due_us)
        return;
    g_autofree char *due = imp_print_minute(status->due_us);
    g_autofree char *span = imp_print_span(ABS(status->due_us - now_us));
    if (story->article->state == IMP_STATE_APPROVED)
        print_fieldf(story, "Valid until", "%s UTC", due);
    else
        print_fieldf(story, "Due", "%s UTC (%s%s%s)", due, status->overdue ? "" : "in ", span,
                     status->overdue ? " late" : "");
}

/* The word, and what is wrong in words. */
static void print_problem(const Story *story)
{
    const ImpArticle *article = story->article;
    const char *word = imp_problem_word(article->problem),
               *advice = imp_problem_advice(article->problem, article->path);
    g_autoptr(ImpDocument) document = NULL;
    if (!advice) {
        gsize size;
        g_autoptr(GBytes) bytes =
            imp_repository_peek(story->reader->repository, article->version, IMP_ARTICLE_MAX_BYTES);
        const char *text = bytes ? g_bytes_get_data(bytes, &size) : NULL;
        document = text ? imp_document_parse(text, size) : NULL;
        advice = document ? document->detail : NULL;
    }
    print_fieldf(story, "Problem", "%s%s%s", word, advice ? ": " : "", advice ? advice : "");
}

static bool print_facts(const Story *story, gint64 now_us, GError **error)
{
    const ImpArticle *article = story->article;
    g_autofree char *published = imp_published_text(story->reader, article, error);
    if (!published)
        return false;
    g_autofree char *url =
        imp_review_url(story->reader->config, story->reader->policy, article->path);
    print_fieldf(story, "Version", "%s", article->version);
    print_fieldf(story, "Round", "%u", article->round);
    if (article->reason)
        print_field(story, "Reason", imp_reason_word(article->reason));
    if (article->problem)
        print_problem(story);
    print_rule(story);
    print_waiting(story);
    print_due(story, now_us);
    if (*published)
        print_field(story, "Published", published);
    if (url)
        print_field(story, "Page", url);
    return true;
}

/* People */

static const ImpEntry *entry_that_asked(const Story *story, const char *person)
{
    for (guint i = story->entries->len; i-- > 0;) {
        const ImpEntry *entry = story->entries->pdata[i];
        if (entry->round == story->article->round && entry->requested &&
            g_strv_contains((const char *const *)entry->requested, person))
            return entry;
    }
    return NULL;
}

static const ImpEntry *entry_of_standing(const Story *story, const ImpStanding *standing)
{
    for (guint i = story->entries->len; i-- > 0;) {
        const ImpEntry *entry = story->entries->pdata[i];
        if (entry->at_us == standing->recorded_us &&
            entry->event == imp_entry_kind_of_decision(standing->verdict) &&
            g_strcmp0(entry->person, standing->person) == 0)
            return entry;
    }
    return NULL;
}

static void add_request(const Story *story, const ImpRequest *request, GString *text)
{
    static const char *const outcomes[] = {[IMP_REQUEST_CLOSED] = ", answered or no longer needed",
                                           [IMP_REQUEST_GIVEN_BACK] = ", gave it back"};
    const ImpEntry *entry = entry_that_asked(story, request->person);
    g_string_append(text, "asked");
    if (entry) {
        g_autofree char *at = imp_print_minute(entry->at_us);
        g_string_append_printf(text, " %s", at);
    }
    if (request->status != IMP_REQUEST_OPEN) {
        g_string_append(text, outcomes[request->status]);
        return;
    }
    g_autofree char *respond_by = imp_print_minute(request->respond_by_us);
    g_autofree char *review_by = imp_print_minute(request->review_by_us);
    g_string_append_printf(text, ", to respond by %s, to review by %s", respond_by, review_by);
}

static void add_standing(const Story *story, const ImpStanding *standing, GString *text)
{
    static const char *const words[] = {[IMP_DECISION_CLAIM] = "claimed it",
                                        [IMP_DECISION_APPROVE] = "approved",
                                        [IMP_DECISION_REQUEST_CHANGES] = "requested changes"};
    const ImpEntry *entry = entry_of_standing(story, standing);
    g_autofree char *reason = entry ? imp_entry_reason(entry) : NULL;
    g_autofree char *at = imp_print_minute(standing->recorded_us);
    g_string_append_printf(
        text, "%s%s %s", text->len ? "; " : "",
        standing->verdict < G_N_ELEMENTS(words) ? words[standing->verdict] : "decided", at);
    if (!reason)
        return;
    g_autofree char *clean = imp_print_clean(reason);
    g_autofree char *fitted = imp_print_fit(clean, REASON_COLUMNS, false);
    g_string_append_printf(text, ": \"%s\"", fitted);
}

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void print_person(const Story *story, const char *id)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const ImpRequest *request = imp_article_request(story->article, id);
    /* Who has answered needs no word about having been asked. */
    bool answered = false;
    for (guint i = 0; i < story->article->standing->len; i++) {
        const ImpStanding *standing = story->article->standing->pdata[i];
        answered = answered ||
                   (strcmp(standing->person, id) == 0 && standing->verdict != IMP_DECISION_CLAIM);
    }
    if (request && !(answered && request->status == IMP_REQUEST_CLOSED))
        add_request(story, request, text);
    for (guint i = 0; i < story->article->standing->len; i++) {
        const ImpStanding *standing = story->article->standing->pdata[i];
        if (strcmp(standing->person, id) == 0)
            add_standing(story, standing, text);
    }
    g_autofree char *name = name_and_id(story, id);
    g_autofree char *line = g_strdup_printf("%s: %s", name, text->str);
    g_autofree char *clean = imp_print_clean(line);
    fputs("  ", stdout);
    imp_print_wrapped(clean, 4, story->screen->columns);
}

static void print_people(const Story *story)
{
    g_autoptr(GPtrArray) people = g_ptr_array_new();
    for (guint i = 0; i < story->article->requests->len; i++)
        g_ptr_array_add(people, ((ImpRequest *)story->article->requests->pdata[i])->person);
    for (guint i = 0; i < story->article->standing->len; i++)
        g_ptr_array_add(people, ((ImpStanding *)story->article->standing->pdata[i])->person);
    g_ptr_array_sort(people, by_text);
    if (people->len > 0)
        printf("\n%sPeople%s\n", imp_screen_style(story->screen, IMP_STYLE_BOLD),
               imp_screen_style(story->screen, IMP_STYLE_PLAIN));
    for (guint i = 0; i < people->len; i++)
        if (i == 0 || strcmp(people->pdata[i], people->pdata[i - 1]) != 0)
            print_person(story, people->pdata[i]);
}

static bool read_entries(Story *story, GError **error)
{
    g_autoptr(GPtrArray) ids =
        imp_index_entries(story->reader->database, story->article->path, error);
    for (guint i = 0; ids && i < ids->len; i++) {
        g_autofree char *parent = NULL;
        ImpEntry *entry =
            imp_ledger_read_entry(story->reader->repository, ids->pdata[i], &parent, error);
        if (!entry)
            return false;
        g_ptr_array_add(story->entries, entry);
    }
    return ids != NULL;
}

bool imp_status_print_story(const ImpReader *reader, const ImpStatus *status, gint64 now_us,
                            const ImpScreen *screen, GError **error)
{
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func((GDestroyNotify)imp_entry_free);
    Story story = {reader, status, status->article, screen, entries};
    if (!read_entries(&story, error))
        return false;
    const char *bold = imp_screen_style(screen, IMP_STYLE_BOLD),
               *plain = imp_screen_style(screen, IMP_STYLE_PLAIN);
    g_autofree char *path = imp_print_path(story.article->path);
    if (story.article->title) {
        g_autofree char *title = imp_print_clean(story.article->title);
        printf("%s", bold);
        imp_print_wrapped(title, 0, screen->columns);
        printf("%s", plain);
    }
    puts(path);
    print_tracker(&story, now_us);
    if (!print_facts(&story, now_us, error))
        return false;
    print_people(&story);
    printf("\n%sHistory%s (UTC)\n", bold, plain);
    for (guint i = 0; i < entries->len; i++)
        imp_entry_print(entries->pdata[i], false, 2, screen);
    return true;
}
