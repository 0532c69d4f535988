// SPDX-License-Identifier: MIT
/* The kernel side of the unit tests: reports, random numbers, and the table. */
#include <kern/kernel.h>
#include <kern/ktest.h>
#include <lib/sprintf.h>

#include "harness.h"
#ifdef CONFIG_KCSAN
#include "../../../kernel/kcsan/internal.h"
#endif

/* The linker collects the tests. */
extern const struct ktest __start_ktests[], __stop_ktests[];

/* One test runs at a time; its threads may report together. */
static struct ktest_report *current_report;
static unsigned int report_busy;
static u64 random_state;

unsigned long ktest_table(const struct ktest **first)
{
	*first = __start_ktests;
	return __stop_ktests - __start_ktests;
}

void ktest_begin(struct ktest_report *report)
{
	memset(report, 0, offsetof(struct ktest_report, text) + 1);
	current_report = report;
	ktest_seed(0);
}

void ktest_fail(const char *file, unsigned int line, const char *fmt, ...)
{
	struct ktest_report *report = current_report;
	size_t room;
	va_list args;

	while (__atomic_exchange_n(&report_busy, 1, __ATOMIC_ACQUIRE))
		__builtin_ia32_pause();
	report->failures++;
	room = sizeof(report->text) - report->used;
	report->used += scnprintf(report->text + report->used, room, "%s:%u: ", file, line);
	room = sizeof(report->text) - report->used;
	va_start(args, fmt);
	report->used += vscnprintf(report->text + report->used, room, fmt, args);
	va_end(args);
	room = sizeof(report->text) - report->used;
	report->used += scnprintf(report->text + report->used, room, "\n");
	__atomic_store_n(&report_busy, 0, __ATOMIC_RELEASE);
}

void ktest_skip(const char *why)
{
	current_report->skipped = 1;
	current_report->used = scnprintf(current_report->text, sizeof(current_report->text), "%s\n",
					 why);
}

void ktest_seed(u64 seed)
{
	__atomic_store_n(&random_state, seed + 0x9e3779b97f4a7c15ULL, __ATOMIC_RELAXED);
}

/* splitmix64: any state is good, and threads may share it. */
u64 ktest_random(void)
{
	u64 z = __atomic_add_fetch(&random_state, 0x9e3779b97f4a7c15ULL, __ATOMIC_RELAXED);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* The thread that runs bare tests is no vCPU: the concurrency sanitizer has no context there. */
static void pause_kcsan(bool paused)
{
#ifdef CONFIG_KCSAN
	kcsan_pause(paused);
#endif
}

void ktest_run_bare(const struct ktest *test, struct ktest_report *report)
{
	pause_kcsan(true);
	ktest_begin(report);
	test->fn();
	pause_kcsan(false);
}
