#include "articles/attempt.h"
#include "articles/signature.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* How long verifying takes, without anything around it: signatures POLICY SIGNERS COMMIT N. Prints
 * the microseconds that one commit's signature takes when N are verified one after another, and
 * when all are verified at once. */

static ImpAttempt *new_attempt(GBytes *object)
{
    g_autoptr(ImpCommit) commit = imp_commit_parse(object, NULL);
    return imp_attempt_new("0000000000000000000000000000000000000000", commit, object, true);
}

/* Microseconds for `count` of them. Anything but a good signature ends the program. */
static double verify(GBytes *object, const ImpPolicy *policy, guint count)
{
    g_autoptr(GPtrArray) attempts =
        g_ptr_array_new_with_free_func((GDestroyNotify)imp_attempt_free);
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < count; i++)
        g_ptr_array_add(attempts, new_attempt(object));
    gint64 now_us = ((ImpAttempt *)attempts->pdata[0])->date_us;
    gint64 start_us = g_get_monotonic_time();
    if (!imp_attempts_verify(attempts, NULL, policy, true, now_us, &error))
        g_error("%s", error->message);
    double took_us = (double)(g_get_monotonic_time() - start_us);
    for (guint i = 0; i < count; i++)
        if (((ImpAttempt *)attempts->pdata[i])->signature != IMP_SIGNATURE_GOOD)
            g_error("%s", ((ImpAttempt *)attempts->pdata[i])->signature_detail);
    return took_us;
}

static char *contents(const char *path, gsize *length)
{
    g_autoptr(GError) error = NULL;
    char *text;
    if (!g_file_get_contents(path, &text, length, &error))
        g_error("%s", error->message);
    return text;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        g_error("usage: signatures POLICY SIGNERS COMMIT N");
    gsize policy_length, signers_length, length;
    g_autofree char *json = contents(argv[1], &policy_length),
                    *signers = contents(argv[2], &signers_length);
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpPolicy) policy =
        imp_policy_parse(json, policy_length, signers, signers_length, NULL, &error);
    if (!policy)
        g_error("%s", error->message);
    char *text = contents(argv[3], &length);
    g_autoptr(GBytes) object = g_bytes_new_take(text, length);
    guint count = (guint)atol(argv[4]);
    verify(object, policy, 1); /* OpenSSL looks for its algorithms once */
    double alone_us = 0, clocks = (double)clock();
    for (guint i = 0; i < count; i++)
        alone_us += verify(object, policy, 1);
    double worked_us = ((double)clock() - clocks) / CLOCKS_PER_SEC * 1e6;
    printf("%.1f %.1f %.1f\n", worked_us / count, alone_us / count,
           verify(object, policy, count) / count);
    return 0;
}
