#include "workflow/hidden.h"

/* Three questions decide. Which letters are nearest, to the left and to the right? That tells
 * joiners and break opportunities apart. Does the line hold letters that are written from right to
 * left? Then marks of direction are needed, though letters of both directions may be around them.
 * What stands just before? A selector or a tag continues that character, or nothing. One walk
 * answers all of them; the letter to the right is looked for once for all that wait for it. Where a
 * mark or a break stands between signs and blanks, as behind a link, the rest of the text answers
 * for the line. */

typedef enum {
    NOT_HIDDEN,
    JOINER,    /* joins or parts two letters, or two pictures */
    BREAK,     /* where a line may break, or may not */
    MARK,      /* of a direction */
    OPENING,   /* of a stretch with a direction of its own, */
    CLOSING,   /* which is closed in the same line */
    OVERRIDE,  /* turns letters around that have a direction */
    MONGOLIAN, /* a separator of vowels */
    HANGUL,    /* stands for a part of a syllable */
    SELECTOR,  /* of a form of the character before it */
    VARIANT,   /* of an ideograph, likewise */
    TAG,       /* of a flag */
    USELESS,   /* wherever it stands */
} Kind;

static const struct {
    gunichar first, last;
    Kind kind;
    const char *name;
} ranges[] = {
    {0x034f, 0x034f, JOINER, "a zero-width character"},
    {0x061c, 0x061c, MARK, "a bidirectional control"},
    {0x115f, 0x1160, HANGUL, "a filler"},
    {0x180e, 0x180e, MONGOLIAN, "a zero-width character"},
    {0x200b, 0x200b, BREAK, "a zero-width character"},
    {0x200c, 0x200d, JOINER, "a zero-width character"},
    {0x200e, 0x200f, MARK, "a bidirectional control"},
    {0x202a, 0x202b, OPENING, "a bidirectional control"},
    {0x202c, 0x202c, CLOSING, "a bidirectional control"},
    {0x202d, 0x202e, OVERRIDE, "a bidirectional control"},
    {0x2060, 0x2060, BREAK, "a zero-width character"},
    {0x2061, 0x2064, USELESS, "an invisible operator"},
    {0x2066, 0x2068, OPENING, "a bidirectional control"},
    {0x2069, 0x2069, CLOSING, "a bidirectional control"},
    {0x206a, 0x206f, USELESS, "a bidirectional control"},
    {0x3164, 0x3164, HANGUL, "a filler"},
    {0xfe00, 0xfe0f, SELECTOR, "a variation selector"},
    {0xfeff, 0xfeff, USELESS, "a zero-width character"},
    {0xffa0, 0xffa0, HANGUL, "a filler"},
    {0xfff9, 0xfffb, USELESS, "an annotation mark"},
    {0xe0000, 0xe007f, TAG, "a tag character"},
    {0xe0100, 0xe01ef, VARIANT, "a variation selector"},
};

#define TEXT_SELECTOR    0xfe0e
#define PICTURE_SELECTOR 0xfe0f
#define BLACK_FLAG       0x1f3f4
#define CANCEL_TAG       0xe007f
/* The flags of countries within countries have five letters. */
#define FLAG_TAGS_MAX 8

/* The bytes with which the characters of the table begin in UTF-8. */
static bool may_be_hidden(guchar first)
{
    return first == 0xcd || first == 0xd8 || (first >= 0xe1 && first <= 0xe3) || first == 0xef ||
           first == 0xf3;
}

static Kind kind_of(gunichar c, const char **name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(ranges) && ranges[i].first <= c; i++) {
        if (c > ranges[i].last)
            continue;
        *name = ranges[i].name;
        return ranges[i].kind;
    }
    return NOT_HIDDEN;
}

/* Alphabets whose letters stand side by side, in words parted by blanks: they need no joiner and no
 * break that cannot be seen. */
