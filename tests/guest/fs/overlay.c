// SPDX-License-Identifier: MIT
// overlayfs on tmpfs layers: lookup, copy-up, whiteouts, merged folders, renames, open files.
#include "fs/fs.h"
#include <dirent.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#define RENAME_EXCHANGE 2
#define RENAME_WHITEOUT 4
#endif

static void fill_lower(void)
{
	NEED(!mkdir("l2/dir", 0755) && !mkdir("l2/dir/sub", 0755) && !mkdir("l2/hidden", 0755));
	put_file("l2/dir/low2", "low2");
	put_file("l2/dir/both", "from l2");
	put_file("l2/dir/sub/deep", "deep");
	put_file("l2/f2", "f2");
	put_file("l2/hidden/x", "x");
	NEED(!mkdir("l1/dir", 0755));
	put_file("l1/dir/low1", "low1");
	put_file("l1/dir/both", "from l1");
	put_file("l1/file", "lower data");
	NEED(!chmod("l1/file", 0640));
	put_file("l1/hidden", "a file hides a folder");
	NEED(!symlink("file", "l1/link"));
	NEED(!mkfifo("l1/fifo", 0600));
	put_file("l1/h1", "linked");
	NEED(!link("l1/h1", "l1/h2"));
	NEED(!setxattr("l1/file", "user.colour", "red", 3, 0) || errno == EOPNOTSUPP);
	NEED(!mknod("l1/f2w", S_IFCHR, makedev(0, 0)));
	put_file("l2/f2w", "whited out by l1");
	NEED(!mkdir("u/dir", 0755));
	put_file("u/dir/up", "up");
}

static const char *extra_options = "";

/* A fresh overlay at m, on a tmpfs of its own at the current folder. */
static void set_up(void)
{
	char options[200];

	NEED(!mkdir("t", 0755) && !mount("none", "t", "tmpfs", 0, "size=16m") && !chdir("t"));
	NEED(!mkdir("l1", 0755) && !mkdir("l2", 0755) && !mkdir("u", 0755) && !mkdir("w", 0755) &&
	     !mkdir("m", 0755));
	fill_lower();
	snprintf(options, sizeof(options), "lowerdir=l1:l2,upperdir=u,workdir=w%s", extra_options);
	NEED(!mount("overlay", "m", "overlay", 0, options));
}

static void tear_down(void)
{
	CHECK_OK(umount("m"));
	NEED(!chdir(".."));
	CHECK_OK(umount("t"));
	NEED(!rmdir("t"));
}

static const char *content(const char *name)
{
	static char buf[256];
	int fd = open(name, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return strerror(errno);
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[n < 0 ? 0 : n] = '\0';
	return buf;
}

static bool is_whiteout(const char *name)
{
	struct stat st;

	return !lstat(name, &st) && S_ISCHR(st.st_mode) && !st.st_rdev;
}

/* How often a name is listed, with that type; checks d_ino against stat(). */
static int listed(const char *dir, const char *name, int type)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int n = 0;

	NEED(d);
	while ((e = readdir(d))) {
		struct stat st;

		if (strcmp(e->d_name, name))
			continue;
		n++;
		CHECK_EQ(e->d_type, type);
		CHECK_OK(fstatat(dirfd(d), name, &st, AT_SYMLINK_NOFOLLOW));
		CHECK_EQ(st.st_ino, e->d_ino);
	}
	closedir(d);
	return n;
}

