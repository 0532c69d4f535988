/* SPDX-License-Identifier: MIT */
/*
 * Access to the memory of guest programs: a walk of current's page tables and a copy through
 * the direct map. A missing page is faulted in, so all of these may sleep, but for *_nofault.
 * A kernel thread has no guest memory: everything faults.
 */
#ifndef MM_UACCESS_H
#define MM_UACCESS_H

#include <kern/compiler.h>
#include <kern/errno.h>
#include <kern/types.h>
#include <um/processor.h>

#ifndef __user
#define __user
#endif

/* Is the range below the end of user space? Says nothing about what is mapped. */
static inline bool __access_ok(unsigned long addr, unsigned long size)
{
	return size <= TASK_SIZE && addr <= TASK_SIZE - size;
}
#define access_ok(addr, size) __access_ok((unsigned long)(addr), (size))

/* Bytes that could NOT be copied: 0 is success. The part before a fault is copied. */
unsigned long copy_from_user(void *to, const void __user *from, unsigned long n)
	__attribute__((warn_unused_result));
unsigned long copy_to_user(void __user *to, const void *from, unsigned long n)
	__attribute__((warn_unused_result));
unsigned long copy_in_user(void __user *to, const void __user *from, unsigned long n);
unsigned long clear_user(void __user *to, unsigned long n) __attribute__((warn_unused_result));
#define __copy_from_user copy_from_user
#define __copy_to_user copy_to_user
#define __clear_user clear_user

/* The same without faulting pages in: under spinlocks, in interrupts. 0 or -EFAULT. */
long copy_from_user_nofault(void *dst, const void __user *src, size_t size);
long copy_to_user_nofault(void __user *dst, const void *src, size_t size);
/* Like copy_from_user() but stops at a page that is not there. Bytes not copied. */
unsigned long copy_from_user_inatomic(void *to, const void __user *from, unsigned long n);
unsigned long copy_to_user_inatomic(void __user *to, const void *from, unsigned long n);
#define __copy_from_user_inatomic copy_from_user_inatomic
#define __copy_to_user_inatomic copy_to_user_inatomic

/* Kernel addresses that may be bad (an oops printing what is near a pointer). 0 or -EFAULT. */
long copy_from_kernel_nofault(void *dst, const void *src, size_t size);

/*
 * Copies a string with its NUL: its length without it; `count` when it does not fit (no NUL
 * then); -EFAULT.
 */
long strncpy_from_user(char *dst, const char __user *src, long count);
/* Length with the NUL; more than n when it is longer than n; 0 on a fault. */
long strnlen_user(const char __user *str, long n);

/* Faults pages in ahead of a copy that must not: bytes that could not be. */
size_t fault_in_readable(const char __user *addr, size_t size);
size_t fault_in_writeable(char __user *addr, size_t size);

/* copy_struct_from_user: -E2BIG when the unknown tail is not zero; pads with zeros. */
int copy_struct_from_user(void *dst, size_t ksize, const void __user *src, size_t usize);
/* 1 when all bytes are zero, 0 when not, -EFAULT. */
int check_zeroed_user(const void __user *from, size_t size);

int __get_user_bytes(void *to, const void __user *from, unsigned long size);
int __put_user_bytes(void __user *to, const void *from, unsigned long size);

/* One scalar of 1, 2, 4 or 8 bytes: 0 or -EFAULT (and x is 0). */
#define get_user(x, ptr) ({							\
	u64 __gu_raw = 0;							\
	_Static_assert(sizeof(*(ptr)) <= 8, "get_user: a scalar");		\
	int __gu_err = __get_user_bytes(&__gu_raw, (ptr), sizeof(*(ptr)));	\
	(x) = (__typeof__(*(ptr)))__gu_raw;					\
	__gu_err;								\
})
#define put_user(x, ptr) ({							\
	__typeof__(*(ptr)) __pu_val = (__typeof__(*(ptr)))(x);			\
	__put_user_bytes((ptr), &__pu_val, sizeof(*(ptr)));			\
})
#define __get_user get_user
#define __put_user put_user

/*
 * The futex operations: atomic on the guest's word, against other guests too, since the copy
 * goes through the same frame. *oval is the old value. 0 or -EFAULT; never sleeps: on -EFAULT
 * call fault_in_writeable() and try again.
 */
int futex_atomic_op_inuser(int op, u32 oparg, int *oval, u32 __user *uaddr);
int futex_atomic_cmpxchg_inatomic(u32 *uval, u32 __user *uaddr, u32 oldval, u32 newval);

#define pagefault_disable() do { } while (0)
#define pagefault_enable() do { } while (0)

#endif
