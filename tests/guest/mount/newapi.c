// SPDX-License-Identifier: MIT
// fsopen, fsconfig, fsmount, fspick, open_tree, move_mount, mount_setattr.
#include "ns/ns.h"
#include <linux/mount.h>
#undef MS_RDONLY
#include <limits.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#define EMPTY_FROM MOVE_MOUNT_F_EMPTY_PATH

static int fsopen_(const char *name, unsigned int flags)
{
	return syscall(SYS_fsopen, name, flags);
}
static int config(int fd, unsigned int cmd, const char *key, const void *value, int aux)
{
	return syscall(SYS_fsconfig, fd, cmd, key, value, aux);
}
static int fsmount_(int fd, unsigned int flags, unsigned int attr)
{
	return syscall(SYS_fsmount, fd, flags, attr);
}
static int move_(int from, const char *from_name, int to, const char *to_name, unsigned int flags)
{
	return syscall(SYS_move_mount, from, from_name, to, to_name, flags);
}
static int tree_(int dfd, const char *name, unsigned int flags)
{
	return syscall(SYS_open_tree, dfd, name, flags);
}
static int setattr_(int dfd, const char *name, unsigned int flags, struct mount_attr *attr)
{
	return syscall(SYS_mount_setattr, dfd, name, flags, attr, sizeof(*attr));
}

/* The line of a mount below the current folder, or "". */
static const char *info(const char *where)
{
	static char line[4096];
	char cwd[PATH_MAX], full[PATH_MAX + 256];
	FILE *f = fopen("/proc/self/mountinfo", "r");

	if (!getcwd(cwd, sizeof(cwd)) || !f)
		return "";
	snprintf(full, sizeof(full), " %s/%s ", cwd, where);
	while (fgets(line, sizeof(line), f))
		if (strstr(line, full)) {
			fclose(f);
			return line;
		}
	fclose(f);
	return "";
}

