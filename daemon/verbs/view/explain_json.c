#include "daemon/index/announce.h"
#include "daemon/verbs/view/explain.h"
#include "workflow/base/json_write.h"

/* What a list of people says beside who and when. */
typedef enum { WITH_NOTHING, WITH_TEXT, WITH_REFUSAL, WITH_DEADLINES } More;

static void add_more(json_t *object, const ImpExplainedPerson *person, More more)
{
    if (more == WITH_REFUSAL)
        imp_json_set_text(object, "refusal", person->word);
    if (more == WITH_REFUSAL || more == WITH_TEXT)
        imp_json_set_text(object, "text", person->text);
    if (more == WITH_DEADLINES) {
        imp_json_set_moment(object, "respond_by", person->respond_by_us);
        imp_json_set_moment(object, "review_by", person->review_by_us);
    }
}

static json_t *people_json(GPtrArray *people, More more)
{
    json_t *list = json_array();
    for (guint i = 0; i < people->len; i++) {
        const ImpExplainedPerson *person = people->pdata[i];
        json_t *object = json_object();
        imp_json_set_text(object, "person", person->person);
        imp_json_set_moment(object, "since", person->at_us);
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
        imp_json_set_text(object, "email", contributor->email);
        imp_json_set_text(object, "person", contributor->person);
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *rule_json(const ImpExplanation *explanation)
{
    const ImpRule *rule = explanation->rule;
    json_t *object = json_object();
    imp_json_set_number(object, "approvals", rule->approvals);
    imp_json_set_number(object, "specialists", rule->specialists);
    imp_json_set_text(object, "specialty", explanation->specialty);
    imp_json_set_number(object, "respond_days", rule->respond_days);
    imp_json_set_number(object, "review_days", rule->review_days);
    imp_json_set_number(object, "valid_months", rule->valid_months);
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
    imp_json_set_number(line, "missing", explanation->missing);
    json_object_set_new(line, "unavailable", people_json(explanation->unavailable, WITH_TEXT));
    json_object_set_new(line, "contributors", contributors_json(explanation->contributors));
    imp_json_set_text(line, "problem_text", explanation->problem);
    json_object_set(line, "published", explanation->published_json);
    imp_json_set_text(line, "next", next);
    imp_json_set_text(line, "approve_command", explanation->approve);
    imp_json_set_text(line, "push_command", explanation->push);
    return line;
}
