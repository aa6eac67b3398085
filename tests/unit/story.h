#pragma once

/* An article's life told in words, for the tests of the rules:
 *
 *     "new, ann claims, bob objects, dora dismisses bob, revised, asked ann bob"
 *
 * Each step is taken as the daemon takes it, a day after the one before; the first is on
 * 2026-01-01, and an expiry is when it is due. Decisions are dated when they are recorded and are
 * not judged: test-judge does that. */

#include "workflow/article_state.h"

#include <string.h>

#define STORY_PATH "content/a.md"

/* ann, cleo: oncologists; ed is an editor too, dora nothing else. */
#define STORY_BOARD                                                                                \
    "{'id': 'ann', 'name': 'Ann', 'emails': ['ann@x', 'ann@home'], 'roles': ['reviewer'], "        \
    "'specialties': "                                                                              \
    "['oncology']},"                                                                               \
    "{'id': 'bob', 'name': 'Bob', 'emails': ['bob@x'], 'roles': ['reviewer']},"                    \
    "{'id': 'cleo', 'name': 'Cleo', 'emails': ['cleo@x'], 'roles': ['reviewer'], 'specialties': "  \
    "['oncology']},"                                                                               \
    "{'id': 'dora', 'name': 'Dora', 'emails': ['dora@x'], 'roles': ['editor']},"                   \
    "{'id': 'ed', 'name': 'Ed', 'emails': ['ed@x'], 'roles': ['reviewer', 'editor']}"
#define STORY_KEYS "ann ann2 bob cleo dora ed"

#define ONE_APPROVAL            "'approvals': 1"
#define TWO_APPROVALS           "'approvals': 2"
#define TWO_WITH_ONE_SPECIALIST "'approvals': 2, 'specialists': 1, 'specialty': 'oncology'"

/* A key of the right form, different for each name. */
static inline char *story_key(const char *name)
{
    static const guint8 head[] = {0,   0,   0,   11,  's', 's', 'h', '-', 'e', 'd',
                                  '2', '5', '5', '1', '9', 0,   0,   0,   32};
    guint8 blob[sizeof head + 32] = {0};
    memcpy(blob, head, sizeof head);
    memcpy(blob + sizeof head, name, MIN(strlen(name), 32));
    return g_base64_encode(blob, sizeof blob);
}

/* Whose a key is by its name: "ann2" is ann's. "KEY=PERSON" says otherwise. */
static inline void story_add_signer(GString *signers, const char *word)
{
    g_auto(GStrv) parts = g_strsplit(word, "=", 2);
    g_autofree char *owner = g_strdup(parts[1] ? parts[1] : parts[0]);
    g_autofree char *key = story_key(parts[0]);
    owner[strcspn(owner, "0123456789")] = '\0';
    g_string_append_printf(signers, "%s@x namespaces=\"git\" ssh-ed25519 %s\n", owner, key);
}

/* A policy with one rule; `more` are members of its own ("'competing_interests': 'optional',") or
 * "". */
static inline ImpPolicy *story_policy(const char *more, const char *board, const char *rule,
                                      const char *keys)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) signers = g_string_new(NULL);
    g_autofree char *json =
        g_strdup_printf("{'name': 'n', 'version': 1, 'articles': ['**'], %s 'people': [%s], "
                        "'rules': [{'paths': ['**'], %s}]}",
                        more, board, rule);
    g_strdelimit(json, "'", '"');
    g_auto(GStrv) words = g_strsplit(keys, " ", -1);
    for (char **word = words; *word; word++)
        story_add_signer(signers, *word);
    ImpPolicy *policy =
        imp_policy_parse(json, strlen(json), signers->str, signers->len, NULL, &error);
    g_assert_no_error(error);
    return policy;
}

static inline ImpPolicy *story_policy_with_rule(const char *rule)
{
    return story_policy("", STORY_BOARD, rule, STORY_KEYS);
}

typedef struct {
    ImpArticle *article;
    ImpPolicy *policy; /* borrowed */
    gint64 at_us;      /* of the next step */
    guint texts;
    GPtrArray *entries; /* of ImpEntry*, all that were taken */
} Story;

