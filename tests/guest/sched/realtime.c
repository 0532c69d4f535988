// SPDX-License-Identifier: MIT
/* FIFO and RR tasks beside fair ones on one CPU: order, and the share that throttling leaves. */
#include "test.h"
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>

static double seconds(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void use_one_cpu(void)
{
	cpu_set_t set;
	int cpu = 0;

	CHECK_OK(sched_getaffinity(0, sizeof(set), &set));
	while (!CPU_ISSET(cpu, &set))
		cpu++;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	CHECK_OK(sched_setaffinity(0, sizeof(set), &set));
}

static int become(int policy, int priority)
{
	struct sched_param p = { .sched_priority = priority };

	return sched_setscheduler(0, policy, &p);
}

/* Shared with the children. */
struct board {
	volatile int go, stop;
	volatile uint64_t turns[4];
	volatile double cpu;
};

static struct board *new_board(void)
{
	return mmap(NULL, sizeof(struct board), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static pid_t fair_spinner(struct board *b)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	setpriority(PRIO_PROCESS, 0, -20);
	b->go = 1;
	for (;;)
		b->cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
}

static void end(pid_t pid)
{
	CHECK_OK(kill(pid, SIGKILL));
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
}

static void fifo_goes_first_but_leaves_a_rest(void)
{
	struct board *b = new_board();
	double got, own;
	pid_t pid;

	use_one_cpu();
	pid = fair_spinner(b);
	while (!b->go || b->cpu < 0.02)
		usleep(1000);
	CHECK_OK(become(SCHED_FIFO, 50));
	got = b->cpu;
	own = seconds(CLOCK_PROCESS_CPUTIME_ID);
	/*
	 * More than two periods of a second, of this task's time, since a busy host gives less of
	 * it; and more, since that time may hold what a hypervisor took.
	 */
	while (seconds(CLOCK_PROCESS_CPUTIME_ID) - own < 2.2 ||
	       (b->cpu == got && seconds(CLOCK_PROCESS_CPUTIME_ID) - own < 9))
		;
	got = b->cpu - got;
	CHECK_OK(become(SCHED_OTHER, 0));
	end(pid);
	/* 5 %, as it comes from the factory. */
	CHECK_LT(got, 1.1);
	CHECK_GT(got, 0.0);
}

static void higher_priority_runs_first(void)
{
	struct board *b = new_board();
	pid_t low, high;

	use_one_cpu();
	CHECK_OK(become(SCHED_FIFO, 40));
	low = fork();
	if (!low) {
		become(SCHED_FIFO, 10);
		b->turns[0] = ++b->go;
		_exit(0);
	}
	high = fork();
	if (!high) {
		become(SCHED_FIFO, 20);
		b->turns[1] = ++b->go;
		_exit(0);
	}
	/* Both wait until we sleep: the children start with our priority, behind us. */
	waitpid(low, NULL, 0);
	waitpid(high, NULL, 0);
	CHECK_EQ(b->turns[1], 1);
	CHECK_EQ(b->turns[0], 2);
}

static void fifo_keeps_the_cpu_from_its_equals(void)
{
	struct board *b = new_board();
	double start;
	pid_t pid;

	use_one_cpu();
	CHECK_OK(become(SCHED_FIFO, 30));
	pid = fork();
	if (!pid) {
		b->turns[0] = 1;
		_exit(0);
	}
	start = seconds(CLOCK_MONOTONIC);
	while (seconds(CLOCK_MONOTONIC) - start < 0.25)
		;
	CHECK_EQ(b->turns[0], 0);
	sched_yield();
	CHECK_EQ(b->turns[0], 1);
	waitpid(pid, NULL, 0);
}

static void rr_takes_turns(void)
{
	struct board *b = new_board();
	double start;
	pid_t pid;

	use_one_cpu();
	CHECK_OK(become(SCHED_RR, 30));
	pid = fork();
	if (!pid) {
		b->turns[0] = 1;
		_exit(0);
	}
	start = seconds(CLOCK_MONOTONIC);
	while (!b->turns[0] && seconds(CLOCK_MONOTONIC) - start < 2)
		;
	CHECK_EQ(b->turns[0], 1);
	waitpid(pid, NULL, 0);
}

int main(void)
{
	if (become(SCHED_FIFO, 1))
		return 77;
	become(SCHED_OTHER, 0);
	RUN_IN_CHILD(higher_priority_runs_first);
	RUN_IN_CHILD(fifo_keeps_the_cpu_from_its_equals);
	RUN_IN_CHILD(rr_takes_turns);
	RUN_IN_CHILD(fifo_goes_first_but_leaves_a_rest);
	return test_done();
}
