#include "daemon/terminal/print.h"
#include "daemon/verbs/command.h"
#include "daemon/verbs/view/reader.h"
#include "notify/schedule.h"
#include "workflow/base/json.h"

#include <stdio.h>
#include <string.h>

/* What may come next on a command line, for the shells: they hand over the words up to the one at
 * the cursor, and get a candidate a line, with a tab and a description behind it. Verbs and options
 * are those of the table, and what an argument may be follows from the word by which --help calls
 * it. What cannot be found out (no repository, no ledger, no configuration) has no candidates;
 * nothing is ever said about it. */

typedef struct {
    ImpCommand command; /* what the words say so far; borrows from them */
    const ImpVerb *verb;
    char *const *words; /* behind the general options: the verb, as far as it goes */
    const char *prefix; /* of each candidate, as it is printed: "--state=" */
    const char *begun;  /* what a candidate begins with */
} Completion;

/* Tells one, if it begins as the word does. */
static void tell(const Completion *completion, const char *candidate, const char *description)
{
    if (!g_str_has_prefix(candidate, completion->begun))
        return;
    g_autofree char *clean = imp_print_clean(description ? description : "");
    printf("%s%s%s%s\n", completion->prefix, candidate, *clean ? "\t" : "", clean);
}

/* Arguments */

static ImpReader *open_reader(const Completion *completion)
{
    return imp_reader_open(&completion->command, NULL);
}

/* From the current directory too, where that lies within the work tree. */
static char *folder_here(const ImpReader *reader)
{
    const char *root = imp_repository_work_tree(reader->repository);
    if (!root)
        return NULL;
    g_autofree char *top = g_canonicalize_filename(root, NULL);
    const char *below =
        g_str_has_prefix(reader->directory, top) ? reader->directory + strlen(top) : "";
    return *below == '/' ? g_strconcat(below + 1, "/", NULL) : NULL;
}

/* A path as it is shown, in C quotes where it would harm a terminal; verbs take it so. */
static void tell_path(const Completion *completion, const char *path, ImpState state)
{
    g_autofree char *shown = imp_print_path(path);
    tell(completion, shown, imp_state_word(state));
}

static void tell_articles(const Completion *completion)
{
    g_autoptr(ImpReader) reader = open_reader(completion);
    g_autoptr(GPtrArray) articles = reader ? imp_index_load_live(reader->database, NULL) : NULL;
    g_autofree char *here = reader ? folder_here(reader) : NULL;
    for (guint i = 0; articles && i < articles->len; i++) {
        const ImpArticle *article = articles->pdata[i];
        tell_path(completion, article->path, article->state);
        if (here && g_str_has_prefix(article->path, here))
            tell_path(completion, article->path + strlen(here), article->state);
    }
}

static void tell_people(const Completion *completion)
{
    g_autoptr(ImpReader) reader = open_reader(completion);
    for (guint i = 0; reader && reader->policy && i < reader->policy->people->len; i++) {
        const ImpPerson *person = reader->policy->people->pdata[i];
        tell(completion, person->id, person->name);
    }
}

static void tell_states(const Completion *completion)
{
    for (ImpState state = IMP_STATE_SUBMITTED; state <= IMP_STATE_APPROVED; state++)
        tell(completion, imp_state_key(state), imp_state_word(state));
}

static void tell_delivery_states(const Completion *completion)
{
    for (ImpDeliveryState state = 0; state < IMP_N_DELIVERY_STATES; state++)
        tell(completion, imp_delivery_state_word(state), NULL);
}

static void tell_remotes(const Completion *completion)
{
    g_autoptr(ImpConfig) config = NULL;
    g_autoptr(ImpRepository) repository =
        imp_reader_open_repository(&completion->command, &config, NULL);
    g_auto(GStrv) remotes = repository ? imp_repository_remotes(repository) : NULL;
    for (char **remote = remotes; remote && *remote; remote++)
        tell(completion, *remote, "remote");
}

