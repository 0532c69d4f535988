// SPDX-License-Identifier: MIT
/* ptrace: single steps over all kinds of instructions, and debug registers. */
#include "trace.h"

#include <stdbool.h>
#include <sys/wait.h>

static volatile long cell, other;
static volatile int got;

#define OFFSET_DR(n) (offsetof(struct user, u_debugreg) + 8 * (n))

static void on_signal(int sig)
{
	got = sig;
}

static int step_code(pid_t pid)
{
	siginfo_t info = {};

	CHECK_OK(PT(PTRACE_SINGLESTEP, pid, 0, 0));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGTRAP));
	CHECK_OK(PT(PTRACE_GETSIGINFO, pid, 0, &info));
	CHECK_EQ(info.si_signo, SIGTRAP);
	return info.si_code;
}

/* Puts the tracee at that code. */
static void go_to(pid_t pid, const void *code)
{
	struct user_regs_struct regs = get_regs(pid);

	regs.rip = (unsigned long)code;
	regs.orig_rax = -1;
	set_regs(pid, &regs);
}

static unsigned long rip_of(pid_t pid)
{
	return get_regs(pid).rip;
}

void plain_begin(void), plain_add(void), plain_end(void);
__asm__("	.text\n"
	"plain_begin:	nop\n"
	"plain_add:	add $1, %rbx\n"
	"	push %rbx\n"
	"	pop %rcx\n"
	"plain_end:	hlt\n");

static void idle(void)
{
}

static void plain(void)
{
	pid_t pid = spawn_traced(idle, 0);
	struct user_regs_struct regs;

	go_to(pid, plain_begin);
	CHECK_EQ(step_code(pid), TRAP_TRACE);
	CHECK_EQ(rip_of(pid), (unsigned long)plain_add);
	regs = get_regs(pid);
	regs.rbx = 41;
	set_regs(pid, &regs);
	CHECK_EQ(step_code(pid), TRAP_TRACE);
	regs = get_regs(pid);
	CHECK_EQ(regs.rbx, 42);
	CHECK_EQ(regs.eflags & 0x100, 0);
	step_code(pid);
	step_code(pid);
	CHECK_EQ(get_regs(pid).rcx, 42);
	CHECK_EQ(rip_of(pid), (unsigned long)plain_end);
	/* A faulting instruction: its signal comes, no step. */
	CHECK_OK(PT(PTRACE_SINGLESTEP, pid, 0, 0));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGSEGV));
	CHECK_ERR(PT(33 /* SINGLEBLOCK */, pid, 0, 999), EIO);
	reap_killed(pid);
}

void call_begin(void), call_end(void);
__asm__("	.text\n"
	"call_begin:	syscall\n"
	"call_end:	nop\n"
	"	nop\n");

static void system_call(void)
{
	pid_t pid = spawn_traced(idle, PTRACE_O_TRACESYSGOOD);
	struct user_regs_struct regs;

	go_to(pid, call_begin);
	regs = get_regs(pid);
	regs.rax = SYS_getppid;
	set_regs(pid, &regs);
	CHECK_EQ(step_code(pid), TRAP_BRKPT);
	CHECK_EQ(rip_of(pid), (unsigned long)call_end);
	CHECK_EQ(get_regs(pid).rax, getpid());
	CHECK_EQ(step_code(pid), TRAP_TRACE);
	CHECK_EQ(rip_of(pid), (unsigned long)call_end + 1);
	/* PTRACE_SYSCALL goes to the begin, a step from there to the end. */
	go_to(pid, call_begin);
	regs = get_regs(pid);
	regs.rax = SYS_getppid;
	set_regs(pid, &regs);
	CHECK_OK(PT(PTRACE_SYSCALL, pid, 0, 0));
	EXPECT_STATUS(pid, SYSCALL_STOP);
	CHECK_EQ(step_code(pid), TRAP_BRKPT);
	CHECK_EQ(rip_of(pid), (unsigned long)call_end);
	CHECK_EQ(get_regs(pid).rax, getpid());
	reap_killed(pid);
}

void flags_begin(void), flags_popped(void);
__asm__("	.text\n"
	"flags_begin:	pushfq\n"
	"	popfq\n"
	"flags_popped:	nop\n"
	"	nop\n");

