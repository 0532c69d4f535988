// SPDX-License-Identifier: MIT
/* Waiting for events: descriptors made for that, and the calls that wait. */
#include "nth.h"

#include <linux/aio_abi.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>

static void try_eventfd(void) { close_fd(TRY(eventfd(0, 0))); }
static void try_timerfd(void) { close_fd(TRY(timerfd_create(CLOCK_MONOTONIC, 0))); }

static void try_signalfd(void)
{
	sigset_t set;

	sigemptyset(&set);
	close_fd(TRY(signalfd(-1, &set, 0)));
}

static void try_memfd(void) { close_fd(TRY(memfd_create("m", 0))); }

static void try_inotify(void)
{
	int fd = inotify_init();

	TRY(inotify_add_watch(fd, ".", IN_CREATE));
	close_fd(fd);
}

static void try_inotify_init(void) { close_fd(TRY(inotify_init1(0))); }

static void try_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fd = epoll_create1(0), target = eventfd(0, 0);

	TRY(epoll_ctl(fd, EPOLL_CTL_ADD, target, &event));
	close_fd(fd);
	close_fd(target);
}

static void try_epoll_create(void) { close_fd(TRY(epoll_create1(0))); }

static void try_poll(void)
{
	struct pollfd fds[200];

	for (int i = 0; i < 200; i++)
		fds[i] = (struct pollfd){ .fd = 0, .events = POLLIN };
	TRY(poll(fds, 200, 0));
}

static void try_select(void)
{
	struct timeval none = { 0 };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(0, &set);
	TRY(select(900, &set, NULL, NULL, &none));
}

static void try_io_uring(void)
{
	char params[120] = { 0 };

	close_fd(TRY(syscall(SYS_io_uring_setup, 8, params)));
}

static void try_pidfd(void) { close_fd(TRY(syscall(SYS_pidfd_open, getpid(), 0))); }

static void try_timer(void)
{
	int id;

	if (!TRY(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &id)))
		syscall(SYS_timer_delete, id);
}

static void try_kill(void)
{
	signal(SIGUSR1, SIG_IGN);
	TRY(kill(getpid(), SIGUSR1));
}

static void try_sigqueue(void)
{
	sigset_t set, old;
	struct timespec none = { 0 };

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, &old);
	if (!TRY(sigqueue(getpid(), SIGRTMIN, (union sigval){ 0 })))
		sigtimedwait(&set, NULL, &none);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static void try_epoll_wait(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fd = epoll_create1(0), target = eventfd(1, 0);

	epoll_ctl(fd, EPOLL_CTL_ADD, target, &event);
	TRY(epoll_wait(fd, &event, 1, 0));
	close_fd(fd);
	close_fd(target);
}

static void try_inotify_event(void)
{
	int fd = inotify_init1(IN_NONBLOCK);

	inotify_add_watch(fd, ".", IN_CREATE | IN_DELETE);
	close_fd(TRY(open("seen", O_CREAT | O_RDWR, 0600)));
	unlink("seen");
	close_fd(fd);
}

static void try_dnotify(void)
{
	int fd = open(".", O_RDONLY | O_DIRECTORY);

	TRY(fcntl(fd, F_NOTIFY, DN_CREATE));
	close_fd(fd);
}

static void try_fasync(void)
{
	int p[2];

	if (pipe(p))
		return;
	fcntl(p[0], F_SETOWN, getpid());
	TRY(fcntl(p[0], F_SETFL, O_ASYNC | O_NONBLOCK));
	close(p[0]);
	close(p[1]);
}

static void try_aio(void)
{
	aio_context_t ctx = 0;

	if (!TRY(syscall(SYS_io_setup, 10, &ctx)))
		syscall(SYS_io_destroy, ctx);
}

static void try_aio_submit(void)
{
	static char data[8192];
	aio_context_t ctx = 0;
	int fd = open("file", O_RDWR);
	struct iocb cb = { .aio_fildes = fd, .aio_lio_opcode = IOCB_CMD_PWRITE,
			   .aio_buf = (unsigned long)data, .aio_nbytes = sizeof(data) }, *cbs[] = { &cb };

	if (!syscall(SYS_io_setup, 10, &ctx)) {
		TRY(syscall(SYS_io_submit, ctx, 1, cbs));
		syscall(SYS_io_destroy, ctx);
	}
	ftruncate(fd, 0);
	close_fd(fd);
}

static void try_timerfd_set(void)
{
	struct itimerspec soon = { .it_value.tv_nsec = 1 };
	int fd = timerfd_create(CLOCK_REALTIME, 0);

	TRY(timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &soon, NULL));
	close_fd(fd);
}

static void try_ppoll(void)
{
	struct pollfd fds[3] = { { .fd = 0, .events = POLLIN } };
	struct timespec none = { 0 };
	sigset_t set;

	sigemptyset(&set);
	TRY(ppoll(fds, 3, &none, &set));
}

static void nothing(int signal) { }
static void be_signalled(void)
{
	signal(SIGUSR2, nothing);
	TRY(kill(getpid(), SIGUSR2));
}

/* Without memory for the frame it dies. */
static void try_signal_frame(void) { in_child(be_signalled); }

const struct nth_call event_calls[] = {
	CALL(eventfd), CALL(timerfd), CALL(signalfd), CALL(memfd), CALL(inotify),
	CALL(inotify_init), CALL(epoll), CALL(epoll_create), CALL(poll), CALL(select),
	CALL(io_uring), CALL(pidfd), CALL(timer), CALL(kill), CALL(sigqueue),
	CALL(epoll_wait), CALL(inotify_event), CALL(dnotify), CALL(fasync), CALL(aio),
	CALL(aio_submit), CALL(timerfd_set), CALL(ppoll), CALL(signal_frame),
	{ NULL, NULL },
};
