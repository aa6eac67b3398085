#include "daemon/verbs/setup/policy_version.h"
#include "articles/policy_source.h"

guint imp_policy_last_version(const ImpCommand *command, ImpRepository *repository,
                              const char *manifest, bool *same)
{
    g_autoptr(ImpReader) reader = imp_reader_open(command, NULL);
    g_autofree char *sum =
        manifest ? g_compute_checksum_for_string(G_CHECKSUM_SHA256, manifest, -1) : NULL;
    g_autofree char *in_force = reader ? imp_index_policy_manifest(reader->database) : NULL;
    g_autofree char *head = imp_repository_tip(repository, "HEAD");
    g_autoptr(ImpPolicySource) source =
        head ? imp_policy_source_read(repository, head, NULL, NULL, command->now_us, NULL) : NULL;
    guint known = reader ? reader->policy_version : 0;
    guint committed =
        source && source->policy && source->has_manifest ? source->policy->version : 0;
    const char *last = committed > known ? source->manifest : in_force;
    if (same)
        *same = sum && g_strcmp0(last, sum) == 0;
    return MAX(known, committed);
}