static void flags(void)
{
	pid_t pid = spawn_traced(idle, 0);
	struct user_regs_struct regs;

	go_to(pid, flags_begin);
	step_code(pid);
	regs = get_regs(pid);
	/* popf of a word with TF: from then on it is the program's own. */
	CHECK_OK(PT(PTRACE_POKEDATA, pid, regs.rsp, 0x302));
	step_code(pid);
	CHECK_EQ(rip_of(pid), (unsigned long)flags_popped);
	CHECK_EQ(get_regs(pid).eflags & 0x100, 0x100);
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGTRAP));
	CHECK_EQ(rip_of(pid), (unsigned long)flags_popped + 1);
	/* The tracer takes it away. */
	regs = get_regs(pid);
	regs.eflags &= ~0x100UL;
	set_regs(pid, &regs);
	go_to(pid, flags_begin);
	step_code(pid);
	CHECK_OK(PT(PTRACE_POKEDATA, pid, get_regs(pid).rsp, 0x202));
	step_code(pid);
	CHECK_EQ(get_regs(pid).eflags & 0x100, 0);
	reap_killed(pid);
}

/* A signal on the way: the step ends at the handler's first instruction. */
static void into_handler(void)
{
	pid_t pid;

	signal(SIGUSR1, on_signal);
	pid = spawn_traced(idle, 0);
	kill(pid, SIGUSR1);
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGUSR1));
	CHECK_OK(PT(PTRACE_SINGLESTEP, pid, 0, SIGUSR1));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGTRAP));
	CHECK_EQ(rip_of(pid), (unsigned long)on_signal);
	CHECK_EQ(get_regs(pid).rdi, SIGUSR1);
	CHECK_EQ(get_regs(pid).eflags & 0x100, 0);
	step_code(pid);
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, EXITED(0));
	signal(SIGUSR1, SIG_DFL);
}

void fault_begin(void), fault_end(void);
__asm__("	.text\n"
	"fault_begin:	movq $7, (%rdi)\n"
	"fault_end:	nop\n");

/* Over an instruction whose page is not there yet. */
static void page_fault(void)
{
	char *fresh = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t pid = spawn_traced(idle, 0);
	struct user_regs_struct regs;

	go_to(pid, fault_begin);
	regs = get_regs(pid);
	regs.rdi = (unsigned long)fresh;
	set_regs(pid, &regs);
	CHECK_EQ(step_code(pid), TRAP_TRACE);
	CHECK_EQ(rip_of(pid), (unsigned long)fault_end);
	CHECK_EQ(peek(pid, fresh), 7);
	munmap(fresh, 4096);
	reap_killed(pid);
}

static void breakpoint_insn(void)
{
	pid_t pid = spawn_traced(idle, 0);
	unsigned long text = peek(pid, plain_add);
	siginfo_t info;

	CHECK_OK(PT(PTRACE_POKETEXT, pid, plain_add, (text & ~0xffUL) | 0xcc));
	go_to(pid, plain_begin);
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGTRAP));
	CHECK_OK(PT(PTRACE_GETSIGINFO, pid, 0, &info));
	CHECK_EQ(info.si_code, SI_KERNEL);
	CHECK_EQ(rip_of(pid), (unsigned long)plain_add + 1);
	/* Step over it with the original instruction. */
	CHECK_OK(PT(PTRACE_POKETEXT, pid, plain_add, text));
	go_to(pid, plain_add);
	CHECK_EQ(step_code(pid), TRAP_TRACE);
	CHECK_EQ(rip_of(pid), (unsigned long)plain_add + 4);
	reap_killed(pid);
}

static void long_run(void)
{
	pid_t pid = spawn_traced(idle, 0);
	int status = SIGNAL_STOP(SIGTRAP);

	/* All the way through exit, which makes system calls. */
	for (int i = 0; i < 3000 && status == SIGNAL_STOP(SIGTRAP); i++) {
		PT(PTRACE_SINGLESTEP, pid, 0, 0);
		status = wait_status(pid);
	}
	if (status == SIGNAL_STOP(SIGTRAP)) {
		CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
		status = wait_status(pid);
	}
	CHECK_EQ(status, EXITED(0));
}

static __attribute__((noinline)) void touch(void)
{
	other = 1;
	cell = 5;
	other = 2;
}

static void touch_twice(void)
{
	touch();
	cell = 6;
}

