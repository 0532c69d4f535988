/* SPDX-License-Identifier: MIT */
/* Helpers of the tests of memory nodes: sets, where pages are, the calls that glibc has not. */
#ifndef GUEST_NUMA_H
#define GUEST_NUMA_H

#include "test.h"

#include <fcntl.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define PAGE 4096UL
#define RW (PROT_READ | PROT_WRITE)
#define ALL_FLAGS_OF_ADDR ((unsigned long)(MPOL_F_NODE | MPOL_F_ADDR))

/* Nodes 0..n-1 there are. */
static inline int nr_nodes(void)
{
	char path[64];
	int n = 0;

	for (; n < 64; n++) {
		snprintf(path, sizeof(path), "/sys/devices/system/node/node%d", n);
		if (access(path, F_OK))
			break;
	}
	return n;
}

static inline long set_policy(int mode, unsigned long nodes)
{
	return syscall(SYS_set_mempolicy, mode, nodes ? &nodes : NULL, nodes ? 65UL : 0UL);
}

static inline long bind_range(void *p, size_t pages, int mode, unsigned long nodes, unsigned int flags)
{
	return syscall(SYS_mbind, p, pages * PAGE, mode, &nodes, 65UL, flags);
}

/* The mode and flags, -1 on failure; the nodes go to *nodes. */
static inline int get_policy(const void *addr, unsigned long *nodes)
{
	unsigned long set[16] = { 0 };
	int mode = -1;

	if (syscall(SYS_get_mempolicy, &mode, set, 1024UL, addr, addr ? (unsigned long)MPOL_F_ADDR : 0UL))
		return -1;
	if (nodes)
		*nodes = set[0];
	return mode;
}

/* The node of the page, or the negative errno that move_pages() has for it. */
static inline int node_of(const void *addr)
{
	int status = -999;

	if (syscall(SYS_move_pages, 0, 1UL, &addr, NULL, &status, 0))
		return -errno;
	return status;
}

static inline long move_page(const void *addr, int node, int flags, int *status)
{
	return syscall(SYS_move_pages, 0, 1UL, &addr, &node, status, flags);
}

static inline char *map_pages(size_t pages)
{
	/* With a guard on either side, so that it joins no neighbour. */
	char *room = mmap(NULL, (pages + 2) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	NEED(room != MAP_FAILED);
	NEED(!mprotect(room + PAGE, pages * PAGE, RW));
	return room + PAGE;
}

static inline void unmap_pages(char *p, size_t pages)
{
	munmap(p - PAGE, (pages + 2) * PAGE);
}

/* How many of the pages are on the node. */
static inline size_t count_on(const char *p, size_t pages, int node)
{
	size_t n = 0;

	for (size_t i = 0; i < pages; i++)
		n += node_of(p + i * PAGE) == node;
	return n;
}

/* The line of numa_maps of the area that begins at p, without its address; "" without one. */
static inline const char *numa_maps(const void *p)
{
	static char line[1024];
	char want[32];
	FILE *maps = fopen("/proc/self/numa_maps", "r");
	size_t len = snprintf(want, sizeof(want), "%08lx ", (unsigned long)p);

	NEED(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (strncmp(line, want, len))
			continue;
		fclose(maps);
		line[strcspn(line, "\n")] = '\0';
		return line + len;
	}
	fclose(maps);
	return "";
}

/* The number after " key=" in a line of numa_maps; 0 without it. */
static inline long number_of(const char *line, const char *key)
{
	char want[32];
	const char *found;

	snprintf(want, sizeof(want), " %s=", key);
	found = strstr(line, want);
	return found ? atol(found + strlen(want)) : 0;
}

/* A counter of a node's numastat. */
static inline long numastat(int node, const char *key)
{
	char path[64], name[64];
	long value, found = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/numastat", node);
	f = fopen(path, "r");
	while (f && fscanf(f, "%63s %ld", name, &value) == 2)
		if (!strcmp(name, key))
			found = value;
	if (f)
		fclose(f);
	return found;
}

/* Runs the function in a child, whose failures count. */
static inline void in_child(void (*fn)(void))
{
	int status = -1;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child) {
		test_failures = 0;
		fn();
		fflush(stdout);
		_exit(test_failures != 0);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}

static inline void need_policies(void)
{
	if (syscall(SYS_get_mempolicy, NULL, NULL, 0UL, NULL, 0UL) && errno == ENOSYS)
		SKIP("no memory policies");
	if (!nr_nodes())
		SKIP("no /sys/devices/system/node");
}

#endif
