#include "daemon/service/service.h"
#include "daemon/service/service_forge.h"
#include "daemon/terminal/log.h"
#include "daemon/terminal/output.h"
#include "daemon/verbs/command.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/queue/endpoint_print.h"
#include "daemon/verbs/setup/remote_print.h"
#include "daemon/verbs/verb.h"

#include <locale.h>
#include <sys/resource.h>

/* imprimaturd: what `imprimatur daemon`, `imprimatur once --deliver`, where no daemon runs
 * `imprimatur endpoint ping NAME`, and in the end `imprimatur remote check` become. It gets their
 * command line, and reads it by the same parser and the same table; only what is done is its own.
 */

#define DELIVER_S 60

static ImpConfig *load(gpointer data, GError **error)
{
    return imp_config_load(data, g_getenv("CREDENTIALS_DIRECTORY"), g_getenv("STATE_DIRECTORY"),
                           error);
}

static int run_daemon(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)verb;
    (void)arguments;
    g_autoptr(GError) error = NULL;
    return imp_service_run(load, command->config_path, &error) ? IMP_EXIT_DONE
                                                               : imp_command_fail_with(error);
}

static int deliver(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)verb;
    (void)arguments;
    g_autoptr(GError) error = NULL;
    g_auto(ImpPassReport) report = {0};
    bool trusted = g_getenv("IMPRIMATUR_NOW") || imp_command_has(command, "trust-clock");
    if (!imp_service_deliver(load, command->config_path, command->now_us, trusted, DELIVER_S,
                             &report, &error))
        return imp_command_fail_with(error);
    if (report.diverged)
        return imp_command_fail(IMP_EXIT_NO, "%s", report.diverged);
    if (report.waiting_for)
        return imp_command_fail(report.doubted ? IMP_EXIT_AGAIN : IMP_EXIT_DONE, "%s",
                                report.waiting_for);
    return IMP_EXIT_DONE;
}

static int ping(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)verb;
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) answer = imp_service_ping(command->config_path, arguments[0], &error);
    return answer ? imp_endpoint_print_ping(answer, command->json) : imp_command_fail_with(error);
}

/* The end of it, once the command has tried all that git can: what the forge says. */
static int ask_forge(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)verb;
    (void)arguments;
    g_autoptr(GError) error = NULL;
    g_autofree char *credentials = imp_config_credentials_directory(command->config_path);
    g_autoptr(ImpConfig) config =
        imp_config_load(command->config_path, credentials, g_getenv("STATE_DIRECTORY"), &error);
    if (!config)
        return imp_command_fail_with(error);
    g_autoptr(GPtrArray) found = imp_service_ask_forge(config);
    for (guint i = 0; i < found->len; i++) {
        const ImpForgeFinding *finding = found->pdata[i];
        imp_remote_print_step(command->json, config, finding->what, finding->sentence);
    }
    return IMP_EXIT_DONE;
}

static int run(char **argv)
{
    ImpVerb served[] = {imp_verb_daemon, imp_verb_once, imp_verb_endpoint_ping,
                        imp_verb_remote_check};
    const ImpVerb *const verbs[] = {&served[0], &served[1], &served[2], &served[3], NULL};
    served[0].run = run_daemon;
    served[1].run = deliver;
    served[2].run = ping;
    served[3].run = ask_forge;
    g_auto(ImpCommand) command = {0};
    g_auto(GStrv) arguments = NULL;
    int status;
    const ImpVerb *verb = imp_command_read(&command, verbs, argv, &arguments, &status);
    if (!verb)
        return status;
    if (!command.config_path)
        return imp_command_fail(IMP_EXIT_USAGE,
                                "%s works on a configured repository: name its file with -c FILE",
                                verb->name);
    return verb->run(&command, verb, arguments);
}

int main(int argc, char **argv)
{
    (void)argc;
    /* What it holds are secrets: no core is written of it. */
    const struct rlimit core = {0, 0};
    setrlimit(RLIMIT_CORE, &core);
    setlocale(LC_ALL, "");
    g_log_set_writer_func(imp_log_write, "imprimatur", NULL);
    ImpOutput output;
    imp_output_begin(&output);
    int status = run(argv);
    g_autoptr(GError) error = NULL;
    return imp_output_end(&output, &error) ? status : imp_command_fail_with(error);
}
