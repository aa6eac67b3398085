#include "workflow/base/fault.h"

bool imp_fault_reword(GError **error, GQuark domain, int code, const char *format, ...)
{
    if (!error || !*error)
        return false;
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *before = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_prefix_error(error, "%s: ", before);
    (*error)->domain = domain;
    (*error)->code = code;
    return false;
}
