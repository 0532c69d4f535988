// SPDX-License-Identifier: MIT
/*
 * Block devices: files of the host behind ubd0=, ubd1=, ... One host thread owns an io_uring
 * for all of them. A vCPU pushes a struct host_disk_io on a stack (lock-free: it may take no
 * libc lock) and rings an eventfd, which the ring reads; what is done goes to a second stack,
 * and HOST_DEV_DISK is raised.
 *
 * The ring can do nothing but read, write, flush and punch holes on the descriptors registered
 * with it, whatever is written into its queues. On hosts without io_uring the thread makes the
 * same calls itself, one at a time.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/falloc.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include "internal.h"
#include "sys.h"

#define RING_ENTRIES 128

_Static_assert(sizeof(struct host_fs_vec) == sizeof(struct iovec), "a vector is an iovec");

static struct disk {
	int fd;				/* -1: none */
	struct host_disk info;
} disks[HOST_MAX_DISKS] = { [0 ... HOST_MAX_DISKS - 1] = { .fd = -1 } };
static unsigned int nr_disks;

static struct host_disk_io *submitted, *completed;	/* newest first; atomic */
static int bell = -1;				/* eventfd: counts submissions */
static struct io_uring ring;			/* the thread's */
static bool have_ring;

/*
 * Two kernels that write one image destroy it. The host lets go of an io_uring's files some time
 * after the process that had it: the next run may be there first.
 */
