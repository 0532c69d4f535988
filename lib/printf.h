/* SPDX-License-Identifier: MIT */
/* The parts of vsnprintf(), shared by its two files. */
#ifndef LIB_PRINTF_H
#define LIB_PRINTF_H

#include <kern/types.h>

/* Where the text goes. @pos runs on beyond @size, so that the whole length is known. */
struct printf_out {
	char *buf;
	size_t size;
	size_t pos;
};

/* One conversion, parsed. */
struct printf_spec {
	bool left;		/* - */
	bool plus;		/* + */
	bool space;
	bool alt;		/* # */
	bool zero;		/* 0 */
	bool upper;
	bool is_signed;
	unsigned int base;
	int width;		/* 0: none */
	int precision;		/* -1: none */
};

static inline void out_char(struct printf_out *out, char c)
{
	if (out->pos < out->size)
		out->buf[out->pos] = c;
	out->pos++;
}

void printf_fill(struct printf_out *out, char c, int n);
void printf_number(struct printf_out *out, struct printf_spec spec, unsigned long long value);
/* Pads @len bytes of @s; precision is the caller's business. */
void printf_text(struct printf_out *out, struct printf_spec spec, const char *s, int len);
void printf_string(struct printf_out *out, struct printf_spec spec, const char *s);
/* @fmt stands after the p; the first character that does not belong to the conversion. */
const char *printf_pointer(struct printf_out *out, struct printf_spec spec, const char *fmt,
			   const void *ptr);

#endif
