#include "daemon/site/editors.h"
#include "daemon/site/names.h"
#include "daemon/verbs/view/status.h"
#include "daemon/verbs/view/status_select.h"
#include "workflow/base/moment.h"
#include "workflow/base/text.h"

#include <string.h>

/* Each person's queue, and how long those who were asked took to answer: from the request to the
 * approval or the objection, in the last year. The ledger is read from its end, so an answer is
 * noted until its request is met. */

#define YEAR_DAYS  365
#define QUEUE_ROWS 50 /* of one person */
#define BAR_WIDTH  24
#define BAR_HEIGHT 60

static const struct {
    guint days; /* fewer than so many */
    const char *label;
} spans[] = {{1, "1 d"}, {3, "3 d"}, {7, "1 wk"}, {14, "2 wk"}, {30, "1 mo"}, {G_MAXUINT, "more"}};

typedef struct {
    GHashTable *answers; /* "ARTICLE\nPERSON": gint64*, the earliest answer behind this place */
    GHashTable *taken;   /* person: GArray of gint64, how long each answer took */
    guint counts[G_N_ELEMENTS(spans)];
    guint all;
} Turnaround;

static char *key_of(const char *article, const char *person)
{
    return g_strconcat(article, "\n", person, NULL);
}

static void note_taken(Turnaround *turnaround, const char *person, gint64 took_us)
{
    GArray *taken = g_hash_table_lookup(turnaround->taken, person);
    if (!taken) {
        taken = g_array_new(FALSE, FALSE, sizeof(gint64));
        g_hash_table_insert(turnaround->taken, g_strdup(person), taken);
    }
    g_array_append_val(taken, took_us);
    guint span = 0;
    while (took_us / IMP_DAY_US >= spans[span].days)
        span++;
    turnaround->counts[span]++;
    turnaround->all++;
}

static void note_entry(const ImpEntry *entry, gpointer data)
{
    Turnaround *turnaround = data;
    bool answers = entry->event == IMP_ENTRY_APPROVAL || entry->event == IMP_ENTRY_OBJECTION;
    if (entry->article && entry->person && answers) {
        gint64 *at_us = g_new(gint64, 1);
        *at_us = entry->at_us;
        g_hash_table_insert(turnaround->answers, key_of(entry->article, entry->person), at_us);
    }
    for (char **person = entry->requested; entry->article && person && *person; person++) {
        g_autofree char *key = key_of(entry->article, *person);
        const gint64 *at_us = g_hash_table_lookup(turnaround->answers, key);
        if (at_us)
            note_taken(turnaround, *person, *at_us - entry->at_us);
        g_hash_table_remove(turnaround->answers, key);
    }
}

static int by_length(gconstpointer a, gconstpointer b)
{
    gint64 one = *(const gint64 *)a, other = *(const gint64 *)b;
    return one < other ? -1 : one > other;
}

/* Bars with their numbers; what they say stands in the label, for those who hear it. */
static void plot(ImpXml *xml, const Turnaround *turnaround)
{
    if (turnaround->all == 0)
        return;
    g_autoptr(GString) label = g_string_new("Answers by the time they took:");
    guint most = 1;
    for (gsize i = 0; i < G_N_ELEMENTS(spans); i++) {
        most = MAX(most, turnaround->counts[i]);
        g_string_append_printf(label, " %s%s %u%s", i + 1 < G_N_ELEMENTS(spans) ? "up to " : "",
                               spans[i].label, turnaround->counts[i],
                               i + 1 < G_N_ELEMENTS(spans) ? "," : "");
    }
    imp_xml_open(xml, "figure", "class", "turnaround", NULL);
    imp_xml_open(xml, "svg", "role", "img", "aria-label", label->str, "viewBox", "0 0 264 96",
                 "width", "264", "height", "96", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(spans); i++) {
        guint height = turnaround->counts[i] * BAR_HEIGHT / most, left = 10 + i * 42;
        g_autofree char *x = g_strdup_printf("%u", left),
                        *middle = g_strdup_printf("%u", left + 12);
        g_autofree char *y = g_strdup_printf("%u", 14 + BAR_HEIGHT - height);
        g_autofree char *above = g_strdup_printf("%u", 11 + BAR_HEIGHT - height);
        g_autofree char *tall = g_strdup_printf("%u", height);
        g_autofree char *number = g_strdup_printf("%u", turnaround->counts[i]);
        imp_xml_element(xml, NULL, "rect", "x", x, "y", y, "width", G_STRINGIFY(BAR_WIDTH),
                        "height", tall, "fill", "currentColor", NULL);
        imp_xml_element(xml, number, "text", "x", middle, "y", above, "text-anchor", "middle",
                        "font-size", "11", "fill", "currentColor", NULL);
        imp_xml_element(xml, spans[i].label, "text", "x", middle, "y", "90", "text-anchor",
                        "middle", "font-size", "11", "fill", "currentColor", NULL);
    }
    imp_xml_close(xml);
    imp_xml_element(xml, "How long it took from a request to an answer, in the last year",
                    "figcaption", NULL);
    imp_xml_close(xml);
}

