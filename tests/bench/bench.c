// SPDX-License-Identifier: MIT
/*
 * What an operation costs, seen from a program: the same binary runs on the host's kernel, inside
 * ./vmlinux and inside other user-mode kernels. Prints "name unit best median" lines, between
 * "bench begin" and "bench end". As init (process 1) it powers the machine off afterwards.
 *
 *   bench [--quick] [NAME...]   these rows, or all; --quick: a quarter of the work, 3 times
 *   bench --idle                prints "idle" and sleeps
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 7
#define PAGE 4096L

#define QUICK_ROUNDS 3
#define QUICK_SHARE  4

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* One operation `count` times; its cost is time over count. */
struct bench {
	const char *name;
	void (*run)(int count);
	int count;
};

static void run_getppid(int count)
{
	while (count--)
		syscall(SYS_getppid);
}

static void run_clock_gettime(int count)
{
	struct timespec t;

	while (count--)
		clock_gettime(CLOCK_MONOTONIC, &t);
}

static void run_write_null(int count)
{
	int fd = open("/dev/null", O_WRONLY);

	while (count--)
		if (write(fd, "x", 1) != 1)
			exit(1);
	close(fd);
}

static void run_stat(int count)
{
	struct stat st;

	while (count--)
		stat("/dev/null", &st);
}

static void run_open_close(int count)
{
	while (count--)
		close(open("/dev/null", O_RDONLY));
}

static void echo_child(int in, int out)
{
	char c;

	while (read(in, &c, 1) == 1)
		if (write(out, &c, 1) != 1)
			break;
	_exit(0);
}

static void run_pipe(int count)
{
	int to[2], from[2];
	char c = 'x';
	pid_t pid;

	if (pipe(to) || pipe(from))
		exit(1);
	pid = fork();
	if (!pid) {
		close(to[1]);
		close(from[0]);
		echo_child(to[0], from[1]);
	}
	while (count--)
		if (write(to[1], &c, 1) != 1 || read(from[0], &c, 1) != 1)
			exit(1);
	close(to[1]);
	close(to[0]);
	close(from[0]);
	close(from[1]);
	waitpid(pid, NULL, 0);
}

static int ball;

static void pass(int mine, int other)
{
	while (__atomic_load_n(&ball, __ATOMIC_ACQUIRE) != mine)
		syscall(SYS_futex, &ball, FUTEX_WAIT_PRIVATE, other, NULL, NULL, 0);
	__atomic_store_n(&ball, other, __ATOMIC_RELEASE);
	syscall(SYS_futex, &ball, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *player(void *count)
{
	for (long i = (long)count; i--;)
		pass(1, 0);
	return NULL;
}

static void run_futex(int count)
{
	pthread_t thread;

	ball = 0;
	if (pthread_create(&thread, NULL, player, (void *)(long)count))
		exit(1);
	while (count--)
		pass(0, 1);
	pthread_join(thread, NULL);
}

static void run_fork(int count)
{
	while (count--) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}

/* A program without libc: BENCH_EXIT names it on the host. */
static const char *exit_program(void)
{
	const char *const named = getenv("BENCH_EXIT");

	return named ? named : "/exit";
}

static void wait_well(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status)
		exit(1);
}

static void run_fork_exec(int count)
{
	const char *const program = exit_program();

	while (count--) {
		pid_t pid = fork();

		if (!pid) {
			execl(program, "exit", NULL);
			_exit(1);
		}
		wait_well(pid);
	}
}

/* On its own: what a function that calls vfork() keeps in registers may be lost. */
__attribute__((noinline)) static pid_t vfork_exec(const char *program)
{
	pid_t pid = vfork();

	if (!pid) {
		execl(program, "exit", NULL);
		_exit(1);
	}
	return pid;
}

static void run_vfork_exec(int count)
{
	const char *const program = exit_program();

	while (count--)
		wait_well(vfork_exec(program));
}

static void *nothing(void *unused)
{
	return unused;
}

static void run_thread(int count)
{
	while (count--) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, nothing, NULL))
			exit(1);
		pthread_join(thread, NULL);
	}
}

static void on_signal(int sig)
{
}

static void run_signal(int count)
{
	signal(SIGUSR1, on_signal);
	while (count--)
		raise(SIGUSR1);
}

static void run_mprotect(int count)
{
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*p = 1;
	while (count--) {
		mprotect(p, PAGE, PROT_READ);
		mprotect(p, PAGE, PROT_READ | PROT_WRITE);
	}
	munmap(p, PAGE);
}

static void run_mmap_touch(int count)
{
	while (count--) {
		char *p = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		for (int i = 0; i < 16; i++)
			p[i * PAGE] = 1;
		munmap(p, 16 * PAGE);
	}
}

/* One operation is 64 MiB. */
static void run_touch_64m(int count)
{
	size_t size = 64UL << 20;

	while (count--) {
		char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		for (size_t i = 0; i < size; i += PAGE)
			p[i] = 1;
		munmap(p, size);
	}
}

static char buf[65536];

/* 1 MiB is one operation, 64 KiB at a time, from fds[1] to fds[0] in a child. */
static void run_stream(int count, int fds[2])
{
	pid_t pid = fork();

	if (!pid) {
		close(fds[1]);
		while (read(fds[0], buf, sizeof(buf)) > 0)
			;
		_exit(0);
	}
	close(fds[0]);
	for (int i = 0; i < count * 16; i++)
		if (write(fds[1], buf, sizeof(buf)) != sizeof(buf))
			exit(1);
	close(fds[1]);
	waitpid(pid, NULL, 0);
}

static void run_pipe_mib(int count)
{
	int fds[2];

	if (pipe(fds))
		exit(1);
	run_stream(count, fds);
}

