#pragma once

#include "workflow/policy.h"

/* Under which names an article's files stand. Each is a function of the path and the policy's
 * patterns alone, so that no article can take another one's name away. */

/* The folder below a/ that holds an article's pages: its path without the literal folder that all
 * patterns share, and without ".md". Parts that could not stand there (too long, hidden, a control
 * character, the name of a file that a site writes) get a hash of the path. The caller frees. */
char *imp_site_stem(const ImpPolicy *policy, const char *path);

/* The name below s/, to which ".json" and others are added: the path, or a hash as above. The
 * caller frees. */
char *imp_site_status_name(const char *path);

/* The folder below list/ in which an article is listed, made of the path's folder likewise; "" at
 * the top. The caller frees. */
char *imp_site_folder_of(const ImpPolicy *policy, const char *path);

/* Whether a path lies in the same folder as `other`, which may be NULL: nothing does. */
bool imp_site_is_beside(const char *path, const char *other);

/* A name as an address relative to the folder: percent-encoded but for "/" (RFC 3986, section 2).
 * "a/x/index.html" leads to "a/x/". The caller frees. */
char *imp_site_address(const char *name);

/* The same to the file itself, which works without a server, too. The caller frees. */
char *imp_site_link(const char *name);

/* "../" for each folder that `name` lies in. The caller frees. */
char *imp_site_way_up(const char *name);

/* The first `digits` hex digits of the path's SHA-256. The caller frees. */
char *imp_site_digest(const char *path, gsize digits);
