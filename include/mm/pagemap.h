/* SPDX-License-Identifier: MIT */
/* The page cache: pages of files, by index, shared by read(), write() and mmap(). */
#ifndef MM_PAGEMAP_H
#define MM_PAGEMAP_H

#include <kern/types.h>
#include <mm/gfp.h>
#include <mm/mm_types.h>
#include <mm/page.h>

struct vm_fault;
struct iov_iter;
struct kiocb;
struct swap_info_struct;

#define PAGECACHE_TAG_DIRTY	XA_MARK_0
#define PAGECACHE_TAG_WRITEBACK	XA_MARK_1
#define PAGECACHE_TAG_TOWRITE	XA_MARK_2

/* mapping->flags */
enum { AS_EIO, AS_ENOSPC, AS_UNEVICTABLE, AS_EXITING, AS_SHMEM, AS_NO_RECLAIM,
       AS_SECRET, /* reached by those who map it, and by nobody else */
       AS_TEXT_TWINS /* pages may have copies with rewritten system calls (<um/text.h>) */ };

enum writeback_sync_modes { WB_SYNC_NONE, WB_SYNC_ALL };
struct writeback_control {
	long nr_to_write;
	long pages_skipped;
	loff_t range_start, range_end;
	enum writeback_sync_modes sync_mode;
	unsigned for_kupdate : 1, for_background : 1, tagged_writepages : 1, for_reclaim : 1,
		 range_cyclic : 1, for_sync : 1;
};

/* How a file system fills, writes and gives up the pages of a file. All may sleep. */
struct address_space_operations {
	/* Writes a locked dirty page: starts the I/O, unlocks it. 0 or -errno. */
	int (*writepage)(struct page *page, struct writeback_control *wbc);
	/* Fills a locked page: SetPageUptodate and unlock_page when done. 0 or -errno. */
	int (*readpage)(struct file *file, struct page *page);
	int (*writepages)(struct address_space *mapping, struct writeback_control *wbc);
	/* True when the page was clean. May be called under spinlocks (page table): no sleep. */
	bool (*set_page_dirty)(struct page *page);
	/*
	 * The page at index is missing: reads it and what should come with it, pages in a row for
	 * neighbours if it can. What it leaves out, or fails to read, goes through readpage.
	 */
	void (*readahead)(struct address_space *mapping, pgoff_t index);
	/* A write of len bytes at pos, inside one page: returns the page locked, referenced. */
	int (*write_begin)(struct file *file, struct address_space *mapping, loff_t pos,
			   unsigned int len, struct page **pagep, void **fsdata);
	/* The data is in: unlocks and puts the page, updates i_size; bytes accepted. */
	int (*write_end)(struct file *file, struct address_space *mapping, loff_t pos,
			 unsigned int len, unsigned int copied, struct page *page, void *fsdata);
	sector_t (*bmap)(struct address_space *mapping, sector_t block);
	/* Part of a locked page is cut off. */
	void (*invalidatepage)(struct page *page, unsigned int offset, unsigned int length);
	/* Frees page->private if it can: 1. */
	int (*releasepage)(struct page *page, gfp_t gfp);
	void (*freepage)(struct address_space *mapping, struct page *page);
	ssize_t (*direct_IO)(struct kiocb *iocb, struct iov_iter *iter);
	int (*launder_page)(struct page *page);
	/*
	 * The file becomes swap: sets si->ops (<mm/swap.h>), and keeps what it needs in
	 * si->private. 0 or -errno.
	 */
	int (*swap_activate)(struct swap_info_struct *si, struct file *file);
	void (*swap_deactivate)(struct file *file);
	int (*error_remove_page)(struct address_space *mapping, struct page *page);
};

/* For file systems without backing store (ramfs, tmpfs): writes stay in the cache. */
extern const struct address_space_operations ram_aops;

/* Sets up an address_space embedded in an inode. */
void address_space_init_once(struct address_space *mapping);

