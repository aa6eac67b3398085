#include "daemon/index/announce.h"
#include "daemon/verbs/view/explain.h"

static json_t *moment_or_null(gint64 moment_us)
{
    g_autofree char *text = moment_us ? imp_moment_format(moment_us) : NULL;
    return imp_json_string_or_null(text);
}

/* What a list of people says beside who and when. */
typedef enum { WITH_NOTHING, WITH_TEXT, WITH_REFUSAL, WITH_DEADLINES } More;

static void add_more(json_t *object, const ImpExplainedPerson *person, More more)
{
    if (more == WITH_REFUSAL)
        json_object_set_new(object, "refusal", imp_json_string_or_null(person->word));
    if (more == WITH_REFUSAL || more == WITH_TEXT)
        json_object_set_new(object, "text", imp_json_string_or_null(person->text));
    if (more == WITH_DEADLINES) {
        json_object_set_new(object, "respond_by", moment_or_null(person->respond_by_us));
        json_object_set_new(object, "review_by", moment_or_null(person->review_by_us));
    }
}

static json_t *people_json(GPtrArray *people, More more)
{
    json_t *list = json_array();
    for (guint i = 0; i < people->len; i++) {
        const ImpExplainedPerson *person = people->pdata[i];
        json_t *object = json_object();
        json_object_set_new(object, "person", imp_json_string_or_null(person->person));
        json_object_set_new(object, "since", moment_or_null(person->at_us));
        add_more(object, person, more);
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *contributors_json(GPtrArray *contributors)
{
    if (!contributors)
        return json_null();
    json_t *list = json_array();
    for (guint i = 0; i < contributors->len; i++) {
        const ImpExplainedContributor *contributor = contributors->pdata[i];
        json_t *object = json_object();
        json_object_set_new(object, "email", imp_json_string_or_null(contributor->email));
        json_object_set_new(object, "person", imp_json_string_or_null(contributor->person));
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *rule_json(const ImpExplanation *explanation)
{
    const ImpRule *rule = explanation->rule;
    json_t *object = json_object();
    json_object_set_new(object, "approvals", json_integer(rule->approvals));
    json_object_set_new(object, "specialists", json_integer(rule->specialists));
    json_object_set_new(object, "specialty", imp_json_string_or_null(explanation->specialty));
    json_object_set_new(object, "respond_days", json_integer(rule->respond_days));
    json_object_set_new(object, "review_days", json_integer(rule->review_days));
    json_object_set_new(object, "valid_months", json_integer(rule->valid_months));
    return object;
}

json_t *imp_explain_json(const ImpExplanation *explanation, gint64 now_us)
{
    json_t *line = imp_status_json(explanation->status, explanation->reader);
    g_autofree char *next = imp_explain_next(explanation, now_us);
    json_object_set_new(line, "rule", rule_json(explanation));
    json_object_set_new(line, "approvals", people_json(explanation->approvals, WITH_NOTHING));
    json_object_set_new(line, "claims", people_json(explanation->claims, WITH_NOTHING));
    json_object_set_new(line, "objections", people_json(explanation->objections, WITH_TEXT));
    json_object_set_new(line, "asked", people_json(explanation->asked, WITH_DEADLINES));
    json_object_set_new(line, "uncounted", people_json(explanation->uncounted, WITH_REFUSAL));
    json_object_set_new(line, "missing", json_integer(explanation->missing));
    json_object_set_new(line, "unavailable", people_json(explanation->unavailable, WITH_TEXT));
    json_object_set_new(line, "contributors", contributors_json(explanation->contributors));
    json_object_set_new(line, "problem_text", imp_json_string_or_null(explanation->problem));
    json_object_set(line, "published", explanation->published_json);
    json_object_set_new(line, "next", imp_json_string_or_null(next));
    json_object_set_new(line, "approve_command", imp_json_string_or_null(explanation->approve));
    json_object_set_new(line, "push_command", imp_json_string_or_null(explanation->push));
    return line;
}
