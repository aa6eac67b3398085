#include "daemon/pass/pipeline.h"
#include "articles/condition.h"
#include "articles/repository_refs.h"
#include "daemon/index/last_tip.h"
#include "daemon/pass/clock.h"
#include "daemon/pass/crash.h"
#include "daemon/pass/decide.h"
#include "daemon/pass/pass.h"
#include "daemon/pass/publish.h"
#include "daemon/pass/step.h"

#include <string.h>

/* The story of one push.
 *
 * A pass reads the refs once and looks at the clock once. What it decides becomes ledger commits,
 * which no ref reaches yet, and rows of an open transaction; then, at one instant, the ledger's ref
 * moves, and it has been decided. A crash before that instant leaves nothing but unreachable
 * objects; a crash after it leaves an index that is behind the ledger, and the next pass begins by
 * reading what it missed, with the same events under the same ids. The approved branch is derived,
 * and put where it belongs last. */

GPtrArray *imp_pipeline_branches(ImpWorkplace *place, GError **error)
{
    const ImpConfig *config = place->config;
    g_autofree char *heads = imp_config_watched_ref(config, "refs/heads/");
    g_autoptr(GPtrArray) branches = imp_repository_refs_below(
        place->repository, heads, "refs/heads/", config->review_branches, error);
    if (!branches || !config->remote || !config->remote->heads)
        return g_steal_pointer(&branches);
    /* The same ref may match both; it is read once. */
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < branches->len; i++)
        g_hash_table_add(known, ((ImpRef *)branches->pdata[i])->name);
    g_autofree char *all = imp_config_watched_ref(config, "refs/");
    g_autoptr(GPtrArray) patterns = g_ptr_array_new();
    for (char **pattern = config->remote->heads; *pattern; pattern++)
        g_ptr_array_add(patterns, *pattern + strlen("refs/"));
    g_ptr_array_add(patterns, NULL);
    g_autoptr(GPtrArray) further = imp_repository_refs_below(place->repository, all, "refs/",
                                                             (char *const *)patterns->pdata, error);
    for (guint i = 0; further && i < further->len; i++)
        if (!g_hash_table_contains(known, ((ImpRef *)further->pdata[i])->name))
            g_ptr_array_add(branches, g_steal_pointer(&further->pdata[i]));
    return further ? g_steal_pointer(&branches) : NULL;
}

/* Adds the tips that heads had, under the heads' names: PREFIX/DAY/COMMIT/NAME. */
static bool add_kept(ImpWorkplace *place, GPtrArray *branches, GError **error)
{
    char *all[] = {"**", NULL};
    if (!place->config->remote)
        return true;
    g_autoptr(GPtrArray) kept =
        imp_repository_refs_below(place->repository, IMP_KEPT_REFS, NULL, all, error);
    for (guint i = 0; kept && i < kept->len; i++) {
        const ImpRef *ref = kept->pdata[i];
        const char *day = ref->name + strlen(IMP_KEPT_REFS);
        const char *commit = strchr(day, '/');
        const char *name = commit ? strchr(commit + 1, '/') : NULL;
        if (!name)
            continue;
        ImpRef *tip = g_new0(ImpRef, 1);
        tip->name = g_strconcat("refs", name, NULL);
        tip->commit = g_strdup(ref->commit);
        g_ptr_array_add(branches, tip);
    }
    return kept != NULL;
}

/* Review branches first: what is merged meanwhile is then seen by one of the two. */
static bool read_refs(ImpWorkplace *place, ImpPass *pass, char **ledger, GError **error)
{
    g_autofree char *named = g_strconcat("refs/heads/", place->config->branch, NULL);
    g_autofree char *branch = imp_config_watched_ref(place->config, named);
    pass->branches = imp_pipeline_branches(place, error);
    return pass->branches && add_kept(place, pass->branches, error) &&
           imp_repository_find_tip(place->repository, branch, &pass->source, error) &&
           imp_repository_find_tip(place->repository, IMP_LEDGER_REF, ledger, error);
}

/* What a pass reads of the refs, and leaves, in one text: as long as it is the same, there is
 * nothing to do. */
static char *seen_refs(ImpWorkplace *place, const ImpPass *pass, const char *ledger)
{
    g_autofree char *ref = g_strconcat("refs/heads/", place->config->approved_branch, NULL);
    g_autofree char *approved =
        place->config->approved_branch ? imp_repository_tip(place->repository, ref) : NULL;
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "%s %s %s", pass->source ? pass->source : "-",
                           ledger ? ledger : "-", approved ? approved : "-");
    for (guint i = 0; i < pass->branches->len; i++) {
        const ImpRef *branch = pass->branches->pdata[i];
        g_string_append_printf(text, "\n%s %s", branch->name, branch->commit);
    }
    return g_string_free(text, FALSE);
}

