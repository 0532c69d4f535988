// SPDX-License-Identifier: MIT
/*
 * Moves the memory of all processes from node to node while they work: mover [SECONDS]. By itself that of
 * a child that checks what it writes; the integration tests run it beside working sets on swap.
 */
#include "numa/numa.h"

#include <dirent.h>
#include <signal.h>
#include <stdint.h>

#define PAGES 256UL

static int nodes;

static void move(pid_t pid, int round)
{
	unsigned long from = ~0UL >> (64 - nodes), to = 1UL << (round % nodes);

	syscall(SYS_migrate_pages, pid, 65UL, &from, &to);
}

static void move_everybody(int round)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && (entry = readdir(proc)))
		if (atoi(entry->d_name) > 1)
			move(atoi(entry->d_name), round);
	if (proc)
		closedir(proc);
}

static int check_for_ever(uint64_t *p)
{
	for (uint64_t round = 1;; round++) {
		for (size_t i = 0; i < PAGES; i++) {
			if (p[i * 512 + i] != (round == 1 ? 0 : (round - 1) * i))
				return 1;
			p[i * 512 + i] = round * i;
		}
	}
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 1);
	int status;
	pid_t child;

	need_policies();
	nodes = nr_nodes();
	if (argc > 1) {
		for (int round = 0; time(NULL) < end; round++)
			move_everybody(round);
		return 0;
	}
	child = fork();
	if (!child)
		_exit(check_for_ever((uint64_t *)map_pages(PAGES)));
	for (int round = 0; round < 200 && time(NULL) <= end; round++) {
		move(child, round);
		CHECK_EQ(waitpid(child, &status, WNOHANG), 0);
	}
	kill(child, SIGKILL);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return test_done();
}
