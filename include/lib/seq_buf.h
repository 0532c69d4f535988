/* SPDX-License-Identifier: MIT */
/* A buffer that text is appended to, and that remembers when it overflowed. */
#ifndef LIB_SEQ_BUF_H
#define LIB_SEQ_BUF_H

#include <stdarg.h>

#include <kern/compiler.h>
#include <kern/types.h>

struct seq_buf {
	char *buffer;
	size_t size;
	size_t len;			/* size + 1: overflowed */
};

#define DECLARE_SEQ_BUF(name, size_)						\
	char __##name##_buffer[size_] = "";					\
	struct seq_buf name = { .buffer = __##name##_buffer, .size = size_ }

static inline void seq_buf_clear(struct seq_buf *s)
{
	s->len = 0;
	if (s->size)
		s->buffer[0] = '\0';
}

static inline void seq_buf_init(struct seq_buf *s, char *buf, unsigned int size)
{
	s->buffer = buf;
	s->size = size;
	seq_buf_clear(s);
}

static inline bool seq_buf_has_overflowed(struct seq_buf *s)
{
	return s->len > s->size;
}

static inline void seq_buf_set_overflow(struct seq_buf *s)
{
	s->len = s->size + 1;
}

static inline unsigned int seq_buf_buffer_left(struct seq_buf *s)
{
	return seq_buf_has_overflowed(s) ? 0 : s->size - s->len;
}

static inline unsigned int seq_buf_used(struct seq_buf *s)
{
	return s->len < s->size ? s->len : s->size;
}

/* Terminates the text (cutting it when needed) and returns it. */
const char *seq_buf_str(struct seq_buf *s);
/* 0, or -1 when it does not fit. */
int seq_buf_printf(struct seq_buf *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int seq_buf_vprintf(struct seq_buf *s, const char *fmt, va_list args)
	__attribute__((format(printf, 2, 0)));
int seq_buf_puts(struct seq_buf *s, const char *str);
int seq_buf_putc(struct seq_buf *s, unsigned char c);
int seq_buf_putmem(struct seq_buf *s, const void *mem, unsigned int len);

#endif
