// SPDX-License-Identifier: MIT
/*
 * The files memory.* of control groups. They are read and written without cgroup_mutex, for what is
 * written may reclaim, kill, and wait for that.
 */
#include "memcg.h"

#include <fs/seq_file.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <lib/cmdline.h>
#include <lib/kstrtox.h>
#include <mm/slab.h>

#define MAX_RETRIES 16

/* The group's own, with a reference; NULL: the controller is not here any more. */
static struct mem_cgroup *get_own(struct cgroup *cg)
{
	struct mem_cgroup *memcg;

	if (!cg->parent)
		return &root_mem_cgroup;
	rcu_read_lock();
	memcg = READ_ONCE(cg->memcg);
	if (memcg->cg != cg || !mem_cgroup_tryget(memcg))
		memcg = NULL;
	rcu_read_unlock();
	return memcg;
}

/* ---- levels and limits ---- */

static void show_pages(struct seq_file *m, unsigned long pages)
{
	if (pages >= PAGE_COUNTER_MAX)
		seq_puts(m, "max\n");
	else
		seq_printf(m, "%lu\n", pages << PAGE_SHIFT);
}

/* "max", or bytes with a suffix. 0 or -EINVAL */
static int parse_pages(const char *text, unsigned long *pages)
{
	unsigned long long bytes;
	char *end;

	if (!strcmp(text, "max")) {
		*pages = PAGE_COUNTER_MAX;
		return 0;
	}
	bytes = memparse(text, &end);
	if (end == text || *end)
		return -EINVAL;
	*pages = min(bytes >> PAGE_SHIFT, (unsigned long long)PAGE_COUNTER_MAX);
	return 0;
}

#define SHOW_PAGES(name, value)                                                                    \
	static int show_##name(struct seq_file *m, struct cgroup *cg)                              \
	{                                                                                          \
		struct mem_cgroup *memcg = get_own(cg);                                            \
                                                                                                   \
		if (!memcg)                                                                        \
			return -ENODEV;                                                            \
		show_pages(m, value);                                                              \
		mem_cgroup_put(memcg);                                                             \
		return 0;                                                                          \
	}
SHOW_PAGES(min, READ_ONCE(memcg->memory.min))
SHOW_PAGES(low, READ_ONCE(memcg->memory.low))
SHOW_PAGES(high, READ_ONCE(memcg->high))
SHOW_PAGES(max, READ_ONCE(memcg->memory.max))
SHOW_PAGES(peak, READ_ONCE(memcg->memory.peak))
SHOW_PAGES(swap_current, page_counter_read(&memcg->swap))
SHOW_PAGES(swap_high, READ_ONCE(memcg->swap_high))
SHOW_PAGES(swap_max, READ_ONCE(memcg->swap.max))
SHOW_PAGES(swap_peak, READ_ONCE(memcg->swap.peak))

/* What CPUs have in stock is not in use. */
static int show_current(struct seq_file *m, struct cgroup *cg)
{
	struct mem_cgroup *memcg = get_own(cg);

	if (!memcg)
		return -ENODEV;
	drain_all_stock(memcg);
	show_pages(m, page_counter_read(&memcg->memory));
	mem_cgroup_put(memcg);
	return 0;
}

/* Sets one limit by `set`, which drops nothing. */
static int write_pages(struct cgroup *cg, const char *text,
		       void (*set)(struct mem_cgroup *memcg, unsigned long pages))
{
	struct mem_cgroup *memcg;
	unsigned long pages;
	int error = parse_pages(text, &pages);

	if (error)
		return error;
	memcg = get_own(cg);
	if (!memcg)
		return -ENODEV;
	set(memcg, pages);
	mem_cgroup_put(memcg);
	return 0;
}

static void set_min(struct mem_cgroup *memcg, unsigned long pages)
{
	page_counter_set_min(&memcg->memory, pages);
}

static void set_low(struct mem_cgroup *memcg, unsigned long pages)
{
	page_counter_set_low(&memcg->memory, pages);
}

/* Reclaims what is above the new mark, as far as that goes. */
static void set_high(struct mem_cgroup *memcg, unsigned long pages)
{
	WRITE_ONCE(memcg->high, pages);
	drain_all_stock(memcg);
	for (int retries = MAX_RETRIES; retries && !signal_pending(current);) {
		unsigned long usage = page_counter_read(&memcg->memory);

		if (usage <= pages)
			break;
		if (!try_to_free_mem_cgroup_pages(memcg, usage - pages, GFP_KERNEL, true,
						  READ_ONCE(vm_swappiness)))
			retries--;
	}
}

