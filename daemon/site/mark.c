#include "daemon/site/mark.h"

#include "workflow/base/quote.h"
#include "workflow/base/text.h"

#include <string.h>

#define FIRST_LINE "imprimatur-site 1"

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
    g_free(row->path);
    g_free(row->json);
    g_free(row->images);
    g_free(row->page);
    g_free(row->title);
    g_free(row);
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

/* "a STATE CASE WORSE VARIANT UNTIL CHANGED REVIEWED APPROVED<tab>PATH<tab>PAGE<tab>TITLE<tab>
 * IMAGES<tab>JSON" */
static bool read_row(ImpSiteMark *mark, const char *line)
{
    g_auto(GStrv) parts = g_strsplit(line, "\t", 6);
    if (g_strv_length(parts) != 6)
        return false;
    g_auto(GStrv) facts = g_strsplit(parts[0], " ", -1);
    g_autofree char *path = unquote(parts[1]);
    if (g_strv_length(facts) != 9 || !path)
        return false;
    ImpSiteRow *row = imp_site_row_new(path);
    g_ptr_array_add(mark->rows, row);
    row->state = (ImpState)g_ascii_strtoull(facts[1], NULL, 10);
    row->which = (ImpShownCase)g_ascii_strtoull(facts[2], NULL, 10);
    row->worse = facts[3][0] == '1';
    row->variant = facts[4][0] == '1';
    row->valid_until_us = g_ascii_strtoll(facts[5], NULL, 10);
    row->changed_us = g_ascii_strtoll(facts[6], NULL, 10);
    row->reviewed_us = g_ascii_strtoll(facts[7], NULL, 10);
    row->approved_until_us = g_ascii_strtoll(facts[8], NULL, 10);
    g_free(row->page);
    row->page = g_steal_pointer(&parts[2]);
    g_free(row->title);
    row->title = g_steal_pointer(&parts[3]);
    g_free(row->images);
    row->images = g_steal_pointer(&parts[4]);
    row->json = g_steal_pointer(&parts[5]);
    return row->state <= IMP_STATE_APPROVED && row->which <= IMP_SHOWN_LAPSED;
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
    case 'a':
        return read_row(mark, line);
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

ImpSiteMark *imp_site_mark_parse(const char *text, gsize length)
{
    g_autoptr(ImpSiteMark) mark = imp_site_mark_new();
    ImpLines lines = imp_lines(text, length);
    bool ended = false;
    if (memchr(text, '\0', length) || !imp_lines_next(&lines) ||
        lines.length != strlen(FIRST_LINE) || strncmp(lines.text, FIRST_LINE, lines.length) != 0)
        return NULL;
    while (!ended && imp_lines_next(&lines)) {
        g_autofree char *line = g_strndup(lines.text, lines.length);
        ended = strcmp(line, ".") == 0;
        if (!ended && !read_line(mark, line))
            return NULL;
    }
    return ended ? g_steal_pointer(&mark) : NULL;
}

char *imp_site_mark_print(const ImpSiteMark *mark, gsize *length)
{
    GString *text = g_string_new(FIRST_LINE "\n");
    g_string_append_printf(text, "s %s\n", mark->settings);
    if (mark->ledger)
        g_string_append_printf(text, "l %s\n", mark->ledger);
    for (guint i = 0; i < mark->rows->len; i++) {
        const ImpSiteRow *row = mark->rows->pdata[i];
        g_autofree char *path = imp_path_quote(row->path);
        g_string_append_printf(text,
                               "a %d %d %d %d %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
                               " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\t",
                               row->state, row->which, row->worse, row->variant,
                               row->valid_until_us, row->changed_us, row->reviewed_us,
                               row->approved_until_us);
        const char *const parts[] = {path, row->page, row->title, row->images, row->json};
        for (gsize j = 0; j < G_N_ELEMENTS(parts); j++) {
            g_string_append(text, parts[j]);
            g_string_append_c(text, j + 1 < G_N_ELEMENTS(parts) ? '\t' : '\n');
        }
    }
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
