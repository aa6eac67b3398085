#pragma once

#include "workflow/decision.h"
#include "workflow/keys/ssh_wire.h"

/* SSH signatures as text and as bytes (OpenSSH's PROTOCOL.sshsig), without verifying them. */

typedef struct {
    char *key;         /* base64 of the public key's blob, as in the key column of a signers file */
    char *fingerprint; /* "SHA256:...", as ssh-keygen -l prints it */
    bool is_certificate; /* `key` is a certificate, `fingerprint` that of the key it is for */
    char *name_space;    /* "git" for a commit */
    char *hash;          /* "sha512" or "sha256" */
    /* private */
    GBytes *blob;        /* without the armor; the rest lies in it */
    ImpSshWire key_blob; /* the public key */
    ImpSshWire
        signature; /* what the key made: a type, its bytes, with a token its flags and counter */
} ImpSshSignature;

void imp_ssh_signature_free(ImpSshSignature *signature);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpSshSignature, imp_ssh_signature_free)

/* Reads an armored SSH signature. The armor is what ssh-keygen writes, in lines of any width, with
 * anything behind its end; the base64 canonical; the blob of version 1, nothing reserved in use,
 * nothing behind it. NULL if it is not one; then `detail` is a sentence, which the caller frees,
 * and `verdict` IMP_SIGNATURE_UNKNOWN_KEY for a signature of another kind (OpenPGP, X.509) and
 * IMP_SIGNATURE_BAD for garbage. Both are untouched on success, and may be NULL. */
ImpSshSignature *imp_ssh_signature_parse(const char *armored, ImpSignatureVerdict *verdict,
                                         char **detail);
