#pragma once

#include <glib.h>
#include <stdbool.h>

/* What is remembered of a clock that may be wrong (daemon/pass/clock.h). */
typedef struct {
    bool trusted;      /* as it is: a moment that somebody named, or told to believe */
    gint64 ahead_us;   /* the clock less the monotonic one, when the doubt began; 0: no doubt */
    gint64 doubted_us; /* since when, monotonic */
} ImpClockDoubt;
