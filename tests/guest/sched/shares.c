// SPDX-License-Identifier: MIT
/*
 * Who gets how much of one CPU, to the microsecond: with time=virtual, where a system call takes 1 us
 * and nothing else takes any. tests/integration/test_sched.py boots it so, under each algorithm.
 */
#include "test.h"
#include "sched_attr.h"
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define MS	       1000000LL
#define SCHED_DEADLINE 6

static int64_t now_ns(clockid_t clock)
{
	struct timespec t;

	NEED(!clock_gettime(clock, &t));
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int time_is_virtual(void)
{
	char line[4096] = "";
	FILE *file = fopen("/proc/cmdline", "r");

	if (!file)
		return 0;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	return strstr(line, "time=virtual") != NULL;
}

/* A child that uses all the CPU that it gets. */
static pid_t spinner(int nice, int policy, int priority)
{
	struct sched_param param = { .sched_priority = priority };
	pid_t pid = fork();

	if (pid)
		return pid;
	if (setpriority(PRIO_PROCESS, 0, nice) || sched_setscheduler(0, policy, &param))
		_exit(1);
	for (;;)
		syscall(SYS_getppid);
}

static int64_t cpu_of(pid_t pid)
{
	clockid_t clock;

	NEED(!clock_getcpuclockid(pid, &clock));
	return now_ns(clock);
}

static void end(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status));
}

/* The table of docs/scheduler.md and sched(7): a step of nice is worth about a quarter. */
static void nice_shares_follow_the_weights(void)
{
	static const struct {
		int nice, weight;
	} want[] = { { -5, 3121 }, { 0, 1024 }, { 5, 335 }, { 10, 110 } };
	int64_t got[4], sum = 0, weights = 0;
	pid_t pids[4];

	for (int i = 0; i < 4; i++)
		pids[i] = spinner(want[i].nice, SCHED_OTHER, 0);
	test_sleep_ms(30);
	for (int i = 0; i < 4; i++)
		got[i] = cpu_of(pids[i]);
	test_sleep_ms(500);
	for (int i = 0; i < 4; i++) {
		got[i] = cpu_of(pids[i]) - got[i];
		sum += got[i];
		weights += want[i].weight;
	}
	CHECK_GT(sum, 480 * MS);
	for (int i = 0; i < 4; i++) {
		int64_t fair = sum * want[i].weight / weights;

		/* 3 %, and the turn that is under way. */
		CHECK_LT(llabs(got[i] - fair), fair * 3 / 100 + 6 * MS);
		end(pids[i]);
	}
}

static void equals_share_equally(void)
{
	int64_t got[5], sum = 0;
	pid_t pids[5];

	for (int i = 0; i < 5; i++)
		pids[i] = spinner(0, SCHED_OTHER, 0);
	test_sleep_ms(20);
	for (int i = 0; i < 5; i++)
		got[i] = cpu_of(pids[i]);
	test_sleep_ms(200);
	for (int i = 0; i < 5; i++) {
		got[i] = cpu_of(pids[i]) - got[i];
		sum += got[i];
	}
	for (int i = 0; i < 5; i++) {
		CHECK_LT(llabs(got[i] - sum / 5), 7 * MS);
		end(pids[i]);
	}
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	NEED(file);
	CHECK(fputs(text, file) >= 0);
	CHECK_EQ(fclose(file), 0);
}

