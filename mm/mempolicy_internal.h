/* SPDX-License-Identifier: MIT */
/* What the files about memory policies and moving pages share. */
#ifndef MM_MEMPOLICY_INTERNAL_H
#define MM_MEMPOLICY_INTERNAL_H

#include <mm/mempolicy.h>

/* What a program asked for, checked but for its flags; NULL: the default policy; ERR_PTR. */
struct mempolicy *mpol_new(unsigned short mode, unsigned short flags, nodemask_t asked,
			   bool any_asked);
/* The nodes that count now, and those that get_mempolicy() tells. */
nodemask_t mpol_nodes(const struct mempolicy *pol);
nodemask_t mpol_shown_nodes(const struct mempolicy *pol);
/* The task's policy is pol from now on, whose reference it takes. => current, or not running */
void mpol_set_task(struct task_struct *task, struct mempolicy *pol);
/* The node of `to` that has the rank of nid in `from`; nid itself, if that is not in `from`. */
int remap_node(int nid, nodemask_t from, nodemask_t to);

/*
 * A set of nodes from a program: those that there can be, and whether it named any at all. 0 or -errno.
 */
int get_nodes(const unsigned long __user *nmask, unsigned long maxnode, nodemask_t *nodes, bool *any);

#endif
