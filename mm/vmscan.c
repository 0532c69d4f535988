// SPDX-License-Identifier: MIT
/*
 * When memory runs short: the slow path of the page allocator, shrinkers, and kswapd, each node's
 * thread that reclaims in the background and gives big free blocks back to the host.
 *
 * Slow path, in order: down to the min watermark; reclaim from the page cache and the
 * shrinkers; the OOM killer, and then waiting for its victim; at last NULL. A task that has
 * been chosen to die may use the whole reserve, so that it can exit.
 *
 * Host memory: a freed block of DISCARD_ORDER or more still costs the host its pages. One
 * second after such a block appeared kswapd discards those that are still free, unless the
 * machine is allocating busily: then it keeps up to BUSY_KEEP pages for reuse.
 *
 * Locks: shrinker_lock is outermost (reclaim may take file system locks inside).
 */
#include "memcg.h"

#include <kern/init.h>
#include <kern/jiffies.h>
#include <kern/kthread.h>
#include <kern/rwsem.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/task.h>
#include <kern/wait.h>
#include <mm/oom.h>
#include <mm/slab.h>
#include <um/memory.h>

#define COSTLY_ORDER 3
/* A round looks at 1/2^priority of the lists: the first at 1/4096. */
#define DEF_PRIORITY 12
/* From this priority on reclaim for one group asks the shrinkers too. */
#define GROUP_SLAB_PRIORITY 2
/* Rounds of reclaim and OOM killing before an allocation fails. */
#define MAX_ROUNDS 512
/* Rounds in a row that freed nothing, before somebody is killed. */
#define MAX_IDLE_ROUNDS 16
/* Pages that stay with us while the machine is busy: 64 MiB. */
#define BUSY_KEEP 16384
/* More allocations than this in a second: busy. */
#define BUSY_PAGES 4096

int sysctl_vfs_cache_pressure = 100;

static LIST_HEAD(shrinkers);
static DECLARE_RWSEM(shrinker_lock);
static DECLARE_WAIT_QUEUE_HEAD(writeback_wait);

int register_shrinker(struct shrinker *s)
{
	down_write(&shrinker_lock);
	list_add_tail(&s->list, &shrinkers);
	up_write(&shrinker_lock);
	return 0;
}

void unregister_shrinker(struct shrinker *s)
{
	down_write(&shrinker_lock);
	list_del(&s->list);
	up_write(&shrinker_lock);
}

/* Asks every shrinker for 1/2^priority of what it has. => objects freed */
unsigned long shrink_slab(gfp_t gfp, int priority)
{
	unsigned long freed = 0;
	struct shrinker *s;

	if (!down_read_trylock(&shrinker_lock))
		return 0;
	list_for_each_entry(s, &shrinkers, list) {
		struct shrink_control sc = { .gfp_mask = gfp };
		unsigned long count = s->count_objects(s, &sc), got;

		if (!count || count == SHRINK_EMPTY)
			continue;
		sc.nr_to_scan = sc.nr_scanned = (count >> priority) + 1;
		count_vm_events(SLABS_SCANNED, sc.nr_to_scan);
		got = s->scan_objects(s, &sc);
		if (got != SHRINK_STOP)
			freed += got;
	}
	up_read(&shrinker_lock);
	return freed;
}

void wait_for_writeback(void)
{
	DEFINE_WAIT(wait);

	prepare_to_wait(&writeback_wait, &wait, TASK_UNINTERRUPTIBLE);
	schedule_timeout(global_node_page_state(NR_WRITEBACK) ? HZ / 10 : 1);
	finish_wait(&writeback_wait, &wait);
}

void writeback_ended(void)
{
	if (waitqueue_active(&writeback_wait))
		wake_up_all(&writeback_wait);
}

/*
 * Dentries and inodes are not kept by group: for a group's own limit the shrinkers are asked only when
 * its lists gave nothing, for they take anybody's, and an inode takes its pages with it. What counts
 * is what the group has less.
 */
