#pragma once

#include <glib.h>
#include <stdbool.h>

/* How many certificates the PEM text holds (RFC 7468, section 5); 0: none, or one of them is
 * broken. What stands between them is left alone. */
guint imp_certificates_count(const char *pem, gsize length);
