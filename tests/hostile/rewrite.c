// SPDX-License-Identifier: MIT
/*
 * Attacks on rewritten system calls, the page of policies and the vDSO: writes to what can only
 * be read, trampolines entered with anything, forged calls and turns, %gs elsewhere, storms of
 * wake-ups.
 */
#include "hostile.h"

#include <sys/auxv.h>

#define SITES	     8192
#define TRAMP_STRIDE 16

/* Offsets in a slot. */
enum { TURN = 0, KICKED = 8, WANT_FRAME = 12, EVENTS = 0x40, KIND = 0x48, MODE = 0x4c, SITE = 0x90,
       TFLAGS = 0x98, RIP = 0xa0, REGS = 0x100 };

static unsigned long random_state = 88172645463325252UL;

static unsigned long any(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* Forged registers make any call, kill(-1) too: such attackers must be nobody's equal. */
static void be_nobody(void)
{
	if (!geteuid() && setuid(65534))
		_exit(97);
}

/* So that calls are rewritten before the attack begins. */
static void make_calls(void)
{
	for (int i = 0; i < 50; i++) {
		getppid();
		close(-1);
	}
}

/* ---- pages that are read only ---- */

static int written(unsigned long at)
{
	if (sigsetjmp(caught, 1))
		return 0;
	*(volatile unsigned char *)at = 0xc3;
	return 1;
}

static void write_everywhere(void)
{
	unsigned long vdso = getauxval(AT_SYSINFO_EHDR);
	unsigned long pages[] = { JUMP_TABLE,	  JUMP_TABLE + 0xf000, STUB_TEXT,  STUB_CONFIG,
				  STUB_REQUEST,	  STUB_POLICY,	       STUB_TRAMP, STUB_TRAMP + 0x1f000,
				  vdso,		  vdso - 4096,	       0xffffffffff600000 };

	make_calls();
	catch_all();
	for (unsigned int i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		for (unsigned int offset = 0; offset < 4096; offset += 512)
			if (pages[i] && written(pages[i] + offset))
				_exit(1);
	}
	_exit(42);
}

static void map_over(void)
{
	static const unsigned long places[] = { JUMP_TABLE, JUMP_TABLE + 0x8000, STUB_TEXT, STUB_POLICY,
						STUB_TRAMP };

	make_calls();
	for (unsigned int i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		void *at = (void *)places[i];

		if (mmap(at, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
		    MAP_FAILED)
			_exit(1);
		munmap(at, 4096);
		if (!mprotect(at, 4096, PROT_READ | PROT_WRITE))
			_exit(2);
	}
	munmap((void *)0x10000, 0x200000);
	munmap((void *)JUMP_TABLE, 0x10000);
	make_calls();
	if (getpid() != syscall(SYS_getpid))
		_exit(3);
	_exit(42);
}

/* ---- entering trampolines ---- */

static void jump_in(struct attempts *a, int index)
{
	unsigned long at = index & 1 ? STUB_TRAMP + index / 2 * TRAMP_STRIDE + any() % 12 :
				       STUB_TEXT + 0x300 + any() % 0xb00;

	make_calls();
	if (sigsetjmp(caught, 1)) {
		alarm_in_us(0);
		a->caught++;
		return;
	}
	alarm_in_us(3000);
	__asm__ volatile("jmp *%0"
			 :
			 : "r"(at), "a"(any() % 400), "c"(any() % SITES | (any() % 400) << 32), "d"(any()),
			   "D"(0), "S"(0), "b"(any() & 1 ? STUB_SLOTS : any())
			 : "memory");
}

static void trampolines_are_entered_anywhere(void)
{
	struct attempts *a = new_attempts();

	run_attempts(a, 3000, 4000, jump_in);
	CHECK(a->next > 5);
}

/* ---- forged calls ---- */

static volatile unsigned int *slot_word(int slot, int offset)
{
	return (volatile unsigned int *)(STUB_SLOTS + slot * SLOT_STRIDE + offset);
}

static void *call_forger(void *unused)
{
	static const int words[] = { TURN, KICKED, WANT_FRAME, EVENTS, KIND, MODE, SITE, SITE + 4,
				     TFLAGS, RIP, RIP + 4, REGS, REGS + 0x30, REGS + 0x34 };

	(void)unused;
	for (;;) {
		int word = words[any() % (sizeof(words) / sizeof(words[0]))];

		*slot_word(any() % 4, word) = any() & 1 ? any() % 4 : any();
	}
	return NULL;
}

/* A thread writes the words of others' calls while they make them. */
static void forge_calls(void)
{
	pthread_t t[2];

	be_nobody();
	make_calls();
	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, call_forger, NULL);
	for (int i = 0; i < 200000; i++) {
		getppid();
		close(-1);
	}
}

static void *kind_forger(void *unused)
{
	(void)unused;
	for (unsigned int i = 0;; i++) {
		*slot_word(0, KIND) = i % 5;
		*slot_word(0, MODE) = i % 2;
		*slot_word(0, WANT_FRAME) = i % 3;
	}
	return NULL;
}

/* Says that a call was a kick, a frame, or nothing; that it is in a trampoline, or not. */
static void forge_kinds(void)
{
	struct itimerval timer = { { 0, 1000 }, { 0, 1000 } };
	pthread_t t;

	be_nobody();
	signal(SIGALRM, SIG_IGN);
	make_calls();
	pthread_create(&t, NULL, kind_forger, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	for (int i = 0; i < 200000; i++) {
		getppid();
		if (i % 50 == 0)
			kill(getpid(), SIGALRM);
	}
}

/* Every number that there is, and some that there are not. */
static void all_numbers(void)
{
	be_nobody();
	make_calls();
	catch_all();
	for (volatile unsigned int nr = 0; nr < SITES + 16; nr += 1 + (nr > 64) * 13) {
		unsigned long at = STUB_TRAMP;

		/* tramp_var and tramp_const are where the first used trampoline leads. */
		if (sigsetjmp(caught, 1))
			continue;
		__asm__ volatile("movl 6(%0), %%eax; movslq %%eax, %%rax; leaq 10(%0,%%rax), %%rdx\n"
				 "movl $39, %%eax; jmp *%%rdx"
				 :
				 : "r"(at), "c"(nr)
				 : "rax", "rdx", "memory");
	}
	_exit(42);
}

/* ---- %gs ---- */

static void gs_elsewhere(void)
{
	static const unsigned long bases[] = { 0, 8, STUB_SLOTS, STUB_SLOTS + SLOT_STRIDE,
					       STUB_SLOTS + 7 * SLOT_STRIDE, STUB_TEXT, STUB_CONFIG,
					       STUB_REQUEST, STUB_DONE, 0x7e8000000000, 0x7ffffffff000 };

	make_calls();
	catch_all();
	for (volatile unsigned int i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		if (sigsetjmp(caught, 1))
			continue;
		__asm__ volatile("wrgsbase %0" : : "r"(bases[i]));
		make_calls();
	}
	for (volatile unsigned int i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		if (sigsetjmp(caught, 1))
			continue;
		syscall(SYS_arch_prctl, 0x1001L, bases[i]);
		make_calls();
	}
	_exit(42);
}

/* ---- wake-ups ---- */

static void *waker(void *unused)
{
	unsigned long sites[64];
	int n = find_sites(sites, 64);

	(void)unused;
	for (unsigned int i = 0;; i++) {
		long ret;

		/* By the guest's own futex: on words of the slots it is a word of ours to others. */
		ret = syscall(SYS_futex, STUB_SLOTS + i % 4 * SLOT_STRIDE + (i & 1) * EVENTS, 1, 1, NULL, NULL, 0);
		(void)ret;
		__atomic_fetch_add(slot_word(i % 4, EVENTS), n > 0, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

static void wake_storm(void)
{
	pthread_t t[3];

	be_nobody();
	catch_all();
	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, waker, NULL);
	for (;;)
		sched_yield();
}

static void *spinner(void *unused)
{
	(void)unused;
	for (;;) {
		*slot_word(1, TURN) = 0;
		*slot_word(2, TURN) = 0;
		*slot_word(3, TURN) = 0;
	}
	return NULL;
}

/* Takes the turn while the kernel has it, so that threads run that nobody let go. */
static void take_turns(void)
{
	pthread_t t[3];

	be_nobody();
	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, spinner, NULL);
	for (int i = 0; i < 100000; i++) {
		getppid();
		munmap(mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0),
		       8192);
	}
}

int main(void)
{
	CHECK_EQ(run_attack(write_everywhere, 3000), 42 << 8);
	CHECK_EQ(run_attack(map_over, 3000), 42 << 8);
	RUN(trampolines_are_entered_anywhere);
	run_attack(forge_calls, 1000);
	run_attack(forge_kinds, 1000);
	run_attack(all_numbers, 1500);
	run_attack(gs_elsewhere, 1500);
	run_attack(wake_storm, 800);
	run_attack(take_turns, 1000);
	return test_done();
}
