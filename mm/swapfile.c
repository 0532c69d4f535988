// SPDX-License-Identifier: MIT
/*
 * Swap areas and their slots.
 *
 * A slot's word in `map` counts the entries of page tables and tmpfs that name it; the top bit
 * says that the swap cache holds it. A slot with a word of zero is free, and its bit in `used`
 * is clear. Slots are given out one behind the other from `next`, so that pages that leave
 * together lie together; clusters of 256 that are full are passed over.
 *
 *   unused --swapon--> SWP_USED | SWP_WRITEOK --swapoff--> SWP_USED (no new slots) --> unused
 *
 * Areas are used in the order of priority, equal ones in turn.
 *
 * Locks: swapon_mutex for areas coming and going; swap_lock guards the order of areas;
 * si->lock a map. Order: swapon_mutex; page lock, the cache's xa_lock, swap_lock, si->lock.
 */
#include "reclaim.h"
#include "swap_internal.h"

#include <fs/file.h>
#include <fs/inode.h>
#include <fs/namei.h>
#include <fs/seq_file.h>
#include <kern/cred.h>
#include <kern/mutex.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/task.h>
#include <lib/bitmap.h>
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <linux/swap.h>
#include <linux/sysinfo.h>
#include <mm/memcontrol.h>
#include <mm/pagemap.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

#define SWAP_HAS_CACHE 0x80000000U
#define CLUSTER 256UL
#define PRIO_FIRST -2		/* of areas without a priority of their own: downwards */

static DEFINE_MUTEX(swapon_mutex);
static DEFINE_SPINLOCK(swap_lock);
static struct swap_info_struct areas[MAX_SWAPFILES];
static struct swap_info_struct *by_prio[MAX_SWAPFILES];	/* swap_lock */
static unsigned int nr_by_prio;				/* swap_lock */
static atomic_long_t nr_swap_pages;			/* free slots of areas in use */
static atomic_long_t nr_total_pages;
static int next_prio = PRIO_FIRST;			/* swapon_mutex */

unsigned long get_nr_swap_pages(void)
{
	long nr = atomic_long_read(&nr_swap_pages);

	return nr < 0 ? 0 : nr;
}

unsigned long total_swap_pages(void)
{
	return atomic_long_read(&nr_total_pages);
}

void si_swapinfo(struct sysinfo *val)
{
	val->totalswap = total_swap_pages();
	val->freeswap = get_nr_swap_pages();
}

struct swap_info_struct *swap_info(swp_entry_t entry)
{
	return &areas[swp_type(entry)];
}

struct xarray *swap_cache_of(swp_entry_t entry)
{
	struct swap_info_struct *si;

	if (swp_type(entry) >= MAX_SWAPFILES)
		return NULL;
	si = &areas[swp_type(entry)];
	return READ_ONCE(si->flags) & SWP_USED && swp_offset(entry) < si->max ? &si->cache : NULL;
}

/* ---- slots ---- */

/* => si->lock held */
static void slot_take(struct swap_info_struct *si, unsigned long slot)
{
	__set_bit(slot, si->used);
	si->cluster_used[slot / CLUSTER]++;
	si->inuse_pages++;
	atomic_long_dec(&nr_swap_pages);
}

static void slot_release(struct swap_info_struct *si, unsigned long slot)
{
	__clear_bit(slot, si->used);
	si->cluster_used[slot / CLUSTER]--;
	si->inuse_pages--;
	mem_cgroup_uncharge_swap(si->groups[slot]);
	si->groups[slot] = 0;
	if (si->flags & SWP_WRITEOK)
		atomic_long_inc(&nr_swap_pages);
}

/* The first free slot from `from` on, or 0. => si->lock held */
static unsigned long find_slot(const struct swap_info_struct *si, unsigned long from)
{
	while (from < si->max) {
		unsigned long end = min((from / CLUSTER + 1) * CLUSTER, si->max), slot;

		if (si->cluster_used[from / CLUSTER] < CLUSTER) {
			slot = find_next_zero_bit(si->used, end, from);
			if (slot < end)
				return slot;
		}
		from = end;
	}
	return 0;
}

static unsigned long take_free_slot(struct swap_info_struct *si, unsigned int group)
{
	unsigned long slot = 0;

	spin_lock(&si->lock);
	if ((si->flags & SWP_WRITEOK) && si->inuse_pages < si->pages) {
		slot = find_slot(si, si->next);
		if (!slot)
			slot = find_slot(si, 1);
	}
	if (slot) {
		slot_take(si, slot);
		si->map[slot] = SWAP_HAS_CACHE;
		si->groups[slot] = group;
		si->next = slot + 1;
	}
	spin_unlock(&si->lock);
	return slot;
}

