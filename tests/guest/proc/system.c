// SPDX-License-Identifier: MIT
/* The files of /proc that describe the whole system, and /proc/sys. */
#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

static char text[262144];

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

static void version_names_the_release(void)
{
	struct utsname u;
	char want[400];

	uname(&u);
	NEED(slurp("/proc/version") > 0);
	snprintf(want, sizeof(want), "Linux version %s (", u.release);
	CHECK(!strncmp(text, want, strlen(want)));
	CHECK(strstr(text, u.version));
}

static void uptime_and_loadavg(void)
{
	double up, idle, a, b, c;
	int running, total, last;

	NEED(slurp("/proc/uptime") > 0);
	CHECK_EQ(sscanf(text, "%lf %lf", &up, &idle), 2);
	CHECK(up > 0);
	NEED(slurp("/proc/loadavg") > 0);
	CHECK_EQ(sscanf(text, "%lf %lf %lf %d/%d %d", &a, &b, &c, &running, &total, &last), 6);
	CHECK_GE(running, 1);
	CHECK_GE(total, 1);
	CHECK_GE(last, 1);
}

static void stat_lines(void)
{
	unsigned long long v[10], intr, ctxt, btime, forks;
	char *p;

	NEED(slurp("/proc/stat") > 0);
	CHECK_EQ(sscanf(text, "cpu  %llu %llu %llu %llu %llu %llu %llu %llu %llu %llu", &v[0], &v[1],
			&v[2], &v[3], &v[4], &v[5], &v[6], &v[7], &v[8], &v[9]), 10);
	CHECK(strstr(text, "\ncpu0 "));
	p = strstr(text, "\nintr ");
	CHECK(p && sscanf(p, "\nintr %llu", &intr) == 1);
	p = strstr(text, "\nctxt ");
	CHECK(p && sscanf(p, "\nctxt %llu\nbtime %llu\nprocesses %llu\nprocs_running ", &ctxt, &btime,
			  &forks) == 3);
	CHECK_GT(ctxt, 0);
	CHECK_GE(forks, 1);
	CHECK_LE(llabs((long long)btime - (long long)time(NULL)), 100LL * 365 * 86400);
	CHECK(strstr(text, "\nprocs_blocked "));
	CHECK(strstr(text, "\nsoftirq "));
}

static void meminfo_agrees_with_sysinfo(void)
{
	unsigned long total, free, available;
	struct sysinfo si;
	char *p;

	NEED(slurp("/proc/meminfo") > 0);
	CHECK_EQ(sscanf(text, "MemTotal: %lu kB\nMemFree: %lu kB\nMemAvailable: %lu kB\nBuffers:", &total,
			&free, &available), 3);
	CHECK_OK(sysinfo(&si));
	CHECK_EQ(total, si.totalram * si.mem_unit / 1024);
	CHECK_LE(free, total);
	CHECK_LE(available, total);
	for (p = text; *p; p = strchr(p, '\n') + 1)
		CHECK(strchr(p, ':'));
	CHECK(strstr(text, "\nCached: "));
	CHECK(strstr(text, "\nSlab: "));
	CHECK(strstr(text, "\nSwapTotal: "));
	CHECK(strstr(text, "\nCommitted_AS: "));
}

