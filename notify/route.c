#include "notify/route.h"
#include "notify/format/format.h"
#include "workflow/base/glob.h"

bool imp_route_takes(const ImpEndpoint *endpoint, const ImpEvent *event, const char *about)
{
    if (g_strcmp0(endpoint->name, about) == 0)
        return false;
    if (!imp_glob_matches_any(endpoint->events, event->type))
        return false;
    bool is_chat = imp_format_is_chat(endpoint->format);
    if (event->audience != IMP_AUDIENCE_ALL && (event->audience == IMP_AUDIENCE_CHATS) != is_chat)
        return false;
    bool names_paths = endpoint->paths[0] != NULL;
    if (event->path && names_paths && !imp_glob_matches_any(endpoint->paths, event->path))
        return false;
    return !endpoint->reviewer ||
           g_strv_contains((const char *const *)event->concerns, endpoint->reviewer);
}
