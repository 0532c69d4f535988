// SPDX-License-Identifier: MIT
// Making and removing names: mkdir, rmdir, link, unlink, symlink, readlink, mknod.
#include "fs/fs.h"
#include <sys/sysmacros.h>

static char long_name[NAME_MAX + 2];

static void mkdir_rmdir(void)
{
	umask(022);
	CHECK_OK(mkdir("d", 0777));
	CHECK_EQ(mode_of("d"), S_IFDIR | 0755);
	CHECK_EQ(links_of("d"), 2);
	CHECK_ERR(mkdir("d", 0777), EEXIST);
	CHECK_ERR(mkdir("d/", 0777), EEXIST);
	CHECK_ERR(mkdir("d/.", 0777), EEXIST);
	CHECK_ERR(mkdir("d/..", 0777), EEXIST);
	CHECK_ERR(mkdir("/", 0777), EEXIST);
	CHECK_ERR(mkdir("", 0777), ENOENT);
	CHECK_ERR(mkdir("no/d", 0777), ENOENT);
	CHECK_ERR(mkdir(long_name, 0777), ENAMETOOLONG);
	CHECK_ERR(mkdir((char *)8, 0777), EFAULT);
	CHECK_OK(mkdir("d/e/", 0700));
	CHECK_EQ(links_of("d"), 3);
	CHECK_ERR(rmdir("d"), ENOTEMPTY);
	CHECK_ERR(rmdir("d/."), EINVAL);
	CHECK_ERR(rmdir("d/e/.."), ENOTEMPTY);
	CHECK_ERR(rmdir("/"), EBUSY);
	CHECK_ERR(rmdir("none"), ENOENT);
	put_file("f", "x");
	CHECK_ERR(rmdir("f"), ENOTDIR);
	CHECK_ERR(rmdir("f/x"), ENOTDIR);
	CHECK_ERR(mkdir("f", 0777), EEXIST);
	CHECK_ERR(mkdir("f/x", 0777), ENOTDIR);
	CHECK_OK(rmdir("d/e/"));
	CHECK_EQ(links_of("d"), 2);
	CHECK_OK(rmdir("d"));
	CHECK_ERR(rmdir("d"), ENOENT);
	umask(0);
	CHECK_OK(mkdir("d", 01777));
	CHECK_EQ(mode_of("d"), S_IFDIR | 01777);
	umask(022);
	CHECK_OK(rmdir("d"));
}

static void unlink_and_flags(void)
{
	int dfd;

	CHECK_OK(mkdir("d", 0755));
	put_file("d/f", "x");
	dfd = open("d", O_RDONLY | O_DIRECTORY);
	CHECK_ERR(unlink("d"), EISDIR);
	CHECK_ERR(unlink("d/"), EISDIR);
	CHECK_ERR(unlink("d/."), EISDIR);
	CHECK_ERR(unlink("d/f/"), ENOTDIR);
	CHECK_ERR(unlink(""), ENOENT);
	CHECK_ERR(unlink("none"), ENOENT);
	CHECK_ERR(unlinkat(dfd, "f", AT_REMOVEDIR), ENOTDIR);
	CHECK_ERR(unlinkat(dfd, "f", 0x40000), EINVAL);
	CHECK_ERR(unlinkat(-1, "f", 0), EBADF);
	CHECK_OK(unlinkat(dfd, "f", 0));
	CHECK_OK(unlinkat(AT_FDCWD, "d", AT_REMOVEDIR));
	/* The folder is gone, its descriptor is not. */
	CHECK_ERR(openat(dfd, "new", O_CREAT | O_WRONLY, 0600), ENOENT);
	CHECK_ERR(mkdirat(dfd, "new", 0700), ENOENT);
	CHECK_EQ(fchdir(dfd), 0);
	char buf[64];
	CHECK_ERR(syscall(SYS_getcwd, buf, sizeof(buf)), ENOENT);
	close(dfd);
}

static void unlinked_file_lives(void)
{
	struct stat st;
	char c;
	int fd;

	put_file("f", "abc");
	fd = open("f", O_RDWR);
	CHECK_OK(unlink("f"));
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_nlink, 0);
	CHECK_EQ(pread(fd, &c, 1, 1), 1);
	CHECK_EQ(c, 'b');
	CHECK_EQ(write(fd, "xyz", 3), 3);
	close(fd);
}

