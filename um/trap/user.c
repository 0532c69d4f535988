// SPDX-License-Identifier: MIT
/*
 * Running guests: the loop of every task that has a user part.
 *
 * The task's registers are written into its slot, the slot's turn word is cleared, and the vCPU
 * waits until the slot's event count changes: a host signal took the guest thread into the
 * stub, and what it did is in the signal frame. How the two threads wait for each other, and on
 * which host cores they run, is handover.c's.
 *
 *   in the kernel --turn = 0, wake--> guest runs --signal--> events + 1 --> in the kernel
 *                                        |   ^
 *                     need_resched or TIF_*  | same event
 *                                        v   |
 *                                      SIGURG sent (kick)
 *
 * Preemption is off while the guest runs, interrupts are served. An interrupt that wants the
 * task to do something makes it kick its guest first, and then leave by the ordinary way.
 * A guest that does not answer the kick soon lets other tasks run while it is waited for, and
 * is killed with its whole stub after it has had its share of time.
 */
#include <kern/entry.h>
#include <kern/errno.h>
#include <kern/preempt.h>
#include <kern/printk.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/task.h>
#include <kern/thread_info.h>
#include <mm/fault.h>
#include <mm/mm_types.h>
#include <mm/uaccess.h>
#include <stub_sites.h>
#include <um/irqflags.h>
#include <um/mmu.h>
#include <um/processor.h>
#include <um/text.h>
#include <um/thread.h>
#include <um/traps.h>
#include <um/vdso.h>
#include <um/virtual.h>
#include "handover.h"
#include "passage.h"
#include "trap.h"
#include "turns.h"

/* No address above is canonical and the guest's. */
#define CANONICAL_END 0x800000000000UL

#define ARCH_X86_64	0xc000003eU
#define TRAP_DEBUG	1
#define TRAP_GP		13
#define TRAP_PAGE_FAULT 14

/* A sleeper that was cheated of its wake-up looks this often. */
#define RECHECK_NS 1000000000UL

/* How soon a thread that was just let go is looked at again, before it can be kicked. */
#define AWAKENING_NS 100000UL

/* Page faults, one after the other without a call, of a guest that makes no progress. */
#define MAX_FAULTS 1000000

/* Events without news that a thread may answer instead of leaving its trampoline. */
#define LEAVE_TRIES 16

/* What follows is the guest's time, and no RCU reader. => interrupts masked */
static void enter_user(void)
{
	if (!guest_runs())
		guest_run_begin();
	account_user_enter();
	rcu_user_enter();
}

static void leave_user(void)
{
	rcu_user_exit();
	account_user_exit();
	guest_run_end();
}

/* The siginfo of the frame, copied once. */
struct event {
	int signr, code;
	unsigned long addr; /* si_addr, si_call_addr */
	u32 arch;	    /* si_arch */
};

static void event_load(const struct guest_slot *slot, struct event *event)
{
	unsigned int at = host_guest_config()->info_offset;

	event->signr = *slot_word(slot, at);
	event->code = *slot_word(slot, at + 8);
	event->addr = *slot_quad(slot, at + 16);
	event->arch = *slot_word(slot, at + 28);
}

static bool must_leave_user(void)
{
	return need_resched() || READ_ONCE(current->thread_flags) & TIF_WORK_MASK;
}

/* Lets the guest thread go. */
static void release(struct guest_slot *slot)
{
	volatile u32 *turn = slot_word(slot, SLOT_TURN);

	__atomic_exchange_n(turn, 0, __ATOMIC_SEQ_CST);
	if (*slot_word(slot, SLOT_GUEST_SLEEPS))
		host_wake_shared(turn);
}

/*
 * A kicked guest has not answered for a while: it is starved by the host, or hostile (another
 * thread may have parked it by writing into its slot). Other tasks must not wait for it.
 * => preemption off, interrupts on
 */
static void let_others_run(bool user)
{
	/* Nor may the host's load decide. */
	if (um_virtual)
		return;
	guest_straggles(true);
	local_irq_disable();
	if (user)
		leave_user();
	local_irq_enable();
	preempt_enable();
	schedule_timeout_uninterruptible(1);
	preempt_disable();
	local_irq_disable();
	if (user)
		enter_user();
	local_irq_enable();
	guest_straggles(false);
}

/*
 * Virtual time does not move while a guest computes: too much of that without a trap must end.
 * limit: the stub's CPU time by then, or 0 before the first look.
 */