static int count(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	NEED(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void layers_are_merged(void)
{
	struct stat a, b;

	set_up();
	CHECK_STR(content("m/file"), "lower data");
	CHECK_STR(content("m/link"), "lower data");
	CHECK_STR(content("m/f2"), "f2");
	CHECK_STR(content("m/dir/low1"), "low1");
	CHECK_STR(content("m/dir/low2"), "low2");
	CHECK_STR(content("m/dir/both"), "from l1");
	CHECK_STR(content("m/dir/up"), "up");
	CHECK_STR(content("m/dir/sub/deep"), "deep");
	CHECK_STR(content("m/hidden"), "a file hides a folder");
	CHECK_ERR(open("m/hidden/x", O_RDONLY), ENOTDIR);
	CHECK_ERR(open("m/f2w", O_RDONLY), ENOENT);
	CHECK_EQ(listed("m/dir", "both", DT_REG), 1);
	CHECK_EQ(listed("m/dir", "up", DT_REG), 1);
	CHECK_EQ(listed("m/dir", "sub", DT_DIR), 1);
	CHECK_EQ(listed("m/dir", ".", DT_DIR), 1);
	CHECK_EQ(listed("m/dir", "..", DT_DIR), 1);
	CHECK_EQ(listed("m", "dir", DT_DIR), 1);
	CHECK_EQ(listed("m", "link", DT_LNK), 1);
	CHECK_EQ(listed("m", "fifo", DT_FIFO), 1);
	CHECK_EQ(listed("m", "f2w", DT_CHR), 0);
	CHECK_EQ(count("m/dir"), 7);
	CHECK_OK(stat("m", &a));
	CHECK_OK(stat("m/file", &b));
	CHECK_EQ(a.st_dev, b.st_dev);
	CHECK_EQ(b.st_mode, S_IFREG | 0640);
	CHECK_OK(stat("m/dir", &a));
	CHECK_EQ(a.st_nlink, 1);
	tear_down();
}

static void mounting(void)
{
	char line[4096] = "";
	struct statfs fs;
	bool found = false;
	FILE *f;

	set_up();
	f = fopen("/proc/self/mountinfo", "r");
	NEED(f);
	while (fgets(line, sizeof(line), f))
		found |= strstr(line, " - overlay overlay rw,") &&
			 strstr(line, "lowerdir=l1:l2,upperdir=u,workdir=w");
	fclose(f);
	CHECK(found);
	CHECK_OK(statfs("m", &fs));
	CHECK_EQ(fs.f_type, 0x794c7630);
	CHECK_OK(umount("m"));
	CHECK_ERR(mount("o", "m", "overlay", 0, NULL), EINVAL);
	CHECK_ERR(mount("o", "m", "overlay", 0, "lowerdir=none"), ENOENT);
	CHECK_ERR(mount("o", "m", "overlay", 0, "lowerdir=l1,upperdir=u"), EINVAL);
	CHECK_ERR(mount("o", "m", "overlay", 0, "lowerdir=l1,nonsense"), EINVAL);
	CHECK_ERR(mount("o", "m", "overlay", 0, "lowerdir=l1,upperdir=u,workdir=u"), EINVAL);
	/* Without an upper folder: read-only. */
	CHECK_OK(mount("o", "m", "overlay", 0, "lowerdir=l1:l2"));
	CHECK_STR(content("m/dir/both"), "from l1");
	CHECK_ERR(open("m/new", O_CREAT | O_WRONLY, 0644), EROFS);
	CHECK_ERR(open("m/file", O_WRONLY), EROFS);
	CHECK_ERR(unlink("m/file"), EROFS);
	CHECK_ERR(mkdir("m/newdir", 0755), EROFS);
	CHECK_ERR(chmod("m/file", 0600), EROFS);
	CHECK_ERR(mount("o", "m", NULL, MS_REMOUNT, NULL), EROFS);
	tear_down();
}

static void writes_copy_up(void)
{
	struct stat before, after;
	char value[8];
	int fd;

	set_up();
	CHECK_OK(stat("m/file", &before));
	fd = open("m/file", O_WRONLY | O_APPEND);
	NEED(fd >= 0);
	CHECK_EQ(write(fd, "+more", 5), 5);
	CHECK_EQ(close(fd), 0);
	CHECK_STR(content("m/file"), "lower data+more");
	CHECK_STR(content("l1/file"), "lower data");
	CHECK_STR(content("u/file"), "lower data+more");
	CHECK_OK(stat("m/file", &after));
	CHECK_EQ(before.st_ino, after.st_ino);
	CHECK_EQ(before.st_dev, after.st_dev);
	CHECK_EQ(before.st_mode, after.st_mode);
	CHECK_EQ(after.st_size, 15);
	if (getxattr("l1/file", "user.colour", NULL, 0) == 3) {
		CHECK_EQ(getxattr("m/file", "user.colour", value, sizeof(value)), 3);
		CHECK(!memcmp(value, "red", 3));
	}
	CHECK_EQ(listed("m", "file", DT_REG), 1);
	/* Deep down: the folders come along. */
	fd = open("m/dir/sub/deep", O_RDWR | O_TRUNC);
	NEED(fd >= 0);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 0);
	CHECK_EQ(write(fd, "new", 3), 3);
	close(fd);
	CHECK_STR(content("u/dir/sub/deep"), "new");
	CHECK_STR(content("l2/dir/sub/deep"), "deep");
	CHECK_EQ(listed("m/dir", "sub", DT_DIR), 1);
	CHECK_EQ(listed("m/dir/sub", "deep", DT_REG), 1);
	/* Reading copies nothing, nor does a failed open. */
	CHECK_STR(content("m/f2"), "f2");
	CHECK_ERR(open("m/f2", O_WRONLY | O_CREAT | O_EXCL, 0644), EEXIST);
	CHECK(!exists("u/f2"));
	CHECK_OK(truncate("m/f2", 1));
	CHECK_STR(content("m/f2"), "f");
	CHECK_STR(content("l2/f2"), "f2");
	tear_down();
}

static void attributes_copy_up(void)
{
	const struct timespec times[2] = { { .tv_sec = 1000 }, { .tv_sec = 2000, .tv_nsec = 5 } };
	struct stat st, lower;

	set_up();
	NEED(!utimensat(AT_FDCWD, "l1/file", times, 0));
	CHECK_OK(chmod("m/file", 0600));
	CHECK_EQ(mode_of("m/file"), S_IFREG | 0600);
	CHECK_EQ(mode_of("l1/file"), S_IFREG | 0640);
	CHECK_OK(stat("m/file", &st));
	CHECK_EQ(st.st_mtim.tv_sec, 2000);
	CHECK_EQ(st.st_mtim.tv_nsec, 5);
	CHECK_OK(chown("m/dir/low1", 7, 8));
	CHECK_OK(stat("m/dir/low1", &st));
	CHECK_EQ(st.st_uid, 7);
	CHECK_EQ(st.st_gid, 8);
	CHECK_OK(utimensat(AT_FDCWD, "m/h1", times, 0));
	CHECK_OK(stat("m/h1", &st));
	CHECK_EQ(st.st_mtim.tv_sec, 2000);
	CHECK_OK(stat("l1/h1", &lower));
	CHECK_NE(lower.st_mtim.tv_sec, 2000);
	/* The link is broken: the other name is the lower file still. */
	CHECK_OK(truncate("m/h1", 0));
	CHECK_STR(content("m/h2"), "linked");
	CHECK_OK(lchown("m/link", 3, 4));
	CHECK_OK(lstat("m/link", &st));
	CHECK_EQ(st.st_uid, 3);
	CHECK_STR(content("m/link"), "lower data");
	CHECK_OK(chmod("m/fifo", 0644));
	CHECK_EQ(mode_of("u/fifo"), S_IFIFO | 0644);
	CHECK_OK(chmod("m/dir/sub", 0700));
	CHECK_EQ(mode_of("m/dir/sub"), S_IFDIR | 0700);
	CHECK_STR(content("m/dir/sub/deep"), "deep");
	tear_down();
}

static void removing_leaves_whiteouts(void)
{
	set_up();
	CHECK_OK(unlink("m/file"));
	CHECK(!exists("m/file"));
	CHECK(is_whiteout("u/file"));
	CHECK_ERR(unlink("m/file"), ENOENT);
	CHECK_EQ(listed("m", "file", DT_CHR), 0);
	CHECK_EQ(content("m/link") != NULL, 1);
	put_file("m/file", "again");
	CHECK_STR(content("m/file"), "again");
	CHECK_STR(content("u/file"), "again");
	CHECK_OK(unlink("m/file"));
	CHECK(is_whiteout("u/file"));
	/* Copied up first. */
	CHECK_OK(truncate("m/f2", 0));
	CHECK_OK(unlink("m/f2"));
	CHECK(is_whiteout("u/f2"));
	/* Only upper: nothing stays. */
	CHECK_OK(unlink("m/dir/up"));
	CHECK(!exists("u/dir/up"));
	CHECK_EQ(count("m/dir"), 6);
	tear_down();
}

static void removing_folders(void)
{
	set_up();
	CHECK_ERR(rmdir("m/dir"), ENOTEMPTY);
	CHECK_ERR(unlink("m/dir"), EISDIR);
	CHECK_ERR(rmdir("m/file"), ENOTDIR);
	CHECK_OK(unlink("m/dir/low1"));
	CHECK_OK(unlink("m/dir/low2"));
	CHECK_OK(unlink("m/dir/both"));
	CHECK_OK(unlink("m/dir/up"));
	CHECK_ERR(rmdir("m/dir"), ENOTEMPTY);
	CHECK_OK(unlink("m/dir/sub/deep"));
	CHECK_OK(rmdir("m/dir/sub"));
	CHECK_EQ(count("m/dir"), 2);
	CHECK_OK(rmdir("m/dir"));
	CHECK(is_whiteout("u/dir"));
	CHECK(!exists("m/dir"));
	/* What was below does not shine through a new folder of the same name. */
	CHECK_OK(mkdir("m/dir", 0711));
	CHECK_EQ(mode_of("m/dir"), S_IFDIR | 0711);
	CHECK_EQ(count("m/dir"), 2);
	CHECK_ERR(open("m/dir/low1", O_RDONLY), ENOENT);
	put_file("m/dir/low1", "mine");
	CHECK_OK(umount("m"));
	CHECK_OK(mount("overlay", "m", "overlay", 0, "lowerdir=l1:l2,upperdir=u,workdir=w"));
	CHECK_EQ(count("m/dir"), 3);
	CHECK_STR(content("m/dir/low1"), "mine");
	tear_down();
}

static void making(void)
{
	struct stat st;
	int fd;

	set_up();
	CHECK_OK(mkdir("m/dir/sub/new", 02755));
	CHECK_OK(mkdir("m/sgid", 0777));
	CHECK_OK(chown("m/sgid", 0, 55));
	CHECK_OK(chmod("m/sgid", 02777));
	put_file("m/sgid/f", "");
	CHECK_OK(mkdir("m/sgid/d", 0755));
	CHECK_OK(stat("m/sgid/f", &st));
	CHECK_EQ(st.st_gid, 55);
	CHECK_EQ(mode_of("m/sgid/d"), S_IFDIR | 02755);
	CHECK_OK(symlink("target", "m/dir/sl"));
	CHECK_OK(lstat("m/dir/sl", &st));
	CHECK_EQ(st.st_size, 6);
	CHECK_OK(mkfifo("m/p", 0600));
	CHECK_OK(mknod("m/null", S_IFCHR | 0666, makedev(1, 3)));
	CHECK_STR(content("m/null"), "");
	CHECK_ERR(mkdir("m/file", 0755), EEXIST);
	CHECK_OK(link("m/file", "m/dir/hard"));
	CHECK_EQ(links_of("m/file"), 2);
	put_file("m/dir/hard", "both names");
	CHECK_STR(content("m/file"), "both names");
	CHECK_OK(unlink("m/file"));
	CHECK_STR(content("m/dir/hard"), "both names");
	CHECK_EQ(links_of("m/dir/hard"), 1);
	fd = open("m/dir", O_TMPFILE | O_RDWR, 0600);
	NEED(fd >= 0 || errno == EOPNOTSUPP);
	if (fd >= 0) {
		char path[40];

		CHECK_EQ(write(fd, "tmp", 3), 3);
		CHECK_OK(fstat(fd, &st));
		CHECK_EQ(st.st_nlink, 0);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		CHECK_OK(linkat(AT_FDCWD, path, AT_FDCWD, "m/dir/low2x", AT_SYMLINK_FOLLOW));
		close(fd);
		CHECK_STR(content("m/dir/low2x"), "tmp");
	}
	tear_down();
}

static void renaming_files(void)
{
	set_up();
	CHECK_OK(rename("m/file", "m/moved"));
	CHECK(is_whiteout("u/file"));
	CHECK_STR(content("m/moved"), "lower data");
	CHECK_EQ(mode_of("m/moved"), S_IFREG | 0640);
	CHECK_OK(rename("m/moved", "m/file"));
	CHECK_STR(content("m/file"), "lower data");
	CHECK(!exists("u/moved"));
	CHECK_OK(rename("m/file", "m/dir/low2"));
	CHECK_STR(content("m/dir/low2"), "lower data");
	CHECK_EQ(listed("m/dir", "low2", DT_REG), 1);
	CHECK_ERR(syscall(SYS_renameat2, AT_FDCWD, "m/dir/low1", AT_FDCWD, "m/f2",
			  RENAME_NOREPLACE), EEXIST);
	CHECK_OK(syscall(SYS_renameat2, AT_FDCWD, "m/dir/low1", AT_FDCWD, "m/f2",
			 RENAME_EXCHANGE));
	CHECK_STR(content("m/f2"), "low1");
	CHECK_STR(content("m/dir/low1"), "f2");
	CHECK_ERR(syscall(SYS_renameat2, AT_FDCWD, "m/f2", AT_FDCWD, "m/f3", RENAME_WHITEOUT),
		  EINVAL);
	CHECK_OK(unlink("m/f2"));
	CHECK_OK(rename("m/dir/up", "m/f2"));
	CHECK_STR(content("m/f2"), "up");
	CHECK(!exists("u/dir/up"));
	CHECK_ERR(rename("m/f2", "m/dir"), EISDIR);
	CHECK_ERR(rename("m/dir", "m/f2"), ENOTDIR);
	tear_down();
}

static void renaming_folders(void)
{
	set_up();
	/* From below: programs copy. */
	CHECK_ERR(rename("m/dir", "m/d2"), EXDEV);
	CHECK_ERR(rename("m/dir/sub", "m/d2"), EXDEV);
	CHECK_OK(mkdir("m/mine", 0755));
	put_file("m/mine/f", "f");
	CHECK_OK(rename("m/mine", "m/yours"));
	CHECK_STR(content("m/yours/f"), "f");
	/* Over a lower folder that is empty by now. */
	CHECK_ERR(rename("m/yours", "m/dir/sub"), ENOTEMPTY);
	CHECK_OK(unlink("m/dir/sub/deep"));
	CHECK_OK(rename("m/yours", "m/dir/sub"));
	CHECK_STR(content("m/dir/sub/f"), "f");
	CHECK_EQ(count("m/dir/sub"), 3);
	/* To the name of a lower file that was removed. */
	CHECK_OK(unlink("m/file"));
	CHECK_OK(mkdir("m/again", 0755));
	CHECK_OK(rename("m/again", "m/file"));
	CHECK(!exists("m/again"));
	CHECK_EQ(mode_of("m/file"), S_IFDIR | 0755);
	CHECK_OK(rmdir("m/file"));
	CHECK(is_whiteout("u/file"));
	tear_down();
}

static void redirected_folders(void)
{
	set_up();
	CHECK_OK(rename("m/dir", "m/d2"));
	CHECK_STR(content("m/d2/low1"), "low1");
	CHECK_STR(content("m/d2/low2"), "low2");
	CHECK_STR(content("m/d2/sub/deep"), "deep");
	CHECK(!exists("m/dir"));
	CHECK_OK(mkdir("m/new", 0755));
	CHECK_OK(rename("m/d2/sub", "m/new/sub"));
	CHECK_STR(content("m/new/sub/deep"), "deep");
	CHECK_OK(umount("m"));
	CHECK_OK(mount("overlay", "m", "overlay", 0,
		       "lowerdir=l1:l2,upperdir=u,workdir=w,redirect_dir=on"));
	CHECK_STR(content("m/d2/both"), "from l1");
	CHECK_STR(content("m/new/sub/deep"), "deep");
	CHECK(!exists("m/dir"));
	CHECK(!exists("m/d2/sub"));
	CHECK_EQ(count("m/d2"), 6);
	tear_down();
}

static void open_files_follow_the_copy(void)
{
	char buf[32], name[64], target[512];
	int reader, writer;
	char *map;

	set_up();
	reader = open("m/file", O_RDONLY);
	writer = open("m/file", O_RDWR);
	NEED(reader >= 0 && writer >= 0);
	CHECK_EQ(pwrite(writer, "UPPER", 5, 0), 5);
	CHECK_EQ(pread(reader, buf, sizeof(buf), 0), 10);
	CHECK(!memcmp(buf, "UPPER data", 10));
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, writer, 0);
	NEED(map != MAP_FAILED);
	CHECK(!memcmp(map, "UPPER data", 10));
	memcpy(map, "mapped", 6);
	CHECK_EQ(pread(reader, buf, sizeof(buf), 0), 10);
	CHECK(!memcmp(buf, "mappeddata", 6));
	CHECK_EQ(pwrite(writer, "W", 1, 0), 1);
	CHECK_EQ(map[0], 'W');
	/* It shows the file that was opened, not the layer's. */
	snprintf(name, sizeof(name), "/proc/self/map_files/%lx-%lx", (long)map, (long)map + 4096);
	memset(target, 0, sizeof(target));
	CHECK_GT(readlink(name, target, sizeof(target) - 1), 7);
	CHECK_STR(target + strlen(target) - 7, "/m/file");
	munmap(map, 4096);
	CHECK_OK(ftruncate(writer, 3));
	CHECK_EQ(lseek(reader, 0, SEEK_END), 3);
	CHECK_OK(fsync(writer));
	CHECK_OK(fallocate(writer, 0, 0, 100));
	CHECK_EQ(lseek(reader, 0, SEEK_END), 100);
	/* Locks are of the overlay's file, whatever stands below. */
	CHECK_OK(flock(reader, LOCK_EX));
	CHECK_ERR(flock(writer, LOCK_SH | LOCK_NB), EWOULDBLOCK);
	CHECK_OK(unlink("m/file"));
	CHECK_EQ(pread(reader, buf, 1, 0), 1);
	close(reader);
	close(writer);
	/* A lower file that is open while its name goes. */
	reader = open("m/f2", O_RDONLY);
	NEED(reader >= 0);
	CHECK_OK(unlink("m/f2"));
	CHECK_EQ(read(reader, buf, sizeof(buf)), 2);
	close(reader);
	tear_down();
}

