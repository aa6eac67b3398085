#pragma once

#include "workflow/policy.h"

/* Lines of signers files, for the policy's own use; imp_signers_parse_authority() is in
 * workflow/policy.h. */

void imp_signer_free(ImpSigner *signer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpSigner, imp_signer_free)

/* Parses allowed_signers for the people of a policy whose other members are complete. Returns
 * ImpSigner*s in the order of the file, freed with the array, their `person` borrowed from the
 * policy; or NULL and IMP_POLICY_ERROR_INVALID. `authority` (of ImpSigner*) may be NULL. */
GPtrArray *imp_signers_parse_board(const ImpPolicy *policy, const char *text, gsize length,
                                   GPtrArray *authority, GError **error);

/* Parses an authority's file: lines as in ssh-keygen(1) ALLOWED SIGNERS with
 * namespaces="imprimatur-policy". `name` is the file's, for messages. Returns ImpSigner*s, freed
 * with the array; NULL and an error for an empty file or a bad line. */
GPtrArray *imp_signers_parse_authority(const char *name, const char *text, gsize length,
                                       GError **error);
