#pragma once

#include "workflow/decision.h"

/* The words of a decision, read from a commit message (imprimatur-record(7), DECISIONS,
 * "Well-formed").
 *
 * The grammar is stricter than that of git-interpret-trailers(1): whatever is accepted here, `git
 * interpret-trailers --parse` reads the same. Messages are bytes, the part of the commit after its
 * header. */

typedef struct {
    char *key; /* as written */
    char *value;
    guint line; /* in the message, from 1 */
} ImpTrailer;

void imp_trailer_free(ImpTrailer *trailer);

/* The trailers of a message that keeps to the grammar, of ImpTrailer*, in its order; else NULL and
 * in `malformed` a sentence: which line, what is wrong, what to do. `reason_length` (may be NULL)
 * becomes the length of what stands before them, without the blank lines in between. The caller
 * owns all results. */
GPtrArray *imp_trailers_read(const char *message, gsize length, gsize *reason_length,
                             char **malformed);

/* The decision that the message makes; else NULL and in `malformed` a sentence as above, which the
 * caller frees. Says nothing about the object around the message: see imp_commit_malformed. */
ImpDecision *imp_trailers_parse_decision(const char *message, gsize length, char **malformed);

/* The decision whose words a message carries, as a squash does, wherever they stand: the first line
 * "Review: WORD" and all lines "Article: PATH". It has a verdict and targets alone, and is nobody's
 * decision. NULL where there are not both. The caller owns it. */
ImpDecision *imp_trailers_carried_decision(const char *message, gsize length);

/* The message that makes the decision, ending in a newline: its reason, and the trailers. Read
 * again it is that decision as long as the reason keeps to the grammar. The caller frees. */
char *imp_trailers_format_decision(const ImpDecision *decision);

/* Whether a line starts with "Review:" in any case of letters. */
bool imp_trailers_has_review_line(const char *message, gsize length);

/* Begins the address of a co-author whose line the first edition of the rules did not count, since
 * a blank stands before its colon (imprimatur-record(7), "Editions"). */
#define IMP_LATER_CO_AUTHOR ' '

/* The addresses of all lines that start with "Co-authored-by:" in any case of letters, wherever
 * they stand: what is between '<' and '>', or else the first word with an '@'; ASCII letters in
 * lower case, valid UTF-8. Behind them those that begin with IMP_LATER_CO_AUTHOR. Never NULL; the
 * caller frees. */
char **imp_trailers_co_authors(const char *message, gsize length);
