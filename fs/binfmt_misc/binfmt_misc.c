// SPDX-License-Identifier: MIT
/*
 * binfmt_misc: kinds of programs that the administrator teaches the kernel, by their first
 * bytes or their extension, each with an interpreter that runs them.
 *
 *	/proc/sys/fs/binfmt_misc/register	a line adds an entry
 *				 status		enabled, disabled; -1 forgets all entries
 *				 NAME		shows an entry; 0, 1, -1
 *
 * Entries outlive the mount: the first registration pins the file system.
 *
 * Locks: the folder's i_rwsem, under which entries come and go with their files > misc_lock,
 * which guards the list and what may change of an entry. execve() takes a reference of the
 * entry under misc_lock and drops that before it sleeps.
 */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/libfs.h>
#include <fs/mount.h>
#include <fs/super.h>
#include <fs/sysctl.h>
#include <kern/binfmts.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/spinlock.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/stat.h>

#include "internal.h"

static DEFINE_SPINLOCK(misc_lock);
static LIST_HEAD(misc_entries); /* the newest first */
static bool misc_enabled = true;
static struct vfsmount *misc_mount; /* pinned once there was an entry; the folder's i_rwsem */
static struct file_system_type misc_type;

static void entry_put(struct misc_entry *e)
{
	if (!refcount_dec_and_test(&e->refs))
		return;
	if (e->fixed) {
		allow_write_access(e->fixed);
		fput(e->fixed);
	}
	kfree(e);
}

/* ---- execve ---- */

static struct misc_entry *find_entry(const struct linux_binprm *bprm)
{
	struct misc_entry *e, *found = NULL;

	spin_lock(&misc_lock);
	if (misc_enabled) {
		list_for_each_entry(e, &misc_entries, link) {
			if (!e->enabled || !misc_matches(e, bprm))
				continue;
			refcount_inc(&e->refs);
			found = e;
			break;
		}
	}
	spin_unlock(&misc_lock);
	return found;
}

static struct file *open_interpreter(const struct misc_entry *e)
{
	struct file *file;
	int error;

	if (!e->fixed)
		return open_exec(e->interpreter);
	file = dentry_open(&e->fixed->f_path, O_LARGEFILE | O_RDONLY, e->fixed->f_cred);
	if (IS_ERR(file))
		return file;
	error = deny_write_access(file);
	if (error) {
		fput(file);
		return ERR_PTR(error);
	}
	return file;
}

/* interpreter, [old argv[0]], program, and the rest of the arguments. */
static int put_arguments(const struct misc_entry *e, struct linux_binprm *bprm)
{
	int error;

	if (e->flags & MISC_PRESERVE_ARGV0)
		bprm->preserve_argv0 = true;
	else if ((error = remove_arg_zero(bprm)))
		return error;
	error = copy_string_kernel(bprm->interp, bprm);
	if (error < 0)
		return error;
	bprm->argc++;
	error = copy_string_kernel(e->interpreter, bprm);
	if (error < 0)
		return error;
	bprm->argc++;
	return bprm_change_interp(e->interpreter, bprm);
}

static int load_misc_binary(struct linux_binprm *bprm)
{
	struct misc_entry *e = find_entry(bprm);
	struct file *file;
	int error;

	if (!e)
		return -ENOEXEC;
	/* The interpreter opens the program by its name: it must still be there. */
	error = bprm->interp_flags & BINPRM_FLAGS_PATH_INACCESSIBLE ? -ENOENT :
								      put_arguments(e, bprm);
	if (error < 0)
		goto out;
	file = open_interpreter(e);
	error = PTR_ERR_OR_ZERO(file);
	if (error)
		goto out;
	bprm->interpreter = file;
	bprm->have_execfd = e->flags & MISC_OPEN_BINARY;
	bprm->execfd_creds = e->flags & MISC_CREDENTIALS;
out:
	entry_put(e);
	return error;
}

static struct linux_binfmt misc_format = {
	.name = "misc",
	.load_binary = load_misc_binary,
};

/* ---- files ---- */

