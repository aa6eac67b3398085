#include "notify/format/chat.h"
#include "notify/format/chat_clean.h"
#include "workflow/base/json_write.h"
#include "workflow/base/limits.h"
#include "workflow/base/moment.h"

#include <string.h>

/* Characters of the longest form; what others could make long is cut to this before anything else
 * is done. */
#define TITLE_CHARS   160
#define WHO_CHARS     80
#define DETAILS_CHARS 500
#define QUOTE_CHARS   500
/* A reader's question is told once, and kept nowhere else. */
#define QUESTION_CHARS IMP_QUESTION_MAX_CHARACTERS
#define NAME_CHARS     60
/* People and kinds of events that are named one by one. */
#define NAMES_MAX 4
#define KINDS_MAX 6
/* Changes that are told one by one. */
#define CHANGES_MAX 3

/* With commands of up to a kilobyte, which hold a path of 700 bytes. */
static const ImpChatSize sizes[] = {
    {TITLE_CHARS, WHO_CHARS, DETAILS_CHARS, QUESTION_CHARS, IMP_CHAT_LISTED, 1024, 1024},
    {TITLE_CHARS, WHO_CHARS, DETAILS_CHARS, QUOTE_CHARS, IMP_CHAT_LISTED, 1024, 1024},
    {120, 60, 300, 200, IMP_CHAT_LISTED, 512, 1024},
    {80, 40, 200, 0, IMP_CHAT_LISTED, 256, 512},
    {60, 30, 60, 0, IMP_CHAT_LISTED, 120, 0},
    {40, 20, 0, 0, IMP_CHAT_LISTED, 0, 0},
    {40, 20, 0, 0, 5, 0, 0},
};

guint imp_chat_n_sizes(void)
{
    return G_N_ELEMENTS(sizes);
}

const ImpChatSize *imp_chat_size(guint at)
{
    return &sizes[at];
}

typedef enum {
    NOBODY,
    BY_ACTOR,
    OF_PERSON,
    FOR_PERSON,
    BY_PERSON,
} Who;

typedef enum {
    SILENT,   /* reason_text is said elsewhere */
    SENTENCE, /* the program's own */
    QUOTE,    /* what a person wrote */
} Text;

typedef struct {
    const char *type, *lead;
    Who who;
    Text text;
} Kind;

static const Kind kinds[] = {
    {"article.submitted", "Submitted", BY_ACTOR, SILENT},
    {"article.under_review", "Under Review", BY_ACTOR, SILENT},
    {"article.approved", "Approved", BY_ACTOR, SILENT},
    {"article.removed", "Removed", BY_ACTOR, SILENT},
    {"article.invalid", "Cannot be reviewed", NOBODY, SENTENCE},
    {"repository.adopted", "Adopted", NOBODY, SILENT},
    {"review.requested", "Review requested", OF_PERSON, SILENT},
    {"review.claimed", "Claimed", BY_ACTOR, QUOTE},
    {"review.approved", "Approval", BY_ACTOR, QUOTE},
    {"review.changes_requested", "Changes requested", BY_ACTOR, QUOTE},
    {"review.withdrawn", "Withdrawn", BY_ACTOR, QUOTE},
    {"review.declined", "Declined", BY_ACTOR, QUOTE},
    {"review.commented", "Comment", BY_ACTOR, QUOTE},
    {"review.dismissed", "Objection dismissed", BY_ACTOR, QUOTE},
    {"review.retracted", "Retracted", BY_ACTOR, QUOTE},
    {"review.reminder", "Reminder", FOR_PERSON, SILENT},
    {"review.overdue", "Review overdue", FOR_PERSON, SILENT},
    {"review.escalated", "Review missing", OF_PERSON, SENTENCE},
    {"review.left_behind", "Objection left behind", BY_PERSON, SENTENCE},
    {"decision.refused", "Decision not counted", BY_PERSON, SENTENCE},
    {"policy.changed", "Policy changed", BY_ACTOR, SILENT},
    {"policy.rejected", "Policy rejected", NOBODY, SENTENCE},
    {"ledger.diverged", "Ledger changed by somebody else", NOBODY, SENTENCE},
    {"approved.diverged", "Approved branch changed by somebody else", NOBODY, SENTENCE},
    {"endpoint.disabled", "Endpoint disabled", NOBODY, SENTENCE},
    {"delivery.exhausted", "Message given up", NOBODY, SENTENCE},
    {"reader.question", "Question from a reader", NOBODY, QUOTE},
    {"webhook.ping", "Ping", NOBODY, SENTENCE},
};

