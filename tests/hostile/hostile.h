/* SPDX-License-Identifier: MIT */
/*
 * Attacks on the stub, from inside a guest. Each runs in a child; its parent sees to it that
 * the child ends, and that the kernel and another guest process (the bystander) go on as if
 * nothing had happened. What got through to the host is checked from outside
 * (tests/integration/hostile-record.py).
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include "test.h"
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>

/* include/um/stub_layout.h, from the attacker's view. */
#define STUB_TEXT      0x7e0000000000UL
#define STUB_TEXT_SIZE 0x1300UL
#define STUB_CONFIG    0x7e0000100000UL
#define STUB_REQUEST   0x7e0000110000UL
#define STUB_POLICY    0x7e0000111000UL
#define STUB_DONE      0x7e0000120000UL
#define STUB_TRAMP     0x7e0000140000UL
#define JUMP_TABLE     0x60000UL
#define STUB_SLOTS     0x7e0000200000UL
#define SLOT_STRIDE    0x10000UL
#define SLOT_SIZE      0x4000UL

static sigjmp_buf caught;
static unsigned long own_fsbase;

/* The stub's code, run by a guest, may leave it with another fs base: libc lives there. */
__attribute__((optimize("no-stack-protector"))) static inline void catch_signal(int signr)
{
	__asm__ volatile("syscall"
			 :
			 : "a"(SYS_arch_prctl), "D"(0x1002L), "S"(own_fsbase)
			 : "rcx", "r11", "memory");
	siglongjmp(caught, signr);
}

/* All signals that an attack can end in lead back to sigsetjmp(caught). */
static inline void catch_all(void)
{
	static char stack[65536];
	stack_t alt = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_handler = catch_signal,
				    .sa_flags = SA_ONSTACK | SA_NODEFER };
	static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGALRM };

	syscall(SYS_arch_prctl, 0x1003L, &own_fsbase);
	sigaltstack(&alt, NULL);
	for (unsigned int i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}

static inline void alarm_in_us(long us)
{
	struct itimerval timer = { .it_value = { us / 1000000, us % 1000000 } };

	setitimer(ITIMER_REAL, &timer, NULL);
}

/* May the guest read this byte? */
static inline int readable(unsigned long addr)
{
	volatile unsigned char byte;

	if (sigsetjmp(caught, 1))
		return 0;
	byte = *(volatile unsigned char *)addr;
	(void)byte;
	return 1;
}

/* Addresses of the `syscall` instructions of the stub; their number. */
static inline int find_sites(unsigned long *sites, int max)
{
	const unsigned char *text = (const unsigned char *)STUB_TEXT;
	int n = 0;

	if (!readable(STUB_TEXT))
		return 0;
	for (unsigned long i = 0; i + 1 < STUB_TEXT_SIZE && n < max; i++) {
		if (text[i] == 0x0f && text[i + 1] == 0x05)
			sites[n++] = STUB_TEXT + i;
	}
	return n;
}

/* ---- the bystander ---- */

struct bystander {
	pid_t pid;
	int to, from;
};

/* A process that fills memory, checks it and answers questions. */
static inline void bystander_start(struct bystander *b)
{
	int in[2], out[2];

	if (pipe(in) || pipe(out))
		_exit(98);
	b->pid = fork();
	if (!b->pid) {
		size_t n = 1 << 20;
		unsigned char *memory = malloc(n), c;

		close(in[1]);
		close(out[0]);
		memset(memory, 0x5a, n);
		while (read(in[0], &c, 1) == 1) {
			for (size_t i = 0; i < n; i++) {
				if (memory[i] != 0x5a)
					_exit(1);
			}
			if (write(out[1], &c, 1) != 1)
				_exit(2);
		}
		_exit(0);
	}
	close(in[0]);
	close(out[1]);
	b->to = in[1];
	b->from = out[0];
}

static inline void bystander_check(struct bystander *b)
{
	static unsigned char question;
	unsigned char answer = 0;

	question++;
	CHECK_EQ(write(b->to, &question, 1), 1);
	CHECK_EQ(read(b->from, &answer, 1), 1);
	CHECK_EQ(answer, question);
}

static inline void bystander_end(struct bystander *b)
{
	int status;

	close(b->to);
	CHECK_EQ(waitpid(b->pid, &status, 0), b->pid);
	CHECK_EQ(status, 0);
	close(b->from);
}

/* ---- running an attack ---- */

/*
 * In the attacker: a process group of its own, and no children (the stub's code has a clone in
 * it, which here is the guest's own).
 */
static inline void attacker_begin(int may_make_tasks)
{
	struct rlimit one = { 1, 1 };

	setpgid(0, 0);
	if (may_make_tasks)
		return;
	setrlimit(RLIMIT_NPROC, &one);
	if (!geteuid() && setuid(65534))
		_exit(97);
}

static inline void attackers_end(pid_t pid)
{
	kill(-pid, SIGKILL);
	while (waitpid(-pid, NULL, 0) > 0)
		;
}

/*
 * Runs `attack` in a child for at most `ms`, then kills it; its wait status. That the child
 * ends at all, and that this program still runs to say so, is the test.
 */
static inline int run_attack_as(void (*attack)(void), int ms, int may_make_tasks)
{
	struct bystander b;
	int status = 0;
	pid_t pid, got = 0;

	bystander_start(&b);
	pid = fork();
	if (!pid) {
		attacker_begin(may_make_tasks);
		attack();
		_exit(0);
	}
	for (int waited = 0; waited < ms && !got; waited += 10) {
		usleep(10000);
		got = waitpid(pid, &status, WNOHANG);
	}
	if (!got) {
		kill(pid, SIGKILL);
		got = waitpid(pid, &status, 0);
	}
	CHECK_EQ(got, pid);
	attackers_end(pid);
	bystander_check(&b);
	bystander_end(&b);
	return status;
}

static inline int run_attack(void (*attack)(void), int ms)
{
	return run_attack_as(attack, ms, 1);
}

/* ---- many small attacks ---- */

struct attempts {
	volatile int next;   /* the next to be made */
	volatile int caught; /* ended in a signal that was caught */
	volatile int killed; /* ended the process */
};

static inline long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000L + ts.tv_nsec / 1000000;
}

/*
 * Makes attempts 0..total-1 in children, a new one whenever one dies or says nothing for half
 * a second; those that `ms` milliseconds are enough for.
 */
static inline void run_attempts(struct attempts *a, int total, int ms,
				void (*attempt)(struct attempts *a, int index))
{
	long end = now_ms() + ms;
	struct bystander b;

	bystander_start(&b);
	while (a->next < total && now_ms() < end) {
		int status, silent = 0, last = a->next;
		pid_t pid = fork();

		if (!pid) {
			attacker_begin(0);
			catch_all();
			while (a->next < total && now_ms() < end)
				attempt(a, a->next++);
			_exit(0);
		}
		while (!waitpid(pid, &status, WNOHANG)) {
			int next = a->next;

			usleep(1000);
			if (next > last && next <= total) {
				last = next;
				silent = 0;
			} else if (++silent == 500) {
				kill(pid, SIGKILL);
			}
		}
		attackers_end(pid);
		/* Attackers write anywhere, here too. */
		if (a->next < last || a->next > total)
			a->next = last + 1;
		if (WIFSIGNALED(status))
			a->killed++;
	}
	bystander_check(&b);
	bystander_end(&b);
	printf("%d of %d attempts, %d caught, %d killed\n", a->next, total, a->caught, a->killed);
}

static inline struct attempts *new_attempts(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

#endif