static inline gint64 story_day(guint days)
{
    return 1767225600 * IMP_SECOND_US + days * IMP_DAY_US; /* 2026-01-01T00:00:00Z */
}

static inline Story story_begin(ImpPolicy *policy)
{
    return (Story){.article = imp_article_new(STORY_PATH),
                   .policy = policy,
                   .at_us = story_day(0),
                   .entries = g_ptr_array_new_with_free_func((GDestroyNotify)imp_entry_free)};
}

static inline void story_end(Story *story)
{
    imp_article_free(story->article);
    g_ptr_array_unref(story->entries);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Story, story_end)

/* The versions of a story's texts, the first being 1. */
#define STORY_DIGITS "c9a1e7034f5d2b6880aa13c47e92f05bd3681c"
#define V1           "01" STORY_DIGITS
#define V2           "02" STORY_DIGITS

static inline char *story_version(guint text)
{
    return g_strdup_printf("%02u" STORY_DIGITS, text);
}

/* Completes, settles and takes an entry, which the story owns from here on. */
static inline const ImpEntry *story_take(Story *story, ImpEntry *entry)
{
    const ImpArticle *article = story->article;
    entry->article = g_strdup(article->path);
    entry->at_us = story->at_us;
    if (!entry->round) {
        entry->round = article->round;
        entry->problem = article->problem;
    }
    if (!entry->version && entry->event != IMP_ENTRY_REMOVAL)
        entry->version = g_strdup(article->version);
    if (entry->event == IMP_ENTRY_REMOVAL)
        entry->problem = IMP_PROBLEM_NONE;
    imp_article_settle(article, entry, story->policy);
    g_assert_cmpint(entry->previous_state, ==, article->state);
    g_ptr_array_add(story->entries, entry);
    imp_article_apply(story->article, entry, story->policy);
    return entry;
}

static inline void story_open_round(Story *story, ImpEntryKind event, ImpReason reason, guint text)
{
    ImpEntry *entry = imp_entry_new();
    entry->event = event;
    entry->round = story->article->round + 1;
    entry->reason = reason;
    entry->version = story_version(text);
    entry->problem = event == IMP_ENTRY_SUBMISSION ? IMP_PROBLEM_NONE : story->article->problem;
    story_take(story, entry);
}

static inline const ImpEntry *story_decide(Story *story, const char *person, const char *key,
                                           ImpDecisionKind verdict, const char *of, gint64 date_us)
{
    ImpEntry *entry = imp_entry_new();
    entry->event = imp_entry_kind_of_decision(verdict);
    entry->person = g_strdup(person);
    entry->of = g_strdup(of);
    entry->decision = g_strdup("0f3c");
    entry->decision_key = story_key(key);
    entry->decision_date_us = date_us;
    if (verdict == IMP_DECISION_RETRACT) {
        entry->round = story->article->round + 1;
        entry->reason = IMP_REASON_RETRACTED;
        entry->problem = story->article->problem;
    }
    return story_take(story, entry);
}

static inline void story_ask(Story *story, char **people)
{
    ImpEntry *entry = imp_entry_new();
    entry->event = IMP_ENTRY_REQUEST;
    entry->requested = g_strdupv(people);
    entry->respond_by_us = imp_moment_add_days(story->at_us, 3);
    entry->review_by_us = imp_moment_add_days(story->at_us, 14);
    story_take(story, entry);
}

/* A policy takes effect; only a round that is not Approved may have something to record. True if it
 * has. */
static inline bool story_take_policy(Story *story, ImpPolicy *policy)
{
    story->policy = policy;
    if (story->article->state == IMP_STATE_APPROVED || story->article->state == IMP_STATE_REMOVED)
        return false;
    g_autoptr(ImpEntry) entry = imp_entry_new();
    entry->event = IMP_ENTRY_REJUDGMENT;
    entry->round = story->article->round;
    entry->problem = story->article->problem;
    entry->at_us = story->at_us;
    imp_article_settle(story->article, entry, policy);
    if (!imp_article_would_change(story->article, entry, policy))
        return false;
    story_take(story, g_steal_pointer(&entry));
    return true;
}

