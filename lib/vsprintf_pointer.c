// SPDX-License-Identifier: MIT
/* The %p extensions of vsnprintf(). */
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/kernel.h>
#include <lib/bitmap.h>
#include <lib/ctype.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <lib/unaligned.h>

#include "printf.h"

/* Written at boot only, read from everywhere. */
static printf_pointer_hook hooks['z' - 'A' + 1];

void register_printf_hook(char letter, printf_pointer_hook hook)
{
	if (isalpha(letter))
		WRITE_ONCE(hooks[letter - 'A'], hook);
}

static void put_string(struct printf_out *out, const char *s)
{
	while (*s)
		out_char(out, *s++);
}

static void put_hex(struct printf_out *out, u8 byte, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";

	out_char(out, digits[byte >> 4]);
	out_char(out, digits[byte & 15]);
}

static void put_number(struct printf_out *out, unsigned long long value, unsigned int base,
		       int width)
{
	struct printf_spec spec = { .base = base, .precision = -1, .zero = true, .width = width };

	printf_number(out, spec, value);
}

static void plain(struct printf_out *out, struct printf_spec spec, const void *ptr)
{
	spec.base = 16;
	if (!spec.width) {
		spec.width = 16;
		spec.zero = true;
	}
	printf_number(out, spec, (unsigned long)ptr);
}

static const char *const error_names[] = {
	[EPERM] = "EPERM", [ENOENT] = "ENOENT", [ESRCH] = "ESRCH", [EINTR] = "EINTR",
	[EIO] = "EIO", [ENXIO] = "ENXIO", [E2BIG] = "E2BIG", [ENOEXEC] = "ENOEXEC",
	[EBADF] = "EBADF", [ECHILD] = "ECHILD", [EAGAIN] = "EAGAIN", [ENOMEM] = "ENOMEM",
	[EACCES] = "EACCES", [EFAULT] = "EFAULT", [ENOTBLK] = "ENOTBLK", [EBUSY] = "EBUSY",
	[EEXIST] = "EEXIST", [EXDEV] = "EXDEV", [ENODEV] = "ENODEV", [ENOTDIR] = "ENOTDIR",
	[EISDIR] = "EISDIR", [EINVAL] = "EINVAL", [ENFILE] = "ENFILE", [EMFILE] = "EMFILE",
	[ENOTTY] = "ENOTTY", [ETXTBSY] = "ETXTBSY", [EFBIG] = "EFBIG", [ENOSPC] = "ENOSPC",
	[ESPIPE] = "ESPIPE", [EROFS] = "EROFS", [EMLINK] = "EMLINK", [EPIPE] = "EPIPE",
	[EDOM] = "EDOM", [ERANGE] = "ERANGE", [EDEADLK] = "EDEADLK",
	[ENAMETOOLONG] = "ENAMETOOLONG", [ENOLCK] = "ENOLCK", [ENOSYS] = "ENOSYS",
	[ENOTEMPTY] = "ENOTEMPTY", [ELOOP] = "ELOOP", [ENODATA] = "ENODATA", [ETIME] = "ETIME",
	[EPROTO] = "EPROTO", [EOVERFLOW] = "EOVERFLOW", [EILSEQ] = "EILSEQ",
	[EUSERS] = "EUSERS", [ENOTSOCK] = "ENOTSOCK", [EMSGSIZE] = "EMSGSIZE",
	[EOPNOTSUPP] = "EOPNOTSUPP", [EADDRINUSE] = "EADDRINUSE",
	[ECONNRESET] = "ECONNRESET", [ENOBUFS] = "ENOBUFS", [ENOTCONN] = "ENOTCONN",
	[ETIMEDOUT] = "ETIMEDOUT", [ECONNREFUSED] = "ECONNREFUSED", [EALREADY] = "EALREADY",
	[EINPROGRESS] = "EINPROGRESS", [ESTALE] = "ESTALE", [EDQUOT] = "EDQUOT",
	[ECANCELED] = "ECANCELED",
};

