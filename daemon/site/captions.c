#include "daemon/site/captions.h"

#include <string.h>

/* A caption is found by its English words, which stand in the code that says it: so the code can be
 * read, and a caption without a translation is English. */

enum { ENGLISH, GERMAN, FRENCH, SPANISH, N_LANGUAGES };

static const char *const tags[N_LANGUAGES] = {"en", "de", "fr", "es"};

static const char *const months[N_LANGUAGES][12] = {
    {"January", "February", "March", "April", "May", "June", "July", "August", "September",
     "October", "November", "December"},
    {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
     "November", "Dezember"},
    {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
     "octobre", "novembre", "décembre"},
    {"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
     "octubre", "noviembre", "diciembre"},
};

static const char *const captions[][N_LANGUAGES] = {
    {"Submitted", "Eingereicht", "Soumis", "Enviado"},
    {"Under Review", "In Prüfung", "En cours de relecture", "En revisión"},
    {"Approved", "Freigegeben", "Approuvé", "Aprobado"},
    {": completed", ": erledigt", " : terminé", ": completado"},
    {": current step, not completed", ": jetziger Schritt, nicht erledigt",
     " : étape en cours, non terminée", ": paso actual, sin completar"},
    {": not completed", ": nicht erledigt", " : non terminé", ": sin completar"},
    {"Review status", "Stand der Prüfung", "État de la relecture", "Estado de la revisión"},
    {"it was taken away and has come back", "er entfernt worden und wiedergekommen ist",
     "il avait été retiré et il est revenu", "fue retirado y ha vuelto"},
    {"a reviewer has taken their approval back", "jemand seine Freigabe zurückgenommen hat",
     "un relecteur a retiré son approbation", "un revisor ha retirado su aprobación"},
    {"a reviewer had raised a concern", "jemand Bedenken angemeldet hatte",
     "un relecteur avait émis des réserves", "un revisor había planteado reparos"},
    {"it is being reviewed again", "er neu geprüft wird", "il est de nouveau en relecture",
     "se está revisando de nuevo"},
    {"Retracted on {day} by {name}.", "Zurückgezogen am {day} von {name}.",
     "Rétracté le {day} par {name}.", "Retirado el {day} por {name}."},
    {"This article has been removed.", "Dieser Artikel ist entfernt worden.",
     "Cet article a été supprimé.", "Este artículo se ha eliminado."},
    {"This article cannot be shown: there is a problem with its text, and it has never been "
     "approved.",
     "Dieser Artikel kann nicht gezeigt werden: Sein Text hat einen Fehler, und er ist nie "
     "freigegeben worden.",
     "Cet article ne peut pas être affiché : son texte présente un problème et n’a jamais été "
     "approuvé.",
     "Este artículo no se puede mostrar: su texto tiene un problema y nunca ha sido aprobado."},
    {"Pending human review: exercise caution.",
     "Noch nicht von Menschen geprüft: bitte mit Vorsicht lesen.",
     "En attente de relecture humaine : à lire avec prudence.",
     "Pendiente de revisión humana: léase con precaución."},
    {" The record of reviews could not be verified.",
     " Die Aufzeichnungen der Prüfungen ließen sich nicht bestätigen.",
     " Le registre des relectures n’a pas pu être vérifié.",
     " El registro de revisiones no se ha podido verificar."},
    {"Exercise caution: a reviewer has raised a concern about this text since it was approved.",
     "Vorsicht: Seit seiner Freigabe hat jemand Bedenken gegen diesen Text angemeldet.",
     "Prudence : depuis son approbation, un relecteur a émis des réserves sur ce texte.",
     "Precaución: desde su aprobación, un revisor ha planteado reparos sobre este texto."},
    {"Exercise caution: the review of this text expired on {day}.",
     "Vorsicht: Die Prüfung dieses Textes ist am {day} abgelaufen.",
     "Prudence : la relecture de ce texte a expiré le {day}.",
     "Precaución: la revisión de este texto caducó el {day}."},
    {"Exercise caution: this text is not approved any more, because {reason}.",
     "Vorsicht: Dieser Text ist nicht mehr freigegeben, weil {reason}.",
     "Prudence : ce texte n’est plus approuvé, car {reason}.",
     "Precaución: este texto ya no está aprobado, porque {reason}."},
    {" and ", " und ", " et ", " y "},
    {"a member of the board", "ein Mitglied des Beirats", "un membre du comité",
     "un miembro del comité"},
    {"Reviewed for accuracy", "Fachlich geprüft", "Exactitude vérifiée", "Exactitud revisada"},
    {" by ", " von ", " par ", " por "},
    {"the board", "dem Beirat", "le comité", "el comité"},
    {". Approved until ", ". Freigegeben bis ", ". Approuvé jusqu’au ", ". Aprobado hasta el "},
    {"The reason given:", "Die Begründung:", "Le motif indiqué :", "El motivo indicado:"},
    {"Caution", "Vorsicht", "Prudence", "Precaución"},
    {"Last updated", "Zuletzt geändert", "Dernière mise à jour", "Última actualización"},
    {"Last reviewed", "Zuletzt geprüft", "Dernière relecture", "Última revisión"},
    {"Next review by", "Nächste Prüfung bis", "Prochaine relecture avant le",
     "Próxima revisión antes del"},
    {"Next review", "Nächste Prüfung", "Prochaine relecture", "Próxima revisión"},
    {"Skip to the content", "Zum Inhalt", "Aller au contenu", "Ir al contenido"},
    {"Site", "Website", "Site", "Sitio"},
    {"Articles", "Artikel", "Articles", "Artículos"},
    {"The board", "Der Beirat", "Le comité", "El comité"},
    {"Editorial policy", "Redaktionelle Grundsätze", "Politique éditoriale", "Política editorial"},
    {"View editorial policy", "Redaktionelle Grundsätze ansehen", "Voir la politique éditoriale",
     "Ver la política editorial"},
    {"What these pages say of reviews follows from a signed record that anybody can check. ",
     "Was diese Seiten über Prüfungen sagen, folgt aus signierten Aufzeichnungen, die jeder "
     "nachprüfen kann. ",
     "Ce que ces pages disent des relectures découle d’un registre signé que chacun peut "
     "vérifier. ",
     "Lo que estas páginas dicen de las revisiones se deriva de un registro firmado que cualquiera "
     "puede comprobar. "},
    {"Reviewed", "Geprüft", "Relus", "Revisados"},
    {"Pending review", "Noch nicht geprüft", "En attente", "Pendientes"},
    {"With a caution", "Mit Vorbehalt", "Avec réserve", "Con reservas"},
    {"Retracted", "Zurückgezogen", "Rétracté", "Retirado"},
    {"review", "Prüfung", "relecture", "revisión"},
    {"approved until {day}", "freigegeben bis {day}", "approuvé jusqu’au {day}",
     "aprobado hasta {day}"},
    {"pending review", "noch nicht geprüft", "en attente", "pendiente"},
    {"retracted", "zurückgezogen", "rétracté", "retirado"},
    {"not available", "nicht verfügbar", "indisponible", "no disponible"},
    {"concern raised", "Bedenken angemeldet", "réserves émises", "reparos planteados"},
    {"review expired", "Prüfung abgelaufen", "relecture expirée", "revisión caducada"},
    {"no longer approved", "nicht mehr freigegeben", "n’est plus approuvé", "ya no está aprobado"},
    {"Cannot be shown", "Kann nicht gezeigt werden", "Ne peut pas être affiché",
     "No se puede mostrar"},
    {"Concern raised", "Bedenken angemeldet", "Réserves émises", "Reparos planteados"},
    {"Review expired", "Prüfung abgelaufen", "Relecture expirée", "Revisión caducada"},
    {"Approved, update under review", "Freigegeben, neue Fassung in Prüfung",
     "Approuvé, mise à jour en relecture", "Aprobado, actualización en revisión"},
    {"No longer approved", "Nicht mehr freigegeben", "N’est plus approuvé", "Ya no está aprobado"},
    {"By state", "Nach Stand", "Par état", "Por estado"},
    {"All", "Alle", "Tous", "Todos"},
    {"Search these articles", "Diese Artikel durchsuchen", "Chercher dans ces articles",
     "Buscar en estos artículos"},
    {"Article", "Artikel", "Article", "Artículo"},
    {"State", "Stand", "État", "Estado"},
    {"General", "Allgemein", "Général", "General"},
    {"Pages", "Seiten", "Pages", "Páginas"},
    {"All articles are reviewed for accuracy by ", "Alle Artikel werden fachlich geprüft von ",
     "L’exactitude de tous les articles est vérifiée par ",
     "La exactitud de todos los artículos la revisa "},
    {"our board", "unserem Beirat", "notre comité", "nuestro comité"},
    {". Until that has happened, each of them says so.", ". Bis dahin steht das bei jedem dabei.",
     ". En attendant, chacun d’eux le signale.", ". Hasta entonces, cada uno lo indica."},
    {"There are no articles yet.", "Es gibt noch keine Artikel.", "Il n’y a pas encore d’articles.",
     "Todavía no hay artículos."},
    {"Reviewer and editor", "Prüfung und Redaktion", "Relecture et rédaction",
     "Revisión y redacción"},
    {"Editor", "Redaktion", "Rédaction", "Redacción"},
    {"Reviewer", "Prüfung", "Relecture", "Revisión"},
    {"These people review the articles. An approval is signed by its reviewer, and holds for "
     "exactly the text that was read.",
     "Diese Menschen prüfen die Artikel. Eine Freigabe ist von ihnen signiert und gilt für genau "
     "den Text, den sie gelesen haben.",
     "Ces personnes relisent les articles. Une approbation est signée par son auteur et ne vaut "
     "que pour le texte qui a été lu.",
     "Estas personas revisan los artículos. Una aprobación está firmada por quien revisa y vale "
     "solo para el texto que se leyó."},
    {"A further member of the board is not named here.",
     "Ein weiteres Mitglied des Beirats wird hier nicht genannt.",
     "Un autre membre du comité n’est pas nommé ici.",
     "Otro miembro del comité no se nombra aquí."},
    {"{count} further members of the board are not named here.",
     "{count} weitere Mitglieder des Beirats werden hier nicht genannt.",
     "{count} autres membres du comité ne sont pas nommés ici.",
     "Otros {count} miembros del comité no se nombran aquí."},
    {"What an approval takes", "Was eine Freigabe braucht", "Ce que demande une approbation",
     "Qué requiere una aprobación"},
    {"Every article", "Jeder Artikel", "Tout article", "Todo artículo"},
    {"Every other article", "Jeder andere Artikel", "Tout autre article",
     "Cualquier otro artículo"},
    {" reviewed", " geprüft", " relu", " revisado"},
    {" not reviewed", " nicht geprüft", " non relu", " sin revisar"},
    {", older than what it is made from", ", älter als seine Vorlage",
     ", plus ancien que son original", ", anterior a su original"},
    {"In other languages", "In anderen Sprachen", "Dans d’autres langues", "En otros idiomas"},
    {"Which best describes you?", "Was beschreibt Sie am besten?",
     "Qu’est-ce qui vous décrit le mieux ?", "¿Qué le describe mejor?"},
    {"The text that this one was made from has been approved in a newer version since. This one "
     "has not caught up yet.",
     "Der Text, nach dem dieser entstanden ist, ist seither in einer neueren Fassung freigegeben "
     "worden. Dieser hat sie noch nicht aufgenommen.",
     "Le texte dont celui-ci est issu a été approuvé depuis dans une version plus récente, que "
     "celui-ci n’a pas encore reprise.",
     "El texto del que procede este se ha aprobado después en una versión más reciente, que este "
     "aún no recoge."},
    {"References", "Quellen", "Références", "Referencias"},
    {"A new version was submitted", "Eine neue Fassung wurde eingereicht",
     "Une nouvelle version a été soumise", "Se envió una nueva versión"},
    {"The review expired", "Die Prüfung ist abgelaufen", "La relecture a expiré",
     "La revisión caducó"},
    {"Removed", "Entfernt", "Supprimé", "Eliminado"},
    {"Reviewed again", "Erneut geprüft", "Relu de nouveau", "Revisado de nuevo"},
    {"Under review", "In Prüfung", "En relecture", "En revisión"},
    {"Submitted again", "Erneut eingereicht", "Soumis de nouveau", "Enviado de nuevo"},
    {"History of this article", "Verlauf dieses Artikels", "Historique de cet article",
     "Historial de este artículo"},
    {"version", "Fassung", "version", "versión"},
    {"Version ", "Fassung ", "Version ", "Versión "},
    {"Have a follow-up question? ", "Haben Sie noch eine Frage? ", "Une autre question ? ",
     "¿Tiene otra pregunta? "},
    {"Ask about this article", "Zu diesem Artikel fragen", "Poser une question sur cet article",
     "Preguntar sobre este artículo"},
    {"An update of this article is under review",
     "Eine neue Fassung dieses Artikels ist in Prüfung",
     "Une mise à jour de cet article est en relecture",
     "Una actualización de este artículo está en revisión"},
    {"read the text that is not approved yet", "den noch nicht freigegebenen Text lesen",
     "lire le texte qui n’est pas encore approuvé", "leer el texto que aún no está aprobado"},
    {" This text has not been approved. ", " Dieser Text ist nicht freigegeben. ",
     " Ce texte n’a pas été approuvé. ", " Este texto no ha sido aprobado. "},
    {"Go to the text that was", "Zum freigegebenen Text", "Aller au texte approuvé",
     "Ir al texto aprobado"},
    {"Guideline", "Leitlinie", "Recommandation", "Guía"},
    {"Research", "Studie", "Recherche", "Investigación"},
    {"Report", "Bericht", "Rapport", "Informe"},
    {"Press", "Presse", "Presse", "Prensa"},
    {"Law", "Recht", "Droit", "Ley"},
    {"Book", "Buch", "Livre", "Libro"},
    {"Data", "Daten", "Données", "Datos"},
    {"Manuscript", "Manuskript", "Manuscrit", "Manuscrito"},
    {"Leaflet", "Faltblatt", "Dépliant", "Folleto"},
    {"Patent", "Patent", "Brevet", "Patente"},
    {"Software", "Software", "Logiciel", "Software"},
    {"Standard", "Norm", "Norme", "Norma"},
    {": {count} approval", ": {count} Freigabe", " : {count} approbation", ": {count} aprobación"},
    {": {count} approvals", ": {count} Freigaben", " : {count} approbations",
     ": {count} aprobaciones"},
    {", {count} of them in {specialty}", ", davon {count} aus {specialty}",
     ", dont {count} en {specialty}", ", {count} de ellas en {specialty}"},
    {"; valid for {count} month.", "; gültig für {count} Monat.", " ; valable {count} mois.",
     "; válida {count} mes."},
    {"; valid for {count} months.", "; gültig für {count} Monate.", " ; valable {count} mois.",
     "; válida {count} meses."},
};

