#include "workflow/signers.h"
#include "workflow/base/json.h"
#include "workflow/base/limits.h"
#include "workflow/keys/ssh_key.h"

#include <string.h>

/* Signers files: the format of ssh-keygen(1), ALLOWED SIGNERS, narrowed until a line can mean one
 * thing only:
 *
 *     PRINCIPAL namespaces="NAMESPACE"[,valid-after="..."][,valid-before="..."] TYPE BASE64
 * [COMMENT]
 *
 * with one principal without wildcards, options in lower case, values in quotes without blanks,
 * moments in UTC. ssh-keygen reads every such line in the same way. */

typedef struct {
    const char *file;
    guint line;
    const char *namespace;
    const ImpPolicy *policy; /* whose people the principals are; NULL: anybody's */
    GPtrArray *authority;    /* keys that must not occur, or NULL */
    GPtrArray *earlier;      /* the lines read so far */
} Context;

void imp_signer_free(ImpSigner *signer)
{
    if (!signer)
        return;
    g_free(signer->principal);
    g_free(signer->key_type);
    g_free(signer->key);
    g_free(signer);
}

static bool G_GNUC_PRINTF(3, 4)
    refuse(const Context *context, GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, IMP_POLICY_ERROR, IMP_POLICY_ERROR_INVALID, "%s:%u: %s", context->file,
                context->line, message);
    return false;
}

/* Takes the next field up to a blank; NULL at the end of the line. The caller frees. */
static char *take_field(const char **rest)
{
    *rest += strspn(*rest, " \t");
    gsize length = strcspn(*rest, " \t");
    if (length == 0)
        return NULL;
    char *field = g_strndup(*rest, length);
    *rest += length;
    return field;
}

/* Parses YYYYMMDD[HHMM[SS]]Z, in UTC. Not the epoch itself or before: 0 is "no bound". */
static bool parse_bound(const char *value, gint64 *moment_us)
{
    gsize digits = strspn(value, G_CSET_DIGITS);
    if ((digits != 8 && digits != 12 && digits != 14) || strcmp(value + digits, "Z") != 0)
        return false;
    char padded[] = "YYYYMMDD000000";
    memcpy(padded, value, digits);
    g_autofree char *text = g_strdup_printf("%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", padded, padded + 4,
                                            padded + 6, padded + 8, padded + 10, padded + 12);
    gint64 parsed_us;
    if (!imp_moment_parse(text, &parsed_us) || parsed_us <= 0)
        return false;
    *moment_us = parsed_us;
    return true;
}

/* The value in `option` if it is NAME="VALUE"; the caller frees. */
static char *option_value(const char *option, const char *name)
{
    gsize name_length = strlen(name), length = strlen(option);
    if (strncmp(option, name, name_length) != 0 || strncmp(option + name_length, "=\"", 2) != 0)
        return NULL;
    const char *value = option + name_length + 2;
    gsize value_length = strcspn(value, "\"\\");
    if (value + value_length != option + length - 1 || option[length - 1] != '"')
        return NULL;
    return g_strndup(value, value_length);
}

static bool parse_bound_option(const Context *context, const char *name, const char *value,
                               gint64 *bound_us, GError **error)
{
    if (*bound_us != 0)
        return refuse(context, error, "%s: appears twice; remove one", name);
    if (!parse_bound(value, bound_us)) {
        g_autofree char *quoted = imp_json_quote(value);
        return refuse(context, error,
                      "%s: %s is not a moment; write it as in \"20261231Z\" or \"20261231235959Z\"",
                      name, quoted);
    }
    return true;
}

static bool parse_option(const Context *context, const char *option, ImpSigner *signer,
                         bool *has_namespace, GError **error)
{
    g_autofree char *namespaces = option_value(option, "namespaces");
    g_autofree char *after = option_value(option, "valid-after");
    g_autofree char *before = option_value(option, "valid-before");
    if (after)
        return parse_bound_option(context, "valid-after", after, &signer->valid_after_us, error);
    if (before)
        return parse_bound_option(context, "valid-before", before, &signer->valid_before_us, error);
    if (g_ascii_strcasecmp(option, "cert-authority") == 0)
        return refuse(context, error, "cert-authority: is not allowed; list each key by itself");
    if (!namespaces) {
        g_autofree char *quoted = imp_json_quote(option);
        return refuse(context, error,
                      "option %s: is unknown; write only namespaces=\"%s\", valid-after=\"...\" "
                      "and valid-before=\"...\"",
                      quoted, context->namespace);
    }
    if (*has_namespace || strcmp(namespaces, context->namespace) != 0)
        return refuse(context, error,
                      "namespaces: is not exactly this one; write namespaces=\"%s\"",
                      context->namespace);
    *has_namespace = true;
    return true;
}

static bool parse_options(const Context *context, const char *text, ImpSigner *signer,
                          GError **error)
{
    bool has_namespace = false;
    if (!imp_ssh_key_type_is_known(text)) {
        g_auto(GStrv) options = g_strsplit(text, ",", -1);
        for (char **option = options; *option; option++) {
            if (!parse_option(context, *option, signer, &has_namespace, error))
                return false;
        }
    }
    if (!has_namespace)
        return refuse(context, error,
                      "namespaces: is missing; write namespaces=\"%s\" behind the principal",
                      context->namespace);
    if (signer->valid_after_us && signer->valid_before_us &&
        signer->valid_after_us >= signer->valid_before_us)
        return refuse(context, error, "valid-before: is not after valid-after; swap them");
    return true;
}

