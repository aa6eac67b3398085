#include "articles/attempt.h"
#include "articles/repository_graph.h"
#include "articles/tree.h"
#include "daemon/index/index_heads.h"
#include "daemon/pass/step_decisions.h"
#include "workflow/base/limits.h"
#include "workflow/judge.h"

#include <string.h>

/* Decisions on a head that was merged in another form, squashed or rebased, so that its own commits
 * never are. What their person saw is in their own tree: if it holds the article's current version
 * at that path, the decision is about the text that is on the watched branch now, and is looked at
 * for this article, by itself. An objection counts also where a tip that its head had brought that
 * version, since the author amended the text that was objected to. No check is waived, and text
 * that is not on the watched branch is never judged.
 *
 * The ledger does not say where a decision was found. A replay judges those that the history does
 * not reach for the articles that have entries, and takes from these what follows from the head
 * alone: that the person had overtaken it there. */

/* How much older than a review may take such a decision may be. */
#define AGE_DAYS 30

/* What a tip brought */

/* All commits of all tips that a head had, as indexes of the scan. */
static GHashTable *commits_of(Decisions *decisions, const char *name)
{
    if (!decisions->heads)
        decisions->heads = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                                 (GDestroyNotify)g_hash_table_unref);
    GHashTable *commits = g_hash_table_lookup(decisions->heads, name);
    if (commits)
        return commits;
    commits = g_hash_table_new(NULL, NULL);
    g_hash_table_insert(decisions->heads, (gpointer)name, commits);
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(guint));
    guint index;
    for (guint i = 0; i < decisions->looked_at->len; i++) {
        const ImpRef *ref = decisions->looked_at->pdata[i];
        if (strcmp(ref->name, name) == 0 && imp_scan_find(decisions->scan, ref->commit, &index))
            g_array_append_val(open, index);
    }
    while (open->len > 0) {
        index = g_array_index(open, guint, open->len - 1);
        g_array_set_size(open, open->len - 1);
        const ImpScannedCommit *commit = imp_scan_commit(decisions->scan, index);
        if (commit->is_known || !g_hash_table_add(commits, GUINT_TO_POINTER(index)))
            continue;
        for (guint i = 0; i < commit->parent_count; i++) {
            guint parent = imp_scan_parent(decisions->scan, commit, i);
            g_array_append_val(open, parent);
        }
    }
    return commits;
}

static bool need_brought(Decisions *decisions, GError **error)
{
    if (decisions->brought)
        return true;
    g_autoptr(GArray) beyond = g_array_new(FALSE, FALSE, sizeof(ImpBeyond));
    guint64 most =
        IMP_PASS_FILES_MAX + IMP_PASS_FILES_PER_COMMIT * (guint64)imp_scan_count(decisions->scan);
    decisions->brought = g_array_new(FALSE, FALSE, sizeof(ImpBrought));
    return imp_scan_brought(decisions->scan, most, decisions->brought, beyond, error);
}

static bool brought_there(const Decisions *decisions, GHashTable *commits, const char *path,
                          const char *version)
{
    guint64 text = imp_text_key(version), place = imp_path_key(path, strlen(path));
    for (guint i = 0; i < decisions->brought->len; i++) {
        const ImpBrought *file = &g_array_index(decisions->brought, ImpBrought, i);
        if (file->text == text && file->path == place &&
            g_hash_table_contains(commits, GUINT_TO_POINTER(file->commit)))
            return true;
    }
    return false;
}

/* Whether a head on which the objection is brought the version. */
static bool head_brought(Decisions *decisions, const Node *node, const ImpArticle *article,
                         bool *brought, GError **error)
{
    guint index;
    *brought = false;
    if (!imp_scan_find(decisions->scan, node->commit->id, &index))
        return true;
    if (!need_brought(decisions, error))
        return false;
    for (guint i = 0; !*brought && i < decisions->looked_at->len; i++) {
        const ImpRef *ref = decisions->looked_at->pdata[i];
        GHashTable *commits = commits_of(decisions, ref->name);
        *brought = g_hash_table_contains(commits, GUINT_TO_POINTER(index)) &&
                   brought_there(decisions, commits, article->path, article->version);
    }
    return true;
}

/* Whether the signature is good and the attempt in its person's name. What stands on a branch may
 * show anybody's key: nothing else is asked of what they did not sign. */
static bool is_somebodys(const ImpPass *pass, ImpAttempt *attempt)
{
    return imp_attempt_verify(attempt, imp_fold_policy(pass->fold), pass->verified, pass->at_us,
                              NULL) &&
           imp_judge_is_attributable(attempt);
}

/* Looking at one */

