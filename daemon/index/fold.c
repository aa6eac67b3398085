#include "daemon/index/fold.h"
#include "articles/attempt.h"
#include "articles/ledger.h"
#include "articles/policy_source.h"
#include "daemon/index/compare.h"
#include "daemon/index/fold_batch.h"
#include "daemon/index/index_heads.h"
#include "daemon/index/problem.h"
#include "workflow/base/limits.h"
#include "workflow/judge.h"

#include <string.h>

/* How far back events are told again when the index begins from nothing: as long as a receiver may
 * still be sent them (imprimatur.json(5), DELIVERY). */
#define RETELL_US (96 * 3600 * IMP_SECOND_US)

/* Documents kept between the entry that submits a text and those that follow it in the pass. */
#define DOCUMENTS_MAX 64

struct ImpFold {
    ImpDatabase *database;
    ImpRepository *repository;
    const ImpConfig *config;
    GPtrArray *events;
    gint64 announce_from_us;
    char *name;
    ImpPolicy *policy;
    bool first_edition;
    GHashTable *documents; /* version -> ImpDocument* */
    ImpFoldBatch *batch;   /* of a run of entries; NULL: each is written at once */
    gint64 place;          /* of the last entry: the entries of the ledger are numbered */
    char *last_article;    /* that it was about, or NULL */
    /* The decision that was read last: that of many articles stands in as many entries, one after
     * the other. */
    char *attempt_of;
    ImpAttempt *attempt;
    char *unknown_of;    /* the decision that named an unknown article last, */
    guint unknown_count; /* and how many it has named */
    /* The adoption that is being read. */
    guint adopted;
    char *adopted_source;
    gint64 adopted_at_us;
    bool adopted_verified;
};

static void document_free(gpointer document)
{
    imp_document_free(document);
}

ImpFold *imp_fold_new(ImpDatabase *database, ImpRepository *repository, const ImpConfig *config,
                      GPtrArray *events, gint64 announce_from_us, GError **error)
{
    g_autoptr(ImpFold) fold = g_new0(ImpFold, 1);
    fold->database = database;
    fold->repository = repository;
    fold->config = config;
    fold->events = events;
    fold->announce_from_us = announce_from_us;
    fold->name = config ? g_strdup(config->name) : imp_index_get(database, IMP_INDEX_REPOSITORY);
    fold->documents = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, document_free);
    g_autofree char *place = imp_index_get(database, IMP_INDEX_PLACE);
    fold->place = place ? g_ascii_strtoll(place, NULL, 10) : 0;
    if (!imp_index_find_policy(database, &fold->policy, error))
        return NULL;
    return g_steal_pointer(&fold);
}

void imp_fold_free(ImpFold *fold)
{
    if (!fold)
        return;
    g_free(fold->name);
    g_clear_pointer(&fold->policy, imp_policy_unref);
    g_hash_table_unref(fold->documents);
    imp_fold_batch_free(fold->batch);
    g_free(fold->last_article);
    g_free(fold->attempt_of);
    g_clear_pointer(&fold->attempt, imp_attempt_free);
    g_free(fold->unknown_of);
    g_free(fold->adopted_source);
    g_free(fold);
}

const ImpPolicy *imp_fold_policy(const ImpFold *fold)
{
    return fold->policy;
}

/* What is not in the index yet is judged by the policy of its time. */
static bool write_batch(ImpFold *fold, GError **error)
{
    return !fold->batch || imp_fold_batch_write(fold->batch, fold->policy, error);
}

/* Whom an article lacks is the policy's to say. */
static bool find_vacancies(ImpFold *fold, gint64 now_us, GError **error)
{
    g_autoptr(GPtrArray) paths = imp_index_unapproved(fold->database, error);
    for (guint i = 0; paths && i < paths->len; i++) {
        g_autoptr(ImpArticle) article = imp_index_load(fold->database, paths->pdata[i], error);
        if (!article || !imp_index_save(fold->database, article, fold->policy, now_us, error))
            return false;
    }
    return paths != NULL;
}

bool imp_fold_set_policy(ImpFold *fold, ImpPolicy *policy, const char *manifest,
                         GBytes *policy_json, GBytes *signers, gint64 at_us, GError **error)
{
    const ImpIndexPolicy kept = {policy->version, manifest,        policy_json,
                                 signers,         policy->keyring, at_us};
    if (!write_batch(fold, error) || !imp_index_keep_policy(fold->database, &kept, error) ||
        !imp_index_keep_keys(fold->database, policy, fold->policy, at_us, error))
        return false;
    imp_policy_ref(policy);
    g_clear_pointer(&fold->policy, imp_policy_unref);
    fold->policy = policy;
    policy->first_edition = fold->first_edition;
    return find_vacancies(fold, at_us, error);
}

