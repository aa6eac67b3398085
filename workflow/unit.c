#include "workflow/unit.h"

#include <string.h>

/* What a unit measures; those of one kind can be converted by their scale. */
typedef enum {
    MASS,
    VOLUME,
    AMOUNT,
    LENGTH,
    AREA,
    TIME,
    DOSE,
    OTHER, /* each for itself */
} Dimension;

typedef struct {
    const char *written, *unit;
    Dimension dimension;
    double scale;
    bool alone; /* a word that means nothing else, without a number too */
} Unit;

static const Unit units[] = {
    {"mg", "mg", MASS, 1e-3, true},
    {"mcg", "mcg", MASS, 1e-6, true},
    {"\u00b5g", "mcg", MASS, 1e-6, true},
    {"\u03bcg", "mcg", MASS, 1e-6, true},
    {"ug", "mcg", MASS, 1e-6, true},
    {"ng", "ng", MASS, 1e-9, true},
    {"pg", "pg", MASS, 1e-12, true},
    {"g", "g", MASS, 1, false},
    {"kg", "kg", MASS, 1e3, true},
    {"milligram", "mg", MASS, 1e-3, true},
    {"milligrams", "mg", MASS, 1e-3, true},
    {"microgram", "mcg", MASS, 1e-6, true},
    {"micrograms", "mcg", MASS, 1e-6, true},
    {"nanogram", "ng", MASS, 1e-9, true},
    {"nanograms", "ng", MASS, 1e-9, true},
    {"gram", "g", MASS, 1, true},
    {"grams", "g", MASS, 1, true},
    {"kilogram", "kg", MASS, 1e3, true},
    {"kilograms", "kg", MASS, 1e3, true},
    {"lb", "lb", MASS, 453.59237, false},
    {"oz", "oz", MASS, 28.349523, false},
    {"mL", "mL", VOLUME, 1e-3, true},
    {"ml", "mL", VOLUME, 1e-3, true},
    {"milliliters", "mL", VOLUME, 1e-3, true},
    {"millilitres", "mL", VOLUME, 1e-3, true},
    {"cc", "mL", VOLUME, 1e-3, false},
    {"dL", "dL", VOLUME, 1e-1, true},
    {"dl", "dL", VOLUME, 1e-1, true},
    {"\u00b5L", "mcL", VOLUME, 1e-6, true},
    {"\u03bcL", "mcL", VOLUME, 1e-6, true},
    {"L", "L", VOLUME, 1, false},
    {"l", "L", VOLUME, 1, false},
    {"litre", "L", VOLUME, 1, true},
    {"litres", "L", VOLUME, 1, true},
    {"liter", "L", VOLUME, 1, true},
    {"liters", "L", VOLUME, 1, true},
    {"mol", "mol", AMOUNT, 1, false},
    {"mmol", "mmol", AMOUNT, 1e-3, true},
    {"\u00b5mol", "mcmol", AMOUNT, 1e-6, true},
    {"\u03bcmol", "mcmol", AMOUNT, 1e-6, true},
    {"umol", "mcmol", AMOUNT, 1e-6, true},
    {"nmol", "nmol", AMOUNT, 1e-9, true},
    {"pmol", "pmol", AMOUNT, 1e-12, true},
    {"nm", "nm", LENGTH, 1e-9, true},
    {"\u00b5m", "mcm", LENGTH, 1e-6, true},
    {"\u03bcm", "mcm", LENGTH, 1e-6, true},
    {"mm", "mm", LENGTH, 1e-3, true},
    {"cm", "cm", LENGTH, 1e-2, true},
    {"m", "m", LENGTH, 1, false},
    {"km", "km", LENGTH, 1e3, true},
    {"m\u00b2", "m2", AREA, 1, true},
    {"m2", "m2", AREA, 1, true},
    {"m^2", "m2", AREA, 1, true},
    {"cm\u00b2", "cm2", AREA, 1e-4, true},
    {"ms", "ms", TIME, 1e-3, false},
    {"s", "s", TIME, 1, false},
    {"sec", "s", TIME, 1, false},
    {"second", "s", TIME, 1, false},
    {"seconds", "s", TIME, 1, true},
    {"min", "min", TIME, 60, false},
    {"minute", "min", TIME, 60, false},
    {"minutes", "min", TIME, 60, true},
    {"h", "h", TIME, 3600, false},
    {"hr", "h", TIME, 3600, false},
    {"hrs", "h", TIME, 3600, false},
    {"hour", "h", TIME, 3600, true},
    {"hours", "h", TIME, 3600, true},
    {"d", "day", TIME, 86400, false},
    {"day", "day", TIME, 86400, true},
    {"days", "day", TIME, 86400, true},
    {"daily", "daily", OTHER, 1, true},
    {"weekly", "weekly", OTHER, 1, true},
    {"monthly", "monthly", OTHER, 1, true},
    {"hourly", "hourly", OTHER, 1, true},
    {"wk", "week", TIME, 604800, false},
    {"week", "week", TIME, 604800, true},
    {"weeks", "week", TIME, 604800, true},
    {"month", "month", TIME, 2629746, true},
    {"months", "month", TIME, 2629746, true},
    {"year", "year", TIME, 31556952, true},
    {"years", "year", TIME, 31556952, true},
    {"Gy", "Gy", DOSE, 1, true},
    {"cGy", "cGy", DOSE, 1e-2, true},
    {"mGy", "mGy", DOSE, 1e-3, true},
    {"Sv", "Sv", OTHER, 1, true},
    {"mSv", "mSv", OTHER, 1, true},
    {"MBq", "MBq", OTHER, 1, true},
    {"IU", "IU", OTHER, 1, true},
    {"U", "U", OTHER, 1, false},
    {"unit", "U", OTHER, 1, false},
    {"units", "U", OTHER, 1, false},
    {"mEq", "mEq", OTHER, 1, true},
    {"mmHg", "mmHg", OTHER, 1, true},
    {"kPa", "kPa", OTHER, 1, true},
    {"Hz", "Hz", OTHER, 1, true},
    {"kHz", "kHz", OTHER, 1, true},
    {"MHz", "MHz", OTHER, 1, true},
    {"kcal", "kcal", OTHER, 1, true},
    {"kJ", "kJ", OTHER, 1, true},
    {"bpm", "bpm", OTHER, 1, true},
    {"ppm", "ppm", OTHER, 1, true},
    {"%", "%", OTHER, 1, true},
    {"\u2030", "\u2030", OTHER, 1, true},
    {"\u00b0C", "\u00b0C", OTHER, 1, true},
    {"\u00b0F", "\u00b0F", OTHER, 1, true},
    {"tablet", "tablet", OTHER, 1, false},
    {"tablets", "tablet", OTHER, 1, false},
    {"capsule", "capsule", OTHER, 1, false},
    {"capsules", "capsule", OTHER, 1, false},
    {"drop", "drop", OTHER, 1, false},
    {"drops", "drop", OTHER, 1, false},
    {"puff", "puff", OTHER, 1, false},
    {"puffs", "puff", OTHER, 1, false},
    {"dose", "dose", OTHER, 1, false},
    {"doses", "dose", OTHER, 1, false},
    {"cycle", "cycle", OTHER, 1, false},
    {"cycles", "cycle", OTHER, 1, false},
    {"times", "times", OTHER, 1, false},
};
#define LONGEST_BYTES 16 /* "milliliters" */
#define FACTORS_MAX   4  /* "mg/kg/day" has three */

