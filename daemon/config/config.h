#pragma once

#include "notify/endpoint.h"

/* The key `site` of a configuration: a folder of pages to be written (imprimatur.json(5), SITE). */

typedef struct {
    char *directory; /* absolute, as the other paths here */
    char *url;       /* of the folder, ending in "/"; or NULL */
    char *view;      /* "readers" or "editors" */
    bool notice;     /* a notice stands for texts that are not approved */
    guint alive_hours;
    char *style, *header, *footer; /* files, or NULL */
} ImpConfigSite;

/* The configuration of one repository (imprimatur.json(5)); immutable once loaded. */

/* Where the repository really lives, if not here (imprimatur.json(5), THE REMOTE). Secrets are
 * paths of the files that hold them, since git and ssh read them there themselves, again for each
 * call. */
typedef struct {
    char *url;
    char *key;         /* the private key for ssh, or NULL */
    char *known_hosts; /* or NULL */
    char *token;       /* for https, or NULL */
    char *user;        /* that goes with the token */
    char *ca_file;     /* or NULL */
    char *ledger_ref;  /* full */
    guint settle_s;    /* how long what looks moved back may be a replica's delay */
    guint stall_s;     /* no sign of life for so long ends a call */
    guint push_s;      /* a push may take so long */
    char **heads;      /* patterns of further refs with decisions, full names */
    char *status;      /* the name of the endpoint that statuses go to; NULL: none do */
} ImpConfigRemote;

typedef struct {
    char *path; /* of the file, as it was given */
    char *name;
    char *repository;       /* absolute, as all paths here */
    char *branch;           /* without "refs/heads/" */
    char **review_branches; /* patterns, likewise; may be empty */
    char *authority;        /* a signers file, or NULL, only where signatures are off */
    bool signatures_off;
    char *state_directory;
    char *approved_branch;  /* or NULL: off */
    char *signing_key;      /* a private key in PEM with its final newline, or NULL */
    char *signing_key_file; /* where signing_key was read from; NULL if the configuration itself
                               holds it */
    char *article_url;      /* with {path} or {stem} in it, or NULL */
    guint poll_seconds;
    char *committer_name, *committer_email;
    GPtrArray *endpoints; /* of ImpEndpoint*, in the order of the file, names unique */
    ImpDeliveryTimes *times;
    char *metrics_file;      /* or NULL */
    ImpConfigRemote *remote; /* or NULL: the repository is here */
    bool deliver;            /* whether this daemon sends messages; false: another one does */
    GPtrArray *sites;        /* of ImpConfigSite*, in the order of the file */
    char *approved_data;     /* the path of a file in the approved branch, or NULL */
    char **forge_keys;       /* as imp_forge_of_key() takes them; never NULL */
    GPtrArray *warnings;     /* of char*: "FILE:LINE: key: ...", for the log */
} ImpConfig;

#define IMP_CONFIG_ERROR (imp_config_error_quark())
GQuark imp_config_error_quark(void);
typedef enum {
    IMP_CONFIG_ERROR_UNREADABLE, /* the file itself cannot be read: "FILE: ..." */
    IMP_CONFIG_ERROR_SECRET,     /* a secret cannot be read by this user: as INVALID */
    IMP_CONFIG_ERROR_INVALID,    /* what it says: "FILE:LINE: key: what is wrong, what to do" */
} ImpConfigError;

/* Loads a configuration with everything it refers to: `credential:NAME` is read from
 * `credentials_directory`
 * ($CREDENTIALS_DIRECTORY, or NULL), `file:PATH` from there. `state_directory_env` is
 * $STATE_DIRECTORY, or NULL. Relative paths begin at the file's folder. No message holds a secret
 * or a receiver's URL. */
ImpConfig *imp_config_load(const char *path, const char *credentials_directory,
                           const char *state_directory_env, GError **error);

/* As imp_config_load(), for those who look at it: a secret that this user cannot read is a warning,
 * "FILE:LINE: key: ...", and missing; what can be read has to be right. */
ImpConfig *imp_config_load_readable(const char *path, const char *credentials_directory,
                                    const char *state_directory_env, GError **error);

/* As imp_config_load(), for commands that only read: what may be secret (url, secret, signing_key)
 * is not looked at, so that one without access to it can run them. Endpoints have no url, display
 * and secrets then. */
ImpConfig *imp_config_load_without_secrets(const char *path, const char *state_directory_env,
                                           GError **error);

/* The unit of systemd that reads the configuration at `path`, "imprimatur@NAME"; NULL: it lies
 * where none does. The caller frees. */
char *imp_config_unit(const char *path);

/* Where the secrets of the configuration at `path` can be read: $CREDENTIALS_DIRECTORY under
 * systemd; for root the folder that the unit loads, NAME.credentials beside NAME.json; NULL where
 * neither is there. The caller frees. */
char *imp_config_credentials_directory(const char *path);

void imp_config_free(ImpConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpConfig, imp_config_free)

/* The address of an article's page: article_url with {path} replaced by the path and {stem} by the
 * path without `folder` (imp_glob_literal_folder() of the pattern that matched; "" if there is
 * none) and without ".md", both percent-encoded but for "/" (RFC 3986 section 2.3). NULL where
 * article_url is. The caller frees. */
char *imp_config_article_url(const ImpConfig *config, const char *folder, const char *path);

/* Where a ref of the watched repository ("refs/heads/main") lies in the one that the daemon works
 * in: with a remote below refs/imprimatur-remote/, else where it is. The caller frees. */
char *imp_config_watched_ref(const ImpConfig *config, const char *ref);
