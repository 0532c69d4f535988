// SPDX-License-Identifier: MIT
/* Checks of list links before each change, in debug builds. */
#include <kern/bug.h>
#include <lib/list.h>

#ifdef CONFIG_DEBUG
bool __list_add_valid(struct list_head *entry, struct list_head *prev, struct list_head *next)
{
	if (WARN(next->prev != prev, "list_add: next %p points back to %p, not to %p", next,
		 next->prev, prev) ||
	    WARN(prev->next != next, "list_add: prev %p points to %p, not to %p", prev, prev->next,
		 next) ||
	    WARN(entry == prev || entry == next, "list_add: %p is added beside itself", entry))
		return false;
	return true;
}

bool __list_del_valid(struct list_head *entry)
{
	if (WARN(entry->next == LIST_POISON1 || entry->prev == LIST_POISON2,
		 "list_del: %p was removed before", entry) ||
	    WARN(entry->prev->next != entry, "list_del: %p is not what its prev %p points to", entry,
		 entry->prev) ||
	    WARN(entry->next->prev != entry, "list_del: %p is not what its next %p points to", entry,
		 entry->next))
		return false;
	return true;
}
#endif