static unsigned long reclaim_slab(const struct scan_control *sc)
{
	const struct page_counter *usage = &sc->target->memory;
	unsigned long before, after;

	if (mem_cgroup_is_root(sc->target))
		return shrink_slab(sc->gfp, min(sc->priority, 6)) / 8;
	if (sc->nr_reclaimed || sc->priority > GROUP_SLAB_PRIORITY)
		return 0;
	before = page_counter_read(usage);
	shrink_slab(sc->gfp, 6);
	after = page_counter_read(usage);
	return before > after ? before - after : 0;
}

/* Rounds of growing effort until nr pages are free. The number freed. */
static unsigned long reclaim_rounds(struct scan_control *sc)
{
	unsigned long slab = 0;
	int nid;

	for (sc->priority = DEF_PRIORITY; sc->priority >= 0; sc->priority--) {
		for_each_node_mask(nid, sc->nodes)
			shrink_node(NODE_DATA(nid), sc);
		slab += reclaim_slab(sc);
		if (sc->nr_reclaimed + slab >= sc->nr_to_reclaim)
			break;
		if (!mem_cgroup_is_root(sc->target) && !global_node_page_state(NR_WRITEBACK))
			continue;
		if (sc->priority < DEF_PRIORITY - 2 || too_much_writeback())
			wait_for_writeback();
	}
	return sc->nr_reclaimed + slab;
}

/* What memory.low protects is taken only when there is nothing else. */
static unsigned long reclaim(struct scan_control *sc)
{
	unsigned long freed = reclaim_rounds(sc);

	if (freed || !sc->low_skipped)
		return freed;
	sc->break_low = true;
	return reclaim_rounds(sc);
}

static unsigned long direct_reclaim(struct scan_control *sc)
{
	unsigned int noreclaim = current->flags & PF_MEMALLOC;
	unsigned long freed;

	current->flags |= PF_MEMALLOC;
	psi_memstall_enter();
	freed = reclaim(sc);
	psi_memstall_leave();
	if (!noreclaim)
		current->flags &= ~PF_MEMALLOC;
	return freed;
}

unsigned long try_to_free_pages(gfp_t gfp, unsigned long nr, nodemask_t nodes)
{
	struct scan_control sc = { .target = &root_mem_cgroup, .gfp = gfp, .nr_to_reclaim = nr,
				   .may_swap = true, .swappiness = READ_ONCE(vm_swappiness),
				   .nodes = nodes };

	count_vm_event(ALLOCSTALL);
	return direct_reclaim(&sc);
}

unsigned long try_to_free_mem_cgroup_pages(struct mem_cgroup *memcg, unsigned long nr, gfp_t gfp,
					   bool may_swap, int swappiness)
{
	struct scan_control sc = { .target = memcg, .gfp = gfp, .may_swap = may_swap,
				   .nr_to_reclaim = max(nr, 32UL), .swappiness = swappiness,
				   .nodes = node_online_map };

	return direct_reclaim(&sc);
}

static bool may_reclaim(gfp_t gfp)
{
	return (gfp & __GFP_DIRECT_RECLAIM) && !(current->flags & PF_MEMALLOC) &&
	       !irqs_disabled() && preemptible();
}

static bool dying(void)
{
	return current->mm && (current->mm->oom_killed || (current->flags & PF_EXITING));
}

static struct page *fail(gfp_t gfp, unsigned int order)
{
	if (!(gfp & __GFP_NOWARN))
		pr_warn_ratelimited("%s: page allocation failure: order:%u, mode:0x%x, free:%lu pages\n",
			current->comm, order, gfp, nr_free_pages());
	return NULL;
}

/* One try after reclaim; `last`: into the reserve if the task is to die. */
static struct page *retry(gfp_t gfp, unsigned int order, const struct alloc_context *ac)
{
	if (dying())
		gfp |= __GFP_MEMALLOC;
	return alloc_pages_mark(gfp, order, WMARK_MIN, ac);
}

