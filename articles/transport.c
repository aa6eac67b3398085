#include "articles/transport.h"
#include "workflow/base/limits.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* The child's environment is made from nothing, so that neither the host's configuration nor that
 * of whoever started the daemon has a say: protocols are those of the URL alone, no redirect is
 * followed, no hook and no helper is run, no question is asked. What it prints is read as it comes
 * and kept as far as a message needs it; any byte is a sign of life, and a child that gives none is
 * ended: SIGTERM, and 5 s later SIGKILL. How it ended is told by git's exit status, and why by what
 * it said, which is in English (LC_ALL=C). */

#define KEPT_BYTES (16 * 1024)
#define GRACE_S    5
/* What a server can make git write into one file: more than any repository of articles. */
#define FILE_BYTES ((rlim_t)4 * 1024 * 1024 * 1024)
/* The words of one message. */
#define SENTENCE_BYTES 300

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
    GSubprocess *process;
    GCancellable *cancellable;
    GString *said;     /* standard error, its end */
    GString *answered; /* standard output, its beginning */
    guint reading;     /* of the two */
    bool ended;
    guint stall, total, kill; /* timers */
    guint stall_s;
    bool stalled;
};

/* One of the two outputs being read. */
typedef struct {
    ImpTransport *transport;
    GInputStream *stream;
    GString *kept;
    bool its_end; /* the end is kept; else the beginning */
    char bytes[4096];
} Pipe;

void imp_transport_outcome_clear(ImpTransportOutcome *outcome)
{
    g_clear_pointer(&outcome->sentence, g_free);
    g_clear_pointer(&outcome->ref, g_free);
}

/* The environment */

