#include "daemon/verbs/view/reader.h"
#include "articles/condition.h"
#include "articles/ledger.h"
#include "articles/work.h"
#include "daemon/control/control_address.h"
#include "daemon/index/fold.h"
#include "daemon/index/last_tip.h"
#include "daemon/terminal/nearest.h"
#include "daemon/terminal/print.h"
#include "daemon/terminal/progress.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/view/fetch.h"
#include "notify/outbox/outbox.h"
#include "workflow/base/quote.h"

#include <glib/gstdio.h>
#include <string.h>

/* Two indexes can answer. The daemon's knows more (when it last looked, what is undelivered, why it
 * stopped) and is read as it is whenever it is at the ledger's ref, and also when the ref is
 * somewhere that the daemon does not go. Where it is merely behind (the daemon is between moving
 * the ref and its own commit, or died there) a copy in memory follows the ref; where it cannot be
 * read, an own index does.
 *
 * The index is read before the ref: the daemon moves the ref first, so that what is found in
 * between is an index that is behind, never a ref that is. */

G_DEFINE_QUARK(imp_reader_error, imp_reader_error)

/* In an own index: the Source that this clone did not have when the texts were described, so that
 * titles or the policy may be missing. Once it is there, everything is folded again. */
#define INCOMPLETE "incomplete"

void imp_reader_free(ImpReader *reader)
{
    if (!reader)
        return;
    g_clear_pointer(&reader->policy, imp_policy_unref);
    imp_database_free(reader->database);
    imp_repository_free(reader->repository);
    imp_config_free(reader->config);
    g_free(reader->directory);
    g_free(reader->name);
    g_free(reader->branch);
    g_strfreev(reader->review_branches);
    g_free(reader->ledger);
    g_free(reader->tip);
    g_free(reader->diverged);
    g_free(reader->trouble);
    g_free(reader->unpushed);
    g_free(reader->policy_rejected);
    g_free(reader);
}

ImpRepository *imp_reader_open_repository(const ImpCommand *command, ImpConfig **config,
                                          GError **error)
{
    *config = NULL;
    if (command->config_path) {
        *config = imp_config_load_without_secrets(command->config_path, g_getenv("STATE_DIRECTORY"),
                                                  error);
        return *config ? imp_repository_open((*config)->repository, error) : NULL;
    }
    g_autofree char *directory =
        g_canonicalize_filename(command->directory ? command->directory : ".", NULL);
    ImpRepository *repository = NULL;
    if (!imp_repository_discover(directory, &repository, error) || repository)
        return repository;
    if (!g_file_test(directory, G_FILE_TEST_IS_DIR))
        g_set_error(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_MISSING,
                    "there is no directory %s; name a repository or clone with -C", directory);
    else
        g_set_error(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_MISSING,
                    "%s is not in a git repository; name one with -C, or a configuration with -c",
                    directory);
    return NULL;
}

void imp_reader_refuse_without_ledger(ImpRepository *repository, GError **error)
{
    g_set_error(error, IMP_READER_ERROR, IMP_READER_ERROR_NO_LEDGER,
                "there is no ledger in %s; in a clone, have each fetch bring it by the first of "
                "these, or fetch it once by the second (where that brings nothing, the daemon has "
                "not begun); in the repository that is watched, name the configuration with -c\n"
                "imprimatur setup\ngit fetch origin '" IMP_FETCH_REFSPEC "'",
                imp_repository_git_directory(repository));
}

char *imp_reader_lacking_policy(const ImpReader *reader)
{
    g_autoptr(GError) partial = NULL;
    if (!reader->policy_version || reader->policy)
        return NULL;
    imp_repository_check_whole(reader->repository, &partial);
    return g_strdup_printf("the files of policy %u are not here; %s", reader->policy_version,
                           partial ? partial->message : "fetch the watched branch too");
}

void imp_reader_let_go(ImpReader *reader)
{
    imp_database_rollback(reader->database);
}

/* An own index */

static bool is_at(ImpDatabase *database, const char *ledger)
{
    g_autofree char *at = imp_index_get(database, IMP_INDEX_LEDGER);
    return g_strcmp0(at, ledger) == 0;
}

