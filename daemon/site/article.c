#include "daemon/site/article.h"
#include "articles/attempt.h"
#include "daemon/index/review.h"
#include "daemon/site/captions.h"
#include "daemon/site/names.h"
#include "daemon/site/words.h"
#include "workflow/base/json_write.h"
#include "workflow/base/limits.h"
#include "workflow/base/quote.h"
#include "workflow/base/text.h"

#include <string.h>

/* What a page says of an article, found once for all the files that say it. */

static void event_free(gpointer data)
{
    ImpSiteEvent *event = data;
    g_free(event->id);
    g_free(event->version);
    g_free(event->person);
    g_free(event->of);
    g_free(event->why);
    g_free(event->sentence);
    g_free(event);
}

void imp_site_article_free(ImpSiteArticle *article)
{
    if (!article)
        return;
    imp_past_free(article->past);
    g_clear_pointer(&article->history, g_ptr_array_unref);
    g_clear_pointer(&article->text, g_bytes_unref);
    imp_document_free(article->document);
    g_free(article->title);
    g_free(article->stem);
    g_free(article->caution);
    g_clear_pointer(&article->object, json_decref);
    g_free(article);
}

typedef struct {
    const ImpSite *site;
    GPtrArray *history;
} Noting;

static void note_event(const ImpPast *past, const char *id, const ImpEntry *entry,
                       const char *reason, gpointer data)
{
    const Noting *noting = data;
    ImpSiteEvent *event = g_new0(ImpSiteEvent, 1);
    event->id = g_strdup(id);
    event->kind = entry->event;
    event->state = entry->state;
    event->previous = entry->previous_state;
    event->reason = entry->reason;
    event->refusal = entry->refusal;
    event->version = g_strdup(entry->version);
    event->person = g_strdup(entry->person);
    event->of = g_strdup(entry->of);
    event->why = g_strdup(reason);
    event->at_us = entry->at_us;
    event->valid_until_us = entry->valid_until_us;
    if (entry->refusal && noting->site->options->view == IMP_SITE_EDITORS && noting->site->policy) {
        g_autoptr(ImpAttempt) attempt = imp_attempt_from_entry(entry);
        event->sentence = imp_review_refusal(entry, attempt, past->article, noting->site->policy);
    }
    g_ptr_array_add(noting->history, event);
}

bool imp_site_read_text(ImpSite *site, const char *version, GBytes **text, GError **error)
{
    gsize size;
    *text = NULL;
    return !imp_repository_has_object(site->reader->repository, version) ||
           imp_repository_read(site->reader->repository, version, IMP_ARTICLE_MAX_BYTES, text,
                               &size, error);
}

/* The title of the text that is shown; of one that is not shown the path alone, since a title is
 * part of a text, but for what was retracted: that has to be found. */
static bool read_texts(ImpSite *site, ImpSiteArticle *article, GError **error)
{
    const char *titled = article->shown.version;
    g_autoptr(GBytes) text = NULL;
    if (!titled && article->shown.which == IMP_SHOWN_RETRACTED)
        titled = article->past->approved;
    if (titled && !imp_site_read_text(site, titled, &text, error))
        return false;
    gsize length = 0;
    const char *bytes = text ? g_bytes_get_data(text, &length) : NULL;
    g_autoptr(ImpDocument) document = text ? imp_document_parse(bytes ? bytes : "", length) : NULL;
    const char *path = article->past->article->path;
    article->title = document && document->title
                         ? imp_visible_line(document->title, strlen(document->title))
                         : imp_visible_line(path, strlen(path));
    if (article->shown.version) {
        article->text = g_steal_pointer(&text);
        article->document = g_steal_pointer(&document);
    }
    return true;
}

/* A text that was adopted is as old as the commit that brought it, which may claim any date but one
 * behind the adoption. */
static void find_age(ImpSite *site, ImpSiteArticle *article)
{
    ImpShown *shown = &article->shown;
    const ImpReader *reader = site->reader;
    if (!shown->adopted || !shown->updated_us)
        return;
    if (!site->history_sought && reader->tip &&
        imp_repository_has_object(reader->repository, reader->tip))
        site->history = imp_contributors_new(site->reader, reader->tip, NULL);
    site->history_sought = true;
    const ImpArticle *now = article->past->article;
    const char *version = shown->which == IMP_SHOWN_PENDING ? now->version : shown->version;
    gint64 brought_us =
        site->history ? imp_contributors_brought(site->history, now->path, version) : 0;
    if (brought_us)
        shown->updated_us = MIN(brought_us, shown->updated_us);
}

char *imp_site_person(ImpSite *site, const char *id, const char *name, const ImpPerson **person)
{
    const ImpPerson *known = id ? imp_pasts_person(site->pasts, id) : NULL;
    bool hidden = site->options->view == IMP_SITE_READERS && (!known || !known->is_public);
    if (person)
        *person = hidden ? NULL : known;
    if (hidden)
        return g_strdup(imp_caption(imp_site_language(site), "a member of the board"));
    const char *called = known ? known->name : name ? name : id;
    g_autofree char *plain = imp_visible_line(called, strlen(called));
    return known && known->credentials ? g_strdup_printf("%s, %s", plain, known->credentials)
                                       : g_steal_pointer(&plain);
}

const char *imp_site_language(const ImpSite *site)
{
    bool readers = site->options->view == IMP_SITE_READERS;
    return imp_caption_language(readers && site->policy ? site->policy->language : NULL);
}