enum command { CMD_NOTHING, CMD_DISABLE, CMD_ENABLE, CMD_REMOVE };

/* "0", "1", "-1", with a newline or without. */
static int read_command(const char __user *buf, size_t size, enum command *command)
{
	char text[4] = {};

	if (!size)
		return CMD_NOTHING;
	if (size > 3)
		return -EINVAL;
	if (copy_from_user(text, buf, size))
		return -EFAULT;
	if (text[size - 1] == '\n')
		text[size - 1] = 0;
	if (!strcmp(text, "0"))
		*command = CMD_DISABLE;
	else if (!strcmp(text, "1"))
		*command = CMD_ENABLE;
	else if (!strcmp(text, "-1"))
		*command = CMD_REMOVE;
	else if (!text[0])
		*command = CMD_NOTHING;
	else
		return -EINVAL;
	return 0;
}

/* => the folder's i_rwsem held; false: somebody was faster */
static bool remove_entry(struct misc_entry *e)
{
	bool there;

	spin_lock(&misc_lock);
	there = !list_empty(&e->link);
	list_del_init(&e->link);
	spin_unlock(&misc_lock);
	if (!there)
		return false;
	drop_nlink(d_inode(e->dentry));
	d_drop(e->dentry);
	dput(e->dentry);
	return true;
}

static int show_hex(char *buf, size_t size, const char *name, const char *bytes, unsigned int len)
{
	int n = scnprintf(buf, size, "%s ", name);

	for (unsigned int i = 0; i < len; i++)
		n += scnprintf(buf + n, size - n, "%02x", (unsigned char)bytes[i]);
	return n + scnprintf(buf + n, size - n, "\n");
}

static int show_entry(const struct misc_entry *e, char *buf, size_t size)
{
	int n = scnprintf(buf, size, "%s\ninterpreter %s\nflags: %s%s%s%s\n",
			  READ_ONCE(e->enabled) ? "enabled" : "disabled", e->interpreter,
			  e->flags & MISC_PRESERVE_ARGV0 ? "P" : "",
			  e->flags & MISC_OPEN_BINARY ? "O" : "",
			  e->flags & MISC_CREDENTIALS ? "C" : "", e->flags & MISC_FIXED ? "F" : "");

	if (e->by_name)
		return n + scnprintf(buf + n, size - n, "extension .%s\n", e->magic);
	n += scnprintf(buf + n, size - n, "offset %u\n", e->offset);
	n += show_hex(buf + n, size - n, "magic", e->magic, e->size);
	if (e->mask)
		n += show_hex(buf + n, size - n, "mask", e->mask, e->size);
	return n;
}

static ssize_t entry_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	char *page = (char *)__get_free_page(GFP_KERNEL);
	ssize_t ret;

	if (!page)
		return -ENOMEM;
	ret = simple_read_from_buffer(buf, size, pos, page,
				      show_entry(file_inode(file)->i_private, page, PAGE_SIZE));
	free_page((unsigned long)page);
	return ret;
}

static ssize_t entry_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	struct misc_entry *e = file_inode(file)->i_private;
	struct inode *folder = d_inode(file->f_path.dentry->d_sb->s_root);
	enum command command = CMD_NOTHING;
	int error = read_command(buf, size, &command);

	if (error)
		return error;
	inode_lock(folder);
	if (command == CMD_REMOVE) {
		remove_entry(e);
	} else if (command != CMD_NOTHING) {
		spin_lock(&misc_lock);
		e->enabled = command == CMD_ENABLE;
		spin_unlock(&misc_lock);
	}
	inode_unlock(folder);
	return size;
}

static const struct file_operations entry_fops = {
	.read = entry_read,
	.write = entry_write,
	.llseek = default_llseek,
};

/* The inode keeps its entry; it goes when the last user of the file has gone. */
static void misc_evict_inode(struct inode *inode)
{
	struct misc_entry *e = inode->i_private;

	clear_inode(inode);
	if (e)
		entry_put(e);
}

