// SPDX-License-Identifier: MIT
/*
 * Children that come and go and all look at the same pages of files, while their parent changes
 * what is mapped there: each sees what its parent had when it was made.
 */
#include "mm.h"

#include <fcntl.h>
#include <signal.h>

#define PAGES 8
#define HERE  ((char *)0x5a0000000000)

/* A file whose every page begins with `mark`. */
static int make_file(const char *name, char mark)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0700);

	NEED(fd >= 0);
	for (int i = 0; i < PAGES; i++)
		NEED(pwrite(fd, &mark, 1, i * PAGE) == 1);
	NEED(ftruncate(fd, PAGES * PAGE) == 0);
	return fd;
}

static void show(int fd, int prot, int first)
{
	NEED(mmap(HERE, (PAGES - first) * PAGE, prot, MAP_PRIVATE | MAP_FIXED, fd, first * PAGE) == HERE);
	for (int i = first; i < PAGES; i++)
		*(volatile char *)(HERE + (i - first) * PAGE);
}

/* What a child finds in page i: a mark, or 0 when it is killed by `signr`. */
static int child_sees(int i, int *signr)
{
	pid_t pid = fork();
	int status;

	NEED(pid >= 0);
	if (pid == 0)
		_exit(*(volatile unsigned char *)(HERE + i * PAGE));
	NEED(waitpid(pid, &status, 0) == pid);
	*signr = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

static void all_see(int mark)
{
	int signr;

	for (int i = 0; i < PAGES; i++) {
		CHECK_EQ(child_sees(i, &signr), mark);
		CHECK_EQ(signr, 0);
	}
}

static void another_file_in_the_same_place(void)
{
	int a = make_file("a", 'a'), b = make_file("b", 'b'), signr;

	for (int round = 0; round < 20; round++) {
		show(round & 1 ? b : a, round & 2 ? PROT_READ | PROT_EXEC : PROT_READ, 0);
		all_see(round & 1 ? 'b' : 'a');
	}
	NEED(munmap(HERE, PAGES * PAGE) == 0);
	for (int round = 0; round < 4; round++) {
		CHECK_EQ(child_sees(0, &signr), 0);
		CHECK_EQ(signr, SIGSEGV);
	}
	close(a);
	close(b);
}

static void another_part_of_the_file(void)
{
	int fd = make_file("parts", 'p'), signr;
	char mark = 'q';

	NEED(pwrite(fd, &mark, 1, 2 * PAGE) == 1);
	for (int round = 0; round < 8; round++) {
		show(fd, PROT_READ, 0);
		CHECK_EQ(child_sees(2, &signr), 'q');
		show(fd, PROT_READ, 1);
		CHECK_EQ(child_sees(1, &signr), 'q');
		CHECK_EQ(child_sees(2, &signr), 'p');
	}
	munmap(HERE, PAGES * PAGE);
	close(fd);
}

static void no_access_after_mprotect(void)
{
	int fd = make_file("protected", 'x'), signr;

	show(fd, PROT_READ, 0);
	for (int round = 0; round < 8; round++) {
		NEED(mprotect(HERE, PAGES * PAGE, PROT_READ) == 0);
		CHECK_EQ(child_sees(3, &signr), 'x');
		NEED(mprotect(HERE, PAGES * PAGE, PROT_NONE) == 0);
		CHECK_EQ(child_sees(3, &signr), 0);
		CHECK_EQ(signr, SIGSEGV);
	}
	munmap(HERE, PAGES * PAGE);
	close(fd);
}

static void what_is_written_is_seen(void)
{
	int fd = make_file("written", 1), signr;

	show(fd, PROT_READ, 0);
	for (int round = 1; round < 40; round++) {
		char mark = round;

		NEED(pwrite(fd, &mark, 1, 5 * PAGE) == 1);
		CHECK_EQ(child_sees(5, &signr), round);
	}
	munmap(HERE, PAGES * PAGE);
	close(fd);
}

static void what_is_cut_off_is_gone(void)
{
	int fd = make_file("cut", 'c'), signr;

	show(fd, PROT_READ, 0);
	for (int round = 0; round < 8; round++) {
		CHECK_EQ(child_sees(6, &signr), round ? 0 : 'c');
		CHECK_EQ(signr, 0);
		NEED(ftruncate(fd, 4 * PAGE) == 0);
		CHECK_EQ(child_sees(6, &signr), 0);
		CHECK_EQ(signr, SIGBUS);
		CHECK_EQ(child_sees(3, &signr), 'c');
		NEED(ftruncate(fd, PAGES * PAGE) == 0);
	}
	munmap(HERE, PAGES * PAGE);
	close(fd);
}

/* Two families take turns with different files in one place; each has grandchildren. */
static void families_do_not_mix(void)
{
	int fds[2] = { make_file("first", '1'), make_file("second", '2') };
	pid_t pids[2];

	for (int i = 0; i < 2; i++) {
		pids[i] = fork();
		NEED(pids[i] >= 0);
		if (pids[i])
			continue;
		for (int round = 0; round < 30; round++) {
			pid_t child;
			int status, signr;

			show(fds[i], PROT_READ, 0);
			child = fork();
			if (child == 0)
				_exit(child_sees(round % PAGES, &signr) == '1' + i ? 0 : 1);
			if (child < 0 || waitpid(child, &status, 0) != child || status)
				_exit(1);
		}
		_exit(0);
	}
	for (int i = 0; i < 2; i++) {
		int status;

		CHECK_EQ(waitpid(pids[i], &status, 0), pids[i]);
		CHECK_EQ(status, 0);
		close(fds[i]);
	}
}

static void a_child_maps_for_itself(void)
{
	int a = make_file("mine", 'm'), b = make_file("yours", 'y'), status, signr;

	show(a, PROT_READ, 0);
	for (int round = 0; round < 20; round++) {
		pid_t pid = fork();

		NEED(pid >= 0);
		if (pid == 0) {
			show(b, PROT_READ, 0);
			_exit(child_sees(round % PAGES, &signr) == 'y' && HERE[0] == 'y' ? 0 : 1);
		}
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK_EQ(status, 0);
		CHECK_EQ(child_sees(round % PAGES, &signr), 'm');
	}
	munmap(HERE, PAGES * PAGE);
	close(a);
	close(b);
}

int main(void)
{
	RUN(another_file_in_the_same_place);
	RUN(another_part_of_the_file);
	RUN(no_access_after_mprotect);
	RUN(what_is_written_is_seen);
	RUN(what_is_cut_off_is_gone);
	RUN(families_do_not_mix);
	RUN(a_child_maps_for_itself);
	return test_done();
}
