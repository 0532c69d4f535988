// SPDX-License-Identifier: MIT
/*
 * Passing the turn between a vCPU's thread and the guest thread that it runs.
 *
 * Problem: where the two threads run and whether they sleep is worth a factor of three hundred.
 * Both spinning on two host cores, a round trip takes 0.13 us; on one core 1.7 by yielding, 2.7
 * by futex; waking a thread that sleeps on an idle core alone takes 40. But spinning wastes a
 * core that others want, and on a core with a third busy thread a yield may take milliseconds.
 *
 * So each slot is in one of two places, and has one of four policies, which the guest thread
 * reads from a page that it cannot write (SLEEP, YIELD, SPIN, LINGER):
 *
 *            many short runs, a host core to spare: ENTER
 *     home --------------------------------------------------> away
 *     same core as the vCPU; YIELD while yields are            any other core; SPIN
 *     quick, else SLEEP
 *          <--------------------------------------------------
 *            spins in vain, the task is away from the vCPU for long, no core to spare any more:
 *            LEAVE
 *
 * A task that is switched out and was back soon the last time LINGERs: its thread yields for as
 * long as it would have spun. So two tasks that wait for each other in turn share the other core,
 * and a switch between them costs a yield there, not a wake-up. Any other goes home and sleeps.
 *
 * Every wait that spins or yields is bounded and ends in a futex sleep, so nothing depends on
 * the policy being right, or on the host running both threads. Once away, a vCPU that has spun in
 * vain goes on waiting awake, but gives its core to others at every look: programs make calls in
 * bursts, and its wake-up on a core that fell idle would cost more than the burst has saved.
 * What decides is measured: a run that ends within HIT_CYCLES scores, one that outlasts the bound
 * costs what twenty gain, so a guest that computes, and one whose other core is taken by somebody
 * else (a second kernel, any program), come home; after each failure the slot stays home for
 * twice as long.
 *
 * A thread is bound to another core only while it sleeps, or while it is runnable on the very
 * core that its vCPU runs on (so it is not running): moving a running thread takes the host
 * milliseconds. The vCPU is bound while its guests run, or the host would move it away at each
 * wake; it is let go now and then, so that the host can balance its load.
 *
 * Locks: none. Fields of a slot belong to the task that owns it; `spinning` and um_idle_vcpus
 * are atomic counters, and only hints.
 */
#include <kern/init.h>
#include <kern/jiffies.h>
#include <kern/kernel.h>
#include <kern/task.h>
#include <um/irqflags.h>
#include <um/percpu.h>
#include <um/processor.h>
#include <um/setup.h>
#include <um/smp.h>
#include <um/virtual.h>
#include "../mm/guest.h"
#include "handover.h"
#include "turns.h"

/* Ticks that a busy vCPU stays on one core, and then runs where the host wants. */
#define STAY_TICKS (HZ / 5)
#define FREE_TICKS 2

/* Cycles of the time stamp counter; what they are in ns hardly matters. */
#define HIT_CYCLES 40000UL
/* Away, a vCPU waits awake for so long, though not spinning all the time. */
#define AWAKE_CYCLES (16UL * STUB_SPIN_CYCLES)
/* What a yield saves against a futex; yields live on what they have saved, up to a limit. */
#define YIELD_GAIN_CYCLES   3000
#define YIELD_FAIR_CYCLES   40000
#define YIELD_CREDIT_CYCLES 200000
#define YIELD_HOLDOFF_MAX   4096
#define YIELDS		    4

#define SCORE_MAX    64
#define SCORE_ENTER  48
#define SCORE_MISS   20 /* a run that outlasts the spin */
#define SCORE_SWITCH 10 /* the task left the vCPU, and did not come back soon */
/* Ticks at home after a failure: doubled by each, forgotten after so many hand-overs away. */
#define HOLDOFF_MIN    2
#define HOLDOFF_MAX    (4 * HZ)
#define HOLDOFF_FORGET 20000

