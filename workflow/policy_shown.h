#pragma once

#include "workflow/base/json.h"
#include "workflow/policy.h"

/* What a policy lets readers be told, and a person's accounts: the keys of policy.json that decide
 * nothing about a state (imprimatur-record(7), POLICY). For workflow/policy_parse.c. */

/* Raw values of these keys, borrowed from the file, before they are looked at; NULL: not there. */
typedef struct {
    json_t *audiences;
} ImpShownValues;

/* What is wrong with a "contact", a template whose only braces are around the names of what is
 * filled in: a sentence without a full stop, for the caller to free; NULL: nothing. */
char *imp_policy_contact_fault(const char *template);

/* Checks what the policy's own members hold (disclaimer, contact, language, terms) and enters the
 * audiences. */
bool imp_policy_check_shown(const ImpJsonFile *file, const ImpShownValues *values,
                            ImpPolicy *policy, GError **error);
/* Checks a person's letters and page, and enters the accounts (a JSON object, or NULL). */
bool imp_policy_check_person_shown(const ImpJsonFile *file, json_t *object, const json_t *accounts,
                                   ImpPerson *person, GError **error);

/* Whether the text is one line without control characters and "<", ">", as what stands in git
 * headers and on lines of the ledger has to be. */
bool imp_text_is_plain(const char *text, bool blanks_allowed);
