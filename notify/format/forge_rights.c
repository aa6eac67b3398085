#include "notify/format/forge_rights.h"
#include "workflow/base/json.h"

#include <string.h>

#define GITLAB_DEVELOPER  30
#define GITLAB_MAINTAINER 40

#define MAKES_OTHERS                                                                               \
    "is allowed, and makes other commits of decisions: one counts then only where its text is the" \
    " one that was merged"
#define TOO_MUCH                                                                                   \
    "may administer the repository; one that may write statuses is enough "                        \
    "(imprimatur-tutorial(7))"
#define TOO_LITTLE "may not write to the repository, and so not set statuses"

static void finding_free(gpointer data)
{
    ImpForgeFinding *finding = data;
    g_free(finding->what);
    g_free(finding->sentence);
    g_free(finding);
}

GPtrArray *imp_forge_findings_new(void)
{
    return g_ptr_array_new_with_free_func(finding_free);
}

void imp_forge_findings_add(GPtrArray *found, const char *what, const char *sentence)
{
    ImpForgeFinding *finding = g_new0(ImpForgeFinding, 1);
    finding->what = g_strdup(what);
    finding->sentence = g_strdup(sentence);
    g_ptr_array_add(found, finding);
}

GBytes *imp_forge_rights_question(void)
{
    return g_bytes_new_static("GET \n", strlen("GET \n"));
}

/* Whether one of the keys, which forges call differently, is there; *value is what it says. */
static bool find_flag(const json_t *object, const char *const *keys, bool *value)
{
    for (; *keys; keys++) {
        const json_t *flag = json_object_get(object, *keys);
        *value = json_is_true(flag);
        if (json_is_boolean(flag))
            return true;
    }
    return false;
}

static void find_buttons(GPtrArray *found, const json_t *object)
{
    static const struct {
        const char *what, *keys[3];
        bool keeps; /* decisions as they are */
    } buttons[] = {
        {"merge commit", {"allow_merge_commit", "allow_merge_commits", NULL}, true},
        {"squash merge", {"allow_squash_merge", NULL}, false},
        {"rebase merge", {"allow_rebase_merge", "allow_rebase", NULL}, false},
    };
    bool allowed;
    for (gsize i = 0; i < G_N_ELEMENTS(buttons); i++)
        if (find_flag(object, buttons[i].keys, &allowed) && allowed)
            imp_forge_findings_add(found, buttons[i].what, buttons[i].keeps ? NULL : MAKES_OTHERS);
}

static void find_role(GPtrArray *found, const json_t *object)
{
    const json_t *rights = json_object_get(object, "permissions");
    if (json_is_object(rights))
        imp_forge_findings_add(found, "token",
                               json_is_true(json_object_get(rights, "admin"))  ? TOO_MUCH
                               : json_is_true(json_object_get(rights, "push")) ? NULL
                                                                               : TOO_LITTLE);
}

static void find_gitlab_buttons(GPtrArray *found, const json_t *object)
{
    const char *method = json_string_value(json_object_get(object, "merge_method"));
    const char *squash = json_string_value(json_object_get(object, "squash_option"));
    if (method && strcmp(method, "merge") == 0)
        imp_forge_findings_add(found, "merge commit", NULL);
    else if (method)
        imp_forge_findings_add(found, "rebase merge", MAKES_OTHERS);
    if (squash && strcmp(squash, "never") != 0)
        imp_forge_findings_add(found, "squash merge", MAKES_OTHERS);
}

/* The higher of what the project and its group give. */
static void find_gitlab_role(GPtrArray *found, const json_t *object)
{
    static const char *const givers[] = {"project_access", "group_access"};
    const json_t *rights = json_object_get(object, "permissions");
    json_int_t most = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(givers); i++) {
        const json_t *given = json_object_get(rights, givers[i]);
        most = MAX(most, json_integer_value(json_object_get(given, "access_level")));
    }
    if (json_is_object(rights))
        imp_forge_findings_add(found, "token",
                               most >= GITLAB_MAINTAINER  ? TOO_MUCH
                               : most >= GITLAB_DEVELOPER ? NULL
                                                          : TOO_LITTLE);
}

GPtrArray *imp_forge_rights_read(ImpFormat format, const char *answer)
{
    g_autoptr(json_t) object = json_loads(answer, 0, NULL);
    if (!json_is_object(object))
        return NULL;
    GPtrArray *found = imp_forge_findings_new();
    if (format == IMP_FORMAT_GITLAB) {
        find_gitlab_buttons(found, object);
        find_gitlab_role(found, object);
    } else {
        find_buttons(found, object);
        find_role(found, object);
    }
    return found;
}
