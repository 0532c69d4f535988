// SPDX-License-Identifier: MIT
/*
 * Guest processes, host side: making stubs, ending them, and the few calls that vCPUs make on
 * their threads. docs/trap-path.md explains the whole.
 *
 * Two host threads that live as long as ./vmlinux:
 *   factory  starts the zygote (a confined process that has never run guest code) and is the
 *            parent of all stubs, since the zygote forks them with CLONE_PARENT. Each asks the
 *            host for SIGKILL at its parent thread's death, so kill -9 of ./vmlinux leaves
 *            nothing behind. Takes the kernel's wishes (spawn, kill) from a queue.
 *   reaper   waits for stubs to die, and tells the kernel.
 * Under trap=ptrace a third thread, the tracer (tracer.c), starts the zygote, is the parent of all
 * stubs, and does the reaper's work.
 *
 * Locking: guests_lock guards the list of living stubs and every use of a pid that a reaped
 * process might have lost. vCPUs never take it: they only push to the queue. Nobody who holds it
 * waits for a stub, because the tracer takes it.
 */
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <um/stub_layout.h>
#include "guest.h"
#include "instrument.h"
#include "internal.h"
#include "sys.h"

/* How long the zygote may take for anything. It runs no guest code: only the host can delay it. */
#define ZYGOTE_SECONDS 60

#define MAX_CORES 1024

static struct host_guest_config config;
static char *control; /* three pages: configuration, zygote's request, answer */
static int control_fd = -1, stub_fd = -1, ram_fd = -1;
static pid_t zygote_pid;		    /* written before the threads that read it start */
static unsigned int zygote_seq;		    /* factory only */
static volatile unsigned int factory_ready; /* 1 works, 2 failed */
static int factory_error;
static enum trap_choice choice;	  /* constant once the factory runs, as the next */
static int seccomp_error;	  /* why the host offers no filters, or 0 */
static struct host_guest *wishes;	 /* lock-free stack: vCPUs push, the factory takes all */
static volatile unsigned int wish_count; /* the factory sleeps on it */
static pthread_mutex_t guests_lock = PTHREAD_MUTEX_INITIALIZER;
static struct host_guest *guests; /* guests_lock: alive, by alive_next */
static pid_t stillborn;		  /* guests_lock: died before spawn() had heard of it */
static volatile int ending;	  /* host_exit() has begun */
static unsigned long allowed_cores[MAX_CORES / 64];
static unsigned int nr_cores; /* of them */

#define CONTROL32(page, offset) (*(volatile unsigned int *)(control + (page)*STUB_PAGE + (offset)))
#define CONTROL64(page, offset) (*(volatile unsigned long *)(control + (page)*STUB_PAGE + (offset)))

const struct host_guest_config *host_guest_config(void)
{
	return &config;
}

/* ---- the zygote ---- */

/* In the child of vfork: shares our memory, so it only makes calls. */
static void exec_zygote(void)
{
	static char path[] = "/proc/self/fd/000000";
	static char *argv[] = { (char *)"vmlinux-guest", NULL };
	static char *envp[] = { NULL };
	char *digit = path + sizeof(path) - 2;

	for (int fd = stub_fd, i = 0; i < 6; i++, fd /= 10)
		*digit-- = '0' + fd % 10;
	/* No leading zeros in names of /proc. */
	digit = path + sizeof("/proc/self/fd/") - 1;
	while (*digit == '0' && digit[1])
		memmove(digit, digit + 1, strlen(digit));
	sys2(SYS_dup2, ram_fd, STUB_RAM_FD);
	sys2(SYS_dup2, control_fd, STUB_CONTROL_FD);
	sys3(SYS_execve, path, argv, envp);
	/* No /proc here. */
	sys5(SYS_execveat, stub_fd, "", argv, envp, AT_EMPTY_PATH);
	sys1(SYS_exit_group, 98);
}

