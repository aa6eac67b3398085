#include "daemon/verify/verify.h"
#include "articles/work.h"
#include "workflow/base/quote.h"
#include "workflow/keys/openpgp.h"

#include <gio/gio.h>
#include <string.h>

/* The chain is read from its beginning, pass by pass. Entries with one moment and one Source are
 * one pass, or several within a second: where they do not follow as one, an end of a pass is looked
 * for among them, as late as possible. Only decisions and what is asked because of them can come in
 * such a second pass, so an end can be before a decision only. The first entry that does not follow
 * ends the reading; what comes after would follow from something else. */

/* Ends of a pass that are tried within one second and Source; each try looks at signatures again.
 */
#define ENDS_TRIED_MAX 32

/* By which edition of the rules the ledger was made, as far as it has been read. A daemon that has
 * gone on to the present one does not go back. */
typedef enum {
    EDITION_EITHER, /* all passes follow by the present one, and nothing shows that it was another
                     */
    EDITION_FIRST,
    EDITION_PRESENT,
} Edition;

typedef struct {
    ImpRepository *repository;
    ImpReplay replay;
    Edition edition;
    GPtrArray *authority;
    ImpVerification *result;
    GPtrArray *pass;     /* of ImpRecorded*: the entries of the pass that is being read */
    char *parent;        /* the commit before it, or NULL */
    char *lost;          /* the Source that the last pass lacked, so that each is said once */
    char *unverified;    /* the first entry that was made without looking at signatures, or NULL */
    bool policy_unknown; /* some policy could not be read */
} Verifying;

void imp_verification_clear(ImpVerification *verification)
{
    g_free(verification->ledger);
    g_free(verification->repository);
    imp_finding_free(verification->deviation);
    g_clear_pointer(&verification->unrecorded, g_ptr_array_unref);
    g_clear_pointer(&verification->unchecked, g_ptr_array_unref);
    g_free(verification->unproved);
}

static void verifying_clear(Verifying *verifying)
{
    imp_replay_clear(&verifying->replay);
    g_clear_pointer(&verifying->pass, g_ptr_array_unref);
    g_free(verifying->parent);
    g_free(verifying->lost);
    g_free(verifying->unverified);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Verifying, verifying_clear)

static void note_unchecked(Verifying *verifying, const ImpRecorded *first, char *why)
{
    const ImpEntry *entry = first->entry;
    if (g_strcmp0(verifying->lost, entry->source) != 0)
        g_ptr_array_add(verifying->result->unchecked,
                        imp_finding_new(first->id, entry->subject,
                                        g_strdup_printf("%s; what the ledger itself proves "
                                                        "was checked",
                                                        why)));
    g_free(verifying->lost);
    verifying->lost = g_strdup(entry->source);
}

/* Does `entries` again as one pass by one edition, in a savepoint: what it did to the index stays
 * only where all of them follow. */
static bool try_edition(Verifying *verifying, const GPtrArray *entries, bool whole, bool first,
                        ImpFinding **deviation, GError **error)
{
    ImpReplay *replay = &verifying->replay;
    replay->first_edition = first;
    guint decisions = replay->decisions, unrecorded = replay->unrecorded->len;
    if (!imp_database_mark(replay->database, error) ||
        !(whole ? imp_replay_pass : imp_replay_without_source)(replay, entries, verifying->parent,
                                                               deviation, error))
        return false;
    /* A pass looks at all that its Source reaches: of that, nothing can be left to another one. */
    if (!*deviation && entries->len < verifying->pass->len && replay->unrecorded->len > unrecorded)
        *deviation = imp_finding_new(NULL, NULL, g_strdup("a decision before it is left out"));
    if (!*deviation)
        return imp_database_forget_mark(replay->database, error);
    replay->decisions = decisions;
    g_ptr_array_set_size(replay->unrecorded, (gint)unrecorded);
    return imp_database_return_to_mark(replay->database, error);
}

/* The same by the edition that the pass before followed by, and by the other one where it may have
 * been made so. What is said of one that follows by neither is what the present one says. */
