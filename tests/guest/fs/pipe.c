// SPDX-License-Identifier: MIT
// Pipes and FIFOs: blocking, atomicity, capacity, hang-ups, signals, splitting.
#include "fs/fs.h"
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>

static char big[1 << 20];

static void basics(void)
{
	char buf[16];
	int p[2], n;

	CHECK_OK(pipe(p));
	CHECK_EQ(write(p[1], "hello", 5), 5);
	CHECK_OK(ioctl(p[0], FIONREAD, &n));
	CHECK_EQ(n, 5);
	CHECK_EQ(read(p[0], buf, 2), 2);
	CHECK_EQ(read(p[0], buf, 16), 3);
	CHECK_EQ(memcmp(buf, "llo", 3), 0);
	CHECK_ERR(write(p[0], "x", 1), EBADF);
	CHECK_ERR(read(p[1], buf, 1), EBADF);
	CHECK_EQ(write(p[1], "", 0), 0);
	CHECK_ERR(write(p[1], (void *)8, 5), EFAULT);
	CHECK_EQ(write(p[1], "ab", 2), 2);
	CHECK_ERR(read(p[0], (void *)8, 5), EFAULT);
	CHECK_EQ(read(p[0], buf, 16), 2);
	close(p[1]);
	CHECK_EQ(read(p[0], buf, 16), 0);
	close(p[0]);
	CHECK_ERR(pipe2(p, 0x1), EINVAL);
	CHECK_ERR(syscall(SYS_pipe, 8), EFAULT);
	CHECK_OK(pipe2(p, O_CLOEXEC | O_NONBLOCK));
	CHECK_EQ(fcntl(p[0], F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(p[0], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	CHECK_ERR(read(p[0], buf, 1), EAGAIN);
	struct stat st;
	CHECK_OK(fstat(p[0], &st));
	CHECK(S_ISFIFO(st.st_mode));
	close(p[0]); close(p[1]);
}

static void broken(void)
{
	struct pollfd pf;
	int p[2];

	CHECK_OK(pipe(p));
	close(p[0]);
	signal(SIGPIPE, SIG_IGN);
	CHECK_ERR(write(p[1], "x", 1), EPIPE);
	pf.fd = p[1];
	pf.events = POLLOUT;
	CHECK_EQ(poll(&pf, 1, 0), 1);
	CHECK(pf.revents & POLLERR);
	signal(SIGPIPE, SIG_DFL);
	pid_t pid = fork();
	if (!pid) {
		_exit(write(p[1], "x", 1) == 1);
	}
	int status;
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
	close(p[1]);
}

static void capacity(void)
{
	int p[2], n;
	ssize_t r;

	CHECK_OK(pipe2(p, O_NONBLOCK));
	CHECK_EQ(fcntl(p[1], F_GETPIPE_SZ), 65536);
	CHECK_EQ(write(p[1], big, sizeof(big)), 65536);
	CHECK_ERR(write(p[1], big, 1), EAGAIN);
	/* One page freed is room for one page; less than a page is not. */
	CHECK_EQ(read(p[0], big, 100), 100);
	CHECK_ERR(write(p[1], big, 1), EAGAIN);
	CHECK_EQ(read(p[0], big, 4096), 4096);
	CHECK_EQ(write(p[1], big, 4096), 4096);
	CHECK_OK(ioctl(p[0], FIONREAD, &n));
	CHECK_EQ(n, 65536 - 100);
	CHECK_EQ(fcntl(p[1], F_SETPIPE_SZ, 200000), 262144);
	CHECK_EQ(fcntl(p[0], F_GETPIPE_SZ), 262144);
	CHECK_ERR(fcntl(p[1], F_SETPIPE_SZ, 4096), EBUSY);
	r = write(p[1], big, sizeof(big));
	CHECK_GE(r, 262144 - 65536);
	while (read(p[0], big, sizeof(big)) > 0)
		;
	CHECK_EQ(fcntl(p[1], F_SETPIPE_SZ, 1), 4096);
	CHECK_EQ(write(p[1], big, 5000), 4096);
	CHECK_ERR(fcntl(p[1], F_SETPIPE_SZ, 0xffffffffUL), EINVAL);
	close(p[0]); close(p[1]);
	int fd = open("/", O_RDONLY);
	CHECK_ERR(fcntl(fd, F_GETPIPE_SZ), EBADF);
	close(fd);
}

/* Lets through writers of 500 bytes each: no record may be torn. */
static int atomic_pipe[2];

static void *record_writer(void *arg)
{
	char rec[500];
	int i;

	memset(rec, 'A' + (long)arg, sizeof(rec));
	for (i = 0; i < 400; i++)
		if (write(atomic_pipe[1], rec, sizeof(rec)) != sizeof(rec))
			FAIL("short write");
	return NULL;
}

static void atomicity(void)
{
	pthread_t t[4];
	char rec[500];
	long i, k;

	CHECK_OK(pipe(atomic_pipe));
	for (i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, record_writer, (void *)i);
	for (k = 0; k < 1600; k++) {
		size_t got = 0;

		while (got < sizeof(rec)) {
			ssize_t n = read(atomic_pipe[0], rec + got, sizeof(rec) - got);

			NEED(n > 0);
			got += n;
		}
		for (i = 1; i < (long)sizeof(rec); i++)
			if (rec[i] != rec[0]) {
				FAIL("record %ld is torn at %ld", k, i);
				k = 1600;
				break;
			}
	}
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	close(atomic_pipe[0]); close(atomic_pipe[1]);
}

static void big_transfer(void)
{
	int p[2], status;
	unsigned int sum = 0, want = 0;
	size_t i, total = 0;
	ssize_t n;
	pid_t pid;

	for (i = 0; i < sizeof(big); i++) {
		big[i] = i * 31 + i / 1000;
		want = want * 33 + (unsigned char)big[i];
	}
	CHECK_OK(pipe(p));
	pid = fork();
	if (!pid) {
		close(p[0]);
		for (i = 0; i < sizeof(big); i += n) {
			n = write(p[1], big + i, sizeof(big) - i > 77777 ? 77777 : sizeof(big) - i);
			if (n <= 0)
				_exit(1);
		}
		_exit(0);
	}
	close(p[1]);
	static char buf[10000];
	while ((n = read(p[0], buf, sizeof(buf))) > 0) {
		for (i = 0; i < (size_t)n; i++)
			sum = sum * 33 + (unsigned char)buf[i];
		total += n;
	}
	CHECK_EQ(total, sizeof(big));
	CHECK_EQ(sum, want);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	close(p[0]);
}

static void on_alarm(int sig)
{
}

static void interrupted(void)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	char c;
	int p[2];

	sigaction(SIGALRM, &sa, NULL);
	CHECK_OK(pipe(p));
	ualarm(20000, 0);
	CHECK_ERR(read(p[0], &c, 1), EINTR);
	ualarm(20000, 0);
	CHECK_EQ(write(p[1], big, sizeof(big)), 65536);
	ualarm(20000, 0);
	CHECK_ERR(write(p[1], big, 1), EINTR);
	close(p[0]); close(p[1]);
	signal(SIGALRM, SIG_DFL);
}

static void packets(void)
{
	char buf[100];
	int p[2];

	CHECK_OK(pipe2(p, O_DIRECT));
	CHECK_EQ(write(p[1], "first", 5), 5);
	CHECK_EQ(write(p[1], "second", 6), 6);
	CHECK_EQ(read(p[0], buf, 100), 5);
	CHECK_EQ(read(p[0], buf, 3), 3);
	CHECK_EQ(memcmp(buf, "sec", 3), 0);
	CHECK_EQ(write(p[1], "x", 1), 1);
	CHECK_EQ(read(p[0], buf, 100), 1);
	close(p[0]); close(p[1]);
}

static void fifos(void)
{
	struct pollfd pf;
	char buf[16];
	int r, w, status;
	pid_t pid;

	CHECK_OK(mkfifo("f", 0600));
	CHECK_ERR(mkfifo("f", 0600), EEXIST);
	CHECK_ERR(open("f", O_WRONLY | O_NONBLOCK), ENXIO);
	r = open("f", O_RDONLY | O_NONBLOCK);
	CHECK_GE(r, 0);
	CHECK_EQ(read(r, buf, 1), 0);		/* no writer: end of file */
	pf.fd = r;
	pf.events = POLLIN;
	CHECK_EQ(poll(&pf, 1, 0), 0);		/* but not hung up */
	w = open("f", O_WRONLY | O_NONBLOCK);
	CHECK_GE(w, 0);
	CHECK_ERR(read(r, buf, 1), EAGAIN);
	CHECK_EQ(write(w, "abc", 3), 3);
	CHECK_EQ(poll(&pf, 1, 0), 1);
	CHECK_EQ(pf.revents, POLLIN);
	close(w);
	CHECK_EQ(poll(&pf, 1, 0), 1);
	CHECK_EQ(pf.revents, POLLIN | POLLHUP);
	CHECK_EQ(read(r, buf, 16), 3);
	CHECK_EQ(read(r, buf, 16), 0);
	close(r);
	/* Each waits for the other. */
	pid = fork();
	if (!pid) {
		w = open("f", O_WRONLY);
		_exit(write(w, "child", 5) != 5);
	}
	r = open("f", O_RDONLY);
	CHECK_EQ(read(r, buf, 16), 5);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	close(r);
	/* Both at once never wait. */
	r = open("f", O_RDWR);
	CHECK_GE(r, 0);
	CHECK_EQ(write(r, "self", 4), 4);
	CHECK_EQ(read(r, buf, 16), 4);
	close(r);
	/* What was not read is gone with the last descriptor. */
	r = open("f", O_RDONLY | O_NONBLOCK);
	w = open("f", O_WRONLY);
	CHECK_EQ(write(w, "lost", 4), 4);
	close(r); close(w);
	r = open("f", O_RDONLY | O_NONBLOCK);
	CHECK_EQ(read(r, buf, 16), 0);
	close(r);
	unlink("f");
}

/* A pipe is opened anew through /proc without waiting for the other end. */
static void opened_again(void)
{
	char path[64], buf[8];
	int p[2], fd;

	CHECK_OK(pipe(p));
	CHECK_EQ(write(p[1], "left", 4), 4);
	close(p[1]);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", p[0]);
	fd = open(path, O_RDONLY);
	CHECK_OK(fd);
	CHECK_EQ(read(fd, buf, 8), 4);
	CHECK_EQ(read(fd, buf, 8), 0);
	close(fd);
	close(p[0]);
	CHECK_OK(pipe(p));
	close(p[0]);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", p[1]);
	fd = open(path, O_WRONLY | O_NONBLOCK);
	CHECK_OK(fd);
	close(fd);
	close(p[1]);
}

int main(void)
{
	RUN(opened_again);
	go_to_tmpfs();
	RUN(basics);
	RUN(broken);
	RUN(capacity);
	RUN(atomicity);
	RUN(big_transfer);
	RUN(interrupted);
	RUN(packets);
	RUN(fifos);
	leave_tmpfs();
	return test_done();
}
