#include "daemon/verbs/view/uncounted.h"
#include "articles/attempt.h"
#include "articles/scan.h"
#include "daemon/index/unsigned.h"
#include "daemon/terminal/nearest.h"
#include "workflow/base/glob.h"
#include "workflow/base/json_write.h"
#include "workflow/judge.h"

#include <string.h>

/* A reading verb has no time for more. */
#define BRANCHES_MAX 1000
#define COMMITS_MAX  16 /* of one branch */
/* Letters by which a name may differ from the one that was meant. */
#define NEAR 2

/* What a shell takes as it stands. */
#define PLAIN G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_./:"

typedef struct {
    ImpReader *reader;
    char **patterns; /* of review branches; borrowed */
    gint64 now_us;
    GHashTable *seen; /* set of commit ids; borrowed from the attempts found */
    GPtrArray *found;
    const char *branch; /* short name of the one that is looked at */
    bool is_review_branch;
} Search;

static void uncounted_free(gpointer data)
{
    ImpUncounted *uncounted = data;
    imp_attempt_free(uncounted->attempt);
    g_free(uncounted->sentence);
    g_free(uncounted);
}

bool imp_uncounted_concerns(const ImpUncounted *uncounted, const char *path)
{
    const ImpDecision *decision = uncounted->attempt->decision;
    for (guint i = 0; path && decision && i < decision->targets->len; i++)
        if (strcmp(((const ImpTarget *)decision->targets->pdata[i])->path, path) == 0)
            return true;
    return !path;
}

/* The pattern whose first part the branch's first part nearly is, or is but for what follows. */
static const char *nearest_pattern(char *const *patterns, const char *branch)
{
    g_autofree char *first = g_strndup(branch, strcspn(branch, "/"));
    for (char *const *pattern = patterns; *pattern; pattern++) {
        g_autofree char *begin = g_strndup(*pattern, strcspn(*pattern, "/"));
        if (strlen(begin) > NEAR && !strpbrk(begin, "*?[") &&
            imp_nearest_distance(first, begin) <= NEAR)
            return *pattern;
    }
    return NULL;
}

/* What to do with a decision on a branch that is nearly a review branch. */
static char *misplaced(const Search *search, const ImpAttempt *attempt)
{
    const char *pattern = nearest_pattern(search->patterns, search->branch);
    const char *rest = strchr(search->branch, '/');
    g_autofree char *begin = g_strndup(pattern, strcspn(pattern, "/"));
    g_autofree char *name = g_strconcat(begin, rest ? rest : "/decision", NULL);
    g_autofree char *refspec = g_strdup_printf("%.12s:refs/heads/%s", attempt->commit, name);
    g_autofree char *quoted =
        strspn(refspec, PLAIN) == strlen(refspec) ? g_strdup(refspec) : g_shell_quote(refspec);
    if (!imp_glob_matches_any(search->patterns, name))
        return g_strdup_printf("Nobody looks at this branch, since decisions are pushed to %s; "
                               "push it to such a one.",
                               pattern);
    return g_strdup_printf("Nobody looks at this branch, since decisions are pushed to %s: git "
                           "push origin %s",
                           pattern, quoted);
}

/* The walk is kept short by its number of commits alone. */
static bool is_known(const char *id, gpointer data)
{
    (void)id;
    (void)data;
    return false;
}

/* Looks at one attempt, and keeps it if it will never count. */
static bool take(Search *search, ImpScannedCommit *commit, GError **error)
{
    const ImpPolicy *policy = search->reader->policy;
    ImpAttempt *attempt = commit->attempt;
    bool there;
    if (!imp_attempt_read(attempt, search->reader->repository, &there, error) || !there)
        return false;
    if (g_hash_table_contains(search->seen, attempt->commit) ||
        imp_index_is_judged(search->reader->database, attempt->payload_sha256))
        return true;
    g_autofree char *sentence = NULL;
    if (!imp_attempt_verify(attempt, policy, search->reader->verified, search->now_us, error))
        return false;
    ImpRefusal refusal = imp_judge_attempt(attempt, policy, search->now_us, &sentence);
    if (!search->is_review_branch) {
        refusal = IMP_REFUSAL_NONE;
        g_free(sentence);
        sentence = misplaced(search, attempt);
    } else if (!refusal || imp_judge_is_attributable(attempt)) {
        return true; /* the ledger will say */
    }
    const ImpConfig *config = search->reader->config;
    ImpUncounted *uncounted = g_new0(ImpUncounted, 1);
    uncounted->attempt = g_steal_pointer(&commit->attempt);
    uncounted->attempt->branch = g_strdup(search->branch);
    uncounted->refusal = refusal;
    uncounted->sentence = imp_unsigned_sentence(uncounted->attempt, refusal, sentence, policy,
                                                config ? config->forge_keys : NULL);
    g_ptr_array_add(search->found, uncounted);
    g_hash_table_add(search->seen, uncounted->attempt->commit);
    return true;
}

/* From the branch's end down to the first commit that is not an attempt. A branch that cannot be
 * read is passed over: verbs that read say that elsewhere. */
