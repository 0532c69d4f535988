// SPDX-License-Identifier: MIT
/* Jumps to every `syscall` instruction of the stub with every number. */
#include "hostile.h"

#define NUMBERS	    480
#define X32_NUMBERS 16
#define X32	    0x40000000UL
#define ALL	    (NUMBERS + X32_NUMBERS)

static unsigned long sites[64];
static int nsites;

/* Arguments that hurt nobody should the kernel, rightly, take the call for the guest's own. */
static void jump(unsigned long site, unsigned long nr)
{
	__asm__ volatile(
		"xor %%r10d, %%r10d; xor %%r8d, %%r8d; xor %%r9d, %%r9d; xor %%r11d, %%r11d\n"
		"xor %%ebx, %%ebx; xor %%ebp, %%ebp; xor %%r12d, %%r12d; xor %%r14d, %%r14d; xor %%r15d, %%r15d\n"
		"jmp *%%rcx"
		:
		: "a"(nr), "c"(site), "D"(-1L), "S"(0L), "d"(0L)
		: "memory");
}

static void attempt(struct attempts *a, int index)
{
	/* Scattered, so that a run that is cut short has tried some of everything. */
	int which = (long)index * 7919 % (nsites * ALL);
	unsigned long nr = which % ALL;
	pid_t self = getpid();

	if (sigsetjmp(caught, 1)) {
		/* A fork() that worked runs here twice. */
		if (getpid() != self)
			_exit(0);
		alarm_in_us(0);
		a->caught++;
		return;
	}
	alarm_in_us(5000);
	jump(sites[which / ALL], nr < NUMBERS ? nr : X32 + nr - NUMBERS);
}

static void every_site_with_every_number(void)
{
	struct attempts *a = new_attempts();

	catch_all();
	nsites = find_sites(sites, 64);
	CHECK(nsites >= 10);
	run_attempts(a, nsites * ALL, 10000, attempt);
	CHECK(a->next > 200);
	CHECK(a->caught > 50);
}

int main(void)
{
	RUN(every_site_with_every_number);
	return test_done();
}
