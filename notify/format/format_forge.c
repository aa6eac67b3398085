#include "notify/format/format_forge.h"
#include "notify/format/format.h"
#include "notify/retry_after.h"
#include "notify/status.h"
#include "workflow/base/json.h"
#include "workflow/base/json_write.h"

#include <string.h>

/* Statuses of commits, as forges take them.
 *
 * GitHub: POST statuses/SHA with state, context, description, target_url (docs.github.com, REST,
 * "Commit statuses"), or as an App POST check-runs (the same, "Check runs"); a description has at
 * most 140 characters. A rate limit is 403 or 429: until Retry-After, else until X-RateLimit-Reset
 * where nothing is left, else a minute and longer each time ("Rate limits for the REST API").
 * GitLab: POST statuses/SHA with state running, success, failed (docs.gitlab.com, "Commits API").
 * The state that it has already is answered 400, and a pipeline that is locked at the moment 409:
 * neither is a failure, the first because nothing is missing, the second because it is set again at
 * the next comparison. Gitea and Forgejo: as GitHub's statuses (their /api/swagger). */

#define DESCRIPTION_CHARACTERS 140
#define CONTEXT_CHARACTERS     255
/* Where nothing says until when. */
#define FIRST_WAIT_US          (60 * IMP_SECOND_US)
#define HTTP_BAD_REQUEST       400
#define HTTP_FORBIDDEN         403
#define HTTP_CONFLICT          409
#define HTTP_TOO_MANY_REQUESTS 429

static char *cut(const char *text, glong most)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    if (g_utf8_strlen(valid, -1) <= most)
        return g_steal_pointer(&valid);
    g_autofree char *begin = g_utf8_substring(valid, 0, most - 1);
    return g_strconcat(begin, "…", NULL);
}

static const char *state_word(ImpFormat format, ImpVerdict verdict)
{
    bool gitlab = format == IMP_FORMAT_GITLAB;
    switch (verdict) {
    case IMP_VERDICT_SUCCESS:
        return "success";
    case IMP_VERDICT_FAILURE:
        return gitlab ? "failed" : "failure";
    default:
        return gitlab ? "running" : "pending";
    }
}

static json_t *plain_status(ImpFormat format, const ImpStatus *status, const char *context,
                            const char *description)
{
    json_t *body = json_object();
    bool gitlab = format == IMP_FORMAT_GITLAB;
    const char *branch = status->ref && g_str_has_prefix(status->ref, "refs/heads/")
                             ? status->ref + strlen("refs/heads/")
                             : NULL;
    imp_json_set_text(body, "state", state_word(format, status->verdict));
    imp_json_set_text(body, gitlab ? "name" : "context", context);
    imp_json_set_text(body, "description", description);
    if (gitlab && branch)
        imp_json_set_text(body, "ref", branch);
    return body;
}

static json_t *check_run(const ImpStatus *status, const char *context, const char *description)
{
    json_t *body = json_object(), *output = json_object();
    bool done = status->verdict != IMP_VERDICT_PENDING;
    imp_json_set_text(body, "name", context);
    imp_json_set_text(body, "head_sha", status->commit);
    imp_json_set_text(body, "status", done ? "completed" : "in_progress");
    if (done)
        imp_json_set_text(body, "conclusion", state_word(IMP_FORMAT_GITHUB_CHECK, status->verdict));
    imp_json_set_text(output, "title", description);
    imp_json_set_text(output, "summary", description);
    json_object_set_new(body, "output", output);
    return body;
}

