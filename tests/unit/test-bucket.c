#include "notify/bucket.h"
#include "workflow/base/moment.h"

static ImpBucket bucket_of(double rate, guint burst, ImpFormat format)
{
    ImpEndpoint *endpoint = imp_endpoint_new();
    endpoint->rate = rate;
    endpoint->burst = burst;
    endpoint->format = format;
    ImpBucket bucket = imp_bucket_for(endpoint, 0);
    imp_endpoint_free(endpoint);
    return bucket;
}

/* How many can be taken within a time, each as soon as it may be. */
static guint taken_within(ImpBucket bucket, gint64 time_us)
{
    guint taken = 0;
    gint64 now_us = 0;
    while ((now_us += imp_bucket_wait_us(&bucket, now_us)) < time_us && taken < 100000) {
        imp_bucket_take(&bucket, now_us);
        taken++;
    }
    return taken;
}

static void test_rates(void)
{
    static const struct {
        double rate;
        guint burst;
        ImpFormat format;
        guint at_once, in_ten_seconds;
    } cases[] = {
        {-1, 0, IMP_FORMAT_STANDARD, 20, 120}, {-1, 0, IMP_FORMAT_SLACK, 3, 13},
        {2, 0, IMP_FORMAT_STANDARD, 20, 40},   {0.5, 1, IMP_FORMAT_STANDARD, 1, 6},
        {1000, 5, IMP_FORMAT_NTFY, 5, 10005},  {-1, 1, IMP_FORMAT_STANDARD, 1, 101},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        ImpBucket bucket = bucket_of(cases[i].rate, cases[i].burst, cases[i].format);
        g_assert_cmpuint(taken_within(bucket, 1), ==, cases[i].at_once);
        /* The last one is a matter of rounding. */
        guint taken = taken_within(bucket, 10 * IMP_SECOND_US);
        g_assert_cmpuint(taken + 1 + cases[i].in_ten_seconds / 1000, >=, cases[i].in_ten_seconds);
        g_assert_cmpuint(taken, <=, cases[i].in_ten_seconds);
    }
}

static void test_no_limit(void)
{
    ImpBucket bucket = bucket_of(0, 0, IMP_FORMAT_STANDARD);
    g_assert_cmpuint(taken_within(bucket, 1), ==, 100000);
    g_assert_cmpuint(imp_bucket_tokens(&bucket, 0), ==, G_MAXUINT);
}

static void test_a_rest_fills_no_more_than_the_burst(void)
{
    ImpBucket bucket = bucket_of(1, 3, IMP_FORMAT_STANDARD);
    for (guint i = 0; i < 3; i++) {
        g_assert_cmpuint(imp_bucket_tokens(&bucket, 0), ==, 3 - i);
        imp_bucket_take(&bucket, 0);
    }
    g_assert_cmpuint(imp_bucket_tokens(&bucket, 0), ==, 0);
    g_assert_cmpuint(imp_bucket_tokens(&bucket, IMP_SECOND_US * 5 / 2), ==, 2);
    g_assert_cmpuint(imp_bucket_tokens(&bucket, 1000 * IMP_SECOND_US), ==, 3);
    g_assert_cmpint(imp_bucket_wait_us(&bucket, 0), ==, IMP_SECOND_US + 1);
    g_assert_cmpint(imp_bucket_wait_us(&bucket, IMP_SECOND_US / 4), ==, IMP_SECOND_US * 3 / 4 + 1);
    for (guint i = 0; i < 3; i++) {
        g_assert_cmpint(imp_bucket_wait_us(&bucket, 1000 * IMP_SECOND_US), ==, 0);
        imp_bucket_take(&bucket, 1000 * IMP_SECOND_US);
    }
    g_assert_cmpint(imp_bucket_wait_us(&bucket, 1000 * IMP_SECOND_US), >, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bucket/rates", test_rates);
    g_test_add_func("/bucket/no-limit", test_no_limit);
    g_test_add_func("/bucket/a-rest-fills-no-more-than-the-burst",
                    test_a_rest_fills_no_more_than_the_burst);
    return g_test_run();
}
