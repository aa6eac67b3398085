#include "workflow/reference.h"

#include <string.h>

/* What makes a reader unable to find a source is an error: a citation of nothing, an identifier
 * that cannot be one. What an editor would ask about is a warning. */

#define DOI_REGISTRANT_DIGITS_MIN 4
#define PMID_DIGITS_MAX           8
#define PMCID_DIGITS_MAX          9
#define YEAR_DIGITS               4

static const struct {
    const char *name;
    bool is_error; /* a value that is not well-formed */
} keys[IMP_REFERENCE_KEYS] = {
    [IMP_REFERENCE_ID] = {"id", true},
    [IMP_REFERENCE_TYPE] = {"type", false},
    [IMP_REFERENCE_TITLE] = {"title", false},
    [IMP_REFERENCE_CONTAINER] = {"container-title", false},
    [IMP_REFERENCE_PUBLISHER] = {"publisher", false},
    [IMP_REFERENCE_GENRE] = {"genre", false},
    [IMP_REFERENCE_ISSUED] = {"issued", false},
    [IMP_REFERENCE_DOI] = {"DOI", true},
    [IMP_REFERENCE_PMID] = {"PMID", true},
    [IMP_REFERENCE_PMCID] = {"PMCID", true},
    [IMP_REFERENCE_ISSN] = {"ISSN", false},
    [IMP_REFERENCE_ISBN] = {"ISBN", false},
    [IMP_REFERENCE_URL] = {"URL", false},
};

/* The types of CSL 1.0.2, appendix III; which of them can be evidence, and what a reader is told.
 */
typedef struct {
    const char *name;
    bool is_evidence;
    const char *kind;
} Type;

static const Type types[] = {
    {"article", true, "Research"},
    {"article-journal", true, "Research"},
    {"article-magazine", false, "Press"},
    {"article-newspaper", false, "Press"},
    {"bill", false, "Law"},
    {"book", false, "Book"},
    {"broadcast", false, NULL},
    {"chapter", false, "Book"},
    {"classic", false, NULL},
    {"collection", false, NULL},
    {"dataset", true, "Data"},
    {"document", false, NULL},
    {"entry", false, NULL},
    {"entry-dictionary", false, "Reference work"},
    {"entry-encyclopedia", false, "Reference work"},
    {"event", false, NULL},
    {"figure", false, NULL},
    {"graphic", false, NULL},
    {"hearing", false, NULL},
    {"interview", false, NULL},
    {"legal_case", false, "Law"},
    {"legislation", false, "Law"},
    {"manuscript", false, "Manuscript"},
    {"map", false, NULL},
    {"motion_picture", false, NULL},
    {"musical_score", false, NULL},
    {"pamphlet", false, "Leaflet"},
    {"paper-conference", true, "Research"},
    {"patent", false, "Patent"},
    {"performance", false, NULL},
    {"periodical", false, NULL},
    {"personal_communication", false, "Personal communication"},
    {"post", false, "Web page"},
    {"post-weblog", false, "Web page"},
    {"regulation", false, "Law"},
    {"report", true, "Report"},
    {"review", true, "Research"},
    {"review-book", false, NULL},
    {"software", false, "Software"},
    {"song", false, NULL},
    {"speech", false, NULL},
    {"standard", true, "Standard"},
    {"thesis", true, "Research"},
    {"treaty", false, "Law"},
    {"webpage", false, "Web page"},
};

ImpReference *imp_reference_new(guint line)
{
    ImpReference *reference = g_new0(ImpReference, 1);
    reference->line = line;
    return reference;
}

void imp_reference_free(ImpReference *reference)
{
    if (!reference)
        return;
    for (int key = 0; key < IMP_REFERENCE_KEYS; key++)
        g_free(reference->values[key].text);
    g_free(reference->misspelled);
    g_free(reference);
}

bool imp_reference_key_from(const char *name, ImpReferenceKey *key, bool *but_for_case)
{
    *but_for_case = false;
    for (guint i = 0; i < IMP_REFERENCE_KEYS; i++) {
        if (strcmp(keys[i].name, name) == 0) {
            *key = i;
            return true;
        }
        *but_for_case = *but_for_case || g_ascii_strcasecmp(keys[i].name, name) == 0;
    }
    return false;
}

