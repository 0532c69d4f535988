// SPDX-License-Identifier: MIT
/* Restartable sequences: registration, the CPU number, aborts by signals and by preemption. */
#include "test.h"

#include <linux/rseq.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/time.h>

#define SIG 0x53053053

static struct rseq area __attribute__((aligned(32)));

static struct rseq *glibc_area(void)
{
	return (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
}

static long rseq(struct rseq *r, uint32_t len, int flags, uint32_t sig)
{
	return syscall(SYS_rseq, r, len, flags, sig);
}

static void take_over(void)
{
	if (__rseq_size)
		NEED(!rseq(glibc_area(), 32, RSEQ_FLAG_UNREGISTER, RSEQ_SIG));
	memset(&area, 0, sizeof(area));
	area.cpu_id = RSEQ_CPU_ID_UNINITIALIZED;
	NEED(!rseq(&area, 32, 0, SIG));
}

static void give_back(void)
{
	CHECK_OK(rseq(&area, 32, RSEQ_FLAG_UNREGISTER, SIG));
	if (__rseq_size)
		CHECK_OK(rseq(glibc_area(), 32, 0, RSEQ_SIG));
}

static void registration(void)
{
	take_over();
	CHECK_ERR(rseq(&area, 32, 0, SIG), EBUSY);
	CHECK_ERR(rseq(&area, 32, 0, 1), EPERM);
	CHECK_ERR(rseq(&area, 64, 0, SIG), EINVAL);
	CHECK_ERR(rseq(&area, 32, RSEQ_FLAG_UNREGISTER, 1), EPERM);
	CHECK_ERR(rseq(&area + 1, 32, RSEQ_FLAG_UNREGISTER, SIG), EINVAL);
	give_back();
	if (!__rseq_size)
		return;
	CHECK_ERR(rseq(&area, 32, RSEQ_FLAG_UNREGISTER, SIG), EINVAL);
}

static void cpu_number_follows(void)
{
	cpu_set_t all, one;

	take_over();
	CHECK_OK(sched_getaffinity(0, sizeof(all), &all));
	for (int cpu = 0; cpu < 64; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		CHECK_OK(sched_setaffinity(0, sizeof(one), &one));
		CHECK_EQ(__atomic_load_n(&area.cpu_id, __ATOMIC_RELAXED), cpu);
		CHECK_EQ(__atomic_load_n(&area.cpu_id_start, __ATOMIC_RELAXED), cpu);
	}
	CHECK_OK(sched_setaffinity(0, sizeof(all), &all));
	give_back();
}

static volatile int signals;

static void on_alarm(int sig)
{
	signals++;
}

/* Spins inside a critical section until the kernel throws it out; the number of rounds. */
static __attribute__((noinline)) uint64_t spin_in_section(void)
{
	uint64_t rounds = 0;

	__asm__ volatile("	.pushsection __rseq_cs_t, \"aw\"\n"
			 "	.balign 32\n"
			 "9:	.long 0, 0\n"
			 "	.quad 1f, 2f - 1f, 4f\n"
			 "	.popsection\n"
			 "	leaq 9b(%%rip), %%rax\n"
			 "	movq %%rax, %[cs]\n"
			 "1:	incq %[rounds]\n"
			 "	jmp 1b\n"
			 "2:	jmp 5f\n"
			 "	.byte 0x0f, 0xb9, 0x3d\n" /* ud1, as the ABI wants */
			 "	.long 0x53053053\n"
			 "4:	nop\n"
			 "5:\n"
			 : [rounds] "+r"(rounds), [cs] "=m"(area.rseq_cs)
			 :
			 : "rax", "memory", "cc");
	return rounds;
}

static void signal_aborts(void)
{
	struct itimerval it = { .it_value.tv_usec = 20000 };

	signal(SIGALRM, on_alarm);
	take_over();
	setitimer(ITIMER_REAL, &it, NULL);
	for (int i = 0; i < 1000 && !signals; i++)
		CHECK_GT(spin_in_section(), 0);
	CHECK_EQ(signals, 1);
	CHECK_EQ(area.rseq_cs, 0);
	give_back();
}

static void bad_signature_kills(void)
{
	take_over();
	CHECK_OK(rseq(&area, 32, RSEQ_FLAG_UNREGISTER, SIG));
	CHECK_OK(rseq(&area, 32, 0, SIG + 1));
	alarm(1);
	signal(SIGALRM, on_alarm);
	spin_in_section();
}

int main(void)
{
	int status;

	if (rseq(NULL, 0, 0, 0) && errno == ENOSYS)
		SKIP("no rseq here");
	RUN(registration);
	RUN(cpu_number_follows);
	RUN(signal_aborts);
	status = test_in_child(bad_signature_kills);
	CHECK_EQ(status & 0x7f, SIGSEGV);
	return test_done();
}