static bool try_pass(Verifying *verifying, const GPtrArray *entries, bool whole,
                     ImpFinding **deviation, GError **error)
{
    bool was_first = verifying->edition == EDITION_FIRST;
    ImpFinding *other = NULL;
    if (!try_edition(verifying, entries, whole, was_first, deviation, error))
        return false;
    if (!*deviation) {
        verifying->result->first_edition += was_first;
        return true;
    }
    if (verifying->edition == EDITION_PRESENT)
        return true;
    if (!try_edition(verifying, entries, whole, !was_first, &other, error))
        return false;
    if (!other) {
        verifying->edition = was_first ? EDITION_PRESENT : EDITION_FIRST;
        verifying->result->first_edition += !was_first;
        imp_finding_free(g_steal_pointer(deviation));
    } else if (was_first) {
        imp_finding_free(*deviation);
        *deviation = other;
    } else {
        imp_finding_free(other);
    }
    return true;
}

/* Whether a second pass of the same moment can begin with this entry: it is a decision's. */
static bool can_begin_pass(const ImpRecorded *recorded)
{
    return recorded->entry->decision != NULL;
}

static GPtrArray *first_of(const GPtrArray *entries, guint length)
{
    GPtrArray *part = g_ptr_array_new();
    for (guint i = 0; i < length; i++)
        g_ptr_array_add(part, entries->pdata[i]);
    return part;
}

/* Takes as many of the collected entries as follow as one pass. *taken is 0 and a deviation is set
 * if none do. */
static bool take_longest(Verifying *verifying, bool whole, guint *taken, ImpFinding **deviation,
                         GError **error)
{
    const GPtrArray *pass = verifying->pass;
    guint tried = 0;
    *taken = 0;
    for (guint length = pass->len; length > 0 && tried < ENDS_TRIED_MAX; length--) {
        if (length < pass->len && !can_begin_pass(pass->pdata[length]))
            continue;
        g_autoptr(GPtrArray) part = first_of(pass, length);
        ImpFinding *found = NULL;
        tried++;
        if (!try_pass(verifying, part, whole, &found, error))
            return false;
        if (!found) {
            *taken = length;
            imp_finding_free(g_steal_pointer(deviation));
            return true;
        }
        /* What the longest try says is said. */
        if (*deviation)
            imp_finding_free(found);
        else
            *deviation = found;
    }
    return true;
}

/* The entries that were collected are one pass, or several of one moment. */
static bool take_pass(Verifying *verifying, GError **error)
{
    GPtrArray *pass = verifying->pass;
    ImpVerification *result = verifying->result;
    while (pass->len > 0) {
        const ImpRecorded *first = pass->pdata[0];
        g_autofree char *why = NULL;
        bool whole = imp_replay_can(&verifying->replay, pass, &why);
        if (!whole)
            note_unchecked(verifying, first, why);
        guint taken;
        if (!take_longest(verifying, whole, &taken, &result->deviation, error))
            return false;
        if (!taken)
            return true;
        g_autoptr(ImpPolicy) policy = imp_index_policy(verifying->replay.database);
        verifying->policy_unknown = verifying->policy_unknown || !policy;
        if (first->entry->unverified && !verifying->unverified)
            verifying->unverified = g_strdup(first->id);
        result->entries += taken;
        result->passes++;
        g_free(verifying->parent);
        verifying->parent = g_strdup(((const ImpRecorded *)pass->pdata[taken - 1])->id);
        g_ptr_array_remove_range(pass, 0, taken);
    }
    return true;
}

static bool is_of_pass(const GPtrArray *pass, const ImpRecorded *recorded)
{
    const ImpEntry *first =
        pass->len ? ((const ImpRecorded *)pass->pdata[0])->entry : recorded->entry;
    return first->at_us == recorded->entry->at_us &&
           g_strcmp0(first->source, recorded->entry->source) == 0;
}

/* A record is not at fault where the tool is not there to verify it with. */
static bool can_be_verified(const ImpRecorded *recorded, GError **error)
{
    const char *key = recorded->entry->decision_key;
    if (!key || !g_str_has_prefix(key, IMP_OPENPGP_PREFIX))
        return true;
    g_autofree char *gpgv = g_find_program_in_path("gpgv");
    if (gpgv)
        return true;
    g_set_error(
        error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
        "the decision of the entry %.12s has an OpenPGP signature; install gpgv to verify it",
        recorded->id);
    return false;
}