static void hard_links(void)
{
	struct stat a, b;

	put_file("a", "1");
	CHECK_OK(link("a", "b"));
	CHECK_EQ(links_of("a"), 2);
	CHECK_OK(stat("a", &a));
	CHECK_OK(stat("b", &b));
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_ERR(link("a", "b"), EEXIST);
	CHECK_ERR(link("none", "c"), ENOENT);
	CHECK_ERR(link("a", "c/"), ENOENT);
	CHECK_ERR(link("a/", "c"), ENOTDIR);
	CHECK_OK(mkdir("d", 0755));
	CHECK_ERR(link("d", "c"), EPERM);
	CHECK_OK(rmdir("d"));
	CHECK_OK(symlink("a", "s"));
	CHECK_OK(link("s", "t"));
	CHECK_EQ(mode_of("t") & S_IFMT, S_IFLNK);
	CHECK_OK(linkat(AT_FDCWD, "s", AT_FDCWD, "u", AT_SYMLINK_FOLLOW));
	CHECK_EQ(mode_of("u") & S_IFMT, S_IFREG);
	CHECK_EQ(links_of("a"), 3);
	CHECK_ERR(linkat(AT_FDCWD, "a", AT_FDCWD, "v", 0x800000), EINVAL);
	CHECK_OK(unlink("a"));
	CHECK_EQ(links_of("b"), 2);
	unlink("b"); unlink("s"); unlink("t"); unlink("u");
}

static void symlinks(void)
{
	char buf[PATH_MAX];
	char big[PATH_MAX + 8];

	CHECK_OK(symlink("target", "s"));
	CHECK_EQ(mode_of("s"), S_IFLNK | 0777);
	CHECK_EQ(readlink("s", buf, sizeof(buf)), 6);
	CHECK_EQ(memcmp(buf, "target", 6), 0);
	CHECK_EQ(readlink("s", buf, 3), 3);
	CHECK_ERR(readlink("s", buf, 0), EINVAL);
	CHECK_ERR(syscall(SYS_readlink, "s", buf, -1), EINVAL);
	CHECK_ERR(syscall(SYS_readlink, "s", 8, 10), EFAULT);
	CHECK_ERR(readlink(".", buf, sizeof(buf)), EINVAL);
	CHECK_ERR(readlink("none", buf, sizeof(buf)), ENOENT);
	CHECK_ERR(symlink("x", "s"), EEXIST);
	CHECK_ERR(symlink("", "t"), ENOENT);
	CHECK_ERR(symlink("x", ""), ENOENT);
	CHECK_ERR(symlink("x", "t/"), ENOENT);
	struct stat st;
	CHECK_ERR(stat("s", &st), ENOENT);
	CHECK_OK(lstat("s", &st));
	CHECK_EQ(st.st_size, 6);
	memset(big, 'a', sizeof(big));
	big[PATH_MAX] = 0;
	CHECK_ERR(symlink(big, "t"), ENAMETOOLONG);
	big[PATH_MAX - 1] = 0;
	CHECK_OK(symlink(big, "t"));
	CHECK_EQ(readlink("t", buf, sizeof(buf)), PATH_MAX - 1);
	CHECK_OK(unlink("t"));
	/* readlinkat of the link itself through an O_PATH descriptor */
	int fd = open("s", O_PATH | O_NOFOLLOW);
	CHECK_GE(fd, 0);
	CHECK_EQ(readlinkat(fd, "", buf, sizeof(buf)), 6);
	close(fd);
	fd = open(".", O_RDONLY);
	CHECK_ERR(readlinkat(fd, "", buf, sizeof(buf)), ENOENT);
	close(fd);
	CHECK_OK(unlink("s"));
}

