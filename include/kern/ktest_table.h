/* SPDX-License-Identifier: MIT */
/*
 * The table of unit tests, as the kernel side and the GoogleTest side see it. Includes nothing,
 * because it is compiled in both worlds.
 */
#ifndef KERN_KTEST_TABLE_H
#define KERN_KTEST_TABLE_H

#ifdef __cplusplus
extern "C" {
#endif

#define KTEST_F_BARE 1U		/* needs no running kernel */

struct ktest {
	const char *suite;
	const char *name;
	const char *file;
	void (*fn)(void);
	unsigned int line;
	unsigned int flags;
};

/* What a test said: failures, their text, or why it was skipped. */
struct ktest_report {
	unsigned int failures;
	unsigned int skipped;
	unsigned long used;
	char text[16384];
};

/* All tests; the count is the return value. Exported by the kernel side. */
unsigned long ktest_table(const struct ktest **first);

/* Runs a bare test on the calling host thread. */
void ktest_run_bare(const struct ktest *test, struct ktest_report *report);

/*
 * Booted tests: the host side writes the mailbox, the kernel's test thread polls it.
 * post: number of the test to run, counted from 1, then 0 again when done.
 */
struct ktest_mailbox {
	unsigned int ready;		/* kernel: the test thread runs */
	unsigned int post;		/* host sets, kernel clears after the report is whole */
	unsigned long index;		/* host: which test */
	struct ktest_report report;	/* kernel */
};

extern struct ktest_mailbox ktest_mailbox;

#ifdef __cplusplus
}
#endif

#endif
