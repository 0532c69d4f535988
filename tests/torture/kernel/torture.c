// SPDX-License-Identifier: MIT
/*
 * Runs the torture tests beside init: a thread of the last initcall level starts those that are
 * chosen, waits for the time to pass and collects. /proc/torture has a line a test, and "done"
 * as its last line once everything has ended.
 *
 *	torture.seconds=N	for how long (default 5)
 *	torture.seed=N		of the random numbers
 *	torture.which=A,B	these tests only
 *	torture.plant=A		let this one plant its failure ("all": each of them)
 */
#include <kern/errno.h>
#include <kern/delay.h>
#include <kern/init.h>
#include <kern/kthread.h>
#include <kern/moduleparam.h>
#include <kern/printk.h>
#include <kern/sched.h>
#include <kern/timekeeping.h>
#include <fs/proc_fs.h>
#include <fs/seq_file.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/slab.h>

#include "torture.h"

#define MAX_PRINTED 5
#define MAX_THREADS 8

extern const struct torture __start_tortures[], __stop_tortures[];

static unsigned int torture_seconds = 5, torture_seed = 1;
module_param_named(torture.seconds, torture_seconds, uint, 0444);
module_param_named(torture.seed, torture_seed, uint, 0444);

static const char *torture_which, *torture_planted;	/* NULL: all, none */
static bool torture_done, torture_stopping;
static u64 torture_end;

static int set_which(char *value)
{
	torture_which = value;
	return 1;
}
__setup("torture.which=", set_which);

static int set_plant(char *value)
{
	torture_planted = value;
	return 1;
}
__setup("torture.plant=", set_plant);

/* Is the word in the list, which has commas? */
static bool listed(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (; list; list = strchr(list, ',')) {
		list += *list == ',';
		if (!strncmp(list, word, length) && (!list[length] || list[length] == ','))
			return true;
	}
	return false;
}

static bool chosen(const struct torture *test)
{
	return !torture_which || listed(torture_which, test->name);
}

bool torture_over(void)
{
	return READ_ONCE(torture_stopping) || (u64)ktime_get() >= torture_end;
}

bool torture_plant(const struct torture *test)
{
	return unlikely(atomic_read(&test->state->planted) == 1) &&
	       atomic_cmpxchg(&test->state->planted, 1, 2) == 1;
}

void torture_fail(const struct torture *test, const char *fmt, ...)
{
	char text[160];
	va_list args;

	if (atomic_inc_return(&test->state->failures) > MAX_PRINTED)
		return;
	va_start(args, fmt);
	vscnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	pr_err("torture: %s: %s\n", test->name, text);
}

static int torture_body(void *arg)
{
	struct torture_thread *self = arg;

	while (!torture_over()) {
		self->test->round(self);
		self->rounds++;
		atomic_long_inc(&self->test->state->rounds);
		cond_resched();
	}
	set_current_state(TASK_INTERRUPTIBLE);
	while (!kthread_should_stop()) {
		schedule();
		set_current_state(TASK_INTERRUPTIBLE);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

struct running_test {
	const struct torture *test;
	struct task_struct *tasks[MAX_THREADS];
	struct torture_thread threads[MAX_THREADS];
};

static void start_test(struct running_test *run, const struct torture *test)
{
	run->test = test;
	if (torture_planted && (listed(torture_planted, "all") || listed(torture_planted, test->name)))
		atomic_set(&test->state->planted, 1);
	if (test->setup && test->setup()) {
		torture_fail(test, "no memory to begin with");
		return;
	}
	for (unsigned int i = 0; i < test->threads && i < MAX_THREADS; i++) {
		run->threads[i] = (struct torture_thread){
			.test = test, .number = i,
			.random = torture_seed * 1000003ULL + (test - __start_tortures) * 1009 + i,
		};
		run->tasks[i] = kthread_run(torture_body, &run->threads[i], "torture/%s", test->name);
		if (IS_ERR(run->tasks[i])) {
			run->tasks[i] = NULL;
			torture_fail(test, "no thread");
		}
	}
}

static void end_test(struct running_test *run)
{
	for (unsigned int i = 0; i < MAX_THREADS; i++) {
		if (run->tasks[i])
			kthread_stop(run->tasks[i]);
	}
	if (run->test->finish)
		run->test->finish(run->test);
	if (!atomic_long_read(&run->test->state->rounds))
		torture_fail(run->test, "never ran");
	if (atomic_read(&run->test->state->planted) == 1)
		torture_fail(run->test, "never came to plant its failure");
}

static int torture_main(void *unused)
{
	unsigned int count = __stop_tortures - __start_tortures;
	struct running_test *runs = kcalloc(count, sizeof(*runs), GFP_KERNEL);

	if (!runs)
		return 0;
	torture_end = ktime_get() + torture_seconds * (u64)NSEC_PER_SEC;
	for (unsigned int i = 0; i < count; i++) {
		if (chosen(&__start_tortures[i]))
			start_test(&runs[i], &__start_tortures[i]);
	}
	while (!torture_over())
		msleep(100);
	WRITE_ONCE(torture_stopping, true);
	for (unsigned int i = 0; i < count; i++) {
		if (runs[i].test)
			end_test(&runs[i]);
	}
	kfree(runs);
	WRITE_ONCE(torture_done, true);
	return 0;
}

static int show_torture(struct seq_file *m, void *data)
{
	bool done = READ_ONCE(torture_done);

	for (const struct torture *test = __start_tortures; test < __stop_tortures; test++) {
		struct torture_state *state = test->state;
		int failures = atomic_read(&state->failures);

		if (chosen(test))
			seq_printf(m, "torture: %s %s%s, %ld rounds, %d failures\n", test->name,
				   failures ? "FAILED" : "ok",
				   atomic_read(&state->planted) ? " (planted)" : "",
				   atomic_long_read(&state->rounds), failures);
	}
	if (done)
		seq_puts(m, "done\n");
	return 0;
}

static int torture_begin(void)
{
	struct task_struct *task;

	if (!torture_seconds)
		return 0;
	if (!proc_create_single("torture", 0444, NULL, show_torture))
		return -ENOMEM;
	task = kthread_run(torture_main, NULL, "torture");
	return IS_ERR(task) ? PTR_ERR(task) : 0;
}
late_initcall(torture_begin);
