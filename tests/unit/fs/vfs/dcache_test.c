// SPDX-License-Identifier: MIT
/* The dentry cache: entries, negative ones, moves, shrinking, and lookups against renames. */
#include <kern/kthread.h>
#include <kern/sched.h>
#include <lib/sprintf.h>
#include "tree.h"

KTEST(dcache, a_name_is_found_after_the_first_lookup)
{
	struct vfsmount *mnt = tree_mount();
	struct qstr q = QSTR_INIT("f", 1);
	struct dentry *d;

	KASSERT_FALSE(IS_ERR(mnt));
	KEXPECT_EQ(tree_create(mnt->mnt_root, "f"), 0);
	d = d_hash_and_lookup(mnt->mnt_root, &q);
	KASSERT_TRUE(d != NULL);
	KEXPECT_TRUE(d_is_positive(d));
	KEXPECT_TRUE(d_is_reg(d));
	KEXPECT_STREQ(d->d_name.name, "f");
	dput(d);
	mntput(mnt);
}

KTEST(dcache, names_that_do_not_exist_are_remembered)
{
	struct vfsmount *mnt = tree_mount();
	struct qstr q = QSTR_INIT("none", 4);
	struct dentry *d;

	KASSERT_FALSE(IS_ERR(mnt));
	KEXPECT_EQ(tree_find(mnt, "none"), -ENOENT);
	d = d_hash_and_lookup(mnt->mnt_root, &q);
	KASSERT_TRUE(d != NULL);
	KEXPECT_TRUE(d_is_negative(d));
	dput(d);
	KEXPECT_EQ(tree_create(mnt->mnt_root, "none"), 0);
	KEXPECT_EQ(tree_find(mnt, "none"), 0);
	KEXPECT_EQ(tree_unlink(mnt->mnt_root, "none"), 0);
	KEXPECT_EQ(tree_find(mnt, "none"), -ENOENT);
	mntput(mnt);
}

KTEST(dcache, shrinking_takes_unused_entries_only)
{
	struct vfsmount *mnt = tree_mount();
	struct super_block *sb;
	char name[16];
	int i;

	KASSERT_FALSE(IS_ERR(mnt));
	sb = mnt->mnt_sb;
	KEXPECT_EQ(tree_create(mnt->mnt_root, "kept"), 0);
	for (i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "no%d", i);
		KEXPECT_EQ(tree_find(mnt, name), -ENOENT);
	}
	KEXPECT_TRUE(sb->s_nr_dentry_unused >= 500);
	shrink_dcache_sb(sb);
	KEXPECT_EQ(sb->s_nr_dentry_unused, 0);
	KEXPECT_EQ(tree_find(mnt, "kept"), 0);
	mntput(mnt);
}

KTEST(dcache, umount_gives_every_entry_back)
{
	long before = get_nr_dentry();
	struct vfsmount *mnt = tree_mount();
	struct path path;
	char name[16];
	int i;

	KASSERT_FALSE(IS_ERR(mnt));
	for (i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "d%d", i);
		KEXPECT_EQ(tree_mkdir(mnt->mnt_root, name), 0);
		KEXPECT_EQ(tree_path(mnt, name, &path), 0);
		KEXPECT_EQ(tree_create(path.dentry, "f"), 0);
		KEXPECT_EQ(tree_mkdir(path.dentry, "e"), 0);
		path_put(&path);
	}
	KEXPECT_TRUE(get_nr_dentry() >= before + 151);
	mntput(mnt);
	KEXPECT_TRUE(get_nr_dentry() <= before + 2);
}