static int new_tmpfs(void)
{
	int fs = fsopen_("tmpfs", FSOPEN_CLOEXEC), mnt;

	NEED(fs >= 0);
	CHECK_OK(config(fs, FSCONFIG_SET_STRING, "source", "made", 0));
	CHECK_OK(config(fs, FSCONFIG_SET_STRING, "size", "1m", 0));
	CHECK_OK(config(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	mnt = fsmount_(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV);
	close(fs);
	return mnt;
}

static void step_by_step(void)
{
	int fs, mnt, fd;
	char text[64];

	CHECK_ERR(fsopen_("nosuchfs", 0), ENODEV);
	CHECK_ERR(fsopen_("tmpfs", 2), EINVAL);
	CHECK_ERR(fsopen_((char *)1, 0), EFAULT);
	NEED((fs = fsopen_("tmpfs", 0)) >= 0);
	CHECK_ERR(read(fs, text, sizeof(text)), ENODATA);
	CHECK_ERR(fsmount_(fs, 0, 0), EINVAL);
	CHECK_ERR(config(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0), EBUSY);
	CHECK_ERR(config(fs, FSCONFIG_SET_FLAG, NULL, NULL, 0), EINVAL);
	CHECK_ERR(config(fs, FSCONFIG_SET_FLAG, "ro", "x", 0), EINVAL);
	CHECK_ERR(config(fs, FSCONFIG_SET_STRING, "size", NULL, 0), EINVAL);
	CHECK_ERR(config(fs, FSCONFIG_SET_STRING, "size", "1m", 1), EINVAL);
	CHECK_ERR(config(fs, 99, "size", "1m", 0), EOPNOTSUPP);
	CHECK_ERR(config(-1, FSCONFIG_SET_FLAG, "ro", NULL, 0), EINVAL);
	CHECK_ERR(config(99, FSCONFIG_SET_FLAG, "ro", NULL, 0), EBADF);
	CHECK_ERR(config(0, FSCONFIG_SET_FLAG, "ro", NULL, 0), EINVAL);
	CHECK_OK(config(fs, FSCONFIG_SET_STRING, "source", "my source", 0));
	CHECK_ERR(config(fs, FSCONFIG_SET_STRING, "source", "again", 0), EINVAL);
	CHECK_OK(config(fs, FSCONFIG_SET_STRING, "mode", "0711", 0));
	CHECK_OK(config(fs, FSCONFIG_SET_STRING, "size", "1m", 0));
	CHECK_OK(config(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	CHECK_ERR(config(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0), EBUSY);
	CHECK_ERR(config(fs, FSCONFIG_SET_FLAG, "ro", NULL, 0), EBUSY);
	CHECK_ERR(fsmount_(fs, 8, 0), EINVAL);
	CHECK_ERR(fsmount_(fs, 0, 1 << 30), EINVAL);
	CHECK_ERR(fsmount_(0, 0, 0), EINVAL);
	NEED((mnt = fsmount_(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOATIME)) >= 0);
	CHECK_ERR(fsmount_(fs, 0, 0), EBUSY);
	close(fs);
	/* It is a place already, although nobody can name it. */
	NEED((fd = openat(mnt, "file", O_CREAT | O_RDWR, 0600)) >= 0);
	close(fd);
	CHECK_OK(mkdir("m", 0755));
	CHECK_ERR(move_(mnt, "", AT_FDCWD, "m", 0), ENOENT);
	CHECK_ERR(move_(mnt, "", AT_FDCWD, "m", EMPTY_FROM | 0x10000), EINVAL);
	CHECK_ERR(move_(mnt, "", AT_FDCWD, "nosuch", EMPTY_FROM), ENOENT);
	CHECK_OK(move_(mnt, "", AT_FDCWD, "m", EMPTY_FROM));
	CHECK_OK(access("m/file", F_OK));
	CHECK(strstr(info("m"), "nosuid,noatime"));
	CHECK(strstr(info("m"), "tmpfs my\\040source"));
	struct stat st;
	CHECK_OK(stat("m", &st));
	CHECK_EQ(st.st_mode & 07777, 0711);
	close(mnt);
	CHECK_OK(access("m/file", F_OK));
	/* It can be moved on. */
	CHECK_OK(mkdir("n", 0755));
	CHECK_OK(move_(AT_FDCWD, "m", AT_FDCWD, "n", 0));
	CHECK_ERR(access("m/file", F_OK), ENOENT);
	CHECK_ERR(move_(AT_FDCWD, "m", AT_FDCWD, "n", 0), EINVAL);
	CHECK_OK(umount("n"));
	rmdir("m");
	rmdir("n");
}

static void forgotten_when_closed(void)
{
	int mnt = new_tmpfs(), dir;

	NEED(mnt >= 0);
	NEED((dir = openat(mnt, ".", O_RDONLY | O_DIRECTORY)) >= 0);
	CHECK_OK(mkdirat(mnt, "d", 0755));
	close(mnt);
	/* The folder is there as long as somebody has it, but no place to mount on. */
	CHECK_OK(faccessat(dir, "d", F_OK, 0));
	CHECK_ERR(mount("none", "/proc/self/fd/0/x", "tmpfs", 0, NULL), ENOTDIR);
	close(dir);
}

static void trees(void)
{
	int tree, plain;
	struct stat st;

	CHECK_OK(mkdir("src", 0755));
	CHECK_OK(mkdir("src/sub", 0755));
	CHECK_OK(mount("none", "src/sub", "tmpfs", 0, NULL));
	CHECK_OK(mkdir("src/sub/deep", 0755));
	CHECK_OK(mkdir("dst", 0755));
	CHECK_ERR(tree_(AT_FDCWD, "src", AT_RECURSIVE), EINVAL);
	CHECK_ERR(tree_(AT_FDCWD, "src", 2), EINVAL);
	CHECK_ERR(tree_(AT_FDCWD, "nosuch", OPEN_TREE_CLONE), ENOENT);
	NEED((plain = tree_(AT_FDCWD, "src", OPEN_TREE_CLOEXEC)) >= 0);
	CHECK_OK(fstatat(plain, "sub/deep", &st, 0));
	close(plain);
	NEED((tree = tree_(AT_FDCWD, "src", OPEN_TREE_CLONE)) >= 0);
	CHECK_ERR(fstatat(tree, "sub/deep", &st, 0), ENOENT);
	close(tree);
	NEED((tree = tree_(AT_FDCWD, "src", OPEN_TREE_CLONE | AT_RECURSIVE)) >= 0);
	CHECK_OK(fstatat(tree, "sub/deep", &st, 0));
	CHECK_OK(move_(tree, "", AT_FDCWD, "dst", EMPTY_FROM));
	CHECK_OK(access("dst/sub/deep", F_OK));
	CHECK(strstr(info("dst/sub"), "tmpfs"));
	CHECK_ERR(umount("dst"), EBUSY);
	close(tree);
	CHECK_ERR(umount("dst"), EBUSY);
	CHECK_OK(umount2("dst", MNT_DETACH));
	CHECK_OK(access("src/sub/deep", F_OK));
	/* Not below itself. */
	CHECK_OK(mount("none", "dst", "tmpfs", 0, NULL));
	CHECK_OK(mkdir("dst/in", 0755));
	CHECK_ERR(move_(AT_FDCWD, "dst", AT_FDCWD, "dst/in", 0), ELOOP);
	CHECK_OK(umount("dst"));
	CHECK_OK(umount("src/sub"));
	rmdir("src/sub");
	rmdir("src");
	rmdir("dst");
}

static void attributes(void)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	int fd;

	CHECK_OK(mkdir("a", 0755));
	CHECK_OK(mount("none", "a", "tmpfs", 0, NULL));
	CHECK_OK(mkdir("a/b", 0755));
	CHECK_OK(mount("none", "a/b", "tmpfs", 0, NULL));
	CHECK_OK(setattr_(AT_FDCWD, "a", 0, &attr));
	CHECK_ERR(mkdir("a/x", 0755), EROFS);
	CHECK_OK(mkdir("a/b/x", 0755));
	CHECK(strstr(info("a"), " ro,relatime"));
	attr = (struct mount_attr){ .attr_clr = MOUNT_ATTR_RDONLY };
	CHECK_OK(setattr_(AT_FDCWD, "a", 0, &attr));
	/* One writer below: nothing at all changes. */
	NEED((fd = open("a/b/w", O_CREAT | O_RDWR, 0600)) >= 0);
	attr = (struct mount_attr){ .attr_set = MOUNT_ATTR_RDONLY };
	CHECK_ERR(setattr_(AT_FDCWD, "a", AT_RECURSIVE, &attr), EBUSY);
	CHECK_OK(mkdir("a/y", 0755));
	close(fd);
	attr.attr_set |= MOUNT_ATTR_NOEXEC;
	CHECK_OK(setattr_(AT_FDCWD, "a", AT_RECURSIVE, &attr));
	CHECK_ERR(mkdir("a/b/y", 0755), EROFS);
	CHECK(strstr(info("a/b"), " ro,noexec,relatime"));
	/* Access times. */
	attr = (struct mount_attr){ .attr_set = MOUNT_ATTR_NOATIME };
	CHECK_ERR(setattr_(AT_FDCWD, "a", 0, &attr), EINVAL);
	attr.attr_clr = MOUNT_ATTR_NOATIME;
	CHECK_ERR(setattr_(AT_FDCWD, "a", 0, &attr), EINVAL);
	attr.attr_clr = MOUNT_ATTR__ATIME;
	CHECK_OK(setattr_(AT_FDCWD, "a", 0, &attr));
	CHECK(strstr(info("a"), "noatime"));
	/* Propagation. */
	attr = (struct mount_attr){ .propagation = MS_SHARED };
	CHECK_OK(setattr_(AT_FDCWD, "a", AT_RECURSIVE, &attr));
	CHECK(strstr(info("a"), " shared:"));
	CHECK(strstr(info("a/b"), " shared:"));
	attr.propagation = MS_SHARED | MS_SLAVE;
	CHECK_ERR(setattr_(AT_FDCWD, "a", 0, &attr), EINVAL);
	attr.propagation = MS_PRIVATE;
	CHECK_OK(setattr_(AT_FDCWD, "a", AT_RECURSIVE, &attr));
	CHECK(!strstr(info("a"), " shared:"));
	/* What is refused. */
	attr = (struct mount_attr){ .attr_set = 1ULL << 40 };
	CHECK_ERR(setattr_(AT_FDCWD, "a", 0, &attr), EINVAL);
	attr = (struct mount_attr){ .attr_set = MOUNT_ATTR_RDONLY };
	CHECK_ERR(setattr_(AT_FDCWD, "a/b/x", 0, &attr), EINVAL);
	CHECK_ERR(setattr_(AT_FDCWD, "a", 1, &attr), EINVAL);
	CHECK_ERR(syscall(SYS_mount_setattr, AT_FDCWD, "a", 0, &attr, 8), EINVAL);
	CHECK_ERR(syscall(SYS_mount_setattr, AT_FDCWD, "a", 0, &attr, 5000), E2BIG);
	attr = (struct mount_attr){ .attr_clr = MOUNT_ATTR_IDMAP };
	CHECK_ERR(setattr_(AT_FDCWD, "a", 0, &attr), EINVAL);
	attr = (struct mount_attr){ .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = 99 };
	CHECK_ERR(setattr_(AT_FDCWD, "a", 0, &attr), EBADF);
	attr = (struct mount_attr){};
	CHECK_OK(setattr_(AT_FDCWD, "nosuch", 0, &attr));
	CHECK_OK(umount("a/b"));
	CHECK_OK(umount("a"));
	rmdir("a");
}

static void pick(void)
{
	int fs;

	CHECK_OK(mkdir("p", 0755));
	CHECK_OK(mount("none", "p", "tmpfs", 0, NULL));
	CHECK_OK(mkdir("p/d", 0755));
	CHECK_ERR(syscall(SYS_fspick, AT_FDCWD, "p/d", 0), EINVAL);
	CHECK_ERR(syscall(SYS_fspick, AT_FDCWD, "p", 0x100), EINVAL);
	NEED((fs = syscall(SYS_fspick, AT_FDCWD, "p", FSPICK_CLOEXEC)) >= 0);
	CHECK_ERR(config(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0), EBUSY);
	CHECK_OK(config(fs, FSCONFIG_SET_FLAG, "ro", NULL, 0));
	CHECK_OK(config(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0));
	CHECK_ERR(mkdir("p/e", 0755), EROFS);
	CHECK_OK(config(fs, FSCONFIG_SET_FLAG, "rw", NULL, 0));
	CHECK_OK(config(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0));
	CHECK_OK(mkdir("p/e", 0755));
	close(fs);
	CHECK_OK(umount("p"));
	rmdir("p");
}

static void ordinary_users(void)
{
	if (setuid(1234))
		return;
	CHECK_ERR(fsopen_("tmpfs", 0), EPERM);
	CHECK_ERR(tree_(AT_FDCWD, ".", OPEN_TREE_CLONE), EPERM);
	CHECK_ERR(move_(AT_FDCWD, "a", AT_FDCWD, "b", 0), EPERM);
	CHECK_ERR(syscall(SYS_fspick, AT_FDCWD, "/", 0), EPERM);
}

int main(void)
{
	if (geteuid())
		SKIP("only root may mount");
	need_namespaces(CLONE_NEWNS);
	NEED(!unshare(CLONE_NEWNS));
	NEED(!mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	RUN(step_by_step);
	RUN(forgotten_when_closed);
	RUN(trees);
	RUN(attributes);
	RUN(pick);
	RUN_IN_CHILD(ordinary_users);
	return test_done();
}
