#include "daemon/verbs/check/check_front_matter.h"
#include "articles/document.h"
#include "daemon/terminal/nearest.h"
#include "daemon/verbs/check/check_files.h"

#include <string.h>

/* What front matter says, held against the policy and the other articles: a typing error there is
 * silent otherwise, since whatever it names is only asked first, or counts only where it exists. */

#define KEY_LENGTH_MIN 5 /* shorter names are near to too many others */

static void warn(ImpChecking *checking, const char *path, const ImpDocument *document,
                 const char *key, const char *message)
{
    imp_check_report(&checking->check, IMP_SEVERITY_WARNING, path,
                     imp_document_key_line(document, key), message);
}

/* "reviewIn", "review-in" and "Review_In" as one. */
static char *fold_key(const char *key)
{
    GString *folded = g_string_new(NULL);
    for (; *key; key++)
        if (g_ascii_isalnum(*key) || (guchar)*key >= 0x80)
            g_string_append_c(folded, g_ascii_tolower(*key));
    return g_string_free(folded, FALSE);
}

static bool is_near(const char *written, const char *read)
{
    g_autofree char *one = fold_key(written);
    g_autofree char *other = fold_key(read);
    return strcmp(one, other) == 0 ||
           (strlen(one) >= KEY_LENGTH_MIN && imp_nearest_distance(one, other) <= 1);
}

static void check_key(ImpChecking *checking, const char *path, const ImpDocument *document,
                      const ImpFrontMatterKey *key)
{
    static const char *const read[] = {"title",      "specialty",  "reviewers", "review_in",
                                       "lang",       "references", "nocite",    "audience",
                                       "variant_of", "description"};
    for (gsize i = 0; i < G_N_ELEMENTS(read); i++) {
        if (!is_near(key->name, read[i]) || imp_document_key_line(document, read[i]))
            continue;
        g_autofree char *message = g_strdup_printf(
            "%s in front matter is not read; if you mean %s, write that", key->name, read[i]);
        imp_check_report(&checking->check, IMP_SEVERITY_WARNING, path, key->line, message);
        return;
    }
}

/* ", but \"x\" is near", for the caller to free. */
static char *hint(const char *word, GPtrArray *known)
{
    const char *nearest = imp_nearest(word, (const char *const *)known->pdata, known->len);
    return nearest ? g_strdup_printf("; do you mean \"%s\"?", nearest) : g_strdup("");
}

static void check_specialty(ImpChecking *checking, const char *path, const ImpDocument *document)
{
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    for (guint i = 0; i < checking->policy->people->len; i++)
        for (char **one = ((ImpPerson *)checking->policy->people->pdata[i])->specialties; *one;
             one++)
            g_ptr_array_add(known, *one);
    for (guint i = 0; i < known->len; i++)
        if (strcmp(known->pdata[i], document->specialty) == 0)
            return;
    g_autofree char *nearest = hint(document->specialty, known);
    g_autofree char *message = g_strdup_printf("nobody in the policy has the specialty \"%s\"%s",
                                               document->specialty, nearest);
    warn(checking, path, document, "specialty", message);
}

static void check_reviewer(ImpChecking *checking, const char *path, const ImpDocument *document,
                           const char *id)
{
    const ImpPerson *person = imp_policy_person(checking->policy, id);
    if (person && (person->roles & IMP_ROLE_REVIEWER))
        return;
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    for (guint i = 0; i < checking->policy->people->len; i++)
        g_ptr_array_add(known, ((ImpPerson *)checking->policy->people->pdata[i])->id);
    g_autofree char *nearest = person ? g_strdup("") : hint(id, known);
    g_autofree char *message =
        g_strdup_printf(person ? "%s is not a reviewer, and not asked%s"
                               : "there is nobody with the id \"%s\" in the policy%s",
                        id, nearest);
    warn(checking, path, document, "reviewers", message);
}

/* The rule's term counts where the article's own is longer. */
static void check_term(ImpChecking *checking, const char *path, const ImpDocument *document)
{
    guint months = imp_policy_rule(checking->policy, path)->valid_months;
    gint64 now_us = checking->check.now_us;
    if (imp_review_in_add(document->review_in, now_us) <= imp_moment_add_months(now_us, months))
        return;
    g_autofree char *message = g_strdup_printf(
        "review_in is longer than the %u months that an approval lasts by the policy, which count",
        months);
    warn(checking, path, document, "review_in", message);
}

static void check_audience(ImpChecking *checking, const char *path, const ImpDocument *document)
{
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    for (guint i = 0; i < checking->policy->audiences->len; i++)
        g_ptr_array_add(known, ((ImpPolicyAudience *)checking->policy->audiences->pdata[i])->id);
    for (guint i = 0; i < known->len; i++)
        if (strcmp(known->pdata[i], document->audience) == 0)
            return;
    if (known->len == 0) /* then the key is another program's */
        return;
    g_autofree char *nearest = hint(document->audience, known);
    g_autofree char *message =
        g_strdup_printf("the policy has no audience \"%s\"%s", document->audience, nearest);
    warn(checking, path, document, "audience", message);
}

/* What the root of a variant is a variant of itself, for the caller to free. */
static char *root_of(ImpChecking *checking, const ImpTreeChange *file)
{
    gsize size;
    g_autoptr(GBytes) bytes = NULL;
    imp_checking_read(checking, file, &bytes, &size, NULL);
    const char *text = bytes ? g_bytes_get_data(bytes, NULL) : NULL;
    g_autoptr(ImpDocument) document = imp_document_parse(text ? text : "", text ? size : 0);
    return g_steal_pointer(&document->variant_of);
}

static void check_variant(ImpChecking *checking, const char *path, const ImpDocument *document)
{
    const char *of = document->variant_of;
    const ImpTreeChange *file = g_hash_table_lookup(checking->files, of);
    g_autofree char *message = NULL;
    g_autofree char *root = NULL;
    if (strcmp(of, path) == 0)
        message = g_strdup("variant_of names this article itself; take it out");
    else if (!file || !imp_policy_is_article(checking->policy, of))
        message = g_strdup_printf("variant_of names no article: there is none at \"%s\", from the "
                                  "root of the repository",
                                  of);
    else if ((root = root_of(checking, file)))
        message = g_strdup_printf("variant_of names a variant: \"%s\" is one of \"%s\"; name that",
                                  of, root);
    if (message)
        warn(checking, path, document, "variant_of", message);
}

void imp_check_front_matter(ImpChecking *checking, const char *path, const ImpDocument *document)
{
    for (guint i = 0; i < document->keys->len; i++) {
        const ImpFrontMatterKey *key = document->keys->pdata[i];
        if (key->kind == IMP_KEY_OTHER)
            check_key(checking, path, document, key);
    }
    if (!checking->policy)
        return;
    if (document->specialty)
        check_specialty(checking, path, document);
    for (char **id = document->reviewers; *id; id++)
        check_reviewer(checking, path, document, *id);
    if (document->review_in.count > 0)
        check_term(checking, path, document);
    if (document->audience)
        check_audience(checking, path, document);
    if (document->variant_of)
        check_variant(checking, path, document);
}
