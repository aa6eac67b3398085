#include "daemon/config.h"
#include "daemon/first_policy.h"
#include "daemon/reader.h"
#include "daemon/user_git.h"
#include "workflow/glob.h"
#include "workflow/json.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A first policy from what is there: who has written, which Markdown files there are. What is not given by arguments is
 * asked on a terminal; what is written was read before by the parser that will judge it. */

static bool is_on_terminal(void)
{
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* Asks with a proposal that an empty line takes. */
static char *ask_with(const char *question, const char *proposal)
{
    g_autofree char *whole = g_strdup_printf("%s [%s]:", question, proposal);
    char *answer = imp_user_ask(whole);
    if (*answer)
        return answer;
    g_free(answer);
    return g_strdup(proposal);
}

static int add_person(ImpFirstPolicy *policy, const char *text)
{
    g_autofree char *wrong = NULL;
    return imp_first_policy_add(policy, text, &wrong) ? IMP_EXIT_DONE : imp_command_fail(IMP_EXIT_USAGE, "%s", wrong);
}

/* Asks about everybody who has written. */
static int ask_people(ImpFirstPolicy *policy, const char *work_tree)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *log = imp_user_git(work_tree, (const char *const[]){"shortlog", "-se", "HEAD", NULL}, &error);
    if (!log)
        return imp_command_fail_with(error);
    g_auto(GStrv) lines = g_strsplit(log, "\n", -1);
    int status = IMP_EXIT_DONE;
    for (char **line = lines; *line && !status; line++) {
        const char *tab = strchr(*line, '\t');
        if (!tab)
            continue;
        g_autofree char *question = g_strdup_printf(
            "%s: reviewer, editor, or both, and the file of the public key (nothing: neither):", tab + 1);
        g_autofree char *answer = imp_user_ask(question);
        g_autofree char *text = g_strdup_printf("%s %s", tab + 1, answer);
        if (*answer)
            status = add_person(policy, text);
    }
    while (!status) {
        g_autofree char *answer = imp_user_ask("Somebody else, NAME <ADDRESS> reviewer KEY.pub (nothing: nobody):");
        if (!*answer)
            break;
        status = add_person(policy, answer);
    }
    return status;
}

static int find_articles(ImpFirstPolicy *policy, const ImpCommand *command, const char *work_tree)
{
    g_autoptr(GError) error = NULL;
    const char *given = imp_command_text(command, "articles");
    g_autofree char *pattern = g_strdup(given);
    if (!pattern) {
        g_autofree char *list = imp_user_git(work_tree, (const char *const[]){"ls-files", NULL}, &error);
        if (!list)
            return imp_command_fail_with(error);
        g_auto(GStrv) paths = g_strsplit(list, "\n", -1);
        pattern = imp_first_policy_pattern(paths);
        if (is_on_terminal()) {
            char *answer = ask_with("Which files are articles", pattern);
            g_free(pattern);
            pattern = answer;
        }
    }
    policy->articles = g_strsplit(pattern, " ", -1);
    return IMP_EXIT_DONE;
}

static int read_approvals(ImpFirstPolicy *policy, const ImpCommand *command)
{
    guint64 count = 0;
    const char *text = imp_command_text(command, "approvals");
    if (text && (!g_ascii_string_to_unsigned(text, 10, 1, 100, &count, NULL)))
        return imp_command_fail(IMP_EXIT_USAGE, "--approvals wants a number from 1 on, not \"%s\"", text);
    policy->approvals = (guint)count;
    return IMP_EXIT_DONE;
}

static int find_people(ImpFirstPolicy *policy, const char *work_tree, char **arguments)
{
    int status = IMP_EXIT_DONE;
    for (; *arguments && !status; arguments++)
        status = add_person(policy, *arguments);
    if (!status && policy->people->len == 0 && is_on_terminal())
        status = ask_people(policy, work_tree);
    if (!status && imp_first_policy_count(policy, IMP_ROLE_REVIEWER) == 0)
        return imp_command_fail(IMP_EXIT_USAGE,
                                "nobody reviews; name people: imprimatur init \"NAME <ADDRESS> reviewer "
                                "KEY.pub\" \"NAME <ADDRESS> editor KEY.pub\"");
    return status;
}

