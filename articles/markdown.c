#include "articles/markdown.h"
#include "workflow/base/text.h"

#include <string.h>

#define INDENT_MAX 3

bool imp_unindent(const char **text, gsize *length)
{
    guint spaces = 0;
    while (*length > 0 && **text == ' ') {
        (*text)++;
        (*length)--;
        spaces++;
    }
    return spaces <= INDENT_MAX && !(*length > 0 && **text == '\t');
}

bool imp_fence_takes(ImpFence *fence, const char *text, gsize length)
{
    gsize run = 0;
    if (length > 0 && (*text == '`' || *text == '~'))
        while (run < length && text[run] == *text)
            run++;
    if (!fence->mark) {
        if (run < 3 || (*text == '`' && memchr(text + run, '`', length - run)))
            return false;
        *fence = (ImpFence){*text, run};
        return true;
    }
    if (run >= fence->length && *text == fence->mark && imp_line_is_blank(text + run, length - run))
        *fence = (ImpFence){0};
    return true;
}
