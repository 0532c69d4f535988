// SPDX-License-Identifier: MIT
/* ptrace: register sets, FPU, bases; calls that are interrupted and restarted under a tracer. */
#include "trace.h"

#include <asm/prctl.h>
#include <cpuid.h>
#include <elf.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define OFF(field) offsetof(struct user_regs_struct, field)

static volatile int got;
static int fds[2];

static void on_signal(int sig)
{
	got = sig;
}

static void fill_xmm(void)
{
	static const double values[2] = { 1.5, -2.25 };

	__asm__ volatile("movupd %0, %%xmm7\n"
			 "	fninit\n"
			 "	fld1\n"
			 "	mov $39, %%eax\n" /* getpid: the tracer looks at its end */
			 "	syscall\n"
			 "	movupd %%xmm7, %1\n"
			 : : "m"(values), "m"(fds) : "rax", "rcx", "r11", "memory", "xmm7");
}

static pid_t stop_at_call(void (*fn)(void), long nr)
{
	pid_t pid = spawn_traced(fn, PTRACE_O_TRACESYSGOOD);

	do {
		CHECK_OK(PT(PTRACE_SYSCALL, pid, 0, 0));
		NEED(wait_status(pid) == SYSCALL_STOP);
	} while (get_regs(pid).orig_rax != nr);
	return pid;
}

static void fpu(void)
{
	pid_t pid = stop_at_call(fill_xmm, SYS_getpid);
	struct user_fpregs_struct fp = {};
	double xmm7[2];
	static char xsave[16384];
	struct iovec iov = { xsave, sizeof(xsave) };

	CHECK_OK(PT(PTRACE_GETFPREGS, pid, 0, &fp));
	memcpy(xmm7, (char *)&fp + 160 + 7 * 16, 16);
	CHECK(xmm7[0] == 1.5 && xmm7[1] == -2.25);
	CHECK_EQ(fp.cwd, 0x37f);
	CHECK_EQ(fp.mxcsr, 0x1f80);
	CHECK_EQ(fp.swd >> 11 & 7, 7);
	CHECK_OK(PT(PTRACE_GETREGSET, pid, NT_X86_XSTATE, &iov));
	CHECK_GE(iov.iov_len, 512 + 64);
	CHECK_LT(iov.iov_len, sizeof(xsave));
	CHECK(!memcmp(xsave + 160 + 7 * 16, xmm7, 16));
	/* The mask of components is where debuggers look for it. */
	CHECK_EQ(*(uint64_t *)(xsave + 464) & 3, 3);
	/* Written back in part, then as a whole. */
	xmm7[0] = 8.5;
	memcpy((char *)&fp + 160 + 7 * 16, xmm7, 16);
	CHECK_OK(PT(PTRACE_SETFPREGS, pid, 0, &fp));
	iov.iov_len = sizeof(xsave);
	CHECK_OK(PT(PTRACE_GETREGSET, pid, NT_X86_XSTATE, &iov));
	memcpy(&xmm7, xsave + 160 + 7 * 16, 16);
	CHECK(xmm7[0] == 8.5 && xmm7[1] == -2.25);
	xmm7[1] = 4.0;
	memcpy(xsave + 160 + 7 * 16, xmm7, 16);
	CHECK_OK(PT(PTRACE_SETREGSET, pid, NT_X86_XSTATE, &iov));
	iov.iov_len = 512;
	iov.iov_base = &fp;
	CHECK_OK(PT(PTRACE_GETREGSET, pid, NT_PRFPREG, &iov));
	CHECK_EQ(iov.iov_len, 512);
	CHECK_OK(PT(PTRACE_SYSCALL, pid, 0, 0));
	EXPECT_STATUS(pid, SYSCALL_STOP);
	CHECK_OK(PT(PTRACE_SYSCALL, pid, 0, 0));
	wait_status(pid);
	/* The program has stored what the tracer put there. */
	memcpy(&xmm7[0], (double[]){ 0 }, 8);
	iov.iov_base = xmm7;
	iov.iov_len = 16;
	CHECK_EQ(process_vm_readv(pid, &iov, 1, &(struct iovec){ fds, 8 }, 1, 0), 8);
	CHECK(xmm7[0] == 8.5);
	/* Reserved bits of mxcsr. */
	fp.mxcsr = 0xffffffff;
	CHECK_ERR(PT(PTRACE_SETFPREGS, pid, 0, &fp), EINVAL);
	reap_killed(pid);
}

