#pragma once

#include "articles/ledger.h"
#include "daemon/index/fold.h"
#include "daemon/index/history.h"
#include "daemon/pass/workplace.h"

/* A well-signed decision without an entry. */
typedef struct {
    char *commit, *person, *payload;
} ImpUnrecorded;

/* What a pass that the ledger has already, and that is done again, is told instead of finding it
 * out. */
typedef struct {
    bool has_policy;    /* a policy took effect in it: the ledger's word counts where there is no
                           authority */
    GPtrArray *commits; /* of ImpNewCommit*: the attempts that it has entries of, wherever they came
                           from */
    GHashTable *recorded; /* set of their ids */
    GHashTable *targets;  /* set of "commit\npath": what of an attempt has an entry of its own */
    GHashTable *whole;    /* set of the commits that have an entry about no article */
    GHashTable *stale;    /* as targets: those that were refused as stale */
    GHashTable
        *contributors;     /* path -> char**: who wrote the version that the pass brought there */
    GHashTable *asked;     /* set of the paths that it asked somebody later, or instead, about */
    gint64 since_us;       /* At of the pass before it in the ledger */
    GPtrArray *unrecorded; /* of ImpUnrecorded*: filled with what is found beside them */
} ImpReplayed;

/* One pass: what the steps of the pipeline share. All of it is gone when the pass is over; what
 * lasts is in the ledger and in the index. */

typedef struct {
    const ImpConfig *config;
    ImpRepository *repository;
    ImpDatabase *database;
    bool verified;        /* signatures are looked at */
    GPtrArray *authority; /* of ImpSigner*; NULL unless verified */
    gint64 now_us;        /* the pass's one look at the clock */
    gint64 at_us;        /* At of its entries, and the moment by which they are judged: now in whole
                          * seconds,        never before the last entry's */
    char *source;        /* the watched branch's tip; NULL while there is none */
    char *previous_tip;  /* of the last pass; NULL in the first, or where that commit is gone */
    GPtrArray *branches; /* of ImpRef*: the review branches */
    ImpFold *fold;
    ImpLedgerWriter *writer;
    GPtrArray *events;        /* of ImpEvent*, in the order in which they happened */
    ImpPolicy *former_policy; /* the one that a policy of this pass replaced, or NULL */
    bool policy_changed;      /* in this pass */
    bool rebuilt;             /* the index was folded from nothing before it */
    bool adopting;            /* the first policy takes effect in this pass */
    gint64 adoption_date_us;  /* see imp_history_adoption_date */
    ImpHistoryWalk *walk;     /* over the watched branch, while it is under way */
    GHashTable *changed;      /* set of paths whose version is another in this pass */
    GPtrArray *new_commits;   /* of ImpNewCommit*: what it found new; see imp_pass_need_history */
    const ImpReplayed *replayed; /* NULL: this pass is a new one */
    guint commits_read;
} ImpPass;

/* What a pass works on. */
typedef struct {
    const ImpConfig *config;
    ImpRepository *repository; /* NULL: it is not open yet */
    ImpDatabase *database;
    bool verified; /* see ImpPass */
    GPtrArray *authority;
} ImpPassGround;

/* An empty pass at this moment; what is in `ground` outlives it. */
ImpPass imp_pass_new(const ImpPassGround *ground, gint64 now_us);
/* The same on what a daemon works on, whose progress it tells. */
ImpPass imp_pass_begin(const ImpWorkplace *place, gint64 now_us);
/* Once the index has caught up with the ledger: readies the pass to add to it after the commit
 * `ledger` (may be NULL). */
void imp_pass_continue(ImpPass *pass, const char *ledger, const char *committer);
void imp_pass_clear(ImpPass *pass);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImpPass, imp_pass_clear)

/* Records one entry: completes it with what all entries of the pass have, settles its state, makes
 * its ledger commit and folds it into the index. `article` is the one it concerns, as it was
 * before, or NULL. */
bool imp_pass_record(ImpPass *pass, const ImpArticle *article, ImpEntry *entry, GError **error);

/* The contributors of an article's current text. */
GHashTable *imp_pass_contributors(ImpPass *pass, const ImpArticle *article, GError **error);

/* Chooses who is asked about an article as it stands in `article`, and puts them and their
 * deadlines into the entry. */
bool imp_pass_ask(ImpPass *pass, const ImpArticle *article, ImpEntry *entry, GError **error);

/* Puts those who are asked (NULL-terminated), and their deadlines, into the entry. */
void imp_pass_set_asked(const ImpPass *pass, const ImpArticle *article, char **asked,
                        ImpEntry *entry);

/* Records an entry that opens a round, with the reviewers asked in it. `entry` has version, problem
 * and reason. */
bool imp_pass_open_round(ImpPass *pass, const ImpArticle *article, ImpEntry *entry, GError **error);

/* An event that no entry gives. The pass owns it. */
void imp_pass_tell(ImpPass *pass, ImpEvent *event);
ImpAnnouncing imp_pass_announcing(const ImpPass *pass);
