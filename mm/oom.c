// SPDX-License-Identifier: MIT
/*
 * The out-of-memory killer. The victim is the process with the most memory (resident pages, swap
 * and page tables), moved by its oom_score_adj: 1000 stands for all of memory. It gets SIGKILL and
 * may use the page allocator's reserve to die; until its memory is back nobody else is chosen.
 * /proc/sys/vm/oom_kill_allocating_task takes who asked for memory instead, if it may be killed at
 * all; panic_on_oom ends the machine.
 */
#include "vm.h"

#include <kern/cred.h>
#include <kern/fork.h>
#include <kern/jiffies.h>
#include <kern/mutex.h>
#include <kern/panic.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/task.h>
#include <mm/oom.h>
#include <mm/swap.h>

/* How long a victim may take before another one is chosen. */
#define VICTIM_PATIENCE (5 * HZ)

int sysctl_panic_on_oom, sysctl_oom_kill_allocating_task, sysctl_oom_dump_tasks = 1;

static DEFINE_MUTEX(oom_lock);
static struct mm_struct *victim_mm;	/* oom_lock: counted by mmgrab() */
static unsigned long victim_since;	/* oom_lock: jiffies */

/* A thread of the process that still has an mm, task_lock held; or NULL. */
static struct task_struct *lock_task_with_mm(struct task_struct *p)
{
	struct task_struct *t;

	for_each_thread(p, t) {
		task_lock(t);
		if (t->mm)
			return t;
		task_unlock(t);
	}
	return NULL;
}

static bool unkillable(struct task_struct *p)
{
	return p->pid == 1 || (p->flags & PF_KTHREAD) || (p->signal->flags & SIGNAL_UNKILLABLE);
}

/* => rcu_read_lock or a reference on the task */
long oom_badness(struct task_struct *p, unsigned long totalpages)
{
	struct task_struct *t;
	long points, adj;

	if (unkillable(p))
		return LONG_MIN;
	t = lock_task_with_mm(p);
	if (!t)
		return LONG_MIN;
	adj = p->signal->oom_score_adj;
	points = get_mm_rss(t->mm) + get_mm_counter(t->mm, MM_SWAPENTS) + (atomic_long_read(&t->mm->pgtables_bytes) >> PAGE_SHIFT);
	if (t->mm->oom_killed || test_bit(MMF_OOM_SKIP, &t->mm->flags) || adj == OOM_SCORE_ADJ_MIN)
		points = LONG_MIN;
	task_unlock(t);
	if (points == LONG_MIN)
		return points;
	return points + adj * ((long)totalpages / 1000);
}

/* With a reference; NULL when nobody may be killed. */
static struct task_struct *select_victim(void)
{
	unsigned long total = totalram_pages() + total_swap_pages();
	struct task_struct *p, *worst = NULL;
	long most = LONG_MIN;

	rcu_read_lock();
	for_each_process(p) {
		long points = oom_badness(p, total);

		if (points > most) {
			most = points;
			worst = p;
		}
	}
	if (worst)
		get_task_struct(worst);
	rcu_read_unlock();
	return worst;
}

/* Who asked, with a reference, if it may be taken. */
static struct task_struct *allocating_task(unsigned long total)
{
	struct task_struct *p = current->group_leader;

	if (!current->mm || oom_badness(p, total) == LONG_MIN)
		return NULL;
	get_task_struct(p);
	return p;
}

static void dump_task(struct task_struct *p)
{
	struct task_struct *t;

	if (unkillable(p))
		return;
	t = lock_task_with_mm(p);
	if (!t)
		return;
	pr_info("[%7d] %5u %5d %8lu %8lu %8lu %8lu %13d %s\n", p->pid,
		from_kuid(&init_user_ns, task_uid(p)), p->tgid, t->mm->total_vm, get_mm_rss(t->mm),
		(unsigned long)atomic_long_read(&t->mm->pgtables_bytes),
		get_mm_counter(t->mm, MM_SWAPENTS), p->signal->oom_score_adj, p->comm);
	task_unlock(t);
}

