#include "daemon/verbs/view/status_select.h"
#include "workflow/article_state.h"
#include "workflow/base/json_write.h"

#include <stdio.h>
#include <string.h>

/* How a team is doing, in figures: how long articles are where they are, and who has how much to
 * do. */

#define RECENT_DAYS  30
#define NAME_COLUMNS 30

typedef struct {
    GArray *spans; /* of gint64: microseconds in the state */
    const ImpStatus *oldest;
} StateFigures;

typedef struct {
    const ImpPerson *person;
    guint open, overdue, decided;
} Load;

typedef struct {
    StateFigures states[IMP_STATE_APPROVED + 1];
    GPtrArray *loads;     /* of Load*, ordered by id */
    GHashTable *by_id;    /* person -> Load* */
    GHashTable *articles; /* set of paths */
} Figures;

static void figures_clear(Figures *figures)
{
    for (gsize i = 0; i < G_N_ELEMENTS(figures->states); i++)
        g_array_unref(figures->states[i].spans);
    g_ptr_array_unref(figures->loads);
    g_hash_table_unref(figures->by_id);
    g_hash_table_unref(figures->articles);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Figures, figures_clear)

static int by_length(gconstpointer a, gconstpointer b)
{
    gint64 one = *(const gint64 *)a, other = *(const gint64 *)b;
    return one < other ? -1 : one > other;
}

/* Of an even number the lower of the two in the middle, which is a span that there is. */
static gint64 median(const GArray *sorted)
{
    return sorted->len ? g_array_index(sorted, gint64, (sorted->len - 1) / 2) : 0;
}

static gint64 longest(const GArray *sorted)
{
    return sorted->len ? g_array_index(sorted, gint64, sorted->len - 1) : 0;
}

static void count_requests(Figures *figures, const ImpArticle *article, const ImpPolicy *policy,
                           gint64 now_us)
{
    for (guint i = 0; i < article->requests->len; i++) {
        const ImpRequest *request = article->requests->pdata[i];
        Load *load = g_hash_table_lookup(figures->by_id, request->person);
        if (!load || request->status != IMP_REQUEST_OPEN ||
            imp_article_has_spoken(article, policy, request->person, now_us))
            continue;
        bool claimed = imp_article_standing(article, request->person, IMP_DECISION_CLAIM);
        gint64 due_us = claimed ? request->review_by_us : request->respond_by_us;
        load->open++;
        load->overdue += due_us && due_us < now_us;
    }
}

static void count_decision(const ImpEntry *entry, gpointer data)
{
    Figures *figures = data;
    Load *load = entry->person ? g_hash_table_lookup(figures->by_id, entry->person) : NULL;
    if (load && entry->decision && entry->event != IMP_ENTRY_REFUSAL && entry->article &&
        g_hash_table_contains(figures->articles, entry->article))
        load->decided++;
}

static bool count(Figures *figures, const ImpReader *reader, GPtrArray *statuses, gint64 now_us,
                  GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(figures->states); i++)
        figures->states[i].spans = g_array_new(FALSE, FALSE, sizeof(gint64));
    figures->loads = g_ptr_array_new_with_free_func(g_free);
    figures->by_id = g_hash_table_new(g_str_hash, g_str_equal);
    figures->articles = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; reader->policy && i < reader->policy->people->len; i++) {
        Load *load = g_new0(Load, 1);
        load->person = reader->policy->people->pdata[i];
        g_ptr_array_add(figures->loads, load);
        g_hash_table_insert(figures->by_id, load->person->id, load);
    }
    for (guint i = 0; i < statuses->len; i++) {
        const ImpStatus *status = statuses->pdata[i];
        StateFigures *state = &figures->states[status->article->state];
        gint64 span_us = MAX(now_us - status->article->since_us, 0);
        if (!state->oldest || status->article->since_us < state->oldest->article->since_us)
            state->oldest = status;
        g_array_append_val(state->spans, span_us);
        g_hash_table_add(figures->articles, status->article->path);
        count_requests(figures, status->article, reader->policy, now_us);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(figures->states); i++)
        g_array_sort(figures->states[i].spans, by_length);
    return imp_status_walk_back(reader, now_us - RECENT_DAYS * IMP_DAY_US, count_decision, figures,
                                error);
}

/* Who reviews, or decided something all the same. */
static bool is_shown(const Load *load)
{
    return (load->person->roles & IMP_ROLE_REVIEWER) || load->open || load->decided;
}

