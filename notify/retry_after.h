#pragma once

#include "workflow/base/moment.h"

/* How long a receiver can hold its endpoint at a time. */
#define IMP_RETRY_AFTER_MAX_US IMP_DAY_US

/* Reads the value of a Retry-After (RFC 9110, section 10.2.3), a number of seconds or a date in any
 * of the three formats of section 5.6.7: until when it asks for quiet, at most
 * IMP_RETRY_AFTER_MAX_US from now. 0 where it asks for nothing, because the moment has passed or
 * the text is neither. */
gint64 imp_retry_after_us(const char *text, gint64 now_us);
