// SPDX-License-Identifier: MIT
/*
 * trap=ptrace: holding guests without seccomp filters.
 *
 * Problem: a host may offer no filters (an old or small kernel, a container that refuses them).
 * The stub, its handler and its slots are the same; what the filters do is done by one host
 * thread, the tracer. ptrace answers the thread that traces only, so this one starts the zygote,
 * from which everything else descends, and is the parent and the reaper of all stubs.
 *
 * Every system call of every thread of a stub stops before it is made. The tracer looks at the
 * instruction, the number and the arguments (tracer_rights.c), as guest_filter.c does, and then
 *
 *   lets it through     calls of the stub's own sites that this thread may make
 *   answers it itself   seccomp(2), by which a thread says that it is ready to be confined
 *   makes it a SIGSYS   anything else: a system call of the guest, for our kernel. What the
 *                       signal says is what a filter's SIGSYS would say
 *
 * All other signals go to the stub's handler as they are. Nothing of this asks a vCPU, and no
 * vCPU asks the tracer.
 *
 * Stops, and which request goes on after each (ptrace(2)):
 *
 *   SYSCALL   the next call stops at its entry, and can still be made; the end of the call that
 *             is under way stops too
 *   SYSEMU    the next call stops at its entry, and will not be made; the end of one that is
 *             under way does not stop
 *
 * A guest thread whose wait is let through goes on with SYSEMU if what comes next is likely a call
 * of the guest, which is not to be made anyway: so the wait costs one stop. If a call of the stub
 * comes instead, it is begun again under SYSCALL. A thread that waits in a trampoline, whose next
 * call is the stub's again, goes on with SYSCALL.
 *
 * A stub that wakes the kernel goes to sleep next, as a rule. Its wake is made here, and the call
 * becomes the wait. What is read of a slot for that, the guest can write: it chooses between
 * ways that are all safe.
 *
 * One thread owns all here but `started` and `tracer_core`; nothing is locked.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include <stub_sites.h>
#include <um/stub_layout.h>
#include "guest.h"
#include "internal.h"
#include "sys.h"
#include "tracer.h"

#define OPTIONS \
	(PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK)
#define SYSCALL_BYTES 2
#define SI_SECCOMP    1 /* SYS_SECCOMP */

/* Stops in a row before all that have stopped are served in turn. */
#define FAIR_STOPS 16
#define MAX_ROUND  256

struct traced {
	struct traced *next;	/* in its bucket, or on the free list */
	pid_t tid;
	enum tracer_role role;
	unsigned long slot;	/* of a guest thread: its address in the stub; 0: not known */
	char *slot_memory;	/* the same in ./vmlinux, as long as the stub lives */
	unsigned long mapped_slot, mapped_offset; /* of a mapper: the last slot that it mapped */
	bool emulated;		/* the last request was SYSEMU */
	bool answered;		/* the call under way is cancelled, and returns rax */
	bool forged;		/* the same, and a SIGSYS of ours is on its way, about this: */
	unsigned long rax;
	unsigned long call_addr;
	int call_nr;
	unsigned int call_arch;
};

unsigned int tracer_core = ~0U;	/* atomic: where a vCPU placed a guest thread last */

#define BUCKETS 1024
static struct traced *table[BUCKETS], *unused;

static volatile unsigned int started;	/* 1 the zygote is traced, 2 failed */
static int start_error;			/* constant once `started` */
static void (*zygote_body)(void);
static int gate[2];			/* a pipe: the zygote waits here until it is traced */

/* ---- threads ---- */

static struct traced **bucket_of(pid_t tid)
{
	return &table[(unsigned int)tid % BUCKETS];
}

static struct traced *find(pid_t tid)
{
	for (struct traced *t = *bucket_of(tid); t; t = t->next) {
		if (t->tid == tid)
			return t;
	}
	return NULL;
}

/* NULL without memory. */
static struct traced *enter(pid_t tid, enum tracer_role role)
{
	struct traced *t = unused;

	if (t)
		unused = t->next;
	else
		t = malloc(sizeof(*t));
	if (!t)
		return NULL;
	*t = (struct traced){ .next = *bucket_of(tid), .tid = tid, .role = role };
	*bucket_of(tid) = t;
	return t;
}

