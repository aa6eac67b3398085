#include "daemon/control/control_act.h"
#include "daemon/control/control_question.h"
#include "daemon/terminal/exit.h"
#include "daemon/terminal/nearest.h"
#include "notify/outbox/endpoint_view.h"
#include "notify/outbox/outbox_hand.h"
#include "notify/outbox/outbox_list.h"
#include "workflow/base/json_write.h"

#include <string.h>

const ImpEndpoint *imp_control_endpoint(const ImpConfig *config, const char *name)
{
    for (guint i = 0; i < config->endpoints->len; i++) {
        const ImpEndpoint *endpoint = config->endpoints->pdata[i];
        if (strcmp(endpoint->name, name) == 0)
            return endpoint;
    }
    return NULL;
}

bool imp_control_knows_endpoint(const ImpConfig *config, ImpDatabase *database, const char *name,
                                bool *knows, GError **error)
{
    *knows = imp_control_endpoint(config, name) != NULL;
    return *knows || imp_outbox_has_endpoint(database, name, knows, error);
}

char *imp_control_unknown_endpoint(const ImpConfig *config, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; i < config->endpoints->len; i++)
        g_ptr_array_add(names, ((ImpEndpoint *)config->endpoints->pdata[i])->name);
    const char *nearest = imp_nearest(name, (const char *const *)names->pdata, names->len);
    return nearest
               ? g_strdup_printf("there is no endpoint \"%s\"; did you mean \"%s\"?", name, nearest)
               : g_strdup_printf("there is no endpoint \"%s\"; imprimatur endpoint list shows them",
                                 name);
}

typedef struct {
    ImpWorkplace *place;
    const ImpControlRequest *request;
    gint64 now_us;
    json_t *lines;
    GString *refusals; /* a sentence for each, in lines */
} Work;

