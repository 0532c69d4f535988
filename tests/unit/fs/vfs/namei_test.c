// SPDX-License-Identifier: MIT
/* Path lookup below a given root: steps, links, limits. */
#include <fs/stat.h>
#include "tree.h"

static int make_link(struct dentry *dir, const char *name, const char *target)
{
	struct dentry *child;
	int error;

	inode_lock_nested(d_inode(dir), I_MUTEX_PARENT);
	child = tree_name(dir, name);
	error = PTR_ERR(child);
	if (!IS_ERR(child)) {
		error = vfs_symlink(d_inode(dir), child, target);
		dput(child);
	}
	inode_unlock(d_inode(dir));
	return error;
}

KTEST(namei, dots_stay_below_the_given_root)
{
	struct vfsmount *mnt = tree_mount();
	struct path path;

	KASSERT_FALSE(IS_ERR(mnt));
	KEXPECT_EQ(tree_mkdir(mnt->mnt_root, "d"), 0);
	KEXPECT_EQ(tree_path(mnt, "d/../../../d/./", &path), 0);
	KEXPECT_STREQ(path.dentry->d_name.name, "d");
	path_put(&path);
	KEXPECT_EQ(tree_path(mnt, "..", &path), 0);
	KEXPECT_TRUE(path.dentry == mnt->mnt_root);
	path_put(&path);
	mntput(mnt);
}

KTEST(namei, links_lead_where_they_say)
{
	struct vfsmount *mnt = tree_mount();
	struct path d, path;

	KASSERT_FALSE(IS_ERR(mnt));
	KEXPECT_EQ(tree_mkdir(mnt->mnt_root, "d"), 0);
	KEXPECT_EQ(tree_path(mnt, "d", &d), 0);
	KEXPECT_EQ(tree_create(d.dentry, "f"), 0);
	KEXPECT_EQ(make_link(mnt->mnt_root, "abs", "/d/f"), 0);
	KEXPECT_EQ(make_link(d.dentry, "up", "../d/../abs"), 0);
	KEXPECT_EQ(make_link(mnt->mnt_root, "loop", "loop"), 0);
	KEXPECT_EQ(vfs_path_lookup(mnt->mnt_root, mnt, "d/up", LOOKUP_FOLLOW, &path), 0);
	KEXPECT_STREQ(path.dentry->d_name.name, "f");
	path_put(&path);
	KEXPECT_EQ(vfs_path_lookup(mnt->mnt_root, mnt, "d/up", 0, &path), 0);
	KEXPECT_TRUE(d_is_symlink(path.dentry));
	path_put(&path);
	KEXPECT_EQ(vfs_path_lookup(mnt->mnt_root, mnt, "loop", LOOKUP_FOLLOW, &path), -ELOOP);
	KEXPECT_EQ(vfs_path_lookup(mnt->mnt_root, mnt, "abs/x", 0, &path), -ENOTDIR);
	KEXPECT_EQ(vfs_path_lookup(mnt->mnt_root, mnt, "d/up", LOOKUP_FOLLOW | LOOKUP_NO_SYMLINKS,
				   &path), -ELOOP);
	path_put(&d);
	mntput(mnt);
}

KTEST(namei, no_reference_is_lost_on_failure)
{
	struct vfsmount *mnt = tree_mount();
	struct path path;
	int i, before;

	KASSERT_FALSE(IS_ERR(mnt));
	KEXPECT_EQ(tree_mkdir(mnt->mnt_root, "d"), 0);
	KEXPECT_EQ(make_link(mnt->mnt_root, "l", "d/none/x"), 0);
	before = mnt->mnt_root->d_count;
	for (i = 0; i < 100; i++) {
		KEXPECT_EQ(vfs_path_lookup(mnt->mnt_root, mnt, "l", LOOKUP_FOLLOW, &path),
			   -ENOENT);
		KEXPECT_EQ(tree_find(mnt, "d/x"), -ENOENT);
		KEXPECT_EQ(tree_find(mnt, "d/x/y"), -ENOENT);
	}
	KEXPECT_EQ(mnt->mnt_root->d_count, before);
	mntput(mnt);
}

KTEST(namei, a_folder_is_not_removed_while_it_holds_names)
{
	struct vfsmount *mnt = tree_mount();
	struct path d;

	KASSERT_FALSE(IS_ERR(mnt));
	KEXPECT_EQ(tree_mkdir(mnt->mnt_root, "d"), 0);
	KEXPECT_EQ(tree_path(mnt, "d", &d), 0);
	KEXPECT_EQ(tree_create(d.dentry, "f"), 0);
	KEXPECT_EQ(tree_unlink(mnt->mnt_root, "d"), -ENOTEMPTY);
	KEXPECT_EQ(tree_unlink(d.dentry, "f"), 0);
	KEXPECT_EQ(tree_find(mnt, "d/negative"), -ENOENT);
	KEXPECT_EQ(tree_unlink(mnt->mnt_root, "d"), 0);
	KEXPECT_EQ(tree_create(d.dentry, "late"), -ENOENT);
	path_put(&d);
	mntput(mnt);
}

KTEST(namei, paths_are_written_from_their_end)
{
	struct vfsmount *mnt = tree_mount();
	struct path d, root;
	char buf[64];

	KASSERT_FALSE(IS_ERR(mnt));
	root.mnt = mnt;
	root.dentry = mnt->mnt_root;
	KEXPECT_EQ(tree_mkdir(mnt->mnt_root, "dir"), 0);
	KEXPECT_EQ(tree_path(mnt, "dir", &d), 0);
	KEXPECT_EQ(tree_create(d.dentry, "file"), 0);
	path_put(&d);
	KEXPECT_EQ(tree_path(mnt, "dir/file", &d), 0);
	KEXPECT_STREQ(__d_path(&d, &root, buf, sizeof(buf)), "/dir/file");
	KEXPECT_STREQ(dentry_path_raw(d.dentry, buf, sizeof(buf)), "/dir/file");
	KEXPECT_STREQ(__d_path(&root, &root, buf, sizeof(buf)), "/");
	KEXPECT_EQ(PTR_ERR(__d_path(&d, &root, buf, 5)), -ENAMETOOLONG);
	path_put(&d);
	mntput(mnt);
}
