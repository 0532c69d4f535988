// SPDX-License-Identifier: MIT
/*
 * A line for `register`: ":name:type:offset:magic:mask:interpreter:flags", where any character
 * may stand for the colon. Type M compares bytes of the file (with \xNN for any), E the
 * extension of its name.
 */
#include <fs/file.h>
#include <kern/binfmts.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/kernel.h>
#include <lib/kstrtox.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include "internal.h"

/* The field that *p points at, ended by a NUL in place of the delimiter; NULL: there is none. */
static char *next_field(char **p, char delimiter)
{
	char *begin = *p, *end = strchr(begin, delimiter);

	if (!end)
		return NULL;
	*end = 0;
	*p = end + 1;
	return begin;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Puts bytes in place of \xNN; the length. */
static unsigned int unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		if (from[0] == '\\' && from[1] == 'x' && hex_value(from[2]) >= 0 &&
		    hex_value(from[3]) >= 0) {
			*to = hex_value(from[2]) << 4 | hex_value(from[3]);
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = 0;
	return to - text;
}

static int parse_magic(struct misc_entry *e, const char *offset, char *magic, char *mask)
{
	if (*offset && (kstrtouint(offset, 10, &e->offset) || e->offset >= BINPRM_BUF_SIZE))
		return -EINVAL;
	e->magic = magic;
	e->size = unescape(magic);
	if (!e->size || e->size > BINPRM_BUF_SIZE || e->offset + e->size > BINPRM_BUF_SIZE)
		return -EINVAL;
	if (*mask) {
		e->mask = mask;
		if (unescape(mask) != e->size)
			return -EINVAL;
	}
	return 0;
}

static int parse_extension(struct misc_entry *e, char *extension)
{
	e->by_name = true;
	e->magic = extension;
	e->size = strlen(extension);
	return !e->size || strchr(extension, '/') ? -EINVAL : 0;
}

static int parse_flags(struct misc_entry *e, const char *flags)
{
	for (; *flags && *flags != '\n'; flags++) {
		switch (*flags) {
		case 'P':
			e->flags |= MISC_PRESERVE_ARGV0;
			break;
		case 'O':
			e->flags |= MISC_OPEN_BINARY;
			break;
		case 'C':
			e->flags |= MISC_CREDENTIALS | MISC_OPEN_BINARY;
			break;
		case 'F':
			e->flags |= MISC_FIXED;
			break;
		default:
			return -EINVAL;
		}
	}
	return *flags && flags[1] ? -EINVAL : 0;
}

static int parse_fields(struct misc_entry *e, char *line)
{
	char delimiter = line[0], *p = line + 1;
	char *type, *offset, *magic, *mask;
	int error;

	e->name = next_field(&p, delimiter);
	type = e->name ? next_field(&p, delimiter) : NULL;
	offset = type ? next_field(&p, delimiter) : NULL;
	magic = offset ? next_field(&p, delimiter) : NULL;
	mask = magic ? next_field(&p, delimiter) : NULL;
	e->interpreter = mask ? next_field(&p, delimiter) : NULL;
	if (!e->interpreter)
		return -EINVAL;
	if (!e->name[0] || !strcmp(e->name, ".") || !strcmp(e->name, "..") ||
	    strchr(e->name, '/') || !e->interpreter[0])
		return -EINVAL;
	if (!strcmp(type, "M"))
		error = parse_magic(e, offset, magic, mask);
	else if (!strcmp(type, "E"))
		error = parse_extension(e, magic);
	else
		error = -EINVAL;
	return error ?: parse_flags(e, p);
}

struct misc_entry *misc_parse(const char __user *line, size_t size)
{
	struct misc_entry *e;
	int error;

	/* The shortest line has a character in each field that must not be empty. */
	if (size < 11 || size > MISC_LINE_MAX)
		return ERR_PTR(-EINVAL);
	e = kzalloc(sizeof(*e) + size + 1, GFP_KERNEL);
	if (!e)
		return ERR_PTR(-ENOMEM);
	refcount_set(&e->refs, 1);
	e->enabled = true;
	INIT_LIST_HEAD(&e->link);
	error = copy_from_user(e->text, line, size) ? -EFAULT : parse_fields(e, e->text);
	if (!error && (e->flags & MISC_FIXED)) {
		e->fixed = open_exec(e->interpreter);
		error = PTR_ERR_OR_ZERO(e->fixed);
	}
	if (error) {
		kfree(e);
		return ERR_PTR(error);
	}
	return e;
}

bool misc_matches(const struct misc_entry *e, const struct linux_binprm *bprm)
{
	const char *dot;

	if (e->by_name) {
		dot = strrchr(bprm->interp, '.');
		return dot && !strcmp(dot + 1, e->magic);
	}
	for (unsigned int i = 0; i < e->size; i++) {
		char differs = bprm->buf[e->offset + i] ^ e->magic[i];

		if (differs & (e->mask ? e->mask[i] : (char)0xff))
			return false;
	}
	return true;
}