static void dump_tasks(void)
{
	struct task_struct *p;

	pr_info("Tasks state (memory values in pages):\n");
	pr_info("[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n");
	rcu_read_lock();
	for_each_process(p)
		dump_task(p);
	rcu_read_unlock();
}

/* Says that memory is out; with panic_on_oom that is the last word. */
static void dump_header(gfp_t gfp, unsigned int order)
{
	pr_warn("%s invoked oom-killer: gfp_mask=0x%x, order=%u, oom_score_adj=%d\n", current->comm,
		gfp, order, current->signal ? current->signal->oom_score_adj : 0);
	if (READ_ONCE(sysctl_oom_dump_tasks))
		dump_tasks();
	if (READ_ONCE(sysctl_panic_on_oom))
		panic("Out of memory: %s panic_on_oom is enabled",
		      READ_ONCE(sysctl_panic_on_oom) == 2 ? "compulsory" : "system-wide");
}

/* => oom_lock held */
static void set_victim(struct mm_struct *mm)
{
	if (victim_mm)
		mmdrop(victim_mm);
	victim_mm = mm;
	victim_since = jiffies;
	if (mm)
		mmgrab(mm);
}

/* Every process that shares the memory must go, or it is never freed. */
static void kill_sharers(struct mm_struct *mm)
{
	struct task_struct *p;

	rcu_read_lock();
	for_each_process(p) {
		struct task_struct *t = lock_task_with_mm(p);
		bool same = t && t->mm == mm;

		if (t)
			task_unlock(t);
		if (same && !unkillable(p))
			do_send_sig_info(SIGKILL, SEND_SIG_PRIV, p, PIDTYPE_TGID);
	}
	rcu_read_unlock();
}

static void kill_victim(struct task_struct *p)
{
	struct mm_struct *mm = get_task_mm(p);

	if (!mm)
		return;
	pr_err("Out of memory: Killed process %d (%s) total-vm:%lukB, anon-rss:%lukB, "
	       "file-rss:%lukB, shmem-rss:%lukB, UID:%u pgtables:%lukB oom_score_adj:%d\n",
	       p->pid, p->comm, mm->total_vm << (PAGE_SHIFT - 10),
	       get_mm_counter(mm, MM_ANONPAGES) << (PAGE_SHIFT - 10),
	       get_mm_counter(mm, MM_FILEPAGES) << (PAGE_SHIFT - 10),
	       get_mm_counter(mm, MM_SHMEMPAGES) << (PAGE_SHIFT - 10),
	       from_kuid(&init_user_ns, task_uid(p)),
	       (unsigned long)atomic_long_read(&mm->pgtables_bytes) >> 10,
	       p->signal->oom_score_adj);
	count_vm_event(OOM_KILL);
	WRITE_ONCE(mm->oom_killed, 1);
	set_victim(mm);
	kill_sharers(mm);
	mmput(mm);
}

/* Is the last victim's memory still on its way back? => oom_lock held */
static bool victim_is_dying(void)
{
	if (!victim_mm)
		return false;
	if (!test_bit(MMF_OOM_SKIP, &victim_mm->flags) &&
	    !time_after(jiffies, victim_since + VICTIM_PATIENCE))
		return true;
	set_victim(NULL);
	return false;
}

bool out_of_memory(gfp_t gfp, unsigned int order)
{
	struct task_struct *p;
	bool ok = true;

	/* Somebody is at it: wait for what comes of that. */
	if (!mutex_trylock(&oom_lock))
		return true;
	if (!victim_is_dying()) {
		dump_header(gfp, order);
		p = READ_ONCE(sysctl_oom_kill_allocating_task) ?
			    allocating_task(totalram_pages() + total_swap_pages()) : NULL;
		if (!p)
			p = select_victim();
		ok = p != NULL;
		if (p) {
			kill_victim(p);
			put_task_struct(p);
		}
	}
	mutex_unlock(&oom_lock);
	return ok;
}

void pagefault_out_of_memory(void)
{
	if (fatal_signal_pending(current))
		return;
	if (!out_of_memory(GFP_KERNEL, 0))
		force_fatal_sig(SIGKILL);
	schedule_timeout_killable(1);
}
