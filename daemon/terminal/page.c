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