static void check_overrun(const struct guest *guest, u64 *limit)
{
	u64 used = host_guest_cpu_ns(guest->host.pid);

	if (!*limit) {
		*limit = used + um_virtual_limit();
	} else if (used > *limit) {
		um_virtual_overrun();
		*limit = 0;
	}
}

/* A signal must not find a thread on the stack of the stub's last guest: recycle.c. */
static bool slot_can_be_kicked(struct guest_slot *slot)
{
	if (slot->old_stack && *slot_word(slot, SLOT_GUEST_SLEEPS))
		return false;
	slot->old_stack = false;
	return true;
}

/*
 * => preemption off, interrupts on, the guest released. True: an event came; false: the stub
 * is gone, or has just been killed. May sleep once a kick stays without an answer. user: this is
 * the guest's time, and reasons to leave it are looked at.
 */
static bool wait_for_event(struct guest_slot *slot, bool user)
{
	volatile u32 *events = slot_word(slot, SLOT_EVENTS);
	struct guest *guest = slot->guest;
	struct guest_patience patience = { 0 };
	enum guest_patience_state state;
	bool kicked = !user, leaves = false, spun = false, came;
	u64 overrun = 0;

	for (;;) {
		u32 now;

		local_irq_disable();
		if (!(kicked && spun) && handover_await(slot)) {
			slot->seen = *events;
			came = true;
			break;
		}
		spun = true;
		__atomic_exchange_n(slot_word(slot, SLOT_KERNEL_SLEEPS), 1, __ATOMIC_SEQ_CST);
		now = *events;
		came = now != slot->seen;
		if (came || guest_doomed(guest)) {
			slot->seen = now;
			break;
		}
		leaves = !kicked && must_leave_user();
		if (leaves && slot_can_be_kicked(slot)) {
			host_guest_kick(guest->host.pid, slot->tid);
			kicked = slot->kicked = true;
		}
		host_wait_shared(events, now, this_cpu_ptr(&um_irq_pending),
				 kicked	    ? GUEST_WAIT_NS :
				 leaves	    ? AWAKENING_NS :
				 um_virtual ? min(um_virtual_limit() / 2, RECHECK_NS) :
					      RECHECK_NS);
		*slot_word(slot, SLOT_KERNEL_SLEEPS) = 0;
		local_irq_enable();
		if (!kicked && !leaves) {
			if (um_virtual)
				check_overrun(guest, &overrun);
			continue;
		}
		state = guest_patience(&patience, guest);
		if (state == GUEST_WAIT_ON)
			continue;
		if (state == GUEST_WAIT_OVER) {
			pr_warn("%s[%d]: does not answer, killing its guest process\n",
				current->comm, current->pid);
			guest_kill(guest);
			continue;
		}
		let_others_run(user);
		/* Again: the need to leave may be over, or the kick lost. */
		kicked = !user;
	}
	if (user)
		leave_user();
	*slot_word(slot, SLOT_KERNEL_SLEEPS) = 0;
	if (came)
		slot->old_stack = false;
	handover_end(slot);
	local_irq_enable();
	return came;
}

/*
 * Runs the guest until its next event. Mappings that wait in the queue go with it: the mapper
 * lets the thread go itself when they are made.
 * => interrupts off (from exit_to_user_mode()); returns with interrupts on.
 */
static bool run_guest(struct guest_slot *slot)
{
	struct guest *guest = slot->guest;
	bool by_mapper = false;

	if (slot->in_trampoline)
		trampoline_store(slot, &current->thread);
	else
		frame_store(slot, &current->thread);
	if (READ_ONCE(guest->nranges) || READ_ONCE(guest->nkept)) {
		local_irq_enable();
		mutex_lock(&guest->lock);
		by_mapper = guest_build_ranges(guest, current->mm);
		preempt_disable();
		handover_prepare(slot);
		if (by_mapper) {
			/* The guest may run before this vCPU comes any further. */
			guest_run_begin();
			guest_post(guest, slot);
		}
		mutex_unlock(&guest->lock);
	} else {
		preempt_disable();
		handover_prepare(slot);
	}
	local_irq_disable();
	enter_user();
	handover_begin(slot, by_mapper);
	if (!by_mapper)
		release(slot);
	local_irq_enable();
	return wait_for_event(slot, true);
}

/*
 * Another vCPU and its guest use the host's cores for now. => interrupts off; true: it has waited,
 * and interrupts are on.
 */
