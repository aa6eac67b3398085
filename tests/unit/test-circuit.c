#include "notify/circuit.h"

#define NOW_US    (1795425247 * IMP_SECOND_US)
#define MINUTE_US (60 * IMP_SECOND_US)

static const ImpOutcome success = {.failure = IMP_FAILURE_NONE, .status = 200};
static const ImpOutcome failure = {.failure = IMP_FAILURE_HTTP, .status = 500};

/* A circuit that has just opened. */
static ImpCircuit open_at(gint64 now_us)
{
    ImpCircuit circuit = {0};
    for (guint i = 0; i < IMP_CIRCUIT_FAILURES; i++)
        g_assert_true(imp_circuit_note(&circuit, &failure, now_us));
    g_assert_true(imp_circuit_probes(&circuit));
    return circuit;
}

static void test_five_failures_in_a_row_open_it(void)
{
    ImpCircuit circuit = {0};
    for (guint i = 1; i < IMP_CIRCUIT_FAILURES; i++)
        imp_circuit_note(&circuit, &failure, NOW_US);
    imp_circuit_note(&circuit, &success, NOW_US);
    g_assert_true(imp_circuit_is_blank(&circuit));
    for (guint i = 1; i < IMP_CIRCUIT_FAILURES; i++) {
        imp_circuit_note(&circuit, &failure, NOW_US);
        g_assert_cmpint(imp_circuit_opens_us(&circuit), ==, 0);
    }
    imp_circuit_note(&circuit, &failure, NOW_US);
    g_assert_true(imp_circuit_probes(&circuit));
    g_assert_cmpint(imp_circuit_opens_us(&circuit), ==, NOW_US + 30 * IMP_SECOND_US);
}

static void test_probes_double_to_a_quarter_of_an_hour(void)
{
    static const gint64 waits_s[] = {60, 120, 240, 480, 900, 900, 900};
    ImpCircuit circuit = open_at(NOW_US);
    /* The end of what had begun before tells nothing new. */
    imp_circuit_note(&circuit, &failure, NOW_US + 15 * IMP_SECOND_US);
    g_assert_cmpint(imp_circuit_opens_us(&circuit), ==, NOW_US + 30 * IMP_SECOND_US);
    for (guint i = 0; i < G_N_ELEMENTS(waits_s); i++) {
        gint64 now_us = imp_circuit_opens_us(&circuit);
        imp_circuit_note(&circuit, &failure, now_us);
        g_assert_cmpint(imp_circuit_opens_us(&circuit) - now_us, ==, waits_s[i] * IMP_SECOND_US);
    }
}

static void test_two_successes_close_it(void)
{
    ImpCircuit circuit = open_at(NOW_US);
    gint64 probe_us = imp_circuit_opens_us(&circuit);
    imp_circuit_note(&circuit, &success, probe_us);
    g_assert_true(imp_circuit_probes(&circuit));
    g_assert_cmpint(imp_circuit_opens_us(&circuit), <=, probe_us);
    imp_circuit_note(&circuit, &failure, probe_us + 1);
    g_assert_cmpint(imp_circuit_opens_us(&circuit), ==, probe_us + 1 + 60 * IMP_SECOND_US);

    probe_us = imp_circuit_opens_us(&circuit);
    imp_circuit_note(&circuit, &success, probe_us);
    g_assert_true(imp_circuit_probes(&circuit));
    imp_circuit_note(&circuit, &success, probe_us);
    g_assert_true(imp_circuit_is_blank(&circuit));
}

