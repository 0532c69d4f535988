// SPDX-License-Identifier: MIT
/*
 * Moving pages among nodes: move_pages(), migrate_pages() and mbind() with MPOL_MF_MOVE. What is in the
 * pages stays, whoever writes, reads, forks or cuts files meanwhile; on one node there is only what they refuse.
 */
#include "numa/numa.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>

#define PAGES 64UL

static int nodes, last;
static unsigned long all;

static uint64_t value(size_t i)
{
	return (i + 1) * 0x9e3779b97f4a7c15UL;
}

static void fill(char *p, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		for (size_t at = 0; at < PAGE; at += 512)
			*(uint64_t *)(p + i * PAGE + at) = value(i) + at;
}

static size_t wrong(const char *p, size_t pages)
{
	size_t n = 0;

	for (size_t i = 0; i < pages; i++)
		for (size_t at = 0; at < PAGE; at += 512)
			n += *(const uint64_t *)(p + i * PAGE + at) != value(i) + at;
	return n;
}

/* All pages to the node: how many of them are there then. */
static size_t move_all(char *p, size_t pages, int node, int flags)
{
	void *at[PAGES];
	int to[PAGES], status[PAGES];
	long stayed;

	for (size_t i = 0; i < pages; i++) {
		at[i] = p + i * PAGE;
		to[i] = node;
		status[i] = -99;
	}
	stayed = syscall(SYS_move_pages, 0, pages, at, to, status, flags);
	CHECK_GE(stayed, 0);
	for (size_t i = 0; i < pages && !stayed; i++)
		CHECK_EQ(status[i], node);
	return count_on(p, pages, node);
}

static void there_and_back(char *p, size_t pages)
{
	fill(p, pages);
	for (int round = 0; round < 3; round++)
		for (int node = 0; node < nodes; node++) {
			CHECK_EQ(move_all(p, pages, node, MPOL_MF_MOVE), pages);
			CHECK_EQ(wrong(p, pages), 0UL);
			p[5] ^= round;
			p[5] ^= round;
		}
	CHECK_EQ(wrong(p, pages), 0UL);
}

static void anonymous_pages(void)
{
	char *p = map_pages(PAGES);

	there_and_back(p, PAGES);
	/* What may be read only, and not at all. */
	CHECK_OK(mprotect(p, PAGES * PAGE, PROT_READ));
	CHECK_EQ(move_all(p, PAGES, 0, MPOL_MF_MOVE), PAGES);
	CHECK_OK(mprotect(p, PAGES * PAGE, PROT_NONE));
	CHECK_EQ(move_all(p, PAGES, last, MPOL_MF_MOVE), PAGES);
	CHECK_OK(mprotect(p, PAGES * PAGE, RW));
	CHECK_EQ(wrong(p, PAGES), 0UL);
	/* In another place. */
	char *q = mremap(p, PAGES * PAGE, PAGES * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
			 map_pages(PAGES));
	NEED(q != MAP_FAILED);
	CHECK_EQ(move_all(q, PAGES, 0, MPOL_MF_MOVE), PAGES);
	CHECK_EQ(wrong(q, PAGES), 0UL);
	unmap_pages(q, PAGES);
}

static void locked_pages(void)
{
	char *p = map_pages(8);

	fill(p, 8);
	if (mlock(p, 8 * PAGE)) {
		unmap_pages(p, 8);
		return;
	}
	CHECK_EQ(move_all(p, 8, last, MPOL_MF_MOVE), 8UL);
	CHECK_EQ(wrong(p, 8), 0UL);
	CHECK_OK(munlock(p, 8 * PAGE));
	CHECK_EQ(move_all(p, 8, 0, MPOL_MF_MOVE), 8UL);
	unmap_pages(p, 8);
}