swp_entry_t get_swap_page(unsigned int group)
{
	swp_entry_t entry = { 0 };

	if (atomic_long_read(&nr_swap_pages) <= 0)
		return entry;
	spin_lock(&swap_lock);
	for (unsigned int i = 0; i < nr_by_prio && !entry.val; i++) {
		struct swap_info_struct *si = by_prio[i];
		unsigned long slot = take_free_slot(si, group);

		if (!slot)
			continue;
		entry = swp_entry(si->type, slot);
		/* The next page goes to the next area of this priority, a cluster later. */
		if (!(slot % CLUSTER) && i + 1 < nr_by_prio && by_prio[i + 1]->prio == si->prio) {
			unsigned int last = i + 1;

			while (last + 1 < nr_by_prio && by_prio[last + 1]->prio == si->prio)
				last++;
			memmove(&by_prio[i], &by_prio[i + 1], (last - i) * sizeof(by_prio[0]));
			by_prio[last] = si;
		}
	}
	spin_unlock(&swap_lock);
	return entry;
}

void swap_duplicate(swp_entry_t entry)
{
	struct swap_info_struct *si = swap_info(entry);

	spin_lock(&si->lock);
	si->map[swp_offset(entry)]++;
	spin_unlock(&si->lock);
}

/* Takes `what` off the slot's word; the slot is free once nothing is left. */
static void slot_put(swp_entry_t entry, unsigned int what)
{
	struct swap_info_struct *si = swap_info(entry);
	unsigned long slot = swp_offset(entry);

	spin_lock(&si->lock);
	BUG_ON(what == SWAP_HAS_CACHE ? !(si->map[slot] & SWAP_HAS_CACHE) :
					!(si->map[slot] & ~SWAP_HAS_CACHE));
	si->map[slot] -= what;
	if (!si->map[slot])
		slot_release(si, slot);
	spin_unlock(&si->lock);
}

void swap_free(swp_entry_t entry)
{
	slot_put(entry, 1);
}

void swapcache_free(swp_entry_t entry)
{
	slot_put(entry, SWAP_HAS_CACHE);
}

int swapcache_prepare(swp_entry_t entry)
{
	struct swap_info_struct *si = swap_info(entry);
	unsigned int *word;
	int err = 0;

	if (!swap_cache_of(entry))
		return -ENOENT;
	spin_lock(&si->lock);
	word = si->flags & SWP_USED ? &si->map[swp_offset(entry)] : NULL;
	if (!word || !*word || test_bit(swp_offset(entry), si->bad))
		err = -ENOENT;
	else if (*word & SWAP_HAS_CACHE)
		err = -EEXIST;
	else
		*word |= SWAP_HAS_CACHE;
	spin_unlock(&si->lock);
	return err;
}

unsigned int swap_count(swp_entry_t entry)
{
	return READ_ONCE(swap_info(entry)->map[swp_offset(entry)]) & ~SWAP_HAS_CACHE;
}

unsigned int swap_group(swp_entry_t entry)
{
	return READ_ONCE(swap_info(entry)->groups[swp_offset(entry)]);
}

bool swap_slot_used(swp_entry_t entry)
{
	struct swap_info_struct *si = swap_info(entry);
	bool used;

	if (!swap_cache_of(entry))
		return false;
	spin_lock(&si->lock);
	used = si->flags & SWP_USED && (si->map[swp_offset(entry)] & ~SWAP_HAS_CACHE) &&
	       !(si->map[swp_offset(entry)] & SWAP_HAS_CACHE) && !test_bit(swp_offset(entry), si->bad);
	spin_unlock(&si->lock);
	return used;
}

/* ---- swapon ---- */

static void free_maps(struct swap_info_struct *si)
{
	vfree(si->map);
	vfree(si->groups);
	vfree(si->used);
	vfree(si->bad);
	vfree(si->cluster_used);
	si->map = NULL;
	si->groups = NULL;
	si->used = si->bad = NULL;
	si->cluster_used = NULL;
}

static int alloc_maps(struct swap_info_struct *si)
{
	unsigned long words = BITS_TO_LONGS(si->max) * sizeof(long);

	si->map = vzalloc(si->max * sizeof(*si->map));
	si->groups = vzalloc(si->max * sizeof(*si->groups));
	si->used = vzalloc(words);
	si->bad = vzalloc(words);
	si->cluster_used = vzalloc((si->max / CLUSTER + 1) * sizeof(*si->cluster_used));
	if (si->map && si->groups && si->used && si->bad && si->cluster_used)
		return 0;
	free_maps(si);
	return -ENOMEM;
}

/* A slot that is never given out. */
static void slot_block(struct swap_info_struct *si, unsigned long slot)
{
	if (test_bit(slot, si->used))
		return;
	__set_bit(slot, si->used);
	__set_bit(slot, si->bad);
	si->cluster_used[slot / CLUSTER]++;
	si->pages--;
}

