#include "daemon/site/feeds.h"
#include "articles/ledger.h"
#include "daemon/index/announce.h"
#include "daemon/index/index.h"
#include "daemon/site/article.h"
#include "daemon/site/captions.h"
#include "daemon/site/names.h"
#include "daemon/site/page.h"
#include "daemon/site/sitemap.h"
#include "workflow/base/json_write.h"
#include "workflow/base/text.h"

#include <string.h>

/* What is new: articles that were approved, retracted, or whose review expired. An item's id is
 * that of the event which the daemon posts about the same fact, so that nobody hears of it twice.
 */

#define NEWS_MAX 200

typedef enum { NEWS_NONE, NEWS_APPROVED, NEWS_RETRACTED, NEWS_EXPIRED } News;

static const struct {
    const char *word, *event, *title;
} news_words[] = {
    [NEWS_APPROVED] = {"approved", "article.approved", "Approved"},
    [NEWS_RETRACTED] = {"retracted", "review.retracted", "Retracted"},
    [NEWS_EXPIRED] = {"expired", "article.submitted", "Review expired"},
};

static News news_of(ImpEntryKind kind, ImpState state, ImpState previous)
{
    if (kind == IMP_ENTRY_RETRACTION)
        return NEWS_RETRACTED;
    if (kind == IMP_ENTRY_EXPIRY)
        return NEWS_EXPIRED;
    return state == IMP_STATE_APPROVED && previous != IMP_STATE_APPROVED ? NEWS_APPROVED
                                                                         : NEWS_NONE;
}

static News news_of_entry(const ImpEntry *entry)
{
    return entry->article ? news_of(entry->event, entry->state, entry->previous_state) : NEWS_NONE;
}

/* The id of the entry's event of that type: the events of an entry are numbered as they are told.
 */
static char *event_id(const ImpSite *site, const char *id, const ImpEntry *entry, const char *type)
{
    g_autoptr(GPtrArray) events = g_ptr_array_new_with_free_func((GDestroyNotify)imp_event_free);
    g_autoptr(ImpArticle) article = imp_article_new(entry->article);
    const ImpAnnouncing announcing = {.repository = site->reader->name, .policy = site->policy};
    article->version = g_strdup(entry->version);
    imp_announce_entry(&announcing, id, entry, article, article, NULL, events);
    for (guint i = 0; i < events->len; i++) {
        const ImpEvent *event = events->pdata[i];
        if (strcmp(event->type, type) == 0)
            return g_strdup(event->id);
    }
    return g_strdup_printf("evt_%s", id);
}

/* The article just after an entry: which text its item is about. */
typedef struct {
    const char *id;
    char *approved, *approved_ledger;
} Then;

static void note_then(const ImpPast *past, const char *id, const ImpEntry *entry,
                      const char *reason, gpointer data)
{
    Then *then = data;
    (void)entry;
    (void)reason;
    if (strcmp(id, then->id) != 0)
        return;
    then->approved = g_strdup(past->approved);
    then->approved_ledger = g_strdup(past->approved_ledger);
}

static char *title_of(ImpSite *site, const char *path, const char *version)
{
    gsize length = 0;
    g_autoptr(GBytes) bytes = NULL;
    if (version)
        imp_site_read_text(site, version, &bytes, NULL);
    const char *text = bytes ? g_bytes_get_data(bytes, &length) : NULL;
    g_autoptr(ImpDocument) document = text ? imp_document_parse(text, length) : NULL;
    const char *title = document && document->title ? document->title : path;
    return imp_visible_line(title, strlen(title));
}

/* The item of an earlier approval, which a retraction takes back. */
static char *taken_back(ImpSite *site, const char *approved_ledger)
{
    g_autofree char *parent = NULL;
    g_autoptr(ImpEntry) entry =
        approved_ledger
            ? imp_ledger_read_entry(site->reader->repository, approved_ledger, &parent, NULL)
            : NULL;
    return entry ? event_id(site, approved_ledger, entry, "article.approved") : NULL;
}

static char *item_of(ImpSite *site, const char *id, const ImpEntry *entry, News news)
{
    g_autoptr(json_t) item = json_object();
    g_autofree char *event = event_id(site, id, entry, news_words[news].event);
    Then then = {.id = id};
    imp_past_free(imp_pasts_load(site->pasts, entry->article, note_then, &then, NULL));
    g_autofree char *approved = then.approved, *approved_ledger = then.approved_ledger;
    g_autofree char *title = title_of(site, entry->article, approved);
    g_autofree char *stem = imp_site_stem(site->policy, entry->article);
    g_autofree char *name = g_strconcat("a/", stem, "/index.html", NULL);
    g_autofree char *page = imp_site_address(name);
    g_autofree char *key = imp_site_key(entry->article);
    g_autofree char *back = news == NEWS_RETRACTED ? taken_back(site, approved_ledger) : NULL;
    imp_json_set_text(item, "id", event);
    imp_json_set_text(item, "path", key);
    imp_json_set_text(item, "kind", news_words[news].word);
    imp_json_set_text(item, "title", title);
    imp_json_set_text(item, "page", page);
    imp_json_set_moment(item, "at", entry->at_us);
    imp_json_set_text(item, "taken_back", back);
    return imp_json_dump_line(item);
}

