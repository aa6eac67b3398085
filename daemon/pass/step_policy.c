#include "articles/policy_source.h"
#include "daemon/pass/pass.h"
#include "daemon/pass/step.h"
#include "workflow/article_state.h"

#include <string.h>

/* The policy at the tip, if it is not the one that was looked at last. */

/* Of everything in which decisions are looked for, or NULL. */
static char **patterns_of(const ImpConfig *config)
{
    g_autoptr(GStrvBuilder) patterns = g_strv_builder_new();
    g_strv_builder_addv(patterns, (const char **)config->review_branches);
    if (config->remote && config->remote->heads)
        g_strv_builder_addv(patterns, (const char **)config->remote->heads);
    char **list = g_strv_builder_end(patterns);
    if (*list)
        return list;
    g_strfreev(list);
    return NULL;
}

static ImpEntry *entry_about(ImpPass *pass, ImpEntryKind event, const char *manifest)
{
    ImpEntry *entry = imp_entry_new();
    entry->event = event;
    entry->repository = g_strdup(pass->config->name);
    entry->manifest = g_strdup(manifest);
    entry->branch = g_strdup(pass->config->branch);
    entry->review_branches = patterns_of(pass->config);
    return entry;
}

/* Judges every round that is not Approved by the new rules; what changes is recorded. */
static bool rejudge(ImpPass *pass, GError **error)
{
    const ImpPolicy *policy = imp_fold_policy(pass->fold);
    g_autoptr(GPtrArray) paths = imp_index_unapproved(pass->database, error);
    if (!paths)
        return false;
    for (guint i = 0; i < paths->len; i++) {
        if (!imp_policy_is_article(policy, paths->pdata[i]))
            continue; /* removed by the texts' step */
        g_autoptr(ImpArticle) article = imp_index_load(pass->database, paths->pdata[i], error);
        if (!article)
            return false;
        g_autoptr(ImpEntry) entry = imp_entry_new();
        entry->event = IMP_ENTRY_REJUDGMENT;
        entry->round = article->round;
        entry->problem = article->problem;
        entry->at_us = pass->at_us;
        imp_article_settle(article, entry, policy);
        if (imp_article_would_change(article, entry, policy) &&
            !imp_pass_record(pass, article, entry, error))
            return false;
    }
    return true;
}

static bool take_effect(ImpPass *pass, ImpPolicySource *source, GError **error)
{
    pass->adopting = imp_index_policy_version(pass->database) == 0;
    pass->policy_changed = true;
    const ImpPolicy *former = imp_fold_policy(pass->fold);
    pass->former_policy = former ? imp_policy_ref((ImpPolicy *)former) : NULL;
    if (!imp_fold_set_policy(pass->fold, source->policy, source->manifest, source->policy_json,
                             source->signers, pass->at_us, error))
        return false;
    g_autoptr(ImpEntry) start = entry_about(pass, IMP_ENTRY_START, source->manifest);
    g_autoptr(ImpEntry) change = entry_about(pass, IMP_ENTRY_POLICY, source->manifest);
    if ((!imp_ledger_writer_tip(pass->writer) && !imp_pass_record(pass, NULL, start, error)) ||
        !imp_pass_record(pass, NULL, change, error))
        return false;
    return pass->adopting || rejudge(pass, error);
}

/* Messages hold no addresses (imprimatur.json(5), THE MESSAGE), which lines of signers and people
 * are full of. */
static char *without_addresses(const char *sentence)
{
    g_autoptr(GRegex) address = g_regex_new("[^\\s\"<>,;:]+@[^\\s\"<>,;:]+", G_REGEX_RAW, 0, NULL);
    return g_regex_replace_literal(address, sentence, -1, 0, "(address)", 0, NULL);
}

static bool reject(ImpPass *pass, const ImpPolicySource *source, const char *sentence,
                   GError **error)
{
    g_autofree char *before = imp_index_get(pass->database, IMP_INDEX_POLICY_REJECTED);
    bool said = g_strcmp0(before, sentence) == 0;
    if (!said && (source->folder || imp_fold_policy(pass->fold))) {
        const ImpAnnouncing announcing = imp_pass_announcing(pass);
        g_autofree char *told = without_addresses(sentence);
        imp_pass_tell(pass,
                      imp_announce_trouble(&announcing, "policy.rejected", pass->source, told));
    }
    return said || imp_index_set(pass->database, IMP_INDEX_POLICY_REJECTED, sentence, error);
}

/* Whether the source is the policy with the greatest version that was ever in force, word for word.
 */
static bool is_in_force(ImpPass *pass, const ImpPolicySource *source)
{
    g_autofree char *manifest = imp_index_policy_manifest(pass->database);
    return source->policy->version == imp_index_policy_version(pass->database) &&
           g_strcmp0(source->manifest, manifest) == 0;
}

static bool judge_source(ImpPass *pass, ImpPolicySource *source, GError **error)
{
    if (!source->policy)
        return reject(pass, source, source->rejected, error);
    bool same = is_in_force(pass, source);
    guint greatest = imp_index_policy_version(pass->database);
    if (!same && source->policy->version <= greatest) {
        g_autofree char *sentence =
            g_strdup_printf(".imprimatur/policy.json: version %u is not greater than %u, which was "
                            "in force; raise it and have the "
                            "manifest signed again",
                            source->policy->version, greatest);
        return reject(pass, source, sentence, error);
    }
    if (!imp_index_unset(pass->database, IMP_INDEX_POLICY_REJECTED, error))
        return false;
    if (same &&
        !imp_fold_policy(pass->fold)) /* its files were lost with the index, and are here again */
        return imp_fold_set_policy(pass->fold, source->policy, source->manifest,
                                   source->policy_json, source->signers,
                                   imp_index_policy_at(pass->database), error);
    return same || take_effect(pass, source, error);
}

bool imp_step_policy(ImpPass *pass, GError **error)
{
    if (pass->replayed && !pass->authority && !pass->replayed->has_policy)
        return true;
    g_autofree char *folder = NULL;
    if (!imp_policy_source_find_folder(pass->repository, pass->source, &folder, error))
        return false;
    g_autofree char *looked_at = imp_index_get(pass->database, IMP_INDEX_POLICY_FOLDER);
    g_autofree char *rejected = imp_index_get(pass->database, IMP_INDEX_POLICY_REJECTED);
    /* A rejected one is looked at again each time: the authority's file may have changed. */
    if (folder && g_strcmp0(folder, looked_at) == 0 && !rejected)
        return true;
    g_autoptr(ImpPolicySource) source = imp_policy_source_read(
        pass->repository, pass->source, pass->config->name, pass->authority, pass->at_us, error);
    return source &&
           imp_index_set(pass->database, IMP_INDEX_POLICY_FOLDER, folder ? folder : "", error) &&
           judge_source(pass, source, error);
}
