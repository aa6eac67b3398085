#define _GNU_SOURCE
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* Preloaded into a daemon: its clocks run $QUICK_CLOCK times as fast from its start on, and what it
 * waits for in poll(2) comes that much sooner. What it starts runs at the usual pace: it is given
 * another environment. */

#define SECOND_NS 1000000000LL

static int64_t factor = 1;
static int64_t began_ns[2]; /* by CLOCK_REALTIME and by CLOCK_MONOTONIC */

static int64_t true_ns(clockid_t clock)
{
    struct timespec now = {0};
    syscall(SYS_clock_gettime, clock, &now);
    return now.tv_sec * SECOND_NS + now.tv_nsec;
}

__attribute__((constructor)) static void begin(void)
{
    const char *text = getenv("QUICK_CLOCK");
    factor = text ? atoll(text) : 1;
    began_ns[CLOCK_REALTIME] = true_ns(CLOCK_REALTIME);
    began_ns[CLOCK_MONOTONIC] = true_ns(CLOCK_MONOTONIC);
}

static int64_t quick_ns(clockid_t clock)
{
    return began_ns[clock] + (true_ns(clock) - began_ns[clock]) * factor;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
        return (int)syscall(SYS_clock_gettime, clock, now);
    int64_t ns = quick_ns(clock);
    *now = (struct timespec){ns / SECOND_NS, ns % SECOND_NS};
    return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    int64_t ns = quick_ns(CLOCK_REALTIME);
    *now = (struct timeval){ns / SECOND_NS, ns % SECOND_NS / 1000};
    return 0;
}

time_t time(time_t *now)
{
    time_t seconds = quick_ns(CLOCK_REALTIME) / SECOND_NS;
    if (now)
        *now = seconds;
    return seconds;
}

int poll(struct pollfd *files, nfds_t count, int timeout_ms)
{
    int64_t ns = timeout_ms * (SECOND_NS / 1000) / factor;
    struct timespec wait = {ns / SECOND_NS, ns % SECOND_NS};
    return (int)syscall(SYS_ppoll, files, count, timeout_ms < 0 ? NULL : &wait, NULL, 0);
}
