#pragma once

/* An outbox in memory, and what a dispatcher does with it, a step at a time: for the tests of
 * notify/outbox*.h. */

#include "notify/outbox/outbox.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#define NOW_US (1795422847 * IMP_SECOND_US)

typedef struct {
    ImpDatabase *database;
    ImpOutbox *outbox;
} Queue;

static inline void queue_open(Queue *queue)
{
    g_autoptr(GError) error = NULL;
    queue->database = imp_database_open(NULL, IMP_DATABASE_MEMORY, &error);
    g_assert_no_error(error);
    queue->outbox = imp_outbox_open(queue->database, &error);
    g_assert_no_error(error);
}

static inline void queue_close(Queue *queue)
{
    imp_outbox_free(queue->outbox);
    imp_database_free(queue->database);
}

static inline void queue_execute(ImpDatabase *database, const char *sql)
{
    g_autoptr(GError) error = NULL;
    imp_database_script(database, sql, &error);
    g_assert_no_error(error);
}

/* The number that a query gives, which need not be a literal. */
static inline gint64 queue_number(ImpDatabase *database, const char *sql)
{
    sqlite3_stmt *select;
    g_assert_cmpint(sqlite3_prepare_v2(imp_database_handle(database), sql, -1, &select, NULL), ==,
                    SQLITE_OK);
    g_assert_cmpint(sqlite3_step(select), ==, SQLITE_ROW);
    gint64 value = sqlite3_column_int64(select, 0);
    sqlite3_finalize(select);
    return value;
}

/* Removes the file of a database that is closed, and what SQLite leaves beside it. */
static inline void queue_remove(const char *path)
{
    g_autofree char *log = g_strconcat(path, "-wal", NULL),
                    *shared = g_strconcat(path, "-shm", NULL);
    g_remove(path);
    g_remove(log);
    g_remove(shared);
}

/* Puts in an event of that type, whose body names it. */
static inline void queue_put(const Queue *queue, const char *event, const char *type,
                             const char *article, const char *endpoint, gint64 at_us)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strdup_printf("{\"event\":\"%s\"}", event);
    g_autoptr(GBytes) body = g_bytes_new(text, strlen(text));
    const ImpOutboxMessage message = {event, type, article, IMP_FORMAT_STANDARD, body};
    imp_outbox_enqueue(queue->outbox, &message, endpoint, at_us, &error);
    g_assert_no_error(error);
}

/* Of an endpoint's due deliveries (ImpDelivery*) the first few. */
static inline GPtrArray *queue_due(ImpOutbox *outbox, const char *endpoint, gint64 now_us,
                                   guint limit, gint64 *next_us)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *due = g_ptr_array_new_with_free_func((GDestroyNotify)imp_delivery_free);
    imp_outbox_due(outbox, endpoint, now_us, limit, due, next_us, &error);
    g_assert_no_error(error);
    return due;
}

/* The very first, or NULL. */
static inline ImpDelivery *queue_first(ImpOutbox *outbox, const char *endpoint, gint64 now_us)
{
    gint64 next_us;
    g_autoptr(GPtrArray) due = queue_due(outbox, endpoint, now_us, 1, &next_us);
    return due->len > 0 ? g_ptr_array_steal_index(due, 0) : NULL;
}

/* When something is due. */
static inline gint64 queue_next_us(ImpOutbox *outbox, const char *endpoint)
{
    gint64 next_us;
    g_autoptr(GPtrArray) none = queue_due(outbox, endpoint, G_MAXINT64, 0, &next_us);
    g_assert_cmpuint(none->len, ==, 0);
    return next_us;
}

/* Takes the first delivery, which there must be. */
static inline ImpDelivery *queue_begin(const Queue *queue, const char *endpoint, gint64 now_us)
{
    g_autoptr(GError) error = NULL;
    ImpDelivery *delivery = queue_first(queue->outbox, endpoint, now_us);
    g_assert_nonnull(delivery);
    imp_outbox_begin(queue->outbox, delivery, &error);
    g_assert_no_error(error);
    return delivery;
}

/* A try ends: with a 200, or with a 503 and what is planned after it. */
static inline void queue_end(const Queue *queue, const ImpDelivery *delivery,
                             ImpDeliveryState state, gint64 next_us, gint64 now_us)
{
    g_autoptr(GError) error = NULL;
    bool delivered = state == IMP_DELIVERY_DELIVERED;
    const ImpOutcome outcome = {.failure = delivered ? IMP_FAILURE_NONE : IMP_FAILURE_HTTP,
                                .status = delivered ? 200 : 503};
    const ImpPlan plan = {.state = state, .next_us = next_us};
    imp_outbox_end(queue->outbox, delivery, &outcome, &plan, now_us, &error);
    g_assert_no_error(error);
}
