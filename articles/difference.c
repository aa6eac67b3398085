#include "articles/difference.h"
#include "articles/align.h"
#include "articles/render.h"
#include "articles/sentence.h"

#include <string.h>

/* Both texts are sequences of sentences, whatever the passages that hold them. Those that are equal
 * are set side by side first. What is left between two of them is set side by side by its gist,
 * which numbers and short words are not of; then one is left beside one; then, where few are left,
 * the pairs that have most words in common. Whatever has no partner was removed, or added.
 *
 * Each stage works on what the one before left, and each has a bound: the alignment's own, and a
 * number of comparisons in all for the last. */

#define NONE             IMP_ALIGN_NONE
#define NEAR_MAX         48 /* sentences on either side that are compared each with each */
#define NEAR_WORDS_MAX   64 /* of a sentence that are looked at for that */
#define NEAR_COMPARISONS 200000
#define WORDS_MAX        4000   /* of both sentences: longer ones get no marks for words */
#define MARKED_WORDS_MAX 400000 /* of all sentences */
#define CHANGED_PERCENT  60
#define SAME_AROUND      2 /* sentences that are shown around a change */

typedef struct {
    const ImpTerms *terms;
    ImpNumbers *numbers;
    GPtrArray *before, *after; /* of ImpSentence* */
    guint *partner;            /* of each before: the index of the one after, or NONE */
    guint comparisons, marked_words;
    ImpDifference *difference;
    ImpDifferencePassage *open; /* to which pieces are added */
    const ImpPassage *open_before, *open_after;
    bool open_changed;
} Comparing;

static const ImpSentence *old_sentence(const Comparing *comparing, guint i)
{
    return comparing->before->pdata[i];
}

static const ImpSentence *new_sentence(const Comparing *comparing, guint j)
{
    return comparing->after->pdata[j];
}

/* Alignment */

static void align_by(Comparing *comparing, guint i, guint i_end, guint j, guint j_end, bool by_gist)
{
    guint rows = i_end - i, columns = j_end - j;
    g_autofree guint *before = g_new(guint, rows + 1), *after = g_new(guint, columns + 1);
    for (guint r = 0; r < rows; r++) {
        const ImpSentence *sentence = old_sentence(comparing, i + r);
        before[r] = by_gist ? sentence->likes : sentence->id;
    }
    for (guint c = 0; c < columns; c++) {
        const ImpSentence *sentence = new_sentence(comparing, j + c);
        after[c] = by_gist ? sentence->likes : sentence->id;
    }
    imp_align(before, rows, after, columns, comparing->partner + i);
    for (guint r = 0; r < rows; r++)
        if (comparing->partner[i + r] != NONE)
            comparing->partner[i + r] += j;
}

static int by_number(gconstpointer a, gconstpointer b)
{
    guint one = *(const guint *)a, other = *(const guint *)b;
    return one < other ? -1 : one > other;
}

/* The numbers of a sentence's first words, ordered. */
static GArray *few_words(Comparing *comparing, const ImpSentence *sentence)
{
    g_autofree char *start = g_strndup(sentence->text, NEAR_WORDS_MAX * 8);
    g_autoptr(GArray) words = imp_words_find(start, comparing->numbers);
    GArray *ids = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < MIN(words->len, NEAR_WORDS_MAX); i++)
        g_array_append_val(ids, g_array_index(words, ImpWord, i).id);
    g_array_sort(ids, by_number);
    return ids;
}

/* How many of a hundred words two have in common. */
static guint nearness(const GArray *one, const GArray *other)
{
    guint common = 0, i = 0, j = 0;
    while (i < one->len && j < other->len) {
        guint a = g_array_index(one, guint, i), b = g_array_index(other, guint, j);
        common += a == b;
        i += a <= b;
        j += b <= a;
    }
    return one->len + other->len ? 200 * common / (one->len + other->len) : 0;
}

