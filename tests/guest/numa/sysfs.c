// SPDX-License-Identifier: MIT
/* What libnuma and lscpu read of /sys: nodes, the CPUs' topology, clocks; and getcpu(). */
#include "test.h"

#include <asm/unistd.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>

#define SYSTEM "/sys/devices/system/"

static char text[16384];

/* The file's text, or "" when there is none. */
static const char *slurp(const char *format, int number)
{
	char path[200];
	int fd, n;

	snprintf(path, sizeof(path), format, number);
	text[0] = '\0';
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return text;
	n = read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	close(fd);
	return text;
}

/* A list such as "0-1,3" as a mask; what is beyond 63 is left out. */
static unsigned long parse_list(const char *list)
{
	unsigned long mask = 0;

	while (*list && *list != '\n') {
		char *end;
		unsigned long from = strtoul(list, &end, 10), to = from;

		if (*end == '-')
			to = strtoul(end + 1, &end, 10);
		for (; from <= to && from < 64; from++)
			mask |= 1UL << from;
		list = *end == ',' ? end + 1 : end;
	}
	return mask;
}

static unsigned long nodes, cpus;

static void there_are_nodes(void)
{
	unsigned long possible, mask;

	possible = parse_list(slurp(SYSTEM "node/possible", 0));
	nodes = parse_list(slurp(SYSTEM "node/online", 0));
	cpus = parse_list(slurp(SYSTEM "cpu/online", 0));
	CHECK(nodes & 1);
	CHECK_EQ(nodes & ~possible, 0);
	mask = parse_list(slurp(SYSTEM "node/has_memory", 0));
	CHECK(mask);
	CHECK_EQ(mask & ~nodes, 0);
	mask = parse_list(slurp(SYSTEM "node/has_normal_memory", 0));
	CHECK_EQ(mask & ~nodes, 0);
	mask = parse_list(slurp(SYSTEM "node/has_cpu", 0));
	CHECK(mask);
	CHECK_EQ(mask & ~nodes, 0);
}

/* Every CPU is in one node, whose list, map and links say so. */
static void cpus_belong_to_nodes(void)
{
	unsigned long seen = 0;
	struct stat st;
	char path[200], target[100];

	for (int nid = 0; nid < 64; nid++) {
		unsigned long mine, map;

		if (!(nodes >> nid & 1))
			continue;
		mine = parse_list(slurp(SYSTEM "node/node%d/cpulist", nid));
		map = strtoul(slurp(SYSTEM "node/node%d/cpumap", nid), NULL, 16);
		CHECK_EQ(mine, map);
		CHECK_EQ(seen & mine, 0);
		seen |= mine;
		for (int cpu = 0; cpu < 64; cpu++) {
			ssize_t n;

			if (!((mine & cpus) >> cpu & 1))
				continue;
			snprintf(path, sizeof(path), SYSTEM "node/node%d/cpu%d", nid, cpu);
			CHECK_OK(lstat(path, &st));
			CHECK(S_ISLNK(st.st_mode));
			n = readlink(path, target, sizeof(target) - 1);
			CHECK_GT(n, 0);
			target[n > 0 ? n : 0] = '\0';
			snprintf(path, sizeof(path), "../../cpu/cpu%d", cpu);
			CHECK_STR(target, path);
			snprintf(path, sizeof(path), SYSTEM "cpu/cpu%d/node%d", cpu, nid);
			CHECK_OK(stat(path, &st));
		}
	}
	CHECK_EQ(cpus & ~seen, 0);
}

static void distances_are_least_to_oneself(void)
{
	for (int nid = 0; nid < 64; nid++) {
		const char *at;
		int to = 0;

		if (!(nodes >> nid & 1))
			continue;
		at = slurp(SYSTEM "node/node%d/distance", nid);
		for (; *at && *at != '\n'; to++) {
			char *end;
			long distance = strtol(at, &end, 10);

			if (to == nid)
				CHECK_EQ(distance, 10);
			CHECK_GE(distance, 10);
			at = *end == ' ' ? end + 1 : end;
		}
		CHECK_EQ(to, __builtin_popcountl(nodes));
	}
}

/* "Node 0 MemTotal:   123 kB" */
static long node_value(const char *lines, int nid, const char *name)
{
	char want[100];
	const char *found;

	snprintf(want, sizeof(want), "Node %d %s:", nid, name);
	found = strstr(lines, want);
	return found ? atol(found + strlen(want)) : -1;
}

