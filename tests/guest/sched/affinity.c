// SPDX-License-Identifier: MIT
/* Affinity of a thread that runs: it has left the CPU when the call returns. */
// LDFLAGS: -pthread
#include "test.h"

#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

static volatile int stop, spins;
static volatile pid_t spinner;

static void *spin(void *unused)
{
	spinner = syscall(SYS_gettid);
	while (!stop)
		spins++;
	return unused;
}

/* The CPU that /proc says a thread is on. */
static int cpu_of(pid_t tid)
{
	char path[64], text[1024], *p;
	int cpu = -1, n;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	file = fopen(path, "r");
	NEED(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[n] = '\0';
	p = strrchr(text, ')');
	NEED(p);
	/* Field 39; the one behind the parenthesis is the third. */
	for (int field = 2; p && field < 39; field++)
		p = strchr(p + 1, ' ');
	NEED(p);
	sscanf(p, "%d", &cpu);
	return cpu;
}

static void a_running_thread_moves(void)
{
	cpu_set_t all, one;
	pthread_t thread;
	int cpus[2], n = 0;

	NEED(!sched_getaffinity(0, sizeof(all), &all));
	for (int cpu = 0; cpu < CPU_SETSIZE && n < 2; cpu++) {
		if (CPU_ISSET(cpu, &all))
			cpus[n++] = cpu;
	}
	if (n < 2)
		SKIP("one CPU");
	NEED(!pthread_create(&thread, NULL, spin, NULL));
	NEED(WAIT_UNTIL(spins > 0));
	for (int i = 0; i < 50; i++) {
		int cpu = cpus[i & 1];

		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		CHECK_EQ(sched_setaffinity(spinner, sizeof(one), &one), 0);
		CHECK_EQ(cpu_of(spinner), cpu);
	}
	stop = 1;
	pthread_join(thread, NULL);
}

/* More spinners than CPUs, all told to be on one: each sees that one only. */
static void spinners_stay_where_they_are_told(void)
{
	cpu_set_t all, one;
	int cpu = CPU_SETSIZE - 1, status;
	pid_t pids[4];

	NEED(!sched_getaffinity(0, sizeof(all), &all));
	while (!CPU_ISSET(cpu, &all))
		cpu--;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			if (sched_setaffinity(0, sizeof(one), &one))
				_exit(1);
			for (int n = 0; n < 20000; n++)
				if (sched_getcpu() != cpu)
					_exit(2);
			_exit(0);
		}
	}
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(waitpid(pids[i], &status, 0), pids[i]);
		CHECK_EQ(status, 0);
	}
}

static void masks_that_name_nobody(void)
{
	cpu_set_t none;

	CPU_ZERO(&none);
	CHECK_ERR(sched_setaffinity(0, sizeof(none), &none), EINVAL);
	CHECK_ERR(sched_setaffinity(-1, sizeof(none), &none), ESRCH);
}

int main(void)
{
	RUN(masks_that_name_nobody);
	RUN(spinners_stay_where_they_are_told);
	RUN(a_running_thread_moves);
	return test_done();
}
