#pragma once

#include "articles/passage.h"

/* What a parser tells of blocks and words, made into passages. */
typedef struct ImpPassageWalk ImpPassageWalk;

ImpPassageWalk *imp_passage_walk_new(gsize length);
/* Ends the passage that is open. Frees the walk; NULL if it was given up. */
GPtrArray *imp_passage_walk_finish(ImpPassageWalk *walk);

/* Counts work; whether there was too much of it for a text of this length. */
bool imp_passage_walk_spend(ImpPassageWalk *walk, gsize bytes);

/* A passage of this kind begins, and ends the one before. */
void imp_passage_walk_begin(ImpPassageWalk *walk, ImpPassageKind kind);
void imp_passage_walk_begin_table(ImpPassageWalk *walk);
void imp_passage_walk_begin_row(ImpPassageWalk *walk);
void imp_passage_walk_begin_cell(ImpPassageWalk *walk, bool head);

void imp_passage_walk_words(ImpPassageWalk *walk, const char *text, gsize length);
/* A link or an image ends whose words began at imp_passage_walk_place(). */
gsize imp_passage_walk_place(const ImpPassageWalk *walk);
void imp_passage_walk_address(ImpPassageWalk *walk, gsize place, const char *address);

/* One passage for each line that is not blank, of the given kind; appended to `passages`. */
void imp_passages_add_lines(GPtrArray *passages, const char *text, gsize length,
                            ImpPassageKind kind);
