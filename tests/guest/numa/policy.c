// SPDX-License-Identifier: MIT
/* Which nodes pages come from under each memory policy, of tasks, areas and files; on one node or several. */
#include "numa/numa.h"

#include <sys/ipc.h>
#include <sys/shm.h>

#define PAGES 24UL

static int nodes;
static unsigned long all;

/* Fresh memory that is touched now. */
static char *touched(size_t pages)
{
	char *p = map_pages(pages);

	memset(p, 1, pages * PAGE);
	return p;
}

static void binding(void)
{
	for (int node = 0; node < nodes; node++) {
		char *p;

		CHECK_OK(set_policy(MPOL_BIND, 1UL << node));
		p = touched(PAGES);
		CHECK_EQ(count_on(p, PAGES, node), PAGES);
		unmap_pages(p, PAGES);
		CHECK_OK(set_policy(MPOL_PREFERRED, 1UL << node));
		p = touched(PAGES);
		CHECK_EQ(count_on(p, PAGES, node), PAGES);
		unmap_pages(p, PAGES);
		CHECK_OK(set_policy(MPOL_PREFERRED_MANY, 1UL << node));
		p = touched(PAGES);
		CHECK_EQ(count_on(p, PAGES, node), PAGES);
		unmap_pages(p, PAGES);
	}
}

/* Pages of an area take turns by their place in it, whoever touches which first. */
static void interleaving(void)
{
	long before[64], hits = 0;
	char *p;

	for (int node = 0; node < nodes; node++)
		before[node] = numastat(node, "interleave_hit");
	CHECK_OK(set_policy(MPOL_INTERLEAVE, all));
	p = touched(PAGES);
	for (size_t i = 0; i < PAGES; i++)
		CHECK_EQ(node_of(p + i * PAGE), (int)(((unsigned long)p / PAGE + i) % nodes));
	for (int node = 0; node < nodes; node++) {
		CHECK_EQ(count_on(p, PAGES, node), (size_t)PAGES / nodes);
		hits += numastat(node, "interleave_hit") - before[node];
	}
	CHECK(nodes == 1 || hits >= (long)PAGES);
	unmap_pages(p, PAGES);
	/* Written in any order. */
	p = map_pages(PAGES);
	for (size_t i = 0; i < PAGES; i++)
		p[(i * 7 % PAGES) * PAGE] = 1;
	for (int node = 0; node < nodes; node++)
		CHECK_EQ(count_on(p, PAGES, node), (size_t)PAGES / nodes);
	unmap_pages(p, PAGES);
}

static void an_area_goes_before_the_task(void)
{
	char *p = map_pages(PAGES);
	int last = nodes - 1;

	CHECK_OK(set_policy(MPOL_BIND, 1));
	CHECK_OK(bind_range(p + 4 * PAGE, 8, MPOL_BIND, 1UL << last, 0));
	memset(p, 1, PAGES * PAGE);
	CHECK_EQ(count_on(p + 4 * PAGE, 8, last), 8UL);
	CHECK_EQ(count_on(p, 4, 0), 4UL);
	CHECK_EQ(count_on(p + 12 * PAGE, 12, 0), 12UL);
	/* Gone with the pages it comes back by the policy. */
	CHECK_OK(madvise(p, PAGES * PAGE, MADV_DONTNEED));
	p[5 * PAGE] = 1;
	CHECK_EQ(node_of(p + 5 * PAGE), last);
	CHECK_OK(bind_range(p, PAGES, MPOL_DEFAULT, 0, 0));
	CHECK_EQ(get_policy(p + 5 * PAGE, NULL), MPOL_DEFAULT);
	CHECK_OK(madvise(p, PAGES * PAGE, MADV_DONTNEED));
	p[5 * PAGE] = 1;
	CHECK_EQ(node_of(p + 5 * PAGE), 0);
	unmap_pages(p, PAGES);
}

