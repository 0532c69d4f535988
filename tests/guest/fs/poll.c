// SPDX-License-Identifier: MIT
// poll, ppoll, select, pselect6, epoll, eventfd.
#include "fs/fs.h"
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>

static void polling(void)
{
	struct pollfd pf[3];
	int p[2], f;
	long long t;

	CHECK_OK(pipe(p));
	f = open("f", O_CREAT | O_RDWR, 0600);
	pf[0] = (struct pollfd){ p[0], POLLIN, 0 };
	pf[1] = (struct pollfd){ p[1], POLLIN | POLLOUT, 0 };
	pf[2] = (struct pollfd){ f, POLLIN | POLLOUT, 0 };
	CHECK_EQ(poll(pf, 1, 0), 0);
	t = test_now_ns();
	CHECK_EQ(poll(pf, 1, 30), 0);
	t = test_now_ns() - t;
	CHECK(t >= 29000000LL && t < 3000000000LL);
	CHECK_EQ(poll(pf, 3, -1), 2);
	CHECK_EQ(pf[0].revents, 0);
	CHECK_EQ(pf[1].revents, POLLOUT);
	CHECK_EQ(pf[2].revents, POLLIN | POLLOUT);
	CHECK_EQ(write(p[1], "x", 1), 1);
	CHECK_EQ(poll(pf, 1, -1), 1);
	CHECK_EQ(pf[0].revents, POLLIN);
	close(p[1]);
	CHECK_EQ(poll(pf, 1, -1), 1);
	CHECK_EQ(pf[0].revents, POLLIN | POLLHUP);
	pf[1] = (struct pollfd){ 999, POLLIN, 0 };
	CHECK_EQ(poll(pf + 1, 1, -1), 1);
	CHECK_EQ(pf[1].revents, POLLNVAL);
	pf[1].fd = -1;
	CHECK_EQ(poll(pf + 1, 1, 0), 0);
	CHECK_EQ(poll(NULL, 0, 1), 0);
	CHECK_ERR(poll((void *)8, 1, 0), EFAULT);
	CHECK_ERR(poll(pf, 1 << 30, 0), EINVAL);
	struct timespec ts = { 0, 1000000000 };
	CHECK_ERR(ppoll(pf, 0, &ts, NULL), EINVAL);
	close(p[0]); close(f);
	unlink("f");
}

static void selecting(void)
{
	fd_set r, w;
	struct timeval tv = { 0, 20000 };
	int p[2];

	CHECK_OK(pipe(p));
	FD_ZERO(&r); FD_ZERO(&w);
	FD_SET(p[0], &r);
	CHECK_EQ(select(p[1] + 1, &r, &w, NULL, &tv), 0);
	CHECK(!FD_ISSET(p[0], &r));
	CHECK_EQ(tv.tv_sec, 0);
	CHECK_EQ(tv.tv_usec, 0);
	FD_SET(p[0], &r); FD_SET(p[1], &w);
	CHECK_EQ(select(p[1] + 1, &r, &w, NULL, NULL), 1);
	CHECK(FD_ISSET(p[1], &w) && !FD_ISSET(p[0], &r));
	CHECK_EQ(write(p[1], "x", 1), 1);
	FD_SET(p[0], &r); FD_SET(p[1], &w);
	CHECK_EQ(select(p[1] + 1, &r, &w, NULL, NULL), 2);
	FD_ZERO(&r);
	FD_SET(60, &r);
	CHECK_ERR(select(61, &r, NULL, NULL, NULL), EBADF);
	CHECK_ERR(select(-1, NULL, NULL, NULL, NULL), EINVAL);
	tv.tv_sec = -1;
	CHECK_ERR(select(0, NULL, NULL, NULL, &tv), EINVAL);
	tv.tv_sec = 0;
	tv.tv_usec = 1000;
	CHECK_EQ(select(0, NULL, NULL, NULL, &tv), 0);
	close(p[0]); close(p[1]);
}

static volatile int got;

