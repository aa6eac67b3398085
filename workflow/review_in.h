#pragma once

#include <glib.h>
#include <stdbool.h>

/* The term that an article sets itself with `review_in` in its front matter: "N days|weeks|months"
 * (imprimatur-record(7), ARTICLES). It may only shorten the policy's term; comparing is the
 * caller's. */

typedef enum {
    IMP_REVIEW_UNIT_DAYS,
    IMP_REVIEW_UNIT_WEEKS,
    IMP_REVIEW_UNIT_MONTHS,
} ImpReviewUnit;

typedef struct {
    guint count; /* 1 to 9999; 0: none given */
    ImpReviewUnit unit;
} ImpReviewIn;

/* Parses "12 months"; one blank between, the unit in lower case, its final s optional. False,
 * leaving `review_in` alone, for anything else. */
bool imp_review_in_parse(const char *text, ImpReviewIn *review_in);

/* `moment_us` plus the term: days of 86,400 s, weeks of seven of them, calendar months clamped to
 * the last day. A term of count 0 adds nothing. */
gint64 imp_review_in_add(ImpReviewIn review_in, gint64 moment_us);
