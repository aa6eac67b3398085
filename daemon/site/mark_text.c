#include "daemon/site/mark.h"
#include "workflow/base/quote.h"

#include <string.h>

/* The mark's own text: lines of a letter and its value. */

#define FIRST_LINE     "imprimatur-site 2"
#define FIRST_LINE_OLD "imprimatur-site 1" /* its rows stand in the mark itself */
#define PART_BYTES     256                 /* of most */

static char *next_word(char **rest, char end)
{
    char *word = *rest, *at = word ? strchr(word, end) : NULL;
    if (at)
        *at = '\0';
    *rest = at ? at + 1 : NULL;
    return word;
}

static bool read_numbers(const char *text, gint64 *numbers, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        char *end;
        numbers[i] = g_ascii_strtoll(text, &end, 10);
        if (end == text || numbers[i] < 0 || *end != (i + 1 < count ? ' ' : '\0'))
            return false;
        text = end + 1;
    }
    return true;
}

/* "NAME COUNT ARTICLES APPROVED ADDRESSES BYTES ENDS<tab>FIRST" */
static bool read_part(ImpSiteMark *mark, char *value)
{
    gint64 numbers[6];
    ImpSitePart *part = imp_site_part_new();
    g_ptr_array_add(mark->parts, part);
    g_clear_pointer(&part->rows, g_ptr_array_unref);
    part->fresh = false;
    char *rest = value, *facts = next_word(&rest, '\t');
    part->first = rest ? imp_site_unquote(rest) : NULL;
    part->name = g_strdup(next_word(&facts, ' '));
    if (!part->first || !facts || strspn(part->name, "0123456789abcdef") != strlen(part->name) ||
        !read_numbers(facts, numbers, G_N_ELEMENTS(numbers)))
        return false;
    part->count = (guint)numbers[0];
    part->articles = (guint)numbers[1];
    part->approved = (guint)numbers[2];
    part->addresses = (guint)numbers[3];
    part->data_bytes = (gsize)numbers[4];
    part->ends_us = numbers[5];
    return true;
}

static bool read_listed(ImpSitePart *part, char *value)
{
    gint64 count;
    char *rest = value, *number = next_word(&rest, '\t');
    if (!rest || !read_numbers(number, &count, 1))
        return false;
    ImpSiteListed *listed = g_new0(ImpSiteListed, 1);
    listed->folder = g_strdup(rest);
    listed->count = (guint)count;
    g_ptr_array_add(part->listed, listed);
    return true;
}

static bool read_variant(ImpSitePart *part, char *value)
{
    char *rest = value, *path = next_word(&rest, '\t');
    if (!rest)
        return false;
    ImpSiteVariant *variant = g_new0(ImpSiteVariant, 1);
    variant->path = imp_site_unquote(path);
    variant->root = imp_site_unquote(rest);
    g_ptr_array_add(part->variants, variant);
    return variant->path && variant->root;
}

static bool read_of_part(ImpSitePart *part, char kind, char *value)
{
    if (kind == 'd')
        return read_listed(part, value);
    if (kind == 'v')
        return read_variant(part, value);
    g_ptr_array_add(part->worse, g_strdup(value));
    return true;
}

static bool read_line(ImpSiteMark *mark, char *line)
{
    char *value = line[0] && line[1] == ' ' ? line + 2 : NULL;
    ImpSitePart *part = mark->parts->len > 0 ? mark->parts->pdata[mark->parts->len - 1] : NULL;
    switch (value ? line[0] : '\0') {
    case 's':
        g_free(mark->settings);
        mark->settings = g_strdup(value);
        return true;
    case 'l':
        g_free(mark->ledger);
        mark->ledger = g_strdup(value);
        return true;
    case 'p':
        return read_part(mark, value);
    case 'd':
    case 'v':
    case 'w':
        return part && read_of_part(part, line[0], value);
    case 'n':
        g_ptr_array_add(mark->news, g_strdup(value));
        return true;
    case 'f':
        g_ptr_array_add(mark->files, imp_site_unquote(value));
        return mark->files->pdata[mark->files->len - 1] != NULL;
    default:
        return false;
    }
}