static bool can_be_completed(ImpReader *reader, ImpDatabase *database)
{
    g_autofree char *lacking = imp_index_get(database, INCOMPLETE);
    return lacking && imp_repository_has_object(reader->repository, lacking);
}

static bool note_what_lacks(ImpReader *reader, ImpDatabase *database, GError **error)
{
    g_autofree char *source = imp_index_get(database, IMP_INDEX_SOURCE);
    g_autofree char *lacking = imp_index_get(database, INCOMPLETE);
    if (lacking || !source || imp_repository_has_object(reader->repository, source))
        return true;
    return imp_index_set(database, INCOMPLETE, source, error);
}

static bool follow_within(ImpReader *reader, ImpDatabase *database, const char *ledger,
                          gint64 now_us, GError **error)
{
    bool rebuilt;
    if (!imp_index_open(database, error) ||
        (can_be_completed(reader, database) && !imp_index_clear(database, error)))
        return false;
    g_autoptr(ImpFold) fold =
        imp_fold_new(database, reader->repository, reader->config, NULL, 0, error);
    return fold && imp_fold_catch_up(fold, ledger, now_us, &rebuilt, error) &&
           note_what_lacks(reader, database, error);
}

/* Brings an own index to the ledger. One that is there already is not written to. */
static bool follow(ImpReader *reader, ImpDatabase *database, const char *ledger, gint64 now_us,
                   GError **error)
{
    if (imp_index_is_current(database) && is_at(database, ledger) &&
        !can_be_completed(reader, database))
        return true;
    /* From the beginning, a long ledger takes its time. */
    g_autoptr(ImpProgress) progress = imp_progress_new();
    imp_repository_set_work(reader->repository, &(ImpWork){NULL, imp_progress_show, progress});
    bool done = imp_database_begin(database, error) &&
                follow_within(reader, database, ledger, now_us, error) &&
                imp_database_commit(database, error);
    imp_repository_set_work(reader->repository, &(ImpWork){0});
    if (!done)
        imp_database_rollback(database);
    return done;
}

/* The own index as it lies there, to be read only; NULL where it is not at the ledger, or could now
 * tell more. */
static ImpDatabase *open_as_it_is(ImpReader *reader, const char *path, const char *ledger)
{
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return NULL;
    g_autoptr(ImpDatabase) database = imp_database_open(path, IMP_DATABASE_READ, NULL);
    bool serves = database && imp_index_is_current(database) && is_at(database, ledger) &&
                  !can_be_completed(reader, database);
    return serves ? g_steal_pointer(&database) : NULL;
}

/* As it lies there if it is up to date, which is what most calls find; brought up to date in the
 * git directory if that can be written; else in memory. */
static ImpDatabase *open_own(ImpReader *reader, const char *ledger, gint64 now_us, GError **error)
{
    g_autofree char *directory =
        g_build_filename(imp_repository_git_directory(reader->repository), "imprimatur", NULL);
    g_autofree char *path = g_build_filename(directory, "index.db", NULL);
    g_autoptr(ImpDatabase) database = ledger ? open_as_it_is(reader, path, ledger) : NULL;
    if (database)
        return g_steal_pointer(&database);
    if (ledger && g_mkdir_with_parents(directory, 0777) == 0) {
        database = imp_database_open(path, IMP_DATABASE_WRITE, NULL);
        if (database && follow(reader, database, ledger, now_us, NULL))
            return g_steal_pointer(&database);
        g_clear_pointer(&database, imp_database_free);
    }
    database = imp_database_open(NULL, IMP_DATABASE_MEMORY, error);
    return database && follow(reader, database, ledger, now_us, error) ? g_steal_pointer(&database)
                                                                       : NULL;
}

/* The daemon's index */

static ImpDatabase *open_daemons(const ImpReader *reader)
{
    g_autofree char *path = g_build_filename(reader->config->state_directory, "index.db", NULL);
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return NULL;
    g_autoptr(ImpDatabase) database = imp_database_open(path, IMP_DATABASE_READ, NULL);
    /* The first query within a transaction fixes what is seen. */
    if (!database || !imp_database_begin_reading(database, NULL) || !imp_index_is_current(database))
        return NULL;
    return g_steal_pointer(&database);
}