GBytes *imp_status_render(ImpFormat format, const ImpStatus *status, const char *context,
                          const char *url)
{
    g_autofree char *description = cut(status->description, DESCRIPTION_CHARACTERS);
    g_autofree char *name = cut(context, CONTEXT_CHARACTERS);
    bool check = format == IMP_FORMAT_GITHUB_CHECK;
    g_autoptr(json_t) body = check ? check_run(status, name, description)
                                   : plain_status(format, status, name, description);
    if (url)
        imp_json_set_text(body, check ? "details_url" : "target_url", url);
    g_autofree char *line = imp_json_dump_line(body);
    g_autofree char *stored = check ? g_strdup_printf("POST check-runs\n%s", line)
                                    : g_strdup_printf("POST statuses/%s\n%s", status->commit, line);
    gsize length = strlen(stored);
    return g_bytes_new_take(g_steal_pointer(&stored), length);
}

/* The first line: method and place. */
static char *heading_of(GBytes *stored)
{
    gsize length;
    const char *text = g_bytes_get_data(stored, &length);
    const char *end = memchr(text, '\n', length);
    return g_strndup(text, end ? (gsize)(end - text) : 0);
}

char *imp_forge_place(GBytes *stored, const char **method)
{
    g_autofree char *heading = heading_of(stored);
    const char *blank = strchr(heading, ' ');
    *method = g_str_has_prefix(heading, "PATCH ") ? "PATCH"
              : g_str_has_prefix(heading, "GET ") ? "GET"
                                                  : "POST";
    return blank && blank[1] ? g_strdup(blank + 1) : NULL;
}

GBytes *imp_status_of_run(GBytes *stored, gint64 run)
{
    g_autofree char *heading = heading_of(stored);
    gsize begin = MIN(strlen(heading) + 1, g_bytes_get_size(stored));
    const char *text = g_bytes_get_data(stored, NULL);
    g_autoptr(json_t) body = json_loadb(text + begin, g_bytes_get_size(stored) - begin, 0, NULL);
    json_object_del(body, "head_sha");
    g_autofree char *line = imp_json_dump_line(body);
    char *changed = g_strdup_printf("PATCH check-runs/%" G_GINT64_FORMAT "\n%s", run, line);
    return g_bytes_new_take(changed, strlen(changed));
}

GBytes *imp_forge_unpack(GBytes *stored, GStrvBuilder *headers)
{
    g_autofree char *heading = heading_of(stored);
    gsize begin = strlen(heading) + 1, length = g_bytes_get_size(stored);
    g_strv_builder_add(headers, "accept: application/json");
    return g_bytes_new_from_bytes(stored, MIN(begin, length), length - MIN(begin, length));
}

void imp_github_judge(const ImpAnswer *answer, gint64 now_us, ImpOutcome *outcome)
{
    if (answer->status != HTTP_FORBIDDEN && answer->status != HTTP_TOO_MANY_REQUESTS)
        return;
    gint64 until_us = answer->retry_after ? imp_retry_after_us(answer->retry_after, now_us) : 0;
    bool used_up = g_strcmp0(answer->remaining, "0") == 0;
    double reset_s = used_up ? imp_answer_seconds(answer->reset) : 0;
    if (!until_us && reset_s > 0)
        until_us = imp_answer_wait_us(reset_s - (double)now_us / (double)IMP_SECOND_US, now_us);
    outcome->held_until_us = until_us;
    outcome->rate_limited = until_us != 0;
    outcome->doubles_from_us = until_us ? 0 : FIRST_WAIT_US;
}

void imp_github_check_judge(const ImpAnswer *answer, gint64 now_us, ImpOutcome *outcome)
{
    g_autoptr(json_t) body = imp_answer_json(answer);
    imp_github_judge(answer, now_us, outcome);
    if (outcome->failure == IMP_FAILURE_NONE)
        outcome->run = json_integer_value(json_object_get(body, "id"));
}

void imp_gitlab_judge(const ImpAnswer *answer, gint64 now_us, ImpOutcome *outcome)
{
    (void)now_us;
    if (answer->status == HTTP_CONFLICT ||
        (answer->status == HTTP_BAD_REQUEST && strstr(answer->body, "Cannot transition status")))
        outcome->failure = IMP_FAILURE_NONE;
}
