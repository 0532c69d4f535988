/* SPDX-License-Identifier: MIT */
/* Timers with the resolution of a tick: cheap to start and to stop. */
#ifndef KERN_TIMER_H
#define KERN_TIMER_H

#include <kern/jiffies.h>
#include <kern/types.h>
#include <lib/list.h>

struct timer_base;

/* Fields: base->lock. */
struct timer_list {
	struct hlist_node entry;	/* hashed: pending */
	unsigned long expires;		/* jiffies */
	void (*function)(struct timer_list *timer);	/* softirq; may start the timer again or free it */
	u32 flags;			/* TIMER_* and the CPU of its base */
};

#define TIMER_CPUMASK 0x0003ffffU
#define TIMER_MIGRATING 0x00040000U
#define TIMER_DEFERRABLE 0x00080000U
#define TIMER_PINNED 0x00100000U
#define TIMER_IRQSAFE 0x00200000U	/* runs with interrupts masked */

#define __TIMER_INITIALIZER(fn, timer_flags) { .function = (fn), .flags = (timer_flags) }
#define DEFINE_TIMER(name, fn) struct timer_list name = __TIMER_INITIALIZER(fn, 0)

void timer_init_key(struct timer_list *timer, void (*fn)(struct timer_list *), unsigned int flags);
#define timer_setup(timer, fn, flags) timer_init_key(timer, fn, flags)
#define timer_setup_on_stack(timer, fn, flags) timer_init_key(timer, fn, flags)
#define destroy_timer_on_stack(timer) do { (void)(timer); } while (0)
#define from_timer(var, timer, field) container_of(timer, __typeof__(*var), field)
#define timer_container_of(var, timer, field) container_of(timer, __typeof__(*var), field)

static inline bool timer_pending(const struct timer_list *timer)
{
	return READ_ONCE(timer->entry.pprev) != NULL;
}

/* => any context. mod_timer: 1 when it was pending. */
void add_timer(struct timer_list *timer);
void add_timer_on(struct timer_list *timer, int cpu);
int mod_timer(struct timer_list *timer, unsigned long expires);
int mod_timer_pending(struct timer_list *timer, unsigned long expires);
int timer_reduce(struct timer_list *timer, unsigned long expires);
/* Stops it: 1 when it was pending. Its function may still run on another CPU. => any context. */
int timer_delete(struct timer_list *timer);
/* Also waits for the function. => not from the function, nor holding what it takes. */
int timer_delete_sync(struct timer_list *timer);
/* -1 when the function runs just now. */
int try_to_del_timer_sync(struct timer_list *timer);
/* The same, and it can never be started again. */
int timer_shutdown_sync(struct timer_list *timer);
#define del_timer(timer) timer_delete(timer)
#define del_timer_sync(timer) timer_delete_sync(timer)

void timers_init(void);
/* The tick's: runs what is due. => interrupt context. */
void run_local_timers(void);
/* When this CPU's next timer is due, ns of CLOCK_MONOTONIC, or KTIME_MAX. => interrupts masked. */
u64 timer_next_event(void);

unsigned long round_jiffies(unsigned long j);
unsigned long round_jiffies_relative(unsigned long j);

/* Sleeps; jiffies left. The task's state is set by the caller for schedule_timeout(). */
#define MAX_SCHEDULE_TIMEOUT LONG_MAX
long schedule_timeout(long timeout);
long schedule_timeout_interruptible(long timeout);
long schedule_timeout_killable(long timeout);
long schedule_timeout_uninterruptible(long timeout);
long schedule_timeout_idle(long timeout);
void msleep(unsigned int msecs);
unsigned long msleep_interruptible(unsigned int msecs);
void usleep_range(unsigned long min_us, unsigned long max_us);
void fsleep(unsigned long us);

#endif