static void test_quiet_is_kept(void)
{
    static const ImpOutcome busy = {
        .failure = IMP_FAILURE_HTTP, .status = 429, .held_until_us = NOW_US + 120 * 1000000};
    static const ImpOutcome down = {
        .failure = IMP_FAILURE_HTTP, .status = 503, .held_until_us = NOW_US + 60 * 1000000};
    ImpCircuit circuit = {0};
    /* 429 is not a failure, so that it never opens the circuit; 503 is one. */
    for (guint i = 0; i < 20; i++)
        imp_circuit_note(&circuit, &busy, NOW_US);
    g_assert_false(imp_circuit_probes(&circuit));
    g_assert_cmpint(imp_circuit_opens_us(&circuit), ==, NOW_US + 120 * IMP_SECOND_US);
    imp_circuit_note(&circuit, &success, NOW_US + 1);
    g_assert_cmpint(imp_circuit_opens_us(&circuit), ==, NOW_US + 120 * IMP_SECOND_US);
    for (guint i = 0; i < 5; i++)
        imp_circuit_note(&circuit, &down, NOW_US);
    g_assert_true(imp_circuit_probes(&circuit));
    g_assert_cmpint(imp_circuit_opens_us(&circuit), ==, NOW_US + 120 * IMP_SECOND_US);
}

static void test_a_faulty_message_is_no_fault_of_the_endpoint(void)
{
    static const guint faulty[] = {400, 413, 415, 422};
    ImpCircuit circuit = {0};
    for (guint i = 0; i < 40; i++) {
        ImpOutcome outcome = {.failure = IMP_FAILURE_HTTP,
                              .status = faulty[i % G_N_ELEMENTS(faulty)]};
        imp_circuit_note(&circuit, &outcome, NOW_US);
        g_assert_cmpint(imp_circuit_opens_us(&circuit), ==, 0);
    }
}

static void test_five_days_without_a_success(void)
{
    ImpCircuit circuit = open_at(NOW_US);
    gint64 now_us = imp_circuit_opens_us(&circuit);
    while (imp_circuit_note(&circuit, &failure, now_us))
        now_us = imp_circuit_opens_us(&circuit);
    g_assert_cmpint(now_us - NOW_US, >=, 5 * IMP_DAY_US);
    g_assert_cmpint(now_us - NOW_US, <, 5 * IMP_DAY_US + 15 * MINUTE_US);

    /* A single success begins the count again. */
    circuit = open_at(NOW_US);
    for (guint day = 1; day <= 20; day++)
        g_assert_true(imp_circuit_note(&circuit, day % 4 == 0 ? &success : &failure,
                                       NOW_US + day * IMP_DAY_US));
}

static void test_clocks_that_jump(void)
{
    /* Years ahead, as at the start of a machine without a clock of its own: nothing is disabled. */
    ImpCircuit circuit = open_at(86400 * IMP_SECOND_US);
    g_assert_true(imp_circuit_note(&circuit, &failure, NOW_US));
    g_assert_true(imp_circuit_note(&circuit, &failure, NOW_US + MINUTE_US));

    /* Back: a probe is as far away as it can be, no hold lasts for years. */
    circuit = open_at(NOW_US);
    circuit.held_until_us = NOW_US + IMP_DAY_US;
    g_assert_false(imp_circuit_mend(&circuit, NOW_US));
    g_assert_true(imp_circuit_mend(&circuit, 1000));
    g_assert_cmpint(imp_circuit_opens_us(&circuit), ==, 1000 + 30 * IMP_SECOND_US);
    g_assert_false(imp_circuit_mend(&circuit, 1000));
    g_assert_true(imp_circuit_note(&circuit, &failure, 2000));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/circuit/five-failures-in-a-row-open-it", test_five_failures_in_a_row_open_it);
    g_test_add_func("/circuit/probes-double-to-a-quarter-of-an-hour",
                    test_probes_double_to_a_quarter_of_an_hour);
    g_test_add_func("/circuit/two-successes-close-it", test_two_successes_close_it);
    g_test_add_func("/circuit/quiet-is-kept", test_quiet_is_kept);
    g_test_add_func("/circuit/a-faulty-message-is-no-fault-of-the-endpoint",
                    test_a_faulty_message_is_no_fault_of_the_endpoint);
    g_test_add_func("/circuit/five-days-without-a-success", test_five_days_without_a_success);
    g_test_add_func("/circuit/clocks-that-jump", test_clocks_that_jump);
    return g_test_run();
}
