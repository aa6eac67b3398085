#include "daemon/site/names.h"
#include "daemon/site/work.h"

#include <string.h>

/* The files that are the same for every site: they stand in the program as they are. */
#define FILE_IN_PROGRAM(symbol, path)                                                              \
    __asm__(".section .rodata\n"                                                                   \
            ".global " #symbol "\n" #symbol ":\n"                                                  \
            ".incbin \"" path "\"\n"                                                               \
            ".byte 0\n"                                                                            \
            ".previous\n");                                                                        \
    extern const char symbol[]

FILE_IN_PROGRAM(imp_asset_css, "daemon/site/imprimatur.css");
FILE_IN_PROGRAM(imp_asset_js, "daemon/site/imprimatur.js");

/* What an include shows where an article's fragment is missing. */
static bool put_pending(ImpSite *site, GError **error)
{
    return imp_site_put(
        site, "s/pending.html",
        g_strdup("<div class=\"imprimatur-status\"><div class=\"imprimatur-caution\" "
                 "role=\"note\" aria-label=\"Caution\"><p><strong>Pending human "
                 "review: exercise caution.</strong></p></div></div>\n"),
        error);
}

bool imp_site_put_assets(ImpSite *site, GError **error)
{
    char *style =
        g_strconcat(imp_asset_css, site->options->style ? site->options->style : "", NULL);
    return imp_site_put(site, "imprimatur.css", style, error) &&
           imp_site_put(site, "imprimatur.js", g_strdup(imp_asset_js), error) &&
           put_pending(site, error);
}
