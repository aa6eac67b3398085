#include "daemon/site/descriptor.h"

#include <errno.h>
#include <unistd.h>

#define COPY_BYTES ((gsize)256 << 10)

gssize imp_descriptor_read_at(int fd, char *bytes, gsize length, gsize offset)
{
    gsize there = 0;
    while (there < length) {
        ssize_t count = pread(fd, bytes + there, length - there, (off_t)(offset + there));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -1;
        if (count == 0)
            break;
        there += (gsize)count;
    }
    return (gssize)there;
}

GBytes *imp_descriptor_read(int fd, gsize size)
{
    g_autofree char *bytes = g_malloc(size + 1);
    gssize there = imp_descriptor_read_at(fd, bytes, size, 0);
    return there == (gssize)size ? g_bytes_new_take(g_steal_pointer(&bytes), size) : NULL;
}

bool imp_descriptor_write(int fd, const char *bytes, gsize length)
{
    while (length > 0) {
        ssize_t count = write(fd, bytes, length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return false;
        bytes += count;
        length -= (gsize)count;
    }
    return true;
}

/* Through this process's memory. */
static bool copy_by_hand(int from, gsize offset, int to, gsize length)
{
    g_autofree char *bytes = g_malloc(MIN(length, COPY_BYTES) + 1);
    while (length > 0) {
        gsize wanted = MIN(length, COPY_BYTES);
        gssize count = imp_descriptor_read_at(from, bytes, wanted, offset);
        if (count >= 0 && (gsize)count < wanted)
            errno = EIO;
        if (count < 0 || (gsize)count < wanted || !imp_descriptor_write(to, bytes, wanted))
            return false;
        offset += wanted;
        length -= wanted;
    }
    return true;
}

/* Not every file system lets the kernel copy. */
bool imp_descriptor_copy(int from, gsize offset, int to, gsize length)
{
    off64_t at = (off64_t)offset;
    while (length > 0) {
        ssize_t count = copy_file_range(from, &at, to, NULL, length, 0);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return copy_by_hand(from, (gsize)at, to, length);
        length -= (gsize)count;
    }
    return true;
}
