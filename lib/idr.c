// SPDX-License-Identifier: MIT
/*
 * IDR and IDA: small integers.
 *
 * The IDR is a thin coat over an allocating XArray: ids are shifted by idr_base, and a NULL
 * pointer is a reserved entry. The IDA stores bitmaps of 1,024 ids in an XArray; a missing bitmap
 * is all free, and an empty one is freed.
 */
#include <kern/bug.h>
#include <lib/bitmap.h>
#include <lib/idr.h>
#include <mm/gfp.h>
#include <mm/slab.h>

#include "internal.h"

int idr_alloc_u32(struct idr *idr, void *ptr, u32 *nextid, unsigned long max, gfp_t gfp)
{
	u32 base = idr->idr_base, from = *nextid < base ? 0 : *nextid - base, id;
	int ret;

	if (max < base)
		return -ENOSPC;
	ret = xa_alloc(&idr->idr_xa, &id, ptr,
		       XA_LIMIT(from, max - base > 0xffffffffUL ? 0xffffffffU : max - base), gfp);
	if (ret)
		return ret == -EBUSY ? -ENOSPC : ret;
	*nextid = id + base;
	return 0;
}

int idr_alloc(struct idr *idr, void *ptr, int start, int end, gfp_t gfp)
{
	u32 id = start;
	int ret;

	if (WARN_ON_ONCE(start < 0))
		return -EINVAL;
	ret = idr_alloc_u32(idr, ptr, &id, end > 0 ? end - 1 : INT_MAX, gfp);
	return ret ? ret : (int)id;
}

int idr_alloc_cyclic(struct idr *idr, void *ptr, int start, int end, gfp_t gfp)
{
	u32 id = idr->idr_next, max = end > 0 ? end - 1 : INT_MAX;
	int ret;

	if ((int)id < start)
		id = start;
	ret = idr_alloc_u32(idr, ptr, &id, max, gfp);
	if (ret == -ENOSPC && id > start) {
		id = start;
		ret = idr_alloc_u32(idr, ptr, &id, max, gfp);
	}
	if (ret)
		return ret;
	idr->idr_next = id + 1;
	return id;
}

void *idr_remove(struct idr *idr, unsigned long id)
{
	return id < idr->idr_base ? NULL : xa_erase(&idr->idr_xa, id - idr->idr_base);
}

void *idr_find(const struct idr *idr, unsigned long id)
{
	if (id < idr->idr_base)
		return NULL;
	return xa_load((struct xarray *)&idr->idr_xa, id - idr->idr_base);
}

void *idr_replace(struct idr *idr, void *ptr, unsigned long id)
{
	void *old = ERR_PTR(-ENOENT);

	id -= idr->idr_base;
	xa_lock(&idr->idr_xa);
	/* The slot exists, so that the store needs no memory. */
	if (xa_load_raw(&idr->idr_xa, id))
		old = __xa_store(&idr->idr_xa, id, ptr, GFP_NOWAIT);
	xa_unlock(&idr->idr_xa);
	return old;
}

void *idr_get_next_ul(struct idr *idr, unsigned long *nextid)
{
	unsigned long id = *nextid < idr->idr_base ? 0 : *nextid - idr->idr_base;
	void *entry = xa_find(&idr->idr_xa, &id, ~0UL, XA_PRESENT);

	if (entry)
		*nextid = id + idr->idr_base;
	return entry;
}

void *idr_get_next(struct idr *idr, int *nextid)
{
	unsigned long id = *nextid;
	void *entry = idr_get_next_ul(idr, &id);

	if (!entry || id > INT_MAX)
		return NULL;
	*nextid = id;
	return entry;
}

int idr_for_each(const struct idr *idr, int (*fn)(int id, void *p, void *data), void *data)
{
	unsigned long index;
	void *entry;

	xa_for_each((struct xarray *)&idr->idr_xa, index, entry) {
		int ret = fn(index + idr->idr_base, entry, data);

		if (ret)
			return ret;
	}
	return 0;
}

