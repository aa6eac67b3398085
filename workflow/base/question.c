#include "workflow/base/question.h"
#include "workflow/base/limits.h"

#define NEXT_LINE 0x85

static bool ends_line(gunichar c, GUnicodeType type)
{
    return c == '\n' || c == '\r' || c == NEXT_LINE || type == G_UNICODE_LINE_SEPARATOR ||
           type == G_UNICODE_PARAGRAPH_SEPARATOR;
}

char *imp_question_clean(const char *text, ImpQuestionFlaw *flaw)
{
    *flaw = IMP_QUESTION_UNREADABLE;
    if (!g_utf8_validate(text, -1, NULL))
        return NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    for (const char *at = text; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        GUnicodeType type = g_unichar_type(c);
        if (c == '\r' && at[1] == '\n')
            continue;
        if (ends_line(c, type))
            g_string_append_c(out, '\n');
        else if (c == '\t' || (type != G_UNICODE_CONTROL && type != G_UNICODE_FORMAT))
            g_string_append_unichar(out, c);
    }
    g_strstrip(out->str);
    *flaw = !*out->str                                                  ? IMP_QUESTION_EMPTY
            : g_utf8_strlen(out->str, -1) > IMP_QUESTION_MAX_CHARACTERS ? IMP_QUESTION_LONG
                                                                        : IMP_QUESTION_FINE;
    return *flaw ? NULL : g_strdup(out->str);
}
