// SPDX-License-Identifier: MIT
/* What programs read of /sys: the CPUs. */
#include "test.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

static char text[4096];

static int slurp(const char *path)
{
	int fd = open(path, O_RDONLY), n;

	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	close(fd);
	return n;
}

static void it_is_sysfs(void)
{
	struct statfs sfs;
	struct stat st;

	CHECK_OK(statfs("/sys", &sfs));
	CHECK_EQ(sfs.f_type, 0x62656572);
	CHECK_OK(stat("/sys/kernel", &st));
	CHECK(S_ISDIR(st.st_mode));
	CHECK_OK(stat("/sys/devices/system/cpu/cpu0", &st));
	CHECK(S_ISDIR(st.st_mode));
	CHECK_OK(stat("/sys/devices/system/cpu/online", &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0444);
}

static void online_cpus(void)
{
	int first = -1, last = -1, n;

	CHECK_GT(slurp("/sys/devices/system/cpu/online"), 0);
	n = sscanf(text, "%d-%d", &first, &last);
	CHECK_GE(n, 1);
	CHECK_EQ(first, 0);
	if (n == 1)
		last = first;
	if (!strchr(text, ','))
		CHECK_EQ(last + 1, sysconf(_SC_NPROCESSORS_ONLN));
	CHECK_GT(slurp("/sys/devices/system/cpu/possible"), 0);
	CHECK_GT(slurp("/sys/devices/system/cpu/present"), 0);
	CHECK_GT(slurp("/sys/devices/system/cpu/kernel_max"), 0);
	CHECK_GE(atoi(text), last);
}

static void nothing_can_be_made(void)
{
	CHECK_EQ(mkdir("/sys/kernel/made-by-a-test", 0755), -1);
	CHECK_EQ(open("/sys/kernel/made-by-a-test", O_CREAT | O_RDWR, 0600), -1);
	CHECK_EQ(open("/sys/devices/system/cpu/none", O_RDONLY), -1);
	CHECK_EQ(errno, ENOENT);
}

static void it_takes_no_options(void)
{
	if (geteuid() || unshare(CLONE_NEWNS))
		return;
	CHECK_OK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	CHECK_OK(mkdir("place", 0755));
	CHECK_ERR(mount("none", "place", "sysfs", 0, "no-such-option"), EINVAL);
	CHECK_OK(mount("none", "place", "sysfs", 0, ""));
	CHECK_OK(umount("place"));
	CHECK_OK(rmdir("place"));
}

int main(void)
{
	if (access("/sys/kernel", F_OK))
		SKIP("/sys is not mounted");
	RUN(it_is_sysfs);
	RUN(online_cpus);
	RUN(nothing_can_be_made);
	RUN(it_takes_no_options);
	return test_done();
}
