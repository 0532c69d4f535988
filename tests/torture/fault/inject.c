// SPDX-License-Identifier: MIT
/*
 * Runs guest tests as init with allocations that fail (failslab=, fail_page_alloc= on the command
 * line of the kernel), again and again:
 *
 *	inject [rounds=N] [limit=SECONDS] NAME...	(NAME is area/test below /tests)
 *
 * What a test says of that does not count. Each runs in name spaces of its own, so that nothing
 * stays of one that was killed half way, marked by /proc/PID/make-it-fail, and must die of
 * SIGKILL. After each round comes what the kernel holds then:
 *
 *	ROUND number
 *	SLAB cache used-objects		(one line a cache)
 *	PAGES used
 *
 * for the reader to see whether that grows.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "system.h"

/* How long a killed box may take to end, in ticks of a hundredth of a second. */
#define DEATH_TICKS 3000

static int limit_seconds = 5;

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0) {
		/* Not everything is there in each kernel. */
	}
	close(fd);
}

/* The program itself: fails from here on. */
static void become(const char *name)
{
	char program[300];
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	close(null);
	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	snprintf(program, sizeof(program), "/tests/%s", name);
	write_text("/proc/self/make-it-fail", "1");
	execl(program, program, (char *)NULL);
	_exit(127);
}

/* Number 1 of the box: its end takes along all that is in there. */
static int box(const char *name)
{
	struct rlimit no_core = { 0, 0 };
	pid_t pid;

	setrlimit(RLIMIT_CORE, &no_core);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("proc", "/proc", "proc", 0, NULL) || mount("tmpfs", "/tmp", "tmpfs", 0, NULL) ||
	    mount("tmpfs", "/dev/shm", "tmpfs", 0, NULL))
		return 1;
	chmod("/tmp", 01777);
	mkdir("/tmp/test", 0777);
	setenv("TEST_TMPDIR", "/tmp/test", 1);
	if (chdir("/tmp/test"))
		return 1;
	pid = fork();
	if (!pid)
		become(name);
	while (pid > 0) {
		pid_t got = waitpid(-1, NULL, 0);

		if (got == pid || (got < 0 && errno != EINTR))
			break;
	}
	return 0;
}

static bool reaped_within(pid_t pid, int ticks)
{
	while (waitpid(pid, NULL, WNOHANG) != pid) {
		if (!ticks--)
			return false;
		usleep(10000);
	}
	return true;
}

static int remove_group(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	if (flag == FTW_DP && ftw->level > 0)
		rmdir(path);
	return 0;
}

/* What no name space holds. */
static void clear_machine(void)
{
	mkdir("/tmp/cgroup", 0700);
	if (!mount("cgroup2", "/tmp/cgroup", "cgroup2", 0, NULL)) {
		nftw("/tmp/cgroup", remove_group, 20, FTW_DEPTH | FTW_PHYS);
		umount2("/tmp/cgroup", MNT_DETACH);
	}
	rmdir("/tmp/cgroup");
}

static void run_test(const char *name)
{
	unsigned long spaces = CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWPID;
	pid_t pid;

	printf("START %s\n", name);
	pid = syscall(SYS_clone, spaces | SIGCHLD, 0, 0, 0, 0);
	if (!pid)
		_exit(box(name));
	if (pid < 0) {
		printf("FAILED: no box: %s\n", strerror(errno));
		return;
	}
	if (!reaped_within(pid, limit_seconds * 100)) {
		kill(pid, SIGKILL);
		if (!reaped_within(pid, DEATH_TICKS)) {
			write_text("/proc/sysrq-trigger", "t");
			printf("FAILED: %s does not die\n", name);
		}
	}
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	clear_machine();
}

/* Without those of slabs, whose objects are counted. */
static long used_pages(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	long total = 0, unused = 0, kib;
	char line[200], name[60];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%59s %ld", name, &kib) != 2)
			continue;
		if (!strcmp(name, "MemTotal:"))
			total = kib;
		else if (!strcmp(name, "MemFree:") || !strcmp(name, "Slab:"))
			unused += kib;
	}
	if (f)
		fclose(f);
	return (total - unused) / 4;
}

/*
 * Caches go, and what is freed after a grace period, by a worker, or when a process of the host
 * has ended: until memory has not become less for a second.
 */
static void settle(void)
{
	long least = used_pages();

	sync();
	for (int quiet = 0, look = 0; quiet < 10 && look < 300; look++) {
		long pages;

		write_text("/proc/sys/vm/drop_caches", "3");
		syscall(SYS_membarrier, 1, 0, 0);
		usleep(100000);
		pages = used_pages();
		quiet = pages < least ? 0 : quiet + 1;
		if (pages < least)
			least = pages;
	}
}

static void show_slabs(void)
{
	FILE *f = fopen("/proc/slabinfo", "r");
	char line[400], name[60];
	long used;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%59s %ld", name, &used) == 2)
			printf("SLAB %s %ld\n", name, used);
	}
	if (f)
		fclose(f);
}

int main(int argc, char **argv)
{
	int rounds = 1;

	if (getpid() != 1)
		return 2;
	set_up_system();
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "limit=", 6))
			limit_seconds = atoi(argv[i] + 6);
		else if (!strncmp(argv[i], "rounds=", 7))
			rounds = atoi(argv[i] + 7);
	}
	for (int round = 0; round < rounds; round++) {
		for (int i = 1; i < argc; i++)
			if (!strchr(argv[i], '='))
				run_test(argv[i]);
		settle();
		printf("ROUND %d\n", round);
		show_slabs();
		printf("PAGES %ld\n", used_pages());
	}
	puts("END");
	reboot(RB_POWER_OFF);
	return 0;
}
