// SPDX-License-Identifier: MIT
/* Kernel stacks: switching, first entry, guard pages. */
#include "../internal.h"
#include <kern/task.h>
#include <um/processor.h>
#include <um/switch_to.h>
#include "vcpu.h"

struct task_struct *__switch_to(struct task_struct *prev, struct task_struct *next)
{
	return um_switch_stack(&prev->thread.ksp, next->thread.ksp, prev);
}

/* What um_switch_stack pops, lowest address first. */
struct switch_frame {
	unsigned long r15, r14, r13, r12, bx, bp, ip;
	unsigned long zero[2];		/* where the first call finds the stack: 16 bytes aligned */
};

void um_thread_init_stack(struct task_struct *task, void (*entry)(struct task_struct *last, void *arg),
			  void *arg)
{
	struct switch_frame *frame = (struct switch_frame *)((char *)task->stack + UM_KSTACK_SIZE) - 1;

	*frame = (struct switch_frame){
		.r12 = (unsigned long)entry,
		.r13 = (unsigned long)arg,
		.ip = (unsigned long)um_thread_begin,
	};
	task->thread.ksp = (unsigned long)frame;
}

int um_stack_guard(void *addr, int on)
{
	if (on)
		host_stack_register((unsigned long)addr, UM_KSTACK_SIZE);
	return host_ram_protect((unsigned long)addr, 4096, !on);
}

void um_stack_clean(void *stack)
{
	host_stack_clean((unsigned long)stack + 4096, UM_KSTACK_SIZE - 4096);
}
