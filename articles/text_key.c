#include "articles/text_key.h"

#include <string.h>

guint64 imp_path_key_add(guint64 key, const char *more, gsize length)
{
    for (gsize i = 0; i < length; i++)
        key = (key ^ (guint8)more[i]) * G_GUINT64_CONSTANT(1099511628211);
    return key;
}

guint64 imp_path_key(const char *path, gsize length)
{
    return imp_path_key_add(G_GUINT64_CONSTANT(14695981039346656037), path, length);
}

guint64 imp_text_key_of_bytes(const unsigned char *id)
{
    guint64 key;
    memcpy(&key, id, sizeof key);
    return GUINT64_FROM_BE(key);
}

guint64 imp_text_key(const char *hex)
{
    guint64 key = 0;
    for (gsize i = 0; i < 2 * sizeof key; i++)
        key = key << 4 | (guint64)g_ascii_xdigit_value(hex[i]);
    return key;
}
