#include "articles/difference_markup.h"
#include "articles/markup.h"

#include <string.h>

static void append(GString *out, const char *start, const char *text, const char *end)
{
    g_string_append(out, start);
    imp_markup_text(out, text, strlen(text));
    g_string_append(out, end);
}

char *imp_changes_markup(const ImpChanges *changes)
{
    GString *out = g_string_new(NULL);
    if (changes->list->len == 0)
        return g_string_free(out, FALSE);
    g_string_append(out, "<ul class=\"changes\">\n");
    for (guint i = 0; i < changes->list->len; i++) {
        const ImpChange *change = changes->list->pdata[i];
        g_autofree char *sentence = imp_change_sentence(change);
        g_autoptr(GString) typeset = g_string_new(sentence);
        g_string_replace(typeset, " -> ", " \u2192 ", 0);
        append(out, change->flags ? "<li class=\"flagged\">" : "<li>", typeset->str, "");
        if (change->where)
            append(out, " <span class=\"where\">", change->where, "</span>");
        g_string_append(out, "</li>\n");
    }
    if (changes->more > 0)
        g_string_append_printf(out, "<li>and %u more</li>\n", changes->more);
    g_string_append(out, "</ul>\n");
    return g_string_free(out, FALSE);
}

static void append_piece(GString *out, const ImpDifferencePiece *piece)
{
    if (piece->blank)
        g_string_append_c(out, ' ');
    switch (piece->mark) {
    case IMP_PIECE_SAME:
        append(out, "", piece->text, "");
        break;
    case IMP_PIECE_REMOVED:
        append(out, "<del><span class=\"imprimatur-hidden\">removed: </span>", piece->text,
               "</del>");
        break;
    case IMP_PIECE_ADDED:
        append(out, "<ins><span class=\"imprimatur-hidden\">added: </span>", piece->text, "</ins>");
        break;
    case IMP_PIECE_LEFT_OUT:
        g_string_append(out, "<span class=\"left-out\">\u2026</span>");
        break;
    }
}

static void append_passage(GString *out, const ImpDifferencePassage *passage, const char *above)
{
    static const char *const classes[] = {
        [IMP_PASSAGE_TEXT] = "words",
        [IMP_PASSAGE_HEADING] = "heading",
        [IMP_PASSAGE_CELL] = "cell",
        [IMP_PASSAGE_CODE] = "code",
        [IMP_PASSAGE_FRONT_MATTER] = "front-matter",
    };
    g_string_append(out, "<div class=\"changed\">");
    if (passage->where && g_strcmp0(passage->where, above) != 0)
        append(out, "<p class=\"where\">", passage->where, "</p>");
    if (passage->cell)
        append(out, "<p class=\"where\">", passage->cell, "</p>");
    g_string_append_printf(out, "<p class=\"%s\">", classes[passage->kind]);
    for (guint i = 0; i < passage->pieces->len; i++)
        append_piece(out, passage->pieces->pdata[i]);
    g_string_append(out, "</p></div>\n");
}

char *imp_passages_markup(const ImpDifference *difference)
{
    GString *out = g_string_new(NULL);
    const char *above = NULL;
    for (guint i = 0; i < difference->passages->len; i++) {
        const ImpDifferencePassage *passage = difference->passages->pdata[i];
        append_passage(out, passage, above);
        above = passage->where;
    }
    if (difference->unreadable)
        g_string_append(out, "<p class=\"same\">One of them is not text that can be shown.</p>\n");
    else if (difference->passages->len == 0)
        g_string_append(out, "<p class=\"same\">No word has changed, only marks or blanks.</p>\n");
    return g_string_free(out, FALSE);
}
