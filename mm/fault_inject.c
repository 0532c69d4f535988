// SPDX-License-Identifier: MIT
/*
 * Allocations that fail on purpose, those that say __GFP_NOFAIL apart. Nothing may come of that
 * but an error of the system call, the death of the process, or at boot a panic that names what
 * there was no memory for.
 *
 *   failslab=INTERVAL,PROBABILITY,SPACE,TIMES	slab objects
 *   fail_page_alloc=...			pages
 *   failslab_cache=NAME			only objects of this cache
 *   fail_scope=user|all			whom the parameters reach
 *   fail_seed=NUMBER				another choice of the calls that fail
 *   fail_verbose=1				a line and a trace for each failure
 *
 * Every INTERVALth allocation fails with PROBABILITY percent, once SPACE bytes have been given
 * out, TIMES times at most (-1: any number). One number alone is the interval, with certainty and
 * for ever. Which calls fail depends on their number and the seed alone, so that a run on one CPU
 * can be repeated.
 *
 * The scope `user` is the tasks of programs but init; /proc/PID/make-it-fail narrows it to the
 * tasks that say 1, once any task has said so. The scope `all` begins with the first slab cache:
 * the boot itself, threads of the kernel, interrupts and init are not spared.
 *
 * /proc/PID/task/TID/fail-nth: the Nth allocation from now on of that task fails, whatever the
 * parameters say; it reads as 0 once it has.
 */
#include "internal.h"

#include <kern/atomic.h>
#include <kern/moduleparam.h>
#include <kern/preempt.h>
#include <kern/printk.h>
#include <kern/task.h>
#include <lib/kstrtox.h>
#include <lib/string.h>
#include <mm/fault_inject.h>

#include "slab.h"

bool fault_injection_on;
static bool only_marked_tasks;

/* Set at boot. */
static bool reaches_all, verbose;
static unsigned int seed;
static const char *slab_cache_name;	/* NULL: all */

/* One kind of allocation. Set up at boot; the counters are atomic. */
struct fault_attr {
	unsigned int interval;		/* 0: off */
	unsigned int probability;	/* percent */
	atomic_long_t space;
	atomic_t times;			/* -1: without end */
	atomic_t calls;
};

static struct fault_attr slab_attr, page_attr;

/* "i" or "i,p,s,t". => 0 or -EINVAL */
static int parse_attr(const char *text, struct fault_attr *attr)
{
	int values[4] = { 0, 100, 0, -1 };
	unsigned int count = 0;
	char word[12];

	while (count < ARRAY_SIZE(values)) {
		const char *comma = strchrnul(text, ',');

		if (comma == text || comma - text >= (long)sizeof(word))
			return -EINVAL;
		memcpy(word, text, comma - text);
		word[comma - text] = 0;
		if (kstrtoint(word, 10, &values[count++]))
			return -EINVAL;
		if (!*comma)
			break;
		text = comma + 1;
		if (count == ARRAY_SIZE(values))
			return -EINVAL;
	}
	if ((count != 1 && count != 4) || values[0] < 0 || values[1] < 0 || values[1] > 100 ||
	    values[2] < 0 || values[3] < -1)
		return -EINVAL;
	*attr = (struct fault_attr){ .interval = values[0], .probability = values[1] };
	atomic_long_set(&attr->space, values[2]);
	atomic_set(&attr->times, values[3]);
	return 0;
}

static int check_attr(const char *text)
{
	struct fault_attr scratch;

	return parse_attr(text, &scratch);
}

static int set_attr(const char *text, struct fault_attr *attr)
{
	if (parse_attr(text, attr))
		return 0;
	if (attr->interval)
		WRITE_ONCE(fault_injection_on, true);
	return 1;
}

static int set_failslab(char *value)
{
	return set_attr(value, &slab_attr);
}
__kparam("failslab=", set_failslab, check_attr, 1);

static int set_fail_page_alloc(char *value)
{
	return set_attr(value, &page_attr);
}
__kparam("fail_page_alloc=", set_fail_page_alloc, check_attr, 1);

static int set_cache_name(char *value)
{
	slab_cache_name = value;
	return 1;
}
early_param("failslab_cache=", set_cache_name);