/* Is there anything that further rounds could free: cached files, swap, pages being written? */
static bool may_get_better(nodemask_t nodes)
{
	unsigned long file = 0, anon = 0;
	int nid;

	for_each_node_mask(nid, nodes) {
		const struct pglist_data *pgdat = NODE_DATA(nid);

		file += node_lru_size(pgdat, LRU_INACTIVE_FILE) + node_lru_size(pgdat, LRU_ACTIVE_FILE);
		anon += node_lru_size(pgdat, LRU_INACTIVE_ANON) + node_lru_size(pgdat, LRU_ACTIVE_ANON);
	}

	return file > 32 || global_node_page_state(NR_WRITEBACK) || swap_cache_pages() > 32 ||
	       (anon > 32 && get_nr_swap_pages());
}

/*
 * When the nodes that the allocation began with are short: a user's stay, and so do those of a policy. The
 * kernel's own is not bound to the cpuset, nor is who exits; what may not sleep is bound to nothing.
 */
static nodemask_t wider_nodes(const struct alloc_context *ac, gfp_t gfp)
{
	if ((gfp & __GFP_ATOMIC) && !(gfp & __GFP_THISNODE))
		return node_online_map;
	return (gfp & __GFP_HARDWALL) && !dying() ? ac->nodes : ac->policy_nodes;
}

struct page *alloc_pages_slow(gfp_t gfp, unsigned int order, const struct alloc_context *ac)
{
	bool reserve = (gfp & __GFP_MEMALLOC) || (current->flags & PF_MEMALLOC);
	struct alloc_context wide = { .nid = ac->nid, .nodes = wider_nodes(ac, gfp) };
	nodemask_t nodes = wide.nodes;
	unsigned int idle_rounds = 0;
	struct page *page;
	int nid;

	if (current->flags & PF_MEMALLOC_NOIO)
		gfp &= ~(__GFP_IO | __GFP_FS);
	ac = &wide;
	if (unlikely(nodes_empty(nodes)))
		return NULL;
	if (gfp & __GFP_KSWAPD_RECLAIM)
		for_each_node_mask(nid, nodes)
			wakeup_kswapd(NODE_DATA(nid));
	if (reserve && !(gfp & __GFP_NOMEMALLOC))
		gfp |= __GFP_MEMALLOC;
	page = alloc_pages_mark(gfp, order, WMARK_MIN, ac);
	if (page)
		return page;
	if (!may_reclaim(gfp)) {
		/* Reclaim itself, which writes: what is under way comes back. */
		while (!page && (gfp & __GFP_NOFAIL) && !irqs_disabled() && preemptible()) {
			wait_for_writeback();
			page = alloc_pages_mark(gfp, order, WMARK_MIN, ac);
		}
		return page ? page : fail(gfp, order);
	}
	if (order && (gfp & __GFP_IO) && compact_zones(order, nodes)) {
		page = retry(gfp, order, ac);
		if (page)
			return page;
	}
	for (int round = 0; round < MAX_ROUNDS || (gfp & __GFP_NOFAIL); round++) {
		unsigned long freed;

		drain_all_pages();
		freed = try_to_free_pages(gfp, 32UL << order, nodes);
		page = retry(gfp, order, ac);
		if (page)
			return page;
		if ((gfp & __GFP_NORETRY) || (dying() && !(gfp & __GFP_NOFAIL)))
			break;
		idle_rounds = freed ? 0 : idle_rounds + 1;
		if (order <= COSTLY_ORDER ? idle_rounds < MAX_IDLE_ROUNDS && may_get_better(nodes) :
					    freed && round < 8) {
			if (idle_rounds > 1)
				wait_for_writeback();
			continue;
		}
		/* For one node nobody is killed: what that frees may be elsewhere. */
		if ((gfp & (__GFP_RETRY_MAYFAIL | __GFP_THISNODE)) || order > COSTLY_ORDER)
			break;
		if ((gfp & __GFP_FS) && !out_of_memory(gfp, order, nodes) && !(gfp & __GFP_NOFAIL))
			break;
		schedule_timeout_uninterruptible(1);
	}
	return fail(gfp, order);
}

