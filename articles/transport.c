#include "articles/transport.h"
#include "articles/git_child.h"
#include "articles/transport_end.h"
#include "workflow/base/limits.h"

#include <signal.h>
#include <string.h>

/* The child's environment is made from nothing, so that neither the host's configuration nor that
 * of whoever started the daemon has a say: protocols are those of the URL alone, no redirect is
 * followed, no hook and no helper is run, no question is asked. Any byte that it prints is a sign
 * of life; a child that gives none, or more of them than anybody would read, is ended: SIGTERM, and
 * 5 s later SIGKILL. */

#define GRACE_S 5

/* Faults that old histories have and that harm nobody (git-fsck(1), FSCK MESSAGES). */
static const char *const harmless[] = {"badDate",
                                       "badDateOverflow",
                                       "badEmail",
                                       "badFilemode",
                                       "badName",
                                       "badTimezone",
                                       "emptyName",
                                       "missingAuthor",
                                       "missingEmail",
                                       "missingNameBeforeEmail",
                                       "missingSpaceBeforeDate",
                                       "missingSpaceBeforeEmail",
                                       "missingTaggerEntry",
                                       "nulInCommit",
                                       "zeroPaddedDate",
                                       "zeroPaddedFilemode"};

struct ImpTransport {
    ImpTransportDone done;
    gpointer data;
    ImpGitChild *child;
    guint stall, total, kill; /* timers */
    guint stall_s;
    const char *stopped; /* why we ended it; NULL: we did not */
};

/* The environment */

typedef struct {
    char **variables;
    guint count; /* of settings of git */
} Environment;

static void set_variable(Environment *environment, const char *name, const char *value)
{
    environment->variables = g_environ_setenv(environment->variables, name, value, TRUE);
}

static void set_config(Environment *environment, const char *key, const char *value)
{
    g_autofree char *key_name = g_strdup_printf("GIT_CONFIG_KEY_%u", environment->count);
    g_autofree char *value_name = g_strdup_printf("GIT_CONFIG_VALUE_%u", environment->count);
    set_variable(environment, key_name, key);
    set_variable(environment, value_name, value);
    environment->count++;
}

static char *ssh_command(const ImpTransportSettings *settings)
{
    GString *command = g_string_new(
        "ssh -F none -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes "
        "-o GlobalKnownHostsFile=/dev/null -o ConnectTimeout=5 -o ServerAliveInterval=5 "
        "-o ServerAliveCountMax=3");
    g_autofree char *option = g_strdup_printf(
        "UserKnownHostsFile=\"%s\"", settings->known_hosts ? settings->known_hosts : "/dev/null");
    g_autofree char *known_hosts = g_shell_quote(option);
    g_string_append_printf(command, " -o %s", known_hosts);
    if (settings->key) {
        g_autofree char *key = g_shell_quote(settings->key);
        g_string_append_printf(command, " -i %s", key);
    }
    return g_string_free(command, FALSE);
}

static void configure(Environment *environment, const ImpTransportSettings *settings,
                      const char *mirror)
{
    g_autofree char *scheme = g_strndup(settings->url, strcspn(settings->url, ":"));
    g_autofree char *allow = g_strdup_printf("protocol.%s.allow", scheme);
    g_autofree char *stall = g_strdup_printf("%u", settings->stall_s);
    set_config(environment, "protocol.allow", "never");
    set_config(environment, allow, "always");
    set_config(environment, "http.followRedirects", "false");
    set_config(environment, "http.lowSpeedLimit", "1");
    set_config(environment, "http.lowSpeedTime", stall);
    set_config(environment, "credential.helper", "");
    set_config(environment, "core.hooksPath", "/dev/null");
    set_config(environment, "gc.auto", "0");
    set_config(environment, "safe.directory", mirror);
    set_config(environment, "core.sharedRepository", "umask");
    set_config(environment, "fetch.fsckObjects", "true");
    if (settings->ca_file)
        set_config(environment, "http.sslCAInfo", settings->ca_file);
    for (guint i = 0; i < G_N_ELEMENTS(harmless); i++) {
        g_autofree char *key = g_strconcat("fetch.fsck.", harmless[i], NULL);
        set_config(environment, key, "ignore");
    }
    g_autofree char *number = g_strdup_printf("%u", environment->count);
    set_variable(environment, "GIT_CONFIG_COUNT", number);
}

/* The caller frees. */
static char **environment_of(const ImpTransportSettings *settings, const char *mirror)
{
    Environment environment = {0};
    const char *const values[][2] = {
        {"PATH", "/usr/bin:/bin"},
        {"LC_ALL", "C"},
        {"TZ", "UTC"},
        {"HOME", "/nonexistent"},
        {"GIT_TERMINAL_PROMPT", "0"},
        {"GIT_CONFIG_NOSYSTEM", "1"},
        {"GIT_CONFIG_GLOBAL", "/dev/null"},
        {"GIT_NO_REPLACE_OBJECTS", "1"},
        {"GIT_PROTOCOL_FROM_USER", "0"},
        {"GIT_ASKPASS", settings->token ? settings->askpass : "/bin/false"},
        {"SSH_ASKPASS", "/bin/false"}};
    for (guint i = 0; i < G_N_ELEMENTS(values); i++)
        set_variable(&environment, values[i][0], values[i][1]);
    if (settings->token) {
        set_variable(&environment, "IMPRIMATUR_TOKEN", settings->token);
        set_variable(&environment, "IMPRIMATUR_USER", settings->user ? settings->user : "git");
    }
    g_autofree char *ssh = ssh_command(settings);
    set_variable(&environment, "GIT_SSH_COMMAND", ssh);
    configure(&environment, settings, mirror);
    return environment.variables;
}

/* The child */

