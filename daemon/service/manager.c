#include "daemon/service/manager.h"
#include "daemon/terminal/print.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* libsystemd's sd_notify() waits until the manager's queue has room. This one does not: whatever
 * the manager has to know is kept in order and tried again, the rest is left out. */

#define AGAIN_MS 200
#define SHOW_US  (G_USEC_PER_SEC / 10)

struct ImpManager {
    char *address;   /* NULL: nobody listens */
    GQueue *waiting; /* of assignments, which must arrive */
    char *status;    /* the latest that was not taken, or NULL */
    guint again;     /* source */
    gint64 shown_us; /* how far a pass is: when last, monotonic */
};

ImpManager *imp_manager_new(void)
{
    ImpManager *manager = g_new0(ImpManager, 1);
    const char *address = g_getenv("NOTIFY_SOCKET");
    if (address && (*address == '/' || *address == '@') &&
        strlen(address) < sizeof((struct sockaddr_un *)0)->sun_path)
        manager->address = g_strdup(address);
    manager->waiting = g_queue_new();
    return manager;
}

void imp_manager_free(ImpManager *manager)
{
    if (!manager)
        return;
    g_clear_handle_id(&manager->again, g_source_remove);
    g_queue_free_full(manager->waiting, g_free);
    g_free(manager->status);
    g_free(manager->address);
    g_free(manager);
}

/* False: not now. Whoever is not there at all has nothing to wait for. */
static bool send_now(const ImpManager *manager, const char *assignments)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    gsize length = strlen(manager->address);
    memcpy(to.sun_path, manager->address, length);
    if (*manager->address == '@')
        *to.sun_path = '\0';
    socklen_t size = (socklen_t)(G_STRUCT_OFFSET(struct sockaddr_un, sun_path) + length);
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        return false;
    gssize sent = sendto(descriptor, assignments, strlen(assignments), MSG_NOSIGNAL,
                         (struct sockaddr *)&to, size);
    bool full = sent < 0 && (errno == EAGAIN || errno == ENOBUFS || errno == EINTR);
    close(descriptor);
    return !full;
}

static gboolean try_again(gpointer data)
{
    ImpManager *manager = data;
    while (!g_queue_is_empty(manager->waiting)) {
        if (!send_now(manager, g_queue_peek_head(manager->waiting)))
            return G_SOURCE_CONTINUE;
        g_free(g_queue_pop_head(manager->waiting));
    }
    if (manager->status && !send_now(manager, manager->status))
        return G_SOURCE_CONTINUE;
    g_clear_pointer(&manager->status, g_free);
    manager->again = 0;
    return G_SOURCE_REMOVE;
}

static void keep_trying(ImpManager *manager)
{
    if (!manager->again)
        manager->again = g_timeout_add(AGAIN_MS, try_again, manager);
}

void imp_manager_tell(ImpManager *manager, const char *assignments)
{
    if (manager->address)
        send_now(manager, assignments);
}

void imp_manager_tell_status(ImpManager *manager, const char *sentence)
{
    if (!manager->address)
        return;
    g_autofree char *clean = imp_print_clean(sentence);
    g_autofree char *status = g_strconcat("STATUS=", clean, NULL);
    g_clear_pointer(&manager->status, g_free);
    if (g_queue_is_empty(manager->waiting) && send_now(manager, status))
        return;
    manager->status = g_steal_pointer(&status);
    keep_trying(manager);
}

void imp_manager_insist(ImpManager *manager, const char *assignments)
{
    if (!manager->address || (g_queue_is_empty(manager->waiting) && send_now(manager, assignments)))
        return;
    g_queue_push_tail(manager->waiting, g_strdup(assignments));
    keep_trying(manager);
}

void imp_manager_show_progress(const char *what, guint done, guint of, gpointer data)
{
    ImpManager *manager = data;
    gint64 now_us = g_get_monotonic_time();
    if (!manager->address || now_us < manager->shown_us + SHOW_US)
        return;
    manager->shown_us = now_us;
    g_autofree char *status = of ? g_strdup_printf("%s: %u of %u", what, done, of)
                                 : g_strdup_printf("%s: %u", what, done);
    imp_manager_tell_status(manager, status);
    imp_manager_tell(manager, "WATCHDOG=1");
}
