// SPDX-License-Identifier: MIT
/*
 * Pages that are written soon after a fork, by the child or by the parent: the thread's descriptor,
 * counters of the C library, what the program itself counts.
 *
 * Each costs a fault in the child or in the parent, and the parent's host mapping its write
 * permission, which is a request to the stub and another one that gives it back. They are the same
 * at each fork of a program. So an address space remembers the last few that faulted so, and a
 * child tells its parent of its first ones; the next fork copies them at once (copy_anon_pte()).
 *
 * All of this is a hint: a race loses one, a wrong one costs the copy of a page.
 */
#include "vm.h"

#include <kern/fork.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>

bool fork_hot_has(const struct mm_struct *mm, unsigned long addr)
{
	for (unsigned int i = 0; i < FORK_HOT_PAGES; i++)
		if (READ_ONCE(mm->fork_hot[i]) == addr)
			return true;
	return false;
}

static void remember(struct mm_struct *mm, unsigned long addr)
{
	unsigned int next = READ_ONCE(mm->fork_hot_next);

	if (fork_hot_has(mm, addr))
		return;
	WRITE_ONCE(mm->fork_hot[next % FORK_HOT_PAGES], addr);
	WRITE_ONCE(mm->fork_hot_next, next + 1);
}

/* The parent that has this program's address space, if it still has. */
static void tell_parent(const struct mm_struct *mm, unsigned long addr)
{
	struct task_struct *parent;

	rcu_read_lock();
	parent = rcu_dereference(current->real_parent);
	task_lock(parent);
	if (parent->mm && parent->mm != mm && READ_ONCE(parent->mm->exe_file) == mm->exe_file)
		remember(parent->mm, addr);
	task_unlock(parent);
	rcu_read_unlock();
}

void fork_hot_note(struct mm_struct *mm, unsigned long addr)
{
	unsigned int told = READ_ONCE(mm->fork_hot_told);

	if (mm != current->mm)
		return;
	remember(mm, addr);
	if (told == FORK_HOT_PAGES)
		return;
	WRITE_ONCE(mm->fork_hot_told, told + 1);
	tell_parent(mm, addr);
}