/* Looks at the first page of the area, as mkswap wrote it. 0 or -errno; sets max and pages. */
static int read_header(struct swap_info_struct *si, struct file *file, loff_t size)
{
	struct page *page = read_mapping_page(file->f_mapping, 0, file);
	const struct swap_header *header;
	unsigned int nr_bad, last;
	int err = -EINVAL;

	if (IS_ERR(page))
		return PTR_ERR(page);
	header = page_address(page);
	if (memcmp(header->magic, SWAP_MAGIC, sizeof(header->magic))) {
		pr_err("Unable to find swap-space signature\n");
		goto out;
	}
	/* A program may have the page mapped, and go on writing. */
	last = READ_ONCE(header->last_page);
	nr_bad = READ_ONCE(header->nr_badpages);
	if (header->version != 1 || !last || nr_bad > ARRAY_SIZE(header->badpages)) {
		pr_warn("Unable to handle swap header version %d\n", header->version);
		goto out;
	}
	si->max = min((unsigned long)last + 1, SWP_OFFSET_MASK);
	if ((u64)size >> PAGE_SHIFT < si->max) {
		pr_warn("Swap area shorter than signature indicates\n");
		goto out;
	}
	if (nr_bad && S_ISREG(file_inode(file)->i_mode))
		goto out;
	err = alloc_maps(si);
	if (err)
		goto out;
	si->pages = si->max;
	slot_block(si, 0);
	for (unsigned int i = 0; i < nr_bad; i++) {
		unsigned int bad = READ_ONCE(header->badpages[i]);

		if (!bad || bad >= si->max) {
			free_maps(si);
			err = -EINVAL;
			goto out;
		}
		slot_block(si, bad);
	}
	if (!si->pages) {
		pr_warn("Empty swap-file\n");
		free_maps(si);
		err = -EINVAL;
	}
out:
	put_page(page);
	return err;
}

/* => swapon_mutex held */
static struct swap_info_struct *area_of(const struct inode *inode)
{
	for (unsigned int i = 0; i < MAX_SWAPFILES; i++)
		if ((areas[i].flags & SWP_USED) && areas[i].file->f_mapping == inode->i_mapping)
			return &areas[i];
	return NULL;
}

static void enter_by_prio(struct swap_info_struct *si)
{
	unsigned int at = 0;

	spin_lock(&swap_lock);
	while (at < nr_by_prio && by_prio[at]->prio >= si->prio)
		at++;
	memmove(&by_prio[at + 1], &by_prio[at], (nr_by_prio - at) * sizeof(by_prio[0]));
	by_prio[at] = si;
	nr_by_prio++;
	spin_unlock(&swap_lock);
}

static void leave_by_prio(struct swap_info_struct *si)
{
	spin_lock(&swap_lock);
	for (unsigned int i = 0; i < nr_by_prio; i++) {
		if (by_prio[i] != si)
			continue;
		nr_by_prio--;
		memmove(&by_prio[i], &by_prio[i + 1], (nr_by_prio - i) * sizeof(by_prio[0]));
		break;
	}
	spin_unlock(&swap_lock);
}

/* => swapon_mutex held; keeps the file on success */
static int add_area(struct file *file, int flags)
{
	struct inode *inode = file->f_mapping->host;
	const struct address_space_operations *ops = file->f_mapping->a_ops;
	struct swap_info_struct *si = NULL;
	int err;

	if (!S_ISBLK(inode->i_mode) && !S_ISREG(inode->i_mode))
		return -EINVAL;
	if (area_of(inode))
		return -EBUSY;
	if (!ops || !ops->readpage || !ops->swap_activate)
		return -EINVAL;
	for (unsigned int i = 0; i < MAX_SWAPFILES && !si; i++)
		if (!areas[i].flags)
			si = &areas[i];
	if (!si)
		return -EPERM;
	err = read_header(si, file, i_size_read(inode));
	if (err)
		return err;
	si->type = si - areas;
	si->file = file;
	err = ops->swap_activate(si, file);
	if (err) {
		free_maps(si);
		return err;
	}
	/* Once, unless the flags say as slots become free alone: that is not done. */
	if ((flags & SWAP_FLAG_DISCARD) && si->ops->discard &&
	    (flags & (SWAP_FLAG_DISCARD_ONCE | SWAP_FLAG_DISCARD_PAGES)) != SWAP_FLAG_DISCARD_PAGES &&
	    si->ops->discard(si, 1, si->max - 1))
		pr_warn("swapon: the area could not be discarded\n");
	spin_lock_init(&si->lock);
	xa_init_flags(&si->cache, XA_FLAGS_LOCK_IRQ);
	si->inuse_pages = 0;
	si->next = 1;
	if (S_ISREG(inode->i_mode))
		inode->i_flags |= S_SWAPFILE;
	si->prio = flags & SWAP_FLAG_PREFER ? flags & SWAP_FLAG_PRIO_MASK : next_prio--;
	WRITE_ONCE(si->flags, SWP_USED | SWP_WRITEOK);
	atomic_long_add(si->pages, &nr_swap_pages);
	atomic_long_add(si->pages, &nr_total_pages);
	enter_by_prio(si);
	pr_info("Adding %luk swap on %s. Priority:%d\n", si->pages << (PAGE_SHIFT - 10),
		S_ISBLK(inode->i_mode) ? "a device" : "a file", si->prio);
	return 0;
}

