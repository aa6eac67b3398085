#pragma once

#include <glib.h>
#include <stdbool.h>

/* Who sent a hook: what each forge puts into its headers to prove that it knows the secret. The
 * algorithm is the format's; nothing in a message chooses it. The body is looked at as it comes, a
 * piece at a time, and is not kept. */

/* In the order of the words: "github", "gitlab", "gitea", "forgejo", "bitbucket", "standard". */
typedef enum {
    IMP_HOOK_GITHUB,    /* X-Hub-Signature-256: sha256=HEX */
    IMP_HOOK_GITLAB,    /* X-Gitlab-Token: the secret; Standard Webhooks with a "whsec_" one */
    IMP_HOOK_GITEA,     /* X-Gitea-Signature: HEX */
    IMP_HOOK_FORGEJO,   /* X-Forgejo-Signature: HEX */
    IMP_HOOK_BITBUCKET, /* X-Hub-Signature: sha256=HEX */
    IMP_HOOK_STANDARD,  /* Standard Webhooks 1.0: webhook-id, -timestamp, -signature */
} ImpHookFormat;

#define IMP_HOOK_FORMATS (IMP_HOOK_STANDARD + 1)

/* The word of a format; static. */
const char *imp_hook_format_word(ImpHookFormat format);
bool imp_hook_format_from_word(const char *word, ImpHookFormat *format);

/* What is wrong with a secret of that format, and what to do; NULL if nothing. `secret` may hold
 * several, each on a line, while they rotate (at most IMP_HOOK_SECRETS_MAX). Static. */
const char *imp_hook_secret_fault(ImpHookFormat format, const char *secret);
#define IMP_HOOK_SECRETS_MAX 4

/* The value of a request's header, without regard to case; NULL: it has none. */
typedef const char *(*ImpHookHeader)(gpointer data, const char *name);

/* One body on its way through. */
typedef struct ImpHookCheck ImpHookCheck;

/* Begins with the headers, which are asked for now and not later. `now_s` is the moment: a Standard
 * Webhook more than 5 minutes away from it is refused. */
ImpHookCheck *imp_hook_check_new(ImpHookFormat format, const char *secret, ImpHookHeader header,
                                 gpointer data, gint64 now_s);
void imp_hook_check_update(ImpHookCheck *check, const void *bytes, gsize length);
/* Whether all of it was sent by who knows the secret, compared in constant time. Asked once. */
bool imp_hook_check_end(ImpHookCheck *check);
void imp_hook_check_free(ImpHookCheck *check);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpHookCheck, imp_hook_check_free)

/* The commit that a push's hook names as the new tip, from the beginning of its body, which may be
 * cut anywhere: the first value of "after", "checkout_sha" or, in Bitbucket's, "hash" that is the
 * id of a commit (40 hex digits) and not all zeros. NULL: none. The caller frees. */
char *imp_hook_commit(const char *body, gsize length);
