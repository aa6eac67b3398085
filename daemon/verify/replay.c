#include "daemon/verify/replay.h"
#include "articles/attempt.h"
#include "articles/repository_graph.h"
#include "daemon/pass/decide.h"
#include "daemon/pass/step.h"
#include "workflow/base/text.h"

#include <string.h>

/* The ledger is a pure function of history, policy and the moments in it. So a pass is verified by
 * doing it again: the same steps, with an index in memory that holds what the passes before it
 * left, at the pass's own Source and moment. What comes out must be the commits that lie there,
 * byte for byte, but for the signature of the last one.
 *
 * Two things are taken from the ledger instead of being found out. Which policy took effect, where
 * nobody gave the authority's keys; it then still has to be the one that the entry names. And which
 * decisions came from review branches, since those are deleted: the attempts are the objects that
 * the entries keep, and they are judged again as if they had just been found, signatures and all.
 * Decisions that the Source reaches and that no entry is about are noted, not judged: one that is
 * signed by somebody in the policy should have had its entry. */

/* A decision that was too large to be kept with its entry. */
#define LARGE_DECISION_MAX_BYTES (64 * 1024 * 1024)

ImpFinding *imp_finding_new(const char *id, const char *subject, char *sentence)
{
    ImpFinding *finding = g_new0(ImpFinding, 1);
    *finding = (ImpFinding){g_strdup(id), g_strdup(subject), sentence};
    return finding;
}

void imp_finding_free(ImpFinding *finding)
{
    if (!finding)
        return;
    g_free(finding->id);
    g_free(finding->subject);
    g_free(finding->sentence);
    g_free(finding);
}

static void unrecorded_free(gpointer data)
{
    ImpUnrecorded *unrecorded = data;
    g_free(unrecorded->commit);
    g_free(unrecorded->person);
    g_free(unrecorded->payload);
    g_free(unrecorded);
}

bool imp_replay_begin(ImpReplay *replay, ImpRepository *repository, GPtrArray *authority,
                      GError **error)
{
    *replay = (ImpReplay){.repository = repository,
                          .authority = authority,
                          .config = {.review_branches = g_new0(char *, 1)},
                          .unrecorded = g_ptr_array_new_with_free_func(unrecorded_free)};
    replay->database = imp_database_open(NULL, IMP_DATABASE_MEMORY, error);
    return replay->database && imp_database_begin(replay->database, error) &&
           imp_index_open(replay->database, error);
}

static void forget_config(ImpConfig *config)
{
    g_clear_pointer(&config->name, g_free);
    g_clear_pointer(&config->branch, g_free);
    g_clear_pointer(&config->review_branches, g_strfreev);
}

void imp_replay_clear(ImpReplay *replay)
{
    imp_database_free(replay->database);
    forget_config(&replay->config);
    g_clear_pointer(&replay->unrecorded, g_ptr_array_unref);
}

ImpRecorded *imp_recorded_read(ImpRepository *repository, const char *id, GError **error)
{
    g_autofree char *parent = NULL;
    g_autoptr(ImpRecorded) recorded = g_new0(ImpRecorded, 1);
    recorded->id = g_strdup(id);
    recorded->entry = imp_ledger_read_entry(repository, id, &parent, error);
    g_autoptr(GBytes) object =
        recorded->entry ? imp_ledger_read_unsigned(repository, id, &recorded->committer, error)
                        : NULL;
    recorded->unsigned_id = object ? imp_ledger_commit_id(object) : NULL;
    return object ? g_steal_pointer(&recorded) : NULL;
}

void imp_recorded_free(ImpRecorded *recorded)
{
    if (!recorded)
        return;
    g_free(recorded->id);
    g_free(recorded->committer);
    g_free(recorded->unsigned_id);
    imp_entry_free(recorded->entry);
    g_free(recorded);
}

static const ImpEntry *entry_at(const GPtrArray *entries, guint index)
{
    return ((const ImpRecorded *)entries->pdata[index])->entry;
}

/* The first entry of the pass that puts a policy in force, or NULL. */
static const ImpEntry *policy_of(const GPtrArray *entries)
{
    for (guint i = 0; i < entries->len; i++)
        if (entry_at(entries, i)->event == IMP_ENTRY_START ||
            entry_at(entries, i)->event == IMP_ENTRY_POLICY)
            return entry_at(entries, i);
    return NULL;
}

