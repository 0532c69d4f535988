// SPDX-License-Identifier: MIT
/*
 * Background write-back, and holding back those who dirty pages faster than they are written.
 *
 * Mappings with dirty pages stand in a list, oldest first. The thread "flush" wakes every
 * dirty_writeback_centisecs and writes what has been dirty for dirty_expire_centisecs; when more
 * pages are dirty than the background limit, it writes until fewer are. Writers that come above
 * the middle of both limits wait for it (balance_dirty_pages()).
 *
 *	the limits are shares (dirty_background_ratio, dirty_ratio) of the memory that could be
 *	dirty, free or caching files; or bytes
 *
 * A mapping leaves the list while it is written, and enters it again if something is left. Its
 * inode is held meanwhile; who frees an inode takes it off the list first.
 *
 * Lock order: page_table_lock or a page's lock, dirty_lock, the inode's i_lock.
 */
#include "reclaim.h"

#include <fs/inode.h>
#include <kern/init.h>
#include <kern/jiffies.h>
#include <kern/kthread.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/task.h>
#include <kern/wait.h>
#include <mm/pagemap.h>

/* Pages of one mapping in a row, before another has its turn. */
#define CHUNK 1024
/* A writer looks at the limits after so many pages. */
#define RATELIMIT 32

int dirty_background_ratio = 10, vm_dirty_ratio = 20;
unsigned long dirty_background_bytes, vm_dirty_bytes;
unsigned int dirty_writeback_interval = 500, dirty_expire_interval = 3000;	/* centiseconds */

static DEFINE_SPINLOCK(dirty_lock);
static LIST_HEAD(dirty_mappings);	/* dirty_lock: oldest first */
static DECLARE_WAIT_QUEUE_HEAD(flush_wait);
static DEFINE_PER_CPU(unsigned int, dirtied);

void mapping_note_dirty(struct address_space *mapping)
{
	bool first;

	if (!mapping->host || !list_empty(&mapping->dirty_link))
		return;
	spin_lock(&dirty_lock);
	first = list_empty(&dirty_mappings);
	if (list_empty(&mapping->dirty_link) && !test_bit(AS_EXITING, &mapping->flags)) {
		mapping->dirtied_when = jiffies;
		list_add_tail(&mapping->dirty_link, &dirty_mappings);
	}
	spin_unlock(&dirty_lock);
	if (first)
		wake_up(&flush_wait);
}

void mapping_forget_dirty(struct address_space *mapping)
{
	spin_lock(&dirty_lock);
	list_del_init(&mapping->dirty_link);
	spin_unlock(&dirty_lock);
}

/* ---- limits ---- */

static unsigned long dirtyable_pages(void)
{
	unsigned long reserve = total_watermark(WMARK_HIGH);
	unsigned long pages = nr_free_pages() + lru_size(LRU_INACTIVE_FILE) +
			      lru_size(LRU_ACTIVE_FILE);

	return pages > reserve ? pages - reserve : 0;
}

void global_dirty_limits(unsigned long *background, unsigned long *limit)
{
	unsigned long pages = dirtyable_pages();

	*limit = vm_dirty_bytes ? DIV_ROUND_UP(vm_dirty_bytes, PAGE_SIZE) :
				  pages * vm_dirty_ratio / 100;
	*background = dirty_background_bytes ? DIV_ROUND_UP(dirty_background_bytes, PAGE_SIZE) :
					       pages * dirty_background_ratio / 100;
	if (*background >= *limit)
		*background = *limit / 2;
}

static bool above_background(void)
{
	unsigned long background, limit;

	global_dirty_limits(&background, &limit);
	return global_node_page_state(NR_FILE_DIRTY) > background;
}

/* ---- writing ---- */

/*
 * The next mapping off the list, its inode held: of the super block (NULL: any), and dirty since
 * before `before` if `aged`. NULL: none.
 */