KTEST(dcache, a_move_swaps_names_of_every_length)
{
	static const char *const names[] = {
		"a", "a-name-of-exactly-thirty-nine-characters",
		"a name that does not fit into the dentry itself, so that it lives outside of it",
	};
	struct vfsmount *mnt = tree_mount();
	int i, j;

	KASSERT_FALSE(IS_ERR(mnt));
	for (i = 0; i < 3; i++) {
		for (j = 0; j < 3; j++) {
			struct renamedata rd = { 0 };

			if (i == j)
				continue;
			KEXPECT_EQ(tree_create(mnt->mnt_root, names[i]), 0);
			inode_lock_nested(d_inode(mnt->mnt_root), I_MUTEX_PARENT);
			rd.old_dir = rd.new_dir = d_inode(mnt->mnt_root);
			rd.old_dentry = tree_name(mnt->mnt_root, names[i]);
			rd.new_dentry = tree_name(mnt->mnt_root, names[j]);
			KEXPECT_EQ(vfs_rename(&rd), 0);
			KEXPECT_STREQ(rd.old_dentry->d_name.name, names[j]);
			dput(rd.new_dentry);
			dput(rd.old_dentry);
			inode_unlock(d_inode(mnt->mnt_root));
			KEXPECT_EQ(tree_find(mnt, names[i]), -ENOENT);
			KEXPECT_EQ(tree_find(mnt, names[j]), 0);
			KEXPECT_EQ(tree_unlink(mnt->mnt_root, names[j]), 0);
		}
	}
	mntput(mnt);
}

KTEST(dcache, is_subdir_follows_moves)
{
	struct vfsmount *mnt = tree_mount();
	struct path a, b;

	KASSERT_FALSE(IS_ERR(mnt));
	KEXPECT_EQ(tree_mkdir(mnt->mnt_root, "a"), 0);
	KEXPECT_EQ(tree_path(mnt, "a", &a), 0);
	KEXPECT_EQ(tree_mkdir(a.dentry, "b"), 0);
	KEXPECT_EQ(tree_path(mnt, "a/b", &b), 0);
	KEXPECT_TRUE(is_subdir(b.dentry, a.dentry));
	KEXPECT_TRUE(is_subdir(a.dentry, a.dentry));
	KEXPECT_FALSE(is_subdir(a.dentry, b.dentry));
	path_put(&b);
	path_put(&a);
	mntput(mnt);
}

/* One thread renames a file to and fro; the other must find one of the names at every look. */
struct race {
	struct vfsmount *mnt;
	struct dentry *file;
	bool stop;
	int renames;
};

static int renamer(void *data)
{
	struct race *race = data;
	struct dentry *root = race->mnt->mnt_root;
	int turn = 0;

	while (!READ_ONCE(race->stop)) {
		struct renamedata rd = { 0 };

		inode_lock_nested(d_inode(root), I_MUTEX_PARENT);
		rd.old_dir = rd.new_dir = d_inode(root);
		rd.old_dentry = tree_name(root, turn ? "two" : "one");
		rd.new_dentry = tree_name(root, turn ? "one" : "two");
		if (!vfs_rename(&rd))
			race->renames++;
		dput(rd.new_dentry);
		dput(rd.old_dentry);
		inode_unlock(d_inode(root));
		turn = !turn;
		cond_resched();
	}
	while (!kthread_should_stop())
		schedule_timeout_uninterruptible(1);
	return 0;
}

KTEST(dcache, lookups_beside_renames_find_the_same_inode)
{
	struct race race = { .mnt = tree_mount() };
	struct task_struct *thread;
	struct path path;
	struct inode *inode;
	int i, found = 0;

	KASSERT_FALSE(IS_ERR(race.mnt));
	KEXPECT_EQ(tree_create(race.mnt->mnt_root, "one"), 0);
	KEXPECT_EQ(tree_path(race.mnt, "one", &path), 0);
	inode = d_inode(path.dentry);
	path_put(&path);
	thread = kthread_run(renamer, &race, "renamer");
	KASSERT_FALSE(IS_ERR(thread));
	/* The renamer may get its first turn late on a busy machine. */
	for (i = 0; i < 4000 || (i < 10000000 && !READ_ONCE(race.renames)); i++) {
		if (!tree_path(race.mnt, i & 1 ? "one" : "two", &path)) {
			KEXPECT_TRUE(d_inode(path.dentry) == inode);
			path_put(&path);
			found++;
		}
		cond_resched();
	}
	WRITE_ONCE(race.stop, true);
	kthread_stop(thread);
	KEXPECT_TRUE(found > 0);
	KEXPECT_TRUE(race.renames > 0);
	mntput(race.mnt);
}
