#include "articles/ssh_verify.h"
#include "tests/unit/scratch.h"
#include "tests/unit/ssh_maker.h"

/* Our verdict beside that of `ssh-keygen -Y verify`, on genuine signatures of every kind of key and
 * on everything that can be wrong with them. Whatever is good for us has to be good for ssh-keygen;
 * each class in which we are stricter stands here as STRICTER (and in SECURITY.md, with the
 * reason). */

typedef enum {
    GOOD,     /* for both */
    BAD,      /* for both */
    STRICTER, /* ssh-keygen takes it, we do not */
    REFUSED,  /* by us; whether ssh-keygen takes it depends on its version */
} Expected;

static const char payload[] = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nChecked.\n";
#define PAYLOAD_LENGTH (sizeof payload - 1)

typedef struct {
    Scratch scratch;
    Maker makers[G_N_ELEMENTS(maker_kinds)];
    guint asked; /* how often ssh-keygen was */
} Room;

static Room *make_room(void)
{
    Room *room = g_new0(Room, 1);
    room->scratch = scratch_make();
    g_autoptr(GString) signers = g_string_new("");
    for (gsize i = 0; i < G_N_ELEMENTS(maker_kinds); i++) {
        room->makers[i] = maker_new(&maker_kinds[i]);
        g_string_append_printf(signers, "me namespaces=\"git\" %s %s\n", maker_kinds[i].name,
                               room->makers[i].base64);
    }
    scratch_write(&room->scratch, "signers", signers->str, signers->len);
    return room;
}

static void leave(Room *room)
{
    g_test_message("ssh-keygen was asked %u times", room->asked);
    for (gsize i = 0; i < G_N_ELEMENTS(maker_kinds); i++)
        maker_clear(&room->makers[i]);
    scratch_remove(&room->scratch);
    g_free(room);
}

static const Maker *maker_named(const Room *room, const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(maker_kinds); i++)
        if (strcmp(maker_kinds[i].name, name) == 0)
            return &room->makers[i];
    g_assert_not_reached();
}

static bool theirs(Room *room, const char *armored, const char *text)
{
    const char *arguments[] = {"ssh-keygen", "-q", "-Y",  "verify", "-f",  "signers", "-I",
                               "me",         "-n", "git", "-s",     "sig", NULL};
    scratch_write(&room->scratch, "sig", armored, strlen(armored));
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
        G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
    g_autofree char *input = scratch_path(&room->scratch, "text");
    scratch_write(&room->scratch, "text", text, strlen(text));
    g_subprocess_launcher_set_stdin_file_path(launcher, input);
    g_subprocess_launcher_set_cwd(launcher, room->scratch.directory);
    g_autoptr(GSubprocess) process = g_subprocess_launcher_spawnv(launcher, arguments, NULL);
    g_assert_true(g_subprocess_wait(process, NULL, NULL));
    room->asked++;
    g_assert_true(g_subprocess_get_if_exited(process));
    int status = g_subprocess_get_exit_status(process);
    g_assert_true(status == 0 || status == 255);
    return status == 0;
}

/* As imp_ssh_verify_detached() puts it together; never a fault. */
static bool ours(const Room *room, const char *armored, const char *text)
{
    g_autoptr(GError) error = NULL;
    bool good = false, listed = false;
    g_autoptr(ImpSshSignature) signature = imp_ssh_signature_parse(armored, NULL, NULL);
    if (!signature || strcmp(signature->name_space, "git") != 0)
        return false;
    imp_ssh_verify(signature, (const guint8 *)text, strlen(text), &good, &error);
    g_assert_no_error(error);
    for (gsize i = 0; i < G_N_ELEMENTS(maker_kinds); i++)
        listed = listed || strcmp(signature->key, room->makers[i].base64) == 0;
    return good && listed;
}

static void expect_for(Room *room, const char *kind, const char *what, const char *armored,
                       const char *text, Expected expected)
{
    g_test_message("%s: %s", kind, what);
    bool their_verdict = theirs(room, armored, text), our_verdict = ours(room, armored, text);
    if (our_verdict != (expected == GOOD) ||
        (expected != REFUSED && their_verdict != (expected != BAD)))
        g_error("%s: %s: ours is %d, that of ssh-keygen %d\n%s", kind, what, our_verdict,
                their_verdict, armored);
}

static void expect(Room *room, const Parts *parts, const char *what, Expected expected)
{
    g_autofree char *armored = parts_armor(parts);
    g_autofree char *kind = g_strndup((const char *)parts->type->data, parts->type->len);
    expect_for(room, kind, what, armored, payload, expected);
}

