// SPDX-License-Identifier: MIT
/*
 * The kernel concurrency sanitizer (KCSAN): finds data races by catching them in the act.
 *
 * The compiler (-fsanitize=thread) calls us before each access to memory (runtime.c). Now and then
 * a CPU sets a watchpoint on what it is about to touch and waits for a moment. An
 * access by another CPU that conflicts with a watchpoint (same bytes, one of the two a write)
 * consumes it and leaves its own stack; the waiter then reports both (report.c). Nothing has to be
 * known of locks, RCU, barriers or context switches: two accesses that meet were not ordered by
 * anything. So what it reports is true, and what it does not is not proved.
 *
 * Marked accesses (READ_ONCE(), WRITE_ONCE(), atomic operations) are no data race among
 * themselves; they set no watchpoints but run into those of plain accesses. Readers and writers of
 * sequence counts count as marked between begin and retry or end. By default, as in the
 * kernels that have KCSAN:
 *   - a plain aligned write of up to 8 bytes counts as marked (kcsan.strict=1: it does not);
 *   - a race is reported when the value was seen to change (kcsan.strict=1: always);
 *   - interrupts are masked while one waits (kcsan.interrupts=1: they are not, so that an
 *     interrupt of the same CPU is caught too).
 *
 * A watchpoint's states, all by atomic operations on one word (encoding.h):
 *
 *   FREE --insert--> watched --remove--> FREE             (nobody came)
 *                       |
 *                       +--consume--> CONSUMED --> FREE   (by the owner, once meet[] is whole)
 *
 * What is rarely executed would rarely be watched: places in the code that were watched often are
 * passed over for others, the more so the more often.
 *
 * Accesses meet only if somebody runs while one waits: few wait at a time (kcsan.watchers=2), and
 * who waits yields the host's core.
 *
 * Nothing here is instrumented, takes a lock or allocates. A count of each task, and of each CPU's
 * interrupts, turns checks off: for data_race(), and while the detector calls instrumented code.
 */
#include "encoding.h"
#include "internal.h"

#include <kern/barrier.h>
#include <kern/init.h>
#include <kern/preempt.h>
#include <kern/printk.h>
#include <kern/task.h>
#include <um/irqflags.h>
#include <um/processor.h>

/* Cycles of the time stamp counter that a watchpoint stands, about 80 us; a quarter in interrupts. */
#define DELAY_CYCLES 200000U
/* Rounds that the owner of a consumed watchpoint waits for the other side's stack. */
#define MEET_ROUNDS 10000000UL

static bool kcsan_off;		/* i: parameters */
static bool kcsan_strict;
static bool kcsan_interrupts;
static unsigned int kcsan_skip = 20;
static unsigned int kcsan_watchers = 2;
static unsigned int kcsan_delay = DELAY_CYCLES;
module_param_named(kcsan.off, kcsan_off, bool, 0);
module_param_named(kcsan.strict, kcsan_strict, bool, 0);
module_param_named(kcsan.interrupts, kcsan_interrupts, bool, 0);
module_param_named(kcsan.skip, kcsan_skip, uint, 0);
module_param_named(kcsan.watchers, kcsan_watchers, uint, 0);
module_param_named(kcsan.delay, kcsan_delay, uint, 0);

static bool ready;		/* i: all CPUs run */
static bool kcsan_on;		/* ready, and not paused */
static unsigned int watchers;	/* x: CPUs that wait beside a watchpoint */

static unsigned long watchpoints[WATCH_TABLE];

/* Who consumed watchpoint i: written by the consumer, then by the owner once `whole`. */
static struct {
	unsigned int whole;
	struct kcsan_side side;
} meet[WATCH_TABLE];

/* How often code at an address was watched, by a hash of it; a hint, written by all CPUs. */
#define PLACE_BITS 14
#define PLACE_HALVES 8		/* after so many times it is watched half as often */
#define PLACE_MOST (12 * PLACE_HALVES)
static u8 place_watched[1 << PLACE_BITS];

static DEFINE_PER_CPU(int, skip_left);
static DEFINE_PER_CPU(u32, random_state);
static DEFINE_PER_CPU(struct kcsan_ctx, interrupt_ctx);

/* => any context: a task's is the task's, an interrupt's does not move */
static __always_inline struct kcsan_ctx *get_ctx(void)
{
	return in_task() ? &current->kcsan : this_cpu_ptr(&interrupt_ctx);
}

