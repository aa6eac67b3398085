#include "daemon/verbs/view/explain.h"
#include "notify/payload.h"

#include <stdio.h>
#include <string.h>

/* Sentences that an editor can forward: names with ids, moments in UTC, no word of the program's
 * own. */

static char *name_of(const ImpExplanation *explanation, const char *id)
{
    const ImpPerson *person = imp_policy_person(explanation->reader->policy, id);
    return person ? g_strdup_printf("%s (%s)", person->name, id) : g_strdup(id);
}

static const char *plural(guint count)
{
    return count == 1 ? "" : "s";
}

static void text_free(gpointer data)
{
    ImpExplainedText *text = data;
    g_free(text->words);
    g_free(text);
}

static void add(GPtrArray *texts, const char *words, bool point)
{
    ImpExplainedText *text = g_new0(ImpExplainedText, 1);
    text->words = imp_print_clean(words);
    text->point = point;
    g_ptr_array_add(texts, text);
}

static void add_paragraph(GPtrArray *texts, const char *words)
{
    add(texts, words, false);
}

static void add_point(GPtrArray *texts, const char *words)
{
    add(texts, words, true);
}

static const char *why_submitted(ImpReason reason)
{
    static const char *const sentences[] = {
        [IMP_REASON_NEW] = "it is new",
        [IMP_REASON_ADOPTED] =
            "it was there before the first policy, and nobody is asked about it one by one",
        [IMP_REASON_REVISED] = "its text was changed",
        [IMP_REASON_RETURNED] = "it came back after it was removed",
        [IMP_REASON_CHANGES_REQUESTED] = "changes are requested",
        [IMP_REASON_WITHDRAWN] = "what stood was taken back",
        [IMP_REASON_EXPIRED] = "its approval has expired",
        [IMP_REASON_RETRACTED] = "an editor has retracted it",
        [IMP_REASON_REJUDGED] = "the policy was changed",
    };
    return reason < G_N_ELEMENTS(sentences) ? sentences[reason] : NULL;
}

/* "5 days", in words rather than the tables' letters. */
static char *span_in_words(gint64 span_us)
{
    static const struct {
        gint64 seconds;
        const char *unit;
    } units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
    gint64 seconds = MAX(span_us, 0) / IMP_SECOND_US;
    gsize i = 0;
    while (i + 1 < G_N_ELEMENTS(units) && seconds < units[i].seconds)
        i++;
    gint64 count = seconds / units[i].seconds;
    return g_strdup_printf("%" G_GINT64_FORMAT " %s%s", count, units[i].unit,
                           count == 1 ? "" : "s");
}

static void tell_state(const ImpExplanation *explanation, gint64 now_us, GPtrArray *texts)
{
    const ImpArticle *article = explanation->status->article;
    g_autofree char *path = imp_print_path(article->path);
    g_autofree char *since = imp_print_minute(article->since_us);
    g_autofree char *span = span_in_words(now_us - article->since_us);
    g_autoptr(GString) text = g_string_new(NULL);
    if (article->title)
        g_string_append_printf(text, "\"%s\" (%s)", article->title, path);
    else
        g_string_append(text, path);
    if (article->state == IMP_STATE_APPROVED) {
        g_autofree char *until = imp_print_minute(article->valid_until_us);
        g_string_append_printf(text, " is Approved, since %s UTC and until %s UTC.", since, until);
    } else {
        const char *why = why_submitted(article->reason);
        g_string_append_printf(text, " is not Approved. It is %s since %s UTC",
                               imp_state_word(article->state), since);
        if (now_us)
            g_string_append_printf(text, " (%s)", span);
        g_string_append_printf(text, "%s%s.", why ? ", because " : "", why ? why : "");
    }
    add_paragraph(texts, text->str);
}

/* Adds ", and is 5 days late" where that is so. */
static void append_late(GString *text, gint64 due_us, gint64 now_us)
{
    g_autofree char *span = span_in_words(now_us - due_us);
    if (due_us && due_us < now_us)
        g_string_append_printf(text, ", and is %s late", span);
}

static void append_approvals(GString *text, const ImpExplanation *explanation)
{
    guint count = explanation->approvals->len;
    if (count == 0) {
        g_string_append(text, " So far there is none.");
        return;
    }
    g_string_append_printf(text, " There %s %u", count == 1 ? "is" : "are", count);
    if (explanation->rule->specialists > 0)
        g_string_append_printf(text, ", %u by specialists", explanation->specialists);
    for (guint i = 0; i < count; i++) {
        g_autofree char *name =
            name_of(explanation, ((ImpExplainedPerson *)explanation->approvals->pdata[i])->person);
        g_string_append_printf(text, "%s%s", i ? ", " : ": ", name);
    }
    g_string_append_c(text, '.');
}

static void tell_rule(const ImpExplanation *explanation, GPtrArray *texts)
{
    const ImpRule *rule = explanation->rule;
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_append_printf(text, "The rule wants %u approval%s of this very text", rule->approvals,
                           plural(rule->approvals));
    if (rule->specialists == 1)
        g_string_append_printf(text, ", 1 of them by a specialist in %s", explanation->specialty);
    else if (rule->specialists > 1)
        g_string_append_printf(text, ", %u of them by specialists in %s", rule->specialists,
                               explanation->specialty);
    g_string_append_c(text, '.');
    append_approvals(text, explanation);
    add_paragraph(texts, text->str);
}

