#include "daemon/door/wake.h"
#include "workflow/base/json.h"
#include "workflow/base/json_write.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static bool send_line(const char *socket_path, const json_t *object)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (g_strlcpy(address.sun_path, socket_path, sizeof address.sun_path) >=
        sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return false;
    g_autofree char *line = imp_json_dump_line(object);
    gssize sent = sendto(descriptor, line, strlen(line), MSG_NOSIGNAL,
                         (const struct sockaddr *)&address, sizeof address);
    int fault = errno;
    close(descriptor);
    errno = fault;
    return sent >= 0;
}

bool imp_wake_send(const char *socket_path, const char *commit)
{
    g_autoptr(json_t) object = json_object();
    imp_json_set_number(object, "schema", 1);
    imp_json_set_text(object, "wake", "hook");
    imp_json_set_text(object, "commit", commit);
    return send_line(socket_path, object) || errno == EAGAIN || errno == ENOBUFS;
}

bool imp_wake_ask(const char *socket_path, const char *article, const char *question)
{
    g_autoptr(json_t) object = json_object();
    imp_json_set_number(object, "schema", 1);
    imp_json_set_text(object, "question", question);
    imp_json_set_text(object, "article", article);
    return send_line(socket_path, object);
}
