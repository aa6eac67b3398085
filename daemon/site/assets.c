#include "daemon/site/assets.h"
#include "daemon/site/article.h"
#include "daemon/site/captions.h"
#include "daemon/site/names.h"
#include "daemon/site/page.h"
#include "workflow/base/json_write.h"

#include <string.h>

/* The same script under a name that means these bytes for ever, for other sites. */
#define SCRIPT "imprimatur-" IMP_VERSION ".js"

/* The files that are the same for every site: they stand in the program as they are. */
#define FILE_IN_PROGRAM(symbol, path)                                                              \
    __asm__(".section .rodata\n"                                                                   \
            ".global " #symbol "\n" #symbol ":\n"                                                  \
            ".incbin \"" path "\"\n"                                                               \
            ".byte 0\n"                                                                            \
            ".previous\n");                                                                        \
    extern const char symbol[]

FILE_IN_PROGRAM(imp_asset_css, "daemon/site/imprimatur.css");
FILE_IN_PROGRAM(imp_asset_editors_css, "daemon/site/editors.css");
FILE_IN_PROGRAM(imp_asset_js, "daemon/site/imprimatur.js");

/* What an include shows where an article's fragment is missing. */
static bool put_pending(ImpSite *site, GError **error)
{
    const char *language = imp_site_language(site);
    const char *caution = imp_caption(language, "Pending human review: exercise caution.");
    char *text =
        g_strdup_printf("<div class=\"imprimatur-status\" lang=\"%s\"><div "
                        "class=\"imprimatur-caution\" role=\"note\" aria-label=\"%s\"><p><strong>%s"
                        "</strong></p></div></div>\n",
                        language, imp_caption(language, "Caution"), caution);
    return imp_site_put(site, "s/pending.html", text, error);
}

/* The integrity of the script, as an element that loads it can demand it (W3C Subresource
 * Integrity). */
static bool put_integrity(ImpSite *site, GError **error)
{
    guint8 digest[48];
    gsize length = sizeof digest;
    g_autoptr(GChecksum) hash = g_checksum_new(G_CHECKSUM_SHA384);
    g_checksum_update(hash, (const guchar *)imp_asset_js, -1);
    g_checksum_get_digest(hash, digest, &length);
    g_autofree char *base64 = g_base64_encode(digest, length);
    g_autofree char *integrity = g_strconcat("sha384-", base64, NULL);
    g_autoptr(json_t) object = json_object();
    imp_json_set_text(object, "script", SCRIPT);
    imp_json_set_text(object, "integrity", integrity);
    g_autofree char *line = imp_json_dump_line(object);
    return imp_site_put(site, "data/embed.json", g_strconcat(line, "\n", NULL), error);
}

bool imp_site_put_assets(ImpSite *site, GError **error)
{
    char *style = g_strconcat(imp_asset_css,
                              site->options->view == IMP_SITE_EDITORS ? imp_asset_editors_css : "",
                              site->options->style ? site->options->style : "", NULL);
    return imp_site_put(site, "imprimatur.css", style, error) &&
           imp_site_put(site, "imprimatur.js", g_strdup(imp_asset_js), error) &&
           imp_site_put(site, SCRIPT, g_strdup(imp_asset_js), error) &&
           put_integrity(site, error) && put_pending(site, error);
}

char *imp_site_assets(void)
{
    return g_strconcat(imp_asset_css, imp_asset_editors_css, imp_asset_js, NULL);
}
