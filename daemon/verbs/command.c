#include "daemon/verbs/command.h"
#include "daemon/terminal/nearest.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/help.h"
#include "workflow/base/moment.h"

#include <stdio.h>
#include <string.h>

/* The command line is read twice: up to the verb, and behind it by the verb's table. The general
 * options may stand in both places, since `imprimatur status --json` is what people type. */

#define OPTIONS_MAX 32

void imp_command_clear(ImpCommand *command)
{
    g_clear_pointer(&command->config_path, g_free);
    g_clear_pointer(&command->directory, g_free);
    g_clear_pointer(&command->options, g_hash_table_unref);
}

const char *imp_command_text(const ImpCommand *command, const char *option)
{
    return g_hash_table_lookup(command->options, option);
}

bool imp_command_has(const ImpCommand *command, const char *option)
{
    return g_hash_table_contains(command->options, option);
}

const char *imp_command_word_behind(const ImpCommand *command, const char *option)
{
    for (char **word = command->all; *word && strcmp(*word, "--") != 0; word++)
        if (g_str_has_prefix(*word, "--") && strcmp(*word + 2, option) == 0)
            return word[1];
    return NULL;
}

ImpPager *imp_command_pager(const ImpCommand *command)
{
    return command->json || command->no_pager ? NULL : imp_pager_begin(command->directory);
}

/* Options */

static const GOptionEntry general_options[] = {
    {"config", 'c', 0, G_OPTION_ARG_FILENAME, NULL, "the configuration of a repository", "FILE"},
    {"directory", 'C', 0, G_OPTION_ARG_FILENAME, NULL, "a repository or clone to work in",
     "DIRECTORY"},
    {"json", 0, 0, G_OPTION_ARG_NONE, NULL, "one JSON object a line, for programs", NULL},
    {"no-pager", 0, 0, G_OPTION_ARG_NONE, NULL, "no pager on a terminal", NULL},
    {"help", 'h', 0, G_OPTION_ARG_NONE, NULL, "print this", NULL},
    {"version", 0, 0, G_OPTION_ARG_NONE, NULL, "print the version", NULL},
    {0},
};

const GOptionEntry *imp_command_general_options(void)
{
    return general_options;
}

static void print_version(void)
{
    puts("imprimatur " IMP_VERSION);
}

/* Verbs */

static gsize words_in(const char *name)
{
    return strchr(name, ' ') ? 2 : 1;
}

static char *first_words(char *const *words, gsize count)
{
    return count == 2 && words[1] ? g_strconcat(words[0], " ", words[1], NULL) : g_strdup(words[0]);
}

const ImpVerb *imp_command_find_verb(const ImpVerb *const *verbs, char *const *words)
{
    for (; *verbs; verbs++) {
        g_autofree char *name = first_words(words, words_in((*verbs)->name));
        if (strcmp((*verbs)->name, name) == 0)
            return *verbs;
    }
    return NULL;
}

/* The names of two words that begin with `word`, as a list; NULL where there are none. */
static char *verbs_of_group(const ImpVerb *const *verbs, const char *word)
{
    g_autofree char *prefix = g_strconcat(word, " ", NULL);
    g_autoptr(GString) names = g_string_new(NULL);
    for (; *verbs; verbs++)
        if (g_str_has_prefix((*verbs)->name, prefix))
            g_string_append_printf(names, "%s\"%s\"", names->len ? ", " : "", (*verbs)->name);
    return names->len ? g_string_free(g_steal_pointer(&names), FALSE) : NULL;
}

/* The verb of two words whose second is near to the one typed, or begins with it; NULL: none. */
static const char *nearest_of_group(const ImpVerb *const *verbs, char *const *words)
{
    g_autofree char *prefix = g_strconcat(words[0], " ", NULL);
    g_autoptr(GPtrArray) seconds = g_ptr_array_new();
    gsize length = strlen(prefix);
    for (; *verbs; verbs++) {
        if (!g_str_has_prefix((*verbs)->name, prefix))
            continue;
        if (strlen(words[1]) > 2 && g_str_has_prefix((*verbs)->name + length, words[1]))
            return (*verbs)->name;
        g_ptr_array_add(seconds, (gpointer)((*verbs)->name + length));
    }
    const char *second = imp_nearest(words[1], (const char *const *)seconds->pdata, seconds->len);
    return second ? second - length : NULL;
}

static bool asks_for_help(const char *word)
{
    return g_strcmp0(word, "--help") == 0 || g_strcmp0(word, "-h") == 0;
}

