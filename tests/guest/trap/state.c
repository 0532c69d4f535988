// SPDX-License-Identifier: MIT
/* What a program has in its registers stays there: over calls, preemption, signals, fork. */
#include "test.h"
#include <asm/prctl.h>
#include <immintrin.h>
#include <pthread.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>

static volatile int ticks;

static void tick(int signr)
{
	/* Uses the vector registers itself. */
	volatile double x = 1.5;

	for (int i = 0; i < 20; i++)
		x = x * 1.25 + ticks;
	ticks++;
}

/* Holds `value` in the vector registers for a while; how often it was found changed. */
__attribute__((target("avx2"))) static int hold_avx(int value, int rounds)
{
	__m256i want = _mm256_set1_epi32(value);
	int bad = 0;

	for (int i = 0; i < rounds; i++) {
		__m256i have = want;

		__asm__ volatile("mov $2000, %%ecx; 1: dec %%ecx; jnz 1b" : "+x"(have) : : "ecx");
		if (i % 16 == 0)
			__asm__ volatile("syscall" : : "a"(SYS_getppid) : "rcx", "r11", "memory");
		__asm__ volatile("" : "+x"(have));
		if (_mm256_movemask_epi8(_mm256_cmpeq_epi32(have, want)) != -1)
			bad++;
	}
	return bad;
}

static int hold_integers(long value, int rounds)
{
	int bad = 0;

	for (int i = 0; i < rounds; i++) {
		long a, b, c, d, e, f, ret;

		__asm__ volatile(
			"mov %7, %%rbx; mov %7, %%r12; mov %7, %%r13; mov %7, %%r14; mov %7, %%r15; mov %7, %%rsi\n"
			"mov $110, %%eax; syscall\n"
			"mov %%rbx, %0; mov %%r12, %1; mov %%r13, %2; mov %%r14, %3; mov %%r15, %4; mov %%rsi, %5; mov %%rax, %6"
			: "=m"(a), "=m"(b), "=m"(c), "=m"(d), "=m"(e), "=m"(f), "=m"(ret)
			: "r"(value)
			: "rax", "rbx", "rcx", "rsi", "r11", "r12", "r13", "r14", "r15", "memory");
		if (a != value || b != value || c != value || d != value || e != value ||
		    f != value || ret != getppid())
			bad++;
	}
	return bad;
}

static int have_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

static void processes_do_not_mix(void)
{
	pid_t pids[4];
	int status;

	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit((have_avx2() ? hold_avx(i + 1, 3000) : 0) +
					      hold_integers(i + 1, 2000) ?
				      1 :
				      0);
	}
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(waitpid(pids[i], &status, 0), pids[i]);
		CHECK_EQ(status, 0);
	}
}

static void *thread_body(void *arg)
{
	return (void *)(long)((have_avx2() ? hold_avx((long)arg, 2000) : 0) +
			      hold_integers((long)arg, 1000));
}

static void threads_do_not_mix(void)
{
	pthread_t t[6];
	void *bad;

	for (long i = 0; i < 6; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, thread_body, (void *)(i + 100)), 0);
	for (int i = 0; i < 6; i++) {
		pthread_join(t[i], &bad);
		CHECK_EQ((long)bad, 0);
	}
}

static void signals_restore(void)
{
	struct itimerval timer = { .it_interval = { 0, 1000 }, .it_value = { 0, 1000 } };
	struct itimerval none = { 0 };

	signal(SIGALRM, tick);
	setitimer(ITIMER_REAL, &timer, NULL);
	for (int i = 0; i < 200 && ticks < 20; i++) {
		CHECK_EQ(have_avx2() ? hold_avx(77, 300) : 0, 0);
		CHECK_EQ(hold_integers(88, 200), 0);
	}
	setitimer(ITIMER_REAL, &none, NULL);
	CHECK(ticks > 0);
}

static unsigned int mxcsr(void)
{
	return _mm_getcsr();
}

