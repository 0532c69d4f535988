// SPDX-License-Identifier: MIT
/* Mappings. */
#include "nth.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static void try_mmap(void)
{
	void *at = (void *)TRY(mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0));

	if (at != MAP_FAILED)
		munmap(at, 1 << 20);
}

static void try_munmap_middle(void)
{
	char *at = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	TRY(munmap(at + 8192, 4096));
	munmap(at, 1 << 16);
}

static void try_mprotect(void)
{
	char *at = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	TRY(mprotect(at + 8192, 4096, PROT_READ));
	munmap(at, 1 << 16);
}

static void try_mremap(void)
{
	char *at = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *moved;

	memset(at, 1, 1 << 16);
	moved = (char *)TRY(mremap(at, 1 << 16, 1 << 20, MREMAP_MAYMOVE));
	if (moved != MAP_FAILED)
		munmap(moved, 1 << 20);
	else
		munmap(at, 1 << 16);
}

static void try_mlock(void)
{
	char *at = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	TRY(mlock(at + 4096, 8192));
	munmap(at, 1 << 16);
}

static void try_brk(void)
{
	char *end = sbrk(0);

	TRY(syscall(SYS_brk, end + (1 << 20)));
	brk(end);
}

static void try_madvise(void)
{
	char *at = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	TRY(madvise(at + 8192, 4096, MADV_DONTFORK));
	munmap(at, 1 << 16);
}

static void try_mmap_shared(void)
{
	char *at = (char *)TRY(mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0));

	if (at != MAP_FAILED)
		munmap(at, 1 << 20);
}

static void try_mmap_file(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	char *at = (char *)TRY(mmap(NULL, 1 << 18, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_POPULATE, fd, 0));

	if (at != MAP_FAILED)
		munmap(at, 1 << 18);
	close_fd(fd);
}

static void try_fault(void)
{
	volatile char *at = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	TRY(at[4096] = 1);
	munmap((void *)at, 1 << 16);
}

static void try_stack_growth(void)
{
	volatile char *at = mmap(NULL, 1 << 22, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0);

	munmap((void *)at, 1 << 21);
	TRY(at[(1 << 21) - 1] = 1);
	munmap((void *)at, 1 << 22);
}

static void try_copy_out(void)
{
	char *at = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	TRY(syscall(SYS_getcwd, at + 100, 4096));
	munmap(at, 1 << 16);
}

static void try_mlockall(void)
{
	TRY(mlockall(MCL_CURRENT));
	munlockall();
}

static void try_process_vm(void)
{
	static char from[20000], to[20000];
	struct iovec local = { to, sizeof(to) }, remote = { from, sizeof(from) };

	TRY(process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
}

static void try_huge(void)
{
	char *at = mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	madvise(at, 4 << 20, MADV_HUGEPAGE);
	TRY(madvise(at, 4 << 20, 23 /* MADV_POPULATE_WRITE */));
	munmap(at, 4 << 20);
}

static void try_mbind(void)
{
	char *at = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long node = 1;

	TRY(syscall(SYS_mbind, at + 8192, 4096, 2, &node, 8, 0));
	munmap(at, 1 << 16);
}

/* A file's policies: cut out of the middle of those that are there. */
static void try_mbind_shared(void)
{
	char *at = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned long node = 1;

	syscall(SYS_mbind, at, 1 << 16, 1, &node, 8, 0);
	TRY(syscall(SYS_mbind, at + 8192, 4096, 2, &node, 8, 0));
	munmap(at, 1 << 16);
}

static void try_set_mempolicy(void)
{
	unsigned long node = 1;

	TRY(syscall(SYS_set_mempolicy, 3, &node, 8));
	syscall(SYS_set_mempolicy, 0, NULL, 0);
}

static void try_home_node(void)
{
	char *at = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long node = 1;

	syscall(SYS_mbind, at, 1 << 16, 2, &node, 8, 0);
	TRY(syscall(SYS_set_mempolicy_home_node, at + 8192, 4096, 0, 0));
	munmap(at, 1 << 16);
}

/* To the last node: on one node it stays. */
static void try_move_pages(void)
{
	char *at = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int node = access("/sys/devices/system/node/node1", F_OK) ? 0 : 1, status;

	*at = 1;
	TRY(syscall(SYS_move_pages, 0, 1, &at, &node, &status, 2));
	munmap(at, 1 << 16);
}

static void try_migrate_pages(void)
{
	unsigned long all = 3, node = 1;

	TRY(syscall(SYS_migrate_pages, 0, 8, &all, &node));
}

const struct nth_call memory_calls[] = {
	CALL(mmap), CALL(munmap_middle), CALL(mprotect), CALL(mremap), CALL(mlock), CALL(brk),
	CALL(madvise),
	CALL(mmap_shared), CALL(mmap_file), CALL(fault), CALL(stack_growth), CALL(copy_out),
	CALL(mlockall), CALL(process_vm), CALL(huge), CALL(mbind),
	CALL(mbind_shared), CALL(set_mempolicy), CALL(home_node), CALL(move_pages), CALL(migrate_pages),
	{ NULL, NULL },
};