/* What a hand-over costs more at home; rounds so long are not worth taking turns for (turns.c). */
#define HOME_CYCLES 6000UL
#define TURN_CYCLES (2 * HOME_CYCLES)

/* Not a core's number: bound to every core but this one. */
#define AWAY 0x10000

static DEFINE_PER_CPU(int, bound_core) = -1;
static DEFINE_PER_CPU(unsigned long, bound_until);
static DEFINE_PER_CPU(unsigned long, free_until);
static DEFINE_PER_CPU(u32, yields_off);	  /* hand-overs that are still to be made by futex */
static DEFINE_PER_CPU(s32, yield_credit); /* cycles */

static int spinning; /* slots that are away and have a vCPU */

static inline u64 cycles(void)
{
	return __builtin_ia32_rdtsc();
}

/* Under trap=ptrace a yield of the stub costs more than it saves. */
static bool yields_are_dear;

static void set_policy(struct guest_slot *slot, u8 policy)
{
	if (yields_are_dear && policy != STUB_POLICY_SPIN)
		policy = STUB_POLICY_SLEEP;
	__atomic_store_n(slot->guest->policies + slot->index, policy, __ATOMIC_RELAXED);
}

/* ---- where the vCPU runs ---- */

static void unbind_vcpu(void)
{
	if (this_cpu_read(bound_core) < 0)
		return;
	this_cpu_write(bound_core, -1);
	host_unplace();
}

/* Has another vCPU that is busy bound itself to this core? Then the host may part us. */
static bool core_is_taken(int core)
{
	for (unsigned int cpu = 0; cpu < um_nr_cpus(); cpu++) {
		if (cpu != raw_smp_processor_id() && READ_ONCE(per_cpu(bound_core, cpu)) == core &&
		    !READ_ONCE(per_cpu(um_idle, cpu)))
			return true;
	}
	return false;
}

/* The core that the vCPU is on; bound to it, unless it is time to let the host choose. */
static int bind_vcpu(bool stay)
{
	/* Bound, it cannot be elsewhere. */
	int bound = this_cpu_read(bound_core), core = bound >= 0 ? bound : (int)host_core();

	if (bound >= 0) {
		if (stay || time_before(jiffies, this_cpu_read(bound_until)))
			return core;
		unbind_vcpu();
		this_cpu_write(free_until, jiffies + FREE_TICKS);
		return host_core();
	}
	if (time_before(jiffies, this_cpu_read(free_until)) || core_is_taken(core))
		return core;
	host_place(0, core);
	this_cpu_write(bound_core, core);
	this_cpu_write(bound_until, jiffies + STAY_TICKS);
	return host_core();
}

/* ---- home and away ---- */

/* Is there a host core for which this kernel has no other use? mine: spinners that count as us. */
static bool core_to_spare(int mine)
{
	int busy = um_nr_cpus() - __atomic_load_n(&um_idle_vcpus, __ATOMIC_RELAXED);

	return busy + __atomic_load_n(&spinning, __ATOMIC_RELAXED) - mine < (int)host_cores();
}

static void go_home(struct guest_slot *slot)
{
	if (!slot->out_since)
		__atomic_fetch_sub(&spinning, 1, __ATOMIC_RELAXED);
	slot->away = false;
	set_policy(slot, STUB_POLICY_SLEEP);
}

/* It did not pay: not again for a while. */
static void fail(struct guest_slot *slot)
{
	go_home(slot);
	slot->score = 0;
	slot->home_until = jiffies + slot->holdoff;
	slot->holdoff = min(slot->holdoff * 2, HOLDOFF_MAX);
}

static void go_away(struct guest_slot *slot)
{
	__atomic_fetch_add(&spinning, 1, __ATOMIC_RELAXED);
	slot->away = true;
	slot->crowded = 0;
	slot->handovers = 0;
	/* It has to be woken on a core that may be idle: no measure. */
	slot->settling = true;
}

