#include "daemon/verbs/view/fetch.h"
#include "articles/ledger.h"
#include "daemon/terminal/user_git.h"

#include <string.h>

/* The remote's ledger; NULL where it has none, or cannot be asked. */
static char *ledger_there(const char *directory, const char *remote)
{
    const char *const ask[] = {"ls-remote", "-q", remote, IMP_LEDGER_REF, NULL};
    char *listed = imp_user_git(directory, ask, NULL);
    if (listed)
        listed[strcspn(listed, "\t\n")] = '\0';
    return listed;
}

bool imp_fetch_record(ImpRepository *repository, const char *directory, const char *remote,
                      GError **error)
{
    const char *const fetch[] = {"fetch", "-q", remote, IMP_FETCH_REFSPEC, NULL};
    g_autofree char *said = imp_user_git(directory, fetch, error);
    if (said)
        return true;
    g_autofree char *here = imp_repository_tip(repository, IMP_LEDGER_REF);
    g_autofree char *there = here ? ledger_there(directory, remote) : NULL;
    if (!there || !*there || strcmp(here, there) == 0)
        return false;
    g_clear_error(error);
    g_set_error(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_MOVED,
                "the ledger of %s, at %.12s, does not continue the one that this clone has, at "
                "%.12s: it was put back or replaced. Nothing was fetched, so the evidence is here. "
                "Ask who runs the daemon; if it is as it should be, keep the old one under another "
                "name and take theirs:\n"
                "git update-ref refs/ledger-before refs/imprimatur/ledger\n"
                "git fetch %s +refs/imprimatur/ledger:refs/imprimatur/ledger",
                remote, there, here, remote);
    return false;
}
