// SPDX-License-Identifier: MIT
// tmpfs: limits and their change, attributes beside, holes, unnamed files.
#include "fs/fs.h"
#include <linux/falloc.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/xattr.h>

static void limits(void)
{
	char name[16], block[4096] = { 1 };
	struct statfs fs;
	struct stat st;
	int fd;

	CHECK_OK(mkdir("m", 0755));
	CHECK_OK(mount("n", "m", "tmpfs", 0, "size=64k,nr_inodes=8,mode=0711,uid=5,gid=6"));
	CHECK_OK(stat("m", &st));
	CHECK_EQ(st.st_mode, S_IFDIR | 0711);
	CHECK_EQ(st.st_uid, 5);
	CHECK_EQ(st.st_gid, 6);
	CHECK_OK(statfs("m", &fs));
	CHECK_EQ(fs.f_blocks, 16);
	CHECK_EQ(fs.f_bfree, 16);
	CHECK_EQ(fs.f_files, 8);
	CHECK_EQ(fs.f_ffree, 7);
	for (int i = 0; i < 7; i++) {
		snprintf(name, sizeof(name), "m/%d", i);
		put_file(name, "");
	}
	CHECK_ERR(open("m/7", O_CREAT | O_WRONLY, 0644), ENOSPC);
	CHECK_ERR(mkdir("m/7", 0755), ENOSPC);
	fd = open("m/0", O_RDWR);
	for (int i = 0; i < 16; i++)
		CHECK_EQ(write(fd, block, sizeof(block)), 4096);
	CHECK_ERR(write(fd, block, sizeof(block)), ENOSPC);
	CHECK_ERR(fallocate(fd, 0, 0, 1 << 20), ENOSPC);
	CHECK_ERR(mount("n", "m", NULL, MS_REMOUNT, "size=32k"), EINVAL);
	CHECK_ERR(mount("n", "m", NULL, MS_REMOUNT, "nr_inodes=2"), EINVAL);
	CHECK_ERR(mount("n", "m", NULL, MS_REMOUNT, "bogus"), EINVAL);
	CHECK_OK(mount("n", "m", NULL, MS_REMOUNT, "size=128k,nr_inodes=20"));
	CHECK_EQ(write(fd, block, sizeof(block)), 4096);
	CHECK_OK(ftruncate(fd, 0));
	CHECK_OK(statfs("m", &fs));
	CHECK_EQ(fs.f_bfree, 32);
	close(fd);
	CHECK_OK(umount("m"));
	CHECK_ERR(mount("n", "m", "tmpfs", 0, "mode=abc"), EINVAL);
	CHECK_ERR(mount("n", "m", "tmpfs", 0, "size=x"), EINVAL);
	rmdir("m");
}

static void beside(void)
{
	char list[128], value[8];

	put_file("x", "");
	if (setxattr("x", "user.a", "red", 3, 0)) {
		CHECK_EQ(errno, EOPNOTSUPP);	/* as older kernels have it */
	} else {
		CHECK_ERR(setxattr("x", "user.a", "", 0, XATTR_CREATE), EEXIST);
		CHECK_ERR(setxattr("x", "user.b", "", 0, XATTR_REPLACE), ENODATA);
		CHECK_EQ(getxattr("x", "user.a", value, 8), 3);
		CHECK_ERR(getxattr("x", "user.a", value, 2), ERANGE);
		CHECK_EQ(listxattr("x", list, sizeof(list)), 7);
		CHECK_ERR(listxattr("x", list, 3), ERANGE);
		CHECK_OK(removexattr("x", "user.a"));
		CHECK_ERR(removexattr("x", "user.a"), ENODATA);
	}
	CHECK_OK(setxattr("x", "trusted.t", "1", 1, 0));
	CHECK_OK(setxattr("x", "security.s", "2", 1, 0));
	CHECK_EQ(listxattr("x", NULL, 0), 21);
	CHECK_ERR(setxattr("x", "system.nonsense", "", 0, 0), EOPNOTSUPP);
	CHECK_ERR(setxattr("x", "nonsense", "", 0, 0), EOPNOTSUPP);
	CHECK_OK(symlink("x", "l"));
	CHECK_ERR(lsetxattr("l", "user.a", "", 0, 0), EPERM);
	CHECK_OK(lsetxattr("l", "trusted.a", "", 0, 0));
	unlink("l");
	unlink("x");
}

static void holes(void)
{
	int fd = open("h", O_CREAT | O_RDWR, 0644);
	struct stat st;

	CHECK_OK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 20000));
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 0);
	CHECK_EQ(st.st_blocks, 40);
	CHECK_OK(ftruncate(fd, 0));
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_blocks, 0);
	CHECK_OK(ftruncate(fd, 100000));
	CHECK_EQ(pwrite(fd, "x", 1, 50000), 1);
	CHECK_EQ(lseek(fd, 0, SEEK_DATA), 49152);
	CHECK_EQ(lseek(fd, 50000, SEEK_HOLE), 53248);
	CHECK_ERR(lseek(fd, 60000, SEEK_DATA), ENXIO);
	CHECK_OK(fallocate(fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 49152, 4096));
	CHECK_ERR(lseek(fd, 0, SEEK_DATA), ENXIO);
	CHECK_ERR(fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, 10), EOPNOTSUPP);
	CHECK_ERR(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, 4096), EOPNOTSUPP);
	CHECK_ERR(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 10), EOPNOTSUPP);
	CHECK_ERR(fallocate(fd, 0, 0x7fffffffffffffff, 1), EFBIG);
	CHECK_ERR(pwrite(fd, "x", 1, 0x7fffffffffffffff), EINVAL);
	close(fd);
	unlink("h");
}

static void unnamed(void)
{
	char path[40];
	struct stat st;
	int fd = open(".", O_TMPFILE | O_RDWR, 0600);

	NEED(fd >= 0);
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_nlink, 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK_OK(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
	CHECK_EQ(links_of("named"), 1);
	close(fd);
	unlink("named");
	fd = open(".", O_TMPFILE | O_RDWR | O_EXCL, 0600);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK_ERR(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW), ENOENT);
	close(fd);
}

int main(void)
{
	if (geteuid())
		SKIP("needs root");
	/* A kernel with one namespace only is one's own. */
	if (unshare(CLONE_NEWNS) && errno != EINVAL)
		SKIP("needs a mount namespace");
	NEED(!mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	go_to_tmpfs();
	RUN(limits);
	RUN(beside);
	RUN(holes);
	RUN(unnamed);
	leave_tmpfs();
	return test_done();
}