static void queue_item(ImpSite *site, ImpXml *xml, const ImpStatus *status)
{
    const ImpArticle *article = status->article;
    g_autofree char *stem = imp_site_stem(site->policy, article->path);
    g_autofree char *name = g_strconcat("a/", stem, "/index.html", NULL);
    g_autofree char *address = imp_site_address(name);
    const char *title = article->title ? article->title : article->path;
    g_autofree char *visible = imp_visible_line(title, strlen(title));
    imp_xml_open(xml, "li", NULL);
    imp_xml_element(xml, visible, "a", "href", address, NULL);
    if (status->due_us) {
        imp_xml_text(xml, status->overdue ? ", overdue since " : ", due ");
        imp_site_time(xml, status->due_us);
    }
    imp_xml_close(xml);
}

static void queue(ImpSite *site, ImpXml *xml, const ImpPerson *person, GPtrArray *statuses,
                  const Turnaround *turnaround)
{
    GArray *taken = g_hash_table_lookup(turnaround->taken, person->id);
    g_autoptr(GPtrArray) waiting = g_ptr_array_new();
    for (guint i = 0; i < statuses->len; i++) {
        ImpStatus *status = statuses->pdata[i];
        if (g_strv_contains((const char *const *)status->waiting_for, person->id))
            g_ptr_array_add(waiting, status);
    }
    g_autofree char *name = imp_visible_line(person->name, strlen(person->name));
    imp_xml_open(xml, "details", "class", "queue", NULL);
    imp_xml_open(xml, "summary", NULL);
    imp_xml_textf(xml, "%s: %u", name, waiting->len);
    if (taken) {
        g_array_sort(taken, by_length);
        gint64 half_us = g_array_index(taken, gint64, taken->len / 2);
        imp_xml_textf(xml, " (answers within %" G_GINT64_FORMAT " days, half of the time)",
                      half_us / IMP_DAY_US + 1);
    }
    imp_xml_close(xml);
    imp_xml_open(xml, "ul", NULL);
    for (guint i = 0; i < MIN(waiting->len, QUEUE_ROWS); i++)
        queue_item(site, xml, waiting->pdata[i]);
    if (waiting->len > QUEUE_ROWS) {
        imp_xml_open(xml, "li", NULL);
        imp_xml_textf(xml, "and %u more", waiting->len - QUEUE_ROWS);
        imp_xml_close(xml);
    }
    imp_xml_close(xml);
    imp_xml_close(xml);
    imp_xml_line(xml);
}

bool imp_site_put_editors_queues(ImpSite *site, ImpXml *xml, GPtrArray *statuses, GError **error)
{
    g_autoptr(GHashTable) answers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GHashTable) taken =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
    Turnaround turnaround = {.answers = answers, .taken = taken};
    if (!site->policy)
        return true;
    if (!imp_status_walk_back(site->reader, site->now_us - YEAR_DAYS * IMP_DAY_US, note_entry,
                              &turnaround, error))
        return false;
    imp_xml_open(xml, "section", "aria-labelledby", "queues", NULL);
    imp_xml_element(xml, "Whose turn it is", "h2", "id", "queues", NULL);
    plot(xml, &turnaround);
    for (guint i = 0; i < site->policy->people->len; i++) {
        const ImpPerson *person = site->policy->people->pdata[i];
        if (person->roles & IMP_ROLE_REVIEWER)
            queue(site, xml, person, statuses, &turnaround);
    }
    imp_xml_close(xml);
    return true;
}
