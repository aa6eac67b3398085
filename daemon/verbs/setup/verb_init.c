#include "daemon/config/config.h"
#include "daemon/terminal/print.h"
#include "daemon/terminal/user_git.h"
#include "daemon/verbs/command.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/setup/first_policy.h"
#include "daemon/verbs/view/reader.h"
#include "workflow/base/glob.h"
#include "workflow/base/json.h"
#include "workflow/policy_shown.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

/* A first policy from what is there: who has written, which Markdown files there are. What is not
 * given by arguments is asked on a terminal; what is written was read before by the parser that
 * will judge it. */

/* Who is asked about one by one. */
#define WRITERS_MAX 12

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
    return imp_first_policy_add(policy, text, &wrong)
               ? IMP_EXIT_DONE
               : imp_command_fail(IMP_EXIT_USAGE, "%s", wrong);
}

/* A reviewer's, where none are given. */
static void ask_specialties(ImpFirstPerson *person)
{
    if (!(person->roles & IMP_ROLE_REVIEWER) || *person->specialties)
        return;
    g_autofree char *answer =
        imp_user_ask("    specialties, such as oncology, with commas between. Nothing: none.");
    g_strfreev(person->specialties);
    person->specialties = imp_first_policy_words(answer);
}

static void ask_credentials(ImpFirstPerson *person)
{
    if (!(person->roles & IMP_ROLE_REVIEWER))
        return;
    g_autofree char *answer =
        imp_user_ask("    credentials that readers see, such as MD, FACP. Nothing: none.");
    if (*answer)
        person->credentials = g_steal_pointer(&answer);
}

/* Asks until the answer, behind `before`, makes a person, or is empty: then false. */
static bool ask_person(ImpFirstPolicy *policy, const char *question, const char *before)
{
    while (true) {
        g_autofree char *answer = imp_user_ask(question);
        if (!*answer)
            return false;
        g_autofree char *text = g_strconcat(before, " ", answer, NULL);
        if (!add_person(policy, g_strstrip(text))) {
            ImpFirstPerson *person = policy->people->pdata[policy->people->len - 1];
            ask_specialties(person);
            ask_credentials(person);
            return true;
        }
    }
}

/* The address of "NAME <ADDRESS>", in small letters; whoever commits from two machines may have two
 * names. */
static char *address_of(const char *writer)
{
    const char *open = strrchr(writer, '<');
    return g_ascii_strdown(open ? open : writer, -1);
}

/* Those who have written most, each as "NAME <ADDRESS>", an address once, with the name that has
 * most commits; empty where nothing is committed yet. */
static char **writers(const char *work_tree, guint *others)
{
    g_autoptr(GStrvBuilder) people = g_strv_builder_new();
    /* Without a commit git would read a log from standard input. */
    g_autofree char *head = imp_user_git(
        work_tree, (const char *const[]){"rev-parse", "-q", "--verify", "HEAD", NULL}, NULL);
    g_autofree char *log =
        head
            ? imp_user_git(work_tree, (const char *const[]){"shortlog", "-sne", "HEAD", NULL}, NULL)
            : NULL;
    g_auto(GStrv) lines = g_strsplit(log ? log : "", "\n", -1);
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (char **line = lines; *line; line++) {
        const char *tab = strchr(*line, '\t');
        if (!tab || !g_hash_table_add(known, address_of(tab + 1)))
            continue;
        if (g_hash_table_size(known) <= WRITERS_MAX)
            g_strv_builder_add(people, tab + 1);
    }
    guint count = g_hash_table_size(known);
    *others = count > WRITERS_MAX ? count - WRITERS_MAX : 0;
    return g_strv_builder_end(people);
}