const char *imp_site_text_language(const ImpSite *site, const ImpDocument *document)
{
    const char *own = document ? document->lang : NULL;
    const char *lang = own ? own : site->policy ? site->policy->language : NULL;
    return lang && g_ascii_strcasecmp(lang, imp_site_language(site)) != 0 ? lang : NULL;
}

char *imp_site_day(gint64 moment_us)
{
    return imp_caption_day(NULL, imp_moment_day(moment_us));
}

void imp_site_time(ImpXml *xml, gint64 moment_us)
{
    g_autofree char *machine = imp_moment_format(moment_us);
    g_autofree char *day = imp_caption_day(imp_xml_language(xml), imp_moment_day(moment_us));
    imp_xml_element(xml, day, "time", "datetime", machine, NULL);
}

char *imp_site_key(const char *path)
{
    return g_utf8_validate(path, -1, NULL) ? g_strdup(path) : imp_path_quote(path);
}

/* The row */

static json_t *approved_json(ImpSite *site, const ImpSiteArticle *article)
{
    const ImpPast *past = article->past;
    if (article->shown.which != IMP_SHOWN_APPROVED)
        return json_null();
    json_t *approved = json_object(), *by = json_array();
    for (guint i = 0; i < past->approvers->len; i++) {
        const ImpApprover *approver = past->approvers->pdata[i];
        g_autofree char *name = imp_site_person(site, approver->person, approver->name, NULL);
        json_array_append_new(by, imp_json_string_or_null(name));
    }
    imp_json_set_text(approved, "version", past->approved);
    imp_json_set_moment(approved, "at", past->approved_at_us);
    json_object_set_new(approved, "by", by);
    imp_json_set_moment(approved, "valid_until", past->valid_until_us);
    imp_json_set_text(approved, "ledger", past->approved_ledger);
    return approved;
}

/* What front matter says of an approved text: whom it is for, and what it is a variant of. */
static void add_front_matter(json_t *object, const ImpSiteArticle *article, bool *variant)
{
    const ImpDocument *document =
        article->shown.which == IMP_SHOWN_APPROVED ? article->document : NULL;
    const char *of = document ? document->variant_of : NULL;
    *variant = of && strcmp(of, article->past->article->path) != 0;
    imp_json_set_text(object, "audience", document ? document->audience : NULL);
    imp_json_set_text(object, "lang", document ? document->lang : NULL);
    imp_json_set_text(object, "variant_of", *variant ? of : NULL);
}

/* `variant` is set to whether it is one of another article. */
static json_t *object_of(ImpSite *site, const ImpSiteArticle *article, const char *page,
                         bool *variant)
{
    const ImpPast *past = article->past;
    const ImpShown *shown = &article->shown;
    json_t *object = json_object();
    imp_json_set_text(object, "title", article->title);
    imp_json_set_text(object, "page", page);
    imp_json_set_text(object, "state", imp_state_key(past->article->state));
    imp_json_set_text(object, "shown", imp_shown_word(shown->which));
    imp_json_set_text(object, "caution", article->caution);
    imp_json_set_text(object, "version", shown->version);
    imp_json_set_moment(object, "updated", shown->updated_us);
    imp_json_set_moment(object, "reviewed", shown->reviewed_us);
    json_object_set_new(object, "approved", approved_json(site, article));
    add_front_matter(object, article, variant);
    return object;
}

static char *page_of(const ImpSiteArticle *article)
{
    g_autofree char *page = g_strconcat("a/", article->stem, "/index.html", NULL);
    return imp_site_address(page);
}

ImpSiteArticle *imp_site_article_load(ImpSite *site, const char *path, GError **error)
{
    g_autoptr(ImpSiteArticle) article = g_new0(ImpSiteArticle, 1);
    article->history = g_ptr_array_new_with_free_func(event_free);
    Noting noting = {site, article->history};
    article->past = imp_pasts_load(site->pasts, path, note_event, &noting, error);
    if (!article->past)
        return NULL;
    article->shown = imp_shown(article->past, site->showing, site->now_us);
    find_age(site, article);
    article->stem = imp_site_stem(site->policy, path);
    if (!read_texts(site, article, error))
        return NULL;
    article->caution = imp_site_caution(site, article->past, &article->shown);
    g_autofree char *page = page_of(article);
    article->object = object_of(site, article, page, &article->variant);
    return g_steal_pointer(&article);
}

ImpSiteRow *imp_site_article_row(const ImpSiteArticle *article)
{
    const ImpPast *past = article->past;
    const ImpShown *shown = &article->shown;
    ImpSiteRow *row = imp_site_row_new(past->article->path);
    imp_site_row_set(row, &row->page, page_of(article));
    row->variant = article->variant;
    imp_site_row_set(row, &row->title, g_strdup(article->title));
    row->changed_us = MAX(shown->updated_us, shown->reviewed_us);
    row->reviewed_us = shown->reviewed_us;
    row->approved_until_us = shown->which == IMP_SHOWN_APPROVED ? past->valid_until_us : 0;
    row->state = past->article->state;
    row->which = shown->which;
    row->worse = imp_shown_is_worse(past, shown);
    row->valid_until_us = shown->which == IMP_SHOWN_APPROVED || shown->which == IMP_SHOWN_LAPSED
                              ? past->valid_until_us
                              : 0;
    imp_site_row_set(row, &row->json, imp_json_dump_line(article->object));
    return row;
}
