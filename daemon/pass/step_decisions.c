#include "daemon/pass/step_decisions.h"
#include "articles/attempt.h"
#include "daemon/index/unsigned.h"
#include "daemon/pass/step.h"
#include "workflow/base/limits.h"
#include "workflow/judge.h"

#include <string.h>

/* Attempts at decisions, each judged once, when first seen.
 *
 * The order is: repeatedly the earliest by (date, payload) among those whose ancestors among the
 * attempts are all taken. Ancestry may run through commits that are not attempts, so all new
 * commits are nodes of one graph, worked off like a topological sort: what is not an attempt is
 * taken as soon as its parents are, attempts wait in a queue ordered by date. A commit of a review
 * branch counts as an attempt only when what is below it is merged or an attempt itself ("clean");
 * else it waits for a later pass.
 *
 * Signatures are looked at before, all of them at once and on all processors: who signed
 * a commit depends on it, the policy and the moment, and not on another attempt. */

static void node_free(gpointer data)
{
    Node *node = data;
    g_ptr_array_unref(node->children);
    g_clear_pointer(&node->taken, g_hash_table_unref);
    g_clear_pointer(&node->paths, g_ptr_array_unref);
    g_free(node->decider);
    g_clear_pointer(&node->about, g_hash_table_unref);
    g_clear_pointer(&node->overtaken, g_hash_table_unref);
    g_free(node);
}

Node *imp_decisions_add(Decisions *decisions, ImpNewCommit *commit)
{
    Node *node = g_new0(Node, 1);
    node->commit = commit;
    node->children = g_ptr_array_new();
    g_hash_table_replace(decisions->nodes, commit->id, node);
    return node;
}

bool imp_decisions_qualifies(const ImpPass *pass, const ImpNewCommit *commit)
{
    return commit->attempt && !imp_index_is_seen(pass->database, IMP_SEEN_COMMIT, commit->id) &&
           imp_attempt_is_one(commit->attempt, imp_fold_policy(pass->fold));
}

/* The watched branch: everything that no pass has looked at. */
static void add_watched(Decisions *decisions)
{
    const ImpPass *pass = decisions->pass;
    for (guint i = 0; i < pass->new_commits->len; i++) {
        ImpNewCommit *commit = pass->new_commits->pdata[i];
        imp_decisions_add(decisions, commit)->is_attempt = imp_decisions_qualifies(pass, commit);
    }
}

/* Whether below it there was an attempt that has no entry because nobody in the policy signed it.
 * When that was taken cannot be known any more, and so not either from when on this one was free.
 */
static bool is_late(const Decisions *decisions, const ImpNewCommit *commit)
{
    for (char **parent = commit->parents; *parent; parent++)
        if (!g_hash_table_contains(decisions->nodes, *parent) &&
            !imp_history_has(decisions->pass->database, *parent) &&
            !imp_index_is_seen(decisions->pass->database, IMP_SEEN_COMMIT, *parent))
            return true;
    return false;
}

/* Those that the ledger says were judged; the branches that they came from may be gone. */
static void add_replayed(Decisions *decisions)
{
    const ImpPass *pass = decisions->pass;
    for (guint i = 0; pass->replayed && i < pass->replayed->commits->len; i++) {
        ImpNewCommit *commit = pass->replayed->commits->pdata[i];
        if (g_hash_table_contains(decisions->nodes, commit->id))
            continue;
        Node *node = imp_decisions_add(decisions, commit);
        node->replayed = !g_hash_table_contains(pass->replayed->whole, commit->id);
        node->is_attempt =
            imp_decisions_qualifies(pass, commit) && !imp_decisions_is_from_before(decisions, node);
    }
    for (guint i = 0; pass->replayed && i < pass->replayed->commits->len; i++) {
        const ImpNewCommit *commit = pass->replayed->commits->pdata[i];
        Node *node = g_hash_table_lookup(decisions->nodes, commit->id);
        node->late = is_late(decisions, commit);
        node->untaken += node->late;
        node->alone = node->replayed && commit->parents[0] &&
                      !imp_history_has(pass->database, commit->parents[0]);
    }
}