ImpCitation *imp_citation_new(const char *id, gsize length, guint line)
{
    ImpCitation *citation = g_new0(ImpCitation, 1);
    citation->id = g_strndup(id, length);
    citation->line = line;
    return citation;
}

void imp_citation_free(gpointer data)
{
    ImpCitation *citation = data;
    g_free(citation->id);
    g_free(citation);
}

/* Identifiers */

static gsize digits_at(const char *text)
{
    return strspn(text, "0123456789");
}

static const char *doi_fault(const char *text)
{
    if (!g_str_has_prefix(text, "10."))
        return strstr(text, "10.") ? "is more than a DOI; write it alone, from \"10.\" on"
                                   : "is not a DOI, which begins with \"10.\"";
    const char *at = text + strlen("10.");
    gsize digits = digits_at(at);
    if (digits < DOI_REGISTRANT_DIGITS_MIN)
        return "is not a DOI, whose \"10.\" is followed by four digits or more";
    for (at += digits; *at == '.' && digits_at(at + 1) > 0;)
        at += 1 + digits_at(at + 1);
    if (*at != '/' || !at[1])
        return "is not a DOI, which has a \"/\" and a name after the registrant's digits";
    for (; *at; at = g_utf8_next_char(at))
        if (!g_unichar_isgraph(g_utf8_get_char(at)))
            return "is not a DOI, which has no blanks and no control characters";
    return NULL;
}

static bool is_number(const char *text, gsize most)
{
    gsize digits = digits_at(text);
    return digits > 0 && digits <= most && text[digits] == '\0' && text[0] != '0';
}

static const char *pmid_fault(const char *text)
{
    return is_number(text, PMID_DIGITS_MAX)
               ? NULL
               : "is not a PubMed number, which is one to eight digits";
}

static const char *pmcid_fault(const char *text)
{
    return g_str_has_prefix(text, "PMC") && is_number(text + strlen("PMC"), PMCID_DIGITS_MAX)
               ? NULL
               : "is not a PubMed Central number, which is \"PMC\" and digits";
}

/* The sum of digits by weights that fall by one to 1, an X at the end being 10; -1 if there is
 * anything else. */
static int weighted_sum(const char *digits, gsize length)
{
    int sum = 0;
    for (gsize i = 0; i < length; i++) {
        bool ten = i + 1 == length && (digits[i] == 'X' || digits[i] == 'x');
        if (!ten && !g_ascii_isdigit(digits[i]))
            return -1;
        sum += (ten ? 10 : digits[i] - '0') * (int)(length - i);
    }
    return sum;
}

static const char *one_issn_fault(const char *text)
{
    if (strlen(text) != strlen("1234-5679") || text[4] != '-')
        return "is not an ISSN, which looks like 1234-5679";
    g_autofree char *digits = g_strdup_printf("%.4s%s", text, text + 5);
    int sum = weighted_sum(digits, strlen(digits));
    return sum >= 0 && sum % 11 == 0 ? NULL
                                     : "is not an ISSN: its last digit does not fit the others";
}

static bool is_isbn_13(const char *digits)
{
    int sum = 0;
    for (int i = 0; i < 13; i++) {
        if (!g_ascii_isdigit(digits[i]))
            return false;
        sum += (digits[i] - '0') * (i % 2 ? 3 : 1);
    }
    return sum % 10 == 0;
}

static const char *one_isbn_fault(const char *text)
{
    g_autoptr(GString) digits = g_string_new(NULL);
    for (const char *at = text; *at; at++)
        if (*at != '-' && *at != ' ')
            g_string_append_c(digits, *at);
    if (digits->len != 10 && digits->len != 13)
        return "is not an ISBN, which has 10 or 13 digits";
    int sum = digits->len == 10 ? weighted_sum(digits->str, 10) : -1;
    bool fits = digits->len == 13 ? is_isbn_13(digits->str) : sum >= 0 && sum % 11 == 0;
    return fits ? NULL : "is not an ISBN: its last digit does not fit the others";
}

