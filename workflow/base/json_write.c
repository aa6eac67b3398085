#include "workflow/base/json_write.h"
#include "workflow/base/moment.h"

void imp_json_set_text(json_t *object, const char *key, const char *text)
{
    json_object_set_new_nocheck(object, key, imp_json_string_or_null(text));
}

void imp_json_set_number(json_t *object, const char *key, gint64 number)
{
    json_object_set_new_nocheck(object, key, json_integer(number));
}

void imp_json_set_number_or_null(json_t *object, const char *key, gint64 number)
{
    json_object_set_new_nocheck(object, key, number ? json_integer(number) : json_null());
}

void imp_json_set_flag(json_t *object, const char *key, bool flag)
{
    json_object_set_new_nocheck(object, key, json_boolean(flag));
}

void imp_json_set_moment(json_t *object, const char *key, gint64 moment_us)
{
    g_autofree char *text = moment_us ? imp_moment_format(moment_us) : NULL;
    imp_json_set_text(object, key, text);
}
