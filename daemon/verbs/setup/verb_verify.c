#include "articles/approved.h"
#include "articles/ledger.h"
#include "articles/work.h"
#include "daemon/terminal/interruption.h"
#include "daemon/terminal/print.h"
#include "daemon/terminal/progress.h"
#include "daemon/verbs/command.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/view/reader.h"
#include "daemon/verify/verify.h"
#include "workflow/base/json_write.h"
#include "workflow/base/quote.h"
#include "workflow/signers.h"

#include <stdio.h>
#include <string.h>

/* What imp_verify() found, in sentences or as one object. The ledger is what is asked about, so
 * that its faults are results: they stand on standard output. */

static json_t *finding_json(const ImpFinding *finding)
{
    json_t *object = json_object();
    imp_json_set_text(object, "oid", finding->id);
    imp_json_set_text(object, "subject", finding->subject);
    imp_json_set_text(object, "sentence", finding->sentence);
    return object;
}

static json_t *findings_json(const GPtrArray *findings)
{
    json_t *array = json_array();
    for (guint i = 0; i < findings->len; i++)
        json_array_append_new(array, finding_json(findings->pdata[i]));
    return array;
}

static bool is_consistent(const ImpVerification *found)
{
    return !found->deviation && found->unrecorded->len == 0;
}

static bool is_proved(const ImpVerification *found)
{
    return is_consistent(found) && found->unchecked->len == 0 && !found->unproved;
}

static void print_json(const ImpVerification *found)
{
    g_autoptr(json_t) line = json_object();
    imp_json_set_number(line, "schema", 1);
    imp_json_set_text(line, "repository", found->repository);
    imp_json_set_text(line, "ledger", found->ledger);
    imp_json_set_number(line, "policy", found->policy);
    imp_json_set_number(line, "entries", found->entries);
    imp_json_set_number(line, "passes", found->passes);
    imp_json_set_number(line, "first_edition_passes", found->first_edition);
    imp_json_set_number(line, "decisions", found->decisions);
    imp_json_set_flag(line, "consistent", is_consistent(found));
    imp_json_set_flag(line, "origin_proved", is_consistent(found) && !found->unproved);
    imp_json_set_text(line, "origin_unproved", found->unproved);
    json_object_set_new(line, "does_not_follow",
                        found->deviation ? finding_json(found->deviation) : json_null());
    json_object_set_new(line, "without_entry", findings_json(found->unrecorded));
    json_object_set_new(line, "unchecked", findings_json(found->unchecked));
    imp_print_json(line);
}

static void print_finding(const char *what, const ImpFinding *finding)
{
    g_autofree char *subject = finding->subject ? imp_print_clean(finding->subject) : NULL;
    g_autofree char *sentence = imp_print_clean(finding->sentence);
    g_autofree char *line = g_strdup_printf("%s%s%s%s%s%s: %s", what, finding->id ? " " : "",
                                            finding->id ? finding->id : "", subject ? " (" : "",
                                            subject ? subject : "", subject ? ")" : "", sentence);
    imp_print_line(line);
}

static void print_words(const ImpVerification *found)
{
    if (found->deviation)
        print_finding("does not follow:", found->deviation);
    for (guint i = 0; i < found->unrecorded->len; i++)
        print_finding("without entry: decision", found->unrecorded->pdata[i]);
    for (guint i = 0; i < found->unchecked->len; i++)
        print_finding("not checked:", found->unchecked->pdata[i]);
    if (found->unchecked->len > 0)
        imp_print_line("What was not checked may only be missing in this clone; bring the watched "
                       "branch up to date by: git fetch");
    printf("%u %s in %u %s follow, with %u %s, up to policy %u\n", found->entries,
           found->entries == 1 ? "entry" : "entries", found->passes,
           found->passes == 1 ? "pass" : "passes", found->decisions,
           found->decisions == 1 ? "decision" : "decisions", found->policy);
    if (found->first_edition)
        printf("%u of these passes %s by the first edition of the rules; see EDITIONS in "
               "imprimatur-record(7)\n",
               found->first_edition, found->first_edition == 1 ? "follows" : "follow");
    if (!is_consistent(found))
        return;
    if (found->unproved)
        printf("consistent, origin not proved: %s\n", found->unproved);
    else
        printf("consistent%s, origin proved\n",
               found->unchecked->len ? " as far as it could be checked" : "");
}

