// SPDX-License-Identifier: MIT
/*
 * Allocations that fail on purpose, those that say __GFP_NOFAIL apart. Nothing may come of that
 * but an error of the system call or the death of the process.
 *
 *   failslab=INTERVAL,PROBABILITY,SPACE,TIMES	slab objects
 *   fail_page_alloc=...			pages
 *   failslab_cache=NAME			only objects of this cache
 *
 * Every INTERVALth allocation of a user's task fails with PROBABILITY percent, once SPACE bytes
 * have been given out, TIMES times at most (-1: any number). One number alone is the interval,
 * with certainty and for ever. /proc/PID/make-it-fail lets this reach only the tasks that say 1,
 * once any task has said so.
 *
 * /proc/PID/task/TID/fail-nth: the Nth allocation from now on of that task fails, whatever the
 * parameters say; it reads as 0 once it has.
 */
#include "internal.h"

#include <kern/atomic.h>
#include <kern/moduleparam.h>
#include <kern/preempt.h>
#include <kern/random.h>
#include <kern/task.h>
#include <lib/kstrtox.h>
#include <lib/string.h>

#include "slab.h"

bool fault_injection_on;
static bool only_marked_tasks;

/* One kind of allocation. Set up at boot; the counters are atomic. */
struct fault_attr {
	unsigned int interval;		/* 0: off */
	unsigned int probability;	/* percent */
	atomic_long_t space;
	atomic_t times;			/* -1: without end */
	atomic_t calls;
};

static struct fault_attr slab_attr, page_attr;
static const char *slab_cache_name;	/* NULL: all */

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
__setup_checked("failslab=", set_failslab, check_attr);

static int set_fail_page_alloc(char *value)
{
	return set_attr(value, &page_attr);
}
__setup_checked("fail_page_alloc=", set_fail_page_alloc, check_attr);

static int set_cache_name(char *value)
{
	slab_cache_name = value;
	return 1;
}
__setup("failslab_cache=", set_cache_name);

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

static bool injectable(gfp_t gfp)
{
	return !in_interrupt() && current->mm && !(current->flags & (PF_KTHREAD | PF_EXITING)) &&
	       !(gfp & __GFP_NOFAIL);
}

static bool nth_fails(void)
{
	unsigned int nth = READ_ONCE(current->fail_nth);

	if (!nth)
		return false;
	WRITE_ONCE(current->fail_nth, nth - 1);
	return nth == 1;
}

static bool attr_fails(struct fault_attr *attr, unsigned long size)
{
	int times;

	if (!attr->interval || current->pid == 1)
		return false;
	if (READ_ONCE(only_marked_tasks) && !READ_ONCE(current->make_it_fail))
		return false;
	if (atomic_long_read(&attr->space) > 0) {
		atomic_long_sub(size, &attr->space);
		return false;
	}
	if ((unsigned int)atomic_inc_return(&attr->calls) % attr->interval)
		return false;
	if (attr->probability < 100 && get_random_u32_below(100) >= attr->probability)
		return false;
	times = atomic_read(&attr->times);
	do {
		if (!times)
			return false;
	} while (times > 0 && !atomic_try_cmpxchg(&attr->times, &times, times - 1));
	return true;
}

bool inject_slab_failure(const struct kmem_cache *cache, gfp_t gfp)
{
	if (!injectable(gfp))
		return false;
	if (nth_fails())
		return true;
	if (slab_cache_name && strcmp(slab_cache_name, cache->name))
		return false;
	return attr_fails(&slab_attr, cache->object_size);
}

bool inject_page_failure(gfp_t gfp, unsigned int order)
{
	return injectable(gfp) && (nth_fails() || attr_fails(&page_attr, PAGE_SIZE << order));
}
