#pragma once

/* The columns of the table `article` that keep an ImpArticle, beside its path: the column's name,
 * how it is kept, and the member. What makes, loads and saves the table is made from these lists
 * alone.
 *
 *     ID      a hex id, as its bytes     NUMBER  a number, a moment, a flag, one of an enum
 *     TEXT    a text                     LIST    ids, as lines: no id has a newline
 *
 * The first columns are what showing an article needs. SQLite reads a row from its beginning: who
 * lists all articles is done with it half-way. */
#define IMP_ARTICLE_SHOWN_COLUMNS(COLUMN)                                                          \
    COLUMN(version, ID, version)                                                                   \
    COLUMN(round, NUMBER, round)                                                                   \
    COLUMN(state, NUMBER, state)                                                                   \
    COLUMN(reason, NUMBER, reason)                                                                 \
    COLUMN(problem, NUMBER, problem)                                                               \
    COLUMN(since, NUMBER, since_us)                                                                \
    COLUMN(valid_until, NUMBER, valid_until_us)                                                    \
    COLUMN(adopted, NUMBER, adopted)                                                               \
    COLUMN(published, ID, published)                                                               \
    COLUMN(title, TEXT, title)                                                                     \
    COLUMN(review_count, NUMBER, review_in.count)                                                  \
    COLUMN(review_unit, NUMBER, review_in.unit)

#define IMP_ARTICLE_COLUMNS(COLUMN)                                                                \
    IMP_ARTICLE_SHOWN_COLUMNS(COLUMN)                                                              \
    COLUMN(round_began, NUMBER, round_began_us)                                                    \
    COLUMN(text_after, NUMBER, text_after_us)                                                      \
    COLUMN(asked_before, LIST, asked_before)                                                       \
    COLUMN(contributors, LIST, contributors)                                                       \
    COLUMN(last_approval, NUMBER, last_approval_date_us)                                           \
    COLUMN(approved_text, ID, approved_text)                                                       \
    COLUMN(approved_source, ID, approved_source)                                                   \
    COLUMN(other_text_source, ID, other_text_source)                                               \
    COLUMN(specialty, TEXT, specialty)                                                             \
    COLUMN(reviewers, LIST, reviewers)
