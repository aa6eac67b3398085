#pragma once

/* Exit statuses of both programs (imprimatur(1), EXIT STATUS), which a daemon's answers to requests
 * carry too. */
enum {
    IMP_EXIT_DONE = 0,
    IMP_EXIT_NO = 1, /* failed, or the answer is no */
    IMP_EXIT_USAGE = 2,
    IMP_EXIT_CONFIGURATION = 3, /* or the policy */
    IMP_EXIT_AGAIN = 75,        /* try again: EX_TEMPFAIL of sysexits(3) */
    IMP_EXIT_SIGNAL = 128,      /* and the number of the signal that ended it, as shells say it */
};
