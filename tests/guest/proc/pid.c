// SPDX-License-Identifier: MIT
/* /proc/PID: formats, links, permissions. */
#include "test.h"

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static char text[65536];

/* The whole of a file, as a string; its length or -1. */
static int slurp(const char *path)
{
	int fd = open(path, O_RDONLY), n = 0, ret;

	if (fd < 0)
		return -1;
	while ((ret = read(fd, text + n, sizeof(text) - 1 - n)) > 0)
		n += ret;
	text[n] = '\0';
	close(fd);
	return ret < 0 ? -1 : n;
}

/* The number behind "Key:" in the text read last, or -1. */
static long field(const char *key)
{
	char *p = strstr(text, key);

	return p ? strtol(p + strlen(key), NULL, 0) : -1;
}

static void pagemap_reaches_all_addresses(void)
{
	static char here;
	char *stack = __builtin_frame_address(0);
	unsigned long addresses[] = { (unsigned long)&here, (unsigned long)stack };
	int fd = open("/proc/self/pagemap", O_RDONLY);

	here = 1;
	CHECK(fd >= 0);
	for (int i = 0; i < 2; i++) {
		off_t at = addresses[i] / 4096 * 8;
		unsigned long entry = 0;

		CHECK_EQ(lseek(fd, at, SEEK_SET), at);
		CHECK_EQ(read(fd, &entry, sizeof(entry)), (ssize_t)sizeof(entry));
		CHECK(entry >> 63);
	}
	close(fd);
}

static void stat_has_52_fields(void)
{
	char comm[32], state, *p;
	int pid, ppid, pgrp, session, n = 0;

	prctl(PR_SET_NAME, "na me) x");
	NEED(slurp("/proc/self/stat") > 0);
	CHECK_EQ(sscanf(text, "%d (%30[^\n]", &pid, comm), 2);
	CHECK_EQ(pid, getpid());
	p = strrchr(text, ')');
	NEED(p);
	CHECK(!strncmp(comm, "na me) x) R", 11));
	CHECK_EQ(sscanf(p + 2, "%c %d %d %d", &state, &ppid, &pgrp, &session), 4);
	CHECK_EQ(state, 'R');
	CHECK_EQ(ppid, getppid());
	CHECK_EQ(pgrp, getpgrp());
	CHECK_EQ(session, getsid(0));
	for (p += 2; *p; p++)
		n += *p == ' ' || *p == '\n';
	CHECK_EQ(n, 50);
	CHECK(slurp("/proc/self/comm") > 0);
	CHECK_STR(text, "na me) x\n");
}

static void stat_of_children(void)
{
	char path[64], state;
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	CHECK(WAIT_UNTIL(slurp(path) > 0 && sscanf(strrchr(text, ')') + 2, "%c", &state) == 1 &&
			 state == 'S'));
	kill(pid, SIGSTOP);
	CHECK(WAIT_UNTIL(slurp(path) > 0 && sscanf(strrchr(text, ')') + 2, "%c", &state) == 1 &&
			 state == 'T'));
	kill(pid, SIGKILL);
	CHECK(WAIT_UNTIL(slurp(path) > 0 && sscanf(strrchr(text, ')') + 2, "%c", &state) == 1 &&
			 state == 'Z'));
	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	CHECK_EQ(slurp(path), 0);
	waitpid(pid, NULL, 0);
	CHECK_EQ(slurp(path), -1);
	CHECK_EQ(errno, ENOENT);
}

static void an_open_file_of_the_dead_gives_esrch(void)
{
	char path[64], c;
	pid_t pid = fork();
	int fd;

	if (!pid) {
		pause();
		_exit(0);
	}
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY);
	CHECK_OK(fd);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	CHECK_ERR(read(fd, &c, 1), ESRCH);
	close(fd);
}

