/* SPDX-License-Identifier: MIT */
/* Putting text into a seq_file. What does not fit marks the buffer as overflowed. */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/path.h>
#include <fs/seq_file.h>
#include <kern/err.h>
#include <lib/sprintf.h>
#include <lib/string.h>

static void seq_set_overflow(struct seq_file *m)
{
	m->count = m->size;
}

void seq_vprintf(struct seq_file *m, const char *fmt, va_list args)
{
	if (m->count < m->size) {
		int len = vsnprintf(m->buf + m->count, m->size - m->count, fmt, args);

		if (m->count + len < m->size) {
			m->count += len;
			return;
		}
	}
	seq_set_overflow(m);
}

void seq_printf(struct seq_file *m, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	seq_vprintf(m, fmt, args);
	va_end(args);
}

int seq_write(struct seq_file *m, const void *data, size_t len)
{
	if (m->count + len < m->size) {
		memcpy(m->buf + m->count, data, len);
		m->count += len;
		return 0;
	}
	seq_set_overflow(m);
	return -1;
}

void seq_putc(struct seq_file *m, char c)
{
	if (m->count < m->size)
		m->buf[m->count++] = c;
}

void seq_puts(struct seq_file *m, const char *s)
{
	seq_write(m, s, strlen(s));
}

void seq_pad(struct seq_file *m, char c)
{
	while (m->count < m->pad_until && m->count < m->size)
		seq_putc(m, ' ');
	if (c)
		seq_putc(m, c);
}

void seq_put_decimal_ull(struct seq_file *m, const char *delimiter, unsigned long long num)
{
	char digits[24];

	if (delimiter)
		seq_puts(m, delimiter);
	seq_write(m, digits, num_to_str(digits, sizeof(digits), num, 0));
}

void seq_put_decimal_ll(struct seq_file *m, const char *delimiter, long long num)
{
	if (delimiter)
		seq_puts(m, delimiter);
	if (num < 0)
		seq_putc(m, '-');
	seq_put_decimal_ull(m, NULL, num < 0 ? -(unsigned long long)num : (unsigned long long)num);
}

void seq_put_hex_ll(struct seq_file *m, const char *delimiter, unsigned long long v,
		    unsigned int width)
{
	if (delimiter)
		seq_puts(m, delimiter);
	seq_printf(m, "%0*llx", width ? (int)width : 1, v);
}

void seq_escape(struct seq_file *m, const char *s, const char *esc)
{
	for (; *s; s++) {
		if (strchr(esc, *s))
			seq_printf(m, "\\%03o", (unsigned char)*s);
		else
			seq_putc(m, *s);
	}
}

/* Copies p to s with what `esc` names as \ooo; NULL when it would run into p's own end. */
char *mangle_path(char *s, const char *p, const char *esc)
{
	while (s <= p) {
		char c = *p++;

		if (!c)
			return s;
		if (!strchr(esc, c)) {
			*s++ = c;
		} else if (s + 4 > p) {
			break;
		} else {
			*s++ = '\\';
			*s++ = '0' + ((c & 0300) >> 6);
			*s++ = '0' + ((c & 070) >> 3);
			*s++ = '0' + (c & 07);
		}
	}
	return NULL;
}

/* A name was written at the end of the free part of the buffer: moves it to the front of it. */
static int seq_take_path(struct seq_file *m, char *name, const char *esc)
{
	char *start = m->buf + m->count;

	if (!IS_ERR_OR_NULL(name)) {
		char *end = mangle_path(start, name, esc);

		if (end) {
			m->count += end - start;
			return end - start;
		}
	}
	seq_set_overflow(m);
	return -1;
}

int seq_path(struct seq_file *m, const struct path *path, const char *esc)
{
	if (m->count >= m->size)
		return -1;
	return seq_take_path(m, d_path(path, m->buf + m->count, m->size - m->count), esc);
}

int seq_file_path(struct seq_file *m, struct file *file, const char *esc)
{
	return seq_path(m, file_user_path(file), esc);
}

int seq_path_root(struct seq_file *m, const struct path *path, const struct path *root,
		  const char *esc)
{
	char *name;

	if (m->count >= m->size)
		return 0;
	name = __d_path(path, root, m->buf + m->count, m->size - m->count);
	if (!name)
		return SEQ_SKIP;	/* not below the root: not the reader's business */
	seq_take_path(m, name, esc);
	return 0;
}

int seq_dentry(struct seq_file *m, struct dentry *dentry, const char *esc)
{
	if (m->count >= m->size)
		return 0;
	seq_take_path(m, dentry_path_raw(dentry, m->buf + m->count, m->size - m->count), esc);
	return 0;
}
