// SPDX-License-Identifier: MIT
/*
 * The host-side recorder: runs a command and writes down each system call that the host really
 * makes for a stub.
 *
 *	record FILE -- ./vmlinux ...
 *
 * A seccomp filter of its own, inherited by all that the command starts, hands calls to this
 * process before they are made (user notification), and they are let go on. The filter comes
 * after ptrace and, where a stub's own filter has one, after its verdict, so only what got
 * through both is seen. Calls of ./vmlinux itself are told by the address that they come from,
 * and not recorded: its text lies below RECORD_FROM and its libraries above RECORD_TO, and what a
 * guest or a stub executes in between. Guests that are recorded must be position independent.
 *
 * One line a call: thread, "first" or "further" (is it its process's first thread?), address
 * behind the instruction, number, six arguments. Status: the command's, or 77 when the host has
 * no user notification.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Above the text and heap of ./vmlinux (0x400000 ...); the end of the stub's trampolines. */
#define RECORD_FROM_HIGH 0x1u
#define RECORD_TO_HIGH	 0x7e01u

#define FIELD(name) offsetof(struct seccomp_data, name)

static int install(void)
{
	struct sock_filter code[] = {
		/* Another architecture's call is nobody's but an attacker's. */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIELD(arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIELD(instruction_pointer) + 4),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, RECORD_FROM_HIGH, 0, 2),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, RECORD_TO_HIGH, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		       &program);
}

/* ---- the listener's descriptor goes from the child to us ---- */

static void send_descriptor(int socket, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *header = (void *)control;

	if (fd >= 0) {
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	}
	if (sendmsg(socket, &message, 0) != 1)
		_exit(99);
}

static int receive_descriptor(int socket)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	int fd;

	if (recvmsg(socket, &message, 0) != 1 || !CMSG_FIRSTHDR(&message))
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static void start(int socket, char **command)
{
	int fd = install();

	send_descriptor(socket, fd);
	if (fd < 0)
		_exit(77);
	close(fd);
	close(socket);
	execvp(command[0], command);
	_exit(127);
}

/* ---- recording ---- */

/* Thread ids are used again only after many others. */
static int is_first_thread(int tid)
{
	char path[64], line[256];
	int group = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Tgid: %d", &group) == 1)
			break;
	}
	if (file)
		fclose(file);
	return group == tid;
}

static void record(FILE *out, int listener)
{
	struct seccomp_notif call = { 0 };
	struct seccomp_notif_resp answer = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };

	/* Interrupted by a signal meanwhile: it will be made again. */
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call))
		return;
	fprintf(out, "%d %s %#llx %d", call.pid, is_first_thread(call.pid) ? "first" : "further",
		call.data.instruction_pointer, call.data.nr);
	for (int i = 0; i < 6; i++)
		fprintf(out, " %#llx", call.data.args[i]);
	fprintf(out, "%s\n", call.data.arch == AUDIT_ARCH_X86_64 ? "" : " foreign");
	answer.id = call.id;
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

static int serve(FILE *out, int listener, pid_t child)
{
	struct pollfd poll_fd = { .fd = listener, .events = POLLIN };
	int status;

	for (;;) {
		if (poll(&poll_fd, 1, 100) > 0) {
			if (poll_fd.revents & POLLIN)
				record(out, listener);
			else if (poll_fd.revents)
				poll_fd.fd = -1;	/* all that had the filter are gone */
		}
		if (waitpid(child, &status, poll_fd.fd < 0 ? 0 : WNOHANG) == child)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
}

int main(int argc, char **argv)
{
	int sockets[2], listener, status;
	pid_t child;
	FILE *out;

	if (argc < 4 || strcmp(argv[2], "--")) {
		fprintf(stderr, "usage: record FILE -- COMMAND...\n");
		return 2;
	}
	out = fopen(argv[1], "we");
	if (!out || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets))
		return 99;
	child = fork();
	if (!child)
		start(sockets[1], argv + 3);
	close(sockets[1]);
	listener = receive_descriptor(sockets[0]);
	if (listener < 0) {
		waitpid(child, &status, 0);
		return 77;
	}
	status = serve(out, listener, child);
	return fclose(out) ? 99 : status;
}
