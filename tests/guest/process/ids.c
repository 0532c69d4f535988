// SPDX-License-Identifier: MIT
/* Users, groups, capabilities, limits, prctl(), names: who a process is. */
#include "test.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#define RAW(nr, ...) syscall(SYS_##nr, ##__VA_ARGS__)

static void root_drops_for_good(void)
{
	CHECK_OK(RAW(setuid, 1000));
	CHECK_EQ(getuid(), 1000);
	CHECK_EQ(geteuid(), 1000);
	CHECK_ERR(RAW(setuid, 0), EPERM);
	CHECK_ERR(RAW(setreuid, 0, -1), EPERM);
	CHECK_ERR(RAW(setresuid, 0, 0, 0), EPERM);
	CHECK_ERR(RAW(setgid, 5), EPERM);
	CHECK_ERR(RAW(setgroups, 0, NULL), EPERM);
	CHECK_ERR(kill(1, SIGTERM), EPERM);
	CHECK_ERR(RAW(sethostname, "x", 1), EPERM);
	CHECK_ERR(RAW(reboot, 0xfee1dead, 672274793, 0, 0), EPERM);
	CHECK_ERR(RAW(setuid, -1), EINVAL);
}

static void saved_id_brings_back(void)
{
	unsigned int r, e, s;

	CHECK_OK(RAW(setresuid, 1000, 1001, 0));
	CHECK_OK(RAW(getresuid, &r, &e, &s));
	CHECK_EQ(r, 1000);
	CHECK_EQ(e, 1001);
	CHECK_EQ(s, 0);
	CHECK_ERR(RAW(setresuid, -1, 1005, -1), EPERM);
	CHECK_OK(RAW(setresuid, -1, 0, -1));
	CHECK_EQ(geteuid(), 0);
	CHECK_OK(RAW(setreuid, 1000, 1000));
	CHECK_OK(RAW(getresuid, &r, &e, &s));
	CHECK_EQ(s, 1000);
}

static void groups_are_checked(void)
{
	unsigned int list[3] = { 30, 10, 20 }, out[3], big = 1;

	CHECK_OK(RAW(setgroups, 3, list));
	CHECK_EQ(RAW(getgroups, 0, NULL), 3);
	CHECK_EQ(RAW(getgroups, 3, out), 3);
	CHECK_EQ(out[0] + out[1] + out[2], 60);
	CHECK_ERR(RAW(getgroups, 2, out), EINVAL);
	CHECK_ERR(RAW(getgroups, -1, out), EINVAL);
	CHECK_ERR(RAW(setgroups, 65537, &big), EINVAL);
	CHECK_ERR(RAW(setgroups, 1, 1L), EFAULT);
	CHECK_OK(RAW(setresgid, 5, 6, 7));
	CHECK_OK(RAW(setuid, 1000));
	CHECK_OK(RAW(setregid, 6, 5));
	CHECK_EQ(getgid(), 6);
	CHECK_EQ(getegid(), 5);
	CHECK_ERR(RAW(setgid, 99), EPERM);
}

static void fsuid_tells_the_old_one(void)
{
	CHECK_EQ(RAW(setfsuid, 1000), 0);
	CHECK_EQ(RAW(setfsuid, -1), 1000);
	CHECK_EQ(RAW(setfsuid, 0), 1000);
	CHECK_EQ(RAW(setfsgid, 7), 0);
	CHECK_EQ(RAW(setfsgid, -1), 7);
}

static void capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {}, less[2];

	CHECK_OK(RAW(capget, &head, data));
	memcpy(less, data, sizeof(less));
	less[0].effective &= ~(1u << CAP_SYS_BOOT);
	less[0].permitted &= ~(1u << CAP_SYS_BOOT);
	CHECK_OK(RAW(capset, &head, less));
	CHECK_ERR(RAW(reboot, 0xfee1dead, 672274793, 0, 0), EPERM);
	less[0].permitted |= 1u << CAP_SYS_BOOT;
	CHECK_ERR(RAW(capset, &head, less), EPERM);
	head.version = 1;
	CHECK_ERR(RAW(capget, &head, data), EINVAL);
	CHECK_EQ(head.version, _LINUX_CAPABILITY_VERSION_3);
	head.version = 1;
	CHECK_EQ(RAW(capget, &head, NULL), 0);
	head.version = _LINUX_CAPABILITY_VERSION_3;
	head.pid = 0x3fffff;
	CHECK_ERR(RAW(capget, &head, data), ESRCH);
	head.pid = -1;
	CHECK_ERR(RAW(capget, &head, data), EINVAL);
	head.pid = 1;
	CHECK_ERR(RAW(capset, &head, data), EPERM);
	CHECK_ERR(RAW(capget, 1L, data), EFAULT);
}

