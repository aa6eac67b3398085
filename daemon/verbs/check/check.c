#include "daemon/verbs/check/check.h"
#include "articles/citations.h"
#include "articles/document_check.h"
#include "daemon/terminal/print.h"
#include "workflow/base/json_write.h"
#include "workflow/base/quote.h"

#include <stdio.h>
#include <string.h>

static const char *const severity_words[] = {
    [IMP_SEVERITY_NOTE] = "note",
    [IMP_SEVERITY_WARNING] = "warning",
    [IMP_SEVERITY_ERROR] = "error",
};

static void print_for_people(ImpSeverity severity, const char *file, guint line,
                             const char *message)
{
    g_autofree char *shown = imp_print_path(file);
    g_autofree char *place = line ? g_strdup_printf("%s:%u", shown, line) : g_strdup(shown);
    g_auto(GStrv) lines = g_strsplit(message, "\n", -1);
    for (char **at = lines; *at; at++) {
        g_autofree char *clean = imp_print_clean(*at);
        g_autofree char *first =
            g_strdup_printf("%s: %s: %s", place, severity_words[severity], clean);
        if (at == lines) /* others are to be copied, and stay one line each */
            imp_print_line(first);
        else
            printf("    %s\n", clean);
    }
}

static void print_for_programs(ImpSeverity severity, const char *file, guint line,
                               const char *message)
{
    g_autofree char *path = g_utf8_validate(file, -1, NULL) ? g_strdup(file) : imp_path_quote(file);
    g_autoptr(json_t) object = json_object();
    imp_json_set_number(object, "schema", 1);
    imp_json_set_text(object, "file", path);
    imp_json_set_number_or_null(object, "line", line);
    imp_json_set_text(object, "severity", severity_words[severity]);
    imp_json_set_text(object, "message", message);
    imp_print_json(object);
}

void imp_check_report(ImpCheck *check, ImpSeverity severity, const char *file, guint line,
                      const char *message)
{
    check->counts[severity]++;
    (check->json ? print_for_programs : print_for_people)(severity, file, line, message);
}

/* "FILE:LINE: REST"; the first place that looks so. */
static const char *split_place(const char *sentence, char **file, guint *line)
{
    for (const char *colon = strchr(sentence, ':'); colon; colon = strchr(colon + 1, ':')) {
        gsize digits = strspn(colon + 1, "0123456789");
        if (digits == 0 || digits > 9 || !g_str_has_prefix(colon + 1 + digits, ": "))
            continue;
        *file = g_strndup(sentence, (gsize)(colon - sentence));
        *line = (guint)g_ascii_strtoull(colon + 1, NULL, 10);
        return colon + 1 + digits + 2;
    }
    return NULL;
}

void imp_check_report_sentence(ImpCheck *check, ImpSeverity severity, const char *file,
                               const char *sentence)
{
    g_autofree char *named = NULL;
    guint line = 0;
    const char *message = split_place(sentence, &named, &line);
    if (!message && g_str_has_prefix(sentence, file) &&
        g_str_has_prefix(sentence + strlen(file), ": "))
        message = sentence + strlen(file) + 2;
    if (!message && g_str_has_prefix(sentence, ".imprimatur/")) {
        gsize length = strcspn(sentence, ": ");
        named = g_strndup(sentence, length);
        message = sentence + length + strspn(sentence + length, ": ");
    }
    imp_check_report(check, severity, named ? named : file, line, message ? message : sentence);
}

/* Articles */

/* The sentence about a problem says its line in words: "Line 3: ...", "Front matter, line 3: ...".
 */
static void report_problem(ImpCheck *check, const char *path, const char *sentence)
{
    static const char *const beginnings[] = {"Line ", "Front matter, line "};
    guint64 line = 0;
    const char *rest = sentence;
    for (gsize i = 0; i < G_N_ELEMENTS(beginnings) && !line; i++) {
        char *end = NULL;
        if (g_str_has_prefix(sentence, beginnings[i]))
            line = g_ascii_strtoull(sentence + strlen(beginnings[i]), &end, 10);
        if (line && g_str_has_prefix(end, ": "))
            rest = end + 2;
    }
    gsize length = strlen(rest);
    g_autofree char *message = g_strndup(rest, g_str_has_suffix(rest, ".") ? length - 1 : length);
    imp_check_report(check, IMP_SEVERITY_ERROR, path, (guint)line, message);
}

static void report_findings(ImpCheck *check, const char *path, GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        const ImpTextFinding *finding = findings->pdata[i];
        imp_check_report(check, finding->is_error ? IMP_SEVERITY_ERROR : IMP_SEVERITY_WARNING, path,
                         finding->line, finding->text);
    }
}

static void check_keys(ImpCheck *check, const char *path, const ImpDocument *document)
{
    for (guint i = 0; i < document->keys->len; i++) {
        const ImpFrontMatterKey *key = document->keys->pdata[i];
        g_autofree char *message = NULL;
        if (key->kind == IMP_KEY_IGNORED)
            message = g_strdup_printf(
                "%s in front matter is ignored, since anybody can type it; take it out", key->name);
        else if (key->kind == IMP_KEY_ODD)
            message = g_strdup_printf("%s is a list or a mapping, and is not read; write a text",
                                      key->name);
        if (message)
            imp_check_report(check, IMP_SEVERITY_WARNING, path, key->line, message);
    }
}

static guint year_of(gint64 moment_us)
{
    return imp_moment_day(moment_us) / 10000;
}

static void check_references(ImpCheck *check, const char *path, const ImpDocument *document,
                             const char *text, gsize length)
{
    g_autoptr(GPtrArray) citations =
        imp_citations_find(text + document->body, length - document->body, document->body_line);
    g_autoptr(GPtrArray) unseen =
        document->nocite
            ? imp_citations_find(document->nocite, strlen(document->nocite), document->nocite_line)
            : NULL;
    if (unseen)
        g_ptr_array_extend_and_steal(citations, g_steal_pointer(&unseen));
    g_autoptr(GPtrArray) findings = imp_references_check(
        document->references, citations, imp_document_key_line(document, "bibliography") > 0,
        year_of(check->now_us));
    report_findings(check, path, findings);
    (*(document->references ? &check->with_references : &check->without_references))++;
    for (guint i = 0; i < citations->len && !document->references; i++) {
        const ImpCitation *citation = citations->pdata[i];
        if (!citation->in_brackets || citation->in_link)
            continue;
        check->citing_without++;
        break;
    }
}

void imp_check_text(ImpCheck *check, const char *path, const ImpDocument *document,
                    const char *text, gsize length)
{
    if (document->problem)
        report_problem(check, path, document->detail);
    check_keys(check, path, document);
    g_autoptr(GPtrArray) findings = imp_document_check(document, text, length);
    report_findings(check, path, findings);
    if (!document->problem)
        check_references(check, path, document, text, length);
}
