#include "daemon/pass.h"

/* The one walk over the commits that are new; it serves every article of the pass. */

bool imp_step_history(ImpPass *pass, GError **error)
{
    g_autofree char *adoption_tip = imp_index_get(pass->store, IMP_INDEX_ADOPTION_TIP);
    pass->adoption_date_us = imp_repository_commit_date(pass->repository, adoption_tip);
    pass->new_commits = imp_history_extend(pass->store, pass->repository, pass->source, adoption_tip,
                                           &pass->commits_read, error);
    return pass->new_commits != NULL;
}