static unsigned long get_dr(pid_t pid, int nr)
{
	unsigned long value = 0;

	CHECK_OK(PT(PTRACE_PEEKUSR, pid, OFFSET_DR(nr), &value));
	return value;
}

/* Some virtual machines take them and never stop. */
static bool host_ignores_them(void)
{
	pid_t pid;
	int status;

	if (test_inside())
		return false;
	pid = spawn_traced(touch_twice, 0);
	if (PT(PTRACE_POKEUSR, pid, OFFSET_DR(0), &cell) ||
	    PT(PTRACE_POKEUSR, pid, OFFSET_DR(7), 0x90001) || PT(PTRACE_CONT, pid, 0, 0)) {
		reap_killed(pid);
		return false;
	}
	status = wait_status(pid);
	if (status != EXITED(0))
		reap_killed(pid);
	return status == EXITED(0);
}

static void debug_registers(void)
{
	pid_t pid = spawn_traced(touch_twice, 0);
	siginfo_t info;

	CHECK_ERR(PT(PTRACE_POKEUSR, pid, OFFSET_DR(4), 0), EIO);
	CHECK_EQ(get_dr(pid, 7), 0);
	if (PT(PTRACE_POKEUSR, pid, OFFSET_DR(0), &cell)) {
		/* A host may have given all of them away. */
		reap_killed(pid);
		return;
	}
	CHECK_EQ(get_dr(pid, 0), (unsigned long)&cell);
	/* Eight bytes, on writing: 10 01 and the local enable bit. */
	if (PT(PTRACE_POKEUSR, pid, OFFSET_DR(7), 0x90001)) {
		reap_killed(pid);
		return;
	}
	CHECK_EQ(get_dr(pid, 7), 0x90001);
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGTRAP));
	CHECK_OK(PT(PTRACE_GETSIGINFO, pid, 0, &info));
	CHECK_EQ(info.si_code, TRAP_HWBKPT);
	CHECK_EQ(peek(pid, &cell), 5);
	CHECK_EQ(peek(pid, &other), 1);
	CHECK_EQ(get_dr(pid, 6) & 0xf, 1);
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGTRAP));
	CHECK_EQ(peek(pid, &cell), 6);
	CHECK_OK(PT(PTRACE_POKEUSR, pid, OFFSET_DR(7), 0));
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, EXITED(0));

	/* On execution: before the instruction, once. */
	pid = spawn_traced(touch_twice, 0);
	CHECK_OK(PT(PTRACE_POKEUSR, pid, OFFSET_DR(1), touch));
	CHECK_OK(PT(PTRACE_POKEUSR, pid, OFFSET_DR(7), 0x4));
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGTRAP));
	CHECK_EQ(rip_of(pid), (unsigned long)touch);
	CHECK_EQ(peek(pid, &other), 0);
	CHECK_EQ(get_dr(pid, 6) & 0xf, 2);
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, EXITED(0));
}

static volatile int sink;

static __attribute__((noinline)) void look(void)
{
	other = 1;
	sink = cell;
	other = 2;
	cell = 0;
}

/* Reading counts, and writing what is there already. */
static void reads_and_equal_writes(void)
{
	pid_t pid = spawn_traced(look, 0);

	if (PT(PTRACE_POKEUSR, pid, OFFSET_DR(2), &cell) ||
	    PT(PTRACE_POKEUSR, pid, OFFSET_DR(7), 0xfUL << 24 | 0x10)) {
		reap_killed(pid);
		return;
	}
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGTRAP));
	CHECK_EQ(get_dr(pid, 6) & 0xf, 4);
	CHECK_EQ(peek(pid, &other), 1);
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGTRAP));
	CHECK_EQ(peek(pid, &other), 2);
	/* Only writes now: one more, by hand. */
	CHECK_OK(PT(PTRACE_POKEUSR, pid, OFFSET_DR(7), 0xdUL << 24 | 0x10));
	go_to(pid, look);
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGTRAP));
	CHECK_EQ(peek(pid, &other), 2);
	reap_killed(pid);
}

int main(void)
{
	RUN(plain);
	RUN(system_call);
	RUN(flags);
	RUN(into_handler);
	RUN(page_fault);
	RUN(breakpoint_insn);
	RUN(long_run);
	if (host_ignores_them())
		return test_done();
	RUN(debug_registers);
	RUN(reads_and_equal_writes);
	return test_done();
}
