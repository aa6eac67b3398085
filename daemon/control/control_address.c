#include "daemon/control/control_address.h"

#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

bool imp_control_address(const char *path, struct sockaddr_un *address, int *folder)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    *folder = -1;
    if (strlen(path) < sizeof address->sun_path) {
        g_strlcpy(address->sun_path, path, sizeof address->sun_path);
        return true;
    }
    g_autofree char *directory = g_path_get_dirname(path), *name = g_path_get_basename(path);
    *folder = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    g_snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%s", *folder, name);
    return *folder >= 0;
}

char *imp_control_trouble_path(const char *socket_path)
{
    g_autofree char *directory = g_path_get_dirname(socket_path);
    return g_build_filename(directory, "trouble", NULL);
}

char *imp_control_find_trouble(const char *state_directory)
{
    g_autofree char *path = g_build_filename(state_directory, "control", NULL);
    g_autofree char *target = g_file_read_link(path, NULL);
    return imp_control_trouble_path(target ? target : path);
}
