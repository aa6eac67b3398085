#include "articles/policy_source.h"
#include "daemon/terminal/print.h"
#include "daemon/verbs/view/reader.h"

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
    /* It may end without having read anything, which is no reason for this program to end. */
    sighandler_t before = signal(SIGPIPE, SIG_IGN);
    bool read = g_subprocess_communicate_utf8(process, manifest, NULL, &signature, NULL, NULL);
    signal(SIGPIPE, before);
    if (g_subprocess_wait_check(process, NULL, NULL) && read)
        return g_steal_pointer(&signature);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "ssh-keygen did not sign with %s", key);
    return NULL;
}

/* The greatest version that was in force: by the ledger if it is here, and what HEAD has. `same`
 * becomes whether that is the very policy of `manifest`. */
static guint last_version(const ImpCommand *command, ImpRepository *repository,
                          const char *manifest, bool *same)
{
    g_autoptr(ImpReader) reader = imp_reader_open(command, NULL);
    g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, manifest, -1);
    g_autofree char *in_force = reader ? imp_index_policy_manifest(reader->store) : NULL;
    g_autofree char *head = imp_repository_tip(repository, "HEAD", NULL);
    g_autoptr(ImpPolicySource) source =
        head ? imp_policy_source_read(repository, head, NULL, NULL, command->now_us, NULL) : NULL;
    guint known = reader ? reader->policy_version : 0;
    guint committed =
        source && source->policy && source->has_manifest ? source->policy->version : 0;
    *same =
        committed > known ? g_strcmp0(source->manifest, sum) == 0 : g_strcmp0(in_force, sum) == 0;
    return MAX(known, committed);
}

/* The policy as it lies there, by the daemon's own parser; exit status. */
static int check(ImpRepository *repository, GPtrArray *authority, guint *version)
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
    g_autoptr(ImpPolicy) policy = imp_policy_parse(json, policy_length, signers ? signers : "",
                                                   signers_length, authority, &error);
    if (!policy)
        return imp_command_fail(IMP_EXIT_CONFIGURATION, ".imprimatur/%s", error->message);
    *version = policy->version;
    return IMP_EXIT_DONE;
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
        json_object_set_new(line, "schema", json_integer(1));
        json_object_set_new(line, "policy", json_integer(version));
        imp_print_json(line);
        return IMP_EXIT_DONE;
    }
    printf("policy %u is signed; publish it:\n\n    git add .imprimatur\n    git commit -m "
           "\"Policy %u\"\n    git push\n",
           version, version);
    return IMP_EXIT_DONE;
}

static int sign_folder(const ImpCommand *command, ImpRepository *repository, const char *folder,
                       const char *key)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) authority = authority_of(key);
    if (!g_file_test(folder, G_FILE_TEST_IS_DIR))
        return imp_command_fail(IMP_EXIT_CONFIGURATION,
                                "there is no policy in %s; make a first one: imprimatur init",
                                folder);
    g_autofree char *manifest = imp_policy_source_manifest(repository, &error);
    guint version = 0;
    if (!manifest)
        return imp_command_fail(IMP_EXIT_CONFIGURATION, "%s", error->message);
    int status = check(repository, authority, &version);
    if (status)
        return status;
    bool same;
    guint last = last_version(command, repository, manifest, &same);
    if (version <= last && !same)
        return imp_command_fail(IMP_EXIT_CONFIGURATION,
                                ".imprimatur/policy.json: version %u is not greater than %u, which "
                                "was published; write "
                                "\"version\": %u",
                                version, last, last + 1);
    status = write_files(folder, key, manifest);
    return status ? status : tell(command, version);
}

static int run(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)verb;
    (void)arguments;
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpConfig) config = NULL;
    const char *key = imp_command_text(command, "key");
    if (!key)
        return imp_command_fail(IMP_EXIT_USAGE, "policy sign wants the authority's key: -k KEY");
    g_autoptr(ImpRepository) repository = imp_reader_open_repository(command, &config, &error);
    if (!repository)
        return imp_command_fail_with(error);
    const char *work_tree = imp_repository_work_tree(repository);
    if (!work_tree)
        return imp_command_fail(IMP_EXIT_USAGE,
                                "policy sign works in a clone, and %s has no work tree",
                                imp_repository_git_directory(repository));
    g_autofree char *folder = g_build_filename(work_tree, ".imprimatur", NULL);
    return sign_folder(command, repository, folder, key);
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
            "policy whose version was published before is not signed; what to write is said.\n",
    .options = options,
    .run = run,
};