/* Waits for the zygote's answer to zygote_seq. False when it is gone or silent. */
static bool zygote_answered(void)
{
	struct timespec pause = { .tv_nsec = 100000000 };
	volatile unsigned int *word = &CONTROL32(2, DONE_SEQ);
	unsigned int seen;

	for (int tenths = 0; tenths < ZYGOTE_SECONDS * 10; tenths++) {
		siginfo_t info = { 0 };

		while ((seen = *word) != zygote_seq) {
			if (sys6(SYS_futex, (long)word, FUTEX_WAIT, seen, (long)&pause, 0, 0) ==
			    -ETIMEDOUT)
				break;
		}
		if (seen == zygote_seq)
			return true;
		if (waitid(P_PID, zygote_pid, &info, WEXITED | WNOHANG | WNOWAIT))
			return errno != ECHILD;
		if (info.si_pid && info.si_code != CLD_TRAPPED)
			return false;
	}
	return false;
}

static bool start_zygote(bool traced)
{
	zygote_pid = 0;
	/* The zygote answers 0 once it is ready; make the word differ until then. */
	CONTROL32(2, DONE_SEQ) = ~0U;
	if (traced) {
		factory_error = tracer_start(exec_zygote, &zygote_pid);
		if (factory_error)
			return false;
	} else {
		zygote_pid = vfork();
		if (!zygote_pid)
			exec_zygote(); // NOLINT(clang-analyzer-unix.Vfork): raw system calls only
		if (zygote_pid < 0) {
			factory_error = errno;
			return false;
		}
	}
	if (!zygote_answered())
		return false;
	config.uc_offset = CONTROL64(0, CONFIG_UC);
	config.fp_offset = CONTROL64(0, CONFIG_FP);
	config.info_offset = CONTROL64(0, CONFIG_INFO);
	/* struct _fpx_sw_bytes: magic1, extended_size, xfeatures, xstate_size */
	config.xfeatures = CONTROL64(0, CONFIG_SW + 8);
	config.xstate_size = CONTROL32(0, CONFIG_SW + 16);
	return config.xstate_size >= 576;
}

/* => factory. The pid, or -errno of the host's fork. */
static long zygote_fork(const struct host_guest *guest)
{
	CONTROL64(1, ZYGOTE_REQUEST_PAGE) = guest->request_page;
	CONTROL64(1, ZYGOTE_DONE_PAGE) = guest->done_page;
	__atomic_store_n(&CONTROL32(1, REQUEST_SEQ), ++zygote_seq, __ATOMIC_SEQ_CST);
	sys3(SYS_futex, &CONTROL32(1, REQUEST_SEQ), FUTEX_WAKE, 1);
	if (!zygote_answered())
		return -EAGAIN;
	return CONTROL64(2, DONE_RESULT);
}

/* ---- factory and reaper ---- */

static void set_state(struct host_guest *guest, unsigned int state)
{
	/* The kernel may free it as soon as it is over: nothing but the word's address is used. */
	volatile unsigned int *word = &guest->state;

	__atomic_store_n(word, state, __ATOMIC_SEQ_CST);
	sys3(SYS_futex, word, FUTEX_WAKE, ~0U >> 1);
}

static void spawn(struct host_guest *guest)
{
	long pid;

	pthread_mutex_lock(&guests_lock);
	stillborn = 0;
	pthread_mutex_unlock(&guests_lock);
	pid = ending ? -EAGAIN : zygote_fork(guest);
	pthread_mutex_lock(&guests_lock);
	if (pid > 0 && pid == stillborn)
		pid = -EAGAIN;
	if (pid > 0) {
		guest->pid = pid;
		guest->alive_next = guests;
		guests = guest;
		set_state(guest, HOST_GUEST_ALIVE);
	} else {
		guest->error = pid;
		set_state(guest, HOST_GUEST_FAILED);
	}
	pthread_mutex_unlock(&guests_lock);
}

/* Kills all whose end was asked for. */
static void kill_wanted(void)
{
	pthread_mutex_lock(&guests_lock);
	for (struct host_guest *guest = guests; guest; guest = guest->alive_next) {
		if (guest->kill == 1) {
			guest->kill = 2;
			sys2(SYS_kill, guest->pid, SIGKILL);
		}
	}
	pthread_mutex_unlock(&guests_lock);
}

