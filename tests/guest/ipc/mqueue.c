// SPDX-License-Identifier: MIT
// LDFLAGS: -lrt
// POSIX message queues: attributes, priorities, waiting, limits, notification, the file system.
#include "test.h"
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

static char name[64];

static mqd_t open_new(long maxmsg, long msgsize, int flags)
{
	struct mq_attr attr = { .mq_maxmsg = maxmsg, .mq_msgsize = msgsize };
	mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_EXCL | flags, 0600, &attr);

	NEED(q >= 0);
	return q;
}

static void opening(void)
{
	struct mq_attr attr;
	mqd_t q, r;

	CHECK_ERR(mq_open(name, O_RDWR), ENOENT);
	CHECK_ERR(mq_unlink(name), ENOENT);
	q = mq_open(name, O_RDWR | O_CREAT, 0640, NULL);
	CHECK_OK(q);
	CHECK_EQ(fcntl(q, F_GETFD), FD_CLOEXEC);
	CHECK_ERR(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, NULL), EEXIST);
	CHECK_OK(mq_getattr(q, &attr));
	CHECK_EQ(attr.mq_maxmsg, 10);
	CHECK_EQ(attr.mq_msgsize, 8192);
	CHECK_EQ(attr.mq_curmsgs, 0);
	CHECK_EQ(attr.mq_flags, 0);
	r = mq_open(name, O_RDONLY | O_NONBLOCK);
	CHECK_OK(r);
	CHECK_ERR(mq_send(r, "x", 1, 0), EBADF);
	CHECK_OK(mq_getattr(r, &attr));
	CHECK_EQ(attr.mq_flags, O_NONBLOCK);
	CHECK_OK(mq_send(q, "hello", 5, 3));
	CHECK_OK(mq_close(r));
	CHECK_OK(mq_unlink(name));
	CHECK_ERR(mq_open(name, O_RDWR), ENOENT);
	/* Unlinked queues live on while they are open. */
	CHECK_OK(mq_getattr(q, &attr));
	CHECK_EQ(attr.mq_curmsgs, 1);
	CHECK_OK(mq_close(q));
	CHECK_ERR(mq_close(q), EBADF);
	attr = (struct mq_attr){ .mq_maxmsg = 0, .mq_msgsize = 10 };
	CHECK_ERR(mq_open(name, O_RDWR | O_CREAT, 0600, &attr), EINVAL);
	attr = (struct mq_attr){ .mq_maxmsg = 10, .mq_msgsize = -1 };
	CHECK_ERR(mq_open(name, O_RDWR | O_CREAT, 0600, &attr), EINVAL);
	attr = (struct mq_attr){ .mq_maxmsg = 10, .mq_msgsize = 1L << 40 };
	CHECK_ERR(mq_open(name, O_RDWR | O_CREAT, 0600, &attr), EINVAL);
	CHECK_ERR(mq_open("/a/b", O_RDWR | O_CREAT, 0600, NULL), EACCES);
	CHECK_ERR(mq_open("/", O_RDWR | O_CREAT, 0600, NULL), ENOENT);
}

static void order(void)
{
	static const struct { const char *text; unsigned int prio; } in[] = {
		{ "a1", 1 }, { "b5", 5 }, { "c1", 1 }, { "d0", 0 }, { "e5", 5 }, { "f9", 9 } };
	static const char *const out[] = { "f9", "b5", "e5", "a1", "c1", "d0" };
	mqd_t q = open_new(10, 16, 0);
	unsigned int prio;
	char buf[16];

	for (int i = 0; i < 6; i++)
		CHECK_OK(mq_send(q, in[i].text, 2, in[i].prio));
	for (int i = 0; i < 6; i++) {
		CHECK_EQ(mq_receive(q, buf, 16, &prio), 2);
		CHECK_EQ(memcmp(buf, out[i], 2), 0);
		CHECK_EQ(prio, out[i][1] - '0');
	}
	CHECK_ERR(mq_send(q, buf, 17, 0), EMSGSIZE);
	CHECK_ERR(mq_receive(q, buf, 15, NULL), EMSGSIZE);
	CHECK_ERR(mq_send(q, buf, 1, 32768), EINVAL);
	CHECK_OK(mq_send(q, buf, 1, 32767));
	CHECK_EQ(mq_receive(q, buf, 16, NULL), 1);
	CHECK_OK(mq_send(q, "", 0, 0));
	CHECK_EQ(mq_receive(q, buf, 16, &prio), 0);
	CHECK_ERR(mq_send(q, (void *)8, 4, 0), EFAULT);
	CHECK_OK(mq_close(q));
	CHECK_OK(mq_unlink(name));
}

static void on_alarm(int sig)
{
}

