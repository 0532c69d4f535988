// SPDX-License-Identifier: MIT
/* Where pages are, as get_mempolicy(), move_pages() and numa_maps tell: by default on the CPU's node. */
#include "test.h"

#include <linux/mempolicy.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define PAGE 4096UL
#define PAGES 40

/* What numa_maps says of an area: pages on the node, -1 without such a line. */
static long mapped_on(const char *area, unsigned int node)
{
	char line[1024], want[32], key[16];
	FILE *maps = fopen("/proc/self/numa_maps", "r");
	long pages = -1;

	snprintf(want, sizeof(want), "%08lx ", (unsigned long)area);
	snprintf(key, sizeof(key), " N%u=", node);
	while (maps && pages < 0 && fgets(line, sizeof(line), maps)) {
		const char *found = strstr(line, key);

		if (!strncmp(line, want, strlen(want)))
			pages = found ? atol(found + strlen(key)) : 0;
	}
	if (maps)
		fclose(maps);
	return pages;
}

/* Fresh memory of a process that stays on one CPU. => in a child */
static void memory_of_cpu(int cpu)
{
	char *room, *p;
	unsigned int node;
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	CHECK_OK(sched_setaffinity(0, sizeof(one), &one));
	CHECK_OK(getcpu(NULL, &node));
	room = mmap(NULL, (PAGES + 2) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	p = room + PAGE;
	CHECK_OK(mprotect(p, PAGES * PAGE, PROT_READ | PROT_WRITE));
	memset(p, 1, PAGES * PAGE);
	for (int i = 0; i < PAGES; i++) {
		void *at = p + i * PAGE;
		int status = -99, where = -99;

		CHECK_OK(syscall(SYS_move_pages, 0, 1UL, &at, NULL, &status, 0));
		CHECK_EQ(status, (int)node);
		CHECK_OK(syscall(SYS_get_mempolicy, &where, NULL, 0UL, at,
				 (unsigned long)(MPOL_F_NODE | MPOL_F_ADDR)));
		CHECK_EQ(where, (int)node);
		/* To where it is: done. */
		CHECK_OK(syscall(SYS_move_pages, 0, 1UL, &at, &node, &status, MPOL_MF_MOVE));
		CHECK_EQ(status, (int)node);
	}
	CHECK_EQ(mapped_on(p, node), PAGES);
}

static void pages_are_the_cpu_s(void)
{
	cpu_set_t cpus;

	CHECK_OK(sched_getaffinity(0, sizeof(cpus), &cpus));
	for (int cpu = 0; cpu < 64; cpu++) {
		int status;
		pid_t child;

		if (!CPU_ISSET(cpu, &cpus))
			continue;
		fflush(stdout);
		child = fork();
		if (!child) {
			memory_of_cpu(cpu);
			fflush(stdout);
			_exit(test_failures != 0);
		}
		CHECK_EQ(waitpid(child, &status, 0), child);
		CHECK_EQ(status, 0);
	}
}

static void a_node_that_is_not_there(void)
{
	static char page[2 * PAGE] __attribute__((aligned(4096)));
	void *at = page;
	int node = 900, status = 99;

	page[0] = 1;
	CHECK_ERR(syscall(SYS_move_pages, 0, 1UL, &at, &node, &status, MPOL_MF_MOVE), ENODEV);
	node = -1;
	CHECK_ERR(syscall(SYS_move_pages, 0, 1UL, &at, &node, &status, MPOL_MF_MOVE), ENODEV);
}

/* /proc/self/status and get_mempolicy() have one set. */
static void all_nodes_are_allowed(void)
{
	unsigned long nodes[16] = { 0 };
	char line[256];
	FILE *f = fopen("/proc/self/status", "r");
	unsigned int first = 99;

	CHECK_OK(syscall(SYS_get_mempolicy, NULL, nodes, 1024UL, NULL, (unsigned long)MPOL_F_MEMS_ALLOWED));
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Mems_allowed_list: %u", &first) == 1)
			break;
	if (f)
		fclose(f);
	CHECK_EQ(first, 0U);
	CHECK(nodes[0] & 1);
	for (int node = 0; node < 64; node++) {
		char path[64];

		snprintf(path, sizeof(path), "/sys/devices/system/node/node%d", node);
		CHECK_EQ(nodes[0] >> node & 1, (unsigned long)!access(path, F_OK));
	}
}

int main(void)
{
	void *at = &at;
	int status;

	if (syscall(SYS_move_pages, 0, 1UL, &at, NULL, &status, 0) && errno == ENOSYS)
		SKIP("no memory policies");
	if (access("/sys/devices/system/node/node0", F_OK))
		SKIP("no /sys/devices/system/node");
	RUN(pages_are_the_cpu_s);
	RUN(a_node_that_is_not_there);
	RUN(all_nodes_are_allowed);
	return test_done();
}
