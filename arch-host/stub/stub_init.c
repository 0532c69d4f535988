// SPDX-License-Identifier: MIT
/*
 * The zygote's start, the only code of the stub that has a stack and libc-like freedom: it
 * runs before the process is confined and long before a guest exists. Maps the pages at their
 * places, finds out where this host puts signal frames, installs the handlers, drops all
 * descriptors but RAM.
 */
#include <um/stub_layout.h>

typedef unsigned long u64;

#define SYS_mmap	   9
#define SYS_rt_sigaction   13
#define SYS_rt_sigprocmask 14
#define SYS_close	   3
#define SYS_tgkill	   234
#define SYS_gettid	   186
#define SYS_getpid	   39
#define SYS_getppid	   110
#define SYS_exit_group	   231
#define SYS_sigaltstack	   131
#define SYS_prctl	   157
#define SYS_close_range	   436

#define PROT_READ     1
#define PROT_WRITE    2
#define MAP_SHARED    1
#define MAP_PRIVATE   2
#define MAP_FIXED     0x10
#define MAP_ANONYMOUS 0x20

#define SIGILL	4
#define SIGTRAP 5
#define SIGBUS	7
#define SIGFPE	8
#define SIGKILL 9
#define SIGUSR1 10
#define SIGSEGV 11
#define SIGSTOP 19
#define SIGURG	23
#define SIGSYS	31

#define SA_SIGINFO  4UL
#define SA_RESTORER 0x04000000UL
#define SA_ONSTACK  0x08000000UL
#define SA_NODEFER  0x40000000UL
#define SIG_IGN	    1UL

#define PR_SET_PDEATHSIG    1
#define PR_SET_NAME	    15
#define PR_SET_TSC	    26
#define PR_TSC_SIGSEGV	    2
#define PR_SET_NO_NEW_PRIVS 38

#define AT_SYSINFO_EHDR 33

long init_call(long nr, long a, long b, long c, long d, long e, long f);
extern const char handler[], probe_handler[], probe_return[], no_return[];
extern u64 probe_uc, probe_info, probe_fp;

struct action {
	u64 handler, flags, restorer, mask;
};

struct altstack {
	u64 base;
	int flags, pad;
	u64 size;
};

struct limits {
	u64 top, vdso;
};

static void must(int ok)
{
	if (!ok)
		init_call(SYS_exit_group, 99, 0, 0, 0, 0, 0);
}

static void set_action(int signr, u64 entry, u64 restorer)
{
	struct action action = {
		.handler = entry,
		.flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTORER,
		.restorer = restorer,
	};

	if (entry == SIG_IGN)
		action.flags = SA_RESTORER;
	must(!init_call(SYS_rt_sigaction, signr, (long)&action, 0, 8, 0, 0));
}

static void map_page(u64 at, int prot, u64 offset)
{
	must(init_call(SYS_mmap, at, STUB_PAGE, prot, MAP_SHARED | MAP_FIXED, STUB_CONTROL_FD,
		       offset) == (long)at);
}

/* Takes one signal on a slot as a guest thread would, and notes where its frame lies. */
static void calibrate(volatile u64 *config)
{
	struct altstack stack = { .base = STUB_SLOTS, .size = config[CONFIG_SLOT_SIZE / 8] };
	struct altstack none = { .flags = 2 /* SS_DISABLE */ };
	u64 only = ~(1UL << (SIGUSR1 - 1));
	u64 all = ~0UL;

	must(init_call(SYS_mmap, STUB_SLOTS, STUB_SLOT_STRIDE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0) == (long)STUB_SLOTS);
	must(!init_call(SYS_sigaltstack, (long)&stack, 0, 0, 0, 0, 0));
	set_action(SIGUSR1, (u64)probe_handler, (u64)probe_return);
	init_call(SYS_rt_sigprocmask, 2, (long)&only, 0, 8, 0, 0);
	init_call(SYS_tgkill, init_call(SYS_getpid, 0, 0, 0, 0, 0, 0),
		  init_call(SYS_gettid, 0, 0, 0, 0, 0, 0), SIGUSR1, 0, 0, 0);
	init_call(SYS_rt_sigprocmask, 2, (long)&all, 0, 8, 0, 0);
	must(!init_call(SYS_sigaltstack, (long)&none, 0, 0, 0, 0, 0));
	must(probe_uc > STUB_SLOTS && probe_fp > STUB_SLOTS && probe_info > STUB_SLOTS);
	config[CONFIG_UC / 8] = probe_uc - STUB_SLOTS;
	config[CONFIG_FP / 8] = probe_fp - STUB_SLOTS;
	config[CONFIG_INFO / 8] = probe_info - STUB_SLOTS;
	for (int i = 0; i < 3; i++)
		config[CONFIG_SW / 8 + i] = ((u64 *)probe_fp)[464 / 8 + i];
}

static void install_handlers(void)
{
	static const int ours[] = { SIGSYS, SIGSEGV, SIGBUS, SIGFPE, SIGTRAP, SIGILL, SIGURG };

	/* The terminal's and everybody else's signals mean ./vmlinux, not us. */
	for (int signr = 1; signr <= 64; signr++) {
		if (signr != SIGKILL && signr != SIGSTOP)
			set_action(signr, SIG_IGN, (u64)no_return);
	}
	for (unsigned int i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		set_action(ours[i], (u64)handler, (u64)no_return);
}

struct limits stub_init(u64 *sp)
{
	struct limits limits = { .top = 0x7ffffffff000 };
	u64 all = ~0UL;
	u64 *at = sp + 1 + sp[0] + 1;

	while (*at)
		at++;
	for (at++; *at; at += 2) {
		if (*at == AT_SYSINFO_EHDR)
			limits.vdso = at[1];
	}
	must(!init_call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0));
	must(!init_call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0));
	init_call(SYS_prctl, PR_SET_NAME, (long)"vmlinux-guest", 0, 0, 0, 0);
	init_call(SYS_rt_sigprocmask, 2, (long)&all, 0, 8, 0, 0);
	map_page(STUB_CONFIG, PROT_READ | PROT_WRITE, 0);
	must((unsigned int)init_call(SYS_getppid, 0, 0, 0, 0, 0, 0) ==
	     *(unsigned int *)(STUB_CONFIG + CONFIG_PARENT));
	calibrate((u64 *)STUB_CONFIG);
	if (*(unsigned int *)(STUB_CONFIG + CONFIG_TRAP_TSC))
		must(!init_call(SYS_prctl, PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0, 0));
	map_page(STUB_CONFIG, PROT_READ, 0);
	map_page(STUB_REQUEST, PROT_READ, STUB_PAGE);
	map_page(STUB_DONE, PROT_READ | PROT_WRITE, 2 * STUB_PAGE);
	install_handlers();
	for (int fd = 0; fd < STUB_RAM_FD; fd++)
		init_call(SYS_close, fd, 0, 0, 0, 0, 0);
	if (init_call(SYS_close_range, STUB_RAM_FD + 1, ~0U, 0, 0, 0, 0)) {
		for (int fd = STUB_RAM_FD + 1; fd < 1024; fd++)
			init_call(SYS_close, fd, 0, 0, 0, 0, 0);
	}
	return limits;
}
