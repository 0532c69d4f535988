/* SPDX-License-Identifier: MIT */
/* What the files of binfmt_misc share. */
#ifndef BINFMT_MISC_INTERNAL_H
#define BINFMT_MISC_INTERNAL_H

#include <kern/refcount.h>
#include <kern/types.h>
#include <lib/list.h>

struct dentry;
struct file;
struct linux_binprm;

#define MISC_PRESERVE_ARGV0 0x1 /* P */
#define MISC_OPEN_BINARY    0x2 /* O */
#define MISC_CREDENTIALS    0x4 /* C, with O */
#define MISC_FIXED	    0x8 /* F */

/*
 * One kind of program.
 *   (i) constant once it is registered   (e) misc_lock
 */
struct misc_entry {
	struct list_head link; /* e: in misc_entries */
	refcount_t refs;       /* the list's, and execve()s that use it */
	bool enabled;	       /* e */
	struct dentry *dentry; /* i: its file, with a reference */
	unsigned int flags;    /* i */
	bool by_name;	       /* i: `magic` is an extension */
	unsigned int offset;   /* i */
	unsigned int size;     /* i: of magic and mask */
	char *magic, *mask;    /* i: mask may be NULL */
	char *name;	       /* i */
	char *interpreter;     /* i */
	struct file *fixed;    /* i: the interpreter, opened when it was registered, or NULL */
	char text[];	       /* i: what the pointers point into */
};

/* The longest line that `register` takes. */
#define MISC_LINE_MAX 1920

/* parse.c: an entry of a line, not yet registered; or an ERR_PTR. => may sleep */
struct misc_entry *misc_parse(const char __user *line, size_t size);
/* Does it know the program in bprm? */
bool misc_matches(const struct misc_entry *entry, const struct linux_binprm *bprm);

#endif