static bool lock_image(int fd, int kind)
{
	const struct timespec pause = { .tv_nsec = 10000000 };

	for (unsigned int i = 0; i < 100; i++) {
		if (!flock(fd, kind | LOCK_NB))
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

void disk_open(unsigned int number, const char *path, bool read_only)
{
	struct disk *disk = &disks[number];
	struct stat st;
	long size;

	if (disk->fd >= 0)
		usage_error("ubd%u= is given twice", number);
	disk->fd = open(path, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (disk->fd < 0 || fstat(disk->fd, &st))
		usage_error("ubd%u=%s: %s", number, path, strerror(errno));
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		usage_error("ubd%u=%s: neither a file nor a block device", number, path);
	if (!lock_image(disk->fd, read_only ? LOCK_SH : LOCK_EX))
		usage_error("ubd%u=%s: in use by another process", number, path);
	size = lseek(disk->fd, 0, SEEK_END);
	if (size < 512)
		usage_error("ubd%u=%s: smaller than a sector", number, path);
	disk->info = (struct host_disk){ .size = size, .read_only = read_only };
	nr_disks++;
}

int host_disk_info(unsigned int number, struct host_disk *info)
{
	if (number >= HOST_MAX_DISKS || disks[number].fd < 0)
		return -ENODEV;
	*info = disks[number].info;
	return 0;
}

/* ---- completion ---- */

static void finish(struct host_disk_io *io, long result)
{
	io->result = result;
	io->next = __atomic_load_n(&completed, __ATOMIC_SEQ_CST);
	while (!__atomic_compare_exchange_n(&completed, &io->next, io, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST))
		;
}

struct host_disk_io *host_disk_completed(void)
{
	return __atomic_exchange_n(&completed, NULL, __ATOMIC_SEQ_CST);
}

/* ---- with io_uring ---- */

static bool listening; /* a read of the bell is under way */

/* Takes what the ring has done. */
static void reap(void)
{
	struct io_uring_cqe *cqe;
	unsigned int head, seen = 0;
	bool done = false;

	io_uring_for_each_cqe(&ring, head, cqe) {
		struct host_disk_io *io = io_uring_cqe_get_data(cqe);

		if (io) {
			finish(io, cqe->res);
			done = true;
		} else {
			listening = false;
		}
		seen++;
	}
	io_uring_cq_advance(&ring, seen);
	if (done)
		device_raise(HOST_DEV_DISK);
}

/* Old hosts take nothing in while completions overflow: those are taken first then. */
static struct io_uring_sqe *get_sqe(void)
{
	struct io_uring_sqe *sqe;

	while (!(sqe = io_uring_get_sqe(&ring)))
		if (io_uring_submit(&ring) < 0)
			reap();
	return sqe;
}

/* Registered files: the bell, then the disks by number. */
static void queue(struct host_disk_io *io)
{
	struct io_uring_sqe *sqe = get_sqe();
	int file = io->disk + 1;

	switch (io->op) {
	case HOST_DISK_READ:
		io_uring_prep_readv(sqe, file, (struct iovec *)io->vec, io->nr_vec, io->offset);
		break;
	case HOST_DISK_WRITE:
		io_uring_prep_writev(sqe, file, (struct iovec *)io->vec, io->nr_vec, io->offset);
		break;
	case HOST_DISK_FLUSH:
		io_uring_prep_fsync(sqe, file, IORING_FSYNC_DATASYNC);
		break;
	case HOST_DISK_DISCARD:
		io_uring_prep_fallocate(sqe, file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					io->offset, io->len);
		break;
	}
	io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
	io_uring_sqe_set_data(sqe, io);
}

static void queue_bell(unsigned long *count)
{
	struct io_uring_sqe *sqe = get_sqe();

	io_uring_prep_read(sqe, 0, count, sizeof(*count), 0);
	io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
	io_uring_sqe_set_data(sqe, NULL);
}

static void take_submitted(void (*start)(struct host_disk_io *io))
{
	struct host_disk_io *io = __atomic_exchange_n(&submitted, NULL, __ATOMIC_SEQ_CST);
	struct host_disk_io *oldest = NULL;

	while (io) {
		struct host_disk_io *older = io->next;

		io->next = oldest;
		oldest = io;
		io = older;
	}
	while (oldest) {
		struct host_disk_io *next = oldest->next;

		start(oldest);
		oldest = next;
	}
}

static void *ring_body(void *unused)
{
	static unsigned long count;

	signals_mask_service();
	for (;;) {
		if (!listening)
			queue_bell(&count);
		listening = true;
		take_submitted(queue);
		io_uring_submit_and_wait(&ring, 1);
		reap();
	}
	return unused;
}

/* By calls of our own: Debian 12's liburing has no symbols for two of them. */
static int restrict_ring(void)
{
	static const unsigned char ops[] = { IORING_OP_READ, IORING_OP_READV, IORING_OP_WRITEV,
					     IORING_OP_FSYNC, IORING_OP_FALLOCATE };
	struct io_uring_restriction rules[sizeof(ops) + 2];
	int files[HOST_MAX_DISKS + 1], n = 0, error;

	memset(rules, 0, sizeof(rules));
	for (unsigned int i = 0; i < sizeof(ops); i++, n++) {
		rules[n].opcode = IORING_RESTRICTION_SQE_OP;
		rules[n].sqe_op = ops[i];
	}
	rules[n].opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED;
	rules[n++].sqe_flags = IOSQE_FIXED_FILE;
	rules[n].opcode = IORING_RESTRICTION_SQE_FLAGS_REQUIRED;
	rules[n++].sqe_flags = IOSQE_FIXED_FILE;
	files[0] = bell;
	for (int i = 0; i < HOST_MAX_DISKS; i++)
		files[i + 1] = disks[i].fd;
	error = io_uring_register_files(&ring, files, HOST_MAX_DISKS + 1);
	if (!error)
		error = sys4(SYS_io_uring_register, ring.ring_fd, IORING_REGISTER_RESTRICTIONS, rules, n);
	if (!error)
		error = sys4(SYS_io_uring_register, ring.ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
	return error;
}

/* ---- without ---- */

static long transfer(const struct host_disk_io *io)
{
	int fd = disks[io->disk].fd;
	long n = -EINVAL;

	do {
		switch (io->op) {
		case HOST_DISK_READ:
			n = sys5(SYS_preadv, fd, io->vec, io->nr_vec, io->offset, 0);
			break;
		case HOST_DISK_WRITE:
			n = sys5(SYS_pwritev, fd, io->vec, io->nr_vec, io->offset, 0);
			break;
		case HOST_DISK_FLUSH:
			n = sys1(SYS_fdatasync, fd);
			break;
		case HOST_DISK_DISCARD:
			n = sys4(SYS_fallocate, fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				 io->offset, io->len);
			break;
		}
	} while (n == -EINTR);
	return n;
}

static void do_now(struct host_disk_io *io)
{
	finish(io, transfer(io));
	device_raise(HOST_DEV_DISK);
}

static void *plain_body(void *unused)
{
	unsigned long count;

	signals_mask_service();
	for (;;) {
		take_submitted(do_now);
		sys3(SYS_read, bell, &count, sizeof(count));
	}
	return unused;
}

/* ---- interface ---- */

void host_disk_submit(struct host_disk_io *io)
{
	unsigned long one = 1;

	io->next = __atomic_load_n(&submitted, __ATOMIC_SEQ_CST);
	while (!__atomic_compare_exchange_n(&submitted, &io->next, io, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST))
		;
	sys3(SYS_write, bell, &one, sizeof(one));
}

/* Before the confinement: what needs calls that are not allowed later. */
void disks_prepare(void)
{
	if (!nr_disks)
		return;
	bell = eventfd(0, EFD_CLOEXEC);
	if (bell < 0)
		usage_error("no eventfd for the disks: %s", strerror(errno));
	if (io_uring_queue_init(RING_ENTRIES, &ring, IORING_SETUP_R_DISABLED))
		return;
	if (restrict_ring())
		io_uring_queue_exit(&ring);
	else
		have_ring = true;
}

void disks_start(void)
{
	if (nr_disks && service_thread(have_ring ? ring_body : plain_body, NULL))
		usage_error("cannot start the thread of the disks");
}
