#pragma once

#include "daemon/pass/workplace.h"
#include "workflow/base/json.h"

/* What is asked of the daemon through its control socket, and the answer: a line of JSON each. The
 * same requests are carried out by the command itself where no daemon runs.
 *
 *   {"verb": "replay", "deliveries": ["12", "evt_9f1c..."], "endpoint": "site"}
 *   {"verb": "replay", "state": "dead", "endpoint": "site"}
 *   {"verb": "drop", ...}, likewise, also with "state": "waiting"
 *   {"verb": "enable", "endpoint": "site"}
 *   {"verb": "ping", "endpoint": "site"}
 *   {"verb": "ask", "article": "content/a.md", "question": "..."}
 *
 *   {"schema": 1, "exit": 0, "error": null, "more": false, "lines": [{...}]}
 *
 * `lines` is what the command prints with --json; `exit` its exit status, and `error` a sentence
 * for standard error. `more`: there is more to do of the same, to be asked for again. */

/* A request is some hundred bytes, a question some thousand; a script may name many ids at once. */
#define IMP_CONTROL_REQUEST_MAX_BYTES (16 * 1024)
/* Deliveries changed by one request, in one transaction: some milliseconds, and an answer that fits
 * a socket's buffer. */
#define IMP_CONTROL_DELIVERIES_MAX 200

#define IMP_CONTROL_ERROR (imp_control_error_quark())
GQuark imp_control_error_quark(void);
typedef enum {
    IMP_CONTROL_ERROR_REQUEST, /* no valid request */
    IMP_CONTROL_ERROR_REFUSED, /* the socket is there, but not for this user */
    IMP_CONTROL_ERROR_AGAIN,   /* the daemon went away, or is busy */
} ImpControlError;

typedef enum {
    IMP_CONTROL_REPLAY,
    IMP_CONTROL_DROP,
    IMP_CONTROL_ENABLE,
    IMP_CONTROL_PING,
    IMP_CONTROL_ASK,
} ImpControlVerb;

typedef struct {
    ImpControlVerb verb;
    char **deliveries; /* as somebody calls them: imp_outbox_find(); NULL: none */
    char *endpoint;    /* or NULL */
    bool dead;         /* all dead ones, of the endpoint if there is one */
    bool waiting;      /* all that wait for the endpoint: to be dropped */
    char *article;     /* of a reader's question: its path; or NULL */
    char *question;    /* or NULL */
} ImpControlRequest;

void imp_control_request_clear(ImpControlRequest *request);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImpControlRequest, imp_control_request_clear)

/* Reads a line; everything that is not as above is refused. */
bool imp_control_request_parse(const char *line, gsize length, ImpControlRequest *request,
                               GError **error);
/* Of what state all are meant, where they are not named. */
ImpDeliveryState imp_control_state(const ImpControlRequest *request);
/* The line, with its newline. The caller frees. */
char *imp_control_request_line(const ImpControlRequest *request);

/* An answer. Takes the lines, which may be NULL. */
json_t *imp_control_answer(int status, const char *error, json_t *lines, bool more);
json_t *imp_control_answer_fault(const GError *error);

/* The answer to a ping that ended after `took_us`. */
json_t *imp_control_answer_ping(const ImpConfig *config, const ImpEndpoint *endpoint,
                                const char *event, const ImpOutcome *outcome, gint64 took_us,
                                bool disabled);
