#pragma once

#include "daemon/terminal/exit.h"

#include <glib.h>
#include <stdbool.h>

/* The command line: what stands before the verb, and the table of verbs. */

typedef struct ImpVerb ImpVerb;

/* What the command line says, and the moment. */
typedef struct {
    char *config_path; /* -c; else, unless -C says where to work, $IMPRIMATUR_CONFIG; NULL: none */
    char *directory;   /* -C, NULL: the current one */
    bool json;
    bool no_pager;
    gint64 now_us;               /* the clock's, or $IMPRIMATUR_NOW */
    const char *program;         /* argv[0] */
    char **all;                  /* the whole argv, for a verb that another program carries out */
    const ImpVerb *const *verbs; /* the table, NULL-terminated */
    GHashTable *options;         /* of the verb, by long name; daemon/verbs/command.h */
} ImpCommand;

struct ImpVerb {
    const char *name;      /* one word, or two ("ledger restore") */
    const char *arguments; /* "[ARTICLE...]", for --help; NULL: none */
    const char *summary;   /* one line, lower case, no full stop */
    const char *help; /* what --help says beyond the summary and the options, in lines of at most 80
                       * columns, ready to print; or NULL */
    const GOptionEntry *options; /* the last is empty; each has a long name, no arg_data, and is of
                                  * G_OPTION_ARG_NONE, _STRING or _FILENAME; one with
                                  * G_OPTION_FLAG_OPTIONAL_ARG is "--push" or
                                  * "--push=REMOTE", its text "" or "REMOTE"; NULL: none */
    int least, most;             /* arguments after the options; most -1: any number */
    bool judges_by_time;         /* $IMPRIMATUR_NOW concerns it */
    bool hidden; /* for the shells' completion, not for people: --help does not list it */
    int (*run)(const ImpCommand *command, const ImpVerb *verb, char **arguments);
};

extern const ImpVerb imp_verb_approve;
extern const ImpVerb imp_verb_ask;
extern const ImpVerb imp_verb_check;
extern const ImpVerb imp_verb_claim;
extern const ImpVerb imp_verb_comment;
extern const ImpVerb imp_verb_complete;
extern const ImpVerb imp_verb_daemon;
extern const ImpVerb imp_verb_decline;
extern const ImpVerb imp_verb_deliveries_drop;
extern const ImpVerb imp_verb_deliveries_list;
extern const ImpVerb imp_verb_deliveries_replay;
extern const ImpVerb imp_verb_deliveries_show;
extern const ImpVerb imp_verb_diff;
extern const ImpVerb imp_verb_dismiss;
extern const ImpVerb imp_verb_doctor;
extern const ImpVerb imp_verb_endpoint_enable;
extern const ImpVerb imp_verb_endpoint_list;
extern const ImpVerb imp_verb_endpoint_ping;
extern const ImpVerb imp_verb_explain;
extern const ImpVerb imp_verb_init;
extern const ImpVerb imp_verb_ledger_restore;
extern const ImpVerb imp_verb_log;
extern const ImpVerb imp_verb_once;
extern const ImpVerb imp_verb_policy_add_key;
extern const ImpVerb imp_verb_policy_add_person;
extern const ImpVerb imp_verb_policy_remove_person;
extern const ImpVerb imp_verb_policy_sign;
extern const ImpVerb imp_verb_remote_check;
extern const ImpVerb imp_verb_remote_fetch;
extern const ImpVerb imp_verb_remote_push;
extern const ImpVerb imp_verb_request;
extern const ImpVerb imp_verb_request_changes;
extern const ImpVerb imp_verb_retract;
extern const ImpVerb imp_verb_review;
extern const ImpVerb imp_verb_setup;
extern const ImpVerb imp_verb_site;
extern const ImpVerb imp_verb_status;
extern const ImpVerb imp_verb_verify;
extern const ImpVerb imp_verb_withdraw;

/* Goes on as imprimaturd, the program that can send: the one beside this program, else the
 * installed one. It gets the whole command line. Returns only when it could not be started, with
 * the exit status. */
int imp_command_become_daemon(const ImpCommand *command);