static void on_signal(int sig)
{
	got++;
}

static void signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	sigset_t block, none;
	struct timespec ts = { 5, 0 };
	struct pollfd pf = { -1, 0, 0 };

	sigaction(SIGUSR1, &sa, NULL);
	sigemptyset(&none);
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	sigprocmask(SIG_BLOCK, &block, NULL);
	raise(SIGUSR1);
	got = 0;
	CHECK_ERR(ppoll(&pf, 1, &ts, &none), EINTR);
	CHECK_EQ(got, 1);
	raise(SIGUSR1);
	CHECK_ERR(pselect(0, NULL, NULL, NULL, &ts, &none), EINTR);
	CHECK_EQ(got, 2);
	int ep = epoll_create1(0);
	struct epoll_event ev;
	raise(SIGUSR1);
	CHECK_ERR(epoll_pwait(ep, &ev, 1, 5000, &none), EINTR);
	CHECK_EQ(got, 3);
	/* Blocked again after each. */
	raise(SIGUSR1);
	CHECK_EQ(poll(NULL, 0, 10), 0);
	CHECK_EQ(got, 3);
	sigprocmask(SIG_UNBLOCK, &block, NULL);
	CHECK_EQ(got, 4);
	close(ep);
}

static void *late_writer(void *arg)
{
	test_sleep_ms(20);
	if (write(*(int *)arg, "x", 1) != 1)
		FAIL("late write");
	return NULL;
}

static void wakes(void)
{
	struct pollfd pf;
	struct epoll_event ev = { .events = EPOLLIN };
	pthread_t t;
	int p[2], ep = epoll_create1(EPOLL_CLOEXEC);
	char c;

	CHECK_OK(pipe(p));
	pf = (struct pollfd){ p[0], POLLIN, 0 };
	pthread_create(&t, NULL, late_writer, &p[1]);
	CHECK_EQ(poll(&pf, 1, 5000), 1);
	pthread_join(t, NULL);
	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev));
	pthread_create(&t, NULL, late_writer, &p[1]);
	CHECK_EQ(epoll_wait(ep, &ev, 1, 5000), 1);
	pthread_join(t, NULL);
	close(p[0]); close(p[1]); close(ep);
}

static void epoll_modes(void)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = 77 }, out[4];
	int p[2], q[2], ep = epoll_create1(0);
	char c;

	CHECK_OK(pipe(p));
	CHECK_OK(pipe(q));
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev));
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev), EEXIST);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 0);
	CHECK_EQ(write(p[1], "xy", 2), 2);
	/* level: until it is read */
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 1);
	CHECK_EQ(out[0].data.u64, 77);
	CHECK_EQ(out[0].events, EPOLLIN);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 1);
	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 1);
	/* edge: once for each arrival */
	ev.events = EPOLLIN | EPOLLET;
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &ev));
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 1);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 0);
	CHECK_EQ(write(p[1], "z", 1), 1);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 1);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 0);
	/* one shot: until armed again */
	ev.events = EPOLLIN | EPOLLONESHOT;
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &ev));
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 1);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 0);
	CHECK_EQ(write(p[1], "z", 1), 1);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 0);
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &ev));
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 1);
	/* hang-up comes without asking */
	ev.events = 0;
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, q[0], &ev));
	close(q[1]);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 1);
	CHECK_EQ(out[0].events, EPOLLHUP);
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_DEL, q[0], NULL));
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_DEL, q[0], NULL), ENOENT);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_MOD, q[0], &ev), ENOENT);
	/* a closed file leaves by itself, but only with its last descriptor */
	int d = dup(p[0]);
	ev.events = EPOLLIN;
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &ev));
	close(p[0]);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 1);
	close(d);
	CHECK_EQ(epoll_wait(ep, out, 4, 0), 0);
	close(p[1]); close(q[0]); close(ep);
}

