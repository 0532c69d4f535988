/* SPDX-License-Identifier: MIT */
/* Sets of CPUs: one word, since NR_CPUS is 64. */
#ifndef KERN_CPUMASK_H
#define KERN_CPUMASK_H

#include <kern/types.h>
#include <lib/bitops.h>
#include <um/percpu.h>

typedef struct cpumask {
	unsigned long bits[1];
} cpumask_t;

typedef struct cpumask cpumask_var_t[1];

/* possible: the command line's ncpus; online: those that run. Written during bring-up only. */
extern struct cpumask __cpu_possible_mask, __cpu_online_mask;
extern unsigned int nr_cpu_ids;

#define cpu_possible_mask ((const struct cpumask *)&__cpu_possible_mask)
#define cpu_present_mask cpu_possible_mask
#define cpu_online_mask ((const struct cpumask *)&__cpu_online_mask)
#define cpu_active_mask cpu_online_mask

#define cpumask_bits(mask) ((mask)->bits)
#define cpumask_of(cpu) ((const struct cpumask *)&(struct cpumask){ { 1UL << (cpu) } })

static inline unsigned int cpumask_size(void) { return sizeof(struct cpumask); }
static inline void cpumask_clear(struct cpumask *m) { m->bits[0] = 0; }
static inline void cpumask_setall(struct cpumask *m) { m->bits[0] = ~0UL >> (64 - nr_cpu_ids); }
static inline void cpumask_copy(struct cpumask *to, const struct cpumask *from) { to->bits[0] = READ_ONCE(from->bits[0]); }
static inline bool cpumask_empty(const struct cpumask *m) { return !READ_ONCE(m->bits[0]); }
static inline bool cpumask_equal(const struct cpumask *a, const struct cpumask *b) { return a->bits[0] == b->bits[0]; }
static inline bool cpumask_subset(const struct cpumask *a, const struct cpumask *b) { return !(a->bits[0] & ~b->bits[0]); }
static inline bool cpumask_intersects(const struct cpumask *a, const struct cpumask *b) { return a->bits[0] & b->bits[0]; }
static inline bool cpumask_test_cpu(unsigned int cpu, const struct cpumask *m) { return READ_ONCE(m->bits[0]) >> cpu & 1; }
static inline unsigned int cpumask_weight(const struct cpumask *m) { return hweight64(READ_ONCE(m->bits[0])); }

/* Atomic. */
static inline void cpumask_set_cpu(unsigned int cpu, struct cpumask *m)
{
	__atomic_fetch_or(&m->bits[0], 1UL << cpu, __ATOMIC_SEQ_CST);
}

static inline void cpumask_clear_cpu(unsigned int cpu, struct cpumask *m)
{
	__atomic_fetch_and(&m->bits[0], ~(1UL << cpu), __ATOMIC_SEQ_CST);
}

static inline bool cpumask_test_and_set_cpu(unsigned int cpu, struct cpumask *m)
{
	return __atomic_fetch_or(&m->bits[0], 1UL << cpu, __ATOMIC_SEQ_CST) >> cpu & 1;
}

static inline bool cpumask_test_and_clear_cpu(unsigned int cpu, struct cpumask *m)
{
	return __atomic_fetch_and(&m->bits[0], ~(1UL << cpu), __ATOMIC_SEQ_CST) >> cpu & 1;
}

/* => whether the result is not empty. */
static inline bool cpumask_and(struct cpumask *r, const struct cpumask *a, const struct cpumask *b)
{
	r->bits[0] = a->bits[0] & b->bits[0];
	return r->bits[0];
}

static inline void cpumask_or(struct cpumask *r, const struct cpumask *a, const struct cpumask *b)
{
	r->bits[0] = a->bits[0] | b->bits[0];
}

static inline bool cpumask_andnot(struct cpumask *r, const struct cpumask *a, const struct cpumask *b)
{
	r->bits[0] = a->bits[0] & ~b->bits[0];
	return r->bits[0];
}

/* The first CPU of the set after `cpu` (-1: from the start); nr_cpu_ids or more when there is none. */
static inline unsigned int cpumask_next(int cpu, const struct cpumask *m)
{
	unsigned long rest;

	if (cpu >= 63)
		return nr_cpu_ids;
	rest = READ_ONCE(m->bits[0]) & (~0UL << (cpu + 1));
	return rest ? (unsigned int)__builtin_ctzl(rest) : NR_CPUS;
}

static inline unsigned int cpumask_first(const struct cpumask *m) { return cpumask_next(-1, m); }
static inline unsigned int cpumask_any(const struct cpumask *m) { return cpumask_first(m); }

#define for_each_cpu(cpu, mask) \
	for ((cpu) = cpumask_first(mask); (cpu) < nr_cpu_ids; (cpu) = cpumask_next((int)(cpu), mask))
#define for_each_possible_cpu(cpu) for_each_cpu(cpu, cpu_possible_mask)
#define for_each_present_cpu(cpu) for_each_possible_cpu(cpu)
#define for_each_online_cpu(cpu) for_each_cpu(cpu, cpu_online_mask)

static inline bool cpu_online(unsigned int cpu) { return cpumask_test_cpu(cpu, cpu_online_mask); }
static inline bool cpu_possible(unsigned int cpu) { return cpumask_test_cpu(cpu, cpu_possible_mask); }
static inline unsigned int num_online_cpus(void) { return cpumask_weight(cpu_online_mask); }
static inline unsigned int num_possible_cpus(void) { return cpumask_weight(cpu_possible_mask); }
static inline unsigned int num_present_cpus(void) { return num_possible_cpus(); }

#endif
