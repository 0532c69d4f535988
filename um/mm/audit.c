// SPDX-License-Identifier: MIT
/*
 * Stubs that burn the host's time without having been let go.
 *
 * Problem: a guest thread may say that it has stopped and run on (docs/security.md). It harms
 * nobody's memory, but no scheduler of ours knows of it: its task sleeps, and the host's core is
 * busy. So now and then the CPU clock of each stub is compared with what the kernel let it do: one
 * that goes on to use it while none of its threads was let go, nor its mapper asked, is killed.
 * Honest ones spin or linger for microseconds after they stop.
 *
 * audit_mutex guards the list of stubs; a stub on it is not freed. Whether a slot runs, and how
 * often it ran, is written by its task and read here as it is: a hint, and always true of a thread
 * that does not run at all.
 */
#include <kern/fork.h>
#include <kern/init.h>
#include <kern/jiffies.h>
#include <kern/kernel.h>
#include <kern/mutex.h>
#include <kern/pid.h>
#include <kern/pid_namespace.h>
#include <kern/printk.h>
#include <kern/rcupdate.h>
#include <kern/signal.h>
#include <kern/task.h>
#include <kern/workqueue.h>
#include <mm/mm_types.h>
#include "guest.h"

#define AUDIT_TICKS (2 * HZ)
/* What a stub may use after all of its threads stopped. */
#define ALLOWED_NS 250000000UL

static DEFINE_MUTEX(audit_mutex);
static LIST_HEAD(audited);

void guest_audit_add(struct guest *guest)
{
	mutex_lock(&audit_mutex);
	list_add(&guest->audit_link, &audited);
	mutex_unlock(&audit_mutex);
}

void guest_audit_remove(struct guest *guest)
{
	mutex_lock(&audit_mutex);
	list_del_init(&guest->audit_link);
	mutex_unlock(&audit_mutex);
}

/* How often it was asked for anything; true in *running if it may be at it now. */
static u64 count_runs(const struct guest *guest, bool *running)
{
	u64 runs = READ_ONCE(guest->seq);

	*running = false;
	for (struct guest_slot *slot = READ_ONCE(guest->slots); slot; slot = slot->next) {
		runs += READ_ONCE(slot->runs);
		*running |= READ_ONCE(slot->running);
	}
	return runs;
}

/* Its tasks sleep, and would hear of it only at their next resume. */
static void kill_owners(struct guest *guest)
{
	for (struct guest_slot *slot = READ_ONCE(guest->slots); slot; slot = slot->next) {
		struct task_struct *task;

		rcu_read_lock();
		task = find_task_by_pid_ns(READ_ONCE(slot->owner), &init_pid_ns);
		if (task) {
			/* The number may be another's by now. */
			task_lock(task);
			if (task->mm && task->mm->context.guest == guest)
				send_sig(SIGKILL, task, 1);
			task_unlock(task);
		}
		rcu_read_unlock();
	}
}

static void audit_one(struct guest *guest)
{
	u64 used = host_guest_cpu_ns(guest->host.pid), runs;
	bool running;

	runs = count_runs(guest, &running);
	if (running || guest->audit_running || runs != guest->audit_runs) {
		guest->audit_running = running;
		guest->audit_runs = runs;
		guest->audit_cpu = used;
	} else if (used > guest->audit_cpu + ALLOWED_NS && !guest_doomed(guest)) {
		pr_warn("guest process %d: runs though it stopped, killing it\n", guest->host.pid);
		guest_kill(guest);
		kill_owners(guest);
	}
}

static void audit(struct work_struct *work);
static DECLARE_DELAYED_WORK(audit_work, audit);

/* O(stubs), every two seconds: a host call for each. */
static void audit(struct work_struct *work)
{
	struct guest *guest;

	mutex_lock(&audit_mutex);
	list_for_each_entry(guest, &audited, audit_link)
		if (smp_load_acquire(&guest->ready))
			audit_one(guest);
	mutex_unlock(&audit_mutex);
	schedule_delayed_work(&audit_work, AUDIT_TICKS);
}

static int guest_audit_init(void)
{
	schedule_delayed_work(&audit_work, AUDIT_TICKS);
	return 0;
}
late_initcall(guest_audit_init);