bool imp_pipeline_is_current(ImpWorkplace *place)
{
    g_autofree char *waiting_for = NULL;
    g_autofree char *ledger = NULL;
    g_auto(ImpPass) pass = imp_pass_begin(place, 0);
    if (!place->seen_refs || !imp_workplace_find_repository(place, &waiting_for, NULL) ||
        waiting_for || !read_refs(place, &pass, &ledger, NULL))
        return false;
    g_autofree char *now = seen_refs(place, &pass, ledger);
    return strcmp(now, place->seen_refs) == 0;
}

/* Signs the last entry, and with it the chain below. It has been taken already, under the name that
 * it had without. */
static bool sign(ImpWorkplace *place, ImpPass *pass, GError **error)
{
    if (!place->config->signing_key || imp_ledger_writer_count(pass->writer) == 0)
        return true;
    g_autofree char *unsigned_tip = g_strdup(imp_ledger_writer_tip(pass->writer));
    return imp_ledger_writer_sign(pass->writer, place->config->signing_key, error) &&
           imp_fold_rename(pass->fold, unsigned_tip, imp_ledger_writer_tip(pass->writer), error);
}

/* Writes down what was decided, up to the note by which the daemon knows it again. */
static bool note(ImpWorkplace *place, ImpPass *pass, const char *ledger, GError **error)
{
    g_auto(ImpLastTip) memory = {0};
    imp_crash_point("decided");
    /* What cannot be recorded leaves no objects behind: it is tried again and again. */
    if (!imp_last_tip_read(place->config->state_directory, &memory, error) ||
        !imp_repository_can_move_ref(place->repository, IMP_LEDGER_REF, memory.tip, error))
        return false;
    /* The walk of an adoption has gone on until here. */
    if (!imp_ledger_writer_flush(pass->writer, error) || !imp_pass_need_history(pass, error))
        return false;
    imp_crash_point("written");
    if (!imp_last_tip_write(place->config->state_directory, imp_ledger_writer_tip(pass->writer),
                            ledger, error))
        return false;
    imp_crash_point("noted");
    return true;
}

/* The instant. With a remote, the instant is the remote's: then it has only been proposed. */
static bool record(ImpWorkplace *place, ImpPass *pass, const char *ledger, ImpPassReport *report,
                   GError **error)
{
    if (imp_ledger_writer_count(pass->writer) == 0)
        return true;
    if (!note(place, pass, ledger, error))
        return false;
    const char *tip = imp_ledger_writer_tip(pass->writer);
    if (place->config->remote) {
        report->proposed = g_strdup(tip);
        report->proposed_on = g_strdup(ledger);
        return true;
    }
    if (!imp_repository_move_ref(place->repository, IMP_LEDGER_REF, ledger, tip, "imprimatur: pass",
                                 error))
        return false;
    imp_crash_point("recorded");
    return true;
}

/* Whether a ledger from which the index is made from nothing is the first that this daemon ever
 * wrote, before it was killed or its remote took it: nobody has heard of it yet. */
static bool is_own_beginning(ImpWorkplace *place, const char *ledger)
{
    g_auto(ImpLastTip) memory = {0};
    return imp_last_tip_read(place->config->state_directory, &memory, NULL) && !memory.previous &&
           g_strcmp0(memory.tip, ledger) == 0;
}

static bool catch_up(ImpWorkplace *place, ImpPass *pass, const char *ledger, ImpPassReport *report,
                     GError **error)
{
    pass->fold =
        imp_fold_new(place->database, place->repository, place->config, pass->events, 0, error);
    bool rebuilt = false;
    if (!pass->fold || !imp_fold_catch_up(pass->fold, ledger, pass->now_us, &rebuilt, error))
        return false;
    rebuilt = rebuilt && !is_own_beginning(place, ledger);
    /* An index from nothing tells what it finds again, and only to those who know it by its id. */
    for (guint i = 0; rebuilt && i < pass->events->len; i++)
        ((ImpEvent *)pass->events->pdata[i])->audience = IMP_AUDIENCE_PROGRAMS;
    report->rebuilt = report->rebuilt || rebuilt;
    return true;
}

static bool enqueue(ImpWorkplace *place, ImpPass *pass, GError **error)
{
    imp_fold_finish(pass->fold);
    for (guint i = 0; i < pass->events->len; i++)
        if (!imp_workplace_enqueue(place, pass->events->pdata[i], NULL, pass->now_us, error))
            return false;
    return true;
}

/* Before anything is decided on the remote's ledger, what it has already is taken and told, in a
 * transaction of its own: a repository in which there is always something to decide must not keep
 * its messages back. */