static void programs_run(void)
{
	int in, out, status;
	char buf[65536];
	ssize_t n;
	pid_t pid;

	set_up();
	CHECK_OK(umount("m"));
	in = open("/proc/self/exe", O_RDONLY);
	out = open("l1/prog", O_WRONLY | O_CREAT, 0755);
	NEED(in >= 0 && out >= 0);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		NEED(write(out, buf, n) == n);
	close(in);
	close(out);
	CHECK_OK(mount("overlay", "m", "overlay", 0, "lowerdir=l1:l2,upperdir=u,workdir=w"));
	pid = fork();
	if (!pid) {
		execl("m/prog", "prog", "child", NULL);
		_exit(99);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_EQ(status, 7 << 8);
	tear_down();
}

static void attributes_beside(void)
{
	char list[256], value[16];
	ssize_t n;

	set_up();
	if (setxattr("m/dir/low1", "trusted.x", "1", 1, 0)) {
		CHECK(errno == EOPNOTSUPP || errno == EPERM);
		tear_down();
		return;
	}
	CHECK_EQ(getxattr("m/dir/low1", "trusted.x", value, sizeof(value)), 1);
	CHECK_ERR(getxattr("l1/dir/low1", "trusted.x", value, sizeof(value)), ENODATA);
	n = listxattr("m/dir/low1", list, sizeof(list));
	CHECK_GE(n, 10);
	/* The overlay's own are not seen. */
	for (ssize_t i = 0; i < n; i += strlen(list + i) + 1)
		CHECK(strncmp(list + i, "trusted.overlay.", 16));
	CHECK_OK(unlink("m/file"));
	CHECK_OK(mkdir("m/file", 0755));
	CHECK_ERR(getxattr("m/file", "trusted.overlay.opaque", value, sizeof(value)), ENODATA);
	CHECK_EQ(getxattr("u/file", "trusted.overlay.opaque", value, sizeof(value)), 1);
	CHECK_OK(removexattr("m/dir/low1", "trusted.x"));
	CHECK_ERR(removexattr("m/dir/low1", "trusted.x"), ENODATA);
	CHECK_ERR(removexattr("m/dir/low2", "trusted.x"), ENODATA);
	CHECK(!exists("u/dir/low2"));
	tear_down();
}

static void ordinary_user(void)
{
	CHECK_ERR(open("m/file", O_RDONLY), EACCES);
	CHECK_ERR(open("m/dir/low1", O_WRONLY), EACCES);
	CHECK_ERR(unlink("m/dir/low1"), EACCES);
	CHECK_ERR(chmod("m/dir/low1", 0777), EPERM);
	CHECK_STR(content("m/dir/low1"), "low1");
	CHECK_OK(access("m/dir/low1", R_OK));
	CHECK_ERR(access("m/dir/low1", W_OK), EACCES);
	put_file("m/open/mine", "mine");
	CHECK_OK(unlink("m/open/theirs"));
	CHECK_OK(chmod("m/open/given", 0600));
}

static void rights_are_the_callers(void)
{
	struct stat st;

	set_up();
	NEED(!umount("m"));
	NEED(!mkdir("l1/open", 0777) && !chmod("l1/open", 0777));
	put_file("l1/open/theirs", "");
	put_file("l1/open/given", "");
	NEED(!chown("l1/open/given", 1000, 1000) && !chmod("l1/file", 0600));
	/* The layers themselves are closed to users. */
	NEED(!chmod("l1/dir", 0755) && !chmod(".", 0755));
	NEED(!mount("overlay", "m", "overlay", 0, "lowerdir=l1:l2,upperdir=u,workdir=w"));
	as_user(1000, 1000, ordinary_user);
	CHECK_OK(stat("m/open/mine", &st));
	CHECK_EQ(st.st_uid, 1000);
	CHECK_EQ(st.st_gid, 1000);
	CHECK_OK(stat("u/open/given", &st));
	CHECK_EQ(st.st_uid, 1000);
	CHECK(is_whiteout("u/open/theirs"));
	tear_down();
}

/* Names that come and go do not disturb who reads a merged folder. */
static void listing_while_changing(void)
{
	char name[300];
	struct dirent *e;
	int seen = 0;
	long pos = 0;
	DIR *d;

	set_up();
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "m/dir/n%d", i);
		put_file(name, "");
	}
	d = opendir("m/dir");
	NEED(d);
	while ((e = readdir(d))) {
		if (e->d_name[0] == 'n') {
			seen++;
			snprintf(name, sizeof(name), "m/dir/%s", e->d_name);
			CHECK_OK(unlink(name));
		}
		if (!strcmp(e->d_name, "low1"))
			pos = telldir(d);
	}
	CHECK_EQ(seen, 100);
	CHECK_NE(pos, 0);
	rewinddir(d);
	for (seen = 0; readdir(d); seen++)
		;
	CHECK_EQ(seen, 7);
	closedir(d);
	tear_down();
}

