#include "workflow/keys/openpgp.h"

#include <string.h>

/* Armor is base64 between two lines, with a checksum; within are packets, each with a tag and a
 * length. Of keys only the fingerprint is wanted, which is a digest of the packet, and of
 * signatures only who is said to have made it. */

#define KEYS_BEGIN      "-----BEGIN PGP PUBLIC KEY BLOCK-----"
#define KEYS_END        "-----END PGP PUBLIC KEY BLOCK-----"
#define SIGNATURE_BEGIN "-----BEGIN PGP SIGNATURE-----"
#define SIGNATURE_END   "-----END PGP SIGNATURE-----"

enum { TAG_SIGNATURE = 2, TAG_SECRET_KEY = 5, TAG_KEY = 6, TAG_SECRET_SUBKEY = 7, TAG_SUBKEY = 14 };
#define SUBPACKET_ISSUER_FINGERPRINT 33

typedef struct {
    const guint8 *at;
    gsize left;
} Cursor;

typedef struct {
    guint tag;
    Cursor body;
} Packet;

static bool take(Cursor *cursor, gsize count, Cursor *taken)
{
    if (count > cursor->left)
        return false;
    *taken = (Cursor){cursor->at, count};
    cursor->at += count;
    cursor->left -= count;
    return true;
}

static bool take_number(Cursor *cursor, gsize bytes, gsize *number)
{
    Cursor taken;
    if (!take(cursor, bytes, &taken))
        return false;
    *number = 0;
    for (gsize i = 0; i < bytes; i++)
        *number = *number << 8 | taken.at[i];
    return true;
}

/* RFC 4880 sections 4.2.2 and 5.2.3.1; `limit` is where lengths of two octets end. */
static bool take_length(Cursor *cursor, gsize limit, gsize *length)
{
    gsize first, second;
    if (!take_number(cursor, 1, &first))
        return false;
    *length = first;
    if (first < 192)
        return true;
    if (first == 255)
        return take_number(cursor, 4, length);
    if (first >= limit || !take_number(cursor, 1, &second))
        return false;
    *length = ((first - 192) << 8) + second + 192;
    return true;
}

/* Partial and indeterminate lengths are for streams; keys and signatures have none. */
static bool take_packet(Cursor *cursor, Packet *packet)
{
    gsize head, length;
    if (!take_number(cursor, 1, &head) || !(head & 0x80))
        return false;
    if (head & 0x40) {
        packet->tag = head & 0x3f;
        return take_length(cursor, 224, &length) && take(cursor, length, &packet->body);
    }
    packet->tag = head >> 2 & 0x0f;
    return (head & 3) != 3 && take_number(cursor, (gsize)1 << (head & 3), &length) &&
           take(cursor, length, &packet->body);
}

/* RFC 4880 section 6.1. */
static guint32 crc24(const guint8 *data, gsize length)
{
    guint32 crc = 0xb704ce;
    for (gsize i = 0; i < length; i++) {
        crc ^= (guint32)data[i] << 16;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 0x800000 ? (crc << 1 ^ 0x864cfb) & 0xffffff : crc << 1;
    }
    return crc;
}

/* What g_base64_decode() would skip is found by encoding again. NULL for anything but canonical
 * base64. */
static GBytes *decode(const char *base64)
{
    gsize length;
    guchar *bytes = g_base64_decode(base64, &length);
    g_autoptr(GBytes) decoded = g_bytes_new_take(bytes, length);
    g_autofree char *again = g_base64_encode(bytes, length);
    return strcmp(base64, again) == 0 ? g_steal_pointer(&decoded) : NULL;
}

static bool checksum_fits(const char *line, GBytes *bytes)
{
    g_autoptr(GBytes) sum = decode(line + 1);
    gsize size = 0, length;
    const guint8 *digits = sum ? g_bytes_get_data(sum, &size) : NULL;
    const guint8 *data = g_bytes_get_data(bytes, &length);
    return size == 3 &&
           ((guint32)digits[0] << 16 | (guint32)digits[1] << 8 | digits[2]) == crc24(data, length);
}

/* The block that begins at *line; *line is then the line after it. NULL if there is none. */
static GBytes *take_block(char ***line, const char *begin, const char *end)
{
    if (!**line || strcmp(g_strchomp(**line), begin) != 0)
        return NULL;
    for (++*line; **line && *g_strchomp(**line); ++*line)
        if (!strstr(**line, ": "))
            return NULL;
    g_autoptr(GString) base64 = g_string_new(NULL);
    for (; **line && *g_strchomp(**line) != '=' && *(**line) != '-'; ++*line)
        g_string_append(base64, **line);
    g_autoptr(GBytes) bytes = base64->len > 0 ? decode(base64->str) : NULL;
    if (!bytes || !**line || (*(**line) == '=' && !checksum_fits(*(*line)++, bytes)))
        return NULL;
    return **line && strcmp(g_strchomp(*(*line)++), end) == 0 ? g_steal_pointer(&bytes) : NULL;
}

static char *hex(const guint8 *bytes, gsize length)
{
    GString *text = g_string_new(NULL);
    for (gsize i = 0; i < length; i++)
        g_string_append_printf(text, "%02X", bytes[i]);
    return g_string_free(text, FALSE);
}