static void tell_endpoints(const Completion *completion)
{
    const char *path = completion->command.config_path;
    g_autoptr(ImpConfig) config =
        path ? imp_config_load_without_secrets(path, g_getenv("STATE_DIRECTORY"), NULL) : NULL;
    for (guint i = 0; config && i < config->endpoints->len; i++)
        tell(completion, ((ImpEndpoint *)config->endpoints->pdata[i])->name, "endpoint");
}

/* What the program itself says about the queue. */
static void tell_deliveries(const Completion *completion)
{
    const ImpCommand *command = &completion->command;
    const char *const words[] = {
        "/proc/self/exe", "--json", "-c", command->config_path ? command->config_path : "",
        "deliveries",     "list",   NULL};
    g_autofree char *said = NULL;
    if (!command->config_path ||
        !g_spawn_sync(NULL, (char **)words, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &said,
                      NULL, NULL, NULL))
        return;
    g_auto(GStrv) lines = g_strsplit(said, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_autoptr(json_t) object = json_loads(*line, 0, NULL);
        json_t *id = json_object_get(object, "delivery");
        if (!json_is_integer(id))
            continue;
        g_autofree char *text = g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(id));
        tell(completion, text, json_string_value(json_object_get(object, "endpoint")));
    }
}

/* By the word in capitals, and the beginning of the verb where that makes a difference: the first
 * that fits. A word that is not here is a file's name, for the shell, or a text. */
static const struct {
    const char *word;
    const char *verb;
    void (*tell)(const Completion *completion);
} arguments[] = {
    {"ARTICLE", "", tell_articles},         {"PATH", "check", tell_articles},
    {"ID", "deliveries ", tell_deliveries}, {"ID", "", tell_people},
    {"STATE", "status", tell_states},       {"STATE", "deliveries ", tell_delivery_states},
    {"NAME", "endpoint ", tell_endpoints},  {"NAME", "deliveries ", tell_endpoints},
    {"REMOTE", "", tell_remotes},
};

