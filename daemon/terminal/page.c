#include "daemon/terminal/page.h"

#include <stdio.h>
#include <stdlib.h>

struct ImpPage {
    FILE *output; /* the real one */
    FILE *memory;
    char *text;
    size_t length;
};

ImpPage *imp_page_begin(void)
{
    ImpPage *page = g_new0(ImpPage, 1);
    page->output = stdout;
    page->memory = open_memstream(&page->text, &page->length);
    if (page->memory) /* else it is written at once */
        stdout = page->memory;
    return page;
}

guint imp_page_lines(ImpPage *page)
{
    guint lines = 0;
    if (!page->memory || fflush(page->memory) != 0)
        return 0;
    for (size_t i = 0; i < page->length; i++)
        lines += page->text[i] == '\n';
    return lines;
}

void imp_page_end(ImpPage *page)
{
    if (!page)
        return;
    stdout = page->output;
    if (page->memory) {
        fclose(page->memory);
        fwrite(page->text, 1, page->length, page->output);
        free(page->text);
    }
    g_free(page);
}
