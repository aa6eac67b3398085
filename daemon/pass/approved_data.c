#include "daemon/pass/approved_data.h"
#include "daemon/index/index.h"
#include "daemon/index/past.h"
#include "workflow/base/json.h"
#include "workflow/base/json_write.h"
#include "workflow/base/quote.h"

#include <string.h>

bool imp_approved_data_collides(const char *data, const char *path)
{
    gsize shorter = MIN(strlen(data), strlen(path));
    return strncmp(data, path, shorter) == 0 && (data[shorter] == '\0' || data[shorter] == '/') &&
           (path[shorter] == '\0' || path[shorter] == '/');
}

/* Who is not public is not named here either: the branch is for everybody. */
static json_t *approvers(ImpPasts *pasts, const ImpPast *past)
{
    json_t *names = json_array();
    for (guint i = 0; i < past->approvers->len; i++) {
        const ImpApprover *approver = past->approvers->pdata[i];
        const ImpPerson *person = imp_pasts_person(pasts, approver->person);
        g_autofree char *name = !person || !person->is_public ? g_strdup("a member of the board")
                                : person->credentials
                                    ? g_strdup_printf("%s, %s", person->name, person->credentials)
                                    : g_strdup(person->name);
        json_array_append_new(names, imp_json_string_or_null(name));
    }
    return names;
}

static json_t *article_json(ImpPasts *pasts, const ImpPast *past)
{
    /* Before the beginning of time nothing has expired. */
    const ImpShown shown = imp_shown(past, (ImpShowing){.trusted = true}, 0);
    const bool approved = shown.which == IMP_SHOWN_APPROVED;
    json_t *object = json_object();
    imp_json_set_text(object, "path", past->article->path);
    imp_json_set_text(object, "state", imp_state_key(past->article->state));
    imp_json_set_text(object, "version", approved ? shown.version : NULL);
    json_object_set_new(object, "by", approved ? approvers(pasts, past) : json_array());
    imp_json_set_moment(object, "last_reviewed", approved ? shown.reviewed_us : 0);
    imp_json_set_moment(object, "valid_until", approved ? past->valid_until_us : 0);
    return object;
}

static bool put_article(ImpPasts *pasts, json_t *all, const char *path, GError **error)
{
    g_autoptr(ImpPast) past = imp_pasts_load(pasts, path, NULL, NULL, error);
    if (!past)
        return false;
    g_autofree char *key = g_utf8_validate(path, -1, NULL) ? g_strdup(path) : imp_path_quote(path);
    if (past->entries == 0 || past->article->state == IMP_STATE_REMOVED)
        json_object_del(all, key);
    else
        json_object_set_new(all, key, article_json(pasts, past));
    return true;
}

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* An article a line, ordered by path, so that a diff shows what changed. */
static char *print(const json_t *all)
{
    GString *text = g_string_new("{");
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    const char *key, *between = "\n";
    json_t *value;
    json_object_foreach((json_t *)all, key, value)
    {
        g_ptr_array_add(keys, (gpointer)key);
    }
    g_ptr_array_sort(keys, by_text);
    for (guint i = 0; i < keys->len; i++) {
        g_autoptr(json_t) name = json_string(keys->pdata[i]);
        g_autofree char *quoted = imp_json_dump_line(name);
        g_autofree char *line = imp_json_dump_line(json_object_get(all, keys->pdata[i]));
        g_string_append_printf(text, "%s%s:%s", between, quoted, line);
        between = ",\n";
    }
    g_string_append(text, "\n}\n");
    return g_string_free(text, FALSE);
}

char *imp_approved_data(ImpWorkplace *place, const char *before, GPtrArray *paths, GError **error)
{
    g_autoptr(ImpPasts) pasts = imp_pasts_new(place->database, place->repository);
    g_autoptr(json_t) all = before ? json_loads(before, JSON_REJECT_DUPLICATES, NULL) : NULL;
    g_autoptr(GPtrArray) every = NULL;
    if (!json_is_object(all)) {
        g_clear_pointer(&all, json_decref);
        all = json_object();
        paths = every = imp_index_live(place->database, error);
    }
    for (guint i = 0; paths && i < paths->len; i++)
        if (!put_article(pasts, all, paths->pdata[i], error))
            return NULL;
    return paths ? print(all) : NULL;
}
