#include "daemon/config/config.h"
#include "notify/format/format.h"

#include <glib/gstdio.h>
#include <string.h>

#define KEY_24 "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" /* 24 bytes in base64 */
#define SECRET "whsec_" KEY_24

/* A folder with a configuration, credentials and files that it refers to. */
typedef struct {
    char *folder, *config, *credentials;
} Fixture;

static void write_file(const char *folder, const char *name, const char *text, int mode)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_assert_cmpint(g_chmod(path, mode), ==, 0);
}

static void fixture_set_up(Fixture *fixture)
{
    fixture->folder = g_dir_make_tmp("test-config-XXXXXX", NULL);
    fixture->config = g_build_filename(fixture->folder, "handbook.json", NULL);
    fixture->credentials = g_build_filename(fixture->folder, "credentials", NULL);
    g_assert_cmpint(g_mkdir(fixture->credentials, 0700), ==, 0);
    write_file(fixture->credentials, "onc1-url", "https://onc1.example/hook?token=x\n", 0400);
    /* As systemd names the files of a whole folder of credentials. */
    write_file(fixture->credentials, "credential_onc1-secret", SECRET "\n\n", 0400);
    write_file(fixture->credentials, "ledger-key", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n",
               0400);
    write_file(fixture->credentials, "empty", "\n", 0400);
    g_autofree char *certificate = NULL;
    g_assert_true(g_file_get_contents("tests/lib/certificate.pem", &certificate, NULL, NULL));
    write_file(fixture->folder, "ca.pem", certificate, 0644);
    char *middle =
        strstr(certificate, "BEGIN CERTIFICATE-----") + strlen("BEGIN CERTIFICATE-----\nMII");
    memset(middle, 'A', 40);
    write_file(fixture->folder, "broken.pem", certificate, 0644);
    write_file(fixture->folder, "local.secret", SECRET "\nwhsec_" KEY_24 KEY_24 "\r\n", 0600);
}

static void remove_tree(const char *path)
{
    if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
        g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
        for (const char *name = g_dir_read_name(folder); name; name = g_dir_read_name(folder)) {
            g_autofree char *inner = g_build_filename(path, name, NULL);
            remove_tree(inner);
        }
    }
    g_assert_cmpint(g_remove(path), ==, 0);
}

static void fixture_tear_down(Fixture *fixture)
{
    remove_tree(fixture->folder);
    g_free(fixture->folder);
    g_free(fixture->config);
    g_free(fixture->credentials);
}

static ImpConfig *load_text(const Fixture *fixture, const char *text, GError **error)
{
    write_file(fixture->folder, "handbook.json", text, 0640);
    return imp_config_load(fixture->config, fixture->credentials, NULL, error);
}

static void assert_path(const Fixture *fixture, const char *path, const char *relative)
{
    g_autofree char *expected = g_build_filename(fixture->folder, relative, NULL);
    g_assert_cmpstr(path, ==, expected);
}

static const char *const complete =
    "{\n"
    "  \"name\": \"handbook\",\n"
    "  \"repository\": \"/srv/git/handbook.git\",\n"
    "  \"branch\": \"trunk\",\n"
    "  \"review_branches\": [\"decisions/*\"],\n"
    "  \"authority\": \"../handbook.authority\",\n"
    "  \"signatures\": \"required\",\n"
    "  \"state_directory\": \"/var/lib/imprimatur/other\",\n"
    "  \"approved_branch\": \"public\",\n"
    "  \"signing_key\": \"credential:ledger-key\",\n"
    "  \"article_url\": \"https://handbook.example.org/{stem}\",\n"
    "  \"poll_seconds\": 30, \"forge_keys\": [\"0123456789abcdef0123456789abcdef01234567\"],\n"
    "  \"committer\": \"The Board <board@example.org>\",\n"
    "  \"timeouts\": {\"connect_s\": 2, \"total_s\": 9},\n"
    "  \"ladder\": [0, 7, 60],\n"
    "  \"metrics_file\": \"metrics.prom\",\n"
    "  \"endpoints\": [\n"
    "    {\"name\": \"onc1\", \"reviewer\": \"onc1\", \"url\": \"credential:onc1-url\",\n"
    "     \"secret\": \"credential:onc1-secret\"},\n"
    "    {\"name\": \"local\", \"format\": \"standard\", \"url\": \"http://127.0.0.1:9000/hook\",\n"
    "     \"secret\": \"file:local.secret\", \"allow\": [\"127.0.0.0/8\", \"fd00::/8\"],\n"
    "     \"events\": [\"article.*\"], \"paths\": [\"content/oncology/**\"],\n"
    "     \"rate\": 0.5, \"burst\": 3, \"in_flight\": 4, \"ca_file\": \"ca.pem\"}\n"
    "  ]\n"
    "}\n";

