/* SPDX-License-Identifier: MIT */
/*
 * The concurrency sanitizer: checks and claims that code makes by hand. Nothing but in a build with
 * SAN=thread. data_race() is in <kern/compiler.h>; the detector is told of in kernel/kcsan/core.c.
 */
#ifndef KERN_KCSAN_H
#define KERN_KCSAN_H

#include <kern/compiler.h>
#include <kern/types.h>

/* What an access does. */
#define KCSAN_ACCESS_WRITE  1U
#define KCSAN_ACCESS_ATOMIC 2U	/* marked: READ_ONCE(), WRITE_ONCE(), an atomic operation */
#define KCSAN_ACCESS_ASSERT 4U	/* none: a claim that no other one happens now */

#ifdef CONFIG_KCSAN

/* As if the caller made this access here. => any context */
void kcsan_check_access(const volatile void *ptr, size_t size, unsigned int type);

/* From now on counts the races on the bytes of this object: for tests, one at a time. */
void kcsan_count_races(const volatile void *object, size_t size);
unsigned int kcsan_races_counted(void);

/*
 * The next @n plain accesses count as marked; 0 ends it. For readers that find out afterwards
 * whether what they read was whole. => any context
 */
void kcsan_atomic_next(int n);
/* All until the end do. Nests. */
void kcsan_nestable_atomic_begin(void);
void kcsan_nestable_atomic_end(void);

#else

static inline void kcsan_check_access(const volatile void *ptr, size_t size, unsigned int type) {}
static inline void kcsan_atomic_next(int n) {}
static inline void kcsan_nestable_atomic_begin(void) {}
static inline void kcsan_nestable_atomic_end(void) {}

#endif

/* Nobody else writes the variable now; readers may. */
#define ASSERT_EXCLUSIVE_WRITER(var) \
	kcsan_check_access(&(var), sizeof(var), KCSAN_ACCESS_ASSERT)
/* Nobody else touches the variable now: it was taken out of everybody's reach. */
#define ASSERT_EXCLUSIVE_ACCESS(var) \
	kcsan_check_access(&(var), sizeof(var), KCSAN_ACCESS_WRITE | KCSAN_ACCESS_ASSERT)

#endif
