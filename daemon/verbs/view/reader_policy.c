#include "articles/policy_source.h"
#include "daemon/verbs/view/reader.h"

/* A clone has no daemon to say that the policy at the tip was rejected, and not the authority's
 * file either; but that a policy cannot be in force, whoever signed it, can be seen by the files
 * alone. */

/* The watched branch as last fetched: of "origin", else of the first remote, else the local one. */
static char *watched_tip(ImpReader *reader)
{
    g_auto(GStrv) remotes = imp_repository_remotes(reader->repository);
    const char *remote =
        g_strv_contains((const char *const *)remotes, "origin") ? "origin" : remotes[0];
    g_autofree char *tracked =
        remote ? g_strdup_printf("refs/remotes/%s/%s", remote, reader->branch) : NULL;
    g_autofree char *local = g_strconcat("refs/heads/", reader->branch, NULL);
    char *tip = tracked ? imp_repository_tip(reader->repository, tracked) : NULL;
    return tip ? tip : imp_repository_tip(reader->repository, local);
}

char *imp_reader_rejected_policy(ImpReader *reader)
{
    g_autofree char *tip = reader->branch ? watched_tip(reader) : NULL;
    g_autoptr(ImpPolicySource) source =
        tip ? imp_policy_source_read(reader->repository, tip, reader->name, NULL, 0, NULL) : NULL;
    g_autofree char *in_force = imp_index_policy_manifest(reader->database);
    if (!source || !source->folder)
        return NULL;
    if (source->rejected)
        return g_strdup(source->rejected);
    if (reader->verified && source->manifest_fault)
        return g_strdup(source->manifest_fault);
    if (g_strcmp0(source->manifest, in_force) == 0 ||
        source->policy->version > reader->policy_version)
        return NULL;
    return g_strdup_printf("its version %u is not greater than %u", source->policy->version,
                           reader->policy_version);
}