static void get_pid(void)
{
	syscall(SYS_getpid);
}

static void sets(void)
{
	pid_t pid = stop_at_call(get_pid, SYS_getpid);
	struct user_regs_struct regs, direct = get_regs(pid);
	struct iovec iov = { &regs, 1000 };
	unsigned long word;

	CHECK_OK(PT(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov));
	CHECK_EQ(iov.iov_len, sizeof(regs));
	CHECK(!memcmp(&regs, &direct, sizeof(regs)));
	CHECK_EQ(regs.cs, 0x33);
	CHECK_EQ(regs.ss, 0x2b);
	CHECK_NE(regs.fs_base, 0);
	/* A part: as many whole registers as there is room for. */
	memset(&regs, 0, sizeof(regs));
	iov.iov_len = 16;
	CHECK_OK(PT(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov));
	CHECK_EQ(iov.iov_len, 16);
	CHECK_EQ(regs.r13, 0);
	iov.iov_len = 17;
	CHECK_ERR(PT(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov), EINVAL);
	iov.iov_len = 16;
	regs.r15 = 0x1515;
	CHECK_OK(PT(PTRACE_SETREGSET, pid, NT_PRSTATUS, &iov));
	CHECK_EQ(get_regs(pid).r15, 0x1515);
	CHECK_EQ(get_regs(pid).rip, direct.rip);
	CHECK_ERR(PT(PTRACE_GETREGSET, pid, 0x7777, &iov), EINVAL);
	CHECK_ERR(PT(PTRACE_GETREGSET, pid, NT_PRSTATUS, 16), EFAULT);
	/* Selectors, flags and bases. */
	CHECK_ERR(PT(PTRACE_POKEUSR, pid, OFF(cs), 0), EIO);
	CHECK_ERR(PT(PTRACE_POKEUSR, pid, OFF(ss), 0x10), EIO);
	CHECK_ERR(PT(PTRACE_POKEUSR, pid, OFF(fs_base), 1UL << 63), EIO);
	CHECK_OK(PT(PTRACE_POKEUSR, pid, OFF(eflags), ~0UL));
	CHECK_EQ(get_regs(pid).eflags & 0x3ffff & ~0x11000UL, (0x54fd5 | 0x202) & 0x3ffff & ~0x11000UL);
	CHECK_OK(PT(PTRACE_POKEUSR, pid, OFF(eflags), direct.eflags));
	CHECK_OK(PT(PTRACE_POKEUSR, pid, OFF(gs_base), 0x123000));
	CHECK_EQ(get_regs(pid).gs_base, 0x123000);
	CHECK_OK(PT(PTRACE_ARCH_PRCTL, pid, &word, ARCH_GET_GS));
	CHECK_EQ(word, 0x123000);
	CHECK_OK(PT(PTRACE_ARCH_PRCTL, pid, 0x456000, ARCH_SET_GS));
	CHECK_EQ(get_regs(pid).gs_base, 0x456000);
	CHECK_OK(PT(PTRACE_ARCH_PRCTL, pid, &word, ARCH_GET_FS));
	CHECK_EQ(word, direct.fs_base);
	CHECK_ERR(PT(PTRACE_ARCH_PRCTL, pid, &word, 0x7777), EINVAL);
	reap_killed(pid);
}

static void read_pipe(void)
{
	char byte = 0;
	long n = read(fds[0], &byte, 1);

	_exit(n == 1 && byte == 'x' ? 1 : n < 0 ? 100 + errno : 99);
}

/* Stops a sleeping reader by an interrupt; the tracer then plays with its registers. */
static pid_t interrupted_reader(void)
{
	pid_t pid;

	NEED(!pipe(fds));
	pid = spawn(read_pipe);
	CHECK_OK(PT(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD));
	CHECK(WAIT_UNTIL(proc_status(pid, "State")[0] == 'S'));
	CHECK_OK(PT(PTRACE_INTERRUPT, pid, 0, 0));
	EXPECT_STATUS(pid, GROUP_STOP(SIGTRAP));
	CHECK_EQ(get_regs(pid).orig_rax, SYS_read);
	CHECK_EQ(get_regs(pid).rax, -512);
	return pid;
}

static void close_pipe(void)
{
	close(fds[0]);
	close(fds[1]);
}