/* `described` is an option's word, or a verb's arguments: "[ARTICLE...]". */
static void tell_arguments(const Completion *completion, const char *described)
{
    if (!described)
        return;
    const char *begin = described + strcspn(described, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    g_autofree char *word = g_strndup(begin, strspn(begin, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
    for (gsize i = 0; i < G_N_ELEMENTS(arguments); i++)
        if (strcmp(arguments[i].word, word) == 0 &&
            g_str_has_prefix(completion->verb->name, arguments[i].verb)) {
            arguments[i].tell(completion);
            return;
        }
}

/* Verbs and options */

/* Verbs, a word at a time: behind the first word of two, the second. */
static void tell_verbs(const Completion *completion)
{
    g_autofree char *group =
        *completion->words ? g_strconcat(*completion->words, " ", NULL) : g_strdup("");
    g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (const ImpVerb *const *verb = completion->command.verbs; *verb; verb++) {
        if ((*verb)->hidden || !g_str_has_prefix((*verb)->name, group))
            continue;
        const char *rest = (*verb)->name + strlen(group), *end = strchr(rest, ' ');
        g_autofree char *word = g_strndup(rest, end ? (gsize)(end - rest) : strlen(rest));
        if (g_hash_table_add(told, g_strdup(word)))
            tell(completion, word, end ? "" : (*verb)->summary);
    }
}

static void tell_options(const Completion *completion, const GOptionEntry *options)
{
    for (; options && options->long_name; options++) {
        g_autofree char *option = g_strconcat("--", options->long_name, NULL);
        tell(completion, option, options->description);
    }
}

static const GOptionEntry *find_option(const GOptionEntry *options, const char *word)
{
    gsize length = strcspn(word, "=");
    for (; options && options->long_name; options++) {
        if (g_str_has_prefix(word, "--") && strlen(options->long_name) == length - 2 &&
            strncmp(options->long_name, word + 2, length - 2) == 0)
            return options;
        if (word[0] == '-' && options->short_name && word[1] == options->short_name)
            return options;
    }
    return NULL;
}

/* The option that a word is, before or behind the verb; NULL: it is not an option. */
static const GOptionEntry *option_of(const Completion *completion, const char *word)
{
    const GOptionEntry *option = find_option(imp_command_general_options(), word);
    return option || !completion->verb ? option : find_option(completion->verb->options, word);
}

/* The value within the word itself: "--state=sub", "-cFILE"; NULL: none. */
static const char *value_within(const char *word)
{
    const char *equals = strchr(word, '=');
    if (g_str_has_prefix(word, "--"))
        return equals ? equals + 1 : NULL;
    return word[1] && word[2] ? word + 2 : NULL;
}

static void take_value(Completion *completion, const GOptionEntry *option, const char *value)
{
    ImpCommand *command = &completion->command;
    char **place = option->short_name == 'c'   ? &command->config_path
                   : option->short_name == 'C' ? &command->directory
                                               : NULL;
    if (!place || option != find_option(imp_command_general_options(),
                                        option->short_name == 'c' ? "-c" : "-C"))
        return;
    g_free(*place);
    *place = g_strdup(value);
}

/* Goes through the words before the last. Returns the option whose value the last word is; NULL:
 * it does not have one. */
static const GOptionEntry *read_words(Completion *completion, char **words, char **last,
                                      GPtrArray *verb_words)
{
    for (char **word = words; word < last; word++) {
        const GOptionEntry *option = option_of(completion, *word);
        const char *within = option ? value_within(*word) : NULL;
        if (option && within) {
            take_value(completion, option, within);
        } else if (option && option->arg != G_OPTION_ARG_NONE &&
                   !(option->flags & G_OPTION_FLAG_OPTIONAL_ARG)) {
            if (++word == last)
                return option;
            take_value(completion, option, *word);
        } else if (!option && !completion->verb) {
            g_ptr_array_insert(verb_words, (gint)verb_words->len - 1, *word);
            completion->verb =
                imp_command_find_verb(completion->command.verbs, (char *const *)verb_words->pdata);
        }
    }
    return NULL;
}

static void complete(Completion *completion, const GOptionEntry *pending, const char *word)
{
    const GOptionEntry *within = option_of(completion, word);
    const char *value = within ? value_within(word) : NULL;
    g_autofree char *prefix = value ? g_strndup(word, (gsize)(value - word)) : NULL;
    completion->prefix = "";
    completion->begun = word;
    if (pending) {
        if (completion->verb)
            tell_arguments(completion, pending->arg_description);
    } else if (value && completion->verb) {
        completion->prefix = prefix;
        completion->begun = value;
        tell_arguments(completion, within->arg_description);
    } else if (*word == '-') {
        tell_options(completion, completion->verb ? completion->verb->options : NULL);
        tell_options(completion, imp_command_general_options());
    } else if (completion->verb) {
        tell_arguments(completion, completion->verb->arguments);
    } else {
        tell_verbs(completion);
    }
}

static int run(const ImpCommand *command, const ImpVerb *verb, char **words)
{
    (void)verb;
    guint count = g_strv_length(words);
    g_autoptr(GPtrArray) verb_words = g_ptr_array_new();
    g_ptr_array_add(verb_words, NULL);
    Completion completion = {.command = *command};
    completion.command.config_path = g_strdup(command->config_path);
    completion.command.directory = g_strdup(command->directory);
    const GOptionEntry *pending = read_words(&completion, words, words + count - 1, verb_words);
    completion.words = (char *const *)verb_words->pdata;
    if (completion.command.directory)
        g_clear_pointer(&completion.command.config_path, g_free);
    complete(&completion, pending, words[count - 1]);
    g_free(completion.command.config_path);
    g_free(completion.command.directory);
    return IMP_EXIT_DONE;
}

const ImpVerb imp_verb_complete = {
    .name = "complete",
    .arguments = "-- WORD...",
    .summary = "say what may come next on a command line",
    .least = 1,
    .most = -1,
    .hidden = true,
    .run = run,
};
