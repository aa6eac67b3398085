#pragma once

/* Caps on everything that others control, each with its reason. */

/* Articles: what a page of text can need, with room to spare; a larger file is no article to read.
 */
#define IMP_ARTICLE_MAX_BYTES (4 * 1024 * 1024)
/* Front matter: libyaml's cost grows with the square of the nesting; both caps keep it below 2 ms.
 */
#define IMP_FRONT_MATTER_MAX_BYTES (64 * 1024)
#define IMP_FRONT_MATTER_MAX_DEPTH 16
/* Rendered markup, in multiples of the text: a page of tables, links and citations has a fifth of
 * it.
 */
#define IMP_RENDER_FACTOR 16
/* Lists and quotations within one another, and marks within these: nobody reads a tenth of it. */
#define IMP_RENDER_MAX_DEPTH 100
/* A decision: a message, some trailers and a signature. */
#define IMP_DECISION_MAX_BYTES (64 * 1024)
/* Files and folders that differ between two trees. A tree of some kilobytes can unfold into more
 * than any machine can count; a large repository has a tenth of this. */
#define IMP_TREE_ENTRIES_MAX 1000000
/* Policy files: thousands of people fit; a larger one is refused before it is parsed. */
#define IMP_POLICY_MAX_BYTES (1024 * 1024)
/* A configuration is written by hand. */
#define IMP_CONFIG_MAX_BYTES (1024 * 1024)
/* Hex digits of a version that an approval must name: 80 bits, beyond what a search for a twin can
 * reach. */
#define IMP_VERSION_MIN_DIGITS 20
/* How far a decision may be dated ahead: clocks of laptops drift. */
#define IMP_FUTURE_ALLOWANCE_S (10 * 60)
/* Refusals of attempts that nobody known has signed, announced for each pass; the rest is a count.
 */
#define IMP_UNSIGNED_REFUSALS_PER_PASS 10
/* A notification's body: chat services and most receivers stop reading somewhere above. */
#define IMP_BODY_MAX_BYTES (20 * 1024)
/* Deliveries that wait for one endpoint before older states of articles are left out: a day of the
 * busiest repository, and more than any receiver can catch up with in minutes at the default rate.
 */
#define IMP_PENDING_MAX 10000
/* Directories below the refs that are watched: an inotify watch each. */
#define IMP_REF_DIRECTORIES_MAX 4096
/* A ledger entry: a path and some trailers. */
#define IMP_LEDGER_COMMIT_MAX_BYTES (256 * 1024)
/* A reader's question: some paragraphs; and of all that it travels in (each character of 4 bytes,
 * percent-encoded or escaped, and the rest). */
#define IMP_QUESTION_MAX_CHARACTERS 2000
#define IMP_QUESTION_MAX_BYTES      (32 * 1024)
/* Questions that are taken for one repository from readers: at once, and then a minute. Editors
 * answer fewer in a day. */
#define IMP_QUESTIONS_AT_ONCE    10
#define IMP_QUESTIONS_PER_MINUTE 10