static void restarted(void)
{
	struct user_regs_struct regs, saved;
	pid_t pid = interrupted_reader();

	/* Left alone it is restarted. */
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	CHECK(WAIT_UNTIL(proc_status(pid, "State")[0] == 'S'));
	CHECK_EQ(write(fds[1], "x", 1), 1);
	EXPECT_STATUS(pid, EXITED(1));
	close_pipe();

	/* The tracer gives the result: no restart. */
	pid = interrupted_reader();
	CHECK_OK(PT(PTRACE_POKEUSR, pid, OFF(rax), -EINTR));
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, EXITED(100 + EINTR));
	close_pipe();

	/* orig_rax -1: the register values are those to go on with. */
	pid = interrupted_reader();
	saved = regs = get_regs(pid);
	regs.orig_rax = -1;
	regs.rip = (unsigned long)_exit;
	regs.rdi = 44;
	set_regs(pid, &regs);
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, EXITED(44));
	close_pipe();

	/* A call made by hand in the middle, as debuggers do; then the old registers again. */
	pid = interrupted_reader();
	saved = regs = get_regs(pid);
	regs.orig_rax = -1;
	regs.rip = saved.rip - 2;
	regs.rax = SYS_getppid;
	set_regs(pid, &regs);
	CHECK_OK(PT(PTRACE_SINGLESTEP, pid, 0, 0));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGTRAP));
	CHECK_EQ(get_regs(pid).rax, getpid());
	set_regs(pid, &saved);
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	CHECK(WAIT_UNTIL(proc_status(pid, "State")[0] == 'S'));
	CHECK_EQ(write(fds[1], "x", 1), 1);
	EXPECT_STATUS(pid, EXITED(1));
	close_pipe();
}

static void sleep_a_while(void)
{
	struct timespec ts = { 0, 200000000 };

	_exit(nanosleep(&ts, NULL) ? 1 : 0);
}

static void restarted_sleep(void)
{
	pid_t pid = spawn(sleep_a_while);
	long long begin = test_now_ns();

	CHECK_OK(PT(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD));
	test_sleep_ms(20);
	CHECK_OK(PT(PTRACE_INTERRUPT, pid, 0, 0));
	EXPECT_STATUS(pid, GROUP_STOP(SIGTRAP));
	CHECK_EQ(get_regs(pid).rax, -516);
	CHECK_OK(PT(PTRACE_SYSCALL, pid, 0, 0));
	/* It goes on by restart_syscall(), for the rest of the time. */
	EXPECT_STATUS(pid, SYSCALL_STOP);
	EXPECT_STATUS((PT(PTRACE_SYSCALL, pid, 0, 0), pid), SYSCALL_STOP);
	CHECK_EQ(get_regs(pid).orig_rax, SYS_restart_syscall);
	EXPECT_STATUS((PT(PTRACE_SYSCALL, pid, 0, 0), pid), SYSCALL_STOP);
	CHECK_GE(test_now_ns() - begin, 190000000);
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, EXITED(0));
}

static void suspend(void)
{
	sigset_t none;

	signal(SIGUSR1, on_signal);
	sigemptyset(&none);
	sigsuspend(&none);
	_exit(got);
}

/* The mask of a sleeping sigsuspend() is the program's own, and what was set stays set. */
static void mask_of_sigsuspend(void)
{
	uint64_t mask = 0;
	sigset_t set, old;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, &old);
	pid = spawn(suspend);
	sigprocmask(SIG_SETMASK, &old, NULL);
	CHECK_OK(PT(PTRACE_SEIZE, pid, 0, 0));
	CHECK(WAIT_UNTIL(proc_status(pid, "State")[0] == 'S'));
	CHECK_OK(PT(PTRACE_INTERRUPT, pid, 0, 0));
	EXPECT_STATUS(pid, GROUP_STOP(SIGTRAP));
	CHECK_OK(PT(PTRACE_GETSIGMASK, pid, 8, &mask));
	CHECK_EQ(mask, 1UL << (SIGUSR2 - 1));
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	test_sleep_ms(20);
	kill(pid, SIGUSR1);
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGUSR1));
	CHECK_OK(PT(PTRACE_CONT, pid, 0, SIGUSR1));
	EXPECT_STATUS(pid, EXITED(SIGUSR1));
}

int main(void)
{
	RUN(fpu);
	RUN(sets);
	RUN(restarted);
	RUN(restarted_sleep);
	RUN(mask_of_sigsuspend);
	return test_done();
}