/* Finds, for few sentences on both sides, the pairs in order whose nearness adds up to most. */
static void align_near(Comparing *comparing, guint i, guint i_end, guint j, guint j_end)
{
    guint rows = i_end - i, columns = j_end - j, width = columns + 1;
    if (rows > NEAR_MAX || columns > NEAR_MAX ||
        (comparing->comparisons += rows * columns) > NEAR_COMPARISONS)
        return;
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    for (guint r = 0; r < rows; r++)
        g_ptr_array_add(words, few_words(comparing, old_sentence(comparing, i + r)));
    for (guint c = 0; c < columns; c++)
        g_ptr_array_add(words, few_words(comparing, new_sentence(comparing, j + c)));
    g_autofree guint *near = g_new0(guint, rows * columns),
                     *sum = g_new0(guint, (rows + 1) * width);
    for (guint r = rows; r-- > 0;)
        for (guint c = columns; c-- > 0;) {
            bool alike = old_sentence(comparing, i + r)->passage->kind ==
                         new_sentence(comparing, j + c)->passage->kind;
            guint nears = alike ? nearness(words->pdata[r], words->pdata[rows + c]) : 0;
            near[r * columns + c] = nears > 100 - CHANGED_PERCENT ? nears : 0;
            guint both =
                near[r * columns + c] ? near[r * columns + c] + sum[(r + 1) * width + c + 1] : 0;
            sum[r * width + c] = MAX(both, MAX(sum[(r + 1) * width + c], sum[r * width + c + 1]));
        }
    for (guint r = 0, c = 0; r < rows && c < columns;) {
        guint is_near = near[r * columns + c];
        if (is_near && sum[r * width + c] == is_near + sum[(r + 1) * width + c + 1])
            comparing->partner[i + r++] = j + c++;
        else if (sum[r * width + c] == sum[(r + 1) * width + c])
            r++;
        else
            c++;
    }
}

typedef void (*AlignGap)(Comparing *, guint, guint, guint, guint);

static void align_by_gist(Comparing *comparing, guint i, guint i_end, guint j, guint j_end)
{
    align_by(comparing, i, i_end, j, j_end, true);
}

/* One beside one, of one kind, was put in its place. */
static void align_last(Comparing *comparing, guint i, guint i_end, guint j, guint j_end)
{
    if (i_end - i == 1 && j_end - j == 1 &&
        old_sentence(comparing, i)->passage->kind == new_sentence(comparing, j)->passage->kind)
        comparing->partner[i] = j;
    else
        align_near(comparing, i, i_end, j, j_end);
}

/* Hands on each stretch without partners that has sentences on both sides. */
static void align_gaps(Comparing *comparing, AlignGap align)
{
    guint rows = comparing->before->len, i = 0, j = 0;
    for (guint at = 0; at <= rows; at++) {
        guint partner = at < rows ? comparing->partner[at] : comparing->after->len;
        if (partner == NONE)
            continue;
        if (at > i && partner > j)
            align(comparing, i, at, j, partner);
        i = at + 1;
        j = partner + 1;
    }
}

/* Pieces */

static void piece_free(gpointer data)
{
    ImpDifferencePiece *piece = data;
    g_free(piece->text);
    g_free(piece);
}

static void passage_free(gpointer data)
{
    ImpDifferencePassage *passage = data;
    g_free(passage->where);
    g_free(passage->cell);
    g_ptr_array_unref(passage->pieces);
    g_free(passage);
}

static void add_piece(Comparing *comparing, ImpPieceMark mark, bool blank, const char *text,
                      gsize length)
{
    ImpDifferencePiece *piece = g_new0(ImpDifferencePiece, 1);
    piece->mark = mark;
    piece->blank = blank;
    piece->text = g_strndup(text, length);
    g_ptr_array_add(comparing->open->pieces, piece);
    comparing->open_changed |= mark != IMP_PIECE_SAME;
}