static int write_files(const ImpFirstPolicy *policy, const char *folder)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *json = imp_first_policy_json(policy);
    g_autofree char *signers = imp_first_policy_signers(policy);
    g_autofree char *text = imp_first_policy_text(policy);
    g_autoptr(ImpPolicy) parsed = imp_policy_parse(json, strlen(json), signers, strlen(signers), NULL, &error);
    if (!parsed)
        return imp_command_fail(IMP_EXIT_CONFIGURATION, "what was said makes no policy: %s", error->message);
    if (g_mkdir(folder, 0777) != 0 && errno != EEXIST)
        return imp_command_fail(IMP_EXIT_NO, "%s: %s", folder, g_strerror(errno));
    const char *const files[][2] = {{"policy.json", json}, {"allowed_signers", signers}, {"POLICY.md", text}};
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(folder, files[i][0], NULL);
        if (!g_file_set_contents(path, files[i][1], -1, &error))
            return imp_command_fail_with(error);
    }
    return IMP_EXIT_DONE;
}

static void tell(const ImpFirstPolicy *policy)
{
    guint keyless = 0;
    for (guint i = 0; i < policy->people->len; i++)
        keyless += !((ImpFirstPerson *)policy->people->pdata[i])->key;
    g_autofree char *patterns = g_strjoinv(" ", policy->articles);
    printf(".imprimatur/ has a first policy of \"%s\": articles %s, %u reviewers, %u editors\n", policy->name, patterns,
           imp_first_policy_count(policy, IMP_ROLE_REVIEWER), imp_first_policy_count(policy, IMP_ROLE_EDITOR));
    if (keyless > 0)
        printf("%u of them cannot sign yet: add their keys to .imprimatur/allowed_signers\n", keyless);
    printf("\nRead the three files and change what is not so. Then, with a key that belongs to\n"
           "nobody on the board and stays with the editors, the authority:\n\n"
           "    ssh-keygen -t ed25519 -f ~/authority -C authority@%s\n"
           "    imprimatur policy sign -k ~/authority\n"
           "    git add .imprimatur\n"
           "    git commit -m \"Policy 1\"\n"
           "    git push\n\n"
           "and on the host of the repository, where the daemon runs, as\n"
           "/etc/imprimatur/%s.authority:\n\n"
           "    echo \"authority@%s namespaces=\\\"imprimatur-policy\\\" $(cut -d' ' -f1,2 ~/authority.pub)\"\n",
           policy->name, policy->name, policy->name);
}

static int make(const ImpCommand *command, const char *work_tree, char **arguments)
{
    g_autofree char *folder = g_build_filename(work_tree, ".imprimatur", NULL);
    g_autofree char *existing = g_build_filename(folder, "policy.json", NULL);
    if (g_file_test(existing, G_FILE_TEST_EXISTS))
        return imp_command_fail(IMP_EXIT_NO,
                                "there is a policy in %s; change that, and sign it with imprimatur policy "
                                "sign",
                                folder);
    g_autofree char *root = g_canonicalize_filename(work_tree, NULL);
    g_autofree char *base = g_path_get_basename(root);
    const char *given = imp_command_text(command, "name");
    g_autofree char *name =
        given || !is_on_terminal() ? g_strdup(given ? given : base) : ask_with("Name of the repository", base);
    g_auto(ImpFirstPolicy) policy;
    imp_first_policy_init(&policy, name);
    int status = read_approvals(&policy, command);
    if (!status)
        status = find_articles(&policy, command, work_tree);
    if (!status)
        status = find_people(&policy, work_tree, arguments);
    if (!status)
        status = write_files(&policy, folder);
    if (!status)
        tell(&policy);
    return status;
}

static int run(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)verb;
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpConfig) config = NULL;
    g_autoptr(ImpRepository) repository = imp_reader_open_repository(command, &config, &error);
    if (!repository)
        return imp_command_fail_with(error);
    const char *work_tree = imp_repository_work_tree(repository);
    if (!work_tree)
        return imp_command_fail(IMP_EXIT_USAGE, "init works in a clone, and %s has no work tree",
                                imp_repository_git_directory(repository));
    return make(command, work_tree, arguments);
}

static const GOptionEntry options[] = {
    {"name", 0, 0, G_OPTION_ARG_STRING, NULL, "the repository's, as in its configuration", "NAME"},
    {"articles", 0, 0, G_OPTION_ARG_STRING, NULL, "which files: patterns, with blanks between", "PATTERNS"},
    {"approvals", 0, 0, G_OPTION_ARG_STRING, NULL, "how many an article needs", "COUNT"},
    {0},
};

const ImpVerb imp_verb_init = {
    .name = "init",
    .arguments = "[PERSON...]",
    .summary = "write a first policy, and say what to do next",
    .help = "A PERSON is \"NAME <ADDRESS> WORD...\", whose words are reviewer, editor, id=ID\n"
            "and the file of a public key. What is not given is found in the repository (the\n"
            "folder with most Markdown files), and on a terminal asked: about everybody who\n"
            "has written there.\n",
    .options = options,
    .most = -1,
    .run = run,
};
