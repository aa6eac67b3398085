#pragma once

#include "articles/repository.h"
#include "daemon/config/config.h"
#include "daemon/index/index.h"
#include "daemon/verbs/verb.h"

/* What reading verbs read: the daemon's index where there is a configuration and it can be read,
 * else an index of their own, in $GIT_DIR/imprimatur/, which follows refs/imprimatur/ledger (in
 * memory where nothing can be written). The daemon's files are never written to. */

typedef struct {
    ImpConfig *config; /* NULL: a clone, or a repository without configuration */
    ImpRepository *repository;
    char *directory;        /* absolute: what names of articles may be relative to */
    ImpDatabase *database;  /* of one moment: what others write meanwhile is not seen */
    bool daemons;           /* the database is the daemon's, or a copy of it */
    ImpPolicy *policy;      /* in force; NULL: none yet, or its files are lost */
    guint policy_version;   /* 0: none yet */
    char *name;             /* of the repository; NULL: not known yet */
    char *branch;           /* watched; NULL: not known yet */
    char **review_branches; /* patterns; never NULL */
    bool verified;          /* signatures are looked at */
    char *ledger;           /* the ledger commit that is shown; NULL: there is no ledger yet */
    gint64 ledger_at_us;    /* its At */
    char *tip;              /* of the watched branch, as last looked at; or NULL */
    gint64 pass_at_us;      /* of the daemon's last pass; 0: not known, or none yet */
    gint64 silent_since_us; /* a daemon's last pass, where several are missing by now; else 0 */
    gint64 undelivered;     /* messages; -1: not known */
    gint64 fetched_us;      /* when the daemon fetched its remote last; 0: never, or it has none */
    char *unpushed;         /* what its remote does not have yet, in words; or NULL */
    char *trouble;          /* why the daemon cannot do its work at the moment; or NULL */
    char *diverged;         /* a sentence, while the ledger is not the daemon's; or NULL */
    char *policy_rejected; /* a sentence about the policy at the tip, while that is not in force; or
                              NULL */
} ImpReader;

#define IMP_READER_ERROR (imp_reader_error_quark())
GQuark imp_reader_error_quark(void);
typedef enum { IMP_READER_ERROR_NO_LEDGER } ImpReaderError;

/* Opens the repository that the command is about. A repository without configuration and without a
 * ledger is IMP_READER_ERROR_NO_LEDGER, with what to type. */
ImpReader *imp_reader_open(const ImpCommand *command, GError **error);
void imp_reader_free(ImpReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpReader, imp_reader_free)

/* Lets go of the view of the index that everything was read from: to be called before what was
 * printed is written out, since a database cannot shorten its log as long as somebody looks at it.
 * What is asked of the index afterwards is answered as it is by then. */
void imp_reader_let_go(ImpReader *reader);

/* The configuration, if there is one, and the repository alone, for verbs that need no index. With
 * a configuration the directory of the command does not count. */
ImpRepository *imp_reader_open_repository(const ImpCommand *command, ImpConfig **config,
                                          GError **error);

/* In a clone: why the policy at the tip of the watched branch, as last fetched, cannot be in force,
 * as a sentence for the caller to free; NULL where it is, or may be as far as can be known here. */
char *imp_reader_rejected_policy(ImpReader *reader);

/* The sentence for IMP_READER_ERROR_NO_LEDGER. */
void imp_reader_refuse_without_ledger(ImpRepository *repository, GError **error);

/* Why a policy is in force whose files are not in this clone, and how to have them: a sentence
 * without a full stop, which the caller frees; NULL: they are here, or no policy is in force. */
char *imp_reader_lacking_policy(const ImpReader *reader);

/* Finds the article that `argument` means: a path as in the ledger, one in C quotes, or one from
 * the current directory in a work tree. *article, which the caller frees, is NULL if there never
 * was such an article. */
bool imp_reader_find(ImpReader *reader, const char *argument, ImpArticle **article, GError **error);

/* Says on standard error that there is no such article, and which may be meant; returns the exit
 * status. */
int imp_reader_refuse_article(ImpReader *reader, const char *argument);

/* `argument` from the current directory, as a path in the work tree, "" for the work tree itself;
 * NULL where that is outside. The caller frees. */
char *imp_reader_path_from_here(const ImpReader *reader, const char *argument);
