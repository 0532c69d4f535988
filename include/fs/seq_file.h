/* SPDX-License-Identifier: MIT */
/* Files whose text the kernel makes record by record at each read. */
#ifndef FS_SEQ_FILE_H
#define FS_SEQ_FILE_H

#include <kern/mutex.h>
#include <kern/types.h>
#include <stdarg.h>

struct dentry;
struct file;
struct inode;
struct path;
struct poll_table_struct;
struct seq_operations;

struct seq_file {
	char *buf;
	size_t size;
	size_t from;		/* in buf: not yet read from here ... */
	size_t count;		/* ... this many; while showing: bytes in buf */
	size_t pad_until;
	loff_t index;		/* record */
	loff_t read_pos;	/* file position that `index` stands for */
	struct mutex lock;
	const struct seq_operations *op;
	const struct file *file;
	void *private;
};

/*
 * start() opens the walk at record *pos and returns it, NULL at the end, or an ERR_PTR; next()
 * moves *pos on; show() prints one (0, SEQ_SKIP, or an errno); stop() ends every walk, also an
 * empty one. => m->lock held; locks taken in start() are dropped in stop()
 */
struct seq_operations {
	void *(*start)(struct seq_file *m, loff_t *pos);
	void (*stop)(struct seq_file *m, void *v);
	void *(*next)(struct seq_file *m, void *v, loff_t *pos);
	int (*show)(struct seq_file *m, void *v);
};

#define SEQ_SKIP 1
#define SEQ_START_TOKEN ((void *)1)

static inline bool seq_has_overflowed(struct seq_file *m)
{
	return m->count == m->size;
}

int seq_open(struct file *file, const struct seq_operations *op);
struct iov_iter;
struct kiocb;
ssize_t seq_read_iter(struct kiocb *iocb, struct iov_iter *to);
ssize_t seq_read(struct file *file, char __user *buf, size_t size, loff_t *pos);
loff_t seq_lseek(struct file *file, loff_t offset, int whence);
int seq_release(struct inode *inode, struct file *file);

int single_open(struct file *file, int (*show)(struct seq_file *, void *), void *data);
int single_open_size(struct file *file, int (*show)(struct seq_file *, void *), void *data,
		     size_t size);
int single_release(struct inode *inode, struct file *file);
void *__seq_open_private(struct file *file, const struct seq_operations *op, int psize);
int seq_open_private(struct file *file, const struct seq_operations *op, int psize);
int seq_release_private(struct inode *inode, struct file *file);

void seq_printf(struct seq_file *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void seq_vprintf(struct seq_file *m, const char *fmt, va_list args);
void seq_putc(struct seq_file *m, char c);
void seq_puts(struct seq_file *m, const char *s);
int seq_write(struct seq_file *m, const void *data, size_t len);
void seq_pad(struct seq_file *m, char c);
void seq_put_decimal_ull(struct seq_file *m, const char *delimiter, unsigned long long num);
void seq_put_decimal_ll(struct seq_file *m, const char *delimiter, long long num);
void seq_put_hex_ll(struct seq_file *m, const char *delimiter, unsigned long long v,
		    unsigned int width);
/* Characters in `esc` come out as \ooo. */
void seq_escape(struct seq_file *m, const char *s, const char *esc);
char *mangle_path(char *s, const char *p, const char *esc);
int seq_path(struct seq_file *m, const struct path *path, const char *esc);
int seq_file_path(struct seq_file *m, struct file *file, const char *esc);
int seq_path_root(struct seq_file *m, const struct path *path, const struct path *root,
		  const char *esc);
int seq_dentry(struct seq_file *m, struct dentry *dentry, const char *esc);
static inline void seq_setwidth(struct seq_file *m, size_t size)
{
	m->pad_until = m->count + size;
}

struct list_head;
struct list_head *seq_list_start(struct list_head *head, loff_t pos);
struct list_head *seq_list_start_head(struct list_head *head, loff_t pos);
struct list_head *seq_list_next(void *v, struct list_head *head, loff_t *pos);

#endif
