#include "daemon/terminal/print.h"
#include "daemon/terminal/user_git.h"
#include "daemon/verbs/command.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/setup/agent_keys.h"
#include "daemon/verbs/setup/first_policy.h"
#include "daemon/verbs/view/fetch.h"
#include "daemon/verbs/view/reader.h"
#include "workflow/base/json_write.h"

#include <stdio.h>
#include <string.h>

/* A clone of somebody who decides: that the record comes with each fetch, that git commits under
 * the address that the policy lists for them, and signs with the key that it lists for them. What
 * is right already stays; everything is set in the clone alone. */

typedef struct {
    const ImpCommand *command;
    ImpRepository *repository;
    const char *directory; /* where git runs, borrowed */
    char *remote;
    ImpReader *reader; /* after the fetch */
    const ImpPerson *person;
    char *email;
    char *key; /* as user.signingkey has it; NULL: the policy lists none that is here */
} Setup;

static void setup_clear(Setup *setup)
{
    imp_reader_free(setup->reader);
    imp_repository_free(setup->repository);
    g_free(setup->remote);
    g_free(setup->email);
    g_free(setup->key);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Setup, setup_clear)

static bool git(const Setup *setup, GError **error, ...) G_GNUC_NULL_TERMINATED;
static bool git(const Setup *setup, GError **error, ...)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    va_list arguments;
    va_start(arguments, error);
    for (const char *word; (word = va_arg(arguments, const char *));)
        g_ptr_array_add(words, (gpointer)word);
    va_end(arguments);
    g_ptr_array_add(words, NULL);
    g_autofree char *said =
        imp_user_git(setup->directory, (const char *const *)words->pdata, error);
    return said != NULL;
}

/* The record */

static int find_remote(Setup *setup, char *const *arguments)
{
    g_auto(GStrv) remotes = imp_repository_remotes(setup->repository);
    const char *const *there = (const char *const *)remotes;
    const char *wanted = arguments[0];
    if (!*remotes)
        return imp_command_fail(IMP_EXIT_USAGE,
                                "this repository has no remote that the record could come from; "
                                "setup works in a clone");
    if (!wanted)
        wanted = g_strv_contains(there, "origin") ? "origin" : remotes[0];
    g_autofree char *all = g_strjoinv(", ", remotes);
    if (!g_strv_contains(there, wanted))
        return imp_command_fail(IMP_EXIT_USAGE, "there is no remote \"%s\" here; there is %s",
                                wanted, all);
    setup->remote = g_strdup(wanted);
    return IMP_EXIT_DONE;
}

/* Without force: a fetch by force would let whoever has the server replace what this clone has
 * seen.
 */
static bool set_refspec(const Setup *setup, GError **error)
{
    g_autofree char *key = g_strdup_printf("remote.%s.fetch", setup->remote);
    const char *const ask[] = {"config", "--get-all", key, NULL};
    g_autofree char *said = imp_user_git(setup->directory, ask, NULL); /* NULL: there is none */
    g_auto(GStrv) lines = g_strsplit(said ? said : "", "\n", -1);
    bool there = false;
    for (char **line = lines; *line; line++) {
        there = there || strcmp(*line, IMP_FETCH_REFSPEC) == 0;
        if (g_str_has_prefix(*line, "+refs/imprimatur/") &&
            !git(setup, error, "config", "--unset-all", key, "^[+]refs/imprimatur/", NULL))
            return false;
    }
    return there || git(setup, error, "config", "--add", key, IMP_FETCH_REFSPEC, NULL);
}

static int bring_record(Setup *setup)
{
    g_autoptr(GError) error = NULL;
    if (!set_refspec(setup, &error) ||
        !imp_fetch_record(setup->repository, setup->directory, setup->remote, &error) ||
        !git(setup, &error, "fetch", "-q", setup->remote, NULL))
        return imp_command_fail_with(error);
    ImpCommand here = *setup->command;
    here.config_path = NULL;
    setup->reader = imp_reader_open(&here, &error);
    if (!setup->reader)
        return imp_command_fail_with(error);
    if (!setup->reader->policy)
        return imp_command_fail(IMP_EXIT_NO, "no policy is in force here yet, so nobody is listed; "
                                             "type imprimatur setup again when one is");
    return IMP_EXIT_DONE;
}

/* Who it is */

