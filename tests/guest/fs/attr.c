// SPDX-License-Identifier: MIT
// Attributes: stat in all forms, chmod, chown, utimes, access, umask, statfs.
#include "fs/fs.h"
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/vfs.h>
#include <utime.h>

static void stat_forms(void)
{
	struct stat a, b, c;
	struct statx x;
	int fd;

	put_file("f", "12345");
	fd = open("f", O_RDONLY);
	CHECK_OK(stat("f", &a));
	CHECK_OK(fstat(fd, &b));
	CHECK_OK(lstat("f", &c));
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_EQ(a.st_ino, c.st_ino);
	CHECK_EQ(a.st_size, 5);
	CHECK_EQ(a.st_blocks, 8);
	CHECK_EQ(a.st_blksize, 4096);
	CHECK_EQ(a.st_nlink, 1);
	CHECK_EQ(a.st_uid, geteuid());
	CHECK_OK(statx(AT_FDCWD, "f", 0, STATX_ALL, &x));
	CHECK_EQ(x.stx_mask & STATX_BASIC_STATS, STATX_BASIC_STATS);
	CHECK_EQ(x.stx_ino, a.st_ino);
	CHECK_EQ(x.stx_size, 5);
	CHECK_EQ(makedev(x.stx_dev_major, x.stx_dev_minor), a.st_dev);
	CHECK_OK(statx(fd, "", AT_EMPTY_PATH, STATX_SIZE, &x));
	CHECK_EQ(x.stx_size, 5);
	CHECK_ERR(statx(AT_FDCWD, "f", 0, 0x80000000, &x), EINVAL);
	CHECK_ERR(statx(AT_FDCWD, "f", AT_STATX_SYNC_TYPE, STATX_ALL, &x), EINVAL);
	CHECK_ERR(statx(AT_FDCWD, "none", 0, STATX_ALL, &x), ENOENT);
	CHECK_ERR(syscall(SYS_stat, "f", 8), EFAULT);
	CHECK_ERR(fstat(-1, &a), EBADF);
	close(fd);
	unlink("f");
}

static void modes(void)
{
	int fd;

	put_file("f", "");
	CHECK_OK(chmod("f", 07777));
	CHECK_EQ(mode_of("f"), S_IFREG | 07777);
	CHECK_OK(chmod("f", 0));
	CHECK_EQ(mode_of("f"), S_IFREG);
	CHECK_OK(chmod("f", 0170000 | 0644));
	CHECK_EQ(mode_of("f"), S_IFREG | 0644);
	fd = open("f", O_RDONLY);
	CHECK_OK(fchmod(fd, 0600));
	CHECK_EQ(mode_of("f"), S_IFREG | 0600);
	CHECK_OK(fchmodat(AT_FDCWD, "f", 0640, 0));
	CHECK_ERR(chmod("none", 0), ENOENT);
	CHECK_ERR(fchmod(-1, 0), EBADF);
	CHECK_ERR(chmod("f/", 0), ENOTDIR);
	close(fd);
	CHECK_OK(symlink("f", "s"));
	CHECK_OK(chmod("s", 0600));
	CHECK_EQ(mode_of("s"), S_IFLNK | 0777);
	CHECK_EQ(mode_of("f"), S_IFREG | 0600);
	unlink("s"); unlink("f");
	/* umask */
	CHECK_EQ(umask(077), 022);
	put_file("f", "");
	CHECK_EQ(mode_of("f"), S_IFREG | 0600);
	CHECK_EQ(umask(022), 077);
	unlink("f");
}

static void user_modes(void)
{
	struct stat st;

	/* The group is not the user's: setgid goes. */
	CHECK_OK(chmod("mine", 02755));
	CHECK_OK(stat("mine", &st));
	CHECK_EQ(st.st_mode & 07777, 0755);
	CHECK_ERR(chown("mine", 1001, -1), EPERM);
	CHECK_ERR(chown("mine", -1, 4321), EPERM);
	CHECK_OK(chown("mine", 1000, 1000));
	CHECK_OK(chown("mine", -1, -1));
	/* A write takes setuid away. */
	CHECK_OK(chmod("mine", 06755));
	int fd = open("mine", O_WRONLY);
	CHECK_EQ(write(fd, "x", 1), 1);
	close(fd);
	CHECK_OK(stat("mine", &st));
	CHECK_EQ(st.st_mode & 07777, 0755);
	CHECK_ERR(utime("other", NULL), EACCES);
	struct timeval tv[2] = { { 1, 0 }, { 1, 0 } };
	CHECK_ERR(utimes("other", tv), EPERM);
	CHECK_OK(utime("open", NULL));
	CHECK_ERR(utimes("open", tv), EPERM);
	struct timespec ts[2] = { { 0, UTIME_NOW }, { 0, UTIME_OMIT } };
	CHECK_ERR(utimensat(AT_FDCWD, "open", ts, 0), EPERM);
	CHECK_ERR(open("other", O_RDONLY | O_NOATIME), EPERM);
	CHECK_ERR(access("other", W_OK), EACCES);
	CHECK_OK(access("other", R_OK));
	CHECK_ERR(access("other", X_OK), EACCES);
	CHECK_OK(access("mine", X_OK));
}