static bool is_about_current(Decisions *decisions, Node *node, const ImpTarget *target, bool *is,
                             GError **error)
{
    const ImpPass *pass = decisions->pass;
    const ImpAttempt *attempt = node->commit->attempt;
    g_autoptr(ImpArticle) article = imp_index_load(pass->database, target->path, error);
    g_autofree char *own = NULL;
    ImpTreeEntryKind kind;
    *is = false;
    if (!article)
        return false;
    if (article->state == IMP_STATE_REMOVED ||
        (target->version && !g_str_has_prefix(article->version, target->version)))
        return true;
    if (!imp_tree_lookup(pass->repository, attempt->commit, target->path, &kind, &own, error))
        return false;
    *is = kind == IMP_TREE_ENTRY_FILE && strcmp(own, article->version) == 0;
    return *is || attempt->decision->verdict != IMP_DECISION_REQUEST_CHANGES ||
           head_brought(decisions, node, article, is, error);
}

static bool look_at_targets(Decisions *decisions, Node *node, GError **error)
{
    const ImpAttempt *attempt = node->commit->attempt;
    const GPtrArray *targets = attempt->decision->targets;
    node->paths = g_ptr_array_new_with_free_func(g_free);
    node->taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < targets->len; i++) {
        const ImpTarget *target = targets->pdata[i];
        bool is;
        if (!is_about_current(decisions, node, target, &is, error))
            return false;
        g_ptr_array_add(node->paths, g_strdup(target->path));
        if (is)
            g_hash_table_add(node->taken, g_strdup(target->path));
    }
    guint taken = g_hash_table_size(node->taken);
    node->is_attempt = node->alone = taken > 0;
    node->left = taken < targets->len && attempt->decision->verdict == IMP_DECISION_REQUEST_CHANGES;
    return true;
}

bool imp_decisions_look_alone(Decisions *decisions, Node *node, GError **error)
{
    const ImpPass *pass = decisions->pass;
    ImpAttempt *attempt = node->commit->attempt;
    bool there;
    if (imp_fold_policy(pass->fold)->first_edition ||
        !imp_decisions_may_be_somebodys(pass, attempt))
        return true;
    bool fine = imp_attempt_read(attempt, pass->repository, &there, error) &&
                (!there || !attempt->decision || !is_somebodys(pass, attempt) ||
                 look_at_targets(decisions, node, error));
    imp_attempt_forget(attempt);
    return fine;
}

/* What has an entry of its own. */
static bool is_recorded(GHashTable *targets, const Node *node, const char *path)
{
    g_autofree char *pair = g_strconcat(node->commit->id, "\n", path, NULL);
    return g_hash_table_contains(targets, pair);
}

bool imp_decisions_takes(const Decisions *decisions, const Node *node, const ImpTarget *target)
{
    const ImpPass *pass = decisions->pass;
    if (node->replayed && !is_recorded(pass->replayed->targets, node, target->path))
        return false;
    if (node->taken && node->alone && !g_hash_table_contains(node->taken, target->path))
        return false;
    return imp_fold_policy(pass->fold)->first_edition ||
           !imp_index_has_pair(pass->database, node->commit->attempt->payload_sha256, target->path);
}

/* What makes it stale */

static bool replaces(ImpDecisionKind verdict)
{
    return verdict == IMP_DECISION_APPROVE || verdict == IMP_DECISION_REQUEST_CHANGES ||
           verdict == IMP_DECISION_WITHDRAW;
}

/* Whose decisions below it a decision takes the place of, and about which articles: read once,
 * however many stand below. */
static void ask_what_it_replaces(const ImpPass *pass, Node *node)
{
    ImpAttempt *attempt = node->commit->attempt;
    bool there;
    node->is_asked = true;
    if (!imp_decisions_may_be_somebodys(pass, attempt))
        return;
    if (imp_attempt_read(attempt, pass->repository, &there, NULL) && there && attempt->decision &&
        replaces(attempt->decision->verdict) && is_somebodys(pass, attempt)) {
        node->decider = g_strdup(attempt->person);
        node->about = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        for (guint i = 0; i < attempt->decision->targets->len; i++)
            g_hash_table_add(node->about,
                             g_strdup(((ImpTarget *)attempt->decision->targets->pdata[i])->path));
    }
    imp_attempt_forget(attempt);
}

/* Whether `later` is a decision of the same person that takes the place of this one. */
static bool overtakes(const ImpPass *pass, const ImpAttempt *attempt, Node *later)
{
    if (!later->commit->attempt || later->commit->attempt->date_us <= attempt->date_us)
        return false;
    if (!later->is_asked)
        ask_what_it_replaces(pass, later);
    return later->decider && strcmp(later->decider, attempt->person) == 0;
}

