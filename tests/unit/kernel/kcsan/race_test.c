// SPDX-License-Identifier: MIT
/* Planted races, in a build with SAN=thread. Each test runs until the sanitizer has seen enough. */
#ifdef CONFIG_KCSAN
#include "../threads.h"

#include <kern/jiffies.h>
#include <kern/kcsan.h>
#include <kern/ktest.h>
#include <kern/seqlock.h>
#include <kern/spinlock.h>

/* A race is sure to be met long before. */
#define LIMIT (20 * HZ)
/* What is no race is looked at for so many rounds. */
#define ROUNDS 400000UL

static struct {
	unsigned long plain;
	seqlock_t seq;
	spinlock_t lock;
} shared;

typedef void (*access_fn)(void);

static void plain_read(void)
{
	unsigned long value = shared.plain;

	__asm__ volatile("" : : "r"(value));
}

static void marked_read(void)
{
	READ_ONCE(shared.plain);
}

static void data_race_read(void)
{
	unsigned long value = data_race(shared.plain);

	__asm__ volatile("" : : "r"(value));
}

static void marked_write(void)
{
	WRITE_ONCE(shared.plain, READ_ONCE(shared.plain) + 1);
}

static void plain_increment(void)
{
	shared.plain++;
}

static void atomic_increment(void)
{
	__atomic_fetch_add(&shared.plain, 1, __ATOMIC_SEQ_CST);
}

static void locked_increment(void)
{
	spin_lock(&shared.lock);
	shared.plain++;
	spin_unlock(&shared.lock);
}

static void seq_read(void)
{
	unsigned int seq;

	do {
		seq = read_seqbegin(&shared.seq);
		plain_read();
	} while (read_seqretry(&shared.seq, seq));
}

static void seq_write(void)
{
	write_seqlock(&shared.seq);
	shared.plain++;
	write_sequnlock(&shared.seq);
}

static void claim_to_write_alone(void)
{
	ASSERT_EXCLUSIVE_WRITER(shared.plain);
}

static void claim_to_be_alone(void)
{
	ASSERT_EXCLUSIVE_ACCESS(shared.plain);
}

static int other_side(void *arg)
{
	access_fn fn = (access_fn)arg;

	while (!kthread_should_stop()) {
		for (unsigned int i = 0; i < 1000; i++)
			fn();
		cond_resched();
	}
	return 0;
}

/* One access against another on another CPU, until a race is found or there is none. */
static unsigned int races_between(access_fn one, access_fn other, unsigned long rounds)
{
	unsigned long end = jiffies + LIMIT;
	static struct test_threads threads;

	spin_lock_init(&shared.lock);
	seqlock_init(&shared.seq);
	kcsan_count_races(&shared.plain, sizeof(shared.plain));
	start_threads(&threads, 1, other_side, (void *)other);
	for (unsigned long i = 0; i < rounds && !kcsan_races_counted() && time_before(jiffies, end); i++) {
		one();
		if (i % 1024 == 0)
			cond_resched();
	}
	stop_threads(&threads);
	return kcsan_races_counted();
}

#define EXPECT_RACE(one, other) KEXPECT_GT(races_between(one, other, ~0UL), 0U)
#define EXPECT_NO_RACE(one, other) KEXPECT_EQ(races_between(one, other, ROUNDS), 0U)

KTEST(kcsan, plain_accesses_race)
{
	EXPECT_RACE(plain_read, plain_increment);
	EXPECT_RACE(plain_increment, plain_increment);
}

KTEST(kcsan, a_lock_that_only_one_takes_is_none)
{
	EXPECT_RACE(plain_read, locked_increment);
}

KTEST(kcsan, a_marked_write_races_with_a_plain_read)
{
	EXPECT_RACE(plain_read, marked_write);
	EXPECT_RACE(plain_read, atomic_increment);
}

KTEST(kcsan, marked_accesses_do_not_race)
{
	EXPECT_NO_RACE(marked_read, marked_write);
	EXPECT_NO_RACE(marked_read, atomic_increment);
	EXPECT_NO_RACE(atomic_increment, atomic_increment);
}

KTEST(kcsan, what_a_lock_guards_does_not_race)
{
	EXPECT_NO_RACE(locked_increment, locked_increment);
}

KTEST(kcsan, data_race_is_believed)
{
	EXPECT_NO_RACE(data_race_read, locked_increment);
}

KTEST(kcsan, readers_of_sequence_counts_do_not_race)
{
	EXPECT_NO_RACE(seq_read, seq_write);
}

KTEST(kcsan, claims_are_checked)
{
	EXPECT_RACE(claim_to_write_alone, marked_write);
	EXPECT_NO_RACE(claim_to_write_alone, marked_read);
	EXPECT_RACE(claim_to_be_alone, marked_read);
}

#endif
