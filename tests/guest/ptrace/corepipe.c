// SPDX-License-Identifier: MIT
// Cores that a command reads, and kernel.core_pipe_limit.
#include "test.h"
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY);

	CHECK_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* The command: reads all, takes its time, and tells whether the process is still there. */
static int helper(const char *folder, const char *pid)
{
	static char core[65536];
	char path[256], text[32];
	bool elf = false;
	ssize_t n, all = 0;
	int fd;

	while ((n = read(0, core, sizeof(core))) > 0) {
		if (!all)
			elf = !memcmp(core, ELFMAG, SELFMAG);
		all += n;
	}
	usleep(200000);
	snprintf(path, sizeof(path), "/proc/%s/mem", pid);
	n = snprintf(text, sizeof(text), "%d %d", elf && all > 4096, !access(path, F_OK));
	snprintf(path, sizeof(path), "%s/told", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	return write(fd, text, n) == n ? 0 : 1;
}

static void crash(void)
{
	signal(SIGABRT, SIG_DFL);
	abort();
}

/* What the command told of a crash; the dump bit is in the status. */
static void dump_to_pipe(const char *limit, char told[32])
{
	int fd;

	put("/proc/sys/kernel/core_pipe_limit", limit);
	unlink("told");
	CHECK_EQ(test_in_child(crash) & 0xff, SIGABRT | 0x80);
	CHECK(WAIT_UNTIL((fd = open("told", O_RDONLY)) >= 0));
	CHECK(WAIT_UNTIL(pread(fd, told, 31, 0) == 3));
	close(fd);
}

static void read_by_command(void)
{
	char self[128] = "", folder[128], pattern[300], told[32] = "";

	CHECK(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	CHECK(getcwd(folder, sizeof(folder)));
	snprintf(pattern, sizeof(pattern), "|%s helper %s %%P", self, folder);
	CHECK_LT(strlen(pattern), 127);
	put("/proc/sys/kernel/core_pattern", pattern);
	dump_to_pipe("1", told);
	CHECK_STR(told, "1 1");
	memset(told, 0, sizeof(told));
	dump_to_pipe("0", told);
	/* Without one the process goes before, as a rule. */
	CHECK_EQ(told[0], '1');
	put("/proc/sys/kernel/core_pattern", "core");
}

int main(int argc, char **argv)
{
	char comm[32] = {};
	int fd = open("/proc/1/comm", O_RDONLY);

	if (argc == 4 && !strcmp(argv[1], "helper"))
		return helper(argv[2], argv[3]);
	if (fd < 0 || read(fd, comm, sizeof(comm) - 1) <= 0 || strcmp(comm, "runner\n"))
		SKIP("core_pattern is the whole machine's: inside only");
	close(fd);
	RUN(read_by_command);
	return test_done();
}