/* For what must only not be good for us where it is not good for them. */
static void expect_not_weaker(Room *room, const char *what, const char *armored)
{
    if (ours(room, armored, payload) && !theirs(room, armored, payload))
        g_error("%s: good for us alone\n%s", what, armored);
}

/* Does `change` to a genuine signature, signed again where it says so. */
typedef void (*Change)(const Maker *maker, Parts *parts);

static void with_change(Room *room, const Maker *maker, const char *what, Change change,
                        Expected expected)
{
    Parts parts = maker_parts(maker, payload, PAYLOAD_LENGTH);
    change(maker, &parts);
    expect(room, &parts, what, expected);
    parts_clear(&parts);
}

static void keep(const Maker *maker, Parts *parts)
{
    (void)maker, (void)parts;
}

static void sign_by_sha256(const Maker *maker, Parts *parts)
{
    set_text(parts->hash, "sha256");
    maker_sign(maker, parts, payload, PAYLOAD_LENGTH, "ssh:");
}

static void sign_by_sha384(const Maker *maker, Parts *parts)
{
    set_text(parts->hash, "sha384");
    maker_sign(maker, parts, payload, PAYLOAD_LENGTH, "ssh:");
}

static void sign_by_sha1(const Maker *maker, Parts *parts)
{
    set_text(parts->hash, "sha1");
    maker_sign(maker, parts, payload, PAYLOAD_LENGTH, "ssh:");
}

static void say_sha256(const Maker *maker, Parts *parts)
{
    (void)maker;
    set_text(parts->hash, "sha256");
}

static void sign_for_file(const Maker *maker, Parts *parts)
{
    set_text(parts->name_space, "file");
    maker_sign(maker, parts, payload, PAYLOAD_LENGTH, "ssh:");
}

static void sign_for_nothing(const Maker *maker, Parts *parts)
{
    set_text(parts->name_space, "");
    maker_sign(maker, parts, payload, PAYLOAD_LENGTH, "ssh:");
}

static void sign_for_file_and_say_git(const Maker *maker, Parts *parts)
{
    sign_for_file(maker, parts);
    set_text(parts->name_space, "git");
}

static void name_space_with_nul(const Maker *maker, Parts *parts)
{
    (void)maker;
    set_bytes(parts->name_space, "git", 4);
}

static void name_space_with_tail(const Maker *maker, Parts *parts)
{
    (void)maker;
    set_bytes(parts->name_space, "git\0x", 5);
}

static void hash_with_nul(const Maker *maker, Parts *parts)
{
    (void)maker;
    set_bytes(parts->hash, "sha512", 7);
}

static void type_with_nul(const Maker *maker, Parts *parts)
{
    (void)maker;
    g_byte_array_append(parts->type, (const guint8 *)"", 1);
}

static void use_reserved(const Maker *maker, Parts *parts)
{
    (void)maker;
    set_text(parts->reserved, "x");
}

static void version_zero(const Maker *maker, Parts *parts)
{
    (void)maker;
    parts->version = 0;
}

static void version_two(const Maker *maker, Parts *parts)
{
    (void)maker;
    parts->version = 2;
}

static void prolong(const Maker *maker, Parts *parts)
{
    (void)maker;
    set_bytes(parts->tail, "", 1);
}

static void prolong_inner(const Maker *maker, Parts *parts)
{
    (void)maker;
    set_bytes(parts->inner_tail, "", 1);
}

static void prolong_bytes(const Maker *maker, Parts *parts)
{
    (void)maker;
    g_byte_array_append(parts->bytes, (const guint8 *)"", 1);
}

static void shorten_bytes(const Maker *maker, Parts *parts)
{
    (void)maker;
    g_byte_array_set_size(parts->bytes, parts->bytes->len - 1);
}

static void empty_bytes(const Maker *maker, Parts *parts)
{
    (void)maker;
    g_byte_array_set_size(parts->bytes, 0);
}

static void empty_type(const Maker *maker, Parts *parts)
{
    (void)maker;
    g_byte_array_set_size(parts->type, 0);
}

static void empty_key(const Maker *maker, Parts *parts)
{
    (void)maker;
    g_byte_array_set_size(parts->key, 0);
}