/* The articles about which the person decided again above it. */
static GHashTable *find_overtaken(const Decisions *decisions, const Node *node)
{
    GHashTable *overtaken = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GPtrArray) open = g_ptr_array_new();
    g_autoptr(GHashTable) met = g_hash_table_new(NULL, NULL);
    GHashTableIter iter;
    gpointer path;
    g_ptr_array_extend(open, node->children, NULL, NULL);
    while (open->len > 0) {
        Node *above = g_ptr_array_steal_index_fast(open, open->len - 1);
        if (!g_hash_table_add(met, above))
            continue;
        if (above != node && overtakes(decisions->pass, node->commit->attempt, above)) {
            g_hash_table_iter_init(&iter, above->about);
            while (g_hash_table_iter_next(&iter, &path, NULL))
                g_hash_table_add(overtaken, path);
        }
        g_ptr_array_extend(open, above->children, NULL, NULL);
    }
    return overtaken;
}

static bool is_overtaken(const Decisions *decisions, Node *node, const char *path)
{
    if (!node->overtaken)
        node->overtaken = find_overtaken(decisions, node);
    return g_hash_table_contains(node->overtaken, path);
}

char *imp_decisions_stale_alone(Decisions *decisions, Node *node, const ImpTarget *target)
{
    const ImpPass *pass = decisions->pass;
    const ImpAttempt *attempt = node->commit->attempt;
    const ImpRule *rule = imp_policy_rule(imp_fold_policy(pass->fold), target->path);
    gint64 oldest_us = pass->at_us - (gint64)(rule->review_days + AGE_DAYS) * IMP_DAY_US;
    if (pass->replayed
            ? !is_recorded(pass->replayed->stale, node, target->path)
            : attempt->date_us >= oldest_us && !is_overtaken(decisions, node, target->path))
        return NULL;
    return imp_judge_stale_alone();
}

/* Objections left behind */

/* The text that the article had where the objection's head left the watched branch, or NULL. */
static bool text_at_base(const Decisions *decisions, const Node *node, const char *path,
                         char **text, GError **error)
{
    const ImpPass *pass = decisions->pass;
    ImpTreeEntryKind kind;
    *text = NULL;
    g_autofree char *base =
        imp_repository_merge_base(pass->repository, pass->source, node->commit->id);
    return !base || imp_tree_lookup(pass->repository, base, path, &kind, text, error);
}

static bool tell_left(Decisions *decisions, const Node *node, const char *path, GError **error)
{
    ImpPass *pass = decisions->pass;
    const ImpAttempt *attempt = node->commit->attempt;
    g_autoptr(ImpArticle) article = imp_index_load(pass->database, path, error);
    g_autofree char *then = NULL;
    if (!article)
        return false;
    g_autofree char *told = g_strconcat(attempt->commit, ":", path, NULL);
    if (article->state == IMP_STATE_REMOVED ||
        imp_index_is_seen(pass->database, IMP_SEEN_LEFT, told) ||
        imp_index_has_pair(pass->database, attempt->payload_sha256, path))
        return true;
    if (!text_at_base(decisions, node, path, &then, error))
        return false;
    if (g_strcmp0(then, article->version) == 0)
        return true;
    const ImpAnnouncing announcing = imp_pass_announcing(pass);
    imp_pass_tell(pass,
                  imp_announce_left_behind(&announcing, article, attempt->person, attempt->commit));
    return imp_index_mark_seen(pass->database, IMP_SEEN_LEFT, told, error);
}

static bool look_at_left(Decisions *decisions, const Node *node, GError **error)
{
    ImpPass *pass = decisions->pass;
    const ImpPolicy *policy = imp_fold_policy(pass->fold);
    ImpAttempt *attempt = node->commit->attempt;
    bool there, fine = true;
    g_autofree char *sentence = NULL;
    if (!imp_attempt_read(attempt, pass->repository, &there, error))
        return false;
    bool good = there && attempt->decision && is_somebodys(pass, attempt) &&
                !imp_judge_attempt(attempt, policy, pass->at_us, &sentence);
    for (guint i = 0; good && fine && i < node->paths->len; i++)
        if (!g_hash_table_contains(node->taken, node->paths->pdata[i]))
            fine = tell_left(decisions, node, node->paths->pdata[i], error);
    imp_attempt_forget(attempt);
    return fine;
}

bool imp_decisions_tell_left_behind(Decisions *decisions, GError **error)
{
    for (guint i = 0; i < decisions->owned->len; i++) {
        const ImpNewCommit *commit = decisions->owned->pdata[i];
        const Node *node = g_hash_table_lookup(decisions->nodes, commit->id);
        if (node && node->left && !look_at_left(decisions, node, error))
            return false;
    }
    return true;
}