static inline gfp_t mapping_gfp_mask(const struct address_space *mapping)
{
	return mapping->gfp_mask;
}
static inline void mapping_set_gfp_mask(struct address_space *mapping, gfp_t mask)
{
	mapping->gfp_mask = mask;
}
/* tmpfs and ramfs: pages have no other home, memory pressure must not drop them. */
void mapping_set_unevictable(struct address_space *mapping);
void mapping_set_error(struct address_space *mapping, int error);

/* ---- the page lock and writeback state ---- */
void __lock_page(struct page *page);
int __lock_page_killable(struct page *page);
static inline bool trylock_page(struct page *page)
{
	return !TestSetPageLocked(page);
}
/* => may sleep; taken inside mmap_lock and invalidate_lock, outside i_mmap_rwsem */
static inline void lock_page(struct page *page)
{
	if (!trylock_page(page))
		__lock_page(page);
}
static inline int lock_page_killable(struct page *page)
{
	return trylock_page(page) ? 0 : __lock_page_killable(page);
}
void unlock_page(struct page *page);
void wait_on_page_locked(struct page *page);
void wait_on_page_writeback(struct page *page);
void wait_for_stable_page(struct page *page);
void set_page_writeback(struct page *page);
void end_page_writeback(struct page *page);

/* Marks dirty: the page and the mapping's tag; true when it was clean. => any context */
bool set_page_dirty(struct page *page);
int set_page_dirty_lock(struct page *page);
bool __set_page_dirty_nobuffers(struct page *page);
bool __set_page_dirty_no_writeback(struct page *page);
/* Clears dirty before writing: also write-protects all mappings. => page locked */
bool clear_page_dirty_for_io(struct page *page);
void cancel_dirty_page(struct page *page);

/* ---- lookup; a page returned has a reference ---- */
#define FGP_ACCESSED	0x01
#define FGP_LOCK	0x02
#define FGP_CREAT	0x04
#define FGP_WRITE	0x08
#define FGP_NOFS	0x10
#define FGP_NOWAIT	0x20
/* NULL when absent (or memory is out with FGP_CREAT). A created page is locked only with FGP_LOCK. */
struct page *pagecache_get_page(struct address_space *mapping, pgoff_t index, int fgp, gfp_t gfp);

static inline struct page *find_get_page(struct address_space *mapping, pgoff_t index)
{
	return pagecache_get_page(mapping, index, 0, 0);
}
static inline struct page *find_lock_page(struct address_space *mapping, pgoff_t index)
{
	return pagecache_get_page(mapping, index, FGP_LOCK, 0);
}
static inline struct page *find_or_create_page(struct address_space *mapping, pgoff_t index,
					       gfp_t gfp)
{
	return pagecache_get_page(mapping, index, FGP_LOCK | FGP_ACCESSED | FGP_CREAT, gfp);
}
/* Pages in [*start, end], up to max; *start moves past the last. */
unsigned int find_get_pages_range(struct address_space *mapping, pgoff_t *start, pgoff_t end,
				  unsigned int max, struct page **pages);
unsigned int find_get_pages_range_tag(struct address_space *mapping, pgoff_t *start, pgoff_t end,
				      xa_mark_t tag, unsigned int max, struct page **pages);
bool filemap_range_has_page(struct address_space *mapping, loff_t start, loff_t end);

/*
 * Inserts a new page, locked on success, with a reference of the cache's own.
 * 0, -EEXIST, -ENOMEM.
 */
int add_to_page_cache_lru(struct page *page, struct address_space *mapping, pgoff_t index,
			  gfp_t gfp);
/* => page locked; drops the cache's reference */
void delete_from_page_cache(struct page *page);

/* Reads through a_ops->readpage (or filler): an uptodate page or ERR_PTR. */
struct page *read_cache_page(struct address_space *mapping, pgoff_t index,
			     int (*filler)(struct file *, struct page *), struct file *file);
static inline struct page *read_mapping_page(struct address_space *mapping, pgoff_t index,
					     struct file *file)
{
	return read_cache_page(mapping, index, NULL, file);
}

