// SPDX-License-Identifier: MIT
/* Processes: birth, exec, name spaces, identity. */
#include "nth.h"

#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* After a fork each first write is a fault, which may be the one without a page. */
static void fork_and_wait(void)
{
	pid_t pid = TRY(fork());

	if (!pid)
		_exit(0);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}
static void try_fork(void) { in_child(fork_and_wait); }

static void clone3_and_wait(void)
{
	int pidfd = -1;
	struct clone_args args = { .flags = CLONE_PIDFD | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNS,
				   .pidfd = (unsigned long)&pidfd, .exit_signal = SIGCHLD };
	pid_t pid = TRY(syscall(SYS_clone3, &args, sizeof(args)));

	if (!pid)
		_exit(0);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	close_fd(pidfd);
}
static void try_clone3(void) { in_child(clone3_and_wait); }

/* path as a program that says whether the failure is still to come: 0 when it was late and went on. */
static void exec_in_child(const char *path)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		open_fail_nth();
		/* The C library says what it could not have. */
		close(2);
		arm();
		execl(path, "nth", "exit", NULL);
		/* Seven: the failure was met and reported. */
		_exit(disarm() ? 7 : 8);
	}
	reached = true;
	if (pid > 0) {
		waitpid(pid, &status, 0);
		reached = !WIFEXITED(status) || WEXITSTATUS(status) == 7 || WEXITSTATUS(status) == 0;
	}
}
static void try_exec(void) { exec_in_child("/proc/self/exe"); }

static void try_exec_script(void)
{
	static const char text[] = "#!/nth exit\n";
	int fd = open("script", O_CREAT | O_TRUNC | O_WRONLY, 0700);

	if (write(fd, text, sizeof(text) - 1) < 0)
		_exit(92);
	fchmod(fd, 0700);
	close_fd(fd);
	exec_in_child("./script");
	unlink("script");
}

static void unshare_mount(void) { TRY(unshare(CLONE_NEWNS)); }
static void try_unshare_mount(void) { in_child(unshare_mount); }
static void unshare_user(void) { TRY(unshare(CLONE_NEWUSER)); }
static void try_unshare_user(void) { in_child(unshare_user); }
static void unshare_net(void) { TRY(unshare(CLONE_NEWNET)); }
static void try_unshare_net(void) { in_child(unshare_net); }
static void unshare_ipc(void) { TRY(unshare(CLONE_NEWIPC | CLONE_NEWUTS)); }
static void try_unshare_ipc(void) { in_child(unshare_ipc); }
static void unshare_pid(void) { TRY(unshare(CLONE_NEWPID)); }
static void try_unshare_pid(void) { in_child(unshare_pid); }
static void unshare_cgroup(void) { TRY(unshare(CLONE_NEWCGROUP)); }
static void try_unshare_cgroup(void) { in_child(unshare_cgroup); }
static void unshare_time(void) { TRY(unshare(0x80 /* CLONE_NEWTIME */)); }
static void try_unshare_time(void) { in_child(unshare_time); }
static void unshare_files(void) { TRY(unshare(CLONE_FILES | CLONE_FS)); }
static void try_unshare_files(void) { in_child(unshare_files); }

static void enter_namespaces(void)
{
	int fd = syscall(SYS_pidfd_open, getppid(), 0);

	unshare(CLONE_NEWNS | CLONE_NEWUTS);
	TRY(setns(fd, CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC));
	close_fd(fd);
}
static void try_setns(void) { in_child(enter_namespaces); }

/* More than five, which are kept in an array of their own. */
static const char many_ranges[] = "0 0 10\n20 20 10\n40 40 10\n60 60 10\n80 80 10\n100 100 10\n";

static void try_uid_map(void)
{
	int go[2], done[2];
	char path[60], byte;
	pid_t pid;

	if (pipe(go) || pipe(done))
		return;
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWUSER) || write(done[1], "", 1) != 1 || read(go[0], &byte, 1) != 1)
			_exit(1);
		_exit(0);
	}
	if (pid > 0 && read(done[0], &byte, 1) == 1) {
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
		fd = open(path, O_WRONLY);
		TRY(write(fd, many_ranges, sizeof(many_ranges) - 1));
		close_fd(fd);
	}
	if (write(go[1], "", 1) == 1 && pid > 0)
		waitpid(pid, NULL, 0);
	for (int i = 0; i < 2; i++) {
		close(go[i]);
		close(done[i]);
	}
}

static void try_setgroups(void)
{
	gid_t groups[100] = { 0 };

	TRY(syscall(SYS_setgroups, 100, groups));
	syscall(SYS_setgroups, 0, groups);
}
static void try_setuid(void) { TRY(syscall(SYS_setresuid, -1, -1, -1)); }
static void try_prctl(void) { TRY(prctl(PR_SET_NAME, "nth")); }
static void try_capset(void)
{
	struct { unsigned int version; int pid; } header = { 0x20080522, 0 };
	struct { unsigned int effective, permitted, inheritable; } data[2];

	if (!syscall(SYS_capget, &header, data))
		TRY(syscall(SYS_capset, &header, data));
}
static void try_affinity(void)
{
	cpu_set_t set;

	sched_getaffinity(0, sizeof(set), &set);
	TRY(sched_setaffinity(0, sizeof(set), &set));
}
static void set_realtime(void)
{
	struct sched_param param = { .sched_priority = 1 };

	TRY(sched_setscheduler(0, SCHED_FIFO, &param));
}
static void try_scheduler(void) { in_child(set_realtime); }

const struct nth_call process_calls[] = {
	CALL(fork), CALL(clone3), CALL(exec), CALL(exec_script), CALL(unshare_mount), CALL(unshare_user),
	CALL(unshare_net), CALL(unshare_ipc), CALL(unshare_pid), CALL(unshare_cgroup), CALL(unshare_time),
	CALL(unshare_files), CALL(setns), CALL(uid_map), CALL(setgroups), CALL(setuid), CALL(prctl),
	CALL(capset), CALL(affinity), CALL(scheduler),
	{ NULL, NULL },
};
