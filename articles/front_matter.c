#include "articles/front_matter.h"
#include "articles/yaml_advice.h"
#include "workflow/base/limits.h"
#include "workflow/base/text.h"

#include <string.h>
#include <yaml.h>

/* libyaml's events, one after the other; no tree is built. Each event is looked at before it is
 * used: an anchor, an alias, a tag or a level too many ends the parse there, so that neither
 * repetition nor nesting can cost more than the text is long. After the first fault `detail` is set
 * and nothing more is read. */

typedef struct {
    yaml_parser_t yaml;
    const char *text; /* the YAML, and how far its lines have been counted: */
    gsize length;
    const char *counted;
    gsize characters, lines;
    guint first_line;
    guint depth;
    guint key_line; /* of the key last read */
    char *detail;
} Reader;

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(yaml_event_t, yaml_event_delete)

void imp_front_matter_key_free(gpointer data)
{
    ImpFrontMatterKey *key = data;
    g_free(key->name);
    g_free(key);
}

void imp_front_matter_free(ImpFrontMatter *front_matter)
{
    if (!front_matter)
        return;
    g_free(front_matter->title);
    g_free(front_matter->specialty);
    g_strfreev(front_matter->reviewers);
    g_free(front_matter->audience);
    g_free(front_matter->lang);
    g_free(front_matter->variant_of);
    g_free(front_matter->description);
    g_clear_pointer(&front_matter->keys, g_ptr_array_unref);
    g_clear_pointer(&front_matter->references, g_ptr_array_unref);
    g_free(front_matter->nocite);
    g_free(front_matter);
}

/* The line of the article that a mark is in. libyaml also counts U+0085, U+2028, U+2029 and a
 * carriage return alone as ends of lines, which nobody's editor and nothing else here does; so the
 * newlines before the mark are counted, from where that was done last. */
static guint line_at(Reader *reader, const yaml_mark_t *mark)
{
    if (mark->index < reader->characters) {
        reader->counted = reader->text;
        reader->characters = reader->lines = 0;
    }
    const char *end = reader->text + reader->length;
    for (; reader->characters < mark->index && reader->counted < end; reader->characters++) {
        reader->lines += *reader->counted == '\n';
        reader->counted = g_utf8_next_char(reader->counted);
    }
    return reader->first_line + (guint)reader->lines;
}

/* Notes the first fault; always false. */
static bool fault(Reader *reader, const yaml_mark_t *mark, const char *what)
{
    if (!reader->detail)
        reader->detail = g_strdup_printf("Front matter, line %u: %s.", line_at(reader, mark), what);
    return false;
}

static bool syntax_fault(Reader *reader)
{
    const yaml_parser_t *yaml = &reader->yaml;
    const char *problem = yaml->problem ? yaml->problem : "unreadable";
    guint line = line_at(reader, &yaml->problem_mark);
    if (yaml->error == YAML_READER_ERROR) { /* it stands where nothing was parsed yet */
        line = reader->first_line;
        for (gsize i = 0; i < MIN(yaml->problem_offset, reader->length); i++)
            line += reader->text[i] == '\n';
    }
    if (!reader->detail) {
        g_autofree char *what =
            imp_yaml_advice(reader->text, reader->length, reader->first_line, &line, problem);
        reader->detail = g_strdup_printf("Front matter, line %u: %s.", line, what);
    }
    return false;
}

static const char *forbidden(const yaml_event_t *event)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return "aliases (\"*name\") are not allowed; write the value out";
    case YAML_SCALAR_EVENT:
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
        if (memchr(event->data.scalar.value, '\0', event->data.scalar.length))
            return "a text holds a NUL character; take it out";
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
        break;
    default:
        break;
    }
    if (anchor)
        return "anchors (\"&name\") are not allowed; take it out";
    return tag ? "tags (\"!name\") are not allowed; take it out" : NULL;
}

/* Reads the next event; the caller deletes it. */
static bool next_event(Reader *reader, yaml_event_t *event)
{
    if (!yaml_parser_parse(&reader->yaml, event))
        return syntax_fault(reader);
    const char *what = forbidden(event);
    if (what)
        return fault(reader, &event->start_mark, what);
    if (event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT)
        reader->depth++;
    if (event->type == YAML_SEQUENCE_END_EVENT || event->type == YAML_MAPPING_END_EVENT)
        reader->depth--;
    if (reader->depth > IMP_FRONT_MATTER_MAX_DEPTH)
        return fault(
            reader, &event->start_mark,
            "this is more than " G_STRINGIFY(IMP_FRONT_MATTER_MAX_DEPTH) " levels deep; nest less");
    return true;
}

static const char *scalar(const yaml_event_t *event)
{
    return (const char *)event->data.scalar.value;
}

