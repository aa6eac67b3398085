#pragma once

#include "daemon/config/config.h"
#include "daemon/control/control_act.h"
#include "daemon/terminal/page.h"
#include "daemon/terminal/print.h"
#include "daemon/verbs/verb.h"
#include "notify/outbox/endpoint_view.h"
#include "notify/outbox/outbox_list.h"
#include "workflow/base/database.h"

/* What the verbs about the queue share: the daemon's database, read without the daemon, and words
 * for people. */

typedef struct {
    ImpConfig *config;     /* without secrets */
    ImpDatabase *database; /* read-only; NULL: no daemon has worked yet, or it cannot be read */
    char *unreadable;      /* a sentence: why it cannot; or NULL */
    ImpPage *page;         /* what is printed, until nothing is read any more */
    ImpScreen screen;
    gint64 now_us;
    bool json;
} ImpQueue;

/* Opens it; where the configuration is missing or wrong: false, everything said, and the exit
 * status. */
bool imp_queue_open(ImpQueue *queue, const ImpCommand *command, const ImpVerb *verb, int *status);
void imp_queue_clear(ImpQueue *queue);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImpQueue, imp_queue_clear)

/* Of endpoints, also of those that are in the queue alone: whether there is one of that name. Else
 * says so; returns the exit status. */
int imp_queue_check_endpoint(const ImpQueue *queue, const char *name);

/* Says that there is no endpoint of that name, and which may be meant; returns the exit status. */
int imp_queue_refuse_endpoint(const ImpQueue *queue, const char *name);

/* Has a request carried out (imp_control_carry_out()), again as long as there is more to do. `show`
 * is called for each line of the answers. Returns the exit status, with everything else said. */
int imp_queue_carry_out(ImpQueue *queue, const ImpControlRequest *request,
                        void (*show)(const json_t *line, const ImpQueue *queue));

/* Prints a sentence within the width of the screen; further lines of it, which are commands, as
 * they are. */
void imp_queue_say(const ImpQueue *queue, const char *text);

/* Says, where a daemon should be at work and is not, that nothing is sent, and what to type. */
void imp_queue_say_silence(const ImpQueue *queue);

/* All that is known of endpoints: imp_outbox_endpoints(); empty without a database. */
GPtrArray *imp_queue_endpoints(const ImpQueue *queue, GError **error);

/* How it stands with an endpoint. */
typedef enum {
    IMP_ENDPOINT_WELL,
    IMP_ENDPOINT_FAILING, /* the last tries failed; it is still tried */
    IMP_ENDPOINT_HELD,    /* it asked for quiet */
    IMP_ENDPOINT_OPEN,    /* its circuit is: it is only probed */
    IMP_ENDPOINT_DISABLED,
} ImpEndpointHealth;
/* "well" and the like; static. */
const char *imp_endpoint_health_word(ImpEndpointHealth health);
ImpEndpointHealth imp_endpoint_health(const ImpEndpointView *view, gint64 now_us);
/* Since when; 0: not known. */
gint64 imp_endpoint_since_us(const ImpEndpointView *view, ImpEndpointHealth health);

/* How a try ended, as one word: the status, or the class of failure; "-" for none yet. The
 * caller frees. */
char *imp_queue_answer(const char *failure, guint status, gint64 ended_us);

/* One sentence about an endpoint that is not well, and behind it, each on a line of its own, what
 * to type; NULL about one that is well. The caller frees. */
char *imp_queue_advice(const ImpEndpointView *view, gint64 now_us);
