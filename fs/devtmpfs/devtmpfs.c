// SPDX-License-Identifier: MIT
/*
 * devtmpfs: one tmpfs that all mounts share, where drivers make their nodes. The nodes are
 * made in the kernel's own mount of it, with the credentials of a kernel thread: at boot, or
 * by whoever adds a device.
 */
#include <fs/dentry.h>
#include <fs/devtmpfs.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/namei.h>
#include <fs/shmem.h>
#include <fs/super.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/mutex.h>
#include <lib/list.h>
#include <lib/string.h>
#include <mm/slab.h>

/* A node asked for before the file system stood. */
struct pending_node {
	struct list_head list;
	umode_t mode;
	uid_t uid;
	gid_t gid;
	dev_t dev;
	char name[];
};

static DEFINE_MUTEX(devtmpfs_lock);	/* guards the two below; taken before inode locks */
static struct vfsmount *dev_mount;
static LIST_HEAD(pending);

/* Makes the folders that a name needs: those in front of its last slash. */
static int make_folders(const char *name)
{
	const char *slash = name;

	while ((slash = strchr(slash, '/'))) {
		struct dentry *parent = dev_mount->mnt_root, *dentry;
		char *path = kstrndup(name, slash - name, GFP_KERNEL);
		struct path at;
		int err = 0;

		if (!path)
			return -ENOMEM;
		if (vfs_path_lookup(parent, dev_mount, path, 0, &at) == 0) {
			path_put(&at);
		} else {
			char *last = strrchr(path, '/');
			struct path dir = { dev_mount, parent };

			path_get(&dir);
			if (last) {
				path_put(&dir);
				*last++ = '\0';
				err = vfs_path_lookup(parent, dev_mount, path, 0, &dir);
			} else {
				last = path;
			}
			if (!err) {
				inode_lock(d_inode(dir.dentry));
				dentry = lookup_one_len(last, dir.dentry, strlen(last));
				if (IS_ERR(dentry)) {
					err = PTR_ERR(dentry);
				} else {
					err = vfs_mkdir(d_inode(dir.dentry), dentry, 0755);
					dput(dentry);
				}
				inode_unlock(d_inode(dir.dentry));
				path_put(&dir);
			}
		}
		kfree(path);
		if (err && err != -EEXIST)
			return err;
		slash++;
	}
	return 0;
}

/* The folder of a name, with references, and where its last part begins. */
static int find_folder(const char *name, struct path *dir, const char **last)
{
	const char *slash = strrchr(name, '/');
	char *path;
	int err;

	if (!slash) {
		*last = name;
		dir->mnt = dev_mount;
		dir->dentry = dev_mount->mnt_root;
		path_get(dir);
		return 0;
	}
	*last = slash + 1;
	path = kstrndup(name, slash - name, GFP_KERNEL);
	if (!path)
		return -ENOMEM;
	err = vfs_path_lookup(dev_mount->mnt_root, dev_mount, path, 0, dir);
	kfree(path);
	return err;
}

/* => devtmpfs_lock held, dev_mount there */
static int make_node(const char *name, umode_t mode, uid_t uid, gid_t gid, dev_t dev)
{
	const struct cred *old = override_creds(&init_cred);
	struct dentry *dentry;
	const char *last;
	struct path dir;
	int err = make_folders(name);

	if (!err)
		err = find_folder(name, &dir, &last);
	if (err)
		goto out;
	inode_lock(d_inode(dir.dentry));
	dentry = lookup_one_len(last, dir.dentry, strlen(last));
	err = PTR_ERR_OR_ZERO(dentry);
	if (!err) {
		err = vfs_mknod(d_inode(dir.dentry), dentry, mode, dev);
		if (!err) {
			struct inode *inode = d_inode(dentry);

			inode->i_mode = mode;	/* whatever the umask */
			inode->i_uid = KUIDT_INIT(uid);
			inode->i_gid = KGIDT_INIT(gid);
		}
		dput(dentry);
	}
	inode_unlock(d_inode(dir.dentry));
	path_put(&dir);
out:
	revert_creds(old);
	return err;
}

int devtmpfs_create_node(const char *name, umode_t mode, uid_t uid, gid_t gid, dev_t dev)
{
	int err = 0;

	mutex_lock(&devtmpfs_lock);
	if (dev_mount) {
		err = make_node(name, mode, uid, gid, dev);
	} else {
		struct pending_node *node = kmalloc(sizeof(*node) + strlen(name) + 1, GFP_KERNEL);

		if (node) {
			node->mode = mode;
			node->uid = uid;
			node->gid = gid;
			node->dev = dev;
			strcpy(node->name, name);
			list_add_tail(&node->list, &pending);
		} else {
			err = -ENOMEM;
		}
	}
	mutex_unlock(&devtmpfs_lock);
	return err;
}

int devtmpfs_delete_node(const char *name)
{
	const struct cred *old = override_creds(&init_cred);
	struct dentry *dentry;
	const char *last;
	struct path dir;
	int err = -ENODEV;

	mutex_lock(&devtmpfs_lock);
	if (dev_mount)
		err = find_folder(name, &dir, &last);
	if (!err) {
		inode_lock(d_inode(dir.dentry));
		dentry = lookup_one_len(last, dir.dentry, strlen(last));
		err = PTR_ERR_OR_ZERO(dentry);
		if (!err) {
			err = d_is_positive(dentry) ? vfs_unlink(d_inode(dir.dentry), dentry) : -ENOENT;
			dput(dentry);
		}
		inode_unlock(d_inode(dir.dentry));
		path_put(&dir);
	}
	mutex_unlock(&devtmpfs_lock);
	revert_creds(old);
	return err;
}

/* Every mount shows the one instance. */
static struct dentry *mount_dev(struct file_system_type *type, int flags, const char *dev_name,
				void *data)
{
	return mount_single(type, flags, data, shmem_fill_super);
}

static struct file_system_type devtmpfs_type = {
	.name = "devtmpfs",
	.mount = mount_dev,
	.kill_sb = shmem_kill_super,
};

int devtmpfs_mount(const char *path)
{
	return init_mount("devtmpfs", path, "devtmpfs", MS_NOSUID, NULL);
}

static int __init devtmpfs_init(void)
{
	char options[] = "mode=0755";
	struct pending_node *node, *next;
	struct vfsmount *mnt;
	int err;

	err = register_filesystem(&devtmpfs_type);
	if (err)
		return err;
	mnt = vfs_kern_mount(&devtmpfs_type, 0, "devtmpfs", options);
	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	mutex_lock(&devtmpfs_lock);
	dev_mount = mnt;
	list_for_each_entry_safe(node, next, &pending, list) {
		make_node(node->name, node->mode, node->uid, node->gid, node->dev);
		list_del(&node->list);
		kfree(node);
	}
	mutex_unlock(&devtmpfs_lock);
	return 0;
}
fs_initcall(devtmpfs_init);