static void owners(void)
{
	struct stat st;

	if (geteuid())
		return;
	CHECK_OK(chmod(".", 0777));
	put_file("f", "");
	CHECK_OK(chmod("f", 06755));
	CHECK_OK(chown("f", 11, 22));
	CHECK_OK(stat("f", &st));
	CHECK_EQ(st.st_uid, 11);
	CHECK_EQ(st.st_gid, 22);
	CHECK_EQ(st.st_mode & 07777, 0755);
	CHECK_OK(chmod("f", 02644));
	CHECK_OK(chown("f", 1, 2));
	CHECK_OK(stat("f", &st));
	CHECK_EQ(st.st_mode & 07777, 02644);
	CHECK_OK(symlink("f", "s"));
	CHECK_OK(lchown("s", 33, 44));
	CHECK_OK(lstat("s", &st));
	CHECK_EQ(st.st_uid, 33);
	CHECK_OK(stat("s", &st));
	CHECK_EQ(st.st_uid, 1);
	CHECK_OK(fchownat(AT_FDCWD, "s", 5, -1, AT_SYMLINK_NOFOLLOW));
	CHECK_ERR(fchownat(AT_FDCWD, "s", 5, -1, 0x10), EINVAL);
	unlink("s"); unlink("f");
	put_file("mine", "");
	CHECK_OK(chown("mine", 1000, 77));
	put_file("other", "");
	CHECK_OK(chmod("other", 0644));
	put_file("open", "");
	CHECK_OK(chmod("open", 0666));
	as_user(1000, 1000, user_modes);
	/* root: read and write anything, execute only what has an x. */
	CHECK_OK(chmod("other", 0));
	CHECK_OK(access("other", R_OK | W_OK));
	CHECK_ERR(access("other", X_OK), EACCES);
	unlink("mine"); unlink("other"); unlink("open");
}

static void times(void)
{
	struct timespec ts[2] = { { 1000, 5 }, { 2000, 6 } };
	struct timeval tv[2] = { { 10, 1 }, { 20, 2 } };
	struct utimbuf ub = { 100, 200 };
	struct timespec now;
	struct stat st;
	int fd;

	put_file("f", "");
	CHECK_OK(utimensat(AT_FDCWD, "f", ts, 0));
	CHECK_OK(stat("f", &st));
	CHECK_EQ(st.st_atim.tv_sec, 1000);
	CHECK_EQ(st.st_atim.tv_nsec, 5);
	CHECK_EQ(st.st_mtim.tv_sec, 2000);
	CHECK_EQ(st.st_mtim.tv_nsec, 6);
	ts[0].tv_nsec = UTIME_OMIT;
	ts[1].tv_nsec = UTIME_NOW;
	CHECK_OK(utimensat(AT_FDCWD, "f", ts, 0));
	CHECK_OK(stat("f", &st));
	clock_gettime(CLOCK_REALTIME, &now);
	CHECK_EQ(st.st_atim.tv_sec, 1000);
	CHECK(now.tv_sec - st.st_mtim.tv_sec >= 0 && now.tv_sec - st.st_mtim.tv_sec < 3);
	CHECK(now.tv_sec - st.st_ctim.tv_sec < 3);
	ts[0].tv_nsec = 1000000000;
	CHECK_ERR(utimensat(AT_FDCWD, "f", ts, 0), EINVAL);
	CHECK_OK(utimes("f", tv));
	CHECK_OK(stat("f", &st));
	CHECK_EQ(st.st_mtim.tv_sec, 20);
	CHECK_EQ(st.st_mtim.tv_nsec, 2000);
	tv[0].tv_usec = 1000000;
	CHECK_ERR(utimes("f", tv), EINVAL);
	CHECK_OK(utime("f", &ub));
	CHECK_OK(stat("f", &st));
	CHECK_EQ(st.st_atim.tv_sec, 100);
	CHECK_EQ(st.st_mtim.tv_sec, 200);
	fd = open("f", O_RDWR);
	ts[0].tv_nsec = ts[1].tv_nsec = 0;
	CHECK_OK(futimens(fd, ts));
	CHECK_OK(symlink("f", "s"));
	ts[1].tv_sec = 7;
	CHECK_OK(utimensat(AT_FDCWD, "s", ts, AT_SYMLINK_NOFOLLOW));
	CHECK_OK(lstat("s", &st));
	CHECK_EQ(st.st_mtim.tv_sec, 7);
	CHECK_ERR(utimensat(AT_FDCWD, "none", NULL, 0), ENOENT);
	CHECK_ERR(utimensat(AT_FDCWD, "f", ts, 0x10), EINVAL);
	/* A write moves mtime and ctime. */
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_OK(fstat(fd, &st));
	CHECK(st.st_mtim.tv_sec > 2000);
	close(fd);
	unlink("s"); unlink("f");
}

static void access_and_statfs(void)
{
	struct statfs fs;

	put_file("f", "");
	CHECK_OK(access("f", F_OK));
	CHECK_ERR(access("none", F_OK), ENOENT);
	CHECK_ERR(access("f", 8), EINVAL);
	CHECK_OK(faccessat(AT_FDCWD, "f", R_OK, AT_EACCESS));
	CHECK_ERR(syscall(SYS_faccessat2, AT_FDCWD, "f", R_OK, 0x10000), EINVAL);
	CHECK_OK(statfs("f", &fs));
	CHECK_EQ(fs.f_bsize, 4096);
	CHECK_EQ(fs.f_namelen, NAME_MAX);
	CHECK_ERR(statfs("none", &fs), ENOENT);
	CHECK_ERR(fstatfs(-1, &fs), EBADF);
	unlink("f");
}

int main(void)
{
	go_to_tmpfs();
	umask(022);
	RUN(stat_forms);
	RUN(modes);
	RUN(owners);
	RUN(times);
	RUN(access_and_statfs);
	leave_tmpfs();
	return test_done();
}
