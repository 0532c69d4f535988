/* SPDX-License-Identifier: MIT */
/*
 * fsopen(), fspick() and fsconfig(): a file system's instance is set up, or changed, step by step
 * on a descriptor, instead of by one call with a page of text.
 *
 * Options are collected as the text that the file system's mount method wants; "source", "ro"
 * and the like are the layer's own. What an error was can be read from the descriptor.
 */
#include <linux/fcntl.h>
#include <fs/dentry.h>
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/namei.h>
#include <fs/super.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/lsm.h>
#include <kern/rwsem.h>
#include <kern/syscalls.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include "fs_context.h"
#include "internal.h"
#include "mount.h"

#define KEY_MAX	  256
#define VALUE_MAX 256
#define BLOB_MAX  (1024 * 1024)

/* ---- the log ---- */

/* => lock held */
static void complain(struct fs_context *fc, const char *what, const char *key)
{
	char *line = kasprintf(GFP_KERNEL, "e %s: %s%s%s%s\n", fc->type->name, what, key ? " '" : "",
			       key ? key : "", key ? "'" : "");

	if (!line)
		return;
	if (fc->nr_log == FC_LOG_LINES) {
		kfree(fc->log[0]);
		memmove(fc->log, fc->log + 1, sizeof(fc->log) - sizeof(fc->log[0]));
		fc->nr_log--;
	}
	fc->log[fc->nr_log++] = line;
}

/* One message a read. */
static ssize_t context_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct fs_context *fc = file->private_data;
	ssize_t ret = -ENODATA;
	char *line = NULL;

	mutex_lock(&fc->lock);
	if (fc->nr_log) {
		line = fc->log[0];
		ret = strlen(line);
		if ((size_t)ret > size) {
			line = NULL;
			ret = -EMSGSIZE;
		} else {
			memmove(fc->log, fc->log + 1, sizeof(fc->log) - sizeof(fc->log[0]));
			fc->nr_log--;
		}
	}
	mutex_unlock(&fc->lock);
	if (line && copy_to_user(buf, line, ret))
		ret = -EFAULT;
	kfree(line);
	return ret;
}

static int context_release(struct inode *inode, struct file *file)
{
	struct fs_context *fc = file->private_data;

	if (fc->root) {
		struct super_block *sb = fc->root->d_sb;

		dput(fc->root);
		deactivate_super(sb);
	}
	for (unsigned int i = 0; i < fc->nr_log; i++)
		kfree(fc->log[i]);
	kfree(fc->source);
	kfree(fc->data);
	kfree(fc);
	return 0;
}

static const struct file_operations context_fops = {
	.read = context_read,
	.release = context_release,
	.llseek = no_llseek,
};

struct fs_context *file_fs_context(const struct file *file)
{
	return file->f_op == &context_fops ? file->private_data : NULL;
}