/* A copy on write is by the area's policy too. */
static void copies_follow_the_area(void)
{
	char *p = touched(8);
	int last = nodes - 1, status;
	pid_t child;

	CHECK_OK(bind_range(p, 8, MPOL_BIND, 1UL << last, 0));
	child = fork();
	if (!child) {
		for (int i = 0; i < 8; i++)
			p[i * PAGE] = 2;
		_exit(count_on(p, 8, last) != 8);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	unmap_pages(p, 8);
}

static void local_is_the_cpu_s_node(void)
{
	unsigned int node;
	cpu_set_t cpus, one;

	CHECK_OK(sched_getaffinity(0, sizeof(cpus), &cpus));
	for (int cpu = 0; cpu < 64; cpu++) {
		char *p;

		if (!CPU_ISSET(cpu, &cpus))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		CHECK_OK(sched_setaffinity(0, sizeof(one), &one));
		CHECK_OK(getcpu(NULL, &node));
		CHECK_OK(set_policy(MPOL_LOCAL, 0));
		p = touched(PAGES);
		CHECK_EQ(count_on(p, PAGES, node), PAGES);
		unmap_pages(p, PAGES);
		CHECK_OK(set_policy(MPOL_DEFAULT, 0));
	}
}

static void told(int mode, unsigned long set, int want_mode, unsigned long want_set)
{
	unsigned long got = 99;

	CHECK_OK(set_policy(mode, set));
	CHECK_EQ(get_policy(NULL, &got), want_mode);
	CHECK_EQ(got, want_set);
}

static void what_is_told(void)
{
	unsigned long last = 1UL << (nodes - 1);
	int next = -1;

	told(MPOL_BIND, all, MPOL_BIND, all);
	told(MPOL_INTERLEAVE, last, MPOL_INTERLEAVE, last);
	told(MPOL_PREFERRED, last, MPOL_PREFERRED, last);
	told(MPOL_PREFERRED, all, MPOL_PREFERRED, 1);
	told(MPOL_PREFERRED_MANY, all, MPOL_PREFERRED_MANY, all);
	told(MPOL_LOCAL, 0, MPOL_LOCAL, 0);
	/* Nodes that are not there go; with a flag they are remembered. */
	told(MPOL_BIND, all | 1UL << 50, MPOL_BIND, all);
	told(MPOL_BIND | MPOL_F_STATIC_NODES, all | 2, MPOL_BIND | MPOL_F_STATIC_NODES, all | 2);
	told(MPOL_BIND | MPOL_F_RELATIVE_NODES, 6, MPOL_BIND | MPOL_F_RELATIVE_NODES, 6);
	told(MPOL_INTERLEAVE, all, MPOL_INTERLEAVE, all);
	CHECK_OK(syscall(SYS_get_mempolicy, &next, NULL, 0UL, NULL, (unsigned long)MPOL_F_NODE));
	CHECK_EQ(next, 0);
	CHECK_ERR(set_policy(MPOL_BIND, 1UL << nodes), EINVAL);
	CHECK_EQ(get_policy(NULL, NULL), MPOL_INTERLEAVE);
}

static void children_and_programs_inherit(void)
{
	char out[256] = "";
	FILE *f;

	CHECK_OK(set_policy(MPOL_INTERLEAVE, all));
	in_child(what_is_told);
	CHECK_EQ(get_policy(NULL, NULL), MPOL_INTERLEAVE);
	f = popen("head -n 1 /proc/self/numa_maps 2>/dev/null", "r");
	if (f && fgets(out, sizeof(out), f))
		CHECK(strstr(out, " interleave:0") != NULL);
	if (f)
		pclose(f);
}

static void numa_maps_names_policies(void)
{
	static const struct {
		int mode;
		unsigned long set;
		const char *text;
	} names[] = {
		{ MPOL_PREFERRED, 1, "prefer:0" }, { MPOL_BIND, 1, "bind:0" },
		{ MPOL_INTERLEAVE, 1, "interleave:0" }, { MPOL_LOCAL, 0, "local" },
		{ MPOL_PREFERRED_MANY, 1, "prefer (many):0" },
		{ MPOL_BIND | MPOL_F_STATIC_NODES, 1, "bind=static:0" },
		{ MPOL_INTERLEAVE | MPOL_F_RELATIVE_NODES, 1, "interleave=relative:0" },
	};
	char *p = map_pages(8);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		CHECK_OK(bind_range(p, 4, names[i].mode, names[i].set, 0));
		CHECK_STR(numa_maps(p), names[i].text);
		CHECK_STR(numa_maps(p + 4 * PAGE), "default");
	}
	p[0] = 1;
	CHECK_EQ(number_of(numa_maps(p), "anon"), 1);
	CHECK_EQ(number_of(numa_maps(p), "N0"), 1);
	CHECK_EQ(number_of(numa_maps(p), "kernelpagesize_kB"), 4);
	unmap_pages(p, 8);
}

static void areas_split_and_join(void)
{
	char *p = map_pages(8);

	CHECK_OK(bind_range(p, 4, MPOL_BIND, 1, 0));
	CHECK_OK(bind_range(p + 4 * PAGE, 4, MPOL_PREFERRED, 1, 0));
	CHECK_STR(numa_maps(p), "bind:0");
	CHECK_STR(numa_maps(p + 4 * PAGE), "prefer:0");
	CHECK_OK(bind_range(p + 4 * PAGE, 4, MPOL_BIND, 1, 0));
	CHECK_STR(numa_maps(p + 4 * PAGE), "");
	CHECK_OK(bind_range(p, 8, MPOL_DEFAULT, 0, 0));
	CHECK_STR(numa_maps(p), "default");
	unmap_pages(p, 8);
}

