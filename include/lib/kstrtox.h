/* SPDX-License-Identifier: MIT */
/* Numbers from strings. */
#ifndef LIB_KSTRTOX_H
#define LIB_KSTRTOX_H

#include <kern/compiler.h>
#include <kern/types.h>

/*
 * The whole string must be one number (a newline at the end is allowed). Base 0 takes 0x for
 * 16, a leading 0 for 8, else 10.
 * => 0, -EINVAL when it is no number, -ERANGE when it does not fit.
 */
int kstrtoull(const char *s, unsigned int base, unsigned long long *res);
int kstrtoll(const char *s, unsigned int base, long long *res);
int kstrtoul(const char *s, unsigned int base, unsigned long *res);
int kstrtol(const char *s, unsigned int base, long *res);
int kstrtouint(const char *s, unsigned int base, unsigned int *res);
int kstrtoint(const char *s, unsigned int base, int *res);
int kstrtou64(const char *s, unsigned int base, u64 *res);
int kstrtos64(const char *s, unsigned int base, s64 *res);
int kstrtou32(const char *s, unsigned int base, u32 *res);
int kstrtos32(const char *s, unsigned int base, s32 *res);
int kstrtou16(const char *s, unsigned int base, u16 *res);
int kstrtos16(const char *s, unsigned int base, s16 *res);
int kstrtou8(const char *s, unsigned int base, u8 *res);
int kstrtos8(const char *s, unsigned int base, s8 *res);
int kstrtobool(const char *s, bool *res);

/* The loose forms: stop at the first character that does not belong, and wrap silently. */
unsigned long long simple_strtoull(const char *s, char **end, unsigned int base);
unsigned long simple_strtoul(const char *s, char **end, unsigned int base);
long simple_strtol(const char *s, char **end, unsigned int base);
long long simple_strtoll(const char *s, char **end, unsigned int base);

#endif
