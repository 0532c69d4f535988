// SPDX-License-Identifier: MIT
/* What /proc tells of scheduling: schedstat, /proc/PID/sched, /proc/PID/schedstat. */
#include "test.h"
#include <sched.h>

/* The whole file, or an empty string. */
static char *slurp(const char *path)
{
	static char text[65536];
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		fclose(f);
	text[n] = 0;
	return text;
}

static void every_cpu_has_a_line(void)
{
	char *text = slurp("/proc/schedstat"), *line;
	unsigned int version = 0;
	int cpus = 0;

	if (!*text)
		return;
	CHECK_EQ(sscanf(text, "version %u\ntimestamp ", &version), 1);
	CHECK_GE(version, 15);
	for (line = text; line; line = strchr(line, '\n')) {
		unsigned long long n[10];
		int got;

		line += *line == '\n';
		got = sscanf(line, "cpu%llu %llu %llu %llu %llu %llu %llu %llu %llu %llu", &n[0],
			     &n[1], &n[2], &n[3], &n[4], &n[5], &n[6], &n[7], &n[8], &n[9]);
		if (got > 1) {
			CHECK_EQ(got, 10);
			cpus++;
		}
		if (!*line)
			break;
	}
	CHECK_EQ(cpus, sysconf(_SC_NPROCESSORS_ONLN));
}

static unsigned long long own_runtime(unsigned long long *waited, unsigned long long *turns)
{
	unsigned long long ran = 0;

	CHECK_EQ(sscanf(slurp("/proc/self/schedstat"), "%llu %llu %llu", &ran, waited, turns), 3);
	return ran;
}

static void running_shows(void)
{
	unsigned long long waited, turns, before = own_runtime(&waited, &turns);
	volatile unsigned long n = 0;
	struct timespec ts;

	do {
		for (int i = 0; i < 100000; i++)
			n++;
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	} while (ts.tv_sec == 0 && ts.tv_nsec < 50000000);
	CHECK_GT(own_runtime(&waited, &turns), before);
	CHECK_GT(turns, 0);
}

static void a_task_tells_its_policy(void)
{
	struct sched_param p = { 0 };
	char *text = slurp("/proc/self/sched"), *at;
	int value = -1;

	if (!*text)
		return;
	at = strstr(text, "\npolicy ");
	CHECK(at && sscanf(strchr(at, ':'), ": %d", &value) == 1);
	CHECK_EQ(value, SCHED_OTHER);
	CHECK(strstr(text, "se.sum_exec_runtime"));
	CHECK(strstr(text, "nr_voluntary_switches"));
	at = strstr(text, "se.load.weight");
	CHECK(at && sscanf(strchr(at, ':'), ": %d", &value) == 1);
	CHECK_EQ(value, 1048576);
	CHECK_OK(sched_setscheduler(0, SCHED_BATCH, &p));
	at = strstr(slurp("/proc/self/sched"), "\npolicy ");
	CHECK(at && sscanf(strchr(at, ':'), ": %d", &value) == 1);
	CHECK_EQ(value, SCHED_BATCH);
}

int main(void)
{
	RUN(every_cpu_has_a_line);
	RUN(running_shows);
	RUN_IN_CHILD(a_task_tells_its_policy);
	return test_done();
}
