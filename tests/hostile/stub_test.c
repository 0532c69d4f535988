// SPDX-License-Identifier: MIT
/*
 * The stub without a kernel: spawns one through arch-host/guest.c, checks the mapper's tokens,
 * runs a guest thread that makes system calls and takes page faults, kicks it, and sees that
 * registers and FPU state survive. Linked with the real objects of arch-host.
 */
#include <assert.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <ucontext.h>
#include <wmmintrin.h>
#include <um/stub_layout.h>
#include "../../arch-host/internal.h"
#include "../../arch-host/sys.h"

/* ---- what arch-host/guest.c wants of its neighbours ---- */
struct host_boot_info host_info = { .ncpus = 1 };
int host_ram_fd;
pid_t host_pid;
void usage_error(const char *format, ...)
{
	puts(format);
	exit(1);
}
void confine_self(void)
{
}
void confine_tracer(void)
{
}
void host_cpu_kick(unsigned int cpu)
{
	(void)cpu;
}
void host_exit(int status)
{
	_exit(status);
}
int service_thread(void *(*body)(void *), void *arg)
{
	pthread_t t;

	return pthread_create(&t, NULL, body, arg);
}

#define CHECK(x)                                                                                   \
	do {                                                                                       \
		if (!(x)) {                                                                        \
			printf("FAIL %s:%d: %s\n", __FILE__, __LINE__, #x);                        \
			guest_kill_all();                                                          \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

static char *ram;
static __m128i keys[11];
static struct host_guest guest;
static unsigned int seq, nops;
static unsigned int pending;
static const struct host_guest_config *config;

#define REQ(type, off)	(*(volatile type *)(ram + guest.request_page + (off)))
#define DONE(type, off) (*(volatile type *)(ram + guest.done_page + (off)))
#define SLOT_OFF	0x10000UL
#define SLOT(type, off) (*(volatile type *)(ram + SLOT_OFF + (off)))
#define UC(off)		SLOT(unsigned long, config->uc_offset + (off))

__attribute__((target("aes"))) static __m128i token(unsigned int s, unsigned long result)
{
	__m128i x = _mm_xor_si128(_mm_set_epi64x(result, s), keys[0]);

	for (int i = 1; i < 10; i++)
		x = _mm_aesenc_si128(x, keys[i]);
	return _mm_aesenclast_si128(x, keys[10]);
}

static void op(long nr, long a, long b, long c, long d, long e, long f)
{
	volatile long *o = &REQ(long, REQUEST_OPS + nops++ * REQUEST_OP_SIZE);

	o[0] = nr, o[1] = a, o[2] = b, o[3] = c, o[4] = d, o[5] = e, o[6] = f;
}

static void post(unsigned long slot)
{
	REQ(unsigned int, REQUEST_COUNT) = nops;
	REQ(unsigned long, REQUEST_WAKE_SLOT) = slot;
	REQ(unsigned int, REQUEST_WAKE_TURN) = SLOT(unsigned int, SLOT_EVENTS);
	REQ(unsigned int, REQUEST_WAKE_KERNEL) = 0;
	nops = 0;
	REQ(unsigned int, REQUEST_SEQ) = ++seq;
	host_wake_shared(&REQ(unsigned int, REQUEST_SEQ));
}

static long complete(void)
{
	REQ(unsigned int, REQUEST_WAKE_KERNEL) = 1;
	for (int i = 0; i < 50; i++) {
		unsigned int seen = DONE(unsigned int, DONE_SEQ);
		unsigned long result = DONE(unsigned long, DONE_RESULT);
		__m128i have = *(__m128i *)(ram + guest.done_page + DONE_TOKEN),
			want = token(seq, result);

		if (!memcmp(&have, &want, 16))
			return result;
		host_wait_shared(&DONE(unsigned int, DONE_SEQ), seen, &pending, 100000000);
	}
	puts("no token");
	return -1;
}

static unsigned int seen;
static int wait_event(void)
{
	for (int i = 0; i < 20; i++) {
		SLOT(unsigned int, SLOT_KERNEL_SLEEPS) = 1;
		__sync_synchronize();
		if (SLOT(unsigned int, SLOT_EVENTS) != seen) {
			seen = SLOT(unsigned int, SLOT_EVENTS);
			return SLOT(int, SLOT_KIND) ? SIGURG : SLOT(int, config->info_offset);
		}
		host_wait_shared(&SLOT(unsigned int, SLOT_EVENTS), seen, &pending, 100000000);
	}
	return -1;
}

static void iret(unsigned long ip, unsigned long flags, unsigned long sp)
{
	volatile unsigned long *f = &UC(-SLOT_IRET_BELOW_UC);

	SLOT(int, SLOT_KICKED) = 0;
	/* Taken: a kick on the way out does not announce it again. */
	SLOT(int, config->info_offset) = 0;
	f[0] = ip, f[1] = 0x33, f[2] = flags, f[3] = sp, f[4] = 0x2b;
}

static void go(void)
{
	__atomic_exchange_n(&SLOT(unsigned int, SLOT_TURN), 0, __ATOMIC_SEQ_CST);
	if (SLOT(unsigned int, SLOT_GUEST_SLEEPS))
		host_wake_shared(&SLOT(unsigned int, SLOT_TURN));
}

static void resume(void)
{
	iret(UC(UC_IP), UC(UC_FLAGS), UC(UC_SP));
	go();
}

/* The guest: at 0x400000. rdi counts rounds. */
__asm__(".pushsection .rodata\n"
	"guest_code: .balign 16\n"
	"1: mov $39,%eax; syscall\n"
	"   dec %edi; jnz 1b\n"
	"   mov %rax, 0x500000\n"
	"   mov $1234,%eax; movq %rax,%xmm5; vpbroadcastq %xmm5,%ymm7\n"
	"2: inc %rcx; cmpl $0,0x500008; je 2b\n"
	"   vmovdqu %ymm7,0x500010; mov $60,%eax; syscall; ud2\n"
	"guest_code_end: .popsection");
extern const char guest_code[], guest_code_end[];

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int argc, char **argv)
{
	struct options options = {
		.trap = argc > 1 && !strcmp(argv[1], "ptrace") ? TRAP_PTRACE : TRAP_SECCOMP,
		.no_fsgsbase = argc > 2 && !strcmp(argv[2], "nofsgsbase"),
	};
	const int rounds = 20000;
	double t;

	setvbuf(stdout, NULL, _IOLBF, 0);
	host_pid = getpid();
	host_ram_fd = memfd_create("ram", MFD_CLOEXEC);
	CHECK(!ftruncate(host_ram_fd, 16 << 20));
	ram = mmap((void *)HOST_RAM_BASE, 16 << 20, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_FIXED_NOREPLACE, host_ram_fd, 0);
	CHECK(ram == (char *)HOST_RAM_BASE);
	guest_prepare(&options);
	config = host_guest_config();
	printf("slot %lu uc %#lx fp %#lx info %#lx xstate %lu features %#lx\n", config->slot_size,
	       config->uc_offset, config->fp_offset, config->info_offset, config->xstate_size,
	       config->xfeatures);
	host_place(0, host_core());
	for (int i = 0; i < 44; i++)
		((unsigned int *)keys)[i] = rand();
	guest.request_page = 0x1000;
	guest.done_page = 0x2000;
	memcpy(ram + 0x1000 + REQUEST_KEYS, keys, sizeof(keys));
	memcpy(ram + 0x100000, guest_code, guest_code_end - guest_code);
	REQ(unsigned long, REQUEST_ALTSTACK) = STUB_SLOTS;
	REQ(unsigned long, REQUEST_ALTSTACK + 16) = config->slot_size;
	op(9, STUB_SLOTS, config->slot_size, 3, 0x11, STUB_RAM_FD, SLOT_OFF);
	op(56, STUB_CLONE_FLAGS, 0, 0, 0, 0, STUB_SLOTS);
	post(0);
	t = now();
	host_guest_spawn(&guest);
	while (guest.state == HOST_GUEST_SPAWNING)
		host_wait_shared(&guest.state, HOST_GUEST_SPAWNING, &pending, 1000000);
	CHECK(guest.state == HOST_GUEST_ALIVE);
	int tid = complete();
	printf("pid %d tid %d after %.0f us\n", guest.pid, tid, (now() - t) / 1e3);
	CHECK(tid > 0);
	CHECK(wait_event() >= 0);
	printf("thread ready after %.0f us\n", (now() - t) / 1e3);
	host_place(tid, host_core());
	host_place(guest.pid, host_core());
	/* fresh FPU */
	SLOT(unsigned short, config->fp_offset) = 0x37f;
	SLOT(unsigned int, config->fp_offset + 24) = 0x1f80;
	UC(UC_DI) = rounds;
	op(9, 0x400000, 4096, 5, 0x8011, STUB_RAM_FD, 0x100000);
	iret(0x400000, 0x202, 0x600000);
	post(STUB_SLOTS);
	t = now();
	for (int i = 0; i < rounds; i++) {
		int sig = wait_event();

		if (sig != SIGSYS)
			printf("round %d: signal %d ip %#lx cr2 %#lx err %#lx\n", i, sig, UC(UC_IP),
			       UC(UC_CR2), UC(UC_ERR));
		CHECK(sig == SIGSYS && UC(UC_AX) == 39);
		UC(UC_AX) = 4242;
		resume();
	}
	printf("system call %.0f ns\n", (now() - t) / rounds);
	CHECK(complete() == 0x400000);
	CHECK(wait_event() == SIGSEGV && UC(UC_CR2) == 0x500000 && (UC(UC_ERR) & 7) == 6);
	op(9, 0x500000, 4096, 3, 0x8011, STUB_RAM_FD, 0x200000);
	iret(UC(UC_IP), UC(UC_FLAGS), UC(UC_SP));
	post(STUB_SLOTS);
	for (int i = 0; i < 2000; i++) {
		host_guest_kick(guest.pid, tid);
		CHECK(wait_event() == SIGURG);
		resume();
		if (i % 7 == 0)
			usleep(10);
	}
	CHECK(complete() == 0x500000);
	CHECK(*(long *)(ram + 0x200000) == 4242);
	*(int *)(ram + 0x200008) = 1;
	CHECK(wait_event() == SIGSYS && UC(UC_AX) == 60);
	for (int i = 0; i < 4; i++)
		CHECK(((long *)(ram + 0x200010))[i] == 1234);
	op(11, 0x10000, STUB_TEXT - 0x10000, 0, 0, 0, 0);
	post(0);
	CHECK(complete() == 0);
	printf("cpu %lu ns\n", host_guest_cpu_ns(guest.pid));
	host_guest_kill(&guest);
	while (guest.state == HOST_GUEST_ALIVE)
		host_wait_shared(&guest.state, HOST_GUEST_ALIVE, &pending, 1000000);
	CHECK(guest.state == HOST_GUEST_DEAD);
	guest_kill_all();
	puts("ok");
	return 0;
}
