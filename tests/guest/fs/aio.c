// SPDX-License-Identifier: MIT
// Asynchronous I/O: contexts, transfers, results, eventfd, errors.
#include "fs/fs.h"
#include <linux/aio_abi.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/uio.h>

static long io_setup(unsigned int nr, aio_context_t *ctx)
{
	return syscall(SYS_io_setup, nr, ctx);
}

static long io_destroy(aio_context_t ctx)
{
	return syscall(SYS_io_destroy, ctx);
}

static long io_submit(aio_context_t ctx, long nr, struct iocb **iocbs)
{
	return syscall(SYS_io_submit, ctx, nr, iocbs);
}

static long io_getevents(aio_context_t ctx, long min, long nr, struct io_event *events,
			 struct timespec *timeout)
{
	return syscall(SYS_io_getevents, ctx, min, nr, events, timeout);
}

static struct iocb make(int op, int fd, void *buf, size_t len, long long offset, long data)
{
	return (struct iocb){ .aio_data = data, .aio_lio_opcode = op, .aio_fildes = fd,
			      .aio_buf = (unsigned long)buf, .aio_nbytes = len,
			      .aio_offset = offset };
}

static void contexts(void)
{
	struct timespec zero = { 0, 0 };
	struct io_event ev;
	aio_context_t ctx = 0, two = 0;

	CHECK_ERR(io_setup(0, &ctx), EINVAL);
	CHECK_ERR(io_setup(1, (void *)8), EFAULT);
	CHECK_OK(io_setup(8, &ctx));
	CHECK_NE(ctx, 0);
	CHECK_ERR(io_setup(8, &ctx), EINVAL);
	CHECK_OK(io_setup(8, &two));
	CHECK_NE(ctx, two);
	CHECK_EQ(io_submit(ctx, 0, NULL), 0);
	CHECK_ERR(io_submit(ctx, -1, NULL), EINVAL);
	CHECK_ERR(io_submit(ctx, 1, (void *)8), EFAULT);
	CHECK_EQ(io_getevents(ctx, 0, 1, &ev, NULL), 0);
	CHECK_EQ(io_getevents(ctx, 1, 1, &ev, &zero), 0);
	CHECK_ERR(io_getevents(ctx, 2, 1, &ev, &zero), EINVAL);
	CHECK_ERR(io_getevents(ctx, -1, 1, &ev, &zero), EINVAL);
	CHECK_OK(io_destroy(two));
	CHECK_ERR(io_destroy(two), EINVAL);
	CHECK_ERR(io_getevents(two, 0, 1, &ev, NULL), EINVAL);
	CHECK_ERR(io_submit(two, 0, NULL), EINVAL);
	/* A child has none. */
	pid_t pid = fork();
	if (!pid)
		_exit(io_destroy(ctx) == 0);
	int status;
	waitpid(pid, &status, 0);
	CHECK_EQ(status, 0);
	CHECK_OK(io_destroy(ctx));
}

static void transfers(void)
{
	int fd = open("aio-file", O_RDWR | O_CREAT | O_TRUNC, 0600), counter = eventfd(0, 0);
	char a[8] = "", b[4], c[4];
	struct iovec vec[2] = { { b, 2 }, { c, 2 } };
	struct iocb cb[4], *list[4] = { &cb[0], &cb[1], &cb[2], &cb[3] };
	struct io_event ev[8];
	struct timespec soon = { 1, 0 };
	aio_context_t ctx = 0;
	uint64_t count;

	CHECK_OK(io_setup(8, &ctx));
	cb[0] = make(IOCB_CMD_PWRITE, fd, "0123456789", 10, 0, 100);
	cb[0].aio_key = 77;
	CHECK_EQ(io_submit(ctx, 1, list), 1);
	CHECK_EQ(cb[0].aio_key, 0);
	CHECK_EQ(io_getevents(ctx, 1, 8, ev, &soon), 1);
	CHECK_EQ(ev[0].data, 100);
	CHECK_EQ(ev[0].obj, (unsigned long)&cb[0]);
	CHECK_EQ(ev[0].res, 10);
	cb[0] = make(IOCB_CMD_PREAD, fd, a, 5, 3, 1);
	cb[0].aio_flags = IOCB_FLAG_RESFD;
	cb[0].aio_resfd = counter;
	cb[1] = make(IOCB_CMD_PREADV, fd, vec, 2, 1, 2);
	cb[1].aio_flags = IOCB_FLAG_RESFD;
	cb[1].aio_resfd = counter;
	cb[2] = make(IOCB_CMD_PREAD, fd, a, 5, 1000, 3);
	cb[3] = make(IOCB_CMD_FDSYNC, fd, NULL, 0, 0, 4);
	CHECK_EQ(io_submit(ctx, 4, list), 4);
	CHECK_EQ(io_getevents(ctx, 4, 8, ev, &soon), 4);
	for (int i = 0; i < 4; i++) {
		static const int res[] = { 0, 5, 4, 0, 0 };

		NEED(ev[i].data >= 1 && ev[i].data <= 4);
		CHECK_EQ(ev[i].res, res[ev[i].data]);
	}
	CHECK_EQ(memcmp(a, "34567", 5), 0);
	CHECK_EQ(memcmp(b, "12", 2), 0);
	CHECK_EQ(memcmp(c, "34", 2), 0);
	CHECK_EQ(read(counter, &count, 8), 8);
	CHECK_EQ(count, 2);
	CHECK_OK(io_destroy(ctx));
	close(fd);
	close(counter);
	unlink("aio-file");
}

