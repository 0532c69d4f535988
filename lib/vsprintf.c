// SPDX-License-Identifier: MIT
/* Formatted printing: the parser, numbers and strings. Pointers: vsprintf_pointer.c. */
#include <kern/kernel.h>
#include <lib/ctype.h>
#include <lib/sprintf.h>
#include <lib/string.h>

#include "printf.h"

void printf_fill(struct printf_out *out, char c, int n)
{
	while (n-- > 0)
		out_char(out, c);
}

static const char digit_pairs[] =
	"00010203040506070809101112131415161718192021222324252627282930313233343536373839"
	"40414243444546474849505152535455565758596061626364656667686970717273747576777879"
	"8081828384858687888990919293949596979899";

/* Digits of @value, ending in front of @end; where they start. Nothing for 0. */
static char *format_digits(char *end, unsigned long long value, unsigned int base, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	unsigned int shift = base == 16 ? 4 : 3;

	if (base != 10) {
		for (; value; value >>= shift)
			*--end = digits[value & (base - 1)];
		return end;
	}
	while (value >= 10) {
		unsigned int pair = value % 100 * 2;

		value /= 100;
		*--end = digit_pairs[pair + 1];
		*--end = digit_pairs[pair];
	}
	if (value)
		*--end = '0' + value;
	return end;
}

void printf_number(struct printf_out *out, struct printf_spec spec, unsigned long long value)
{
	char buf[24], prefix[2], *start;
	int len, prefixes = 0, zeroes = 0, pad;

	if (spec.is_signed && (long long)value < 0) {
		prefix[prefixes++] = '-';
		value = -value;
	} else if (spec.is_signed && spec.plus) {
		prefix[prefixes++] = '+';
	} else if (spec.is_signed && spec.space) {
		prefix[prefixes++] = ' ';
	}
	start = format_digits(buf + sizeof(buf), value, spec.base, spec.upper);
	len = buf + sizeof(buf) - start;
	if (spec.alt && spec.base == 16 && value) {
		prefix[prefixes++] = '0';
		prefix[prefixes++] = spec.upper ? 'X' : 'x';
	}
	if (spec.precision >= 0)
		zeroes = spec.precision - len;
	else
		zeroes = len ? 0 : 1;
	if (spec.alt && spec.base == 8 && zeroes <= 0)
		zeroes = 1;
	if (spec.zero && !spec.left && spec.precision < 0)
		zeroes = max(zeroes, spec.width - prefixes - len);
	zeroes = max(zeroes, 0);
	pad = spec.width - prefixes - zeroes - len;
	if (!spec.left)
		printf_fill(out, ' ', pad);
	for (int i = 0; i < prefixes; i++)
		out_char(out, prefix[i]);
	printf_fill(out, '0', zeroes);
	for (int i = 0; i < len; i++)
		out_char(out, start[i]);
	if (spec.left)
		printf_fill(out, ' ', pad);
}

void printf_text(struct printf_out *out, struct printf_spec spec, const char *s, int len)
{
	if (!spec.left)
		printf_fill(out, ' ', spec.width - len);
	if (out->pos < out->size)
		memcpy(out->buf + out->pos, s, min_t(size_t, len, out->size - out->pos));
	out->pos += len;
	if (spec.left)
		printf_fill(out, ' ', spec.width - len);
}

void printf_string(struct printf_out *out, struct printf_spec spec, const char *s)
{
	/* A pointer into the first page is a mistake that should show, not crash. */
	if (!s)
		s = "(null)";
	else if ((unsigned long)s < 4096)
		s = "(efault)";
	printf_text(out, spec, s,
		    spec.precision >= 0 ? strnlen(s, spec.precision) : strlen(s));
}

static const char *parse_flags(const char *fmt, struct printf_spec *spec)
{
	for (;; fmt++) {
		switch (*fmt) {
		case '-':
			spec->left = true;
			break;
		case '+':
			spec->plus = true;
			break;
		case ' ':
			spec->space = true;
			break;
		case '#':
			spec->alt = true;
			break;
		case '0':
			spec->zero = true;
			break;
		default:
			return fmt;
		}
	}
}

static const char *parse_number(const char *fmt, int *value)
{
	for (*value = 0; isdigit(*fmt); fmt++)
		if (*value < 100000)
			*value = *value * 10 + (*fmt - '0');
	return fmt;
}

enum length { LENGTH_INT, LENGTH_CHAR, LENGTH_SHORT, LENGTH_LONG };