/* ---- file operations over the cache ---- */
ssize_t generic_file_read_iter(struct kiocb *iocb, struct iov_iter *iter);
ssize_t generic_file_write_iter(struct kiocb *iocb, struct iov_iter *iter);
ssize_t __generic_file_write_iter(struct kiocb *iocb, struct iov_iter *iter);
ssize_t generic_perform_write(struct kiocb *iocb, struct iov_iter *iter);
ssize_t filemap_read(struct kiocb *iocb, struct iov_iter *iter, ssize_t already);
vm_fault_t filemap_fault(struct vm_fault *vmf);
vm_fault_t filemap_map_pages(struct vm_fault *vmf, pgoff_t start, pgoff_t end);
vm_fault_t filemap_page_mkwrite(struct vm_fault *vmf);

/* write_begin/write_end of file systems whose pages live in the cache only. */
int simple_write_begin(struct file *file, struct address_space *mapping, loff_t pos,
		       unsigned int len, struct page **pagep, void **fsdata);
int simple_write_end(struct file *file, struct address_space *mapping, loff_t pos,
		     unsigned int len, unsigned int copied, struct page *page, void *fsdata);
int simple_readpage(struct file *file, struct page *page);

/* ---- truncation and invalidation ---- */

/* Drops the pages of [lstart, lend] (bytes; lend -1: to the end), zeroes partial ones. */
void truncate_inode_pages_range(struct address_space *mapping, loff_t lstart, loff_t lend);
void truncate_inode_pages(struct address_space *mapping, loff_t lstart);
void truncate_inode_pages_final(struct address_space *mapping);
/* After i_size was lowered: unmaps and drops what lies beyond. */
void truncate_pagecache(struct inode *inode, loff_t newsize);
void truncate_setsize(struct inode *inode, loff_t newsize);
void truncate_pagecache_range(struct inode *inode, loff_t lstart, loff_t lend);
void pagecache_isize_extended(struct inode *inode, loff_t from, loff_t to);
unsigned long invalidate_mapping_pages(struct address_space *mapping, pgoff_t start, pgoff_t end);
int invalidate_inode_pages2_range(struct address_space *mapping, pgoff_t start, pgoff_t end);
int invalidate_inode_pages2(struct address_space *mapping);
/* Removes mappings of [holebegin, +holelen) (0: to the end); even_cows: private copies too. */
void unmap_mapping_range(struct address_space *mapping, loff_t holebegin, loff_t holelen,
			 int even_cows);
/* Does anybody map it / with write access? */
bool mapping_mapped(struct address_space *mapping);
bool mapping_writably_mapped(struct address_space *mapping);

/* ---- writing back ---- */
int filemap_fdatawrite_range(struct address_space *mapping, loff_t start, loff_t end);
/* The same for all pages, leaving errors to be reported to somebody else. */
void filemap_fdatawait_keep_errors(struct address_space *mapping);
int filemap_fdatawait_range(struct address_space *mapping, loff_t start, loff_t end);
int filemap_write_and_wait_range(struct address_space *mapping, loff_t start, loff_t end);
int filemap_write_and_wait(struct address_space *mapping);
int filemap_flush(struct address_space *mapping);
int file_write_and_wait_range(struct file *file, loff_t start, loff_t end);
int generic_writepages(struct address_space *mapping, struct writeback_control *wbc);
int do_writepages(struct address_space *mapping, struct writeback_control *wbc);

/*
 * Called after each page that a writer has made dirty: waits while too many are. => may sleep,
 * no page locked
 */
void balance_dirty_pages_ratelimited(struct address_space *mapping);
/* Writes what is dirty now, of one file system (NULL: all), and waits. Errors stay for fsync(). */
struct super_block;
void sync_dirty_mappings(struct super_block *sb);
/* The limits of now, in pages. */
void global_dirty_limits(unsigned long *background, unsigned long *limit);
extern int dirty_background_ratio, vm_dirty_ratio;
extern unsigned long dirty_background_bytes, vm_dirty_bytes;
extern unsigned int dirty_writeback_interval, dirty_expire_interval;

/* The reclaim list. */
void lru_cache_add(struct page *page);
void mark_page_accessed(struct page *page);

#endif
