#include "articles/policy_source.h"
#include "daemon/terminal/print.h"
#include "daemon/terminal/user_git.h"
#include "daemon/verbs/command.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/setup/policy_changes.h"
#include "daemon/verbs/setup/policy_version.h"
#include "daemon/verbs/view/fetch.h"
#include "daemon/verbs/view/reader.h"
#include "workflow/base/json_write.h"
#include "workflow/forge_keys.h"
#include "workflow/signers.h"

#include <gio/gio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* What the authority signs is a manifest of three files. Both files are written when the signature
 * is there, so that a failure leaves the folder as it was. */

/* The public half of the key, where it lies beside the private one or is itself what was named: as
 * an authority. */
static GPtrArray *authority_of(const char *key)
{
    g_autofree char *path =
        g_str_has_suffix(key, ".pub") ? g_strdup(key) : g_strconcat(key, ".pub", NULL);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return NULL;
    g_auto(GStrv) words = g_strsplit(g_strstrip(text), " ", 3);
    if (g_strv_length(words) < 2)
        return NULL;
    g_autofree char *line = g_strdup_printf(
        "authority@localhost namespaces=\"imprimatur-policy\" %s %s\n", words[0], words[1]);
    return imp_signers_parse_authority(path, line, strlen(line), NULL);
}

/* Has ssh-keygen sign, which asks for a pass phrase on the terminal, or an agent. */
static char *sign(const char *key, const char *manifest, GError **error)
{
    g_autoptr(GSubprocess) process = g_subprocess_new(
        G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, error, "ssh-keygen", "-q",
        "-Y", "sign", "-f", key, "-n", "imprimatur-policy", NULL);
    g_autofree char *signature = NULL;
    if (!process)
        return NULL;
    /* It may end without having read anything, which is not a reason for this program to end. */
    sighandler_t before = signal(SIGPIPE, SIG_IGN);
    bool read = g_subprocess_communicate_utf8(process, manifest, NULL, &signature, NULL, NULL);
    signal(SIGPIPE, before);
    if (g_subprocess_wait_check(process, NULL, NULL) && read)
        return g_steal_pointer(&signature);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "ssh-keygen did not sign with %s", key);
    return NULL;
}

/* The policy as it lies there, by the daemon's own parser; exit status. */
static int check(ImpRepository *repository, const ImpConfig *config, GPtrArray *authority,
                 ImpPolicy **policy)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpPolicySource) source =
        imp_policy_source_read_work_tree(repository, NULL, NULL, 0, &error);
    if (!source)
        return imp_command_fail_with(error);
    if (source->rejected)
        return imp_command_fail(IMP_EXIT_CONFIGURATION, "%s", source->rejected);
    gsize policy_length, signers_length = 0;
    const char *json = g_bytes_get_data(source->policy_json, &policy_length);
    const char *signers =
        source->signers ? g_bytes_get_data(source->signers, &signers_length) : NULL;
    *policy = imp_policy_parse(json, policy_length, signers ? signers : "", signers_length,
                               authority, &error);
    if (!*policy)
        return imp_command_fail(IMP_EXIT_CONFIGURATION, ".imprimatur/%s", error->message);
    g_autofree char *forge = imp_forge_key_in_policy(*policy, config ? config->forge_keys : NULL);
    if (forge)
        return imp_command_fail(IMP_EXIT_CONFIGURATION, "%s", forge);
    return IMP_EXIT_DONE;
}

/* Shows what is different from the policy in force, where this clone knows it, and whose work that
 * touches; and asks, on a terminal. */
static int confirm(const ImpCommand *command, const char *folder, const ImpPolicy *policy)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpReader) reader = imp_reader_open(command, NULL);
    g_autofree char *path = g_build_filename(folder, "POLICY.md", NULL);
    g_autofree char *text = NULL;
    if (!command->json && !reader && policy->version > 1) {
        const ImpScreen screen = imp_screen();
        imp_print_wrapped("What it changes is not shown, since this clone does not have the "
                          "ledger. To have it shown, fetch the ledger, and sign again:",
                          0, screen.columns);
        puts("\n    git fetch origin '" IMP_FETCH_REFSPEC "'\n");
    }
    if (command->json || !reader || !reader->policy)
        return IMP_EXIT_DONE;
    g_file_get_contents(path, &text, NULL, NULL);
    imp_policy_changes_print(reader, policy, text, &error);
    if (error)
        return imp_command_fail_with(error);
    if (!imp_user_is_here())
        return IMP_EXIT_DONE;
    fflush(stdout);
    g_autofree char *answer = imp_user_ask("Sign it? (yes/no)");
    return g_ascii_strcasecmp(answer, "yes") == 0 || g_ascii_strcasecmp(answer, "y") == 0
               ? IMP_EXIT_DONE
               : imp_command_fail(IMP_EXIT_NO, "nothing is signed");
}

