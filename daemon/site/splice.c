#include "daemon/site/splice.h"
#include "daemon/site/descriptor.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct ImpSiteSplice {
    ImpSiteFolder *folder;
    char *name;
    int before, after;  /* the file as it is, and as it will be; -1: there is none (yet) */
    gsize size;         /* of what it is */
    gsize same;         /* while there is no `after`: how much is as it was */
    gsize from, wanted; /* a range that is still to be copied */
};

ImpSiteSplice *imp_site_splice_new(ImpSiteFolder *folder, const char *name)
{
    ImpSiteSplice *splice = g_new0(ImpSiteSplice, 1);
    struct stat status;
    splice->folder = folder;
    splice->name = g_strdup(name);
    splice->before = imp_site_folder_open_file(folder, name);
    splice->after = -1;
    if (splice->before >= 0 && fstat(splice->before, &status) == 0)
        splice->size = (gsize)status.st_size;
    return splice;
}

void imp_site_splice_free(ImpSiteSplice *splice)
{
    if (!splice)
        return;
    if (splice->before >= 0)
        close(splice->before);
    if (splice->after >= 0)
        close(splice->after);
    g_free(splice->name);
    g_free(splice);
}

/* Neighbouring ranges are copied at once. */
static bool copy_wanted(ImpSiteSplice *splice, GError **error)
{
    gsize length = splice->wanted;
    splice->wanted = 0;
    return length == 0 ||
           imp_descriptor_copy(splice->before, splice->from, splice->after, length) ||
           imp_site_folder_fail(splice->folder, splice->name, error);
}

/* From here on it is another file. */
static bool begin(ImpSiteSplice *splice, GError **error)
{
    splice->after = imp_site_folder_begin(splice->folder, splice->name, error);
    splice->from = 0;
    splice->wanted = splice->same;
    return splice->after >= 0;
}

static bool is_as_before(const ImpSiteSplice *splice, const char *bytes, gsize length)
{
    if (splice->before < 0 || length > splice->size - splice->same)
        return false;
    g_autofree char *there = g_malloc(length + 1);
    return imp_descriptor_read_at(splice->before, there, length, splice->same) == (gssize)length &&
           memcmp(there, bytes, length) == 0;
}

bool imp_site_splice_add(ImpSiteSplice *splice, const char *bytes, gsize length, GError **error)
{
    if (splice->after < 0 && is_as_before(splice, bytes, length)) {
        splice->same += length;
        return true;
    }
    if ((splice->after < 0 && !begin(splice, error)) || !copy_wanted(splice, error))
        return false;
    return imp_descriptor_write(splice->after, bytes, length) ||
           imp_site_folder_fail(splice->folder, splice->name, error);
}

bool imp_site_splice_copy(ImpSiteSplice *splice, gsize offset, gsize length, GError **error)
{
    if (splice->after < 0 && offset == splice->same) {
        splice->same += length;
        return true;
    }
    if (splice->after < 0 && !begin(splice, error))
        return false;
    if (splice->wanted > 0 && splice->from + splice->wanted == offset) {
        splice->wanted += length;
        return true;
    }
    if (!copy_wanted(splice, error))
        return false;
    splice->from = offset;
    splice->wanted = length;
    return true;
}

bool imp_site_splice_finish(ImpSiteSplice *splice, GError **error)
{
    if (splice->after < 0 && splice->before >= 0 && splice->same == splice->size)
        return true;
    return (splice->after >= 0 || begin(splice, error)) && copy_wanted(splice, error) &&
           imp_site_folder_end(splice->folder, splice->name, error);
}
