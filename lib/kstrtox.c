// SPDX-License-Identifier: MIT
/* Numbers from strings. */
#include <kern/errno.h>
#include <kern/kernel.h>
#include <lib/ctype.h>
#include <lib/kstrtox.h>

/* Base 0 is decided by the prefix; 0x is skipped for base 16. */
static const char *fix_base(const char *s, unsigned int *base)
{
	bool hex = s[0] == '0' && _tolower(s[1]) == 'x' && isxdigit(s[2]);

	if (*base == 0)
		*base = hex ? 16 : s[0] == '0' ? 8 : 10;
	return *base == 16 && hex ? s + 2 : s;
}

/* => -1 when @c is no digit of @base. */
static int digit_value(char c, unsigned int base)
{
	unsigned int value;

	if (isdigit(c))
		value = c - '0';
	else if (isalpha(c))
		value = _tolower(c) - 'a' + 10;
	else
		return -1;
	return value < base ? (int)value : -1;
}

/* Takes the digits; the number of characters taken, and whether it overflowed. */
static size_t take_digits(const char *s, unsigned int base, unsigned long long *res,
			  bool *overflow)
{
	unsigned long long value = 0;
	size_t n = 0;
	int digit;

	*overflow = false;
	for (; (digit = digit_value(s[n], base)) >= 0; n++) {
		unsigned long long next;

		if (__builtin_mul_overflow(value, (unsigned long long)base, &next) ||
		    __builtin_add_overflow(next, (unsigned long long)digit, &next))
			*overflow = true;
		value = value * base + digit;
	}
	*res = value;
	return n;
}

static int parse_unsigned(const char *s, unsigned int base, unsigned long long *res)
{
	unsigned long long value;
	bool overflow;
	size_t n;

	s = fix_base(s, &base);
	n = take_digits(s, base, &value, &overflow);
	if (!n)
		return -EINVAL;
	if (s[n] == '\n')
		n++;
	if (s[n])
		return -EINVAL;
	if (overflow)
		return -ERANGE;
	*res = value;
	return 0;
}

int kstrtoull(const char *s, unsigned int base, unsigned long long *res)
{
	return parse_unsigned(*s == '+' ? s + 1 : s, base, res);
}

int kstrtoll(const char *s, unsigned int base, long long *res)
{
	unsigned long long value;
	int ret;

	if (*s == '-') {
		ret = parse_unsigned(s + 1, base, &value);
		if (ret)
			return ret;
		if ((long long)-value > 0)
			return -ERANGE;
		*res = -value;
		return 0;
	}
	ret = kstrtoull(s, base, &value);
	if (ret)
		return ret;
	if ((long long)value < 0)
		return -ERANGE;
	*res = value;
	return 0;
}

/* The narrower forms: parse wide, and refuse what does not survive the conversion. */
#define DEFINE_NARROW(name, type, wide_name, wide)				\
int name(const char *s, unsigned int base, type *res)				\
{										\
	wide value;								\
	int ret = wide_name(s, base, &value);					\
										\
	if (ret)								\
		return ret;							\
	if ((wide)(type)value != value)						\
		return -ERANGE;							\
	*res = (type)value;							\
	return 0;								\
}

DEFINE_NARROW(kstrtoul, unsigned long, kstrtoull, unsigned long long)
DEFINE_NARROW(kstrtol, long, kstrtoll, long long)
DEFINE_NARROW(kstrtouint, unsigned int, kstrtoull, unsigned long long)
DEFINE_NARROW(kstrtoint, int, kstrtoll, long long)
DEFINE_NARROW(kstrtou64, u64, kstrtoull, unsigned long long)
DEFINE_NARROW(kstrtos64, s64, kstrtoll, long long)
DEFINE_NARROW(kstrtou32, u32, kstrtoull, unsigned long long)
DEFINE_NARROW(kstrtos32, s32, kstrtoll, long long)
DEFINE_NARROW(kstrtou16, u16, kstrtoull, unsigned long long)
DEFINE_NARROW(kstrtos16, s16, kstrtoll, long long)
DEFINE_NARROW(kstrtou8, u8, kstrtoull, unsigned long long)
DEFINE_NARROW(kstrtos8, s8, kstrtoll, long long)

int kstrtobool(const char *s, bool *res)
{
	switch (s[0]) {
	case 'y':
	case 'Y':
	case 't':
	case 'T':
	case '1':
		*res = true;
		return 0;
	case 'n':
	case 'N':
	case 'f':
	case 'F':
	case '0':
		*res = false;
		return 0;
	case 'o':
	case 'O':
		if (_tolower(s[1]) == 'n') {
			*res = true;
			return 0;
		}
		if (_tolower(s[1]) == 'f') {
			*res = false;
			return 0;
		}
	}
	return -EINVAL;
}

unsigned long long simple_strtoull(const char *s, char **end, unsigned int base)
{
	unsigned long long value;
	bool overflow;
	size_t n;

	s = fix_base(s, &base);
	n = take_digits(s, base, &value, &overflow);
	if (end)
		*end = (char *)s + n;
	return value;
}

unsigned long simple_strtoul(const char *s, char **end, unsigned int base)
{
	return simple_strtoull(s, end, base);
}

long long simple_strtoll(const char *s, char **end, unsigned int base)
{
	if (*s == '-')
		return -simple_strtoull(s + 1, end, base);
	return simple_strtoull(s, end, base);
}

long simple_strtol(const char *s, char **end, unsigned int base)
{
	return simple_strtoll(s, end, base);
}
