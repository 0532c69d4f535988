// SPDX-License-Identifier: MIT
/*
 * /dev/ubda, ubdb, ...: block devices that are files of the host (ubd0=FILE, ubd1=FILE; with an
 * r behind the number, read-only).
 *
 * A bio becomes one request to the host, which does it in its own time; its end comes as
 * IRQ_DISK, and bio_endio() is called from there. A bio with PREFLUSH or FUA is done in up to
 * three steps, each request being sent when the one before has ended:
 *
 *	flush (PREFLUSH) -> the transfer -> flush (FUA) -> bio_endio
 *
 * The next step is sent from the interrupt: submitting sleeps nowhere.
 */
#include "../internal.h"
#include <block/blkdev.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/interrupt.h>
#include <kern/kernel.h>
#include <lib/sprintf.h>
#include <linux/major.h>
#include <mm/page.h>
#include <mm/mempool.h>
#include <mm/slab.h>
#include <um/irqflags.h>
#include <um/setup.h>
#include <um/virtual.h>

#define UBD_MINORS 16

enum ubd_step { STEP_PREFLUSH, STEP_TRANSFER, STEP_FUA, STEP_END };

/* Requests that the host has; with virtual time only. */
static u32 in_flight;

struct ubd_request {
	struct host_disk_io io;
	struct bio *bio;
	enum ubd_step step;		/* what the host is doing */
	struct host_fs_vec vec[];
};

/* Requests of few pieces come from a pool: writing pages out must not wait for memory. */
#define POOL_VECS 4
#define POOL_REQUESTS 64

static struct mempool *request_pool;

static bool step_is_needed(const struct ubd_request *req)
{
	const struct bio *bio = req->bio;

	switch (req->step) {
	case STEP_PREFLUSH:
		return (bio->bi_opf & REQ_PREFLUSH) != 0;
	case STEP_TRANSFER:
		return bio->bi_size != 0;
	case STEP_FUA:
		return bio->bi_opf & REQ_FUA && bio_op(bio) == REQ_OP_WRITE;
	default:
		return true;
	}
}

static enum host_disk_op transfer_op(const struct bio *bio)
{
	switch (bio_op(bio)) {
	case REQ_OP_READ:
		return HOST_DISK_READ;
	case REQ_OP_DISCARD:
	case REQ_OP_WRITE_ZEROES:
		return HOST_DISK_DISCARD;
	default:
		return HOST_DISK_WRITE;
	}
}

static void end_request(struct ubd_request *req, int error)
{
	struct bio *bio = req->bio;

	if (bio->bi_vcnt <= POOL_VECS)
		mempool_free(req, request_pool);
	else
		kfree(req);
	if (um_virtual)
		__atomic_fetch_sub(&in_flight, 1, __ATOMIC_SEQ_CST);
	bio_endio(bio, error);
}

/* Begins the request's step, or the first one after it that there is to do. */
static void start_step(struct ubd_request *req)
{
	struct bio *bio = req->bio;

	while (!step_is_needed(req))
		req->step++;
	if (req->step == STEP_END) {
		end_request(req, 0);
		return;
	}
	req->io.op = req->step == STEP_TRANSFER ? transfer_op(bio) : HOST_DISK_FLUSH;
	req->io.offset = (long)bio->bi_sector << SECTOR_SHIFT;
	req->io.len = bio->bi_size;
	host_disk_submit(&req->io);
}

/* When a disk is done must not depend on the host: nothing else happens until it is. */
static void wait_for_disks(void)
{
	u32 left;

	while ((left = READ_ONCE(in_flight)) && !irqs_disabled() && !in_interrupt()) {
		local_irq_disable();
		host_wait_word(&in_flight, left, this_cpu_ptr(&um_irq_pending), 0);
		local_irq_enable();
	}
}

static void ubd_submit_bio(struct bio *bio)
{
	struct ubd_request *req;

	if (bio->bi_vcnt <= POOL_VECS)
		req = mempool_alloc(request_pool, GFP_NOIO);
	else
		req = kmalloc(sizeof(*req) + bio->bi_vcnt * sizeof(req->vec[0]),
			      GFP_NOIO | __GFP_NOFAIL);
	*req = (struct ubd_request){ .bio = bio, .step = STEP_PREFLUSH };
	req->io.disk = (unsigned long)bio->bi_bdev->bd_disk->private_data;
	req->io.vec = req->vec;
	req->io.nr_vec = bio->bi_vcnt;
	for (unsigned int i = 0; i < bio->bi_vcnt; i++) {
		const struct bio_vec *bv = &bio->bi_io_vec[i];

		req->vec[i] = (struct host_fs_vec){
			(char *)page_address(bv->bv_page) + bv->bv_offset, bv->bv_len
		};
	}
	if (um_virtual)
		__atomic_fetch_add(&in_flight, 1, __ATOMIC_SEQ_CST);
	start_step(req);
	if (um_virtual)
		wait_for_disks();
}

/* Did the step do what it should? 0 or -errno. */
static int step_error(const struct ubd_request *req)
{
	long result = req->io.result;

	if (result < 0)
		return result == -ENOSPC ? -ENOSPC : -EIO;
	if (req->step == STEP_TRANSFER && req->io.nr_vec && result != req->bio->bi_size)
		return -EIO;
	return 0;
}

static irqreturn_t ubd_interrupt(int irq, void *dev)
{
	struct host_disk_io *io = host_disk_completed();

	while (io) {
		struct host_disk_io *next = io->next;
		struct ubd_request *req = container_of(io, struct ubd_request, io);
		int error = step_error(req);

		if (error) {
			end_request(req, error);
		} else {
			req->step++;
			start_step(req);
		}
		io = next;
	}
	return IRQ_HANDLED;
}

static const struct block_device_operations ubd_fops = { .submit_bio = ubd_submit_bio };

static int add_ubd(unsigned int number, const struct host_disk *info)
{
	struct gendisk *disk = alloc_disk(UBD_MINORS);
	int err;

	if (!disk)
		return -ENOMEM;
	disk->major = UBD_MAJOR;
	disk->first_minor = number * UBD_MINORS;
	disk->fops = &ubd_fops;
	disk->private_data = (void *)(unsigned long)number;
	disk->read_only = info->read_only;
	snprintf(disk->disk_name, sizeof(disk->disk_name), "ubd%c", 'a' + number);
	set_capacity(disk, info->size >> SECTOR_SHIFT);
	err = add_disk(disk);
	if (err)
		put_disk(disk);
	return err;
}

static int __init ubd_init(void)
{
	struct host_disk info;
	int err;

	request_pool = mempool_create_kmalloc_pool(POOL_REQUESTS, sizeof(struct ubd_request) +
							POOL_VECS * sizeof(struct host_fs_vec));
	if (!request_pool)
		return -ENOMEM;
	err = request_irq(IRQ_DISK, ubd_interrupt, 0, "ubd", NULL);
	if (!err)
		err = register_blkdev(UBD_MAJOR, "ubd");
	for (unsigned int i = 0; i < HOST_MAX_DISKS && !err; i++)
		if (!host_disk_info(i, &info))
			err = add_ubd(i, &info);
	return err;
}
device_initcall(ubd_init);
