// SPDX-License-Identifier: MIT
/*
 * bios: allocation, submission, completion.
 *
 * A bio that is submitted is checked against its device, moved to sectors of the disk, and
 * handed to the driver. A queue, which merges and sorts, would stand in submit_to_disk().
 */
#include <block/blk_cgroup.h>
#include <block/blkdev.h>
#include <kern/completion.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/sched.h>
#include <mm/mempool.h>
#include <mm/slab.h>
#include <mm/vmstat.h>

#include "internal.h"

/* Bios of few pages come from a pool, so that writing pages out never waits for memory. */
#define POOL_VECS 4
#define POOL_BIOS 64

static struct mempool *bio_pool;

static int __init bio_init(void)
{
	bio_pool = mempool_create_kmalloc_pool(POOL_BIOS, sizeof(struct bio) +
							  POOL_VECS * sizeof(struct bio_vec));
	return bio_pool ? 0 : -ENOMEM;
}
core_initcall(bio_init);

struct bio *bio_alloc(struct block_device *bdev, unsigned short nr, blk_opf_t opf, gfp_t gfp)
{
	struct bio *bio;

	if (nr <= POOL_VECS)
		bio = mempool_alloc(bio_pool, gfp);
	else
		bio = kmalloc(sizeof(*bio) + nr * sizeof(struct bio_vec), gfp & ~__GFP_ZERO);
	if (!bio)
		return NULL;
	*bio = (struct bio){ .bi_bdev = bdev, .bi_opf = opf, .bi_max_vecs = nr,
			     .bi_refs = ATOMIC_INIT(1) };
	return bio;
}

void bio_put(struct bio *bio)
{
	if (!atomic_dec_and_test(&bio->bi_refs))
		return;
	if (bio->bi_max_vecs <= POOL_VECS)
		mempool_free(bio, bio_pool);
	else
		kfree(bio);
}

unsigned int bio_add_page(struct bio *bio, struct page *page, unsigned int len,
			  unsigned int offset)
{
	struct bio_vec *last = bio->bi_vcnt ? &bio->bi_io_vec[bio->bi_vcnt - 1] : NULL;

	if (last && last->bv_page == page && last->bv_offset + last->bv_len == offset) {
		last->bv_len += len;
	} else {
		if (bio->bi_vcnt == bio->bi_max_vecs)
			return 0;
		bio->bi_io_vec[bio->bi_vcnt++] = (struct bio_vec){ page, len, offset };
	}
	bio->bi_size += len;
	return len;
}

static int direction(const struct bio *bio)
{
	return bio_op(bio) != REQ_OP_READ;
}

/* 0 or why the device cannot do it. */
static int check_bio(const struct bio *bio)
{
	const struct block_device *bdev = bio->bi_bdev;
	sector_t sectors = bio->bi_size >> SECTOR_SHIFT;

	/* A flush has no data. */
	if (!bio->bi_size)
		return 0;
	if (bio_op(bio) != REQ_OP_READ && bdev_read_only(bdev))
		return -EPERM;
	if (bio->bi_size & (bdev_logical_block_size(bdev) - 1))
		return -EINVAL;
	if (bio->bi_sector > bdev->bd_nr_sectors || sectors > bdev->bd_nr_sectors - bio->bi_sector)
		return -EIO;
	return 0;
}

void submit_to_disk(struct bio *bio)
{
	bio->bi_bdev->bd_disk->fops->submit_bio(bio);
}

void submit_bio(struct bio *bio)
{
	int error = check_bio(bio);

	atomic_inc(&bio->bi_bdev->bd_inflight);
	if (error) {
		bio_endio(bio, error);
		return;
	}
	count_vm_events(direction(bio) ? PGPGOUT : PGPGIN, bio->bi_size >> 10);
	bio->bi_sector += bio->bi_bdev->bd_start_sect;
	if (!blkcg_submit(bio))
		submit_to_disk(bio);
}

void bio_endio(struct bio *bio, int error)
{
	struct block_device *bdev = bio->bi_bdev;
	int dir = direction(bio);

	atomic_dec(&bdev->bd_inflight);
	atomic_long_inc(&bdev->bd_ios[dir]);
	atomic_long_add(bio->bi_size >> SECTOR_SHIFT, &bdev->bd_sectors[dir]);
	bio->bi_error = error;
	if (bio->bi_end_io)
		bio->bi_end_io(bio);
}

static void wake_waiter(struct bio *bio)
{
	complete(bio->bi_private);
}

int submit_bio_wait(struct bio *bio)
{
	struct completion done;

	init_completion(&done);
	bio->bi_private = &done;
	bio->bi_end_io = wake_waiter;
	bio->bi_opf |= REQ_SYNC;
	submit_bio(bio);
	wait_for_completion(&done);
	return bio->bi_error;
}

int blkdev_issue_flush(struct block_device *bdev)
{
	struct bio *bio = bio_alloc(bdev, 0, REQ_OP_WRITE | REQ_PREFLUSH, GFP_KERNEL);
	int err = bio ? submit_bio_wait(bio) : -ENOMEM;

	if (bio)
		bio_put(bio);
	return err;
}

/* Sectors of one bio: bi_size counts bytes. */
#define EMPTY_SECTORS (1U << (30 - SECTOR_SHIFT))

int blkdev_issue_empty(struct block_device *bdev, enum req_op op, sector_t sector, sector_t nr)
{
	int err = 0;

	while (nr && !err) {
		unsigned int some = min_t(sector_t, nr, EMPTY_SECTORS);
		struct bio *bio = bio_alloc(bdev, 0, op, GFP_KERNEL);

		if (!bio)
			return -ENOMEM;
		bio->bi_sector = sector;
		bio->bi_size = some << SECTOR_SHIFT;
		err = submit_bio_wait(bio);
		bio_put(bio);
		sector += some;
		nr -= some;
	}
	return err;
}
