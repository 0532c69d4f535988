// SPDX-License-Identifier: MIT
/*
 * Allocations that fail on purpose: failslab=N and fail_page_alloc=N let about every Nth one
 * made by a user's task fail, those that say __GFP_NOFAIL apart. Nothing may come of that but
 * an error of the system call or the death of the process.
 */
#include "internal.h"

#include <kern/atomic.h>
#include <kern/moduleparam.h>
#include <kern/task.h>

unsigned int failslab_interval, fail_page_interval;
module_param_named(failslab, failslab_interval, uint, 0444);
module_param_named(fail_page_alloc, fail_page_interval, uint, 0444);

static atomic_t slab_calls, page_calls;

static bool injectable(gfp_t gfp)
{
	return current->mm && current->pid != 1 && !(current->flags & (PF_KTHREAD | PF_EXITING)) &&
	       !(gfp & __GFP_NOFAIL);
}

bool inject_slab_failure(gfp_t gfp)
{
	return injectable(gfp) && atomic_inc_return(&slab_calls) % failslab_interval == 0;
}

bool inject_page_failure(gfp_t gfp)
{
	return injectable(gfp) && atomic_inc_return(&page_calls) % fail_page_interval == 0;
}
