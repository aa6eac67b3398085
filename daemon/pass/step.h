#pragma once

#include "daemon/pass/pass.h"

/* The steps of a pass, in their order; each is in a file of its own. */

/* Waits for the walk that imp_step_history began: new_commits and the table of who brought what are
 * there then. */
bool imp_pass_need_history(ImpPass *pass, GError **error);

/* Whether anybody at all could be asked, with so many `open` requests (imp_index_open_requests):
 * saves going through all that wait when nobody can. */
bool imp_pass_has_free(const ImpPass *pass, GHashTable *open);

bool imp_step_policy(ImpPass *pass, GError **error);

bool imp_step_history(ImpPass *pass, GError **error);

bool imp_step_heads(ImpPass *pass, GError **error);

bool imp_step_deadlines(ImpPass *pass, GError **error);

bool imp_step_texts(ImpPass *pass, GError **error);

/* Of that step, what is made of `files` (of ImpTreeChange*), which it may add to. */
bool imp_step_texts_of(ImpPass *pass, GPtrArray *files, GError **error);

bool imp_step_decisions(ImpPass *pass, GError **error);

bool imp_step_requests(ImpPass *pass, GError **error);

bool imp_step_reminders(ImpPass *pass, GError **error);

/* Puts into an entry that brings an article another version those in the policy who wrote that on a
 * head and are in no commit of the history that says so. */
bool imp_pass_find_authors(ImpPass *pass, const ImpArticle *article, ImpEntry *entry,
                           GError **error);