/* The null of YAML's core schema (YAML 1.2, section 10.3.2). */
static bool is_null(const yaml_event_t *event)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    return event->type == YAML_SCALAR_EVENT &&
           event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           g_strv_contains(nulls, scalar(event));
}

/* Reads the value of a key: `event` is its first. */
typedef bool (*ReadValue)(Reader *reader, const char *key, const yaml_event_t *event,
                          ImpFrontMatter *result);

static bool read_mapping(Reader *reader, ReadValue read_value, ImpFrontMatter *result);

/* Reads up to the end of a list whose start was read. */
static bool read_items(Reader *reader, const char *key, ReadValue read_item, ImpFrontMatter *result)
{
    for (;;) {
        g_auto(yaml_event_t) item = {0};
        if (!next_event(reader, &item))
            return false;
        if (item.type == YAML_SEQUENCE_END_EVENT)
            return true;
        if (!read_item(reader, key, &item, result))
            return false;
    }
}

static bool skip_value(Reader *reader, const char *key, const yaml_event_t *event,
                       ImpFrontMatter *result)
{
    if (event->type == YAML_MAPPING_START_EVENT)
        return read_mapping(reader, skip_value, result);
    return event->type != YAML_SEQUENCE_START_EVENT || read_items(reader, key, skip_value, result);
}

/* Reads up to the end of a mapping whose start was read. */
static bool read_mapping(Reader *reader, ReadValue read_value, ImpFrontMatter *result)
{
    g_autoptr(GHashTable) keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (;;) {
        g_auto(yaml_event_t) key = {0};
        g_auto(yaml_event_t) value = {0};
        if (!next_event(reader, &key))
            return false;
        if (key.type == YAML_MAPPING_END_EVENT)
            return true;
        if (key.type != YAML_SCALAR_EVENT)
            return fault(reader, &key.start_mark, "a key is a list or a mapping; write a text");
        if (!g_hash_table_add(keys, g_strdup(scalar(&key)))) {
            g_autofree char *excerpt = imp_excerpt(scalar(&key), key.data.scalar.length);
            g_autofree char *what =
                g_strdup_printf("the key %s appears a second time; keep one", excerpt);
            return fault(reader, &key.start_mark, what);
        }
        reader->key_line = line_at(reader, &key.start_mark);
        if (!next_event(reader, &value) || !read_value(reader, scalar(&key), &value, result))
            return false;
    }
}

static bool read_text(Reader *reader, const char *key, const yaml_event_t *event, char **text)
{
    if (is_null(event))
        return true;
    if (event->type != YAML_SCALAR_EVENT) {
        bool sign = (event->type == YAML_SEQUENCE_START_EVENT &&
                     event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE) ||
                    (event->type == YAML_MAPPING_START_EVENT &&
                     event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE);
        g_autofree char *what = g_strdup_printf("%s is a list or a mapping; write a text%s", key,
                                                sign ? ", in quotes if it begins so" : "");
        return fault(reader, &event->start_mark, what);
    }
    *text = g_strdup(scalar(event));
    return true;
}

static bool read_specialty(Reader *reader, const char *key, const yaml_event_t *event,
                           ImpFrontMatter *result)
{
    if (!read_text(reader, key, event, &result->specialty))
        return false;
    if (result->specialty && !*g_strstrip(result->specialty))
        return fault(reader, &event->start_mark,
                     "specialty is empty; name one, or take the line out");
    return true;
}

static bool read_title(Reader *reader, const char *key, const yaml_event_t *event,
                       ImpFrontMatter *result)
{
    return read_text(reader, key, event, &result->title);
}

static bool read_review_in(Reader *reader, const char *key, const yaml_event_t *event,
                           ImpFrontMatter *result)
{
    g_autofree char *text = NULL;
    if (!read_text(reader, key, event, &text))
        return false;
    if (!text || imp_review_in_parse(g_strstrip(text), &result->review_in))
        return true;
    g_autofree char *excerpt = imp_excerpt(text, strlen(text));
    g_autofree char *what =
        g_strdup_printf("review_in is %s; write a number from 1 to 9999 and a unit, as in \"30 "
                        "days\", \"6 weeks\" or \"12 months\"",
                        excerpt);
    return fault(reader, &event->start_mark, what);
}

