#include "workflow/base/hex.h"

void imp_hex_write(const guint8 *bytes, gsize length, char *hex)
{
    static const char digits[] = "0123456789abcdef";
    for (gsize i = 0; i < length; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 0xf];
    }
    hex[2 * length] = '\0';
}

void imp_hex_read(const char *hex, gsize length, guint8 *bytes)
{
    for (gsize i = 0; i < length; i++)
        bytes[i] =
            (guint8)(g_ascii_xdigit_value(hex[2 * i]) << 4 | g_ascii_xdigit_value(hex[2 * i + 1]));
}
