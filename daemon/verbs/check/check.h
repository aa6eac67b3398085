#pragma once

#include "articles/document.h"
#include "daemon/verbs/view/reader.h"

/* What `imprimatur check` finds, said as it is found. */

typedef enum {
    IMP_SEVERITY_NOTE,
    IMP_SEVERITY_WARNING,
    IMP_SEVERITY_ERROR,
} ImpSeverity;

typedef struct {
    bool json;
    gint64 now_us;
    guint counts[IMP_SEVERITY_ERROR + 1];
    guint with_references, without_references; /* texts, by whether front matter has any */
    guint citing_without;                      /* those without that cite something */
} ImpCheck;

/* Prints "FILE:LINE: SEVERITY: MESSAGE", or the same as JSON, and counts it. `file` is a path, as
 * bytes; `line` is 0 where there is none. Further lines of the message are indented. */
void imp_check_report(ImpCheck *check, ImpSeverity severity, const char *file, guint line,
                      const char *message);

/* The same for a sentence that begins with its place: "FILE:LINE: ...", or ".imprimatur/FILE ...";
 * `file` is for one that does not. */
void imp_check_report_sentence(ImpCheck *check, ImpSeverity severity, const char *file,
                               const char *sentence);

/* Checks the text of the article at `path`, which was read as `document`, and its references. */
void imp_check_text(ImpCheck *check, const char *path, const ImpDocument *document,
                    const char *text, gsize length);

/* Loads and checks the configuration at `path`, and everything it names: the authority's keys,
 * which are returned (of ImpSigner*; NULL: signatures are off, or they cannot be read), the
 * secrets, and whether the daemon can work on the repository. NULL when the configuration itself
 * cannot be used. */
ImpConfig *imp_check_config(ImpCheck *check, const char *path, GPtrArray **authority);

/* Who runs the daemon: the owner of its state, else the user that the installation made, else
 * whoever asks. */
uid_t imp_check_daemon_user(const ImpConfig *config);

/* Whether the daemon's user can read what the configuration names, and, asked by root, write its
 * state. */
void imp_check_access(ImpCheck *check, const ImpConfig *config);

/* Asked by root, whether the daemon's user can write to the repository in `directory`. */
void imp_check_repository_access(ImpCheck *check, const ImpConfig *config, const char *directory);

/* Warns where the daemon's signing_key is not the policy's ledger_key. */
void imp_check_ledger_key(ImpCheck *check, const ImpConfig *config, const ImpPolicy *policy);

/* Loads the authority's keys alone (of ImpSigner*; NULL: signatures are off, or they cannot be
 * read, which is found).
 */
GPtrArray *imp_check_authority(ImpCheck *check, const ImpConfig *config);

/* Warns of decisions among the commits of a push that would be refused, as far as that is known
 * before the push is: those reachable from `tip` that are in `repository` (which sees the push's
 * objects) and were not in the reader's. Articles in `changed`, a set of paths, may be other texts
 * by then, and are not judged. */
bool imp_check_decisions(ImpCheck *check, ImpRepository *repository, ImpReader *reader,
                         const char *tip, GHashTable *changed, GError **error);
