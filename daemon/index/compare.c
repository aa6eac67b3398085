#include "daemon/index/compare.h"
#include "notify/event.h"
#include "workflow/base/limits.h"

/* A larger text is not compared in a pass, which others wait for: 256 KiB without one common word
 * take some tenths of a second. */
#define COMPARED_MAX_BYTES (256 * 1024)

static GBytes *read_text(ImpRepository *repository, const char *version, gsize max_bytes,
                         GError **error)
{
    gsize size;
    GBytes *text = NULL;
    if (!imp_repository_read(repository, version, max_bytes, &text, &size, error))
        g_prefix_error(error, "the text %.12s: ", version);
    else if (!text)
        g_set_error(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_FAILED,
                    "the text %.12s has %" G_GSIZE_FORMAT " bytes, of which %" G_GSIZE_FORMAT
                    " are compared",
                    version, size, max_bytes);
    return text;
}

static ImpDifference *compare(GBytes *before, const char *text, gsize length,
                              const ImpPolicy *policy)
{
    g_autoptr(ImpTerms) terms = imp_terms_new(policy ? policy->terms : NULL);
    gsize old_length;
    const char *old_text = g_bytes_get_data(before, &old_length);
    return imp_difference_new(old_text ? old_text : "", old_length, text ? text : "", length,
                              terms);
}

ImpDifference *imp_compare_versions(ImpRepository *repository, const char *before,
                                    const char *after, const ImpPolicy *policy, gsize max_bytes,
                                    GError **error)
{
    g_autoptr(GBytes) old = read_text(repository, before, max_bytes, error);
    g_autoptr(GBytes) new = old ? read_text(repository, after, max_bytes, error) : NULL;
    if (!new)
        return NULL;
    gsize length;
    const char *text = g_bytes_get_data(new, &length);
    return compare(old, text, length, policy);
}

ImpDifference *imp_compare_with(ImpRepository *repository, const char *before, const char *text,
                                gsize length, const ImpPolicy *policy, GError **error)
{
    g_autoptr(GBytes) old = read_text(repository, before, IMP_ARTICLE_MAX_BYTES, error);
    return old ? compare(old, text, length, policy) : NULL;
}

ImpChanges *imp_compare_for_request(ImpRepository *repository, const ImpPolicy *policy,
                                    const ImpEntry *entry, const ImpArticle *after)
{
    if (!after || !after->approved_text || !entry->requested || !*entry->requested)
        return NULL;
    g_autoptr(ImpDifference) difference = imp_compare_versions(
        repository, after->approved_text, after->version, policy, COMPARED_MAX_BYTES, NULL);
    if (!difference || difference->unreadable)
        return NULL;
    imp_changes_settle(difference->changes, IMP_EVENT_CHANGES_MAX);
    return g_steal_pointer(&difference->changes);
}
