#include "notify/answer.h"
#include "notify/redact.h"
#include "notify/retry_after.h"

#include <string.h>

/* To show the beginning of an answer's body, only so much of it is looked at. */
#define SHOWN_BYTES 256

/* The beginning of a text; a secret that it is cut in the midst of is not in it. */
static char *beginning_of(const char *text, const char *const *secrets)
{
    g_autofree char *begin = g_strndup(text, SHOWN_BYTES);
    char *clean = imp_redact(begin, secrets);
    gsize length = strlen(clean);
    if (strlen(text) > SHOWN_BYTES)
        clean[MAX(length, IMP_REDACT_RUN_BYTES - 1) - (IMP_REDACT_RUN_BYTES - 1)] = '\0';
    return clean;
}

char *imp_answer_text(const ImpAnswer *answer, const char *const *secrets)
{
    bool redirects = imp_schedule_is_redirect(answer->status) && answer->location;
    g_autofree char *clean = beginning_of(redirects ? answer->location : answer->body, secrets);
    g_autofree char *text =
        redirects ? g_strconcat(IMP_ANSWER_REDIRECT, clean, NULL) : g_steal_pointer(&clean);
    return *text ? imp_json_quote(text) : NULL;
}

json_t *imp_answer_json(const ImpAnswer *answer)
{
    json_t *value = json_loads(answer->body, 0, NULL);
    if (json_is_object(value))
        return value;
    json_decref(value);
    return NULL;
}

gint64 imp_answer_wait_us(double seconds, gint64 now_us)
{
    /* The comparison is false for what is not a number, too. */
    if (!(seconds > 0))
        return 0;
    double longest_s = (double)(IMP_RETRY_AFTER_MAX_US / IMP_SECOND_US);
    return now_us + MIN((gint64)(MIN(seconds, longest_s) * (double)IMP_SECOND_US) + 1,
                        IMP_RETRY_AFTER_MAX_US);
}

double imp_answer_seconds(const char *header)
{
    char *end;
    double seconds = header ? g_ascii_strtod(header, &end) : 0;
    return header && end != header && *end == '\0' ? seconds : 0;
}