/* The first fault among several in one field, as Zotero exports those of print and online editions;
 * `marks` part them. */
static const char *list_fault(const char *text, const char *marks,
                              const char *(*one_fault)(const char *))
{
    const char *fault = NULL;
    bool any = false;
    g_auto(GStrv) each = g_strsplit_set(text, marks, -1);
    for (char **one = each; *one && !fault; one++) {
        any = any || **one;
        fault = **one ? one_fault(*one) : NULL;
    }
    return any ? fault : one_fault(text);
}

static const char *issn_fault(const char *text)
{
    return list_fault(text, ",; ", one_issn_fault);
}

/* The digits of one ISBN may be grouped by blanks. */
static const char *isbn_fault(const char *text)
{
    const char *fault = list_fault(text, ",;", one_isbn_fault);
    return fault && !list_fault(text, ",; ", one_isbn_fault) ? NULL : fault;
}

static const char *url_fault(const char *text)
{
    g_autoptr(GUri) uri = g_uri_parse(text, G_URI_FLAGS_NONE, NULL);
    const char *scheme = uri ? g_uri_get_scheme(uri) : NULL,
               *host = uri ? g_uri_get_host(uri) : NULL;
    bool web = scheme && (strcmp(scheme, "https") == 0 || strcmp(scheme, "http") == 0);
    return web && host && *host
               ? NULL
               : "is not an address on the web, which begins with https:// or http://";
}

const char *imp_reference_fault(ImpReferenceKey key, const char *text)
{
    static const char *(*const faults[IMP_REFERENCE_KEYS])(const char *) = {
        [IMP_REFERENCE_DOI] = doi_fault,     [IMP_REFERENCE_PMID] = pmid_fault,
        [IMP_REFERENCE_PMCID] = pmcid_fault, [IMP_REFERENCE_ISSN] = issn_fault,
        [IMP_REFERENCE_ISBN] = isbn_fault,   [IMP_REFERENCE_URL] = url_fault,
    };
    return faults[key] ? faults[key](text) : NULL;
}

/* Findings */

static const char *text_of(const ImpReference *reference, ImpReferenceKey key)
{
    const char *text = reference->values[key].text;
    return text && *text ? text : NULL;
}

/* The first run of exactly four digits, 0 if there is none. */
static guint year_in(const char *text)
{
    while (text && *text) {
        gsize digits = digits_at(text);
        if (digits == YEAR_DIGITS)
            return (guint)g_ascii_strtoull(text, NULL, 10);
        text += MAX(digits, 1);
    }
    return 0;
}

static const Type *type_of(const ImpReference *reference)
{
    const char *text = text_of(reference, IMP_REFERENCE_TYPE);
    for (gsize i = 0; text && i < G_N_ELEMENTS(types); i++)
        if (strcmp(types[i].name, text) == 0)
            return &types[i];
    return NULL;
}

static bool is_guideline(const ImpReference *reference)
{
    const char *genre = text_of(reference, IMP_REFERENCE_GENRE);
    g_autofree char *folded = genre ? g_utf8_casefold(genre, -1) : NULL;
    return folded && strstr(folded, "guideline");
}

/* Research or a guideline: by its type or genre, or because PubMed has it. */
static bool is_evidence(const ImpReference *reference)
{
    const Type *type = type_of(reference);
    return (type && type->is_evidence) || text_of(reference, IMP_REFERENCE_PMID) ||
           is_guideline(reference);
}

const char *imp_reference_kind(const ImpReference *reference)
{
    const Type *type = type_of(reference);
    if (is_guideline(reference))
        return "Guideline";
    if (type && type->kind)
        return type->kind;
    return text_of(reference, IMP_REFERENCE_PMID) ? "Research" : NULL;
}

guint imp_reference_year(const ImpReference *reference)
{
    return year_in(text_of(reference, IMP_REFERENCE_ISSUED));
}

