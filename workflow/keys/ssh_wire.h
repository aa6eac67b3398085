#pragma once

#include <glib.h>
#include <stdbool.h>

/* SSH's data types (RFC 4251 section 5), read from bytes that others wrote.
 *
 * Each function takes one value from the front of `wire`, or leaves all as it is and returns false.
 * What is taken lies inside the same bytes. */

typedef struct {
    const guint8 *at;
    gsize left;
} ImpSshWire;

bool imp_ssh_take_byte(ImpSshWire *wire, guint8 *byte);
bool imp_ssh_take_number(ImpSshWire *wire, guint32 *number);
bool imp_ssh_take_string(ImpSshWire *wire, ImpSshWire *string);

/* A string with exactly these characters. */
bool imp_ssh_take_text(ImpSshWire *wire, const char *text);

/* A string that can be a C string: without NUL, which programs read differently (OpenSSH lets one
 * stand at the end). */
bool imp_ssh_take_name(ImpSshWire *wire, ImpSshWire *name);

/* An integer above zero in its shortest form, which OpenSSH does not insist on. `magnitude` is what
 * it is without the zero byte that says that it is not negative. */
bool imp_ssh_take_positive(ImpSshWire *wire, ImpSshWire *magnitude);

bool imp_ssh_is_text(const ImpSshWire *string, const char *text);
