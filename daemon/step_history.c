#include "daemon/pass.h"

bool imp_step_history(ImpPass *pass, GError **error)
{
    g_autofree char *adoption_tip = imp_index_get(pass->store, IMP_INDEX_ADOPTION_TIP);
    gsize size;
    (void)size;
    pass->new_commits = imp_history_extend(pass->store, pass->repository, pass->source, adoption_tip,
                                           &pass->commits_read, error);
    return pass->new_commits != NULL;
}
