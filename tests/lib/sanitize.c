/* Linked into every program of a build with SANITIZE=1.
 *
 * libgit2 1.5.1 forgets PCRE2's match data when it compares configuration values with a pattern
 * (git_config_set_multivar): 20 KB once for a repository whose refs are hidden from pushes the
 * first time. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libpcre2-8";
}

/* Standard error belongs to the program: tests compare it. */
const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}