/* By id, address or name. */
static const ImpPerson *person_called(const ImpPolicy *policy, const char *text)
{
    const ImpPerson *person = imp_policy_person(policy, text);
    if (!person)
        person = imp_policy_person_by_email(policy, text);
    for (guint i = 0; i < policy->people->len && !person; i++) {
        const ImpPerson *one = policy->people->pdata[i];
        person = g_ascii_strcasecmp(one->name, text) == 0 ? one : NULL;
    }
    return person;
}

static const ImpPerson *choose(const ImpPolicy *policy)
{
    fputs("Who are you?\n", stderr);
    for (guint i = 0; i < policy->people->len; i++) {
        const ImpPerson *person = policy->people->pdata[i];
        g_autofree char *name = imp_print_clean(person->name);
        fprintf(stderr, "  %s (%s)\n", person->id, name);
    }
    while (true) {
        g_autofree char *id = imp_user_ask("Your id in this list:");
        const ImpPerson *person = *id ? person_called(policy, id) : NULL;
        if (person || !*id)
            return person;
        imp_command_fail(0, "there is no \"%s\" in the list", id);
    }
}

static int find_person(Setup *setup)
{
    const ImpPolicy *policy = setup->reader->policy;
    const char *as = imp_command_text(setup->command, "as");
    g_autofree char *email = imp_repository_setting(setup->repository, "user.email");
    const ImpPerson *by_email = email ? imp_policy_person_by_email(policy, email) : NULL;
    setup->person = as ? person_called(policy, as) : by_email;
    if (as && !setup->person)
        return imp_command_fail(IMP_EXIT_USAGE,
                                "policy %u has nobody with the id, address or name \"%s\"",
                                setup->reader->policy_version, as);
    if (!setup->person && imp_user_is_here())
        setup->person = choose(policy);
    if (!setup->person)
        return imp_command_fail(
            IMP_EXIT_NO, "%s%s%s in policy %u; say who you are: imprimatur setup --as ID",
            email ? "nobody has the address " : "git knows no address of yours", email ? email : "",
            email ? "" : " that could be looked up", setup->reader->policy_version);
    setup->email = g_strdup(setup->person == by_email ? email : setup->person->emails[0]);
    return IMP_EXIT_DONE;
}

static bool set_identity(const Setup *setup, GError **error)
{
    g_autofree char *email = imp_repository_setting(setup->repository, "user.email");
    g_autofree char *name = imp_repository_setting(setup->repository, "user.name");
    return (g_strcmp0(email, setup->email) == 0 ||
            git(setup, error, "config", "user.email", setup->email, NULL)) &&
           (name || git(setup, error, "config", "user.name", setup->person->name, NULL));
}

/* The key */

static bool is_listed(const Setup *setup, const char *key)
{
    const char *base64 = key ? strchr(key, ' ') : NULL;
    const ImpSigner *signer = base64 ? imp_policy_signer(setup->reader->policy, base64 + 1) : NULL;
    return signer && signer->person == setup->person &&
           imp_signer_is_valid_at(signer, setup->command->now_us);
}

/* A file of a private key is known by its public half beside it. */
static bool file_is_listed(const Setup *setup, const char *path)
{
    g_autofree char *wrong = NULL, *again = NULL;
    g_autofree char *key = imp_first_policy_read_key(path, &wrong);
    g_autofree char *public = g_strconcat(path, ".pub", NULL);
    if (!key)
        key = imp_first_policy_read_key(public, &again);
    return is_listed(setup, key);
}

/* In ~/.ssh, by name, so that the answer is always the same. */
static char *find_file(const Setup *setup)
{
    g_autofree char *folder = g_build_filename(g_get_home_dir(), ".ssh", NULL);
    g_autoptr(GDir) directory = g_dir_open(folder, 0, NULL);
    g_autofree char *best = NULL;
    for (const char *name; directory && (name = g_dir_read_name(directory));) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (g_str_has_suffix(name, ".pub") && (!best || strcmp(path, best) < 0) &&
            file_is_listed(setup, path)) {
            g_free(best);
            best = g_steal_pointer(&path);
        }
    }
    return g_steal_pointer(&best);
}

static char *find_in_agent(const Setup *setup)
{
    g_auto(GStrv) keys = imp_agent_keys();
    for (char **key = keys; *key; key++)
        if (is_listed(setup, *key))
            return g_strconcat("key::", *key, NULL);
    return NULL;
}