static void keepcaps_keep(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	CHECK_OK(prctl(PR_SET_KEEPCAPS, 1));
	CHECK_EQ(prctl(PR_GET_KEEPCAPS), 1);
	CHECK_OK(RAW(setuid, 1000));
	CHECK_OK(RAW(capget, &head, data));
	CHECK_NE(data[0].permitted, 0);
	CHECK_EQ(data[0].effective, 0);
}

static void bounding_set_and_ambient(void)
{
	CHECK_EQ(prctl(PR_CAPBSET_READ, CAP_SYS_BOOT), 1);
	CHECK_OK(prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT));
	CHECK_EQ(prctl(PR_CAPBSET_READ, CAP_SYS_BOOT), 0);
	CHECK_ERR(prctl(PR_CAPBSET_READ, 64), EINVAL);
	CHECK_EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0), 0);
	CHECK_ERR(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0), EPERM);
	CHECK_ERR(prctl(PR_CAP_AMBIENT, 77, CAP_CHOWN, 0, 0), EINVAL);
	CHECK_OK(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT));
	CHECK_EQ(prctl(PR_GET_SECUREBITS), SECBIT_NOROOT);
	CHECK_ERR(prctl(PR_SET_SECUREBITS, 1UL << 20), EPERM);
}

static void process_limit(void)
{
	struct rlimit limit = { 3, 3 };
	pid_t pids[8];
	int made = 0, error = 0;

	CHECK_OK(setrlimit(RLIMIT_NPROC, &limit));
	CHECK_OK(RAW(setuid, 54321));
	while (made < 8) {
		pids[made] = fork();
		if (pids[made] < 0) {
			error = errno;
			break;
		}
		if (!pids[made])
			for (;;)
				pause();
		made++;
	}
	CHECK_EQ(error, EAGAIN);
	CHECK_EQ(made, 2);
	for (int i = 0; i < made; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
}

static void limits_are_checked(void)
{
	struct rlimit old, new;

	CHECK_OK(getrlimit(RLIMIT_NOFILE, &old));
	new = old;
	new.rlim_cur = new.rlim_max + 1;
	if (new.rlim_cur > new.rlim_max)
		CHECK_ERR(setrlimit(RLIMIT_NOFILE, &new), EINVAL);
	CHECK_ERR(RAW(getrlimit, 16, &old), EINVAL);
	CHECK_ERR(RAW(setrlimit, 99, &old), EINVAL);
	CHECK_ERR(RAW(prlimit64, 0x3fffff, RLIMIT_CPU, NULL, NULL), ESRCH);
	new.rlim_cur = 50;
	new.rlim_max = 60;
	CHECK_OK(prlimit(0, RLIMIT_NOFILE, &new, &old));
	CHECK_OK(prlimit(0, RLIMIT_NOFILE, NULL, &old));
	CHECK_EQ(old.rlim_max, 60);
	CHECK_OK(RAW(setuid, 1000));
	new.rlim_max = 70;
	CHECK_ERR(setrlimit(RLIMIT_NOFILE, &new), EPERM);
}

static void prctl_numbers(void)
{
	char name[16];
	int value;

	CHECK_OK(prctl(PR_SET_NAME, "a name that is too long"));
	CHECK_OK(prctl(PR_GET_NAME, name));
	CHECK_STR(name, "a name that is ");
	CHECK_ERR(prctl(PR_SET_NAME, 1L), EFAULT);
	CHECK_ERR(prctl(PR_GET_NAME, 1L), EFAULT);
	CHECK_OK(prctl(PR_SET_PDEATHSIG, SIGUSR1));
	CHECK_OK(prctl(PR_GET_PDEATHSIG, &value));
	CHECK_EQ(value, SIGUSR1);
	CHECK_ERR(prctl(PR_SET_PDEATHSIG, 65), EINVAL);
	CHECK_ERR(prctl(PR_GET_PDEATHSIG, 1L), EFAULT);
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 1);
	CHECK_OK(prctl(PR_SET_DUMPABLE, 0));
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 0);
	CHECK_ERR(prctl(PR_SET_DUMPABLE, 2), EINVAL);
	CHECK_OK(prctl(PR_SET_TIMERSLACK, 12345));
	CHECK_EQ(prctl(PR_GET_TIMERSLACK), 12345);
	CHECK_ERR(prctl(PR_SET_NO_NEW_PRIVS, 2, 0, 0, 0), EINVAL);
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
	CHECK_OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	CHECK_ERR(prctl(9999), EINVAL);
}