static void forget(pid_t tid)
{
	for (struct traced **at = bucket_of(tid); *at; at = &(*at)->next) {
		struct traced *t = *at;

		if (t->tid != tid)
			continue;
		*at = t->next;
		t->next = unused;
		unused = t;
		return;
	}
}

/* ---- requests: they fail only when the thread has been killed, which is seen in time ---- */

static long request(long what, pid_t tid, unsigned long addr, unsigned long data)
{
	return sys4(SYS_ptrace, what, tid, addr, data);
}

static void set_register(const struct traced *t, size_t offset, unsigned long value)
{
	request(PTRACE_POKEUSR, t->tid, offset, value);
}

#define REGISTER(name) offsetof(struct user_regs_struct, name)

static unsigned long get_register(const struct traced *t, size_t offset)
{
	unsigned long value = 0;

	request(PTRACE_PEEKUSR, t->tid, offset, (unsigned long)&value);
	return value;
}

static void go(struct traced *t, long how, int signr)
{
	t->emulated = how == PTRACE_SYSEMU;
	request(how, t->tid, 0, signr);
}

/* ---- stops ---- */

static volatile unsigned int *slot_word(const struct traced *t, unsigned int offset)
{
	return (volatile unsigned int *)(t->slot_memory + offset);
}

/* Makes the call under way the wait of guest.S, and goes on so. */
static void wait_instead(struct traced *t, unsigned int turn)
{
	set_register(t, REGISTER(rdi), t->slot + SLOT_TURN);
	set_register(t, REGISTER(rsi), FUTEX_WAIT);
	set_register(t, REGISTER(rdx), turn);
	set_register(t, REGISTER(r10), 0);
	set_register(t, REGISTER(rip), SITE_guest_wait);
	go(t, *slot_word(t, SLOT_MODE) ? PTRACE_SYSCALL : PTRACE_SYSEMU, 0);
}

/* A guest thread that wakes the kernel. False: it is no ordinary one. */
static bool wake_and_wait(struct traced *t, const struct ptrace_syscall_info *info)
{
	unsigned int turn;

	if (t->emulated || !t->slot || info->instruction_pointer != SITE_guest_wake ||
	    info->entry.args[0] != t->slot + SLOT_EVENTS)
		return false;
	sys3(SYS_futex, slot_word(t, SLOT_EVENTS), FUTEX_WAKE, 1);
	__atomic_exchange_n(slot_word(t, SLOT_GUEST_SLEEPS), 1, __ATOMIC_SEQ_CST);
	turn = __atomic_load_n(slot_word(t, SLOT_TURN), __ATOMIC_SEQ_CST);
	/* If it may go already, the host will find that the word differs. */
	wait_instead(t, turn ?: ~0U);
	return true;
}

static void note_slot(struct traced *t, const struct ptrace_syscall_info *info)
{
	if (info->instruction_pointer == SITE_mapper_map && info->entry.nr == SYS_mmap &&
	    tracer_is_slot(info->entry.args[0])) {
		t->mapped_slot = info->entry.args[0];
		t->mapped_offset = info->entry.args[5];
	}
}

static long next_request(const struct traced *t)
{
	if (t->role != TRACER_GUEST || !t->slot)
		return PTRACE_SYSCALL;
	return *slot_word(t, SLOT_MODE) ? PTRACE_SYSCALL : PTRACE_SYSEMU;
}

static void let_through(struct traced *t, const struct ptrace_syscall_info *info)
{
	if (t->emulated) {
		/* Begun again, and this time it can be made. */
		set_register(t, REGISTER(orig_rax), -1UL);
		set_register(t, REGISTER(rax), info->entry.nr);
		set_register(t, REGISTER(rip), info->instruction_pointer - SYSCALL_BYTES);
		go(t, PTRACE_SYSCALL, 0);
	} else {
		note_slot(t, info);
		go(t, next_request(t), 0);
	}
}

/*
 * Cancelled calls still run into filters of a container around us, which may give them a result:
 * rax is set when they are over.
 */
static void cancel(struct traced *t, unsigned long rax)
{
	t->rax = rax;
	set_register(t, REGISTER(orig_rax), -1UL);
}

/* The call is not made and returns `result`. */
static void answer(struct traced *t, long result)
{
	t->answered = true;
	cancel(t, result);
	go(t, PTRACE_SYSCALL, 0);
}

