#include "workflow/text_finding.h"

static void finding_free(gpointer data)
{
    ImpTextFinding *finding = data;
    g_free(finding->text);
    g_free(finding);
}

GPtrArray *imp_text_findings_new(void)
{
    return g_ptr_array_new_with_free_func(finding_free);
}

void imp_text_finding_add(GPtrArray *findings, guint line, bool is_error, const char *format, ...)
{
    ImpTextFinding *finding = g_new0(ImpTextFinding, 1);
    va_list arguments;
    va_start(arguments, format);
    finding->text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    finding->line = line;
    finding->is_error = is_error;
    g_ptr_array_add(findings, finding);
}

static int by_line(gconstpointer a, gconstpointer b)
{
    guint one = (*(const ImpTextFinding *const *)a)->line,
          other = (*(const ImpTextFinding *const *)b)->line;
    return one < other ? -1 : one > other;
}

void imp_text_findings_sort(GPtrArray *findings)
{
    g_ptr_array_sort(findings, by_line); /* which is stable */
}