static void run_unix_mib(int count)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		exit(1);
	run_stream(count, fds);
}

/* A file in memory: /dev/shm where that is one, else the root of an initramfs. */
static int open_file(void)
{
	const char *name = getpid() == 1 || getppid() <= 2 ? "/bench.file" : "/dev/shm/bench.file";
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (fd < 0)
		exit(1);
	unlink(name);
	return fd;
}

static void run_file_write(int count)
{
	int fd = open_file();

	while (count--)
		for (int i = 0; i < 16; i++)
			if (pwrite(fd, buf, sizeof(buf), i * sizeof(buf)) != sizeof(buf))
				exit(1);
	close(fd);
}

static void run_file_read(int count)
{
	int fd = open_file();

	for (int i = 0; i < 16; i++)
		if (pwrite(fd, buf, sizeof(buf), i * sizeof(buf)) != sizeof(buf))
			exit(1);
	while (count--)
		for (int i = 0; i < 16; i++)
			if (pread(fd, buf, sizeof(buf), i * sizeof(buf)) != sizeof(buf))
				exit(1);
	close(fd);
}

/* 16 KiB a call, into memory of its own. */
static void run_file_read_16k(int count)
{
	char own[16384];
	int fd = open_file();

	if (pwrite(fd, buf, sizeof(own), 0) != sizeof(own))
		exit(1);
	while (count--)
		if (pread(fd, own, sizeof(own), 0) != sizeof(own))
			exit(1);
	close(fd);
}

static void run_cpu(int count)
{
	volatile unsigned long x = 1;

	for (long i = 0; i < count * 1000000L; i++)
		x = x * 6364136223846793005UL + 1442695040888963407UL;
}

struct half {
	void (*run)(int count);
	int count;
};

static void *run_half(void *arg)
{
	struct half *half = arg;

	half->run(half->count);
	return NULL;
}

/* The work of `count` operations by two threads. */
static void by_two(void (*run)(int), int count)
{
	struct half half = { run, count / 2 };
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, run_half, &half))
			exit(1);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}

static void run_cpu_by_two(int count)
{
	by_two(run_cpu, count);
}

static void run_getppid_by_two(int count)
{
	by_two(run_getppid, count);
}

static void run_stat_by_two(int count)
{
	by_two(run_stat, count);
}

static void run_file_read_16k_by_two(int count)
{
	by_two(run_file_read_16k, count);
}

static const struct bench benches[] = {
	{ "getppid", run_getppid, 20000 },
	{ "clock_gettime", run_clock_gettime, 20000 },
	{ "write-1-byte-null", run_write_null, 20000 },
	{ "stat", run_stat, 10000 },
	{ "open-close", run_open_close, 5000 },
	{ "pipe-round-trip", run_pipe, 2000 },
	{ "futex-round-trip", run_futex, 2000 },
	{ "fork-exit-wait", run_fork, 100 },
	{ "fork-exec-wait", run_fork_exec, 50 },
	{ "vfork-exec-wait", run_vfork_exec, 100 },
	{ "thread-create-join", run_thread, 200 },
	{ "signal-to-self", run_signal, 2000 },
	{ "mprotect-pair", run_mprotect, 2000 },
	{ "mmap-touch-munmap-64k", run_mmap_touch, 500 },
	{ "touch-64-MiB", run_touch_64m, 1 },
	{ "pipe-1-MiB", run_pipe_mib, 32 },
	{ "unix-socket-1-MiB", run_unix_mib, 32 },
	{ "tmpfs-write-1-MiB", run_file_write, 32 },
	{ "tmpfs-read-1-MiB", run_file_read, 32 },
	{ "cpu-loop-1M", run_cpu, 8 },
	{ "cpu-loop-1M-by-2", run_cpu_by_two, 8 },
	{ "getppid-by-2", run_getppid_by_two, 40000 },
	{ "stat-by-2", run_stat_by_two, 20000 },
	{ "tmpfs-read-16-KiB", run_file_read_16k, 20000 },
	{ "tmpfs-read-16-KiB-by-2", run_file_read_16k_by_two, 20000 },
};

static void measure(const struct bench *bench, bool quick)
{
	/* Even: some rows are the work of two. */
	int count = quick && bench->count >= 2 * QUICK_SHARE ? bench->count / QUICK_SHARE & ~1 :
							       bench->count;
	int rounds = quick ? QUICK_ROUNDS : ROUNDS;
	double cost[ROUNDS];

	bench->run(count / 10 + 1);
	for (int i = 0; i < rounds; i++) {
		double start = now();

		bench->run(count);
		cost[i] = (now() - start) / count;
	}
	qsort(cost, rounds, sizeof(cost[0]), by_value);
	printf("%s ns %.0f %.0f\n", bench->name, cost[0], cost[rounds / 2]);
	fflush(stdout);
}

/* Is it among the names given, or is none given? */
static bool wanted(const char *name, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (!strcmp(name, *names))
			return true;
	return false;
}

static void idle(void)
{
	printf("idle\n");
	fflush(stdout);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	bool quick = argc > 1 && !strcmp(argv[1], "--quick");
	char **names = argv + 1 + quick;

	if (getpid() == 1) {
		mount("proc", "/proc", "proc", 0, NULL);
		mount("dev", "/dev", "devtmpfs", 0, NULL);
	}
	if (argc > 1 && !strcmp(argv[1], "--idle"))
		idle();
	printf("bench begin\n");
	fflush(stdout);
	for (unsigned int i = 0; i < sizeof(benches) / sizeof(benches[0]); i++)
		if (wanted(benches[i].name, names))
			measure(&benches[i], quick);
	printf("bench end\n");
	fflush(stdout);
	if (getpid() == 1)
		reboot(RB_POWER_OFF);
	return 0;
}
