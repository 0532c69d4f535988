/* SPDX-License-Identifier: MIT */
/*
 * The lock checker, in DEBUG=1 builds: order of lock classes, use in interrupts against use
 * with interrupts on, held-lock assertions. Nothing in other builds. See kernel/locking/lockdep.c.
 */
#ifndef KERN_LOCKDEP_H
#define KERN_LOCKDEP_H

#include <kern/lockdep_types.h>
#include <kern/bug.h>

#ifdef CONFIG_DEBUG
void lockdep_init_map(struct lockdep_map *map, const char *name, struct lock_class_key *key);
/* subclass: nesting level of the same class; trylock: takes part in no order. */
void lock_acquire(struct lockdep_map *map, unsigned int subclass, bool trylock, bool read, unsigned long ip);
void lock_release(struct lockdep_map *map, unsigned long ip);
bool lock_is_held(const struct lockdep_map *map);
/* The task leaves for user mode or exits: it may hold nothing. */
void lockdep_check_no_locks_held(const char *where);
/* Tests: the current task's mistakes are counted instead of reported. false: the checker is off. */
bool lockdep_expect_begin(void);
unsigned int lockdep_expect_end(void);
#define lockdep_assert_held(lock) WARN_ON_ONCE(!lock_is_held(&(lock)->dep_map))
#define lockdep_assert_irqs_disabled() WARN_ON_ONCE(!irqs_disabled())
#define lockdep_set_class(lock, class_key) lockdep_init_map(&(lock)->dep_map, #class_key, class_key)
#define lockdep_set_class_and_name(lock, class_key, name) lockdep_init_map(&(lock)->dep_map, name, class_key)
#else
static inline void lockdep_init_map(struct lockdep_map *map, const char *name, struct lock_class_key *key) { }
static inline void lock_acquire(struct lockdep_map *map, unsigned int subclass, bool trylock, bool read,
				unsigned long ip) { }
static inline void lock_release(struct lockdep_map *map, unsigned long ip) { }
static inline void lockdep_check_no_locks_held(const char *where) { }
#define lockdep_assert_held(lock) do { (void)(lock); } while (0)
#define lockdep_assert_irqs_disabled() do { } while (0)
#define lockdep_set_class(lock, class_key) do { (void)(lock); (void)(class_key); } while (0)
#define lockdep_set_class_and_name(lock, class_key, name) do { (void)(lock); (void)(class_key); } while (0)
#endif

#define lockdep_assert_held_write(lock) lockdep_assert_held(lock)
#define SINGLE_DEPTH_NESTING 1
#define _THIS_IP_ ((unsigned long)__builtin_return_address(0))

#endif