/* Reads the next entry. One that cannot be read as one does not follow. */
static bool take_entry(Verifying *verifying, const char *id, GError **error)
{
    g_autoptr(GError) fault = NULL; /* a commit that is not an entry is a finding */
    g_autoptr(ImpRecorded) recorded = imp_recorded_read(verifying->repository, id, &fault);
    if (!recorded && !g_error_matches(fault, G_IO_ERROR, G_IO_ERROR_INVALID_DATA)) {
        g_propagate_error(error, g_steal_pointer(&fault));
        return false;
    }
    if (recorded && !can_be_verified(recorded, error))
        return false;
    if ((!recorded || !is_of_pass(verifying->pass, recorded)) && !take_pass(verifying, error))
        return false;
    const char *source = recorded ? recorded->entry->source : NULL;
    g_autofree char *tree = source ? imp_repository_tree_of(verifying->repository, source) : NULL;
    if (verifying->result->deviation)
        return true;
    if (!recorded) {
        verifying->result->deviation = imp_finding_new(id, NULL, g_strdup(fault->message));
    } else if (!source || !recorded->entry->policy ||
               (!tree && imp_repository_has_object(verifying->repository, source))) {
        verifying->result->deviation =
            imp_finding_new(id, recorded->entry->subject,
                            g_strdup("it has no Policy, or no Source that is a commit"));
    } else {
        g_ptr_array_add(verifying->pass, g_steal_pointer(&recorded));
    }
    return true;
}

/* Where a mirror has the branches of the repository that it is one of. */
#define MIRRORED "refs/imprimatur-remote/heads/"

/* The watched branch and the review branches: as last fetched, in a clone or a mirror; else the
 * repository's own. */
static bool find_branches(Verifying *verifying, char **tip, GPtrArray **branches, GError **error)
{
    const ImpConfig *config = &verifying->replay.config;
    char *watched[] = {config->branch, NULL};
    g_autoptr(GPtrArray) fetched =
        imp_repository_branches(verifying->repository, true, watched, error);
    if (!fetched)
        return false;
    bool clone = fetched->len > 0;
    g_autofree char *mirrored = g_strconcat(MIRRORED, config->branch, NULL);
    if (!clone && !imp_repository_find_tip(verifying->repository, mirrored, tip, error))
        return false;
    if (*tip) {
        *branches = imp_repository_refs_below(verifying->repository, MIRRORED, "refs/heads/",
                                              config->review_branches, error);
        return *branches != NULL;
    }
    g_autofree char *local = g_strconcat("refs/heads/", config->branch, NULL);
    if (clone)
        *tip = g_strdup(((const ImpRef *)fetched->pdata[0])->commit);
    else if (!imp_repository_find_tip(verifying->repository, local, tip, error))
        return false;
    *branches =
        imp_repository_branches(verifying->repository, clone, config->review_branches, error);
    return *branches != NULL;
}

static bool find_unrecorded(Verifying *verifying, gint64 now_us, GError **error)
{
    ImpReplay *replay = &verifying->replay;
    g_autofree char *tip = NULL;
    g_autoptr(GPtrArray) branches = NULL;
    if (!find_branches(verifying, &tip, &branches, error) ||
        !imp_replay_look_ahead(replay, tip, branches, now_us, error))
        return false;
    if (!tip)
        g_ptr_array_add(
            verifying->result->unchecked,
            imp_finding_new(
                NULL, NULL,
                g_strdup_printf("the watched branch \"%s\" is not here, so that decisions "
                                "without an entry cannot be looked for",
                                replay->config.branch)));
    g_autoptr(GHashTable) told = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < replay->unrecorded->len; i++) {
        const ImpUnrecorded *unrecorded = replay->unrecorded->pdata[i];
        if (!g_hash_table_add(told, unrecorded->payload))
            continue;
        bool later = imp_index_is_judged(replay->database, unrecorded->payload);
        g_ptr_array_add(
            verifying->result->unrecorded,
            imp_finding_new(
                unrecorded->commit, NULL,
                g_strdup_printf("it is signed by %s, and %s", unrecorded->person,
                                later ? "has its entry only in a later pass than the one that "
                                        "had it in its history"
                                      : "has no entry")));
    }
    return true;
}

/* The sentence about a last entry that has no signature: a daemon that never signed, or one that no
 * longer does. */
static bool find_last_signed(const Verifying *verifying, const GPtrArray *ids, guint policy,
                             char **unproved, GError **error)
{
    g_autofree char *key = NULL;
    guint count = 0;
    for (; count < ids->len; count++) {
        if (!imp_ledger_find_claimed_key(verifying->repository, ids->pdata[count], &key, error))
            return false;
        if (key)
            break;
    }
    *unproved =
        key ? g_strdup_printf("the last %u entries are not signed; the last one that is, is %.12s",
                              count, (const char *)ids->pdata[count])
            : g_strdup_printf("the ledger is not signed, though policy %u names a ledger_key",
                              policy);
    return true;
}

