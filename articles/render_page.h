#pragma once

#include "articles/render.h"

/* The page that a renderer writes: elements that begin and end, words, citations, links, images,
 * headings; whatever is written is safe, well-formed and within the caps (articles/render.h). Knows
 * nothing of the parser. */
typedef struct ImpRenderPage ImpRenderPage;

/* How deep a list, quotation or table may begin: what must lie within it still has room. */
#define IMP_RENDER_CONTAINER_DEPTH (IMP_RENDER_MAX_DEPTH - 20)

/* `source`, `document` and `options` stay the caller's, and there until the end. */
ImpRenderPage *imp_render_page_new(const char *source, gsize length, const ImpDocument *document,
                                   const ImpRenderOptions *options);
/* Closes all that is open, and frees the page. */
ImpRendered *imp_render_page_finish(ImpRenderPage *page);

/* Whether a cap has been reached: write no more. */
bool imp_render_page_is_full(ImpRenderPage *page);
/* Counts work that leaves nothing on the page. */
void imp_render_page_spend(ImpRenderPage *page, gsize bytes);

/* Begins an element by its markup, if less than `most_deep` are open and none of them was left out,
 * else leaves it out; false then. `end` is static. Each begin has one end. */
bool imp_render_page_begin(ImpRenderPage *page, guint most_deep, const char *start,
                           const char *end);
void imp_render_page_end(ImpRenderPage *page);

/* `level` is the text's own. False if it is left out. Ended by imp_render_page_end(). */
bool imp_render_page_begin_heading(ImpRenderPage *page, guint level);
/* Addresses and titles as they were written, any text. */
void imp_render_page_begin_link(ImpRenderPage *page, const char *address, const char *title);
void imp_render_page_end_link(ImpRenderPage *page);
/* What is written until its end are the words for it. */
void imp_render_page_begin_image(ImpRenderPage *page, const char *address, const char *title);
void imp_render_page_end_image(ImpRenderPage *page);
/* Ends a line. */
void imp_render_page_break(ImpRenderPage *page);

/* The number of a table that begins, from 1. */
guint imp_render_page_next_table(ImpRenderPage *page);

/* Words, escaped. */
void imp_render_page_words(ImpRenderPage *page, const char *text, gsize length);
/* The same with citations as numbers, if `text` points into the source. */
void imp_render_page_text(ImpRenderPage *page, const char *text, gsize length);