/* Policies of a file in memory are by offset, for all who map it, at any time. */
static void of_files(char *a, char *b)
{
	int last = nodes - 1;

	CHECK_OK(bind_range(a, 4, MPOL_BIND, 1, 0));
	CHECK_OK(bind_range(a + 4 * PAGE, 4, MPOL_BIND, 1UL << last, 0));
	CHECK_OK(bind_range(a + 8 * PAGE, 12, MPOL_INTERLEAVE, all, 0));
	CHECK_OK(bind_range(a + 2 * PAGE, 1, MPOL_BIND, 1UL << last, 0));
	CHECK_EQ(get_policy(b, NULL), MPOL_BIND);
	CHECK_EQ(get_policy(b + 9 * PAGE, NULL), MPOL_INTERLEAVE);
	memset(b, 3, 20 * PAGE);
	CHECK_EQ(node_of(b), 0);
	CHECK_EQ(node_of(b + PAGE), 0);
	CHECK_EQ(node_of(b + 2 * PAGE), last);
	CHECK_EQ(node_of(b + 3 * PAGE), 0);
	CHECK_EQ(count_on(b + 4 * PAGE, 4, last), 4UL);
	for (int node = 0; node < nodes; node++)
		CHECK_EQ(count_on(b + 8 * PAGE, 12, node), 12UL / nodes);
	CHECK_OK(bind_range(a, 20, MPOL_DEFAULT, 0, 0));
	CHECK_EQ(get_policy(b + 9 * PAGE, NULL), MPOL_DEFAULT);
}

static void policies_of_files(void)
{
	int fd = memfd_create("policy", 0), id;
	char *a, *b;

	NEED(fd >= 0 && !ftruncate(fd, 20 * PAGE));
	a = mmap(NULL, 20 * PAGE, RW, MAP_SHARED, fd, 0);
	b = mmap(NULL, 20 * PAGE, RW, MAP_SHARED, fd, 0);
	NEED(a != MAP_FAILED && b != MAP_FAILED);
	of_files(a, b);
	/* They stay when nobody maps the file, and count for write() as well. */
	CHECK_OK(bind_range(a, 20, MPOL_BIND, 1UL << (nodes - 1), 0));
	munmap(a, 20 * PAGE);
	munmap(b, 20 * PAGE);
	CHECK_OK(ftruncate(fd, 0));
	CHECK_OK(ftruncate(fd, 20 * PAGE));
	CHECK_EQ(pwrite(fd, "x", 1, 5 * PAGE), 1);
	a = mmap(NULL, 20 * PAGE, RW, MAP_SHARED, fd, 0);
	NEED(a != MAP_FAILED);
	CHECK_EQ(a[5 * PAGE], 'x');
	CHECK_EQ(node_of(a + 5 * PAGE), nodes - 1);
	munmap(a, 20 * PAGE);
	close(fd);
	id = shmget(IPC_PRIVATE, 20 * PAGE, 0600);
	NEED(id >= 0);
	a = shmat(id, NULL, 0);
	b = shmat(id, NULL, 0);
	shmctl(id, IPC_RMID, NULL);
	NEED(a != (void *)-1 && b != (void *)-1);
	of_files(a, b);
	shmdt(a);
	shmdt(b);
}

static void home_nodes(void)
{
	char *p = map_pages(PAGES);
	long last = nodes - 1;

	CHECK_ERR(syscall(SYS_set_mempolicy_home_node, p, PAGES * PAGE, 0UL, 0UL), ENOENT);
	CHECK_OK(bind_range(p, PAGES, MPOL_BIND, all, 0));
	CHECK_OK(syscall(SYS_set_mempolicy_home_node, p, PAGES * PAGE, last, 0UL));
	memset(p, 1, PAGES * PAGE);
	CHECK_EQ(count_on(p, PAGES, last), PAGES);
	CHECK_ERR(syscall(SYS_set_mempolicy_home_node, p, PAGES * PAGE, 900UL, 0UL), EINVAL);
	CHECK_ERR(syscall(SYS_set_mempolicy_home_node, p + 1, PAGES * PAGE, 0UL, 0UL), EINVAL);
	CHECK_ERR(syscall(SYS_set_mempolicy_home_node, p, PAGES * PAGE, 0UL, 1UL), EINVAL);
	CHECK_OK(syscall(SYS_set_mempolicy_home_node, p, 0UL, 0UL, 0UL));
	CHECK_OK(bind_range(p, PAGES, MPOL_INTERLEAVE, all, 0));
	CHECK_ERR(syscall(SYS_set_mempolicy_home_node, p, PAGES * PAGE, 0UL, 0UL), EOPNOTSUPP);
	unmap_pages(p, PAGES);
}

int main(void)
{
	need_policies();
	nodes = nr_nodes();
	all = ~0UL >> (64 - nodes);
	in_child(binding);
	in_child(interleaving);
	in_child(an_area_goes_before_the_task);
	RUN(copies_follow_the_area);
	in_child(local_is_the_cpu_s_node);
	in_child(what_is_told);
	in_child(children_and_programs_inherit);
	RUN(numa_maps_names_policies);
	RUN(areas_split_and_join);
	RUN(policies_of_files);
	RUN(home_nodes);
	return test_done();
}
