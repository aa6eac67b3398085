#pragma once

#include "daemon/site/article.h"

/* What the editors' pages have beside the readers': put into the page of an article, above and
 * below its text, and of the board. */
bool imp_site_put_editors_head(ImpSite *site, ImpXml *xml, const ImpSiteArticle *article,
                               GError **error);
bool imp_site_put_editors_foot(ImpSite *site, ImpXml *xml, const ImpSiteArticle *article,
                               GError **error);
bool imp_site_put_editors_board(ImpSite *site, ImpXml *xml, GError **error);

/* The page of what changed, for editors; where nothing has, it is removed. */
bool imp_site_put_changes(ImpSite *site, const ImpSiteArticle *article, GError **error);
/* The version that the current text is compared with; NULL: there is no such page. */
const char *imp_site_changed_from(const ImpSite *site, const ImpSiteArticle *article);
/* Queues of people, by `statuses` (of ImpStatus*). */
bool imp_site_put_editors_queues(ImpSite *site, ImpXml *xml, GPtrArray *statuses, GError **error);
/* Which messages wait, and which endpoints do not take them; nothing where that is not known, in a
 * clone. */
bool imp_site_put_messages(ImpSite *site, ImpXml *xml, GError **error);

/* A person's open requests, absences, and until when their credentials last. */
void imp_site_put_editors_person(ImpSite *site, ImpXml *xml, const ImpPerson *person, guint open);

/* The head of a table, with these words above its columns. */
void imp_site_put_heads(ImpXml *xml, const char *const *heads, gsize count);
