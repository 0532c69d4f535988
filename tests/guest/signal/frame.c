// SPDX-License-Identifier: MIT
// LDFLAGS: -lm
/* The handler's frame: registers, FPU, alternate stacks, faults, and what sigreturn accepts. */
#include "test.h"

#include <fenv.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <xmmintrin.h>

static volatile int count;
static siginfo_t info_seen;
static void *handler_sp;
static sigjmp_buf jump;

static void set(int sig, void (*fn)(int, siginfo_t *, void *), int flags)
{
	struct sigaction sa = { .sa_sigaction = fn, .sa_flags = SA_SIGINFO | flags };

	CHECK_OK(sigaction(sig, &sa, NULL));
	count = 0;
}

/* Clobbers everything it may. */
static void clobber(int sig, siginfo_t *info, void *ctx)
{
	count++;
	__asm__ volatile(
		"pxor %%xmm0, %%xmm0; pcmpeqd %%xmm7, %%xmm7; fninit; fldz; "
		"xor %%r8, %%r8; xor %%r9, %%r9; xor %%r10, %%r10; xor %%r11, %%r11; std; cld"
		:
		:
		: "xmm0", "xmm7", "r8", "r9", "r10", "r11", "st", "cc");
}

static void registers_come_back(void)
{
	uint64_t in[6] = { 1, 2, 3, 4, 5, 6 }, out[6] = {};
	uint32_t vec_in[4] = { 11, 22, 33, 44 }, vec_out[4] = {};
	double d = 1.0 / 3, e;
	long pid = getpid(), ret;

	set(SIGUSR1, clobber, 0);
	__asm__ volatile(
		"fldl %[d]; movdqu %[vi], %%xmm7; mov 0(%[in]), %%r8; mov 8(%[in]), %%r9;"
		"mov 16(%[in]), %%r10; mov 24(%[in]), %%r12; mov 32(%[in]), %%r13;"
		"mov 40(%[in]), %%r14; mov %[nr], %%rax; mov %[pid], %%rdi; mov %[sig], %%rsi;"
		"syscall; mov %%rax, %[ret]; mov %%r8, 0(%[out]); mov %%r9, 8(%[out]);"
		"mov %%r10, 16(%[out]); mov %%r12, 24(%[out]); mov %%r13, 32(%[out]);"
		"mov %%r14, 40(%[out]); movdqu %%xmm7, %[vo]; fstpl %[e]"
		: [vo] "=m"(vec_out), [e] "=m"(e), [ret] "=m"(ret)
		: [d] "m"(d), [vi] "m"(vec_in), [in] "r"(in), [out] "r"(out), [nr] "i"(SYS_kill),
		  [pid] "m"(pid), [sig] "i"(SIGUSR1)
		: "rax", "rdi", "rsi", "rcx", "r11", "r8", "r9", "r10", "r12", "r13", "r14", "xmm7",
		  "memory", "cc");
	CHECK_EQ(count, 1);
	CHECK_EQ(ret, 0);
	CHECK(!memcmp(in, out, sizeof(in)));
	CHECK(!memcmp(vec_in, vec_out, sizeof(vec_in)));
	CHECK(d == e);
}

static void change_context(int sig, siginfo_t *info, void *ctx)
{
	ucontext_t *uc = ctx;

	count++;
	/* Skip ud2 and answer in a register. */
	uc->uc_mcontext.gregs[REG_RIP] += 2;
	uc->uc_mcontext.gregs[REG_RAX] = 0x1234;
	uc->uc_mcontext.fpregs->_xmm[3].element[0] = 99;
	sigaddset(&uc->uc_sigmask, SIGUSR2);
}

static void handler_edits_the_context(void)
{
	uint64_t value = 0;
	uint32_t xmm[4] = {};
	sigset_t mask;

	set(SIGILL, change_context, 0);
	__asm__ volatile("pxor %%xmm3, %%xmm3; ud2; movdqu %%xmm3, %1"
			 : "=a"(value), "=m"(xmm)
			 :
			 : "xmm3", "memory");
	CHECK_EQ(count, 1);
	CHECK_EQ(value, 0x1234);
	CHECK_EQ(xmm[0], 99);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	CHECK(sigismember(&mask, SIGUSR2));
	sigdelset(&mask, SIGUSR2);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	signal(SIGILL, SIG_DFL);
}

static void look(int sig, siginfo_t *info, void *ctx)
{
	ucontext_t *uc = ctx;
	uint32_t *sw = (uint32_t *)((char *)uc->uc_mcontext.fpregs + 464);

	count++;
	handler_sp = __builtin_frame_address(0);
	CHECK_EQ((uintptr_t)uc->uc_mcontext.fpregs % 64, 0);
	CHECK_EQ(((uintptr_t)handler_sp) % 16, 0);
	CHECK_EQ(uc->uc_flags & 7, 7);
	CHECK(uc->uc_link == NULL);
	/* The extended area, and the mark behind it. */
	CHECK_EQ(sw[0], 0x46505853);
	CHECK_EQ(*(uint32_t *)((char *)uc->uc_mcontext.fpregs + sw[1] - 4), 0x46505845);
	CHECK_EQ(uc->uc_mcontext.gregs[REG_CSGSFS] & 0xffff, 0x33);
}