bool imp_replay_can(ImpReplay *replay, const GPtrArray *entries, char **why)
{
    const char *source = entry_at(entries, 0)->source;
    g_autofree char *adoption = imp_index_get(replay->database, IMP_INDEX_ADOPTION_TIP);
    g_autoptr(ImpPolicy) policy = imp_index_policy(replay->database);
    if (!source || !imp_repository_has_object(replay->repository, source))
        *why = g_strdup_printf("its Source %s is not in this repository", source ? source : "");
    else if (adoption && !imp_repository_has_object(replay->repository, adoption))
        *why = g_strdup_printf("the Source of the first policy, %s, is not in this repository",
                               adoption);
    else if (adoption && !policy && !policy_of(entries))
        *why = g_strdup("the policy then in force is not in this repository");
    else
        return true;
    return false;
}

static ImpPass open_pass(const ImpReplay *replay, bool verified, gint64 now_us)
{
    const ImpPassGround ground = {.config = &replay->config,
                                  .repository = replay->repository,
                                  .database = replay->database,
                                  .verified = verified};
    return imp_pass_new(&ground, now_us);
}

ImpPass imp_replay_open(ImpReplay *replay, const GPtrArray *entries)
{
    const ImpEntry *first = entry_at(entries, 0), *policy = policy_of(entries);
    if (policy) {
        forget_config(&replay->config);
        replay->config.name = g_strdup(policy->repository ? policy->repository : "");
        replay->config.branch = g_strdup(policy->branch ? policy->branch : "");
        replay->config.review_branches =
            policy->review_branches ? g_strdupv(policy->review_branches) : g_new0(char *, 1);
    }
    ImpPass pass = open_pass(replay, !first->unverified, first->at_us);
    pass.authority = first->unverified ? NULL : replay->authority;
    pass.source = g_strdup(first->source);
    pass.branches = g_ptr_array_new();
    return pass;
}

bool imp_replay_fold(const ImpReplay *replay, ImpPass *pass, GError **error)
{
    pass->fold = imp_fold_new(replay->database, replay->repository, NULL, NULL, 0, error);
    return pass->fold && imp_fold_use_edition(pass->fold, replay->first_edition, error);
}

/* Whether the decision kept its parent's tree. Where the parent is gone, the refusal tells. */
static bool keeps_tree(const ImpReplay *replay, const ImpCommit *commit, const ImpEntry *entry)
{
    if (g_strv_length(commit->parents) != 1)
        return false;
    g_autofree char *tree = imp_repository_tree_of(replay->repository, commit->parents[0]);
    return tree ? strcmp(tree, commit->tree) == 0
                : entry->refusal != IMP_REFUSAL_DECISION_WITH_EDIT;
}

ImpNewCommit *imp_replay_attempt(const ImpReplay *replay, const ImpEntry *entry, char **sentence)
{
    g_autoptr(GBytes) object =
        entry->decision_object
            ? g_bytes_ref(entry->decision_object)
            : imp_repository_peek(replay->repository, entry->decision, LARGE_DECISION_MAX_BYTES);
    g_autofree char *id = object ? imp_ledger_commit_id(object) : NULL;
    g_autoptr(ImpCommit) commit = object ? imp_commit_parse(object, NULL) : NULL;
    if (!commit) {
        *sentence = g_strdup_printf("its decision %.12s is not kept with it", entry->decision);
        return NULL;
    }
    if (strcmp(id, entry->decision) != 0) {
        *sentence = g_strdup_printf(
            "the decision that is kept with it is %.12s, not the %.12s that it names", id,
            entry->decision);
        return NULL;
    }
    ImpNewCommit *found = g_new0(ImpNewCommit, 1);
    found->id = g_steal_pointer(&id);
    found->parents = g_strdupv(commit->parents);
    found->attempt = imp_attempt_new(found->id, commit, object, keeps_tree(replay, commit, entry));
    return found;
}