static void link_nodes(Decisions *decisions)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, decisions->nodes);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Node *node = value;
        for (char **parent = node->commit->parents; *parent; parent++) {
            Node *below = g_hash_table_lookup(decisions->nodes, *parent);
            if (!below)
                continue;
            g_ptr_array_add(below->children, node);
            node->untaken++;
        }
    }
}

static int by_date(gconstpointer a, gconstpointer b, gpointer data)
{
    (void)data;
    const ImpAttempt *one = ((const Node *)a)->commit->attempt,
                     *other = ((const Node *)b)->commit->attempt;
    if (one->date_us != other->date_us)
        return one->date_us < other->date_us ? -1 : 1;
    int order = g_strcmp0(one->payload_sha256, other->payload_sha256);
    return order ? order : strcmp(one->commit, other->commit);
}

/* Takes a node whose parents are taken: an attempt into the queue, anything else at once, with what
 * it frees. */
static void release(Decisions *decisions, Node *first)
{
    g_autoptr(GPtrArray) stack = g_ptr_array_new();
    g_ptr_array_add(stack, first);
    while (stack->len > 0) {
        Node *node = g_ptr_array_steal_index_fast(stack, stack->len - 1);
        if (node->is_attempt) {
            g_sequence_insert_sorted(decisions->ready, node, by_date, NULL);
            continue;
        }
        for (guint i = 0; i < node->children->len; i++) {
            Node *child = node->children->pdata[i];
            if (--child->untaken == 0)
                g_ptr_array_add(stack, child);
        }
    }
}

static ImpEntry *entry_for(const ImpAttempt *attempt, ImpEntryKind event)
{
    ImpEntry *entry = imp_entry_new();
    entry->event = event;
    entry->person = g_strdup(attempt->person);
    entry->decision = g_strdup(attempt->commit);
    if (attempt->object)
        entry->decision_object = g_bytes_ref(attempt->object);
    return entry;
}

static bool note_unsigned(Decisions *decisions, const ImpAttempt *attempt, GError **error)
{
    decisions->unsigned_refusals++;
    decisions->last_unsigned = attempt->commit;
    return imp_index_mark_seen(decisions->pass->database, IMP_SEEN_COMMIT, attempt->commit, error);
}

/* A refusal of the commit as a whole. It concerns an article if it names one alone, and that is
 * known. */
static bool refuse(Decisions *decisions, const ImpAttempt *attempt, ImpRefusal refusal,
                   const char *sentence, GError **error)
{
    ImpPass *pass = decisions->pass;
    if (!imp_judge_is_attributable(attempt)) {
        const ImpAnnouncing announcing = imp_pass_announcing(pass);
        g_autofree char *told =
            imp_unsigned_sentence(attempt, refusal, sentence, imp_fold_policy(pass->fold),
                                  pass->config ? pass->config->forge_keys : NULL);
        if (decisions->unsigned_refusals < IMP_UNSIGNED_REFUSALS_PER_PASS)
            imp_pass_tell(pass, imp_announce_unsigned_refusal(&announcing, attempt->commit, refusal,
                                                              told, 0));
        return note_unsigned(decisions, attempt, error);
    }
    g_autoptr(ImpArticle) article = NULL;
    if (attempt->decision && attempt->decision->targets->len == 1) {
        const ImpTarget *target = attempt->decision->targets->pdata[0];
        article = imp_index_load(pass->database, target->path, error);
        if (!article)
            return false;
    }
    g_autoptr(ImpEntry) entry = entry_for(attempt, IMP_ENTRY_REFUSAL);
    entry->refusal = refusal;
    return imp_pass_record(pass, article && article->state != IMP_STATE_REMOVED ? article : NULL,
                           entry, error);
}