static void special_files(void)
{
	struct stat st;

	umask(022);
	CHECK_OK(mknod("fifo", S_IFIFO | 0666, 0));
	CHECK_EQ(mode_of("fifo"), S_IFIFO | 0644);
	CHECK_OK(mknod("reg", S_IFREG | 0600, 0));
	CHECK_EQ(mode_of("reg"), S_IFREG | 0600);
	CHECK_OK(mknod("zero", 0600, 0));
	CHECK_EQ(mode_of("zero"), S_IFREG | 0600);
	CHECK_OK(mknod("sock", S_IFSOCK | 0600, 0));
	CHECK_ERR(open("sock", O_RDWR), ENXIO);
	CHECK_ERR(mknod("dir", S_IFDIR | 0700, 0), EPERM);
	CHECK_ERR(mknod("link", S_IFLNK | 0700, 0), EINVAL);
	CHECK_ERR(mknod("fifo", S_IFIFO | 0666, 0), EEXIST);
	CHECK_ERR(mknod("x/", S_IFREG | 0666, 0), ENOENT);
	if (!geteuid() && !mknod("null", S_IFCHR | 0666, makedev(1, 3))) {
		CHECK_OK(stat("null", &st));
		CHECK_EQ(major(st.st_rdev), 1);
		CHECK_EQ(minor(st.st_rdev), 3);
		CHECK_OK(mknod("blk", S_IFBLK | 0666, makedev(0x123, 0x45678)));
		CHECK_OK(stat("blk", &st));
		CHECK_EQ(major(st.st_rdev), 0x123);
		CHECK_EQ(minor(st.st_rdev), 0x45678);
		unlink("null"); unlink("blk");
	}
	unlink("fifo"); unlink("reg"); unlink("zero"); unlink("sock");
}

static void setgid_folder(void)
{
	struct stat st;

	if (geteuid())
		return;
	umask(022);
	CHECK_OK(mkdir("g", 0777));
	CHECK_OK(chown("g", 0, 1234));
	CHECK_OK(chmod("g", 02777));
	CHECK_OK(mkdir("g/d", 0777));
	CHECK_OK(stat("g/d", &st));
	CHECK_EQ(st.st_gid, 1234);
	CHECK_EQ(st.st_mode, S_IFDIR | 02755);
	put_file("g/f", "");
	CHECK_OK(stat("g/f", &st));
	CHECK_EQ(st.st_gid, 1234);
	unlink("g/f"); rmdir("g/d"); rmdir("g");
}

static void user_side(void)
{
	CHECK_ERR(unlink("sticky/root"), EPERM);
	CHECK_ERR(rename("sticky/root", "sticky/x"), EPERM);
	CHECK_OK(close(open("sticky/mine", O_CREAT | O_WRONLY, 0600)));
	CHECK_OK(unlink("sticky/mine"));
	CHECK_ERR(mkdir("closed/d", 0755), EACCES);
	CHECK_ERR(unlink("closed/f"), EACCES);
	CHECK_ERR(mknod("sticky/dev", S_IFCHR | 0600, makedev(1, 3)), EPERM);
	CHECK_ERR(open("secret", O_RDONLY), EACCES);
	CHECK_ERR(chmod("secret", 0666), EPERM);
	CHECK_ERR(chown("secret", 1000, 1000), EPERM);
	CHECK_ERR(truncate("secret", 0), EACCES);
	CHECK_ERR(rmdir("closed"), EPERM);
}

static void permissions(void)
{
	if (geteuid())
		return;
	CHECK_OK(chmod(".", 01777));
	CHECK_OK(mkdir("sticky", 0777));
	CHECK_OK(chmod("sticky", 01777));
	put_file("sticky/root", "");
	CHECK_OK(mkdir("closed", 0755));
	put_file("closed/f", "");
	put_file("secret", "");
	CHECK_OK(chmod("secret", 0600));
	as_user(1000, 1000, user_side);
	unlink("sticky/root"); rmdir("sticky"); unlink("closed/f"); rmdir("closed"); unlink("secret");
}

int main(void)
{
	memset(long_name, 'n', NAME_MAX + 1);
	go_to_tmpfs();
	RUN(mkdir_rmdir);
	leave_tmpfs();
	go_to_tmpfs();
	RUN(unlink_and_flags);
	NEED(!chdir("/dev/shm") || !chdir("/tmp"));
	go_to_tmpfs();
	RUN(unlinked_file_lives);
	RUN(hard_links);
	RUN(symlinks);
	RUN(special_files);
	RUN(setgid_folder);
	RUN(permissions);
	leave_tmpfs();
	return test_done();
}
