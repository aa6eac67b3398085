#include "notify/format/format.h"

#include "notify/format/markup.h"

#include <string.h>

/* ntfy: the message is the body, plain text, which has no markup to break out of; links in it are
 * found by the apps. What has more than 4,096 bytes becomes an attachment (docs.ntfy.sh,
 * "Publishing", Limitations). An error is
 * {"code": 42901, "http": 429, "error": "..."}. */

char *imp_ntfy_write(const ImpChat *chat, const ImpChatSize *size, gsize *measured)
{
    char *text = imp_markup_write(&imp_markup_plain, chat, size);
    *measured = strlen(text);
    return text;
}

bool imp_ntfy_refuses(const ImpAnswer *answer, guint *status)
{
    g_autoptr(json_t) object = imp_answer_json(answer);
    json_int_t http = json_integer_value(json_object_get(object, "http"));
    if (http >= 400 && http <= 599)
        *status = (guint)http;
    return json_is_string(json_object_get(object, "error")) || http >= 400;
}
