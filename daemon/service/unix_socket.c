#include "daemon/service/unix_socket.h"
#include "daemon/control/control_address.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int imp_unix_socket_bind(const char *path, int type)
{
    struct sockaddr_un address;
    int folder;
    if (!imp_control_address(path, &address, &folder))
        return -1;
    int made = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    unlink(path);
    /* From its first moment it is nobody else's. */
    mode_t mask = umask(0117);
    bool bound = made >= 0 && bind(made, (struct sockaddr *)&address, sizeof address) == 0;
    int fault = errno;
    umask(mask);
    if (folder >= 0)
        close(folder);
    if (!bound && made >= 0)
        close(made);
    errno = fault;
    return bound ? made : -1;
}

char *imp_unix_socket_path(const char *runtime_directory, const char *state_directory,
                           const char *name)
{
    if (!runtime_directory || !*runtime_directory)
        return g_build_filename(state_directory, name, NULL);
    /* systemd lists several directories with colons. */
    g_autofree char *first = g_strndup(runtime_directory, strcspn(runtime_directory, ":"));
    return g_build_filename(first, name, NULL);
}
