// SPDX-License-Identifier: MIT
/* cachestat(2): how much of a part of a file is in the page cache. */
#include <fs/file.h>
#include <fs/inode.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/syscalls.h>
#include <linux/cachestat.h>
#include <mm/page.h>
#include <mm/pagemap.h>
#include <mm/uaccess.h>

/* So many places are looked at before others may run. */
#define BATCH 1024

/* Counts from *index to `last`, a batch; *index is where to go on. False: that was all. */
static bool count_some(struct address_space *mapping, unsigned long *index, unsigned long last,
		       struct cachestat *cs)
{
	unsigned int left = BATCH;
	void *entry;

	rcu_read_lock();
	for (entry = xa_find(&mapping->i_pages, index, last, XA_PRESENT); entry && left--;
	     entry = xa_find_after(&mapping->i_pages, index, last, XA_PRESENT)) {
		/* A page that went to swap, or was dropped. */
		if (xa_is_value(entry)) {
			cs->nr_evicted++;
			continue;
		}
		cs->nr_cache++;
		cs->nr_dirty += xa_get_mark(&mapping->i_pages, *index, PAGECACHE_TAG_DIRTY);
		cs->nr_writeback += xa_get_mark(&mapping->i_pages, *index, PAGECACHE_TAG_WRITEBACK);
	}
	rcu_read_unlock();
	return entry;
}

/* Who may not write a file is not told what others do with it. */
static bool may_look(struct file *file)
{
	return (file->f_mode & FMODE_WRITE) || inode_owner_or_capable(file_inode(file)) ||
	       !inode_permission(file_inode(file), MAY_WRITE);
}

static long cachestat(struct file *file, const struct cachestat_range __user *urange,
		      struct cachestat __user *ustat, unsigned int flags)
{
	struct address_space *mapping = file->f_mapping;
	struct cachestat cs = { 0 };
	struct cachestat_range range;
	unsigned long index, last;

	if (copy_from_user(&range, urange, sizeof(range)))
		return -EFAULT;
	if (!may_look(file))
		return -EPERM;
	if (flags)
		return -EINVAL;
	index = range.off >> PAGE_SHIFT;
	last = range.len ? (range.off + range.len - 1) >> PAGE_SHIFT : ~0UL;
	while (index <= last && count_some(mapping, &index, last, &cs))
		cond_resched();
	return copy_to_user(ustat, &cs, sizeof(cs)) ? -EFAULT : 0;
}

SYSCALL_DEFINE4(cachestat, unsigned int, fd, const struct cachestat_range __user *, range,
		struct cachestat __user *, stat, unsigned int, flags)
{
	struct fd f = fdget(fd);
	long result = -EBADF;

	if (f.file) {
		result = cachestat(f.file, range, stat, flags);
		fdput(f);
	}
	return result;
}