static void set_config(GSubprocessLauncher *launcher, guint *count, const char *key,
                       const char *value)
{
    g_autofree char *key_name = g_strdup_printf("GIT_CONFIG_KEY_%u", *count);
    g_autofree char *value_name = g_strdup_printf("GIT_CONFIG_VALUE_%u", *count);
    g_subprocess_launcher_setenv(launcher, key_name, key, TRUE);
    g_subprocess_launcher_setenv(launcher, value_name, value, TRUE);
    ++*count;
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

static void configure(GSubprocessLauncher *launcher, const ImpTransportSettings *settings,
                      const char *mirror)
{
    guint count = 0;
    g_autofree char *scheme = g_strndup(settings->url, strcspn(settings->url, ":"));
    g_autofree char *allow = g_strdup_printf("protocol.%s.allow", scheme);
    g_autofree char *stall = g_strdup_printf("%u", settings->stall_s);
    set_config(launcher, &count, "protocol.allow", "never");
    set_config(launcher, &count, allow, "always");
    set_config(launcher, &count, "http.followRedirects", "false");
    set_config(launcher, &count, "http.lowSpeedLimit", "1");
    set_config(launcher, &count, "http.lowSpeedTime", stall);
    set_config(launcher, &count, "credential.helper", "");
    set_config(launcher, &count, "core.hooksPath", "/dev/null");
    set_config(launcher, &count, "gc.auto", "0");
    set_config(launcher, &count, "safe.directory", mirror);
    set_config(launcher, &count, "core.sharedRepository", "umask");
    set_config(launcher, &count, "fetch.fsckObjects", "true");
    if (settings->ca_file)
        set_config(launcher, &count, "http.sslCAInfo", settings->ca_file);
    for (guint i = 0; i < G_N_ELEMENTS(harmless); i++) {
        g_autofree char *key = g_strconcat("fetch.fsck.", harmless[i], NULL);
        set_config(launcher, &count, key, "ignore");
    }
    g_autofree char *number = g_strdup_printf("%u", count);
    g_subprocess_launcher_setenv(launcher, "GIT_CONFIG_COUNT", number, TRUE);
}

/* Whatever ends us, killed or not, ends the child. */
static void limit_child(gpointer data)
{
    (void)data;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    const struct rlimit file = {FILE_BYTES, FILE_BYTES}, core = {0, 0};
    /* It does not outlive the daemon: what it would still write, nobody expects. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setrlimit(RLIMIT_FSIZE, &file);
    setrlimit(RLIMIT_CORE, &core);
}

static GSubprocessLauncher *launcher_new(const ImpTransportSettings *settings, const char *mirror)
{
    static char *const nothing[] = {NULL};
    GSubprocessLauncher *launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
    g_subprocess_launcher_set_environ(launcher, (char **)nothing);
    g_subprocess_launcher_set_child_setup(launcher, limit_child, NULL, NULL);
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
        g_subprocess_launcher_setenv(launcher, values[i][0], values[i][1], TRUE);
    if (settings->token) {
        g_subprocess_launcher_setenv(launcher, "IMPRIMATUR_TOKEN", settings->token, TRUE);
        g_subprocess_launcher_setenv(launcher, "IMPRIMATUR_USER",
                                     settings->user ? settings->user : "git", TRUE);
    }
    g_autofree char *ssh = ssh_command(settings);
    g_subprocess_launcher_setenv(launcher, "GIT_SSH_COMMAND", ssh, TRUE);
    configure(launcher, settings, mirror);
    return launcher;
}

/* What it said */

/* What is in the lines that say something. */
static const char *const telling[] = {
    "fatal: ", "FATAL: ",          "error: ", "remote: ",    "rejected]",
    "ssh:",    "ermission denied", "ost key", "HAS CHANGED", "SHA256:"};

/* What a server or git says of how far it has come. */
static bool is_progress(const char *line)
{
    static const char *const begins[] = {"remote: Enumerating objects", "remote: Total ",
                                         "remote: Counting objects", "remote: Compressing objects"};
    for (guint i = 0; i < G_N_ELEMENTS(begins); i++)
        if (g_str_has_prefix(line, begins[i]))
            return true;
    return false;
}

/* The lines that say something, without what a terminal would obey. The caller frees. */
static char *sentence_of(const char *said)
{
    g_auto(GStrv) lines = g_strsplit_set(said, "\n\r", -1);
    g_autoptr(GString) chosen = g_string_new(NULL);
    for (char **line = lines; *line; line++) {
        bool says = false;
        for (guint i = 0; !says && i < G_N_ELEMENTS(telling); i++)
            says = strstr(*line, telling[i]) != NULL;
        if (!says || is_progress(*line))
            continue;
        if (chosen->len > 0)
            g_string_append(chosen, "; ");
        g_string_append(chosen, *line);
    }
    g_autofree char *valid = g_utf8_make_valid(chosen->len > 0 ? chosen->str : said, -1);
    GString *clean = g_string_new(NULL);
    for (const char *at = valid; *at && clean->len < SENTENCE_BYTES; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (g_unichar_iscntrl(c))
            g_string_append_c(clean, ' ');
        else if (g_unichar_type(c) != G_UNICODE_FORMAT)
            g_string_append_unichar(clean, c);
    }
    return g_strstrip(g_string_free(clean, FALSE));
}

/* In this order: the first that is in what git, ssh or the server said. */
static const struct {
    const char *part;
    ImpTransportEnd end;
} signs[] = {
    {"(stale info)", IMP_TRANSPORT_LEASE},
    {"(fetch first)", IMP_TRANSPORT_LEASE},
    {"cannot lock ref", IMP_TRANSPORT_LEASE},
    {"(reference already exists)", IMP_TRANSPORT_LEASE},
    {"[remote rejected]", IMP_TRANSPORT_DECLINED},
    {"couldn't find remote ref", IMP_TRANSPORT_NO_REF},
    {"HOST IDENTIFICATION HAS CHANGED", IMP_TRANSPORT_HOST_KEY},
    {"Host key verification failed", IMP_TRANSPORT_HOST_KEY},
    {"host key is known", IMP_TRANSPORT_HOST_KEY},
    {"error: 301", IMP_TRANSPORT_MOVED_ON},
    {"error: 302", IMP_TRANSPORT_MOVED_ON},
    {"error: 307", IMP_TRANSPORT_MOVED_ON},
    {"error: 308", IMP_TRANSPORT_MOVED_ON},
    {"unable to update url base from redirection", IMP_TRANSPORT_MOVED_ON},
    {"Permission denied", IMP_TRANSPORT_DENIED},
    {"Authentication failed", IMP_TRANSPORT_DENIED},
    {"could not read Username", IMP_TRANSPORT_DENIED},
    {"could not read Password", IMP_TRANSPORT_DENIED},
    {"error: 401", IMP_TRANSPORT_DENIED},
    {"error: 403", IMP_TRANSPORT_DENIED},
    {"DENIED by", IMP_TRANSPORT_DENIED},
    {"mismatched algorithms", IMP_TRANSPORT_FORMAT},
    {"object-format", IMP_TRANSPORT_FORMAT},
    {"Could not resolve host", IMP_TRANSPORT_DOWN},
    {"Connection refused", IMP_TRANSPORT_DOWN},
    {"onnection timed out", IMP_TRANSPORT_DOWN},
    {"Operation timed out", IMP_TRANSPORT_DOWN},
    {"Failed to connect", IMP_TRANSPORT_DOWN},
    {"Operation too slow", IMP_TRANSPORT_STALLED},
    {"unexpectedly", IMP_TRANSPORT_DOWN},
    {"early EOF", IMP_TRANSPORT_DOWN},
    {"Connection reset", IMP_TRANSPORT_DOWN},
    {"unable to connect", IMP_TRANSPORT_DOWN},
    {"Could not read from remote repository", IMP_TRANSPORT_DOWN},
    {"error: 50", IMP_TRANSPORT_DOWN},
};

/* ssh says it in twenty lines. The caller frees. */
static char *host_key_sentence(const char *said)
{
    const char *print = strstr(said, "SHA256:");
    gsize length = print ? strcspn(print, ". \r\n") : 0;
    return print
               ? g_strdup_printf("the host shows another key (%.*s) than the known one; if that is "
                                 "right, put it into \"known_hosts\"",
                                 (int)length, print)
               : g_strdup("the key of this host is not known; put it into \"known_hosts\"");
}

static char *missing_ref(const char *said)
{
    const char *sign = "couldn't find remote ref ";
    const char *at = strstr(said, sign);
    return at ? g_strndup(at + strlen(sign), strcspn(at + strlen(sign), "\n")) : NULL;
}

static void tell(ImpTransport *transport)
{
    bool well = !transport->stalled && g_subprocess_get_if_exited(transport->process) &&
                g_subprocess_get_exit_status(transport->process) == 0;
    g_autofree char *all = g_strconcat(transport->answered->str, "\n", transport->said->str, NULL);
    ImpTransportOutcome outcome = {IMP_TRANSPORT_DONE, NULL, NULL};
    if (!well) {
        outcome.end = transport->stalled ? IMP_TRANSPORT_STALLED : IMP_TRANSPORT_FAILED;
        for (guint i = 0; outcome.end == IMP_TRANSPORT_FAILED && i < G_N_ELEMENTS(signs); i++)
            if (strstr(all, signs[i].part))
                outcome.end = signs[i].end;
        outcome.sentence = transport->stalled ? g_strdup("no sign of life for too long")
                           : outcome.end == IMP_TRANSPORT_HOST_KEY ? host_key_sentence(all)
                                                                   : sentence_of(all);
        outcome.ref = outcome.end == IMP_TRANSPORT_NO_REF ? missing_ref(all) : NULL;
    }
    transport->done(&outcome, transport->data);
    imp_transport_outcome_clear(&outcome);
}

/* The child */

static void transport_free(ImpTransport *transport)
{
    g_clear_handle_id(&transport->stall, g_source_remove);
    g_clear_handle_id(&transport->total, g_source_remove);
    g_clear_handle_id(&transport->kill, g_source_remove);
    g_clear_object(&transport->process);
    g_object_unref(transport->cancellable);
    g_string_free(transport->said, TRUE);
    g_string_free(transport->answered, TRUE);
    g_free(transport);
}

/* Once both outputs and the process have ended. */
static void finish(ImpTransport *transport)
{
    if (!transport->ended || transport->reading > 0)
        return;
    if (transport->done)
        tell(transport);
    transport_free(transport);
}

static gboolean kill_child(gpointer data)
{
    ImpTransport *transport = data;
    transport->kill = 0;
    g_subprocess_force_exit(transport->process);
    /* Its own children may still hold the pipes. */
    g_cancellable_cancel(transport->cancellable);
    return G_SOURCE_REMOVE;
}

static void end_child(ImpTransport *transport)
{
    transport->stalled = true;
    g_subprocess_send_signal(transport->process, SIGTERM);
    if (!transport->kill)
        transport->kill = g_timeout_add_seconds(GRACE_S, kill_child, transport);
}

static gboolean on_stall(gpointer data)
{
    ImpTransport *transport = data;
    transport->stall = 0;
    end_child(transport);
    return G_SOURCE_REMOVE;
}

static gboolean on_total(gpointer data)
{
    ImpTransport *transport = data;
    transport->total = 0;
    end_child(transport);
    return G_SOURCE_REMOVE;
}

static void live_on(ImpTransport *transport)
{
    g_clear_handle_id(&transport->stall, g_source_remove);
    if (!transport->stalled)
        transport->stall = g_timeout_add_seconds(transport->stall_s, on_stall, transport);
}

static void read_on(Pipe *pipe);

static void keep(Pipe *pipe, gsize length)
{
    if (pipe->its_end) {
        g_string_append_len(pipe->kept, pipe->bytes, (gssize)length);
        if (pipe->kept->len > KEPT_BYTES)
            g_string_erase(pipe->kept, 0, (gssize)(pipe->kept->len - KEPT_BYTES));
    } else if (pipe->kept->len < KEPT_BYTES) {
        g_string_append_len(pipe->kept, pipe->bytes, (gssize)length);
    }
}

static void on_read(GObject *stream, GAsyncResult *result, gpointer data)
{
    Pipe *pipe = data;
    ImpTransport *transport = pipe->transport;
    gssize length = g_input_stream_read_finish(G_INPUT_STREAM(stream), result, NULL);
    if (length > 0) {
        keep(pipe, (gsize)length);
        live_on(transport);
        read_on(pipe);
        return;
    }
    g_object_unref(pipe->stream);
    g_free(pipe);
    transport->reading--;
    finish(transport);
}

static void read_on(Pipe *pipe)
{
    g_input_stream_read_async(pipe->stream, pipe->bytes, sizeof pipe->bytes, G_PRIORITY_DEFAULT,
                              pipe->transport->cancellable, on_read, pipe);
}

static void read_pipe(ImpTransport *transport, GInputStream *stream, GString *kept, bool its_end)
{
    Pipe *pipe = g_new0(Pipe, 1);
    pipe->transport = transport;
    pipe->stream = g_object_ref(stream);
    pipe->kept = kept;
    pipe->its_end = its_end;
    transport->reading++;
    read_on(pipe);
}

static void on_exit_of_child(GObject *process, GAsyncResult *result, gpointer data)
{
    ImpTransport *transport = data;
    g_subprocess_wait_finish(G_SUBPROCESS(process), result, NULL);
    transport->ended = true;
    g_clear_handle_id(&transport->stall, g_source_remove);
    g_clear_handle_id(&transport->total, g_source_remove);
    /* What it leaves behind may hold its outputs open for ever. */
    if (transport->reading > 0 && !transport->kill)
        transport->kill = g_timeout_add_seconds(GRACE_S, kill_child, transport);
    finish(transport);
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
    g_autoptr(GSubprocessLauncher) launcher = launcher_new(settings, mirror);
    g_autoptr(GError) error = NULL;
    GSubprocess *process = g_subprocess_launcher_spawnv(launcher, arguments, &error);
    if (!process) {
        NotBegun *not_begun = g_new0(NotBegun, 1);
        *not_begun = (NotBegun){done, data, g_strdup_printf("git: %s", error->message)};
        g_idle_add(tell_not_begun, not_begun);
        return NULL;
    }
    ImpTransport *transport = g_new0(ImpTransport, 1);
    transport->done = done;
    transport->data = data;
    transport->process = process;
    transport->cancellable = g_cancellable_new();
    transport->said = g_string_new(NULL);
    transport->answered = g_string_new(NULL);
    transport->stall_s = settings->stall_s;
    transport->total = g_timeout_add_seconds(settings->total_s, on_total, transport);
    live_on(transport);
    read_pipe(transport, g_subprocess_get_stdout_pipe(process), transport->answered, false);
    read_pipe(transport, g_subprocess_get_stderr_pipe(process), transport->said, true);
    g_subprocess_wait_async(process, NULL, on_exit_of_child, transport);
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
    g_subprocess_force_exit(transport->process);
    g_cancellable_cancel(transport->cancellable);
}