bool imp_fold_use_edition(ImpFold *fold, bool first, GError **error)
{
    g_autofree char *before = imp_index_get(fold->database, IMP_INDEX_FIRST_EDITION);
    fold->first_edition = first;
    if (fold->policy)
        fold->policy->first_edition = first;
    if (first == (before != NULL))
        return true;
    return (first ? imp_index_set(fold->database, IMP_INDEX_FIRST_EDITION, "", error)
                  : imp_index_unset(fold->database, IMP_INDEX_FIRST_EDITION, error)) &&
           (!fold->policy ||
            find_vacancies(fold, imp_index_get_moment(fold->database, IMP_INDEX_LAST_AT), error));
}

const ImpDocument *imp_fold_document(ImpFold *fold, const char *version, GError **error)
{
    ImpDocument *document = g_hash_table_lookup(fold->documents, version);
    if (document)
        return document;
    gsize size = 0;
    bool there = imp_repository_has_text(fold->repository, version);
    g_autoptr(GBytes) bytes = NULL;
    if (there && !imp_repository_read(fold->repository, version, IMP_ARTICLE_MAX_BYTES, &bytes,
                                      &size, error))
        return NULL;
    if (!there) {
        document = imp_document_parse("", 0);
        document->problem = IMP_PROBLEM_LINK;
        document->detail = g_strdup("the text is not in the repository; push it with git itself");
    } else if (bytes) {
        const char *text = g_bytes_get_data(bytes, NULL);
        document = imp_document_parse(text ? text : "", size);
    } else {
        document = imp_document_parse("", 0);
        document->problem = IMP_PROBLEM_TOO_LARGE;
        document->detail =
            g_strdup_printf("the file has %" G_GSIZE_FORMAT " bytes; an article has at most %d",
                            size, IMP_ARTICLE_MAX_BYTES);
    }
    if (g_hash_table_size(fold->documents) >= DOCUMENTS_MAX)
        g_hash_table_remove_all(fold->documents);
    g_hash_table_insert(fold->documents, g_strdup(version), document);
    return document;
}

/* What the text says of itself. A text that this clone does not have, or a link, says nothing. */
const char *imp_fold_describe(ImpFold *fold, ImpArticle *article)
{
    g_clear_pointer(&article->title, g_free);
    g_clear_pointer(&article->specialty, g_free);
    g_strfreev(article->reviewers);
    article->reviewers = g_new0(char *, 1);
    article->review_in = (ImpReviewIn){0};
    if (article->problem == IMP_PROBLEM_LINK ||
        !imp_repository_has_text(fold->repository, article->version))
        return NULL;
    const ImpDocument *document = imp_fold_document(fold, article->version, NULL);
    if (!document)
        return NULL;
    article->title = g_strdup(document->title);
    article->specialty = g_strdup(document->specialty);
    g_strfreev(article->reviewers);
    article->reviewers = g_strdupv(document->reviewers);
    article->review_in = document->review_in;
    return document->problem ? document->detail : NULL;
}

/* Puts them into the requests among the events that the entry gave, from the `first` on. */
static void tell_changes(ImpFold *fold, guint first, const ImpEntry *entry, const ImpArticle *after)
{
    g_autoptr(ImpChanges) changes =
        imp_compare_for_request(fold->repository, fold->policy, entry, after);
    for (guint i = first; changes && i < fold->events->len; i++) {
        ImpEvent *event = fold->events->pdata[i];
        if (strcmp(event->type, "review.requested") == 0)
            event->changes = imp_changes_ref(changes);
    }
}

/* The decision that the entry is about, or NULL. */
static ImpAttempt *attempt_of(ImpFold *fold, const ImpEntry *entry)
{
    if (!entry->decision_object)
        return NULL;
    /* What an entry refuses as a whole is in that entry alone. */
    if (g_strcmp0(fold->attempt_of, entry->decision) != 0 || !entry->article) {
        g_clear_pointer(&fold->attempt, imp_attempt_free);
        g_free(fold->attempt_of);
        fold->attempt_of = g_strdup(entry->decision);
        fold->attempt = imp_attempt_from_entry(entry);
    }
    return fold->attempt;
}

static bool is_told(const ImpFold *fold, const ImpEntry *entry)
{
    return fold->events && entry->at_us >= fold->announce_from_us;
}