static volatile unsigned int mxcsr_in_handler;
static void look(int signr)
{
	mxcsr_in_handler = mxcsr();
	_mm_setcsr(0x1f80);
}

static void control_words(void)
{
	unsigned short cw = 0x27f, seen = 0;
	int status;
	pid_t pid;

	_mm_setcsr(0x9f80);
	__asm__ volatile("fldcw %0" : : "m"(cw));
	signal(SIGUSR1, look);
	raise(SIGUSR1);
	/* A handler begins with the initial state, and the program gets its own back. */
	CHECK_EQ(mxcsr_in_handler, 0x1f80);
	CHECK_EQ(mxcsr(), 0x9f80);
	pid = fork();
	if (!pid) {
		__asm__ volatile("fnstcw %0" : "=m"(seen));
		_exit(mxcsr() == 0x9f80 && seen == 0x27f ? 0 : 1);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	__asm__ volatile("fnstcw %0" : "=m"(seen));
	CHECK_EQ(seen, 0x27f);
	_mm_setcsr(0x1f80);
}

/* Components of the FPU state that a program has to ask for. */
static void components(void)
{
	uint64_t supported = 0, permitted = 0;

	CHECK_EQ(syscall(SYS_arch_prctl, ARCH_GET_XCOMP_SUPP, &supported), 0);
	CHECK_EQ(syscall(SYS_arch_prctl, ARCH_GET_XCOMP_PERM, &permitted), 0);
	CHECK_EQ(permitted & 3, 3);
	CHECK_EQ(permitted & ~supported, 0);
	CHECK_ERR(syscall(SYS_arch_prctl, ARCH_GET_XCOMP_SUPP, 1UL), EFAULT);
	CHECK_ERR(syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, 2UL), EOPNOTSUPP);
	CHECK_ERR(syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, 64UL), EINVAL);
}

static void segment_bases(void)
{
	unsigned long value = 0, fs = 0;
	static unsigned long there = 0x1122334455667788;
	int status;
	pid_t pid;

	CHECK_EQ(syscall(SYS_arch_prctl, ARCH_GET_FS, &fs), 0);
	CHECK(fs != 0);
	CHECK_EQ(syscall(SYS_arch_prctl, ARCH_SET_GS, &there), 0);
	CHECK_EQ(syscall(SYS_arch_prctl, ARCH_GET_GS, &value), 0);
	CHECK_EQ(value, (unsigned long)&there);
	__asm__ volatile("mov %%gs:0, %0" : "=r"(value));
	CHECK_EQ(value, there);
	pid = fork();
	if (!pid) {
		__asm__ volatile("mov %%gs:0, %0" : "=r"(value));
		_exit(value == there ? 0 : 1);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_ERR(syscall(SYS_arch_prctl, ARCH_SET_GS, 0x800000000000UL), EPERM);
	CHECK_ERR(syscall(SYS_arch_prctl, ARCH_SET_FS, ~0UL), EPERM);
	CHECK_ERR(syscall(SYS_arch_prctl, 0x9999, 0), EINVAL);
	if (getauxval(AT_HWCAP2) & 2) {
		unsigned long mine = (unsigned long)&value;

		/* As bytes, so that the compiler needs no -mfsgsbase. */
		__asm__ volatile(".byte 0xf3, 0x48, 0x0f, 0xae, 0xd8 /* wrgsbase %%rax */"
				 :
				 : "a"(mine));
		getppid();
		__asm__ volatile(".byte 0xf3, 0x48, 0x0f, 0xae, 0xc8 /* rdgsbase %%rax */"
				 : "=a"(fs));
		CHECK_EQ(fs, mine);
		CHECK_EQ(syscall(SYS_arch_prctl, ARCH_GET_GS, &value), 0);
		CHECK_EQ(value, mine);
	}
}

int main(void)
{
	RUN(processes_do_not_mix);
	RUN(threads_do_not_mix);
	RUN(signals_restore);
	RUN(control_words);
	RUN(components);
	RUN(segment_bases);
	return test_done();
}