static const ImpExplainedPerson *find(const GPtrArray *people, const char *id)
{
    for (guint i = 0; i < people->len; i++)
        if (strcmp(((ImpExplainedPerson *)people->pdata[i])->person, id) == 0)
            return people->pdata[i];
    return NULL;
}

/* Who is asked, since when, and whether they have taken it up. */
static char *asked_text(const ImpExplanation *explanation, const ImpExplainedPerson *asked,
                        gint64 now_us)
{
    const ImpExplainedPerson *claim = find(explanation->claims, asked->person);
    GString *text = g_string_new(NULL);
    g_autofree char *name = name_of(explanation, asked->person);
    g_autofree char *since = imp_print_minute(asked->at_us);
    g_autofree char *respond = imp_print_minute(asked->respond_by_us);
    g_autofree char *review = imp_print_minute(asked->review_by_us);
    g_autofree char *claimed = imp_print_minute(claim ? claim->at_us : 0);
    if (claim)
        g_string_append_printf(
            text, "%s was asked at %s UTC, took it up at %s UTC and is to review it by %s UTC",
            name, since, claimed, review);
    else
        g_string_append_printf(
            text, "%s was asked at %s UTC and is to respond by %s UTC and to review it by %s UTC",
            name, since, respond, review);
    append_late(text, claim ? asked->review_by_us : asked->respond_by_us, now_us);
    g_string_append_c(text, '.');
    return g_string_free(text, FALSE);
}

static void tell_asked(const ImpExplanation *explanation, gint64 now_us, GPtrArray *texts)
{
    for (guint i = 0; i < explanation->asked->len; i++) {
        g_autofree char *text = asked_text(explanation, explanation->asked->pdata[i], now_us);
        add_point(texts, text);
    }
    for (guint i = 0; i < explanation->claims->len; i++) {
        const ImpExplainedPerson *claim = explanation->claims->pdata[i];
        if (find(explanation->asked, claim->person))
            continue;
        g_autofree char *name = name_of(explanation, claim->person);
        g_autofree char *at = imp_print_minute(claim->at_us);
        g_autofree char *text = g_strdup_printf("%s took it up at %s UTC.", name, at);
        add_point(texts, text);
    }
}

static void tell_obstacles(const ImpExplanation *explanation, GPtrArray *texts)
{
    if (explanation->problem) {
        g_autofree char *text = g_strdup_printf("The text has a problem and cannot be approved: %s",
                                                explanation->problem);
        add_point(texts, text);
    }
    for (guint i = 0; i < explanation->objections->len; i++) {
        const ImpExplainedPerson *objection = explanation->objections->pdata[i];
        g_autofree char *name = name_of(explanation, objection->person);
        g_autofree char *at = imp_print_minute(objection->at_us);
        g_autofree char *text = g_strdup_printf(
            "%s requested changes at %s UTC%s%s%s", name, at, objection->text ? ": \"" : ".",
            objection->text ? objection->text : "", objection->text ? "\"" : "");
        add_point(texts, text);
    }
    for (guint i = 0; i < explanation->uncounted->len; i++) {
        const ImpExplainedPerson *uncounted = explanation->uncounted->pdata[i];
        g_autofree char *name = name_of(explanation, uncounted->person);
        g_autofree char *at = imp_print_minute(uncounted->at_us);
        g_autofree char *text =
            g_strdup_printf("The approval of %s of %s UTC does not count%s%s%s%s%s", name, at,
                            uncounted->word ? " (" : "", uncounted->word ? uncounted->word : "",
                            uncounted->word ? ")" : "", uncounted->text ? ": " : ".",
                            uncounted->text ? uncounted->text : "");
        add_point(texts, text);
    }
}

static void tell_unavailable(const ImpExplanation *explanation, GPtrArray *texts)
{
    if (explanation->missing == 0)
        return;
    g_autofree char *text =
        g_strdup_printf("%u more reviewer%s could not be asked so far; whoever can be is asked as "
                        "soon as that changes.",
                        explanation->missing, plural(explanation->missing));
    add_point(texts, text);
    for (guint i = 0; i < explanation->unavailable->len; i++) {
        const ImpExplainedPerson *person = explanation->unavailable->pdata[i];
        g_autofree char *name = name_of(explanation, person->person);
        g_autofree char *why = g_strdup_printf("%s %s.", name, person->text);
        add_point(texts, why);
    }
}

