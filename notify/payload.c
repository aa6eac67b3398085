#include "notify/payload.h"
#include "workflow/base/json_write.h"
#include "workflow/base/limits.h"
#include "workflow/base/moment.h"

#include <string.h>

#define CUT_MARK "… [cut]"

/* As git's core.quotePath shows it: bytes beyond ASCII in octal, the whole in quotes. */
static char *quote_path(const char *path)
{
    g_autofree char *escaped = g_strescape(path, NULL);
    return g_strconcat("\"", escaped, "\"", NULL);
}

static json_t *path_json(const char *path)
{
    if (!path || g_utf8_validate(path, -1, NULL))
        return imp_json_string_or_null(path);
    g_autofree char *quoted = quote_path(path);
    return json_string(quoted);
}

json_t *imp_payload_article_json(const char *path, const char *title, const char *version,
                                 const char *url)
{
    json_t *article = json_object();
    json_object_set_new_nocheck(article, "id", path_json(path));
    json_object_set_new_nocheck(article, "path", path_json(path));
    json_object_set_new_nocheck(article, "title",
                                title ? imp_json_string_or_null(title) : path_json(path));
    imp_json_set_text(article, "version", version);
    imp_json_set_text(article, "url", url);
    return article;
}

json_t *imp_payload_review_json(const ImpReview *review)
{
    if (!review)
        return json_null();
    json_t *decisions = json_array();
    for (guint i = 0; i < review->decisions->len; i++) {
        const ImpEventDecision *decision = &g_array_index(review->decisions, ImpEventDecision, i);
        json_t *one = json_object();
        imp_json_set_text(one, "person", decision->person);
        imp_json_set_text(one, "verdict", imp_decision_kind_word(decision->verdict));
        json_array_append_new(decisions, one);
    }
    json_t *requested = json_array();
    for (char **id = review->requested; *id; id++)
        json_array_append_new(requested, imp_json_string_or_null(*id));

    json_t *object = json_object();
    imp_json_set_number(object, "approvals", review->approvals);
    imp_json_set_number(object, "required", review->required);
    json_object_set_new_nocheck(object, "decisions", decisions);
    json_object_set_new_nocheck(object, "requested", requested);
    imp_json_set_moment(object, "respond_by", review->respond_by_us);
    imp_json_set_moment(object, "review_by", review->review_by_us);
    imp_json_set_moment(object, "valid_until", review->valid_until_us);
    return object;
}

static json_t *person_json(const char *id, const char *name)
{
    if (!id)
        return json_null();
    json_t *person = json_object();
    imp_json_set_text(person, "id", id);
    imp_json_set_text(person, "name", name ? name : id);
    return person;
}

static json_t *state_json(const ImpEvent *event, ImpState state)
{
    return imp_json_string_or_null(event->path && event->has_state ? imp_state_key(state) : NULL);
}

static json_t *data_json(const ImpEvent *event)
{
    json_t *data = json_object();
    imp_json_set_text(data, "repository", event->repository);
    json_object_set_new(data, "article",
                        event->path ? imp_payload_article_json(event->path, event->title,
                                                               event->version, event->url)
                                    : json_null());
    json_object_set_new(data, "state", state_json(event, event->state));
    json_object_set_new(data, "previous_state", state_json(event, event->previous_state));
    json_object_set_new(data, "round", event->round > 0 ? json_integer(event->round) : json_null());
    imp_json_set_text(data, "reason", imp_reason_word(event->reason));
    imp_json_set_text(data, "reason_text", event->reason_text);
    imp_json_set_text(data, "refusal", imp_refusal_word(event->refusal));
    imp_json_set_text(data, "problem", imp_problem_word(event->problem));
    json_object_set_new(data, "count",
                        event->count >= 0 ? json_integer(event->count) : json_null());
    imp_json_set_text(data, "command", event->command);
    json_object_set_new(data, "actor", person_json(event->actor_id, event->actor_name));
    json_object_set_new(data, "person", person_json(event->person_id, event->person_name));
    imp_json_set_flag(data, "verified", event->verified);
    json_object_set_new(data, "review", imp_payload_review_json(event->review));
    const ImpChanges *changes = event->changes;
    json_object_set_new(data, "changes", changes ? imp_changes_json(changes) : json_null());
    json_object_set_new(data, "changes_more", changes ? json_integer(changes->more) : json_null());
    imp_json_set_text(data, "source", event->source);
    imp_json_set_text(data, "decision", event->decision);
    imp_json_set_text(data, "ledger", event->ledger);
    return data;
}

