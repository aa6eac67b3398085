#pragma once

#include "articles/git_child.h"
#include "articles/transport.h"

/* What the end of a git that fetched or pushed means. `stopped` says why it was ended by us; NULL:
 * it was not. The caller clears the outcome. */
ImpTransportOutcome imp_transport_outcome_of(const ImpGitChildEnd *end, const char *stopped);
