// SPDX-License-Identifier: MIT
/* Numbers of name spaces. */
#include <kern/errno.h>
#include <kern/ns_common.h>
#include <lib/idr.h>
#include <mm/gfp.h>

static DEFINE_IDA(inum_ida);

int ns_common_init(struct ns_common *ns, const struct proc_ns_operations *ops)
{
	int id = ida_alloc(&inum_ida, GFP_KERNEL);

	if (id < 0)
		return id;
	ns->inum = PROC_NS_DYNAMIC_INO + id;
	ns->ops = ops;
	refcount_set(&ns->count, 1);
	return 0;
}

void ns_common_exit(struct ns_common *ns)
{
	ida_free(&inum_ida, ns->inum - PROC_NS_DYNAMIC_INO);
}