/* Reclaims what is above the new limit, and when nothing is left to reclaim, kills. */
static void set_max(struct mem_cgroup *memcg, unsigned long pages)
{
	int retries = MAX_RETRIES;

	WRITE_ONCE(memcg->memory.max, pages);
	drain_all_stock(memcg);
	while (!signal_pending(current)) {
		unsigned long usage = page_counter_read(&memcg->memory);

		if (usage <= pages)
			break;
		if (retries) {
			if (!try_to_free_mem_cgroup_pages(memcg, usage - pages, GFP_KERNEL, true,
							  READ_ONCE(vm_swappiness)))
				retries--;
			drain_all_stock(memcg);
			continue;
		}
		if (!mem_cgroup_out_of_memory(memcg, GFP_KERNEL))
			break;
	}
}

static void set_swap_high(struct mem_cgroup *memcg, unsigned long pages)
{
	WRITE_ONCE(memcg->swap_high, pages);
}

static void set_swap_max(struct mem_cgroup *memcg, unsigned long pages)
{
	WRITE_ONCE(memcg->swap.max, pages);
}

#define WRITE_PAGES(name)                                                                          \
	static int write_##name(struct cgroup *cg, char *text, const struct file *file)            \
	{                                                                                          \
		return write_pages(cg, text, set_##name);                                          \
	}
WRITE_PAGES(min)
WRITE_PAGES(low)
WRITE_PAGES(high)
WRITE_PAGES(max)
WRITE_PAGES(swap_high)
WRITE_PAGES(swap_max)

static int show_oom_group(struct seq_file *m, struct cgroup *cg)
{
	struct mem_cgroup *memcg = get_own(cg);

	if (!memcg)
		return -ENODEV;
	seq_printf(m, "%d\n", READ_ONCE(memcg->oom_group));
	mem_cgroup_put(memcg);
	return 0;
}

static int write_oom_group(struct cgroup *cg, char *text, const struct file *file)
{
	struct mem_cgroup *memcg;
	int value, error = kstrtoint(text, 0, &value);

	if (error)
		return error;
	if (value != 0 && value != 1)
		return -EINVAL;
	memcg = get_own(cg);
	if (!memcg)
		return -ENODEV;
	WRITE_ONCE(memcg->oom_group, value);
	mem_cgroup_put(memcg);
	return 0;
}

/* ---- memory.reclaim: "bytes [swappiness=N]" ---- */

static int parse_reclaim(char *text, unsigned long *pages, int *swappiness)
{
	char *word = strsep(&text, " \t");
	int error = parse_pages(word, pages);

	while (!error && (word = strsep(&text, " \t"))) {
		if (!*word)
			continue;
		if (strncmp(word, "swappiness=", 11))
			return -EINVAL;
		error = kstrtoint(word + 11, 0, swappiness);
		if (!error && (*swappiness < 0 || *swappiness > 200))
			error = -EINVAL;
	}
	return error;
}

static int write_reclaim(struct cgroup *cg, char *text, const struct file *file)
{
	int swappiness = READ_ONCE(vm_swappiness), retries = MAX_RETRIES, error;
	unsigned long pages, freed = 0;
	struct mem_cgroup *memcg;

	error = parse_reclaim(text, &pages, &swappiness);
	if (error)
		return error;
	memcg = get_own(cg);
	if (!memcg)
		return -ENODEV;
	while (!error && freed < pages) {
		unsigned long some;

		if (signal_pending(current)) {
			error = -EINTR;
			break;
		}
		some = try_to_free_mem_cgroup_pages(memcg, min(pages - freed, 1024UL), GFP_KERNEL,
						    true, swappiness);
		if (!some && !retries--)
			error = -EAGAIN;
		freed += some;
	}
	mem_cgroup_put(memcg);
	return error;
}

/* ---- events ---- */

static int show_some_events(struct seq_file *m, struct cgroup *cg, bool local)
{
	static const char *const names[] = { "low", "high",	"max",
					     "oom", "oom_kill", "oom_group_kill" };
	struct mem_cgroup *memcg = get_own(cg);

	if (!memcg)
		return -ENODEV;
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		seq_printf(m, "%s %ld\n", names[i],
			   atomic_long_read(local ? &memcg->local_events[i] : &memcg->events[i]));
	mem_cgroup_put(memcg);
	return 0;
}

static int show_events(struct seq_file *m, struct cgroup *cg)
{
	return show_some_events(m, cg, false);
}

static int show_events_local(struct seq_file *m, struct cgroup *cg)
{
	return show_some_events(m, cg, true);
}

static int show_swap_events(struct seq_file *m, struct cgroup *cg)
{
	struct mem_cgroup *memcg = get_own(cg);

	if (!memcg)
		return -ENODEV;
	seq_printf(m, "high %ld\nmax %ld\nfail %ld\n",
		   atomic_long_read(&memcg->events[MEMCG_SWAP_HIGH]),
		   atomic_long_read(&memcg->events[MEMCG_SWAP_MAX]),
		   atomic_long_read(&memcg->events[MEMCG_SWAP_FAIL]));
	mem_cgroup_put(memcg);
	return 0;
}

static int show_stat(struct seq_file *m, struct cgroup *cg)
{
	struct mem_cgroup *memcg = get_own(cg);
	int error;

	if (!memcg)
		return -ENODEV;
	error = mem_cgroup_stat_show(m, memcg);
	mem_cgroup_put(memcg);
	return error;
}

static int show_numa_stat(struct seq_file *m, struct cgroup *cg)
{
	struct mem_cgroup *memcg = get_own(cg);
	int error;

	if (!memcg)
		return -ENODEV;
	error = mem_cgroup_numa_stat_show(m, memcg);
	mem_cgroup_put(memcg);
	return error;
}

const struct cftype cgroup_memory_files[] = {
	{ "memory.current", CFTYPE_NOT_ON_ROOT | CFTYPE_UNLOCKED, CGROUP_MEMORY, -1, show_current,
	  NULL },
	{ "memory.peak", CFTYPE_NOT_ON_ROOT | CFTYPE_UNLOCKED, CGROUP_MEMORY, -1, show_peak, NULL },
	{ "memory.min", CFTYPE_NOT_ON_ROOT | CFTYPE_UNLOCKED, CGROUP_MEMORY, -1, show_min,
	  write_min },
	{ "memory.low", CFTYPE_NOT_ON_ROOT | CFTYPE_UNLOCKED, CGROUP_MEMORY, -1, show_low,
	  write_low },
	{ "memory.high", CFTYPE_NOT_ON_ROOT | CFTYPE_UNLOCKED, CGROUP_MEMORY, -1, show_high,
	  write_high },
	{ "memory.max", CFTYPE_NOT_ON_ROOT | CFTYPE_UNLOCKED, CGROUP_MEMORY, -1, show_max,
	  write_max },
	{ "memory.events", CFTYPE_NOT_ON_ROOT | CFTYPE_UNLOCKED, CGROUP_MEMORY, CGROUP_EVENT_MEMORY,
	  show_events, NULL },
	{ "memory.events.local", CFTYPE_NOT_ON_ROOT | CFTYPE_UNLOCKED, CGROUP_MEMORY,
	  CGROUP_EVENT_MEMORY_LOCAL, show_events_local, NULL },
	{ "memory.stat", CFTYPE_UNLOCKED, CGROUP_MEMORY, -1, show_stat, NULL },
	{ "memory.numa_stat", CFTYPE_UNLOCKED, CGROUP_MEMORY, -1, show_numa_stat, NULL },
	{ "memory.oom.group", CFTYPE_NOT_ON_ROOT | CFTYPE_UNLOCKED, CGROUP_MEMORY, -1,
	  show_oom_group, write_oom_group },
	{ "memory.reclaim", CFTYPE_UNLOCKED, CGROUP_MEMORY, -1, NULL, write_reclaim },
	{ "memory.swap.current", CFTYPE_NOT_ON_ROOT | CFTYPE_UNLOCKED, CGROUP_MEMORY, -1,
	  show_swap_current, NULL },
	{ "memory.swap.high", CFTYPE_NOT_ON_ROOT | CFTYPE_UNLOCKED, CGROUP_MEMORY, -1,
	  show_swap_high, write_swap_high },
	{ "memory.swap.max", CFTYPE_NOT_ON_ROOT | CFTYPE_UNLOCKED, CGROUP_MEMORY, -1, show_swap_max,
	  write_swap_max },
	{ "memory.swap.peak", CFTYPE_NOT_ON_ROOT | CFTYPE_UNLOCKED, CGROUP_MEMORY, -1,
	  show_swap_peak, NULL },
	{ "memory.swap.events", CFTYPE_NOT_ON_ROOT | CFTYPE_UNLOCKED, CGROUP_MEMORY,
	  CGROUP_EVENT_SWAP, show_swap_events, NULL },
	{}
};
