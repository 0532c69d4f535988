// SPDX-License-Identifier: MIT
/* ptrace: starting, stopping, signals, memory, registers, system calls, errors. */
#include "trace.h"

#include <sys/wait.h>

static volatile long cell = 1234;
static volatile int got;

static void on_signal(int sig)
{
	got = sig;
}

static void exit_by_cell(void)
{
	_exit(cell & 0xff);
}

static void errors(void)
{
	pid_t pid = spawn_traced(exit_by_cell, 0);
	unsigned long word;

	CHECK_ERR(PT(PTRACE_CONT, getpid(), 0, 0), ESRCH);
	CHECK_ERR(PT(PTRACE_CONT, 0x3fffff, 0, 0), ESRCH);
	CHECK_ERR(PT(PTRACE_ATTACH, getpid(), 0, 0), EPERM);
	CHECK_ERR(PT(PTRACE_ATTACH, pid, 0, 0), EPERM);
	CHECK_ERR(PT(PTRACE_SEIZE, pid, 1, 0), EIO);
	CHECK_ERR(PT(PTRACE_SEIZE, pid, 0, 0x80000000), EIO);
	CHECK_ERR(PT(PTRACE_CONT, pid, 0, 999), EIO);
	CHECK_ERR(PT(PTRACE_DETACH, pid, 0, 999), EIO);
	CHECK_ERR(PT(0x7777, pid, 0, 0), EIO);
	CHECK_ERR(PT(PTRACE_SETOPTIONS, pid, 0, 0x80000000), EINVAL);
	CHECK_ERR(PT(PTRACE_PEEKDATA, pid, 16, &word), EIO);
	CHECK_ERR(PT(PTRACE_PEEKDATA, pid, &cell, 16), EFAULT);
	CHECK_ERR(PT(PTRACE_POKEDATA, pid, 16, 0), EIO);
	CHECK_ERR(PT(PTRACE_PEEKUSR, pid, 3, &word), EIO);
	CHECK_ERR(PT(PTRACE_PEEKUSR, pid, 928, &word), EIO);
	CHECK_ERR(PT(PTRACE_POKEUSR, pid, offsetof(struct user, u_tsize), 0), EIO);
	CHECK_ERR(PT(PTRACE_GETREGS, pid, 0, 16), EFAULT);
	CHECK_ERR(PT(PTRACE_INTERRUPT, pid, 0, 0), EIO);
	CHECK_ERR(PT(PTRACE_LISTEN, pid, 0, 0), EIO);
	CHECK_ERR(PT(PTRACE_GETSIGMASK, pid, 4, &word), EINVAL);
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, EXITED(1234 & 0xff));
	CHECK_ERR(PT(PTRACE_CONT, pid, 0, 0), ESRCH);
}

static void memory(void)
{
	pid_t pid = spawn_traced(exit_by_cell, 0);
	unsigned long text = peek(pid, (void *)exit_by_cell);

	CHECK_EQ(text, *(unsigned long *)exit_by_cell);
	CHECK_EQ(peek(pid, &cell), 1234);
	CHECK_OK(PT(PTRACE_POKEDATA, pid, &cell, 77));
	CHECK_EQ(peek(pid, &cell), 77);
	CHECK_EQ(cell, 1234);
	/* Text is read only, private, and writable for a tracer; a word that crosses a page too. */
	CHECK_OK(PT(PTRACE_POKETEXT, pid, exit_by_cell, text ^ 0xff));
	CHECK_EQ(peek(pid, (void *)exit_by_cell), text ^ 0xff);
	CHECK_EQ(*(unsigned long *)exit_by_cell, text);
	CHECK_OK(PT(PTRACE_POKETEXT, pid, exit_by_cell, text));
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, EXITED(77));
}

