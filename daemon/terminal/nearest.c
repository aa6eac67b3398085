#include "daemon/terminal/nearest.h"

#include <stdbool.h>
#include <string.h>

/* The cost grows with the product of the lengths; what tells long paths apart stands at their ends.
 */
#define LONGEST 256

static const char *end_of(const char *text, gsize *length)
{
    gsize whole = strlen(text);
    *length = MIN(whole, LONGEST);
    return text + whole - *length;
}

static bool same(char one, char other)
{
    return g_ascii_tolower(one) == g_ascii_tolower(other);
}

/* Three rows of the table of distances between all beginnings: the exchange of neighbours looks two
 * rows back. */
guint imp_nearest_distance(const char *one, const char *other)
{
    gsize height, width;
    const char *a = end_of(one, &height), *b = end_of(other, &width);
    guint rows[3][LONGEST + 1];
    for (gsize i = 0; i <= height; i++) {
        guint *row = rows[i % 3];
        const guint *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        for (gsize j = 0; j <= width; j++) {
            if (i == 0 || j == 0) {
                row[j] = (guint)MAX(i, j);
                continue;
            }
            row[j] = MIN(MIN(above[j], row[j - 1]) + 1,
                         above[j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1));
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                row[j] = MIN(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[height % 3][width];
}

static bool ends_in_segment(const char *path, const char *word)
{
    gsize length = strlen(path), wanted = strlen(word);
    return wanted > 0 && length > wanted && path[length - wanted - 1] == '/' &&
           strcmp(path + length - wanted, word) == 0;
}

const char *imp_nearest(const char *word, const char *const *candidates, gsize count)
{
    /* With more than a third wrong it is a different word. */
    guint best = (guint)MIN(strlen(word), LONGEST) / 3 + 2;
    const char *nearest = NULL;
    for (gsize i = 0; i < count; i++) {
        if (ends_in_segment(candidates[i], word))
            return candidates[i];
        guint distance = imp_nearest_distance(word, candidates[i]);
        if (distance < best) {
            best = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}
