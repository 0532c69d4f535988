// SPDX-License-Identifier: MIT
/*
 * /proc/sys: numbers and strings of the kernel as files.
 *
 * The tree is made at boot by register_sysctl() and never shrinks, so nodes need no references:
 * inodes point to them. Lock: sysctl_lock guards the lists while they grow; readers walk them
 * under it as well, since lookups are rare.
 */
#include <fs/sysctl.h>
#include <kern/cred.h>
#include <kern/mutex.h>
#include <lib/kstrtox.h>
#include <lib/sprintf.h>
#include <mm/slab.h>
#include <mm/uio.h>

#include "internal.h"

#define VALUE_MAX 4096	/* longest text of a value */

/* A folder, or a file with its table entry. */
struct sysctl_node {
	struct list_head sibling;
	struct list_head children;
	const struct ctl_table *table;	/* i: NULL for a folder */
	unsigned long ino;
	char name[32];
};

static DEFINE_MUTEX(sysctl_lock);
static struct sysctl_node root = { .children = LIST_HEAD_INIT(root.children), .ino = 2, };
static unsigned long next_ino = 0x10000;	/* sysctl_lock; below the first process's numbers */

static struct sysctl_node *find(struct sysctl_node *dir, const char *name, unsigned int len)
{
	struct sysctl_node *node;

	list_for_each_entry(node, &dir->children, sibling)
		if (!strncmp(node->name, name, len) && !node->name[len])
			return node;
	return NULL;
}

static struct sysctl_node *add(struct sysctl_node *dir, const char *name, unsigned int len,
			       const struct ctl_table *table)
{
	struct sysctl_node *node = kzalloc(sizeof(*node), GFP_KERNEL);

	if (!node)
		return NULL;
	memcpy(node->name, name, min_t(unsigned int, len, sizeof(node->name) - 1));
	INIT_LIST_HEAD(&node->children);
	node->table = table;
	node->ino = next_ino++;
	list_add_tail(&node->sibling, &dir->children);
	return node;
}

int register_sysctl(const char *path, const struct ctl_table *table)
{
	struct sysctl_node *dir = &root;
	int err = 0;

	mutex_lock(&sysctl_lock);
	while (*path && dir) {
		unsigned int len = strcspn(path, "/");
		struct sysctl_node *next = find(dir, path, len);

		dir = next ? next : add(dir, path, len, NULL);
		path += len;
		while (*path == '/')
			path++;
	}
	if (!dir)
		err = -ENOMEM;
	for (; !err && table->procname; table++) {
		if (find(dir, table->procname, strlen(table->procname)))
			err = -EEXIST;
		else if (!add(dir, table->procname, strlen(table->procname), table))
			err = -ENOMEM;
	}
	mutex_unlock(&sysctl_lock);
	return err;
}

/* ---- handlers ---- */

/* Takes the next number off the text; 1 got one, 0 the end, -EINVAL. */
static int next_number(char **p, unsigned long *value, bool *negative)
{
	char *s = *p, *end;

	while (*s == ' ' || *s == '\t' || *s == '\n')
		s++;
	if (!*s)
		return 0;
	*negative = *s == '-';
	if (*negative)
		s++;
	if (*s < '0' || *s > '9')
		return -EINVAL;
	*value = simple_strtoul(s, &end, 0);
	if (*end && *end != ' ' && *end != '\t' && *end != '\n')
		return -EINVAL;
	*p = end;
	return 1;
}

enum number_kind { NUMBER_INT, NUMBER_UINT, NUMBER_ULONG };

static bool in_range(const struct ctl_table *table, enum number_kind kind, unsigned long value,
		     bool negative)
{
	switch (kind) {
	case NUMBER_INT: {
		long v = negative ? -(long)value : (long)value;

		if (value > 0x80000000UL || (value == 0x80000000UL && !negative))
			return false;
		return (!table->extra1 || v >= *(const int *)table->extra1) &&
		       (!table->extra2 || v <= *(const int *)table->extra2);
	}
	case NUMBER_UINT:
		return !negative && value <= 0xffffffffUL &&
		       (!table->extra1 || value >= *(const unsigned int *)table->extra1) &&
		       (!table->extra2 || value <= *(const unsigned int *)table->extra2);
	case NUMBER_ULONG:
		return !negative &&
		       (!table->extra1 || value >= *(const unsigned long *)table->extra1) &&
		       (!table->extra2 || value <= *(const unsigned long *)table->extra2);
	}
	return false;
}