static const Kind *kind_of(const char *type)
{
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (strcmp(kinds[i].type, type) == 0)
            return &kinds[i];
    }
    return NULL;
}

/* Why an article is Submitted. */
static const char *reason_phrase(ImpReason reason)
{
    static const char *const phrases[] = {
        [IMP_REASON_NEW] = "a new text",
        [IMP_REASON_ADOPTED] = "adopted",
        [IMP_REASON_REVISED] = "a new version",
        [IMP_REASON_RETURNED] = "it is back",
        [IMP_REASON_CHANGES_REQUESTED] = "changes were requested",
        [IMP_REASON_WITHDRAWN] = "an approval was taken back",
        [IMP_REASON_EXPIRED] = "the approval has expired",
        [IMP_REASON_RETRACTED] = "the approval was retracted",
        [IMP_REASON_REJUDGED] = "the policy has changed",
    };
    return reason < G_N_ELEMENTS(phrases) ? phrases[reason] : NULL;
}

static char *who_of(const ImpEvent *event, const Kind *kind)
{
    static const char *const words[] = {
        [NOBODY] = "",         [BY_ACTOR] = "by ",  [OF_PERSON] = "of ",
        [FOR_PERSON] = "for ", [BY_PERSON] = "by ",
    };
    Who who = kind ? kind->who : BY_ACTOR;
    const char *name = who == BY_ACTOR ? (event->actor_name ? event->actor_name : event->actor_id)
                       : who == NOBODY ? NULL
                       : event->person_name ? event->person_name
                                            : event->person_id;
    if (!name)
        return g_strdup("");
    g_autofree char *clean = imp_chat_clean(name, NAME_CHARS);
    return g_strconcat(words[who], clean, NULL);
}

/* Details */