/* All of the CPU until throttling; 5 ms of each 100 to the other from then on. */
static void fifo_starves_the_favoured_until_throttling(void)
{
	struct sched_param high = { .sched_priority = 99 }, none = { 0 };
	int64_t fair, fifo;
	pid_t favoured, spins;

	write_file("/proc/sys/kernel/sched_rt_runtime_us", "95000");
	write_file("/proc/sys/kernel/sched_rt_period_us", "100000");
	CHECK_OK(sched_setscheduler(0, SCHED_FIFO, &high));
	favoured = spinner(-20, SCHED_OTHER, 0);
	test_sleep_ms(10);
	CHECK_GT(cpu_of(favoured), 0);
	spins = spinner(0, SCHED_FIFO, 50);
	test_sleep_ms(1);
	fair = cpu_of(favoured);
	fifo = cpu_of(spins);
	test_sleep_ms(50);
	CHECK_EQ(cpu_of(favoured) - fair, 0);
	CHECK_GT(cpu_of(spins) - fifo, 49 * MS);
	test_sleep_ms(250);
	fair = cpu_of(favoured) - fair;
	CHECK_GT(fair, 9 * MS);
	CHECK_LT(fair, 20 * MS);
	end(spins);
	end(favoured);
	CHECK_OK(sched_setscheduler(0, SCHED_OTHER, &none));
}

static int set_deadline(int64_t runtime, int64_t period)
{
	struct sched_attr attr = {
		.size = sizeof(attr),
		.sched_policy = SCHED_DEADLINE,
		.sched_runtime = runtime,
		.sched_deadline = period,
		.sched_period = period,
	};

	return syscall(SYS_sched_setattr, 0, &attr, 0);
}

/* Uses its runtime up, but for what switches cost, in each of `jobs` periods. Misses. */
static int run_jobs(int64_t runtime, int64_t period, int jobs)
{
	int64_t release;
	int misses = 0;

	if (set_deadline(runtime, period))
		return 100;
	release = now_ns(CLOCK_MONOTONIC);
	for (int i = 0; i < jobs; i++) {
		int64_t until = now_ns(CLOCK_THREAD_CPUTIME_ID) + runtime - 100000;

		while (now_ns(CLOCK_THREAD_CPUTIME_ID) < until)
			;
		if (now_ns(CLOCK_MONOTONIC) > release + period)
			misses++;
		release += period;
		sched_yield();
		if (now_ns(CLOCK_MONOTONIC) < release - MS)
			misses++;
	}
	return misses;
}

/* Three tasks that use 90 % of the CPU, beside spinners of every other class. */
static void deadlines_at_90_percent_are_met(void)
{
	static const int64_t periods[] = { 10 * MS, 20 * MS, 50 * MS };
	pid_t pids[3], fair = spinner(0, SCHED_OTHER, 0), favoured = spinner(-20, SCHED_OTHER, 0);
	pid_t fifo = spinner(0, SCHED_FIFO, 90);
	int status;

	for (int i = 0; i < 3; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(run_jobs(periods[i] * 3 / 10, periods[i], 200 * MS / periods[i]));
	}
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(waitpid(pids[i], &status, 0), pids[i]);
		CHECK_EQ(status, 0);
	}
	end(fifo);
	end(favoured);
	end(fair);
}

static void more_than_there_is_is_refused(void)
{
	struct sched_param none = { 0 };
	int ready[2];
	pid_t pid;
	char c;

	CHECK_OK(pipe(ready));
	pid = fork();
	if (!pid) {
		c = set_deadline(90 * MS, 100 * MS) ? 'n' : 'y';
		write(ready[1], &c, 1);
		for (;;)
			pause();
	}
	CHECK_EQ(read(ready[0], &c, 1), 1);
	CHECK_EQ(c, 'y');
	/* 101 %; and 96, of which sched_rt_runtime_us keeps 5 from all. */
	CHECK_ERR(set_deadline(11 * MS, 100 * MS), EBUSY);
	CHECK_ERR(set_deadline(6 * MS, 100 * MS), EBUSY);
	CHECK_OK(set_deadline(4 * MS, 100 * MS));
	CHECK_OK(sched_setscheduler(0, SCHED_OTHER, &none));
	end(pid);
}

int main(void)
{
	if (!time_is_virtual())
		return 77;
	RUN(nice_shares_follow_the_weights);
	RUN(equals_share_equally);
	RUN(fifo_starves_the_favoured_until_throttling);
	RUN(deadlines_at_90_percent_are_met);
	RUN(more_than_there_is_is_refused);
	return test_done();
}