static bool wait_for_turn(struct guest_slot *slot)
{
	if (likely(!turns_must_wait(slot)))
		return false;
	preempt_disable();
	handover_stay_home(slot);
	enter_user();
	turns_wait_begin();
	while (!must_leave_user() && turns_wait()) {
		local_irq_enable();
		local_irq_disable();
	}
	turns_wait_end();
	leave_user();
	local_irq_enable();
	preempt_enable();
	return true;
}

/* Bounded, as all waits for a guest: one that does not leave has its stub killed. */
void trampoline_leave(struct guest_slot *slot)
{
	unsigned int tries = 0;
	bool came = true;

	while (slot->in_trampoline && came) {
		/* A kick may be left over from before; so many are not. */
		if (tries++ == LEAVE_TRIES) {
			guest_kill(slot->guest);
			break;
		}
		*slot_word(slot, SLOT_KICKED) = 0;
		*slot_word(slot, SLOT_WANT_FRAME) = 1;
		preempt_disable();
		handover_prepare(slot);
		local_irq_disable();
		handover_begin(slot, false);
		release(slot);
		local_irq_enable();
		came = wait_for_event(slot, false);
		preempt_enable();
		if (*slot_word(slot, SLOT_KIND) != STUB_EVENT_KICK)
			break;
	}
	slot->in_trampoline = false;
	*slot_word(slot, SLOT_WANT_FRAME) = 0;
}

void um_state_complete(void)
{
	if (current->thread.slot)
		trampoline_leave(current->thread.slot);
}

static DEFINE_PER_CPU(unsigned long, trap_counts[UM_TRAPS]);

static void count_trap(enum um_trap trap)
{
	this_cpu_inc(trap_counts[trap]);
}

unsigned long um_trap_count(unsigned int cpu, enum um_trap trap)
{
	return READ_ONCE(per_cpu(trap_counts, cpu)[trap]);
}

/* A system call of the 32-bit interfaces, which we do not have: as on a kernel without them. */
static void foreign_call(struct pt_regs *regs)
{
	regs->ip -= 2;
	do_user_trap(regs, SIGSEGV, SI_KERNEL, 0);
}

/* The same access again: what was done about it did not reach the stub. */
static void note_fault(struct guest_slot *slot, unsigned long ip, unsigned long addr)
{
	if (slot->fault_ip == ip && slot->fault_addr == addr)
		WRITE_ONCE(slot->guest->distrust, true);
	slot->fault_ip = ip;
	slot->fault_addr = addr;
}

/*
 * RDTSC and RDTSCP, which trap with virtual time: a cycle is a nanosecond. Prefixed forms are
 * refused as if the processor had been told to.
 */
static bool emulate_tsc(struct pt_regs *regs)
{
	u8 code[3] = { 0 };
	u64 now;

	if (copy_from_user(code, (const void __user *)regs->ip, 2) || code[0] != 0x0f)
		return false;
	if (code[1] == 0x01 && copy_from_user(code + 2, (const void __user *)(regs->ip + 2), 1))
		return false;
	if (code[1] != 0x31 && !(code[1] == 0x01 && code[2] == 0xf9))
		return false;
	um_virtual_trap();
	now = um_virtual_ns();
	regs->ax = (u32)now;
	regs->dx = now >> 32;
	regs->ip += 2;
	if (code[1] == 0x01) {
		regs->cx = 0;
		regs->ip++;
	}
	return true;
}

static void make_syscall(struct guest_slot *slot, struct pt_regs *regs)
{
	regs->orig_ax = regs->ax;
	regs->ax = -ENOSYS;
	slot->fault_addr = 0;
	slot->faults = 0;
	if (um_virtual)
		um_virtual_trap();
	do_syscall_64(regs);
}