static void *factory(void *arg)
{
	bool works = false;

	(void)arg;
	if (choice != TRAP_PTRACE && !seccomp_error)
		works = start_zygote(false);
	if (!works && choice != TRAP_SECCOMP) {
		config.trap = HOST_TRAP_PTRACE;
		config.unconfined = seccomp_error || choice == TRAP_AUTO;
		works = start_zygote(true);
	}
	prctl(PR_SET_NAME, "factory");
	__atomic_store_n(&factory_ready, works ? 1 : 2, __ATOMIC_SEQ_CST);
	sys3(SYS_futex, &factory_ready, FUTEX_WAKE_PRIVATE, 1);
	if (works)
		confine_self();
	for (;;) {
		unsigned int seen = __atomic_load_n(&wish_count, __ATOMIC_SEQ_CST);
		struct host_guest *guest = __atomic_exchange_n(&wishes, NULL, __ATOMIC_SEQ_CST);

		while (guest) {
			struct host_guest *next = guest->next;

			spawn(guest);
			guest = next;
		}
		kill_wanted();
		sys4(SYS_futex, &wish_count, FUTEX_WAIT_PRIVATE, seen, 0);
	}
	return NULL;
}

void guest_bury(pid_t pid)
{
	struct host_guest *guest = NULL;
	bool asked = false;

	if (pid == zygote_pid && factory_ready == 1 && !ending) {
		fputs("vmlinux: the zygote of guest processes died\n", stderr);
		host_exit(EXIT_PANIC);
	}
	pthread_mutex_lock(&guests_lock);
	for (struct host_guest **at = &guests; *at; at = &(*at)->alive_next) {
		if ((*at)->pid == pid) {
			guest = *at;
			*at = guest->alive_next;
			asked = guest->kill;
			break;
		}
	}
	if (!guest)
		stillborn = pid;
	waitpid(pid, NULL, __WALL);
	/* At the end of ./vmlinux the kernel need not know: it would blame the guests. */
	if (guest && !ending)
		set_state(guest, HOST_GUEST_DEAD);
	pthread_mutex_unlock(&guests_lock);
	/* Nobody expected it: whoever waits for its threads must look. */
	if (guest && !asked && !ending) {
		for (unsigned int cpu = 0; cpu < host_info.ncpus; cpu++)
			host_cpu_kick(cpu);
	}
}

static void *reaper(void *arg)
{
	(void)arg;
	prctl(PR_SET_NAME, "reaper");
	confine_self();
	for (;;) {
		siginfo_t info = { 0 };

		if (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT | __WALL)) {
			if (errno == ECHILD && ending)
				return NULL;
			continue;
		}
		guest_bury(info.si_pid);
	}
}

/* ---- start and end ---- */

static int high_fd(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 20);
}

static void make_stub_file(void)
{
	int fd = stub_file_open();

	stub_fd = high_fd(fd);
	close(fd);
}

static void make_control_pages(void)
{
	int fd = memfd_create("vmlinux-control", MFD_CLOEXEC);
	void *map = MAP_FAILED;

	if (fd >= 0 && !ftruncate(fd, 3 * STUB_PAGE))
		map = mmap(NULL, 3 * STUB_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		usage_error("cannot make the stub's control pages: %s", strerror(errno));
	control = map;
	control_fd = high_fd(fd);
	close(fd);
}

/* Three frames, the words of the trap channel, and some air: a power of two. */
static unsigned long slot_size(void)
{
	unsigned long frame = getauxval(AT_MINSIGSTKSZ);
	unsigned long need, size = 16384;

	if (frame < 2048)
		frame = 4096;
	need = 1024 + 512 + 3 * (frame + 256);
	while (size < need)
		size *= 2;
	return size;
}

static bool has_flag(const char *flag)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	bool found = false;
	char line[8192];

	while (file && !found && fgets(line, sizeof(line), file))
		found = !strncmp(line, "flags", 5) && strstr(line, flag);
	if (file)
		fclose(file);
	return found;
}

