/* SPDX-License-Identifier: MIT */
/* High-resolution timers: nanoseconds, on any of the clocks, on a red-black tree per CPU. */
#ifndef KERN_HRTIMER_H
#define KERN_HRTIMER_H

#include <kern/ktime.h>
#include <kern/types.h>
#include <lib/rbtree.h>

struct hrtimer_clock_base;
struct task_struct;

enum hrtimer_restart {
	HRTIMER_NORESTART,
	HRTIMER_RESTART,	/* the function has moved the expiry (hrtimer_forward) */
};

enum hrtimer_mode {
	HRTIMER_MODE_ABS = 0,
	HRTIMER_MODE_REL = 1,
	HRTIMER_MODE_PINNED = 2,
	HRTIMER_MODE_SOFT = 4,
	HRTIMER_MODE_HARD = 8,
	HRTIMER_MODE_ABS_PINNED = HRTIMER_MODE_ABS | HRTIMER_MODE_PINNED,
	HRTIMER_MODE_REL_PINNED = HRTIMER_MODE_REL | HRTIMER_MODE_PINNED,
	HRTIMER_MODE_ABS_SOFT = HRTIMER_MODE_ABS | HRTIMER_MODE_SOFT,
	HRTIMER_MODE_REL_SOFT = HRTIMER_MODE_REL | HRTIMER_MODE_SOFT,
};

/*
 * (b) the base's CPU lock. function runs in interrupt context, interrupts masked, no lock held.
 */
struct hrtimer {
	struct rb_node node;				/* b */
	ktime_t expires;				/* b: on its clock */
	ktime_t softexpires;				/* b: may fire from here on */
	enum hrtimer_restart (*function)(struct hrtimer *timer);
	struct hrtimer_clock_base *base;		/* b: changes when it moves to another CPU */
	bool queued;					/* b */
	bool is_rel;					/* b */
};

void hrtimer_init(struct hrtimer *timer, clockid_t clock, enum hrtimer_mode mode);
void hrtimer_setup(struct hrtimer *timer, enum hrtimer_restart (*fn)(struct hrtimer *),
		   clockid_t clock, enum hrtimer_mode mode);
#define hrtimer_setup_on_stack(timer, fn, clock, mode) hrtimer_setup(timer, fn, clock, mode)
#define hrtimer_init_on_stack(timer, clock, mode) hrtimer_init(timer, clock, mode)
#define destroy_hrtimer_on_stack(timer) do { (void)(timer); } while (0)

/* => any context. Starts or moves the timer on this CPU. */
void hrtimer_start_range_ns(struct hrtimer *timer, ktime_t time, u64 delta_ns, enum hrtimer_mode mode);
static inline void hrtimer_start(struct hrtimer *timer, ktime_t time, enum hrtimer_mode mode)
{
	hrtimer_start_range_ns(timer, time, 0, mode);
}

#define hrtimer_start_expires(timer, mode) hrtimer_start(timer, (timer)->expires, mode)
static inline void hrtimer_restart(struct hrtimer *timer)
{
	hrtimer_start(timer, timer->expires, HRTIMER_MODE_ABS);
}

/* 1: was active; 0: was not; try: -1: its function runs now. hrtimer_cancel waits for the function. */
int hrtimer_cancel(struct hrtimer *timer);
int hrtimer_try_to_cancel(struct hrtimer *timer);
bool hrtimer_active(const struct hrtimer *timer);
bool hrtimer_is_queued(const struct hrtimer *timer);
bool hrtimer_callback_running(const struct hrtimer *timer);

/* Moves the expiry past now by whole intervals; how many. => not queued, or in its function. */
u64 hrtimer_forward(struct hrtimer *timer, ktime_t now, ktime_t interval);
u64 hrtimer_forward_now(struct hrtimer *timer, ktime_t interval);

ktime_t hrtimer_get_remaining(const struct hrtimer *timer);
/* The same; never 0 for a relative timer that runs. */
#define hrtimer_expires_remaining(timer) hrtimer_get_remaining(timer)
ktime_t hrtimer_cb_get_time(const struct hrtimer *timer);
#define hrtimer_set_expires(timer, time) ((timer)->softexpires = (timer)->expires = (time))
#define hrtimer_set_expires_range_ns(timer, time, delta) \
	((timer)->softexpires = (time), (timer)->expires = ktime_add_safe(time, ns_to_ktime(delta)))
#define hrtimer_add_expires(timer, time) \
	((timer)->expires = ktime_add_safe((timer)->expires, time), (timer)->softexpires = (timer)->expires)
#define hrtimer_get_expires(timer) ((timer)->expires)
#define hrtimer_get_softexpires(timer) ((timer)->softexpires)
int hrtimer_get_res(clockid_t clock, struct timespec64 *res);

/* A sleeping task and its timer. task is NULL once the timer fired. */
struct hrtimer_sleeper {
	struct hrtimer timer;
	struct task_struct *task;
};
void hrtimer_setup_sleeper_on_stack(struct hrtimer_sleeper *sl, clockid_t clock, enum hrtimer_mode mode);
void hrtimer_sleeper_start_expires(struct hrtimer_sleeper *sl, enum hrtimer_mode mode);

/* Sleep until a time; state set by the caller. 0 when it came, -EINTR when woken earlier. NULL: for ever. */
int schedule_hrtimeout(ktime_t *expires, const enum hrtimer_mode mode);
int schedule_hrtimeout_range(ktime_t *expires, u64 delta, const enum hrtimer_mode mode);
int schedule_hrtimeout_range_clock(ktime_t *expires, u64 delta, const enum hrtimer_mode mode, clockid_t clock);

void hrtimers_init(void);
/* CLOCK_REALTIME was stepped. => task context. */
void clock_was_set(void);
/* fs/vfs/timerfd.c: timers with TFD_TIMER_CANCEL_ON_SET hear of it. */
void timerfd_clock_was_set(void);

#endif
