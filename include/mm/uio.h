/* SPDX-License-Identifier: MIT */
/* Iterators over the memory of one read or write: user or kernel vectors, or pages. */
#ifndef MM_UIO_H
#define MM_UIO_H

#include <kern/types.h>
#include <linux/uio.h>
#include <mm/mm_types.h>

struct kvec {
	void *iov_base;
	size_t iov_len;
};

struct bio_vec {
	struct page *bv_page;
	unsigned int bv_len;
	unsigned int bv_offset;
};

enum iter_type { ITER_IOVEC, ITER_KVEC, ITER_BVEC, ITER_DISCARD, ITER_UBUF };

#define ITER_SOURCE 1	/* == WRITE: data comes from the iterator */
#define ITER_DEST 0	/* == READ: data goes to it */

struct iov_iter {
	enum iter_type iter_type;
	bool data_source;
	size_t iov_offset;	/* into the first segment */
	size_t count;		/* bytes left */
	union {
		const struct iovec *__iov;
		const struct kvec *kvec;
		const struct bio_vec *bvec;
		void __user *ubuf;
	};
	unsigned long nr_segs;
};

void iov_iter_init(struct iov_iter *i, unsigned int direction, const struct iovec *iov,
		   unsigned long nr_segs, size_t count);
void iov_iter_ubuf(struct iov_iter *i, unsigned int direction, void __user *buf, size_t count);
void iov_iter_kvec(struct iov_iter *i, unsigned int direction, const struct kvec *kvec,
		   unsigned long nr_segs, size_t count);
void iov_iter_bvec(struct iov_iter *i, unsigned int direction, const struct bio_vec *bvec,
		   unsigned long nr_segs, size_t count);
void iov_iter_discard(struct iov_iter *i, unsigned int direction, size_t count);

static inline size_t iov_iter_count(const struct iov_iter *i)
{
	return i->count;
}
static inline unsigned int iov_iter_rw(const struct iov_iter *i)
{
	return i->data_source ? ITER_SOURCE : ITER_DEST;
}
static inline bool iter_is_iovec(const struct iov_iter *i)
{
	return i->iter_type == ITER_IOVEC || i->iter_type == ITER_UBUF;
}
static inline void iov_iter_truncate(struct iov_iter *i, u64 count)
{
	if (i->count > count)
		i->count = count;
}
static inline void iov_iter_reexpand(struct iov_iter *i, size_t count)
{
	i->count = count;
}

void iov_iter_advance(struct iov_iter *i, size_t bytes);
void iov_iter_revert(struct iov_iter *i, size_t bytes);
/* Bytes left in the first segment. */
size_t iov_iter_single_seg_count(const struct iov_iter *i);

/* Copy and advance; the bytes copied (short on a fault). => may sleep */
size_t copy_to_iter(const void *addr, size_t bytes, struct iov_iter *i);
size_t copy_from_iter(void *addr, size_t bytes, struct iov_iter *i);
bool copy_from_iter_full(void *addr, size_t bytes, struct iov_iter *i);
size_t copy_page_to_iter(struct page *page, size_t offset, size_t bytes, struct iov_iter *i);
size_t copy_page_from_iter(struct page *page, size_t offset, size_t bytes, struct iov_iter *i);
size_t iov_iter_zero(size_t bytes, struct iov_iter *i);
/* Does not fault pages in (the page copied to is locked). */
size_t copy_page_from_iter_atomic(struct page *page, size_t offset, size_t bytes,
				  struct iov_iter *i);
/* Faults the source in; bytes that could not be. */
size_t fault_in_iov_iter_readable(const struct iov_iter *i, size_t bytes);

/*
 * Reads an iovec array: *iovp may point to on-stack room for fast_segs entries on entry; on
 * return it is what to kfree() (NULL if the room was enough). Total bytes or -errno.
 */
#define UIO_FASTIOV 8
ssize_t import_iovec(int direction, const struct iovec __user *uvec, unsigned int nr_segs,
		     unsigned int fast_segs, struct iovec **iovp, struct iov_iter *i);
int import_single_range(int direction, void __user *buf, size_t len, struct iovec *iov,
			struct iov_iter *i);

#endif
