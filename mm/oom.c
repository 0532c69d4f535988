// SPDX-License-Identifier: MIT
/*
 * The out-of-memory killer. The victim is the process with the most memory (resident pages, swap
 * and page tables), moved by its oom_score_adj: 1000 stands for all of memory. It gets SIGKILL and
 * may use the page allocator's reserve to die; until its memory is back nobody else is chosen.
 * /proc/sys/vm/oom_kill_allocating_task takes who asked for memory instead, if it may be killed at
 * all; panic_on_oom ends the machine.
 *
 * A memory group that is full has a killer of its own: it chooses among the tasks of the group and of
 * those below, and a victim in a group with memory.oom.group takes all of that with it.
 */
#include "memcg.h"

#include <kern/cred.h>
#include <kern/fork.h>
#include <kern/jiffies.h>
#include <kern/mutex.h>
#include <kern/panic.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/task.h>
#include <mm/mempolicy.h>
#include <mm/oom.h>
#include <mm/swap.h>

/* How long a victim may take before another one is chosen. */
#define VICTIM_PATIENCE (5 * HZ)
/* How often in a row a page fault may find no memory, a tick apart, before the process ends. */
#define FAULT_TRIES 100

int sysctl_panic_on_oom, sysctl_oom_kill_allocating_task, sysctl_oom_dump_tasks = 1;

static DEFINE_MUTEX(oom_lock);
static struct mm_struct *victim_mm;	/* oom_lock: counted by mmgrab() */
static unsigned int victim_group;	/* oom_lock: the number of its memory group; 0: the root */
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

/* Whose want of memory it is. */
struct oom_control {
	struct mem_cgroup *memcg;	/* the root: the machine's */
	gfp_t gfp;
	unsigned int order;
	nodemask_t nodes;		/* where memory is wanted; of a group: all */
	unsigned long total;		/* pages that there may be */
};

/* => RCU read side */
static bool in_domain(struct task_struct *p, const struct oom_control *oc)
{
	if (!mem_cgroup_is_root(oc->memcg) &&
	    !mem_cgroup_is_descendant(mem_cgroup_of_task(p), oc->memcg))
		return false;
	return nodes_equal(oc->nodes, node_online_map) || mpol_process_uses(p, oc->nodes);
}

/* With a reference; NULL when nobody may be killed. */
static struct task_struct *select_victim(const struct oom_control *oc)
{
	struct task_struct *p, *worst = NULL;
	long most = LONG_MIN;

