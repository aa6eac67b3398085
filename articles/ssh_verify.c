#include "articles/ssh_verify.h"
#include "articles/child.h"
#include "workflow/moment.h"

#include <errno.h>
#include <gio/gio.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

/* ssh-keygen's one exit status for every failure of a signature is 255; so a failure of ours must not look like
 * that, and what can be known to make it fail is tried before. */

#define VERDICT_GOOD 0
#define VERDICT_BAD  255

static bool fail(GError **error, int number, const char *what)
{
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(number), "cannot verify a signature: %s: %s", what,
                g_strerror(number));
    return false;
}

/* What would make ssh-keygen fail whatever the signature is: no /proc, or a user without a name. */
static bool check_surroundings(GError **error)
{
    if (access("/proc/self/fd", R_OK) != 0)
        return fail(error, errno, "/proc/self/fd");
    char buffer[4096];
    struct passwd entry, *found = NULL;
    int number = getpwuid_r(getuid(), &entry, buffer, sizeof buffer, &found);
    if (!found)
        return fail(error, number ? number : ENOENT, "this process's user has no entry in the password database");
    return true;
}

/* "20261123091407Z"; without the Z it would mean local time. */
static char *verify_time_option(gint64 moment_us)
{
    g_autofree char *moment = imp_moment_format(moment_us);
    GString *option = g_string_new("-Overify-time=");
    for (const char *at = moment; *at; at++)
        if (g_ascii_isdigit(*at))
            g_string_append_c(option, *at);
    g_string_append_c(option, 'Z');
    return g_string_free(option, FALSE);
}

bool imp_ssh_verify(const char *signer_line, const char *principal, const char *name_space, const char *armored,
                    const guint8 *payload, gsize length, gint64 moment_us, bool *good, GError **error)
{
    g_autofree char *time_option = verify_time_option(moment_us);
    g_autofree char *line = g_strconcat(signer_line, "\n", NULL);
    g_autoptr(GBytes) text = g_bytes_new_static(payload, length);
    g_autoptr(GBytes) signers = g_bytes_new_static(line, strlen(line));
    g_autoptr(GBytes) signature = g_bytes_new_static(armored, strlen(armored));
    GBytes *const inputs[] = {text, signers, signature, NULL};
    const char *const arguments[] = {
        "ssh-keygen", "-Y", "verify",   "-f", IMP_CHILD_FILE(IMP_CHILD_FIRST_FILE), "-I",
        principal,    "-n", name_space, "-s", IMP_CHILD_FILE(IMP_CHILD_OTHER_FILE), time_option,
        NULL,
    };
    int status;
    if (!check_surroundings(error) || !imp_child_run(arguments, inputs, NULL, &status, error))
        return false;
    if (status != VERDICT_GOOD && status != VERDICT_BAD) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "cannot verify a signature: ssh-keygen ended by exit status %d", status);
        return false;
    }
    *good = status == VERDICT_GOOD;
    return true;
}
