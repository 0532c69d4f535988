// SPDX-License-Identifier: MIT
/* fork(), vfork(), clone(), clone3(): what is shared, what is copied, which flags are refused. */
#include "test.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>

static long raw_clone(unsigned long flags, void *stack, int *ptid, int *ctid, unsigned long tls)
{
	return syscall(SYS_clone, flags, stack, ptid, ctid, tls);
}

static int status_of(pid_t pid)
{
	int status = -1;

	CHECK_EQ(waitpid(pid, &status, __WALL), pid);
	return status;
}

static void child_has_own_memory(void)
{
	volatile int value = 1;
	pid_t pid = fork();

	NEED(pid >= 0);
	if (!pid) {
		value = 2;
		_exit(value);
	}
	CHECK_EQ(status_of(pid), 2 << 8);
	CHECK_EQ(value, 1);
}

static void ids_are_right(void)
{
	pid_t parent = getpid(), pid = fork();

	if (!pid)
		_exit(getppid() != parent || getpid() == parent || getpid() != syscall(SYS_gettid));
	CHECK_EQ(status_of(pid), 0);
	CHECK_EQ(syscall(SYS_gettid), getpid());
}

static void file_offset_is_shared(void)
{
	int fd = open("offset", O_RDWR | O_CREAT | O_TRUNC, 0600);
	pid_t pid;

	NEED(fd >= 0);
	CHECK_EQ(write(fd, "abcdef", 6), 6);
	lseek(fd, 0, SEEK_SET);
	pid = fork();
	if (!pid)
		_exit(lseek(fd, 3, SEEK_SET) != 3);
	CHECK_EQ(status_of(pid), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 3);
	close(fd);
}

static void shared_mapping_is_shared(void)
{
	int *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	NEED(word != MAP_FAILED);
	pid = fork();
	if (!pid) {
		*word = 42;
		_exit(0);
	}
	CHECK_EQ(status_of(pid), 0);
	CHECK_EQ(*word, 42);
	munmap(word, 4096);
}

static void vfork_child_runs_first_in_our_memory(void)
{
	static volatile int value;
	pid_t pid = vfork();

	if (!pid) {
		value = 7;
		_exit(3);
	}
	CHECK_EQ(value, 7);
	CHECK_EQ(status_of(pid), 3 << 8);
}

static void clone_writes_tids(void)
{
	int ptid = 0;
	int *ctid = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid =
		raw_clone(CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD, NULL, &ptid, ctid, 0);

	if (!pid)
		_exit(*ctid != syscall(SYS_gettid));
	CHECK_EQ(ptid, pid);
	CHECK_EQ(status_of(pid), 0);
	CHECK_EQ(*ctid, pid);
	munmap(ctid, 4096);
}

static void bad_flag_combinations(void)
{
	CHECK_ERR(raw_clone(CLONE_THREAD | SIGCHLD, NULL, NULL, NULL, 0), EINVAL);
	CHECK_ERR(raw_clone(CLONE_SIGHAND | SIGCHLD, NULL, NULL, NULL, 0), EINVAL);
	CHECK_ERR(raw_clone(CLONE_THREAD | CLONE_SIGHAND, NULL, NULL, NULL, 0), EINVAL);
	CHECK_ERR(raw_clone(CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, NULL, NULL, NULL, 0),
		  EINVAL);
	CHECK_ERR(raw_clone(CLONE_FS | CLONE_NEWNS | SIGCHLD, NULL, NULL, NULL, 0), EINVAL);
}

static void clone3_checks_its_arguments(void)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	char big[sizeof(args) + 8];

	CHECK_ERR(syscall(SYS_clone3, NULL, sizeof(args)), EFAULT);
	CHECK_ERR(syscall(SYS_clone3, &args, 8), EINVAL);
	CHECK_ERR(syscall(SYS_clone3, &args, 5000), E2BIG);
	memset(big, 0, sizeof(big));
	memcpy(big, &args, sizeof(args));
	big[sizeof(args)] = 1;
	CHECK_ERR(syscall(SYS_clone3, big, sizeof(big)), E2BIG);
	/* A byte that is not zero is enough: what follows need not be there. */
	char *two = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	NEED(two != MAP_FAILED && !munmap(two + 4096, 4096));
	char *edge = memcpy(two + 4096 - sizeof(big), big, sizeof(big));
	CHECK_ERR(syscall(SYS_clone3, edge, sizeof(big) + 8), E2BIG);
	edge[sizeof(args)] = 0;
	CHECK_ERR(syscall(SYS_clone3, edge, sizeof(big) + 8), EFAULT);
	munmap(two, 4096);
	args.exit_signal = 65;
	CHECK_ERR(syscall(SYS_clone3, &args, sizeof(args)), EINVAL);
	args.exit_signal = 0x100;
	CHECK_ERR(syscall(SYS_clone3, &args, sizeof(args)), EINVAL);
	args.exit_signal = SIGCHLD;
	args.stack_size = 4096;
	CHECK_ERR(syscall(SYS_clone3, &args, sizeof(args)), EINVAL);
	args.stack = 4096;
	args.stack_size = 0;
	CHECK_ERR(syscall(SYS_clone3, &args, sizeof(args)), EINVAL);
	args.stack = 0;
	args.flags = CLONE_SIGHAND | CLONE_CLEAR_SIGHAND | CLONE_VM;
	CHECK_ERR(syscall(SYS_clone3, &args, sizeof(args)), EINVAL);
	args.flags = CLONE_DETACHED;
	CHECK_ERR(syscall(SYS_clone3, &args, sizeof(args)), EINVAL);
	args.flags = SIGCHLD;
	CHECK_ERR(syscall(SYS_clone3, &args, sizeof(args)), EINVAL);
	args.flags = 1ULL << 40;
	CHECK_ERR(syscall(SYS_clone3, &args, sizeof(args)), EINVAL);
	args.flags = CLONE_PARENT;
	CHECK_ERR(syscall(SYS_clone3, &args, sizeof(args)), EINVAL);
}