static void status_lines(void)
{
	static const char *const keys[] = {
		"Name:\t", "\nUmask:\t0", "\nState:\tR (running)\n", "\nTgid:\t", "\nPid:\t", "\nPPid:\t",
		"\nTracerPid:\t0\n", "\nUid:\t", "\nGid:\t", "\nFDSize:\t", "\nGroups:\t", "\nVmPeak:\t",
		"\nVmSize:\t", "\nVmRSS:\t", "\nVmData:\t", "\nVmStk:\t", "\nThreads:\t1\n", "\nSigQ:\t",
		"\nSigPnd:\t0000000000000000\n", "\nSigBlk:\t", "\nSigIgn:\t", "\nSigCgt:\t",
		"\nCapInh:\t", "\nCapEff:\t", "\nCapBnd:\t", "\nNoNewPrivs:\t", "\nCpus_allowed_list:\t",
		"\nvoluntary_ctxt_switches:\t", "\nnonvoluntary_ctxt_switches:\t",
	};
	struct sigaction sa = { .sa_handler = SIG_IGN };

	sigaction(SIGUSR1, &sa, NULL);
	NEED(slurp("/proc/self/status") > 0);
	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strstr(text, keys[i]))
			FAIL("status lacks \"%s\"", keys[i]);
	CHECK_EQ(field("\nPid:\t"), getpid());
	CHECK_EQ(field("\nUid:\t"), getuid());
	CHECK(strtoul(strstr(text, "SigIgn:\t") + 8, NULL, 16) >> (SIGUSR1 - 1) & 1);
	CHECK_GT(field("\nVmRSS:\t"), 0);
	CHECK_GE(field("\nVmSize:\t"), field("\nVmRSS:\t"));
}

static void statm_counts_pages(void)
{
	long size, resident, shared, text_pages, lib, data, dirty;
	char *map;

	NEED(slurp("/proc/self/statm") > 0);
	CHECK_EQ(sscanf(text, "%ld %ld %ld %ld %ld %ld %ld", &size, &resident, &shared, &text_pages,
			&lib, &data, &dirty), 7);
	CHECK_GE(size, resident);
	CHECK_GE(resident, shared);
	map = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(map, 1, 1 << 20);
	long size2, resident2;

	slurp("/proc/self/statm");
	sscanf(text, "%ld %ld", &size2, &resident2);
	CHECK_GE(size2, size + 256);
	CHECK_GE(resident2, resident + 200);
	munmap(map, 1 << 20);
}

static void cmdline_and_environ(char **argv)
{
	int n = slurp("/proc/self/cmdline");

	CHECK_EQ(n, (int)strlen(argv[0]) + 1);
	CHECK_STR(text, argv[0]);
	n = slurp("/proc/self/environ");
	CHECK_GT(n, 0);
	CHECK(strchr(text, '='));
}

static void auxv_is_what_the_program_got(void)
{
	Elf64_auxv_t *a = (Elf64_auxv_t *)text;
	int n = slurp("/proc/self/auxv"), pagesz = 0;

	CHECK_GT(n, 0);
	CHECK_EQ(n % sizeof(*a), 0);
	for (; a->a_type; a++)
		if (a->a_type == AT_PAGESZ)
			pagesz = a->a_un.a_val;
	CHECK_EQ(pagesz, 4096);
}

static void maps_shows_areas(void)
{
	unsigned long start, end, at = 0, my = (unsigned long)&maps_shows_areas, stack = (unsigned long)&start;
	int code = 0, stk = 0;
	char perms[8], *line;
	char *map = mmap(NULL, 8192, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	NEED(slurp("/proc/self/maps") > 0);
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		CHECK_EQ(sscanf(line, "%lx-%lx %7s", &start, &end, perms), 3);
		CHECK_GE(start, at);
		CHECK_GT(end, start);
		at = end;
		if (my >= start && my < end) {
			code = 1;
			CHECK_STR(perms, "r-xp");
		}
		if (stack >= start && stack < end) {
			stk = 1;
			CHECK(strstr(line, "[stack]"));
		}
		if ((unsigned long)map == start)
			CHECK_STR(perms, "r--s");
	}
	CHECK(code);
	CHECK(stk);
	CHECK_GT(slurp("/proc/self/smaps"), 0);
	CHECK(strstr(text, "\nRss: "));
	CHECK(strstr(text, "\nVmFlags: rd "));
	CHECK_GT(slurp("/proc/self/smaps_rollup"), 0);
	CHECK(strstr(text, "[rollup]"));
}

static void mem_reads_and_writes_memory(void)
{
	static volatile char cell[16] = "hello";
	char buf[8] = {};
	int fd = open("/proc/self/mem", O_RDWR);

	NEED(fd >= 0);
	CHECK_EQ(pread(fd, buf, 5, (off_t)cell), 5);
	CHECK_STR(buf, "hello");
	CHECK_EQ(pwrite(fd, "J", 1, (off_t)cell), 1);
	CHECK_EQ(cell[0], 'J');
	CHECK_ERR(pread(fd, buf, 5, 16), EIO);
	close(fd);
}