static int write_files(const char *folder, const char *key, const char *manifest)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *manifest_path = g_build_filename(folder, "manifest", NULL);
    g_autofree char *signature_path = g_build_filename(folder, "manifest.sig", NULL);
    g_autofree char *signature = sign(key, manifest, &error);
    if (!signature || !g_file_set_contents(manifest_path, manifest, -1, &error) ||
        !g_file_set_contents(signature_path, signature, -1, &error))
        return imp_command_fail_with(error);
    return IMP_EXIT_DONE;
}

static int tell(const ImpCommand *command, guint version)
{
    if (command->json) {
        g_autoptr(json_t) line = json_object();
        imp_json_set_number(line, "schema", 1);
        imp_json_set_number(line, "policy", version);
        imp_print_json(line);
        return IMP_EXIT_DONE;
    }
    printf("policy %u is signed; publish it:\n\n    git add .imprimatur\n    git commit -m "
           "\"Policy %u\"\n    git push\n",
           version, version);
    return IMP_EXIT_DONE;
}

static int sign_folder(const ImpCommand *command, ImpRepository *repository,
                       const ImpConfig *config, const char *folder, const char *key)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) authority = authority_of(key);
    if (!g_file_test(folder, G_FILE_TEST_IS_DIR))
        return imp_command_fail(IMP_EXIT_CONFIGURATION,
                                "there is no policy in %s; make a first one: imprimatur init",
                                folder);
    g_autofree char *manifest = imp_policy_source_manifest(repository, &error);
    g_autoptr(ImpPolicy) policy = NULL;
    if (!manifest)
        return imp_command_fail(IMP_EXIT_CONFIGURATION, "%s", error->message);
    int status = check(repository, config, authority, &policy);
    if (status)
        return status;
    bool same;
    guint last = imp_policy_last_version(command, repository, manifest, &same);
    if (policy->version <= last && !same)
        return imp_command_fail(IMP_EXIT_CONFIGURATION,
                                ".imprimatur/policy.json: version %u is not greater than %u, which "
                                "was published; write "
                                "\"version\": %u",
                                policy->version, last, last + 1);
    status = confirm(command, folder, policy);
    if (!status)
        status = write_files(folder, key, manifest);
    return status ? status : tell(command, policy->version);
}

static int run(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)verb;
    (void)arguments;
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpConfig) config = NULL;
    const char *key = imp_command_text(command, "key");
    if (!key)
        return imp_command_fail(IMP_EXIT_USAGE, "policy sign needs the authority's key: -k KEY");
    g_autoptr(ImpRepository) repository = imp_reader_open_repository(command, &config, &error);
    if (!repository)
        return imp_command_fail_with(error);
    const char *work_tree = imp_repository_work_tree(repository);
    if (!work_tree)
        return imp_command_fail(IMP_EXIT_USAGE,
                                "policy sign works in a clone, and %s has no work tree",
                                imp_repository_git_directory(repository));
    g_autofree char *folder = g_build_filename(work_tree, ".imprimatur", NULL);
    return sign_folder(command, repository, config, folder, key);
}

static const GOptionEntry options[] = {
    {"key", 'k', 0, G_OPTION_ARG_FILENAME, NULL,
     "the authority's key (its public half for an agent)", "KEY"},
    {0},
};

const ImpVerb imp_verb_policy_sign = {
    .name = "policy sign",
    .summary = "sign the policy in this work tree, as the authority",
    .help = "Checks the policy in .imprimatur/ and writes manifest and manifest.sig for it. A\n"
            "policy whose version was published before is not signed; what to write is said.\n"
            "What it changes, and whose open work that touches, is shown before.\n",
    .options = options,
    .run = run,
};
