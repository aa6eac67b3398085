#pragma once

#include "articles/repository.h"
#include "workflow/base/database.h"
#include "workflow/shown.h"

/* What readers are told of articles, read from the ledger's entries through the index. */

typedef struct ImpPasts ImpPasts;

/* Store and repository are borrowed. */
ImpPasts *imp_pasts_new(ImpDatabase *database, ImpRepository *repository);
void imp_pasts_free(ImpPasts *pasts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpPasts, imp_pasts_free)

/* Called after each entry that was taken, with the ledger commit's id and what the author of its
 * decision gave as the reason (or NULL). */
typedef void (*ImpPastFunc)(const ImpPast *past, const char *id, const ImpEntry *entry,
                            const char *reason, gpointer data);

/* The article at `path` after all of its entries; one without any where there never was such an
 * article. `each` may be NULL. */
ImpPast *imp_pasts_load(ImpPasts *pasts, const char *path, ImpPastFunc each, gpointer data,
                        GError **error);

/* The person as the last policy says that has them, borrowed; NULL: none that is known has. */
const ImpPerson *imp_pasts_person(ImpPasts *pasts, const char *id);
