#include "tests/fuzz/fuzz.h"

#include <stdio.h>

/* In the place of libFuzzer: replays a corpus, a file with one input in base64 a line, "#" begins a
 * comment. Speaks TAP: which input it was at is the last line that it wrote. */

static unsigned replay(const char *path)
{
    g_autoptr(GError) error = NULL;
    char *text = NULL;
    unsigned inputs = 0;
    if (!g_file_get_contents(path, &text, NULL, &error))
        g_error("%s", error->message);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_free(text);
    for (unsigned i = 0; lines[i]; i++) {
        if (*lines[i] == '#' || !*lines[i])
            continue;
        gsize size;
        g_autofree guchar *input = g_base64_decode(lines[i], &size);
        printf("# %s:%u: %zu bytes\n", path, i + 1, size);
        fflush(stdout);
        LLVMFuzzerTestOneInput(input, size);
        inputs++;
    }
    return inputs;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        unsigned inputs = replay(argv[i]);
        g_autofree char *name = g_path_get_basename(argv[i]);
        printf("%sok %d - %s: %u inputs\n", inputs ? "" : "not ", i, name, inputs);
    }
    printf("1..%d\n", argc - 1);
    return 0;
}