static int check_scope(const char *text)
{
	return strcmp(text, "user") && strcmp(text, "all") ? -EINVAL : 0;
}

static int set_scope(char *value)
{
	reaches_all = !strcmp(value, "all");
	return 1;
}
__kparam("fail_scope=", set_scope, check_scope, 1);

static int check_number(const char *text)
{
	unsigned int scratch;

	return kstrtouint(text, 10, &scratch);
}

static int set_seed(char *value)
{
	return !kstrtouint(value, 10, &seed);
}
__kparam("fail_seed=", set_seed, check_number, 1);

static int check_verbose(const char *text)
{
	bool scratch;

	return param_set_bool(text, &scratch) ? 0 : -EINVAL;
}

static int set_verbose(char *value)
{
	return param_set_bool(value, &verbose);
}
__kparam("fail_verbose=", set_verbose, check_verbose, 1);

void fault_inject_mark_task(struct task_struct *task, bool mark)
{
	WRITE_ONCE(task->make_it_fail, mark);
	if (mark)
		WRITE_ONCE(only_marked_tasks, true);
}

void fault_inject_nth(struct task_struct *task, unsigned int nth)
{
	WRITE_ONCE(task->fail_nth, nth);
	if (nth)
		WRITE_ONCE(fault_injection_on, true);
}

/* May anything but fail-nth reach this allocation? */
static bool in_scope(void)
{
	if (reaches_all)
		return true;
	if (current->pid == 1)
		return false;
	return !READ_ONCE(only_marked_tasks) || READ_ONCE(current->make_it_fail);
}

static bool injectable(gfp_t gfp)
{
	if (gfp & __GFP_NOFAIL)
		return false;
	return reaches_all ||
	       (!in_interrupt() && current->mm && !(current->flags & (PF_KTHREAD | PF_EXITING)));
}

static bool nth_fails(void)
{
	unsigned int nth = READ_ONCE(current->fail_nth);

	if (!nth || in_interrupt())
		return false;
	WRITE_ONCE(current->fail_nth, nth - 1);
	return nth == 1;
}

/* A number below 100 that looks random: the same for the same call and seed. */
static unsigned int dice(unsigned int call)
{
	u64 x = ((u64)seed << 32 | call) + 0x9e3779b97f4a7c15ull;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return (u32)((x ^ (x >> 31)) >> 16) % 100;
}

static bool attr_fails(struct fault_attr *attr, unsigned long size)
{
	unsigned int call;
	int times;

	if (!attr->interval || !in_scope())
		return false;
	if (atomic_long_read(&attr->space) > 0) {
		atomic_long_sub(size, &attr->space);
		return false;
	}
	call = atomic_inc_return(&attr->calls);
	if (call % attr->interval || dice(call) >= attr->probability)
		return false;
	times = atomic_read(&attr->times);
	do {
		if (!times)
			return false;
	} while (times > 0 && !atomic_try_cmpxchg(&attr->times, &times, times - 1));
	return true;
}

/* Says what fails. A trace of its making never fails itself: `telling` keeps it from coming back. */
static void tell(const struct kmem_cache *cache, unsigned int order)
{
	static atomic_t telling;

	if (!verbose || atomic_cmpxchg(&telling, 0, 1))
		return;
	if (cache)
		pr_info("FAULT_INJECTION: forcing a failure: an object of %s for %s\n", cache->name, current->comm);
	else
		pr_info("FAULT_INJECTION: forcing a failure: pages of order %u for %s\n", order, current->comm);
	dump_stack();
	atomic_set(&telling, 0);
}

bool inject_slab_failure(const struct kmem_cache *cache, gfp_t gfp)
{
	if (!injectable(gfp))
		return false;
	if (!nth_fails()) {
		if (slab_cache_name && strcmp(slab_cache_name, cache->name))
			return false;
		if (!attr_fails(&slab_attr, cache->object_size))
			return false;
	}
	tell(cache, 0);
	return true;
}

bool inject_page_failure(gfp_t gfp, unsigned int order)
{
	if (!injectable(gfp) || (!nth_fails() && !attr_fails(&page_attr, PAGE_SIZE << order)))
		return false;
	tell(NULL, order);
	return true;
}
