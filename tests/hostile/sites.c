// SPDX-License-Identifier: MIT
/* Jumps to every `syscall` instruction of the stub with every number. */
#include "hostile.h"

#define NUMBERS 480
#define X32 0x40000000UL

struct progress {
	volatile int next;
	volatile long answered;
};
static struct progress *progress;
static unsigned long sites[64];
static int nsites;

/* Arguments that hurt nobody should the kernel, rightly, take the call for the guest's own. */
static void jump(unsigned long site, unsigned long nr)
{
	__asm__ volatile(""
			 "xor %%r10d, %%r10d; xor %%r8d, %%r8d; xor %%r9d, %%r9d\n"
			 "xor %%ebx, %%ebx; xor %%ebp, %%ebp; xor %%r12d, %%r12d; xor %%r14d, %%r14d; xor %%r15d, %%r15d\n"
			 "jmp *%%rcx"
			 : : "a"(nr), "c"(site), "D"(-1L), "S"(0L), "d"(0L)
			 : "memory", "r8", "r9", "r10", "r11");
}

static void attempt(int index)
{
	unsigned long site = sites[index / (NUMBERS + 16)];
	volatile unsigned long nr = index % (NUMBERS + 16);
	pid_t self = getpid();

	if (nr >= NUMBERS)
		nr = X32 + nr - NUMBERS;
	if (sigsetjmp(caught, 1)) {
		/* A fork() that worked runs here twice. */
		if (getpid() != self)
			_exit(0);
		alarm_in_us(0);
		progress->answered++;
		return;
	}
	alarm_in_us(20000);
	jump(site, nr);
}

static void worker(void)
{
	int total = nsites * (NUMBERS + 16);

	catch_all();
	while (progress->next < total) {
		int index = progress->next++;

		attempt(index);
	}
	_exit(0);
}

static void every_site_with_every_number(void)
{
	struct bystander b;
	int total, workers = 0;

	catch_all();
	nsites = find_sites(sites, 64);
	CHECK(nsites >= 10);
	total = nsites * (NUMBERS + 16);
	progress = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bystander_start(&b);
	while (progress->next < total && workers++ < 2000) {
		int status, waited = 0, before = progress->next;
		pid_t pid = fork();

		if (!pid) {
			setpgid(0, 0);
			worker();
		}
		while (!waitpid(pid, &status, WNOHANG)) {
			usleep(2000);
			if (progress->next != before) {
				before = progress->next;
				waited = 0;
			} else if (++waited > 500) {
				kill(pid, SIGKILL);
			}
		}
	}
	CHECK_EQ(progress->next, total);
	CHECK(progress->answered > total / 2);
	bystander_check(&b);
	bystander_end(&b);
}

int main(void)
{
	signal(SIGCHLD, SIG_DFL);
	RUN(every_site_with_every_number);
	return test_done();
}
