#pragma once

#include <gio/gio.h>
#include <stdbool.h>

/* Where notifications go, as the configuration says it (imprimatur.json(5), ENDPOINTS). Plain
 * values: whoever reads the configuration fills them, notify only reads. */

typedef enum {
    IMP_FORMAT_STANDARD,
    IMP_FORMAT_SLACK,
    IMP_FORMAT_TEAMS,
    IMP_FORMAT_DISCORD,
    IMP_FORMAT_GOOGLE_CHAT,
    IMP_FORMAT_MATRIX,
    IMP_FORMAT_NTFY,
    IMP_N_MESSAGE_FORMATS, /* those above are for endpoints, those below for a forge's statuses */
    IMP_FORMAT_GITHUB = IMP_N_MESSAGE_FORMATS,
    IMP_FORMAT_GITHUB_CHECK,
    IMP_FORMAT_GITLAB,
    IMP_FORMAT_GITEA,
    IMP_N_FORMATS,
} ImpFormat;

typedef struct {
    char *name;
    char *reviewer; /* a person's id: only what concerns that person; or NULL */
    ImpFormat format;
    char *url;          /* a secret for chat formats: never shown */
    char *display;      /* "host#<8 hex digits of the URL's SHA-256>": shown instead */
    GPtrArray *secrets; /* of GBytes*, 24 to 64 bytes each, the keys to sign with; may be empty */
    char **events;      /* patterns of event types; never NULL */
    char **paths;       /* patterns of article paths; empty: all; never NULL */
    GPtrArray
        *allow;  /* of GInetAddressMask*: networks allowed beyond global unicast; may be empty */
    GBytes *ca;  /* authorities in PEM, as read when it was configured; NULL: the system's */
    double rate; /* messages a second, 0: no limit, -1: the format's default */
    guint burst; /* 0: the format's default */
    guint in_flight;  /* 0: the format's default */
    char *token_file; /* of a forge: the file with its token, read for each message; or NULL */
    char *app, *installation; /* of a GitHub App, whose private key the file then holds; or NULL */
    char *credential;         /* the token itself, while it is known; or NULL */
    char *context;            /* of a forge: the name of our statuses; NULL: an ordinary endpoint */
    char *page;               /* of a forge: what a status links to, or NULL */
} ImpEndpoint;

/* A new endpoint with every member empty: format standard, no patterns, rate -1. */
ImpEndpoint *imp_endpoint_new(void);
void imp_endpoint_free(ImpEndpoint *endpoint);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpEndpoint, imp_endpoint_free)

/* What may be shown of a URL: "host#1a2b3c4d". `url` must be one that GUri parses and that has a
 * host. The caller frees. */
char *imp_endpoint_display(const char *url);

/* An endpoint's URL without the access token that may stand before its host, and that token,
 * percent-decoded; NULL if there is none, "" if it cannot be decoded. The caller frees both. */
char *imp_endpoint_split_url(const char *url, char **token);

/* The patience of deliveries, for all endpoints. */
typedef struct {
    guint connect_s, total_s;
    GArray *ladder_s; /* of guint: how long to wait before the first, second ... try */
} ImpDeliveryTimes;

/* 5 s to connect, 15 s in all, and the ladder of imprimatur.json(5): 0, 5 s, 5 min, 30 min, 2 h, 5
 * h, 10 h, 14 h, 20 h, 24 h. */
ImpDeliveryTimes *imp_delivery_times_new(void);
ImpDeliveryTimes *imp_delivery_times_copy(const ImpDeliveryTimes *times);
void imp_delivery_times_free(ImpDeliveryTimes *times);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpDeliveryTimes, imp_delivery_times_free)