static int refuse_verb(const ImpVerb *const *verbs, char *const *words)
{
    g_autofree char *group = verbs_of_group(verbs, words[0]);
    if (group && asks_for_help(words[1])) {
        printf("There is %s; each has --help.\n", group);
        return IMP_EXIT_DONE;
    }
    if (group && words[1] && *words[1] != '-') {
        const char *meant = nearest_of_group(verbs, words);
        if (meant)
            return imp_command_fail(IMP_EXIT_USAGE,
                                    "there is no verb \"%s %s\"; did you mean \"%s\"?", words[0],
                                    words[1], meant);
    }
    if (group)
        return imp_command_fail(IMP_EXIT_USAGE, "\"%s\" needs a second word; there is %s", words[0],
                                group);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (; *verbs; verbs++)
        if (!(*verbs)->hidden)
            g_ptr_array_add(names, (gpointer)(*verbs)->name);
    g_autofree char *two_words = first_words(words, 2);
    const char *nearest = imp_nearest(words[0], (const char *const *)names->pdata, names->len);
    if (!nearest)
        nearest = imp_nearest(two_words, (const char *const *)names->pdata, names->len);
    if (nearest)
        return imp_command_fail(IMP_EXIT_USAGE, "there is no verb \"%s\"; did you mean \"%s\"?",
                                words[0], nearest);
    return imp_command_fail(IMP_EXIT_USAGE, "there is no verb \"%s\"; imprimatur --help lists them",
                            words[0]);
}

static int refuse_count(const ImpVerb *verb, gsize count)
{
    if (count < (gsize)verb->least)
        return imp_command_fail(IMP_EXIT_USAGE, "%s: an argument is missing: imprimatur %s %s",
                                verb->name, verb->name, verb->arguments);
    const char *many = verb->most == 0 ? "no arguments" : "fewer arguments";
    return imp_command_fail(IMP_EXIT_USAGE, "%s takes %s: imprimatur %s%s%s", verb->name, many,
                            verb->name, verb->arguments ? " " : "",
                            verb->arguments ? verb->arguments : "");
}

/* Options */

/* The option that a word is, if it is one with a value: "-n", "-n3", "--count", "--count=3". */
static const GOptionEntry *valued_option(const GOptionEntry *entries, const char *word)
{
    for (; entries->long_name; entries++) {
        if (entries->arg == G_OPTION_ARG_NONE)
            continue;
        gsize length = strlen(entries->long_name);
        if ((word[0] == '-' && entries->short_name && word[1] == entries->short_name) ||
            (g_str_has_prefix(word, "--") && strncmp(word + 2, entries->long_name, length) == 0 &&
             strchr("=", word[2 + length])))
            return entries;
    }
    return NULL;
}

/* "-n3" becomes "-n" "3", which is what GLib understands. The first word is a name, and "--" or,
 * with `up_to_verb`, the first word that is not an option ends it. */
static char **split_values(const GOptionEntry *entries, char *const *words, bool up_to_verb)
{
    g_autoptr(GStrvBuilder) split = g_strv_builder_new();
    g_strv_builder_add(split, *words);
    for (words++; *words && strcmp(*words, "--") != 0 && !(up_to_verb && **words != '-'); words++) {
        const char *word = *words;
        const GOptionEntry *option = valued_option(entries, word);
        if (option && word[1] != '-' && word[2]) {
            const char letter[] = {'-', word[1], '\0'};
            g_strv_builder_add(split, letter);
            g_strv_builder_add(split, word + 2);
            continue;
        }
        if (option && option->flags & G_OPTION_FLAG_OPTIONAL_ARG && !strchr(word, '=')) {
            g_autofree char *without = g_strconcat(word, "=", NULL);
            g_strv_builder_add(split, without);
            continue;
        }
        g_strv_builder_add(split, word);
        if (option && !strchr(word, '=') && words[1]) /* whatever the value looks like */
            g_strv_builder_add(split, *++words);
    }
    for (; *words; words++)
        g_strv_builder_add(split, *words);
    return g_strv_builder_end(split);
}

typedef union {
    gboolean given;
    char *text;
} OptionValue;

/* Reads options out of `words` (a program's name, then what is to be read) into the command. */
static bool read_options(ImpCommand *command, const GOptionEntry *own, bool up_to_verb,
                         char ***words, GError **error)
{
    GOptionEntry entries[OPTIONS_MAX + 1] = {0};
    OptionValue values[OPTIONS_MAX] = {0};
    gsize count = 0;
    for (const GOptionEntry *option = general_options; option->long_name; option++)
        entries[count++] = *option;
    for (const GOptionEntry *option = own; option && option->long_name && count < OPTIONS_MAX;
         option++)
        entries[count++] = *option;
    char **split = split_values(entries, *words, up_to_verb);
    for (gsize i = 0; i < count; i++) {
        entries[i].arg_data = &values[i];
        entries[i].flags &= ~G_OPTION_FLAG_OPTIONAL_ARG; /* which GLib knows for callbacks alone */
    }
    g_strfreev(*words);
    *words = split;
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_set_strict_posix(context, up_to_verb);
    bool fine = g_option_context_parse_strv(context, words, error);
    for (gsize i = 0; i < count; i++) {
        if (entries[i].arg == G_OPTION_ARG_NONE) {
            if (values[i].given)
                g_hash_table_insert(command->options, g_strdup(entries[i].long_name), NULL);
        } else if (values[i].text) {
            g_hash_table_insert(command->options, g_strdup(entries[i].long_name), values[i].text);
        }
    }
    return fine;
}