void kcsan_disable_current(void)
{
	get_ctx()->disabled++;
}

void kcsan_enable_current(void)
{
	get_ctx()->disabled--;
}

void kcsan_atomic_next(int n)
{
	get_ctx()->atomic_next = n;
}

void kcsan_nestable_atomic_begin(void)
{
	get_ctx()->atomic_nest++;
}

void kcsan_nestable_atomic_end(void)
{
	get_ctx()->atomic_nest--;
}

static u32 chance(void)
{
	u32 x = this_cpu_read(random_state) * 1664525U + 1013904223U + raw_smp_processor_id();

	this_cpu_write(random_state, x);
	return x >> 8;
}

/* A little chance keeps loops from being watched in step. */
static void reset_skip(void)
{
	this_cpu_write(skip_left, (int)(kcsan_skip / 2 + chance() % (kcsan_skip + 1UL)));
}

/*
 * May this place be watched now? The more often it was, the less likely; but one that hardly ever
 * was need not wait until the others are done. => true: watchers counted
 */
static bool choose_place(unsigned long ip)
{
	u8 *times = &place_watched[(ip * 0x9e3779b97f4a7c15UL) >> (64 - PLACE_BITS)];
	u8 so_often = READ_ONCE(*times);
	unsigned int limit = so_often < PLACE_HALVES ? 2 * kcsan_watchers : kcsan_watchers;

	if (chance() & ((1U << so_often / PLACE_HALVES) - 1))
		return false;
	if (__atomic_fetch_add(&watchers, 1, __ATOMIC_RELAXED) >= limit) {
		__atomic_fetch_sub(&watchers, 1, __ATOMIC_RELAXED);
		return false;
	}
	if (so_often < PLACE_MOST)
		WRITE_ONCE(*times, so_often + 1);
	return true;
}

/* The slot of a watchpoint that this access runs into, or -1. */
static __always_inline int find_watchpoint(unsigned long addr, size_t size, bool write,
					   unsigned long *watch)
{
	unsigned int slot = watch_slot(addr);

	for (unsigned int i = slot; i < slot + WATCH_NEAR; i++) {
		*watch = READ_ONCE(watchpoints[i]);
		if (unlikely(watch_conflicts(*watch, addr, size, write)))
			return (int)i;
	}
	return -1;
}

