#include "workflow/change.h"
#include "workflow/base/json_write.h"
#include "workflow/base/text.h"

#include <math.h>
#include <string.h>

/* The tokens of both sentences are set side by side in order (the longest common subsequence); what
 * is between the common ones was put in the place of each other, one of a kind for the next of the
 * kind. So two doses that changed places are told, as they must be. */

#define TABLE_MAX   (256 * 256) /* tokens by tokens; beyond it only both ends are compared */
#define WORDS_CHARS 60          /* a number of more digits is cut */
#define KEPT        2000        /* ten times what anybody is shown */
#define TENFOLD     9.999
#define ROUNDING    1e-9 /* relative, of factors */

static void change_free(gpointer data)
{
    ImpChange *change = data;
    g_free(change->before);
    g_free(change->after);
    g_free(change->where);
    g_free(change->context);
    g_free(change);
}

ImpChanges *imp_changes_new(void)
{
    ImpChanges *changes = g_new0(ImpChanges, 1);
    changes->list = g_ptr_array_new_with_free_func(change_free);
    changes->references = 1;
    return changes;
}

ImpChanges *imp_changes_ref(ImpChanges *changes)
{
    changes->references++;
    return changes;
}

void imp_changes_unref(ImpChanges *changes)
{
    if (!changes || --changes->references > 0)
        return;
    g_ptr_array_unref(changes->list);
    g_free(changes);
}

typedef struct {
    const char *text; /* NULL: there is no such sentence */
    GPtrArray *tokens;
} Side;

typedef struct {
    Side before, after;
    const char *where;
    char *context;
    ImpChanges *changes;
} Comparison;

static bool equal(const Comparison *comparison, guint i, guint j)
{
    return imp_text_token_equals(comparison->before.tokens->pdata[i], comparison->before.text,
                                 comparison->after.tokens->pdata[j], comparison->after.text);
}

static char *words_of(const Side *side, const ImpTextToken *token)
{
    if (!token)
        return NULL;
    g_autofree char *words = imp_visible_line(side->text + token->at, token->length);
    if (g_utf8_strlen(words, -1) <= WORDS_CHARS)
        return g_steal_pointer(&words);
    g_autofree char *start = g_utf8_substring(words, 0, WORDS_CHARS - 1);
    return g_strconcat(start, "\u2026", NULL);
}

static bool begins_with_factor(const char *unit, const char *factor)
{
    gsize length = strlen(factor);
    return unit && strncmp(unit, factor, length) == 0 &&
           (unit[length] == '\0' || unit[length] == '/');
}

static bool is_mg_for_mcg(const ImpTextToken *before, const ImpTextToken *after)
{
    return (begins_with_factor(before->unit, "mg") && begins_with_factor(after->unit, "mcg")) ||
           (begins_with_factor(before->unit, "mcg") && begins_with_factor(after->unit, "mg"));
}

static ImpChangeKind kind_of(const ImpTextToken *before, const ImpTextToken *after)
{
    static const ImpChangeKind kinds[] = {
        [IMP_TEXT_TOKEN_NUMBER] = IMP_CHANGE_NUMBER,
        [IMP_TEXT_TOKEN_UNIT] = IMP_CHANGE_UNIT,
        [IMP_TEXT_TOKEN_COMPARISON] = IMP_CHANGE_COMPARISON,
        [IMP_TEXT_TOKEN_NEGATION] = IMP_CHANGE_NEGATION,
        [IMP_TEXT_TOKEN_TERM] = IMP_CHANGE_TERM,
    };
    const ImpTextToken *one = after ? after : before;
    if (!before || !after || one->kind != IMP_TEXT_TOKEN_NUMBER)
        return kinds[one->kind];
    if (g_strcmp0(before->unit, after->unit) != 0)
        return IMP_CHANGE_UNIT;
    return before->low == after->low && before->high == after->high &&
                   g_strcmp0(before->comparison, after->comparison) != 0
               ? IMP_CHANGE_COMPARISON
               : IMP_CHANGE_NUMBER;
}

static guint flags_of(const ImpTextToken *before, const ImpTextToken *after, double factor)
{
    guint written = after ? after->written : 0, flags = 0;
    if (before && after && (factor >= TENFOLD || (factor > 0 && factor <= 1 / TENFOLD)))
        flags |= IMP_CHANGE_TENFOLD;
    if (before && after && is_mg_for_mcg(before, after))
        flags |= IMP_CHANGE_MG_AND_MCG;
    if (before && before->kind == IMP_TEXT_TOKEN_NEGATION && !after)
        flags |= IMP_CHANGE_NEGATION_DROPPED;
    if (written & IMP_WRITTEN_TRAILING_ZERO)
        flags |= IMP_CHANGE_TRAILING_ZERO;
    if (written & IMP_WRITTEN_NAKED_POINT)
        flags |= IMP_CHANGE_NAKED_POINT;
    return flags;
}