static bool read_moment(ImpCommand *command)
{
    const char *now = g_getenv("IMPRIMATUR_NOW");
    return !now || imp_moment_parse(now, &command->now_us);
}

static void take_general_options(ImpCommand *command)
{
    command->config_path = g_strdup(imp_command_text(command, "config"));
    command->directory = g_strdup(imp_command_text(command, "directory"));
    command->json = imp_command_has(command, "json");
    command->no_pager = imp_command_has(command, "no-pager");
    const char *config = g_getenv("IMPRIMATUR_CONFIG");
    if (!command->config_path && !command->directory && config && *config)
        command->config_path = g_strdup(config);
}

/* What is left of the words behind the verb; GLib leaves "--" there when what follows begins with a
 * dash. */
static char **arguments_of(char **words)
{
    g_autoptr(GStrvBuilder) arguments = g_strv_builder_new();
    bool ended = false;
    for (char **word = words + 1; *word; word++) {
        if (!ended && strcmp(*word, "--") == 0)
            ended = true;
        else
            g_strv_builder_add(arguments, *word);
    }
    return g_strv_builder_end(arguments);
}

/* Says what is wrong with the options, and which may be meant. `verb` is NULL before the verb. */
static int refuse_option(const ImpVerb *verb, const GError *error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (const GOptionEntry *option = general_options; option->long_name; option++)
        g_ptr_array_add(names, (gpointer)option->long_name);
    for (const GOptionEntry *option = verb ? verb->options : NULL; option && option->long_name;
         option++)
        g_ptr_array_add(names, (gpointer)option->long_name);
    const char *given = g_error_matches(error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION)
                            ? strstr(error->message, "--")
                            : NULL;
    const char *nearest =
        given ? imp_nearest(given + 2, (const char *const *)names->pdata, names->len) : NULL;
    g_autofree char *meant = nearest ? g_strdup_printf("did you mean --%s?", nearest)
                                     : g_strdup_printf("imprimatur %s%s--help lists the options",
                                                       verb ? verb->name : "", verb ? " " : "");
    return imp_command_fail(IMP_EXIT_USAGE, "%s%s%s; %s", verb ? verb->name : "", verb ? ": " : "",
                            error->message, meant);
}

/* Reads what stands behind the verb. */
static const ImpVerb *read_verb(ImpCommand *command, const ImpVerb *verb, char **words,
                                char ***arguments, int *status)
{
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) rest = g_strdupv(words + words_in(verb->name) - 1);
    if (!read_options(command, verb->options, false, &rest, &error)) {
        *status = refuse_option(verb, error);
        return NULL;
    }
    if (imp_command_has(command, "help") || imp_command_has(command, "version")) {
        imp_command_has(command, "help") ? imp_help_print_verb(verb, general_options)
                                         : print_version();
        *status = IMP_EXIT_DONE;
        return NULL;
    }
    take_general_options(command);
    g_auto(GStrv) left = arguments_of(rest);
    gsize count = g_strv_length(left);
    if (count < (gsize)verb->least || (verb->most >= 0 && count > (gsize)verb->most)) {
        *status = refuse_count(verb, count);
        return NULL;
    }
    if (verb->judges_by_time && !read_moment(command)) {
        *status = imp_command_fail(
            IMP_EXIT_USAGE, "IMPRIMATUR_NOW: \"%s\" is not a moment like 2026-11-23T09:14:07Z",
            g_getenv("IMPRIMATUR_NOW"));
        return NULL;
    }
    *arguments = g_steal_pointer(&left);
    return verb;
}

const ImpVerb *imp_command_read(ImpCommand *command, const ImpVerb *const *verbs, char **argv,
                                char ***arguments, int *status)
{
    *command =
        (ImpCommand){.program = argv[0], .all = argv, .verbs = verbs, .now_us = g_get_real_time()};
    command->options = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_auto(GStrv) words = g_strdupv(argv);
    g_autoptr(GError) error = NULL;
    *status = IMP_EXIT_DONE;
    if (!read_options(command, NULL, true, &words, &error)) {
        *status = refuse_option(NULL, error);
        return NULL;
    }
    if (imp_command_has(command, "version")) {
        print_version();
        return NULL;
    }
    if (imp_command_has(command, "help")) {
        imp_help_print(verbs, general_options);
        return NULL;
    }
    if (!words[0] || !words[1]) {
        *status =
            imp_command_fail(IMP_EXIT_USAGE, "a verb is missing; imprimatur --help lists them");
        return NULL;
    }
    const ImpVerb *verb = imp_command_find_verb(verbs, words + 1);
    if (verb)
        return read_verb(command, verb, words + 1, arguments, status);
    *status = refuse_verb(verbs, words + 1);
    return NULL;
}