static void print_states(const Figures *figures, const ImpScreen *screen)
{
    const char *bold = imp_screen_style(screen, IMP_STYLE_BOLD),
               *plain = imp_screen_style(screen, IMP_STYLE_PLAIN);
    printf("%s%-12s %8s %6s %6s OLDEST ARTICLE%s\n", bold, "STATE", "ARTICLES", "MEDIAN", "OLDEST",
           plain);
    for (int i = IMP_STATE_SUBMITTED; i <= IMP_STATE_APPROVED; i++) {
        const StateFigures *state = &figures->states[i];
        g_autofree char *middle =
            state->oldest ? imp_print_span(median(state->spans)) : g_strdup("-");
        g_autofree char *oldest =
            state->oldest ? imp_print_span(longest(state->spans)) : g_strdup("-");
        g_autofree char *path =
            state->oldest ? imp_print_path(state->oldest->article->path) : g_strdup("-");
        g_autofree char *fitted = imp_print_fit(path, screen->columns - 36, true);
        printf("%-12s %8u %6s %6s %s\n", imp_state_word(i), state->spans->len, middle, oldest,
               fitted);
    }
}

static void print_loads(const Figures *figures, const ImpScreen *screen)
{
    guint columns = MIN(NAME_COLUMNS, screen->columns - 28);
    fputs(imp_screen_style(screen, IMP_STYLE_BOLD), stdout);
    imp_print_padded("REVIEWER", columns);
    printf(" %9s %7s %9s%s\n", "OPEN", "OVERDUE", "DECIDED",
           imp_screen_style(screen, IMP_STYLE_PLAIN));
    for (guint i = 0; i < figures->loads->len; i++) {
        const Load *load = figures->loads->pdata[i];
        if (!is_shown(load))
            continue;
        g_autofree char *named = g_strdup_printf("%s (%s)", load->person->id, load->person->name);
        g_autofree char *clean = imp_print_clean(named);
        g_autofree char *fitted = imp_print_fit(clean, columns, false);
        g_autofree char *open = g_strdup_printf("%u/%u", load->open, load->person->capacity);
        imp_print_padded(fitted, columns);
        printf(" %9s %7u %9u\n", open, load->overdue, load->decided);
    }
    imp_print_wrapped("Open: requests of these articles, and how many the person takes in all. "
                      "Decided: in the last " G_STRINGIFY(RECENT_DAYS) " days.",
                      0, screen->columns);
}

static json_t *state_json(ImpState state, const StateFigures *figures)
{
    json_t *object = json_object();
    const char *path = figures->oldest ? figures->oldest->article->path : NULL;
    g_autofree char *shown =
        path && !g_utf8_validate(path, -1, NULL) ? imp_print_path(path) : g_strdup(path);
    imp_json_set_text(object, "state", imp_state_key(state));
    imp_json_set_number(object, "articles", figures->spans->len);
    json_object_set_new(object, "median_s",
                        path ? json_integer(median(figures->spans) / IMP_SECOND_US) : json_null());
    json_object_set_new(object, "oldest_s",
                        path ? json_integer(longest(figures->spans) / IMP_SECOND_US) : json_null());
    imp_json_set_text(object, "oldest", shown);
    return object;
}

static json_t *load_json(const Load *load)
{
    json_t *object = json_object();
    imp_json_set_text(object, "person", load->person->id);
    imp_json_set_text(object, "name", load->person->name);
    imp_json_set_number(object, "open", load->open);
    imp_json_set_number(object, "capacity", load->person->capacity);
    imp_json_set_number(object, "overdue", load->overdue);
    imp_json_set_number(object, "decided", load->decided);
    return object;
}

static json_t *figures_json(const Figures *figures, const ImpReader *reader)
{
    json_t *line = json_object(), *states = json_array(), *people = json_array();
    for (int i = IMP_STATE_SUBMITTED; i <= IMP_STATE_APPROVED; i++)
        json_array_append_new(states, state_json(i, &figures->states[i]));
    for (guint i = 0; i < figures->loads->len; i++)
        if (is_shown(figures->loads->pdata[i]))
            json_array_append_new(people, load_json(figures->loads->pdata[i]));
    imp_json_set_number(line, "schema", 1);
    imp_json_set_text(line, "repository", reader->name);
    json_object_set_new(line, "states", states);
    json_object_set_new(line, "reviewers", people);
    return line;
}

bool imp_status_print_figures(const ImpReader *reader, GPtrArray *statuses, gint64 now_us,
                              const ImpScreen *screen, GError **error)
{
    g_auto(Figures) figures = {0};
    if (!count(&figures, reader, statuses, now_us, error))
        return false;
    if (!screen) {
        g_autoptr(json_t) line = figures_json(&figures, reader);
        imp_print_json(line);
        return true;
    }
    print_states(&figures, screen);
    puts("");
    print_loads(&figures, screen);
    return true;
}
