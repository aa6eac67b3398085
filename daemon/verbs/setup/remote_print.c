#include "daemon/verbs/setup/remote_print.h"
#include "daemon/terminal/print.h"
#include "workflow/base/json_write.h"

#include <stdio.h>

void imp_remote_print_step(bool json, const ImpConfig *config, const char *what,
                           const char *sentence)
{
    if (!json) {
        g_autofree char *line = g_strdup_printf("%-40s %s", what, sentence ? sentence : "ok");
        g_autofree char *clean = imp_print_clean(line);
        puts(clean);
        return;
    }
    g_autoptr(json_t) line = json_object();
    imp_json_set_number(line, "schema", 1);
    imp_json_set_text(line, "remote", config->remote->url);
    imp_json_set_text(line, "step", what);
    imp_json_set_flag(line, "done", !sentence);
    imp_json_set_text(line, "reason", sentence);
    imp_print_json(line);
}
