#include "workflow/ssh_key.h"

#include <string.h>

/* The same key must not be writable in two ways, or one person's key could stand in the policy a second time
 * under another name. OpenSSH reads leniently: base64 with loose bits, integers with leading zeros. Here only what
 * OpenSSH itself writes is a key. */

#define RSA_MIN_BITS  3072
#define RSA_MAX_BITS  16384 /* OpenSSH's own limit */
#define ED25519_BYTES 32

typedef struct {
    const guint8 *at;
    gsize left;
} Blob;

typedef enum { FAMILY_ED25519, FAMILY_ECDSA, FAMILY_RSA } Family;

typedef struct {
    const char *type;
    Family family;
    bool on_token;     /* ends in the application's name */
    const char *curve; /* ECDSA */
    gsize point_bytes; /* ECDSA: one byte for "uncompressed", then two coordinates */
} KeyType;

static const KeyType key_types[] = {
    {"ssh-ed25519", FAMILY_ED25519, false, NULL, 0},
    {"ecdsa-sha2-nistp256", FAMILY_ECDSA, false, "nistp256", 65},
    {"ecdsa-sha2-nistp384", FAMILY_ECDSA, false, "nistp384", 97},
    {"ecdsa-sha2-nistp521", FAMILY_ECDSA, false, "nistp521", 133},
    {"ssh-rsa", FAMILY_RSA, false, NULL, 0},
    {"sk-ssh-ed25519@openssh.com", FAMILY_ED25519, true, NULL, 0},
    {"sk-ecdsa-sha2-nistp256@openssh.com", FAMILY_ECDSA, true, "nistp256", 65},
};

static const KeyType *find_type(const char *type)
{
    for (gsize i = 0; i < G_N_ELEMENTS(key_types); i++) {
        if (strcmp(key_types[i].type, type) == 0)
            return &key_types[i];
    }
    return NULL;
}

bool imp_ssh_key_type_is_known(const char *type)
{
    return find_type(type);
}

/* Takes an SSH "string": a length in four bytes, then so many bytes. */
static bool take_string(Blob *blob, Blob *string)
{
    if (blob->left < 4)
        return false;
    guint32 length;
    memcpy(&length, blob->at, sizeof length);
    length = GUINT32_FROM_BE(length);
    if (length > blob->left - 4)
        return false;
    *string = (Blob){blob->at + 4, length};
    blob->at += 4 + length;
    blob->left -= 4 + length;
    return true;
}

static bool take_text(Blob *blob, const char *text)
{
    Blob string;
    return take_string(blob, &string) && string.left == strlen(text) && memcmp(string.at, text, string.left) == 0;
}

/* Takes an SSH "mpint" that is positive, odd and without needless zeros; *bits is its length. */
static bool take_odd_integer(Blob *blob, gsize *bits)
{
    Blob integer;
    if (!take_string(blob, &integer) || integer.left == 0 || (integer.at[0] & 0x80))
        return false;
    if (integer.at[0] == 0) {
        if (integer.left == 1 || !(integer.at[1] & 0x80))
            return false;
        integer.at++;
        integer.left--;
    }
    *bits = (integer.left - 1) * 8 + g_bit_storage(integer.at[0]);
    return integer.at[integer.left - 1] & 1;
}

/* Takes the key itself; *bits is an RSA key's size, otherwise untouched. */
static bool take_key(Blob *blob, const KeyType *type, gsize *bits)
{
    Blob part;
    gsize exponent_bits;
    switch (type->family) {
    case FAMILY_ED25519:
        return take_string(blob, &part) && part.left == ED25519_BYTES;
    case FAMILY_ECDSA:
        return take_text(blob, type->curve) && take_string(blob, &part) && part.left == type->point_bytes &&
               part.at[0] == 4;
    case FAMILY_RSA:
        return take_odd_integer(blob, &exponent_bits) && exponent_bits > 1 && take_odd_integer(blob, bits);
    }
    return false;
}

bool imp_ssh_key_check(const char *type_name, const char *base64, char **why)
{
    const KeyType *type = find_type(type_name);
    if (!type) {
        *why = g_strdup("its type cannot sign here, use an ed25519, ecdsa, rsa, sk-ssh-ed25519 or sk-ecdsa key");
        return false;
    }
    gsize length;
    g_autofree guint8 *bytes = g_base64_decode(base64, &length);
    g_autofree char *canonical = g_base64_encode(bytes, length);
    if (length == 0 || strcmp(canonical, base64) != 0) {
        *why = g_strdup("it is not base64, copy the line of the .pub file again");
        return false;
    }
    Blob blob = {bytes, length}, application;
    if (!take_text(&blob, type->type)) {
        *why = g_strdup("its type is not the one in the key, copy the line of the .pub file again");
        return false;
    }
    gsize bits = RSA_MIN_BITS;
    bool whole =
        take_key(&blob, type, &bits) && (!type->on_token || take_string(&blob, &application)) && blob.left == 0;
    if (!whole) {
        *why = g_strdup("it is damaged, copy the line of the .pub file again");
        return false;
    }
    if (bits < RSA_MIN_BITS || bits > RSA_MAX_BITS) {
        *why = g_strdup_printf("it has %" G_GSIZE_FORMAT " bits, use an rsa key of %d to %d bits, or ed25519", bits,
                               RSA_MIN_BITS, RSA_MAX_BITS);
        return false;
    }
    return true;
}