static void check_date(GPtrArray *findings, const ImpReference *reference, const char *id,
                       guint year)
{
    guint issued = imp_reference_year(reference);
    guint line = reference->values[IMP_REFERENCE_ISSUED].line;
    if (!issued)
        imp_text_finding_add(findings, line ? line : reference->line, false,
                             "%s names no year; write \"issued: 2024\", or with month and day", id);
    else if (issued > year + 1)
        imp_text_finding_add(findings, line, false, "%s is of the year %u, which is in the future",
                             id, issued);
}

static void check_type(GPtrArray *findings, const ImpReference *reference, const char *id)
{
    const char *type = text_of(reference, IMP_REFERENCE_TYPE);
    if (!type)
        imp_text_finding_add(
            findings, reference->line, false,
            "%s has no type; write one of CSL, such as article-journal, report, book or webpage",
            id);
    else if (!type_of(reference))
        imp_text_finding_add(
            findings, reference->values[IMP_REFERENCE_TYPE].line, false,
            "%s has the type \"%s\", which CSL does not have; write article-journal, report (also "
            "for a guideline), "
            "book, webpage or another",
            id, type);
}

static void check_reference(GPtrArray *findings, const ImpReference *reference, const char *id,
                            guint year)
{
    for (int key = 0; key < IMP_REFERENCE_KEYS; key++) {
        const char *text = text_of(reference, key),
                   *fault = text ? imp_reference_fault(key, text) : NULL;
        if (fault)
            imp_text_finding_add(findings, reference->values[key].line, keys[key].is_error,
                                 "%s: %s \"%s\" %s", id, keys[key].name, text, fault);
    }
    const char *doi = text_of(reference, IMP_REFERENCE_DOI);
    if (doi && !doi_fault(doi) && strchr(".,;", doi[strlen(doi) - 1]))
        imp_text_finding_add(
            findings, reference->values[IMP_REFERENCE_DOI].line, false,
            "%s: DOI \"%s\" ends with a mark that mostly belongs to the sentence it was copied "
            "from",
            id, doi);
    if (reference->misspelled)
        imp_text_finding_add(findings, reference->line, false,
                             "%s: %s is written in other letters in CSL-JSON, and not read", id,
                             reference->misspelled);
    if (!text_of(reference, IMP_REFERENCE_TITLE))
        imp_text_finding_add(findings, reference->line, false, "%s has no title", id);
    check_type(findings, reference, id);
    check_date(findings, reference, id, year);
}

/* Whether two are one: the same id, which is an error, or the same source. */
static void check_twins(GPtrArray *findings, const ImpReference *reference, GHashTable *seen)
{
    static const ImpReferenceKey naming[] = {IMP_REFERENCE_ID, IMP_REFERENCE_DOI,
                                             IMP_REFERENCE_PMID};
    for (gsize i = 0; i < G_N_ELEMENTS(naming); i++) {
        const char *text = text_of(reference, naming[i]);
        if (!text)
            continue;
        g_autofree char *folded =
            naming[i] == IMP_REFERENCE_DOI ? g_ascii_strdown(text, -1) : g_strdup(text);
        char *key = g_strconcat(keys[naming[i]].name, " ", folded, NULL);
        const ImpReference *other = g_hash_table_lookup(seen, key);
        if (other)
            imp_text_finding_add(
                findings, reference->values[naming[i]].line, naming[i] == IMP_REFERENCE_ID,
                "%s \"%s\" is also that of the reference in line %u; %s", keys[naming[i]].name,
                text, other->line,
                naming[i] == IMP_REFERENCE_ID ? "give one another" : "is it the same source?");
        if (other)
            g_free(key);
        else
            g_hash_table_insert(seen, key, (gpointer)reference);
    }
}

static GHashTable *check_each(GPtrArray *findings, GPtrArray *references, guint year)
{
    GHashTable *ids = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    bool evidence = false;
    for (guint i = 0; i < references->len; i++) {
        const ImpReference *reference = references->pdata[i];
        const char *id = text_of(reference, IMP_REFERENCE_ID);
        if (reference->odd) {
            imp_text_finding_add(findings, reference->line, true,
                                 "this is not a reference; write references as a list, each with "
                                 "id, type, title and "
                                 "issued");
            continue;
        }
        if (id)
            g_hash_table_add(ids, (gpointer)id);
        else
            imp_text_finding_add(findings, reference->line, true,
                                 "the reference has no id, by which the text could cite it");
        evidence = evidence || is_evidence(reference);
        check_reference(findings, reference, id ? id : "the reference", year);
        check_twins(findings, reference, seen);
    }
    if (references->len > 0 && !evidence)
        imp_text_finding_add(
            findings, ((ImpReference *)references->pdata[0])->line, false,
            "no reference is research or a guideline (article-journal, report, standard ..., or "
            "one with a PMID)");
    return ids;
}

