#pragma once

#include "daemon/site/folder.h"
#include "daemon/site/options.h"
#include "daemon/verbs/view/reader.h"

/* What readers and editors see: the ledger as a folder of files that any web server can serve
 * (imprimatur-site(7)). */

/* Brings the folder to what the reader shows at `now_us`. Fails with IMP_SITE_ERROR, and whatever
 * the ledger and the file system have; what is written by then stands, and the next export goes on.
 */
bool imp_site_export(ImpReader *reader, const ImpSiteOptions *options, gint64 now_us,
                     ImpSiteResult *result, GError **error);

/* Compares a folder with what would be written into it, and writes nothing. Returns what is wrong
 * (of char*: "NAME: what"), freed with the array: pages that claim more than the ledger proves, and
 * other differences. */
GPtrArray *imp_site_check(ImpReader *reader, const ImpSiteOptions *options, gint64 now_us,
                          GError **error);

/* The states of all articles for a site generator: *data becomes one JSON object keyed as `kind`
 * names pages (hugo, jekyll, eleventy, astro, map), for the caller to free; NULL for another kind.
 */
bool imp_site_data(ImpReader *reader, const ImpSiteOptions *options, const char *kind,
                   gint64 now_us, char **data, GError **error);