/* Reads the keys of the file that --authority names, else of the configuration's; *keys is NULL if
 * neither does. */
static bool read_authority(const ImpCommand *command, const ImpConfig *config, GPtrArray **keys,
                           GError **error)
{
    const char *file = imp_command_text(command, "authority");
    if (!file && config)
        file = config->authority;
    g_autofree char *text = NULL;
    gsize length;
    *keys = NULL;
    if (!file)
        return true;
    if (g_file_get_contents(file, &text, &length, error))
        *keys = imp_signers_parse_authority(file, text, length, error);
    return *keys != NULL;
}

/* Finds the entry that the approved branch says it was made after; the branch as last fetched, in a
 * clone. */
static bool find_published(ImpRepository *repository, const ImpConfig *config, char **entry,
                           GError **error)
{
    *entry = NULL;
    char *name[] = {config ? config->approved_branch : "approved", NULL};
    for (int fetched = 1; name[0] && fetched >= 0; fetched--) {
        g_autoptr(GPtrArray) branches = imp_repository_branches(repository, fetched, name, error);
        if (!branches)
            return false;
        if (branches->len > 0)
            return imp_approved_find_ledger(
                repository, ((const ImpRef *)branches->pdata[0])->commit, entry, error);
    }
    return true;
}

static int run(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)verb;
    (void)arguments;
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpConfig) config = NULL;
    g_autoptr(ImpRepository) repository = imp_reader_open_repository(command, &config, &error);
    if (!repository)
        return imp_command_fail_with(error);
    g_autoptr(GPtrArray) authority = NULL;
    if (!read_authority(command, config, &authority, &error))
        return imp_command_fail(IMP_EXIT_CONFIGURATION, "authority: %s", error->message);
    g_autofree char *published = NULL;
    g_autofree char *ledger = NULL;
    /* The branch first: it follows the ledger. */
    if (!find_published(repository, config, &published, &error) ||
        !imp_repository_find_tip(repository, IMP_LEDGER_REF, &ledger, &error))
        return imp_command_fail_with(error);
    if (!ledger) {
        imp_reader_refuse_without_ledger(repository, &error);
        return imp_command_fail_with(error);
    }
    g_auto(ImpVerification) found = {0};
    g_autoptr(ImpInterruption) interruption = imp_interruption_new();
    ImpProgress *progress = imp_progress_new();
    const ImpWork work = {imp_interruption_cancellable(interruption), imp_progress_show, progress};
    imp_repository_set_work(repository, &work);
    bool done =
        imp_verify(repository, ledger, authority, published, command->now_us, &found, &error);
    imp_progress_free(progress);
    if (!done && imp_interruption_signal(interruption))
        return imp_command_fail(IMP_EXIT_SIGNAL + imp_interruption_signal(interruption),
                                "stopped by a signal, before anything was found out");
    if (!done)
        return imp_command_fail_with(error);
    if (command->json)
        print_json(&found);
    else
        print_words(&found);
    return is_proved(&found) ? IMP_EXIT_DONE : IMP_EXIT_NO;
}

static const GOptionEntry options[] = {
    {"authority", 0, 0, G_OPTION_ARG_FILENAME, NULL, "the keys that may publish policies", "FILE"},
    {0},
};

const ImpVerb imp_verb_verify = {
    .name = "verify",
    .summary = "check that the ledger follows from history and policies",
    .help = "Replays the ledger in any clone that has refs/imprimatur/*: names the first\n"
            "entry that does not follow, decisions without an entry, and what could not be\n"
            "checked. With the authority's signers file it also proves that the policies are\n"
            "the authority's and that the ledger is signed by the policy's ledger_key.\n"
            "Without, with an unsigned ledger, or where something could not be checked, the\n"
            "exit status is 1.\n",
    .options = options,
    .judges_by_time = true,
    .run = run,
};