/* What other programs number or look up themselves, by the beginning of its name:
 * pandoc-crossref's, Quarto's and bookdown's figures, tables, equations and sections, and what
 * Manubot fetches. */
static bool is_resolved_elsewhere(const char *id)
{
    static const char *const crossed[] = {
        "fig", "tbl", "tab", "eq",  "sec", "lst", "thm", "lem", "cor", "prp", "cnj", "def",   "exm",
        "exr", "sol", "rem", "alg", "ch",  "app", "tip", "nte", "wrn", "imp", "cau", "suppl", NULL};
    static const char *const fetched[] = {"doi",   "pmid", "pmc", "pmcid",    "url",
                                          "arxiv", "isbn", "tag", "wikidata", "https",
                                          "http",  "raw",  NULL};
    gsize length = strcspn(id, ":-");
    g_autofree char *beginning = g_strndup(id, length);
    return id[length] && (g_strv_contains(crossed, beginning) ||
                          (id[length] == ':' && g_strv_contains(fetched, beginning)));
}

/* Each citation has a reference, where all of them are here. Each id is told once, where it first
 * stands; what may be a handle is only asked about. */
static GHashTable *check_citations(GPtrArray *findings, GPtrArray *citations, GHashTable *ids,
                                   bool all_here)
{
    GHashTable *cited = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) told = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < citations->len; i++) {
        const ImpCitation *citation = citations->pdata[i];
        const char *id = citation->id;
        g_hash_table_add(cited, citation->id);
        if (!all_here || citation->in_link || g_hash_table_contains(ids, id) ||
            strcmp(id, "*") == 0 || is_resolved_elsewhere(id) ||
            !g_hash_table_add(told, (gpointer)id))
            continue;
        imp_text_finding_add(
            findings, citation->line, citation->in_brackets,
            "@%s is cited, but the front matter has no reference with that id%s", id,
            citation->in_brackets ? "" : "; if it is not a citation write \"\\@\"");
    }
    return cited;
}

static void check_use(GPtrArray *findings, GPtrArray *references, GHashTable *cited)
{
    for (guint i = 0; i < references->len && !g_hash_table_contains(cited, "*"); i++) {
        const ImpReference *reference = references->pdata[i];
        const char *id = text_of(reference, IMP_REFERENCE_ID);
        if (id && !g_hash_table_contains(cited, id))
            imp_text_finding_add(findings, reference->line, false,
                                 "%s is cited nowhere in the text", id);
    }
}

GPtrArray *imp_references_check(GPtrArray *references, GPtrArray *citations, bool elsewhere,
                                guint year)
{
    GPtrArray *findings = imp_text_findings_new();
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    GPtrArray *all = references ? references : none;
    g_autoptr(GHashTable) ids = check_each(findings, all, year);
    g_autoptr(GHashTable) cited =
        check_citations(findings, citations, ids, all->len > 0 && !elsewhere);
    check_use(findings, all, cited);
    imp_text_findings_sort(findings);
    guint more =
        findings->len > IMP_REFERENCE_FINDINGS_MAX ? findings->len - IMP_REFERENCE_FINDINGS_MAX : 0;
    if (more > 0) {
        bool is_error = false;
        for (guint i = IMP_REFERENCE_FINDINGS_MAX; i < findings->len; i++)
            is_error = is_error || ((ImpTextFinding *)findings->pdata[i])->is_error;
        g_ptr_array_set_size(findings, IMP_REFERENCE_FINDINGS_MAX);
        imp_text_finding_add(findings, 0, is_error,
                             "%u more things are wrong with citations and references", more);
    }
    return findings;
}