/* Either token may be NULL. */
static void tell(Comparison *comparison, const ImpTextToken *before, const ImpTextToken *after)
{
    ImpChanges *changes = comparison->changes;
    bool numbers = before && after && before->kind == IMP_TEXT_TOKEN_NUMBER;
    double factor = numbers ? imp_text_token_factor(before, after) : 0;
    guint flags = flags_of(before, after, factor);
    if (changes->list->len >= (flags ? 2 * KEPT : KEPT)) {
        changes->more++;
        return;
    }
    ImpChange *change = g_new0(ImpChange, 1);
    change->kind = kind_of(before, after);
    change->before = words_of(&comparison->before, before);
    change->after = words_of(&comparison->after, after);
    change->factor = factor;
    change->flags = flags;
    change->where = g_strdup(comparison->where);
    change->context = g_strdup(comparison->context);
    g_ptr_array_add(changes->list, change);
}

/* What stands between two common tokens: `before` from..to, `after` from..to. */
static void tell_between(Comparison *comparison, guint i, guint i_end, guint j, guint j_end)
{
    guint next[IMP_TEXT_TOKEN_TERM + 1];
    for (gsize kind = 0; kind < G_N_ELEMENTS(next); kind++)
        next[kind] = j;
    g_autofree bool *taken = g_new0(bool, j_end - j + 1);
    for (; i < i_end; i++) {
        const ImpTextToken *before = comparison->before.tokens->pdata[i], *after = NULL;
        for (guint *at = &next[before->kind]; *at < j_end && !after; ++*at) {
            const ImpTextToken *candidate = comparison->after.tokens->pdata[*at];
            if (candidate->kind != before->kind)
                continue;
            after = candidate;
            taken[*at - j] = true;
        }
        tell(comparison, before, after);
    }
    for (guint at = j; at < j_end; at++)
        if (!taken[at - j])
            tell(comparison, NULL, comparison->after.tokens->pdata[at]);
}

/* Walks a table of the lengths of common subsequences of what follows each pair. */
static void compare_middle(Comparison *comparison, guint i, guint i_end, guint j, guint j_end)
{
    guint rows = i_end - i, columns = j_end - j, width = columns + 1;
    if ((guint64)rows * columns > TABLE_MAX) {
        tell_between(comparison, i, i_end, j, j_end);
        return;
    }
    g_autofree guint16 *common = g_new0(guint16, (rows + 1) * width);
    for (guint r = rows; r-- > 0;)
        for (guint c = columns; c-- > 0;)
            common[r * width + c] =
                equal(comparison, i + r, j + c)
                    ? common[(r + 1) * width + c + 1] + 1
                    : MAX(common[(r + 1) * width + c], common[r * width + c + 1]);
    guint r = 0, c = 0, from_r = 0, from_c = 0;
    while (r < rows && c < columns) {
        if (equal(comparison, i + r, j + c)) {
            tell_between(comparison, i + from_r, i + r, j + from_c, j + c);
            from_r = ++r;
            from_c = ++c;
        } else if (common[(r + 1) * width + c] >= common[r * width + c + 1]) {
            r++;
        } else {
            c++;
        }
    }
    tell_between(comparison, i + from_r, i_end, j + from_c, j_end);
}

void imp_changes_compare(const char *before, const char *after, const ImpTerms *terms,
                         const char *where, ImpChanges *changes)
{
    g_autoptr(GPtrArray) old =
        imp_text_tokens_find(before ? before : "", before ? strlen(before) : 0, terms);
    g_autoptr(GPtrArray) new =
        imp_text_tokens_find(after ? after : "", after ? strlen(after) : 0, terms);
    const char *shown = after ? after : before ? before : "";
    g_autofree char *context = imp_excerpt(shown, strlen(shown));
    Comparison comparison = {{before, old}, {after, new}, where, context, changes};
    guint start = 0, i_end = old->len, j_end = new->len;
    while (start < i_end && start < j_end && equal(&comparison, start, start))
        start++;
    while (i_end > start && j_end > start && equal(&comparison, i_end - 1, j_end - 1)) {
        i_end--;
        j_end--;
    }
    compare_middle(&comparison, start, i_end, start, j_end);
}