static void epoll_errors(void)
{
	struct epoll_event ev = { .events = EPOLLIN }, out[1];
	int ep = epoll_create1(0), other = epoll_create1(0), f, p[2];

	CHECK_OK(pipe(p));
	f = open("f", O_CREAT | O_RDWR, 0600);
	CHECK_ERR(epoll_create1(1), EINVAL);
	CHECK_ERR(epoll_create(0), EINVAL);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, f, &ev), EPERM);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, ep, &ev), EINVAL);
	CHECK_ERR(epoll_ctl(f, EPOLL_CTL_ADD, p[0], &ev), EINVAL);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, 999, &ev), EBADF);
	CHECK_ERR(epoll_ctl(999, EPOLL_CTL_ADD, p[0], &ev), EBADF);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], (void *)8), EFAULT);
	CHECK_ERR(epoll_ctl(ep, 99, p[0], &ev), EINVAL);
	CHECK_ERR(epoll_wait(ep, out, 0, 0), EINVAL);
	CHECK_ERR(epoll_wait(f, out, 1, 0), EINVAL);
	CHECK_ERR(epoll_wait(999, out, 1, 0), EBADF);
	ev.events = EPOLLIN | EPOLLEXCLUSIVE;
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev));
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &ev), EINVAL);
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, other, &ev), EINVAL);
	/* Nesting works, in a circle it does not. */
	ev.events = EPOLLIN;
	CHECK_OK(epoll_ctl(other, EPOLL_CTL_ADD, ep, &ev));
	CHECK_ERR(epoll_ctl(ep, EPOLL_CTL_ADD, other, &ev), ELOOP);
	CHECK_EQ(epoll_wait(other, out, 1, 0), 0);
	CHECK_EQ(write(p[1], "x", 1), 1);
	CHECK_EQ(epoll_wait(other, out, 1, 0), 1);
	struct pollfd pf = { other, POLLIN, 0 };
	CHECK_EQ(poll(&pf, 1, 0), 1);
	close(ep); close(other); close(f); close(p[0]); close(p[1]);
	unlink("f");
}

static void counters(void)
{
	uint64_t v;
	int e = eventfd(3, EFD_NONBLOCK), s = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
	struct pollfd pf = { e, POLLIN | POLLOUT, 0 };

	CHECK_EQ(read(e, &v, 8), 8);
	CHECK_EQ(v, 3);
	CHECK_ERR(read(e, &v, 8), EAGAIN);
	CHECK_ERR(read(e, &v, 4), EINVAL);
	CHECK_EQ(poll(&pf, 1, 0), 1);
	CHECK_EQ(pf.revents, POLLOUT);
	v = 5;
	CHECK_EQ(write(e, &v, 8), 8);
	CHECK_EQ(write(e, &v, 8), 8);
	CHECK_EQ(poll(&pf, 1, 0), 1);
	CHECK_EQ(pf.revents, POLLIN | POLLOUT);
	CHECK_EQ(read(e, &v, 8), 8);
	CHECK_EQ(v, 10);
	v = -1;
	CHECK_ERR(write(e, &v, 8), EINVAL);
	v = -2;
	CHECK_EQ(write(e, &v, 8), 8);
	v = 1;
	CHECK_ERR(write(e, &v, 8), EAGAIN);
	CHECK_EQ(poll(&pf, 1, 0), 1);
	CHECK_EQ(pf.revents, POLLIN);
	CHECK_EQ(read(s, &v, 8), 8);
	CHECK_EQ(v, 1);
	CHECK_EQ(read(s, &v, 8), 8);
	CHECK_EQ(v, 1);
	CHECK_ERR(read(s, &v, 8), EAGAIN);
	CHECK_ERR(eventfd(0, 0x10), EINVAL);
	close(e); close(s);
}

int main(void)
{
	go_to_tmpfs();
	RUN(polling);
	RUN(selecting);
	RUN(signals);
	RUN(wakes);
	RUN(epoll_modes);
	RUN(epoll_errors);
	RUN(counters);
	leave_tmpfs();
	return test_done();
}
