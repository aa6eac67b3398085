#include "notify/route.h"

static char **list(const char *texts)
{
    return *texts ? g_strsplit(texts, " ", -1) : g_new0(char *, 1);
}

static ImpEndpoint *endpoint_new(const char *events, const char *paths, const char *reviewer)
{
    ImpEndpoint *endpoint = imp_endpoint_new();
    endpoint->name = g_strdup("room");
    g_strfreev(endpoint->events);
    endpoint->events = list(events);
    g_strfreev(endpoint->paths);
    endpoint->paths = list(paths);
    endpoint->reviewer = g_strdup(reviewer);
    return endpoint;
}

static ImpEvent *event_new(const char *type, const char *path, const char *concerns)
{
    ImpEvent *event = imp_event_new();
    event->type = g_strdup(type);
    event->path = g_strdup(path);
    g_strfreev(event->concerns);
    event->concerns = list(concerns);
    return event;
}

typedef struct {
    const char *events, *paths, *reviewer;      /* of the endpoint */
    const char *type, *path, *concerns, *about; /* of the event */
    bool taken;
} Row;

static const Row rows[] = {
    {"*", "", NULL, "article.approved", "content/a.md", "", NULL, true},
    {"*", "", NULL, "policy.changed", NULL, "", NULL, true},
    {"", "", NULL, "article.approved", "content/a.md", "", NULL, false},
    {"article.*", "", NULL, "article.approved", "content/a.md", "", NULL, true},
    {"article.*", "", NULL, "review.approved", "content/a.md", "", NULL, false},
    {"review.* *.diverged", "", NULL, "ledger.diverged", NULL, "", NULL, true},
    {"article", "", NULL, "article.approved", "content/a.md", "", NULL, false},
    /* Paths filter what is about an article, and nothing else. */
    {"*", "content/oncology/**", NULL, "article.approved", "content/oncology/a.md", "", NULL, true},
    {"*", "content/oncology/**", NULL, "article.approved", "content/urology/a.md", "", NULL, false},
    {"*", "content/oncology/**", NULL, "repository.adopted", NULL, "", NULL, true},
    /* A reviewer's endpoint takes what concerns that person. */
    {"*", "", "onc1", "review.requested", "content/a.md", "onc1", NULL, true},
    {"*", "", "onc1", "article.submitted", "content/a.md", "onc2 onc1", NULL, true},
    {"*", "", "onc1", "review.requested", "content/a.md", "onc2", NULL, false},
    {"*", "", "onc1", "review.requested", "content/a.md", "onc11", NULL, false},
    {"*", "", "onc1", "repository.adopted", NULL, "", NULL, false},
    {"*", "content/urology/**", "onc1", "review.requested", "content/a.md", "onc1", NULL, false},
    /* Nobody is told through itself that it cannot be told. */
    {"*", "", NULL, "endpoint.disabled", NULL, "", "room", false},
    {"*", "", NULL, "delivery.exhausted", "content/a.md", "", "room", false},
    {"*", "", NULL, "endpoint.disabled", NULL, "", "other", true},
};

static void test_routes(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const Row *row = &rows[i];
        g_autoptr(ImpEndpoint) endpoint = endpoint_new(row->events, row->paths, row->reviewer);
        g_autoptr(ImpEvent) event = event_new(row->type, row->path, row->concerns);
        if (imp_route_takes(endpoint, event, row->about) != row->taken)
            g_error("row %" G_GSIZE_FORMAT ": %s should %sbe taken", i, row->type,
                    row->taken ? "" : "not ");
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/route/takes", test_routes);
    return g_test_run();
}