/* Finds why the ledger is not proved to be the daemon's; *unproved stays NULL if it is. `ids` are
 * its entries, newest first. The signature of the last one covers all: each names the one before
 * it. */
static bool prove_ledger(const Verifying *verifying, const GPtrArray *ids, const ImpPolicy *policy,
                         char **unproved, GError **error)
{
    const char *tip = verifying->result->ledger;
    g_autofree char *claimed = NULL;
    bool proved;
    if (!policy->ledger_key) {
        *unproved =
            g_strdup_printf("the policy in force, %u, names no ledger_key", policy->version);
        return true;
    }
    if (!imp_ledger_check_signature(verifying->repository, tip, policy->ledger_key, &proved, error))
        return false;
    if (proved)
        return true;
    if (!imp_ledger_find_claimed_key(verifying->repository, tip, &claimed, error))
        return false;
    if (!claimed)
        return find_last_signed(verifying, ids, policy->version, unproved, error);
    bool damaged = g_str_has_suffix(policy->ledger_key, claimed) && *claimed;
    *unproved =
        damaged
            ? g_strdup_printf("the signature of the ledger's last entry, %.12s, does not hold", tip)
            : g_strdup_printf("the ledger's last entry, %.12s, is signed by a key other than "
                              "the ledger_key of policy %u, which is in force",
                              tip, policy->version);
    return true;
}

/* Why it is not proved where policies and ledger are from; NULL if it is. */
static bool find_origin(Verifying *verifying, const GPtrArray *ids, GError **error)
{
    ImpVerification *result = verifying->result;
    g_autoptr(ImpPolicy) policy = imp_index_policy(verifying->replay.database);
    if (verifying->unverified)
        result->unproved = g_strdup_printf("signatures were not looked at when %.12s was recorded",
                                           verifying->unverified);
    else if (!verifying->authority)
        result->unproved = g_strdup("name the authority's file with --authority");
    else if (verifying->policy_unknown || !policy)
        result->unproved = g_strdup("not every policy is in this repository");
    else
        return prove_ledger(verifying, ids, policy, &result->unproved, error);
    return true;
}

static void free_finding(gpointer finding)
{
    imp_finding_free(finding);
}

static void free_recorded(gpointer recorded)
{
    imp_recorded_free(recorded);
}

static void look_for_published(Verifying *verifying, const GPtrArray *ids, const char *published)
{
    if (!published ||
        g_ptr_array_find_with_equal_func((GPtrArray *)ids, published, g_str_equal, NULL))
        return;
    g_ptr_array_add(
        verifying->result->unchecked,
        imp_finding_new(
            published, NULL,
            g_strdup("the approved branch was made after this entry, and the ledger does not "
                     "have it; fetch refs/imprimatur/*, and if it is still not there, the "
                     "ledger was cut off")));
}

bool imp_verify(ImpRepository *repository, const char *ledger, GPtrArray *authority,
                const char *published, gint64 now_us, ImpVerification *verification, GError **error)
{
    *verification = (ImpVerification){.ledger = g_strdup(ledger),
                                      .unrecorded = g_ptr_array_new_with_free_func(free_finding),
                                      .unchecked = g_ptr_array_new_with_free_func(free_finding)};
    g_auto(Verifying) verifying = {.repository = repository,
                                   .authority = authority,
                                   .result = verification,
                                   .pass = g_ptr_array_new_with_free_func(free_recorded)};
    g_autoptr(GPtrArray) ids = imp_ledger_ids(repository, ledger, error);
    if (!ids || !imp_replay_begin(&verifying.replay, repository, authority, error))
        return false;
    for (guint i = ids->len; i-- > 0 && !verification->deviation;) {
        if (!take_entry(&verifying, ids->pdata[i], error))
            return false;
        imp_repository_tell(repository, "following entries", ids->len - i, ids->len);
    }
    if (!verification->deviation && !take_pass(&verifying, error))
        return false;
    look_for_published(&verifying, ids, published);
    verification->decisions = verifying.replay.decisions;
    verification->repository = g_strdup(verifying.replay.config.name);
    verification->policy = imp_index_policy_version(verifying.replay.database);
    /* What was found while it was being stopped is nothing. */
    return (verification->deviation ||
            (find_unrecorded(&verifying, now_us, error) && find_origin(&verifying, ids, error))) &&
           imp_repository_goes_on(repository, error);
}
