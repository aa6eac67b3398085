#pragma once

#include "daemon/site/folder.h"

/* Writes a large file of the folder of which most is as it was, from pieces in their order: new
 * bytes, and ranges of the file as it is. Nothing is written while they only repeat that. */

typedef struct ImpSiteSplice ImpSiteSplice;

ImpSiteSplice *imp_site_splice_new(ImpSiteFolder *folder, const char *name);
/* Gives up what is not finished. */
void imp_site_splice_free(ImpSiteSplice *splice);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpSiteSplice, imp_site_splice_free)

/* False with an error for a fault, which is the folder's. */
bool imp_site_splice_add(ImpSiteSplice *splice, const char *bytes, gsize length, GError **error);
/* `length` bytes from `offset` on, which have to be there. */
bool imp_site_splice_copy(ImpSiteSplice *splice, gsize offset, gsize length, GError **error);
/* Puts the file under its name, as imp_site_folder_write() does. */
bool imp_site_splice_finish(ImpSiteSplice *splice, GError **error);