static bool count(ImpPass *pass, const ImpAttempt *attempt, const ImpArticle *article,
                  GError **error)
{
    g_autoptr(ImpEntry) entry =
        entry_for(attempt, imp_entry_kind_of_decision(attempt->decision->verdict));
    entry->of = g_strdup(attempt->decision->of);
    if (entry->event == IMP_ENTRY_REQUEST) {
        char *asked[] = {attempt->decision->of, NULL};
        imp_pass_set_asked(pass, article, asked, entry);
    }
    if (entry->event != IMP_ENTRY_RETRACTION)
        return imp_pass_record(pass, article, entry, error);
    entry->reason = IMP_REASON_RETRACTED;
    entry->problem = article->problem;
    entry->version = g_strdup(article->version);
    return imp_pass_open_round(pass, article, entry, error);
}

static bool judge_target(Decisions *decisions, Node *node, const ImpTarget *target, GError **error)
{
    ImpPass *pass = decisions->pass;
    const ImpAttempt *attempt = node->commit->attempt;
    g_autoptr(ImpArticle) article = imp_index_load(pass->database, target->path, error);
    if (!article)
        return false;
    bool known = article->state != IMP_STATE_REMOVED;
    ImpDecisionKind verdict = attempt->decision->verdict;
    g_autoptr(GHashTable) contributors = NULL;
    if (known && imp_decision_asks_contributors(verdict)) {
        contributors = imp_pass_contributors(pass, article, error);
        if (!contributors)
            return false;
    }
    g_autofree char *sentence = NULL;
    ImpRefusal refusal = imp_judge_target(attempt, target, known ? article : NULL, contributors,
                                          imp_fold_policy(pass->fold), pass->at_us, &sentence);
    if (!refusal && node->alone &&
        (sentence = imp_decisions_stale_alone(decisions, node, target)) != NULL)
        refusal = IMP_REFUSAL_STALE;
    if (!refusal)
        return count(pass, attempt, article, error);
    g_autoptr(ImpEntry) entry = entry_for(attempt, IMP_ENTRY_REFUSAL);
    entry->refusal = refusal;
    return imp_pass_record(pass, known ? article : NULL, entry, error);
}

/* A late one is free when the ledger says that it is its turn. */
static void release_late(Decisions *decisions)
{
    const ImpReplayed *replayed = decisions->pass->replayed;
    for (; replayed && decisions->next < replayed->commits->len; decisions->next++) {
        const ImpNewCommit *commit = replayed->commits->pdata[decisions->next];
        Node *node = g_hash_table_lookup(decisions->nodes, commit->id);
        if (!node->is_attempt)
            continue; /* taken */
        if (node->late && node->untaken == 1) {
            node->late = false;
            node->untaken = 0;
            release(decisions, node);
        }
        return;
    }
}

/* Whether the key was good all the time since the pass before in the ledger. If not, the attempt
 * may have been refused in between, by a pass that had nothing to record. */
static bool was_known_before(const ImpPass *pass, const ImpAttempt *attempt)
{
    const ImpPolicy *policy =
        pass->policy_changed ? pass->former_policy : imp_fold_policy(pass->fold);
    if (!policy || !attempt->key || !imp_policy_key_owner(policy, attempt->key))
        return false;
    bool is_ssh = false;
    for (guint i = 0; i < policy->signers->len; i++) {
        const ImpSigner *signer = policy->signers->pdata[i];
        if (strcmp(signer->key, attempt->key) != 0)
            continue;
        is_ssh = true;
        if (imp_signer_is_valid_at(signer, pass->replayed->since_us) &&
            imp_signer_is_valid_at(signer, pass->at_us))
            return true;
    }
    return !is_ssh; /* OpenPGP: a key does not become good later */
}

/* Whether what was signed has been judged, under whatever id. By the first edition of the rules
 * that was not asked of what is refused early. */
static bool is_judged(const ImpPass *pass, const ImpAttempt *attempt)
{
    return imp_fold_policy(pass->fold)->first_edition
               ? imp_index_is_seen(pass->database, IMP_SEEN_PAYLOAD, attempt->payload_sha256)
               : imp_index_is_judged(pass->database, attempt->payload_sha256);
}