static void add(GString *details, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add(GString *details, const char *format, ...)
{
    va_list arguments;
    if (details->len > 0)
        g_string_append(details, ", ");
    va_start(arguments, format);
    g_string_append_vprintf(details, format, arguments);
    va_end(arguments);
}

static bool stands(const ImpReview *review, ImpDecisionKind verdict, const char *person)
{
    for (guint i = 0; i < review->decisions->len; i++) {
        const ImpEventDecision *decision = &g_array_index(review->decisions, ImpEventDecision, i);
        if (decision->verdict == verdict && (!person || strcmp(decision->person, person) == 0))
            return true;
    }
    return false;
}

static bool has_spoken(const ImpReview *review, const char *person)
{
    return stands(review, IMP_DECISION_APPROVE, person) ||
           stands(review, IMP_DECISION_REQUEST_CHANGES, person);
}

/* Whose turn it is, as `status` says it: the author's after an objection, else those who were asked
 * or have claimed and have not spoken. */
static void add_waiting(GString *details, const ImpEvent *event)
{
    const ImpReview *review = event->review;
    if (event->problem || stands(review, IMP_DECISION_REQUEST_CHANGES, NULL)) {
        add(details, "waiting for the author");
        return;
    }
    g_autoptr(GPtrArray) people = g_ptr_array_new();
    for (char **person = review->requested; *person; person++) {
        if (!has_spoken(review, *person))
            g_ptr_array_add(people, *person);
    }
    for (guint i = 0; i < review->decisions->len; i++) {
        const ImpEventDecision *decision = &g_array_index(review->decisions, ImpEventDecision, i);
        if (decision->verdict == IMP_DECISION_CLAIM &&
            !g_strv_contains((const char *const *)review->requested, decision->person))
            g_ptr_array_add(people, decision->person);
    }
    if (people->len == 0)
        add(details, "waiting for a reviewer");
    for (guint i = 0; i < MIN(people->len, NAMES_MAX); i++) {
        g_autofree char *name = imp_chat_clean(people->pdata[i], NAME_CHARS);
        add(details, "%s%s", i == 0 ? "waiting for " : "", name);
    }
    if (people->len > NAMES_MAX)
        g_string_append_printf(details, " and %u more", people->len - NAMES_MAX);
}

static void add_day(GString *details, const char *what, gint64 moment_us)
{
    if (moment_us == 0)
        return;
    g_autofree char *moment = imp_moment_format(moment_us);
    add(details, "%s %.10s", what, moment);
}

static void add_review(GString *details, const ImpEvent *event, const Kind *kind)
{
    const ImpReview *review = event->review;
    if (!review || event->state == IMP_STATE_REMOVED)
        return;
    if (review->required > 0)
        add(details, "%u of %u approvals", review->approvals, review->required);
    if (event->state == IMP_STATE_APPROVED)
        add_day(details, "valid until", review->valid_until_us);
    else
        add_waiting(details, event);
    if (kind && (kind->who == OF_PERSON || kind->who == FOR_PERSON)) {
        add_day(details, "to be claimed by",
                event->state == IMP_STATE_SUBMITTED ? review->respond_by_us : 0);
        add_day(details, "to be reviewed by", review->review_by_us);
    }
}

/* What must not be missed of what has changed, the dangerous first. */
static void add_changes(GString *details, const ImpChanges *changes)
{
    guint shown = changes ? MIN(changes->list->len, CHANGES_MAX) : 0;
    for (guint i = 0; i < shown; i++) {
        g_autofree char *sentence = imp_change_sentence(changes->list->pdata[i]);
        g_string_append_printf(details, "%s%s", i == 0 ? ". Changed: " : "; ", sentence);
    }
    guint more = shown ? changes->list->len - shown + changes->more : 0;
    if (more > 0)
        g_string_append_printf(details, "; and %u more", more);
}

static char *details_of(const ImpEvent *event, const Kind *kind)
{
    g_autoptr(GString) details = g_string_new(NULL);
    bool is_state = kind && g_strcmp0(kind->lead, imp_state_word(event->state)) == 0;
    if (event->path && event->has_state) {
        if (!is_state)
            add(details, "%s", imp_state_word(event->state));
        const char *reason =
            event->state == IMP_STATE_SUBMITTED ? reason_phrase(event->reason) : NULL;
        if (reason)
            add(details, "%s", reason);
        add_review(details, event, kind);
    }
    if (event->count >= 0 && g_str_equal(event->type, "repository.adopted"))
        add(details, "%" G_GINT64_FORMAT " articles", event->count);
    if (!event->verified)
        add(details, "signatures are not checked");
    if (event->reason_text && kind && kind->text == SENTENCE) {
        if (details->len > 0)
            g_string_append(details, ". ");
        g_string_append(details, event->reason_text);
    }
    add_changes(details, event->changes);
    return imp_chat_clean(details->str, DETAILS_CHARS);
}

/* Percent-encoded is what could end a link, in whatever markup. */
static char *url_of(const ImpEvent *event)
{
    const char *url = event->url;
    if (!url || (!g_str_has_prefix(url, "https://") && !g_str_has_prefix(url, "http://")))
        return NULL;
    g_autoptr(GString) safe = g_string_new(NULL);
    for (; *url; url++) {
        if (g_ascii_isgraph(*url) && !strchr("<>\"'()[]{}|\\^`", *url))
            g_string_append_c(safe, *url);
        else
            g_string_append_printf(safe, "%%%02X", (guchar)*url);
    }
    return g_string_free(g_steal_pointer(&safe), false);
}

ImpChatLine *imp_chat_line_new(const ImpEvent *event)
{
    const Kind *kind = kind_of(event->type);
    ImpChatLine *line = g_new0(ImpChatLine, 1);
    line->lead = kind ? g_strdup(kind->lead) : imp_chat_clean(event->type, NAME_CHARS);
    line->who = who_of(event, kind);
    /* What is about no article is about the repository. */
    line->title = imp_chat_clean(event->title && *event->title ? event->title
                                 : event->path                 ? event->path
                                                               : event->repository,
                                 TITLE_CHARS);
    line->repository = imp_chat_clean(event->path ? event->repository : NULL, NAME_CHARS);
    line->details = details_of(event, kind);
    line->url = url_of(event);
    if (kind && kind->text == QUOTE && event->reason_text)
        line->quote = imp_chat_clean(
            event->reason_text, imp_event_is_private(event->type) ? QUESTION_CHARS : QUOTE_CHARS);
    if (g_strcmp0(line->quote, "") == 0)
        g_clear_pointer(&line->quote, g_free);
    line->command = g_strdup(event->command);
    line->addressed =
        event->person_id && kind && (kind->who == OF_PERSON || kind->who == FOR_PERSON);
    line->pressing =
        g_str_equal(event->type, "review.overdue") || g_str_equal(event->type, "review.escalated");
    return line;
}

void imp_chat_line_free(ImpChatLine *line)
{
    if (!line)
        return;
    g_free(line->lead);
    g_free(line->who);
    g_free(line->title);
    g_free(line->repository);
    g_free(line->details);
    g_free(line->url);
    g_free(line->quote);
    g_free(line->command);
    g_free(line);
}

char *imp_chat_line_store(const ImpChatLine *line)
{
    g_autoptr(json_t) stored = json_object();
    imp_json_set_text(stored, "lead", line->lead);
    imp_json_set_text(stored, "who", line->who);
    imp_json_set_text(stored, "title", line->title);
    imp_json_set_text(stored, "repository", line->repository);
    imp_json_set_text(stored, "details", line->details);
    if (line->url)
        imp_json_set_text(stored, "url", line->url);
    if (line->addressed)
        imp_json_set_flag(stored, "addressed", true);
    if (line->pressing)
        imp_json_set_flag(stored, "pressing", true);
    return imp_json_dump_line(stored);
}

ImpChatLine *imp_chat_line_load(const char *text)
{
    const char *lead, *who, *title, *repository, *details, *url = NULL;
    g_autoptr(json_t) stored = json_loads(text, 0, NULL);
    if (!stored ||
        json_unpack(stored, "{s:s, s:s, s:s, s:s, s:s, s?:s}", "lead", &lead, "who", &who, "title",
                    &title, "repository", &repository, "details", &details, "url", &url) != 0)
        return NULL;
    ImpChatLine *line = g_new0(ImpChatLine, 1);
    line->lead = g_strdup(lead);
    line->who = g_strdup(who);
    line->title = g_strdup(title);
    line->repository = g_strdup(repository);
    line->details = g_strdup(details);
    line->url = g_strdup(url);
    line->addressed = json_is_true(json_object_get(stored, "addressed"));
    line->pressing = json_is_true(json_object_get(stored, "pressing"));
    return line;
}

/* Messages */

static void line_free(gpointer line)
{
    imp_chat_line_free(line);
}

ImpChat *imp_chat_new(const ImpEvent *event)
{
    ImpChat *chat = g_new0(ImpChat, 1);
    chat->lines = g_ptr_array_new_with_free_func(line_free);
    g_ptr_array_add(chat->lines, imp_chat_line_new(event));
    return chat;
}

static int by_count(gconstpointer a, gconstpointer b)
{
    guint one = ((const ImpChatCount *)a)->count, other = ((const ImpChatCount *)b)->count;
    return one < other ? 1 : one > other ? -1 : 0;
}

static char *heading_of(const char *repository, const GArray *counts, guint *all)
{
    g_autoptr(GString) heading = g_string_new(NULL);
    g_autoptr(GArray) sorted = g_array_copy((GArray *)counts);
    g_autofree char *name = imp_chat_clean(repository, NAME_CHARS);
    *all = 0;
    g_array_sort(sorted, by_count);
    for (guint i = 0; i < sorted->len; i++) {
        const ImpChatCount *count = &g_array_index(sorted, ImpChatCount, i);
        const Kind *kind = kind_of(count->type);
        *all += count->count;
        if (i < KINDS_MAX)
            add(heading, "%u × %s", count->count, kind ? kind->lead : count->type);
        else if (i == KINDS_MAX)
            g_string_append(heading, " …");
    }
    return g_strdup_printf("%s: %u events, %s", name, *all, heading->str);
}

ImpChat *imp_chat_new_digest(const char *repository, GPtrArray *lines, const GArray *counts)
{
    ImpChat *chat = g_new0(ImpChat, 1);
    guint all;
    chat->heading = heading_of(repository, counts, &all);
    chat->lines = lines;
    chat->rest = all - lines->len;
    return chat;
}

char *imp_chat_more(const ImpChat *chat, guint listed)
{
    guint rest = chat->rest + chat->lines->len - listed;
    return rest == 0
               ? NULL
               : g_strdup_printf("and %u more; what waits is listed by: imprimatur status", rest);
}

bool imp_chat_is_addressed(const ImpChat *chat)
{
    for (guint i = 0; i < chat->lines->len; i++) {
        if (((const ImpChatLine *)chat->lines->pdata[i])->addressed)
            return true;
    }
    return false;
}

bool imp_chat_is_pressing(const ImpChat *chat)
{
    for (guint i = 0; i < chat->lines->len; i++) {
        if (((const ImpChatLine *)chat->lines->pdata[i])->pressing)
            return true;
    }
    return false;
}

char *imp_chat_summary(const ImpChat *chat, const ImpChatSize *size)
{
    if (chat->heading)
        return g_strdup(chat->heading);
    const ImpChatLine *line = chat->lines->pdata[0];
    g_autofree char *title = imp_chat_cut(line->title, size->title),
                    *who = imp_chat_cut(line->who, size->who);
    return g_strdup_printf("%s%s%s: %s", line->lead, *who ? " " : "", who, title);
}

void imp_chat_free(ImpChat *chat)
{
    if (!chat)
        return;
    g_free(chat->heading);
    g_clear_pointer(&chat->lines, g_ptr_array_unref);
    g_free(chat);
}