/* => the folder's i_rwsem held. 0, -EEXIST, -ENOMEM; eats nothing on failure */
static int add_entry(struct super_block *sb, struct misc_entry *e)
{
	struct dentry *dentry = d_alloc_name(sb->s_root, e->name), *old;
	struct inode *inode;

	if (!dentry)
		return -ENOMEM;
	old = d_lookup(sb->s_root, &dentry->d_name);
	if (old) {
		dput(old);
		dput(dentry);
		return -EEXIST;
	}
	inode = new_inode(sb);
	if (!inode) {
		dput(dentry);
		return -ENOMEM;
	}
	inode->i_ino = get_next_ino();
	inode->i_mode = S_IFREG | 0644;
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	inode->i_fop = &entry_fops;
	inode->i_private = e;
	/* The reference keeps it in the dcache: see remove_entry(). */
	e->dentry = dentry;
	d_add(dentry, inode);
	spin_lock(&misc_lock);
	list_add(&e->link, &misc_entries);
	spin_unlock(&misc_lock);
	return 0;
}

static ssize_t register_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	struct super_block *sb = file_inode(file)->i_sb;
	struct inode *folder = d_inode(sb->s_root);
	struct misc_entry *e = misc_parse(buf, size);
	int error = 0;

	if (IS_ERR(e))
		return PTR_ERR(e);
	inode_lock(folder);
	if (!misc_mount) {
		struct vfsmount *mount = kern_mount(&misc_type);

		if (IS_ERR(mount))
			error = PTR_ERR(mount);
		else
			misc_mount = mount;
	}
	if (!error)
		error = add_entry(sb, e);
	inode_unlock(folder);
	if (error) {
		entry_put(e);
		return error;
	}
	return size;
}

static const struct file_operations register_fops = {
	.write = register_write,
	.llseek = noop_llseek,
};

static ssize_t status_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	const char *text = READ_ONCE(misc_enabled) ? "enabled\n" : "disabled\n";

	return simple_read_from_buffer(buf, size, pos, text, strlen(text));
}

static void remove_all(void)
{
	struct misc_entry *e;

	for (;;) {
		spin_lock(&misc_lock);
		e = list_first_entry_or_null(&misc_entries, struct misc_entry, link);
		spin_unlock(&misc_lock);
		if (!e || !remove_entry(e))
			break;
	}
}

static ssize_t status_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	struct inode *folder = d_inode(file->f_path.dentry->d_sb->s_root);
	enum command command = CMD_NOTHING;
	int error = read_command(buf, size, &command);

	if (error)
		return error;
	inode_lock(folder);
	if (command == CMD_REMOVE)
		remove_all();
	else if (command != CMD_NOTHING)
		WRITE_ONCE(misc_enabled, command == CMD_ENABLE);
	inode_unlock(folder);
	return size;
}

static const struct file_operations status_fops = {
	.read = status_read,
	.write = status_write,
	.llseek = default_llseek,
};

/* ---- the file system ---- */

static const struct super_operations misc_super_operations = {
	.statfs = simple_statfs,
	.evict_inode = misc_evict_inode,
};

static int misc_fill_super(struct super_block *sb, void *data, int silent)
{
	static const struct tree_descr files[] = { { "status", &status_fops, S_IWUSR | S_IRUGO },
						   { "register", &register_fops, S_IWUSR },
						   {} };
	int error = simple_fill_super(sb, BINFMTFS_MAGIC, files);

	if (!error)
		sb->s_op = &misc_super_operations;
	return error;
}

static struct dentry *misc_do_mount(struct file_system_type *type, int flags, const char *dev_name,
				    void *data)
{
	return mount_single(type, flags, data, misc_fill_super);
}

static struct file_system_type misc_type = {
	.name = "binfmt_misc",
	.mount = misc_do_mount,
	.kill_sb = kill_litter_super,
};

static int __init binfmt_misc_init(void)
{
	static const struct ctl_table mount_point[] = { {} };
	int error = register_filesystem(&misc_type);

	if (error)
		return error;
	insert_binfmt(&misc_format);
	return register_sysctl("fs/binfmt_misc", mount_point);
}
fs_initcall(binfmt_misc_init);
