#pragma once

/* The arrows of the pipeline, by name, at which a test may have the process killed. When
 * $IMPRIMATUR_CRASH_AT is `name`, this does not return: the process ends as by kill -9. */
void imp_crash_point(const char *name);
