#include "articles/attempt.h"
#include "articles/ledger.h"
#include "daemon/index/review.h"
#include "daemon/verbs/decide/decide.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/view/fetch.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A daemon beside the repository answers at once; later there is no hurry. */
#define FIRST_INTERVAL_US (IMP_SECOND_US / 8)
#define LAST_INTERVAL_US  (2 * IMP_SECOND_US)

static void verdict_free(gpointer data)
{
    ImpVerdictOnArticle *verdict = data;
    g_free(verdict->path);
    g_free(verdict->sentence);
    g_free(verdict);
}

typedef struct {
    const ImpDeciding *deciding;
    ImpReader *reader; /* after the fetch */
    GPtrArray *verdicts;
} Reading;

static bool is_ours(const ImpDeciding *deciding, const char *commit)
{
    for (guint i = 0; i < deciding->parts->len; i++)
        if (strcmp(((const ImpDecisionPart *)deciding->parts->pdata[i])->commit, commit) == 0)
            return true;
    return false;
}

static bool take(const char *id, const ImpEntry *entry, gpointer data, GError **error)
{
    (void)id;
    Reading *reading = data;
    if (!entry->decision || !is_ours(reading->deciding, entry->decision))
        return true;
    ImpVerdictOnArticle *verdict = g_new0(ImpVerdictOnArticle, 1);
    g_ptr_array_add(reading->verdicts, verdict);
    verdict->path = g_strdup(entry->article);
    verdict->refusal = entry->event == IMP_ENTRY_REFUSAL ? entry->refusal : IMP_REFUSAL_NONE;
    verdict->state = entry->state;
    if (!entry->article)
        return true;
    g_autoptr(ImpArticle) article =
        imp_index_load(reading->reader->database, entry->article, error);
    if (!article)
        return false;
    g_autoptr(ImpReview) review = imp_review_of(article, reading->reader->policy, entry->at_us);
    verdict->approvals = review->approvals;
    verdict->required = review->required;
    g_autoptr(ImpAttempt) attempt = verdict->refusal ? imp_attempt_from_entry(entry) : NULL;
    if (attempt)
        verdict->sentence = imp_review_refusal(entry, attempt, article, reading->reader->policy);
    return true;
}

static bool is_complete(const Reading *reading)
{
    for (guint i = 0; i < reading->verdicts->len; i++)
        if (!((ImpVerdictOnArticle *)reading->verdicts->pdata[i])->path)
            return true; /* a commit as a whole was refused */
    return reading->verdicts->len >= reading->deciding->articles->len;
}

/* Fetches, and reads what is new in the ledger since the decision was begun. */
static bool look(Reading *reading, GError **error)
{
    const ImpDeciding *deciding = reading->deciding;
    bool fetched = imp_fetch_record(deciding->reader->repository, deciding->directory,
                                    deciding->remote, error);
    g_autoptr(ImpReader) reader = fetched ? imp_reader_open(deciding->command, error) : NULL;
    if (!reader)
        return false;
    g_ptr_array_set_size(reading->verdicts, 0);
    reading->reader = reader;
    return imp_ledger_read(reader->repository, reader->ledger, deciding->reader->ledger, take,
                           reading, error);
}

/* Whoever waits for longer than a moment wants to know for what. */
static void say_once(bool *said, gint64 left_us)
{
    g_autofree char *span = imp_print_span(left_us);
    if (!*said && isatty(STDERR_FILENO))
        fprintf(stderr, "waiting for the verdict, for at most %s; Ctrl-C ends only the waiting\n",
                span);
    *said = true;
}

int imp_decide_wait(const ImpDeciding *deciding, gint64 patience_us, GPtrArray **verdicts)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(verdict_free);
    Reading reading = {.deciding = deciding, .verdicts = found};
    bool said = false;
    gint64 end_us = g_get_monotonic_time() + patience_us, interval_us = FIRST_INTERVAL_US;
    while (true) {
        if (!look(&reading, &error))
            return imp_command_fail(IMP_EXIT_NO, "the decision was sent, but not waited for: %s",
                                    error->message);
        gint64 left_us = end_us - g_get_monotonic_time();
        if (is_complete(&reading) || left_us <= 0)
            break;
        if (interval_us == LAST_INTERVAL_US)
            say_once(&said, left_us);
        g_usleep((gulong)MIN(interval_us, left_us));
        interval_us = MIN(2 * interval_us, LAST_INTERVAL_US);
    }
    *verdicts = g_steal_pointer(&found);
    return IMP_EXIT_DONE;
}
