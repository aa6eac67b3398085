#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

/* Standard output that remembers what went wrong first: stdio only knows that something did, and
 * whatever ran since has set errno to something else. */

typedef struct {
    FILE *before; /* the stdout that it stands in for */
    int fault;    /* the errno of the first write that failed; 0: none */
} ImpOutput;

/* From here on `stdout` writes to the same file by way of `output`, which the caller owns. */
void imp_output_begin(ImpOutput *output);

/* Writes what is left, and puts the former stdout back. G_FILE_ERROR, "standard output: ...", where
 * anything could not be written since imp_output_begin(). */
bool imp_output_end(ImpOutput *output, GError **error);
