#include "articles/place.h"
#include "articles/git.h"
#include "articles/pack_read.h"

guint64 imp_repository_place(ImpRepository *repository, const char *id)
{
    git_oid oid;
    return repository->packs && git_oid_fromstr(&oid, id) == 0
               ? imp_packs_place(repository->packs, &oid)
               : 0;
}
