#include "articles/ledger.h"
#include "articles/repository_refs.h"
#include "daemon/index/index.h"
#include "daemon/index/last_tip.h"
#include "daemon/remote/remote.h"
#include "daemon/terminal/print.h"
#include "daemon/verbs/command.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/view/reader.h"
#include "workflow/base/json_write.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Puts right what made the daemon stop: either the ref goes back to where the daemon left it, or
 * the daemon is told to continue the ledger that the ref names. Nothing here needs the daemon's
 * lock: one that has stopped writes neither, one that works leaves nothing to do, the ref moves by
 * compare and swap, and the file `tip` is read again at the beginning of each pass. */

typedef struct {
    const ImpCommand *command;
    const ImpConfig *config;
    ImpRepository *repository;
    ImpLastTip memory;
    char *ledger; /* where the ref is; NULL: it is gone */
} Restoring;

static void restoring_clear(Restoring *restoring)
{
    imp_last_tip_clear(&restoring->memory);
    g_free(restoring->ledger);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Restoring, restoring_clear)

static int done(const Restoring *restoring, bool changed, const char *ledger, const char *sentence)
{
    if (!restoring->command->json) {
        puts(sentence);
        return IMP_EXIT_DONE;
    }
    g_autoptr(json_t) line = json_object();
    imp_json_set_number(line, "schema", 1);
    imp_json_set_text(line, "repository", restoring->config->name);
    imp_json_set_text(line, "ledger", ledger);
    imp_json_set_flag(line, "changed", changed);
    imp_print_json(line);
    return IMP_EXIT_DONE;
}

static bool pass_over(const char *id, const ImpEntry *entry, gpointer data, GError **error)
{
    (void)id;
    (void)entry;
    (void)data;
    (void)error;
    return true;
}

/* Every entry from `tip` back to the beginning is there and can be read. */
static bool is_whole(const Restoring *restoring, const char *tip, GError **error)
{
    return imp_ledger_read(restoring->repository, tip, NULL, pass_over, NULL, error);
}

static int restore(const Restoring *restoring)
{
    g_autoptr(GError) error = NULL;
    const char *tip = restoring->memory.tip;
    g_autofree char *sentence = g_strdup_printf("the ledger is at %.12s again", tip);
    if (!is_whole(restoring, tip, &error))
        return imp_command_fail(
            IMP_EXIT_NO,
            "the ledger was at %s, but not all of it is in the repository any more: %s\nfetch it "
            "from a clone that has it: git -C %s fetch CLONE refs/imprimatur/ledger\nand type "
            "imprimatur ledger restore again",
            tip, error->message, restoring->config->repository);
    g_autofree char *approved =
        restoring->config->approved_branch
            ? g_strconcat("refs/heads/", restoring->config->approved_branch, NULL)
            : NULL;
    const char *hidden[] = {"refs/imprimatur", approved, NULL};
    if (!imp_repository_prepare(restoring->repository, hidden, &error) ||
        !imp_repository_move_ref(restoring->repository, IMP_LEDGER_REF, restoring->ledger, tip,
                                 "imprimatur: ledger restore", &error))
        return imp_command_fail_with(error);
    return done(restoring, true, tip, sentence);
}

/* NULL: there is no index, or it has followed nothing. The caller frees. */
static char *find_indexed(const Restoring *restoring)
{
    g_autofree char *path = g_build_filename(restoring->config->state_directory, "index.db", NULL);
    g_autoptr(ImpDatabase) database = imp_database_open(path, IMP_DATABASE_READ, NULL);
    return database && imp_index_is_current(database) ? imp_index_get(database, IMP_INDEX_LEDGER)
                                                      : NULL;
}

/* With a remote, its ledger is put back to the last one that it is known to have taken; wherever
 * somebody has moved the mirror's. */
static int restore_there(const Restoring *restoring)
{
    g_autoptr(GError) error = NULL;
    const char *path = restoring->command->config_path;
    g_autofree char *credentials = imp_config_credentials_directory(path);
    g_autoptr(ImpConfig) config =
        imp_config_load(path, credentials, g_getenv("STATE_DIRECTORY"), &error);
    g_autofree char *indexed = find_indexed(restoring);
    const char *tip = imp_last_tip_left_at(&restoring->memory, restoring->ledger, indexed);
    if (!config || (tip && !is_whole(restoring, tip, &error)))
        return imp_command_fail_with(error);
    if (!tip)
        return done(restoring, false, NULL, "there is nothing to restore: there is no ledger yet");
    g_auto(ImpTransportOutcome) outcome = {0};
    imp_remote_fetch_now(config, restoring->repository, &outcome);
    if (outcome.end == IMP_TRANSPORT_DONE) {
        imp_transport_outcome_clear(&outcome);
        imp_remote_push_now(config, restoring->repository, config->remote->ledger_ref, tip, false,
                            &outcome);
    }
    if (outcome.end != IMP_TRANSPORT_DONE)
        return imp_command_fail(IMP_EXIT_AGAIN, "%s: the ledger cannot be put back: %s",
                                config->remote->url, outcome.sentence);
    g_autofree char *sentence = g_strdup_printf("the remote's ledger is at %.12s again", tip);
    return done(restoring, true, tip, sentence);
}