static void test_every_field(void)
{
    static const struct {
        const char *what;
        Change change;
        Expected expected;
    } rows[] = {
        {"genuine", keep, GOOD},
        {"hashed by sha256", sign_by_sha256, GOOD},
        {"hashed by sha384", sign_by_sha384, BAD},
        {"hashed by sha1", sign_by_sha1, BAD},
        {"another hash than it was signed with", say_sha256, BAD},
        {"for another namespace", sign_for_file, BAD},
        {"for no namespace", sign_for_nothing, BAD},
        {"for another namespace, relabelled", sign_for_file_and_say_git, BAD},
        {"NUL behind the namespace", name_space_with_nul, STRICTER},
        {"NUL and more behind the namespace", name_space_with_tail, BAD},
        {"NUL behind the hash", hash_with_nul, STRICTER},
        {"NUL behind the type", type_with_nul, STRICTER},
        {"something in the reserved field", use_reserved, STRICTER},
        {"version 0", version_zero, STRICTER},
        {"version 2", version_two, BAD},
        {"a byte behind the blob", prolong, BAD},
        {"a byte behind the inner signature", prolong_inner, BAD},
        {"a byte behind its bytes", prolong_bytes, BAD},
        {"a byte less", shorten_bytes, BAD},
        {"no bytes", empty_bytes, BAD},
        {"no type", empty_type, BAD},
        {"no key", empty_key, BAD},
    };
    Room *room = make_room();
    for (gsize kind = 0; kind < G_N_ELEMENTS(maker_kinds); kind++) {
        const Maker *maker = &room->makers[kind];
        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
            with_change(room, maker, rows[i].what, rows[i].change, rows[i].expected);
        Parts parts = maker_parts(maker, payload, PAYLOAD_LENGTH);
        g_autofree char *armored = parts_armor(&parts);
        expect_for(room, maker->kind->name, "another text", armored, "tree 4b825dc6\n", BAD);
        expect_for(room, maker->kind->name, "no text", armored, "", BAD);
        parts_clear(&parts);
    }
    leave(room);
}

/* Somebody's signature as another's; a key's bytes under a type that is not its own. */
static void test_exchanged_keys_and_types(void)
{
    Room *room = make_room();
    for (gsize kind = 0; kind < G_N_ELEMENTS(maker_kinds); kind++) {
        const Maker *maker = &room->makers[kind];
        Maker stranger = maker_new(maker->kind);
        Parts parts = maker_parts(&stranger, payload, PAYLOAD_LENGTH);
        expect(room, &parts, "a stranger's", BAD);
        set_bytes(parts.key, g_bytes_get_data(maker->blob, NULL), g_bytes_get_size(maker->blob));
        expect(room, &parts, "a stranger's under a key that is listed", BAD);
        parts_clear(&parts);
        maker_clear(&stranger);
        parts = maker_parts(maker, payload, PAYLOAD_LENGTH);
        for (gsize other = 0; other < G_N_ELEMENTS(maker_kinds); other++) {
            if (other == kind)
                continue;
            set_text(parts.type, maker_kinds[other].signature_type);
            expect(room, &parts, "under another type", BAD);
        }
        parts_clear(&parts);
    }
    leave(room);
}

/* Where a field begins or ends, one byte beside that, and evenly between: cut there, nothing is
 * left of it. */
static void test_truncation(void)
{
    Room *room = make_room();
    for (gsize kind = 0; kind < G_N_ELEMENTS(maker_kinds); kind++) {
        Parts parts = maker_parts(&room->makers[kind], payload, PAYLOAD_LENGTH);
        g_autoptr(GByteArray) blob = parts_blob(&parts);
        const gsize borders[] = {0,
                                 6,
                                 10,
                                 14,
                                 14 + parts.key->len,
                                 18 + parts.key->len,
                                 21 + parts.key->len,
                                 25 + parts.key->len,
                                 29 + parts.key->len,
                                 35 + parts.key->len,
                                 39 + parts.key->len,
                                 43 + parts.key->len,
                                 43 + parts.key->len + parts.type->len,
                                 47 + parts.key->len + parts.type->len,
                                 blob->len};
        const guint whole = blob->len;
        for (guint length = 0; length < whole; length++) {
            blob->len = length;
            g_autofree char *cut = armor(blob, 70, "\n");
            bool at_border = length % 97 == 0;
            for (gsize i = 0; i < G_N_ELEMENTS(borders); i++)
                at_border = at_border || length + 1 - borders[i] <= 2;
            if (at_border)
                expect_for(room, maker_kinds[kind].name, "cut", cut, payload, BAD);
            else
                g_assert_false(ours(room, cut, payload));
        }
        blob->len = whole;
        parts_clear(&parts);
    }
    leave(room);
}

/* Each byte of the blob once with one bit turned over: every bit of it matters. Each of the armor:
 * what is still good for us is so for ssh-keygen. */