static void look_at(Search *search, const ImpRef *ref, const char *short_name)
{
    g_autoptr(ImpScan) scan = imp_scan_new(search->reader->repository, is_known, NULL);
    guint index = 0;
    bool whole;
    search->branch = short_name;
    bool more = imp_scan_add(scan, ref->commit, COMMITS_MAX, &whole, NULL) &&
                imp_scan_find(scan, ref->commit, &index);
    while (more) {
        ImpScannedCommit *commit = imp_scan_commit(scan, index);
        guint parents = commit->is_cut ? 0 : commit->parent_count;
        index = parents > 0 ? imp_scan_parent(scan, commit, 0) : 0;
        more = commit->attempt && imp_attempt_is_one(commit->attempt, search->reader->policy) &&
               take(search, commit, NULL) && parents > 0;
    }
}

/* What a forge has made of the watched branch lately, back to where the record begins. */
static bool look_at_watched(Search *search, GError **error)
{
    ImpReader *reader = search->reader;
    g_autofree char *adoption = imp_index_get(reader->database, IMP_INDEX_ADOPTION_TIP);
    g_autoptr(ImpScan) scan = imp_scan_new(reader->repository, is_known, NULL);
    guint index = 0;
    bool whole, more = imp_scan_add(scan, reader->tip, COMMITS_MAX, &whole, error) &&
                       imp_scan_find(scan, reader->tip, &index);
    while (more) {
        ImpScannedCommit *commit = imp_scan_commit(scan, index);
        g_autofree char *id = imp_scan_id(commit);
        g_autofree char *told = NULL;
        more = !commit->is_cut && commit->parent_count > 0 && g_strcmp0(id, adoption) != 0;
        index = more ? imp_scan_parent(scan, commit, 0) : 0;
        if (!more || !commit->attempt)
            continue;
        if (!imp_unsigned_tell_squash(
                commit->attempt, reader->repository, reader->database, reader->policy,
                reader->config ? reader->config->forge_keys : NULL, &told, error))
            return false;
        if (!told)
            continue;
        ImpUncounted *uncounted = g_new0(ImpUncounted, 1);
        uncounted->attempt = g_steal_pointer(&commit->attempt);
        uncounted->refusal = IMP_REFUSAL_UNKNOWN_KEY;
        uncounted->sentence = g_steal_pointer(&told);
        uncounted->attempt->branch = g_strdup(reader->branch);
        g_ptr_array_add(search->found, uncounted);
    }
    return true;
}

/* The branches, and how many parts of a ref's name stand before the branch's. */
static GPtrArray *branches_of(const ImpReader *reader, guint *parts)
{
    char *const all[] = {(char *)"**", NULL};
    *parts = 2; /* refs/heads/ */
    if (reader->config && reader->config->remote)
        return imp_repository_refs_below(reader->repository, "refs/imprimatur-remote/heads/",
                                         "refs/heads/", all, NULL);
    if (!reader->config)
        *parts = 3; /* refs/remotes/origin/ */
    return imp_repository_branches(reader->repository, !reader->config, all, NULL);
}

static const char *without_parts(const char *name, guint parts)
{
    for (; parts > 0; parts--)
        name = strchr(name, '/') + 1;
    return name;
}

GPtrArray *imp_uncounted_find(ImpReader *reader, gint64 now_us)
{
    GPtrArray *found = g_ptr_array_new_with_free_func(uncounted_free);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    guint parts, looked_at = 0;
    g_autoptr(GPtrArray) refs = reader->policy ? branches_of(reader, &parts) : NULL;
    Search search = {.reader = reader,
                     .patterns = reader->review_branches,
                     .now_us = now_us,
                     .seen = seen,
                     .found = found};
    for (guint i = 0; refs && i < refs->len && looked_at < BRANCHES_MAX; i++) {
        const ImpRef *ref = refs->pdata[i];
        const char *name = without_parts(ref->name, parts);
        search.is_review_branch = imp_glob_matches_any(search.patterns, name);
        if (g_strcmp0(name, reader->branch) == 0 ||
            (!search.is_review_branch && !nearest_pattern(search.patterns, name)))
            continue;
        looked_at++;
        look_at(&search, ref, name);
    }
    if (reader->policy && reader->tip && reader->verified)
        look_at_watched(&search, NULL);
    return found;
}

static json_t *one_json(const ImpUncounted *uncounted, const ImpPolicy *policy)
{
    const ImpAttempt *attempt = uncounted->attempt;
    const ImpDecision *decision = attempt->decision;
    const ImpPerson *person =
        attempt->author_email ? imp_policy_person_by_email(policy, attempt->author_email) : NULL;
    json_t *object = json_object(), *articles = json_array();
    for (guint i = 0; decision && i < decision->targets->len; i++)
        json_array_append_new(
            articles, imp_json_string_or_null(((ImpTarget *)decision->targets->pdata[i])->path));
    imp_json_set_text(object, "oid", attempt->commit);
    imp_json_set_text(object, "branch", attempt->branch);
    imp_json_set_text(object, "person", person ? person->id : NULL);
    imp_json_set_text(object, "verdict",
                      decision ? imp_decision_kind_word(decision->verdict) : NULL);
    json_object_set_new(object, "articles", articles);
    imp_json_set_text(object, "refusal", imp_refusal_word(uncounted->refusal));
    imp_json_set_text(object, "sentence", uncounted->sentence);
    return object;
}

json_t *imp_uncounted_json(ImpReader *reader, const char *path, gint64 now_us)
{
    g_autoptr(GPtrArray) found = imp_uncounted_find(reader, now_us);
    json_t *array = json_array();
    for (guint i = 0; i < found->len; i++)
        if (imp_uncounted_concerns(found->pdata[i], path))
            json_array_append_new(array, one_json(found->pdata[i], reader->policy));
    return array;
}