static void frame_looks_as_on_linux(void)
{
	set(SIGUSR1, look, 0);
	raise(SIGUSR1);
	CHECK_EQ(count, 1);
}

static void alternate_stack(void)
{
	size_t size = 65536;
	char *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	stack_t ss = { .ss_sp = mem, .ss_size = size }, old;

	CHECK_OK(sigaltstack(&ss, NULL));
	set(SIGUSR1, look, SA_ONSTACK);
	raise(SIGUSR1);
	CHECK_EQ(count, 1);
	CHECK((char *)handler_sp > mem && (char *)handler_sp < mem + size);
	set(SIGUSR1, look, 0);
	raise(SIGUSR1);
	CHECK(!((char *)handler_sp > mem && (char *)handler_sp < mem + size));
	CHECK_OK(sigaltstack(NULL, &old));
	CHECK_EQ(old.ss_flags, 0);
	CHECK(old.ss_sp == mem);
	ss.ss_flags = SS_DISABLE;
	CHECK_OK(sigaltstack(&ss, NULL));
	CHECK_OK(sigaltstack(NULL, &old));
	CHECK_EQ(old.ss_flags, SS_DISABLE);
	munmap(mem, size);
}

static void try_to_change(int sig, siginfo_t *info, void *ctx)
{
	char other[65536];
	stack_t ss = { .ss_sp = other, .ss_size = sizeof(other) }, old;

	count++;
	CHECK_ERR(sigaltstack(&ss, NULL), EPERM);
	CHECK_OK(sigaltstack(NULL, &old));
	CHECK_EQ(old.ss_flags, SS_ONSTACK);
}

static void altstack_refusals(void)
{
	static char mem[262144];
	stack_t ss = { .ss_sp = mem, .ss_size = sizeof(mem) };

	CHECK_OK(sigaltstack(&ss, NULL));
	set(SIGUSR1, try_to_change, SA_ONSTACK);
	raise(SIGUSR1);
	CHECK_EQ(count, 1);
	ss.ss_size = 2047;
	CHECK_ERR(sigaltstack(&ss, NULL), ENOMEM);
	ss.ss_size = sizeof(mem);
	ss.ss_flags = 77;
	CHECK_ERR(sigaltstack(&ss, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_sigaltstack, 1L, NULL), EFAULT);
	CHECK_ERR(syscall(SYS_sigaltstack, NULL, 1L), EFAULT);
	ss.ss_flags = SS_DISABLE;
	CHECK_OK(sigaltstack(&ss, NULL));
}

static void note_and_jump(int sig, siginfo_t *info, void *ctx)
{
	count++;
	info_seen = *info;
	siglongjmp(jump, 1);
}

static void fault_information(void)
{
	char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	volatile int zero = 0, one = 1;

	set(SIGSEGV, note_and_jump, 0);
	if (!sigsetjmp(jump, 1))
		*(volatile char *)(page + 5) = 1;
	CHECK_EQ(count, 1);
	CHECK(info_seen.si_addr == page + 5);
	CHECK_EQ(info_seen.si_code, SEGV_ACCERR);
	munmap(page, 4096);
	if (!sigsetjmp(jump, 1))
		*(volatile char *)(page + 7) = 1;
	CHECK(info_seen.si_addr == page + 7);
	CHECK_EQ(info_seen.si_code, SEGV_MAPERR);
	/* Not canonical: no address is known. */
	if (!sigsetjmp(jump, 1))
		*(volatile char *)0x8000000000000000UL = 1;
	CHECK_EQ(count, 3);
	CHECK_EQ(info_seen.si_code, SI_KERNEL);
	CHECK(info_seen.si_addr == NULL);
	set(SIGFPE, note_and_jump, 0);
	if (!sigsetjmp(jump, 1))
		one = one / zero;
	CHECK_EQ(count, 1);
	CHECK_EQ(info_seen.si_code, FPE_INTDIV);
	CHECK_NE(info_seen.si_addr, NULL);
	set(SIGILL, note_and_jump, 0);
	if (!sigsetjmp(jump, 1))
		__asm__ volatile("ud2");
	CHECK_EQ(count, 1);
	CHECK_EQ(info_seen.si_code, ILL_ILLOPN);
	set(SIGTRAP, note_and_jump, 0);
	if (!sigsetjmp(jump, 1))
		__asm__ volatile("int3");
	CHECK_EQ(count, 1);
	CHECK_EQ(info_seen.si_code, SI_KERNEL);
	signal(SIGSEGV, SIG_DFL);
	signal(SIGFPE, SIG_DFL);
	signal(SIGILL, SIG_DFL);
	signal(SIGTRAP, SIG_DFL);
}

