// SPDX-License-Identifier: MIT
// timerfd and signalfd.
#include "test.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

#define MS 1000000L

static struct itimerspec every(long value, long interval)
{
	return (struct itimerspec){ { 0, interval }, { 0, value } };
}

static void expirations_are_counted(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct itimerspec its = every(5 * MS, 5 * MS), cur;
	uint64_t n = 0;

	CHECK(fd >= 0);
	CHECK_ERR(read(fd, &n, 8), EAGAIN);
	CHECK_ERR(read(fd, &n, 4), EINVAL);
	CHECK_OK(timerfd_settime(fd, 0, &its, NULL));
	usleep(28000);
	CHECK_EQ(read(fd, &n, 8), 8);
	CHECK(n >= 4);
	CHECK_OK(timerfd_gettime(fd, &cur));
	CHECK_EQ(cur.it_interval.tv_nsec, 5 * MS);
	CHECK(cur.it_value.tv_nsec <= 5 * MS);
	its = every(0, 0);
	CHECK_OK(timerfd_settime(fd, 0, &its, &cur));
	CHECK_EQ(cur.it_interval.tv_nsec, 5 * MS);
	CHECK_OK(timerfd_gettime(fd, &cur));
	CHECK_EQ(cur.it_value.tv_nsec, 0);
	usleep(8000);
	CHECK_ERR(read(fd, &n, 8), EAGAIN);
	close(fd);
}

static void a_read_waits(void)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC);
	struct itimerspec its = every(10 * MS, 0);
	long long start = test_now_ns();
	uint64_t n = 0;

	CHECK_OK(timerfd_settime(fd, 0, &its, NULL));
	CHECK_EQ(read(fd, &n, 8), 8);
	CHECK_EQ(n, 1);
	CHECK(test_now_ns() - start >= 9 * MS);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
}

static void absolute_times(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, 0), ep = epoll_create1(0);
	struct epoll_event ev = { .events = EPOLLIN }, got;
	struct itimerspec its = { 0 };
	uint64_t n;

	its.it_value.tv_nsec = 1;	/* long ago */
	CHECK_OK(timerfd_settime(fd, TFD_TIMER_ABSTIME, &its, NULL));
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	CHECK_EQ(epoll_wait(ep, &got, 1, 2000), 1);
	CHECK_EQ(read(fd, &n, 8), 8);
	CHECK_EQ(n, 1);
	CHECK_EQ(epoll_wait(ep, &got, 1, 0), 0);
	close(fd);
	close(ep);
}

static void timer_errors(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	struct itimerspec its = every(MS, 0), bad = every(-1, 0);

	CHECK_ERR(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0), EINVAL);
	CHECK_ERR(timerfd_create(77, 0), EINVAL);
	CHECK_ERR(timerfd_create(CLOCK_MONOTONIC, 1), EINVAL);
	CHECK_ERR(timerfd_settime(fd, 0x100, &its, NULL), EINVAL);
	CHECK_ERR(timerfd_settime(fd, 0, &bad, NULL), EINVAL);
	CHECK_ERR(timerfd_settime(-1, 0, &its, NULL), EBADF);
	CHECK_ERR(timerfd_settime(0, 0, &its, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_timerfd_settime, fd, 0, 8, NULL), EFAULT);
	CHECK_ERR(syscall(SYS_timerfd_gettime, fd, 8), EFAULT);
	close(fd);
}

static void signals_are_read(void)
{
	struct signalfd_siginfo info[3];
	sigset_t set, old;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, &old);
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	CHECK(fd >= 0);
	CHECK_ERR(read(fd, info, sizeof(info)), EAGAIN);
	CHECK_ERR(read(fd, info, 8), EINVAL);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGUSR1);
	sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 41 });
	sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 42 });
	CHECK_EQ(read(fd, info, sizeof(info)), sizeof(info));
	CHECK_EQ(info[0].ssi_signo, SIGUSR1);
	CHECK_EQ(info[0].ssi_pid, getpid());
	CHECK_EQ(info[0].ssi_code, SI_USER);
	CHECK_EQ(info[1].ssi_signo, SIGRTMIN);
	CHECK_EQ(info[1].ssi_int, 41);
	CHECK_EQ(info[2].ssi_int, 42);
	CHECK_EQ(info[2].ssi_code, SI_QUEUE);
	close(fd);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static void a_child_wakes_a_poller(void)
{
	struct signalfd_siginfo info;
	struct pollfd pfd;
	sigset_t set, old;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &old);
	pfd = (struct pollfd){ signalfd(-1, &set, 0), POLLIN, 0 };
	CHECK_EQ(poll(&pfd, 1, 0), 0);
	pid = fork();
	if (!pid)
		_exit(3);
	CHECK_EQ(poll(&pfd, 1, 5000), 1);
	CHECK_EQ(read(pfd.fd, &info, sizeof(info)), sizeof(info));
	CHECK_EQ(info.ssi_signo, SIGCHLD);
	CHECK_EQ(info.ssi_pid, pid);
	CHECK_EQ(info.ssi_status, 3);
	CHECK_EQ(info.ssi_code, CLD_EXITED);
	waitpid(pid, NULL, 0);
	/* The set can be changed. */
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	CHECK_EQ(signalfd(pfd.fd, &set, 0), pfd.fd);
	kill(getpid(), SIGUSR2);
	CHECK_EQ(poll(&pfd, 1, 0), 1);
	CHECK_EQ(read(pfd.fd, &info, sizeof(info)), sizeof(info));
	CHECK_EQ(info.ssi_signo, SIGUSR2);
	close(pfd.fd);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static void a_set_outlives_the_one_who_watched(void)
{
	struct epoll_event ev = { .events = EPOLLIN }, got;
	sigset_t set;
	int ep = epoll_create1(0), fd;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	fd = signalfd(-1, &set, 0);
	pid = fork();
	if (!pid) {
		/* Watches through the child's own signals; then the child is gone. */
		epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	CHECK_EQ(epoll_wait(ep, &got, 1, 0), 0);
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL));
	close(fd);
	close(ep);
}

static void signal_errors(void)
{
	sigset_t set;

	sigemptyset(&set);
	CHECK_ERR(signalfd(-1, &set, 1), EINVAL);
	CHECK_ERR(signalfd(0, &set, 0), EINVAL);
	CHECK_ERR(signalfd(999, &set, 0), EBADF);
	CHECK_ERR(syscall(SYS_signalfd4, -1, 8, 8, 0), EFAULT);
	CHECK_ERR(syscall(SYS_signalfd4, -1, &set, 4, 0), EINVAL);
}

int main(void)
{
	RUN(expirations_are_counted);
	RUN(a_read_waits);
	RUN(absolute_times);
	RUN(timer_errors);
	RUN(signals_are_read);
	RUN(a_child_wakes_a_poller);
	RUN(a_set_outlives_the_one_who_watched);
	RUN(signal_errors);
	return test_done();
}