static void tell(ImpFold *fold, const char *id, const ImpEntry *entry, const ImpArticle *before,
                 const ImpArticle *after, const char *detail)
{
    if (!is_told(fold, entry))
        return;
    const ImpAnnouncing announcing = {.repository = fold->name,
                                      .config = fold->config,
                                      .policy = fold->policy,
                                      .attempt = attempt_of(fold, entry)};
    guint first = fold->events->len;
    imp_announce_entry(&announcing, id, entry, before, after, detail, fold->events);
    tell_changes(fold, first, entry, after);
    if (entry->event == IMP_ENTRY_SUBMISSION && entry->reason == IMP_REASON_ADOPTED) {
        fold->adopted++;
        fold->adopted_at_us = entry->at_us;
        fold->adopted_verified = !entry->unverified;
        g_free(fold->adopted_source);
        fold->adopted_source = g_strdup(entry->source);
    }
}

void imp_fold_finish(ImpFold *fold)
{
    if (!fold->adopted)
        return;
    const ImpAnnouncing announcing = {.repository = fold->name,
                                      .config = fold->config,
                                      .policy = fold->policy,
                                      .source = fold->adopted_source,
                                      .verified = fold->adopted_verified,
                                      .at_us = fold->adopted_at_us};
    g_ptr_array_add(fold->events, imp_announce_adoption(&announcing, fold->adopted));
    fold->adopted = 0;
}

/* A policy that the ledger names: its files are in the tree of the entry's Source. */
static bool load_policy(ImpFold *fold, const ImpEntry *entry, GError **error)
{
    if (fold->policy && fold->policy->version == entry->policy)
        return true;
    bool there = imp_repository_has_object(fold->repository, entry->source);
    g_autoptr(ImpPolicySource) source =
        there ? imp_policy_source_read(fold->repository, entry->source, entry->repository, NULL,
                                       entry->at_us, error)
              : NULL;
    if (there && !source)
        return false;
    if (source && source->policy && g_strcmp0(source->manifest, entry->manifest) == 0)
        return imp_fold_set_policy(fold, source->policy, source->manifest, source->policy_json,
                                   source->signers, entry->at_us, error);
    /* Its commit is gone: the version is remembered, what it said is not. */
    if (!write_batch(fold, error))
        return false;
    g_clear_pointer(&fold->policy, imp_policy_unref);
    const ImpIndexPolicy lost = {
        .version = entry->policy, .manifest = entry->manifest, .at_us = entry->at_us};
    return imp_index_keep_policy(fold->database, &lost, error);
}

static bool set_review_branches(ImpFold *fold, const ImpEntry *entry, GError **error)
{
    g_autofree char *lines =
        entry->review_branches ? g_strjoinv("\n", entry->review_branches) : g_strdup("");
    return imp_index_set(fold->database, IMP_INDEX_REVIEW_BRANCHES, lines, error);
}

static bool take_policy(ImpFold *fold, const ImpEntry *entry, GError **error)
{
    g_autofree char *adoption_tip = imp_index_get(fold->database, IMP_INDEX_ADOPTION_TIP);
    if (!fold->config) {
        g_free(fold->name);
        fold->name = g_strdup(entry->repository);
    }
    return load_policy(fold, entry, error) &&
           (adoption_tip ||
            (imp_index_set(fold->database, IMP_INDEX_ADOPTION_TIP, entry->source, error) &&
             imp_index_set_moment(fold->database, IMP_INDEX_ADOPTION_AT, entry->at_us, error))) &&
           imp_index_set(fold->database, IMP_INDEX_APPROVED_WHOLE, "",
                         error) && /* it may carry other files */
           imp_index_set(fold->database, IMP_INDEX_REPOSITORY, entry->repository, error) &&
           imp_index_set(fold->database, IMP_INDEX_BRANCH, entry->branch, error) &&
           set_review_branches(fold, entry, error) &&
           imp_index_set(fold->database, IMP_INDEX_VERIFIED, entry->unverified ? "no" : "yes",
                         error);
}

/* Whether the approved branch says where every article stands, so that every entry changes it. */
static bool has_data(const ImpFold *fold)
{
    return fold->config && fold->config->approved_data;
}

/* What is wrong with a text that the entry submits, or NULL. */
static const char *describe(ImpFold *fold, const ImpEntry *entry, ImpArticle *article)
{
    const char *detail = imp_problem_advice(entry->problem, entry->article);
    const char *described =
        entry->event == IMP_ENTRY_SUBMISSION ? imp_fold_describe(fold, article) : NULL;
    return detail ? detail : described;
}

static bool is_published_elsewhere(const ImpFold *fold, const char *before, const ImpArticle *after)
{
    return g_strcmp0(before, after->published) != 0 || has_data(fold);
}

