#include "daemon/door/question.h"
#include "workflow/base/json.h"

#include <string.h>

#define PATH_MAX_BYTES 4096

static bool from_json(const char *body, gsize length, ImpQuestion *question)
{
    g_autoptr(json_t) object = json_loadb(body, length, JSON_REJECT_DUPLICATES, NULL);
    question->article = g_strdup(json_string_value(json_object_get(object, "article")));
    question->text = g_strdup(json_string_value(json_object_get(object, "question")));
    return object != NULL;
}

/* Source: URL Standard, section 5.1 (application/x-www-form-urlencoded). */
static bool from_form(const char *body, gsize length, ImpQuestion *question)
{
    g_autofree char *text = g_strndup(body, length);
    g_autoptr(GHashTable) fields = g_uri_parse_params(text, -1, "&", G_URI_PARAMS_WWW_FORM, NULL);
    if (!fields)
        return false;
    question->article = g_strdup(g_hash_table_lookup(fields, "article"));
    question->text = g_strdup(g_hash_table_lookup(fields, "question"));
    return true;
}

/* One kind of line end, no other control character, no blanks around it. The caller frees. */
static char *clean(const char *text)
{
    GString *out = g_string_new(NULL);
    for (const char *at = text; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        GUnicodeType type = g_unichar_type(c);
        if (c == '\n' || c == '\t')
            g_string_append_c(out, (char)c);
        else if (c != '\r' && type != G_UNICODE_CONTROL && type != G_UNICODE_FORMAT)
            g_string_append_unichar(out, c);
    }
    return g_strstrip(g_string_free(out, FALSE));
}

static bool is_path(const char *article)
{
    if (!*article || strlen(article) > PATH_MAX_BYTES)
        return false;
    for (const char *c = article; *c; c++)
        if (g_ascii_iscntrl(*c))
            return false;
    return true;
}

bool imp_question_read(const char *content_type, const char *body, gsize length,
                       ImpQuestion *question, const char **sentence)
{
    *question = (ImpQuestion){0};
    bool json = g_str_has_prefix(content_type, "application/json");
    bool read = json ? from_json(body, length, question) : from_form(body, length, question);
    *sentence = NULL;
    if (!read || !question->article || !question->text)
        *sentence = "Send the fields \"article\" and \"question\".\n";
    else if (!g_utf8_validate(question->text, -1, NULL) ||
             !g_utf8_validate(question->article, -1, NULL) || !is_path(question->article))
        *sentence = "This is not readable text; send it again.\n";
    else if (g_utf8_strlen(question->text, -1) > IMP_QUESTION_MAX_CHARACTERS)
        *sentence = "The question is longer than 2000 characters; make it shorter.\n";
    if (!*sentence) {
        char *text = clean(question->text);
        g_free(question->text);
        question->text = text;
        if (!*text)
            *sentence = "The question is empty; write one.\n";
    }
    if (*sentence)
        imp_question_clear(question);
    return *sentence == NULL;
}

void imp_question_clear(ImpQuestion *question)
{
    g_clear_pointer(&question->article, g_free);
    g_clear_pointer(&question->text, g_free);
}
