#pragma once

#include <glib.h>
#include <stdbool.h>

/* The command line: what stands before the verb, and the table of verbs. */

/* Exit statuses (imprimatur(1), EXIT STATUS). */
enum {
    IMP_EXIT_DONE = 0,
    IMP_EXIT_NO = 1,            /* failed, or the answer is no */
    IMP_EXIT_USAGE = 2,
    IMP_EXIT_CONFIGURATION = 3, /* or the policy */
    IMP_EXIT_AGAIN = 75,        /* try again: EX_TEMPFAIL of sysexits(3) */
};

/* The options before the verb, and the moment. */
typedef struct {
    char *config_path; /* -c or $IMPRIMATUR_CONFIG, NULL: none */
    char *directory;   /* -C, NULL: the current one */
    bool json;
    gint64 now_us;       /* the clock's, or $IMPRIMATUR_NOW */
    const char *program; /* argv[0] */
    char **all;          /* the whole argv, for a verb that another program carries out */
} ImpCommand;

typedef struct ImpVerb ImpVerb;
struct ImpVerb {
    const char *name;
    const char *arguments; /* "[ARTICLE...]", for --help */
    const char *summary;   /* one line, lower case, no full stop */
    const char *help;      /* what --help says beyond the summary and the options, ready to print; or NULL */
    const GOptionEntry *(*options)(void); /* or NULL */
    int least, most; /* arguments after the options; most -1: any number */
    int (*run)(const ImpCommand *command, const ImpVerb *verb, char **arguments);
};

extern const ImpVerb imp_verb_daemon;
extern const ImpVerb imp_verb_once;

/* Prints "imprimatur: MESSAGE" on standard error and returns `status`. */
int imp_command_fail(int status, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The same for an error, with the status that its kind has. */
int imp_command_fail_with(const GError *error);
