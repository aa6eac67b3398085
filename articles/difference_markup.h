#pragma once

#include "articles/difference.h"

/* The two parts of a difference as markup for within a page, well-formed XML like that of
 * articles/render.h:
 *
 *     <ul class="changes"><li class="flagged">60 mg -&gt; 600 mg, tenfold <span
 * class="where">Dosing
 *     </span></li> ... </ul>                              what must not be missed, if anything
 *     <div class="changed"><p class="where">Table 1, B, Dose</p><p class="words|cell|code ...">
 *     Give <del><span class="imprimatur-hidden">removed: </span>60</del> <ins><span
 * class="imprimatur-hidden">added:
 *     </span>600</ins> mg.</p></div> ...                  each passage
 *     <p class="same">No word has changed, only marks or blanks.</p>     where there is none
 *
 * class="imprimatur-hidden" is for words that are heard and not seen. The caller frees. */
char *imp_changes_markup(const ImpChanges *changes); /* "" where there is none */
char *imp_passages_markup(const ImpDifference *difference);
