#include "daemon/site/mark.h"
#include "workflow/base/quote.h"

#include <string.h>

#define FIRST_LINE "imprimatur-site 1"
#define ROW_BYTES  512 /* of most */

static bool is_in_line(const ImpSiteRow *row, const char *text)
{
    return row->line && text >= row->line && text < row->line + row->length;
}

ImpSiteRow *imp_site_row_new(const char *path)
{
    ImpSiteRow *row = g_new0(ImpSiteRow, 1);
    row->path = g_strdup(path);
    row->images = g_strdup("");
    row->page = g_strdup("");
    row->title = g_strdup("");
    return row;
}

void imp_site_row_free(ImpSiteRow *row)
{
    if (!row)
        return;
    char *const texts[] = {row->path, row->json, row->images, row->page, row->title};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        if (!is_in_line(row, texts[i]))
            g_free(texts[i]);
    g_free(row);
}

void imp_site_row_set(ImpSiteRow *row, char **member, char *text)
{
    if (!is_in_line(row, *member))
        g_free(*member);
    *member = text;
    row->facts = NULL;
}

static void row_free(gpointer row)
{
    imp_site_row_free(row);
}

ImpSiteMark *imp_site_mark_new(void)
{
    ImpSiteMark *mark = g_new0(ImpSiteMark, 1);
    mark->settings = g_strdup("");
    mark->rows = g_ptr_array_new_with_free_func(row_free);
    mark->news = g_ptr_array_new_with_free_func(g_free);
    mark->files = g_ptr_array_new_with_free_func(g_free);
    return mark;
}

void imp_site_mark_free(ImpSiteMark *mark)
{
    if (!mark)
        return;
    g_free(mark->settings);
    g_free(mark->ledger);
    g_ptr_array_unref(mark->rows);
    g_ptr_array_unref(mark->news);
    g_ptr_array_unref(mark->files);
    g_free(mark->text);
    g_free(mark);
}

int imp_site_row_compare(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const ImpSiteRow *const *)a)->path, (*(const ImpSiteRow *const *)b)->path);
}

