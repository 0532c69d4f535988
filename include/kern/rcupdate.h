/* SPDX-License-Identifier: MIT */
/*
 * RCU: readers take no lock; who removed an object waits until every reader that may still see
 * it has left. A reader section runs with preemption off, so that a context switch, idleness
 * and user mode all prove that a CPU has left every section. See kernel/rcu/tree.c.
 */
#ifndef KERN_RCUPDATE_H
#define KERN_RCUPDATE_H

#include <kern/barrier.h>
#include <kern/compiler.h>
#include <kern/kernel.h>
#include <kern/preempt.h>
#include <kern/types.h>

typedef void (*rcu_callback_t)(struct rcu_head *head);

/* => any context. May not sleep inside; nests. */
static __always_inline void rcu_read_lock(void) { preempt_disable(); }
static __always_inline void rcu_read_unlock(void) { preempt_enable(); }
static __always_inline void rcu_read_lock_bh(void) { local_bh_disable(); }
static __always_inline void rcu_read_unlock_bh(void) { local_bh_enable(); }
static __always_inline void rcu_read_lock_sched(void) { preempt_disable(); }
static __always_inline void rcu_read_unlock_sched(void) { preempt_enable(); }

#define rcu_read_lock_held() (preempt_count() != 0 || irqs_disabled())

/* Calls func(head) after a grace period, from a kernel thread or softirq. => any context. */
void call_rcu(struct rcu_head *head, rcu_callback_t func);
#define call_rcu_hurry(head, func) call_rcu(head, func)
/* Waits for a grace period. => may sleep. */
void synchronize_rcu(void);
/* The same at once: interrupts every CPU that is not known to be quiet. => may sleep. */
void synchronize_rcu_expedited(void);
/* Not 0: all grace periods that somebody waits for are expedited (/sys/kernel/rcu_expedited). */
extern int rcu_expedited;
#define synchronize_net() synchronize_rcu()
/* Waits until all callbacks queued so far have run. => may sleep. */
void rcu_barrier(void);

/* Frees an object of the slab allocator after a grace period. */
void __kfree_rcu(struct rcu_head *head, unsigned long offset);
#define kfree_rcu(ptr, member) do { \
	__typeof__(ptr) __kfree_ptr = (ptr); \
	if (__kfree_ptr) \
		__kfree_rcu(&__kfree_ptr->member, offsetof(__typeof__(*__kfree_ptr), member)); \
} while (0)
#define kfree_rcu_mightsleep(ptr) do { synchronize_rcu(); kfree(ptr); } while (0)
#define kvfree_rcu(ptr, member) kfree_rcu(ptr, member)

#define rcu_dereference(p) __atomic_load_n(&(p), __ATOMIC_CONSUME)
#define rcu_dereference_check(p, c) rcu_dereference(p)
#define rcu_dereference_raw(p) rcu_dereference(p)
#define rcu_dereference_bh(p) rcu_dereference(p)
#define rcu_dereference_sched(p) rcu_dereference(p)
#define rcu_dereference_protected(p, c) (p)
#define rcu_access_pointer(p) READ_ONCE(p)
#define rcu_pointer_handoff(p) (p)
#define rcu_assign_pointer(p, v) __atomic_store_n(&(p), v, __ATOMIC_RELEASE)
#define RCU_INIT_POINTER(p, v) WRITE_ONCE(p, v)
#define RCU_INITIALIZER(v) (v)
#define rcu_replace_pointer(p, new, c) ({ \
	__typeof__(p) __rcu_old = (p); \
	rcu_assign_pointer(p, new); \
	__rcu_old; })
#define unrcu_pointer(p) (p)

/* The machine's hooks: this CPU enters or leaves a guest program. => interrupts masked. */
void rcu_user_enter(void);
void rcu_user_exit(void);
/* The scheduler's and the tick's. => interrupts masked. */
void rcu_idle_enter(void);
void rcu_idle_exit(void);
void rcu_note_context_switch(void);
void rcu_sched_clock_irq(bool user);
/* Stalls (kernel/rcu/stall.c): the limit in ns of CPU time, 0 never; how many were seen. */
extern u64 rcu_stall_limit_ns;
extern int rcu_stall_suppress, sysctl_panic_on_rcu_stall;
unsigned int rcu_stall_count(void);

/* An interrupt hit idleness or user mode: true, and _exit must follow. */
bool rcu_irq_enter(void);
void rcu_irq_exit(bool was_outside);

#endif
