// SPDX-License-Identifier: MIT
/*
 * Reports of races. They are found anywhere, under the log's own locks too; so a race is put into a
 * small ring without a lock, and an irq_work writes it to the log at the next moment with interrupts
 * on. A pair of places is printed once.
 */
#include "internal.h"

#include <kern/barrier.h>
#include <kern/irq_work.h>
#include <kern/kallsyms.h>
#include <kern/kernel.h>
#include <kern/preempt.h>
#include <kern/printk.h>
#include <kern/task.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <um/percpu.h>
#include <um/setup.h>

#define RING 16
#define PAIRS 1024

enum { ENTRY_FREE, ENTRY_FILLING, ENTRY_READY };

static struct {
	unsigned int state;		/* x: ENTRY_* */
	struct kcsan_race race;		/* whose state it is: the finder, then the printer */
} ring[RING];

static unsigned long pairs[PAIRS];	/* x: hashes of printed pairs; 0: none */
/* What kcsan_count_races() wants: written while no race on it can be found. */
static struct {
	unsigned long start, end;
	unsigned int races;		/* x */
} counted;
static unsigned int lost_count;		/* x: found when the ring was full */

static void print_races(struct irq_work *work);
static DEFINE_IRQ_WORK(print_work, print_races);

void kcsan_count_races(const volatile void *object, size_t size)
{
	WRITE_ONCE(counted.start, (unsigned long)object);
	WRITE_ONCE(counted.end, (unsigned long)object + size);
	WRITE_ONCE(counted.races, 0);
}

unsigned int kcsan_races_counted(void)
{
	return READ_ONCE(counted.races);
}

/* The stack from the access on: what lies below it is the sanitizer's own. */
void kcsan_note_side(struct kcsan_side *side, unsigned long addr, size_t size, unsigned int type,
		     unsigned long ip)
{
	unsigned long stack[KCSAN_STACK_MAX + 8];
	unsigned int depth = um_stack_trace(stack, ARRAY_SIZE(stack)), skip = 0;

	while (skip < depth && stack[skip] != ip)
		skip++;
	side->addr = addr;
	side->size = size;
	side->type = type;
	side->cpu = raw_smp_processor_id();
	side->pid = in_task() ? current->pid : 0;
	side->stack[0] = ip;
	side->depth = 1;
	for (skip++; skip < depth && side->depth < KCSAN_STACK_MAX; skip++)
		side->stack[side->depth++] = stack[skip];
}

/* True when this pair of places is new. */
static bool remember(const struct kcsan_race *race)
{
	unsigned long a = race->first.stack[0], b = race->second.stack[0];
	unsigned long hash = (a ^ b) * 0x9e3779b97f4a7c15UL + a + b;

	for (unsigned int i = 0; i < PAIRS; i++) {
		unsigned long *pair = &pairs[(hash + i) % PAIRS], old = 0;

		if (__atomic_compare_exchange_n(pair, &old, hash, false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			return true;
		if (old == hash)
			return false;
	}
	return false;
}

void kcsan_report(const struct kcsan_race *race)
{
	unsigned long addr = race->first.addr;

	if (addr >= READ_ONCE(counted.start) && addr < READ_ONCE(counted.end))
		__atomic_fetch_add(&counted.races, 1, __ATOMIC_RELAXED);
	if (!remember(race))
		return;
	for (unsigned int i = 0; i < RING; i++) {
		unsigned int state = ENTRY_FREE;

		if (!__atomic_compare_exchange_n(&ring[i].state, &state, ENTRY_FILLING, false,
						 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			continue;
		ring[i].race = *race;
		smp_store_release(&ring[i].state, ENTRY_READY);
		irq_work_queue(&print_work);
		return;
	}
	__atomic_fetch_add(&lost_count, 1, __ATOMIC_RELAXED);
}

static const char *kind(unsigned int type)
{
	static const char *const names[] = {
		"read", "write", "read (marked)", "write (marked)",
		"claim: no writer", "claim: no access", "claim", "claim",
	};

	return names[type & 7];
}

static void print_side(const struct kcsan_side *side)
{
	char symbol[KSYM_SYMBOL_LEN];

	if (side->pid)
		pr_err("%s at 0x%lx of %zu bytes by task %d on cpu %u:\n", kind(side->type),
		       side->addr, side->size, side->pid, side->cpu);
	else
		pr_err("%s at 0x%lx of %zu bytes by interrupt on cpu %u:\n", kind(side->type),
		       side->addr, side->size, side->cpu);
	for (unsigned int i = 0; i < side->depth; i++) {
		sprint_symbol(symbol, side->stack[i]);
		pr_err(" [<%lx>] %s\n", side->stack[i], symbol);
	}
}

static void print_race(const struct kcsan_race *race)
{
	char first[KSYM_SYMBOL_LEN], second[KSYM_SYMBOL_LEN];

	sprint_symbol(first, race->first.stack[0]);
	sprint_symbol(second, race->second.stack[0]);
	pr_err("==================================================================\n");
	pr_err("BUG: KCSAN: data race in %s / %s\n", first, second);
	print_side(&race->second);
	print_side(&race->first);
	if (race->changed)
		pr_err("value changed: 0x%llx -> 0x%llx\n", race->before, race->after);
	pr_err("==================================================================\n");
}

static void print_races(struct irq_work *work)
{
	unsigned int lost = __atomic_exchange_n(&lost_count, 0, __ATOMIC_RELAXED);

	for (unsigned int i = 0; i < RING; i++) {
		if (smp_load_acquire(&ring[i].state) != ENTRY_READY)
			continue;
		print_race(&ring[i].race);
		smp_store_release(&ring[i].state, ENTRY_FREE);
	}
	if (lost)
		pr_err("BUG: KCSAN: %u more races, lost\n", lost);
}
