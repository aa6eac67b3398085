#include "daemon/verbs/view/entry_view.h"
#include "articles/attempt.h"
#include "workflow/base/json_write.h"
#include "workflow/base/moment.h"
#include "workflow/base/quote.h"

#include <stdio.h>
#include <string.h>

/* The words of a refusal, for who has not read the manual page. */
static const char *refusal_means(ImpRefusal refusal)
{
    static const char *const meanings[] = {
        [IMP_REFUSAL_MALFORMED] = "its trailers cannot be understood",
        [IMP_REFUSAL_UNSIGNED] = "nobody signed it",
        [IMP_REFUSAL_BAD_SIGNATURE] = "what was signed is not this",
        [IMP_REFUSAL_UNKNOWN_KEY] = "its key is nobody's in the policy",
        [IMP_REFUSAL_AUTHOR_MISMATCH] = "its author is not who signed it",
        [IMP_REFUSAL_DECISION_WITH_EDIT] = "it changes files, too",
        [IMP_REFUSAL_NOT_PERMITTED] = "not with their role",
        [IMP_REFUSAL_FUTURE_DATED] = "it is dated in the future",
        [IMP_REFUSAL_UNKNOWN_ARTICLE] = "there is no such article",
        [IMP_REFUSAL_STALE] = "it is about an earlier text, or a later decision came first",
        [IMP_REFUSAL_CREDENTIALS_EXPIRED] = "their credentials have expired",
        [IMP_REFUSAL_CONTRIBUTOR] = "nobody reviews their own words",
        [IMP_REFUSAL_PROBLEM_ARTICLE] = "the article has a problem",
        [IMP_REFUSAL_UNPINNED] = "it does not say which text",
        [IMP_REFUSAL_COMPETING_INTERESTS] = "competing interests, or none declared",
    };
    return refusal < G_N_ELEMENTS(meanings) && meanings[refusal] ? meanings[refusal] : "unknown";
}

static char *what_happened(const ImpEntry *entry)
{
    const char *who = entry->person ? entry->person : "somebody";
    switch (entry->event) {
    case IMP_ENTRY_START:
        return g_strdup_printf("the ledger of %s begins", entry->repository);
    case IMP_ENTRY_POLICY:
        return g_strdup_printf("policy %u is in force", entry->policy);
    case IMP_ENTRY_SUBMISSION:
        return g_strdup_printf("submitted (%s%s)", imp_reason_word(entry->reason),
                               entry->reason == IMP_REASON_ADOPTED ? ": there before the policy"
                                                                   : "");
    case IMP_ENTRY_REQUEST:
        return entry->person      ? g_strdup_printf("%s asked for a review", who)
               : entry->requested ? g_strdup("a review is requested")
                                  : g_strdup("a reviewer is missing");
    case IMP_ENTRY_CLAIM:
        return g_strdup_printf("%s claimed it", who);
    case IMP_ENTRY_APPROVAL:
        return g_strdup_printf("%s approved", who);
    case IMP_ENTRY_OBJECTION:
        return g_strdup_printf("%s requested changes", who);
    case IMP_ENTRY_WITHDRAWAL:
        return g_strdup_printf("%s withdrew", who);
    case IMP_ENTRY_DECLINE:
        return g_strdup_printf("%s declined", who);
    case IMP_ENTRY_COMMENT:
        return g_strdup_printf("%s commented", who);
    case IMP_ENTRY_DISMISSAL:
        return g_strdup_printf("%s dismissed the objection of %s", who, entry->of);
    case IMP_ENTRY_REFUSAL:
        return g_strdup_printf("a decision of %s was refused (%s: %s)", who,
                               imp_refusal_word(entry->refusal), refusal_means(entry->refusal));
    case IMP_ENTRY_EXPIRY:
        return g_strdup("the approval expired");
    case IMP_ENTRY_RETRACTION:
        return g_strdup_printf("%s retracted it", who);
    case IMP_ENTRY_REMOVAL:
        return g_strdup("removed");
    case IMP_ENTRY_REJUDGMENT:
        return g_strdup_printf("judged again by policy %u", entry->policy);
    case IMP_ENTRY_NONE:
        break;
    }
    return g_strdup("nothing known happened");
}

