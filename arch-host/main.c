// SPDX-License-Identifier: MIT
/*
 * The process ./vmlinux: checks everything, builds the machine, starts vCPU 0, and then is the
 * thread that waits for the host's signals until somebody calls host_exit().
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>
#include "exports.h"
#include "internal.h"
#include "sys.h"

/* A kernel that has not powered off this long after SIGTERM is ended. */
#define POWER_OFF_SECONDS 10

struct host_upcalls host_upcalls;
struct host_boot_info host_info;
pid_t host_pid;

static unsigned long cpus_wanted;	/* bits: vCPUs to start; atomic */

void main_thread_request_cpu(unsigned int cpu)
{
	__atomic_fetch_or(&cpus_wanted, 1UL << cpu, __ATOMIC_SEQ_CST);
	sys3(SYS_tgkill, host_pid, host_pid, SIGURG);
}

static void start_wanted_cpus(void)
{
	unsigned long wanted = __atomic_exchange_n(&cpus_wanted, 0, __ATOMIC_SEQ_CST);

	for (unsigned int cpu = 0; wanted; cpu++, wanted >>= 1) {
		if (wanted & 1 && vcpu_launch(cpu))
			fprintf(stderr, "vmlinux: the host gives no thread for vCPU %u\n", cpu);
	}
}

void host_exit(int status)
{
	static int exiting;

	/* The first one decides: what fails on other vCPUs while guests are killed is no news. */
	while (__atomic_exchange_n(&exiting, 1, __ATOMIC_SEQ_CST))
		sys0(SYS_pause);
	console_restore();
	if (guest_kill_all)
		guest_kill_all();
	for (;;)
		sys1(SYS_exit_group, status);
}

void host_random(void *buf, unsigned long len)
{
	unsigned char *at = buf;

	while (len) {
		long n = sys3(SYS_getrandom, at, len, 0);

		if (n <= 0)
			continue;
		at += n;
		len -= n;
	}
}

/* Stops the whole process as ^Z would, with the terminal as it was found. */
static void stop_self(void)
{
	console_restore();
	sys3(SYS_tgkill, host_pid, host_pid, SIGSTOP);
}

/*
 * Signals that ask for the end: first politely, then for good. One request may come twice at
 * once: timeout(1) signals its child and then the whole process group.
 */
static void asked_to_end(int signr)
{
	static unsigned long first;
	unsigned long now = host_clock_ns();

	if (first && now - first > 1000000000UL)
		host_exit(128 + signr);
	if (first)
		return;
	first = now;
	device_raise(HOST_DEV_POWER);
}

static unsigned long forwarded;	/* bits of host_signals_take(); atomic */

unsigned long host_signals_take(void)
{
	return __atomic_exchange_n(&forwarded, 0, __ATOMIC_SEQ_CST);
}

static void forward(const siginfo_t *info)
{
	/* The terminal's driver is the kernel. */
	unsigned int shift = info->si_signo - 1 + (info->si_code == SI_KERNEL ? 32 : 0);

	__atomic_fetch_or(&forwarded, 1UL << shift, __ATOMIC_SEQ_CST);
	device_raise(HOST_DEV_SIGNAL);
}

static void wait_for_signals(bool run) __attribute__((noreturn));
static void wait_for_signals(bool run)
{
	const struct timespec limit = { .tv_sec = POWER_OFF_SECONDS };
	bool ending = false;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGTSTP);
	sigaddset(&set, SIGCONT);
	sigaddset(&set, SIGWINCH);
	sigaddset(&set, SIGURG);
	for (;;) {
		siginfo_t info;
		int signr = sigtimedwait(&set, &info, ending ? &limit : NULL);

		if (signr < 0 && errno == EAGAIN) {
			fputs("vmlinux: the kernel does not power off; ending it\n", stderr);
			host_exit(EXIT_PANIC);
		}
		switch (signr) {
		case SIGURG:
			start_wanted_cpus();
			break;
		case SIGWINCH:
			console_resized();
			break;
		case SIGTSTP:
			stop_self();
			break;
		case SIGCONT:
			console_raw_again();
			break;
		case SIGQUIT:
			if (!run)
				host_exit(128 + SIGQUIT);
			forward(&info);
			break;
		case SIGTERM: case SIGINT: case SIGHUP:
			if (run) {
				forward(&info);
				break;
			}
			asked_to_end(signr);
			ending = true;
			break;
		}
	}
}

/* Words that follow from a seed (splitmix64). */
static unsigned long next_word(unsigned long *state)
{
	unsigned long word = *state += 0x9e3779b97f4a7c15UL;

	word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9UL;
	word = (word ^ word >> 27) * 0x94d049bb133111ebUL;
	return word ^ word >> 31;
}

/* A run with virtual time has a seed in any case, so that it can be repeated. */
static void fill_seed(const struct options *options)
{
	unsigned long state;

	host_random(host_info.random_seed, sizeof(host_info.random_seed));
	host_random(&host_info.seed, sizeof(host_info.seed));
	if (options->seeded)
		host_info.seed = options->seed;
	if (!options->seeded && !options->virtual_time)
		return;
	state = host_info.seed;
	for (unsigned int i = 0; i < sizeof(host_info.random_seed); i += sizeof(state)) {
		unsigned long word = next_word(&state);

		memcpy(host_info.random_seed + i, &word, sizeof(word));
	}
}

static void describe_host(const struct options *options)
{
	host_info.version = HOST_INTERFACE_VERSION;
	host_info.ncpus = options->ncpus;
	host_info.ram_size = options->ram_size;
	host_info.command_line = options->command_line;
	host_info.init_args = options->init_args;
	host_info.init_argc = options->init_argc;
	host_info.hwcap = getauxval(AT_HWCAP);
	host_info.hwcap2 = getauxval(AT_HWCAP2);
	host_info.minsigstksz = getauxval(AT_MINSIGSTKSZ);
	host_info.virtual_time = options->virtual_time;
	fill_seed(options);
}

int main(int argc, char **argv)
{
	struct options options;

	host_pid = getpid();
	stdio_classify();
	um_kernel_main(&host_info, &host_upcalls);
	args_parse(argc, argv, &options);
	exports_prepare();
	limits_check(&options);
	describe_host(&options);
	ram_create(options.ram_size);
	initrd_load(options.initrd);
	symbols_prepare();
	time_prepare();
	vcpus_prepare(options.ncpus);
	console_prepare();
	signals_install();
	if (guest_prepare)
		guest_prepare(&options);
	disks_prepare();
	confine_self();
	hostio_prepare();
	disks_start();
	hostfs_io_prepare();
	console_start();
	if (vcpu_launch(0)) {
		console_restore();
		usage_error("the host gives no thread for a vCPU");
	}
	wait_for_signals(options.run);
}