static void test_complete_configuration(gconstpointer data)
{
    const Fixture *fixture = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpConfig) config = load_text(fixture, complete, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(config->path, ==, fixture->config);
    g_assert_cmpstr(config->name, ==, "handbook");
    g_assert_cmpstr(config->repository, ==, "/srv/git/handbook.git");
    g_assert_cmpstr(config->branch, ==, "trunk");
    g_assert_cmpstr(config->review_branches[0], ==, "decisions/*");
    g_assert_null(config->review_branches[1]);
    g_autofree char *parent = g_path_get_dirname(fixture->folder);
    g_autofree char *authority = g_build_filename(parent, "handbook.authority", NULL);
    g_assert_cmpstr(config->authority, ==, authority);
    g_assert_false(config->signatures_off);
    g_assert_cmpstr(config->state_directory, ==, "/var/lib/imprimatur/other");
    g_assert_cmpstr(config->approved_branch, ==, "public");
    g_assert_cmpstr(config->signing_key, ==, "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n");
    assert_path(fixture, config->signing_key_file, "credentials/ledger-key");
    g_assert_cmpuint(config->poll_seconds, ==, 30);
    g_assert_cmpstr(config->forge_keys[0], ==, "openpgp:0123456789ABCDEF0123456789ABCDEF01234567");
    g_assert_cmpstr(config->committer_name, ==, "The Board");
    g_assert_cmpstr(config->committer_email, ==, "board@example.org");
    g_assert_cmpuint(config->times->connect_s, ==, 2);
    g_assert_cmpuint(config->times->total_s, ==, 9);
    g_assert_cmpuint(config->times->ladder_s->len, ==, 3);
    g_assert_cmpuint(g_array_index(config->times->ladder_s, guint, 2), ==, 60);
    assert_path(fixture, config->metrics_file, "metrics.prom");
    g_assert_cmpuint(config->warnings->len, ==, 0);
}