/* The daemon may have died between noting a tip and moving the ref: then the next pass goes on from
 * the place before, unless its index has seen that tip. */
static bool is_one_behind(const Restoring *restoring)
{
    if (!restoring->ledger || g_strcmp0(restoring->ledger, restoring->memory.previous) != 0)
        return false;
    g_autofree char *indexed = find_indexed(restoring);
    return g_strcmp0(indexed, restoring->memory.tip) != 0;
}

static int put_back(const Restoring *restoring)
{
    const char *tip = restoring->memory.tip, *ledger = restoring->ledger;
    if (restoring->config->remote && (tip || ledger))
        return restore_there(restoring);
    if (!tip && ledger)
        return imp_command_fail(
            IMP_EXIT_NO,
            "this daemon remembers no ledger, but there is one; if it is genuine, type: imprimatur "
            "-c %s ledger restore --trust %s",
            restoring->command->config_path, ledger);
    if (!tip)
        return done(restoring, false, NULL, "there is nothing to restore: there is no ledger yet");
    if (g_strcmp0(ledger, tip) == 0 || is_one_behind(restoring))
        return done(restoring, false, ledger,
                    "there is nothing to restore: the ledger is where the daemon left it");
    return restore(restoring);
}

static bool is_full_id(const char *text)
{
    return strlen(text) == 40 && strspn(text, "0123456789abcdef") == 40;
}

static int trust(const Restoring *restoring, const char *id)
{
    g_autoptr(GError) error = NULL;
    if (!is_full_id(id))
        return imp_command_fail(IMP_EXIT_USAGE,
                                "--trust: \"%s\" is not a full object id of 40 hex digits", id);
    if (!restoring->ledger)
        return imp_command_fail(IMP_EXIT_NO, "there is no ledger that could be trusted");
    if (strcmp(id, restoring->ledger) != 0)
        return imp_command_fail(
            IMP_EXIT_NO,
            "the ledger is at %s, not at %s; look at it (imprimatur -c %s log) before "
            "you trust it",
            restoring->ledger, id, restoring->command->config_path);
    if (g_strcmp0(id, restoring->memory.tip) == 0)
        return done(restoring, false, id,
                    "there is nothing to do: the daemon continues this ledger already");
    if (!is_whole(restoring, id, &error))
        return imp_command_fail(IMP_EXIT_NO,
                                "what is at %s is not a ledger that could be continued: %s", id,
                                error->message);
    /* Itself as the one before: no other place is this daemon's. */
    if (!imp_last_tip_write(restoring->config->state_directory, id, id, &error))
        return imp_command_fail_with(error);
    g_autofree char *sentence = g_strdup_printf("the daemon continues the ledger at %.12s", id);
    return done(restoring, true, id, sentence);
}

/* What this writes belongs to the daemon, which must be able to replace it. */
static int check_user(const ImpCommand *command, const ImpConfig *config)
{
    struct stat status;
    struct passwd entry, *found = NULL;
    char buffer[4096];
    if (stat(config->state_directory, &status) < 0)
        return imp_command_fail(IMP_EXIT_NO, "%s: the daemon's state cannot be looked at: %s",
                                config->state_directory, g_strerror(errno));
    if (status.st_uid == geteuid())
        return IMP_EXIT_DONE;
    getpwuid_r(status.st_uid, &entry, buffer, sizeof buffer, &found);
    g_autofree char *owner = found ? g_strdup(entry.pw_name) : g_strdup_printf("%u", status.st_uid);
    return imp_command_fail(
        IMP_EXIT_NO,
        "%s belongs to the user %s; as root, type: runuser -u %s -- imprimatur -c %s "
        "ledger restore",
        config->state_directory, owner, owner, command->config_path);
}

static int run(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)verb;
    (void)arguments;
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpConfig) config = NULL;
    if (!command->config_path)
        return imp_command_fail(
            IMP_EXIT_USAGE, "ledger restore works on a configured repository: name its file with "
                            "-c FILE");
    g_autoptr(ImpRepository) repository = imp_reader_open_repository(command, &config, &error);
    if (!repository)
        return imp_command_fail_with(error);
    int status = check_user(command, config);
    if (status)
        return status;
    g_auto(Restoring) restoring = {.command = command, .config = config, .repository = repository};
    if (!imp_repository_find_tip(repository, IMP_LEDGER_REF, &restoring.ledger, &error) ||
        !imp_last_tip_read(config->state_directory, &restoring.memory, &error))
        return imp_command_fail_with(error);
    const char *id = imp_command_text(command, "trust");
    return id ? trust(&restoring, id) : put_back(&restoring);
}

static const GOptionEntry options[] = {
    {"trust", 0, 0, G_OPTION_ARG_STRING, NULL, "continue the ledger whose tip is this, as it is",
     "OID"},
    {0},
};

const ImpVerb imp_verb_ledger_restore = {
    .name = "ledger restore",
    .summary = "put the ledger back to where the daemon left it",
    .help = "For a daemon that stopped deciding because refs/imprimatur/ledger is gone or was\n"
            "moved by somebody else. It goes on by itself afterwards. With --trust the ref\n"
            "stays, and the daemon continues from there: look at it with imprimatur log\n"
            "first. Run it as the user that the daemon runs as.\n",
    .options = options,
    .run = run,
};
