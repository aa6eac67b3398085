#include "daemon/control/control_request.h"
#include "daemon/verbs/queue/queue.h"
#include "daemon/verbs/view/status.h"
#include "daemon/verbs/view/uncounted.h"

#include <stdio.h>
#include <string.h>

/* What stands around the table: what somebody has to know first, and how many there are of what. */

#define UNCOUNTED_SHOWN 5

static void warn(const ImpScreen *screen, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void warn(const ImpScreen *screen, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *clean = imp_print_clean(text);
    printf("%sWARNING%s ", imp_screen_style(screen, IMP_STYLE_BAD),
           imp_screen_style(screen, IMP_STYLE_PLAIN));
    imp_print_wrapped(clean, (guint)strlen("WARNING "), screen->columns);
}

void imp_status_print_warnings(const ImpReader *reader, const ImpScreen *screen)
{
    if (reader->diverged)
        warn(screen, "Nothing is decided: %s.", reader->diverged);
    if (!reader->policy_version)
        warn(screen, "No policy is in force yet, so nothing is an article%s%s.",
             reader->policy_rejected ? ": " : "",
             reader->policy_rejected ? reader->policy_rejected : "");
    else if (reader->policy_rejected)
        warn(screen, "The policy at the tip is rejected, number %u stays in force: %s.",
             reader->policy_version, reader->policy_rejected);
    g_autofree char *lacking = imp_reader_lacking_policy(reader);
    if (lacking)
        warn(screen, "Approvals cannot be counted: %s.", lacking);
    if (!reader->verified)
        warn(screen, "Signatures are off: whoever may push can decide in anybody's name.");
}

/* Two polls that hooks made rare. */
#define FETCH_PATIENCE_US (900 * IMP_SECOND_US)

static void warn_of_remote(const ImpReader *reader, gint64 now_us, const ImpScreen *screen)
{
    if (reader->fetched_us && now_us > reader->fetched_us + FETCH_PATIENCE_US) {
        g_autofree char *span = imp_print_span(now_us - reader->fetched_us);
        warn(screen, "The remote was fetched %s ago for the last time, so nothing below is newer.",
             span);
    }
    if (reader->unpushed)
        warn(screen, "The remote does not have %s yet.", reader->unpushed);
}

void imp_status_warn_of_silence(const ImpReader *reader, gint64 now_us, const ImpScreen *screen)
{
    warn_of_remote(reader, now_us, screen);
    if (!reader->silent_since_us)
        return;
    g_autofree char *span = imp_print_span(now_us - reader->silent_since_us);
    warn(screen,
         "The daemon has not looked for %s, so nothing below is newer: systemctl status "
         "imprimatur@%s",
         span, reader->name);
}

void imp_status_warn_of_uncounted(ImpReader *reader, const char *path, gint64 now_us,
                                  const ImpScreen *screen)
{
    g_autoptr(GPtrArray) found = imp_uncounted_find(reader, now_us);
    guint shown = 0;
    for (guint i = 0; i < found->len; i++) {
        const ImpUncounted *uncounted = found->pdata[i];
        if (!imp_uncounted_concerns(uncounted, path))
            continue;
        if (shown++ < UNCOUNTED_SHOWN)
            warn(screen, "Not counted: %s", uncounted->sentence);
    }
    if (shown > UNCOUNTED_SHOWN)
        warn(screen, "%u more are not counted either.", shown - UNCOUNTED_SHOWN);
}

void imp_status_warn_of_deliveries(const ImpReader *reader, gint64 now_us, const ImpScreen *screen)
{
    gint64 dead = 0;
    if (reader->trouble)
        warn(screen, "The daemon cannot do its work: %s.", reader->trouble);
    g_autoptr(GPtrArray) views =
        reader->daemons ? imp_outbox_endpoints(reader->database, NULL) : NULL;
    for (guint i = 0; views && i < views->len; i++) {
        const ImpEndpointView *view = views->pdata[i];
        bool matters = imp_endpoint_health(view, now_us) >= IMP_ENDPOINT_OPEN;
        g_autofree char *advice = matters && imp_control_endpoint(reader->config, view->name)
                                      ? imp_queue_advice(view, now_us)
                                      : NULL;
        dead += view->dead;
        if (advice)
            warn(screen, "%s", advice);
    }
    if (dead)
        warn(screen, "%" G_GINT64_FORMAT " message%s given up: imprimatur deliveries list", dead,
             dead == 1 ? " was" : "s were");
}

static void append_count(GString *text, const char *before, guint count, const char *what)
{
    if (count > 0)
        g_string_append_printf(text, "%s%u %s", before, count, what);
}

void imp_status_count(ImpStatusCounts *counts, const ImpStatus *status)
{
    counts->all++;
    counts->states[status->article->state]++;
    counts->overdue += status->overdue;
    counts->authors += g_strcmp0(status->waiting_for[0], "author") == 0;
}

static void append_states(GString *text, const ImpStatusCounts *counts)
{
    g_string_append_printf(
        text, "%u article%s: %u Submitted, %u Under Review, %u Approved", counts->all,
        counts->all == 1 ? "" : "s", counts->states[IMP_STATE_SUBMITTED],
        counts->states[IMP_STATE_UNDER_REVIEW], counts->states[IMP_STATE_APPROVED]);
    append_count(text, "; ", counts->overdue, "overdue");
    append_count(text, "; ", counts->authors, "waiting for the author");
}

void imp_status_print_summary(const ImpReader *reader, const ImpStatusCounts *counts, guint shown,
                              gint64 now_us, const ImpScreen *screen)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (reader->name)
        g_string_append_printf(text, "%s: ", reader->name);
    if (shown < counts->all)
        g_string_append_printf(text, "%u shown of ", shown);
    append_states(text, counts);
    if (reader->policy_version)
        g_string_append_printf(text, "; policy %u", reader->policy_version);
    if (reader->pass_at_us) {
        g_autofree char *age = imp_print_span(now_us - reader->pass_at_us);
        g_string_append_printf(text, "; looked at %s ago", age);
    } else if (reader->ledger) {
        g_autofree char *at = imp_print_minute(reader->ledger_at_us);
        g_string_append_printf(text, "; ledger of %s", at);
    }
    append_count(text, "; ", reader->undelivered > 0 ? (guint)reader->undelivered : 0,
                 reader->undelivered == 1 ? "message not delivered yet"
                                          : "messages not delivered yet");
    g_autofree char *clean = imp_print_clean(text->str);
    imp_print_wrapped(clean, 2, screen->columns);
}