static inline bool story_tell_round(Story *story, const char *what)
{
    static const struct {
        const char *word;
        ImpEntryKind event;
        ImpReason reason;
        bool other_text;
    } rounds[] = {
        {"new", IMP_ENTRY_SUBMISSION, IMP_REASON_NEW, true},
        {"adopted", IMP_ENTRY_SUBMISSION, IMP_REASON_ADOPTED, true},
        {"revised", IMP_ENTRY_SUBMISSION, IMP_REASON_REVISED, true},
        {"returned", IMP_ENTRY_SUBMISSION, IMP_REASON_RETURNED, false},
        {"expired", IMP_ENTRY_EXPIRY, IMP_REASON_EXPIRED, false},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rounds); i++)
        if (strcmp(what, rounds[i].word) == 0) {
            story->texts += rounds[i].other_text;
            story->at_us = MAX(story->at_us, story->article->valid_until_us *
                                                 (rounds[i].event == IMP_ENTRY_EXPIRY));
            story_open_round(story, rounds[i].event, rounds[i].reason, story->texts);
            return true;
        }
    return false;
}

static inline void story_tell_decision(Story *story, char **words)
{
    static const struct {
        const char *word;
        ImpDecisionKind verdict;
    } verbs[] = {{"claims", IMP_DECISION_CLAIM},
                 {"approves", IMP_DECISION_APPROVE},
                 {"objects", IMP_DECISION_REQUEST_CHANGES},
                 {"withdraws", IMP_DECISION_WITHDRAW},
                 {"declines", IMP_DECISION_DECLINE},
                 {"comments", IMP_DECISION_COMMENT},
                 {"dismisses", IMP_DECISION_DISMISS},
                 {"retracts", IMP_DECISION_RETRACT}};
    for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++)
        if (strcmp(words[1], verbs[i].word) == 0) {
            g_autofree char *person = g_strdup(words[0]);
            person[strcspn(person, "0123456789")] =
                '\0'; /* "ann2 approves": ann, with her other key */
            story_decide(story, person, words[0], verbs[i].verdict, words[2], story->at_us);
            return;
        }
    g_error("no such step: %s %s", words[0], words[1]);
}

static inline void story_tell_step(Story *story, const char *step)
{
    g_auto(GStrv) words = g_strsplit(step, " ", -1);
    ImpEntry *entry;
    if (strcmp(words[0], "asked") == 0) {
        story_ask(story, words + 1);
    } else if (strcmp(words[0], "removed") == 0) {
        entry = imp_entry_new();
        entry->event = IMP_ENTRY_REMOVAL;
        story_take(story, entry);
    } else if (strcmp(words[0], "broken") == 0) {
        entry = imp_entry_new();
        entry->event = IMP_ENTRY_SUBMISSION;
        entry->round = story->article->round + 1;
        entry->reason = story->article->round ? IMP_REASON_REVISED : IMP_REASON_NEW;
        entry->version = story_version(++story->texts);
        entry->problem = IMP_PROBLEM_ENCODING;
        story_take(story, entry);
    } else if (!story_tell_round(story, words[0])) {
        story_tell_decision(story, words);
    }
    story->at_us += IMP_DAY_US;
}

static inline void story_tell(Story *story, const char *steps)
{
    g_auto(GStrv) all = g_strsplit(steps, ", ", -1);
    for (char **step = all; *step; step++)
        story_tell_step(story, *step);
}

/* "Approved", "Under Review", "Removed", or why it is Submitted: the reason. */
static inline const char *story_where(const ImpArticle *article)
{
    return article->state == IMP_STATE_SUBMITTED ? imp_reason_word(article->reason)
                                                 : imp_state_word(article->state);
}

/* What stands, in the order of recording: "ann claim, bob approve". The caller frees. */
static inline char *story_standing(const ImpArticle *article)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < article->standing->len; i++) {
        const ImpStanding *standing = article->standing->pdata[i];
        g_string_append_printf(text, "%s%s %s", i ? ", " : "", standing->person,
                               imp_decision_kind_word(standing->verdict));
    }
    return g_string_free(g_steal_pointer(&text), false);
}