static void test_bit_flips(void)
{
    Room *room = make_room();
    for (gsize kind = 0; kind < G_N_ELEMENTS(maker_kinds); kind++) {
        Parts parts = maker_parts(&room->makers[kind], payload, PAYLOAD_LENGTH);
        g_autoptr(GByteArray) blob = parts_blob(&parts);
        for (guint i = 0; i < blob->len; i++) {
            blob->data[i] ^= (guint8)(1 << i % 8);
            g_autofree char *flipped = armor(blob, 70, "\n");
            g_assert_false(ours(room, flipped, payload));
            if (i % 53 == 20)
                expect_for(room, maker_kinds[kind].name, "a bit of the blob", flipped, payload,
                           BAD);
            blob->data[i] ^= (guint8)(1 << i % 8);
        }
        g_autofree char *armored = parts_armor(&parts);
        gsize length = strlen(armored), still_good = 0;
        for (gsize i = 0; i < length; i++) {
            armored[i] ^= (char)(1 << i % 7);
            if (armored[i]) {
                still_good += ours(room, armored, payload);
                expect_not_weaker(room, "a bit of the armor", armored);
            }
            armored[i] ^= (char)(1 << i % 7);
        }
        g_assert_cmpuint(still_good, ==, 1); /* the newline behind its end */
        parts_clear(&parts);
    }
    leave(room);
}

static char *replaced(const char *text, const char *from, const char *to)
{
    g_autoptr(GString) result = g_string_new(text);
    g_assert_cmpuint(g_string_replace(result, from, to, 1), ==, 1);
    return g_string_free(g_steal_pointer(&result), FALSE);
}

static void test_armor(void)
{
    static const struct {
        gsize width;
        const char *line_end;
        Expected expected;
    } wrappings[] = {
        {1, "\n", GOOD},      {4, "\n", GOOD},      {63, "\n", GOOD},   {64, "\n", GOOD},
        {70, "\n", GOOD},     {100000, "\n", GOOD}, {70, "\n\n", GOOD}, {70, "\r\n", REFUSED},
        {1, "\r\n", REFUSED}, {70, " \n", BAD},     {70, "\r", BAD},    {70, "\n ", BAD},
    };
    static const struct {
        const char *what, *from, *to;
        Expected expected;
    } rows[] = {
        {"text behind", "\n-----END SSH SIGNATURE-----\n", "\n-----END SSH SIGNATURE-----\nwords\n",
         GOOD},
        {"text behind in the line", "\n-----END SSH SIGNATURE-----\n",
         "\n-----END SSH SIGNATURE----- words", GOOD},
        {"text before", "-----BEGIN", "words\n-----BEGIN", BAD},
        {"a newline before", "-----BEGIN", "\n-----BEGIN", BAD},
        {"a blank before", "-----BEGIN", " -----BEGIN", BAD},
        {"a mark of the byte order before", "-----BEGIN", "\xef\xbb\xbf-----BEGIN", BAD},
        {"no end", "\n-----END SSH SIGNATURE-----\n", "\n", BAD},
        {"an end that is cut", "\n-----END SSH SIGNATURE-----", "\n-----END SSH SIGNATURE----",
         BAD},
        {"an end in the same line", "\n-----END", "-----END", BAD},
        {"an end that is indented", "\n-----END", "\n -----END", BAD},
        {"another end", "\n-----END SSH", "\n-----END PGP", BAD},
        {"small letters", "-----BEGIN SSH", "-----BEGIN ssh", BAD},
        {"another beginning", "-----BEGIN SSH", "-----BEGIN PGP", BAD},
        {"the beginning twice", "-----BEGIN SSH SIGNATURE-----\n",
         "-----BEGIN SSH SIGNATURE-----\n-----BEGIN SSH SIGNATURE-----\n", BAD},
        {"a header", "SIGNATURE-----\n", "SIGNATURE-----\nComment: x\n\n", BAD},
        {"a blank behind the beginning", "SIGNATURE-----\n", "SIGNATURE----- \n", BAD},
        {"a letter more", "\n-----END", "A\n-----END", BAD},
        {"padding more", "\n-----END", "=\n-----END", BAD},
        {"padding and more", "\n-----END", "====\n-----END", BAD},
        {"a minus", "U1NIU0lH", "U1NIU0l-", BAD},
        {"a NUL's escape", "U1NIU0lH", "U1NI%00U0lH", BAD},
        {"blanks", "U1NIU0lH", " U1NI U0lH", STRICTER},
        {"tabs", "U1NIU0lH", "\tU1NIU0lH\t", STRICTER},
        {"a carriage return", "U1NIU0lH", "U1NI\rU0lH", STRICTER},
        {"cut by the end within", "U1NIU0lH", "U1NIU0lH\n-----END SSH SIGNATURE-----\n", BAD},
    };
    Room *room = make_room();
    const Maker *maker = &room->makers[0];
    Parts parts = maker_parts(maker, payload, PAYLOAD_LENGTH);
    g_autoptr(GByteArray) blob = parts_blob(&parts);
    for (gsize i = 0; i < G_N_ELEMENTS(wrappings); i++) {
        g_autofree char *what = g_strdup_printf("lines of %zu", wrappings[i].width);
        g_autofree char *armored = armor(blob, wrappings[i].width, wrappings[i].line_end);
        expect_for(room, maker->kind->name, what, armored, payload, wrappings[i].expected);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *armored = parts_armor(&parts);
        g_autofree char *changed = replaced(armored, rows[i].from, rows[i].to);
        expect_for(room, maker->kind->name, rows[i].what, changed, payload, rows[i].expected);
    }
    g_autofree char *armored = parts_armor(&parts);
    armored[strlen(armored) - 1] = '\0';
    expect_for(room, maker->kind->name, "no newline at the end", armored, payload, GOOD);
    expect_for(room, maker->kind->name, "nothing", "", payload, BAD);
    parts_clear(&parts);
    leave(room);
}