static void note_unrecorded(const ImpPass *pass, const ImpAttempt *attempt)
{
    if (!imp_judge_is_attributable(attempt) || is_judged(pass, attempt) ||
        !was_known_before(pass, attempt))
        return;
    ImpUnrecorded *unrecorded = g_new0(ImpUnrecorded, 1);
    *unrecorded = (ImpUnrecorded){g_strdup(attempt->commit), g_strdup(attempt->person),
                                  g_strdup(attempt->payload_sha256)};
    g_ptr_array_add(pass->replayed->unrecorded, unrecorded);
}

static bool judge(Decisions *decisions, Node *node, GError **error)
{
    ImpPass *pass = decisions->pass;
    ImpAttempt *attempt = node->commit->attempt;
    const ImpPolicy *policy = imp_fold_policy(pass->fold);
    g_autofree char *sentence = NULL;
    ImpRefusal refusal = imp_judge_attempt(attempt, policy, pass->at_us, &sentence);
    /* Once well signed it is known by what was signed: a copy under another id, of which anybody
     * can make any number, is the same decision. */
    bool by_payload = policy->first_edition ? !refusal || !imp_refusal_precedes_payload(refusal)
                                            : imp_judge_is_attributable(attempt);
    if (by_payload && is_judged(pass, attempt))
        return imp_index_mark_seen(pass->database, IMP_SEEN_COMMIT, attempt->commit, error);
    if (refusal)
        return refuse(decisions, attempt, refusal, sentence, error);
    imp_decision_order(attempt->decision);
    for (guint i = 0; i < attempt->decision->targets->len; i++) {
        const ImpTarget *target = attempt->decision->targets->pdata[i];
        if (imp_decisions_takes(decisions, node, target) &&
            !judge_target(decisions, node, target, error))
            return false;
    }
    return true;
}

/* Of what nobody in the policy signed, only what is told is read. */
static bool take_attempt(Decisions *decisions, Node *node, GError **error)
{
    ImpPass *pass = decisions->pass;
    ImpAttempt *attempt = node->commit->attempt;
    if (pass->replayed && !g_hash_table_contains(pass->replayed->recorded, attempt->commit)) {
        note_unrecorded(pass, attempt);
        return true;
    }
    bool anybodys = attempt->is_glance && !imp_judge_is_attributable(attempt);
    if (anybodys && decisions->unsigned_refusals >= IMP_UNSIGNED_REFUSALS_PER_PASS)
        return note_unsigned(decisions, attempt, error);
    bool there;
    bool fine = imp_attempt_read(attempt, pass->repository, &there, error) &&
                (!there || ((!anybodys || imp_attempt_verify(attempt, imp_fold_policy(pass->fold),
                                                             pass->verified, pass->at_us, error)) &&
                            judge(decisions, node, error)));
    imp_attempt_forget(attempt);
    return fine;
}

bool imp_decisions_may_be_somebodys(const ImpPass *pass, const ImpAttempt *attempt)
{
    return !pass->verified || !attempt->is_glance ||
           (attempt->claimed_key &&
            imp_policy_key_owner(imp_fold_policy(pass->fold), attempt->claimed_key));
}

/* Looks at all the signatures, which says nothing yet about whether a decision counts and so needs
 * no order. */
static bool verify_all(const Decisions *decisions, GError **error)
{
    const ImpPass *pass = decisions->pass;
    g_autoptr(GPtrArray) attempts = g_ptr_array_new();
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, decisions->nodes);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Node *node = value;
        if (node->is_attempt && imp_decisions_may_be_somebodys(pass, node->commit->attempt))
            g_ptr_array_add(attempts, node->commit->attempt);
    }
    return imp_attempts_verify(attempts, pass->repository, imp_fold_policy(pass->fold),
                               pass->verified, pass->at_us, error);
}

static bool judge_all(Decisions *decisions, GError **error)
{
    GHashTableIter iter;
    gpointer value;
    g_autoptr(GPtrArray) free_nodes = g_ptr_array_new();
    link_nodes(decisions);
    g_hash_table_iter_init(&iter, decisions->nodes);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (((Node *)value)->untaken == 0)
            g_ptr_array_add(free_nodes, value);
    for (guint i = 0; i < free_nodes->len; i++)
        release(decisions, free_nodes->pdata[i]);
    for (release_late(decisions); !g_sequence_is_empty(decisions->ready); release_late(decisions)) {
        GSequenceIter *first = g_sequence_get_begin_iter(decisions->ready);
        Node *node = g_sequence_get(first);
        g_sequence_remove(first);
        if (!take_attempt(decisions, node, error))
            return false;
        node->is_attempt = false; /* taken: what it held back is free */
        release(decisions, node);
    }
    return true;
}

