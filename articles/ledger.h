#pragma once

#include "articles/repository.h"
#include "workflow/entry.h"

/* The ledger: a chain of commits, one for each fact (imprimatur-record(7), LEDGER). */

#define IMP_LEDGER_REF "refs/imprimatur/ledger"

typedef struct ImpLedgerWriter ImpLedgerWriter;

/* Starts a batch of entries after the commit `parent` (NULL: the ledger begins). `committer` is
 * "Name <address>". Nothing reaches the repository before imp_ledger_writer_flush, and nothing is
 * part of the ledger before the ref moves. */
ImpLedgerWriter *imp_ledger_writer_new(ImpRepository *repository, const char *parent,
                                       const char *committer);
void imp_ledger_writer_free(ImpLedgerWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpLedgerWriter, imp_ledger_writer_free)

/* Makes the commit of one entry. `author` is "Name <address>" of who acted, NULL for the daemon.
 * Returns the commit's id, borrowed until the writer is freed. */
const char *imp_ledger_writer_append(ImpLedgerWriter *writer, const ImpEntry *entry,
                                     const char *author);

/* Signs the last commit made, as `git commit -S` with gpg.format=ssh does, with `key` (see
 * imp_ssh_sign()). It has another id then: imp_ledger_writer_tip(). What the append returned for it
 * no longer holds. */
bool imp_ledger_writer_sign(ImpLedgerWriter *writer, const char *key, GError **error);

/* For a writer that is never flushed: asks of each commit that is made from now on, counted from 0,
 * whether it is as expected. The bytes of one that is are not kept. */
void imp_ledger_writer_expect(ImpLedgerWriter *writer,
                              bool (*is_expected)(guint index, const char *id, gpointer data),
                              gpointer data);

/* The commit made as number `index`, counted from 0: its id, borrowed, and its bytes, which are
 * there until the flush; NULL where they are not kept. */
const char *imp_ledger_writer_commit(const ImpLedgerWriter *writer, guint index, GBytes **object);

/* The last commit made, or the parent; NULL if there is neither. */
const char *imp_ledger_writer_tip(const ImpLedgerWriter *writer);
guint imp_ledger_writer_count(const ImpLedgerWriter *writer);

/* Writes the batch into the repository, durably: a few objects loose, many as one pack. */
bool imp_ledger_writer_flush(ImpLedgerWriter *writer, GError **error);

/* Calls `take` with each entry after `after` (NULL: from the beginning) up to `tip`, oldest first.
 * The entry has its decision's object and what is read from it; it is the callback's only for the
 * call. A callback that returns false with an error stops the reading. IMP_REPOSITORY_ERROR_MOVED
 * if `after` is not in the chain. */
typedef bool (*ImpLedgerEntryFunc)(const char *id, const ImpEntry *entry, gpointer data,
                                   GError **error);
bool imp_ledger_read(ImpRepository *repository, const char *tip, const char *after,
                     ImpLedgerEntryFunc take, gpointer data, GError **error);

/* The ids of the entries up to `tip`, newest first; of texts, freed with the array. */
GPtrArray *imp_ledger_ids(ImpRepository *repository, const char *tip, GError **error);

/* The bytes of a commit of the ledger as they were before it was signed, and `committer` "Name
 * <address>"; the caller frees. */
GBytes *imp_ledger_read_unsigned(ImpRepository *repository, const char *id, char **committer,
                                 GError **error);

/* The id that these bytes have as a commit. The caller frees. */
char *imp_ledger_commit_id(GBytes *object);

/* Finds out whether the ledger commit `id` is signed by the public key ("ssh-ed25519 AAAA...", as
 * in a policy's ledger_key). */
bool imp_ledger_check_signature(ImpRepository *repository, const char *id, const char *public_key,
                                bool *signed_by, GError **error);

/* Finds the key that the signature of the ledger commit `id` says it is by, as in a policy's
 * ledger_key but for its type (the base64 alone), for the caller to free; "" for a signature that
 * cannot be read, NULL where there is none. */
bool imp_ledger_find_claimed_key(ImpRepository *repository, const char *id, char **key,
                                 GError **error);

/* One entry, and in *parent the id of the one before, for the caller to free, NULL for none;
 * `parent` may be NULL. */
ImpEntry *imp_ledger_read_entry(ImpRepository *repository, const char *id, char **parent,
                                GError **error);
