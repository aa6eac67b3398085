#pragma once

#include "daemon/terminal/print.h"
#include "daemon/verbs/view/reader.h"
#include "workflow/decision.h"

/* Decisions made by the command (imprimatur(1), DECISIONS): what the verbs of that family share.
 * Each step says on standard error what is wrong, and returns an exit status; IMP_EXIT_DONE goes
 * on. */

typedef struct {
    const ImpCommand *command;
    ImpReader *reader;
    const char *directory; /* where git runs, borrowed */
    char
        *remote; /* whose watched branch it is made on, and where it is sent; NULL: there is none */
    char *base_name;       /* the watched branch as last fetched: "origin/main" */
    char *base;            /* its commit, the parent of the decision */
    char *tree;            /* that commit's tree */
    GPtrArray *articles;   /* of ImpArticle*, ordered by path: as the base has them */
    ImpDecision *decision; /* as it is being made; its reason and interests come last */
    GPtrArray *parts; /* of ImpDecisionPart*, once the reason is known: in a chain on the base */
    char *branch;     /* the short name of the branch that they are on */
    bool shown;       /* the user has just seen what it is about */
} ImpDeciding;

/* As many of the articles, in their order, as one commit can name. */
typedef struct {
    guint from, count;     /* in `articles` */
    ImpDecision *decision; /* the whole one's words about these */
    char *commit;          /* the signed decision; NULL: not made yet */
} ImpDecisionPart;

void imp_deciding_clear(ImpDeciding *deciding);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImpDeciding, imp_deciding_clear)

/* Deletes the user's review branches, here and at the remote (NULL: the usual one), whose decisions
 * are all in the ledger, or on the watched branch; says how many. Returns the exit status. */
int imp_decide_clean(const ImpCommand *command, const char *remote);

/* Finds the remote: the one that --push names, else "origin", else the first. The word behind a
 * bare --push names one if there is such a remote and no such article; it is then taken out of
 * `arguments`, which this replaces. */
int imp_decide_find_remote(ImpDeciding *deciding, char ***arguments);

/* Finds where git runs and the base alone: the watched branch as last fetched from `remote` (NULL:
 * the usual one). */
int imp_decide_find_base(ImpDeciding *deciding, const char *remote);

/* Finds the base, unless it was found already, and the articles that the arguments (paths or
 * patterns) name, as targets of the decision; an approval names the text. Where the current branch
 * has another text than the base, an approval is refused, and the difference is shown. */
int imp_decide_find(ImpDeciding *deciding, char *const *arguments);

/* Shows what the decision is about: titles, versions, and what changed since the text last
 * approved, what must not be missed first. */
int imp_decide_preview(const ImpDeciding *deciding, const ImpScreen *screen);

/* Prints the difference of two texts (blobs' hex ids), safe for a terminal. */
bool imp_decide_print_difference(const ImpDeciding *deciding, const char *old, const char *new,
                                 const ImpScreen *screen, GError **error);

/* Warns of articles whose files in the work tree are not as HEAD has them, and shows the
 * difference: what is approved is the text at HEAD. */
int imp_decide_warn_uncommitted(const ImpDeciding *deciding, const ImpScreen *screen);

/* Whether somebody else acts upon the reason, so that no ordinary one would do. */
bool imp_decide_needs_reason(ImpDecisionKind verdict);

/* Judges the decision as it will be if nothing that is asked for speaks against it. */
int imp_decide_judge_unasked(ImpDeciding *deciding);

/* Asks for what is missing (competing interests, the reason), where somebody is there to be asked,
 * and completes the decision. */
int imp_decide_ask(ImpDeciding *deciding);

/* Cuts the decision, as its reason and interests now are, into parts that commits can hold. */
void imp_decide_cut(ImpDeciding *deciding);
/* The part that an article belongs to. */
const ImpDecisionPart *imp_decide_part_of(const ImpDeciding *deciding, guint article);

/* Judges the decision as the daemon would judge it if it were signed by the user now. */
int imp_decide_judge(ImpDeciding *deciding);

/* Makes the commits, has each judged once more as it is, and puts a new branch on the last. */
int imp_decide_commit(ImpDeciding *deciding);

/* What became of the decision for one article. */
typedef struct {
    char *path;         /* NULL: the decision as a whole was refused */
    ImpRefusal refusal; /* or none: it counts */
    char *sentence;     /* about the refusal, or NULL */
    guint approvals, required;
    ImpState state;
} ImpVerdictOnArticle;

/* Fetches the ledger from the remote until it says what became of the decision, for at most
 * `patience_us`; looks at least once. `verdicts` becomes an array of ImpVerdictOnArticle*, for the
 * caller to free; shorter than the articles where the time was over. */
int imp_decide_wait(const ImpDeciding *deciding, gint64 patience_us, GPtrArray **verdicts);
