// SPDX-License-Identifier: MIT
/* seccomp: notifications to a listener, tracers' answers, filters seen by ptrace. */
#include "filter.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

static int listener;

static void on_signal(int sig)
{
}

/* A child that makes one call; what it returned (or -errno) is its exit status. */
static pid_t caller(int nr)
{
	pid_t pid = fork();

	if (!pid) {
		long ret;

		close(listener);
		ret = syscall(nr, 1234);
		_exit(ret == -1 ? errno : ret);
	}
	return pid;
}

static int exit_of(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -status;
}

static void set_up(void)
{
	no_new_privs();
	listener = answer_call(SYS_getppid, SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	NEED(listener >= 0);
	CHECK_EQ(fcntl(listener, F_GETFD), FD_CLOEXEC);
}

static struct seccomp_notif receive(void)
{
	struct seccomp_notif notif = {};

	CHECK_OK(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notif));
	return notif;
}

static int reply(uint64_t id, long value, int error, unsigned int flags)
{
	struct seccomp_notif_resp resp = { .id = id, .val = value, .error = error, .flags = flags };

	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
}

static void answers(void)
{
	struct pollfd poller;
	struct seccomp_notif notif;
	uint64_t id;
	pid_t pid;

	set_up();
	/* One listener for a chain of filters. */
	CHECK_ERR(answer_call(SYS_dup, SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER), EBUSY);
	poller = (struct pollfd){ listener, POLLIN | POLLOUT };
	CHECK_EQ(poll(&poller, 1, 0), 0);
	pid = caller(SYS_getppid);
	CHECK_EQ(poll(&poller, 1, 5000), 1);
	CHECK_EQ(poller.revents, POLLIN);
	notif = receive();
	CHECK_EQ(notif.pid, pid);
	CHECK_EQ(notif.data.nr, SYS_getppid);
	CHECK_EQ(notif.data.arch, AUDIT_ARCH_X86_64);
	CHECK_EQ(notif.data.args[0], 1234);
	CHECK_EQ(notif.flags, 0);
	CHECK_EQ(poll(&poller, 1, 0), 1);
	CHECK_EQ(poller.revents, POLLOUT);
	CHECK_OK(ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &notif.id));
	id = notif.id + 1;
	CHECK_ERR(ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id), ENOENT);
	CHECK_ERR(reply(id, 0, 0, 0), ENOENT);
	CHECK_ERR(reply(notif.id, 0, 0, 8), EINVAL);
	CHECK_ERR(reply(notif.id, 1, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE), EINVAL);
	CHECK_OK(reply(notif.id, 99, 0, 0));
	CHECK_EQ(exit_of(pid), 99);
	/* An error; going on; a buffer that is not empty. */
	pid = caller(SYS_getppid);
	CHECK_ERR(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notif), EINVAL);
	notif = receive();
	CHECK_OK(reply(notif.id, 0, -EUCLEAN, 0));
	CHECK_EQ(exit_of(pid), EUCLEAN);
	pid = caller(SYS_getppid);
	notif = receive();
	CHECK_OK(reply(notif.id, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE));
	CHECK_EQ(exit_of(pid), getpid() & 0xff);
	CHECK_ERR(ioctl(listener, 0x1234), EINVAL);
}

static void gone(void)
{
	struct seccomp_notif notif;
	pid_t pid;

	set_up();
	/* The caller dies: its question is gone. */
	pid = caller(SYS_getppid);
	notif = receive();
	kill(pid, SIGKILL);
	CHECK_EQ(exit_of(pid), -SIGKILL);
	CHECK_ERR(ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &notif.id), ENOENT);
	CHECK_ERR(reply(notif.id, 0, 0, 0), ENOENT);
	/* The listener goes: nobody can answer. */
	pid = caller(SYS_getppid);
	notif = receive();
	close(listener);
	CHECK_EQ(exit_of(pid), ENOSYS);
	CHECK_ERR(syscall(SYS_getppid), ENOSYS);
}

static void restarted(void)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct seccomp_notif notif, again;
	pid_t pid;

	set_up();
	sigaction(SIGUSR1, &sa, NULL);
	pid = caller(SYS_getppid);
	notif = receive();
	kill(pid, SIGUSR1);
	again = receive();
	CHECK_NE(again.id, notif.id);
	CHECK_OK(reply(again.id, 5, 0, 0));
	CHECK_EQ(exit_of(pid), 5);
}

static void descriptors(void)
{
	struct seccomp_notif_addfd add = {};
	struct seccomp_notif notif;
	int memory = open("/proc/self/status", O_RDONLY);
	pid_t pid;

	set_up();
	pid = caller(SYS_getppid);
	notif = receive();
	add.id = notif.id;
	add.srcfd = memory;
	add.newfd = 42;
	CHECK_ERR(ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add), EINVAL);
	add.flags = 8;
	CHECK_ERR(ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add), EINVAL);
	add.flags = SECCOMP_ADDFD_FLAG_SETFD;
	add.newfd_flags = O_RDONLY | O_NONBLOCK;
	CHECK_ERR(ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add), EINVAL);
	add.newfd_flags = O_CLOEXEC;
	add.srcfd = 999;
	CHECK_ERR(ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add), EBADF);
	add.srcfd = memory;
	CHECK_EQ(ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add), 42);
	{
		char path[64], target[64] = {};

		snprintf(path, sizeof(path), "/proc/%d/fd/42", pid);
		CHECK_GT(readlink(path, target, sizeof(target) - 1), 0);
		CHECK(strstr(target, "/status"));
	}
	/* The new descriptor as the answer. */
	add.flags = SECCOMP_ADDFD_FLAG_SEND;
	add.newfd = 0;
	{
		int fd = ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);

		CHECK_GT(fd, 0);
		CHECK_EQ(exit_of(pid), fd);
	}
	CHECK_ERR(ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add), ENOENT);
}

