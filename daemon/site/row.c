#include "daemon/site/row.h"
#include "workflow/base/quote.h"

#include <string.h>

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

int imp_site_row_compare(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const ImpSiteRow *const *)a)->path, (*(const ImpSiteRow *const *)b)->path);
}

ImpSiteRow *imp_site_row_find(const GPtrArray *rows, const char *path)
{
    guint low = 0, high = rows->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        ImpSiteRow *row = rows->pdata[middle];
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
char *imp_site_unquote(const char *text)
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
ImpSiteRow *imp_site_row_read(char *line, gsize length)
{
    g_autoptr(ImpSiteRow) row = g_new0(ImpSiteRow, 1);
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
        return NULL;
    row->path = *quoted == '"' ? imp_site_unquote(quoted) : quoted;
    return row->path && read_facts(row) ? g_steal_pointer(&row) : NULL;
}

void imp_site_row_print(const ImpSiteRow *row, GString *text)
{
    g_autofree char *quoted = row->quoted ? NULL : imp_path_quote(row->path);
    const char *const parts[] = {row->quoted ? row->quoted : quoted, row->page, row->title,
                                 row->images, row->json};
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