/* What signs already is left as it is if the policy lists it. */
static char *find_key(const Setup *setup)
{
    g_autofree char *format = imp_repository_setting(setup->repository, "gpg.format");
    g_autofree char *set = imp_repository_setting(setup->repository, "user.signingkey");
    bool ssh = g_strcmp0(format, "ssh") == 0;
    if (ssh && set && g_str_has_prefix(set, "key::") && is_listed(setup, set + strlen("key::")))
        return g_steal_pointer(&set);
    if (ssh && set && file_is_listed(setup, set))
        return g_steal_pointer(&set);
    char *file = find_file(setup);
    return file ? file : find_in_agent(setup);
}

static int set_key(Setup *setup)
{
    g_autoptr(GError) error = NULL;
    char *const *openpgp = setup->person->openpgp;
    setup->key = find_key(setup);
    const char *format = setup->key ? "ssh" : "openpgp";
    if (!setup->key && openpgp && *openpgp)
        setup->key = g_strdup(*openpgp);
    if (!setup->key)
        return imp_command_fail(
            IMP_EXIT_NO,
            "policy %u lists no key for %s that is here, in ~/.ssh or in an SSH agent. If you have "
            "one, send the file of its public half to the editors, who type: imprimatur policy "
            "add-key %s KEY.pub; else make one: ssh-keygen -t ed25519",
            setup->reader->policy_version, setup->person->id, setup->person->id);
    if (!git(setup, &error, "config", "gpg.format", format, NULL) ||
        !git(setup, &error, "config", "user.signingkey", setup->key, NULL))
        return imp_command_fail_with(error);
    return IMP_EXIT_DONE;
}

/* What is told */

static void tell_json(const Setup *setup)
{
    g_autoptr(json_t) line = json_object();
    imp_json_set_number(line, "schema", 1);
    imp_json_set_text(line, "repository", setup->reader->name);
    imp_json_set_text(line, "remote", setup->remote);
    imp_json_set_number(line, "policy", setup->reader->policy_version);
    imp_json_set_text(line, "person", setup->person->id);
    imp_json_set_text(line, "email", setup->email);
    imp_json_set_text(line, "signing_key", setup->key);
    imp_print_json(line);
}

static void tell(const Setup *setup)
{
    g_autofree char *name = imp_print_clean(setup->person->name);
    g_autofree char *key = imp_print_clean(setup->key ? setup->key : "-");
    const ImpScreen screen = imp_screen();
    printf("record     comes from %s with each git fetch\n", setup->remote);
    printf("you        %s (%s), as %s\n", name, setup->person->id, setup->email);
    printf("signature  ");
    g_autofree char *with =
        g_strdup_printf("%s, which policy %u lists for you", key, setup->reader->policy_version);
    imp_print_wrapped(with, 11, screen.columns);
    puts("\nWhat waits for you, and one after the other of it:\n\n    imprimatur status --mine\n"
         "    imprimatur review");
}

static int run(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)verb;
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpConfig) config = NULL;
    g_auto(Setup) setup = {.command = command};
    setup.repository = imp_reader_open_repository(command, &config, &error);
    if (!setup.repository)
        return imp_command_fail_with(error);
    const char *work_tree = imp_repository_work_tree(setup.repository);
    setup.directory = work_tree ? work_tree : imp_repository_git_directory(setup.repository);
    int status = find_remote(&setup, arguments);
    if (!status)
        status = bring_record(&setup);
    if (!status)
        status = find_person(&setup);
    if (!status && !set_identity(&setup, &error))
        status = imp_command_fail_with(error);
    if (!status)
        status = set_key(&setup);
    if (!status)
        command->json ? tell_json(&setup) : tell(&setup);
    return status;
}

static const GOptionEntry options[] = {
    {"as", 0, 0, G_OPTION_ARG_STRING, NULL, "who you are in the policy, if git does not know",
     "ID"},
    {0},
};

const ImpVerb imp_verb_setup = {
    .name = "setup",
    .arguments = "[REMOTE]",
    .summary = "prepare this clone for decisions, as the policy lists you",
    .help = "Has each fetch from the remote (origin) bring the record, without force; and has\n"
            "git, in this clone, commit under your address in the policy and sign with a key\n"
            "that it lists for you: the one that is set, else one in ~/.ssh or of your SSH\n"
            "agent. What is right already stays.\n",
    .options = options,
    .most = 1,
    .judges_by_time = true,
    .run = run,
};