static int insert_watchpoint(unsigned long addr, unsigned long watch)
{
	unsigned int slot = watch_slot(addr);

	for (unsigned int i = slot; i < slot + WATCH_NEAR; i++) {
		unsigned long old = WATCH_FREE;

		if (__atomic_compare_exchange_n(&watchpoints[i], &old, watch, false,
						__ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
			return (int)i;
	}
	return -1;
}

/* => interrupts masked: who consumed must come to the end. */
static noinline void consume_watchpoint(int slot, unsigned long watch, unsigned long addr,
					size_t size, unsigned int type, unsigned long ip)
{
	struct kcsan_ctx *ctx = get_ctx();

	if (ctx->disabled ||
	    !__atomic_compare_exchange_n(&watchpoints[slot], &watch, WATCH_CONSUMED, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		return;
	ctx->disabled++;
	kcsan_note_side(&meet[slot].side, addr, size, type, ip);
	smp_store_release(&meet[slot].whole, 1);
	ctx->disabled--;
}

/* True: another access ran into it, and *other tells which. The slot is free afterwards. */
static bool remove_watchpoint(int slot, unsigned long watch, struct kcsan_side *other)
{
	if (__atomic_compare_exchange_n(&watchpoints[slot], &watch, WATCH_FREE, false,
					__ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		return false;
	for (unsigned long n = 0; !smp_load_acquire(&meet[slot].whole); n++) {
		if (n == MEET_ROUNDS)
			return false;	/* the host stopped it: this slot is lost */
		um_spin_wait(n);
	}
	*other = meet[slot].side;
	meet[slot].whole = 0;
	smp_store_release(&watchpoints[slot], WATCH_FREE);
	return true;
}

static u64 read_value(const volatile void *ptr, size_t size)
{
	switch (size) {
	case 1: return *(const volatile u8 *)ptr;
	case 2: return *(const volatile u16 *)ptr;
	case 4: return *(const volatile u32 *)ptr;
	case 8: return *(const volatile u64 *)ptr;
	default: return 0;
	}
}

/* Others rarely touch what lies on this stack, and then it is their accesses that are watched. */
static bool on_own_stack(unsigned long addr)
{
	return addr - (unsigned long)current->stack < UM_KSTACK_SIZE;
}

/* Gives the host core away in between: the other side may need it. */
static void stand(void)
{
	u64 cycles = in_task() ? kcsan_delay : kcsan_delay / 4;
	u64 start = __builtin_ia32_rdtsc();

	for (unsigned long n = 0; __builtin_ia32_rdtsc() - start < cycles; n++)
		um_spin_wait(n);
}

static void watch(int slot, unsigned long encoded, const volatile void *ptr, size_t size,
		  unsigned int type, unsigned long ip)
{
	bool claim = type & KCSAN_ACCESS_ASSERT, met;
	struct kcsan_race race;

	race.before = read_value(ptr, size);
	stand();
	race.after = read_value(ptr, size);
	race.changed = race.before != race.after;
	met = remove_watchpoint(slot, encoded, &race.second);
	if (!met || !(race.changed || claim || kcsan_strict))
		return;
	kcsan_note_side(&race.first, (unsigned long)ptr, size, type, ip);
	kcsan_report(&race);
}

/* => interrupts masked */
static noinline void setup_watchpoint(const volatile void *ptr, size_t size, unsigned int type,
				      unsigned long ip, bool open)
{
	unsigned long addr = (unsigned long)ptr;
	unsigned long encoded = watch_encode(addr, size, type & KCSAN_ACCESS_WRITE);
	struct kcsan_ctx *ctx = get_ctx();
	int slot;

	reset_skip();
	if (ctx->disabled || !watch_encodable(addr, size) || on_own_stack(addr) || !choose_place(ip))
		return;
	slot = insert_watchpoint(addr, encoded);
	if (slot < 0)
		goto out;
	ctx->disabled++;
	if (open && kcsan_interrupts && in_task()) {
		local_irq_enable();
		watch(slot, encoded, ptr, size, type, ip);
		local_irq_disable();
	} else {
		watch(slot, encoded, ptr, size, type, ip);
	}
	ctx->disabled--;
out:
	__atomic_fetch_sub(&watchers, 1, __ATOMIC_RELAXED);
}

/* Inside a region whose plain accesses count as marked? */
static __always_inline bool in_atomic_region(void)
{
	struct kcsan_ctx *ctx = get_ctx();

	if (unlikely(ctx->atomic_next > 0)) {
		ctx->atomic_next--;
		return true;
	}
	return unlikely(ctx->atomic_nest > 0);
}

/* Is this one plain, so that it may be watched? */
static __always_inline bool is_plain(const volatile void *ptr, size_t size, unsigned int type)
{
	if (type & KCSAN_ACCESS_ASSERT)
		return true;
	if (type & KCSAN_ACCESS_ATOMIC)
		return false;
	if (type & KCSAN_ACCESS_WRITE && !kcsan_strict && size <= sizeof(long) &&
	    !((unsigned long)ptr & (size - 1)))
		return false;
	return !in_atomic_region();
}

void kcsan_access(const volatile void *ptr, size_t size, unsigned int type, unsigned long ip)
{
	unsigned long watch_word, flags;
	bool write = type & KCSAN_ACCESS_WRITE;
	int slot;

	if (unlikely(!READ_ONCE(kcsan_on)))
		return;
	slot = find_watchpoint((unsigned long)ptr, size, write, &watch_word);
	if (likely(slot < 0 &&
		   (!is_plain(ptr, size, type) || this_cpu_dec_return(skip_left) >= 0)))
		return;
	local_irq_save(flags);
	if (slot >= 0)
		consume_watchpoint(slot, watch_word, (unsigned long)ptr, size, type, ip);
	else
		setup_watchpoint(ptr, size, type, ip, !irqs_disabled_flags(flags));
	local_irq_restore(flags);
}

void kcsan_pause(bool paused)
{
	WRITE_ONCE(kcsan_on, ready && !paused);
}

static int __init kcsan_init(void)
{
	if (kcsan_off)
		return 0;
	pr_info("kcsan: on%s, one access of %u\n", kcsan_strict ? ", strict" : "", kcsan_skip);
	WRITE_ONCE(ready, true);
	WRITE_ONCE(kcsan_on, true);
	return 0;
}
core_initcall(kcsan_init);