static bool read_reviewers(Reader *reader, const char *key, const yaml_event_t *event,
                           ImpFrontMatter *result)
{
    static const char wrong[] = "reviewers is not a list of texts; write \"reviewers: [ID, ID]\"";
    if (is_null(event))
        return true;
    if (event->type != YAML_SEQUENCE_START_EVENT)
        return fault(reader, &event->start_mark, wrong);
    g_autoptr(GPtrArray) reviewers = g_ptr_array_new_with_free_func(g_free);
    for (;;) {
        g_auto(yaml_event_t) item = {0};
        char *reviewer = NULL;
        if (!next_event(reader, &item))
            return false;
        if (item.type == YAML_SEQUENCE_END_EVENT)
            break;
        if (item.type != YAML_SCALAR_EVENT || !read_text(reader, key, &item, &reviewer))
            return fault(reader, &item.start_mark, wrong);
        if (reviewer)
            g_ptr_array_add(reviewers, g_strstrip(reviewer));
    }
    g_ptr_array_add(reviewers, NULL);
    g_strfreev(result->reviewers);
    result->reviewers = (char **)g_ptr_array_free(g_steal_pointer(&reviewers), FALSE);
    return true;
}

static void add_key(const Reader *reader, const char *name, ImpKeyKind kind, ImpFrontMatter *result)
{
    ImpFrontMatterKey *key = g_new0(ImpFrontMatterKey, 1);
    key->name = g_strdup(name);
    key->line = reader->key_line;
    key->kind = kind;
    g_ptr_array_add(result->keys, key);
}

static ImpFrontMatterKey *last_key(const ImpFrontMatter *result)
{
    return result->keys->pdata[result->keys->len - 1];
}

/* A text that only readers are told: what else is there was always left alone, and makes no
 * problem. */
static bool read_told(Reader *reader, const char *key, const yaml_event_t *event, char **text,
                      ImpFrontMatter *result)
{
    if (event->type != YAML_SCALAR_EVENT) {
        last_key(result)->kind = IMP_KEY_ODD;
        return skip_value(reader, key, event, result);
    }
    if (!read_text(reader, key, event, text))
        return false;
    if (*text && !*g_strstrip(*text))
        g_clear_pointer(text, g_free);
    return true;
}

static bool read_audience(Reader *reader, const char *key, const yaml_event_t *event,
                          ImpFrontMatter *result)
{
    return read_told(reader, key, event, &result->audience, result);
}

static bool read_lang(Reader *reader, const char *key, const yaml_event_t *event,
                      ImpFrontMatter *result)
{
    return read_told(reader, key, event, &result->lang, result);
}

static bool read_variant_of(Reader *reader, const char *key, const yaml_event_t *event,
                            ImpFrontMatter *result)
{
    return read_told(reader, key, event, &result->variant_of, result);
}

static bool read_description(Reader *reader, const char *key, const yaml_event_t *event,
                             ImpFrontMatter *result)
{
    return read_told(reader, key, event, &result->description, result);
}

/* References: what is odd about them is for imp_references_check() to say, never a problem of the
 * article. */

static ImpReference *last_reference(const ImpFrontMatter *result)
{
    return result->references->pdata[result->references->len - 1];
}

static void take_value(Reader *reader, ImpReferenceKey key, const yaml_event_t *event,
                       ImpFrontMatter *result)
{
    ImpReference *reference = last_reference(result);
    reference->values[key].line = line_at(reader, &event->start_mark);
    if (event->type == YAML_SCALAR_EVENT && !is_null(event) && !reference->values[key].text)
        reference->values[key].text = g_strstrip(g_strdup(scalar(event)));
}

/* A date: a text, or CSL's `date-parts`, or Pandoc's mapping or list of mappings; the first part
 * that names a year. */
static bool read_issued(Reader *reader, const char *key, const yaml_event_t *event,
                        ImpFrontMatter *result)
{
    static const char *const naming[] = {"issued", "date-parts", "year", "literal", "raw", NULL};
    if (event->type == YAML_MAPPING_START_EVENT)
        return read_mapping(reader, read_issued, result);
    if (event->type == YAML_SCALAR_EVENT) {
        if (g_strv_contains(naming, key))
            take_value(reader, IMP_REFERENCE_ISSUED, event, result);
        return true;
    }
    return read_items(reader, key, read_issued, result);
}

static bool read_reference_value(Reader *reader, const char *name, const yaml_event_t *event,
                                 ImpFrontMatter *result)
{
    ImpReferenceKey key;
    bool but_for_case;
    if (imp_reference_key_from(name, &key, &but_for_case)) {
        take_value(reader, key, event, result);
        return key == IMP_REFERENCE_ISSUED ? read_issued(reader, name, event, result)
                                           : skip_value(reader, name, event, result);
    }
    if (but_for_case && !last_reference(result)->misspelled)
        last_reference(result)->misspelled = g_strdup(name);
    return skip_value(reader, name, event, result);
}

