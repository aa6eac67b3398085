#include "notify/signature.h"

#include <string.h>

/* The secret of the vector in imprimatur.json(5), and one that it is rotated to. */
#define SECRET      "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define NEXT_SECRET "bmV4dCBzZWNyZXQsIDI0IGJ5dGVz"
#define EXPECTED    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

static GPtrArray *secrets_new(const char *const *encoded)
{
    GPtrArray *secrets = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    for (; *encoded; encoded++) {
        gsize length;
        guchar *key = g_base64_decode(*encoded, &length);
        g_ptr_array_add(secrets, g_bytes_new_take(key, length));
    }
    return secrets;
}

static char *sign(const char *const *encoded, const char *id, gint64 timestamp_s, const char *body)
{
    g_autoptr(GPtrArray) secrets = secrets_new(encoded);
    g_autoptr(GBytes) bytes = g_bytes_new(body, strlen(body));
    g_autoptr(ImpHmac) hmac = imp_hmac_new();
    return imp_signature_header(hmac, secrets, id, timestamp_s, bytes);
}

static void test_the_published_vector(void)
{
    g_autofree char *signature =
        sign((const char *const[]){SECRET, NULL}, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
             "{\"test\": 2432232314}");
    g_assert_cmpstr(signature, ==, EXPECTED);
}

static void test_every_part_is_signed(void)
{
    const char *const secrets[] = {SECRET, NULL};
    const char *id = "msg_p5jXN8AQM9LWM0D4loKWxJek", *body = "{\"test\": 2432232314}";
    g_autofree char *other_id = sign(secrets, "msg_other", 1614265330, body);
    g_autofree char *other_time = sign(secrets, id, 1614265331, body);
    g_autofree char *other_body = sign(secrets, id, 1614265330, "{\"test\": 2432232315}");
    g_autofree char *no_body = sign(secrets, id, 1614265330, "");
    g_assert_cmpstr(other_id, !=, EXPECTED);
    g_assert_cmpstr(other_time, !=, EXPECTED);
    g_assert_cmpstr(other_body, !=, EXPECTED);
    g_assert_cmpstr(no_body, !=, EXPECTED);
}

static void test_both_keys_sign_while_they_rotate(void)
{
    const char *id = "msg_p5jXN8AQM9LWM0D4loKWxJek", *body = "{\"test\": 2432232314}";
    g_autofree char *next = sign((const char *const[]){NEXT_SECRET, NULL}, id, 1614265330, body);
    g_autofree char *both =
        sign((const char *const[]){NEXT_SECRET, SECRET, NULL}, id, 1614265330, body);
    g_autofree char *expected = g_strconcat(next, " ", EXPECTED, NULL);
    g_assert_cmpstr(both, ==, expected);
}

static void test_without_a_key_there_is_no_signature(void)
{
    g_assert_null(sign((const char *const[]){NULL}, "evt_1", 1614265330, "{}"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/signature/the-published-vector", test_the_published_vector);
    g_test_add_func("/signature/every-part-is-signed", test_every_part_is_signed);
    g_test_add_func("/signature/key-rotation-both-keys-sign",
                    test_both_keys_sign_while_they_rotate);
    g_test_add_func("/signature/without-a-key-there-is-no-signature",
                    test_without_a_key_there_is_no_signature);
    return g_test_run();
}