/* One of many entries: what is told of it needs the article as it was, and its text; of the others
 * the last text alone is read, when the batch is written. */
static bool take_into_batch(ImpFold *fold, const char *id, const ImpEntry *entry, GError **error)
{
    ImpFolded *folded = imp_fold_batch_article(fold->batch, entry->article, error);
    if (!folded)
        return false;
    ImpArticle *article = folded->article;
    g_autoptr(ImpArticle) before = is_told(fold, entry) ? imp_article_copy(article) : NULL;
    g_autofree char *published = g_strdup(article->published);
    imp_article_apply(article, entry, fold->policy);
    const char *detail = before ? describe(fold, entry, article) : NULL;
    if (entry->event == IMP_ENTRY_SUBMISSION)
        folded->undescribed = !before;
    folded->at_us = entry->at_us;
    folded->unpublished = folded->unpublished || is_published_elsewhere(fold, published, article);
    imp_fold_batch_add_entry(fold->batch, folded, id, fold->place);
    tell(fold, id, entry, before, article, detail);
    return !imp_fold_batch_is_full(fold->batch) || write_batch(fold, error);
}

static bool take_article(ImpFold *fold, const char *id, const ImpEntry *entry, GError **error)
{
    if (fold->batch)
        return take_into_batch(fold, id, entry, error);
    g_autoptr(ImpArticle) before = imp_index_load(fold->database, entry->article, error);
    if (!before)
        return false;
    g_autoptr(ImpArticle) after = imp_article_copy(before);
    imp_article_apply(after, entry, fold->policy);
    const char *detail = describe(fold, entry, after);
    if (!imp_index_save(fold->database, after, fold->policy, entry->at_us, error) ||
        !imp_index_add_entry(fold->database, entry->article, id, fold->place, error) ||
        (is_published_elsewhere(fold, before->published, after) &&
         !imp_index_mark_unpublished(fold->database, entry->article, error)))
        return false;
    tell(fold, id, entry, before, after, detail);
    return true;
}

/* The sentence about an article that is not known. The entry cannot say which of the decision's it
 * was; they come in the order in which they are judged. */
static bool describe_unknown(ImpFold *fold, const ImpEntry *entry, char **sentence, GError **error)
{
    ImpAttempt *attempt = attempt_of(fold, entry);
    if (!attempt || !attempt->decision || !fold->policy)
        return true;
    if (g_strcmp0(fold->unknown_of, entry->decision) != 0) {
        g_free(fold->unknown_of);
        fold->unknown_of = g_strdup(entry->decision);
        fold->unknown_count = 0;
    }
    guint earlier = fold->unknown_count++;
    if (!write_batch(fold, error))
        return false;
    imp_decision_order(attempt->decision);
    for (guint i = 0; i < attempt->decision->targets->len; i++) {
        const ImpTarget *target = attempt->decision->targets->pdata[i];
        g_autoptr(ImpArticle) article = imp_index_load(fold->database, target->path, error);
        if (!article)
            return false;
        if (article->state != IMP_STATE_REMOVED || earlier-- > 0)
            continue;
        imp_judge_target(attempt, target, NULL, NULL, fold->policy, entry->at_us, sentence);
        return true;
    }
    return true;
}

/* Of a decision about several articles each may be looked at by itself: it is judged when all of
 * them are. */
static bool note_target(ImpFold *fold, const ImpEntry *entry, bool *all, GError **error)
{
    const ImpAttempt *attempt = entry->article ? attempt_of(fold, entry) : NULL;
    const ImpDecision *decision = attempt ? attempt->decision : NULL;
    *all = true;
    if (fold->first_edition || !decision || decision->targets->len < 2 || !entry->decision_payload)
        return true;
    if (!imp_index_mark_pair(fold->database, entry->decision_payload, entry->article, error))
        return false;
    *all = imp_index_count_pairs(fold->database, entry->decision_payload) >= decision->targets->len;
    return true;
}

static bool take_decision(ImpFold *fold, const ImpEntry *entry, GError **error)
{
    bool all;
    if (!note_target(fold, entry, &all, error))
        return false;
    if (!all)
        return true;
    if (!imp_index_mark_seen(fold->database, IMP_SEEN_COMMIT, entry->decision, error))
        return false;
    ImpIndexSeen kind =
        imp_refusal_precedes_payload(entry->refusal) ? IMP_SEEN_REFUSED : IMP_SEEN_PAYLOAD;
    return !entry->decision_payload ||
           imp_index_mark_seen(fold->database, kind, entry->decision_payload, error);
}

