// SPDX-License-Identifier: MIT
/* Iterators over user vectors, kernel vectors and pages (see <mm/uio.h>). */
#include "internal.h"

#include <mm/slab.h>
#include <mm/uaccess.h>
#include <mm/uio.h>

void iov_iter_init(struct iov_iter *i, unsigned int direction, const struct iovec *iov,
		   unsigned long nr_segs, size_t count)
{
	*i = (struct iov_iter){ .iter_type = ITER_IOVEC, .data_source = direction,
				.__iov = iov, .nr_segs = nr_segs, .count = count };
}

void iov_iter_ubuf(struct iov_iter *i, unsigned int direction, void __user *buf, size_t count)
{
	*i = (struct iov_iter){ .iter_type = ITER_UBUF, .data_source = direction, .ubuf = buf,
				.nr_segs = 1, .count = count };
}

void iov_iter_kvec(struct iov_iter *i, unsigned int direction, const struct kvec *kvec,
		   unsigned long nr_segs, size_t count)
{
	*i = (struct iov_iter){ .iter_type = ITER_KVEC, .data_source = direction, .kvec = kvec,
				.nr_segs = nr_segs, .count = count };
}

void iov_iter_bvec(struct iov_iter *i, unsigned int direction, const struct bio_vec *bvec,
		   unsigned long nr_segs, size_t count)
{
	*i = (struct iov_iter){ .iter_type = ITER_BVEC, .data_source = direction, .bvec = bvec,
				.nr_segs = nr_segs, .count = count };
}

void iov_iter_discard(struct iov_iter *i, unsigned int direction, size_t count)
{
	*i = (struct iov_iter){ .iter_type = ITER_DISCARD, .data_source = direction,
				.count = count };
}

/* ---- segments ---- */

static size_t seg_len(const struct iov_iter *i)
{
	switch (i->iter_type) {
	case ITER_IOVEC:
		return i->__iov->iov_len;
	case ITER_KVEC:
		return i->kvec->iov_len;
	case ITER_BVEC:
		return i->bvec->bv_len;
	default:
		return i->iov_offset + i->count;
	}
}

static void next_seg(struct iov_iter *i)
{
	if (i->iter_type == ITER_IOVEC)
		i->__iov++;
	else if (i->iter_type == ITER_KVEC)
		i->kvec++;
	else if (i->iter_type == ITER_BVEC)
		i->bvec++;
	i->nr_segs--;
	i->iov_offset = 0;
}

static void prev_seg(struct iov_iter *i)
{
	if (i->iter_type == ITER_IOVEC)
		i->__iov--;
	else if (i->iter_type == ITER_KVEC)
		i->kvec--;
	else if (i->iter_type == ITER_BVEC)
		i->bvec--;
	i->nr_segs++;
	i->iov_offset = seg_len(i);
}

/* The current segment's rest: steps over used-up ones. */
static size_t seg_left(struct iov_iter *i)
{
	while (i->count && i->iov_offset >= seg_len(i))
		next_seg(i);
	return i->count ? min(i->count, seg_len(i) - i->iov_offset) : 0;
}

size_t iov_iter_single_seg_count(const struct iov_iter *i)
{
	struct iov_iter copy = *i;

	return seg_left(&copy);
}

void iov_iter_advance(struct iov_iter *i, size_t bytes)
{
	bytes = min(bytes, i->count);
	while (bytes) {
		size_t n = min(bytes, seg_left(i));

		i->iov_offset += n;
		i->count -= n;
		bytes -= n;
	}
}

void iov_iter_revert(struct iov_iter *i, size_t bytes)
{
	i->count += bytes;
	if (i->iter_type == ITER_DISCARD)
		return;
	while (bytes > i->iov_offset) {
		bytes -= i->iov_offset;
		prev_seg(i);
	}
	i->iov_offset -= bytes;
}

/* ---- copies ---- */

enum copy_how { TO_ITER, FROM_ITER, FROM_ITER_ATOMIC, ZERO_ITER };

static size_t copy_user_seg(void __user *u, void *k, size_t n, enum copy_how how)
{
	switch (how) {
	case TO_ITER:
		return n - copy_to_user(u, k, n);
	case FROM_ITER:
		return n - copy_from_user(k, u, n);
	case FROM_ITER_ATOMIC:
		return n - copy_from_user_inatomic(k, u, n);
	default:
		return n - clear_user(u, n);
	}
}

static size_t copy_kernel_seg(void *seg, void *k, size_t n, enum copy_how how)
{
	if (how == TO_ITER)
		memcpy(seg, k, n);
	else if (how == ZERO_ITER)
		memset(seg, 0, n);
	else
		memcpy(k, seg, n);
	return n;
}