/* Linux 5.9 or later lets programs use them, and says so. */
static bool has_fsgsbase(void)
{
	/* Valgrind hides it from us; the stubs run without Valgrind. */
	if (RUNNING_ON_VALGRIND)
		return has_flag(" fsgsbase ");
	return getauxval(AT_HWCAP2) & 2;
}

static void check_processor(void)
{
	if (!__builtin_cpu_supports("aes"))
		usage_error("the host's processor has no AES instructions");
}

/* What trampolines use that not every processor has. */
static int can_rewrite(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid(0x80000001, &a, &b, &c, &d) && c & 1 && __builtin_cpu_supports("bmi2");
}

/* 0, or errno: no filters here, or none for us. */
static int look_for_seccomp(void)
{
	unsigned int action = SECCOMP_RET_TRAP;

	/* Valgrind 3.19 does not know the call. */
	if (RUNNING_ON_VALGRIND)
		return 0;
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0 ||
	    syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0)
		return errno;
	return 0;
}

#define NO_SECCOMP "the host offers no seccomp filters (CONFIG_SECCOMP_FILTER): "
#define NO_PTRACE \
	"cannot trace processes (kernel.yama.ptrace_scope or a container may forbid ptrace): "

static void refuse_host(void) __attribute__((noreturn));
static void refuse_host(void)
{
	const char *why = factory_error ? strerror(factory_error) : NULL;

	if (config.trap != HOST_TRAP_PTRACE || !why)
		usage_error("cannot start a guest process: %s",
			    why ?: "it died (seccomp, ptrace, exec or memory)");
	if (choice == TRAP_AUTO && seccomp_error)
		usage_error(NO_SECCOMP "%s; and " NO_PTRACE "%s", strerror(seccomp_error), why);
	usage_error(NO_PTRACE "%s", why);
}

/* => before ./vmlinux is confined; all signals blocked */
void guest_prepare(const struct options *options)
{
	check_processor();
	choice = options->trap;
	seccomp_error = look_for_seccomp();
	if (choice == TRAP_SECCOMP && seccomp_error)
		usage_error(NO_SECCOMP "%s", strerror(seccomp_error));
	config.slot_size = slot_size();
	config.fsgsbase = has_fsgsbase() && !options->no_fsgsbase;
	config.trampolines = can_rewrite();
	if (config.slot_size > STUB_SLOT_STRIDE)
		usage_error("signal frames of this host are too large (%lu)",
			    getauxval(AT_MINSIGSTKSZ));
	sched_getaffinity(0, sizeof(allowed_cores), (cpu_set_t *)allowed_cores);
	nr_cores = CPU_COUNT_S(sizeof(allowed_cores), (cpu_set_t *)allowed_cores);
	make_stub_file();
	make_control_pages();
	ram_fd = high_fd(host_ram_fd);
	CONTROL64(0, CONFIG_SLOT_SIZE) = config.slot_size;
	CONTROL32(0, CONFIG_PARENT) = host_pid;
	CONTROL32(0, CONFIG_FSGSBASE) = config.fsgsbase;
	CONTROL32(0, CONFIG_TRAP_TSC) = host_info.virtual_time;
	guest_filters_write(control);
	if (service_thread(factory, NULL))
		usage_error("the host gives no thread");
	while (!factory_ready)
		sys4(SYS_futex, &factory_ready, FUTEX_WAIT_PRIVATE, 0, 0);
	if (factory_ready != 1)
		refuse_host();
	if (config.trap != HOST_TRAP_PTRACE && service_thread(reaper, NULL))
		usage_error("the host gives no thread");
	close(stub_fd);
	close(control_fd);
	close(ram_fd);
}

/*
 * Async-signal-safe, and the last thing we do: ends all stubs and waits a moment, so that
 * nothing outlives us. What is missed dies by PDEATHSIG.
 */
