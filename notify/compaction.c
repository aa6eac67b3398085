#include "notify/compaction.h"
#include "workflow/base/limits.h"

#include <string.h>

static const char *const states[IMP_COMPACTION_TYPES] = {
    "article.submitted", "article.under_review", "article.approved",
    "article.removed",   "article.invalid",
};

void imp_compaction_clear(ImpCompaction *compaction)
{
    g_free(compaction->article);
    *compaction = (ImpCompaction){0};
}

bool imp_compaction_is_wanted(gint64 waiting)
{
    return waiting > IMP_PENDING_MAX;
}

static guint index_of(const char *type)
{
    guint i = 0;
    while (i < IMP_COMPACTION_TYPES && strcmp(states[i], type) != 0)
        i++;
    return i;
}

gint64 imp_compaction_take(ImpCompaction *compaction, const ImpCompactable *next)
{
    if (g_strcmp0(compaction->article, next->article) != 0) {
        imp_compaction_clear(compaction);
        compaction->article = g_strdup(next->article);
    }
    guint type = index_of(next->type);
    if (!next->article || !next->untried || type == IMP_COMPACTION_TYPES)
        return 0;
    gint64 earlier = compaction->newest[type];
    compaction->newest[type] = next->id;
    return earlier;
}