/* The task has a vCPU again, on this core: does its thread still wait awake where it shall? */
static void come_back(struct guest_slot *slot, int core)
{
	slot->back_soon = cycles() - slot->out_since < STUB_SPIN_CYCLES;
	if (!slot->back_soon)
		slot->score = max(slot->score - SCORE_SWITCH, -SCORE_MAX);
	if (slot->away && (!slot->back_soon || slot->core != (AWAY | core)))
		go_home(slot);
	else if (slot->away)
		__atomic_fetch_add(&spinning, 1, __ATOMIC_RELAXED);
	slot->out_since = 0;
}

/* Looked at once a tick: a shortage that lasts ends the spinning. */
static void check_crowd(struct guest_slot *slot)
{
	unsigned long now = jiffies;

	if (slot->checked == now)
		return;
	slot->checked = now;
	if (core_to_spare(1))
		slot->crowded = 0;
	else if (++slot->crowded > 1)
		go_home(slot);
}

static void choose(struct guest_slot *slot)
{
	if (slot->away) {
		if (slot->score < 0)
			fail(slot);
		else
			check_crowd(slot);
	} else if (slot->score >= SCORE_ENTER && !um_virtual && host_cores() > 1 && core_to_spare(0) &&
		   time_after_eq(jiffies, slot->home_until)) {
		go_away(slot);
	}
}

/*
 * How long a round takes at home, from one hand-over to the guest to the next: a mean of the last.
 * Rounds with a sleep or a wait in between are left out.
 */
static void note_round(struct guest_slot *slot, u64 now)
{
	u64 took;

	if (slot->round_began) {
		took = min_t(u64, now - slot->round_began, 16 * TURN_CYCLES) +
		       (slot->away ? HOME_CYCLES : 0);
		slot->round += (s64)(took - slot->round) / 16;
	}
	slot->round_began = now;
}

bool handover_wants_away(const struct guest_slot *slot)
{
	return !slot->away && slot->round < TURN_CYCLES && slot->score >= SCORE_ENTER &&
	       !um_virtual && host_cores() > 1 && !core_to_spare(0) &&
	       time_after_eq(jiffies, slot->home_until);
}

void handover_stay_home(struct guest_slot *slot)
{
	if (slot->away)
		go_home(slot);
	set_policy(slot, STUB_POLICY_SLEEP);
	slot->round_began = 0;
}

/* Binds the guest thread to where it belongs, if it can be moved now. */
static void place(struct guest_slot *slot, int core)
{
	int want = slot->away ? AWAY | core : core;

	if (slot->core == want)
		return;
	if (slot->core != core && !*slot_word(slot, SLOT_GUEST_SLEEPS))
		return;
	if (slot->away)
		host_place_elsewhere(slot->tid, core);
	else
		host_place(slot->tid, core);
	slot->core = want;
}

void handover_prepare(struct guest_slot *slot)
{
	int core;

	if (slot->out_since)
		come_back(slot, host_core());
	choose(slot);
	core = bind_vcpu(slot->away);
	place(slot, core);
	if (slot->away)
		set_policy(slot, STUB_POLICY_SPIN);
	else
		set_policy(slot, slot->core == core && !um_virtual && !this_cpu_read(yields_off) ?
					 STUB_POLICY_YIELD :
					 STUB_POLICY_SLEEP);
}

/* ---- waiting ---- */

/*
 * A yield took so long. Somebody else's time slice costs as many hand-overs by futex as it
 * would have taken to save it.
 */
static void judge_yield(u64 took)
{
	s64 lost = took > YIELD_FAIR_CYCLES ? took - YIELD_FAIR_CYCLES : 0;
	s64 credit = this_cpu_read(yield_credit) + YIELD_GAIN_CYCLES - lost;

	if (credit < 0) {
		this_cpu_write(yields_off, min(-credit / YIELD_GAIN_CYCLES + 1, YIELD_HOLDOFF_MAX));
		credit = 0;
	}
	this_cpu_write(yield_credit, min(credit, YIELD_CREDIT_CYCLES));
}

