#pragma once

#include "daemon/site/work.h"

/* The page of the people, and the one of the editorial policy. */
bool imp_site_put_people(ImpSite *site, GError **error);
bool imp_site_put_policy(ImpSite *site, GError **error);
