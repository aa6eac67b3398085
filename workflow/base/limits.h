#pragma once

/* Caps on everything that others control, each with its reason. */

/* Articles: what a page of text can need, with room to spare; a larger file is not an article to
 * read.
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
/* Files and folders of a tree. One of some kilobytes can unfold into more than any machine can
 * count; a large repository has a tenth of this. */
#define IMP_TREE_ENTRIES_MAX 1000000
/* What is written down of who brought which text, in one pass (and once, when the table is made
 * from a whole history). A folder of 40,000 files may be moved, or each of its files edited; beyond
 * that, and the more where there are more commits, only commits that brought a few files are
 * written down file by file. Of the others their folders are: who wrote them counts as a
 * contributor to all in there. A file takes some 50 bytes, a commit some 100, so that a push of a
 * mebibyte makes the index grow by less than four. */
#define IMP_PASS_FILES_MAX           40000
#define IMP_PASS_FILES_PER_COMMIT    2
#define IMP_HISTORY_FILES_MAX        400000
#define IMP_HISTORY_FILES_PER_COMMIT 20
#define IMP_COMMIT_FILES_FEW         4
#define IMP_COMMIT_FILES_MAX         200000
/* The addresses of a commit's authors: a large team, and what mail can be sent to (RFC 5321,
 * section 4.5.3.1.3). Of all commits of a pass together, so many bytes and so many more for each
 * commit; beyond that the author's alone. */
#define IMP_ADDRESSES_MAX             32
#define IMP_ADDRESS_MAX_BYTES         254
#define IMP_PASS_ADDRESSES_BYTES      (256 * 1024)
#define IMP_PASS_ADDRESSES_PER_COMMIT 64
/* Parents of a merge that it is compared with, and that it waits for; git's own merges of many
 * branches at once have a handful. All are walked. */
#define IMP_PARENTS_MAX 16
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
/* What a remote can make git write into one file: more than any repository of articles; and what it
 * can make it print: some hours of progress, what a hook has to say, and a line for each of 200,000
 * heads of pull requests that come at once. */
#define IMP_REMOTE_FILE_MAX_BYTES (4LL * 1024 * 1024 * 1024)
#define IMP_REMOTE_SAID_MAX_BYTES (32 * 1024 * 1024)
