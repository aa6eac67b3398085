#include "daemon/pass/decide.h"
#include "daemon/index/index.h"
#include "daemon/pass/step.h"

bool imp_pass_decide(ImpPass *pass, GError **error)
{
    if (!imp_step_policy(pass, error))
        return false;
    if (!imp_fold_policy(pass->fold))
        return true;
    return imp_step_history(pass, error) && imp_step_heads(pass, error) &&
           imp_step_deadlines(pass, error) && imp_step_texts(pass, error) &&
           imp_step_decisions(pass, error) && imp_step_requests(pass, error) &&
           imp_step_reminders(pass, error) &&
           imp_index_set(pass->database, IMP_INDEX_TIP, pass->source, error);
}
