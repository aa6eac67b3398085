#pragma once

#include <gio/gio.h>
#include <stdbool.h>

/* The folder that a site is written into. Nothing outside of it is ever touched, whatever lies in
 * it: every name is looked up from the folder itself, part by part, and a symbolic link is followed
 * nowhere. What is written appears whole, under its name, or not at all. */

/* The mark by which a folder is known as a site's. */
#define IMP_SITE_MARK ".imprimatur-site"
/* What it is made of, in a folder of its own. */
#define IMP_SITE_PARTS ".imprimatur-site.d"

typedef struct ImpSiteFolder ImpSiteFolder;

#define IMP_SITE_ERROR (imp_site_error_quark())
GQuark imp_site_error_quark(void);
typedef enum {
    IMP_SITE_ERROR_FOREIGN, /* the folder holds something and no mark, or something in it is in the
                               way */
    IMP_SITE_ERROR_BUSY,    /* another exporter writes into it */
    IMP_SITE_ERROR_FAILED,
} ImpSiteError;

/* Opens `directory`, which is made where it is not there, and keeps other exporters out. With
 * `read_only` it has to be there with its mark, and nobody is kept out. */
ImpSiteFolder *imp_site_folder_open(const char *directory, bool read_only, GError **error);
void imp_site_folder_free(ImpSiteFolder *folder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpSiteFolder, imp_site_folder_free)

/* Reads a file of the folder; *bytes is NULL where there is no regular file, or one of more than
 * `max_bytes`. */
bool imp_site_folder_read(ImpSiteFolder *folder, const char *name, gsize max_bytes, GBytes **bytes,
                          GError **error);

/* Puts a file there, of mode 0644, unless it is there with the same bytes: then it is left alone
 * with its time. `name` is relative, of parts that are neither empty, "." nor "..". */
bool imp_site_folder_write(ImpSiteFolder *folder, const char *name, const char *bytes, gsize length,
                           GError **error);

/* Takes a file away, and the folders that are empty then. Nothing there is no error. */
bool imp_site_folder_remove(ImpSiteFolder *folder, const char *name, GError **error);

/* Takes the files of the folder `name` away that the set `names` does not have. */
bool imp_site_folder_keep(ImpSiteFolder *folder, const char *name, GHashTable *names,
                          GError **error);

/* Whether a regular file is there, has `size` bytes, and was not touched since the mark was
 * written, whatever its time says. */
bool imp_site_folder_is_untouched(ImpSiteFolder *folder, const char *name, gsize size);

/* For writing a file piece by piece (daemon/site/splice.h): a descriptor of the file as it is, or
 * -1; one of what becomes it; and the moment at which that happens. */
int imp_site_folder_open_file(ImpSiteFolder *folder, const char *name);
int imp_site_folder_begin(ImpSiteFolder *folder, const char *name, GError **error);
bool imp_site_folder_end(ImpSiteFolder *folder, const char *name, GError **error);
/* Sets the error for a file from errno, and returns false. */
bool imp_site_folder_fail(const ImpSiteFolder *folder, const char *name, GError **error);

/* How many files were written, and taken away. */
guint imp_site_folder_written(const ImpSiteFolder *folder);
guint imp_site_folder_removed(const ImpSiteFolder *folder);
