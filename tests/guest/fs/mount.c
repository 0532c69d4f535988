// SPDX-License-Identifier: MIT
// Mounts: tmpfs, bind, move, remount, propagation, namespaces, pivot_root.
#include "fs/fs.h"
#include <sched.h>
#include <stdbool.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

/* Some C libraries lack them. */
#ifndef UMOUNT_NOFOLLOW
#define UMOUNT_NOFOLLOW 8
#endif

static int mount_tmpfs(const char *where)
{
	return mount("none", where, "tmpfs", 0, NULL);
}

/* The line of a mount in /proc/self/mountinfo, or NULL. */
static char *info(const char *where)
{
	static char line[4096];
	char cwd[PATH_MAX], full[PATH_MAX + 256];
	FILE *f = fopen("/proc/self/mountinfo", "r");

	if (!getcwd(cwd, sizeof(cwd)))
		return NULL;
	snprintf(full, sizeof(full), " %s/%s ", cwd, where);
	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, full)) {
			fclose(f);
			return line;
		}
	if (f)
		fclose(f);
	return NULL;
}

static void basics(void)
{
	struct stat a, b;

	CHECK_OK(mkdir("m", 0755));
	put_file("m/below", "");
	CHECK_OK(stat("m", &a));
	CHECK_OK(mount("dev name", "m", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=0700"));
	CHECK_OK(stat("m", &b));
	CHECK_NE(a.st_dev, b.st_dev);
	CHECK_EQ(b.st_mode, S_IFDIR | 0700);
	CHECK(!exists("m/below"));
	CHECK(info("m") && strstr(info("m"), "nosuid,nodev,relatime"));
	CHECK(info("m") && strstr(info("m"), "tmpfs dev\\040name rw"));
	put_file("m/f", "x");
	CHECK_ERR(link("m/f", "f"), EXDEV);
	CHECK_ERR(rename("m/f", "f"), EXDEV);
	CHECK_ERR(rmdir("m"), EBUSY);
	CHECK_ERR(rename("m", "n"), EBUSY);
	CHECK_ERR(mount_tmpfs("none"), ENOENT);
	CHECK_ERR(mount_tmpfs("m/f"), ENOTDIR);
	CHECK_ERR(mount("x", "m", "nosuchfs", 0, NULL), ENODEV);
	CHECK_ERR(mount("x", "m", NULL, 0, NULL), EINVAL);
	/* Full is full. */
	static char big[2 << 20];
	int fd = open("m/big", O_CREAT | O_WRONLY, 0600);
	ssize_t n = write(fd, big, sizeof(big));
	CHECK(n > 0 && n <= 1 << 20);
	CHECK_ERR(write(fd, big, 4096), ENOSPC);
	close(fd);
	CHECK_OK(unlink("m/big"));
	struct statvfs vfs;
	CHECK_OK(statvfs("m", &vfs));
	CHECK_EQ(vfs.f_blocks, 256);
	/* An open file keeps it. */
	fd = open("m/f", O_RDONLY);
	CHECK_ERR(umount("m"), EBUSY);
	close(fd);
	CHECK_ERR(umount("m/f"), EINVAL);
	CHECK_ERR(umount("none"), ENOENT);
	CHECK_ERR(umount2("m", 0x100), EINVAL);
	CHECK_ERR(umount2("m", MNT_EXPIRE), EAGAIN);
	CHECK_OK(umount2("m", MNT_EXPIRE));
	CHECK(exists("m/below"));
	CHECK_ERR(umount("m"), EINVAL);
	/* Stacked. */
	CHECK_OK(mount_tmpfs("m"));
	put_file("m/one", "");
	CHECK_OK(mount_tmpfs("m"));
	CHECK(!exists("m/one"));
	CHECK_OK(umount("m"));
	CHECK(exists("m/one"));
	CHECK_OK(umount("m"));
	/* Lazily: what is open goes on. */
	CHECK_OK(mount_tmpfs("m"));
	put_file("m/f", "lazy");
	fd = open("m/f", O_RDONLY);
	CHECK_OK(umount2("m", MNT_DETACH));
	CHECK(exists("m/below"));
	char buf[8];
	CHECK_EQ(read(fd, buf, 8), 4);
	close(fd);
	CHECK_OK(symlink("m", "s"));
	CHECK_OK(mount_tmpfs("m"));
	CHECK_ERR(umount2("s", UMOUNT_NOFOLLOW), EINVAL);
	CHECK_OK(umount2("s", 0));
	unlink("s"); unlink("m/below"); rmdir("m");
}

static void read_only(void)
{
	int fd;

	CHECK_OK(mkdir("m", 0755));
	CHECK_OK(mount_tmpfs("m"));
	put_file("m/f", "x");
	fd = open("m/f", O_WRONLY);
	CHECK_ERR(mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL), EBUSY);
	close(fd);
	CHECK_OK(mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL));
	CHECK_ERR(open("m/f", O_WRONLY), EROFS);
	CHECK_ERR(open("m/new", O_CREAT | O_WRONLY, 0600), EROFS);
	CHECK_ERR(mkdir("m/d", 0700), EROFS);
	CHECK_ERR(mkdir("m/f", 0700), EEXIST);
	CHECK_ERR(unlink("m/f"), EROFS);
	CHECK_ERR(chmod("m/f", 0600), EROFS);
	CHECK_ERR(access("m/f", W_OK), EROFS);
	fd = open("m/f", O_RDONLY);
	CHECK_GE(fd, 0);
	close(fd);
	CHECK_OK(mount(NULL, "m", NULL, MS_REMOUNT, NULL));
	CHECK_OK(unlink("m/f"));
	/* Only one view of it: a bind mount. */
	CHECK_OK(mkdir("b", 0755));
	CHECK_OK(mount("m", "b", NULL, MS_BIND, NULL));
	CHECK_OK(mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	CHECK_ERR(open("b/f", O_CREAT | O_WRONLY, 0600), EROFS);
	put_file("m/f", "");
	CHECK(exists("b/f"));
	/* nodev, noexec */
	CHECK_OK(mknod("m/null", S_IFCHR | 0666, 0x103));
	fd = open("m/null", O_RDONLY);
	CHECK_GE(fd, 0);
	close(fd);
	CHECK_OK(mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_NODEV, NULL));
	CHECK_ERR(open("b/null", O_RDONLY), EACCES);
	CHECK_OK(umount("b"));
	CHECK_OK(umount("m"));
	rmdir("b"); rmdir("m");
}

