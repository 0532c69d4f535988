// SPDX-License-Identifier: MIT
/*
 * What an operation costs among N other objects, for N from 10 to 100,000: curves=1 measures once
 * the kernel is up and prints "curve NAME N NANOSECONDS" for each, the least of several rounds.
 * tools/bench --curves draws them (docs/performance.md).
 */
#include <kern/delay.h>
#include <kern/errno.h>
#include <kern/hrtimer.h>
#include <kern/init.h>
#include <kern/kthread.h>
#include <kern/moduleparam.h>
#include <kern/printk.h>
#include <kern/sched.h>
#include <kern/timekeeping.h>
#include <kern/timer.h>
#include <lib/string.h>
#include <lib/xarray.h>
#include <mm/gfp.h>
#include <mm/slab.h>

#define ROUNDS 5
#define OPERATIONS 400

static unsigned int curves_wanted;
module_param_named(curves, curves_wanted, uint, 0444);

static const unsigned int sizes[] = { 10, 100, 1000, 10000, 100000 };

/* A kind of object: `fill` makes n of them (0 or -errno), `operate` does OPERATIONS operations. */
struct curve {
	const char *name;
	unsigned int most;		/* objects that it can do with */
	int (*fill)(unsigned int n);
	void (*operate)(unsigned int n);
	void (*empty)(unsigned int n);
};

static void **objects;

static unsigned int scatter(unsigned int i, unsigned int n)
{
	return (i * 2654435761U) % n;
}

/* ---- slab ---- */

static int fill_slab(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		objects[i] = kmalloc(192, GFP_KERNEL);
		if (!objects[i])
			return -ENOMEM;
	}
	return 0;
}

static void operate_slab(unsigned int n)
{
	for (unsigned int i = 0; i < OPERATIONS; i++) {
		unsigned int at = scatter(i, n);

		kfree(objects[at]);
		objects[at] = kmalloc(192, GFP_KERNEL);
	}
}

static void empty_slab(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		kfree(objects[i]);
}

/* ---- buddy: blocks of two pages, which no per-CPU list keeps ---- */

static int fill_buddy(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		objects[i] = alloc_pages(GFP_KERNEL | __GFP_NORETRY, 1);
		if (!objects[i])
			return -ENOMEM;
	}
	return 0;
}

static void operate_buddy(unsigned int n)
{
	for (unsigned int i = 0; i < OPERATIONS; i++) {
		unsigned int at = scatter(i, n);

		if (objects[at])
			__free_pages(objects[at], 1);
		objects[at] = alloc_pages(GFP_KERNEL, 1);
	}
}

static void empty_buddy(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		if (objects[i])
			__free_pages(objects[i], 1);
	}
}

/* ---- timers ---- */

static struct timer_list *wheel;
static struct hrtimer *precise;

static void never(struct timer_list *timer)
{
}

static enum hrtimer_restart never_precise(struct hrtimer *timer)
{
	return HRTIMER_NORESTART;
}

static int fill_wheel(unsigned int n)
{
	wheel = kvmalloc_array(n, sizeof(*wheel), GFP_KERNEL);
	if (!wheel)
		return -ENOMEM;
	for (unsigned int i = 0; i < n; i++) {
		timer_setup(&wheel[i], never, 0);
		mod_timer(&wheel[i], jiffies + 1000 * HZ + scatter(i, n));
	}
	return 0;
}

static void operate_wheel(unsigned int n)
{
	for (unsigned int i = 0; i < OPERATIONS; i++)
		mod_timer(&wheel[scatter(i, n)], jiffies + 1000 * HZ + i * 7);
}

static void empty_wheel(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		timer_delete_sync(&wheel[i]);
	kvfree(wheel);
}