/* A row of numbers: table->maxlen bytes of them. */
static int do_numbers(const struct ctl_table *table, int write, char *buffer, size_t *lenp,
		      loff_t *ppos, enum number_kind kind)
{
	size_t each = kind == NUMBER_ULONG ? sizeof(long) : sizeof(int);
	unsigned int count = table->maxlen / each;
	char *at = table->data, *p = buffer;
	size_t n = 0;

	if (!table->data || !count || !*lenp || (*ppos && !write)) {
		*lenp = 0;
		return 0;
	}
	for (unsigned int i = 0; i < count; i++, at += each) {
		if (write) {
			unsigned long value;
			bool negative;
			int got = next_number(&p, &value, &negative);

			if (got <= 0 && (got || i))
				return got < 0 ? got : 0;
			if (!got || !in_range(table, kind, value, negative))
				return -EINVAL;
			if (kind == NUMBER_ULONG)
				WRITE_ONCE(*(unsigned long *)at, value);
			else
				WRITE_ONCE(*(int *)at, negative ? -(int)value : (int)value);
			continue;
		}
		if (kind == NUMBER_INT)
			n += scnprintf(buffer + n, *lenp - n, "%s%d", i ? "\t" : "",
				       READ_ONCE(*(int *)at));
		else
			n += scnprintf(buffer + n, *lenp - n, "%s%lu", i ? "\t" : "",
				       kind == NUMBER_ULONG ? READ_ONCE(*(unsigned long *)at) :
							      READ_ONCE(*(unsigned int *)at));
	}
	if (!write) {
		n += scnprintf(buffer + n, *lenp - n, "\n");
		*lenp = n;
	}
	*ppos += *lenp;
	return 0;
}

int proc_dointvec_minmax(const struct ctl_table *table, int write, char *buffer, size_t *lenp,
			 loff_t *ppos)
{
	return do_numbers(table, write, buffer, lenp, ppos, NUMBER_INT);
}

int proc_dointvec(const struct ctl_table *table, int write, char *buffer, size_t *lenp,
		  loff_t *ppos)
{
	struct ctl_table plain = *table;

	plain.extra1 = plain.extra2 = NULL;
	return do_numbers(&plain, write, buffer, lenp, ppos, NUMBER_INT);
}

int proc_douintvec(const struct ctl_table *table, int write, char *buffer, size_t *lenp,
		   loff_t *ppos)
{
	return do_numbers(table, write, buffer, lenp, ppos, NUMBER_UINT);
}

int proc_doulongvec_minmax(const struct ctl_table *table, int write, char *buffer, size_t *lenp,
			   loff_t *ppos)
{
	return do_numbers(table, write, buffer, lenp, ppos, NUMBER_ULONG);
}

/* A NUL-terminated string of at most maxlen bytes with its NUL; a write ends at a newline. */
int proc_dostring(const struct ctl_table *table, int write, char *buffer, size_t *lenp,
		  loff_t *ppos)
{
	size_t len;

	if (!table->data || !table->maxlen || !*lenp || (*ppos && !write)) {
		*lenp = 0;
		return 0;
	}
	if (write) {
		len = strcspn(buffer, "\n");
		if (len > table->maxlen - 1)
			len = table->maxlen - 1;
		memcpy(table->data, buffer, len);
		((char *)table->data)[len] = '\0';
		*ppos += *lenp;
		return 0;
	}
	*lenp = scnprintf(buffer, *lenp, "%s\n", (char *)table->data);
	*ppos += *lenp;
	return 0;
}

/* ---- files ---- */

static ssize_t sys_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	const struct ctl_table *table = PROC_I(file_inode(iocb->ki_filp))->sysctl;
	char *text = kzalloc(VALUE_MAX, GFP_KERNEL);
	size_t len = VALUE_MAX - 1;
	loff_t zero = 0;
	ssize_t ret;

	if (!text)
		return -ENOMEM;
	ret = table->proc_handler(table, 0, text, &len, &zero);
	if (!ret && iocb->ki_pos < (loff_t)len) {
		size_t n = min(len - (size_t)iocb->ki_pos, iov_iter_count(to));

		ret = copy_to_iter(text + iocb->ki_pos, n, to);
		if (!ret && n)
			ret = -EFAULT;
		else
			iocb->ki_pos += ret;
	}
	kfree(text);
	return ret;
}

