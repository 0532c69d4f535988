// SPDX-License-Identifier: MIT
/*
 * Descriptors 0, 1 and 2 that are not terminals: transfers by host threads, one for each
 * descriptor and direction, so that a slow reader or writer holds up nobody else and no vCPU.
 *
 * A vCPU pushes a struct host_io on the channel's stack (lock-free: it may take no libc lock)
 * and wakes the thread; the thread takes the whole stack, turns it round, and works it off in
 * order. Readiness for poll() is watched by one more thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include "internal.h"
#include "sys.h"

struct channel {
	struct host_io *submitted;	/* newest first; atomic */
	volatile unsigned int bell;	/* futex: counts submissions */
	volatile int tid;		/* the thread's, 0: none */
	int present;
};

static struct channel channels[3][2];	/* [descriptor][enum host_io_op] */

static volatile unsigned int watched[3];	/* poll events asked for; atomic */
static int watch_bell = -1;			/* eventfd that wakes the watcher */

static long transfer(struct host_io *io)
{
	long nr = io->op == HOST_IO_READ ? SYS_read : SYS_write;
	struct pollfd p = { .fd = io->fd, .events = io->op == HOST_IO_READ ? POLLIN : POLLOUT };
	long n;

	for (;;) {
		n = sys_interruptible(nr, io->fd, (long)io->buf, io->len, 0, &io->cancel);
		if (n == -EINTR && !io->cancel)
			continue;
		if (n != -EAGAIN)
			return n;
		/* Somebody outside made the descriptor non-blocking; here the thread waits. */
		n = sys_interruptible(SYS_poll, (long)&p, 1, -1, 0, &io->cancel);
		if (n < 0 && io->cancel)
			return -EINTR;
	}
}

static void complete(struct host_io *io)
{
	io->result = io->cancel ? -EINTR : transfer(io);
	/* From here on the struct is the submitter's. */
	__atomic_store_n(&io->done, 1, __ATOMIC_SEQ_CST);
	device_raise(HOST_DEV_IO);
}

static void *channel_body(void *arg)
{
	struct channel *channel = arg;

	signals_mask_service();
	channel->tid = sys0(SYS_gettid);
	for (;;) {
		unsigned int bell = __atomic_load_n(&channel->bell, __ATOMIC_SEQ_CST);
		struct host_io *io = __atomic_exchange_n(&channel->submitted, NULL, __ATOMIC_SEQ_CST);
		struct host_io *oldest = NULL;

		if (!io) {
			sys4(SYS_futex, &channel->bell, FUTEX_WAIT_PRIVATE, bell, 0);
			continue;
		}
		while (io) {
			struct host_io *older = io->next;

			io->next = oldest;
			oldest = io;
			io = older;
		}
		while (oldest) {
			struct host_io *next = oldest->next;

			complete(oldest);
			oldest = next;
		}
	}
	return NULL;
}

int host_io_submit(struct host_io *io)
{
	struct channel *channel = &channels[io->fd][io->op];

	if (!channel->present)
		return -EBADF;
	io->done = 0;
	io->next = __atomic_load_n(&channel->submitted, __ATOMIC_SEQ_CST);
	while (!__atomic_compare_exchange_n(&channel->submitted, &io->next, io, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST))
		;
	__atomic_fetch_add(&channel->bell, 1, __ATOMIC_SEQ_CST);
	sys4(SYS_futex, &channel->bell, FUTEX_WAKE_PRIVATE, 1, 0);
	return 0;
}

void host_io_cancel(struct host_io *io)
{
	struct channel *channel = &channels[io->fd][io->op];

	__atomic_store_n(&io->cancel, 1, __ATOMIC_SEQ_CST);
	if (channel->tid)
		sys3(SYS_tgkill, host_pid, channel->tid, SIGWINCH);
}

unsigned int host_fd_poll(int fd, unsigned int events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return sys3(SYS_poll, &p, 1, 0) == 1 ? (unsigned short)p.revents : 0;
}

void host_fd_watch(int fd, unsigned int events)
{
	unsigned long one = 1;

	__atomic_fetch_or(&watched[fd], events, __ATOMIC_SEQ_CST);
	sys3(SYS_write, watch_bell, &one, sizeof(one));
}

/* Waits until the bell rings or a watched descriptor is ready; a ready one is forgotten. */
static void watch_once(void)
{
	struct pollfd p[4] = { [3] = { .fd = watch_bell, .events = POLLIN } };
	unsigned int ready = 0;
	unsigned long count;

	for (int fd = 0; fd < 3; fd++) {
		unsigned int events = __atomic_load_n(&watched[fd], __ATOMIC_SEQ_CST);

		p[fd].fd = events ? fd : -1;
		p[fd].events = events;
	}
	if (sys3(SYS_poll, p, 4, -1) <= 0)
		return;
	if (p[3].revents)
		sys3(SYS_read, watch_bell, &count, sizeof(count));
	for (int fd = 0; fd < 3; fd++) {
		if (p[fd].fd < 0 || !p[fd].revents)
			continue;
		__atomic_fetch_and(&watched[fd], ~(unsigned int)p[fd].events, __ATOMIC_SEQ_CST);
		ready |= host_info.stdio[fd].kind == HOST_FD_TTY ? HOST_DEV_CONSOLE_OUT : HOST_DEV_IO;
	}
	if (ready)
		device_raise(ready);
}

static void *watch_body(void *arg)
{
	(void)arg;
	for (;;)
		watch_once();
	return NULL;
}

long host_fd_seek(int fd, long offset, int whence)
{
	return sys3(SYS_lseek, fd, offset, whence);
}

int host_fd_stat(int fd, struct host_stat *out)
{
	struct stat st;
	int error = sys2(SYS_fstat, fd, &st);

	if (error)
		return error;
	*out = (struct host_stat){
		.mode = st.st_mode,
		.size = st.st_size,
		.rdev = st.st_rdev,
		.ino = st.st_ino,
		.mtime_ns = st.st_mtim.tv_sec * 1000000000UL + st.st_mtim.tv_nsec,
	};
	return 0;
}

int host_fd_truncate(int fd, long size)
{
	return sys2(SYS_ftruncate, fd, size);
}

static void channel_start(int fd, enum host_io_op op)
{
	channels[fd][op].present = 1;
	if (service_thread(channel_body, &channels[fd][op]))
		usage_error("cannot start the thread of descriptor %d", fd);
}

void hostio_prepare(void)
{
	watch_bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (watch_bell < 0 || service_thread(watch_body, NULL))
		usage_error("cannot start the descriptors' thread");
	for (int fd = 0; fd < 3; fd++) {
		if (host_info.stdio[fd].kind != HOST_FD_OTHER)
			continue;
		if (host_info.stdio[fd].readable)
			channel_start(fd, HOST_IO_READ);
		if (host_info.stdio[fd].writable)
			channel_start(fd, HOST_IO_WRITE);
	}
}