static int fill_precise(unsigned int n)
{
	precise = kvmalloc_array(n, sizeof(*precise), GFP_KERNEL);
	if (!precise)
		return -ENOMEM;
	for (unsigned int i = 0; i < n; i++) {
		hrtimer_setup(&precise[i], never_precise, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
		hrtimer_start(&precise[i], 1000 * NSEC_PER_SEC + scatter(i, n) * 1000ULL,
			      HRTIMER_MODE_REL);
	}
	return 0;
}

static void operate_precise(unsigned int n)
{
	for (unsigned int i = 0; i < OPERATIONS; i++)
		hrtimer_start(&precise[scatter(i, n)], 1000 * NSEC_PER_SEC + i * 997ULL,
			      HRTIMER_MODE_REL);
}

static void empty_precise(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		hrtimer_cancel(&precise[i]);
	kvfree(precise);
}

/* ---- xarray: what the page cache looks its pages up in ---- */

static DEFINE_XARRAY(array);

static int fill_xarray(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		if (xa_is_err(xa_store(&array, i, xa_mk_value(i), GFP_KERNEL)))
			return -ENOMEM;
	}
	return 0;
}

static void operate_xarray(unsigned int n)
{
	for (unsigned int i = 0; i < OPERATIONS; i++)
		BUG_ON(xa_load(&array, scatter(i, n)) != xa_mk_value(scatter(i, n)));
}

static void empty_xarray(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		xa_erase(&array, i);
}

/* ---- scheduling: n runnable threads on this CPU, which yield to each other ---- */

static bool threads_go;
static atomic_long_t yields;

static int yield_body(void *unused)
{
	while (!kthread_should_stop()) {
		if (READ_ONCE(threads_go)) {
			yield();
			atomic_long_inc(&yields);
		} else {
			schedule_timeout_idle(1);
		}
	}
	return 0;
}

static int fill_threads(unsigned int n)
{
	WRITE_ONCE(threads_go, false);
	for (unsigned int i = 0; i < n; i++) {
		struct task_struct *task = kthread_create(yield_body, NULL, "curve");

		objects[i] = IS_ERR(task) ? NULL : task;
		if (IS_ERR(task))
			return PTR_ERR(task);
		kthread_bind(task, 0);
		wake_up_process(task);
	}
	return 0;
}

/* OPERATIONS switches, among n that are all runnable. */
static void operate_threads(unsigned int n)
{
	long until;

	WRITE_ONCE(threads_go, true);
	until = atomic_long_read(&yields) + OPERATIONS;
	while (atomic_long_read(&yields) < until)
		yield();
}

static void empty_threads(unsigned int n)
{
	WRITE_ONCE(threads_go, false);
	for (unsigned int i = 0; i < n; i++) {
		if (objects[i])
			kthread_stop(objects[i]);
	}
}

static const struct curve curves[] = {
	{ "slab", 100000, fill_slab, operate_slab, empty_slab },
	{ "buddy", 100000, fill_buddy, operate_buddy, empty_buddy },
	{ "timer-wheel", 100000, fill_wheel, operate_wheel, empty_wheel },
	{ "hrtimer", 100000, fill_precise, operate_precise, empty_precise },
	{ "page-cache-xarray", 100000, fill_xarray, operate_xarray, empty_xarray },
	{ "scheduling", 10000, fill_threads, operate_threads, empty_threads },
};

static void measure(const struct curve *curve, unsigned int n)
{
	u64 best = U64_MAX;

	memset(objects, 0, n * sizeof(*objects));
	if (!curve->fill(n)) {
		for (unsigned int round = 0; round < ROUNDS; round++) {
			u64 start = ktime_get_ns();

			curve->operate(n);
			best = min(best, ktime_get_ns() - start);
		}
		pr_info("curve %s %u %llu\n", curve->name, n, (unsigned long long)best / OPERATIONS);
	}
	curve->empty(n);
	cond_resched();
}

static int measure_curves(void)
{
	if (!curves_wanted)
		return 0;
	objects = kvmalloc_array(sizes[ARRAY_SIZE(sizes) - 1], sizeof(*objects), GFP_KERNEL);
	if (!objects)
		return -ENOMEM;
	for (unsigned int i = 0; i < ARRAY_SIZE(curves); i++) {
		for (unsigned int k = 0; k < ARRAY_SIZE(sizes); k++) {
			if (sizes[k] <= curves[i].most)
				measure(&curves[i], sizes[k]);
		}
	}
	kvfree(objects);
	return 0;
}
late_initcall(measure_curves);
