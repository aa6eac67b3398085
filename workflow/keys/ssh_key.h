#pragma once

#include "workflow/keys/ssh_wire.h"

/* Public keys of OpenSSH: in one line, "TYPE BASE64 [COMMENT]", and the blob that the base64 stands
 * for. */

#define IMP_SSH_RSA_MIN_BITS 3072
#define IMP_SSH_RSA_MAX_BITS 16384 /* OpenSSH's own limit */
/* A larger exponent only makes verifying slow, and OpenSSL takes none with a large modulus. */
#define IMP_SSH_RSA_EXPONENT_MAX_BITS 64
#define IMP_SSH_ED25519_BYTES         32

typedef enum { IMP_SSH_ED25519, IMP_SSH_ECDSA, IMP_SSH_RSA } ImpSshFamily;

typedef struct {
    const char *name; /* "ssh-ed25519" ... */
    ImpSshFamily family;
    bool
        on_token; /* of a security token: ends in the application's name (OpenSSH's PROTOCOL.u2f) */
    const char *curve; /* ECDSA: "nistp256" ... */
    gsize point_bytes; /* ECDSA: one byte for "uncompressed", then two coordinates */
} ImpSshKeyType;

/* The parts of a key, inside its blob. */
typedef struct {
    const ImpSshKeyType *type;
    ImpSshWire point;             /* ed25519, ECDSA */
    ImpSshWire exponent, modulus; /* RSA: magnitudes */
    gsize bits;                   /* RSA: of the modulus */
    ImpSshWire application;       /* on_token: such as "ssh:" */
} ImpSshKey;

/* Reads a key's blob (RFC 4253 section 6.6, RFC 5656 section 3.1, RFC 8709 section 4, OpenSSH's
 * PROTOCOL.u2f) of a type in the list: ed25519, ECDSA over nistp256, nistp384 or nistp521, RSA, and
 * the ed25519 and ECDSA keys of security tokens. False if it is not a key, not written in the one
 * canonical way, or a weak one: a point of ed25519 that makes signatures fit without a secret, an
 * RSA exponent that is even, one, or beyond its limit. RSA of any size is read. That a point lies
 * on its curve is not looked at. */
bool imp_ssh_key_read(const guint8 *blob, gsize length, ImpSshKey *key);

/* The blob of the key that a certificate of OpenSSH's is for (its PROTOCOL.certkeys): what
 * `ssh-keygen -l` prints the fingerprint of. NULL if `blob` is not a certificate for a key as
 * imp_ssh_key_read() reads it. Who issued it and for how long is not looked at. */
GBytes *imp_ssh_certificate_key(const guint8 *blob, gsize length);

/* Whether TYPE and BASE64 are a key that may sign (imprimatur-record(7), POLICY): of TYPE as
 * imp_ssh_key_read() reads it, RSA of IMP_SSH_RSA_MIN_BITS at least, and the base64 canonical too,
 * so that equal keys are equal texts. If not, *why is what is wrong and what to do, which the
 * caller frees. */
bool imp_ssh_key_check(const char *type, const char *base64, char **why);

/* Whether `type` is a type of key that imp_ssh_key_check() knows. */
bool imp_ssh_key_type_is_known(const char *type);