static void refuse_one(Work *work, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void refuse_one(Work *work, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (work->refusals->len > 0)
        g_string_append_c(work->refusals, '\n');
    g_string_append_vprintf(work->refusals, format, arguments);
    va_end(arguments);
}

static const char *refusal_of(ImpByHand result)
{
    static const char *const sentences[] = {
        [IMP_BY_HAND_GONE] = "is gone",
        [IMP_BY_HAND_SENDING] = "is being sent at this moment; ask again when that has ended",
        [IMP_BY_HAND_OVER] = "is over already; there is nothing to drop",
        [IMP_BY_HAND_FORGOTTEN] = "cannot be sent again: its text is no longer kept",
    };
    return sentences[result];
}

static bool act_on(Work *work, gint64 id, GError **error)
{
    ImpOutbox *outbox = work->place->outbox;
    bool replay = work->request->verb == IMP_CONTROL_REPLAY;
    ImpByHand result;
    if (!(replay ? imp_outbox_replay(outbox, id, work->now_us, &result, error)
                 : imp_outbox_drop(outbox, id, work->now_us, &result, error)))
        return false;
    if (result != IMP_BY_HAND_DONE) {
        refuse_one(work, "delivery %" G_GINT64_FORMAT " %s", id, refusal_of(result));
        return true;
    }
    g_autoptr(ImpQueued) queued = NULL;
    if (!imp_outbox_look(work->place->database, id, &queued, error))
        return false;
    if (!queued)
        return true;
    json_t *line = json_object();
    imp_json_set_number(line, "schema", 1);
    imp_json_set_text(line, "repository", work->place->config->name);
    imp_json_set_number(line, "delivery", id);
    imp_json_set_text(line, "webhook_id", queued->event);
    imp_json_set_text(line, "type", queued->type);
    imp_json_set_text(line, "endpoint", queued->endpoint);
    imp_json_set_text(line, "state", imp_delivery_state_word(queued->state));
    imp_json_set_flag(line, "disabled", queued->parked);
    json_array_append_new(work->lines, line);
    return true;
}

static bool act_on_named(Work *work, const char *name, GError **error)
{
    bool many;
    g_autofree char *text = g_strstrip(g_strdup(name));
    const char *endpoint = work->request->endpoint;
    g_autoptr(GArray) ids = imp_outbox_find(work->place->database, text, endpoint, &many, error);
    if (!ids)
        return false;
    if (many)
        refuse_one(work, "several messages begin with %s; give more of it", text);
    else if (ids->len == 0)
        refuse_one(work, "there is no delivery %s%s%s; what is over is kept for 7 days", text,
                   endpoint ? " to " : "", endpoint ? endpoint : "");
    for (guint i = 0; i < ids->len; i++) {
        if (json_array_size(work->lines) == IMP_CONTROL_DELIVERIES_MAX) {
            refuse_one(work, "at most %d deliveries at once; %s was left out",
                       IMP_CONTROL_DELIVERIES_MAX, text);
            return true;
        }
        if (!act_on(work, g_array_index(ids, gint64, i), error))
            return false;
    }
    return true;
}

static bool act_on_all(Work *work, bool *more, GError **error)
{
    g_autoptr(GArray) ids =
        imp_outbox_ids(work->place->database, imp_control_state(work->request),
                       work->request->endpoint, IMP_CONTROL_DELIVERIES_MAX, error);
    for (guint i = 0; ids && i < ids->len; i++) {
        if (!act_on(work, g_array_index(ids, gint64, i), error))
            return false;
    }
    /* Those that were refused would be found again: without a single success there is no more to
     * do. */
    *more = ids && ids->len == IMP_CONTROL_DELIVERIES_MAX && json_array_size(work->lines) > 0;
    return ids != NULL;
}

static bool enable(Work *work, GError **error)
{
    bool changed;
    guint freed;
    const char *name = work->request->endpoint;
    if (!imp_outbox_enable(work->place->outbox, name, work->now_us, &changed, &freed, error))
        return false;
    json_t *line = json_object();
    imp_json_set_number(line, "schema", 1);
    imp_json_set_text(line, "repository", work->place->config->name);
    imp_json_set_text(line, "endpoint", name);
    imp_json_set_flag(line, "changed", changed);
    imp_json_set_number(line, "due", freed);
    json_array_append_new(work->lines, line);
    return true;
}

static bool act(Work *work, bool *more, GError **error)
{
    const ImpControlRequest *request = work->request;
    if (request->verb == IMP_CONTROL_ENABLE)
        return enable(work, error);
    if (request->dead || request->waiting)
        return act_on_all(work, more, error);
    for (char **name = request->deliveries; *name; name++) {
        if (!act_on_named(work, *name, error))
            return false;
    }
    return true;
}

json_t *imp_control_act(ImpWorkplace *place, const ImpControlRequest *request, gint64 now_us)
{
    if (request->verb == IMP_CONTROL_ASK)
        return imp_control_act_question(place, request, now_us);
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) refusals = g_string_new(NULL);
    g_autoptr(json_t) lines = json_array();
    Work work = {place, request, now_us, lines, refusals};
    bool more = false;
    bool knows = true;
    if (request->endpoint && !imp_control_knows_endpoint(place->config, place->database,
                                                         request->endpoint, &knows, &error))
        return imp_control_answer_fault(error);
    if (!knows) {
        g_autofree char *sentence = imp_control_unknown_endpoint(place->config, request->endpoint);
        return imp_control_answer(IMP_EXIT_NO, sentence, NULL, false);
    }
    if (imp_database_begin(place->database, &error) && act(&work, &more, &error) &&
        imp_database_commit(place->database, &error))
        return imp_control_answer(refusals->len ? IMP_EXIT_NO : IMP_EXIT_DONE,
                                  refusals->len ? refusals->str : NULL, g_steal_pointer(&lines),
                                  more);
    imp_database_rollback(place->database);
    return imp_control_answer_fault(error);
}