typedef enum {
    PLACE_SAME,      /* the ref is where the index is */
    PLACE_AHEAD,     /* the daemon moved it on */
    PLACE_ELSEWHERE, /* the daemon did not put it there */
} Place;

/* As the daemon itself judges it. Who cannot read its memory takes its index's word. */
static bool is_trusted(const ImpReader *reader, ImpDatabase *database, const char *ledger)
{
    g_auto(ImpLastTip) memory = {0};
    if (!imp_last_tip_read(reader->config->state_directory, &memory, NULL))
        return true;
    if (!memory.tip || g_strcmp0(ledger, memory.tip) == 0)
        return g_strcmp0(ledger, memory.tip) == 0;
    return g_strcmp0(ledger, memory.previous) == 0 && !is_at(database, memory.tip);
}

static Place place_of(const ImpReader *reader, ImpDatabase *database, const char *ledger)
{
    if (!is_trusted(reader, database, ledger))
        return PLACE_ELSEWHERE;
    return is_at(database, ledger) ? PLACE_SAME : PLACE_AHEAD;
}

/* What the daemon said when it stopped deciding, unless the ledger was put right since. */
static char *divergence(ImpDatabase *database, Place place, const char *ledger)
{
    g_autofree char *said = imp_index_get(database, IMP_INDEX_DIVERGED);
    if (place != PLACE_ELSEWHERE)
        return NULL;
    if (said)
        return g_steal_pointer(&said);
    return ledger ? g_strdup_printf("the ledger is at %.12s, where this daemon did not put it; "
                                    "type: imprimatur ledger "
                                    "restore",
                                    ledger)
                  : g_strdup("the ledger is gone; type: imprimatur ledger restore");
}

/* Takes what the daemon's index says; where that is behind, a copy of it follows the ref. */
static bool use_daemons(ImpReader *reader, ImpDatabase **database, const char *ledger,
                        gint64 now_us, GError **error)
{
    Place place = place_of(reader, *database, ledger);
    reader->daemons = true;
    reader->diverged = divergence(*database, place, ledger);
    reader->policy_rejected = imp_index_get(*database, IMP_INDEX_POLICY_REJECTED);
    reader->pass_at_us = imp_index_get_moment(*database, IMP_INDEX_PASS_AT);
    if (!reader->diverged) /* which keeps it from looking */
        reader->silent_since_us = imp_index_silent_since_us(*database, reader->config->poll_seconds,
                                                            reader->config->remote != NULL, now_us);
    if (reader->config->remote) {
        reader->fetched_us = imp_index_get_moment(*database, IMP_INDEX_FETCHED_AT);
        reader->unpushed = imp_index_get(*database, IMP_INDEX_UNPUSHED);
    }
    reader->undelivered = imp_outbox_undelivered(*database, NULL);
    g_autofree char *trouble = imp_control_find_trouble(reader->config->state_directory);
    g_file_get_contents(trouble, &reader->trouble, NULL, NULL);
    reader->database =
        place == PLACE_AHEAD ? imp_database_copy(*database, error) : g_steal_pointer(database);
    return reader->database &&
           (place != PLACE_AHEAD || follow(reader, reader->database, ledger, now_us, error));
}

static bool open_database(ImpReader *reader, gint64 now_us, GError **error)
{
    g_autoptr(ImpDatabase) database = reader->config ? open_daemons(reader) : NULL;
    g_autofree char *ledger = NULL;
    if (!imp_repository_find_tip(reader->repository, IMP_LEDGER_REF, &ledger, error))
        return false;
    if (database)
        return use_daemons(reader, &database, ledger, now_us, error);
    if (!ledger && !reader->config) {
        imp_reader_refuse_without_ledger(reader->repository, error);
        return false;
    }
    reader->database = open_own(reader, ledger, now_us, error);
    return reader->database && imp_database_begin_reading(reader->database, error);
}

