#include "daemon/site/languages.h"

#include <string.h>

static const struct {
    const char *tag, *name;
} names[] = {
    {"ar", "العربية"},
    {"bg", "Български"},
    {"bn", "বাংলা"},
    {"ca", "Català"},
    {"cs", "Čeština"},
    {"cy", "Cymraeg"},
    {"da", "Dansk"},
    {"de", "Deutsch"},
    {"el", "Ελληνικά"},
    {"en", "English"},
    {"es", "Español"},
    {"et", "Eesti"},
    {"eu", "Euskara"},
    {"fa", "فارسی"},
    {"fi", "Suomi"},
    {"fr", "Français"},
    {"ga", "Gaeilge"},
    {"gl", "Galego"},
    {"he", "עברית"},
    {"hi", "हिन्दी"},
    {"hr", "Hrvatski"},
    {"hu", "Magyar"},
    {"id", "Bahasa Indonesia"},
    {"is", "Íslenska"},
    {"it", "Italiano"},
    {"ja", "日本語"},
    {"ko", "한국어"},
    {"lt", "Lietuvių"},
    {"lv", "Latviešu"},
    {"mt", "Malti"},
    {"nl", "Nederlands"},
    {"no", "Norsk"},
    {"pl", "Polski"},
    {"pt", "Português"},
    {"ro", "Română"},
    {"ru", "Русский"},
    {"sk", "Slovenčina"},
    {"sl", "Slovenščina"},
    {"sq", "Shqip"},
    {"sr", "Српски"},
    {"sv", "Svenska"},
    {"sw", "Kiswahili"},
    {"ta", "தமிழ்"},
    {"th", "ไทย"},
    {"tr", "Türkçe"},
    {"uk", "Українська"},
    {"ur", "اردو"},
    {"vi", "Tiếng Việt"},
    {"zh", "中文"},
};

char *imp_site_language_name(const char *tag)
{
    gsize primary = strcspn(tag, "-");
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strlen(names[i].tag) != primary || g_ascii_strncasecmp(names[i].tag, tag, primary) != 0)
            continue;
        return tag[primary] ? g_strdup_printf("%s (%s)", names[i].name, tag + primary + 1)
                            : g_strdup(names[i].name);
    }
    return g_strdup(tag);
}
