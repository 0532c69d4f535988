// SPDX-License-Identifier: MIT
/* Files of /proc and /sys, read and written. */
#include "nth.h"

static void read_file(const char *path)
{
	static char text[65536];
	int fd = open(path, O_RDONLY);

	TRY(read(fd, text, sizeof(text)));
	close_fd(fd);
}
#define READ(name, path) static void try_##name(void) { read_file(path); }
READ(maps, "/proc/self/maps")
READ(smaps, "/proc/self/smaps")
READ(mounts, "/proc/self/mountinfo")
READ(status, "/proc/self/status")
READ(cgroups, "/proc/self/cgroup")
READ(cmdline, "/proc/self/cmdline")
READ(environ, "/proc/self/environ")
READ(pagemap, "/proc/self/pagemap")
READ(slabinfo, "/proc/slabinfo")
READ(stat_all, "/proc/stat")
READ(interrupts, "/proc/interrupts")
READ(kallsyms, "/proc/kallsyms")
READ(locks, "/proc/locks")
READ(zoneinfo, "/proc/zoneinfo")
READ(sched_debug, "/proc/sched_debug")
READ(net_unix, "/proc/net/unix")
READ(sysctl, "/proc/sys/kernel/hostname")
READ(uevent, "/sys/class/mem/null/uevent")

static void try_write_sysctl(void)
{
	int fd = open("/proc/sys/kernel/core_pattern", O_WRONLY);

	TRY(write(fd, "core\n", 5));
	close_fd(fd);
}
static void try_kmsg(void)
{
	int fd = open("/dev/kmsg", O_WRONLY);

	TRY(write(fd, "<7>nth\n", 7));
	close_fd(fd);
}

const struct nth_call proc_calls[] = {
	CALL(maps), CALL(smaps), CALL(mounts), CALL(status), CALL(cgroups), CALL(cmdline), CALL(environ),
	CALL(pagemap), CALL(slabinfo), CALL(stat_all), CALL(interrupts), CALL(kallsyms), CALL(locks),
	CALL(zoneinfo), CALL(sched_debug), CALL(net_unix), CALL(sysctl), CALL(uevent), CALL(write_sysctl),
	CALL(kmsg),
	{ NULL, NULL },
};
