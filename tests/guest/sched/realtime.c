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

/* A child of that priority that takes its turn when a byte comes. */
static pid_t waiting_child(struct board *b, int turn, int priority, int fd[2])
{
	char byte;
	pid_t pid;

	CHECK_OK(pipe(fd));
	pid = fork();
	if (pid)
		return pid;
	become(SCHED_FIFO, priority);
	if (read(fd[0], &byte, 1) == 1)
		b->turns[turn] = ++b->go;
	_exit(0);
}

static char state_of(pid_t pid)
{
	char path[64], text[512] = "", *p;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (!file)
		return '?';
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	p = strrchr(text, ')');
	return p && p[1] ? p[2] : '?';
}

static void higher_priority_runs_first(void)
{
	struct board *b = new_board();
	int to_low[2], to_high[2];
	pid_t low, high;

	use_one_cpu();
	low = waiting_child(b, 0, 10, to_low);
	high = waiting_child(b, 1, 20, to_high);
	CHECK(WAIT_UNTIL(sched_getscheduler(low) == SCHED_FIFO && state_of(low) == 'S' &&
			 sched_getscheduler(high) == SCHED_FIFO && state_of(high) == 'S'));
	CHECK_OK(become(SCHED_FIFO, 40));
	CHECK_EQ(write(to_low[1], "", 1), 1);
	CHECK_EQ(write(to_high[1], "", 1), 1);
	/* Both wait until we sleep. */
	CHECK_EQ(b->go, 0);
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