static int context_fd(struct fs_context *fc, unsigned int flags)
{
	int fd = get_unused_fd_flags(flags);
	struct file *file;

	if (fd < 0)
		return fd;
	file = anon_inode_getfile("[fscontext]", &context_fops, fc, O_RDWR);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

static struct fs_context *new_context(struct file_system_type *type, enum fs_context_phase phase)
{
	struct fs_context *fc = kzalloc(sizeof(*fc), GFP_KERNEL);

	if (fc) {
		mutex_init(&fc->lock);
		fc->type = type;
		fc->phase = phase;
	}
	return fc;
}

SYSCALL_DEFINE2(fsopen, const char __user *, uname, unsigned int, flags)
{
	struct file_system_type *type;
	struct fs_context *fc;
	char *name;
	int fd;

	if (!may_mount())
		return -EPERM;
	if (flags & ~FSOPEN_CLOEXEC)
		return -EINVAL;
	name = strndup_user(uname, PAGE_SIZE);
	if (IS_ERR(name))
		return PTR_ERR(name);
	type = get_fs_type(name);
	kfree(name);
	if (!type)
		return -ENODEV;
	fc = new_context(type, FC_CREATE_PARAMS);
	if (!fc)
		return -ENOMEM;
	fd = context_fd(fc, flags & FSOPEN_CLOEXEC ? O_CLOEXEC : 0);
	if (fd < 0)
		kfree(fc);
	return fd;
}

SYSCALL_DEFINE3(fspick, int, dfd, const char __user *, name, unsigned int, flags)
{
	unsigned int how = LOOKUP_FOLLOW | LOOKUP_AUTOMOUNT;
	struct fs_context *fc;
	struct path path;
	int fd;

	if (!may_mount())
		return -EPERM;
	if (flags & ~(FSPICK_CLOEXEC | FSPICK_SYMLINK_NOFOLLOW | FSPICK_NO_AUTOMOUNT |
		      FSPICK_EMPTY_PATH))
		return -EINVAL;
	if (flags & FSPICK_SYMLINK_NOFOLLOW)
		how &= ~LOOKUP_FOLLOW;
	if (flags & FSPICK_EMPTY_PATH)
		how |= LOOKUP_EMPTY;
	fd = user_path_at(dfd, name, how, &path);
	if (fd)
		return fd;
	fd = -EINVAL;
	if (path.mnt->mnt_root != path.dentry)
		goto out;
	fd = -ENOMEM;
	fc = new_context(path.mnt->mnt_sb->s_type, FC_RECONF_PARAMS);
	if (!fc)
		goto out;
	atomic_inc(&path.mnt->mnt_sb->s_active);
	fc->root = dget(path.dentry);
	fc->sb_flags = path.mnt->mnt_sb->s_flags;
	fd = context_fd(fc, flags & FSPICK_CLOEXEC ? O_CLOEXEC : 0);
	if (fd < 0) {
		dput(fc->root);
		deactivate_super(path.mnt->mnt_sb);
		kfree(fc);
	}
out:
	path_put(&path);
	return fd;
}

/* ---- parameters; => lock held ---- */

/* The flags that all file systems have. True: it was one. */
static bool set_sb_flag(struct fs_context *fc, const char *key)
{
	static const struct {
		const char *name;
		unsigned int flag;
		bool on;
	} words[] = {
		{ "dirsync", SB_DIRSYNC, true },   { "lazytime", SB_LAZYTIME, true },
		{ "mand", SB_MANDLOCK, true },	   { "ro", SB_RDONLY, true },
		{ "sync", SB_SYNCHRONOUS, true },  { "async", SB_SYNCHRONOUS, false },
		{ "nolazytime", SB_LAZYTIME, false }, { "nomand", SB_MANDLOCK, false },
		{ "rw", SB_RDONLY, false },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(key, words[i].name))
			continue;
		if (words[i].on)
			fc->sb_flags |= words[i].flag;
		else
			fc->sb_flags &= ~words[i].flag;
		return true;
	}
	return false;
}

static int set_source(struct fs_context *fc, char **value)
{
	if (fc->source) {
		complain(fc, "Multiple sources", NULL);
		return -EINVAL;
	}
	fc->source = *value;
	*value = NULL;
	return 0;
}

/* Adds "key" or "key=value" to the text for the file system. */
static int add_option(struct fs_context *fc, const char *key, const char *value)
{
	size_t len = strlen(key) + (value ? strlen(value) + 1 : 0) + (fc->data_len ? 1 : 0);

	if (strchr(key, ',') || (value && strchr(value, ','))) {
		complain(fc, "Option contained comma", key);
		return -EINVAL;
	}
	if (fc->data_len + len + 1 >= PAGE_SIZE) {
		complain(fc, "Cumulative options too large", NULL);
		return -EINVAL;
	}
	if (!fc->data)
		fc->data = kzalloc(PAGE_SIZE, GFP_KERNEL);
	if (!fc->data)
		return -ENOMEM;
	snprintf(fc->data + fc->data_len, PAGE_SIZE - fc->data_len, "%s%s%s%s",
		 fc->data_len ? "," : "", key, value ? "=" : "", value ? value : "");
	fc->data_len += len;
	return 0;
}

