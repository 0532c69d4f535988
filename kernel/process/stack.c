// SPDX-License-Identifier: MIT
/*
 * Kernel stacks: order-4 blocks whose lowest page is a guard. Setting a guard up costs a host
 * call, so a few stacks are kept with theirs. When memory is in pieces a stack is put together
 * of single pages (vmalloc).
 *
 *   stack_cache_lock	the cache; innermost, interrupts off (stacks are given back by the
 *			scheduler)
 */
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/spinlock.h>
#include <kern/task.h>
#include <lib/string.h>
#include <mm/gfp.h>
#include <mm/memcontrol.h>
#include <mm/page.h>
#include <mm/vmalloc.h>
#include <mm/vmstat.h>
#include <um/processor.h>
#include <um/switch_to.h>

#define STACK_CACHE_MAX 16

static DEFINE_SPINLOCK(stack_cache_lock);
static void *stack_cache[STACK_CACHE_MAX];
static unsigned int stack_cached;

static void *pop_cached_stack(void)
{
	void *stack = NULL;
	unsigned long flags;

	spin_lock_irqsave(&stack_cache_lock, flags);
	if (stack_cached)
		stack = stack_cache[--stack_cached];
	spin_unlock_irqrestore(&stack_cache_lock, flags);
	if (stack)
		um_stack_clean(stack);
	return stack;
}

static bool push_cached_stack(void *stack)
{
	unsigned long flags;
	bool kept = false;

	spin_lock_irqsave(&stack_cache_lock, flags);
	if (stack_cached < STACK_CACHE_MAX) {
		stack_cache[stack_cached++] = stack;
		kept = true;
	}
	spin_unlock_irqrestore(&stack_cache_lock, flags);
	return kept;
}

/* A block if there is one now, else pages. */
static void *new_stack(void)
{
	gfp_t gfp = (GFP_KERNEL | __GFP_NOWARN) & ~__GFP_DIRECT_RECLAIM;
	void *stack = (void *)__get_free_pages(gfp, UM_KSTACK_ORDER);

	return stack ? stack : __vmalloc(UM_KSTACK_SIZE, GFP_KERNEL);
}

/* The page whose node counts it. */
static struct page *stack_page(const void *stack)
{
	return is_vmalloc_addr(stack) ? vmalloc_to_page(stack) : virt_to_page(stack);
}

static void drop_stack(void *stack)
{
	if (is_vmalloc_addr(stack))
		vfree(stack);
	else
		free_pages((unsigned long)stack, UM_KSTACK_ORDER);
}

static void uncharge_stack(struct task_struct *task)
{
	memcg_uncharge_kernel(task->stack_group, UM_KSTACK_SIZE / PAGE_SIZE, NR_KERNEL_STACK_KB,
			      UM_KSTACK_SIZE / 1024);
}

int alloc_thread_stack(struct task_struct *task)
{
	int group = memcg_charge_kernel(UM_KSTACK_SIZE / PAGE_SIZE, GFP_KERNEL, NR_KERNEL_STACK_KB,
					UM_KSTACK_SIZE / 1024);
	void *stack;

	if (group < 0)
		return group;
	task->stack_group = group;
	stack = pop_cached_stack();
	if (!stack) {
		stack = new_stack();
		if (!stack)
			goto uncharge;
		if (um_stack_guard(stack, 1)) {
			drop_stack(stack);
			goto uncharge;
		}
	}
	mod_node_page_state(stack_page(stack), NR_KERNEL_STACK_KB, UM_KSTACK_SIZE / 1024);
	task->stack = stack;
	return 0;
uncharge:
	uncharge_stack(task);
	return -ENOMEM;
}

void free_thread_stack(struct task_struct *task)
{
	void *stack = task->stack;

	if (!stack)
		return;
	task->stack = NULL;
	mod_node_page_state(stack_page(stack), NR_KERNEL_STACK_KB, -(long)(UM_KSTACK_SIZE / 1024));
	uncharge_stack(task);
	if (push_cached_stack(stack))
		return;
	um_stack_guard(stack, 0);
	drop_stack(stack);
}

void put_task_stack(struct task_struct *task)
{
	free_thread_stack(task);
}
