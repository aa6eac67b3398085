#include "daemon/terminal/output.h"

#include <errno.h>
#include <unistd.h>

/* A terminal is written line by line, everything else in blocks of BUFSIZ, as stdio does itself. */

static ssize_t write_all(void *cookie, const char *bytes, size_t size)
{
    ImpOutput *output = cookie;
    for (size_t done = 0; done < size;) {
        ssize_t count = write(STDOUT_FILENO, bytes + done, size - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0) {
            output->fault = output->fault ? output->fault : errno;
            return 0;
        }
        done += (size_t)count;
    }
    return (ssize_t)size;
}

void imp_output_begin(ImpOutput *output)
{
    *output = (ImpOutput){.before = stdout};
    FILE *own = fopencookie(output, "w", (cookie_io_functions_t){.write = write_all});
    if (!own)
        return;
    setvbuf(own, NULL, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF, BUFSIZ);
    stdout = own;
}

bool imp_output_end(ImpOutput *output, GError **error)
{
    bool written = fflush(stdout) == 0 && !ferror(stdout);
    int fault = output->fault ? output->fault : errno;
    if (stdout != output->before)
        fclose(stdout);
    stdout = output->before;
    if (!written)
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(fault),
                    "standard output: %s", g_strerror(fault));
    return written;
}
