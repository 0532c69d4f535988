// SPDX-License-Identifier: MIT
/* Open files and pipes from inside the kernel: data, positions, references. */
#include <fs/pipe.h>
#include <fs/seq_file.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <mm/slab.h>
#include "tree.h"

KTEST(file, data_comes_back_from_where_it_was_put)
{
	struct vfsmount *mnt = tree_mount();
	struct file *file;
	char buf[16] = "";
	loff_t pos = 5000;

	KASSERT_FALSE(IS_ERR(mnt));
	KEXPECT_EQ(tree_create(mnt->mnt_root, "f"), 0);
	file = tree_open(mnt, "f", O_RDWR);
	KASSERT_FALSE(IS_ERR(file));
	KEXPECT_EQ(kernel_write(file, "hello", 5, &pos), 5);
	KEXPECT_EQ(pos, 5005);
	KEXPECT_EQ(i_size_read(file_inode(file)), 5005);
	pos = 4998;
	KEXPECT_EQ(kernel_read(file, buf, 16, &pos), 7);
	KEXPECT_EQ(memcmp(buf, "\0\0hello", 7), 0);
	KEXPECT_EQ(vfs_llseek(file, -5, SEEK_END), 5000);
	KEXPECT_EQ(vfs_llseek(file, -6000, SEEK_CUR), -EINVAL);
	fput(file);
	file = tree_open(mnt, "f", O_RDONLY);
	KASSERT_FALSE(IS_ERR(file));
	pos = 0;
	KEXPECT_EQ(kernel_write(file, "x", 1, &pos), -EBADF);
	fput(file);
	mntput(mnt);
}

KTEST(file, an_unlinked_inode_lives_until_its_last_file_goes)
{
	struct vfsmount *mnt = tree_mount();
	struct file *file;
	long before;
	loff_t pos = 0;

	KASSERT_FALSE(IS_ERR(mnt));
	before = get_nr_inodes();
	KEXPECT_EQ(tree_create(mnt->mnt_root, "f"), 0);
	file = tree_open(mnt, "f", O_RDWR);
	KASSERT_FALSE(IS_ERR(file));
	KEXPECT_EQ(tree_unlink(mnt->mnt_root, "f"), 0);
	KEXPECT_EQ(get_nr_inodes(), before + 1);
	KEXPECT_EQ(kernel_write(file, "x", 1, &pos), 1);
	fput(file);
	KEXPECT_EQ(get_nr_inodes(), before);
	mntput(mnt);
}

KTEST(file, programs_that_run_are_not_written)
{
	struct vfsmount *mnt = tree_mount();
	struct file *a, *b;

	KASSERT_FALSE(IS_ERR(mnt));
	KEXPECT_EQ(tree_create(mnt->mnt_root, "f"), 0);
	a = tree_open(mnt, "f", O_RDONLY);
	KASSERT_FALSE(IS_ERR(a));
	KEXPECT_EQ(deny_write_access(a), 0);
	b = tree_open(mnt, "f", O_WRONLY);
	KEXPECT_EQ(PTR_ERR(b), -ETXTBSY);
	allow_write_access(a);
	b = tree_open(mnt, "f", O_WRONLY);
	KASSERT_FALSE(IS_ERR(b));
	KEXPECT_EQ(deny_write_access(a), -ETXTBSY);
	fput(b);
	KEXPECT_EQ(deny_write_access(a), 0);
	allow_write_access(a);
	fput(a);
	mntput(mnt);
}

KTEST(pipe, bytes_pass_in_order_across_pages)
{
	char *in = kmalloc(20000, GFP_KERNEL);
	char *out = kmalloc(20000, GFP_KERNEL);
	struct file *ends[2];
	int i, got = 0;

	KASSERT_TRUE(in && out);
	for (i = 0; i < 20000; i++)
		in[i] = i * 13;
	KASSERT_EQ(create_pipe_files(ends, O_NONBLOCK), 0);
	KEXPECT_EQ(kernel_read(ends[0], out, 10, NULL), -EAGAIN);
	for (i = 0; i < 20000; i += 777) {
		int n = 20000 - i < 777 ? 20000 - i : 777;

		KEXPECT_EQ(kernel_write(ends[1], in + i, n, NULL), n);
	}
	while (got < 20000) {
		ssize_t n = kernel_read(ends[0], out + got, 999, NULL);

		KASSERT_TRUE(n > 0);
		got += n;
	}
	KEXPECT_EQ(memcmp(in, out, 20000), 0);
	fput(ends[1]);
	KEXPECT_EQ(kernel_read(ends[0], out, 1, NULL), 0);
	fput(ends[0]);
	kfree(in);
	kfree(out);
}

KTEST(pipe, a_full_ring_takes_no_more)
{
	char *buf = kzalloc(65536 + 4096, GFP_KERNEL);
	struct file *ends[2];

	KASSERT_TRUE(buf != NULL);
	KASSERT_EQ(create_pipe_files(ends, O_NONBLOCK), 0);
	KEXPECT_EQ(kernel_write(ends[1], buf, 65536 + 4096, NULL), 65536);
	KEXPECT_EQ(kernel_write(ends[1], buf, 1, NULL), -EAGAIN);
	KEXPECT_EQ(pipe_fcntl(ends[1], F_SETPIPE_SZ, 131072), 131072);
	KEXPECT_EQ(kernel_write(ends[1], buf, 65536, NULL), 65536);
	KEXPECT_EQ(pipe_fcntl(ends[1], F_SETPIPE_SZ, 65536), -EBUSY);
	fput(ends[0]);
	fput(ends[1]);
	kfree(buf);
}

KTEST(seq_file, what_does_not_fit_overflows)
{
	struct seq_file m = { 0 };

	m.size = 16;
	m.buf = kmalloc(16, GFP_KERNEL);
	KASSERT_TRUE(m.buf != NULL);
	seq_puts(&m, "0123456789");
	KEXPECT_EQ(m.count, 10);
	KEXPECT_FALSE(seq_has_overflowed(&m));
	seq_printf(&m, "%d", 1234567);
	KEXPECT_TRUE(seq_has_overflowed(&m));
	m.count = 0;
	seq_put_decimal_ll(&m, " ", -42);
	KEXPECT_EQ(memcmp(m.buf, " -42", 4), 0);
	m.count = 0;
	seq_escape(&m, "a b", " ");
	KEXPECT_EQ(memcmp(m.buf, "a\\040b", 6), 0);
	kfree(m.buf);
}