static bool follow(ImpWorkplace *place, const char *ledger, gint64 now_us, ImpPassReport *report,
                   GError **error)
{
    g_auto(ImpPass) pass = imp_pass_begin(place, now_us);
    pass.repository = place->repository;
    if (imp_database_begin(place->database, error) &&
        catch_up(place, &pass, ledger, report, error) && enqueue(place, &pass, error) &&
        imp_repository_goes_on(place->repository, error) &&
        imp_database_commit(place->database, error)) {
        report->events += pass.events->len;
        return true;
    }
    imp_database_rollback(place->database);
    return false;
}

static bool take_pass(ImpWorkplace *place, ImpPass *pass, const char *ledger, ImpPassReport *report,
                      GError **error)
{
    if (!catch_up(place, pass, ledger, report, error))
        return false;
    pass->rebuilt = report->rebuilt;
    imp_pass_continue(pass, ledger, place->committer);
    if (pass->source && (!imp_pass_decide(pass, error) || !sign(place, pass, error)))
        return false;
    return enqueue(place, pass, error) &&
           imp_index_set_moment(place->database, IMP_INDEX_PASS_AT, pass->now_us, error) &&
           imp_index_set_moment(place->database, IMP_INDEX_SERVED_AT,
                                place->serves ? pass->now_us : 0, error) &&
           imp_database_is_sound(place->database, error) &&
           imp_repository_goes_on(place->repository, error) &&
           record(place, pass, ledger, report, error);
}

/* What was only proposed is forgotten here: it comes back as entries that the remote has. */
static bool run_transaction(ImpWorkplace *place, ImpPass *pass, const char *ledger,
                            ImpPassReport *report, GError **error)
{
    bool done = imp_database_begin(place->database, error) &&
                take_pass(place, pass, ledger, report, error) &&
                (report->proposed || imp_database_commit(place->database, error));
    if (!done || report->proposed)
        imp_database_rollback(place->database);
    return done;
}

static void fill(ImpPassReport *report, ImpWorkplace *place, const ImpPass *pass)
{
    report->entries = imp_ledger_writer_count(pass->writer);
    report->events += report->proposed ? 0 : pass->events->len;
    report->commits_read = pass->commits_read;
    report->policy = imp_index_policy_version(place->database);
    report->next_due_us = imp_index_next_deadline(place->database);
    g_autofree char *missing =
        pass->source ? NULL
                     : imp_repository_missing_branch(place->repository, place->config->branch);
    if (missing)
        report->waiting_for = g_strdup_printf("%s: %s", place->config->repository, missing);
    else if (!report->policy)
        report->waiting_for =
            g_strdup_printf("there is no policy in force yet; the folder .imprimatur/ of \"%s\" is "
                            "to hold one that the authority signed",
                            place->config->branch);
    else if (!imp_fold_policy(pass->fold))
        report->waiting_for = g_strdup_printf(
            "the files of policy %u are lost, so nothing is decided; push it again, "
            "or one with a greater version",
            report->policy);
}

/* What counts for nothing is named once, so that nobody wonders where it is. */
static void name_skipped(ImpWorkplace *place)
{
    g_autoptr(GPtrArray) skipped = imp_repository_skipped(place->repository);
    for (guint i = 0; i < skipped->len; i++)
        g_warning("%s: %s cannot be read, and counts for nothing", place->config->repository,
                  (const char *)skipped->pdata[i]);
}

bool imp_pipeline_run(ImpWorkplace *place, gint64 now_us, ImpPassReport *report, GError **error)
{
    *report = (ImpPassReport){0};
    g_clear_pointer(&place->seen_refs, g_free);
    g_auto(ImpPass) pass = imp_pass_begin(place, now_us);
    g_autofree char *ledger = NULL;
    if (!imp_workplace_find_repository(place, &report->waiting_for, error))
        return false;
    if (report->waiting_for)
        return true;
    pass.repository = place->repository;
    if (!read_refs(place, &pass, &ledger, error) ||
        !imp_workplace_check_ledger(place, ledger, now_us, &report->diverged, error))
        return false;
    if (report->diverged)
        return true;
    report->waiting_for = imp_clock_doubt(&place->clock, &pass, ledger, g_get_monotonic_time());
    report->doubted = report->waiting_for != NULL;
    if (report->doubted)
        return true;
    if ((place->config->remote && !follow(place, ledger, now_us, report, error)) ||
        !run_transaction(place, &pass, ledger, report, error))
        return false;
    imp_crash_point("indexed");
    if (!imp_publish(place, pass.source, now_us, error))
        return false;
    imp_crash_point("published");
    fill(report, place, &pass);
    name_skipped(place);
    if (!report->proposed)
        place->seen_refs = seen_refs(place, &pass, imp_ledger_writer_tip(pass.writer));
    return true;
}

void imp_pass_report_clear(ImpPassReport *report)
{
    g_clear_pointer(&report->waiting_for, g_free);
    g_clear_pointer(&report->diverged, g_free);
    g_clear_pointer(&report->proposed, g_free);
    g_clear_pointer(&report->proposed_on, g_free);
}