char *imp_entry_sentence(const ImpEntry *entry)
{
    g_autofree char *what = what_happened(entry);
    g_autoptr(GString) sentence = g_string_new(what);
    /* A submission is Submitted, and a removal Removed, without saying. */
    bool moved = entry->article && entry->state != entry->previous_state &&
                 entry->previous_state != IMP_STATE_REMOVED && entry->state != IMP_STATE_REMOVED;
    if (moved)
        g_string_append_printf(sentence, ": %s -> %s", imp_state_word(entry->previous_state),
                               imp_state_word(entry->state));
    if (entry->valid_until_us) {
        g_autofree char *until = imp_print_minute(entry->valid_until_us);
        g_string_append_printf(sentence, ", until %.10s", until);
    }
    if (entry->problem)
        g_string_append_printf(sentence, ", problem: %s", imp_problem_word(entry->problem));
    if (entry->requested) {
        g_autofree char *asked = g_strjoinv(", ", entry->requested);
        g_string_append_printf(sentence, ", asked %s", asked);
    }
    return imp_print_clean(sentence->str);
}

char *imp_entry_reason(const ImpEntry *entry)
{
    g_autoptr(ImpAttempt) attempt = entry->decision_object ? imp_attempt_from_entry(entry) : NULL;
    return attempt && attempt->decision && *attempt->decision->reason
               ? g_strdup(attempt->decision->reason)
               : NULL;
}

void imp_entry_print(const ImpEntry *entry, bool with_article, guint indent,
                     const ImpScreen *screen)
{
    g_autofree char *at = imp_print_minute(entry->at_us);
    g_autofree char *sentence = imp_entry_sentence(entry);
    g_autofree char *reason = imp_entry_reason(entry);
    guint body = indent + (guint)strlen(at) + 2;
    printf("%*s%s%s%s  ", (int)indent, "", imp_screen_style(screen, IMP_STYLE_FAINT), at,
           imp_screen_style(screen, IMP_STYLE_PLAIN));
    imp_print_wrapped(sentence, body, screen->columns);
    if (with_article && entry->article) {
        g_autofree char *path = imp_print_path(entry->article);
        printf("%*s%s (round %u)\n", (int)body, "", path, entry->round);
    }
    if (reason) {
        reason[strcspn(reason, "\n")] = '\0';
        g_autofree char *clean = imp_print_clean(reason);
        g_autofree char *quoted = g_strdup_printf("\"%s\"", clean);
        printf("%*s", (int)body, "");
        imp_print_wrapped(quoted, body, screen->columns);
    }
}

static void set_text(json_t *line, const char *key, const char *text)
{
    if (text)
        imp_json_set_text(line, key, text);
}

static void set_number(json_t *line, const char *key, guint number)
{
    if (number)
        imp_json_set_number(line, key, number);
}

static void set_moment(json_t *line, const char *key, gint64 moment_us)
{
    g_autofree char *text = moment_us ? imp_moment_format(moment_us) : NULL;
    set_text(line, key, text);
}

static void set_list(json_t *line, const char *key, char *const *texts)
{
    if (!texts)
        return;
    json_t *list = json_array();
    for (; *texts; texts++)
        json_array_append_new(list, imp_json_string_or_null(*texts));
    json_object_set_new(line, key, list);
}

static void set_article(json_t *line, const ImpEntry *entry)
{
    bool readable = g_utf8_validate(entry->article, -1, NULL);
    g_autofree char *path = readable ? g_strdup(entry->article) : imp_path_quote(entry->article);
    set_text(line, "article", path);
    set_text(line, "version", entry->version);
    set_number(line, "round", entry->round);
    set_text(line, "state", imp_state_key(entry->state));
    set_text(line, "previous_state", imp_state_key(entry->previous_state));
}

json_t *imp_entry_json(const char *oid, const ImpEntry *entry)
{
    json_t *line = json_object();
    set_number(line, "schema", 1);
    set_text(line, "oid", oid);
    set_number(line, "ledger_format", 1);
    set_text(line, "event", imp_entry_kind_word(entry->event));
    if (entry->article)
        set_article(line, entry);
    set_text(line, "reason", imp_reason_word(entry->reason));
    set_text(line, "problem", imp_problem_word(entry->problem));
    set_text(line, "person", entry->person);
    set_text(line, "reviewed_by", entry->reviewed_by);
    set_text(line, "of", entry->of);
    set_list(line, "requested", entry->requested);
    set_moment(line, "respond_by", entry->respond_by_us);
    set_moment(line, "review_by", entry->review_by_us);
    set_text(line, "decision", entry->decision);
    set_text(line, "refusal", imp_refusal_word(entry->refusal));
    set_moment(line, "valid_until", entry->valid_until_us);
    set_text(line, "repository", entry->repository);
    set_text(line, "manifest", entry->manifest);
    set_text(line, "branch", entry->branch);
    set_list(line, "review_branch", entry->review_branches);
    if (entry->unverified)
        imp_json_set_flag(line, "verified", false);
    set_number(line, "policy", entry->policy);
    set_text(line, "source", entry->source);
    set_moment(line, "at", entry->at_us);
    return line;
}