static void links(void)
{
	char buf[512], cwd[512];
	struct stat a, b;
	int n, fd;

	n = readlink("/proc/self", buf, sizeof(buf));
	buf[n > 0 ? n : 0] = '\0';
	CHECK_EQ(atoi(buf), getpid());
	n = readlink("/proc/self/cwd", buf, sizeof(buf));
	buf[n > 0 ? n : 0] = '\0';
	NEED(getcwd(cwd, sizeof(cwd)));
	CHECK_STR(buf, cwd);
	CHECK_OK(stat("/proc/self/cwd", &a));
	CHECK_OK(stat(".", &b));
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_OK(stat("/proc/self/root", &a));
	CHECK_OK(stat("/", &b));
	CHECK_EQ(a.st_ino, b.st_ino);
	fd = open("/proc/self/exe", O_RDONLY);
	CHECK_OK(fd);
	CHECK_EQ(read(fd, buf, 4), 4);
	CHECK(!memcmp(buf, "\177ELF", 4));
	close(fd);
	CHECK_ERR(mkdir("/proc/self/x", 0755), ENOENT);
	CHECK_ERR(unlink("/proc/self/stat"), EPERM);
}

static void fd_folder(void)
{
	char path[64], buf[512];
	int pipefd[2], fd, n, count = 0, found = 0;
	struct stat st;
	struct dirent *e;
	DIR *dir;

	NEED(pipe(pipefd) == 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", pipefd[0]);
	n = readlink(path, buf, sizeof(buf));
	buf[n > 0 ? n : 0] = '\0';
	CHECK(!strncmp(buf, "pipe:[", 6));
	CHECK_OK(lstat(path, &st));
	CHECK_EQ(st.st_mode, S_IFLNK | 0500);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", pipefd[1]);
	CHECK_OK(lstat(path, &st));
	CHECK_EQ(st.st_mode, S_IFLNK | 0300);
	fd = open(path, O_WRONLY);
	CHECK_OK(fd);
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(read(pipefd[0], buf, 1), 1);
	close(fd);
	dir = opendir("/proc/self/fd");
	NEED(dir);
	while ((e = readdir(dir))) {
		count++;
		found += atoi(e->d_name) == pipefd[1] && e->d_name[0] != '.';
	}
	CHECK_GE(count, 6);
	CHECK_EQ(found, 1);
	closedir(dir);
	CHECK_ERR(open("/proc/self/fd/999", O_RDONLY), ENOENT);
	fd = open("gone", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	NEED(fd >= 0);
	CHECK_EQ(write(fd, "abc", 3), 3);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	CHECK_GT(slurp(path), 0);
	CHECK_EQ(field("pos:\t"), 3);
	CHECK_EQ(field("flags:\t"), O_RDWR | O_CLOEXEC | 0100000);
	CHECK_OK(unlink("gone"));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, buf, sizeof(buf));
	buf[n > 0 ? n : 0] = '\0';
	CHECK(strstr(buf, "/gone (deleted)"));
	close(fd);
	close(pipefd[0]);
	close(pipefd[1]);
}

static void *thread_body(void *arg)
{
	*(int *)arg = syscall(SYS_gettid);
	prctl(PR_SET_NAME, "worker");
	while (*(volatile int *)arg != -1)
		test_sleep_ms(1);
	return NULL;
}

/* A link tells how its file is open: not at all, for a place. */
static void modes_of_links(void)
{
	static const struct { int flags; mode_t mode; } all[] = {
		{ O_RDONLY, 0500 }, { O_WRONLY, 0300 }, { O_RDWR, 0700 }, { O_PATH, 0 },
	};

	for (int i = 0; i < 4; i++) {
		int fd = open("/dev/null", all[i].flags);
		char name[32];
		struct stat st;

		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
		CHECK_OK(lstat(name, &st));
		CHECK_EQ(st.st_mode, S_IFLNK | all[i].mode);
		close(fd);
	}
}

static void task_folder(void)
{
	int tid = 0, count = 0;
	char path[64];
	struct dirent *e;
	struct stat st;
	pthread_t t;
	DIR *dir;

	NEED(pthread_create(&t, NULL, thread_body, &tid) == 0);
	CHECK(WAIT_UNTIL(*(volatile int *)&tid));
	snprintf(path, sizeof(path), "/proc/self/task/%d/comm", tid);
	CHECK(WAIT_UNTIL(slurp(path) > 0 && !strcmp(text, "worker\n")));
	dir = opendir("/proc/self/task");
	NEED(dir);
	while ((e = readdir(dir)))
		count += e->d_name[0] != '.';
	closedir(dir);
	CHECK_EQ(count, 2);
	CHECK_OK(stat("/proc/self/task", &st));
	CHECK_EQ(st.st_nlink, 4);
	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	CHECK_GT(slurp(path), 0);
	CHECK_EQ(field("\nThreads:\t"), 2);
	CHECK_EQ(field("\nTgid:\t"), getpid());
	*(volatile int *)&tid = -1;
	pthread_join(t, NULL);
	CHECK_GT(readlink("/proc/thread-self", path, sizeof(path)), 0);
}

static void limits_and_oom(void)
{
	struct rlimit r;
	char want[128];
	int fd;

	getrlimit(RLIMIT_NOFILE, &r);
	NEED(slurp("/proc/self/limits") > 0);
	snprintf(want, sizeof(want), "Max open files            %-20lu %-20lu files     \n", r.rlim_cur,
		 r.rlim_max);
	CHECK(strstr(text, want));
	CHECK(strstr(text, "Limit                     Soft Limit           Hard Limit           Units"));
	CHECK_GT(slurp("/proc/self/oom_score"), 0);
	fd = open("/proc/self/oom_score_adj", O_RDWR);
	NEED(fd >= 0);
	CHECK_EQ(write(fd, "500\n", 4), 4);
	CHECK_ERR(write(fd, "1001", 4), EINVAL);
	CHECK_ERR(write(fd, "x", 1), EINVAL);
	CHECK_GT(slurp("/proc/self/oom_score_adj"), 0);
	CHECK_STR(text, "500\n");
	close(fd);
}

static void io_counts(void)
{
	NEED(slurp("/proc/self/io") > 0);
	CHECK_GT(field("rchar: "), 0);
	CHECK_GT(field("syscr: "), 0);
	CHECK(strstr(text, "\ncancelled_write_bytes: "));
}

static void modes_and_owners(void)
{
	static const struct {
		const char *name;
		unsigned mode;
	} files[] = {
		{ "stat", 0100444 }, { "status", 0100444 }, { "cmdline", 0100444 }, { "environ", 0100400 },
		{ "mem", 0100600 }, { "maps", 0100444 }, { "fd", 0040500 }, { "fdinfo", 0040555 },
		{ "task", 0040555 }, { "exe", 0120777 }, { "comm", 0100644 }, { "io", 0100400 },
		{ "ns", 0040511 }, { "auxv", 0100400 }, { "", 0040555 },
	};
	char path[64];
	struct stat st;

	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "/proc/self/%s", files[i].name);
		CHECK_OK(lstat(path, &st));
		if (st.st_mode != files[i].mode && strcmp(files[i].name, "fdinfo"))
			FAIL("%s has mode %o, not %o", path, st.st_mode, files[i].mode);
		CHECK_EQ(st.st_uid, geteuid());
	}
}