/* Words of decisions in what a forge has made of the watched branch are nobody's, and change
 * nothing; so this comes when all is judged. */
static bool tell_squashes(Decisions *decisions, GError **error)
{
    ImpPass *pass = decisions->pass;
    const ImpPolicy *policy = imp_fold_policy(pass->fold);
    const ImpAnnouncing announcing = imp_pass_announcing(pass);
    char *const *forge_keys = pass->config ? pass->config->forge_keys : NULL;
    bool asked = pass->verified && !pass->adopting && !pass->replayed;
    for (guint i = 0; asked && i < pass->new_commits->len; i++) {
        ImpAttempt *attempt = ((const ImpNewCommit *)pass->new_commits->pdata[i])->attempt;
        g_autofree char *told = NULL;
        if (!attempt || decisions->unsigned_refusals >= IMP_UNSIGNED_REFUSALS_PER_PASS)
            continue;
        if (!imp_unsigned_tell_squash(attempt, pass->repository, pass->database, policy, forge_keys,
                                      &told, error))
            return false;
        if (told) {
            imp_pass_tell(pass, imp_announce_unsigned_refusal(&announcing, attempt->commit,
                                                              IMP_REFUSAL_UNKNOWN_KEY, told, 0));
            decisions->unsigned_refusals++;
        }
        imp_attempt_forget(attempt);
    }
    return true;
}

static void tell_the_rest(const Decisions *decisions)
{
    ImpPass *pass = decisions->pass;
    if (decisions->unsigned_refusals <= IMP_UNSIGNED_REFUSALS_PER_PASS)
        return;
    guint more = decisions->unsigned_refusals - IMP_UNSIGNED_REFUSALS_PER_PASS;
    g_autofree char *sentence =
        g_strdup_printf("%u more attempts that nobody in the policy signed were refused.", more);
    const ImpAnnouncing announcing = imp_pass_announcing(pass);
    imp_pass_tell(pass, imp_announce_unsigned_refusal(&announcing, decisions->last_unsigned,
                                                      IMP_REFUSAL_NONE, sentence, more));
}

bool imp_step_decisions(ImpPass *pass, GError **error)
{
    g_autoptr(GHashTable) nodes = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, node_free);
    g_autoptr(GPtrArray) owned =
        g_ptr_array_new_with_free_func((GDestroyNotify)imp_new_commit_free);
    Decisions decisions = {
        .pass = pass, .nodes = nodes, .owned = owned, .ready = g_sequence_new(NULL)};
    /* What the tip of adoption reaches is never judged: without review branches the walk can go on.
     */
    bool nothing = pass->adopting && pass->branches->len == 0 &&
                   !(pass->replayed && pass->replayed->commits->len > 0);
    bool fine = nothing || imp_pass_need_history(pass, error);
    if (fine && !nothing)
        add_watched(&decisions);
    fine = fine && (nothing || imp_decisions_find_before(&decisions, error)) &&
           imp_decisions_add_branches(&decisions, error);
    if (fine)
        add_replayed(&decisions);
    fine = fine && verify_all(&decisions, error) && judge_all(&decisions, error) &&
           imp_decisions_tell_left_behind(&decisions, error) &&
           (nothing || tell_squashes(&decisions, error));
    g_sequence_free(decisions.ready);
    g_clear_pointer(&decisions.before, g_hash_table_unref);
    g_clear_pointer(&decisions.scan, imp_scan_free);
    g_clear_pointer(&decisions.brought, g_array_unref);
    g_clear_pointer(&decisions.heads, g_hash_table_unref);
    g_clear_pointer(&decisions.looked_at, g_ptr_array_unref);
    if (fine)
        tell_the_rest(&decisions);
    return fine;
}
