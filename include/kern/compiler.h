/* SPDX-License-Identifier: MIT */
/* What the compiler is told beyond C: attributes, hints, and accesses it must not merge or tear. */
#ifndef KERN_COMPILER_H
#define KERN_COMPILER_H

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define __packed __attribute__((packed))
#define __aligned(x) __attribute__((aligned(x)))
#define __maybe_unused __attribute__((unused))
#define __used __attribute__((used))
#define __weak __attribute__((weak))
#define __noreturn __attribute__((noreturn))
#define __must_check __attribute__((warn_unused_result))
#define __pure __attribute__((pure))
#define __printf(fmt, args) __attribute__((format(printf, fmt, args)))
#define __section(name) __attribute__((section(name)))
#define __cacheline_aligned __attribute__((aligned(64)))
#define ____cacheline_aligned_in_smp __cacheline_aligned
#define noinline __attribute__((noinline))
#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#define __cold __attribute__((cold))
/* Functions that a sleeping task stands in, but that say nothing about why: see get_wchan(). */
#define __sched __attribute__((section("sched_text")))
#define fallthrough __attribute__((fallthrough))
#define __init
#define __initdata
#define __exit
#define __user
#define __force
#define __iomem
#define __rcu
#define __percpu
#define asmlinkage
#define __no_sanitize_address __attribute__((no_sanitize_address))
#define __no_sanitize_thread __attribute__((no_sanitize_thread))

/* Static checkers read these; the compiler does not. */
#define __acquires(x)
#define __releases(x)
#define __must_hold(x)

#define barrier() __asm__ __volatile__("" : : : "memory")
#define OPTIMIZER_HIDE_VAR(var) __asm__("" : "+r"(var))

/* One access, of the variable's own width, that is neither repeated nor split. */
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile __typeof__(x) *)&(x) = (value))

/*
 * A value that is read, or a side effect that happens, while others may write: whatever comes of it
 * is right, and whoever writes this says why. The concurrency sanitizer looks away (<kern/kcsan.h>).
 */
#ifdef CONFIG_KCSAN
void kcsan_disable_current(void);
void kcsan_enable_current(void);
#define data_race(expr) ({ \
	kcsan_disable_current(); \
	__auto_type __data_race_value = (expr); \
	kcsan_enable_current(); \
	__data_race_value; })
#else
#define data_race(expr) (expr)
#endif

#define __same_type(a, b) __builtin_types_compatible_p(__typeof__(a), __typeof__(b))
#define __stringify_1(x...) #x
#define __stringify(x...) __stringify_1(x)
#define ___PASTE(a, b) a##b
#define __PASTE(a, b) ___PASTE(a, b)
#define __UNIQUE_ID(prefix) __PASTE(__PASTE(__unique_, prefix), __COUNTER__)

#define static_assert _Static_assert
#define BUILD_BUG_ON(condition) _Static_assert(!(condition), "BUILD_BUG_ON: " #condition)

#endif
