#pragma once

#include "workflow/text_finding.h"

/* References of an article: items of CSL-JSON, written as YAML in front matter, and the citations
 * that name them (imprimatur-record(7), REFERENCES). */

/* What of an item is looked at. */
typedef enum {
    IMP_REFERENCE_ID,
    IMP_REFERENCE_TYPE,
    IMP_REFERENCE_TITLE,
    IMP_REFERENCE_CONTAINER, /* the journal or book that it is in */
    IMP_REFERENCE_PUBLISHER,
    IMP_REFERENCE_GENRE,
    IMP_REFERENCE_ISSUED, /* the first date in it: "2024", "2024-03-01", "in press" */
    IMP_REFERENCE_DOI,
    IMP_REFERENCE_PMID,
    IMP_REFERENCE_PMCID,
    IMP_REFERENCE_ISSN,
    IMP_REFERENCE_ISBN,
    IMP_REFERENCE_URL,
    IMP_REFERENCE_KEYS,
} ImpReferenceKey;

typedef struct {
    guint line; /* where the item begins, in the article */
    bool odd;   /* it is not a mapping of keys to values, and nothing else of it is known */
    struct {
        char *text; /* NULL: not there, or not a text */
        guint line; /* 0: not there */
    } values[IMP_REFERENCE_KEYS];
    char *misspelled; /* a key that is one of these but for letter case; or NULL */
} ImpReference;

ImpReference *imp_reference_new(guint line);
void imp_reference_free(ImpReference *reference);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpReference, imp_reference_free)

/* The key that `name` is ("DOI"). False for others, with `but_for_case` saying whether only the
 * case of letters is wrong. */
bool imp_reference_key_from(const char *name, ImpReferenceKey *key, bool *but_for_case);

/* A citation in a text. */
typedef struct {
    char *id; /* "*": all references (in `nocite`) */
    guint line;
    bool in_brackets; /* "[@id]"; without them "@id" may be somebody's handle, too */
    bool in_link;     /* in what a link or an image is called, where it mostly is one */
    gsize at, length; /* where it stands in the text that was searched, with "@" and braces */
} ImpCitation;

ImpCitation *imp_citation_new(const char *id, gsize length, guint line);
void imp_citation_free(gpointer citation);

/* Compares references (of ImpReference*; NULL: the article has none) with the citations (of
 * ImpCitation*) of the text, and looks at each reference by itself; `year` is the current one. What
 * is cited has to be among the references only where there are any and nowhere else to look:
 * `elsewhere` says that the article names a bibliography. Returns ImpTextFinding*s, ordered by line
 * and freed with the array; at most IMP_REFERENCE_FINDINGS_MAX and one that counts the rest. */
#define IMP_REFERENCE_FINDINGS_MAX 100
GPtrArray *imp_references_check(GPtrArray *references, GPtrArray *citations, bool elsewhere,
                                guint year);

/* What is wrong with an identifier, a static text for "DOI TEXT", or NULL: a DOI (ISO 26324), a
 * PubMed and a PubMed Central number, an ISSN (ISO 3297), an ISBN (ISO 2108), an address on the
 * web. */
const char *imp_reference_fault(ImpReferenceKey key, const char *text);

/* What a reader is told of the kind of source, a static text such as "Guideline", "Research" or
 * "Book": a guideline by its genre, research by its type or because PubMed has it. NULL: nothing
 * that would help. */
const char *imp_reference_kind(const ImpReference *reference);

/* The year in which it was issued; 0: not known. */
guint imp_reference_year(const ImpReference *reference);
