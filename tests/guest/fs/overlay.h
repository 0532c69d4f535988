/* SPDX-License-Identifier: MIT */
/* What the tests of overlayfs share: an overlay on two lower layers, and looks at what it shows. */
#ifndef GUEST_OVERLAY_H
#define GUEST_OVERLAY_H

#include "fs/fs.h"
#include <dirent.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

static inline void fill_lower(void)
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

/* What set_up() mounts with, beside the layers. */
static const char *extra_options = "";

/* A fresh overlay at m, on a tmpfs of its own at the current folder. */
static inline void set_up(void)
{
	char options[200];

	NEED(!mkdir("t", 0755) && !mount("none", "t", "tmpfs", 0, "size=16m") && !chdir("t"));
	NEED(!mkdir("l1", 0755) && !mkdir("l2", 0755) && !mkdir("u", 0755) && !mkdir("w", 0755) &&
	     !mkdir("m", 0755));
	fill_lower();
	snprintf(options, sizeof(options), "lowerdir=l1:l2,upperdir=u,workdir=w%s", extra_options);
	NEED(!mount("overlay", "m", "overlay", 0, options));
}

static inline void tear_down(void)
{
	CHECK_OK(umount("m"));
	NEED(!chdir(".."));
	CHECK_OK(umount("t"));
	NEED(!rmdir("t"));
}

static inline const char *content(const char *name)
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

static inline bool is_whiteout(const char *name)
{
	struct stat st;

	return !lstat(name, &st) && S_ISCHR(st.st_mode) && !st.st_rdev;
}

/* How often a name is listed, with that type; checks d_ino against stat(). */
static inline int listed(const char *dir, const char *name, int type)
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

static inline int count(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	NEED(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

#endif
