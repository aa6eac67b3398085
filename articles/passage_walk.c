#include "articles/passage_walk.h"
#include "workflow/base/limits.h"
#include "workflow/base/text.h"

#include <string.h>

#define CAP_BASE    4096
#define LABEL_CHARS 40

struct ImpPassageWalk {
    GPtrArray *passages;
    GString *words; /* of the passage that is open */
    ImpPassageKind kind;
    char *where;
    guint table, column;
    bool head;
    char *row;          /* the first cell of the row */
    GPtrArray *columns; /* of char*: the headings of the table */
    gsize spent, cap;
};

void imp_passage_free(gpointer data)
{
    ImpPassage *passage = data;
    g_free(passage->text);
    g_free(passage->where);
    g_free(passage->cell);
    g_free(passage);
}

/* One line, single blanks, nothing hidden. */
static char *tidy(const char *text, gsize length)
{
    char *line = imp_visible_line(text, length), *to = line;
    for (const char *at = line; *at; at++)
        if (*at != ' ' || at[1] != ' ')
            *to++ = *at;
    *to = '\0';
    return line;
}

static char *label(const char *text)
{
    if (g_utf8_strlen(text, -1) <= LABEL_CHARS)
        return g_strdup(text);
    g_autofree char *start = g_utf8_substring(text, 0, LABEL_CHARS - 1);
    return g_strconcat(start, "\u2026", NULL);
}

ImpPassageWalk *imp_passage_walk_new(gsize length)
{
    ImpPassageWalk *walk = g_new0(ImpPassageWalk, 1);
    walk->passages = g_ptr_array_new_with_free_func(imp_passage_free);
    walk->columns = g_ptr_array_new_with_free_func(g_free);
    walk->words = g_string_new(NULL);
    walk->cap = IMP_RENDER_FACTOR * length + CAP_BASE;
    return walk;
}

bool imp_passage_walk_spend(ImpPassageWalk *walk, gsize bytes)
{
    walk->spent += bytes;
    return walk->spent > walk->cap;
}

static char *cell_label(const ImpPassageWalk *walk)
{
    if (walk->head)
        return g_strdup_printf("Table %u, heading", walk->table);
    const char *column =
        walk->column <= walk->columns->len ? walk->columns->pdata[walk->column - 1] : "";
    bool names_row = walk->row && walk->column > 1 && *walk->row;
    return g_strdup_printf("Table %u%s%s%s%s", walk->table, names_row ? ", " : "",
                           names_row ? walk->row : "", *column ? ", " : "", column);
}

static void note_cell(ImpPassageWalk *walk, const char *text)
{
    if (walk->head)
        g_ptr_array_add(walk->columns, label(text));
    else if (walk->column == 1)
        walk->row = label(text);
}

static void end(ImpPassageWalk *walk)
{
    bool is_cell = walk->kind == IMP_PASSAGE_CELL && walk->column > 0;
    g_autofree char *text = tidy(walk->words->str, walk->words->len);
    g_string_truncate(walk->words, 0);
    if (is_cell)
        note_cell(walk, text);
    if (!*text)
        return;
    ImpPassage *passage = g_new0(ImpPassage, 1);
    passage->kind = walk->kind;
    passage->where = g_strdup(walk->where);
    passage->cell = is_cell ? cell_label(walk) : NULL;
    if (walk->kind == IMP_PASSAGE_HEADING) {
        g_free(walk->where);
        walk->where = label(text);
    }
    passage->text = g_steal_pointer(&text);
    g_ptr_array_add(walk->passages, passage);
}

void imp_passage_walk_begin(ImpPassageWalk *walk, ImpPassageKind kind)
{
    end(walk);
    walk->kind = kind;
    walk->column = 0;
}

void imp_passage_walk_begin_table(ImpPassageWalk *walk)
{
    imp_passage_walk_begin(walk, IMP_PASSAGE_TEXT);
    walk->table++;
    g_ptr_array_set_size(walk->columns, 0);
}

void imp_passage_walk_begin_row(ImpPassageWalk *walk)
{
    imp_passage_walk_begin(walk, IMP_PASSAGE_CELL);
    g_clear_pointer(&walk->row, g_free);
}

void imp_passage_walk_begin_cell(ImpPassageWalk *walk, bool head)
{
    guint column = walk->column;
    end(walk);
    walk->kind = IMP_PASSAGE_CELL;
    walk->column = column + 1;
    walk->head = head;
}

void imp_passage_walk_words(ImpPassageWalk *walk, const char *text, gsize length)
{
    if (walk->kind != IMP_PASSAGE_CODE) {
        g_string_append_len(walk->words, text, (gssize)length);
        return;
    }
    for (const char *newline; length > 0 && (newline = memchr(text, '\n', length));) {
        g_string_append_len(walk->words, text, newline - text);
        length -= (gsize)(newline + 1 - text);
        text = newline + 1;
        end(walk);
    }
    g_string_append_len(walk->words, text, (gssize)length);
}

gsize imp_passage_walk_place(const ImpPassageWalk *walk)
{
    return walk->words->len;
}

void imp_passage_walk_address(ImpPassageWalk *walk, gsize place, const char *address)
{
    const char *words = walk->words->str + MIN(place, walk->words->len);
    if (*address && strcmp(words, address) != 0)
        g_string_append_printf(walk->words, " <%s>", address);
}

GPtrArray *imp_passage_walk_finish(ImpPassageWalk *walk)
{
    end(walk);
    g_autoptr(GPtrArray) passages = walk->passages;
    bool given_up = walk->spent > walk->cap;
    g_string_free(walk->words, TRUE);
    g_ptr_array_unref(walk->columns);
    g_free(walk->where);
    g_free(walk->row);
    g_free(walk);
    return given_up ? NULL : g_steal_pointer(&passages);
}

void imp_passages_add_lines(GPtrArray *passages, const char *text, gsize length,
                            ImpPassageKind kind)
{
    ImpLines lines = imp_lines(text, length);
    while (imp_lines_next(&lines)) {
        g_autofree char *line = tidy(lines.text, lines.length);
        if (!*line)
            continue;
        ImpPassage *passage = g_new0(ImpPassage, 1);
        passage->kind = kind;
        passage->text = g_steal_pointer(&line);
        g_ptr_array_add(passages, passage);
    }
}