/* The call is not made: it becomes a signal, with the registers as they were before it. */
static void refuse(struct traced *t, const struct ptrace_syscall_info *info)
{
	if (t->role != TRACER_GUEST) {
		/* No guest is in there: this cannot be, and nobody would handle it. */
		sys2(SYS_kill, t->tid, SIGKILL);
		return;
	}
	t->forged = true;
	t->call_addr = info->instruction_pointer;
	t->call_nr = info->entry.nr;
	t->call_arch = info->arch;
	cancel(t, get_register(t, REGISTER(orig_rax)));
	go(t, PTRACE_SYSEMU, SIGSYS);
}

/* The zygote and each new guest thread ask to be confined when they have done all else. */
static bool asks_to_be_confined(const struct traced *t, const struct ptrace_syscall_info *info)
{
	return info->entry.nr == SYS_seccomp && info->entry.args[0] == SECCOMP_SET_MODE_FILTER &&
	       (t->role == TRACER_STARTING ||
		(t->role == TRACER_BORN && info->instruction_pointer == SITE_born_confine));
}

static void syscall_stop(struct traced *t)
{
	struct ptrace_syscall_info info;

	if (request(PTRACE_GET_SYSCALL_INFO, t->tid, sizeof(info), (unsigned long)&info) <= 0)
		return;
	if (info.op != PTRACE_SYSCALL_INFO_ENTRY) {
		if (t->answered)
			set_register(t, REGISTER(rax), t->rax);
		t->answered = false;
		go(t, PTRACE_SYSCALL, 0);
	} else if (asks_to_be_confined(t, &info)) {
		t->role = t->role == TRACER_BORN ? TRACER_GUEST : TRACER_MAPPER;
		answer(t, 0);
	} else if (tracer_may(t->role, &info)) {
		if (!wake_and_wait(t, &info))
			let_through(t, &info);
	} else {
		refuse(t, &info);
	}
}

/* Whatever it is, the stub's handler looks at it, and makes calls of its own next. */
static void signal_stop(struct traced *t, int signr)
{
	if (t->forged && signr == SIGSYS) {
		siginfo_t info = { .si_signo = SIGSYS, .si_code = SI_SECCOMP };

		info.si_call_addr = (void *)t->call_addr;
		info.si_syscall = t->call_nr;
		info.si_arch = t->call_arch;
		t->forged = false;
		set_register(t, REGISTER(rax), t->rax);
		request(PTRACE_SETSIGINFO, t->tid, 0, (unsigned long)&info);
	}
	go(t, PTRACE_SYSCALL, signr);
}

/* A child that is heard of before its parent tells of it: it was born where its parent made it. */
static struct traced *child(pid_t tid)
{
	struct traced newcomer = { .tid = tid };

	switch (get_register(&newcomer, REGISTER(rip))) {
	case SITE_zygote_fork:
		return enter(tid, TRACER_MAPPER);
	case SITE_mapper_clone:
		return enter(tid, TRACER_BORN);
	}
	return NULL;
}

/* A mapper has made a thread, for the slot that it mapped just before. */
static void cloned(const struct traced *parent)
{
	unsigned long tid = 0;
	struct traced *t;

	if (request(PTRACE_GETEVENTMSG, parent->tid, 0, (unsigned long)&tid) || !tid)
		return;
	t = find(tid) ?: enter(tid, TRACER_BORN);
	if (!t || !parent->mapped_slot)
		return;
	t->slot = parent->mapped_slot;
	t->slot_memory = (char *)HOST_RAM_BASE + parent->mapped_offset;
}

static void stopped(pid_t tid, int status)
{
	struct traced *t = find(tid);
	int signr = status & 0xff, event = status >> 8;

	if (!t)
		t = child(tid);
	if (!t) {
		/* Gone already, or no memory. */
		sys2(SYS_kill, tid, SIGKILL);
		return;
	}
	if (signr == (SIGTRAP | 0x80)) {
		syscall_stop(t);
	} else if (event == PTRACE_EVENT_STOP && signr != SIGTRAP) {
		request(PTRACE_LISTEN, tid, 0, 0);	/* somebody stopped the whole stub */
	} else if (event) {
		if (event == PTRACE_EVENT_CLONE)
			cloned(t);
		go(t, PTRACE_SYSCALL, 0);
	} else {
		signal_stop(t, signr);
	}
}