/* RFC 4880 section 12.2. */
static char *fingerprint_of(const Cursor *body)
{
    const guint8 head[] = {0x99, (guint8)(body->left >> 8), (guint8)body->left};
    guint8 digest[20];
    gsize size = sizeof digest;
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA1);
    g_checksum_update(checksum, head, sizeof head);
    g_checksum_update(checksum, body->at, (gssize)body->left);
    g_checksum_get_digest(checksum, digest, &size);
    return hex(digest, size);
}

#define SECRET                                                                                     \
    "holds a secret key, which is no longer secret; replace it, and export public keys alone"

G_DEFINE_QUARK(imp_openpgp_error, imp_openpgp_error)

static bool refuse(GError **error, const char *what)
{
    g_set_error_literal(error, IMP_OPENPGP_ERROR, IMP_OPENPGP_ERROR_INVALID, what);
    return false;
}

static bool enter_key(const Packet *packet, char **primary, GHashTable *primaries, GError **error)
{
    if (packet->body.left < 6 || packet->body.left > 0xffff || packet->body.at[0] != 4)
        return refuse(error, "holds a key of another version than 4; export another one");
    g_autofree char *fingerprint = fingerprint_of(&packet->body);
    if (packet->tag == TAG_KEY) {
        g_free(*primary);
        *primary = g_strdup(fingerprint);
    }
    if (!*primary)
        return refuse(error, "begins with a subkey; export the whole key");
    const char *other = g_hash_table_lookup(primaries, fingerprint);
    if (other && strcmp(other, *primary) != 0)
        return refuse(error, "one key belongs to two others; remove one of them");
    g_hash_table_insert(primaries, g_steal_pointer(&fingerprint), g_strdup(*primary));
    return true;
}

static bool enter_keys(GBytes *block, GHashTable *primaries, GError **error)
{
    Cursor cursor;
    cursor.at = g_bytes_get_data(block, &cursor.left);
    g_autofree char *primary = NULL;
    while (cursor.left > 0) {
        Packet packet;
        if (!take_packet(&cursor, &packet))
            return refuse(error, "cannot be read; write it with gpg --armor --export");
        if (packet.tag == TAG_SECRET_KEY || packet.tag == TAG_SECRET_SUBKEY)
            return refuse(error, SECRET);
        if ((packet.tag == TAG_KEY || packet.tag == TAG_SUBKEY) &&
            !enter_key(&packet, &primary, primaries, error))
            return false;
    }
    return true;
}

GBytes *imp_openpgp_keyring_parse(const char *armored, gsize length, GHashTable **primaries,
                                  GError **error)
{
    g_autofree char *text = g_strndup(armored, length);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GHashTable) found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    GByteArray *packets = g_byte_array_new();
    bool fine = true;
    for (char **line = lines; fine && *line;) {
        if (!*g_strstrip(*line)) {
            line++;
            continue;
        }
        bool secret = g_str_has_prefix(*line, "-----BEGIN PGP PRIVATE KEY");
        g_autoptr(GBytes) block = take_block(&line, KEYS_BEGIN, KEYS_END);
        fine = block
                   ? enter_keys(block, found, error)
                   : refuse(error, secret ? SECRET
                                          : "is not an armored block of public keys; write it with "
                                            "gpg --armor --export");
        if (block)
            g_byte_array_append(packets, g_bytes_get_data(block, NULL),
                                (guint)g_bytes_get_size(block));
    }
    if (fine && g_hash_table_size(found) == 0)
        fine = refuse(error, "holds no key; add one or remove the file");
    g_autoptr(GBytes) keyring = g_byte_array_free_to_bytes(packets);
    if (!fine)
        return NULL;
    *primaries = g_steal_pointer(&found);
    return g_steal_pointer(&keyring);
}

/* RFC 4880 section 5.2.3: version, kind, two algorithms, then the signed subpackets. */
static char *issuer(Cursor body)
{
    Cursor head, signed_part, subpacket;
    gsize length;
    if (!take(&body, 4, &head) || head.at[0] != 4 || !take_number(&body, 2, &length) ||
        !take(&body, length, &signed_part))
        return NULL;
    while (signed_part.left > 0) {
        if (!take_length(&signed_part, 255, &length) || !take(&signed_part, length, &subpacket) ||
            subpacket.left == 0)
            return NULL;
        if ((subpacket.at[0] & 0x7f) == SUBPACKET_ISSUER_FINGERPRINT && subpacket.left == 22 &&
            subpacket.at[1] == 4)
            return hex(subpacket.at + 2, 20);
    }
    return NULL;
}

char *imp_openpgp_signature_key(const char *armored)
{
    g_auto(GStrv) lines = g_strsplit(armored, "\n", -1);
    char **line = lines;
    g_autoptr(GBytes) block = take_block(&line, SIGNATURE_BEGIN, SIGNATURE_END);
    if (!block)
        return NULL;
    Cursor cursor;
    Packet packet;
    cursor.at = g_bytes_get_data(block, &cursor.left);
    if (!take_packet(&cursor, &packet) || packet.tag != TAG_SIGNATURE || cursor.left > 0)
        return NULL;
    g_autofree char *fingerprint = issuer(packet.body);
    return fingerprint ? g_strconcat(IMP_OPENPGP_PREFIX, fingerprint, NULL) : NULL;
}