/* Bits that base64 has and bytes have not, and padding that is missing. */
static void test_loose_base64(void)
{
    Room *room = make_room();
    guint padded = 0;
    for (gsize kind = 0; kind < G_N_ELEMENTS(maker_kinds); kind++) {
        Parts parts = maker_parts(&room->makers[kind], payload, PAYLOAD_LENGTH);
        g_autoptr(GByteArray) blob = parts_blob(&parts);
        g_autofree char *armored = armor(blob, 100000, "\n");
        char *padding = strchr(armored, '=');
        if (padding) {
            padded++;
            g_autofree char *unpadded = replaced(armored, "=", "");
            expect_for(room, maker_kinds[kind].name, "padding less", unpadded, payload, BAD);
            padding[-1]++; /* the lowest bit, which was zero */
            expect_for(room, maker_kinds[kind].name, "a loose bit", armored, payload, BAD);
        }
        parts_clear(&parts);
    }
    g_assert_cmpuint(padded, >, 0);
    leave(room);
}

static BIGNUM *order_of(const Maker *maker)
{
    BIGNUM *order = NULL;
    g_assert_true(EVP_PKEY_get_bn_param(maker->pair, "order", &order));
    return order;
}

static void expect_pair(Room *room, const Maker *maker, const char *what, const BIGNUM *r,
                        const BIGNUM *s, Expected expected)
{
    Parts parts = maker_parts(maker, payload, PAYLOAD_LENGTH);
    set_ecdsa(&parts, r, s, 0);
    expect(room, &parts, what, expected);
    parts_clear(&parts);
}

static void set_raw_pair(Parts *parts, const char *r, gsize r_length, const char *s, gsize s_length)
{
    g_byte_array_set_size(parts->bytes, 0);
    put_string(parts->bytes, r, r_length);
    put_string(parts->bytes, s, s_length);
}

static void try_numbers(Room *room, const Maker *maker)
{
    Parts parts = maker_parts(maker, payload, PAYLOAD_LENGTH);
    BIGNUM *r, *s, *order = order_of(maker), *other = BN_new();
    /* Those that stand in the signature: a token has signed something else than the message. */
    ImpSshWire wire = {parts.bytes->data, parts.bytes->len}, number;
    g_assert_true(imp_ssh_take_positive(&wire, &number));
    r = BN_bin2bn(number.at, (int)number.left, NULL);
    g_assert_true(imp_ssh_take_positive(&wire, &number));
    s = BN_bin2bn(number.at, (int)number.left, NULL);

    BN_sub(other, order, s);
    expect_pair(room, maker, "the twin, order less s", r, other, GOOD);
    BN_sub(other, order, r);
    expect_pair(room, maker, "order less r", other, s, BAD);
    BN_add(other, order, s);
    expect_pair(room, maker, "s and the order", r, other, BAD);
    BN_add(other, order, r);
    expect_pair(room, maker, "r and the order", other, s, BAD);
    expect_pair(room, maker, "the order for r", order, s, BAD);
    expect_pair(room, maker, "the order for s", r, order, BAD);
    expect_pair(room, maker, "exchanged", s, r, BAD);
    BN_lshift(other, s, 512);
    expect_pair(room, maker, "a large s", r, other, BAD);
    BN_lshift(other, s, 16384);
    expect_pair(room, maker, "an s larger than any", r, other, BAD);
    BN_one(other);
    expect_pair(room, maker, "one and one", other, other, BAD);

    set_ecdsa(&parts, r, s, 1);
    expect(room, &parts, "a zero more before r", STRICTER);
    set_ecdsa(&parts, r, s, 40);
    expect(room, &parts, "many zeros before r", STRICTER);
    set_raw_pair(&parts, "", 0, "", 0);
    expect(room, &parts, "zeros without bytes", BAD);
    set_raw_pair(&parts, "\0", 1, "\0", 1);
    expect(room, &parts, "zeros with a byte", BAD);
    set_raw_pair(&parts, "\xff\xff", 2, "\xff\xff", 2);
    expect(room, &parts, "less than zero", BAD);
    set_ecdsa(&parts, r, s, 0);
    g_byte_array_set_size(parts.bytes, parts.bytes->len - 1);
    expect(room, &parts, "a byte of s less", BAD);
    set_ecdsa(&parts, r, s, 0);
    put_integer(parts.bytes, s, 0);
    expect(room, &parts, "a third number", BAD);
    parts_clear(&parts);
    BN_free(r);
    BN_free(s);
    BN_free(order);
    BN_free(other);
}