/* A writer in another namespace keeps the file system writable. */
static void read_only_elsewhere(void)
{
	int ready[2], go[2], status;
	pid_t pid;
	char c;

	NEED(!pipe(ready) && !pipe(go));
	CHECK_OK(mkdir("m", 0755));
	CHECK_OK(mount_tmpfs("m"));
	pid = fork();
	if (!pid) {
		int fd;

		if (unshare(CLONE_NEWNS))
			_exit(1);
		fd = open("m/f", O_CREAT | O_WRONLY, 0600);
		if (fd < 0 || write(ready[1], "", 1) != 1 || read(go[0], &c, 1) != 1)
			_exit(2);
		close(fd);
		_exit(write(ready[1], "", 1) != 1 || read(go[0], &c, 1) != 1);
	}
	CHECK_EQ(read(ready[0], &c, 1), 1);
	CHECK_ERR(mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL), EBUSY);
	CHECK_EQ(write(go[1], "", 1), 1);
	CHECK_EQ(read(ready[0], &c, 1), 1);
	CHECK_OK(mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL));
	CHECK_EQ(write(go[1], "", 1), 1);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	close(ready[0]); close(ready[1]); close(go[0]); close(go[1]);
	CHECK_OK(umount("m"));
	rmdir("m");
}

static void binds(void)
{
	CHECK_OK(mkdir("a", 0755));
	CHECK_OK(mkdir("b", 0755));
	CHECK_OK(mount_tmpfs("a"));
	CHECK_OK(mkdir("a/sub", 0755));
	CHECK_OK(mount_tmpfs("a/sub"));
	put_file("a/sub/f", "");
	CHECK_OK(mount("a", "b", NULL, MS_BIND, NULL));
	CHECK(!exists("b/sub/f"));
	CHECK_OK(umount("b"));
	CHECK_OK(mount("a", "b", NULL, MS_BIND | MS_REC, NULL));
	CHECK(exists("b/sub/f"));
	CHECK_ERR(umount("b"), EBUSY);
	CHECK_OK(umount2("b", MNT_DETACH));
	/* A file onto a file. */
	put_file("src", "source");
	put_file("dst", "");
	CHECK_OK(mount("src", "dst", NULL, MS_BIND, NULL));
	struct stat st;
	CHECK_OK(stat("dst", &st));
	CHECK_EQ(st.st_size, 6);
	CHECK_ERR(unlink("dst"), EBUSY);
	CHECK_OK(umount("dst"));
	CHECK_ERR(mount("src", "b", NULL, MS_BIND, NULL), ENOTDIR);
	CHECK_ERR(mount("none", "b", NULL, MS_BIND, NULL), ENOENT);
	/* Moving a tree. */
	CHECK_OK(mount("a", "b", NULL, MS_MOVE, NULL));
	CHECK(exists("b/sub/f") && !exists("a/sub"));
	CHECK_ERR(mount("b", "b/sub", NULL, MS_MOVE, NULL), ELOOP);
	CHECK_ERR(mount("a", "b", NULL, MS_MOVE, NULL), EINVAL);
	/* ".." climbs over the seam. */
	CHECK_OK(stat("b/sub/../../src", &st));
	CHECK_OK(umount("b/sub"));
	CHECK_OK(umount("b"));
	unlink("src"); unlink("dst"); rmdir("a"); rmdir("b");
}