static bool add_item(ImpSite *site, const char *id, GPtrArray *found, char **parent, GError **error)
{
    g_autoptr(ImpEntry) entry = imp_ledger_read_entry(site->reader->repository, id, parent, error);
    News news = entry ? news_of_entry(entry) : NEWS_NONE;
    if (news)
        g_ptr_array_add(found, item_of(site, id, entry, news));
    return entry != NULL;
}

/* From the newest entry back to `since`, or until there are enough of them. */
static bool look_back(ImpSite *site, const char *since, GPtrArray *found, GError **error)
{
    g_autofree char *id = g_strdup(site->reader->ledger);
    while (id && g_strcmp0(id, since) != 0 && found->len < NEWS_MAX) {
        char *parent = NULL;
        if (!add_item(site, id, found, &parent, error))
            return false;
        g_free(id);
        id = parent;
    }
    return true;
}

void imp_site_note_news(ImpSite *site, const ImpSiteArticle *article)
{
    for (guint i = 0; site->news && i < article->history->len; i++) {
        const ImpSiteEvent *event = article->history->pdata[i];
        if (news_of(event->kind, event->state, event->previous))
            g_hash_table_insert(site->news, g_strdup(event->id),
                                g_strdup(article->past->article->path));
    }
}

typedef struct {
    const char *id;
    gint64 place;
} Place;

static int newest_first(gconstpointer a, gconstpointer b)
{
    gint64 one = ((const Place *)a)->place, other = ((const Place *)b)->place;
    return one < other ? 1 : one > other ? -1 : 0;
}

/* So few in all that it is known which they are. */
static bool take_noted(ImpSite *site, GPtrArray *found, GError **error)
{
    g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(Place));
    GHashTableIter iter;
    gpointer id, path;
    g_hash_table_iter_init(&iter, site->news);
    while (g_hash_table_iter_next(&iter, &id, &path)) {
        Place place = {id, imp_index_place_of(site->reader->database, path, id)};
        g_array_append_val(places, place);
    }
    g_array_sort(places, newest_first);
    for (guint i = 0; i < places->len; i++) {
        g_autofree char *parent = NULL;
        if (!add_item(site, g_array_index(places, Place, i).id, found, &parent, error))
            return false;
    }
    return true;
}

bool imp_site_find_news(ImpSite *site, const char *since, GError **error)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    bool noted = !since && site->news && g_hash_table_size(site->news) < NEWS_MAX;
    if (!(noted ? take_noted(site, found, error) : look_back(site, since, found, error)))
        return false;
    for (guint i = 0; since && i < site->mark->news->len && found->len < NEWS_MAX; i++)
        g_ptr_array_add(found, g_strdup(site->mark->news->pdata[i]));
    g_ptr_array_unref(site->mark->news);
    site->mark->news = g_steal_pointer(&found);
    return true;
}

static const char *text_of(const json_t *item, const char *key)
{
    return json_string_value(json_object_get(item, key));
}

static News kind_of(const json_t *item)
{
    for (News news = NEWS_APPROVED; news <= NEWS_EXPIRED; news++)
        if (g_strcmp0(text_of(item, "kind"), news_words[news].word) == 0)
            return news;
    return NEWS_NONE;
}

static GPtrArray *items_of(const ImpSite *site)
{
    GPtrArray *items = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);
    g_autoptr(GHashTable) back = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    /* An item says that something was approved, which nobody can rely on where all is doubted. */
    for (guint i = 0; site->showing.trusted && i < site->mark->news->len; i++) {
        json_t *item = json_loads(site->mark->news->pdata[i], 0, NULL);
        const char *taken_back = item ? text_of(item, "taken_back") : NULL;
        if (item && kind_of(item) && !g_hash_table_contains(back, text_of(item, "id")))
            g_ptr_array_add(items, json_incref(item));
        if (taken_back)
            g_hash_table_add(back, g_strdup(taken_back));
        if (item)
            json_decref(item);
    }
    return items;
}

