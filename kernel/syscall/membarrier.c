// SPDX-License-Identifier: MIT
/* membarrier(): a memory barrier on all CPUs that run the caller's program, or any. */
#include <kern/barrier.h>
#include <kern/errno.h>
#include <kern/rcupdate.h>
#include <kern/smp.h>
#include <kern/syscalls.h>
#include <kern/task.h>
#include <mm/mm_types.h>

#include <linux/membarrier.h>

#define SUPPORTED                                                                                  \
	(MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED |                                 \
	 MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED |             \
	 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE |  \
	 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE)

/* mm->membarrier_state: what the program has registered for. */
#define REGISTERED_PRIVATE   1
#define REGISTERED_SYNC_CORE 2
#define REGISTERED_GLOBAL    4

static void ipi_barrier(void *unused)
{
	smp_mb();
}

/*
 * An interrupt on a vCPU that runs a guest makes the guest's thread enter and leave the host's
 * kernel, which is a barrier and serialises its instruction stream.
 */
static void barrier_everywhere(void)
{
	smp_mb();
	on_each_cpu(ipi_barrier, NULL, 1);
	smp_mb();
}

static long private_expedited(int needed)
{
	if (!(atomic_read(&current->mm->membarrier_state) & needed))
		return -EPERM;
	barrier_everywhere();
	return 0;
}

static long register_for(int what)
{
	atomic_or(what, &current->mm->membarrier_state);
	return 0;
}

SYSCALL_DEFINE3(membarrier, int, cmd, unsigned int, flags, int, cpu_id)
{
	if (flags)
		return -EINVAL;
	switch (cmd) {
	case MEMBARRIER_CMD_QUERY:
		return SUPPORTED;
	case MEMBARRIER_CMD_GLOBAL:
	case MEMBARRIER_CMD_GLOBAL_EXPEDITED:
		barrier_everywhere();
		return 0;
	case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
		return register_for(REGISTERED_GLOBAL);
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
		return private_expedited(REGISTERED_PRIVATE);
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
		return register_for(REGISTERED_PRIVATE);
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE:
		return private_expedited(REGISTERED_SYNC_CORE);
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
		return register_for(REGISTERED_PRIVATE | REGISTERED_SYNC_CORE);
	}
	return -EINVAL;
}
