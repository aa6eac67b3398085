#include "articles/repository.h"
#include "daemon/config.h"
#include "daemon/store.h"
#include "daemon/verb.h"
#include "daemon/workplace.h"

#include <stdarg.h>
#include <stdio.h>

/* How a program says that it failed. */

int imp_command_fail(int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("imprimatur: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return status;
}

int imp_command_fail_with(const GError *error)
{
    int status = IMP_EXIT_NO;
    if (error->domain == IMP_CONFIG_ERROR || g_error_matches(error, IMP_WORKPLACE_ERROR, IMP_WORKPLACE_ERROR_INVALID) ||
        g_error_matches(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_FOREIGN))
        status = IMP_EXIT_CONFIGURATION;
    else if (error->domain == IMP_REPOSITORY_ERROR || error->domain == IMP_STORE_ERROR ||
             g_error_matches(error, IMP_WORKPLACE_ERROR, IMP_WORKPLACE_ERROR_BUSY))
        status = IMP_EXIT_AGAIN;
    return imp_command_fail(status, "%s", error->message);
}
