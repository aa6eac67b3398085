#include "daemon/pass/pass.h"
#include "daemon/pass/step.h"

/* The one walk over the commits that are new; it serves every article of the pass. An adoption's
 * walk over the whole history goes on beside the pass until somebody asks. */

bool imp_step_history(ImpPass *pass, GError **error)
{
    g_autofree char *adoption_tip = imp_index_get(pass->database, IMP_INDEX_ADOPTION_TIP);
    pass->adoption_date_us =
        imp_history_adoption_date(pass->database, pass->repository, adoption_tip);
    pass->walk =
        imp_history_begin(pass->database, pass->repository, pass->source, adoption_tip, error);
    return pass->walk != NULL;
}

bool imp_pass_need_history(ImpPass *pass, GError **error)
{
    if (!pass->walk)
        return true;
    pass->new_commits =
        imp_history_end(g_steal_pointer(&pass->walk), pass->database, &pass->commits_read, error);
    return pass->new_commits != NULL;
}