/* A run of words, from the first to before the last one. */
static void add_words(Comparing *comparing, ImpPieceMark mark, const GArray *words, guint from,
                      guint to)
{
    if (from == to)
        return;
    const ImpWord *first = &g_array_index(words, ImpWord, from);
    const ImpWord *last = &g_array_index(words, ImpWord, to - 1);
    bool blank = first->blank || (from == 0 && comparing->open->pieces->len > 0);
    add_piece(comparing, mark, blank, first->text,
              (gsize)(last->text + last->length - first->text));
}

/* The words of a sentence with their marks; false where too much of it changed. */
static bool add_marked(Comparing *comparing, const GArray *old, const GArray *new)
{
    g_autofree guint *before = g_new(guint, old->len + 1), *after = g_new(guint, new->len + 1);
    g_autofree guint *partner = g_new(guint, old->len + 1);
    for (guint i = 0; i < old->len; i++)
        before[i] = g_array_index(old, ImpWord, i).id;
    for (guint j = 0; j < new->len; j++)
        after[j] = g_array_index(new, ImpWord, j).id;
    imp_align(before, old->len, after, new->len, partner);
    guint common = 0;
    for (guint i = 0; i < old->len; i++)
        common += partner[i] != NONE;
    guint all = old->len + new->len;
    if ((all - 2 * common) * 100 > CHANGED_PERCENT * all)
        return false;
    partner[old->len] = new->len;
    for (guint i = 0, j = 0; i < old->len || j < new->len;) {
        guint from = i, from_new = j;
        while (i < old->len && partner[i] == NONE)
            i++;
        j = partner[i];
        add_words(comparing, IMP_PIECE_REMOVED, old, from, i);
        add_words(comparing, IMP_PIECE_ADDED, new, from_new, j);
        for (from_new = j; i < old->len && partner[i] == j; i++)
            j++;
        add_words(comparing, IMP_PIECE_SAME, new, from_new, j);
    }
    return true;
}

static void add_sentence(Comparing *comparing, ImpPieceMark mark, const ImpSentence *sentence)
{
    add_piece(comparing, mark, comparing->open->pieces->len > 0, sentence->text,
              strlen(sentence->text));
}

static void add_changed(Comparing *comparing, const ImpSentence *before, const ImpSentence *after)
{
    g_autoptr(GArray) old = imp_words_find(before->text, comparing->numbers);
    g_autoptr(GArray) new = imp_words_find(after->text, comparing->numbers);
    comparing->marked_words += old->len + new->len;
    if (old->len + new->len <= WORDS_MAX &&
        comparing->marked_words <= MARKED_WORDS_MAX &&add_marked(comparing, old, new))
        return;
    add_sentence(comparing, IMP_PIECE_REMOVED, before);
    add_sentence(comparing, IMP_PIECE_ADDED, after);
}

/* Passages */

/* Of many sentences that are the same, those around a change stay. */
static void leave_out_same(GPtrArray *pieces)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    g_ptr_array_extend(all, pieces, NULL, NULL);
    g_ptr_array_set_free_func(pieces, NULL);
    g_ptr_array_set_size(pieces, 0);
    g_ptr_array_set_free_func(pieces, piece_free);
    for (guint i = 0; i < all->len;) {
        guint end = i;
        while (end < all->len && ((ImpDifferencePiece *)all->pdata[end])->mark == IMP_PIECE_SAME)
            end++;
        guint head = i == 0 ? 0 : SAME_AROUND, tail = end == all->len ? 0 : SAME_AROUND;
        for (guint at = i; at < end; at++) {
            ImpDifferencePiece *piece = all->pdata[at];
            bool left_out = end - i > head + tail + 1 && at >= i + head && at < end - tail;
            if (left_out && at > i + head) {
                piece_free(piece);
                continue;
            }
            if (left_out) {
                piece->mark = IMP_PIECE_LEFT_OUT;
                *piece->text = '\0';
            }
            g_ptr_array_add(pieces, piece);
        }
        if (end < all->len)
            g_ptr_array_add(pieces, all->pdata[end++]);
        i = end;
    }
}