static void waiting(void)
{
	mqd_t q = open_new(2, 16, O_NONBLOCK);
	struct mq_attr attr = { 0 }, old;
	struct timespec ts;
	struct pollfd pf = { .fd = q, .events = POLLIN | POLLOUT };
	char buf[16];
	int status;

	CHECK_EQ(poll(&pf, 1, 0), 1);
	CHECK_EQ(pf.revents, POLLOUT);
	CHECK_ERR(mq_receive(q, buf, 16, NULL), EAGAIN);
	CHECK_OK(mq_send(q, "1", 1, 0));
	CHECK_EQ(poll(&pf, 1, 0), 1);
	CHECK_EQ(pf.revents, POLLIN | POLLOUT);
	CHECK_OK(mq_send(q, "2", 1, 0));
	CHECK_ERR(mq_send(q, "3", 1, 0), EAGAIN);
	CHECK_EQ(poll(&pf, 1, 0), 1);
	CHECK_EQ(pf.revents, POLLIN);
	CHECK_OK(mq_setattr(q, &attr, &old));
	CHECK_EQ(old.mq_flags, O_NONBLOCK);
	CHECK_EQ(old.mq_curmsgs, 2);
	attr.mq_flags = O_APPEND;
	CHECK_ERR(mq_setattr(q, &attr, NULL), EINVAL);
	clock_gettime(CLOCK_REALTIME, &ts);
	CHECK_ERR(mq_timedsend(q, "3", 1, 0, &ts), ETIMEDOUT);
	ts.tv_nsec += 30000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_nsec -= 1000000000;
		ts.tv_sec++;
	}
	CHECK_ERR(mq_timedsend(q, "3", 1, 0, &ts), ETIMEDOUT);
	ts.tv_nsec = -1;
	CHECK_ERR(mq_timedsend(q, "3", 1, 0, &ts), EINVAL);
	/* A sender that waits gets in when there is room. */
	pid_t pid = fork();
	if (!pid)
		_exit(mq_send(q, "3", 1, 7) != 0);
	test_sleep_ms(30);
	CHECK_EQ(mq_receive(q, buf, 16, NULL), 1);
	CHECK_EQ(buf[0], '1');
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(mq_receive(q, buf, 16, NULL), 1);
	CHECK_EQ(buf[0], '3');
	CHECK_EQ(mq_receive(q, buf, 16, NULL), 1);
	/* A receiver that waits. */
	pid = fork();
	if (!pid) {
		test_sleep_ms(30);
		_exit(mq_send(q, "late", 4, 1) != 0);
	}
	CHECK_EQ(mq_receive(q, buf, 16, NULL), 4);
	waitpid(pid, NULL, 0);
	/* A signal ends a wait. */
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerspec it = { .it_value = { 0, 30000000 } };
	timer_t timer;
	sigaction(SIGALRM, &sa, NULL);
	CHECK_OK(timer_create(CLOCK_MONOTONIC, NULL, &timer));
	CHECK_OK(timer_settime(timer, 0, &it, NULL));
	CHECK_ERR(mq_receive(q, buf, 16, NULL), EINTR);
	timer_delete(timer);
	CHECK_OK(mq_close(q));
	CHECK_OK(mq_unlink(name));
}

static volatile int told_signo, told_code, told_value, told_pid;

static void on_message(int sig, siginfo_t *info, void *context)
{
	told_code = info->si_code;
	told_value = info->si_value.sival_int;
	told_pid = info->si_pid;
	told_signo = sig;
}

static void notify_by_signal(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1,
			       .sigev_value.sival_int = 42 };
	struct sigaction sa = { .sa_sigaction = on_message, .sa_flags = SA_SIGINFO };
	mqd_t q = open_new(10, 16, 0);
	char buf[16];

	sigaction(SIGUSR1, &sa, NULL);
	CHECK_OK(mq_notify(q, &ev));
	CHECK_ERR(mq_notify(q, &ev), EBUSY);
	CHECK_OK(mq_send(q, "x", 1, 0));
	CHECK(WAIT_UNTIL(told_signo));
	CHECK_EQ(told_signo, SIGUSR1);
	CHECK_EQ(told_code, SI_MESGQ);
	CHECK_EQ(told_value, 42);
	CHECK_EQ(told_pid, getpid());
	/* Once, and only for a message to an empty queue. */
	told_signo = 0;
	CHECK_OK(mq_notify(q, &ev));
	CHECK_OK(mq_send(q, "x", 1, 0));
	CHECK_EQ(told_signo, 0);
	CHECK_ERR(mq_notify(q, &ev), EBUSY);
	CHECK_OK(mq_notify(q, NULL));
	CHECK_OK(mq_notify(q, &ev));
	mq_receive(q, buf, 16, NULL);
	mq_receive(q, buf, 16, NULL);
	CHECK_OK(mq_close(q));
	q = mq_open(name, O_RDWR);
	CHECK_OK(mq_notify(q, &ev));
	ev.sigev_notify = 99;
	CHECK_ERR(mq_notify(q, &ev), EINVAL);
	ev.sigev_notify = SIGEV_SIGNAL;
	ev.sigev_signo = 999;
	CHECK_ERR(mq_notify(q, &ev), EINVAL);
	CHECK_OK(mq_close(q));
	CHECK_OK(mq_unlink(name));
}

static volatile int thread_told;

static void thread_fn(union sigval value)
{
	thread_told = value.sival_int;
}

