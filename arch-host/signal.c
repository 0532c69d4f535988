// SPDX-License-Identifier: MIT
/*
 * The host's signals as the machine's interrupts and exceptions.
 *
 * SIGALRM, SIGIO and SIGURG (gdb passes these three silently, and they coalesce) interrupt a
 * vCPU. Each handler blocks all three, so that a masked vCPU holds at most one handler frame
 * more; the kernel unblocks them once it takes the interrupt for good, and blocks them again
 * before it unmasks and leaves, so that frames cannot pile up (um/irq).
 *
 * SIGSEGV, SIGBUS, SIGFPE and SIGILL of kernel code arrive on the vCPU's alternate stack with
 * all other signals blocked; nothing schedules there.
 *
 * Handlers are installed by the raw system call: ThreadSanitizer's interceptor would hold
 * them back for ever in code that makes no libc call.
 */
#include <signal.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>
#include "internal.h"
#include "sys.h"

#ifndef SA_RESTORER
#define SA_RESTORER 0x04000000
#endif

/* The kernel's struct sigaction, which is not libc's. */
struct raw_sigaction {
	void (*handler)(int, siginfo_t *, void *);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};

#define SIGNAL_BIT(signr) (1UL << ((signr)-1))
#define INTERRUPT_SIGNALS (SIGNAL_BIT(SIGALRM) | SIGNAL_BIT(SIGIO) | SIGNAL_BIT(SIGURG))
#define FAULT_SIGNALS \
	(SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGILL) | \
	 SIGNAL_BIT(SIGTRAP) | SIGNAL_BIT(SIGABRT) | SIGNAL_BIT(SIGSYS))

/* Offsets from the %gs base of the words that host_set_words() names. */
static unsigned long masked_at, pending_at, cpu_number_at, nmi_at;

static inline unsigned int gs_load(unsigned long at)
{
	unsigned int value;

	__asm__ volatile("movl %%gs:(%1), %0" : "=r"(value) : "r"(at) : "memory");
	return value;
}

static inline void gs_or(unsigned long at, unsigned int bits)
{
	__asm__ volatile("lock orl %1, %%gs:(%0)" : : "r"(at), "r"(bits) : "memory", "cc");
}

void host_set_words(unsigned long masked, unsigned long pending, unsigned long cpu_number,
		    unsigned long nmi)
{
	masked_at = masked;
	pending_at = pending;
	cpu_number_at = cpu_number;
	nmi_at = nmi;
}

/* A thread found between the check and the call of sys_interruptible() must not make it. */
static void leave_window(ucontext_t *uc)
{
	unsigned long ip = uc->uc_mcontext.gregs[REG_RIP];

	if (ip >= (unsigned long)interrupt_window_begin && ip <= (unsigned long)interrupt_window_end)
		uc->uc_mcontext.gregs[REG_RIP] = (long)interrupt_window_abort;
}

static void interrupt_handler(int signr, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	unsigned int line = signr == SIGALRM ? HOST_LINE_TIMER :
			    signr == SIGIO   ? HOST_LINE_DEVICE :
					       HOST_LINE_IPI;

	(void)info;
	if (gs_load(nmi_at))
		host_upcalls.nmi(uc->uc_mcontext.gregs[REG_RIP], uc->uc_mcontext.gregs[REG_RBP]);
	if (gs_load(masked_at)) {
		gs_or(pending_at, line);
		leave_window(uc);
		return;
	}
	host_upcalls.interrupt(line, uc->uc_mcontext.gregs[REG_RIP]);
	/*
	 * The task may have moved to another vCPU's thread, and sigreturn installs the
	 * alternate stack that the frame names: it must be this thread's.
	 */
	uc->uc_stack = *vcpu_altstack(gs_load(cpu_number_at));
}

/* A service thread's transfer is to be cancelled, or the terminal's size changed. */
static void service_handler(int signr, siginfo_t *info, void *context)
{
	(void)signr;
	leave_window(context);
	if (info->si_code != SI_TKILL)
		console_resized();
}

/* Order of host_fault.regs[]. */
static const int fault_registers[] = {
	REG_R15, REG_R14, REG_R13, REG_R12, REG_RBP, REG_RBX, REG_R11, REG_R10, REG_R9,
	REG_R8, REG_RAX, REG_RCX, REG_RDX, REG_RSI, REG_RDI, REG_RIP, REG_EFL, REG_RSP,
};

static void raw_sigaction(int signr, void (*handler)(int, siginfo_t *, void *), unsigned long flags,
			  unsigned long mask)
{
	struct raw_sigaction action = {
		.handler = handler,
		.flags = flags | SA_SIGINFO | SA_RESTORER,
		.restorer = signal_restorer,
		.mask = mask,
	};

	sys4(SYS_rt_sigaction, signr, &action, 0, sizeof(action.mask));
}

/* Dies of the signal that the handler was called for, once the handler returns. */
static void die_of(int signr)
{
	struct raw_sigaction action = { .flags = SA_RESTORER, .restorer = signal_restorer };

	console_restore();
	sys4(SYS_rt_sigaction, signr, &action, 0, sizeof(action.mask));
}

static void fault_handler(int signr, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
	struct host_fault fault = {
		.signr = signr,
		.si_code = info->si_code,
		.address = (unsigned long)info->si_addr,
		.error_code = regs[REG_ERR],
		.trap = regs[REG_TRAPNO],
	};

	for (unsigned int i = 0; i < sizeof(fault_registers) / sizeof(fault_registers[0]); i++)
		fault.regs[i] = regs[fault_registers[i]];
	if (!vcpu_is_self() || !host_upcalls.fault(&fault)) {
		die_of(signr);
		return;
	}
	for (unsigned int i = 0; i < sizeof(fault_registers) / sizeof(fault_registers[0]); i++)
		regs[fault_registers[i]] = fault.regs[i];
}

void signals_install(void)
{
	static const int interrupts[] = { SIGALRM, SIGIO, SIGURG };
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };
	unsigned long blocked = ~FAULT_SIGNALS;

	for (unsigned int i = 0; i < sizeof(interrupts) / sizeof(interrupts[0]); i++)
		raw_sigaction(interrupts[i], interrupt_handler, 0, INTERRUPT_SIGNALS);
	for (unsigned int i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		raw_sigaction(faults[i], fault_handler, SA_ONSTACK | SA_NODEFER, ~FAULT_SIGNALS);
	raw_sigaction(SIGWINCH, service_handler, 0, ~0UL);
	signal(SIGPIPE, SIG_IGN);
	/* All threads begin with everything blocked but their own faults. */
	sys4(SYS_rt_sigprocmask, SIG_SETMASK, &blocked, 0, sizeof(blocked));
}

void signals_mask_service(void)
{
	/* A background job that reads its terminal stops, as any program does. */
	unsigned long open = SIGNAL_BIT(SIGWINCH) | SIGNAL_BIT(SIGTTIN);

	sys4(SYS_rt_sigprocmask, SIG_UNBLOCK, &open, 0, sizeof(open));
}

void host_signals_block(int block)
{
	unsigned long set = INTERRUPT_SIGNALS;

	sys4(SYS_rt_sigprocmask, block ? SIG_BLOCK : SIG_UNBLOCK, &set, 0, sizeof(set));
}