/* A filter that only a child has: when it is dead, the listener hears of it. */
static void hangup(void)
{
	int pair[2];
	pid_t pid;

	NEED(!pipe(pair));
	pid = fork();
	if (!pid) {
		set_up();
		if (write(pair[1], &listener, sizeof(listener)) != sizeof(listener))
			_exit(1);
		pause();
	}
	if (read(pair[0], &listener, sizeof(listener)) == sizeof(listener)) {
		int pidfd = syscall(SYS_pidfd_open, pid, 0);
		int fd = syscall(SYS_pidfd_getfd, pidfd, listener, 0);
		struct pollfd poller = { fd, POLLIN };

		CHECK_OK(fd);
		CHECK_EQ(poll(&poller, 1, 0), 0);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		CHECK_EQ(poll(&poller, 1, 5000), 1);
		CHECK_EQ(poller.revents, POLLHUP);
		close(fd);
		close(pidfd);
	}
}

/* ---- with a tracer ---- */

static pid_t traced(unsigned int answer)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		long ret;

		ptrace(PTRACE_TRACEME, 0, 0, 0);
		no_new_privs();
		CHECK_OK(answer_call(SYS_getppid, answer, SECCOMP_FILTER_FLAG_LOG));
		CHECK_OK(answer_call(SYS_dup, SECCOMP_RET_ERRNO | 66, 0));
		raise(SIGSTOP);
		ret = syscall(SYS_getppid, 1234);
		_exit(ret == -1 ? errno : ret);
	}
	waitpid(pid, &status, 0);
	CHECK_EQ(status, SIGSTOP << 8 | 0x7f);
	CHECK_OK(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESECCOMP));
	return pid;
}

static void expect_stop(pid_t pid, int want)
{
	int status = 0;

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, want);
}

#define SECCOMP_STOP (PTRACE_EVENT_SECCOMP << 16 | SIGTRAP << 8 | 0x7f)
#define USER_REG(n) ((void *)(8L * (n)))
#define ORIG_RAX    USER_REG(15)
#define RAX	    USER_REG(10)

static void tracer_decides(void)
{
	struct __ptrace_syscall_info info = {};
	unsigned long message;
	pid_t pid = traced(SECCOMP_RET_TRACE | 0x321);

	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, 0));
	expect_stop(pid, SECCOMP_STOP);
	CHECK_OK(ptrace(PTRACE_GETEVENTMSG, pid, 0, &message));
	CHECK_EQ(message, 0x321);
	CHECK_EQ(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info), 84);
	CHECK_EQ(info.op, PTRACE_SYSCALL_INFO_SECCOMP);
	CHECK_EQ(info.seccomp.nr, SYS_getppid);
	CHECK_EQ(info.seccomp.ret_data, 0x321);
	/* Made as it is. */
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, 0));
	CHECK_EQ(exit_of(pid), getpid() & 0xff);
	/* Skipped, with a result. */
	pid = traced(SECCOMP_RET_TRACE);
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, 0));
	expect_stop(pid, SECCOMP_STOP);
	CHECK_OK(ptrace(PTRACE_POKEUSER, pid, ORIG_RAX, -1));
	CHECK_OK(ptrace(PTRACE_POKEUSER, pid, RAX, 55));
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, 0));
	CHECK_EQ(exit_of(pid), 55);
	/* Another call of it: the filters see that one. */
	pid = traced(SECCOMP_RET_TRACE);
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, 0));
	expect_stop(pid, SECCOMP_STOP);
	CHECK_OK(ptrace(PTRACE_POKEUSER, pid, ORIG_RAX, SYS_dup));
	CHECK_OK(ptrace(PTRACE_CONT, pid, 0, 0));
	CHECK_EQ(exit_of(pid), 66);
}

static void tracer_reads_filters(void)
{
	struct sock_filter insns[8] = {};
	pid_t pid = traced(SECCOMP_RET_TRACE);

	if (geteuid() == 0) {
		CHECK_EQ(ptrace(PTRACE_SECCOMP_GET_FILTER, pid, 0, NULL), 4);
		CHECK_EQ(ptrace(PTRACE_SECCOMP_GET_FILTER, pid, 1, insns), 4);
		CHECK_EQ(insns[1].k, SYS_dup);
		CHECK_EQ(ptrace(PTRACE_SECCOMP_GET_FILTER, pid, 0, insns), 4);
		CHECK_EQ(insns[1].k, SYS_getppid);
		CHECK_ERR(ptrace(PTRACE_SECCOMP_GET_FILTER, pid, 2, insns), ENOENT);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int main(void)
{
	RUN_IN_CHILD(answers);
	RUN_IN_CHILD(gone);
	RUN_IN_CHILD(restarted);
	RUN_IN_CHILD(descriptors);
	RUN_IN_CHILD(hangup);
	RUN(tracer_decides);
	RUN(tracer_reads_filters);
	return test_done();
}