static void ask_people(ImpFirstPolicy *policy, const char *work_tree)
{
    guint others;
    g_auto(GStrv) people = writers(work_tree, &others);
    fputs("Who reviews, and who is an editor? Answer with reviewer, editor or both, and the\n"
          "key that they sign with: the file of a public key, or \"agent\" for the one that\n"
          "your SSH agent holds. It may follow later. Nothing: neither.\n",
          stderr);
    for (char **person = people; *person; person++) {
        g_autofree char *clean = imp_print_clean(*person);
        g_autofree char *question = g_strconcat("  ", clean, ":", NULL);
        ask_person(policy, question, *person);
    }
    if (others > 0)
        fprintf(stderr, "%u others have written less.\n", others);
    fputs("Somebody else? Write NAME <ADDRESS> reviewer KEY.pub. Nothing: nobody.\n", stderr);
    while (ask_person(policy, "  NAME <ADDRESS> ...:", ""))
        continue;
}

static bool matches_any(const char *pattern, char *const *paths)
{
    for (; *paths; paths++)
        if (imp_glob_matches(pattern, *paths))
            return true;
    return false;
}

/* Patterns with blanks between, all of them valid; NULL, said why, where one is not. A blank may as
 * well be part of a name: what matches files as a whole is one pattern, and quotes keep others
 * together. What matches nothing yet is told. */
static char **read_patterns(const char *text, char *const *paths)
{
    g_autoptr(GStrvBuilder) patterns = g_strv_builder_new();
    bool whole = strchr(text, ' ') && imp_glob_is_valid(text, NULL) && matches_any(text, paths);
    g_auto(GStrv) parts = NULL;
    if (whole)
        parts = g_strdupv((char *[]){(char *)text, NULL});
    else if (!g_shell_parse_argv(text, NULL, &parts, NULL))
        parts = g_strsplit_set(text, " \t", -1);
    for (char **part = parts; part && *part; part++) {
        g_autofree char *why = NULL;
        if (**part && !imp_glob_is_valid(*part, &why)) {
            imp_command_fail(0, "\"%s\": %s", *part, why);
            return NULL;
        }
        if (**part && paths[0] && !matches_any(*part, paths))
            imp_command_fail(0, "no file matches \"%s\" yet", *part);
        if (**part)
            g_strv_builder_add(patterns, *part);
    }
    return g_strv_builder_end(patterns);
}

static int find_articles(ImpFirstPolicy *policy, const ImpCommand *command, const char *work_tree)
{
    g_autoptr(GError) error = NULL;
    const char *given = imp_command_text(command, "articles");
    gsize size;
    g_autofree char *list =
        imp_user_git_bytes(work_tree, (const char *const[]){"ls-files", "-z", NULL}, &size, &error);
    if (!list)
        return imp_command_fail_with(error);
    g_autoptr(GPtrArray) paths = g_ptr_array_new();
    for (char *path = list; path < list + size; path += strlen(path) + 1)
        g_ptr_array_add(paths, path);
    g_ptr_array_add(paths, NULL);
    char *const *files = (char *const *)paths->pdata;
    if (given) {
        policy->articles = read_patterns(given, files);
        return policy->articles ? IMP_EXIT_DONE : IMP_EXIT_USAGE;
    }
    g_autofree char *pattern = imp_first_policy_pattern(files);
    while (!policy->articles) {
        g_autofree char *answer =
            imp_user_is_here() ? ask_with("Which files are articles", pattern) : g_strdup(pattern);
        policy->articles = read_patterns(answer, files);
    }
    return IMP_EXIT_DONE;
}

static int read_approvals(ImpFirstPolicy *policy, const ImpCommand *command)
{
    guint64 count = 0;
    const char *text = imp_command_text(command, "approvals");
    if (text && (!g_ascii_string_to_unsigned(text, 10, 1, 100, &count, NULL)))
        return imp_command_fail(IMP_EXIT_USAGE, "--approvals takes a number from 1 up, not \"%s\"",
                                text);
    policy->approvals = (guint)count;
    return IMP_EXIT_DONE;
}

static int find_people(ImpFirstPolicy *policy, const char *work_tree, char **arguments)
{
    int status = IMP_EXIT_DONE;
    for (; *arguments && !status; arguments++)
        status = add_person(policy, *arguments);
    if (!status && policy->people->len == 0 && imp_user_is_here())
        ask_people(policy, work_tree);
    if (!status && imp_first_policy_count(policy, IMP_ROLE_REVIEWER) == 0)
        return imp_command_fail(
            IMP_EXIT_USAGE,
            "nobody reviews; name people: imprimatur init \"NAME <ADDRESS> reviewer "
            "KEY.pub\" \"NAME <ADDRESS> editor KEY.pub\"");
    return status;
}