/* Within the current segment: bytes done, fewer than n only on a fault. */
static size_t copy_seg(struct iov_iter *i, void *k, size_t n, enum copy_how how)
{
	switch (i->iter_type) {
	case ITER_UBUF:
		return copy_user_seg((char __user *)i->ubuf + i->iov_offset, k, n, how);
	case ITER_IOVEC:
		return copy_user_seg((char __user *)i->__iov->iov_base + i->iov_offset, k, n, how);
	case ITER_KVEC:
		return copy_kernel_seg((char *)i->kvec->iov_base + i->iov_offset, k, n, how);
	case ITER_BVEC:
		return copy_kernel_seg((char *)page_address(i->bvec->bv_page) +
				       i->bvec->bv_offset + i->iov_offset, k, n, how);
	default:
		return n;
	}
}

static size_t iter_copy(struct iov_iter *i, void *k, size_t bytes, enum copy_how how)
{
	size_t done = 0;

	bytes = min(bytes, i->count);
	while (done < bytes) {
		size_t want = min(bytes - done, seg_left(i));
		size_t got = copy_seg(i, (char *)k + done, want, how);

		i->iov_offset += got;
		i->count -= got;
		done += got;
		if (got < want)
			break;
	}
	return done;
}

size_t copy_to_iter(const void *addr, size_t bytes, struct iov_iter *i)
{
	return iter_copy(i, (void *)addr, bytes, TO_ITER);
}

size_t copy_from_iter(void *addr, size_t bytes, struct iov_iter *i)
{
	return iter_copy(i, addr, bytes, FROM_ITER);
}

bool copy_from_iter_full(void *addr, size_t bytes, struct iov_iter *i)
{
	size_t done = copy_from_iter(addr, bytes, i);

	if (done == bytes)
		return true;
	iov_iter_revert(i, done);
	return false;
}

size_t iov_iter_zero(size_t bytes, struct iov_iter *i)
{
	return iter_copy(i, NULL, bytes, ZERO_ITER);
}

size_t copy_page_to_iter(struct page *page, size_t offset, size_t bytes, struct iov_iter *i)
{
	return iter_copy(i, (char *)page_address(page) + offset, bytes, TO_ITER);
}

size_t copy_page_from_iter(struct page *page, size_t offset, size_t bytes, struct iov_iter *i)
{
	return iter_copy(i, (char *)page_address(page) + offset, bytes, FROM_ITER);
}

size_t copy_page_from_iter_atomic(struct page *page, size_t offset, size_t bytes,
				  struct iov_iter *i)
{
	return iter_copy(i, (char *)page_address(page) + offset, bytes, FROM_ITER_ATOMIC);
}

size_t fault_in_iov_iter_readable(const struct iov_iter *i, size_t bytes)
{
	struct iov_iter copy = *i;

	bytes = min(bytes, copy.count);
	if (!iter_is_iovec(i))
		return 0;
	while (bytes) {
		size_t n = min(bytes, seg_left(&copy)), left;
		const char __user *u = copy.iter_type == ITER_UBUF ?
			(const char __user *)copy.ubuf + copy.iov_offset :
			(const char __user *)copy.__iov->iov_base + copy.iov_offset;

		left = fault_in_readable(u, n);
		bytes -= n - left;
		if (left)
			return bytes;
		iov_iter_advance(&copy, n);
	}
	return 0;
}

/* ---- from system calls ---- */

/* Checks a vector of segments: total bytes or -errno. */
static ssize_t check_iovec(struct iovec *iov, unsigned int nr_segs)
{
	const size_t max = 0x7ffff000UL;	/* MAX_RW_COUNT */
	ssize_t total = 0;

	for (unsigned int s = 0; s < nr_segs; s++) {
		ssize_t len = (ssize_t)iov[s].iov_len;

		if (len < 0)
			return -EINVAL;
		if (!access_ok(iov[s].iov_base, len))
			return -EFAULT;
		if ((size_t)len > max - total)
			iov[s].iov_len = len = max - total;
		total += len;
	}
	return total;
}

ssize_t import_iovec(int direction, const struct iovec __user *uvec, unsigned int nr_segs,
		     unsigned int fast_segs, struct iovec **iovp, struct iov_iter *i)
{
	struct iovec *iov = *iovp, *allocated = NULL;
	ssize_t total;

	*iovp = NULL;
	if (nr_segs > UIO_MAXIOV)
		return -EINVAL;
	if (nr_segs > fast_segs) {
		iov = allocated = kmalloc_array(nr_segs, sizeof(*iov), GFP_KERNEL);
		if (!iov)
			return -ENOMEM;
	}
	total = -EFAULT;
	if (!copy_from_user(iov, uvec, nr_segs * sizeof(*iov)))
		total = check_iovec(iov, nr_segs);
	if (total < 0) {
		kfree(allocated);
		return total;
	}
	iov_iter_init(i, direction, iov, nr_segs, total);
	*iovp = allocated;
	return total;
}

int import_single_range(int direction, void __user *buf, size_t len, struct iovec *iov,
			struct iov_iter *i)
{
	len = min(len, (size_t)0x7ffff000UL);
	if (!access_ok(buf, len))
		return -EFAULT;
	iov_iter_ubuf(i, direction, buf, len);
	return 0;
}
