// SPDX-License-Identifier: MIT
// overlayfs on tmpfs layers: lookup, merged folders, copy-up, open files, rights.
#include "fs/fs.h"
#include "fs/overlay.h"
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/xattr.h>

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

int main(int argc, char **argv __attribute__((unused)))
{
	if (argc > 1)
		return 7;
	go_to_own_mounts();
	RUN(layers_are_merged);
	RUN(mounting);
	RUN(writes_copy_up);
	RUN(attributes_copy_up);
	RUN(open_files_follow_the_copy);
	RUN(programs_run);
	RUN(attributes_beside);
	RUN(rights_are_the_callers);
	leave_tmpfs();
	return test_done();
}