/* l, ll, z, t, j and q are all 64 bits wide here. */
static const char *parse_length(const char *fmt, enum length *length)
{
	*length = LENGTH_INT;
	switch (*fmt) {
	case 'h':
		fmt++;
		*length = LENGTH_SHORT;
		if (*fmt == 'h') {
			fmt++;
			*length = LENGTH_CHAR;
		}
		return fmt;
	case 'l':
	case 'L':
	case 'z':
	case 't':
	case 'j':
	case 'q':
		*length = LENGTH_LONG;
		fmt++;
		if (fmt[-1] == 'l' && *fmt == 'l')
			fmt++;
		return fmt;
	}
	return fmt;
}

static unsigned long long convert(unsigned long long value, enum length length, bool is_signed)
{
	switch (length) {
	case LENGTH_CHAR:
		return is_signed ? (unsigned long long)(signed char)value : (unsigned char)value;
	case LENGTH_SHORT:
		return is_signed ? (unsigned long long)(short)value : (unsigned short)value;
	case LENGTH_INT:
		return is_signed ? (unsigned long long)(int)value : (unsigned int)value;
	default:
		return value;
	}
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	struct printf_out out = { .buf = buf, .size = size > INT_MAX ? 0 : size };
	va_list ap;

	va_copy(ap, args);
	while (*fmt) {
		struct printf_spec spec = { .precision = -1, .base = 10 };
		const char *start = fmt;
		enum length length;
		char c;

		if (*fmt != '%') {
			fmt = strchrnul(fmt, '%');
			printf_text(&out, spec, start, fmt - start);
			continue;
		}
		fmt = parse_flags(fmt + 1, &spec);
		if (*fmt == '*') {
			spec.width = va_arg(ap, int);
			fmt++;
			if (spec.width < 0) {
				spec.left = true;
				spec.width = -spec.width;
			}
		} else {
			fmt = parse_number(fmt, &spec.width);
		}
		if (*fmt == '.') {
			fmt++;
			if (*fmt == '*') {
				spec.precision = max(va_arg(ap, int), -1);
				fmt++;
			} else {
				fmt = parse_number(fmt, &spec.precision);
			}
		}
		fmt = parse_length(fmt, &length);
		switch (c = *fmt++) {
		case 'd':
		case 'i':
			spec.is_signed = true;
			break;
		case 'u':
			break;
		case 'X':
			spec.upper = true;
			spec.base = 16;
			break;
		case 'x':
			spec.base = 16;
			break;
		case 'o':
			spec.base = 8;
			break;
		case 'c': {
			char ch = va_arg(ap, int);

			printf_text(&out, spec, &ch, 1);
			continue;
		}
		case 's':
			printf_string(&out, spec, va_arg(ap, const char *));
			continue;
		case 'p':
			fmt = printf_pointer(&out, spec, fmt, va_arg(ap, const void *));
			continue;
		case '%':
			out_char(&out, '%');
			continue;
		default:
			/* Unknown: shown as it stands; the rest of the arguments is a guess. */
			if (!c)
				fmt--;
			printf_text(&out, (struct printf_spec){}, start, fmt - start);
			continue;
		}
		printf_number(&out, spec,
			      convert(length == LENGTH_LONG ? va_arg(ap, unsigned long long) :
							      va_arg(ap, unsigned int),
				      length, spec.is_signed));
	}
	va_end(ap);
	if (out.size)
		buf[out.pos < out.size ? out.pos : out.size - 1] = '\0';
	return out.pos;
}

int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	int len;

	if (!size)
		return 0;
	len = vsnprintf(buf, size, fmt, args);
	return (size_t)len < size ? len : (int)size - 1;
}

int vsprintf(char *buf, const char *fmt, va_list args)
{
	return vsnprintf(buf, INT_MAX, fmt, args);
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vscnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}

int sprintf(char *buf, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsprintf(buf, fmt, args);
	va_end(args);
	return len;
}

int num_to_str(char *buf, int size, unsigned long long v, unsigned int width)
{
	char digits[24], *end = digits + sizeof(digits), *start = format_digits(end, v, 10, false);
	int len, pad;

	if (start == end)
		*--start = '0';
	len = end - start;
	pad = (int)width > len ? (int)width - len : 0;
	if (len + pad > size)
		return 0;
	memset(buf, ' ', pad);
	memcpy(buf + pad, start, len);
	return pad + len;
}
