/* SPDX-License-Identifier: MIT */
/*
 * One transfer between memory and a block device: struct bio.
 *
 *	bio_alloc -> bio_add_page... -> submit_bio -> (driver) -> bio_endio -> bi_end_io -> bio_put
 */
#ifndef BLOCK_BIO_H
#define BLOCK_BIO_H

#include <kern/atomic.h>
#include <kern/types.h>
#include <mm/gfp.h>
#include <mm/uio.h>

struct bio;
struct block_device;

#define SECTOR_SHIFT 9
#define SECTOR_SIZE (1U << SECTOR_SHIFT)

enum req_op {
	REQ_OP_READ, REQ_OP_WRITE, REQ_OP_DISCARD, REQ_OP_WRITE_ZEROES,
	REQ_OP_MASK = 0xff
};
#define REQ_SYNC	(1u << 8)	/* somebody waits */
#define REQ_PREFLUSH	(1u << 10)	/* what was written before must be safe first */
#define REQ_FUA		(1u << 11)	/* safe when it ends */
#define REQ_SWAP	(1u << 12)
typedef unsigned int blk_opf_t;

typedef void (bio_end_io_t)(struct bio *bio);

/* Owned by whoever holds it: the submitter, then the driver until bio_endio(). */
struct bio {
	struct bio *bi_next;		/* the driver's; before that, the next that waits */
	struct block_device *bi_bdev;
	blk_opf_t bi_opf;
	int bi_error;			/* 0 or -errno, valid at the end */
	sector_t bi_sector;		/* of bi_bdev; of the disk once submitted */
	unsigned int bi_size;		/* bytes */
	u64 bi_due;			/* ns: when io.max lets it go, while it waits for that */
	unsigned short bi_vcnt, bi_max_vecs;
	atomic_t bi_refs;
	bio_end_io_t *bi_end_io;	/* => any context, interrupts too */
	void *bi_private;
	struct bio_vec bi_io_vec[];
};

static inline enum req_op bio_op(const struct bio *bio)
{
	return (enum req_op)(bio->bi_opf & REQ_OP_MASK);
}

/* Room for nr segments; NULL without memory (never with __GFP_NOFAIL). */
struct bio *bio_alloc(struct block_device *bdev, unsigned short nr, blk_opf_t opf, gfp_t gfp);
void bio_put(struct bio *bio);
static inline void bio_get(struct bio *bio)
{
	atomic_inc(&bio->bi_refs);
}
/* Adds a piece; its length, or 0 when there is no room. Does not take a reference. */
unsigned int bio_add_page(struct bio *bio, struct page *page, unsigned int len,
			  unsigned int offset);
/* Hands it to the device; the end comes by bi_end_io, perhaps before this returns. */
void submit_bio(struct bio *bio);
/* Submits and waits: 0 or -errno. The bio stays the caller's. => may sleep */
int submit_bio_wait(struct bio *bio);
/* What was written before is safe when it returns: 0 or -errno. => may sleep */
int blkdev_issue_flush(struct block_device *bdev);
/* Sectors that hold nothing any more (REQ_OP_DISCARD), or zeros (REQ_OP_WRITE_ZEROES). => may sleep */
int blkdev_issue_empty(struct block_device *bdev, enum req_op op, sector_t sector, sector_t nr);
/* The driver is done with it. => any context */
void bio_endio(struct bio *bio, int error);

#endif