static void crossing(void)
{
	char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long word;
	pid_t pid;

	memset(map, 'a', 4096);
	memset(map + 4096, 'b', 4096);
	mprotect(map + 4096, 4096, PROT_NONE);
	pid = spawn_traced(exit_by_cell, 0);
	/* PROT_NONE does not keep a tracer out. */
	CHECK_EQ(peek(pid, map + 4092), 0x6262626261616161);
	CHECK_OK(PT(PTRACE_POKEDATA, pid, map + 4092, 0x1122334455667788));
	CHECK_EQ(peek(pid, map + 4092), 0x1122334455667788);
	CHECK_OK(PT(PTRACE_PEEKTEXT, pid, map + 4093, &word));
	munmap(map, 8192);
	reap_killed(pid);
}

static void signals(void)
{
	siginfo_t info;
	pid_t pid;

	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, on_signal);
	pid = spawn_traced(exit_by_cell, 0);
	CHECK_OK(kill(pid, SIGUSR1));
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGUSR1));
	CHECK_OK(PT(PTRACE_GETSIGINFO, pid, 0, &info));
	CHECK_EQ(info.si_signo, SIGUSR1);
	CHECK_EQ(info.si_code, SI_USER);
	CHECK_EQ(info.si_pid, getpid());
	CHECK_EQ(peek(pid, &got) & 0xffffffff, 0);
	/* Passed on: the handler runs. */
	CHECK_OK(PT(PTRACE_CONT, pid, 0, SIGUSR1));
	EXPECT_STATUS(pid, EXITED(1234 & 0xff));

	/* Ignored, and killed by another one instead. */
	signal(SIGUSR1, SIG_IGN);
	pid = spawn_traced(exit_by_cell, 0);
	kill(pid, SIGUSR1);
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGUSR1));
	CHECK_OK(PT(PTRACE_CONT, pid, 0, SIGTERM));
	EXPECT_STATUS(pid, SIGTERM);
	signal(SIGUSR1, SIG_DFL);
	signal(SIGUSR2, SIG_DFL);
}

static void raise_real_time(void)
{
	sigset_t set;
	union sigval value = { .sival_int = 5 };

	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < 3; i++, value.sival_int++)
		sigqueue(getpid(), SIGRTMIN + 1, value);
	syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1);
	sigemptyset(&set);
	sigaddset(&set, SIGSTOP);
	raise(SIGSTOP);
}

static void queues(void)
{
	struct ptrace_peeksiginfo_args args = { .nr = 8, .flags = 1 };
	siginfo_t info[8];
	uint64_t mask = 0;
	pid_t pid = spawn_traced(raise_real_time, 0);

	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGSTOP));
	CHECK_OK(PT(PTRACE_GETSIGMASK, pid, 8, &mask));
	CHECK_EQ(mask, ~(1UL << (SIGKILL - 1) | 1UL << (SIGSTOP - 1)) & ~(3UL << 31));
	CHECK_EQ(PT(PTRACE_PEEKSIGINFO, pid, &args, info), 3);
	CHECK_EQ(info[0].si_int, 5);
	CHECK_EQ(info[2].si_int, 7);
	CHECK_EQ(info[2].si_signo, SIGRTMIN + 1);
	args.off = 2;
	CHECK_EQ(PT(PTRACE_PEEKSIGINFO, pid, &args, info), 1);
	CHECK_EQ(info[0].si_int, 7);
	args.off = 3;
	CHECK_EQ(PT(PTRACE_PEEKSIGINFO, pid, &args, info), 0);
	args.flags = 0;
	args.off = 0;
	CHECK_EQ(PT(PTRACE_PEEKSIGINFO, pid, &args, info), 1);
	CHECK_EQ(info[0].si_signo, SIGUSR1);
	args.flags = 2;
	CHECK_ERR(PT(PTRACE_PEEKSIGINFO, pid, &args, info), EINVAL);
	args.flags = 0;
	args.nr = -1;
	CHECK_ERR(PT(PTRACE_PEEKSIGINFO, pid, &args, info), EINVAL);
	/* Unblocked by the tracer they are taken. */
	mask = 0;
	CHECK_OK(PT(PTRACE_SETSIGMASK, pid, 8, &mask));
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGUSR1));
	reap_killed(pid);
}