	rcu_read_lock();
	for_each_process(p) {
		long points = in_domain(p, oc) ? oom_badness(p, oc->total) : LONG_MIN;

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

static void dump_tasks(const struct oom_control *oc)
{
	struct task_struct *p;

	pr_info("Tasks state (memory values in pages):\n");
	pr_info("[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n");
	rcu_read_lock();
	for_each_process(p)
		if (in_domain(p, oc))
			dump_task(p);
	rcu_read_unlock();
}

/* Says that memory is out; with panic_on_oom that is the last word. */
static void dump_header(const struct oom_control *oc)
{
	pr_warn("%s invoked oom-killer: gfp_mask=0x%x, order=%u, oom_score_adj=%d\n", current->comm,
		oc->gfp, oc->order, current->signal ? current->signal->oom_score_adj : 0);
	if (READ_ONCE(sysctl_oom_dump_tasks))
		dump_tasks(oc);
	/* A group that is full is no reason, but for 2. */
	if (READ_ONCE(sysctl_panic_on_oom) == 2 ||
	    (READ_ONCE(sysctl_panic_on_oom) && mem_cgroup_is_root(oc->memcg)))
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

/* The victim's group hears of it, and is remembered: a full group outside of it has nothing of it. */
static void note_group(struct task_struct *p)
{
	struct mem_cgroup *memcg;

	rcu_read_lock();
	do {
		memcg = mem_cgroup_of_task(p);
	} while (!mem_cgroup_tryget(memcg));
	rcu_read_unlock();
	victim_group = mem_cgroup_is_root(memcg) ? 0 : memcg->slot->id;
	mem_cgroup_event(memcg, MEMCG_OOM_KILL);
	mem_cgroup_put(memcg);
}

/*
 * The process's mm, if it has one still. It is not kept from going: the last user tears it down under
 * mmap_lock, and whoever is short of memory may hold its own.
 */
static struct mm_struct *grab_mm(struct task_struct *p)
{
	struct task_struct *t;
	struct mm_struct *mm = NULL;

	rcu_read_lock();
	t = lock_task_with_mm(p);
	if (t) {
		mm = t->mm;
		mmgrab(mm);
		task_unlock(t);
	}
	rcu_read_unlock();
	return mm;
}

static void kill_victim(const struct oom_control *oc, struct task_struct *p)
{
	struct mm_struct *mm = grab_mm(p);

	if (!mm)
		return;
	pr_err("%s: Killed process %d (%s) total-vm:%lukB, anon-rss:%lukB, "
	       "file-rss:%lukB, shmem-rss:%lukB, UID:%u pgtables:%lukB oom_score_adj:%d\n",
	       mem_cgroup_is_root(oc->memcg) ? "Out of memory" : "Memory cgroup out of memory",
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
	note_group(p);
	kill_sharers(mm);
	mmdrop(mm);
}

/* The highest group up to the domain that is killed as a whole, with a reference; or NULL. */
static struct mem_cgroup *oom_group_of(struct task_struct *p, struct mem_cgroup *domain)
{
	struct mem_cgroup *memcg, *group = NULL;

	rcu_read_lock();
	for (memcg = mem_cgroup_of_task(p); !mem_cgroup_is_root(memcg); memcg = memcg->parent) {
		if (READ_ONCE(memcg->oom_group))
			group = memcg;
		if (memcg == domain)
			break;
	}
	if (group && !mem_cgroup_tryget(group))
		group = NULL;
	rcu_read_unlock();
	return group;
}

/* => oom_lock held */
static void kill_group(const struct oom_control *oc, struct mem_cgroup *group)
{
	struct oom_control all = { .memcg = group, .nodes = node_online_map, .total = oc->total };
	struct task_struct *p;

	pr_info("Tasks in a group are going to be killed due to memory.oom.group set\n");
	mem_cgroup_event(group, MEMCG_OOM_GROUP_KILL);
	/* Each that is killed is no candidate any more. */
	while ((p = select_victim(&all))) {
		kill_victim(oc, p);
		put_task_struct(p);
	}
	mem_cgroup_put(group);
}

/*
 * Is the last victim's memory still on its way back, and does that help the group?
 * => oom_lock held
 */
static bool victim_is_dying(struct mem_cgroup *memcg)
{
	struct memcg_slot *slot;
	bool inside = mem_cgroup_is_root(memcg);

	if (!victim_mm)
		return false;
	if (!inside) {
		rcu_read_lock();
		slot = memcg_slot_find(victim_group);
		inside = slot && mem_cgroup_is_descendant(READ_ONCE(slot->memcg), memcg);
		rcu_read_unlock();
	}
	if (!inside)
		return false;
	if (!test_bit(MMF_OOM_SKIP, &victim_mm->flags) &&
	    !time_after(jiffies, victim_since + VICTIM_PATIENCE))
		return true;
	set_victim(NULL);
	return false;
}

/* False: there was nobody to kill. */
static bool kill_somebody(const struct oom_control *oc)
{
	struct mem_cgroup *group;
	struct task_struct *p = NULL;

	dump_header(oc);
	if (READ_ONCE(sysctl_oom_kill_allocating_task))
		p = allocating_task(oc->total);
	if (!p)
		p = select_victim(oc);
	if (!p)
		return false;
	group = oom_group_of(p, oc->memcg);
	kill_victim(oc, p);
	put_task_struct(p);
	if (group)
		kill_group(oc, group);
	return true;
}

static bool do_oom(const struct oom_control *oc)
{
	bool ok = true;

	/* Somebody is at it: wait for what comes of that. */
	if (!mutex_trylock(&oom_lock))
		return true;
	if (!victim_is_dying(oc->memcg))
		ok = kill_somebody(oc);
	mutex_unlock(&oom_lock);
	return ok;
}

bool out_of_memory(gfp_t gfp, unsigned int order, nodemask_t nodes)
{
	struct oom_control oc = { .memcg = &root_mem_cgroup, .gfp = gfp, .order = order,
				  .nodes = nodes,
				  .total = totalram_pages() + total_swap_pages() };

	return do_oom(&oc);
}

bool mem_cgroup_out_of_memory(struct mem_cgroup *memcg, gfp_t gfp)
{
	struct oom_control oc = { .memcg = memcg, .gfp = gfp, .nodes = node_online_map };
	bool ok;

	oc.total = min(READ_ONCE(memcg->memory.max), totalram_pages()) +
		   min(READ_ONCE(memcg->swap.max), total_swap_pages());
	mem_cgroup_event(memcg, MEMCG_OOM);
	ok = do_oom(&oc);
	/* Whoever is chosen needs the processor to die. */
	if (ok && !fatal_signal_pending(current))
		schedule_timeout_killable(1);
	return ok;
}

/*
 * The allocator has done what can be done for memory, a victim's death included: what it could not
 * give may be there the next time. Only who is refused time and again dies, and nobody else.
 */
void pagefault_out_of_memory(void)
{
	if (fatal_signal_pending(current))
		return;
	/* The machine has memory, only the group has not, and nobody in it may be killed. */
	if (mem_cgroup_fault_was_refused()) {
		schedule_timeout_killable(1);
		return;
	}
	if (++current->oom_faults < FAULT_TRIES) {
		pr_warn_ratelimited("%s: no memory for a page fault, which is tried again\n", current->comm);
		schedule_timeout_killable(1);
		return;
	}
	pr_err("Out of memory: process %d (%s) ends: no memory for a page fault, %u times\n",
	       current->tgid, current->comm, current->oom_faults);
	count_vm_event(OOM_KILL);
	force_fatal_sig(SIGKILL);
}
