// SPDX-License-Identifier: MIT
/*
 * /proc/PID/map_files: a link for each mapped file, named by its range of addresses. Looking is
 * for those who may look at the process's memory; following a link, which reaches files that
 * have no name any more, for the privileged.
 */
#include <fs/namei.h>
#include <kern/cred.h>
#include <kern/fork.h>
#include <lib/sprintf.h>
#include <mm/mmap.h>

#include "internal.h"

/* One range of a listing. */
struct range {
	unsigned long start, end;
};

/* A hexadecimal number without leading zeros, up to a character: what follows it, or NULL. */
static const char *parse_hex(const char *s, const char *end, unsigned long *value)
{
	const char *begin = s;

	*value = 0;
	for (; s < end; s++) {
		int digit = *s >= '0' && *s <= '9' ? *s - '0' :
			    *s >= 'a' && *s <= 'f' ? *s - 'a' + 10 :
						     -1;

		if (digit < 0)
			break;
		if (s - begin == 16)
			return NULL;
		*value = *value << 4 | digit;
	}
	if (s == begin || (*begin == '0' && s - begin > 1))
		return NULL;
	return s;
}

static bool parse_name(const struct qstr *name, struct range *range)
{
	const char *s = (const char *)name->name, *end = s + name->len;

	s = parse_hex(s, end, &range->start);
	if (!s || s == end || *s++ != '-')
		return false;
	s = parse_hex(s, end, &range->end);
	return s == end;
}

/* The mapped file of exactly this range, with a reference. */
static struct file *find_file(struct task_struct *task, const struct range *range)
{
	struct mm_struct *mm = get_task_mm(task);
	struct vm_area_struct *vma;
	struct file *file = NULL;

	if (!mm)
		return NULL;
	mmap_read_lock(mm);
	vma = find_vma(mm, range->start);
	if (vma && vma->vm_start == range->start && vma->vm_end == range->end && vma->vm_file) {
		file = vma->vm_file;
		get_file(file);
	}
	mmap_read_unlock(mm);
	mmput(mm);
	return file;
}

/* The file behind a link, for whoever may see it. */
static struct file *link_file(struct dentry *dentry, struct inode *inode)
{
	struct task_struct *task = get_proc_task(inode);
	struct file *file = ERR_PTR(-ENOENT);
	struct range range;

	if (!task)
		return file;
	if (!proc_may_access(task, false))
		file = ERR_PTR(-EACCES);
	else if (parse_name(&dentry->d_name, &range))
		file = find_file(task, &range) ?: ERR_PTR(-ENOENT);
	put_task_struct(task);
	return file;
}

static const char *map_follow(struct dentry *dentry, struct inode *inode, struct delayed_call *done)
{
	struct path path;
	struct file *file;
	int err;

	if (!capable(CAP_SYS_ADMIN) && !capable(CAP_CHECKPOINT_RESTORE))
		return ERR_PTR(-EPERM);
	file = link_file(dentry, inode);
	if (IS_ERR(file))
		return ERR_CAST(file);
	path = *file_user_path(file);
	path_get(&path);
	fput(file);
	err = nd_jump_link(&path);
	return ERR_PTR(err);
}

static int map_readlink(struct dentry *dentry, char __user *buf, int size)
{
	struct file *file = link_file(dentry, d_inode(dentry));
	int ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	ret = proc_readlink_path(file_user_path(file), buf, size);
	fput(file);
	return ret;
}

static const struct inode_operations map_link_inode_operations = {
	.get_link = map_follow,
	.readlink = map_readlink,
	.setattr = proc_setattr,
};

static int map_revalidate(struct dentry *dentry, unsigned int flags)
{
	struct inode *inode = d_inode(dentry);
	struct file *file;

	if (!inode)
		return 0;
	file = link_file(dentry, inode);
	if (IS_ERR(file))
		return 0;
	fput(file);
	return 1;
}

static const struct dentry_operations map_dentry_operations = {
	.d_revalidate = map_revalidate,
	.d_delete = pid_delete_dentry,
};

static struct dentry *map_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct dentry *found = ERR_PTR(-ENOENT);
	struct task_struct *task = get_proc_task(dir);
	struct range range;
	struct inode *inode;
	struct file *file = NULL;

	if (!task)
		return found;
	if (!proc_may_access(task, false))
		found = ERR_PTR(-EACCES);
	else if (parse_name(&dentry->d_name, &range))
		file = find_file(task, &range);
	if (file) {
		umode_t mode = S_IFLNK | (file->f_mode & FMODE_READ ? S_IRUSR : 0) |
			       (file->f_mode & FMODE_WRITE ? S_IWUSR : 0);

		inode = proc_pid_make_inode(dir->i_sb, task, get_next_ino(), mode);
		fput(file);
		if (inode) {
			inode->i_op = &map_link_inode_operations;
			inode->i_size = 64;
			d_set_d_op(dentry, &map_dentry_operations);
			found = d_splice_alias(inode, dentry);
		}
	}
	put_task_struct(task);
	return found;
}

/* Up to n ranges with files, from the address on. => may sleep */
static unsigned int collect(struct mm_struct *mm, unsigned long from, struct range *ranges,
			    unsigned int n)
{
	struct vm_area_struct *vma;
	unsigned int found = 0;

	mmap_read_lock(mm);
	for (vma = find_vma(mm, from); vma && found < n; vma = vma->vm_next) {
		if (vma->vm_file && vma->vm_start >= from)
			ranges[found++] = (struct range){ vma->vm_start, vma->vm_end };
	}
	mmap_read_unlock(mm);
	return found;
}

/* The position is the page number behind the last range that was given, plus two. */
static void list_ranges(struct dir_context *ctx, struct mm_struct *mm)
{
	struct range batch[32];
	unsigned int n;

	while ((n = collect(mm, (unsigned long)(ctx->pos - 2) << PAGE_SHIFT, batch,
			    ARRAY_SIZE(batch)))) {
		for (unsigned int i = 0; i < n; i++) {
			char name[40];
			int len = snprintf(name, sizeof(name), "%lx-%lx", batch[i].start,
					   batch[i].end);

			if (!dir_emit(ctx, name, len, get_next_ino(), DT_LNK))
				return;
			ctx->pos = (batch[i].end >> PAGE_SHIFT) + 2;
		}
	}
}

static int map_readdir(struct file *file, struct dir_context *ctx)
{
	struct task_struct *task = get_proc_task(file_inode(file));
	struct mm_struct *mm;
	int ret = 0;

	if (!task)
		return -ENOENT;
	if (!proc_may_access(task, false)) {
		ret = -EACCES;
	} else if (dir_emit_dots(file, ctx)) {
		mm = get_task_mm(task);
		if (mm) {
			list_ranges(ctx, mm);
			mmput(mm);
		}
	}
	put_task_struct(task);
	return ret;
}

const struct inode_operations proc_map_files_inode_operations = {
	.lookup = map_lookup,
	.getattr = pid_getattr,
	.setattr = proc_setattr,
};

const struct file_operations proc_map_files_operations = {
	.llseek = generic_file_llseek,
	.read = generic_read_dir,
	.iterate_shared = map_readdir,
};