/* The daemon's, by which everybody can tell its ledger from another: given, or asked for. */
static int find_ledger_key(ImpFirstPolicy *policy, const ImpCommand *command)
{
    const char *given = imp_command_text(command, "ledger-key");
    while (given || imp_user_is_here()) {
        g_autofree char *wrong = NULL;
        g_autofree char *answer =
            given ? g_strdup(given)
                  : imp_user_ask("The key that the daemon signs the ledger with: the file of its "
                                 "public half,\nor that itself. It may follow later. Nothing: "
                                 "none yet.");
        if (!*answer)
            return IMP_EXIT_DONE;
        policy->ledger_key = imp_first_policy_read_key(answer, &wrong);
        if (policy->ledger_key)
            return IMP_EXIT_DONE;
        imp_command_fail(IMP_EXIT_USAGE, "%s", wrong);
        if (given)
            return IMP_EXIT_USAGE;
    }
    return IMP_EXIT_DONE;
}

/* What readers are told on every page, and where they may ask. */
static int find_what_is_shown(ImpFirstPolicy *policy, const ImpCommand *command)
{
    const char *disclaimer = imp_command_text(command, "disclaimer");
    const char *contact = imp_command_text(command, "contact");
    g_autofree char *told =
        disclaimer || !imp_user_is_here()
            ? g_strdup(disclaimer)
            : imp_user_ask("What every page of a site tells its readers, such as that it replaces "
                           "nobody's\nadvice. It may follow later. Nothing: nothing yet.");
    if (told && *told)
        policy->disclaimer = g_steal_pointer(&told);
    while (contact || imp_user_is_here()) {
        g_autofree char *answer =
            contact ? g_strdup(contact)
                    : imp_user_ask("Where readers may ask: https://... or mailto:ADDRESS, in which "
                                   "{path}, {version}\nand {title} are filled in. Nothing: "
                                   "nowhere yet.");
        g_autofree char *wrong = *answer ? imp_policy_contact_fault(answer) : NULL;
        if (!wrong) {
            policy->contact = *answer ? g_steal_pointer(&answer) : NULL;
            return IMP_EXIT_DONE;
        }
        imp_command_fail(IMP_EXIT_USAGE, "%s", wrong);
        if (contact)
            return IMP_EXIT_USAGE;
    }
    return IMP_EXIT_DONE;
}

static int write_files(const ImpFirstPolicy *policy, const char *folder)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *json = imp_first_policy_json(policy);
    g_autofree char *signers = imp_first_policy_signers(policy);
    g_autofree char *text = imp_first_policy_text(policy);
    g_autoptr(ImpPolicy) parsed =
        imp_policy_parse(json, strlen(json), signers, strlen(signers), NULL, &error);
    if (!parsed)
        return imp_command_fail(IMP_EXIT_CONFIGURATION, "what was said does not make a policy: %s",
                                error->message);
    if (g_mkdir(folder, 0777) != 0 && errno != EEXIST)
        return imp_command_fail(IMP_EXIT_NO, "%s: %s", folder, g_strerror(errno));
    const char *const files[][2] = {
        {"/policy.json", json}, {"/allowed_signers", signers}, {"/POLICY.md", text}};
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_strconcat(folder, files[i][0], NULL);
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
    guint reviewers = imp_first_policy_count(policy, IMP_ROLE_REVIEWER);
    guint editors = imp_first_policy_count(policy, IMP_ROLE_EDITOR);
    printf(".imprimatur/ has a first policy of \"%s\": articles %s, %u reviewer%s, %u editor%s\n",
           policy->name, patterns, reviewers, reviewers == 1 ? "" : "s", editors,
           editors == 1 ? "" : "s");
    if (keyless > 0)
        printf("%u of them cannot sign yet: add their keys to .imprimatur/allowed_signers\n",
               keyless);
    if (!policy->ledger_key)
        puts(
            "no ledger_key yet, without which nobody can prove where the ledger is from: the "
            "operator\nmakes the key (signing_key in imprimatur.json(5)); put its public half into "
            "policy.json");
    printf("\nRead the three files and change what is not so. Then, with a key that belongs to\n"
           "nobody on the board and stays with the editors, the authority:\n\n"
           "    ssh-keygen -t ed25519 -f ~/authority -C authority@%s\n"
           "    imprimatur policy sign -k ~/authority\n"
           "    git add .imprimatur\n"
           "    git commit -m \"Policy 1\"\n"
           "    git push\n\n"
           "and on the host of the repository, where the daemon runs, as\n"
           "/etc/imprimatur/%s.authority:\n\n"
           "    echo \"authority@%s namespaces=\\\"imprimatur-policy\\\" $(cut -d' ' -f1,2 "
           "~/authority.pub)\"\n",
           policy->name, policy->name, policy->name);
}