static bool read_reference(Reader *reader, const char *key, const yaml_event_t *event,
                           ImpFrontMatter *result)
{
    ImpReference *reference = imp_reference_new(line_at(reader, &event->start_mark));
    g_ptr_array_add(result->references, reference);
    if (event->type == YAML_MAPPING_START_EVENT)
        return read_mapping(reader, read_reference_value, result);
    reference->odd = true;
    return skip_value(reader, key, event, result);
}

static bool read_references(Reader *reader, const char *key, const yaml_event_t *event,
                            ImpFrontMatter *result)
{
    if (is_null(event))
        return true;
    result->references = g_ptr_array_new_with_free_func((GDestroyNotify)imp_reference_free);
    if (event->type != YAML_SEQUENCE_START_EVENT) {
        ImpReference *odd = imp_reference_new(line_at(reader, &event->start_mark));
        odd->odd = true;
        g_ptr_array_add(result->references, odd);
        return skip_value(reader, key, event, result);
    }
    return read_items(reader, key, read_reference, result);
}

static bool read_nocite(Reader *reader, const char *key, const yaml_event_t *event,
                        ImpFrontMatter *result)
{
    if (event->type == YAML_SCALAR_EVENT && !is_null(event)) {
        result->nocite = g_strdup(scalar(event));
        result->nocite_line = line_at(reader, &event->start_mark);
    }
    return skip_value(reader, key, event, result);
}

static bool read_known_value(Reader *reader, const char *key, const yaml_event_t *event,
                             ImpFrontMatter *result)
{
    static const struct {
        const char *key;
        ReadValue read;
    } known[] = {
        {"title", read_title},
        {"specialty", read_specialty},
        {"reviewers", read_reviewers},
        {"review_in", read_review_in},
        {"references", read_references},
        {"nocite", read_nocite},
        {"audience", read_audience},
        {"lang", read_lang},
        {"variant_of", read_variant_of},
        {"description", read_description},
        {"status", NULL},
        {"lastReviewed", NULL},
        {"reviewedBy", NULL},
    };
    gsize i = 0;
    while (i < G_N_ELEMENTS(known) && strcmp(known[i].key, key) != 0)
        i++;
    ReadValue read = i < G_N_ELEMENTS(known) ? known[i].read : skip_value;
    add_key(reader, key,
            i == G_N_ELEMENTS(known) ? IMP_KEY_OTHER
            : read                   ? IMP_KEY_READ
                                     : IMP_KEY_IGNORED,
            result);
    return (read ? read : skip_value)(reader, key, event, result);
}

static bool not_a_mapping(Reader *reader, const yaml_mark_t *mark)
{
    guint line = line_at(reader, mark);
    g_autofree char *lookalike =
        imp_yaml_lookalike(reader->text, reader->length, reader->first_line, &line);
    if (!lookalike)
        return fault(reader, mark, "these are not \"key: value\" lines; write them so");
    reader->detail = g_strdup_printf("Front matter, line %u: %s.", line, lookalike);
    return false;
}

/* Stream start, then nothing, or a document start, a mapping, a document end; then the stream's
 * end. */
static bool read_stream(Reader *reader, ImpFrontMatter *result)
{
    bool had_document = false;
    for (;;) {
        g_auto(yaml_event_t) event = {0};
        if (!next_event(reader, &event))
            return false;
        switch (event.type) {
        case YAML_STREAM_END_EVENT:
            return true;
        case YAML_DOCUMENT_START_EVENT:
            if (had_document)
                return fault(reader, &event.start_mark, "a second YAML document begins; keep one");
            had_document = true;
            break;
        case YAML_MAPPING_START_EVENT:
            if (!read_mapping(reader, read_known_value, result))
                return false;
            break;
        case YAML_SCALAR_EVENT:
            if (is_null(&event))
                break;
            G_GNUC_FALLTHROUGH;
        case YAML_SEQUENCE_START_EVENT:
            return not_a_mapping(reader, &event.start_mark);
        default:
            break;
        }
    }
}

ImpFrontMatter *imp_front_matter_parse(const char *yaml, gsize length, guint first_line,
                                       char **detail)
{
    g_autoptr(ImpFrontMatter) result = g_new0(ImpFrontMatter, 1);
    result->reviewers = g_new0(char *, 1);
    result->keys = g_ptr_array_new_with_free_func(imp_front_matter_key_free);

    Reader reader = {.first_line = first_line, .text = yaml, .length = length, .counted = yaml};
    if (!yaml_parser_initialize(&reader.yaml))
        g_error("out of memory");
    yaml_parser_set_encoding(&reader.yaml, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.yaml, (const guchar *)yaml, length);
    bool good = read_stream(&reader, result);
    yaml_parser_delete(&reader.yaml);
    if (good)
        return g_steal_pointer(&result);
    *detail = reader.detail;
    return NULL;
}