static bool goes_on(const char *at, const char *end)
{
    if (at >= end)
        return false;
    gunichar c = g_utf8_get_char(at);
    return g_unichar_isalnum(c) || g_unichar_ismark(c);
}

static const Unit *find(const char *at, gsize length, bool any_case)
{
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++)
        if (strlen(units[i].written) == length &&
            (any_case ? g_ascii_strncasecmp(at, units[i].written, length)
                      : strncmp(at, units[i].written, length)) == 0)
            return &units[i];
    return NULL;
}

/* The longest single unit here; in other letters only where nobody could mean another ("MG", "Ml").
 */
static const Unit *read_one(const char *at, const char *end, const char **after)
{
    const char *word = at;
    if (word < end && (*word == '%' || !g_ascii_isprint(*word)))
        word = g_utf8_next_char(word); /* "%", "°C", "µg" */
    while (goes_on(word, end) && word - at <= LONGEST_BYTES)
        word = g_utf8_next_char(word);
    if (end - word >= 2 && word[0] == '^' && word[1] == '2')
        word += 2;
    if (goes_on(word, end))
        return NULL;
    gsize length = (gsize)(word - at);
    const Unit *unit = find(at, length, false);
    *after = word;
    return unit || length < 2 ? unit : find(at, length, true);
}

/* "/kg", "·m²", " per day", "/ kg". */
static const char *after_joint(const char *at, const char *end)
{
    if (at < end && *at == '/')
        return at + 1;
    if (end - at > 5 && strncmp(at, " per ", 5) == 0)
        return at + 5;
    return NULL;
}

static const char *read_compound(const char *at, const char *end, bool alone, char **unit)
{
    const char *after;
    const Unit *first = read_one(at, end, &after);
    if (!first)
        return NULL;
    g_autoptr(GString) compound = g_string_new(first->unit);
    bool is_compound = false;
    for (guint factors = 1; factors < FACTORS_MAX; factors++) {
        const char *joint = after_joint(after, end), *behind;
        const Unit *next = joint ? read_one(joint, end, &behind) : NULL;
        if (!next)
            break;
        g_string_append_printf(compound, "/%s", next->unit);
        after = behind;
        is_compound = true;
    }
    if (alone && !first->alone && !is_compound)
        return NULL;
    *unit = g_string_free(g_steal_pointer(&compound), FALSE);
    return after;
}

const char *imp_unit_read(const char *at, const char *end, char **unit)
{
    return read_compound(at, end, false, unit);
}

const char *imp_unit_read_alone(const char *at, const char *end, char **unit)
{
    return read_compound(at, end, true, unit);
}

static const Unit *by_name(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++)
        if (strcmp(units[i].unit, name) == 0)
            return &units[i];
    return NULL;
}

double imp_unit_ratio(const char *before, const char *after)
{
    if (g_strcmp0(before, after) == 0)
        return 1;
    if (!before || !after)
        return 0;
    g_auto(GStrv) ones = g_strsplit(before, "/", -1), others = g_strsplit(after, "/", -1);
    if (g_strv_length(ones) != g_strv_length(others))
        return 0;
    double ratio = 1;
    for (guint i = 0; ones[i]; i++) {
        const Unit *one = by_name(ones[i]), *other = by_name(others[i]);
        if (one != other &&
            (!one || !other || one->dimension != other->dimension || one->dimension == OTHER))
            return 0;
        double scale = one == other ? 1 : other->scale / one->scale;
        ratio = i == 0 ? scale : ratio / scale;
    }
    return ratio;
}