static char *address_of(const ImpSite *site, const json_t *item)
{
    return g_strconcat(site->options->url ? site->options->url : "", text_of(item, "page"), NULL);
}

static char *heading_of(const ImpSite *site, const json_t *item)
{
    const char *said = imp_caption(imp_site_language(site), news_words[kind_of(item)].title);
    return g_strdup_printf("%s: %s", said, text_of(item, "title"));
}

/* RFC 4287; RFC 6721 for what is taken back. */
static void atom_entry(const ImpSite *site, ImpXml *xml, const json_t *item)
{
    g_autofree char *address = address_of(site, item), *heading = heading_of(site, item);
    if (text_of(item, "taken_back")) {
        imp_xml_open(xml, "at:deleted-entry", "ref", text_of(item, "taken_back"), "when",
                     text_of(item, "at"), NULL);
        imp_xml_close(xml);
        imp_xml_line(xml);
    }
    imp_xml_open(xml, "entry", NULL);
    imp_xml_element(xml, text_of(item, "id"), "id", NULL);
    imp_xml_element(xml, heading, "title", NULL);
    imp_xml_element(xml, text_of(item, "at"), "updated", NULL);
    imp_xml_element(xml, NULL, "link", "href", address, NULL);
    imp_xml_element(xml, NULL, "category", "term", text_of(item, "kind"), NULL);
    imp_xml_element(xml, heading, "summary", NULL);
    imp_xml_close(xml);
    imp_xml_line(xml);
}

static char *atom(const ImpSite *site, const GPtrArray *items)
{
    const char *name = site->reader->name ? site->reader->name : "imprimatur";
    const char *url = site->options->url ? site->options->url : "";
    g_autoptr(ImpXml) xml = imp_xml_new(false);
    g_autofree char *id = *url ? g_strdup(url) : g_strconcat("urn:imprimatur:", name, NULL);
    g_autofree char *self = g_strconcat(url, "feed.atom", NULL);
    imp_xml_open(xml, "feed", "xmlns", "http://www.w3.org/2005/Atom", "xmlns:at",
                 "http://purl.org/atompub/tombstones/1.0", NULL);
    imp_xml_element(xml, id, "id", NULL);
    imp_xml_element(xml, name, "title", NULL);
    imp_xml_element(xml, items->len > 0 ? text_of(items->pdata[0], "at") : "1970-01-01T00:00:00Z",
                    "updated", NULL);
    imp_xml_open(xml, "author", NULL);
    imp_xml_element(xml, name, "name", NULL);
    imp_xml_close(xml);
    imp_xml_element(xml, NULL, "link", "rel", "self", "href", self, NULL);
    imp_xml_element(xml, NULL, "link", "rel", "alternate", "href", *url ? url : "index.html", NULL);
    imp_xml_line(xml);
    for (guint i = 0; i < items->len; i++)
        atom_entry(site, xml, items->pdata[i]);
    return imp_xml_finish(xml);
}

/* https://www.jsonfeed.org/version/1.1/ */
static char *json_feed(const ImpSite *site, const GPtrArray *items)
{
    g_autoptr(json_t) feed = json_object();
    json_t *list = json_array();
    imp_json_set_text(feed, "version", "https://jsonfeed.org/version/1.1");
    imp_json_set_text(feed, "title", site->reader->name ? site->reader->name : "imprimatur");
    if (site->options->url) {
        g_autofree char *self = g_strconcat(site->options->url, "feed.json", NULL);
        imp_json_set_text(feed, "home_page_url", site->options->url);
        imp_json_set_text(feed, "feed_url", self);
    }
    for (guint i = 0; i < items->len; i++) {
        const json_t *item = items->pdata[i];
        g_autofree char *address = address_of(site, item), *heading = heading_of(site, item);
        json_t *one = json_object();
        json_object_set(one, "id", json_object_get(item, "id"));
        imp_json_set_text(one, "url", address);
        imp_json_set_text(one, "title", heading);
        imp_json_set_text(one, "content_text", heading);
        json_object_set(one, "date_published", json_object_get(item, "at"));
        json_object_set_new(one, "tags", json_pack("[O]", json_object_get(item, "kind")));
        json_array_append_new(list, one);
    }
    json_object_set_new(feed, "items", list);
    g_autofree char *line = imp_json_dump_line(feed);
    return g_strconcat(line, "\n", NULL);
}

bool imp_site_put_feeds(ImpSite *site, GError **error)
{
    g_autoptr(GPtrArray) items = items_of(site);
    return imp_site_put(site, "feed.atom", atom(site, items), error) &&
           imp_site_put(site, "feed.json", json_feed(site, items), error) &&
           imp_site_put_sitemap(site, error);
}