/* The file that swapon() or swapoff() names, for those who may call them; ERR_PTR. */
static struct file *open_area(const char __user *uname)
{
	struct filename *name;
	struct file *file;

	if (!capable(CAP_SYS_ADMIN))
		return ERR_PTR(-EPERM);
	name = getname(uname);
	if (IS_ERR(name))
		return ERR_CAST(name);
	file = filp_open(name->name, O_RDWR | O_LARGEFILE, 0);
	putname(name);
	return file;
}

SYSCALL_DEFINE2(swapon, const char __user *, name, int, flags)
{
	struct file *file;
	int err;

	if (flags & ~SWAP_FLAGS_VALID)
		return -EINVAL;
	file = open_area(name);
	if (IS_ERR(file))
		return PTR_ERR(file);
	mutex_lock(&swapon_mutex);
	inode_lock(file->f_mapping->host);
	err = add_area(file, flags);
	inode_unlock(file->f_mapping->host);
	mutex_unlock(&swapon_mutex);
	if (err)
		fput(file);
	return err;
}

/* ---- swapoff ---- */

static void set_writeok(struct swap_info_struct *si, bool on)
{
	long free;

	spin_lock(&si->lock);
	free = si->pages - si->inuse_pages;
	if (on)
		si->flags |= SWP_WRITEOK;
	else
		si->flags &= ~SWP_WRITEOK;
	atomic_long_add(on ? free : -free, &nr_swap_pages);
	spin_unlock(&si->lock);
	atomic_long_add(on ? (long)si->pages : -(long)si->pages, &nr_total_pages);
}

/* => swapon_mutex held */
static int remove_area(struct swap_info_struct *si)
{
	struct file *file = si->file;
	int err;

	if (security_vm_enough_memory_mm(current->mm, si->pages))
		return -ENOMEM;
	vm_unacct_memory(si->pages);
	leave_by_prio(si);
	set_writeok(si, false);
	err = swap_unuse(si);
	if (err) {
		set_writeok(si, true);
		enter_by_prio(si);
		return err;
	}
	spin_lock(&si->lock);
	WRITE_ONCE(si->flags, 0);
	spin_unlock(&si->lock);
	/* Lookups of entries that are gone may still be on their way. */
	synchronize_rcu();
	free_maps(si);
	if (file->f_mapping->a_ops->swap_deactivate)
		file->f_mapping->a_ops->swap_deactivate(file);
	inode_lock(file->f_mapping->host);
	file->f_mapping->host->i_flags &= ~S_SWAPFILE;
	inode_unlock(file->f_mapping->host);
	si->file = NULL;
	fput(file);
	return 0;
}

SYSCALL_DEFINE1(swapoff, const char __user *, name)
{
	struct swap_info_struct *si;
	struct file *file;
	int err = -EINVAL;

	file = open_area(name);
	if (IS_ERR(file))
		return PTR_ERR(file);
	mutex_lock(&swapon_mutex);
	si = area_of(file->f_mapping->host);
	if (si)
		err = remove_area(si);
	mutex_unlock(&swapon_mutex);
	fput(file);
	return err;
}

/* ---- /proc/swaps ---- */

int swaps_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	mutex_lock(&swapon_mutex);
	for (unsigned int i = 0; i < MAX_SWAPFILES; i++) {
		struct swap_info_struct *si = &areas[i];
		unsigned long size, used;
		int len;

		if (!(si->flags & SWP_USED))
			continue;
		size = si->pages << (PAGE_SHIFT - 10);
		used = READ_ONCE(si->inuse_pages) << (PAGE_SHIFT - 10);
		len = seq_file_path(m, si->file, " \t\n\\");
		seq_printf(m, "%*s%s\t%lu\t%s%lu\t%s%d\n", len < 40 ? 40 - len : 1, " ",
			   S_ISBLK(file_inode(si->file)->i_mode) ? "partition" : "file\t", size,
			   size < 10000000 ? "\t" : "", used, used < 10000000 ? "\t" : "", si->prio);
	}
	mutex_unlock(&swapon_mutex);
	return 0;
}