static void test_numbers_of_ecdsa(void)
{
    Room *room = make_room();
    for (gsize kind = 0; kind < G_N_ELEMENTS(maker_kinds); kind++)
        if (maker_kinds[kind].curve)
            try_numbers(room, &room->makers[kind]);
    leave(room);
}

/* S and the group's order, which fits as well in OpenSSH; and numbers that do not. */
static void add_order(const Maker *maker, Parts *parts)
{
    (void)maker;
    BIGNUM *s = BN_lebin2bn(parts->bytes->data + 32, 32, NULL), *order = NULL;
    g_assert_cmpint(
        BN_hex2bn(&order, "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed"), ==,
        64);
    BN_add(s, s, order);
    g_assert_cmpint(BN_bn2lebinpad(s, parts->bytes->data + 32, 32), ==, 32);
    BN_free(s);
    BN_free(order);
}

static void set_high_bit(const Maker *maker, Parts *parts)
{
    (void)maker;
    parts->bytes->data[63] |= 0x80;
}

static void zero_s(const Maker *maker, Parts *parts)
{
    (void)maker;
    memset(parts->bytes->data + 32, 0, 32);
}

static void zero_r(const Maker *maker, Parts *parts)
{
    (void)maker;
    memset(parts->bytes->data, 0, 32);
}

static void test_numbers_of_ed25519(void)
{
    static const char *const names[] = {"ssh-ed25519", "sk-ssh-ed25519@openssh.com"};
    Room *room = make_room();
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        const Maker *maker = maker_named(room, names[i]);
        with_change(room, maker, "S and the order", add_order, STRICTER);
        with_change(room, maker, "a bit above S", set_high_bit, BAD);
        with_change(room, maker, "S zero", zero_s, BAD);
        with_change(room, maker, "R zero", zero_r, BAD);
    }
    leave(room);
}

/* Signs by RSA under this type, with this digest. */
static void sign_rsa(const Maker *maker, Parts *parts, const char *type, const char *digest)
{
    g_autoptr(GByteArray) message = maker_message(parts, payload, PAYLOAD_LENGTH);
    set_text(parts->type, type);
    maker_sign_message(maker, parts, digest, message);
}

static void test_rsa(void)
{
    static const struct {
        const char *type, *digest;
        Expected expected;
    } rows[] = {
        {"rsa-sha2-256", "SHA256", GOOD}, {"rsa-sha2-512", "SHA512", GOOD},
        {"ssh-rsa", "SHA1", BAD},         {"ssh-rsa", "SHA256", BAD},
        {"rsa-sha2-256", "SHA512", BAD},  {"rsa-sha2-512", "SHA256", BAD},
        {"rsa-sha2-512", "SHA1", BAD},    {"rsa-sha2-512", "SHA384", BAD},
        {"rsa-sha2-384", "SHA384", BAD},  {"rsa-sha2-512", NULL, BAD},
        {"RSA-SHA2-512", "SHA512", BAD},
    };
    Room *room = make_room();
    const Maker *maker = maker_named(room, "ssh-rsa");
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Parts parts = maker_parts(maker, payload, PAYLOAD_LENGTH);
        if (rows[i].digest) {
            sign_rsa(maker, &parts, rows[i].type, rows[i].digest);
        } else {
            memset(parts.bytes->data, 0, parts.bytes->len);
            set_text(parts.type, rows[i].type);
        }
        g_test_message("%s by %s", rows[i].type, rows[i].digest ? rows[i].digest : "nobody");
        expect(room, &parts, rows[i].type, rows[i].expected);
        parts_clear(&parts);
    }
    /* One in 256 begins with a zero, which some agents leave out; and a zero more than there is. */
    for (guint i = 0;; i++) {
        g_autofree char *text = g_strdup_printf("%u", i);
        Parts parts = maker_parts(maker, text, strlen(text));
        if (parts.bytes->data[0] == 0) {
            g_autofree char *whole = parts_armor(&parts);
            expect_for(room, "ssh-rsa", "a signature that begins with zero", whole, text, GOOD);
            g_byte_array_remove_index(parts.bytes, 0);
            g_autofree char *shorter = parts_armor(&parts);
            expect_for(room, "ssh-rsa", "without its zero", shorter, text, STRICTER);
            g_byte_array_prepend(parts.bytes, (const guint8 *)"\0", 2);
            g_autofree char *longer = parts_armor(&parts);
            expect_for(room, "ssh-rsa", "with a zero more", longer, text, BAD);
            parts_clear(&parts);
            break;
        }
        parts_clear(&parts);
    }
    leave(room);
}