static void propagation(void)
{
	CHECK_OK(mkdir("a", 0755));
	CHECK_OK(mkdir("peer", 0755));
	CHECK_OK(mkdir("slave", 0755));
	CHECK_OK(mkdir("priv", 0755));
	CHECK_OK(mount_tmpfs("a"));
	CHECK_OK(mount(NULL, "a", NULL, MS_SHARED, NULL));
	CHECK(info("a") && strstr(info("a"), " shared:"));
	CHECK_OK(mkdir("a/d", 0755));
	CHECK_OK(mount("a", "peer", NULL, MS_BIND, NULL));
	CHECK_OK(mount("a", "slave", NULL, MS_BIND, NULL));
	CHECK_OK(mount(NULL, "slave", NULL, MS_SLAVE, NULL));
	CHECK(info("slave") && strstr(info("slave"), " master:") &&
	      !strstr(info("slave"), "shared:"));
	CHECK_OK(mount("a", "priv", NULL, MS_BIND, NULL));
	CHECK_OK(mount(NULL, "priv", NULL, MS_PRIVATE, NULL));
	CHECK_OK(mount_tmpfs("a/d"));
	put_file("a/d/f", "");
	CHECK(exists("peer/d/f"));
	CHECK(exists("slave/d/f"));
	CHECK(!exists("priv/d/f"));
	CHECK_OK(umount("peer/d"));
	CHECK(!exists("a/d/f") && !exists("slave/d/f"));
	/* Not back from a slave. */
	CHECK_OK(mount_tmpfs("slave/d"));
	put_file("slave/d/g", "");
	CHECK(!exists("a/d/g"));
	CHECK_OK(umount("slave/d"));
	CHECK_OK(mount(NULL, "priv", NULL, MS_UNBINDABLE, NULL));
	CHECK_ERR(mount("priv", "priv", NULL, MS_BIND, NULL), EINVAL);
	CHECK_ERR(mount(NULL, "priv", NULL, MS_SHARED | MS_PRIVATE, NULL), EINVAL);
	CHECK_OK(umount("priv"));
	CHECK_OK(umount("slave"));
	CHECK_OK(umount("peer"));
	CHECK_OK(umount("a"));
	rmdir("priv"); rmdir("slave"); rmdir("peer"); rmdir("a");
}

