/* SPDX-License-Identifier: MIT */
/* Small arithmetic and container helpers that every folder uses. */
#ifndef KERN_KERNEL_H
#define KERN_KERNEL_H

#include <kern/types.h>

#define ARRAY_SIZE(array) \
	(sizeof(array) / sizeof((array)[0]) + \
	 0 * sizeof(struct { _Static_assert(!__same_type((array), &(array)[0]), "not an array"); int x; }))

#define container_of(ptr, type, member) ({ \
	void *__member_ptr = (void *)(ptr); \
	_Static_assert(__same_type(*(ptr), ((type *)0)->member) || __same_type(*(ptr), void), \
		       "container_of: pointer of another type"); \
	((type *)(__member_ptr - offsetof(type, member))); })
#define container_of_const(ptr, type, member) container_of(ptr, type, member)
#define sizeof_field(type, member) sizeof(((type *)0)->member)
#define offsetofend(type, member) (offsetof(type, member) + sizeof_field(type, member))
#define struct_size(ptr, member, count) (sizeof(*(ptr)) + sizeof((ptr)->member[0]) * (size_t)(count))

#define min(a, b) ({ __typeof__(a) __min_a = (a); __typeof__(b) __min_b = (b); \
	__min_a < __min_b ? __min_a : __min_b; })
#define max(a, b) ({ __typeof__(a) __max_a = (a); __typeof__(b) __max_b = (b); \
	__max_a > __max_b ? __max_a : __max_b; })
#define min_t(type, a, b) ({ type __min_a = (a); type __min_b = (b); \
	__min_a < __min_b ? __min_a : __min_b; })
#define max_t(type, a, b) ({ type __max_a = (a); type __max_b = (b); \
	__max_a > __max_b ? __max_a : __max_b; })
#define min3(a, b, c) min(min(a, b), c)
#define max3(a, b, c) max(max(a, b), c)
#define clamp(value, low, high) min(max(value, low), high)
#define clamp_t(type, value, low, high) min_t(type, max_t(type, value, low), high)
#define swap(a, b) do { __typeof__(a) __swap = (a); (a) = (b); (b) = __swap; } while (0)
#define abs(x) ({ __typeof__(x) __abs = (x); __abs < 0 ? -__abs : __abs; })

#define __round_mask(x, y) ((__typeof__(x))((y) - 1))
#define round_up(x, y) ((((x) - 1) | __round_mask(x, y)) + 1)
#define round_down(x, y) ((x) & ~__round_mask(x, y))
#define roundup(x, y) ({ __typeof__(y) __roundup_y = (y); (((x) + (__roundup_y - 1)) / __roundup_y) * __roundup_y; })
#define rounddown(x, y) ({ __typeof__(x) __rounddown_x = (x); __rounddown_x - (__rounddown_x % (y)); })
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define DIV_ROUND_CLOSEST(n, d) (((n) + (d) / 2) / (d))
#define ALIGN(x, a) (((x) + ((__typeof__(x))(a) - 1)) & ~((__typeof__(x))(a) - 1))
#define ALIGN_DOWN(x, a) ((x) & ~((__typeof__(x))(a) - 1))
#define PTR_ALIGN(p, a) ((__typeof__(p))ALIGN((unsigned long)(p), (a)))
#define IS_ALIGNED(x, a) (((x) & ((__typeof__(x))(a) - 1)) == 0)

#define upper_32_bits(n) ((u32)((u64)(n) >> 32))
#define lower_32_bits(n) ((u32)(n))

#define U8_MAX ((u8)~0U)
#define U16_MAX ((u16)~0U)
#define U32_MAX ((u32)~0U)
#define S32_MAX ((s32)(U32_MAX >> 1))
#define U64_MAX ((u64)~0ULL)
#define S64_MAX ((s64)(U64_MAX >> 1))
#define S64_MIN ((s64)(-S64_MAX - 1))
#define INT_MAX ((int)(~0U >> 1))
#define INT_MIN (-INT_MAX - 1)
#define UINT_MAX (~0U)
#define LONG_MAX ((long)(~0UL >> 1))
#define LONG_MIN (-LONG_MAX - 1)
#define ULONG_MAX (~0UL)
#define LLONG_MAX ((long long)(~0ULL >> 1))
#define LLONG_MIN (-LLONG_MAX - 1)
#define ULLONG_MAX (~0ULL)
#define SIZE_MAX (~(size_t)0)
#define SSIZE_MAX ((ssize_t)(SIZE_MAX >> 1))
#define USHRT_MAX ((unsigned short)~0U)

#define check_add_overflow(a, b, result) __builtin_add_overflow(a, b, result)
#define check_sub_overflow(a, b, result) __builtin_sub_overflow(a, b, result)
#define check_mul_overflow(a, b, result) __builtin_mul_overflow(a, b, result)

#endif
