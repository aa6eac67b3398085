#pragma once

#include <glib.h>
#include <stdbool.h>

/* A commit object, read from its bytes.
 *
 * Reading is lenient, as git's own: history holds odd commits, and who wrote what must be known of
 * each that git accepts. Whether a commit is fit to be a decision is a separate and strict question
 * (imp_commit_malformed). Header fields are looked for in the header alone; nothing in a message is
 * one. */

typedef struct {
    char *tree;     /* hex, lower case */
    char **parents; /* hex, lower case; never NULL */
    /* Valid UTF-8; empty where the line has none, or is not there. Of two such lines the first
     * counts. */
    char *author_name;
    char *author_email;
    char *committer_name;
    char *committer_email;
    /* Whole seconds, 0 where unreadable; beyond the year 9999 its last second. */
    gint64 author_date_us;
    gint64 committer_date_us;
    const char *message; /* inside the object: valid as long as the commit; not NUL-terminated */
    gsize message_length;
    /* The text of the one `gpgsig` header without its indentation; NULL if there is none, or more
     * than one. */
    char *signature;
    /* private */
    GBytes *object;
    GArray *signature_headers; /* of ImpSpan */
} ImpCommit;

/* What a walk needs of a commit object: where the hex ids of its tree and parents stand in it. */
typedef struct {
    const char *tree;    /* 40 hex digits, of either case, not NUL-terminated */
    const char *parents; /* the first line "parent ID" */
    guint parent_count;
} ImpCommitLinks;

/* Finds the links, without a copy, and nothing that stands behind them. They are what git itself
 * takes for them (git-commit-tree(1) writes them; git-fsck(1) is stricter): a last line without a
 * newline is not a parent. False: git could not read it either. */
bool imp_commit_links(const char *object, gsize length, ImpCommitLinks *links);
/* The hex id of a parent, as above. */
const char *imp_commit_parent(const ImpCommitLinks *links, guint index);

/* Where the message begins in a commit object: behind the first empty line, or at the end. */
const char *imp_commit_message(const char *object, gsize length);

/* Reads a commit object, of which it keeps a reference. Fails with G_IO_ERROR_INVALID_DATA for
 * bytes without links (imp_commit_links). */
ImpCommit *imp_commit_parse(GBytes *object, GError **error);
void imp_commit_free(ImpCommit *commit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpCommit, imp_commit_free)

/* The length of the whole object. */
gsize imp_commit_size(const ImpCommit *commit);

/* The bytes that are signed: the object without its `gpgsig` headers (git-commit-tree(1) -S; what
 * git itself hands to gpg.ssh.program), and the hex SHA-256 of them. The caller owns both. */
GBytes *imp_commit_payload(const ImpCommit *commit);
char *imp_commit_payload_sha256(const ImpCommit *commit);

/* The whole-object part of "well-formed" (imprimatur-record(7), DECISIONS): no NUL, no CR, at most
 * IMP_DECISION_MAX_BYTES, the header lines tree, parent..., author, committer, encoding, gpgsig
 * each once and in this order, readable author and committer, nothing unknown before gpgsig. NULL
 * if the commit is all that, else a sentence about the first thing wrong and what to do, which the
 * caller frees. */
char *imp_commit_malformed(const ImpCommit *commit);