static void in_new_namespace(void)
{
	NEED(!unshare(CLONE_NEWNS));
	NEED(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	CHECK_OK(mount_tmpfs("m"));
	put_file("m/inside", "");
}

static void namespaces(void)
{
	CHECK_OK(mkdir("m", 0755));
	RUN_IN_CHILD(in_new_namespace);
	CHECK(!exists("m/inside"));
	CHECK_OK(rmdir("m"));
}

static void pivoting(void)
{
	struct stat st;

	NEED(!unshare(CLONE_NEWNS));
	NEED(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	NEED(!mkdir("new", 0755));
	NEED(!mount_tmpfs("new"));
	put_file("new/here", "");
	NEED(!mkdir("new/old", 0755));
	CHECK_ERR(syscall(SYS_pivot_root, "new", "."), EINVAL);
	CHECK_ERR(syscall(SYS_pivot_root, "new/old", "new/old"), EINVAL);
	CHECK_ERR(syscall(SYS_pivot_root, "new", "none"), ENOENT);
	if (syscall(SYS_pivot_root, "new", "new/old")) {
		/* The root of an initramfs cannot be moved. */
		CHECK_EQ(errno, EINVAL);
		umount("new");
		rmdir("new");
		return;
	}
	CHECK_OK(chdir("/"));
	CHECK_OK(stat("/here", &st));
	CHECK_OK(stat("/old/proc", &st));
	CHECK_OK(umount2("/old", MNT_DETACH));
	CHECK_OK(rmdir("/old"));
}

/* A watch does not keep a file system mounted, and hears of the end. */
static void watched(void)
{
	char buf[256];
	struct inotify_event *e = (void *)buf;
	int in = inotify_init1(IN_NONBLOCK);

	CHECK_OK(mkdir("m", 0755));
	CHECK_OK(mount_tmpfs("m"));
	CHECK_EQ(inotify_add_watch(in, "m", IN_CREATE), 1);
	CHECK_OK(umount("m"));
	CHECK_EQ(read(in, buf, sizeof(buf)), 2 * (ssize_t)sizeof(*e));
	CHECK_EQ(e[0].mask, IN_UNMOUNT | IN_ISDIR);
	CHECK_EQ(e[1].mask, IN_IGNORED);
	close(in);
	CHECK_OK(rmdir("m"));
}

static void user_may_not(void)
{
	CHECK_ERR(mount_tmpfs("."), EPERM);
	CHECK_ERR(umount("."), EPERM);
	CHECK_ERR(chroot("."), EPERM);
}

int main(void)
{
	if (geteuid())
		SKIP("needs root");
	go_to_tmpfs();
	umask(022);
	/* A kernel with one namespace only is one's own. */
	bool have_ns = !unshare(CLONE_NEWNS);
	if (!have_ns && errno != EINVAL)
		SKIP("needs a mount namespace");
	NEED(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	NEED(!chmod(".", 0755));
	RUN(basics);
	RUN(read_only);
	RUN(binds);
	RUN(propagation);
	RUN(watched);
	if (have_ns) {
		RUN(read_only_elsewhere);
		RUN(namespaces);
	}
	as_user(1000, 1000, user_may_not);
	if (have_ns) {
		RUN_IN_CHILD(pivoting);
		rmdir("new");
	}
	leave_tmpfs();
	return test_done();
}
