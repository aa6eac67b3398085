#include "workflow/keys/ssh_wire.h"

#include <string.h>

bool imp_ssh_take_byte(ImpSshWire *wire, guint8 *byte)
{
    if (wire->left < 1)
        return false;
    *byte = *wire->at;
    *wire = (ImpSshWire){wire->at + 1, wire->left - 1};
    return true;
}

bool imp_ssh_take_number(ImpSshWire *wire, guint32 *number)
{
    if (wire->left < 4)
        return false;
    memcpy(number, wire->at, sizeof *number);
    *number = GUINT32_FROM_BE(*number);
    *wire = (ImpSshWire){wire->at + 4, wire->left - 4};
    return true;
}

bool imp_ssh_take_string(ImpSshWire *wire, ImpSshWire *string)
{
    ImpSshWire rest = *wire;
    guint32 length;
    if (!imp_ssh_take_number(&rest, &length) || length > rest.left)
        return false;
    *string = (ImpSshWire){rest.at, length};
    *wire = (ImpSshWire){rest.at + length, rest.left - length};
    return true;
}

bool imp_ssh_is_text(const ImpSshWire *string, const char *text)
{
    return string->left == strlen(text) && memcmp(string->at, text, string->left) == 0;
}

bool imp_ssh_take_text(ImpSshWire *wire, const char *text)
{
    ImpSshWire rest = *wire, string;
    if (!imp_ssh_take_string(&rest, &string) || !imp_ssh_is_text(&string, text))
        return false;
    *wire = rest;
    return true;
}

bool imp_ssh_take_name(ImpSshWire *wire, ImpSshWire *name)
{
    ImpSshWire rest = *wire, string;
    if (!imp_ssh_take_string(&rest, &string) || memchr(string.at, '\0', string.left))
        return false;
    *name = string;
    *wire = rest;
    return true;
}

bool imp_ssh_take_positive(ImpSshWire *wire, ImpSshWire *magnitude)
{
    ImpSshWire rest = *wire, integer;
    if (!imp_ssh_take_string(&rest, &integer) || integer.left == 0 || (integer.at[0] & 0x80))
        return false;
    if (integer.at[0] == 0) {
        if (integer.left == 1 || !(integer.at[1] & 0x80))
            return false;
        integer = (ImpSshWire){integer.at + 1, integer.left - 1};
    }
    *magnitude = integer;
    *wire = rest;
    return true;
}