static void lists(void)
{
	NEED(slurp("/proc/filesystems") > 0);
	CHECK(strstr(text, "nodev\tproc\n"));
	CHECK(strstr(text, "nodev\ttmpfs\n"));
	CHECK(strstr(text, "nodev\tdevpts\n"));
	NEED(slurp("/proc/devices") > 0);
	CHECK(!strncmp(text, "Character devices:\n  1 mem\n", 27));
	CHECK(strstr(text, "\n  5 /dev/tty\n"));
	CHECK(strstr(text, "\n  5 /dev/ptmx\n"));
	CHECK(strstr(text, "\n136 pts\n"));
	CHECK(strstr(text, "\nBlock devices:\n"));
	NEED(slurp("/proc/cpuinfo") > 0);
	CHECK(!strncmp(text, "processor\t: 0\nvendor_id\t: ", 26));
	CHECK(strstr(text, "\nflags\t\t: "));
	NEED(slurp("/proc/interrupts") > 0);
	CHECK(strstr(text, "CPU0"));
	NEED(slurp("/proc/softirqs") > 0);
	CHECK(strstr(text, "TIMER:"));
	CHECK_GT(slurp("/proc/cmdline"), 0);
	CHECK_GE(slurp("/proc/partitions"), 0);
	NEED(slurp("/proc/swaps") > 0);
	CHECK(!strncmp(text, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n", 42));
	CHECK_GT(slurp("/proc/vmstat"), 0);
	CHECK(strstr(text, "nr_free_pages "));
	NEED(slurp("/proc/buddyinfo") > 0);
	CHECK(!strncmp(text, "Node 0, zone ", 13));
	CHECK_GE(slurp("/proc/tty/drivers"), 0);
	CHECK_GE(slurp("/proc/locks"), 0);
}

static void mounts_are_shown(void)
{
	struct statfs sfs;
	char buf[64];
	int n;

	CHECK_OK(statfs("/proc", &sfs));
	CHECK_EQ(sfs.f_type, 0x9fa0);
	n = readlink("/proc/mounts", buf, sizeof(buf));
	buf[n > 0 ? n : 0] = '\0';
	CHECK_STR(buf, "self/mounts");
	NEED(slurp("/proc/mounts") > 0);
	CHECK(strstr(text, " /proc proc "));
	NEED(slurp("/proc/self/mountinfo") > 0);
	CHECK(strstr(text, " - proc "));
}

static void sysctls(void)
{
	struct utsname u;
	char want[80], old[80];
	int fd;

	uname(&u);
	NEED(slurp("/proc/sys/kernel/osrelease") > 0);
	snprintf(want, sizeof(want), "%s\n", u.release);
	CHECK_STR(text, want);
	NEED(slurp("/proc/sys/kernel/ostype") > 0);
	CHECK_STR(text, "Linux\n");
	NEED(slurp("/proc/sys/kernel/hostname") > 0);
	snprintf(want, sizeof(want), "%s\n", u.nodename);
	CHECK_STR(text, want);
	NEED(slurp("/proc/sys/kernel/random/boot_id") == 37);
	strcpy(old, text);
	NEED(slurp("/proc/sys/kernel/random/boot_id") == 37);
	CHECK_STR(text, old);
	NEED(slurp("/proc/sys/kernel/random/uuid") == 37);
	CHECK_EQ(text[8], '-');
	CHECK_EQ(text[14], '4');
	strcpy(old, text);
	slurp("/proc/sys/kernel/random/uuid");
	CHECK(strcmp(text, old));
	NEED(slurp("/proc/sys/kernel/pid_max") > 0);
	CHECK_GT(atoi(text), 300);
	NEED(slurp("/proc/sys/fs/file-nr") > 0);
	CHECK_EQ(slurp("/proc/sys/no/such"), -1);
	CHECK_EQ(errno, ENOENT);
	fd = open("/proc/sys/kernel/ostype", O_WRONLY);
	CHECK_EQ(fd, -1);
	CHECK_EQ(errno, EACCES);
}

static void writing_sysctls(void)
{
	char old[32];
	int fd, n;

	fd = open("/proc/sys/vm/overcommit_memory", O_RDWR);
	if (fd < 0)
		return;		/* the host may have /proc/sys read-only */
	n = slurp("/proc/sys/vm/overcommit_memory");
	memcpy(old, text, n + 1);
	CHECK_ERR(write(fd, "7\n", 2), EINVAL);
	CHECK_ERR(write(fd, "abc\n", 4), EINVAL);
	CHECK_EQ(pwrite(fd, old, n, 0), n);
	slurp("/proc/sys/vm/overcommit_memory");
	CHECK_STR(text, old);
	close(fd);
}

static void root_listing(void)
{
	int self = 0, sys = 0, me = 0, last = 0, sorted = 1;
	struct dirent *e;
	DIR *dir = opendir("/proc");

	NEED(dir);
	while ((e = readdir(dir))) {
		int nr = atoi(e->d_name);

		self += !strcmp(e->d_name, "self");
		sys += !strcmp(e->d_name, "sys");
		if (nr) {
			me += nr == getpid();
			sorted &= nr > last;
			last = nr;
		}
	}
	closedir(dir);
	CHECK_EQ(self, 1);
	CHECK_EQ(sys, 1);
	CHECK_EQ(me, 1);
	CHECK(sorted);
	CHECK_ERR(mkdir("/proc/x", 0755), ENOENT);
	CHECK_ERR(open("/proc/x", O_CREAT | O_RDWR, 0644), ENOENT);
	CHECK_ERR(open("/proc/0", O_RDONLY), ENOENT);
	CHECK_ERR(open("/proc/01", O_RDONLY), ENOENT);
}

static void partial_reads_fit_together(void)
{
	char whole[4096], part[4096];
	int fd = open("/proc/filesystems", O_RDONLY), n = 0, total, ret;

	NEED(fd >= 0);
	total = slurp("/proc/filesystems");
	memcpy(whole, text, total < 4096 ? total : 4096);
	while (n < 4096 && (ret = read(fd, part + n, 7)) > 0)
		n += ret;
	CHECK_EQ(n, total);
	CHECK(!memcmp(part, whole, n));
	CHECK_EQ(lseek(fd, 3, SEEK_SET), 3);
	CHECK_EQ(read(fd, part, 10), 10);
	CHECK(!memcmp(part, whole + 3, 10));
	CHECK_EQ(pread(fd, part, 5, 1), 5);
	CHECK(!memcmp(part, whole + 1, 5));
	close(fd);
}

static void texts_are_not_written(void)
{
	static const char *const names[] = { "/proc/version", "/proc/meminfo", "/proc/stat" };

	if (geteuid())
		return;
	for (int i = 0; i < 3; i++) {
		int fd = open(names[i], O_WRONLY);

		CHECK_GE(fd, 0);
		CHECK_ERR(write(fd, "x", 1), EIO);
		close(fd);
	}
}

int main(void)
{
	alarm(60);
	RUN(version_names_the_release);
	RUN(uptime_and_loadavg);
	RUN(stat_lines);
	RUN(meminfo_agrees_with_sysinfo);
	RUN(lists);
	RUN(mounts_are_shown);
	RUN(sysctls);
	RUN(writing_sysctls);
	RUN(root_listing);
	RUN(partial_reads_fit_together);
	RUN(texts_are_not_written);
	return test_done();
}