/* A thread is gone; its process with it if it was the first one. */
static void ended(pid_t tid)
{
	const struct traced *t = find(tid);
	bool further = t && (t->role == TRACER_BORN || t->role == TRACER_GUEST);

	forget(tid);
	if (further)
		waitpid(tid, NULL, __WALL);
	else
		guest_bury(tid);
}

/* ---- the thread ---- */

/* Serves all that have stopped, once each: a busy one must not keep the others waiting. */
static void serve_round(void)
{
	static siginfo_t round[MAX_ROUND];
	unsigned int n = 0;

	while (n < MAX_ROUND) {
		siginfo_t *info = &round[n];

		info->si_pid = 0;
		if (waitid(P_ALL, 0, info, WSTOPPED | WNOHANG | __WALL) || !info->si_pid)
			break;
		n++;
	}
	for (unsigned int i = 0; i < n; i++)
		stopped(round[i].si_pid, round[i].si_status);
}

/* With one vCPU all happens on its core, and waking another costs more than the rest. */
static void follow(void)
{
	static unsigned int core = ~0U;
	unsigned int wanted = __atomic_load_n(&tracer_core, __ATOMIC_RELAXED);

	if (wanted == core || host_info.ncpus > 1)
		return;
	core = wanted;
	host_place(0, core);
}

static void serve(void)
{
	for (unsigned int stops = 1;; stops++) {
		siginfo_t info = { 0 };

		follow();
		/* A stop needs no taking: it is over when the thread goes on. A death is ended()'s. */
		if (waitid(P_ALL, 0, &info, WSTOPPED | WEXITED | WNOWAIT | __WALL)) {
			if (errno == ECHILD)
				return;
			continue;
		}
		if (info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED) {
			ended(info.si_pid);
			continue;
		}
		stopped(info.si_pid, info.si_status);
		if (stops % FAIR_STOPS == 0)
			serve_round();
	}
}

/* In the new process: raw system calls only. */
static void become_zygote(void)
{
	char byte;

	sys1(SYS_close, gate[1]);
	sys3(SYS_read, gate[0], &byte, 1);
	zygote_body();
}

/* Traces the new process, which waits at the gate, and lets it go on. 0 or errno. */
static int seize(pid_t pid)
{
	siginfo_t info = { 0 };
	long error = request(PTRACE_SEIZE, pid, 0, OPTIONS);

	if (!error)
		error = request(PTRACE_INTERRUPT, pid, 0, 0);
	if (error)
		return -error;
	if (waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT | __WALL))
		return errno;
	if (!enter(pid, TRACER_STARTING))
		return ENOMEM;
	error = request(PTRACE_SYSCALL, pid, 0, 0);
	if (!error && write(gate[1], "", 1) != 1)
		return errno;
	return -error;
}

/* Makes the zygote, traced before it has done anything. 0 or errno. */
static int start_zygote(pid_t *pid)
{
	int error = 0;

	if (pipe2(gate, O_CLOEXEC))
		return errno;
	*pid = fork();
	if (!*pid) {
		become_zygote();
		_exit(98);
	}
	error = *pid < 0 ? errno : seize(*pid);
	if (error && *pid > 0)
		sys2(SYS_kill, *pid, SIGKILL);
	close(gate[0]);
	close(gate[1]);
	return error;
}

static void *tracer(void *arg)
{
	prctl(PR_SET_NAME, "tracer");
	start_error = start_zygote(arg);
	__atomic_store_n(&started, start_error ? 2 : 1, __ATOMIC_SEQ_CST);
	sys3(SYS_futex, &started, FUTEX_WAKE_PRIVATE, 1);
	if (!start_error)
		confine_tracer();
	for (;;) {
		serve();
		sys0(SYS_pause);
	}
	return NULL;
}

int tracer_start(void (*body)(void), pid_t *pid)
{
	zygote_body = body;
	if (service_thread(tracer, pid))
		return EAGAIN;
	while (!started)
		sys4(SYS_futex, &started, FUTEX_WAIT_PRIVATE, 0, 0);
	return start_error;
}