static void a_stranger_may_not_look(void)
{
	char path[64];
	pid_t pid;

	if (geteuid() != 0)
		return;
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	if (setresgid(1234, 1234, 1234) || setresuid(1234, 1234, 1234))
		_exit(1);
	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	CHECK_ERR(open(path, O_RDONLY), EACCES);
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	CHECK_ERR(open(path, O_RDONLY), EACCES);
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	CHECK_ERR(open(path, O_RDONLY), EACCES);
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	CHECK_ERR(open(path, O_RDONLY), EACCES);
	snprintf(path, sizeof(path), "/proc/%d/cwd", pid);
	CHECK_ERR(readlink(path, text, 10), EACCES);
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	CHECK_GT(slurp(path), 0);
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	CHECK_GT(slurp(path), 0);
}

int main(int argc, char **argv)
{
	alarm(60);
	RUN(stat_has_52_fields);
	RUN(stat_of_children);
	RUN(an_open_file_of_the_dead_gives_esrch);
	RUN(status_lines);
	RUN(statm_counts_pages);
	test_current = "cmdline_and_environ";
	cmdline_and_environ(argv);
	RUN(auxv_is_what_the_program_got);
	RUN(maps_shows_areas);
	RUN(mem_reads_and_writes_memory);
	RUN(links);
	RUN(fd_folder);
	RUN(modes_of_links);
	RUN(task_folder);
	RUN_IN_CHILD(limits_and_oom);
	RUN(io_counts);
	RUN(modes_and_owners);
	RUN(pagemap_reaches_all_addresses);
	RUN_IN_CHILD(a_stranger_may_not_look);
	return test_done();
}
