// SPDX-License-Identifier: MIT
// cpuset.mems: which nodes members have memory of, what follows when that changes. On one node or several.
#include "cgroup/group.h"
#include "numa/numa.h"

#include <pthread.h>

#define PAGES 32UL

static int nodes;
static unsigned long all;
static char all_text[16];

static const char *node_text(int node)
{
	static char text[16];

	snprintf(text, sizeof(text), "%d\n", node);
	return text;
}

static unsigned long allowed(void)
{
	unsigned long set[16] = { 0 };

	CHECK_OK(syscall(SYS_get_mempolicy, NULL, set, 1024UL, NULL, (unsigned long)MPOL_F_MEMS_ALLOWED));
	return set[0];
}

/* Runs fn in a child, which has a group "m" of its own. */
static void as_member(void (*fn)(void))
{
	CHECK_OK(make("m"));
	in_child(fn);
	CHECK(gone("m"));
}

static void values(void)
{
	char beyond[16];

	CHECK_STR(get("m", "cpuset.mems"), "\n");
	CHECK_STR(get("m", "cpuset.mems.effective"), all_text);
	CHECK_OK(set("m", "cpuset.mems", node_text(nodes - 1)));
	CHECK_STR(get("m", "cpuset.mems"), node_text(nodes - 1));
	CHECK_STR(get("m", "cpuset.mems.effective"), node_text(nodes - 1));
	CHECK_ERR(set("m", "cpuset.mems", "x"), EINVAL);
	CHECK_ERR(set("m", "cpuset.mems", "1-0"), EINVAL);
	snprintf(beyond, sizeof(beyond), "%d", nodes);
	CHECK_ERR(set("m", "cpuset.mems", beyond), EINVAL);
	CHECK_STR(get("m", "cpuset.mems"), node_text(nodes - 1));
	CHECK_OK(set("m", "cpuset.mems", "\n"));
	CHECK_STR(get("m", "cpuset.mems.effective"), all_text);
}

/* What a group has is cut to what its parent has. */
static void groups_below(void)
{
	CHECK_OK(set("m", "cgroup.subtree_control", "+cpuset"));
	CHECK_OK(make("m/below"));
	CHECK_OK(set("m/below", "cpuset.mems", "0"));
	CHECK_OK(set("m", "cpuset.mems", node_text(nodes - 1)));
	CHECK_STR(get("m/below", "cpuset.mems"), "0\n");
	CHECK_STR(get("m/below", "cpuset.mems.effective"), node_text(nodes - 1));
	CHECK_OK(set("m", "cpuset.mems", all_text));
	CHECK_STR(get("m/below", "cpuset.mems.effective"), "0\n");
	CHECK_OK(take_away("m/below"));
}

static void child_of_a_member(void)
{
	char *p = map_pages(PAGES);

	CHECK_EQ(allowed(), 1UL << (nodes - 1));
	memset(p, 1, PAGES * PAGE);
	CHECK_EQ(count_on(p, PAGES, nodes - 1), PAGES);
}

static void pages_and_children(void)
{
	char *before = map_pages(PAGES), *after;
	int last = nodes - 1;

	CHECK_OK(bind_range(before, PAGES, MPOL_BIND, 1, 0));
	memset(before, 1, PAGES * PAGE);
	CHECK_OK(set("m", "cpuset.mems", node_text(last)));
	CHECK_OK(join("m", getpid()));
	CHECK_EQ(allowed(), 1UL << last);
	/* What there was comes along, and its policy with it. */
	CHECK_EQ(count_on(before, PAGES, last), PAGES);
	after = map_pages(PAGES);
	memset(after, 1, PAGES * PAGE);
	CHECK_EQ(count_on(after, PAGES, last), PAGES);
	if (last) {
		unsigned long set = 99;

		CHECK_ERR(set_policy(MPOL_BIND, 1), EINVAL);
		CHECK_EQ(get_policy(before, &set), MPOL_BIND);
		CHECK_EQ(set, 1UL << last);
	}
	in_child(child_of_a_member);
	CHECK_OK(set("m", "cpuset.mems", "0"));
	CHECK_EQ(count_on(after, PAGES, 0), PAGES);
	CHECK_EQ(count_on(before, PAGES, 0), PAGES);
	for (size_t i = 0; i < PAGES; i++)
		CHECK_EQ(before[i * PAGE] + after[i * PAGE], 2);
	CHECK_OK(join("", getpid()));
	CHECK_EQ(allowed(), all);
}

static void check_task_policy(int mode, unsigned long want)
{
	unsigned long set = 99;

	CHECK_EQ(get_policy(NULL, &set), mode);
	CHECK_EQ(set, want);
}

/* Policies of a task follow its nodes as their flags say. */
static void policies(void)
{
	char *p = map_pages(4);

	if (nodes < 2)
		return;
	CHECK_OK(join("m", getpid()));
	CHECK_OK(set("m", "cpuset.mems", "0"));
	CHECK_OK(set_policy(MPOL_INTERLEAVE, 1));
	CHECK_OK(set("m", "cpuset.mems", "1"));
	check_task_policy(MPOL_INTERLEAVE, 2);
	CHECK_OK(set_policy(MPOL_INTERLEAVE | MPOL_F_RELATIVE_NODES, 1));
	CHECK_OK(set("m", "cpuset.mems", "0"));
	check_task_policy(MPOL_INTERLEAVE | MPOL_F_RELATIVE_NODES, 1);
	p[0] = 1;
	CHECK_EQ(node_of(p), 0);
	CHECK_OK(set_policy(MPOL_BIND | MPOL_F_STATIC_NODES, 3));
	check_task_policy(MPOL_BIND | MPOL_F_STATIC_NODES, 3);
	CHECK_OK(set("m", "cpuset.mems", "1"));
	p[PAGE] = 1;
	CHECK_EQ(node_of(p + PAGE), 1);
	CHECK_OK(set("m", "cpuset.mems", "0-1"));
	check_task_policy(MPOL_BIND | MPOL_F_STATIC_NODES, 3);
	CHECK_OK(join("", getpid()));
}

static pthread_barrier_t barrier;
static char *arena;

static void *thread_memory(void *unused)
{
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	CHECK_EQ(allowed(), 1UL << (nodes - 1));
	memset(arena, 1, PAGES * PAGE);
	return NULL;
}

static void threads_too(void)
{
	pthread_t thread;

	arena = map_pages(PAGES);
	pthread_barrier_init(&barrier, NULL, 2);
	NEED(!pthread_create(&thread, NULL, thread_memory, NULL));
	pthread_barrier_wait(&barrier);
	CHECK_OK(set("m", "cpuset.mems", node_text(nodes - 1)));
	CHECK_OK(join("m", getpid()));
	pthread_barrier_wait(&barrier);
	pthread_join(thread, NULL);
	CHECK_EQ(count_on(arena, PAGES, nodes - 1), PAGES);
	CHECK_OK(join("", getpid()));
}

int main(void)
{
	need_policies();
	nodes = nr_nodes();
	all = ~0UL >> (64 - nodes);
	snprintf(all_text, sizeof(all_text), nodes > 1 ? "0-%d\n" : "%d\n", nodes - 1);
	enter_groups("+cpuset");
	if (!has_controller("cpuset")) {
		leave_groups();
		SKIP("no cpuset controller in version 2");
	}
	CHECK_OK(set("", "cgroup.subtree_control", "+cpuset"));
	as_member(values);
	as_member(groups_below);
	as_member(pages_and_children);
	as_member(policies);
	as_member(threads_too);
	leave_groups();
	return test_done();
}