/* Cutting to size */

static gsize excess(const json_t *body)
{
    gsize size = json_dumpb(body, NULL, 0, JSON_COMPACT);
    return size > IMP_BODY_MAX_BYTES ? size - IMP_BODY_MAX_BYTES : 0;
}

/* How many bytes of JSON the character takes that begins at `at`. */
static gsize encoded_bytes(const char *at, gsize length)
{
    if (strchr("\"\\\b\f\n\r\t", *at))
        return 2;
    return (guchar)*at < 0x20 ? strlen("\\u0000") : length;
}

/* Takes from the end of object[key] as many characters as make the body fit, or all. */
static void cut_text(const json_t *body, json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    gsize over = excess(body);
    if (!text || over == 0 || strlen(text) <= strlen(CUT_MARK))
        return;
    gsize wanted = over + strlen(CUT_MARK), saved = 0;
    const char *end = text + strlen(text);
    while (end > text && saved < wanted) {
        const char *before = g_utf8_prev_char(end);
        saved += encoded_bytes(before, (gsize)(end - before));
        end = before;
    }
    g_autofree char *kept = g_strndup(text, (gsize)(end - text));
    g_autofree char *marked = g_strconcat(kept, CUT_MARK, NULL);
    imp_json_set_text(object, key, marked);
}

/* Takes items from the end of a list; the mark takes the place of the last one. */
static void cut_list(const json_t *body, json_t *list, json_t *mark)
{
    bool fits = excess(body) == 0;
    if (fits || json_array_size(list) == 0) {
        json_decref(mark);
        return;
    }
    json_array_append_new(list, mark);
    gsize wanted = excess(body), saved = 0;
    while (saved < wanted && json_array_size(list) > 1) {
        gsize last = json_array_size(list) - 2;
        saved += json_dumpb(json_array_get(list, last), NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY) +
                 strlen(",");
        json_array_remove(list, last);
    }
}

static json_t *decision_mark(void)
{
    json_t *mark = json_object();
    imp_json_set_text(mark, "person", CUT_MARK);
    json_object_set_new(mark, "verdict", json_null());
    return mark;
}

static json_t *change_mark(void)
{
    json_t *mark = json_object();
    imp_json_set_text(mark, "sentence", CUT_MARK);
    return mark;
}

static void cut_to_size(json_t *body, json_t *data)
{
    if (excess(body) == 0)
        return;
    json_t *article = json_object_get(data, "article"), *review = json_object_get(data, "review");
    cut_text(body, data, "reason_text");
    cut_text(body, article, "title");
    cut_text(body, data, "command");
    cut_list(body, json_object_get(data, "changes"), change_mark());
    cut_list(body, json_object_get(review, "decisions"), decision_mark());
    cut_list(body, json_object_get(review, "requested"), json_string(CUT_MARK));
    /* A shortened link would lead elsewhere. */
    if (excess(body) > 0 && json_is_object(article))
        json_object_set_new(article, "url", json_null());
    cut_text(body, json_object_get(data, "actor"), "name");
    cut_text(body, json_object_get(data, "person"), "name");
    cut_text(body, article, "path");
    cut_text(body, article, "id");
}

GBytes *imp_payload_render(const ImpEvent *event)
{
    g_autoptr(json_t) body = json_object();
    g_autofree char *timestamp = imp_moment_format(event->at_us);
    json_t *data = data_json(event);
    imp_json_set_text(body, "type", event->type);
    imp_json_set_text(body, "timestamp", timestamp);
    json_object_set_new(body, "data", data);
    cut_to_size(body, data);
    char *line = imp_json_dump_line(body);
    return g_bytes_new_take(line, strlen(line));
}
