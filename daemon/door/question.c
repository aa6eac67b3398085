#include "daemon/door/question.h"
#include "workflow/base/json.h"
#include "workflow/base/question.h"

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

static bool is_path(const char *article)
{
    if (!*article || strlen(article) > PATH_MAX_BYTES)
        return false;
    for (const char *c = article; *c; c++)
        if (g_ascii_iscntrl(*c))
            return false;
    return true;
}

static const char *const flaws[] = {
    [IMP_QUESTION_FINE] = NULL,
    [IMP_QUESTION_UNREADABLE] = "This is not readable text; send it again.\n",
    [IMP_QUESTION_EMPTY] = "The question is empty; write one.\n",
    [IMP_QUESTION_LONG] = "The question is longer than 2000 characters; make it shorter.\n",
};

bool imp_question_read(const char *content_type, const char *body, gsize length,
                       ImpQuestion *question, const char **sentence)
{
    *question = (ImpQuestion){0};
    bool json = g_str_has_prefix(content_type, "application/json");
    bool read = json ? from_json(body, length, question) : from_form(body, length, question);
    *sentence = NULL;
    if (!read || !question->article || !question->text)
        *sentence = "Send the fields \"article\" and \"question\".\n";
    else if (!g_utf8_validate(question->article, -1, NULL) || !is_path(question->article))
        *sentence = flaws[IMP_QUESTION_UNREADABLE];
    if (!*sentence) {
        ImpQuestionFlaw flaw;
        g_autofree char *text = g_steal_pointer(&question->text);
        question->text = imp_question_clean(text, &flaw);
        *sentence = flaws[flaw];
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
