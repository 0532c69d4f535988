/* SPDX-License-Identifier: MIT */
/* Small integers mapped to pointers (IDR), and small integers alone (IDA). */
#ifndef LIB_IDR_H
#define LIB_IDR_H

#include <lib/xarray.h>

/*
 * An IDR is an allocating XArray whose first id is idr_base. The caller serialises writers
 * (alloc, replace, remove) as on Linux; idr_find() and idr_for_each_entry() need only RCU.
 */
struct idr {
	struct xarray idr_xa;
	unsigned int idr_base;
	unsigned int idr_next;		/* where idr_alloc_cyclic() looks next */
};

#define IDR_INIT_BASE(name, base) {						\
	.idr_xa = XARRAY_INIT(name.idr_xa, XA_FLAGS_ALLOC),			\
	.idr_base = (base),							\
	.idr_next = 0,								\
}
#define IDR_INIT(name) IDR_INIT_BASE(name, 0)
#define DEFINE_IDR(name) struct idr name = IDR_INIT(name)

static inline void idr_init_base(struct idr *idr, int base)
{
	xa_init_flags(&idr->idr_xa, XA_FLAGS_ALLOC);
	idr->idr_base = base;
	idr->idr_next = 0;
}

static inline void idr_init(struct idr *idr)
{
	idr_init_base(idr, 0);
}

static inline unsigned int idr_get_cursor(const struct idr *idr)
{
	return READ_ONCE(idr->idr_next);
}

static inline void idr_set_cursor(struct idr *idr, unsigned int val)
{
	WRITE_ONCE(idr->idr_next, val);
}

/* Allocates an id in [start, end), end <= 0 meaning INT_MAX + 1. The id, -ENOMEM or -ENOSPC. */
int idr_alloc(struct idr *idr, void *ptr, int start, int end, gfp_t gfp);
int idr_alloc_cyclic(struct idr *idr, void *ptr, int start, int end, gfp_t gfp);
/* Allocates from *@nextid up to @max included. 0, -ENOMEM or -ENOSPC. */
int idr_alloc_u32(struct idr *idr, void *ptr, u32 *nextid, unsigned long max, gfp_t gfp);
void *idr_remove(struct idr *idr, unsigned long id);
void *idr_find(const struct idr *idr, unsigned long id);
/* => The old pointer, ERR_PTR(-ENOENT) when the id is not allocated. */
void *idr_replace(struct idr *idr, void *ptr, unsigned long id);
/* Stops at the first value that is not 0, and returns it. */
int idr_for_each(const struct idr *idr, int (*fn)(int id, void *p, void *data), void *data);
void *idr_get_next(struct idr *idr, int *nextid);
void *idr_get_next_ul(struct idr *idr, unsigned long *nextid);
void idr_destroy(struct idr *idr);

static inline bool idr_is_empty(const struct idr *idr)
{
	return xa_empty(&idr->idr_xa);
}

/* Allocation is two steps on Linux; here idr_alloc() itself allocates with its gfp. */
static inline void idr_preload(gfp_t gfp)
{
}

static inline void idr_preload_end(void)
{
}

#define idr_for_each_entry(idr, entry, id)					\
	for (id = 0; ((entry) = idr_get_next(idr, &(id))) != NULL; id += 1)

#define idr_for_each_entry_continue(idr, entry, id)				\
	for ((entry) = idr_get_next((idr), &(id)); entry;			\
	     ++id, (entry) = idr_get_next((idr), &(id)))

/* An IDA packs ids into bitmaps of IDA_BITMAP_BITS. It locks itself (irq-safe). */
#define IDA_BITMAP_BITS 1024

struct ida_bitmap {
	unsigned long bitmap[IDA_BITMAP_BITS / BITS_PER_LONG];
};

struct ida {
	struct xarray xa;	/* index id / IDA_BITMAP_BITS: struct ida_bitmap, with XA_FREE_MARK when
				   it has room */
};

#define IDA_INIT(name) { .xa = XARRAY_INIT(name.xa, XA_FLAGS_LOCK_IRQ) }
#define DEFINE_IDA(name) struct ida name = IDA_INIT(name)

static inline void ida_init(struct ida *ida)
{
	xa_init_flags(&ida->xa, XA_FLAGS_LOCK_IRQ);
}

/* The lowest free id in [min, max]; -ENOMEM or -ENOSPC. */
int ida_alloc_range(struct ida *ida, unsigned int min, unsigned int max, gfp_t gfp);
void ida_free(struct ida *ida, unsigned int id);
bool ida_exists(struct ida *ida, unsigned int id);
void ida_destroy(struct ida *ida);

static inline int ida_alloc(struct ida *ida, gfp_t gfp)
{
	return ida_alloc_range(ida, 0, ~0U, gfp);
}

static inline int ida_alloc_min(struct ida *ida, unsigned int min, gfp_t gfp)
{
	return ida_alloc_range(ida, min, ~0U, gfp);
}

static inline int ida_alloc_max(struct ida *ida, unsigned int max, gfp_t gfp)
{
	return ida_alloc_range(ida, 0, max, gfp);
}

static inline bool ida_is_empty(const struct ida *ida)
{
	return xa_empty(&ida->xa);
}

#endif
