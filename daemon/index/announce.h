#pragma once

#include "daemon/config/config.h"
#include "notify/event.h"
#include "workflow/article.h"
#include "workflow/deadlines.h"
#include "workflow/decision.h"

/* From ledger entries to events: which of them an entry gives, in which order, under which ids, and
 * with what in them (the manual page imprimatur.json(5), EVENTS). A pure function of the entry, the
 * article and the policy at that point, so that the same events come out when the ledger is read
 * again. */

typedef struct {
    const char *repository;  /* its name */
    const ImpConfig *config; /* for article_url */
    const ImpPolicy *policy; /* in force; NULL where its files are lost */
    ImpAttempt *attempt;     /* the decision that the entry is about, read; NULL: none */
    /* Of a fact; an entry says these itself. */
    const char *source; /* the tip; or NULL */
    bool verified;      /* signatures are looked at */
    gint64 at_us;
} ImpAnnouncing;

/* Appends the events of the entry in the ledger commit `id` to `events` (of ImpEvent*). `before`
 * and `after` are its article around it, NULL for an entry without one. `detail` is a sentence for
 * article.invalid or about an unknown article, or NULL. */
void imp_announce_entry(const ImpAnnouncing *announcing, const char *id, const ImpEntry *entry,
                        const ImpArticle *before, const ImpArticle *after, const char *detail,
                        GPtrArray *events);

/* The events (of ImpEvent*) of the entry in the ledger commit `from` become those of `to`: it was
 * signed. */
void imp_announce_rename(GPtrArray *events, const char *from, const char *to);

/* The one event for `count` articles adopted at the tip. */
ImpEvent *imp_announce_adoption(const ImpAnnouncing *announcing, guint count);

/* A refusal that nobody known has signed. `count` of 0 is one attempt; else it is how many more
 * there were, of which `commit` was the last. */
ImpEvent *imp_announce_unsigned_refusal(const ImpAnnouncing *announcing, const char *commit,
                                        ImpRefusal refusal, const char *sentence, guint count);

/* policy.rejected, ledger.diverged or approved.diverged: `value` makes it distinct. */
ImpEvent *imp_announce_trouble(const ImpAnnouncing *announcing, const char *type, const char *value,
                               const char *sentence);

/* A reminder of the request of `person` about an article as it stands. `sentence` may be NULL. */
ImpEvent *imp_announce_reminder(const ImpAnnouncing *announcing, const ImpArticle *article,
                                const char *person, ImpReminder step, const char *sentence);

/* A reader's question about an article as it stands. `mark` makes it distinct from all others. */
ImpEvent *imp_announce_question(const ImpAnnouncing *announcing, const ImpArticle *article,
                                const char *question, const char *mark);

/* review.left_behind: the objection of `person` in `commit` is to another text than the article
 * has, on a head that was not merged as it is. */
ImpEvent *imp_announce_left_behind(const ImpAnnouncing *announcing, const ImpArticle *article,
                                   const char *person, const char *commit);

/* endpoint.disabled (`event` NULL) or delivery.exhausted. */
ImpEvent *imp_announce_delivery(const ImpAnnouncing *announcing, const char *type,
                                const char *endpoint, const char *event, const char *sentence);
