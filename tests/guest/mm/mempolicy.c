// SPDX-License-Identifier: MIT
/* Calls that set memory policies and tell them; what they do among several nodes is in tests/guest/numa. */
#include "mm.h"

#include <linux/mempolicy.h>

static long get(int *mode, unsigned long *nodes, void *addr, unsigned long flags)
{
	return syscall(SYS_get_mempolicy, mode, nodes, nodes ? 1024UL : 0, addr, flags);
}

static void a_task_has_a_policy(void)
{
	unsigned long node0 = 1, none = 0, nodes[16] = { 0 };
	int mode = 77;

	CHECK_EQ(get(&mode, NULL, NULL, 0), 0);
	CHECK_EQ(mode, MPOL_DEFAULT);
	CHECK_EQ(syscall(SYS_set_mempolicy, MPOL_BIND, &node0, 64UL), 0);
	CHECK_EQ(get(&mode, nodes, NULL, 0), 0);
	CHECK_EQ(mode, MPOL_BIND);
	CHECK_EQ(nodes[0], 1);
	CHECK_EQ(syscall(SYS_set_mempolicy, MPOL_PREFERRED, &none, 64UL), 0);
	CHECK_EQ(get(&mode, NULL, NULL, 0), 0);
	CHECK(mode == MPOL_LOCAL || mode == MPOL_PREFERRED);
	CHECK_EQ(syscall(SYS_set_mempolicy, MPOL_DEFAULT, NULL, 0UL), 0);
	CHECK_ERR(syscall(SYS_set_mempolicy, MPOL_BIND, &none, 64UL), EINVAL);
	CHECK_ERR(syscall(SYS_set_mempolicy, MPOL_DEFAULT, &node0, 64UL), EINVAL);
	CHECK_ERR(syscall(SYS_set_mempolicy, 99, NULL, 0UL), EINVAL);
	CHECK_ERR(syscall(SYS_set_mempolicy, MPOL_BIND, (void *)8, 64UL), EFAULT);
}

static void an_area_has_a_policy(void)
{
	unsigned long node0 = 1, nodes[16] = { 0 };
	char *p = mmap(NULL, 4 * PAGE, RW, ANON, -1, 0);
	int mode = 77;

	CHECK_EQ(syscall(SYS_mbind, p + PAGE, PAGE, MPOL_BIND, &node0, 64UL, 0), 0);
	CHECK_EQ(get(&mode, nodes, p + PAGE, MPOL_F_ADDR), 0);
	CHECK_EQ(mode, MPOL_BIND);
	CHECK_EQ(nodes[0], 1);
	CHECK_EQ(get(&mode, NULL, p, MPOL_F_ADDR), 0);
	CHECK_EQ(mode, MPOL_DEFAULT);
	CHECK_EQ(get(&mode, NULL, p, MPOL_F_ADDR | MPOL_F_NODE), 0);
	CHECK(mode >= 0 && mode < 64);
	CHECK_ERR(get(&mode, NULL, p, 0), EINVAL);
	CHECK_ERR(syscall(SYS_mbind, p + 1, PAGE, MPOL_BIND, &node0, 64UL, 0), EINVAL);
	CHECK_ERR(syscall(SYS_mbind, p, PAGE, MPOL_BIND, &node0, 64UL, 0x100), EINVAL);
	munmap(p + 2 * PAGE, PAGE);
	CHECK_ERR(syscall(SYS_mbind, p, 4 * PAGE, MPOL_BIND, &node0, 64UL, 0), EFAULT);
	munmap(p, 4 * PAGE);
}

static void pages_tell_their_node(void)
{
	char *p = mmap(NULL, 2 * PAGE, RW, ANON, -1, 0);
	void *pages[2] = { p, (void *)PAGE };
	int nodes[2] = { 0, 0 }, status[2] = { 7, 7 };

	*p = 1;
	CHECK_EQ(syscall(SYS_move_pages, 0, 2UL, pages, NULL, status, 0), 0);
	CHECK(status[0] >= 0 && status[0] < 64);
	CHECK_EQ(status[1], -EFAULT);
	CHECK_EQ(syscall(SYS_move_pages, 0, 1UL, pages, nodes, status, MPOL_MF_MOVE), 0);
	CHECK_EQ(status[0], 0);
	CHECK_ERR(syscall(SYS_move_pages, 0, 1UL, pages, nodes, status, 0x100), EINVAL);
	munmap(p, 2 * PAGE);
}

int main(void)
{
	int mode;

	if (get(&mode, NULL, NULL, 0) && errno == ENOSYS)
		return TEST_SKIP_STATUS;
	RUN(a_task_has_a_policy);
	RUN(an_area_has_a_policy);
	RUN(pages_tell_their_node);
	return test_done();
}
