// SPDX-License-Identifier: MIT
/* struct pid: numbers, references, roles, lookup. */
#include <kern/err.h>
#include <kern/fork.h>
#include <kern/ktest.h>
#include <kern/pid.h>
#include <kern/rcupdate.h>
#include <kern/task.h>

KTEST(pid, numbers_are_unique_and_found)
{
	struct pid *pids[64];

	for (int i = 0; i < 64; i++) {
		pids[i] = alloc_pid(&init_pid_ns, NULL, 0);
		KASSERT_FALSE(IS_ERR(pids[i]));
		KEXPECT_GT(pid_nr(pids[i]), 0);
		for (int j = 0; j < i; j++)
			KEXPECT_NE(pid_nr(pids[i]), pid_nr(pids[j]));
	}
	rcu_read_lock();
	for (int i = 0; i < 64; i++)
		KEXPECT_EQ(find_vpid(pid_nr(pids[i])), pids[i]);
	rcu_read_unlock();
	for (int i = 0; i < 64; i++)
		free_pid(pids[i]);
}

KTEST(pid, a_freed_number_is_not_found)
{
	struct pid *pid = alloc_pid(&init_pid_ns, NULL, 0);
	int nr;

	KASSERT_FALSE(IS_ERR(pid));
	nr = pid_nr(pid);
	get_pid(pid);
	free_pid(pid);
	KEXPECT_NULL(find_get_pid(nr));
	/* Ours still, though nobody finds it. */
	KEXPECT_EQ(pid_nr(pid), nr);
	put_pid(pid);
}

KTEST(pid, nobody_uses_a_fresh_one)
{
	struct pid *pid = alloc_pid(&init_pid_ns, NULL, 0);

	KASSERT_FALSE(IS_ERR(pid));
	for (int type = 0; type < PIDTYPE_MAX; type++)
		KEXPECT_FALSE(pid_has_task(pid, type));
	KEXPECT_NULL(get_pid_task(pid, PIDTYPE_PID));
	free_pid(pid);
}

KTEST(pid, odd_numbers_are_nobody)
{
	KEXPECT_NULL(find_get_pid(0));
	KEXPECT_NULL(find_get_pid(-1));
	KEXPECT_NULL(find_get_pid(PID_MAX_LIMIT));
	KEXPECT_EQ(pid_nr(NULL), 0);
	put_pid(NULL);
	KEXPECT_NULL(get_pid(NULL));
}

KTEST(pid, current_knows_itself)
{
	struct task_struct *found = find_get_task_by_vpid(task_pid_vnr(current));

	KEXPECT_EQ(found, current);
	if (found)
		put_task_struct(found);
	KEXPECT_EQ(pid_task(task_pid(current), PIDTYPE_PID), current);
	KEXPECT_EQ(task_tgid_nr(current), pid_nr(task_tgid(current)));
}

KTEST(pid, next_one_up)
{
	struct pid *pid = alloc_pid(&init_pid_ns, NULL, 0), *found;

	KASSERT_FALSE(IS_ERR(pid));
	rcu_read_lock();
	found = find_ge_pid(pid_nr(pid), &init_pid_ns);
	KEXPECT_EQ(found, pid);
	found = find_ge_pid(1, &init_pid_ns);
	KASSERT_NOT_NULL(found);
	KEXPECT_LE(pid_nr(found), pid_nr(pid));
	rcu_read_unlock();
	free_pid(pid);
}
