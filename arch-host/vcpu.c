// SPDX-License-Identifier: MIT
/* vCPUs: one host thread each, woken and interrupted by signals. */
#include <asm/prctl.h>
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>
#include "internal.h"
#include "sys.h"

/* Holds the fault handler, an oops with its symbols, and the largest signal frame. */
#define ALTSTACK_SIZE (64UL << 10)
/* The thread's own stack: used until the kernel moves to its own. */
#define THREAD_STACK_SIZE (128UL << 10)

struct vcpu {
	pid_t tid;		/* 0: not started; written by the vCPU before it is announced */
	stack_t altstack;	/* written before the thread starts */
};

static struct vcpu vcpus[HOST_MAX_CPUS];
static unsigned int device_words;	/* HOST_DEV_*: raised by any thread, taken by vCPU 0 */

pid_t vcpu_tid(unsigned int cpu)
{
	return vcpus[cpu].tid;
}

unsigned long host_cpu_used_ns(unsigned int cpu)
{
	struct timespec used = { 0 };
	/* The kernel's encoding of a thread's CPU clock (pthread_getcpuclockid). */
	clockid_t clock = (clockid_t)(((unsigned int)~vcpus[cpu].tid << 3) | 6);

	if (sys2(SYS_clock_gettime, clock, &used))
		return 0;
	return used.tv_sec * 1000000000UL + used.tv_nsec;
}

const stack_t *vcpu_altstack(unsigned int cpu)
{
	return &vcpus[cpu].altstack;
}

/* Is the caller one of the vCPU threads? Async-signal-safe. */
bool vcpu_is_self(void)
{
	pid_t self = sys0(SYS_gettid);

	for (unsigned int cpu = 0; cpu < host_info.ncpus; cpu++) {
		if (vcpus[cpu].tid == self)
			return true;
	}
	return false;
}

void vcpus_prepare(unsigned int ncpus)
{
	char *stacks = mmap(NULL, ncpus * ALTSTACK_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (stacks == MAP_FAILED)
		usage_error("no memory for %u vCPUs", ncpus);
	for (unsigned int cpu = 0; cpu < ncpus; cpu++) {
		vcpus[cpu].altstack.ss_sp = stacks + cpu * ALTSTACK_SIZE;
		vcpus[cpu].altstack.ss_size = ALTSTACK_SIZE;
	}
}

static void *vcpu_body(void *arg)
{
	unsigned int cpu = (unsigned long)arg;
	char name[16];

	snprintf(name, sizeof(name), "vcpu/%u", cpu);
	prctl(PR_SET_NAME, name);
	/* A vCPU's timer and sleeps must not be coalesced: 50 us are long here. */
	prctl(PR_SET_TIMERSLACK, 1);
	sigaltstack(&vcpus[cpu].altstack, NULL);
	__atomic_store_n(&vcpus[cpu].tid, (pid_t)sys0(SYS_gettid), __ATOMIC_SEQ_CST);
	/* Bits set before vCPU 0 existed had nobody to tell; the signal waits until it is let in. */
	if (!cpu && __atomic_load_n(&device_words, __ATOMIC_SEQ_CST))
		sys3(SYS_tgkill, host_pid, vcpus[cpu].tid, SIGIO);
	timer_prepare(cpu);
	if (cpu)
		host_upcalls.cpu_start(cpu);
	else
		host_upcalls.start();
	abort();
}

/* Starts a thread whose signal mask is the caller's: everything blocked but faults. */
static int start_thread(void *(*body)(void *), void *arg)
{
	pthread_attr_t attr;
	pthread_t thread;
	int error;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, THREAD_STACK_SIZE);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	error = pthread_create(&thread, &attr, body, arg);
	pthread_attr_destroy(&attr);
	return -error;
}

int vcpu_launch(unsigned int cpu)
{
	return start_thread(vcpu_body, (void *)(unsigned long)cpu);
}

int service_thread(void *(*body)(void *), void *arg)
{
	return start_thread(body, arg);
}

/*
 * vCPU threads must not call pthread_create (it takes libc's locks): the main thread, which
 * waits for signals, starts them.
 */
int host_cpu_start(unsigned int cpu)
{
	if (cpu >= host_info.ncpus)
		return -EINVAL;
	main_thread_request_cpu(cpu);
	return 0;
}

void host_set_gs(unsigned long base)
{
	sys2(SYS_arch_prctl, ARCH_SET_GS, base);
}

void host_cpu_kick(unsigned int cpu)
{
	pid_t tid = __atomic_load_n(&vcpus[cpu].tid, __ATOMIC_SEQ_CST);

	if (tid)
		sys3(SYS_tgkill, host_pid, tid, SIGURG);
}

void device_raise(unsigned int bits)
{
	unsigned int old = __atomic_fetch_or(&device_words, bits, __ATOMIC_SEQ_CST);
	pid_t tid = __atomic_load_n(&vcpus[0].tid, __ATOMIC_SEQ_CST);

	/* Bits that were there already have their signal on the way. */
	if (!old && tid)
		sys3(SYS_tgkill, host_pid, tid, SIGIO);
}

void host_device_raise(unsigned int events)
{
	device_raise(events);
}

unsigned int host_device_events(void)
{
	return __atomic_exchange_n(&device_words, 0, __ATOMIC_SEQ_CST);
}

int host_wait_word(const volatile unsigned int *word, unsigned int value,
		   const volatile unsigned int *pending, unsigned long timeout_ns)
{
	struct timespec limit = { .tv_sec = timeout_ns / 1000000000UL,
				  .tv_nsec = timeout_ns % 1000000000UL };

	return sys_interruptible(SYS_futex, (long)word, FUTEX_WAIT_PRIVATE, value,
				 timeout_ns ? (long)&limit : 0, pending);
}

void host_wake_word(const volatile unsigned int *word)
{
	sys4(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, 0);
}

void host_yield(void)
{
	sys0(SYS_sched_yield);
}