static void change_siginfo(void)
{
	siginfo_t info = {};
	pid_t pid = spawn_traced(exit_by_cell, 0);

	kill(pid, SIGUSR1);
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGUSR1));
	info.si_signo = SIGUSR1;
	info.si_code = SI_QUEUE;
	info.si_int = 99;
	CHECK_OK(PT(PTRACE_SETSIGINFO, pid, 0, &info));
	memset(&info, 0, sizeof(info));
	CHECK_OK(PT(PTRACE_GETSIGINFO, pid, 0, &info));
	CHECK_EQ(info.si_int, 99);
	CHECK_OK(PT(PTRACE_CONT, pid, 0, SIGUSR1));
	EXPECT_STATUS(pid, SIGUSR1);
}

static void calls(void)
{
	cell = syscall(SYS_getppid);
	cell = syscall(SYS_dup, 555);
	_exit(7);
}

static void system_calls(void)
{
	struct ptrace_syscall_info info;
	struct user_regs_struct regs;
	pid_t pid = spawn_traced(calls, PTRACE_O_TRACESYSGOOD);
	long size;

	size = PT(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info);
	CHECK_EQ(size, offsetof(struct ptrace_syscall_info, entry));
	CHECK_EQ(info.op, PTRACE_SYSCALL_INFO_NONE);
	CHECK_EQ(info.arch, 0xc000003e);
	do {
		CHECK_OK(PT(PTRACE_SYSCALL, pid, 0, 0));
		if (wait_status(pid) != SYSCALL_STOP) {
			FAIL("no system call");
			return;
		}
		regs = get_regs(pid);
	} while (regs.orig_rax != SYS_getppid);
	/* At its begin. */
	CHECK_EQ(regs.rax, -ENOSYS);
	size = PT(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info);
	CHECK_EQ(size, offsetof(struct ptrace_syscall_info, entry.args) + 48);
	CHECK_EQ(info.op, PTRACE_SYSCALL_INFO_ENTRY);
	CHECK_EQ(info.entry.nr, SYS_getppid);
	CHECK_EQ(info.instruction_pointer, regs.rip);
	CHECK_EQ(info.stack_pointer, regs.rsp);
	CHECK_EQ(peek(pid, (void *)(regs.rip - 2)) & 0xffff, 0x050f);
	CHECK_EQ(event_message(pid), PTRACE_EVENTMSG_SYSCALL_ENTRY);
	/* At its end. */
	CHECK_OK(PT(PTRACE_SYSCALL, pid, 0, 0));
	EXPECT_STATUS(pid, SYSCALL_STOP);
	size = PT(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info);
	CHECK_EQ(size, offsetof(struct ptrace_syscall_info, exit.is_error) + 1);
	CHECK_EQ(info.op, PTRACE_SYSCALL_INFO_EXIT);
	CHECK_EQ(info.exit.rval, getpid());
	CHECK_EQ(info.exit.is_error, 0);
	CHECK_EQ(event_message(pid), PTRACE_EVENTMSG_SYSCALL_EXIT);
	/* An error, which the tracer turns into something else. */
	CHECK_OK(PT(PTRACE_SYSCALL, pid, 0, 0));
	EXPECT_STATUS(pid, SYSCALL_STOP);
	regs = get_regs(pid);
	CHECK_EQ(regs.orig_rax, SYS_dup);
	CHECK_EQ(regs.rdi, 555);
	CHECK_OK(PT(PTRACE_SYSCALL, pid, 0, 0));
	EXPECT_STATUS(pid, SYSCALL_STOP);
	CHECK_OK(PT(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info));
	CHECK_EQ(info.exit.rval, -EBADF);
	CHECK_EQ(info.exit.is_error, 1);
	/* The exit call becomes another one by its number, then by its argument. */
	CHECK_OK(PT(PTRACE_SYSCALL, pid, 0, 0));
	EXPECT_STATUS(pid, SYSCALL_STOP);
	regs = get_regs(pid);
	CHECK_EQ(regs.orig_rax, SYS_exit_group);
	CHECK_OK(PT(PTRACE_POKEUSR, pid, offsetof(struct user_regs_struct, rdi), 33));
	CHECK_OK(PT(PTRACE_SYSCALL, pid, 0, 0));
	EXPECT_STATUS(pid, EXITED(33));
}