static void dispatch_frame(struct guest_slot *slot, struct thread_struct *thread)
{
	struct pt_regs *regs = &thread->regs;
	unsigned int uc = host_guest_config()->uc_offset;
	struct event event;

	event_load(slot, &event);
	switch (event.signr) {
	case SIGSYS:
		if (event.arch != ARCH_X86_64) {
			foreign_call(regs);
			return;
		}
		count_trap(UM_TRAP_SIGNAL_CALL);
		text_consider(slot->guest, regs->ip - 2);
		make_syscall(slot, regs);
		return;
	case SIGSEGV:
	case SIGBUS:
	case SIGFPE:
	case SIGILL:
	case SIGTRAP:
		count_trap(UM_TRAP_FAULT);
		thread->trap_nr = *slot_quad(slot, uc + UC_TRAP);
		thread->error_code = *slot_quad(slot, uc + UC_ERR);
		thread->cr2 = *slot_quad(slot, uc + UC_CR2);
		if (regs->ip == STUB_AT_tramp_self && trampoline_fix(slot, thread, event.signr))
			return;
		if (event.signr == SIGSEGV && thread->trap_nr == TRAP_PAGE_FAULT) {
			if (regs->ip == thread->cr2 && um_vsyscall(regs))
				return;
			note_fault(slot, regs->ip, thread->cr2);
			if (um_virtual && ++slot->faults == MAX_FAULTS) {
				um_virtual_overrun();
				slot->faults = 0;
			}
			do_user_page_fault(regs, thread->cr2, thread->error_code & 0x17);
		} else if (trampoline_fix(slot, thread, event.signr)) {
			return;
		} else if (um_virtual && thread->trap_nr == TRAP_GP && emulate_tsc(regs)) {
			return;
		} else if (event.signr == SIGTRAP && thread->trap_nr == TRAP_DEBUG) {
			do_user_debug(regs, event.code);
		} else {
			do_user_trap(regs, event.signr, event.code, event.addr);
		}
		return;
	default:
		/* SIGURG: a kick, and its reason is looked at on the way out. */
		return;
	}
}

/* What kind of event it was is read once; kinds that there are not mean nothing. */
static void dispatch(struct guest_slot *slot, struct thread_struct *thread, u32 kind)
{
	switch (kind) {
	case STUB_EVENT_FRAME:
		dispatch_frame(slot, thread);
		return;
	case STUB_EVENT_CALL:
		count_trap(UM_TRAP_SITE_CALL);
		if (slot->tramp_ip)
			make_syscall(slot, &thread->regs);
		else
			do_user_trap(&thread->regs, SIGSEGV, SI_KERNEL, 0);
		return;
	}
}

/* The registers of the event. => preemption off, the guest parked */
static u32 load_event(struct guest_slot *slot, struct thread_struct *thread)
{
	u32 kind = *slot_word(slot, SLOT_KIND);

	switch (kind) {
	case STUB_EVENT_FRAME:
		slot->in_trampoline = false;
		slot->tramp_ip = 0;
		frame_load(slot, thread);
		break;
	case STUB_EVENT_CALL:
		trampoline_load(slot, thread);
		break;
	case STUB_EVENT_LEFT:
		slot->in_trampoline = false;
		break;
	}
	return kind;
}

/* Makes current resumable. False: a signal was forced that says why not. */
static bool prepare(struct task_struct *task)
{
	struct guest *guest;

	if (thread_bind(task)) {
		pr_warn("%s[%d]: the host gives no guest process\n", task->comm, task->pid);
		force_sig(SIGKILL);
		return false;
	}
	guest = task->thread.slot->guest;
	if (guest_doomed(guest)) {
		force_sig(SIGKILL);
		return false;
	}
	if (task->thread.fpu_init) {
		trampoline_leave(task->thread.slot);
		fpu_slot_init(task->thread.slot);
		task->thread.fpu_init = false;
	}
	if (task->thread.fpu_next)
		fpu_slot_load_next(task);
	return true;
}

void user_mode_loop(void)
{
	struct task_struct *task = current;
	struct thread_struct *thread = &task->thread;

	for (;;) {
		bool ready = prepare(task), came;
		u32 kind = STUB_EVENT_KICK;

		exit_to_user_mode(&thread->regs);
		if (!ready || thread->fpu_init || thread->regs.ip >= CANONICAL_END) {
			local_irq_enable();
			if (thread->regs.ip >= CANONICAL_END)
				force_sig_fault(SIGSEGV, SI_KERNEL, NULL);
			continue;
		}
		if (thread->slot->in_trampoline &&
		    !trampoline_can_return(thread->slot, thread)) {
			local_irq_enable();
			trampoline_leave(thread->slot);
			continue;
		}
		/* A debugger shall meet the text as it is in the file. */
		if (unlikely(READ_ONCE(task->ptrace) && !thread->slot->guest->plain_text)) {
			local_irq_enable();
			um_text_plain(task->mm);
			continue;
		}
		if (wait_for_turn(thread->slot))
			continue;
		came = run_guest(thread->slot);
		if (came)
			kind = load_event(thread->slot, thread);
		preempt_enable();
		dispatch(thread->slot, thread, kind);
	}
}