static void errors(void)
{
	int fd = open("aio-file", O_RDONLY | O_CREAT, 0600);
	struct iocb cb[2], *list[2] = { &cb[0], &cb[1] };
	struct io_event ev[2];
	aio_context_t ctx = 0;
	char a[8];

	CHECK_OK(io_setup(8, &ctx));
	cb[0] = make(IOCB_CMD_PREAD, -1, a, 5, 0, 0);
	CHECK_ERR(io_submit(ctx, 1, list), EBADF);
	cb[0] = make(IOCB_CMD_PWRITE, fd, a, 5, 0, 0);
	CHECK_ERR(io_submit(ctx, 1, list), EBADF);
	cb[0] = make(99, fd, a, 5, 0, 0);
	CHECK_ERR(io_submit(ctx, 1, list), EINVAL);
	cb[0] = make(IOCB_CMD_PREAD, fd, a, 5, 0, 0);
	cb[0].aio_reserved2 = 1;
	CHECK_ERR(io_submit(ctx, 1, list), EINVAL);
	cb[0] = make(IOCB_CMD_PREAD, fd, a, 5, 0, 0);
	cb[0].aio_flags = IOCB_FLAG_RESFD;
	cb[0].aio_resfd = fd;
	CHECK_ERR(io_submit(ctx, 1, list), EINVAL);
	/* What was begun before the bad one counts. */
	cb[0] = make(IOCB_CMD_PREAD, fd, a, 5, 0, 7);
	cb[1] = make(IOCB_CMD_PREAD, -1, a, 5, 0, 8);
	CHECK_EQ(io_submit(ctx, 2, list), 1);
	CHECK_EQ(io_getevents(ctx, 1, 2, ev, NULL), 1);
	CHECK_EQ(ev[0].data, 7);
	CHECK_EQ(ev[0].res, 0);
	CHECK_ERR(syscall(SYS_io_cancel, ctx, &cb[0], ev), EINVAL);
	CHECK_OK(io_destroy(ctx));
	close(fd);
	unlink("aio-file");
}

/* The ring holds what was asked for; more must be collected first. */
static void full(void)
{
	int fd = open("/dev/zero", O_RDONLY), done = 0;
	struct iocb cb, *list[1] = { &cb };
	struct io_event ev[16];
	aio_context_t ctx = 0;
	char a[8];

	CHECK_OK(io_setup(1, &ctx));
	cb = make(IOCB_CMD_PREAD, fd, a, 8, 0, 0);
	while (done < 100000 && io_submit(ctx, 1, list) == 1)
		done++;
	CHECK_EQ(errno, EAGAIN);
	CHECK_GE(done, 1);
	CHECK_EQ(io_getevents(ctx, 1, 1, ev, NULL), 1);
	CHECK_EQ(ev[0].res, 8);
	CHECK_EQ(io_submit(ctx, 1, list), 1);
	CHECK_OK(io_destroy(ctx));
	close(fd);
}

static aio_context_t shared;

static void *late(void *arg)
{
	int fd = open("/dev/zero", O_RDONLY);
	char a[8];
	struct iocb cb = make(IOCB_CMD_PREAD, fd, a, 8, 0, 5), *list[1] = { &cb };

	test_sleep_ms(30);
	CHECK_EQ(io_submit(shared, 1, list), 1);
	close(fd);
	return NULL;
}

static void waiting(void)
{
	struct timespec ts = { 0, 30000000 };
	struct io_event ev;
	pthread_t t;
	long long start;

	CHECK_OK(io_setup(4, &shared));
	start = test_now_ns();
	CHECK_EQ(io_getevents(shared, 1, 1, &ev, &ts), 0);
	CHECK_GE(test_now_ns() - start, 25000000);
	pthread_create(&t, NULL, late, NULL);
	CHECK_EQ(io_getevents(shared, 1, 1, &ev, NULL), 1);
	CHECK_EQ(ev.data, 5);
	pthread_join(t, NULL);
	CHECK_OK(io_destroy(shared));
}

int main(void)
{
	go_to_tmpfs();
	RUN(contexts);
	RUN(transfers);
	RUN(errors);
	RUN(full);
	RUN(waiting);
	leave_tmpfs();
	return test_done();
}