static struct address_space *take_dirty(struct super_block *sb, bool aged, unsigned long before)
{
	struct address_space *mapping, *next, *found = NULL;

	spin_lock(&dirty_lock);
	list_for_each_entry_safe(mapping, next, &dirty_mappings, dirty_link) {
		if (aged && time_after(mapping->dirtied_when, before))
			break;
		if (sb && mapping->host->i_sb != sb)
			continue;
		list_del_init(&mapping->dirty_link);
		/* An inode that is going writes its own pages. */
		if (!igrab(mapping->host))
			continue;
		found = mapping;
		break;
	}
	spin_unlock(&dirty_lock);
	return found;
}

/* Writes up to `pages`; the mapping is given back. The number written. */
static long write_mapping(struct address_space *mapping, long pages, bool wait)
{
	struct writeback_control wbc = {
		.nr_to_write = pages, .range_end = 0x7fffffffffffffffLL, .for_background = 1,
		.sync_mode = wait ? WB_SYNC_ALL : WB_SYNC_NONE,
	};

	do_writepages(mapping, &wbc);
	if (wait)
		filemap_fdatawait_keep_errors(mapping);
	if (xa_marked(&mapping->i_pages, PAGECACHE_TAG_DIRTY))
		mapping_note_dirty(mapping);
	iput(mapping->host);
	return pages - wbc.nr_to_write;
}

void sync_dirty_mappings(struct super_block *sb)
{
	unsigned long start = jiffies;
	struct address_space *mapping;

	/* What becomes dirty meanwhile is somebody else's. */
	while ((mapping = take_dirty(sb, true, start)))
		write_mapping(mapping, 0x7fffffffL, true);
}

static void flush_old(void)
{
	unsigned long before = jiffies - dirty_expire_interval * HZ / 100;
	struct address_space *mapping;

	while ((mapping = take_dirty(NULL, true, before))) {
		write_mapping(mapping, 0x7fffffffL, false);
		cond_resched();
	}
}

static void flush_down_to_background(void)
{
	struct address_space *mapping;

	while (above_background() && (mapping = take_dirty(NULL, false, 0))) {
		if (!write_mapping(mapping, CHUNK, false))
			break;
		cond_resched();
	}
}

static int flush_thread(void *unused)
{
	current->flags |= PF_MEMALLOC;
	for (;;) {
		unsigned long interval = max(dirty_writeback_interval * HZ / 100, 1U);

		wait_event_idle(flush_wait, !list_empty(&dirty_mappings));
		wait_event_idle_timeout(flush_wait, above_background(),
					dirty_writeback_interval ? interval : 3600UL * HZ);
		if (above_background())
			flush_down_to_background();
		if (dirty_writeback_interval)
			flush_old();
	}
	return 0;
}

static int flush_init(void)
{
	return PTR_ERR_OR_ZERO(kthread_run(flush_thread, NULL, "flush"));
}
subsys_initcall(flush_init);

/* ---- those who dirty ---- */

/* Waits while too much is dirty. => may sleep; no page locked */
static void balance_dirty_pages(void)
{
	for (int i = 0; i < 100; i++) {
		unsigned long background, limit, dirty;

		global_dirty_limits(&background, &limit);
		dirty = global_node_page_state(NR_FILE_DIRTY) + global_node_page_state(NR_WRITEBACK);
		if (dirty > background)
			wake_up(&flush_wait);
		if (dirty <= (background + limit) / 2 || fatal_signal_pending(current))
			return;
		wait_for_writeback();
	}
}

void balance_dirty_pages_ratelimited(struct address_space *mapping)
{
	if (!mapping->a_ops->writepage || (current->flags & (PF_MEMALLOC | PF_EXITING)))
		return;
	if (this_cpu_read(dirtied) < RATELIMIT) {
		this_cpu_add(dirtied, 1);
		return;
	}
	this_cpu_write(dirtied, 0);
	balance_dirty_pages();
}