void idr_destroy(struct idr *idr)
{
	xa_destroy(&idr->idr_xa);
}

/*
 * One attempt. => 0 and *@id; -ENOSPC; -ENOMEM with the index of the bitmap that is missing in
 * *@need. @fresh is used, and cleared, when a new bitmap goes in.
 */
static int ida_try(struct ida *ida, unsigned int min, unsigned int max, unsigned int *id,
		   unsigned long *need, struct ida_bitmap **fresh)
{
	unsigned long index = min / IDA_BITMAP_BITS, bit = min % IDA_BITMAP_BITS;

	for (; index <= max / IDA_BITMAP_BITS; index++, bit = 0) {
		struct ida_bitmap *map = xa_load(&ida->xa, index);

		if (!map) {
			*need = index;
			if (!*fresh ||
			    xa_is_err(__xa_store(&ida->xa, index, *fresh, GFP_NOWAIT | __GFP_NOWARN)))
				return -ENOMEM;
			map = *fresh;
			*fresh = NULL;
		}
		bit = find_next_zero_bit(map->bitmap, IDA_BITMAP_BITS, bit);
		if (bit == IDA_BITMAP_BITS)
			continue;
		if (index * IDA_BITMAP_BITS + bit > max)
			return -ENOSPC;
		__set_bit(bit, map->bitmap);
		*id = index * IDA_BITMAP_BITS + bit;
		return 0;
	}
	return -ENOSPC;
}

int ida_alloc_range(struct ida *ida, unsigned int min, unsigned int max, gfp_t gfp)
{
	struct ida_bitmap *fresh = NULL;
	unsigned long flags, need = 0;
	unsigned int id = 0;
	int ret;

	if ((int)min < 0)
		return -ENOSPC;
	if ((int)max < 0)
		max = INT_MAX;
	for (;;) {
		xa_lock_irqsave(&ida->xa, flags);
		ret = ida_try(ida, min, max, &id, &need, &fresh);
		xa_unlock_irqrestore(&ida->xa, flags);
		if (ret != -ENOMEM)
			break;
		if (!fresh) {
			fresh = kzalloc(sizeof(*fresh), gfp);
			if (!fresh)
				break;
			continue;
		}
		/* The tree lacks nodes: make them with the caller's flags, if it may sleep. */
		if (!gfpflags_allow_blocking(gfp))
			break;
		ret = xa_err(xa_cmpxchg_irq(&ida->xa, need, NULL, XA_ZERO_ENTRY, gfp));
		if (ret)
			break;
	}
	kfree(fresh);
	return ret ? ret : (int)id;
}

void ida_free(struct ida *ida, unsigned int id)
{
	unsigned long flags, index = id / IDA_BITMAP_BITS;
	struct ida_bitmap *map, *empty = NULL;
	bool was = false;

	xa_lock_irqsave(&ida->xa, flags);
	map = xa_load(&ida->xa, index);
	if (map) {
		was = __test_and_clear_bit(id % IDA_BITMAP_BITS, map->bitmap);
		if (bitmap_empty(map->bitmap, IDA_BITMAP_BITS))
			empty = __xa_erase(&ida->xa, index);
	}
	xa_unlock_irqrestore(&ida->xa, flags);
	WARN_ON_ONCE(!was);
	kfree(empty);
}

bool ida_exists(struct ida *ida, unsigned int id)
{
	unsigned long flags;
	struct ida_bitmap *map;
	bool exists;

	xa_lock_irqsave(&ida->xa, flags);
	map = xa_load(&ida->xa, id / IDA_BITMAP_BITS);
	exists = map && test_bit(id % IDA_BITMAP_BITS, map->bitmap);
	xa_unlock_irqrestore(&ida->xa, flags);
	return exists;
}

void ida_destroy(struct ida *ida)
{
	struct ida_bitmap *map;
	unsigned long index;

	xa_for_each(&ida->xa, index, map)
		kfree(map);
	xa_destroy(&ida->xa);
}
