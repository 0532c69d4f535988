/* SPDX-License-Identifier: MIT */
/* Per-CPU data: %gs holds area(cpu) - __start_percpu, so %gs:variable is this vCPU's copy. */
#ifndef UM_PERCPU_H
#define UM_PERCPU_H

#include <kern/types.h>

#define NR_CPUS 64

/*
 * The section `percpu` of the binary is the template; um/boot copies it into RAM once a vCPU.
 * Every this_cpu_* access is one instruction, so it is right even when the task may be
 * preempted and moved; this_cpu_ptr() is not, and wants preemption off around its use.
 */
#define DEFINE_PER_CPU(type, name) \
	__attribute__((section("percpu"), used)) __typeof__(type) name
#define DEFINE_PER_CPU_ALIGNED(type, name) \
	__attribute__((section("percpu"), used, aligned(64))) __typeof__(type) name
#define DEFINE_PER_CPU_SHARED_ALIGNED(type, name) DEFINE_PER_CPU_ALIGNED(type, name)
#define DECLARE_PER_CPU(type, name) \
	extern __attribute__((section("percpu"))) __typeof__(type) name
#define EXPORT_PER_CPU_SYMBOL(name)

extern char __start_percpu[] __attribute__((weak));
extern char __stop_percpu[] __attribute__((weak));

/* Distance from a per-CPU variable's template to the copy of each vCPU. */
extern unsigned long __per_cpu_offset[NR_CPUS];

DECLARE_PER_CPU(unsigned long, this_cpu_off);
DECLARE_PER_CPU(unsigned int, cpu_number);

#define um_percpu_shift(ptr, off) ({					\
	unsigned long __p;						\
	__asm__("" : "=r"(__p) : "0"(ptr));				\
	(__typeof__(ptr))(__p + (off));					\
})

#define per_cpu_offset(cpu) (__per_cpu_offset[cpu])
#define per_cpu_ptr(ptr, cpu) um_percpu_shift(ptr, __per_cpu_offset[cpu])
#define per_cpu(var, cpu) (*per_cpu_ptr(&(var), cpu))

/* => preemption off from here to the last use of the pointer. */
#define raw_cpu_ptr(ptr) um_percpu_shift(ptr, this_cpu_read(this_cpu_off))
#define this_cpu_ptr(ptr) raw_cpu_ptr(ptr)


extern void um_bad_percpu_size(void);

/* Variables may also be reached through pointers (alloc_percpu): the operand is memory. */
#define this_cpu_read(var) ({						\
	__typeof__(var) __v;						\
	switch (sizeof(__v)) {						\
	case 1: { u8 __t; __asm__ volatile("movb %%gs:%1, %0" : "=q"(__t) : "m"(var)); \
		__builtin_memcpy(&__v, &__t, sizeof(__v) < 1 ? sizeof(__v) : 1); break; } \
	case 2: { u16 __t; __asm__ volatile("movw %%gs:%1, %0" : "=r"(__t) : "m"(var)); \
		__builtin_memcpy(&__v, &__t, sizeof(__v) < 2 ? sizeof(__v) : 2); break; } \
	case 4: { u32 __t; __asm__ volatile("movl %%gs:%1, %0" : "=r"(__t) : "m"(var)); \
		__builtin_memcpy(&__v, &__t, sizeof(__v) < 4 ? sizeof(__v) : 4); break; } \
	case 8: { u64 __t; __asm__ volatile("movq %%gs:%1, %0" : "=r"(__t) : "m"(var)); \
		__builtin_memcpy(&__v, &__t, sizeof(__v) < 8 ? sizeof(__v) : 8); break; } \
	default: um_bad_percpu_size();					\
	}								\
	__v;								\
})

