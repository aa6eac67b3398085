#pragma once

#include "articles/ledger.h"
#include "daemon/verbs/view/status.h"

/* Which articles `imprimatur status` shows. All conditions hold together. */
typedef struct {
    ImpState state; /* IMP_STATE_REMOVED: any */
    char *reviewer; /* for whom they wait; NULL: anybody */
    bool mine;      /* for whoever uses this clone, which becomes `reviewer` */
    bool overdue;
    gint64 since_us; /* something happened since; 0: whenever */
    /* Of the moment: set by imp_selection_resolve(). */
    GHashTable *changed; /* set of paths; NULL: all */
    GPtrArray *names;    /* of what the arguments name; NULL: all */
} ImpSelection;

void imp_selection_clear(ImpSelection *selection);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImpSelection, imp_selection_clear)

/* Reads the options of the verb. Says what is wrong; returns the exit status. */
int imp_selection_read(ImpSelection *selection, const ImpCommand *command);

/* Finds the people, the changes and what the arguments (paths, patterns, folders) name, among the
 * `paths` of all articles (NULL: the arguments are known to name neither a folder nor a pattern).
 * Says what is wrong and returns the exit status; an argument that is nothing is refused, and the
 * others hold. */
int imp_selection_resolve(ImpSelection *selection, ImpReader *reader, GPtrArray *paths,
                          char *const *arguments);

/* Whether one of the arguments names more than an article: a pattern, or a folder. */
bool imp_selection_names_several(ImpReader *reader, char *const *arguments);

bool imp_selection_wants(const ImpSelection *selection, const ImpStatus *status);

/* Calls `take` with the ledger's entries, the newest first, down to the moment `since_us`. */
bool imp_status_walk_back(const ImpReader *reader, gint64 since_us,
                          void (*take)(const ImpEntry *entry, gpointer data), gpointer data,
                          GError **error);