void imp_changes_settle(ImpChanges *changes, guint most)
{
    GPtrArray *list = changes->list;
    g_autoptr(GPtrArray) flagged = g_ptr_array_new(), others = g_ptr_array_new();
    for (guint i = 0; i < list->len; i++) {
        ImpChange *change = list->pdata[i];
        g_ptr_array_add(change->flags ? flagged : others, change);
    }
    g_ptr_array_extend(flagged, others, NULL, NULL);
    for (guint i = 0; i < list->len; i++)
        list->pdata[i] = flagged->pdata[i];
    if (list->len > most) {
        changes->more += list->len - most;
        g_ptr_array_set_size(list, (gint)most);
    }
}

/* In words */

static bool is_about(double value, double wanted)
{
    return fabs(value - wanted) < ROUNDING * wanted;
}

static void append_factor(GString *sentence, const ImpChange *change)
{
    static const struct {
        double factor;
        const char *words;
    } named[] = {{10, "tenfold"},  {100, "a hundredfold"}, {1000, "a thousandfold"},
                 {0.1, "a tenth"}, {0.01, "a hundredth"},  {0.001, "a thousandth"},
                 {2, "double"},    {0.5, "half"}};
    if (change->factor == 0 || change->kind == IMP_CHANGE_COMPARISON)
        return;
    if (is_about(change->factor, 1)) {
        g_string_append(sentence, change->kind == IMP_CHANGE_UNIT ? ", the same amount" : "");
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(named); i++) {
        if (!is_about(change->factor, named[i].factor))
            continue;
        g_string_append_printf(sentence, ", %s", named[i].words);
        return;
    }
    g_string_append_printf(sentence, ", %.3g times", change->factor);
}

char *imp_change_sentence(const ImpChange *change)
{
    GString *sentence = g_string_new(NULL);
    if (change->before && change->after)
        g_string_append_printf(sentence, "%s -> %s", change->before, change->after);
    else
        g_string_append_printf(sentence, "\"%s\" is %s in %s",
                               change->before ? change->before : change->after,
                               change->before ? "gone" : "new", change->context);
    append_factor(sentence, change);
    if (change->flags & IMP_CHANGE_MG_AND_MCG)
        g_string_append(sentence, ", mg and mcg");
    if (change->flags & IMP_CHANGE_TRAILING_ZERO)
        g_string_append(sentence, ", a zero behind the point");
    if (change->flags & IMP_CHANGE_NAKED_POINT)
        g_string_append(sentence, ", no zero before the point");
    return g_string_free(sentence, FALSE);
}

json_t *imp_change_json(const ImpChange *change)
{
    static const char *const kinds[] = {
        [IMP_CHANGE_NUMBER] = "number",
        [IMP_CHANGE_UNIT] = "unit",
        [IMP_CHANGE_COMPARISON] = "comparison",
        [IMP_CHANGE_NEGATION] = "negation",
        [IMP_CHANGE_TERM] = "term",
    };
    static const struct {
        ImpChangeFlag flag;
        const char *word;
    } words[] = {{IMP_CHANGE_TENFOLD, "tenfold"},
                 {IMP_CHANGE_MG_AND_MCG, "mg-mcg"},
                 {IMP_CHANGE_NEGATION_DROPPED, "negation-dropped"},
                 {IMP_CHANGE_TRAILING_ZERO, "trailing-zero"},
                 {IMP_CHANGE_NAKED_POINT, "naked-point"}};
    json_t *flags = json_array();
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        if (change->flags & words[i].flag)
            json_array_append_new(flags, json_string(words[i].word));
    g_autofree char *sentence = imp_change_sentence(change);
    json_t *object = json_object();
    imp_json_set_text(object, "what", kinds[change->kind]);
    imp_json_set_text(object, "before", change->before);
    imp_json_set_text(object, "after", change->after);
    json_object_set_new(object, "factor",
                        change->factor > 0 && isfinite(change->factor) ? json_real(change->factor)
                                                                       : json_null());
    json_object_set_new(object, "flags", flags);
    imp_json_set_text(object, "where", change->where);
    imp_json_set_text(object, "sentence", sentence);
    return object;
}

json_t *imp_changes_json(const ImpChanges *changes)
{
    json_t *list = json_array();
    for (guint i = 0; i < changes->list->len; i++)
        json_array_append_new(list, imp_change_json(changes->list->pdata[i]));
    return list;
}