static bool check_principal(const Context *context, ImpSigner *signer, GError **error)
{
    g_autofree char *quoted = imp_json_quote(signer->principal);
    if (strchr(signer->principal, ','))
        return refuse(context, error, "principal %s: is a list; write a line for each address",
                      quoted);
    if (strpbrk(signer->principal, "*?!\"\\"))
        return refuse(context, error, "principal %s: is a pattern; write one whole address",
                      quoted);
    if (!context->policy)
        return true;
    signer->person = imp_policy_person_by_email(context->policy, signer->principal);
    if (!signer->person)
        return refuse(
            context, error,
            "principal %s: is the address of nobody in policy.json; add it to a person there",
            quoted);
    return true;
}

static bool check_key_owner(const Context *context, const ImpSigner *signer, GError **error)
{
    for (guint i = 0; context->authority && i < context->authority->len; i++) {
        const ImpSigner *other = context->authority->pdata[i];
        if (strcmp(other->key, signer->key) == 0)
            return refuse(context, error, "key of %s: is a key of the authority; use another one",
                          signer->principal);
    }
    for (guint i = 0; i < context->earlier->len; i++) {
        const ImpSigner *other = context->earlier->pdata[i];
        if (strcmp(other->key, signer->key) != 0)
            continue;
        if (other->person != signer->person)
            return refuse(context, error,
                          "key of %s: is also the key of %s; give each person a key of their own",
                          signer->principal, other->principal);
        g_autofree char *one = imp_address_fold(signer->principal);
        g_autofree char *another = imp_address_fold(other->principal);
        if (strcmp(one, another) == 0)
            return refuse(context, error, "key of %s: appears twice; remove one line",
                          signer->principal);
    }
    return true;
}

/* Parses a line that is neither empty nor a comment. */
static ImpSigner *parse_line(const Context *context, const char *line, GError **error)
{
    g_autoptr(ImpSigner) signer = g_new0(ImpSigner, 1);
    const char *rest = line;
    signer->principal = take_field(&rest);
    if (!check_principal(context, signer, error))
        return NULL;
    g_autofree char *options = take_field(&rest);
    if (!parse_options(context, options ? options : "", signer, error))
        return NULL;
    signer->key_type = take_field(&rest);
    signer->key = take_field(&rest);
    if (!signer->key) {
        refuse(context, error,
               "key of %s: is missing; copy the line of the .pub file behind the options",
               signer->principal);
        return NULL;
    }
    g_autofree char *why = NULL;
    if (!imp_ssh_key_check(signer->key_type, signer->key, &why)) {
        refuse(context, error, "key of %s: %s", signer->principal, why);
        return NULL;
    }
    if (!check_key_owner(context, signer, error))
        return NULL;
    return g_steal_pointer(&signer);
}

static bool check_characters(const Context *context, const char *line, gsize length, GError **error)
{
    if (!g_utf8_validate(line, (gssize)length, NULL))
        return refuse(context, error, "is not valid UTF-8; write the line again");
    for (gsize i = 0; i < length; i++) {
        if (g_ascii_iscntrl(line[i]) && line[i] != '\t')
            return refuse(context, error, "has a control character%s; remove it",
                          line[i] == '\r' ? " (lines end in CR LF)" : "");
    }
    return true;
}

static GPtrArray *parse(Context *context, const char *text, gsize length, GError **error)
{
    g_autoptr(GPtrArray) signers = g_ptr_array_new_with_free_func((GDestroyNotify)imp_signer_free);
    context->earlier = signers;
    context->line = 1;
    if (length > IMP_POLICY_MAX_BYTES) {
        refuse(context, error, "larger than %d bytes; shorten it", IMP_POLICY_MAX_BYTES);
        return NULL;
    }
    const char *end = text + length;
    for (const char *at = text; at < end; context->line++) {
        const char *newline = memchr(at, '\n', (gsize)(end - at));
        const char *line_end = newline ? newline : end;
        if (!check_characters(context, at, (gsize)(line_end - at), error))
            return NULL;
        g_autofree char *line = g_strndup(at, (gsize)(line_end - at));
        char first = line[strspn(line, " \t")];
        if (first != '\0' && first != '#') {
            ImpSigner *signer = parse_line(context, line, error);
            if (!signer)
                return NULL;
            g_ptr_array_add(signers, signer);
        }
        at = newline ? newline + 1 : end;
    }
    return g_steal_pointer(&signers);
}

GPtrArray *imp_signers_parse_board(const ImpPolicy *policy, const char *text, gsize length,
                                   GPtrArray *authority, GError **error)
{
    Context context = {
        .file = "allowed_signers", .namespace = "git", .policy = policy, .authority = authority};
    return parse(&context, text, length, error);
}

GPtrArray *imp_signers_parse_authority(const char *name, const char *text, gsize length,
                                       GError **error)
{
    Context context = {.file = name, .namespace = "imprimatur-policy"};
    g_autoptr(GPtrArray) signers = parse(&context, text, length, error);
    if (signers && signers->len == 0) {
        context.line = 1;
        refuse(
            &context, error,
            "has no key; add the authority's: ADDRESS namespaces=\"imprimatur-policy\" TYPE KEY");
        return NULL;
    }
    return g_steal_pointer(&signers);
}