static void error_pointer(struct printf_out *out, struct printf_spec spec, const void *ptr)
{
	char text[24] = "-";
	unsigned long err = -PTR_ERR(ptr);

	if (!IS_ERR(ptr)) {
		plain(out, spec, ptr);
		return;
	}
	if (err < ARRAY_SIZE(error_names) && error_names[err])
		strlcpy(text + 1, error_names[err], sizeof(text) - 1);
	else
		snprintf(text, sizeof(text), "-%lu", err);
	printf_string(out, spec, text);
}

/* h: hex bytes, C colons, D dashes, N nothing between. */
static const char *hex_bytes(struct printf_out *out, struct printf_spec spec, const char *fmt,
			     const u8 *p)
{
	int n = clamp(spec.width ? spec.width : 1, 1, 64);
	char between = ' ';

	fmt++;
	if (*fmt == 'C' || *fmt == 'D' || *fmt == 'N') {
		between = *fmt == 'C' ? ':' : *fmt == 'D' ? '-' : 0;
		fmt++;
	}
	for (int i = 0; i < n; i++) {
		if (i && between)
			out_char(out, between);
		put_hex(out, p[i], false);
	}
	return fmt;
}

static void bitmap_hex(struct printf_out *out, const unsigned long *map, int nbits)
{
	bool first = true;

	for (int chunk = DIV_ROUND_UP(nbits, 32) - 1; chunk >= 0; chunk--) {
		u32 word = map[chunk / 2] >> (chunk % 2 * 32);
		int bits = min(nbits - chunk * 32, 32);

		if (bits < 32)
			word &= (1U << bits) - 1;
		if (!first)
			out_char(out, ',');
		put_number(out, word, 16, DIV_ROUND_UP(bits, 4));
		first = false;
	}
}

static void bitmap_list(struct printf_out *out, const unsigned long *map, int nbits)
{
	unsigned long start = find_first_bit(map, nbits);
	bool first = true;

	while (start < nbits) {
		unsigned long end = find_next_zero_bit(map, nbits, start);

		if (!first)
			out_char(out, ',');
		put_number(out, start, 10, 0);
		if (end > start + 1) {
			out_char(out, '-');
			put_number(out, end - 1, 10, 0);
		}
		first = false;
		start = find_next_bit(map, nbits, end);
	}
}

static void escaped(struct printf_out *out, struct printf_spec spec, const u8 *p)
{
	static const char specials[] = "\n\r\t\v\f\a\033\\\"", letters[] = "nrtvfae\\\"";
	int n = spec.width ? spec.width : (int)strlen((const char *)p);

	for (int i = 0; i < n; i++) {
		const char *special = p[i] ? strchr(specials, p[i]) : NULL;

		if (special) {
			out_char(out, '\\');
			out_char(out, letters[special - specials]);
		} else if (isprint(p[i])) {
			out_char(out, p[i]);
		} else {
			out_char(out, '\\');
			out_char(out, '0' + (p[i] >> 6));
			out_char(out, '0' + (p[i] >> 3 & 7));
			out_char(out, '0' + (p[i] & 7));
		}
	}
}

static void ipv4(struct printf_out *out, const u8 *p, int width)
{
	for (int i = 0; i < 4; i++) {
		if (i)
			out_char(out, '.');
		put_number(out, p[i], 10, width);
	}
}

/* RFC 5952: the longest run of zero words (two at least) becomes "::". */
static void ipv6_short(struct printf_out *out, const u8 *p)
{
	int best = -1, best_len = 1;

	for (int i = 0; i < 8; i++) {
		int len = 0;

		while (i + len < 8 && !get_unaligned_be16(p + 2 * (i + len)))
			len++;
		if (len > best_len) {
			best = i;
			best_len = len;
		}
		i += len;
	}
	for (int i = 0; i < 8; i++) {
		if (i == best) {
			put_string(out, "::");
			i += best_len - 1;
			continue;
		}
		if (i && i != best + best_len)
			out_char(out, ':');
		put_number(out, get_unaligned_be16(p + 2 * i), 16, 0);
	}
}