static void close_passage(Comparing *comparing)
{
    ImpDifferencePassage *passage = g_steal_pointer(&comparing->open);
    if (!passage)
        return;
    if (comparing->open_changed) {
        leave_out_same(passage->pieces);
        g_ptr_array_add(comparing->difference->passages, passage);
    } else {
        passage_free(passage);
    }
}

/* Either may be NULL; what is removed goes into the passage that it stood in beside what is there
 * still, if that is the one which is open. */
static void open_passage(Comparing *comparing, const ImpPassage *before, const ImpPassage *after)
{
    bool open =
        comparing->open && (after ? after == comparing->open_after ||
                                        (!comparing->open_after && before == comparing->open_before)
                                  : before == comparing->open_before);
    if (!open) {
        close_passage(comparing);
        const ImpPassage *from = after ? after : before;
        comparing->open = g_new0(ImpDifferencePassage, 1);
        comparing->open->kind = from->kind;
        comparing->open->where = g_strdup(from->where);
        comparing->open->cell = g_strdup(from->cell);
        comparing->open->pieces = g_ptr_array_new_with_free_func(piece_free);
        comparing->open_changed = false;
        comparing->open_before = comparing->open_after = NULL;
    }
    if (before)
        comparing->open_before = before;
    if (after)
        comparing->open_after = after;
}

/* What must not be missed */

static bool is_for_readers(const ImpPassage *passage)
{
    return passage->kind != IMP_PASSAGE_FRONT_MATTER || g_str_has_prefix(passage->text, "title:") ||
           g_str_has_prefix(passage->text, "description:");
}

static void look_at_changes(Comparing *comparing, const ImpSentence *before,
                            const ImpSentence *after)
{
    const ImpPassage *passage = (after ? after : before)->passage;
    if (!is_for_readers(passage))
        return;
    g_autofree char *place = passage->cell && passage->where
                                 ? g_strdup_printf("%s, %s", passage->where, passage->cell)
                                 : g_strdup(passage->cell ? passage->cell : passage->where);
    imp_changes_compare(before ? before->text : NULL, after ? after->text : NULL, comparing->terms,
                        place, comparing->difference->changes);
}

static void count(GHashTable *counts, gpointer id)
{
    gsize before = GPOINTER_TO_SIZE(g_hash_table_lookup(counts, id));
    g_hash_table_insert(counts, id, GSIZE_TO_POINTER(before + 1));
}

/* Sentences that were moved: removed here and added there. Of each as many as there are of both. */
static GHashTable *count_alone(const Comparing *comparing, const guint *beside)
{
    GHashTable *counts = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < comparing->before->len; i++) {
        gpointer id = GUINT_TO_POINTER(old_sentence(comparing, i)->id);
        if (comparing->partner[i] == NONE)
            count(counts, id);
    }
    g_autoptr(GHashTable) moved = g_hash_table_new(NULL, NULL);
    for (guint j = 0; j < comparing->after->len; j++) {
        gpointer id = GUINT_TO_POINTER(new_sentence(comparing, j)->id);
        gsize left = GPOINTER_TO_SIZE(g_hash_table_lookup(counts, id));
        if (beside[j] != NONE || left == 0)
            continue;
        g_hash_table_insert(counts, id, GSIZE_TO_POINTER(left - 1));
        count(moved, id);
    }
    g_hash_table_unref(counts);
    return g_steal_pointer(&moved);
}

/* Whether one of those that were moved is this; each is taken once. */
static bool was_moved(GHashTable *moved, const ImpSentence *sentence)
{
    gpointer id = GUINT_TO_POINTER(sentence->id);
    gsize left = GPOINTER_TO_SIZE(g_hash_table_lookup(moved, id));
    if (left > 0)
        g_hash_table_insert(moved, id, GSIZE_TO_POINTER(left - 1));
    return left > 0;
}