static void replayed_clear(ImpReplayed *replayed)
{
    g_clear_pointer(&replayed->commits, g_ptr_array_unref);
    g_clear_pointer(&replayed->recorded, g_hash_table_unref);
    g_clear_pointer(&replayed->asked, g_hash_table_unref);
    g_clear_pointer(&replayed->targets, g_hash_table_unref);
    g_clear_pointer(&replayed->whole, g_hash_table_unref);
    g_clear_pointer(&replayed->stale, g_hash_table_unref);
    g_clear_pointer(&replayed->contributors, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImpReplayed, replayed_clear)

static GHashTable *set_of_texts(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static ImpReplayed nothing_recorded(const ImpReplay *replay)
{
    return (ImpReplayed){.commits =
                             g_ptr_array_new_with_free_func((GDestroyNotify)imp_new_commit_free),
                         .recorded = g_hash_table_new(g_str_hash, g_str_equal),
                         .asked = g_hash_table_new(g_str_hash, g_str_equal),
                         .targets = set_of_texts(),
                         .whole = set_of_texts(),
                         .stale = set_of_texts(),
                         .contributors = g_hash_table_new(g_str_hash, g_str_equal),
                         .since_us = imp_index_get_moment(replay->database, IMP_INDEX_LAST_AT),
                         .unrecorded = replay->unrecorded};
}

/* What the ledger says of this alone: which of a decision's articles it was looked at for, and who
 * wrote a text elsewhere. */
static void note_words(const ImpEntry *entry, ImpReplayed *replayed)
{
    if (entry->event == IMP_ENTRY_SUBMISSION && entry->contributors)
        g_hash_table_insert(replayed->contributors, entry->article, entry->contributors);
    if (!entry->decision)
        return;
    if (!entry->article) {
        g_hash_table_add(replayed->whole, g_strdup(entry->decision));
        return;
    }
    g_hash_table_add(replayed->targets, g_strconcat(entry->decision, "\n", entry->article, NULL));
    if (entry->refusal == IMP_REFUSAL_STALE)
        g_hash_table_add(replayed->stale, g_strconcat(entry->decision, "\n", entry->article, NULL));
}

/* Collects the attempts that the pass has entries of; returns the first entry whose decision is not
 * there. */
static ImpFinding *collect(const ImpReplay *replay, const GPtrArray *entries, ImpReplayed *replayed)
{
    for (guint i = 0; i < entries->len; i++) {
        const ImpRecorded *recorded = entries->pdata[i];
        const char *decision = recorded->entry->decision;
        char *sentence = NULL;
        note_words(recorded->entry, replayed);
        if (recorded->entry->event == IMP_ENTRY_REQUEST && recorded->entry->article && !decision)
            g_hash_table_add(replayed->asked, recorded->entry->article);
        if (!decision || g_hash_table_contains(replayed->recorded, decision))
            continue;
        ImpNewCommit *commit = imp_replay_attempt(replay, recorded->entry, &sentence);
        if (!commit)
            return imp_finding_new(recorded->id, recorded->entry->subject, sentence);
        g_ptr_array_add(replayed->commits, commit);
        g_hash_table_add(replayed->recorded, commit->id);
    }
    return NULL;
}

static char *text_of(GBytes *object)
{
    gsize length;
    const char *bytes = g_bytes_get_data(object, &length);
    return g_utf8_make_valid(bytes, (gssize)length);
}

/* The first line in which the two commits differ. */
static char *difference(GBytes *is, GBytes *ought)
{
    g_autofree char *text = text_of(is), *other = text_of(ought);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_auto(GStrv) others = g_strsplit(other, "\n", -1);
    guint i = 0;
    while (lines[i] && others[i] && strcmp(lines[i], others[i]) == 0)
        i++;
    if (!lines[i] || !others[i])
        return g_strdup("it is not what follows, byte for byte");
    g_autofree char *line = imp_excerpt(lines[i], strlen(lines[i]));
    g_autofree char *expected = imp_excerpt(others[i], strlen(others[i]));
    return g_strdup_printf("it has %s where %s follows", line, expected);
}

bool imp_replay_compare(const ImpReplay *replay, const ImpLedgerWriter *writer, guint index,
                        const ImpRecorded *recorded, ImpFinding **deviation, GError **error)
{
    GBytes *made;
    g_autofree char *committer = NULL;
    if (strcmp(imp_ledger_writer_commit(writer, index, &made), recorded->unsigned_id) == 0)
        return true;
    g_autoptr(GBytes) object =
        imp_ledger_read_unsigned(replay->repository, recorded->id, &committer, error);
    if (object)
        *deviation =
            imp_finding_new(recorded->id, recorded->entry->subject, difference(object, made));
    return object != NULL;
}

/* Why nothing calls for an entry. */
static char *uncalled_for(const ImpPass *pass, const ImpEntry *entry)
{
    for (guint i = 0; entry->decision && i < pass->events->len; i++) {
        const ImpEvent *event = pass->events->pdata[i];
        if (g_strcmp0(event->decision, entry->decision) == 0 && event->reason_text)
            return g_strdup_printf("its decision is refused (%s) and would have no entry: %s",
                                   imp_refusal_word(event->refusal), event->reason_text);
    }
    g_autofree char *rejected = imp_index_get(pass->database, IMP_INDEX_POLICY_REJECTED);
    return rejected
               ? g_strdup_printf(
                     "nothing calls for it; the policy at its Source is not in force: %s", rejected)
               : g_strdup("nothing in the history at its Source calls for it");
}

static char *subject_of(GBytes *object)
{
    g_autofree char *text = text_of(object);
    const char *message = strstr(text, "\n\n");
    message = message ? message + 2 : text;
    return imp_excerpt(message, strcspn(message, "\n"));
}

/* Finds the first of the entries that is not what the pass made. */
static bool compare(const ImpReplay *replay, const ImpPass *pass, const GPtrArray *entries,
                    ImpFinding **deviation, GError **error)
{
    guint made = imp_ledger_writer_count(pass->writer);
    for (guint i = 0; i < entries->len && !*deviation; i++) {
        const ImpRecorded *recorded = entries->pdata[i];
        if (i >= made)
            *deviation = imp_finding_new(recorded->id, recorded->entry->subject,
                                         uncalled_for(pass, recorded->entry));
        else if (!imp_replay_compare(replay, pass->writer, i, recorded, deviation, error))
            return false;
    }
    if (*deviation || made == entries->len)
        return true;
    GBytes *lacking;
    imp_ledger_writer_commit(pass->writer, entries->len, &lacking);
    g_autofree char *subject = subject_of(lacking);
    const ImpRecorded *last = entries->pdata[entries->len - 1];
    *deviation = imp_finding_new(last->id, last->entry->subject,
                                 g_strdup_printf("after it there is no %s", subject));
    return true;
}

/* Of what was noted since there were `before`, forgets what has its entry under another id. */
static void forget_copies(const ImpReplay *replay, guint before)
{
    for (guint i = replay->unrecorded->len; i-- > before;) {
        const ImpUnrecorded *unrecorded = replay->unrecorded->pdata[i];
        if (imp_index_is_judged(replay->database, unrecorded->payload))
            g_ptr_array_remove_index(replay->unrecorded, i);
    }
}

static bool is_recorded(guint index, const char *id, gpointer data)
{
    const GPtrArray *entries = data;
    return index < entries->len &&
           strcmp(((const ImpRecorded *)entries->pdata[index])->unsigned_id, id) == 0;
}

bool imp_replay_pass(ImpReplay *replay, const GPtrArray *entries, const char *parent,
                     ImpFinding **deviation, GError **error)
{
    const ImpRecorded *first = entries->pdata[0];
    guint unrecorded = replay->unrecorded->len;
    g_auto(ImpReplayed) replayed = nothing_recorded(replay);
    g_auto(ImpPass) pass = imp_replay_open(replay, entries);
    replayed.has_policy = policy_of(entries) != NULL;
    pass.replayed = &replayed;
    ImpFinding *missing = collect(replay, entries, &replayed);
    if (missing) {
        *deviation = missing;
        return true;
    }
    if (!imp_replay_fold(replay, &pass, error))
        return false;
    imp_pass_continue(&pass, parent, first->committer);
    imp_ledger_writer_expect(pass.writer, is_recorded, (gpointer)entries);
    /* An adoption asks nobody of its history, but the next pass goes on from there. */
    if (!imp_pass_decide(&pass, error) || !imp_pass_need_history(&pass, error))
        return false;
    replay->decisions += replayed.commits->len;
    forget_copies(replay, unrecorded);
    return compare(replay, &pass, entries, deviation, error);
}

bool imp_replay_look_ahead(ImpReplay *replay, const char *tip, GPtrArray *branches, gint64 now_us,
                           GError **error)
{
    g_auto(ImpReplayed) replayed = nothing_recorded(replay);
    g_autofree char *last = imp_index_get(replay->database, IMP_INDEX_TIP);
    g_auto(ImpPass) pass = open_pass(replay, true, now_us);
    pass.branches = g_ptr_array_ref(branches);
    pass.replayed = &replayed;
    /* What was fetched may be older than the ledger. */
    bool behind = !tip || (last && imp_repository_is_reachable(replay->repository, tip, last));
    pass.source = g_strdup(behind ? last : tip);
    pass.fold = imp_fold_new(replay->database, replay->repository, NULL, NULL, 0, error);
    if (!pass.fold)
        return false;
    if (!pass.source || !imp_repository_has_object(replay->repository, pass.source) ||
        !imp_fold_policy(pass.fold))
        return true;
    imp_pass_continue(&pass, NULL, "");
    guint unrecorded = replay->unrecorded->len;
    if (!imp_step_history(&pass, error) || !imp_step_decisions(&pass, error))
        return false;
    forget_copies(replay, unrecorded);
    return true;
}
