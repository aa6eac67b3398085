#pragma once

#include <glib.h>
#include <stdbool.h>

/* Addresses in articles: where a link or an image leads. */

typedef enum {
    IMP_ADDRESS_REFUSED, /* another scheme, or none that is understood */
    IMP_ADDRESS_WEB,     /* http or https */
    IMP_ADDRESS_MAIL,    /* mailto */
    IMP_ADDRESS_PLACE,   /* "#place" in the same text */
    IMP_ADDRESS_LOCAL,   /* relative: another file */
} ImpAddressKind;

/* Looks at an address as it was written (RFC 3986, section 4.1). In `href` (unless refused) the
 * same in ASCII, whatever is not a character of an address percent-encoded, which the caller frees;
 * what begins with "//" becomes https. */
ImpAddressKind imp_address_read(const char *address, char **href);

/* The path in the repository that a local `href` names in the article at `article`; a leading "/"
 * is the repository's root. NULL where it leaves the repository, is empty, or is not a path that
 * one would publish (control characters, invalid UTF-8). The caller frees. */
char *imp_address_resolve(const char *href, const char *article);

/* Whether a path ends like a picture that a page may show: png, jpg, jpeg, gif, webp, svg. */
bool imp_path_is_picture(const char *path);