static void ignore(int sig)
{
}

static void clone3_clears_handlers(void)
{
	struct clone_args args = { .flags = CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD };
	struct sigaction sa;
	pid_t pid;

	signal(SIGUSR1, ignore);
	signal(SIGUSR2, SIG_IGN);
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (!pid) {
		sigaction(SIGUSR1, NULL, &sa);
		if (sa.sa_handler != SIG_DFL)
			_exit(1);
		sigaction(SIGUSR2, NULL, &sa);
		_exit(sa.sa_handler == SIG_IGN ? 0 : 2);
	}
	CHECK_EQ(status_of(pid), 0);
	signal(SIGUSR1, SIG_DFL);
	signal(SIGUSR2, SIG_DFL);
}

static void exit_signal_is_the_childs_choice(void)
{
	int status;
	pid_t pid = raw_clone(0, NULL, NULL, NULL, 0);

	if (!pid)
		_exit(5);
	/* Without __WCLONE or __WALL a child that does not send SIGCHLD is not seen. */
	CHECK_ERR(waitpid(pid, &status, 0), ECHILD);
	CHECK_EQ(waitpid(pid, &status, __WCLONE), pid);
	CHECK_EQ(status, 5 << 8);
}

static int thread_value;

static void *thread_fn(void *arg)
{
	thread_value = getpid();
	return (void *)syscall(SYS_gettid);
}

static void threads_share_everything(void)
{
	pthread_t thread;
	void *tid;

	NEED(!pthread_create(&thread, NULL, thread_fn, NULL));
	CHECK_EQ(pthread_join(thread, &tid), 0);
	CHECK_EQ(thread_value, getpid());
	CHECK_NE((long)tid, getpid());
}

static void *nothing(void *arg)
{
	return arg;
}

static void many_threads(void)
{
	pthread_t threads[32];

	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < 32; i++)
			NEED(!pthread_create(&threads[i], NULL, nothing, (void *)(long)i));
		for (int i = 0; i < 32; i++) {
			void *value;

			CHECK_EQ(pthread_join(threads[i], &value), 0);
			CHECK_EQ((long)value, i);
		}
	}
}

static void many_children(void)
{
	pid_t pids[40];

	for (int i = 0; i < 40; i++) {
		pids[i] = fork();
		NEED(pids[i] >= 0);
		if (!pids[i])
			_exit(i);
	}
	for (int i = 0; i < 40; i++)
		CHECK_EQ(status_of(pids[i]), i << 8);
}

static volatile int ticks;

static void on_tick(int sig)
{
	ticks++;
}

/* A fork that takes longer than a timer's period must end nevertheless. */
static void fast_timer_does_not_keep_fork_from_ending(void)
{
	struct itimerval it = { { 0, 200 }, { 0, 200 } }, off = {};
	size_t size = 32 << 20;
	char *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	NEED(mem != MAP_FAILED);
	memset(mem, 1, size);
	signal(SIGALRM, on_tick);
	setitimer(ITIMER_REAL, &it, NULL);
	for (int i = 0; i < 5; i++) {
		pid_t pid = fork();

		NEED(pid >= 0);
		if (!pid)
			_exit(0);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	setitimer(ITIMER_REAL, &off, NULL);
	CHECK_GT(ticks, 0);
	munmap(mem, size);
}

static void set_tid_address_returns_tid(void)
{
	static int word;

	CHECK_EQ(syscall(SYS_set_tid_address, &word), getpid());
	CHECK_EQ(syscall(SYS_set_tid_address, (void *)1), getpid());
	syscall(SYS_set_tid_address, &word);
}

int main(void)
{
	RUN(child_has_own_memory);
	RUN(ids_are_right);
	RUN(file_offset_is_shared);
	RUN(shared_mapping_is_shared);
	RUN(vfork_child_runs_first_in_our_memory);
	RUN(clone_writes_tids);
	RUN(bad_flag_combinations);
	RUN(clone3_checks_its_arguments);
	RUN(clone3_clears_handlers);
	RUN(exit_signal_is_the_childs_choice);
	RUN(threads_share_everything);
	RUN(many_threads);
	RUN(many_children);
	RUN(fast_timer_does_not_keep_fork_from_ending);
	RUN_IN_CHILD(set_tid_address_returns_tid);
	return test_done();
}
