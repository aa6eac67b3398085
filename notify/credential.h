#pragma once

/* The token that the file `path` holds (NULL: none), for the caller to free; NULL where it cannot
 * be read or is not one: the message goes without, and the forge says what is missing. Read for
 * each message, so that it can be changed at any time. */
char *imp_credential_read(const char *path);