static const char *ip_address(struct printf_out *out, const char *fmt, const u8 *p)
{
	bool plain_form = *fmt == 'i';

	fmt++;
	if (*fmt == '4') {
		ipv4(out, p, plain_form ? 3 : 0);
		return fmt + 1;
	}
	if (*fmt != '6')
		return fmt;
	fmt++;
	if (*fmt == 'c') {
		ipv6_short(out, p);
		return fmt + 1;
	}
	for (int i = 0; i < 16; i++) {
		if (i && i % 2 == 0 && !plain_form)
			out_char(out, ':');
		put_hex(out, p[i], false);
	}
	return fmt;
}

static const char *uuid(struct printf_out *out, const char *fmt, const u8 *p)
{
	static const u8 little[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	bool upper = false, le = false;

	fmt++;
	if (*fmt == 'b' || *fmt == 'B' || *fmt == 'l' || *fmt == 'L') {
		upper = isupper(*fmt);
		le = _tolower(*fmt) == 'l';
		fmt++;
	}
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out_char(out, '-');
		put_hex(out, p[le ? little[i] : i], upper);
	}
	return fmt;
}

static void mac(struct printf_out *out, const u8 *p, bool colons)
{
	for (int i = 0; i < 6; i++) {
		if (i && colons)
			out_char(out, ':');
		put_hex(out, p[i], false);
	}
}

static void nested(struct printf_out *out, const struct va_format *vaf)
{
	bool room = out->pos < out->size;

	out->pos += vsnprintf(room ? out->buf + out->pos : NULL, room ? out->size - out->pos : 0,
			      vaf->fmt, *vaf->va);
}

/* A letter of a higher layer; symbols without kallsyms are shown as addresses. */
static const char *hooked(struct printf_out *out, struct printf_spec spec, const char *fmt,
			  const void *ptr)
{
	printf_pointer_hook hook = READ_ONCE(hooks[*fmt - 'A']);
	char text[512];
	bool path = *fmt == 'd' || *fmt == 'D';

	if (hook) {
		hook(text, sizeof(text), fmt, ptr);
		printf_string(out, spec, text);
	} else {
		put_string(out, "0x");
		put_number(out, (unsigned long)ptr, 16, 0);
	}
	fmt++;
	if (path && isdigit(*fmt))
		fmt++;
	return fmt;
}

const char *printf_pointer(struct printf_out *out, struct printf_spec spec, const char *fmt,
			   const void *ptr)
{
	bool deref = strchr("hbEIiUMmVa", *fmt) && *fmt;

	if (deref && (unsigned long)ptr < 4096) {
		printf_string(out, (struct printf_spec){ .precision = -1 }, ptr ? "(efault)" : "(null)");
		while (isalnum(*fmt))
			fmt++;
		return fmt;
	}
	switch (*fmt) {
	case 'x':
		spec.base = 16;
		printf_number(out, spec, (unsigned long)ptr);
		return fmt + 1;
	case 'K':
		plain(out, spec, ptr);
		return fmt + 1;
	case 'e':
		error_pointer(out, spec, ptr);
		return fmt + 1;
	case 's':
	case 'S':
	case 'B':
	case 'd':
	case 'D':
	case 'R':
	case 'r':
		return hooked(out, spec, fmt, ptr);
	case 'h':
		return hex_bytes(out, spec, fmt, ptr);
	case 'b':
		if (fmt[1] == 'l') {
			bitmap_list(out, ptr, spec.width);
			return fmt + 2;
		}
		bitmap_hex(out, ptr, spec.width);
		return fmt + 1;
	case 'E':
		escaped(out, spec, ptr);
		return fmt + 1;
	case 'I':
	case 'i':
		return ip_address(out, fmt, ptr);
	case 'U':
		return uuid(out, fmt, ptr);
	case 'M':
	case 'm':
		mac(out, ptr, *fmt == 'M');
		return fmt + 1;
	case 'V':
		nested(out, ptr);
		return fmt + 1;
	case 'a':
		put_string(out, "0x");
		put_number(out, *(const phys_addr_t *)ptr, 16, 16);
		return fmt + 1 + (fmt[1] == 'p' || fmt[1] == 'd');
	}
	plain(out, spec, ptr);
	return fmt;
}