static int set_parameter(struct fs_context *fc, unsigned int cmd, const char *key, char **value)
{
	if (fc->phase != FC_CREATE_PARAMS && fc->phase != FC_RECONF_PARAMS)
		return -EBUSY;
	if (cmd != FSCONFIG_SET_FLAG && cmd != FSCONFIG_SET_STRING)
		return -EOPNOTSUPP;
	if (!*key) {
		complain(fc, "Unnamed parameter", NULL);
		return -EINVAL;
	}
	if (cmd == FSCONFIG_SET_FLAG && set_sb_flag(fc, key))
		return 0;
	if (!strcmp(key, "source")) {
		if (*value)
			return set_source(fc, value);
		complain(fc, "Non-string source", NULL);
		return -EINVAL;
	}
	return add_option(fc, key, *value);
}

static int create_tree(struct fs_context *fc)
{
	struct dentry *root;

	if (fc->phase != FC_CREATE_PARAMS)
		return -EBUSY;
	if (!mount_capable(fc->type))
		return -EPERM;
	root = mount_fs(fc->type, fc->sb_flags, fc->source ?: "none", fc->data);
	if (IS_ERR(root)) {
		complain(fc, "Bad option or source", NULL);
		fc->phase = FC_FAILED;
		return PTR_ERR(root);
	}
	up_write(&root->d_sb->s_umount);
	fc->root = root;
	fc->phase = FC_AWAITING_MOUNT;
	return 0;
}

static int reconfigure(struct fs_context *fc)
{
	struct super_block *sb;
	int error;

	if (fc->phase != FC_RECONF_PARAMS || !fc->root)
		return -EBUSY;
	sb = fc->root->d_sb;
	if (!ns_capable(sb->s_user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	down_write(&sb->s_umount);
	error = lsm_mount() ?: do_remount_sb(sb, fc->sb_flags, fc->data);
	up_write(&sb->s_umount);
	if (error)
		fc->phase = FC_FAILED;
	/* The next round begins without options. */
	if (fc->data)
		fc->data[0] = '\0';
	fc->data_len = 0;
	return error;
}

/* Which of key, value and aux a command takes. */
static int check_arguments(unsigned int cmd, const void __user *key, const void __user *value,
			   int aux)
{
	bool ok;

	switch (cmd) {
	case FSCONFIG_SET_FLAG:
		ok = key && !value && !aux;
		break;
	case FSCONFIG_SET_STRING:
		ok = key && value && !aux;
		break;
	case FSCONFIG_SET_BINARY:
		ok = key && value && aux > 0 && aux <= BLOB_MAX;
		break;
	case FSCONFIG_SET_PATH:
	case FSCONFIG_SET_PATH_EMPTY:
		ok = key && value && (aux == AT_FDCWD || aux >= 0);
		break;
	case FSCONFIG_SET_FD:
		ok = key && !value && aux >= 0;
		break;
	case FSCONFIG_CMD_CREATE:
	case FSCONFIG_CMD_RECONFIGURE:
		ok = !key && !value && !aux;
		break;
	default:
		return -EOPNOTSUPP;
	}
	return ok ? 0 : -EINVAL;
}

static int configure(struct fs_context *fc, unsigned int cmd, const char __user *ukey,
		     const char __user *uvalue)
{
	char *key = NULL, *value = NULL;
	int error;

	if (ukey) {
		key = strndup_user(ukey, KEY_MAX);
		if (IS_ERR(key))
			return PTR_ERR(key);
	}
	if (cmd == FSCONFIG_SET_STRING) {
		value = strndup_user(uvalue, VALUE_MAX);
		if (IS_ERR(value)) {
			kfree(key);
			return PTR_ERR(value);
		}
	}
	mutex_lock(&fc->lock);
	if (cmd == FSCONFIG_CMD_CREATE)
		error = create_tree(fc);
	else if (cmd == FSCONFIG_CMD_RECONFIGURE)
		error = reconfigure(fc);
	else
		error = set_parameter(fc, cmd, key, &value);
	mutex_unlock(&fc->lock);
	kfree(key);
	kfree(value);
	return error;
}

SYSCALL_DEFINE5(fsconfig, int, fd, unsigned int, cmd, const char __user *, key,
		const void __user *, value, int, aux)
{
	struct fs_context *fc;
	int error;
	struct fd f;

	if (fd < 0)
		return -EINVAL;
	error = check_arguments(cmd, key, value, aux);
	if (error)
		return error;
	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	fc = file_fs_context(f.file);
	error = fc ? configure(fc, cmd, key, value) : -EINVAL;
	fdput(f);
	return error;
}