static void test_chats(gconstpointer data)
{
    const struct {
        const char *format, *url;
    } chats[] = {
        {"slack", "https://hooks.slack.com/services/T0/B0/x"},
        {"teams", "https://prod-1.westeurope.logic.azure.com:443/workflows/0/triggers/manual/paths/"
                  "invoke?sig=x"},
        {"discord", "https://discord.com/api/webhooks/0/x"},
        {"google-chat", "https://chat.googleapis.com/v1/spaces/A/messages?key=k&token=t"},
        {"matrix",
         "https://syt_x@matrix.example/_matrix/client/v3/rooms/%21a%3Aexample/send/m.room.message"},
        {"ntfy", "https://ntfy.example/topic"},
        {"ntfy", "https://tk_x@ntfy.example/topic"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(chats); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = g_strdup_printf(
            "{\"name\": \"a\", \"repository\": \"/a\", \"authority\": \"/b\", \"endpoints\": ["
            "{\"name\": \"room\", \"format\": \"%s\", \"url\": \"%s\"}, "
            "{\"name\": \"all\", \"format\": \"%s\", \"url\": \"%s\", \"events\": [\"*\"]}]}",
            chats[i].format, chats[i].url, chats[i].format, chats[i].url);
        g_autoptr(ImpConfig) config = load_text(data, text, &error);
        g_assert_no_error(error);
        const ImpEndpoint *room = config->endpoints->pdata[0], *all = config->endpoints->pdata[1];
        g_assert_cmpstr(imp_format_word(room->format), ==, chats[i].format);
        g_assert_cmpuint(strcspn(room->display, "#") + strlen("#12345678"), ==,
                         strlen(room->display));
        /* What channels are told unless they want other things; reminders are not among it. */
        g_autofree char *events = g_strjoinv(" ", room->events);
        g_assert_cmpstr(
            events, ==,
            "article.* repository.adopted review.requested review.changes_requested review.overdue "
            "review.escalated decision.refused policy.* *.diverged");
        g_assert_cmpstr(all->events[0], ==, "*");
    }
}

static void test_endpoints(gconstpointer data)
{
    g_autoptr(ImpConfig) config = load_text(data, complete, NULL);
    g_assert_cmpuint(config->endpoints->len, ==, 2);
    const ImpEndpoint *oncologist = config->endpoints->pdata[0];
    g_assert_cmpstr(oncologist->name, ==, "onc1");
    g_assert_cmpstr(oncologist->reviewer, ==, "onc1");
    g_assert_cmpint(oncologist->format, ==, IMP_FORMAT_STANDARD);
    g_assert_cmpstr(oncologist->url, ==, "https://onc1.example/hook?token=x");
    g_assert_cmpstr(oncologist->display, ==, "onc1.example#4db343c1");
    g_assert_cmpuint(oncologist->secrets->len, ==, 1);
    g_assert_cmpstr(oncologist->events[0], ==, "*");
    g_assert_null(oncologist->events[1]);
    g_assert_null(oncologist->paths[0]);
    g_assert_cmpuint(oncologist->allow->len, ==, 0);
    g_assert_null(oncologist->ca);
    g_assert_cmpfloat(oncologist->rate, ==, -1);
    g_assert_cmpuint(oncologist->burst, ==, 0);
    g_assert_cmpuint(oncologist->in_flight, ==, 0);

    const ImpEndpoint *local = config->endpoints->pdata[1];
    g_assert_null(local->reviewer);
    g_assert_cmpuint(local->secrets->len, ==, 2);
    g_assert_cmpuint(g_bytes_get_size(local->secrets->pdata[0]), ==, 24);
    g_assert_cmpuint(g_bytes_get_size(local->secrets->pdata[1]), ==, 48);
    g_assert_cmpstr(local->events[0], ==, "article.*");
    g_assert_cmpstr(local->paths[0], ==, "content/oncology/**");
    g_autoptr(GInetAddress) loopback = g_inet_address_new_from_string("127.0.0.1");
    g_assert_cmpuint(local->allow->len, ==, 2);
    g_assert_true(g_inet_address_mask_matches(local->allow->pdata[0], loopback));
    g_assert_cmpuint(g_bytes_get_size(local->ca), >, 100);
    g_assert_cmpfloat(local->rate, ==, 0.5);
    g_assert_cmpuint(local->burst, ==, 3);
    g_assert_cmpuint(local->in_flight, ==, 4);
}

static void test_defaults(gconstpointer data)
{
    const Fixture *fixture = data;
    g_autoptr(ImpConfig) config = load_text(
        fixture, "{\"name\": \"handbook\", \"repository\": \"r.git\", \"authority\": \"a\"}", NULL);
    assert_path(fixture, config->repository, "r.git");
    g_assert_cmpstr(config->branch, ==, "main");
    g_assert_cmpstr(config->review_branches[0], ==, "review/**");
    g_assert_cmpstr(config->state_directory, ==, "/var/lib/imprimatur/handbook");
    g_assert_cmpstr(config->approved_branch, ==, "approved");
    g_assert_null(config->signing_key);
    g_assert_null(config->signing_key_file);
    g_assert_null(config->article_url);
    g_assert_null(config->metrics_file);
    g_assert_cmpuint(config->poll_seconds, ==, 60);
    g_assert_cmpstr(config->committer_name, ==, "imprimatur");
    g_assert_cmpstr(config->committer_email, ==, "imprimatur@localhost");
    g_assert_cmpuint(config->endpoints->len, ==, 0);
    g_assert_cmpuint(config->times->connect_s, ==, 5);
    g_assert_cmpuint(config->times->total_s, ==, 15);
    g_assert_cmpuint(config->times->ladder_s->len, ==, 10);
    g_assert_cmpuint(g_array_index(config->times->ladder_s, guint, 9), ==, 86400);

    /* systemd may name several directories. */
    g_autoptr(ImpConfig) under_systemd =
        imp_config_load(fixture->config, NULL, "/var/lib/a:/var/lib/b", NULL);
    g_assert_cmpstr(under_systemd->state_directory, ==, "/var/lib/a");
}

static void test_off_and_null(gconstpointer data)
{
    g_autoptr(ImpConfig) config =
        load_text(data,
                  "{\"name\": \"handbook\", \"repository\": \"/r\", \"signatures\": \"off\", "
                  "\"approved_branch\": null, \"review_branches\": []}",
                  NULL);
    g_assert_true(config->signatures_off);
    g_assert_null(config->authority);
    g_assert_null(config->approved_branch);
    g_assert_null(config->review_branches[0]);
}

/* Asserts an error whose message is the file's name, then `expected`, in which CREDENTIALS stands
 * for that folder. */
static void assert_refused(const Fixture *fixture, const ImpConfig *config, const GError *error,
                           const char *expected)
{
    g_assert_null(config);
    bool unreadable = strstr(expected, "$CREDENTIALS_DIRECTORY is not set") != NULL;
    gint code = unreadable ? IMP_CONFIG_ERROR_SECRET : IMP_CONFIG_ERROR_INVALID;
    g_assert_error(error, IMP_CONFIG_ERROR, code);
    g_autoptr(GString) message = g_string_new(error->message);
    g_string_replace(message, fixture->config, "FILE", 0);
    g_string_replace(message, fixture->credentials, "CREDENTIALS", 0);
    g_string_replace(message, fixture->folder, "FOLDER", 0);
    g_assert_cmpstr(message->str, ==, expected);
    /* Whatever is wrong, no secret is told. */
    g_assert_null(strstr(message->str, KEY_24));
    g_assert_null(strstr(message->str, "token"));
}

static char *changed(const char *text, const char *from, const char *to)
{
    g_autoptr(GString) result = g_string_new(text);
    g_assert_cmpuint(g_string_replace(result, from, to, 0), ==, 1);
    return g_string_free(g_steal_pointer(&result), false);
}

static void test_refused(gconstpointer data)
{
#define TOKEN_EXAMPLE "; write it there as in \"https://TOKEN@host.example/path\""
#define URL_EXAMPLE   "; write one as in \"https://host.example/path\""
#define BAD_SECRET(n)                                                                              \
    "FILE:19: secret: secret " n " is not \"whsec_\" and base64 of 24 to 64 bytes; correct it"
#define BRANCH_FORM                                                                                \
    "a branch has no blank, no \"..\" or \"@{\", none of ~^:?*[\\ and no \".\" at its end; "       \
    "correct it"
#define BRANCH_PART                                                                                \
    "a part between \"/\" is empty, begins with \".\" or ends in \".lock\"; correct it"
    static const struct {
        const char *from, *to, *error;
    } rows[] = {
        {"\"branch\"", "\"brunch\"",
         "FILE:4: brunch: unknown key; correct its spelling or remove it"},
        {"\"burst\"", "\"bust\"", "FILE:23: bust: unknown key; correct its spelling or remove it"},
        {"\"total_s\"", "\"total\"",
         "FILE:14: total: unknown key; correct its spelling or remove it"},
        {"\"branch\"", "\"name\"",
         "FILE:4: not valid JSON; correct it: duplicate object key near '\"name\"'"},
        {"  \"name\": \"handbook\",\n", "",
         "FILE:1: name: is missing; add it: a name of letters, digits, \".\", \"_\" and \"-\""},
        {"\"handbook\"", "\"../handbook\"",
         "FILE:2: name: is \"../handbook\"; write a name of letters, digits, \".\", \"_\" and "
         "\"-\""},
        {"  \"repository\": \"/srv/git/handbook.git\",\n", "",
         "FILE:1: repository: is missing; add it: a string"},
        {"  \"authority\": \"../handbook.authority\",\n", "",
         "FILE:1: authority: is missing; add it: the path of a file with the keys that sign "
         "policies"},
        {"\"required\"", "\"Off\"",
         "FILE:7: signatures: is not one of the words; write \"required\" or \"off\""},
        {"\"required\"", "false", "FILE:7: signatures: is a boolean; write a string"},
        {"\"trunk\"", "\"refs/heads/main\"",
         "FILE:4: branch: write the branch's name without \"refs/heads/\""},
        {"\"trunk\"", "\"-d\"",
         "FILE:4: branch: git has no branch of that name; write another one"},
        {"\"trunk\"", "\"HEAD\"",
         "FILE:4: branch: git has no branch of that name; write another one"},
        {"\"trunk\"", "\"@\"", "FILE:4: branch: git has no branch of that name; write another one"},
        {"\"trunk\"", "\"a b\"", "FILE:4: branch: " BRANCH_FORM},
        {"\"trunk\"", "\"a..b\"", "FILE:4: branch: " BRANCH_FORM},
        {"\"trunk\"", "\"a@{1}\"", "FILE:4: branch: " BRANCH_FORM},
        {"\"trunk\"", "\"a*\"", "FILE:4: branch: " BRANCH_FORM},
        {"\"trunk\"", "\"a.\"", "FILE:4: branch: " BRANCH_FORM},
        {"\"trunk\"", "\"a\\u0007\"", "FILE:4: branch: it has a control character; remove it"},
        {"\"trunk\"", "\"a//b\"", "FILE:4: branch: " BRANCH_PART},
        {"\"trunk\"", "\"/a\"", "FILE:4: branch: " BRANCH_PART},
        {"\"trunk\"", "\"a/\"", "FILE:4: branch: " BRANCH_PART},
        {"\"trunk\"", "\"a/.b\"", "FILE:4: branch: " BRANCH_PART},
        {"\"trunk\"", "\"a.lock/b\"", "FILE:4: branch: " BRANCH_PART},
        {"\"public\"", "\"a~1\"", "FILE:9: approved_branch: " BRANCH_FORM},
        {"\"public\"", "\"trunk\"",
         "FILE:9: approved_branch: is the watched branch; name another one or write null"},
        {"\"public\"", "false", "FILE:9: approved_branch: is a boolean; write a string or null"},
        {"\"decisions/*\"", "\"decisions/\"",
         "FILE:5: review_branches: \"decisions/\" is not a pattern: patterns match files; write "
         "\"/**\" for what is in a "
         "folder"},
        {"credential:ledger-key", "credential:onc1-secret",
         "FILE:10: signing_key: is not a private key; write credential:NAME or file:PATH of one "
         "made "
         "by ssh-keygen"},
        {"credential:ledger-key", "credential:missing",
         "FILE:10: signing_key: cannot be read; write it, as root, to "
         "FOLDER/handbook.credentials/missing, and restart the service: Failed to open file "
         "“CREDENTIALS/missing”: No such file or directory"},
        {"credential:ledger-key", "credential:../x",
         "FILE:10: signing_key: \"../x\" is not the name of a credential; correct it"},
        {"/{stem}", "/",
         "FILE:11: article_url: has no place for the article; write {path} or {stem} in it"},
        {"/{stem}", "/{stem}{slug}",
         "FILE:11: article_url: has other braces than {path} and {stem}; remove them"},
        {"https://handbook", "ftp://handbook",
         "FILE:11: article_url: is not of https or http" URL_EXAMPLE},
        {"\"poll_seconds\": 30", "\"poll_seconds\": 0",
         "FILE:12: poll_seconds: is 0; write a whole number from 1 to 3600"},
        {"0123456789abcdef0123456789abcdef01234567", "89ABCDEF",
         "FILE:12: forge_keys: is neither a public SSH key (\"ssh-ed25519 AAAA...\") nor the "
         "fingerprint of an OpenPGP key in 40 hex digits; copy what the forge publishes"},
        {"The Board <board@example.org>", "The Board",
         "FILE:13: committer: is not a committer; write \"NAME <ADDRESS>\""},
        {"The Board <board@example.org>", "<board@example.org>",
         "FILE:13: committer: is not a committer; write \"NAME <ADDRESS>\""},
        {"The Board <board@example.org>", "The\\nBoard <board@example.org>",
         "FILE:13: committer: is not a committer; write \"NAME <ADDRESS>\""},
        {"The Board <board@example.org>", "The Board <board@example.org>\\n",
         "FILE:13: committer: is not a committer; write \"NAME <ADDRESS>\""},
        {"\"connect_s\": 2", "\"connect_s\": 10",
         "FILE:14: connect_s: is 10 s of 9 s in all; lower it or raise \"total_s\""},
        {"\"connect_s\": 2", "\"connect_s\": 0",
         "FILE:14: connect_s: is 0; write a whole number from 1 to 300"},
        {"[0, 7, 60]", "[0,\n -7]",
         "FILE:16: ladder: item 2 is not a number of seconds; write a whole one from 0 to 604800"},
        {"[0, 7, 60]", "[\"0\"]",
         "FILE:15: ladder: item 1 is not a number of seconds; write a whole one from 0 to 604800"},
        {"[0, 7, 60]", "[]", "FILE:15: ladder: has 0 items; write at least 1"},
        {"\"endpoints\": [", "\"endpoints\": [null,",
         "FILE:17: endpoints: item 1 is not an object; write {...}"},
        {"\"name\": \"local\", ", "",
         "FILE:20: name: is missing; add it: a name of letters, digits, \".\", \"_\" and \"-\""},
        {"\"local\"", "\"lo cal\"",
         "FILE:20: name: is \"lo cal\"; write a name of letters, digits, \".\", \"_\" and \"-\""},
        {"\"local\"", "\"onc1\"",
         "FILE:20: name: \"onc1\" is already another endpoint's; choose another one"},
        {", \"url\": \"http://127.0.0.1:9000/hook\"", "",
         "FILE:20: url: is missing; add it: a string"},
        {"http://127.0.0.1:9000/hook", "127.0.0.1/token", "FILE:20: url: is not a URL" URL_EXAMPLE},
        {"http://127.0.0.1:9000/hook", "file:hidden",
         "FILE:20: url: cannot be read; create it or correct the path: Failed to open file "
         "“FOLDER/hidden”: No such "
         "file "
         "or directory"},
        {"http://127.0.0.1:9000/hook", "https:///token", "FILE:20: url: has no host" URL_EXAMPLE},
        {"http://127.0.0.1:9000/hook", "https://me:token@host/",
         "FILE:20: url: has a user or password before the host; "
         "remove it"},
        {"http://127.0.0.1:9000/hook", "https://host/a token",
         "FILE:20: url: has a blank, a control character or one beyond ASCII; percent-encode it"},
        {"http://127.0.0.1:9000/hook", "https://host/\\r\\nHost: token",
         "FILE:20: url: has a blank, a control character or one beyond ASCII; percent-encode it"},
        {"credential:onc1-url", "credential:empty",
         "FILE:18: url: holds nothing that can be used in CREDENTIALS/empty; put one text of up to "
         "65536 bytes there"},
        {"\"standard\"", "\"irc\"",
         "FILE:20: format: \"irc\" is not a format; write one of: standard, slack, teams, discord, "
         "google-chat, matrix, "
         "ntfy"},
        {"\"standard\", \"url\": \"http://127.0.0.1:9000/hook\"",
         "\"slack\", \"url\": \"https://token@host/\"",
         "FILE:20: url: has a user or password before the host; remove it"},
        {"\"standard\"", "\"matrix\"",
         "FILE:20: url: has no credential before the host" TOKEN_EXAMPLE},
        {"\"standard\", \"url\": \"http://", "\"ntfy\", \"url\": \"http://me:token@",
         "FILE:20: url: has something other than a credential before the host; write it alone as "
         "in "
         "\"https://TOKEN@host.example/path\""},
        {"credential:onc1-secret", KEY_24, BAD_SECRET("1")},
        {"credential:onc1-secret", "whsec_" KEY_24 "=", BAD_SECRET("1")},
        {"credential:onc1-secret", "whsec_c2hvcnQ=", BAD_SECRET("1")},
        {"credential:onc1-secret", SECRET " whsec_" KEY_24 KEY_24 KEY_24, BAD_SECRET("2")},
        {"credential:onc1-secret", " ",
         "FILE:19: secret: has no secret in it; write \"whsec_\" and base64 or remove "
         "the key"},
        {"\"127.0.0.0/8\"", "\"127.0.0.1/8\"",
         "FILE:21: allow: \"127.0.0.1/8\" is not a network; write one as in \"10.1.0.0/16\" or "
         "\"fd00::/8\""},
        {"\"127.0.0.0/8\"", "\"localhost\"",
         "FILE:21: allow: \"localhost\" is not a network; write one as in \"10.1.0.0/16\" or "
         "\"fd00::/8\""},
        {"\"article.*\"", "\"!article.*\"",
         "FILE:22: events: \"!article.*\" is not a pattern: a leading \"!\" is not supported; list "
         "what is meant"},
        {"[\"article.*\"]", "[\"review.*\", \"articel.*\"]",
         "FILE:22: events: no event matches \"articel.*\"; write one as in \"article.*\" or "
         "\"review.requested\"; imprimatur.json(5), EVENTS, has them all"},
        {"http://127.0.0.1:9000/hook", "https://m\u00fcnchen.example:8443/hook",
         "FILE:20: url: has a host beyond ASCII; write it as DNS knows it: "
         "\"xn--mnchen-3ya.example\""},
        {"[\"article.*\"]", "[]", "FILE:22: events: has 0 items; write at least 1"},
        {"\"content/oncology/**\"", "\"/content\"",
         "FILE:22: paths: \"/content\" is not a pattern: patterns begin at the root by themselves; "
         "remove the leading "
         "\"/\""},
        {"\"rate\": 0.5", "\"rate\": -1", "FILE:23: rate: is -1; write a number from 0 to 1000"},
        {"\"burst\": 3", "\"burst\": 0",
         "FILE:23: burst: is 0; write a whole number from 1 to 1000"},
        {"\"in_flight\": 4", "\"in_flight\": 65",
         "FILE:23: in_flight: is 65; write a whole number from 1 to 64"},
        {"\"ca.pem\"", "\"broken.pem\"",
         "FILE:23: ca_file: FOLDER/broken.pem holds no certificate in PEM, or a broken one"},
        {"\"ca.pem\"", "7", "FILE:23: ca_file: is a number; write a string"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = changed(complete, rows[i].from, rows[i].to);
        g_autoptr(GError) error = NULL;
        g_test_message("%s -> %s", rows[i].from, rows[i].to);
        ImpConfig *config = load_text(data, text, &error);
        assert_refused(data, config, error, rows[i].error);
    }
}

static void test_unreadable(gconstpointer data)
{
    const Fixture *fixture = data;
    g_autofree char *missing = g_build_filename(fixture->folder, "missing.json", NULL);
    g_autofree char *expected =
        g_strdup_printf("%s: the configuration cannot be read; create it or name another with "
                        "-c: Failed to open file “%s”: No such file or directory",
                        missing, missing);
    g_autoptr(GError) error = NULL;
    g_assert_null(imp_config_load(missing, NULL, NULL, &error));
    g_assert_error(error, IMP_CONFIG_ERROR, IMP_CONFIG_ERROR_UNREADABLE);
    g_assert_cmpstr(error->message, ==, expected);
}

static void test_without_credentials(gconstpointer data)
{
    const Fixture *fixture = data;
    write_file(fixture->folder, "handbook.json", complete, 0640);
    g_autoptr(GError) error = NULL;
    ImpConfig *refused = imp_config_load(fixture->config, NULL, NULL, &error);
    assert_refused(fixture, refused, error,
                   "FILE:10: signing_key: the credential \"ledger-key\" is not here since "
                   "$CREDENTIALS_DIRECTORY is not "
                   "set; run this by the systemd unit or write file:PATH");

    g_autoptr(ImpConfig) config = imp_config_load_without_secrets(fixture->config, NULL, NULL);
    const ImpEndpoint *endpoint = config->endpoints->pdata[0];
    g_assert_cmpstr(endpoint->name, ==, "onc1");
    g_assert_null(endpoint->url);
    g_assert_null(endpoint->display);
    g_assert_cmpuint(endpoint->secrets->len, ==, 0);
    g_assert_null(config->signing_key);
    g_assert_cmpstr(config->article_url, ==, "https://handbook.example.org/{stem}");
}

static const char *const written_out =
    "{\"name\": \"handbook\", \"repository\": \"/r\", \"authority\": \"/a\",\n"
    "\"endpoints\": [{\"name\": \"x\", \"url\": \"http://127.0.0.1/token\",\n"
    "\"secret\": \"" SECRET "\"}]}";

static void test_secrets_that_others_can_read(gconstpointer data)
{
    const Fixture *fixture = data;
    static const char *const expected[] = {
        "FILE:2: url: is in a file that others can read; move it to a credential or type: chgrp "
        "imprimatur FILE && chmod 640 FILE",
        "FILE:2: url: is http, which goes only to networks in \"allow\": add the receiver's there "
        "or use https",
        "FILE:3: secret: is in a file that others can read; move it to a credential or type: "
        "chgrp imprimatur FILE && chmod 640 FILE",
    };
    write_file(fixture->folder, "handbook.json", written_out, 0644);
    g_autoptr(ImpConfig) config = imp_config_load(fixture->config, NULL, NULL, NULL);
    g_assert_cmpuint(config->warnings->len, ==, G_N_ELEMENTS(expected));
    for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_autoptr(GString) warning = g_string_new(config->warnings->pdata[i]);
        g_string_replace(warning, fixture->config, "FILE", 0);
        g_assert_cmpstr(warning->str, ==, expected[i]);
    }

    write_file(fixture->folder, "handbook.json", written_out, 0660);
    g_autoptr(ImpConfig) closed = imp_config_load(fixture->config, NULL, NULL, NULL);
    g_assert_cmpuint(closed->warnings->len, ==, 1); /* http alone */
}

static void test_article_url(gconstpointer data)
{
    static const struct {
        const char *template, *folder, *path, *url;
    } rows[] = {
        {"https://h/{stem}", "content/", "content/oncology/stage-4.md",
         "https://h/oncology/stage-4"},
        {"https://h/{path}", "content/", "content/oncology/stage-4.md",
         "https://h/content/oncology/stage-4.md"},
        {"https://h/{stem}", "", "a.md", "https://h/a"},
        {"https://h/{stem}", "other/", "content/a.markdown", "https://h/content/a.markdown"},
        {"https://h/{stem}?from={path}", "c/", "c/a b%&?#\xc3\xa9.md",
         "https://h/a%20b%25%26%3F%23%C3%A9?from=c/a%20b%25%26%3F%23%C3%A9.md"},
        {"https://h/{path}/{stem}", "", "{stem}.md", "https://h/%7Bstem%7D.md/%7Bstem%7D"},
        {"https://h/{stem}", "", "\xff.md", "https://h/%FF"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text =
            changed(complete, "https://handbook.example.org/{stem}", rows[i].template);
        g_autoptr(ImpConfig) config = load_text(data, text, NULL);
        g_autofree char *url = imp_config_article_url(config, rows[i].folder, rows[i].path);
        g_assert_cmpstr(url, ==, rows[i].url);
    }
    g_autoptr(ImpConfig) none = load_text(data, written_out, NULL);
    g_assert_null(imp_config_article_url(none, "", "a.md"));
}

int main(int argc, char **argv)
{
    static const struct {
        const char *path;
        GTestDataFunc test;
    } tests[] = {
        {"/config/complete", test_complete_configuration},
        {"/config/endpoints", test_endpoints},
        {"/config/chats", test_chats},
        {"/config/defaults", test_defaults},
        {"/config/off", test_off_and_null},
        {"/config/refused", test_refused},
        {"/config/unreadable", test_unreadable},
        {"/config/without-credentials", test_without_credentials},
        {"/config/open", test_secrets_that_others_can_read},
        {"/config/article-url", test_article_url},
    };
    g_test_init(&argc, &argv, NULL);
    Fixture fixture;
    fixture_set_up(&fixture);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add_data_func(tests[i].path, &fixture, tests[i].test);
    int status = g_test_run();
    fixture_tear_down(&fixture);
    return status;
}