/* Signatures by keys that the line of signers lists under another spelling, or that are too short.
 */
static void expect_with_key(Room *room, const Maker *maker, const GByteArray *blob,
                            const char *what, Expected expected)
{
    g_autofree char *base64 = g_base64_encode(blob->data, blob->len);
    g_autofree char *signers =
        g_strdup_printf("me namespaces=\"git\" %s %s\n", maker->kind->name, base64);
    scratch_write(&room->scratch, "signers", signers, strlen(signers));
    Parts parts = maker_parts(maker, payload, PAYLOAD_LENGTH);
    set_bytes(parts.key, blob->data, blob->len);
    g_autofree char *armored = parts_armor(&parts);
    g_autoptr(ImpSshSignature) signature = imp_ssh_signature_parse(armored, NULL, NULL);
    bool our_verdict = false;
    g_assert_true(!signature || imp_ssh_verify(signature, (const guint8 *)payload, PAYLOAD_LENGTH,
                                               &our_verdict, NULL));
    if (our_verdict != (expected == GOOD) || theirs(room, armored, payload) != (expected != BAD))
        g_error("%s: %s: ours is %d, not as expected\n%s", maker->kind->name, what, our_verdict,
                armored);
    parts_clear(&parts);
}

static void test_spellings_of_keys(void)
{
    Room *room = make_room();
    const Maker *rsa = maker_named(room, "ssh-rsa");
    g_autoptr(GByteArray) padded = maker_blob(rsa->kind, rsa->pair, 1, NULL, 0);
    expect_with_key(room, rsa, padded, "a zero before the modulus", STRICTER);
    Maker small = maker_of(rsa->kind, EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (gsize)2048));
    g_autoptr(GByteArray) small_blob = maker_blob(small.kind, small.pair, 0, NULL, 0);
    expect_with_key(room, &small, small_blob, "2048 bits", STRICTER);
    maker_clear(&small);
    for (gsize kind = 0; kind < G_N_ELEMENTS(maker_kinds); kind++) {
        const Maker *maker = &room->makers[kind];
        g_autoptr(GByteArray) tail = maker_blob(maker->kind, maker->pair, 0, "ssh:", 4);
        expect_with_key(room, maker, tail, "genuine", GOOD);
        g_byte_array_append(tail, (const guint8 *)"", 1);
        expect_with_key(room, maker, tail, "a byte behind", BAD);
        if (!maker->kind->on_token)
            continue;
        g_autoptr(GByteArray) with_nul = maker_blob(maker->kind, maker->pair, 0, "ssh:", 5);
        expect_with_key(room, maker, with_nul, "NUL behind the application", STRICTER);
        g_autoptr(GByteArray) another = maker_blob(maker->kind, maker->pair, 0, "ssh:else", 8);
        expect_with_key(room, maker, another, "another application", BAD);
    }
    const Maker *ecdsa = maker_named(room, "ecdsa-sha2-nistp256");
    g_autoptr(GByteArray) beside = maker_blob(ecdsa->kind, ecdsa->pair, 0, NULL, 0);
    beside->data[beside->len - 1] ^= 1;
    expect_with_key(room, ecdsa, beside, "a point beside the curve", BAD);
    leave(room);
}

static void test_tokens(void)
{
    static const char *const names[] = {"sk-ssh-ed25519@openssh.com",
                                        "sk-ecdsa-sha2-nistp256@openssh.com"};
    Room *room = make_room();
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        const Maker *maker = maker_named(room, names[i]);
        Parts parts = maker_parts(maker, payload, PAYLOAD_LENGTH);
        parts.counter++;
        expect(room, &parts, "another counter", BAD);
        parts.counter--;
        parts.flags = 5;
        expect(room, &parts, "other flags", BAD);
        parts.flags = 0;
        expect(room, &parts, "nobody was there, it says now", BAD);
        maker_sign(maker, &parts, payload, PAYLOAD_LENGTH, "ssh:");
        expect(room, &parts, "nobody was there", GOOD);
        parts.flags = 5;
        parts.counter = G_MAXUINT32;
        maker_sign(maker, &parts, payload, PAYLOAD_LENGTH, "ssh:");
        expect(room, &parts, "somebody was there, and verified", GOOD);
        maker_sign(maker, &parts, payload, PAYLOAD_LENGTH, "ssh:else");
        expect(room, &parts, "for another application", BAD);
        parts.on_token = false;
        expect(room, &parts, "without flags and counter", BAD);
        parts_clear(&parts);
    }
    leave(room);
}

