// SPDX-License-Identifier: MIT
/* The static tree of procfs and /proc/sys, through a mount of the kernel's own. */
#include <fs/file.h>
#include <fs/mount.h>
#include <fs/namei.h>
#include <fs/path.h>
#include <fs/proc_fs.h>
#include <fs/seq_file.h>
#include <fs/super.h>
#include <fs/sysctl.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/ktest.h>
#include <kern/reboot.h>

static struct vfsmount *mount_proc(void)
{
	return vfs_kern_mount(get_fs_type("proc"), 0, "proc", NULL);
}

/* Opens a file below the mount, or an ERR_PTR. */
static struct file *open_at(struct vfsmount *mnt, const char *name, int flags)
{
	struct path path;
	struct file *file;
	int err = vfs_path_lookup(mnt->mnt_root, mnt, name, LOOKUP_FOLLOW, &path);

	if (err)
		return ERR_PTR(err);
	file = dentry_open(&path, flags, current_cred());
	path_put(&path);
	return file;
}

/* Reads a whole file; its length or -errno. */
static ssize_t slurp(struct vfsmount *mnt, const char *name, char *buf, size_t size)
{
	struct file *file = open_at(mnt, name, O_RDONLY);
	ssize_t done = 0, n;
	loff_t pos = 0;

	if (IS_ERR(file))
		return PTR_ERR(file);
	while ((n = kernel_read(file, buf + done, size - 1 - done, &pos)) > 0)
		done += n;
	buf[done] = '\0';
	fput(file);
	return n < 0 ? n : done;
}

static int show_hello(struct seq_file *m, void *data)
{
	seq_printf(m, "hello %s\n", data ? (const char *)data : "nobody");
	return 0;
}

KTEST(proc, an_entry_can_be_read_until_it_is_removed)
{
	struct vfsmount *mnt = mount_proc();
	char who[] = "world", buf[64];
	struct proc_dir_entry *dir, *de;
	struct file *open_one;
	loff_t pos = 0;

	KASSERT_TRUE(!IS_ERR(mnt));
	dir = proc_mkdir("ktest", NULL);
	KASSERT_TRUE(dir != NULL);
	KEXPECT_TRUE(proc_mkdir("ktest", NULL) == NULL);
	de = proc_create_single_data("ktest/hello", 0, NULL, show_hello, who);
	KASSERT_TRUE(de != NULL);
	KEXPECT_TRUE(proc_create_single("ktest/hello/x", 0, NULL, show_hello) == NULL);
	KEXPECT_TRUE(proc_create_single("nofolder/x", 0, NULL, show_hello) == NULL);
	KEXPECT_EQ(slurp(mnt, "ktest/hello", buf, sizeof(buf)), 12);
	KEXPECT_EQ(strcmp(buf, "hello world\n"), 0);
	open_one = open_at(mnt, "ktest/hello", O_RDONLY);
	KASSERT_TRUE(!IS_ERR(open_one));
	remove_proc_entry("ktest", NULL);
	KEXPECT_EQ(slurp(mnt, "ktest/hello", buf, sizeof(buf)), -ENOENT);
	KEXPECT_EQ(kernel_read(open_one, buf, sizeof(buf), &pos), -EIO);
	fput(open_one);
	kern_unmount(mnt);
}

KTEST(proc, symlinks_and_missing_names)
{
	struct vfsmount *mnt = mount_proc();
	char buf[64];

	KASSERT_TRUE(!IS_ERR(mnt));
	KASSERT_TRUE(proc_symlink("ktest_link", NULL, "version") != NULL);
	KEXPECT_GT(slurp(mnt, "ktest_link", buf, sizeof(buf)), 10);
	KEXPECT_EQ(memcmp(buf, "Linux version ", 14), 0);
	remove_proc_entry("ktest_link", NULL);
	KEXPECT_EQ(slurp(mnt, "ktest_link", buf, sizeof(buf)), -ENOENT);
	KEXPECT_EQ(slurp(mnt, "0", buf, sizeof(buf)), -ENOENT);
	KEXPECT_EQ(slurp(mnt, "01", buf, sizeof(buf)), -ENOENT);
	KEXPECT_EQ(slurp(mnt, "99999999999999999999", buf, sizeof(buf)), -ENOENT);
	kern_unmount(mnt);
}

