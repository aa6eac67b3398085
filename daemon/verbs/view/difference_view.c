#include "daemon/verbs/view/difference_view.h"
#include "workflow/base/json_write.h"

#include <stdio.h>
#include <string.h>

/* A passage is read, not applied: it is set in lines of the terminal's width, broken between words.
 */

#define INDENT 2

typedef struct {
    const ImpScreen *screen;
    guint column;   /* of the cursor; INDENT: at the beginning of a line */
    bool blank;     /* wanted before the next word */
    ImpStyle style; /* that is on: it ends with the run, and with each line, since pagers forget it
                       there */
} Setting;

static void switch_style(Setting *setting, ImpStyle style)
{
    if (style != setting->style)
        fputs(imp_screen_style(setting->screen, style), stdout);
    setting->style = style;
}

static void end_line(Setting *setting)
{
    switch_style(setting, IMP_STYLE_PLAIN);
    if (setting->column > INDENT)
        puts("");
    setting->column = INDENT;
    setting->blank = false;
}

static void set_word(Setting *setting, const char *word, ImpStyle style)
{
    guint width = imp_print_columns(word);
    if (setting->blank && setting->column + 1 + width > setting->screen->columns)
        end_line(setting);
    if (setting->column == INDENT) {
        printf("%*s", INDENT, "");
    } else if (setting->blank) {
        fputs(" ", stdout);
        setting->column++;
    }
    switch_style(setting, style);
    fputs(word, stdout);
    setting->column += width;
    setting->blank = false;
}

static void set_run(Setting *setting, const char *run, ImpStyle style)
{
    g_auto(GStrv) words = g_strsplit(run, " ", -1);
    for (char **word = words; *word; word++) {
        if (word > words)
            setting->blank = true;
        g_autofree char *clean = imp_print_clean(*word);
        if (*clean)
            set_word(setting, clean, style);
    }
    switch_style(setting, IMP_STYLE_PLAIN);
}

static void set_piece(Setting *setting, const ImpDifferencePiece *piece)
{
    static const struct {
        const char *start, *end;
        ImpStyle style;
    } marks[] = {
        [IMP_PIECE_SAME] = {"", "", IMP_STYLE_PLAIN},
        [IMP_PIECE_REMOVED] = {"[-", "-]", IMP_STYLE_BAD},
        [IMP_PIECE_ADDED] = {"{+", "+}", IMP_STYLE_GOOD},
        [IMP_PIECE_LEFT_OUT] = {"...", "", IMP_STYLE_FAINT},
    };
    g_autofree char *marked =
        g_strconcat(marks[piece->mark].start, piece->text, marks[piece->mark].end, NULL);
    setting->blank = setting->blank || piece->blank;
    set_run(setting, marked, marks[piece->mark].style);
}

static void print_place(const ImpDifferencePassage *passage, const char **above,
                        const ImpScreen *screen)
{
    g_autofree char *where = imp_print_clean(passage->where ? passage->where : "");
    if (*where && g_strcmp0(passage->where, *above) != 0)
        printf("\n%s%s%s\n", imp_screen_style(screen, IMP_STYLE_BOLD), where,
               imp_screen_style(screen, IMP_STYLE_PLAIN));
    *above = passage->where;
    g_autofree char *cell = imp_print_clean(passage->cell ? passage->cell : "");
    if (*cell)
        printf("%*s%s%s:%s\n", INDENT, "", imp_screen_style(screen, IMP_STYLE_FAINT), cell,
               imp_screen_style(screen, IMP_STYLE_PLAIN));
}

void imp_difference_print_changes(const ImpChanges *changes, const ImpScreen *screen)
{
    if (changes->list->len == 0)
        return;
    puts("  not to be missed:");
    for (guint i = 0; i < changes->list->len; i++) {
        const ImpChange *change = changes->list->pdata[i];
        g_autofree char *sentence = imp_change_sentence(change);
        g_autofree char *line = change->where ? g_strdup_printf("%s (%s)", sentence, change->where)
                                              : g_strdup(sentence);
        g_autofree char *clean = imp_print_clean(line);
        printf("  %s%s%s ",
               imp_screen_style(screen, change->flags ? IMP_STYLE_BAD : IMP_STYLE_WARN),
               change->flags ? "!" : "*", imp_screen_style(screen, IMP_STYLE_PLAIN));
        imp_print_wrapped(clean, 2 * INDENT, screen->columns);
    }
    if (changes->more > 0)
        printf("    and %u more\n", changes->more);
}

void imp_difference_print(const ImpDifference *difference, const ImpScreen *screen)
{
    imp_difference_print_changes(difference->changes, screen);
    const char *above = NULL;
    Setting setting = {.screen = screen, .column = INDENT};
    for (guint i = 0; i < difference->passages->len; i++) {
        const ImpDifferencePassage *passage = difference->passages->pdata[i];
        print_place(passage, &above, screen);
        for (guint p = 0; p < passage->pieces->len; p++)
            set_piece(&setting, passage->pieces->pdata[p]);
        end_line(&setting);
    }
    if (difference->unreadable)
        puts("  they differ, and one of them is not text that can be shown");
    else if (difference->passages->len == 0)
        puts("  no word has changed, only marks or blanks");
}

static json_t *pieces_json(const GPtrArray *pieces)
{
    static const char *const marks[] = {
        [IMP_PIECE_SAME] = "same",
        [IMP_PIECE_REMOVED] = "removed",
        [IMP_PIECE_ADDED] = "added",
        [IMP_PIECE_LEFT_OUT] = "left-out",
    };
    json_t *list = json_array();
    for (guint i = 0; i < pieces->len; i++) {
        const ImpDifferencePiece *piece = pieces->pdata[i];
        g_autofree char *text = g_strconcat(piece->blank ? " " : "", piece->text, NULL);
        json_t *object = json_object();
        imp_json_set_text(object, "mark", marks[piece->mark]);
        imp_json_set_text(object, "text", text);
        json_array_append_new(list, object);
    }
    return list;
}

void imp_difference_put_json(json_t *object, const ImpDifference *difference)
{
    static const char *const kinds[] = {
        [IMP_PASSAGE_TEXT] = "text",
        [IMP_PASSAGE_HEADING] = "heading",
        [IMP_PASSAGE_CELL] = "cell",
        [IMP_PASSAGE_CODE] = "code",
        [IMP_PASSAGE_FRONT_MATTER] = "front-matter",
    };
    json_t *passages = json_array();
    for (guint i = 0; i < difference->passages->len; i++) {
        const ImpDifferencePassage *passage = difference->passages->pdata[i];
        json_t *line = json_object();
        imp_json_set_text(line, "kind", kinds[passage->kind]);
        imp_json_set_text(line, "where", passage->where);
        imp_json_set_text(line, "cell", passage->cell);
        json_object_set_new(line, "pieces", pieces_json(passage->pieces));
        json_array_append_new(passages, line);
    }
    json_object_set_new(object, "changes", imp_changes_json(difference->changes));
    imp_json_set_number(object, "more", difference->changes->more);
    json_object_set_new(object, "passages", passages);
}