#define um_percpu_op1(op, var, val) do {				\
	__typeof__(var) __w = (__typeof__(var))(val);			\
	u64 __raw = 0;							\
	__builtin_memcpy(&__raw, &__w, sizeof(__w));			\
	switch (sizeof(var)) {						\
	case 1: __asm__ volatile(op "b %1, %%gs:%0" : "+m"(var) : "qi"((u8)__raw) : "cc", "memory"); break; \
	case 2: __asm__ volatile(op "w %1, %%gs:%0" : "+m"(var) : "ri"((u16)__raw) : "cc", "memory"); break; \
	case 4: __asm__ volatile(op "l %1, %%gs:%0" : "+m"(var) : "ri"((u32)__raw) : "cc", "memory"); break; \
	case 8: __asm__ volatile(op "q %1, %%gs:%0" : "+m"(var) : "r"(__raw) : "cc", "memory"); break; \
	default: um_bad_percpu_size();					\
	}								\
} while (0)

#define this_cpu_write(var, val) um_percpu_op1("mov", var, val)
#define this_cpu_add(var, val) um_percpu_op1("add", var, val)
#define this_cpu_sub(var, val) um_percpu_op1("sub", var, val)
#define this_cpu_or(var, val) um_percpu_op1("or", var, val)
#define this_cpu_and(var, val) um_percpu_op1("and", var, val)
#define this_cpu_inc(var) this_cpu_add(var, 1)
#define this_cpu_dec(var) this_cpu_sub(var, 1)

/* Adds and returns the new value. */
#define this_cpu_add_return(var, val) ({				\
	__typeof__(var) __a = (__typeof__(var))(val), __b = __a;	\
	switch (sizeof(var)) {						\
	case 4: __asm__ volatile("xaddl %k0, %%gs:%1" : "+r"(__a), "+m"(var) : : "cc", "memory"); break; \
	case 8: __asm__ volatile("xaddq %q0, %%gs:%1" : "+r"(__a), "+m"(var) : : "cc", "memory"); break; \
	default: um_bad_percpu_size();					\
	}								\
	(__typeof__(var))(__a + __b);					\
})
#define this_cpu_inc_return(var) this_cpu_add_return(var, 1)
#define this_cpu_dec_return(var) this_cpu_add_return(var, -1)

/* Exchanges; atomic against interrupts of this vCPU only. */
#define this_cpu_xchg(var, val) ({					\
	__typeof__(var) __n = (val), __o = this_cpu_read(var), __c;	\
	while ((__c = this_cpu_cmpxchg(var, __o, __n)) != __o)		\
		__o = __c;						\
	__o;								\
})

#define this_cpu_cmpxchg(var, old, new) ({				\
	__typeof__(var) __e = (old), __x = (new);			\
	switch (sizeof(var)) {						\
	case 4: __asm__ volatile("cmpxchgl %k2, %%gs:%1" : "+a"(__e), "+m"(var) : "r"(__x) : "cc", "memory"); break; \
	case 8: __asm__ volatile("cmpxchgq %q2, %%gs:%1" : "+a"(__e), "+m"(var) : "r"(__x) : "cc", "memory"); break; \
	default: um_bad_percpu_size();					\
	}								\
	__e;								\
})

/* The same without the check that preemption is off: here there is none. */
#define __this_cpu_read(var) this_cpu_read(var)
#define __this_cpu_write(var, val) this_cpu_write(var, val)
#define __this_cpu_add(var, val) this_cpu_add(var, val)
#define __this_cpu_inc(var) this_cpu_inc(var)
#define __this_cpu_dec(var) this_cpu_dec(var)
#define raw_cpu_read(var) this_cpu_read(var)
#define raw_cpu_write(var, val) this_cpu_write(var, val)

#define raw_smp_processor_id() ((int)this_cpu_read(cpu_number))
#ifndef smp_processor_id
#define smp_processor_id() raw_smp_processor_id()
#endif

/*
 * Makes the areas of `ncpus` vCPUs in `where` (page aligned, um_percpu_area_size() bytes each)
 * and fills in __per_cpu_offset. Called once by um/boot, before %gs is set.
 */
unsigned long um_percpu_area_size(void);
void um_percpu_init(void *where, unsigned int ncpus);

#endif
