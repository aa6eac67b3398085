#include "daemon/config/config.h"
#include "tests/fuzz/fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

/* Configurations, without the secrets that they refer to. What is accepted is whole; what is
 * refused says where. */

static void look_at(const ImpConfig *config)
{
    g_assert_nonnull(config->name);
    g_assert_nonnull(config->repository);
    g_assert_nonnull(config->branch);
    g_assert_nonnull(config->review_branches);
    g_assert_true(g_path_is_absolute(config->repository));
    g_autofree char *url = imp_config_article_url(config, "content/", "content/a b/\xc3\xa4.md");
    g_assert_true(!url || g_utf8_validate(url, -1, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int file = memfd_create("configuration", MFD_CLOEXEC);
    g_assert_cmpint(file, >=, 0);
    g_assert_cmpint(write(file, data, size), ==, (gssize)size);
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", file);
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpConfig) config =
        imp_config_load_without_secrets(path, "/var/lib/imprimatur", &error);
    close(file);
    g_assert_true((config == NULL) == (error != NULL));
    if (config)
        look_at(config);
    else
        g_assert_true(g_str_has_prefix(error->message, path) &&
                      g_utf8_validate(error->message, -1, NULL));
    return 0;
}