static char *contributors_text(const ImpExplanation *explanation, bool known)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < explanation->contributors->len; i++) {
        const ImpExplainedContributor *contributor = explanation->contributors->pdata[i];
        if (known != (contributor->person != NULL))
            continue;
        g_autofree char *name =
            known ? name_of(explanation, contributor->person) : g_strdup(contributor->email);
        if (!strstr(text->str, name))
            g_string_append_printf(text, "%s%s", text->len ? ", " : "", name);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* With the addresses of strangers on somebody's own terminal alone. */
static void tell_contributors(const ImpExplanation *explanation, bool addresses, GPtrArray *texts)
{
    if (!explanation->contributors) {
        add_paragraph(texts, "Who contributed to the text is not known in this clone.");
        return;
    }
    g_autofree char *people = contributors_text(explanation, true);
    g_autofree char *strangers = contributors_text(explanation, false);
    g_autoptr(GString) text = g_string_new("Nobody reviews their own words. ");
    if (*people)
        g_string_append_printf(text, "Contributors to this text, who cannot approve it: %s.",
                               people);
    else
        g_string_append(text, "Nobody whom the policy names contributed to this text.");
    if (*strangers && addresses)
        g_string_append_printf(
            text, " Contributors with addresses that belong to nobody in the policy: %s.",
            strangers);
    else if (*strangers)
        g_string_append(text, " Others, whose addresses belong to nobody in the policy, did, too.");
    add_paragraph(texts, text->str);
}

char *imp_explain_next(const ImpExplanation *explanation, gint64 now_us)
{
    const ImpStatus *status = explanation->status;
    const ImpArticle *article = status->article;
    g_autofree char *due = imp_print_minute(status->due_us);
    if (article->state == IMP_STATE_APPROVED)
        return g_strdup_printf("the approval ends at %s UTC; then the article is reviewed again.",
                               due);
    if (article->problem)
        return g_strdup("the author mends the text; it is then reviewed.");
    if (imp_article_has_objection(article))
        return g_strdup(
            "the author changes the text and it is reviewed again; or whoever requested "
            "changes approves or "
            "withdraws; or an editor dismisses the objection.");
    if (explanation->asked->len + explanation->claims->len == 0)
        return g_strdup("any reviewer who is not a contributor takes it up; nobody is asked, and "
                        "nothing is due.");
    const char *what = article->state == IMP_STATE_UNDER_REVIEW ? "review" : "respond";
    if (!status->due_us)
        return g_strdup("whoever has taken it up approves or requests changes; nothing is due.");
    return g_strdup_printf("those who are asked %s%s %s UTC.", what,
                           status->due_us < now_us ? "; that was due by" : " by", due);
}

/* A line for each trailer: a terminal would break a longer one where the shell does not expect it.
 * Between quotes nothing is broken. */
static void append_command(GString *text, const char *command)
{
    static const char option[] = " --trailer ";
    bool quoted = false;
    for (const char *at = command; *at; at++) {
        if (!quoted && g_str_has_prefix(at, option))
            g_string_append(text, " \\\n   ");
        if (*at == '\'')
            quoted = !quoted;
        g_string_append_c(text, *at);
        if (!quoted && *at == '\\' && at[1])
            g_string_append_c(text, *++at);
    }
}

char *imp_explain_commands(const ImpExplanation *explanation)
{
    if (!explanation->approve || explanation->status->article->state == IMP_STATE_APPROVED)
        return NULL;
    g_autofree char *approve = imp_print_clean(explanation->approve);
    GString *text = g_string_new("git switch -q --detach\n");
    append_command(text, approve);
    g_string_append_printf(text, "\n%s\ngit switch -q -\n", explanation->push);
    return g_string_free(text, FALSE);
}

GPtrArray *imp_explain_texts(const ImpExplanation *explanation, gint64 now_us)
{
    const bool approved = explanation->status->article->state == IMP_STATE_APPROVED;
    g_autofree char *next = imp_explain_next(explanation, now_us);
    g_autofree char *sentence = g_strdup_printf("Next: %s", next);
    GPtrArray *texts = g_ptr_array_new_with_free_func(text_free);
    tell_state(explanation, now_us, texts);
    tell_rule(explanation, texts);
    tell_obstacles(explanation, texts);
    if (!approved) {
        tell_asked(explanation, now_us, texts);
        tell_unavailable(explanation, texts);
    }
    tell_contributors(explanation, now_us != 0, texts);
    if (*explanation->published) {
        g_autofree char *published = g_strdup_printf("Published: %s.", explanation->published);
        add_paragraph(texts, published);
    }
    add_paragraph(texts, sentence);
    return texts;
}

void imp_explain_print(const ImpExplanation *explanation, gint64 now_us, const ImpScreen *screen)
{
    g_autofree char *commands = imp_explain_commands(explanation);
    g_autoptr(GPtrArray) texts = imp_explain_texts(explanation, now_us);
    for (guint i = 0; i < texts->len; i++) {
        const ImpExplainedText *text = texts->pdata[i];
        if (text->point)
            fputs("- ", stdout);
        imp_print_wrapped(text->words, text->point ? 2 : 0, screen->columns);
    }
    if (!commands)
        return;
    puts("");
    imp_print_wrapped("A reviewer who has read the text, in a clone that has it at HEAD and "
                      "nothing staged, approves it by these, which leave the branch as it was:",
                      0, screen->columns);
    puts("");
    g_auto(GStrv) lines = g_strsplit(commands, "\n", -1);
    for (char **line = lines; line[0] && line[1]; line++)
        printf("    %s\n", *line);
}