bool quick_yield(void)
{
	u64 start;

	if (this_cpu_read(yields_off))
		return false;
	start = cycles();
	host_yield();
	judge_yield(cycles() - start);
	return true;
}

static bool event_came(const struct guest_slot *slot)
{
	return __atomic_load_n(slot_word(slot, SLOT_EVENTS), __ATOMIC_ACQUIRE) != slot->seen;
}

static bool await_by_yield(struct guest_slot *slot)
{
	for (int i = 0; i < YIELDS; i++) {
		if (!quick_yield())
			break;
		if (event_came(slot))
			return true;
		if (this_cpu_read(um_irq_pending))
			break;
	}
	return false;
}

static bool await_by_spin(struct guest_slot *slot)
{
	u64 start = cycles();

	do {
		if (event_came(slot))
			return true;
		if (this_cpu_read(um_irq_pending))
			return false;
		if (cycles() - start < STUB_SPIN_CYCLES)
			cpu_relax();
		else if (!core_to_spare(1) || !quick_yield())
			break;
	} while (cycles() - start < AWAKE_CYCLES);
	slot->outlasted = true;
	return event_came(slot);
}

void handover_begin(struct guest_slot *slot, bool by_mapper)
{
	u32 off = this_cpu_read(yields_off);

	if (off)
		this_cpu_write(yields_off, off - 1);
	slot->by_mapper = by_mapper;
	slot->outlasted = false;
	slot->owner = current->pid;
	slot->runs++;
	guest_clock_note(slot->guest);
	WRITE_ONCE(slot->running, true);
	slot->released = cycles();
	note_round(slot, slot->released);
}

bool handover_await(struct guest_slot *slot)
{
	if (!slot->away)
		return await_by_yield(slot);
	if (slot->by_mapper) {
		/* The mapper wants this core first. */
		slot->by_mapper = false;
		if (!quick_yield())
			return false;
	}
	return await_by_spin(slot);
}

void handover_end(struct guest_slot *slot)
{
	u64 ran = cycles() - slot->released;

	WRITE_ONCE(slot->running, false);
	if (slot->settling) {
		slot->settling = false;
		return;
	}
	if (slot->outlasted || ran > (slot->away ? AWAKE_CYCLES : STUB_SPIN_CYCLES))
		slot->score = max(slot->score - SCORE_MISS, -SCORE_MAX);
	else if (slot->away || ran < HIT_CYCLES)
		slot->score = min(slot->score + 1, SCORE_MAX);
	if (slot->away && ++slot->handovers == HOLDOFF_FORGET)
		slot->holdoff = HOLDOFF_MIN;
}

/*
 * Another task gets the vCPU: the guest thread waits awake only if this is over soon, as it was
 * the last time. => run queue locked
 */
void um_switch_out(struct task_struct *task)
{
	struct guest_slot *slot = task->thread.slot;

	turns_release();
	if (!slot || slot->out_since)
		return;
	if (slot->away && slot->back_soon) {
		__atomic_fetch_sub(&spinning, 1, __ATOMIC_RELAXED);
		set_policy(slot, STUB_POLICY_LINGER);
	} else if (slot->away) {
		go_home(slot);
	} else {
		set_policy(slot, STUB_POLICY_SLEEP);
	}
	slot->out_since = cycles();
	slot->round_began = 0;
}

void handover_reset(struct guest_slot *slot)
{
	if (slot->away)
		go_home(slot);
	set_policy(slot, STUB_POLICY_SLEEP);
	slot->out_since = 0;
	slot->back_soon = false;
	slot->round_began = slot->round = 0;
	slot->score = 0;
	slot->holdoff = HOLDOFF_MIN;
	slot->home_until = jiffies;
}

static int handover_init(void)
{
	yields_are_dear = host_guest_config()->trap == HOST_TRAP_PTRACE;
	return 0;
}
early_initcall(handover_init);