ImpSiteRow *imp_site_mark_find(const ImpSiteMark *mark, const char *path)
{
    guint low = 0, high = mark->rows->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        ImpSiteRow *row = mark->rows->pdata[middle];
        int order = strcmp(row->path, path);
        if (order == 0)
            return row;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

json_t *imp_site_row_object(const ImpSiteRow *row)
{
    json_t *object = json_loads(row->json, 0, NULL);
    return object ? object : json_object();
}

/* A name without quotes is the same text for git's quoting and for reading it again. */
static char *unquote(const char *text)
{
    const char *end;
    if (*text != '"')
        return g_strdup(text);
    char *path = imp_path_unquote(text, &end);
    if (path && *end)
        g_clear_pointer(&path, g_free);
    return path;
}

static char *next_part(char **rest)
{
    char *part = *rest, *tab = part ? strchr(part, '\t') : NULL;
    if (tab)
        *tab = '\0';
    *rest = tab ? tab + 1 : NULL;
    return part;
}

static bool read_facts(ImpSiteRow *row)
{
    gint64 facts[8];
    const char *at = row->facts;
    for (gsize i = 0; i < G_N_ELEMENTS(facts); i++) {
        char *end;
        facts[i] = g_ascii_strtoll(at, &end, 10);
        if (end == at || *end != (i + 1 < G_N_ELEMENTS(facts) ? ' ' : '\0'))
            return false;
        at = end + 1;
    }
    row->state = (ImpState)facts[0];
    row->which = (ImpShownCase)facts[1];
    row->worse = facts[2] == 1;
    row->variant = facts[3] == 1;
    row->valid_until_us = facts[4];
    row->changed_us = facts[5];
    row->reviewed_us = facts[6];
    row->approved_until_us = facts[7];
    return facts[0] >= 0 && row->state <= IMP_STATE_APPROVED && facts[1] >= 0 &&
           row->which <= IMP_SHOWN_LAPSED;
}

/* "STATE CASE WORSE VARIANT UNTIL CHANGED REVIEWED APPROVED<tab>PATH<tab>PAGE<tab>TITLE<tab>
 * IMAGES<tab>JSON". There are as many rows as articles: the members stand in the line itself. */
static bool read_row(ImpSiteMark *mark, char *line, gsize length)
{
    ImpSiteRow *row = g_new0(ImpSiteRow, 1);
    const ImpSiteRow *before = mark->rows->len > 0 ? mark->rows->pdata[mark->rows->len - 1] : NULL;
    g_ptr_array_add(mark->rows, row);
    row->line = line;
    row->length = length + 1;
    char *rest = line;
    row->facts = next_part(&rest);
    char *quoted = next_part(&rest);
    row->quoted = quoted;
    row->page = next_part(&rest);
    row->title = next_part(&rest);
    row->images = next_part(&rest);
    row->json = rest;
    if (!row->json)
        return false;
    row->path = *quoted == '"' ? unquote(quoted) : quoted;
    return row->path && read_facts(row) && (!before || strcmp(before->path, row->path) < 0);
}

static bool read_line(ImpSiteMark *mark, const char *line)
{
    const char *value = line[0] && line[1] == ' ' ? line + 2 : NULL;
    switch (value ? line[0] : '\0') {
    case 's':
        g_free(mark->settings);
        mark->settings = g_strdup(value);
        return true;
    case 'l':
        g_free(mark->ledger);
        mark->ledger = g_strdup(value);
        return true;
    case 'n':
        g_ptr_array_add(mark->news, g_strdup(value));
        return true;
    case 'f':
        g_ptr_array_add(mark->files, unquote(value));
        return mark->files->pdata[mark->files->len - 1] != NULL;
    default:
        return false;
    }
}

ImpSiteMark *imp_site_mark_parse(char *text, gsize length)
{
    g_autoptr(ImpSiteMark) mark = imp_site_mark_new();
    bool whole = length > 0 && text[length - 1] == '\n' && !memchr(text, '\0', length);
    char *next = text, *end = text + length;
    mark->text = text;
    for (guint number = 1; whole && next < end; number++) {
        char *line = next, *newline = memchr(line, '\n', (gsize)(end - line));
        *newline = '\0';
        next = newline + 1;
        if (number > 1 && strcmp(line, ".") == 0)
            return next == end ? g_steal_pointer(&mark) : NULL;
        bool fine = number == 1 ? strcmp(line, FIRST_LINE) == 0
                    : g_str_has_prefix(line, "a ")
                        ? read_row(mark, line + 2, (gsize)(newline - line - 2))
                        : read_line(mark, line);
        if (!fine)
            return NULL;
    }
    return NULL;
}

static void print_row(GString *text, const ImpSiteRow *row)
{
    g_autofree char *quoted = row->quoted ? NULL : imp_path_quote(row->path);
    const char *const parts[] = {row->quoted ? row->quoted : quoted, row->page, row->title,
                                 row->images, row->json};
    g_string_append(text, "a ");
    if (row->facts)
        g_string_append(text, row->facts);
    else
        g_string_append_printf(text,
                               "%d %d %d %d %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
                               " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT,
                               row->state, row->which, row->worse, row->variant,
                               row->valid_until_us, row->changed_us, row->reviewed_us,
                               row->approved_until_us);
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_string_append_c(text, '\t');
        g_string_append(text, parts[i]);
    }
    g_string_append_c(text, '\n');
}

char *imp_site_mark_print(const ImpSiteMark *mark, gsize *length)
{
    GString *text = g_string_sized_new((gsize)mark->rows->len * ROW_BYTES + ROW_BYTES);
    g_string_append(text, FIRST_LINE "\n");
    g_string_append_printf(text, "s %s\n", mark->settings);
    if (mark->ledger)
        g_string_append_printf(text, "l %s\n", mark->ledger);
    for (guint i = 0; i < mark->rows->len; i++)
        print_row(text, mark->rows->pdata[i]);
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
