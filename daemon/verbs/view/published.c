#include "daemon/verbs/view/published.h"
#include "articles/ledger.h"
#include "daemon/terminal/print.h"
#include "workflow/base/json_write.h"
#include "workflow/shown.h"

#include <string.h>

static ImpPast *past_of(const ImpReader *reader, const ImpArticle *article, GError **error)
{
    g_autoptr(ImpPast) past = imp_past_new(article->path);
    g_autoptr(GPtrArray) ids = imp_index_entries(reader->database, article->path, error);
    for (guint i = 0; ids && i < ids->len; i++) {
        g_autofree char *parent = NULL;
        g_autoptr(ImpEntry) entry =
            imp_ledger_read_entry(reader->repository, ids->pdata[i], &parent, error);
        if (!entry)
            return NULL;
        /* Of policies before the last one nothing is known here; what fell away by them is not
         * there any more when the article is Approved again. */
        bool is_last = reader->policy && entry->policy == reader->policy->version;
        imp_past_take(past, ids->pdata[i], entry, NULL, is_last ? reader->policy : NULL);
    }
    return ids ? g_steal_pointer(&past) : NULL;
}

char *imp_published_text(const ImpReader *reader, const ImpArticle *article, GError **error)
{
    if (!article->published)
        return g_strdup("");
    g_autoptr(ImpPast) past = past_of(reader, article, error);
    if (!past)
        return NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    if (g_strcmp0(article->published, article->version) == 0)
        g_string_append(text, "this text");
    else
        g_string_append_printf(text, "version %.12s, not this text", article->published);
    for (guint i = 0; i < past->approvers->len; i++) {
        const ImpApprover *approver = past->approvers->pdata[i];
        g_string_append_printf(text, "%s", i ? ", " : ", approved by ");
        if (approver->name)
            g_string_append_printf(text, "%s (%s)", approver->name, approver->person);
        else
            g_string_append(text, approver->person);
    }
    g_autofree char *until = past->valid_until_us ? imp_print_minute(past->valid_until_us) : NULL;
    if (until)
        g_string_append_printf(text, "; until %s UTC", until);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

json_t *imp_published_json(const ImpReader *reader, const ImpArticle *article, GError **error)
{
    if (!article->published)
        return json_null();
    g_autoptr(ImpPast) past = past_of(reader, article, error);
    if (!past)
        return NULL;
    json_t *object = json_object(), *by = json_array();
    for (guint i = 0; i < past->approvers->len; i++)
        json_array_append_new(
            by, imp_json_string_or_null(((const ImpApprover *)past->approvers->pdata[i])->person));
    imp_json_set_text(object, "version", article->published);
    imp_json_set_moment(object, "at", past->approved_at_us);
    json_object_set_new(object, "by", by);
    imp_json_set_moment(object, "valid_until", past->valid_until_us);
    return object;
}