KTEST(proc, the_files_of_task_1)
{
	struct vfsmount *mnt = mount_proc();
	static char buf[8192];

	KASSERT_TRUE(!IS_ERR(mnt));
	KEXPECT_GT(slurp(mnt, "1/stat", buf, sizeof(buf)), 50);
	KEXPECT_EQ(memcmp(buf, "1 (", 3), 0);
	KEXPECT_GT(slurp(mnt, "1/status", buf, sizeof(buf)), 100);
	KEXPECT_TRUE(strstr(buf, "\nPid:\t1\n") != NULL);
	KEXPECT_GT(slurp(mnt, "1/limits", buf, sizeof(buf)), 100);
	KEXPECT_GT(slurp(mnt, "stat", buf, sizeof(buf)), 50);
	KEXPECT_GT(slurp(mnt, "meminfo", buf, sizeof(buf)), 100);
	KEXPECT_GT(slurp(mnt, "uptime", buf, sizeof(buf)), 6);
	KEXPECT_GT(slurp(mnt, "loadavg", buf, sizeof(buf)), 10);
	kern_unmount(mnt);
}

static int small[2];
static const int smallest = -5, biggest = 10;
static char word[8] = "abc";
static unsigned long big;

static const struct ctl_table table[] = {
	{ .procname = "pair", .data = small, .maxlen = sizeof(small), .mode = 0644,
	  .proc_handler = proc_dointvec_minmax, .extra1 = &smallest, .extra2 = &biggest },
	{ .procname = "word", .data = word, .maxlen = sizeof(word), .mode = 0644,
	  .proc_handler = proc_dostring },
	{ .procname = "big", .data = &big, .maxlen = sizeof(big), .mode = 0644,
	  .proc_handler = proc_doulongvec_minmax },
	{}
};

static ssize_t put(struct vfsmount *mnt, const char *name, const char *text)
{
	struct file *file = open_at(mnt, name, O_WRONLY);
	loff_t pos = 0;
	ssize_t ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	ret = kernel_write(file, text, strlen(text), &pos);
	fput(file);
	return ret;
}

KTEST(sysctl, numbers_and_strings)
{
	struct vfsmount *mnt = mount_proc();
	char buf[64];

	KASSERT_TRUE(!IS_ERR(mnt));
	KEXPECT_EQ(register_sysctl("ktest/deep", table), 0);
	KEXPECT_EQ(register_sysctl("ktest/deep", table), -EEXIST);
	KEXPECT_EQ(put(mnt, "sys/ktest/deep/pair", "-5 10\n"), 6);
	KEXPECT_EQ(small[0], -5);
	KEXPECT_EQ(small[1], 10);
	KEXPECT_GT(slurp(mnt, "sys/ktest/deep/pair", buf, sizeof(buf)), 0);
	KEXPECT_EQ(strcmp(buf, "-5\t10\n"), 0);
	KEXPECT_EQ(put(mnt, "sys/ktest/deep/pair", "11"), -EINVAL);
	KEXPECT_EQ(put(mnt, "sys/ktest/deep/pair", "x"), -EINVAL);
	KEXPECT_EQ(put(mnt, "sys/ktest/deep/pair", ""), 0);
	KEXPECT_EQ(put(mnt, "sys/ktest/deep/pair", "3"), 1);
	KEXPECT_EQ(small[0], 3);
	KEXPECT_EQ(small[1], 10);
	KEXPECT_EQ(put(mnt, "sys/ktest/deep/pair", "0x7 1z"), -EINVAL);
	KEXPECT_EQ(put(mnt, "sys/ktest/deep/word", "longer than it\n"), 15);
	KEXPECT_EQ(strcmp(word, "longer "), 0);
	KEXPECT_EQ(put(mnt, "sys/ktest/deep/big", "18446744073709551615"), 20);
	KEXPECT_EQ(big, ~0UL);
	KEXPECT_EQ(put(mnt, "sys/ktest/deep/big", "-1"), -EINVAL);
	KEXPECT_EQ(slurp(mnt, "sys/ktest/none", buf, sizeof(buf)), -ENOENT);
	kern_unmount(mnt);
}
