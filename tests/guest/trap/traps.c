// SPDX-License-Identifier: MIT
/* Exceptions of the processor as signals: number, code, address, where the program stands. */
#include "test.h"
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#ifndef TRAP_TRACE
#define TRAP_TRACE 2
#endif

static sigjmp_buf back;
static volatile int got_signal, got_code;
static void *volatile got_addr;
static volatile greg_t got_ip, got_trap;

static void catch_it(int signr, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	got_signal = signr;
	got_code = info->si_code;
	got_addr = info->si_addr;
	got_ip = uc->uc_mcontext.gregs[REG_RIP];
	got_trap = uc->uc_mcontext.gregs[REG_TRAPNO];
	siglongjmp(back, 1);
}

static void install(void)
{
	struct sigaction action = { .sa_sigaction = catch_it, .sa_flags = SA_SIGINFO };
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };

	for (unsigned int i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}

#define TRAPS(statement)                                                                           \
	do {                                                                                       \
		got_signal = 0;                                                                    \
		if (!sigsetjmp(back, 1)) {                                                         \
			statement;                                                                 \
		}                                                                                  \
	} while (0)

extern const char divide_at[], ud2_at[], int3_at[], hlt_at[];

static void divide(void)
{
	TRAPS(__asm__ volatile("xor %%eax, %%eax; xor %%edx, %%edx; xor %%ecx, %%ecx\n"
			       ".globl divide_at\ndivide_at: div %%ecx" ::
				       : "eax", "ecx", "edx"));
	CHECK_EQ(got_signal, SIGFPE);
	CHECK_EQ(got_code, FPE_INTDIV);
	CHECK_EQ((long)got_addr, (long)divide_at);
	CHECK_EQ(got_ip, (long)divide_at);
}

static void invalid_opcode(void)
{
	TRAPS(__asm__ volatile(".globl ud2_at\nud2_at: ud2"));
	CHECK_EQ(got_signal, SIGILL);
	CHECK_EQ(got_code, ILL_ILLOPN);
	CHECK_EQ((long)got_addr, (long)ud2_at);
}

static void breakpoint(void)
{
	TRAPS(__asm__ volatile("int3\n.globl int3_at\nint3_at: nop"));
	CHECK_EQ(got_signal, SIGTRAP);
	CHECK_EQ(got_code, SI_KERNEL);
	CHECK_EQ(got_ip, (long)int3_at);
}

static void privileged(void)
{
	TRAPS(__asm__ volatile(".globl hlt_at\nhlt_at: hlt"));
	CHECK_EQ(got_signal, SIGSEGV);
	CHECK_EQ(got_code, SI_KERNEL);
	CHECK_EQ(got_ip, (long)hlt_at);
	TRAPS(__asm__ volatile("cli"));
	CHECK_EQ(got_signal, SIGSEGV);
	TRAPS(__asm__ volatile("out %al, $0x80"));
	CHECK_EQ(got_signal, SIGSEGV);
}

static void bad_addresses(void)
{
	volatile char *read_only = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	TRAPS(*(volatile int *)0x123 = 1);
	CHECK_EQ(got_signal, SIGSEGV);
	CHECK_EQ(got_code, SEGV_MAPERR);
	CHECK_EQ((long)got_addr, 0x123);
	TRAPS(*read_only = 1);
	CHECK_EQ(got_signal, SIGSEGV);
	CHECK_EQ(got_code, SEGV_ACCERR);
	CHECK_EQ((long)got_addr, (long)read_only);
	/* Not canonical: no page fault, no address. */
	TRAPS(*(volatile int *)0x800000000000UL = 1);
	CHECK_EQ(got_signal, SIGSEGV);
	CHECK_EQ(got_code, SI_KERNEL);
	/* The kernel's half. */
	TRAPS((void)*(volatile int *)0xffff888000000000UL);
	CHECK_EQ(got_signal, SIGSEGV);
	CHECK_EQ(got_code, SEGV_MAPERR);
	CHECK_EQ((long)got_addr, (long)0xffff888000000000UL);
	/* Jumps to where no code is. */
	TRAPS(((void (*)(void))0x123456000UL)());
	CHECK_EQ(got_signal, SIGSEGV);
	CHECK_EQ(got_ip, 0x123456000L);
	TRAPS(((void (*)(void))(unsigned long)read_only)());
	CHECK_EQ(got_signal, SIGSEGV);
	CHECK_EQ(got_code, SEGV_ACCERR);
}

static volatile int steps;

static void count_step(int signr, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	CHECK_EQ(info->si_code, TRAP_TRACE);
	if (++steps == 10)
		uc->uc_mcontext.gregs[REG_EFL] &= ~0x100L;
}

static void single_step(void)
{
	struct sigaction action = { .sa_sigaction = count_step, .sa_flags = SA_SIGINFO };

	sigaction(SIGTRAP, &action, NULL);
	__asm__ volatile(
		"pushfq; orq $0x100, (%%rsp); popfq\n"
		"nop; nop; nop; nop; nop; nop; nop; nop; nop; nop; nop; nop; nop; nop; nop; nop" ::
			: "memory", "cc");
	CHECK_EQ(steps, 10);
	install();
}

static void alignment(void)
{
	static char bytes[16] __attribute__((aligned(16)));
	char *odd = bytes + 1;

	TRAPS(__asm__ volatile(
		"pushfq; orq $0x40000, (%%rsp); popfq; movl (%0), %%eax; pushfq; andq $~0x40000, (%%rsp); popfq"
		:
		: "r"(odd)
		: "eax", "memory", "cc"));
	__asm__ volatile("pushfq; andq $~0x40000, (%%rsp); popfq" ::: "memory", "cc");
	CHECK_EQ(got_signal, SIGBUS);
	CHECK_EQ(got_code, BUS_ADRALN);
}

/* Everything goes, up to the end of user space, and the program with it. */
static void unmaps_itself(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		signal(SIGSEGV, SIG_DFL);
		munmap(NULL, 0x7ffffffff000UL);
		_exit(1);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGSEGV);
	CHECK_ERR(munmap(NULL, 0x8000000000000UL), EINVAL);
}

/* A handler may send the program to another place, with other registers. */
static void set_ip(int signr, siginfo_t *info, void *context)
{
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RBX] = 4711;
}

static void handler_changes_registers(void)
{
	struct sigaction action = { .sa_sigaction = set_ip, .sa_flags = SA_SIGINFO };
	long bx;

	sigaction(SIGILL, &action, NULL);
	__asm__ volatile("xor %%ebx, %%ebx; ud2; mov %%rbx, %0" : "=r"(bx) : : "rbx");
	CHECK_EQ(bx, 4711);
	install();
}

int main(void)
{
	install();
	RUN(divide);
	RUN(invalid_opcode);
	RUN(breakpoint);
	RUN(privileged);
	RUN(bad_addresses);
	RUN(single_step);
	RUN(alignment);
	RUN(handler_changes_registers);
	RUN(unmaps_itself);
	return test_done();
}
