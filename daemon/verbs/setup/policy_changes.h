#pragma once

#include "daemon/verbs/view/reader.h"

/* What a new policy changes, for whoever is about to sign it. */

/* Prints what is different between the policy in force and `next`, and whose open work that
 * touches; the reader is of the ledger that the policy in force is in. `text` is the new POLICY.md,
 * which may name people who leave; NULL: not looked at. Returns how many differences there are. */
guint imp_policy_changes_print(ImpReader *reader, const ImpPolicy *next, const char *text,
                               GError **error);