static void notify_by_thread(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_THREAD, .sigev_notify_function = thread_fn,
			       .sigev_value.sival_int = 77 };
	mqd_t q = open_new(10, 16, 0);

	CHECK_OK(mq_notify(q, &ev));
	CHECK_OK(mq_send(q, "x", 1, 0));
	CHECK(WAIT_UNTIL(thread_told == 77));
	CHECK_OK(mq_close(q));
	CHECK_OK(mq_unlink(name));
}

static void limits(void)
{
	struct rlimit old, small = { 10000, 10000 };
	struct mq_attr attr = { .mq_maxmsg = 10, .mq_msgsize = 8192 };

	CHECK_OK(getrlimit(RLIMIT_MSGQUEUE, &old));
	small.rlim_max = old.rlim_max;
	CHECK_OK(setrlimit(RLIMIT_MSGQUEUE, &small));
	CHECK_ERR(mq_open(name, O_RDWR | O_CREAT, 0600, &attr), EMFILE);
	CHECK_OK(setrlimit(RLIMIT_MSGQUEUE, &old));
}

/* Queues as files. => in a mount name space of its own */
static void look_at_files(void)
{
	char path[128], text[128] = "";
	struct stat st;
	mqd_t q;
	int fd;

	if (mkdir("mq", 0700) || mount("none", "mq", "mqueue", 0, NULL))
		return;
	q = open_new(10, 16, 0);
	snprintf(path, sizeof(path), "mq%s", name);
	CHECK_OK(stat(path, &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0600);
	CHECK_EQ(st.st_size, 80);
	CHECK_OK(mq_send(q, "hello", 5, 0));
	fd = open(path, O_RDONLY);
	CHECK_OK(fd);
	CHECK_EQ(read(fd, text, sizeof(text) - 1), 60);
	CHECK_EQ(strncmp(text, "QSIZE:5 ", 8), 0);
	CHECK(strstr(text, "NOTIFY:0 ") && strstr(text, "SIGNO:0 ") && strstr(text, "NOTIFY_PID:0"));
	close(fd);
	CHECK_OK(unlink(path));
	CHECK_ERR(mq_open(name, O_RDWR), ENOENT);
	CHECK_OK(mq_close(q));
	CHECK_OK(umount("mq"));
	CHECK_OK(rmdir("mq"));
}

static void mounted(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (!geteuid() && !unshare(CLONE_NEWNS) &&
		    !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
			look_at_files();
		_exit(test_failures != 0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

/* Another IPC name space has queues of its own. */
static void apart(void)
{
	mqd_t q;
	int status;

	if (geteuid())
		return;
	q = open_new(10, 16, 0);
	pid_t pid = fork();
	if (!pid) {
		char path[80];

		if (unshare(CLONE_NEWIPC))
			_exit(0);
		CHECK_ERR(mq_open(name, O_RDWR), ENOENT);
		mqd_t mine = open_new(5, 8, 0);
		CHECK_OK(mq_send(mine, "x", 1, 0));
		if (!unshare(CLONE_NEWNS) && !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
		    !mkdir("mq-ns", 0700) && !mount("none", "mq-ns", "mqueue", 0, NULL)) {
			snprintf(path, sizeof(path), "mq-ns%s", name);
			CHECK_OK(access(path, F_OK));
			CHECK_OK(umount("mq-ns"));
		}
		rmdir("mq-ns");
		_exit(test_failures != 0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	struct mq_attr attr;
	CHECK_OK(mq_getattr(q, &attr));
	CHECK_EQ(attr.mq_curmsgs, 0);
	CHECK_OK(mq_close(q));
	CHECK_OK(mq_unlink(name));
}

/* Many threads: nothing is lost or doubled. */
enum { SENDERS = 3, EACH = 300 };

static void *sender(void *arg)
{
	mqd_t q = *(mqd_t *)arg;

	for (int i = 1; i <= EACH; i++)
		if (mq_send(q, (char *)&i, sizeof(i), i % 5))
			return (void *)1;
	return NULL;
}

static void crowd(void)
{
	mqd_t q = open_new(4, 16, 0);
	pthread_t t[SENDERS];
	long sum = 0;
	char buf[16];
	void *bad;

	for (int i = 0; i < SENDERS; i++)
		pthread_create(&t[i], NULL, sender, &q);
	for (int i = 0; i < SENDERS * EACH; i++) {
		CHECK_EQ(mq_receive(q, buf, 16, NULL), 4);
		sum += *(int *)buf;
	}
	CHECK_EQ(sum, SENDERS * EACH * (EACH + 1) / 2);
	for (int i = 0; i < SENDERS; i++) {
		pthread_join(t[i], &bad);
		CHECK(!bad);
	}
	CHECK_OK(mq_close(q));
	CHECK_OK(mq_unlink(name));
}

int main(void)
{
	snprintf(name, sizeof(name), "/mq-test-%d", (int)getpid());
	RUN(opening);
	RUN(order);
	RUN(waiting);
	RUN(notify_by_signal);
	RUN(notify_by_thread);
	RUN(limits);
	RUN(mounted);
	RUN(apart);
	RUN(crowd);
	return test_done();
}