/* ---- kswapd ---- */

void wakeup_kswapd(struct pglist_data *pgdat)
{
	if (READ_ONCE(pgdat->kswapd_work) || !pgdat->kswapd)
		return;
	WRITE_ONCE(pgdat->kswapd_work, 1);
	wake_up(&pgdat->kswapd_wait);
}

static bool below_high(const struct pglist_data *pgdat)
{
	return node_free_pages(pgdat) < node_watermark(pgdat, WMARK_HIGH);
}

static void discard_dirty_blocks(struct pglist_data *pgdat, unsigned long keep)
{
	for (int i = 0; i < MAX_NR_ZONES; i++) {
		struct zone *z = &pgdat->node_zones[i];
		struct page *page;
		unsigned int order;

		while (node_dirty_pages(pgdat) > keep && (page = zone_take_dirty(z, &order))) {
			um_discard_ram(page_to_phys(page), PAGE_SIZE << order);
			count_vm_events(PGDISCARD, 1UL << order);
			zone_return_zeroed(page, order);
			cond_resched();
		}
	}
}

/* Brings free memory back above the high mark, as long as that succeeds. */
static void balance(struct pglist_data *pgdat)
{
	for (int i = 0; i < 64 && below_high(pgdat); i++) {
		struct scan_control sc = { .target = &root_mem_cgroup, .gfp = GFP_KERNEL,
					   .nr_to_reclaim = 256, .may_swap = true,
					   .swappiness = READ_ONCE(vm_swappiness), .is_kswapd = true,
					   .nodes = nodemask_of_node(pgdat->node_id) };

		count_vm_event(PAGEOUTRUN);
		if (!reclaim(&sc))
			break;
	}
}

/* Since boot. */
static unsigned long pages_allocated(void)
{
	return global_vm_event(PGALLOC_DMA32) + global_vm_event(PGALLOC_NORMAL);
}

static int kswapd(void *node)
{
	struct pglist_data *pgdat = node;

	current->flags |= PF_MEMALLOC | PF_KSWAPD;
	for (;;) {
		unsigned long before;

		wait_event_idle(pgdat->kswapd_wait, READ_ONCE(pgdat->kswapd_work));
		WRITE_ONCE(pgdat->kswapd_work, 0);
		balance(pgdat);
		if (!node_dirty_pages(pgdat))
			continue;
		before = pages_allocated();
		schedule_timeout_idle(HZ);
		discard_dirty_blocks(pgdat, pages_allocated() - before > BUSY_PAGES ? BUSY_KEEP : 0);
		if (node_dirty_pages(pgdat))
			WRITE_ONCE(pgdat->kswapd_work, 1);
	}
	return 0;
}

static int kswapd_init(void)
{
	struct pglist_data *pgdat;

	for_each_online_pgdat(pgdat) {
		struct task_struct *task = kthread_run(kswapd, pgdat, "kswapd%d", pgdat->node_id);

		if (IS_ERR(task))
			return PTR_ERR(task);
		pgdat->kswapd = task;
		wakeup_kswapd(pgdat);
	}
	return 0;
}
subsys_initcall(kswapd_init);

void drop_caches(int what)
{
	if (what & 1) {
		while (drop_file_pages() && !fatal_signal_pending(current))
			cond_resched();
		count_vm_event(DROP_PAGECACHE);
	}
	if (what & 2) {
		for (int i = 0; i < 4; i++)
			if (!shrink_slab(GFP_KERNEL, 0))
				break;
		count_vm_event(DROP_SLAB);
	}
}