static void transport_free(ImpTransport *transport)
{
    g_clear_handle_id(&transport->stall, g_source_remove);
    g_clear_handle_id(&transport->total, g_source_remove);
    g_clear_handle_id(&transport->kill, g_source_remove);
    g_free(transport);
}

static void on_child_ended(const ImpGitChildEnd *end, gpointer data)
{
    ImpTransport *transport = data;
    g_auto(ImpTransportOutcome) outcome = imp_transport_outcome_of(end, transport->stopped);
    if (transport->done)
        transport->done(&outcome, transport->data);
    transport_free(transport);
}

static gboolean kill_child(gpointer data)
{
    ImpTransport *transport = data;
    transport->kill = 0;
    imp_git_child_signal(transport->child, SIGKILL);
    return G_SOURCE_REMOVE;
}

static void end_child(ImpTransport *transport, const char *why)
{
    g_clear_handle_id(&transport->stall, g_source_remove);
    if (transport->stopped)
        return;
    transport->stopped = why;
    imp_git_child_signal(transport->child, SIGTERM);
    transport->kill = g_timeout_add_seconds(GRACE_S, kill_child, transport);
}

static gboolean on_stall(gpointer data)
{
    ImpTransport *transport = data;
    transport->stall = 0;
    end_child(transport, "no sign of life for too long");
    return G_SOURCE_REMOVE;
}

static gboolean on_total(gpointer data)
{
    ImpTransport *transport = data;
    transport->total = 0;
    end_child(transport, "it takes too long");
    return G_SOURCE_REMOVE;
}

static void live_on(ImpTransport *transport)
{
    g_clear_handle_id(&transport->stall, g_source_remove);
    transport->stall = g_timeout_add_seconds(transport->stall_s, on_stall, transport);
}

static void on_child_lives(guint64 bytes, gpointer data)
{
    ImpTransport *transport = data;
    if (bytes > IMP_REMOTE_SAID_MAX_BYTES)
        end_child(transport, "it says more than anybody would read");
    else if (!transport->stopped)
        live_on(transport);
}

/* It could not even begin: told like every other end, not before the call has returned. */
typedef struct {
    ImpTransportDone done;
    gpointer data;
    char *sentence;
} NotBegun;

static gboolean tell_not_begun(gpointer data)
{
    NotBegun *not_begun = data;
    g_auto(ImpTransportOutcome) outcome = {IMP_TRANSPORT_FAILED, not_begun->sentence, NULL};
    not_begun->done(&outcome, not_begun->data);
    g_free(not_begun);
    return G_SOURCE_REMOVE;
}

static ImpTransport *begin(const ImpTransportSettings *settings, const char *mirror,
                           const char *const *arguments, ImpTransportDone done, gpointer data)
{
    static const ImpGitChildHooks hooks = {on_child_lives, on_child_ended};
    g_auto(GStrv) environment = environment_of(settings, mirror);
    g_autoptr(GError) error = NULL;
    ImpTransport *transport = g_new0(ImpTransport, 1);
    /* It does not outlive the daemon: what it would still write, nobody expects. */
    const ImpGitChildSettings with = {.arguments = arguments,
                                      .environment = (const char *const *)environment,
                                      .death_signal = SIGKILL,
                                      .file_bytes = IMP_REMOTE_FILE_MAX_BYTES};
    transport->child = imp_git_child_begin(&with, &hooks, transport, &error);
    if (!transport->child) {
        NotBegun *not_begun = g_new0(NotBegun, 1);
        *not_begun = (NotBegun){done, data, g_strdup_printf("git: %s", error->message)};
        g_idle_add(tell_not_begun, not_begun);
        g_free(transport);
        return NULL;
    }
    transport->done = done;
    transport->data = data;
    transport->stall_s = settings->stall_s;
    transport->total = g_timeout_add_seconds(settings->total_s, on_total, transport);
    live_on(transport);
    return transport;
}

ImpTransport *imp_transport_fetch(const ImpTransportSettings *settings, const char *mirror,
                                  const char *const *refspecs, ImpTransportDone done, gpointer data)
{
    const char *const options[] = {"git",
                                   "--git-dir",
                                   mirror,
                                   "fetch",
                                   "--no-tags",
                                   "--no-auto-maintenance",
                                   "--no-write-fetch-head",
                                   "--no-recurse-submodules",
                                   "--prune",
                                   "--progress",
                                   "--",
                                   settings->url};
    g_autoptr(GPtrArray) arguments = g_ptr_array_new();
    for (guint i = 0; i < G_N_ELEMENTS(options); i++)
        g_ptr_array_add(arguments, (gpointer)options[i]);
    for (const char *const *refspec = refspecs; *refspec; refspec++)
        g_ptr_array_add(arguments, (gpointer)*refspec);
    g_ptr_array_add(arguments, NULL);
    return begin(settings, mirror, (const char *const *)arguments->pdata, done, data);
}

ImpTransport *imp_transport_push(const ImpTransportSettings *settings, const char *mirror,
                                 const ImpTransportMove *move, ImpTransportDone done, gpointer data)
{
    g_autofree char *lease = g_strdup_printf("--force-with-lease=%s:%s", move->ref,
                                             move->expected ? move->expected : "");
    g_autofree char *refspec = g_strdup_printf("%s:%s", move->commit, move->ref);
    const char *const arguments[] = {
        "git",        "--git-dir",   mirror,
        "push",       "--porcelain", "--no-verify",
        "--progress", lease,         move->only_try ? "--dry-run" : "--no-signed",
        "--",         settings->url, refspec,
        NULL};
    return begin(settings, mirror, arguments, done, data);
}

void imp_transport_cancel(ImpTransport *transport)
{
    if (!transport)
        return;
    transport->done = NULL;
    imp_git_child_signal(transport->child, SIGKILL);
}