static bool is_plain(GUnicodeScript script)
{
    switch (script) {
    case G_UNICODE_SCRIPT_LATIN:
    case G_UNICODE_SCRIPT_GREEK:
    case G_UNICODE_SCRIPT_CYRILLIC:
    case G_UNICODE_SCRIPT_ARMENIAN:
    case G_UNICODE_SCRIPT_GEORGIAN:
    case G_UNICODE_SCRIPT_COPTIC:
    case G_UNICODE_SCRIPT_GLAGOLITIC:
    case G_UNICODE_SCRIPT_GOTHIC:
    case G_UNICODE_SCRIPT_RUNIC:
    case G_UNICODE_SCRIPT_OGHAM:
    case G_UNICODE_SCRIPT_CHEROKEE:
    case G_UNICODE_SCRIPT_DESERET:
    case G_UNICODE_SCRIPT_INVALID_CODE: /* no letter at all */
        return true;
    default:
        return false;
    }
}

static bool is_from_right(GUnicodeScript script)
{
    switch (script) {
    case G_UNICODE_SCRIPT_ARABIC:
    case G_UNICODE_SCRIPT_HEBREW:
    case G_UNICODE_SCRIPT_SYRIAC:
    case G_UNICODE_SCRIPT_THAANA:
    case G_UNICODE_SCRIPT_NKO:
    case G_UNICODE_SCRIPT_SAMARITAN:
    case G_UNICODE_SCRIPT_MANDAIC:
    case G_UNICODE_SCRIPT_ADLAM:
    case G_UNICODE_SCRIPT_HANIFI_ROHINGYA:
    case G_UNICODE_SCRIPT_YEZIDI:
        return true;
    default:
        return false;
    }
}

/* The script of a letter; INVALID_CODE for what is not a letter, or belongs to all. */
static GUnicodeScript script_of(gunichar c)
{
    GUnicodeScript script = g_unichar_get_script(c);
    return script == G_UNICODE_SCRIPT_COMMON || script == G_UNICODE_SCRIPT_INHERITED ||
                   script == G_UNICODE_SCRIPT_UNKNOWN
               ? G_UNICODE_SCRIPT_INVALID_CODE
               : script;
}

/* Pictures, the modifiers of their colour, and arrows; and what makes a picture of a sign. */
static bool is_picture(gunichar c)
{
    GUnicodeType type = g_unichar_type(c);
    return c > 0x7f && (type == G_UNICODE_OTHER_SYMBOL || type == G_UNICODE_MODIFIER_SYMBOL ||
                        type == G_UNICODE_MATH_SYMBOL || c == PICTURE_SELECTOR);
}

typedef struct {
    const char *at, *end;
    const ImpScripts *scripts; /* of the text */
    gunichar before;           /* the character before; 0 at the beginning */
    GUnicodeScript left;       /* of the nearest letter before */
    const char *ahead;         /* behind the nearest letter that follows, where it was looked for */
    GUnicodeScript right;
    bool from_right; /* the line holds letters that are written so, */
    bool balanced;   /* and closes each stretch that it opens */
    guint flag;      /* 1 behind a black flag, and one more for each tag; 0: elsewhere */
} Line;

/* What only the whole line tells. */
static void survey(Line *line)
{
    gint embedded = 0, isolated = 0;
    line->balanced = true;
    for (const char *at = line->at; at < line->end; at = g_utf8_next_char(at)) {
        if ((guchar)*at < 0xd6) /* Hebrew is the first that is written from the right */
            continue;
        gunichar c = g_utf8_get_char(at);
        line->from_right =
            line->from_right || (g_unichar_isalpha(c) && is_from_right(g_unichar_get_script(c)));
        embedded += (c == 0x202a || c == 0x202b) - (c == 0x202c);
        isolated += (c >= 0x2066 && c <= 0x2068) - (c == 0x2069);
        line->balanced = line->balanced && embedded >= 0 && isolated >= 0;
    }
    line->balanced = line->balanced && embedded == 0 && isolated == 0;
}

static GUnicodeScript right_of(Line *line)
{
    if (line->ahead > line->at)
        return line->right;
    line->right = G_UNICODE_SCRIPT_INVALID_CODE;
    for (line->ahead = g_utf8_next_char(line->at);
         line->ahead < line->end && line->right == G_UNICODE_SCRIPT_INVALID_CODE;
         line->ahead = g_utf8_next_char(line->ahead))
        line->right = script_of(g_utf8_get_char(line->ahead));
    return line->right;
}

static bool is_among(Line *line, GUnicodeScript script)
{
    return line->left == script || right_of(line) == script;
}