static void memory_is_the_nodes(void)
{
	long total = 0, all;

	for (int nid = 0; nid < 64; nid++) {
		const char *lines;

		if (!(nodes >> nid & 1))
			continue;
		lines = slurp(SYSTEM "node/node%d/meminfo", nid);
		CHECK_GT(node_value(lines, nid, "MemTotal"), 0);
		CHECK_GE(node_value(lines, nid, "MemFree"), 0);
		CHECK_EQ(node_value(lines, nid, "MemUsed"),
			 node_value(lines, nid, "MemTotal") - node_value(lines, nid, "MemFree"));
		CHECK_GE(node_value(lines, nid, "AnonPages"), 0);
		CHECK_GE(node_value(lines, nid, "FilePages"), 0);
		CHECK_GE(node_value(lines, nid, "HugePages_Total"), 0);
		total += node_value(lines, nid, "MemTotal");
	}
	slurp("/proc/meminfo", 0);
	all = strncmp(text, "MemTotal:", 9) ? 0 : atol(text + 9);
	/* A balloon takes from the nodes what the system may still get back. */
	CHECK_LE(total, all);
}

static void counters_of_a_node(void)
{
	static const char *const names[] = {
		"numa_hit ", "numa_miss ", "numa_foreign ", "interleave_hit ", "local_node ",
		"other_node "
	};

	slurp(SYSTEM "node/node0/numastat", 0);
	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK(strstr(text, names[i]));
	CHECK_GT(atol(strstr(text, "numa_hit ") + 9), 0);
	slurp(SYSTEM "node/node0/vmstat", 0);
	CHECK(!strncmp(text, "nr_free_pages ", 14));
	CHECK(strstr(text, "\nnuma_hit "));
	CHECK(strstr(text, "\nnr_file_pages "));
	CHECK(!strstr(text, "\npgfault "));
}

/* A file that has no reader is for nobody to read, and the other way round. */
static void modes_bind_root_too(void)
{
	CHECK_ERR(open(SYSTEM "node/node0/compact", O_RDONLY), EACCES);
	CHECK_ERR(open(SYSTEM "node/node0/distance", O_WRONLY), EACCES);
	CHECK_ERR(open(SYSTEM "node/node0/distance", O_RDWR), EACCES);
}

static void topology(void)
{
	for (int cpu = 0; cpu < 64; cpu++) {
		unsigned long package;

		if (!(cpus >> cpu & 1))
			continue;
		CHECK_GE(atoi(slurp(SYSTEM "cpu/cpu%d/topology/core_id", cpu)), 0);
		CHECK(*text);
		CHECK_GE(atoi(slurp(SYSTEM "cpu/cpu%d/topology/physical_package_id", cpu)), 0);
		CHECK(*text);
		package = parse_list(slurp(SYSTEM "cpu/cpu%d/topology/package_cpus_list", cpu));
		CHECK(package >> cpu & 1);
		CHECK_EQ(strtoul(slurp(SYSTEM "cpu/cpu%d/topology/core_siblings", cpu), NULL, 16),
			 package);
		CHECK(parse_list(slurp(SYSTEM "cpu/cpu%d/topology/thread_siblings_list", cpu)) >> cpu & 1);
	}
}

static void clocks(void)
{
	char now[64];

	slurp(SYSTEM "clocksource/clocksource0/current_clocksource", 0);
	CHECK(*text && *text != '\n');
	snprintf(now, sizeof(now), "%.*s", (int)sizeof(now) - 1, text);
	now[strcspn(now, "\n")] = '\0';
	slurp(SYSTEM "clocksource/clocksource0/available_clocksource", 0);
	CHECK(strstr(text, now));
	slurp(SYSTEM "clockevents/clockevent0/current_device", 0);
	CHECK(*text && *text != '\n');
	CHECK_ERR(open(SYSTEM "clocksource/clocksource0/available_clocksource", O_WRONLY), EACCES);
}

static void getcpu_knows_the_node(void)
{
	cpu_set_t before;

	CHECK_OK(sched_getaffinity(0, sizeof(before), &before));
	for (int at = 0; at < 64; at++) {
		unsigned int cpu = 99, node = 99, cpu2 = 98, node2 = 98;
		cpu_set_t one;

		if (!CPU_ISSET(at, &before))
			continue;
		CPU_ZERO(&one);
		CPU_SET(at, &one);
		CHECK_OK(sched_setaffinity(0, sizeof(one), &one));
		CHECK_OK(syscall(__NR_getcpu, &cpu, &node, NULL));
		CHECK_EQ(cpu, (unsigned int)at);
		CHECK_OK(getcpu(&cpu2, &node2));
		CHECK_EQ(cpu2, cpu);
		CHECK_EQ(node2, node);
		CHECK(parse_list(slurp(SYSTEM "node/node%d/cpulist", node)) >> at & 1);
	}
	CHECK_OK(sched_setaffinity(0, sizeof(before), &before));
	CHECK_ERR(syscall(__NR_getcpu, NULL, (void *)8, NULL), EFAULT);
}

int main(void)
{
	if (access(SYSTEM "node", F_OK))
		SKIP("no /sys/devices/system/node");
	RUN(there_are_nodes);
	RUN(cpus_belong_to_nodes);
	RUN(distances_are_least_to_oneself);
	RUN(memory_is_the_nodes);
	RUN(counters_of_a_node);
	RUN(modes_bind_root_too);
	RUN(topology);
	RUN(clocks);
	RUN(getcpu_knows_the_node);
	return test_done();
}