/* Rows of an old mark are read as those of one part. It is a mark after which everything is written
 * again. */
static bool add_old_rows(ImpSiteMark *mark, const char *rows, gsize length, guint count)
{
    g_free(mark->settings);
    mark->settings = g_strdup("");
    if (count == 0)
        return true;
    g_autoptr(GBytes) text = g_bytes_new_take(g_memdup2(rows, length), length);
    ImpSitePart *part = imp_site_part_new();
    part->count = count;
    if (!imp_site_part_read(part, text)) {
        imp_site_part_free(part);
        return false;
    }
    imp_site_mark_place(mark, 0, part);
    return true;
}

ImpSiteMark *imp_site_mark_parse(ImpSiteFolder *folder, char *text, gsize length)
{
    g_autoptr(ImpSiteMark) mark = imp_site_mark_new(folder);
    g_autoptr(GString) old = g_string_new(NULL);
    bool whole = length > 0 && text[length - 1] == '\n' && !memchr(text, '\0', length),
         is_old = false;
    char *next = text, *end = text + length;
    guint rows = 0;
    for (guint number = 1; whole && next < end; number++) {
        char *line = next, *newline = memchr(line, '\n', (gsize)(end - line));
        *newline = '\0';
        next = newline + 1;
        if (number == 1) {
            is_old = strcmp(line, FIRST_LINE_OLD) == 0;
            whole = is_old || strcmp(line, FIRST_LINE) == 0;
        } else if (strcmp(line, ".") == 0) {
            whole = next == end && (!is_old || add_old_rows(mark, old->str, old->len, rows));
            return whole ? g_steal_pointer(&mark) : NULL;
        } else if (is_old && g_str_has_prefix(line, "a ")) {
            g_string_append_printf(old, "%s\n", line + 2);
            rows++;
        } else {
            whole = read_line(mark, line);
        }
    }
    return NULL;
}

static void print_part(GString *text, const ImpSitePart *part)
{
    g_autofree char *first = imp_path_quote(part->first);
    g_string_append_printf(text, "p %s %u %u %u %u %" G_GSIZE_FORMAT " %" G_GINT64_FORMAT "\t%s\n",
                           part->name, part->count, part->articles, part->approved, part->addresses,
                           part->data_bytes, part->ends_us, first);
    for (guint i = 0; i < part->listed->len; i++) {
        const ImpSiteListed *listed = part->listed->pdata[i];
        g_string_append_printf(text, "d %u\t%s\n", listed->count, listed->folder);
    }
    for (guint i = 0; i < part->variants->len; i++) {
        const ImpSiteVariant *variant = part->variants->pdata[i];
        g_autofree char *path = imp_path_quote(variant->path);
        g_autofree char *root = imp_path_quote(variant->root);
        g_string_append_printf(text, "v %s\t%s\n", path, root);
    }
    for (guint i = 0; i < part->worse->len; i++)
        g_string_append_printf(text, "w %s\n", (const char *)part->worse->pdata[i]);
}

char *imp_site_mark_print(const ImpSiteMark *mark, gsize *length)
{
    GString *text = g_string_sized_new((gsize)mark->parts->len * PART_BYTES + PART_BYTES);
    g_string_append(text, FIRST_LINE "\n");
    g_string_append_printf(text, "s %s\n", mark->settings);
    if (mark->ledger)
        g_string_append_printf(text, "l %s\n", mark->ledger);
    for (guint i = 0; i < mark->parts->len; i++)
        print_part(text, mark->parts->pdata[i]);
    for (guint i = 0; i < mark->news->len; i++)
        g_string_append_printf(text, "n %s\n", (const char *)mark->news->pdata[i]);
    for (guint i = 0; i < mark->files->len; i++) {
        g_autofree char *name = imp_path_quote(mark->files->pdata[i]);
        g_string_append_printf(text, "f %s\n", name);
    }
    g_string_append(text, ".\n");
    *length = text->len;
    return g_string_free(text, FALSE);
}