static bool joins_pictures(const Line *line)
{
    const char *next = g_utf8_next_char(line->at);
    return is_picture(line->before) && next < line->end && is_picture(g_utf8_get_char(next));
}

/* Whether the character touches a letter or digit. */
static bool touches(const Line *line)
{
    const char *next = g_utf8_next_char(line->at);
    return g_unichar_isalnum(line->before) ||
           (next < line->end && g_unichar_isalnum(g_utf8_get_char(next)));
}

/* A selector behind a letter of these, a blank or another selector selects nothing, and behind a
 * digit or sign of ASCII only whether it is a picture. */
static bool selects(const Line *line)
{
    const char *name;
    gunichar selector = g_utf8_get_char(line->at);
    if (line->before < 0x80 && selector != TEXT_SELECTOR && selector != PICTURE_SELECTOR)
        return false;
    return line->before != 0 && g_unichar_isgraph(line->before) &&
           kind_of(line->before, &name) == NOT_HIDDEN &&
           (!g_unichar_isalpha(line->before) || !is_plain(script_of(line->before)));
}

static bool belongs(Line *line, Kind kind)
{
    switch (kind) {
    case JOINER:
        return joins_pictures(line) || !is_plain(line->left) || !is_plain(right_of(line));
    case BREAK:
        return !is_plain(line->left) || !is_plain(right_of(line)) ||
               (line->scripts->joined && !touches(line));
    case MARK:
        return line->from_right || (line->scripts->from_right && !touches(line));
    case OPENING:
    case CLOSING:
        return line->from_right && line->balanced;
    case MONGOLIAN:
        return is_among(line, G_UNICODE_SCRIPT_MONGOLIAN);
    case HANGUL:
        return is_among(line, G_UNICODE_SCRIPT_HANGUL);
    case SELECTOR:
        return selects(line);
    case VARIANT:
        return g_unichar_get_script(line->before) == G_UNICODE_SCRIPT_HAN;
    case TAG:
        return line->flag > 0 && line->flag <= FLAG_TAGS_MAX;
    case OVERRIDE:
    case USELESS:
    case NOT_HIDDEN:
        break;
    }
    return false;
}

static void step(Line *line, gunichar c, Kind kind)
{
    GUnicodeScript script = kind ? G_UNICODE_SCRIPT_INVALID_CODE : script_of(c);
    if (script != G_UNICODE_SCRIPT_INVALID_CODE)
        line->left = script;
    if (c == BLACK_FLAG)
        line->flag = 1;
    else
        line->flag = line->flag && kind == TAG && c != CANCEL_TAG ? line->flag + 1 : 0;
    line->before = c;
}

static const char *look_closely(Line *line, gunichar *character)
{
    survey(line);
    line->left = G_UNICODE_SCRIPT_INVALID_CODE;
    for (; line->at < line->end; line->at = g_utf8_next_char(line->at)) {
        const char *name = NULL;
        gunichar c = g_utf8_get_char(line->at);
        Kind kind = may_be_hidden((guchar)*line->at) ? kind_of(c, &name) : NOT_HIDDEN;
        if (kind && !belongs(line, kind)) {
            *character = c;
            return name;
        }
        step(line, c, kind);
    }
    return NULL;
}

ImpScripts imp_hidden_survey(const char *text, gsize length)
{
    ImpScripts scripts = {0};
    for (const char *at = text; at < text + length; at = g_utf8_next_char(at)) {
        gunichar c = (guchar)*at >= 0xcd ? g_utf8_get_char(at) : 0;
        if (!c || !g_unichar_isalpha(c))
            continue;
        GUnicodeScript script = script_of(c);
        scripts.from_right = scripts.from_right || is_from_right(script);
        scripts.joined = scripts.joined || !is_plain(script);
    }
    return scripts;
}

bool imp_hidden_is_suspect(const char *text, gsize length)
{
    const char *name;
    for (const char *at = text; at < text + length; at = g_utf8_next_char(at))
        if (may_be_hidden((guchar)*at) && kind_of(g_utf8_get_char(at), &name))
            return true;
    return false;
}

const char *imp_hidden_find(const char *text, gsize length, const ImpScripts *scripts,
                            gunichar *character)
{
    Line line = {.at = text, .end = text + length, .scripts = scripts};
    return look_closely(&line, character);
}
