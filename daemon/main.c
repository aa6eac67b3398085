#include "daemon/terminal/output.h"
#include "daemon/verbs/command.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/verb.h"

#include <locale.h>
#include <signal.h>

/* In the order of --help: what is read every day first. */
static const ImpVerb *const verbs[] = {
    &imp_verb_status,
    &imp_verb_explain,
    &imp_verb_log,
    &imp_verb_diff,
    &imp_verb_review,
    &imp_verb_claim,
    &imp_verb_approve,
    &imp_verb_request_changes,
    &imp_verb_withdraw,
    &imp_verb_decline,
    &imp_verb_comment,
    &imp_verb_dismiss,
    &imp_verb_request,
    &imp_verb_retract,
    &imp_verb_setup,
    &imp_verb_init,
    &imp_verb_policy_add_person,
    &imp_verb_policy_remove_person,
    &imp_verb_policy_add_key,
    &imp_verb_policy_sign,
    &imp_verb_check,
    &imp_verb_verify,
    &imp_verb_site,
    &imp_verb_doctor,
    &imp_verb_ask,
    &imp_verb_deliveries_list,
    &imp_verb_deliveries_show,
    &imp_verb_deliveries_replay,
    &imp_verb_deliveries_drop,
    &imp_verb_endpoint_list,
    &imp_verb_endpoint_ping,
    &imp_verb_endpoint_enable,
    &imp_verb_ledger_restore,
    &imp_verb_remote_check,
    &imp_verb_remote_fetch,
    &imp_verb_remote_push,
    &imp_verb_once,
    &imp_verb_daemon,
    /* for the shells */
    &imp_verb_complete,
    NULL,
};

static int run(char **argv)
{
    g_auto(ImpCommand) command = {0};
    g_auto(GStrv) arguments = NULL;
    int status;
    const ImpVerb *verb = imp_command_read(&command, verbs, argv, &arguments, &status);
    return verb ? verb->run(&command, verb, arguments) : status;
}

int main(int argc, char **argv)
{
    (void)argc;
    setlocale(LC_ALL, "");
    /* `imprimatur log | head` ends quietly, whatever the parent process does about it. */
    signal(SIGPIPE, SIG_DFL);
    ImpOutput output;
    imp_output_begin(&output);
    int status = run(argv);
    g_autoptr(GError) error = NULL;
    return imp_output_end(&output, &error) ? status : imp_command_fail_with(error);
}
