#pragma once

#include "articles/repository.h"
#include "workflow/policy.h"

/* The policy as it lies in the folder .imprimatur/ of a commit (imprimatur-record(7), POLICY). */

typedef struct {
    char *folder;      /* hex id of the folder's tree; NULL: there is none */
    ImpPolicy *policy; /* NULL: rejected */
    char *rejected;    /* why, a sentence naming file and line; NULL when there is a policy */
    char *manifest;    /* hex SHA-256 of the manifest, or NULL */
    GBytes *policy_json;
    GBytes *signers;      /* NULL where there is no file of signers (signatures off) */
    bool has_manifest;    /* there is one, whatever it is worth */
    char *manifest_fault; /* why that is not the one of these files, or NULL; looked at also without
                             an authority */
} ImpPolicySource;

void imp_policy_source_free(ImpPolicySource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpPolicySource, imp_policy_source_free)

/* Finds the id of the folder's tree in `commit`, which the caller frees; NULL if there is no
 * folder. */
bool imp_policy_source_find_folder(ImpRepository *repository, const char *commit, char **id,
                                   GError **error);

/* Reads and judges the folder. `name` NULL: the policy's own name is not looked at. `authority` (of
 * ImpSigner*) are the keys that may sign the manifest; NULL where signatures are off, and then a
 * manifest is not needed. `name` is the repository's name in the configuration. Whether the version
 * is a new one is for the caller to say. A GError only for faults. */
ImpPolicySource *imp_policy_source_read(ImpRepository *repository, const char *commit,
                                        const char *name, GPtrArray *authority, gint64 now_us,
                                        GError **error);

/* The same for the folder as it lies in the work tree, with `folder` NULL: as git would store it.
 */
ImpPolicySource *imp_policy_source_read_work_tree(ImpRepository *repository, const char *name,
                                                  GPtrArray *authority, gint64 now_us,
                                                  GError **error);

/* The manifest that the authority signs for the files in the work tree, as sha256sum(1) would write
 * it for what git stores of them. Fails where one of the three is missing
 * (IMP_POLICY_ERROR_INVALID), or something is there that does not belong. The caller frees. */
char *imp_policy_source_manifest(ImpRepository *repository, GError **error);