/* Where in the ledger the index is. */
static bool note_place(ImpFold *fold, const char *id, const char *source, gint64 at_us,
                       GError **error)
{
    g_autofree char *place = g_strdup_printf("%" G_GINT64_FORMAT, fold->place);
    g_autofree char *at = g_strdup_printf("%" G_GINT64_FORMAT, at_us);
    return imp_database_run(fold->database, error,
                            "INSERT OR REPLACE INTO meta VALUES('" IMP_INDEX_LEDGER
                            "', ?), ('" IMP_INDEX_SOURCE "', ?), ('" IMP_INDEX_LAST_AT
                            "', ?), ('" IMP_INDEX_PLACE "', ?)",
                            "tttt", id, source, at, place);
}

bool imp_fold_take(ImpFold *fold, const char *id, const ImpEntry *entry, GError **error)
{
    if (fold->adopted && entry->at_us != fold->adopted_at_us)
        imp_fold_finish(fold);
    fold->place++;
    g_free(fold->last_article);
    fold->last_article = g_strdup(entry->article);
    if ((entry->event == IMP_ENTRY_POLICY || entry->event == IMP_ENTRY_START) &&
        !take_policy(fold, entry, error))
        return false;
    if (entry->article) {
        if (!take_article(fold, id, entry, error))
            return false;
    } else {
        g_autofree char *sentence = NULL;
        if (entry->refusal == IMP_REFUSAL_UNKNOWN_ARTICLE &&
            !describe_unknown(fold, entry, &sentence, error))
            return false;
        tell(fold, id, entry, NULL, NULL, sentence);
    }
    return (!entry->decision || take_decision(fold, entry, error)) &&
           (fold->batch || note_place(fold, id, entry->source, entry->at_us, error));
}

bool imp_fold_rename(ImpFold *fold, const char *from, const char *to, GError **error)
{
    if (fold->events)
        imp_announce_rename(fold->events, from, to);
    return (!fold->last_article ||
            imp_index_rename_entry(fold->database, fold->last_article, from, to, error)) &&
           imp_index_set(fold->database, IMP_INDEX_LEDGER, to, error);
}

/* A run of entries that is read from the ledger. */
typedef struct {
    ImpFold *fold;
    char *id, *source; /* of the last entry */
    gint64 at_us;
} Run;

static void run_clear(Run *run)
{
    g_clear_pointer(&run->fold->batch, imp_fold_batch_free);
    g_free(run->id);
    g_free(run->source);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

static bool take_read(const char *id, const ImpEntry *entry, gpointer data, GError **error)
{
    Run *run = data;
    g_free(run->id);
    g_free(run->source);
    run->id = g_strdup(id);
    run->source = g_strdup(entry->source);
    run->at_us = entry->at_us;
    return imp_fold_take(run->fold, id, entry, error);
}

static void describe_in_batch(ImpArticle *article, gpointer data)
{
    imp_fold_describe(data, article);
}

/* Takes the entries behind `after` (NULL: all) up to the tip. */
static bool read_run(ImpFold *fold, const char *tip, const char *after, GError **error)
{
    g_auto(Run) run = {.fold = fold};
    fold->batch = imp_fold_batch_new(fold->database, fold->repository, describe_in_batch, fold);
    return imp_ledger_read(fold->repository, tip, after, take_read, &run, error) &&
           write_batch(fold, error) &&
           (!run.id || note_place(fold, run.id, run.source, run.at_us, error));
}

bool imp_fold_catch_up(ImpFold *fold, const char *tip, gint64 now_us, bool *rebuilt, GError **error)
{
    g_autofree char *at = imp_index_get(fold->database, IMP_INDEX_LEDGER);
    *rebuilt = false;
    if (g_strcmp0(at, tip) == 0)
        return true;
    g_autoptr(GError) fault = NULL; /* a ledger that was put back is read again */
    if (at && read_run(fold, tip, at, &fault)) {
        imp_fold_finish(fold);
        return true;
    }
    if (fault && !g_error_matches(fault, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_MOVED)) {
        g_propagate_error(error, g_steal_pointer(&fault));
        return false;
    }
    *rebuilt = true;
    fold->place = 0;
    g_clear_pointer(&fold->policy, imp_policy_unref);
    fold->announce_from_us = MAX(fold->announce_from_us, now_us - RETELL_US);
    if (!imp_index_clear(fold->database, error) || (tip && !read_run(fold, tip, NULL, error)))
        return false;
    /* What the last entry was made from has been looked at: its texts, and the decisions in its
     * history. */
    g_autofree char *source = imp_index_get(fold->database, IMP_INDEX_SOURCE);
    imp_fold_finish(fold);
    return !source || imp_index_set(fold->database, IMP_INDEX_TIP, source, error);
}