static void names_and_numbers(void)
{
	struct utsname uts;
	struct sysinfo info;

	CHECK_OK(uname(&uts));
	CHECK_STR(uts.sysname, "Linux");
	CHECK_STR(uts.machine, "x86_64");
	CHECK_OK(sysinfo(&info));
	CHECK_GT(info.totalram, 0);
	CHECK_GE(info.totalram, info.freeram);
	CHECK_GT(info.procs, 0);
	CHECK_EQ(info.mem_unit > 0, 1);
	CHECK_EQ(personality(0xffffffff), 0);
	CHECK_EQ(personality(ADDR_NO_RANDOMIZE), 0);
	CHECK_EQ(personality(0), ADDR_NO_RANDOMIZE);
	CHECK_ERR(RAW(kcmp, getpid(), getpid(), 99, 0, 0), EINVAL);
	CHECK_EQ(RAW(kcmp, getpid(), getpid(), 0, 0, 0), 0);
	CHECK_ERR(RAW(kcmp, 0x3fffff, getpid(), 0, 0, 0), ESRCH);
	CHECK_ERR(RAW(arch_prctl, 0x9999, 0), EINVAL);
	CHECK_ERR(RAW(arch_prctl, 0x1002, 1UL << 63), EPERM);
	CHECK_ERR(RAW(arch_prctl, 0x1003, 1UL), EFAULT);
}

static void pidfds(void)
{
	siginfo_t info = {};
	pid_t pid = fork();
	char name[32];
	int fd, dir;

	if (!pid)
		for (;;)
			pause();
	fd = RAW(pidfd_open, pid, 0);
	CHECK_GE(fd, 0);
	CHECK_OK(RAW(pidfd_send_signal, fd, 0, NULL, 0));
	CHECK_ERR(RAW(pidfd_send_signal, fd, 0, NULL, 77), EINVAL);
	CHECK_ERR(RAW(pidfd_send_signal, 0, 0, NULL, 0), EBADF);
	/* A folder of /proc stands for its process too. */
	snprintf(name, sizeof(name), "/proc/%d", pid);
	dir = open(name, O_RDONLY | O_DIRECTORY);
	CHECK_OK(RAW(pidfd_send_signal, dir, 0, NULL, 0));
	close(dir);
	CHECK_OK(RAW(pidfd_send_signal, fd, SIGTERM, NULL, 0));
	CHECK_OK(waitid(P_PIDFD, fd, &info, WEXITED));
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(info.si_status, SIGTERM);
	CHECK_ERR(RAW(pidfd_send_signal, fd, 0, NULL, 0), ESRCH);
	CHECK_ERR(RAW(pidfd_open, -1, 0), EINVAL);
	CHECK_ERR(RAW(pidfd_open, 0x3fffff, 0), ESRCH);
	CHECK_ERR(RAW(pidfd_open, getpid(), 5), EINVAL);
	close(fd);
}

static void kill_needs_permission(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		RAW(setresuid, 2000, 2000, 2000);
		_exit(kill(getppid(), 0) == -1 && errno == EPERM ? 0 : 1);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

int main(void)
{
	RUN(names_and_numbers);
	RUN(pidfds);
	RUN_IN_CHILD(prctl_numbers);
	if (geteuid())
		return test_done();
	RUN_IN_CHILD(root_drops_for_good);
	RUN_IN_CHILD(saved_id_brings_back);
	RUN_IN_CHILD(groups_are_checked);
	RUN_IN_CHILD(fsuid_tells_the_old_one);
	RUN_IN_CHILD(capabilities);
	RUN_IN_CHILD(keepcaps_keep);
	RUN_IN_CHILD(bounding_set_and_ambient);
	RUN_IN_CHILD(process_limit);
	RUN_IN_CHILD(limits_are_checked);
	RUN(kill_needs_permission);
	return test_done();
}
