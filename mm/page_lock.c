// SPDX-License-Identifier: MIT
/*
 * Waiting for a page's lock and for the end of its writeback, and its dirty state.
 *
 * Sleepers share a few wait queues, picked by the page's address. A sleeper queues itself, sets
 * PG_waiters and only then looks at the bit again; who clears the bit then looks at PG_waiters.
 */
#include "reclaim.h"

#include <fs/inode.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/wait.h>
#include <lib/hash.h>
#include <mm/memcontrol.h>
#include <mm/pagemap.h>

#define WAIT_BITS 6
static wait_queue_head_t page_wait[1 << WAIT_BITS];

void page_wait_init(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(page_wait); i++)
		init_waitqueue_head(&page_wait[i]);
}

static wait_queue_head_t *page_waitqueue(const struct page *page)
{
	return &page_wait[hash_ptr(page, WAIT_BITS)];
}

static void wake_page(struct page *page)
{
	if (TestClearPageWaiters(page))
		wake_up_all(page_waitqueue(page));
}

/* Sleeps until the bit is clear; `take`: and sets it. 0 or -EINTR. */
static int wait_on_page_bit(struct page *page, int bit, bool take, unsigned int state)
{
	wait_queue_head_t *wq = page_waitqueue(page);
	DEFINE_WAIT(wait);
	int err = 0;

	for (;;) {
		prepare_to_wait(wq, &wait, state);
		SetPageWaiters(page);
		if (take ? !page_test_set_flag(page, bit) : !page_test_flag(page, bit))
			break;
		if (signal_pending_state(state, current)) {
			err = -EINTR;
			break;
		}
		schedule();
	}
	finish_wait(wq, &wait);
	return err;
}

void __lock_page(struct page *page)
{
	might_sleep();
	wait_on_page_bit(page, PG_locked, true, TASK_UNINTERRUPTIBLE);
}

int __lock_page_killable(struct page *page)
{
	might_sleep();
	return wait_on_page_bit(page, PG_locked, true, TASK_KILLABLE);
}

void unlock_page(struct page *page)
{
	BUG_ON(!PageLocked(page));
	ClearPageLocked(page);
	wake_page(page);
}

void wait_on_page_locked(struct page *page)
{
	if (PageLocked(page))
		wait_on_page_bit(page, PG_locked, false, TASK_UNINTERRUPTIBLE);
}

void wait_on_page_writeback(struct page *page)
{
	if (PageWriteback(page))
		wait_on_page_bit(page, PG_writeback, false, TASK_UNINTERRUPTIBLE);
}

void wait_for_stable_page(struct page *page)
{
	wait_on_page_writeback(page);
}

static void set_tag(struct page *page, xa_mark_t tag, bool on)
{
	struct address_space *mapping = page_mapping(page);
	unsigned long flags;

	if (!mapping)
		return;
	xa_lock_irqsave(&mapping->i_pages, flags);
	if (page->mapping == mapping) {
		if (on)
			__xa_set_mark(&mapping->i_pages, page->index, tag);
		else
			__xa_clear_mark(&mapping->i_pages, page->index, tag);
	}
	xa_unlock_irqrestore(&mapping->i_pages, flags);
}

void set_page_writeback(struct page *page)
{
	if (TestSetPageWriteback(page))
		return;
	mod_lruvec_page_state(page, NR_WRITEBACK, 1);
	set_tag(page, PAGECACHE_TAG_WRITEBACK, true);
	if (!PageDirty(page))
		set_tag(page, PAGECACHE_TAG_DIRTY, false);
}

void end_page_writeback(struct page *page)
{
	get_page(page);	/* the cache's reference may go as soon as the bit is clear */
	set_tag(page, PAGECACHE_TAG_WRITEBACK, false);
	if (TestClearPageReclaim(page))
		rotate_reclaimable_page(page);
	BUG_ON(!TestClearPageWriteback(page));
	mod_lruvec_page_state(page, NR_WRITEBACK, -1);
	mod_lruvec_page_state(page, NR_WRITTEN, 1);
	wake_page(page);
	writeback_ended();
	put_page(page);
}

bool __set_page_dirty_no_writeback(struct page *page)
{
	return !PageDirty(page) && !TestSetPageDirty(page);
}

bool __set_page_dirty_nobuffers(struct page *page)
{
	if (TestSetPageDirty(page))
		return false;
	if (page_mapping(page)) {
		mod_lruvec_page_state(page, NR_FILE_DIRTY, 1);
		mod_lruvec_page_state(page, NR_DIRTIED, 1);
		set_tag(page, PAGECACHE_TAG_DIRTY, true);
		mapping_note_dirty(page_mapping(page));
	}
	return true;
}

bool set_page_dirty(struct page *page)
{
	struct address_space *mapping = page_mapping(page);

	if (!mapping || !mapping->a_ops || !mapping->a_ops->set_page_dirty)
		return mapping && mapping->a_ops && mapping->a_ops->writepage ?
			       __set_page_dirty_nobuffers(page) :
			       __set_page_dirty_no_writeback(page);
	return mapping->a_ops->set_page_dirty(page);
}

int set_page_dirty_lock(struct page *page)
{
	int ret;

	lock_page(page);
	ret = set_page_dirty(page);
	unlock_page(page);
	return ret;
}

static bool counts_dirty(struct page *page)
{
	struct address_space *mapping = page_mapping(page);

	return mapping && mapping->a_ops && mapping->a_ops->writepage;
}

bool clear_page_dirty_for_io(struct page *page)
{
	if (page_mkclean(page))
		set_page_dirty(page);
	if (!TestClearPageDirty(page))
		return false;
	if (counts_dirty(page))
		mod_lruvec_page_state(page, NR_FILE_DIRTY, -1);
	return true;
}

void cancel_dirty_page(struct page *page)
{
	if (TestClearPageDirty(page) && counts_dirty(page))
		mod_lruvec_page_state(page, NR_FILE_DIRTY, -1);
}