static int child_status(void (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		fn();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return status & 0x7f;
}

static void blocked_fault(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	*(volatile int *)8 = 0;
}

static void ignored_fault(void)
{
	signal(SIGSEGV, SIG_IGN);
	*(volatile int *)8 = 0;
}

static void no_room_for_frame(void)
{
	set(SIGSEGV, note_and_jump, 0);
	set(SIGUSR1, clobber, 0);
	__asm__ volatile("mov $8, %%rsp; mov %0, %%edi; mov %1, %%esi; mov $62, %%eax; syscall; ud2"
			 :
			 : "r"(getpid()), "i"(SIGUSR1)
			 : "rax", "rdi", "rsi", "memory");
}

static void forged_selector(int sig, siginfo_t *info, void *ctx)
{
	((ucontext_t *)ctx)->uc_mcontext.gregs[REG_CSGSFS] = 0;
}

static void bad_selector(void)
{
	set(SIGUSR1, forged_selector, 0);
	raise(SIGUSR1);
}

static void bad_sigreturn_stack(void)
{
	__asm__ volatile("mov $16, %%rsp; mov $15, %%eax; syscall; ud2" : : : "rax", "memory");
}

static void forged_xstate(int sig, siginfo_t *info, void *ctx)
{
	char *fp = (char *)((ucontext_t *)ctx)->uc_mcontext.fpregs;

	/* Reserved bits of mxcsr. */
	*(uint32_t *)(fp + 24) = 0xffffffff;
}

static void bad_mxcsr(void)
{
	set(SIGUSR1, forged_xstate, 0);
	raise(SIGUSR1);
}

static void forged_flags(int sig, siginfo_t *info, void *ctx)
{
	/* IOPL 3, VM, interrupts off: not a program's to set. */
	((ucontext_t *)ctx)->uc_mcontext.gregs[REG_EFL] = 0x23000;
}

static void privileged_flags_are_masked(void)
{
	uint64_t flags;

	set(SIGUSR1, forged_flags, 0);
	raise(SIGUSR1);
	__asm__ volatile("pushfq; pop %0" : "=r"(flags));
	CHECK_EQ(flags & 0x23200, 0x200);
}

static void unhandleable_faults_kill(void)
{
	CHECK_EQ(child_status(blocked_fault), SIGSEGV);
	CHECK_EQ(child_status(ignored_fault), SIGSEGV);
	CHECK_EQ(child_status(no_room_for_frame), SIGSEGV);
	CHECK_EQ(child_status(bad_selector), SIGSEGV);
	CHECK_EQ(child_status(bad_sigreturn_stack), SIGSEGV);
}

/* Whatever the answer to forged FPU state, the process must not get away with the bits. */
static void forged_fpu_state(void)
{
	int sig = child_status(bad_mxcsr);

	CHECK(sig == SIGSEGV || sig == 0);
}

static void overflow_handler(int sig, siginfo_t *info, void *ctx)
{
	_exit(55);
}

static int recurse(int n)
{
	volatile char pad[4096];

	pad[0] = n;
	return n < 1 << 30 ? recurse(n + 1) + pad[0] : 0;
}

static void stack_overflow_on_altstack(void)
{
	static char mem[65536];
	stack_t ss = { .ss_sp = mem, .ss_size = sizeof(mem) };
	int status;
	pid_t pid = fork();

	if (!pid) {
		sigaltstack(&ss, NULL);
		set(SIGSEGV, overflow_handler, SA_ONSTACK);
		_exit(recurse(0));
	}
	waitpid(pid, &status, 0);
	CHECK_EQ(status, 55 << 8);
}

static void float_env_in_handler(int sig, siginfo_t *info, void *ctx)
{
	count = fegetround() == FE_TONEAREST && (_mm_getcsr() & 0xffc0) == 0x1f80;
}

static void handler_starts_with_clean_fpu(void)
{
	fesetround(FE_UPWARD);
	set(SIGUSR1, float_env_in_handler, 0);
	raise(SIGUSR1);
	CHECK_EQ(count, 1);
	CHECK_EQ(fegetround(), FE_UPWARD);
	fesetround(FE_TONEAREST);
}

int main(void)
{
	RUN(registers_come_back);
	RUN(handler_edits_the_context);
	RUN(frame_looks_as_on_linux);
	RUN(alternate_stack);
	RUN(altstack_refusals);
	RUN(fault_information);
	RUN(privileged_flags_are_masked);
	RUN(unhandleable_faults_kill);
	RUN(forged_fpu_state);
	RUN(stack_overflow_on_altstack);
	RUN(handler_starts_with_clean_fpu);
	return test_done();
}
