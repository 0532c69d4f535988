// SPDX-License-Identifier: MIT
/*
 * Content of the host's files. A read whose data the host has in memory is done by the vCPU
 * itself (RWF_NOWAIT: 1 us and the copy); what would wait for a disk goes to one of a few host
 * threads over a lock-free stack, so that the vCPU goes on with other tasks.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/fs.h>
#include <sys/uio.h>
#include <unistd.h>
#include "exports.h"
#include "internal.h"
#include "sys.h"

#define IO_THREADS 4

/* The kernel builds its vectors for preadv() itself. */
_Static_assert(sizeof(struct host_fs_vec) == sizeof(struct iovec), "a vector is an iovec");

static struct host_fs_job *submitted;	/* newest first; atomic */
static volatile unsigned int bell;	/* futex: counts submissions */

static long transfer(const struct host_fs_job *job, int flags)
{
	long nr = job->op == HOST_FS_PREAD ? SYS_preadv2 : SYS_pwritev2;

	if (job->op == HOST_FS_PWRITE && job->flags & HOST_FS_APPEND)
		flags |= RWF_APPEND;
	/* The offset's upper half is a word of its own only on 32-bit machines. */
	return sys6(nr, job->fd, (long)job->vec, job->nr_vec, job->offset, 0, flags);
}

static long perform(const struct host_fs_job *job)
{
	long n = -ENOSYS;

	do {
		switch (job->op) {
		case HOST_FS_PREAD:
		case HOST_FS_PWRITE:
			n = transfer(job, 0);
			break;
		case HOST_FS_FSYNC:
			n = sys1(job->flags & HOST_FS_DATA ? SYS_fdatasync : SYS_fsync, job->fd);
			break;
		case HOST_FS_FALLOCATE:
			n = sys4(SYS_fallocate, job->fd, job->flags, job->offset, job->len);
			break;
		case HOST_FS_TRUNCATE:
			n = sys2(SYS_ftruncate, job->fd, job->len);
			break;
		}
	} while (n == -EINTR);
	return n;
}

long host_fs_try(struct host_fs_job *job)
{
	long n;

	switch (job->op) {
	case HOST_FS_PREAD:
		n = transfer(job, RWF_NOWAIT);
		/* File systems that do not know the flag keep their data in memory, or their own way. */
		return n == -EOPNOTSUPP || n == -EINTR ? -EAGAIN : n;
	case HOST_FS_PWRITE:
	case HOST_FS_TRUNCATE:
		/* Into the host's page cache. */
		n = perform(job);
		return n;
	default:
		return -EAGAIN;
	}
}

static struct host_fs_job *take_one(void)
{
	struct host_fs_job *job = __atomic_exchange_n(&submitted, NULL, __ATOMIC_SEQ_CST);

	if (!job || !job->next)
		return job;
	/* Whatever else came goes back: another thread takes it. */
	struct host_fs_job *rest = job->next, *last = rest;

	while (last->next)
		last = last->next;
	last->next = __atomic_load_n(&submitted, __ATOMIC_SEQ_CST);
	while (!__atomic_compare_exchange_n(&submitted, &last->next, rest, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST))
		;
	__atomic_fetch_add(&bell, 1, __ATOMIC_SEQ_CST);
	sys4(SYS_futex, &bell, FUTEX_WAKE_PRIVATE, 1, 0);
	return job;
}

static void *io_body(void *arg)
{
	(void)arg;
	for (;;) {
		unsigned int heard = __atomic_load_n(&bell, __ATOMIC_SEQ_CST);
		struct host_fs_job *job = take_one();

		if (!job) {
			sys4(SYS_futex, &bell, FUTEX_WAIT_PRIVATE, heard, 0);
			continue;
		}
		job->result = perform(job);
		/* From here on the struct is the submitter's. */
		__atomic_store_n(&job->done, 1, __ATOMIC_SEQ_CST);
		device_raise(HOST_DEV_IO);
	}
	return NULL;
}

void host_fs_submit(struct host_fs_job *job)
{
	job->done = 0;
	job->next = __atomic_load_n(&submitted, __ATOMIC_SEQ_CST);
	while (!__atomic_compare_exchange_n(&submitted, &job->next, job, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST))
		;
	__atomic_fetch_add(&bell, 1, __ATOMIC_SEQ_CST);
	sys4(SYS_futex, &bell, FUTEX_WAKE_PRIVATE, 1, 0);
}

void hostfs_io_prepare(void)
{
	for (int i = 0; i < IO_THREADS && exports_any(); i++) {
		if (service_thread(io_body, NULL))
			usage_error("cannot start the threads of the host's files");
	}
}
