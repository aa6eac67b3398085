#pragma once

/* The path of imprimatur-askpass, which tells git the user and the token that its environment
 * names: beside this program, as it was built, else where it was installed. The caller frees. */
char *imp_askpass_path(void);