/* What a browser has a token sign for a site (W3C Web Authentication), which OpenSSH takes for
 * sk-ecdsa. */
static void test_web_authentication(void)
{
    static const char origin[] = "https://site.example";
    Room *room = make_room();
    const Maker *maker = maker_named(room, "sk-ecdsa-sha2-nistp256@openssh.com");
    Parts parts = maker_parts(maker, payload, PAYLOAD_LENGTH);
    g_autoptr(GByteArray) message = maker_message(&parts, payload, PAYLOAD_LENGTH);
    g_autofree char *challenge = g_base64_encode(message->data, message->len);
    challenge[strcspn(challenge, "=")] = '\0';
    g_strdelimit(g_strdelimit(challenge, "+", '-'), "/", '_');
    g_autofree char *client = g_strdup_printf(
        "{\"type\":\"webauthn.get\",\"challenge\":\"%s\",\"origin\":\"%s\",\"crossOrigin\":false}",
        challenge, origin);
    g_autoptr(GByteArray) asserted = g_byte_array_new();
    put_digest(asserted, "SHA256", "ssh:", 4, false);
    g_byte_array_append(asserted, &parts.flags, 1);
    put_number(asserted, parts.counter);
    put_digest(asserted, "SHA256", client, strlen(client), false);
    maker_sign_message(maker, &parts, "SHA256", asserted);
    set_text(parts.type, "webauthn-sk-ecdsa-sha2-nistp256@openssh.com");
    put_text(parts.inner_tail, origin);
    put_text(parts.inner_tail, client);
    put_text(parts.inner_tail, "");
    expect(room, &parts, "made by a browser", STRICTER);
    parts_clear(&parts);
    leave(room);
}

/* In a process of its own: OpenSSL reads its configuration once. */
static void test_no_algorithms_is_a_fault(void)
{
    if (g_test_subprocess()) {
        g_autoptr(GError) error = NULL;
        bool good = true;
        g_autoptr(ImpSshSignature) signature =
            imp_ssh_signature_parse(g_getenv("SIGNATURE"), NULL, NULL);
        g_assert_false(
            imp_ssh_verify(signature, (const guint8 *)payload, PAYLOAD_LENGTH, &good, &error));
        g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
        g_assert_true(good);
        return;
    }
    static const char configuration[] =
        "openssl_conf = main\n[main]\nproviders = some\n[some]\nnull = its\n"
        "[its]\nactivate = 1\n";
    Room *room = make_room();
    scratch_write(&room->scratch, "openssl.cnf", configuration, strlen(configuration));
    g_autofree char *path = scratch_path(&room->scratch, "openssl.cnf");
    for (gsize kind = 0; kind < G_N_ELEMENTS(maker_kinds); kind++) {
        Parts parts = maker_parts(&room->makers[kind], payload, PAYLOAD_LENGTH);
        g_autofree char *armored = parts_armor(&parts);
        g_setenv("OPENSSL_CONF", path, TRUE);
        g_setenv("SIGNATURE", armored, TRUE);
        g_test_trap_subprocess(NULL, 0, 0);
        g_unsetenv("OPENSSL_CONF");
        g_unsetenv("SIGNATURE");
        g_test_trap_assert_passed();
        parts_clear(&parts);
    }
    leave(room);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ssh-verify/fields", test_every_field);
    g_test_add_func("/ssh-verify/exchanged", test_exchanged_keys_and_types);
    g_test_add_func("/ssh-verify/truncated", test_truncation);
    g_test_add_func("/ssh-verify/flipped", test_bit_flips);
    g_test_add_func("/ssh-verify/armor", test_armor);
    g_test_add_func("/ssh-verify/base64", test_loose_base64);
    g_test_add_func("/ssh-verify/ecdsa", test_numbers_of_ecdsa);
    g_test_add_func("/ssh-verify/ed25519", test_numbers_of_ed25519);
    g_test_add_func("/ssh-verify/rsa", test_rsa);
    g_test_add_func("/ssh-verify/keys", test_spellings_of_keys);
    g_test_add_func("/ssh-verify/tokens", test_tokens);
    g_test_add_func("/ssh-verify/browser", test_web_authentication);
    g_test_add_func("/ssh-verify/no-algorithms", test_no_algorithms_is_a_fault);
    return g_test_run();
}
