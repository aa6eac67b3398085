#pragma once

#include "workflow/base/moment.h"
#include "workflow/words.h"

/* A person of the policy (imprimatur-record(7), POLICY). */

typedef struct {
    guint32 first_day; /* yyyymmdd, both included */
    guint32 last_day;
} ImpAbsence;

/* An account at a forge, whose no-reply address stands in commits that are made there. */
typedef struct {
    char *forge; /* "github", "gitlab", "codeberg"; or any other name */
    char *name;  /* folded: what stands before the "@", or, with another name, the whole address */
} ImpAccount;

typedef struct {
    char *id;
    char *name;
    char **emails;    /* as written, at least one, */
    char **addresses; /* and each as imp_address_fold() has it */
    ImpRoles roles;
    char **specialties;        /* never NULL, may be empty */
    guint capacity;            /* open requests that this person takes at once */
    guint32 credentials_until; /* last good day, yyyymmdd; 0: no end */
    GArray *away;              /* of ImpAbsence */
    char **openpgp;      /* fingerprints of primary keys, 40 hex digits in capitals; never NULL */
    char *credentials;   /* as readers see them behind the name, "MD, FACP"; or NULL */
    char *url;           /* a page about the person; or NULL */
    bool is_public;      /* readers are told the name */
    GPtrArray *accounts; /* of ImpAccount* */
} ImpPerson;

bool imp_person_is_specialist(const ImpPerson *person, const char *specialty); /* false for NULL */
bool imp_person_is_away(const ImpPerson *person, gint64 moment_us);
bool imp_person_has_credentials(const ImpPerson *person, gint64 moment_us);

/* The form of an address by which addresses are compared. The caller frees. */
char *imp_address_fold(const char *address);

/* The domain of the no-reply addresses of a forge that is known by name, else NULL. */
const char *imp_forge_no_reply_domain(const char *forge);
/* Whether a folded address is at such a domain, of whatever forge. */
bool imp_is_no_reply(const char *folded);
/* Whether a folded address is one that a forge writes for one of the person's accounts. It stays
 * one where the login before or behind the account's number has changed. */
bool imp_person_has_account(const ImpPerson *person, const char *folded);
