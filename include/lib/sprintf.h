/* SPDX-License-Identifier: MIT */
/* Formatted printing into memory and scanning from it. */
#ifndef LIB_SPRINTF_H
#define LIB_SPRINTF_H

#include <stdarg.h>

#include <kern/compiler.h>
#include <kern/types.h>

/*
 * snprintf() and vsnprintf() return what the whole output would have taken, scnprintf() what
 * was written. Conversions: d i u o x X c s p n$-less C99 with flags, width, precision and
 * hh h l ll z t j; no floating point. %p prints the address; %p extensions:
 *
 *	%pK		the address, as %p
 *	%px		the address without padding
 *	%ps %pS %pB	symbol, with +offset/size for S and B (through kallsyms when linked)
 *	%pe		the name of an error pointer (-ENOENT)
 *	%pV		a struct va_format: a format within a format
 *	%pd %pd2..4 %pD	the name of a dentry or of a file's dentry (last 1..4 components)
 *	%pI4 %pI6 %pI6c	network addresses;  %pi4 with leading zeroes
 *	%pM %pm		MAC address with and without colons
 *	%pU[bBlL]	UUID
 *	%*ph %*phC %*phD %*phN	bytes as hex, separated by blank, colon, dash, nothing
 *	%*pb %*pbl	bitmap of field-width bits as hex words, or as a list of ranges
 *	%pE %*pE	bytes with the unprintable ones escaped
 */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
	__attribute__((format(printf, 3, 0)));
int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
	__attribute__((format(printf, 3, 0)));
int vsprintf(char *buf, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));
int snprintf(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int scnprintf(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int sprintf(char *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* From kmalloc(). */
char *kvasprintf(gfp_t gfp, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));
char *kasprintf(gfp_t gfp, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* d i u o x X c s n [set] with widths and *; %[^,]. */
int vsscanf(const char *buf, const char *fmt, va_list args) __attribute__((format(scanf, 2, 0)));
int sscanf(const char *buf, const char *fmt, ...) __attribute__((format(scanf, 2, 3)));

struct va_format {
	const char *fmt;
	va_list *va;
};

/* Decimal digits of @v to @buf without terminator; the number of them. For /proc's hot paths. */
int num_to_str(char *buf, int size, unsigned long long v, unsigned int width);

/*
 * Extensions that belong to higher layers register here (fs: 'd' and 'D'; kallsyms: 's', 'S',
 * 'B'). The hook writes at most @size bytes and returns the length of the whole; @fmt points
 * just past the 'p'.
 * => Boot time only, one hook a letter.
 */
typedef int (*printf_pointer_hook)(char *buf, size_t size, const char *fmt, const void *ptr);
void register_printf_hook(char letter, printf_pointer_hook hook);

#endif
