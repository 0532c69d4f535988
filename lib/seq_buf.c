// SPDX-License-Identifier: MIT
/* Text that is appended to a buffer of fixed size. */
#include <lib/seq_buf.h>
#include <lib/sprintf.h>
#include <lib/string.h>

const char *seq_buf_str(struct seq_buf *s)
{
	if (!s->size)
		return "";
	s->buffer[s->len < s->size ? s->len : s->size - 1] = '\0';
	return s->buffer;
}

int seq_buf_vprintf(struct seq_buf *s, const char *fmt, va_list args)
{
	if (s->len < s->size) {
		int len = vsnprintf(s->buffer + s->len, s->size - s->len, fmt, args);

		if (s->len + len < s->size) {
			s->len += len;
			return 0;
		}
	}
	seq_buf_set_overflow(s);
	return -1;
}

int seq_buf_printf(struct seq_buf *s, const char *fmt, ...)
{
	va_list args;
	int ret;

	va_start(args, fmt);
	ret = seq_buf_vprintf(s, fmt, args);
	va_end(args);
	return ret;
}

int seq_buf_putmem(struct seq_buf *s, const void *mem, unsigned int len)
{
	if (s->len + len > s->size) {
		seq_buf_set_overflow(s);
		return -1;
	}
	memcpy(s->buffer + s->len, mem, len);
	s->len += len;
	return 0;
}

int seq_buf_puts(struct seq_buf *s, const char *str)
{
	size_t len = strlen(str);

	/* The terminator goes along when it fits. */
	if (s->len + len + 1 <= s->size) {
		memcpy(s->buffer + s->len, str, len + 1);
		s->len += len;
		return 0;
	}
	seq_buf_set_overflow(s);
	return -1;
}

int seq_buf_putc(struct seq_buf *s, unsigned char c)
{
	return seq_buf_putmem(s, &c, 1);
}