static ssize_t sys_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	const struct ctl_table *table = PROC_I(file_inode(iocb->ki_filp))->sysctl;
	size_t size = iov_iter_count(from), len = size;
	ssize_t ret;
	char *text;

	if (size >= VALUE_MAX)
		return -ENOMEM;
	text = kzalloc(size + 1, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	ret = -EFAULT;
	if (copy_from_iter(text, size, from) == size)
		ret = table->proc_handler(table, 1, text, &len, &iocb->ki_pos);
	kfree(text);
	return ret ? ret : (ssize_t)size;
}

static const struct file_operations sys_file_operations = {
	.read_iter = sys_read_iter,
	.write_iter = sys_write_iter,
	.llseek = default_llseek,
};

/* root alone may do what the owner may; the others what the last three bits say. */
static int sys_permission(struct inode *inode, int mask)
{
	unsigned int mode = inode->i_mode;

	if (uid_eq(current_euid(), GLOBAL_ROOT_UID))
		mode >>= 6;
	else if (in_egroup_p(GLOBAL_ROOT_GID))
		mode >>= 3;
	return mask & ~mode & (MAY_READ | MAY_WRITE | MAY_EXEC) ? -EACCES : 0;
}

static const struct inode_operations sys_file_inode_operations = {
	.permission = sys_permission,
	.setattr = proc_setattr,
};

static const struct inode_operations sys_dir_inode_operations;
static const struct file_operations sys_dir_operations;

static struct dentry *make(struct inode *dir, struct dentry *dentry, struct sysctl_node *node)
{
	umode_t mode = node->table ? S_IFREG | node->table->mode : S_IFDIR | 0555;
	struct inode *inode = proc_new_inode(dir->i_sb, node->ino, mode);

	if (!inode)
		return ERR_PTR(-ENOMEM);
	PROC_I(inode)->sysctl = node->table;
	PROC_I(inode)->sysctl_dir = node;
	if (node->table) {
		inode->i_op = &sys_file_inode_operations;
		inode->i_fop = &sys_file_operations;
	} else {
		set_nlink(inode, 1);
		inode->i_op = &sys_dir_inode_operations;
		inode->i_fop = &sys_dir_operations;
	}
	return d_splice_alias(inode, dentry);
}

static struct dentry *sys_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct sysctl_node *node;

	mutex_lock(&sysctl_lock);
	node = find(PROC_I(dir)->sysctl_dir, dentry->d_name.name, dentry->d_name.len);
	mutex_unlock(&sysctl_lock);
	return node ? make(dir, dentry, node) : ERR_PTR(-ENOENT);
}

static int sys_readdir(struct file *file, struct dir_context *ctx)
{
	struct sysctl_node *dir = PROC_I(file_inode(file))->sysctl_dir, *node;
	loff_t at = 2;

	if (!dir_emit_dots(file, ctx))
		return 0;
	/* Nodes stay: the walk may go on after the lock was dropped. */
	mutex_lock(&sysctl_lock);
	list_for_each_entry(node, &dir->children, sibling) {
		bool more;

		if (at++ < ctx->pos)
			continue;
		mutex_unlock(&sysctl_lock);
		more = dir_emit(ctx, node->name, strlen(node->name), node->ino,
				node->table ? DT_REG : DT_DIR);
		mutex_lock(&sysctl_lock);
		if (!more)
			break;
		ctx->pos++;
	}
	mutex_unlock(&sysctl_lock);
	return 0;
}

static const struct inode_operations sys_dir_inode_operations = {
	.lookup = sys_lookup,
	.permission = sys_permission,
	.setattr = proc_setattr,
};

static const struct file_operations sys_dir_operations = {
	.llseek = generic_file_llseek,
	.read = generic_read_dir,
	.iterate_shared = sys_readdir,
};

/* "sys" in the root of procfs. */
struct dentry *proc_sys_lookup_root(struct inode *dir, struct dentry *dentry)
{
	if (dentry->d_name.len != 3 || memcmp(dentry->d_name.name, "sys", 3) != 0)
		return ERR_PTR(-ENOENT);
	return make(dir, dentry, &root);
}
