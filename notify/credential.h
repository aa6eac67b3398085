#pragma once

#include "notify/endpoint.h"

/* The token that goes with messages to a forge, for the caller to free: the endpoint's own, or what
 * its file holds, read for each message, so that it can be changed at any time. NULL where there is
 * none or it cannot be read: the message goes without, and the forge says what is missing. */
char *imp_credential_of(const ImpEndpoint *endpoint);