static bool fill(ImpReader *reader, GError **error)
{
    if (!imp_index_find_policy(reader->database, &reader->policy, error))
        return false;
    const ImpConfig *config = reader->config;
    g_autofree char *verified = imp_index_get(reader->database, IMP_INDEX_VERIFIED);
    reader->policy_version = imp_index_policy_version(reader->database);
    reader->name =
        config ? g_strdup(config->name) : imp_index_get(reader->database, IMP_INDEX_REPOSITORY);
    reader->branch =
        config ? g_strdup(config->branch) : imp_index_get(reader->database, IMP_INDEX_BRANCH);
    g_autofree char *patterns = imp_index_get(reader->database, IMP_INDEX_REVIEW_BRANCHES);
    reader->review_branches = config ? g_strdupv(config->review_branches)
                                     : g_strsplit(patterns ? patterns : "", "\n", -1);
    reader->verified = config ? !config->signatures_off : g_strcmp0(verified, "no") != 0;
    reader->ledger = imp_index_get(reader->database, IMP_INDEX_LEDGER);
    reader->ledger_at_us = imp_index_get_moment(reader->database, IMP_INDEX_LAST_AT);
    reader->tip =
        imp_index_get(reader->database, reader->daemons ? IMP_INDEX_TIP : IMP_INDEX_SOURCE);
    if (!reader->tip && reader->branch) { /* without a policy nothing was taken from it yet */
        g_autofree char *ref = g_strconcat("refs/heads/", reader->branch, NULL);
        reader->tip = imp_repository_tip(reader->repository, ref);
    }
    if (!reader->daemons)
        reader->policy_rejected = imp_reader_rejected_policy(reader);
    return true;
}

ImpReader *imp_reader_open(const ImpCommand *command, GError **error)
{
    g_autoptr(ImpReader) reader = g_new0(ImpReader, 1);
    reader->undelivered = -1;
    reader->directory =
        g_canonicalize_filename(command->directory ? command->directory : ".", NULL);
    reader->repository = imp_reader_open_repository(command, &reader->config, error);
    if (!reader->repository || !open_database(reader, command->now_us, error) ||
        !fill(reader, error))
        return NULL;
    return g_steal_pointer(&reader);
}

/* Articles by name */

char *imp_reader_path_from_here(const ImpReader *reader, const char *argument)
{
    const char *root = imp_repository_work_tree(reader->repository);
    if (!root)
        return NULL;
    g_autofree char *folder = g_canonicalize_filename(root, NULL);
    g_autofree char *prefix = g_strconcat(folder, "/", NULL);
    g_autofree char *absolute = g_canonicalize_filename(argument, reader->directory);
    if (strcmp(absolute, folder) == 0)
        return g_strdup("");
    return g_str_has_prefix(absolute, prefix) ? g_strdup(absolute + strlen(prefix)) : NULL;
}

bool imp_reader_find(ImpReader *reader, const char *argument, ImpArticle **article, GError **error)
{
    const char *end = NULL;
    g_autofree char *unquoted = imp_path_unquote(argument, &end);
    if (end && *end)
        g_clear_pointer(&unquoted, g_free);
    g_autofree char *here = imp_reader_path_from_here(reader, argument);
    const char *const paths[] = {argument, unquoted, here};
    *article = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(paths) && !*article; i++) {
        if (!paths[i] || !*paths[i])
            continue;
        g_autoptr(ImpArticle) found = imp_index_load(reader->database, paths[i], error);
        if (!found)
            return false;
        if (found->round > 0)
            *article = g_steal_pointer(&found);
    }
    return true;
}

int imp_reader_refuse_article(ImpReader *reader, const char *argument)
{
    g_autofree char *shown = imp_print_path(argument);
    g_autoptr(GPtrArray) paths = imp_index_live(reader->database, NULL);
    const char *nearest =
        paths ? imp_nearest(argument, (const char *const *)paths->pdata, paths->len) : NULL;
    g_autofree char *meant = nearest ? imp_print_path(nearest) : NULL;
    if (meant)
        return imp_command_fail(IMP_EXIT_NO, "there is no article %s; did you mean %s?", shown,
                                meant);
    return imp_command_fail(IMP_EXIT_NO, "there is no article %s; imprimatur status lists them",
                            shown);
}