void guest_kill_all(void)
{
	struct timespec pause = { .tv_nsec = 1000000 };

	if (__atomic_exchange_n(&ending, 1, __ATOMIC_SEQ_CST))
		return;
	if (zygote_pid > 0)
		sys2(SYS_kill, zygote_pid, SIGKILL);
	for (int i = 0; i < 200; i++) {
		long pid;

		for (struct host_guest *guest = guests; guest; guest = guest->alive_next)
			sys2(SYS_kill, guest->pid, SIGKILL);
		while ((pid = sys4(SYS_wait4, -1, 0, WNOHANG | __WALL, 0)) > 0)
			;
		if (pid == -ECHILD)
			return;
		sys2(SYS_nanosleep, &pause, 0);
	}
}

/* ---- calls of vCPUs ---- */

static void wake_factory(void)
{
	__atomic_fetch_add(&wish_count, 1, __ATOMIC_SEQ_CST);
	sys3(SYS_futex, &wish_count, FUTEX_WAKE_PRIVATE, 1);
}

void host_guest_spawn(struct host_guest *guest)
{
	guest->state = HOST_GUEST_SPAWNING;
	guest->kill = 0;
	guest->next = __atomic_load_n(&wishes, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&wishes, &guest->next, guest, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_RELAXED))
		;
	wake_factory();
}

void host_guest_kill(struct host_guest *guest)
{
	unsigned int no = 0;

	if (__atomic_compare_exchange_n(&guest->kill, &no, 1, false, __ATOMIC_SEQ_CST,
					__ATOMIC_SEQ_CST))
		wake_factory();
}

void host_guest_kick(int pid, int tid)
{
	sys3(SYS_tgkill, pid, tid, SIGURG);
}

unsigned long host_guest_cpu_ns(int pid)
{
	struct timespec used = { 0 };
	/* The kernel's encoding of a process's CPU clock (clock_getcpuclockid). */
	clockid_t clock = (clockid_t)(((unsigned int)~pid << 3) | 2);

	if (sys2(SYS_clock_gettime, clock, &used))
		return 0;
	return used.tv_sec * 1000000000UL + used.tv_nsec;
}

int host_wait_shared(const volatile unsigned int *word, unsigned int value,
		     const volatile unsigned int *pending, unsigned long timeout_ns)
{
	struct timespec limit = { .tv_sec = timeout_ns / 1000000000UL,
				  .tv_nsec = timeout_ns % 1000000000UL };

	return sys_interruptible(SYS_futex, (long)word, FUTEX_WAIT, value,
				 timeout_ns ? (long)&limit : 0, pending);
}

void host_wake_shared(volatile unsigned int *word)
{
	sys3(SYS_futex, word, FUTEX_WAKE, 1);
}

/* A sleeper is moved from the word's queue to that same queue, and counted. */
int host_has_sleeper(volatile unsigned int *word, unsigned int value)
{
	return sys6(SYS_futex, (long)word, FUTEX_CMP_REQUEUE, 0, 1, (long)word, value) == 1;
}

unsigned int host_core(void)
{
	unsigned int low, high, aux;

	__asm__ volatile("rdtscp" : "=a"(low), "=d"(high), "=c"(aux));
	return aux & 0xfff;
}

void host_place(int tid, unsigned int core)
{
	unsigned long mask[MAX_CORES / 64] = { 0 };

	if (core >= MAX_CORES)
		return;
	if (tid)
		__atomic_store_n(&tracer_core, core, __ATOMIC_RELAXED);
	mask[core / 64] = 1UL << (core % 64);
	sys3(SYS_sched_setaffinity, tid, sizeof(mask), mask);
}

void host_place_elsewhere(int tid, unsigned int core)
{
	unsigned long mask[MAX_CORES / 64];

	memcpy(mask, allowed_cores, sizeof(mask));
	if (core < MAX_CORES)
		mask[core / 64] &= ~(1UL << (core % 64));
	sys3(SYS_sched_setaffinity, tid, sizeof(mask), mask);
}

unsigned int host_cores(void)
{
	return nr_cores;
}

void host_unplace(void)
{
	sys3(SYS_sched_setaffinity, 0, sizeof(allowed_cores), allowed_cores);
}
