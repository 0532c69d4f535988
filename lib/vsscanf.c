// SPDX-License-Identifier: MIT
/* Scanning text by a format. */
#include <kern/kernel.h>
#include <lib/bitops.h>
#include <lib/ctype.h>
#include <lib/kstrtox.h>
#include <lib/sprintf.h>
#include <lib/string.h>

struct scan_spec {
	bool discard;		/* * */
	int width;		/* 0: none */
	int bytes;		/* of an integer */
};

static void store_integer(va_list *args, int bytes, unsigned long long value)
{
	switch (bytes) {
	case 1:
		*va_arg(*args, u8 *) = value;
		break;
	case 2:
		*va_arg(*args, u16 *) = value;
		break;
	case 4:
		*va_arg(*args, u32 *) = value;
		break;
	default:
		*va_arg(*args, u64 *) = value;
	}
}

/* => The characters taken; 0 when there is no number. */
static int scan_integer(const char *s, int width, unsigned int base, bool is_signed,
			unsigned long long *value)
{
	char digits[32], *end;
	bool negative = is_signed && *s == '-';
	size_t skip = negative || (is_signed && *s == '+');
	size_t limit = width ? min_t(size_t, width, sizeof(digits) - 1) : sizeof(digits) - 1;
	size_t n = strnlen(s, limit);

	if (n <= skip)
		return 0;
	memcpy(digits, s, n);
	digits[n] = '\0';
	*value = simple_strtoull(digits + skip, &end, base);
	if (end == digits + skip)
		return 0;
	if (negative)
		*value = -*value;
	return end - digits;
}

/* %s stops at a blank; %[...] at the first character outside the set. */
static int scan_chars(const char *s, int width, const unsigned long *set, char *dst)
{
	int n = 0;

	while (s[n] && (!width || n < width)) {
		if (set ? !test_bit((u8)s[n], set) : isspace(s[n]))
			break;
		if (dst)
			dst[n] = s[n];
		n++;
	}
	if (dst)
		dst[n] = '\0';
	return n;
}

/* Parses what follows "[" into 256 bits; the first character behind "]". */
static const char *parse_set(const char *fmt, unsigned long *set)
{
	bool invert = *fmt == '^', first = true;

	if (invert)
		fmt++;
	memset(set, 0, 256 / 8);
	for (; *fmt && (*fmt != ']' || first); fmt++, first = false) {
		u8 from = *fmt, to = from;

		if (fmt[1] == '-' && fmt[2] && fmt[2] != ']') {
			to = fmt[2];
			fmt += 2;
		}
		for (unsigned int c = from; c <= to; c++)
			__set_bit(c, set);
	}
	for (int i = 0; invert && i < 256 / BITS_PER_LONG; i++)
		set[i] = ~set[i];
	return *fmt ? fmt + 1 : fmt;
}

static const char *parse_spec(const char *fmt, struct scan_spec *spec)
{
	*spec = (struct scan_spec){ .bytes = 4 };
	if (*fmt == '*') {
		spec->discard = true;
		fmt++;
	}
	for (; isdigit(*fmt); fmt++)
		spec->width = spec->width * 10 + (*fmt - '0');
	if (*fmt == 'h') {
		spec->bytes = fmt[1] == 'h' ? 1 : 2;
		fmt += fmt[1] == 'h' ? 2 : 1;
	} else if (*fmt == 'l' || *fmt == 'z' || *fmt == 't' || *fmt == 'j' || *fmt == 'L') {
		spec->bytes = 8;
		fmt += fmt[0] == 'l' && fmt[1] == 'l' ? 2 : 1;
	}
	return fmt;
}

int vsscanf(const char *buf, const char *fmt, va_list args)
{
	const char *s = buf;
	int stored = 0;
	va_list ap;

	va_copy(ap, args);
	while (*fmt) {
		unsigned long set[256 / BITS_PER_LONG];
		struct scan_spec spec;
		unsigned long long value;
		unsigned int base = 10;
		bool is_signed = false;
		int n;

		if (isspace(*fmt)) {
			fmt = skip_spaces(fmt);
			s = skip_spaces(s);
			continue;
		}
		if (*fmt != '%' || fmt[1] == '%') {
			fmt += *fmt == '%';
			if (*s++ != *fmt++)
				break;
			continue;
		}
		fmt = parse_spec(fmt + 1, &spec);
		switch (*fmt++) {
		case 'n':
			*va_arg(ap, int *) = s - buf;
			continue;
		case 'c':
			n = spec.width ? spec.width : 1;
			if (strnlen(s, n) < n)
				goto out;
			if (!spec.discard)
				memcpy(va_arg(ap, char *), s, n);
			break;
		case 's':
			s = skip_spaces(s);
			if (!*s)
				goto out;
			n = scan_chars(s, spec.width, NULL, spec.discard ? NULL : va_arg(ap, char *));
			break;
		case '[':
			fmt = parse_set(fmt, set);
			n = scan_chars(s, spec.width, set, NULL);
			if (!n)
				goto out;
			if (!spec.discard)
				scan_chars(s, spec.width, set, va_arg(ap, char *));
			break;
		case 'i':
			base = 0;
			is_signed = true;
			goto integer;
		case 'd':
			is_signed = true;
			goto integer;
		case 'o':
			base = 8;
			goto integer;
		case 'x':
		case 'X':
			base = 16;
			goto integer;
		case 'u':
integer:
			s = skip_spaces(s);
			n = scan_integer(s, spec.width, base, is_signed, &value);
			if (!n)
				goto out;
			if (!spec.discard)
				store_integer(&ap, spec.bytes, value);
			break;
		default:
			goto out;
		}
		s += n;
		if (!spec.discard)
			stored++;
	}
out:
	va_end(ap);
	return stored;
}

int sscanf(const char *buf, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsscanf(buf, fmt, args);
	va_end(args);
	return n;
}