static void tell_alone(Comparing *comparing, const ImpSentence *before, const ImpSentence *after,
                       GHashTable *moved)
{
    open_passage(comparing, before ? before->passage : NULL, after ? after->passage : NULL);
    add_sentence(comparing, before ? IMP_PIECE_REMOVED : IMP_PIECE_ADDED, before ? before : after);
    if (!was_moved(moved, before ? before : after))
        look_at_changes(comparing, before, after);
}

static void tell(Comparing *comparing)
{
    g_autofree guint *beside = g_new(guint, comparing->after->len + 1);
    for (guint j = 0; j < comparing->after->len; j++)
        beside[j] = NONE;
    for (guint i = 0; i < comparing->before->len; i++)
        if (comparing->partner[i] != NONE)
            beside[comparing->partner[i]] = i;
    g_autoptr(GHashTable) moved_away = count_alone(comparing, beside);
    g_autoptr(GHashTable) moved_here = count_alone(comparing, beside);
    guint i = 0;
    for (guint j = 0; j <= comparing->after->len; j++) {
        guint next = j < comparing->after->len ? beside[j] : comparing->before->len;
        for (; next != NONE && i < next; i++)
            tell_alone(comparing, old_sentence(comparing, i), NULL, moved_away);
        if (j == comparing->after->len)
            break;
        const ImpSentence *after = new_sentence(comparing, j);
        if (next == NONE) {
            tell_alone(comparing, NULL, after, moved_here);
            continue;
        }
        const ImpSentence *before = old_sentence(comparing, i++);
        open_passage(comparing, before->passage, after->passage);
        if (before->id == after->id) {
            add_sentence(comparing, IMP_PIECE_SAME, after);
        } else {
            add_changed(comparing, before, after);
            look_at_changes(comparing, before, after);
        }
    }
    close_passage(comparing);
}

void imp_difference_free(ImpDifference *difference)
{
    if (!difference)
        return;
    g_ptr_array_unref(difference->passages);
    imp_changes_unref(difference->changes);
    g_free(difference);
}

static GPtrArray *passages_of(const char *text, gsize length)
{
    g_autoptr(ImpDocument) document = imp_document_parse(text, length);
    return imp_passages_find(text, length, document);
}

ImpDifference *imp_difference_new(const char *before, gsize before_length, const char *after,
                                  gsize after_length, const ImpTerms *terms)
{
    ImpDifference *difference = g_new0(ImpDifference, 1);
    difference->passages = g_ptr_array_new_with_free_func(passage_free);
    difference->changes = imp_changes_new();
    difference->unreadable = !g_utf8_validate_len(before, before_length, NULL) ||
                             !g_utf8_validate_len(after, after_length, NULL);
    if (difference->unreadable)
        return difference;
    g_autoptr(GPtrArray) old = passages_of(before, before_length),
                         new = passages_of(after, after_length);
    g_autoptr(GHashTable) numbers = imp_numbers_new();
    g_autoptr(GPtrArray) old_sentences = imp_sentences_find(old, numbers),
                         new_sentences = imp_sentences_find(new, numbers);
    g_autofree guint *partner = g_new(guint, old_sentences->len + 1);
    Comparing comparing = {.terms = terms,
                           .numbers = numbers,
                           .before = old_sentences,
                           .after = new_sentences,
                           .partner = partner,
                           .difference = difference};
    align_by(&comparing, 0, old_sentences->len, 0, new_sentences->len, false);
    align_gaps(&comparing, align_by_gist);
    align_gaps(&comparing, align_last);
    tell(&comparing);
    imp_changes_settle(difference->changes, IMP_DIFFERENCE_CHANGES_MAX);
    return difference;
}
