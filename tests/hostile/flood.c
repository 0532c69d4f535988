// SPDX-License-Identifier: MIT
/* Signals without end, to itself and among threads; unmapping of everything; foreign futexes. */
#include "hostile.h"

static volatile long handled;

static void count(int signr)
{
	(void)signr;
	handled++;
}

static void install(void)
{
	struct sigaction action = { .sa_handler = count, .sa_flags = SA_NODEFER | SA_RESTART };

	for (int signr = 1; signr < 65; signr++)
		sigaction(signr, &action, NULL);
}

static void to_itself(void)
{
	install();
	for (int i = 0; i < 5000; i++)
		kill(getpid(),
		     1 + i % 31 == SIGKILL || 1 + i % 31 == SIGSTOP ? SIGUSR1 : 1 + i % 31);
	_exit(handled > 500 ? 0 : 1);
}

static void *sender(void *to)
{
	for (;;)
		tgkill(getpid(), *(pid_t *)to, SIGUSR1);
	return NULL;
}

static void among_threads(void)
{
	static pid_t self;
	pthread_t t;

	install();
	self = gettid();
	for (int i = 0; i < 3; i++)
		pthread_create(&t, NULL, sender, &self);
	for (volatile long i = 0; handled < 20000 && i < 2000000000; i++)
		;
	_exit(0);
}

static void fast_timer(void)
{
	struct itimerval timer = { .it_interval = { 0, 50 }, .it_value = { 0, 50 } };

	install();
	setitimer(ITIMER_REAL, &timer, NULL);
	for (volatile long i = 0; handled < 2000 && i < 4000000000; i++)
		;
	_exit(0);
}

static void unmap_everything(void)
{
	/* Its own text and stack go too. */
	munmap((void *)STUB_TEXT, 0x10000000);
	munmap((void *)STUB_SLOTS, SLOT_SIZE);
	mprotect((void *)STUB_REQUEST, 4096, PROT_READ | PROT_WRITE);
	if (mmap((void *)STUB_SLOTS, 4096, PROT_READ | PROT_WRITE,
		 MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
		_exit(1);
	munmap((void *)0x10000, 0x7dfffffe0000);
	_exit(2);
}

/* The host's futex at the stub's own sites, but on words that are not in a slot. */
static void foreign_futexes(void)
{
	unsigned long sites[64];
	static unsigned int word;
	int n;

	catch_all();
	n = find_sites(sites, 64);
	for (volatile int i = 0; i < n; i++) {
		for (volatile int op = 0; op < 14; op++) {
			if (sigsetjmp(caught, 1))
				continue;
			alarm_in_us(5000);
			__asm__ volatile("xor %%r10d, %%r10d; xor %%ebx, %%ebx; jmp *%4"
					 :
					 : "a"(SYS_futex), "D"(&word), "S"((long)op), "d"(1L),
					   "r"(sites[i])
					 : "r10", "rbx", "memory");
		}
	}
}

static void floods_end(void)
{
	CHECK_EQ(run_attack(to_itself, 10000), 0);
	run_attack(among_threads, 1500);
	run_attack(fast_timer, 1500);
}

static void unmapping_ends_the_guest(void)
{
	int status = run_attack(unmap_everything, 2000);

	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGSEGV);
}

static void futexes_stay_inside(void)
{
	run_attack_as(foreign_futexes, 3000, 0);
}

int main(void)
{
	RUN(floods_end);
	RUN(unmapping_ends_the_guest);
	RUN(futexes_stay_inside);
	return test_done();
}
