#pragma once

#include <glib.h>
#include <stdbool.h>

/* The network of a repository that lives elsewhere: git as a child process, and nothing else
 * (imprimatur.json(5), THE REMOTE). A call begins a child and returns; how it ended is told in the
 * default main context. No secret stands in an argument, in a URL, or in the mirror. */

typedef struct {
    const char *url;         /* ssh://, https://, http://, git:// or file:// */
    const char *key;         /* path of the private key for ssh, or NULL */
    const char *known_hosts; /* path, or NULL: no host is known */
    const char *user;        /* for https, with a token; or NULL: "git" */
    const char *token;       /* path of the file that holds the token, read at each call; or NULL */
    const char *ca_file;     /* or NULL */
    const char *askpass;     /* path of the helper that tells git user and token; with a token */
    guint stall_s;           /* no sign of life for so long ends it */
    guint total_s;           /* and so does this, whatever it says */
} ImpTransportSettings;

typedef enum {
    IMP_TRANSPORT_DONE,
    IMP_TRANSPORT_DOWN,     /* not reached, or no longer: worth trying again soon */
    IMP_TRANSPORT_STALLED,  /* silent, or too slow; likewise */
    IMP_TRANSPORT_DENIED,   /* the key or the token is refused, or may not do this */
    IMP_TRANSPORT_HOST_KEY, /* the host is not known, or shows another key than it had */
    IMP_TRANSPORT_MOVED_ON, /* a redirect: the repository is elsewhere now */
    IMP_TRANSPORT_LEASE,    /* push: the ref is not where it was expected */
    IMP_TRANSPORT_DECLINED, /* push: the server does not take it */
    IMP_TRANSPORT_NO_REF,   /* fetch: `ref` of the outcome is not there */
    IMP_TRANSPORT_FORMAT,   /* a repository of SHA-256 */
    IMP_TRANSPORT_FAILED,   /* anything else */
} ImpTransportEnd;

typedef struct {
    ImpTransportEnd end;
    char *sentence; /* for people, one clean line: what git or the server said last; NULL if done */
    char *ref;      /* with NO_REF */
} ImpTransportOutcome;

void imp_transport_outcome_clear(ImpTransportOutcome *outcome);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImpTransportOutcome, imp_transport_outcome_clear)

typedef void (*ImpTransportDone)(const ImpTransportOutcome *outcome, gpointer data);

/* A call under way. */
typedef struct ImpTransport ImpTransport;

/* Fetches `refspecs` (NULL-terminated) into the bare repository `mirror`, and deletes there what
 * they cover and the remote no longer has. */
ImpTransport *imp_transport_fetch(const ImpTransportSettings *settings, const char *mirror,
                                  const char *const *refspecs, ImpTransportDone done,
                                  gpointer data);

/* How a ref of the remote is to move. */
typedef struct {
    const char *ref;
    const char *expected; /* where it is; NULL: it must not exist */
    const char *commit;   /* where to, which the mirror has */
    bool only_try;        /* nothing moves */
} ImpTransportMove;

/* Moves a ref of the remote: the server compares and swaps (git-push(1), --force-with-lease). */
ImpTransport *imp_transport_push(const ImpTransportSettings *settings, const char *mirror,
                                 const ImpTransportMove *move, ImpTransportDone done,
                                 gpointer data);

/* Ends it without a word to `done`, if it has not told yet; the child is killed. */
void imp_transport_cancel(ImpTransport *transport);
