/* SPDX-License-Identifier: MIT */
/* Softirqs: work that interrupt handlers leave for the moment interrupts are on again; tasklets. */
#ifndef KERN_SOFTIRQ_H
#define KERN_SOFTIRQ_H

#include <kern/atomic.h>
#include <kern/preempt.h>
#include <kern/types.h>

enum {
	HI_SOFTIRQ,
	TIMER_SOFTIRQ,
	NET_TX_SOFTIRQ,
	NET_RX_SOFTIRQ,
	BLOCK_SOFTIRQ,
	IRQ_POLL_SOFTIRQ,
	TASKLET_SOFTIRQ,
	SCHED_SOFTIRQ,
	HRTIMER_SOFTIRQ,
	RCU_SOFTIRQ,
	NR_SOFTIRQS
};

extern const char *const softirq_to_name[NR_SOFTIRQS];

/* action runs with interrupts on and softirqs off, on the CPU that raised. */
void open_softirq(int nr, void (*action)(void));
/* => any context. */
void raise_softirq(unsigned int nr);
/* => interrupts masked. */
void raise_softirq_irqoff(unsigned int nr);
void __raise_softirq_irqoff(unsigned int nr);
bool local_softirq_pending(void);
/* Runs what is pending. => task or interrupt exit, not nested. */
void do_softirq(void);
unsigned int kstat_softirqs_cpu(unsigned int nr, unsigned int cpu);
void softirq_init(void);

struct tasklet_struct {
	struct tasklet_struct *next;
	unsigned long state;		/* atomic: TASKLET_STATE_* */
	atomic_t count;			/* nonzero: disabled */
	void (*callback)(struct tasklet_struct *t);
};

enum {
	TASKLET_STATE_SCHED,		/* queued */
	TASKLET_STATE_RUN,		/* its callback runs */
};

#define DECLARE_TASKLET(name, fn) struct tasklet_struct name = { .count = ATOMIC_INIT(0), .callback = (fn) }
void tasklet_setup(struct tasklet_struct *t, void (*callback)(struct tasklet_struct *));
void tasklet_schedule(struct tasklet_struct *t);
void tasklet_hi_schedule(struct tasklet_struct *t);
/* Waits until it neither runs nor is queued. => may sleep. */
void tasklet_kill(struct tasklet_struct *t);
void tasklet_disable(struct tasklet_struct *t);
void tasklet_enable(struct tasklet_struct *t);
#define from_tasklet(var, t, field) container_of(t, __typeof__(*var), field)

#endif
