#include "articles/work.h"
#include "articles/git.h"

void imp_repository_set_work(ImpRepository *repository, const ImpWork *work)
{
    g_set_object(&repository->work.cancellable, work->cancellable);
    repository->work.progress = work->progress;
    repository->work.data = work->data;
}

void imp_repository_share_work(ImpRepository *helper, const ImpRepository *repository)
{
    g_set_object(&helper->work.cancellable, repository->work.cancellable);
}

bool imp_repository_goes_on(const ImpRepository *repository, GError **error)
{
    if (!g_cancellable_is_cancelled(repository->work.cancellable))
        return true;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "stopped by a signal");
    return false;
}

void imp_repository_tell(const ImpRepository *repository, const char *what, guint done, guint of)
{
    if (repository->work.progress)
        repository->work.progress(what, done, of, repository->work.data);
}