static int index_of(const char *language)
{
    gsize primary = language ? strcspn(language, "-") : 0;
    for (int i = 0; i < N_LANGUAGES; i++)
        if (primary == strlen(tags[i]) && g_ascii_strncasecmp(language, tags[i], primary) == 0)
            return i;
    return ENGLISH;
}

const char *imp_caption_language(const char *tag)
{
    return tags[index_of(tag)];
}

const char *imp_caption(const char *language, const char *english)
{
    int wanted = index_of(language);
    for (gsize i = 0; wanted != ENGLISH && i < G_N_ELEMENTS(captions); i++)
        if (strcmp(captions[i][ENGLISH], english) == 0)
            return captions[i][wanted];
    return english;
}

char *imp_caption_fill(const char *language, const char *english, ...)
{
    GString *text = g_string_new(imp_caption(language, english));
    const char *name;
    va_list pairs;
    va_start(pairs, english);
    while ((name = va_arg(pairs, const char *)))
        g_string_replace(text, name, va_arg(pairs, const char *), 1);
    va_end(pairs);
    return g_string_free(text, FALSE);
}

char *imp_caption_day(const char *language, guint32 day)
{
    static const char *const between[N_LANGUAGES][2] = {
        {" ", " "}, {". ", " "}, {" ", " "}, {" de ", " de "}};
    int wanted = index_of(language);
    return g_strdup_printf("%u%s%s%s%u", day % 100, between[wanted][0],
                           months[wanted][(day / 100 % 100 - 1) % 12], between[wanted][1],
                           day / 10000);
}