/* The repository's: given, or the folder's, made valid. NULL, and said why, where that is not
 * possible. */
static char *find_name(const ImpCommand *command, const char *work_tree)
{
    const char *given = imp_command_text(command, "name");
    g_autofree char *root = g_canonicalize_filename(work_tree, NULL);
    g_autofree char *base = g_path_get_basename(root);
    for (char *at = base; *at; at++)
        if (!g_ascii_isalnum(*at) && !strchr("._-", *at))
            *at = '-';
    const char *proposal = imp_json_name_is_valid(base) ? base : "articles";
    while (true) {
        g_autofree char *name = given || !imp_user_is_here()
                                    ? g_strdup(given ? given : proposal)
                                    : ask_with("Name of the repository", proposal);
        if (imp_json_name_is_valid(name))
            return g_steal_pointer(&name);
        imp_command_fail(0, "\"%s\" is not a name: it has letters, digits, \".\", \"_\" and \"-\"",
                         name);
        if (given)
            return NULL;
    }
}

static int make(const ImpCommand *command, const char *work_tree, char **arguments)
{
    g_autofree char *folder = g_build_filename(work_tree, ".imprimatur", NULL);
    g_autofree char *existing = g_strconcat(folder, "/policy.json", NULL);
    if (g_file_test(existing, G_FILE_TEST_EXISTS))
        return imp_command_fail(
            IMP_EXIT_NO,
            "there is a policy in %s; change that, and sign it with imprimatur policy "
            "sign",
            folder);
    g_autofree char *name = find_name(command, work_tree);
    if (!name)
        return IMP_EXIT_USAGE;
    g_auto(ImpFirstPolicy) policy;
    imp_first_policy_init(&policy, name);
    int status = read_approvals(&policy, command);
    if (!status)
        status = find_articles(&policy, command, work_tree);
    if (!status)
        status = find_people(&policy, work_tree, arguments);
    if (!status)
        status = find_ledger_key(&policy, command);
    if (!status)
        status = find_what_is_shown(&policy, command);
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
    {"articles", 0, 0, G_OPTION_ARG_STRING, NULL, "which files: patterns, with blanks between",
     "PATTERNS"},
    {"approvals", 0, 0, G_OPTION_ARG_STRING, NULL, "how many an article needs", "COUNT"},
    {"ledger-key", 0, 0, G_OPTION_ARG_STRING, NULL, "the daemon's public key: its file, or itself",
     "KEY"},
    {"disclaimer", 0, 0, G_OPTION_ARG_STRING, NULL, "what every page tells its readers", "TEXT"},
    {"contact", 0, 0, G_OPTION_ARG_STRING, NULL, "where readers may ask: https://, mailto:", "URL"},
    {0},
};

const ImpVerb imp_verb_init = {
    .name = "init",
    .arguments = "[PERSON...]",
    .summary = "write a first policy, and say what to do next",
    .help = "A PERSON is \"NAME <ADDRESS> WORD...\", whose words are reviewer, editor, both,\n"
            "id=ID, specialty=WORD, and the file of a public key, or agent (agent=COMMENT)\n"
            "for a key that your SSH agent holds. What is not given is found in the\n"
            "repository (the folder with most Markdown files), and on a terminal asked: about\n"
            "those who have written most.\n",
    .options = options,
    .most = -1,
    .run = run,
};
