#include "articles/transport_end.h"

#include <string.h>

/* How a git ended is told by its exit status, and why by what it said, which is in English. */

/* The words of one message. */
#define SENTENCE_BYTES 300

/* What is in the lines that say something. */
static const char *const telling[] = {
    "fatal: ", "FATAL: ",          "error: ", "remote: ",    "rejected]",
    "ssh:",    "ermission denied", "ost key", "HAS CHANGED", "SHA256:"};

/* What a server or git says of how far it has come. */
static bool is_progress(const char *line)
{
    static const char *const begins[] = {"remote: Enumerating objects", "remote: Total ",
                                         "remote: Counting objects", "remote: Compressing objects"};
    for (guint i = 0; i < G_N_ELEMENTS(begins); i++)
        if (g_str_has_prefix(line, begins[i]))
            return true;
    return false;
}

/* The lines that say something, without what a terminal would obey. The caller frees. */
static char *sentence_of(const char *said)
{
    g_auto(GStrv) lines = g_strsplit_set(said, "\n\r", -1);
    g_autoptr(GString) chosen = g_string_new(NULL);
    for (char **line = lines; *line; line++) {
        bool says = false;
        for (guint i = 0; !says && i < G_N_ELEMENTS(telling); i++)
            says = strstr(*line, telling[i]) != NULL;
        if (!says || is_progress(*line))
            continue;
        if (chosen->len > 0)
            g_string_append(chosen, "; ");
        g_string_append(chosen, *line);
    }
    g_autofree char *valid = g_utf8_make_valid(chosen->len > 0 ? chosen->str : said, -1);
    GString *clean = g_string_new(NULL);
    for (const char *at = valid; *at && clean->len < SENTENCE_BYTES; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (g_unichar_iscntrl(c))
            g_string_append_c(clean, ' ');
        else if (g_unichar_type(c) != G_UNICODE_FORMAT)
            g_string_append_unichar(clean, c);
    }
    return g_strstrip(g_string_free(clean, FALSE));
}

/* In this order: the first that is in what git, ssh or the server said. */
static const struct {
    const char *part;
    ImpTransportEnd end;
} signs[] = {
    {"(stale info)", IMP_TRANSPORT_LEASE},
    {"(fetch first)", IMP_TRANSPORT_LEASE},
    {"cannot lock ref", IMP_TRANSPORT_LEASE},
    {"(reference already exists)", IMP_TRANSPORT_LEASE},
    {"[remote rejected]", IMP_TRANSPORT_DECLINED},
    {"couldn't find remote ref", IMP_TRANSPORT_NO_REF},
    {"HOST IDENTIFICATION HAS CHANGED", IMP_TRANSPORT_HOST_KEY},
    {"Host key verification failed", IMP_TRANSPORT_HOST_KEY},
    {"host key is known", IMP_TRANSPORT_HOST_KEY},
    {"error: 301", IMP_TRANSPORT_MOVED_ON},
    {"error: 302", IMP_TRANSPORT_MOVED_ON},
    {"error: 307", IMP_TRANSPORT_MOVED_ON},
    {"error: 308", IMP_TRANSPORT_MOVED_ON},
    {"unable to update url base from redirection", IMP_TRANSPORT_MOVED_ON},
    {"Permission denied", IMP_TRANSPORT_DENIED},
    {"Authentication failed", IMP_TRANSPORT_DENIED},
    {"could not read Username", IMP_TRANSPORT_DENIED},
    {"could not read Password", IMP_TRANSPORT_DENIED},
    {"error: 401", IMP_TRANSPORT_DENIED},
    {"error: 403", IMP_TRANSPORT_DENIED},
    {"DENIED by", IMP_TRANSPORT_DENIED},
    {"mismatched algorithms", IMP_TRANSPORT_FORMAT},
    {"object-format", IMP_TRANSPORT_FORMAT},
    {"Could not resolve host", IMP_TRANSPORT_DOWN},
    {"Connection refused", IMP_TRANSPORT_DOWN},
    {"onnection timed out", IMP_TRANSPORT_DOWN},
    {"Operation timed out", IMP_TRANSPORT_DOWN},
    {"Failed to connect", IMP_TRANSPORT_DOWN},
    {"Operation too slow", IMP_TRANSPORT_STALLED},
    {"unexpectedly", IMP_TRANSPORT_DOWN},
    {"early EOF", IMP_TRANSPORT_DOWN},
    {"Connection reset", IMP_TRANSPORT_DOWN},
    {"unable to connect", IMP_TRANSPORT_DOWN},
    {"Could not read from remote repository", IMP_TRANSPORT_DOWN},
    {"error: 50", IMP_TRANSPORT_DOWN},
};

/* ssh says it in twenty lines. The caller frees. */
static char *host_key_sentence(const char *said)
{
    const char *print = strstr(said, "SHA256:");
    gsize length = print ? strcspn(print, ". \r\n") : 0;
    return print
               ? g_strdup_printf("the host shows another key (%.*s) than the known one; if that is "
                                 "right, put it into \"known_hosts\"",
                                 (int)length, print)
               : g_strdup("the key of this host is not known; put it into \"known_hosts\"");
}

static char *missing_ref(const char *said)
{
    const char *sign = "couldn't find remote ref ";
    const char *at = strstr(said, sign);
    return at ? g_strndup(at + strlen(sign), strcspn(at + strlen(sign), "\n")) : NULL;
}

void imp_transport_outcome_clear(ImpTransportOutcome *outcome)
{
    g_clear_pointer(&outcome->sentence, g_free);
    g_clear_pointer(&outcome->ref, g_free);
}

ImpTransportOutcome imp_transport_outcome_of(const ImpGitChildEnd *end, const char *stopped)
{
    ImpTransportOutcome outcome = {IMP_TRANSPORT_DONE, NULL, NULL};
    if (end->well && !stopped)
        return outcome;
    g_autofree char *all = g_strconcat(end->answered, "\n", end->said, NULL);
    outcome.end = stopped ? IMP_TRANSPORT_STALLED : IMP_TRANSPORT_FAILED;
    for (guint i = 0; outcome.end == IMP_TRANSPORT_FAILED && i < G_N_ELEMENTS(signs); i++)
        if (strstr(all, signs[i].part))
            outcome.end = signs[i].end;
    outcome.sentence = stopped                                 ? g_strdup(stopped)
                       : outcome.end == IMP_TRANSPORT_HOST_KEY ? host_key_sentence(all)
                                                               : sentence_of(all);
    outcome.ref = outcome.end == IMP_TRANSPORT_NO_REF ? missing_ref(all) : NULL;
    return outcome;
}