/* A new folder stays in order when a file from below moves in halfway. */
static void listing_while_moving_in(void)
{
	char name[300];
	struct dirent *e;
	int seen = 0;
	DIR *d;

	set_up();
	CHECK_OK(mkdir("m/new", 0755));
	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "m/new/name-of-some-length-%d", i);
		CHECK_OK(mknod(name, S_IFREG | 0644, 0));
	}
	d = opendir("m/new");
	NEED(d);
	while ((e = readdir(d))) {
		seen += e->d_name[0] == 'n';
		if (seen == 1)
			rename("m/file", "m/new/moved");
	}
	CHECK_EQ(seen, 2000);
	CHECK_STR(content("m/new/moved"), "lower data");
	closedir(d);
	CHECK_EQ(listed("m/new", "moved", DT_REG), 1);
	tear_down();
}

int main(int argc, char **argv __attribute__((unused)))
{
	if (argc > 1)
		return 7;
	if (geteuid())
		SKIP("needs root");
	/* A kernel with one namespace only is one's own. */
	if (unshare(CLONE_NEWNS) && errno != EINVAL)
		SKIP("needs a mount namespace");
	NEED(!mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	go_to_tmpfs();
	RUN(layers_are_merged);
	RUN(mounting);
	RUN(writes_copy_up);
	RUN(attributes_copy_up);
	RUN(removing_leaves_whiteouts);
	RUN(removing_folders);
	RUN(making);
	RUN(renaming_files);
	RUN(renaming_folders);
	RUN(open_files_follow_the_copy);
	RUN(programs_run);
	RUN(attributes_beside);
	RUN(rights_are_the_callers);
	RUN(listing_while_changing);
	RUN(listing_while_moving_in);
	extra_options = ",redirect_dir=on";
	RUN(redirected_folders);
	leave_tmpfs();
	return test_done();
}
