#include "workflow/keys/ssh_key.h"

#include <string.h>

/* The same key must not be writable in two ways, or one person's key could stand in the policy a
 * second time under another name. OpenSSH reads leniently: base64 with loose bits, integers with
 * leading zeros, a NUL behind an application's name. Here only what OpenSSH itself writes is a key.
 */

static const ImpSshKeyType key_types[] = {
    {"ssh-ed25519", IMP_SSH_ED25519, false, NULL, 0},
    {"ecdsa-sha2-nistp256", IMP_SSH_ECDSA, false, "nistp256", 65},
    {"ecdsa-sha2-nistp384", IMP_SSH_ECDSA, false, "nistp384", 97},
    {"ecdsa-sha2-nistp521", IMP_SSH_ECDSA, false, "nistp521", 133},
    {"ssh-rsa", IMP_SSH_RSA, false, NULL, 0},
    {"sk-ssh-ed25519@openssh.com", IMP_SSH_ED25519, true, NULL, 0},
    {"sk-ecdsa-sha2-nistp256@openssh.com", IMP_SSH_ECDSA, true, "nistp256", 65},
};

static const ImpSshKeyType *find_type(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(key_types); i++) {
        if (strcmp(key_types[i].name, name) == 0)
            return &key_types[i];
    }
    return NULL;
}

bool imp_ssh_key_type_is_known(const char *type)
{
    return find_type(type);
}

/* The y coordinates of the eight points of ed25519 whose order divides 8, in its byte order (RFC
 * 8032 section 5.1.2). With such a key a signature fits without a secret, and one signature fits
 * many texts. */
static const guint8 small_orders[][IMP_SSH_ED25519_BYTES] = {
    {0x00},
    {0x01},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
};

/* Whether y >= 2^255 - 19, so that the point has a shorter name. */
static bool is_beyond_field(const guint8 *y)
{
    for (gsize i = 1; i < IMP_SSH_ED25519_BYTES - 1; i++) {
        if (y[i] != 0xff)
            return false;
    }
    return y[0] >= 0xed && y[IMP_SSH_ED25519_BYTES - 1] == 0x7f;
}

static bool is_sound_ed25519(const ImpSshWire *point)
{
    guint8 y[IMP_SSH_ED25519_BYTES];
    if (point->left != sizeof y)
        return false;
    memcpy(y, point->at, sizeof y);
    y[sizeof y - 1] &= 0x7f; /* the sign of x */
    for (gsize i = 0; i < G_N_ELEMENTS(small_orders); i++) {
        if (memcmp(y, small_orders[i], sizeof y) == 0)
            return false;
    }
    return !is_beyond_field(y);
}

/* Takes an odd integer; *bits is its length. */
static bool take_odd(ImpSshWire *wire, ImpSshWire *magnitude, gsize *bits)
{
    if (!imp_ssh_take_positive(wire, magnitude))
        return false;
    *bits = (magnitude->left - 1) * 8 + g_bit_storage(magnitude->at[0]);
    return magnitude->at[magnitude->left - 1] & 1;
}

static bool take_parts(ImpSshWire *wire, ImpSshKey *key)
{
    gsize exponent_bits;
    switch (key->type->family) {
    case IMP_SSH_ED25519:
        return imp_ssh_take_string(wire, &key->point) && is_sound_ed25519(&key->point);
    case IMP_SSH_ECDSA:
        return imp_ssh_take_text(wire, key->type->curve) &&
               imp_ssh_take_string(wire, &key->point) &&
               key->point.left == key->type->point_bytes && key->point.at[0] == 4;
    case IMP_SSH_RSA:
        return take_odd(wire, &key->exponent, &exponent_bits) && exponent_bits > 1 &&
               exponent_bits <= IMP_SSH_RSA_EXPONENT_MAX_BITS &&
               take_odd(wire, &key->modulus, &key->bits);
    }
    return false;
}

bool imp_ssh_key_read(const guint8 *blob, gsize length, ImpSshKey *key)
{
    ImpSshWire wire = {blob, length}, name;
    ImpSshKey found = {0};
    if (!imp_ssh_take_name(&wire, &name))
        return false;
    for (gsize i = 0; i < G_N_ELEMENTS(key_types); i++) {
        if (imp_ssh_is_text(&name, key_types[i].name))
            found.type = &key_types[i];
    }
    if (!found.type || !take_parts(&wire, &found) ||
        (found.type->on_token && !imp_ssh_take_name(&wire, &found.application)) || wire.left != 0)
        return false;
    *key = found;
    return true;
}

/* "ssh-rsa" becomes "ssh-rsa-cert-v01@openssh.com", and so does a name that ends in the domain. */
static bool is_certificate_type(const ImpSshWire *name, const char *plain)
{
    g_autofree char *base = g_strdup(plain);
    base[strcspn(base, "@")] = '\0';
    g_autofree char *type = g_strconcat(base, "-cert-v01@openssh.com", NULL);
    return imp_ssh_is_text(name, type);
}

GBytes *imp_ssh_certificate_key(const guint8 *blob, gsize length)
{
    ImpSshWire wire = {blob, length}, name, nonce;
    ImpSshKey key = {0};
    if (!imp_ssh_take_name(&wire, &name) || !imp_ssh_take_string(&wire, &nonce))
        return NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(key_types); i++) {
        if (is_certificate_type(&name, key_types[i].name))
            key.type = &key_types[i];
    }
    const guint8 *parts = wire.at;
    if (!key.type || !take_parts(&wire, &key) ||
        (key.type->on_token && !imp_ssh_take_name(&wire, &key.application)))
        return NULL;
    guint32 name_length = GUINT32_TO_BE((guint32)strlen(key.type->name));
    GByteArray *plain = g_byte_array_new();
    g_byte_array_append(plain, (const guint8 *)&name_length, sizeof name_length);
    g_byte_array_append(plain, (const guint8 *)key.type->name, (guint)strlen(key.type->name));
    g_byte_array_append(plain, parts, (guint)(wire.at - parts));
    return g_byte_array_free_to_bytes(plain);
}

bool imp_ssh_key_check(const char *type_name, const char *base64, char **why)
{
    const ImpSshKeyType *type = find_type(type_name);
    if (!type) {
        *why = g_strdup("its type cannot sign here; use an ed25519, ecdsa, rsa, sk-ssh-ed25519 or "
                        "sk-ecdsa key");
        return false;
    }
    gsize length;
    g_autofree guint8 *bytes = g_base64_decode(base64, &length);
    g_autofree char *canonical = g_base64_encode(bytes, length);
    if (length == 0 || strcmp(canonical, base64) != 0) {
        *why = g_strdup("it is not base64; copy the line of the .pub file again");
        return false;
    }
    ImpSshWire blob = {bytes, length};
    if (!imp_ssh_take_text(&blob, type->name)) {
        *why = g_strdup("its type is not the one in the key; copy the line of the .pub file again");
        return false;
    }
    ImpSshKey key;
    if (!imp_ssh_key_read(bytes, length, &key)) {
        *why = g_strdup("it is damaged; copy the line of the .pub file again");
        return false;
    }
    if (type->family == IMP_SSH_RSA &&
        (key.bits < IMP_SSH_RSA_MIN_BITS || key.bits > IMP_SSH_RSA_MAX_BITS)) {
        *why = g_strdup_printf("it has %" G_GSIZE_FORMAT
                               " bits; use an rsa key of %d to %d bits, or ed25519",
                               key.bits, IMP_SSH_RSA_MIN_BITS, IMP_SSH_RSA_MAX_BITS);
        return false;
    }
    return true;
}