static void one_call(void)
{
	_exit(syscall(SYS_getppid) == 4242 ? 5 : 6);
}

static void skip_calls(void)
{
	struct user_regs_struct regs;
	pid_t pid = spawn_traced(one_call, PTRACE_O_TRACESYSGOOD);

	do {
		CHECK_OK(PT(PTRACE_SYSCALL, pid, 0, 0));
		if (wait_status(pid) != SYSCALL_STOP) {
			FAIL("no system call");
			return;
		}
		regs = get_regs(pid);
	} while (regs.orig_rax != SYS_getppid);
	/* Number -1: nothing is called, and the result is what the tracer leaves in rax. */
	regs.orig_rax = -1;
	regs.rax = 4242;
	set_regs(pid, &regs);
	CHECK_OK(PT(PTRACE_SYSCALL, pid, 0, 0));
	EXPECT_STATUS(pid, SYSCALL_STOP);
	CHECK_EQ(get_regs(pid).rax, 4242);
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, EXITED(5));
}

/* PTRACE_SYSEMU: the call is shown, and never made. */
static void emulate_calls(void)
{
	struct user_regs_struct regs;
	pid_t pid = spawn_traced(one_call, PTRACE_O_TRACESYSGOOD);

	do {
		CHECK_OK(PT(PTRACE_SYSEMU, pid, 0, 0));
		if (wait_status(pid) != SYSCALL_STOP) {
			FAIL("no system call");
			return;
		}
		regs = get_regs(pid);
		if (regs.orig_rax == SYS_getppid)
			regs.rax = 4242;
		else if (regs.orig_rax != SYS_exit_group)
			regs.rax = 0;
		set_regs(pid, &regs);
	} while (regs.orig_rax != SYS_exit_group);
	CHECK_EQ(regs.rdi, 5);
	reap_killed(pid);
}

static void detach(void)
{
	pid_t pid;

	signal(SIGUSR1, on_signal);
	pid = spawn_traced(exit_by_cell, 0);
	CHECK_STR(proc_status(pid, "State"), "t (tracing stop)");
	CHECK_EQ(atoi(proc_status(pid, "TracerPid")), getpid());
	CHECK_OK(PT(PTRACE_DETACH, pid, 0, 0));
	CHECK_ERR(PT(PTRACE_DETACH, pid, 0, 0), ESRCH);
	EXPECT_STATUS(pid, EXITED(1234 & 0xff));
	pid = spawn_traced(exit_by_cell, 0);
	CHECK_OK(PT(PTRACE_DETACH, pid, 0, SIGTERM));
	EXPECT_STATUS(pid, SIGTERM);
	signal(SIGUSR1, SIG_DFL);
}

static void kill_it(void)
{
	pid_t pid = spawn_traced(exit_by_cell, 0);

	CHECK_OK(PT(PTRACE_KILL, pid, 0, 0));
	EXPECT_STATUS(pid, SIGKILL);
	pid = spawn_traced(exit_by_cell, 0);
	CHECK_OK(kill(pid, SIGKILL));
	EXPECT_STATUS(pid, SIGKILL);
}

static void trace_twice(void)
{
	CHECK_ERR(PT(PTRACE_TRACEME, 0, 0, 0), EPERM);
}

static void traceme(void)
{
	pid_t pid = spawn_traced(trace_twice, 0);

	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, EXITED(0));
}

int main(void)
{
	RUN(errors);
	RUN(memory);
	RUN(crossing);
	RUN(signals);
	RUN(queues);
	RUN(change_siginfo);
	RUN(system_calls);
	RUN(skip_calls);
	RUN(emulate_calls);
	RUN(detach);
	RUN(kill_it);
	RUN(traceme);
	return test_done();
}