static void huge_pages(void)
{
	size_t size = 2UL << 20;
	char *room = mmap(NULL, 2 * size, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *p;

	NEED(room != MAP_FAILED);
	p = (char *)(((unsigned long)room + size - 1) & ~(size - 1));
	madvise(p, size, MADV_HUGEPAGE);
	fill(p, size / PAGE);
	CHECK_OK(bind_range(p, size / PAGE, MPOL_BIND, 1UL << last, MPOL_MF_MOVE | MPOL_MF_STRICT));
	CHECK_EQ(count_on(p, size / PAGE, last), size / PAGE);
	CHECK_EQ(wrong(p, size / PAGE), 0UL);
	CHECK_OK(bind_range(p, size / PAGE, MPOL_BIND, 1, MPOL_MF_MOVE | MPOL_MF_STRICT));
	CHECK_EQ(count_on(p, size / PAGE, 0), size / PAGE);
	CHECK_EQ(wrong(p, size / PAGE), 0UL);
	munmap(room, 2 * size);
}

static void files(void)
{
	char name[] = "move-XXXXXX";
	int fds[2] = { memfd_create("move", 0), mkstemp(name) };

	unlink(name);
	for (int i = 0; i < 2; i++) {
		char *p, *q, *copy;

		NEED(fds[i] >= 0 && !ftruncate(fds[i], PAGES * PAGE));
		p = mmap(NULL, PAGES * PAGE, RW, MAP_SHARED, fds[i], 0);
		NEED(p != MAP_FAILED);
		there_and_back(p, PAGES);
		/* A second mapping of it: only for who may move all. */
		q = mmap(NULL, PAGES * PAGE, RW, MAP_SHARED, fds[i], 0);
		NEED(q != MAP_FAILED);
		CHECK_EQ(wrong(q, PAGES), 0UL);
		if (nodes > 1) {
			int status = 99;

			CHECK_EQ(move_page(p, 0, MPOL_MF_MOVE, &status), 0);
			CHECK_EQ(status, last ? -EACCES : 0);
		}
		if (!geteuid()) {
			CHECK_EQ(move_all(p, PAGES, 0, MPOL_MF_MOVE_ALL), PAGES);
			CHECK_EQ(count_on(q, PAGES, 0), PAGES);
		}
		p[7 * PAGE] = 'p';
		CHECK_EQ(q[7 * PAGE], 'p');
		CHECK_EQ(pwrite(fds[i], "w", 1, 7 * PAGE), 1);
		CHECK_EQ(p[7 * PAGE], 'w');
		munmap(q, PAGES * PAGE);
		fill(p, PAGES);
		CHECK_EQ(msync(p, PAGES * PAGE, MS_SYNC), 0);
		copy = malloc(PAGES * PAGE);
		CHECK_EQ(pread(fds[i], copy, PAGES * PAGE, 0), (ssize_t)(PAGES * PAGE));
		CHECK_EQ(wrong(copy, PAGES), 0UL);
		free(copy);
		munmap(p, PAGES * PAGE);
		close(fds[i]);
	}
}

/* Pages that a child shares: refused, but for who may; and each keeps what it has written. */
static void shared_by_fork(void)
{
	char *p = map_pages(8);
	int ready[2], go[2], status;
	pid_t child;
	char c;

	fill(p, 8);
	NEED(!pipe(ready) && !pipe(go));
	child = fork();
	if (!child) {
		volatile char *v = p;

		/* Two of them are its own. */
		v[0] = v[0];
		v[PAGE] = v[PAGE];
		if (write(ready[1], "r", 1) != 1 || read(go[0], &c, 1) != 1)
			_exit(2);
		if (wrong(p, 8))
			_exit(3);
		for (int i = 0; i < 8; i++)
			p[i * PAGE + 9] = 77;
		_exit(0);
	}
	CHECK_EQ(read(ready[0], &c, 1), 1);
	if (nodes > 1) {
		int from = node_of(p + 4 * PAGE), other = from ? 0 : last;

		CHECK_EQ(move_page(p + 4 * PAGE, other, MPOL_MF_MOVE, &status), 0);
		CHECK_EQ(status, -EACCES);
		CHECK_EQ(node_of(p + 4 * PAGE), from);
	}
	if (!geteuid()) {
		CHECK_EQ(move_all(p, 8, last, MPOL_MF_MOVE_ALL), 8UL);
		CHECK_EQ(move_all(p, 8, 0, MPOL_MF_MOVE_ALL), 8UL);
	}
	CHECK_EQ(wrong(p, 8), 0UL);
	p[3 * PAGE + 9] = 1;
	p[3 * PAGE + 9] = 0;
	fill(p, 8);
	CHECK_EQ(write(go[1], "g", 1), 1);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	CHECK_EQ(wrong(p, 8), 0UL);
	unmap_pages(p, 8);
}

/* ---- while others are at it ---- */

static char *arena;
static volatile int stop;
static volatile long lost;

/* Counts in its own word of each page, and sees that nobody loses a count. */
static void *writer(void *number)
{
	size_t at = 64 * ((size_t)number + 1);
	uint64_t expect = 0;

	while (!stop) {
		for (size_t i = 0; i < PAGES; i++) {
			volatile uint64_t *word = (uint64_t *)(arena + i * PAGE + at);

			if (*word != expect)
				__atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
			*word = expect + 1;
		}
		expect++;
	}
	return NULL;
}

static void *forker(void *unused)
{
	while (!stop) {
		pid_t child = fork();
		int status;

		if (!child) {
			for (size_t i = 0; i < PAGES; i += 3)
				arena[i * PAGE] = 1;
			_exit(0);
		}
		if (child > 0 && (waitpid(child, &status, 0) != child || status))
			__atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void move_while(void *(*more)(void *), int prot_flags, int fd)
{
	pthread_t threads[3];

	arena = mmap(NULL, PAGES * PAGE, RW, prot_flags, fd, 0);
	NEED(arena != MAP_FAILED);
	memset(arena, 0, PAGES * PAGE);
	stop = 0;
	for (size_t i = 0; i < 3; i++)
		NEED(!pthread_create(&threads[i], NULL, i == 2 && more ? more : writer, (void *)i));
	for (int round = 0; round < 20; round++) {
		void *at[PAGES];
		int to[PAGES], status[PAGES];

		for (size_t i = 0; i < PAGES; i++) {
			at[i] = arena + i * PAGE;
			to[i] = round % nodes;
		}
		CHECK_GE(syscall(SYS_move_pages, 0, PAGES, at, to, status, MPOL_MF_MOVE), 0);
	}
	stop = 1;
	for (size_t i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	CHECK_EQ(lost, 0);
	munmap(arena, PAGES * PAGE);
}

static void busy_anonymous_pages(void)
{
	move_while(NULL, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static void busy_shared_pages(void)
{
	move_while(NULL, MAP_SHARED | MAP_ANONYMOUS, -1);
}

static void busy_file(void)
{
	char name[] = "busy-XXXXXX";
	int fd = mkstemp(name);

	NEED(fd >= 0 && !ftruncate(fd, PAGES * PAGE));
	unlink(name);
	move_while(NULL, MAP_SHARED, fd);
	close(fd);
}

static void forks_meanwhile(void)
{
	move_while(forker, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

/* ---- by policy, and of whole processes ---- */

static void by_mbind(void)
{
	char *p = map_pages(PAGES);

	CHECK_OK(bind_range(p, PAGES, MPOL_BIND, 1, 0));
	fill(p, PAGES);
	CHECK_OK(bind_range(p, PAGES, MPOL_BIND, 1, MPOL_MF_STRICT));
	CHECK_OK(bind_range(p, PAGES, MPOL_BIND, all, MPOL_MF_STRICT | MPOL_MF_MOVE));
	CHECK_EQ(count_on(p, PAGES, 0), PAGES);
	if (last) {
		CHECK_ERR(bind_range(p, PAGES, MPOL_BIND, 1UL << last, MPOL_MF_STRICT), EIO);
		CHECK_EQ(count_on(p, PAGES, 0), PAGES);
	}
	CHECK_OK(bind_range(p, PAGES / 2, MPOL_BIND, 1UL << last, MPOL_MF_STRICT | MPOL_MF_MOVE));
	CHECK_EQ(count_on(p, PAGES / 2, last), PAGES / 2);
	CHECK_EQ(count_on(p + PAGES / 2 * PAGE, PAGES / 2, 0), PAGES / 2);
	CHECK_EQ(wrong(p, PAGES), 0UL);
	/* What interleaves is spread anew only as far as it lies outside. */
	if (nodes > 2) {
		CHECK_OK(bind_range(p, PAGES, MPOL_INTERLEAVE, 6, MPOL_MF_MOVE));
		CHECK_EQ(count_on(p, PAGES, 0), 0UL);
	}
	CHECK_EQ(wrong(p, PAGES), 0UL);
	CHECK_ERR(bind_range(p, PAGES, MPOL_BIND, 1, 8), EINVAL);
	unmap_pages(p, PAGES);
}

static long migrate(pid_t pid, unsigned long from, unsigned long to)
{
	return syscall(SYS_migrate_pages, pid, 65UL, &from, &to);
}

static void whole_processes(void)
{
	char *p = map_pages(PAGES), c;
	int ready[2], go[2], status;
	pid_t child;

	CHECK_OK(bind_range(p, PAGES, MPOL_BIND, 1, 0));
	fill(p, PAGES);
	CHECK_GE(migrate(0, 1, 1UL << last), 0);
	CHECK_EQ(count_on(p, PAGES, last), PAGES);
	CHECK_EQ(wrong(p, PAGES), 0UL);
	CHECK_GE(migrate(0, all, 1), 0);
	CHECK_EQ(count_on(p, PAGES, 0), PAGES);
	NEED(!pipe(ready) && !pipe(go));
	child = fork();
	if (!child) {
		fill(p, PAGES);
		if (write(ready[1], "r", 1) != 1 || read(go[0], &c, 1) != 1)
			_exit(2);
		_exit(count_on(p, PAGES, last) != PAGES || wrong(p, PAGES));
	}
	CHECK_EQ(read(ready[0], &c, 1), 1);
	CHECK_GE(migrate(child, 1, 1UL << last), 0);
	CHECK_EQ(count_on(p, PAGES, 0), PAGES);
	CHECK_EQ(write(go[1], "g", 1), 1);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	unmap_pages(p, PAGES);
}

static void what_is_refused(void)
{
	char *p = map_pages(3);
	int status = 99, node = 0;
	void *at = p, *nowhere = (void *)PAGE;
	pid_t other;

	CHECK_ERR(migrate(0, 1, 0), EINVAL);
	CHECK_ERR(migrate(0, 1, 1UL << nodes), EINVAL);
	CHECK_ERR(migrate(4194303, 1, 1), ESRCH);
	CHECK_ERR(syscall(SYS_move_pages, 4194303, 1UL, &at, &node, &status, MPOL_MF_MOVE), ESRCH);
	CHECK_ERR(syscall(SYS_move_pages, 0, 1UL, &at, &node, &status, 1), EINVAL);
	CHECK_ERR(syscall(SYS_move_pages, 0, 1UL, NULL, &node, &status, MPOL_MF_MOVE), EFAULT);
	CHECK_ERR(syscall(SYS_move_pages, 0, 1UL, &at, &node, NULL, MPOL_MF_MOVE), EFAULT);
	CHECK_EQ(move_page(p, 0, MPOL_MF_MOVE, &status), 0);
	CHECK_EQ(status, -ENOENT);
	CHECK_EQ(move_page(nowhere, 0, MPOL_MF_MOVE, &status), 0);
	CHECK_EQ(status, -EFAULT);
	if (geteuid())
		return;
	other = fork();
	if (!other)
		for (;;)
			pause();
	if (!fork()) {
		p[0] = 1;
		NEED(!setgid(65534) && !setuid(65534));
		CHECK_ERR(bind_range(p, 1, MPOL_BIND, 1, MPOL_MF_MOVE_ALL), EPERM);
		CHECK_ERR(move_page(p, 0, MPOL_MF_MOVE_ALL, &status), EPERM);
		CHECK_ERR(migrate(other, 1, 1), EPERM);
		CHECK_ERR(syscall(SYS_move_pages, other, 1UL, &at, NULL, &status, 0), EPERM);
		CHECK_OK(bind_range(p, 1, MPOL_BIND, 1, MPOL_MF_MOVE));
		_exit(test_failures != 0);
	}
	CHECK_GT(wait(&status), 0);
	CHECK_EQ(status, 0);
	kill(other, SIGKILL);
	wait(&status);
	unmap_pages(p, 3);
}

int main(void)
{
	need_policies();
	nodes = nr_nodes();
	last = nodes - 1;
	all = ~0UL >> (64 - nodes);
	RUN(anonymous_pages);
	RUN(locked_pages);
	RUN(huge_pages);
	RUN(files);
	RUN(shared_by_fork);
	RUN(busy_anonymous_pages);
	RUN(busy_shared_pages);
	RUN(busy_file);
	RUN(forks_meanwhile);
	RUN(by_mbind);
	RUN(whole_processes);
	RUN(what_is_refused);
	return test_done();
}
