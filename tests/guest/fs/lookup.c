// SPDX-License-Identifier: MIT
// Path lookup: symlinks, dots, slashes, limits, and openat2's RESOLVE_*.
#include "fs/fs.h"
#include <linux/openat2.h>

static int open2(int dfd, const char *name, unsigned long long flags, unsigned long long resolve)
{
	struct open_how how = { .flags = flags, .resolve = resolve };

	return syscall(SYS_openat2, dfd, name, &how, sizeof(how));
}

/* Closes a descriptor that must be good. */
static void good(int fd)
{
	CHECK_GE(fd, 0);
	if (fd >= 0)
		close(fd);
}

static void dots_and_slashes(void)
{
	struct stat a, b;

	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(mkdir("d/e", 0755));
	put_file("d/f", "x");
	CHECK_OK(stat("d", &a));
	CHECK_OK(stat("d/e/..", &b));
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_OK(stat(".//d///e/../.", &b));
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_OK(stat("d/e/", &b));
	CHECK_ERR(stat("d/f/", &b), ENOTDIR);
	CHECK_ERR(stat("d/f/.", &b), ENOTDIR);
	CHECK_ERR(stat("d/f/..", &b), ENOTDIR);
	CHECK_ERR(stat("d/none/..", &b), ENOENT);
	CHECK_ERR(stat("", &b), ENOENT);
	CHECK_ERR(stat((char *)8, &b), EFAULT);
	CHECK_OK(stat("/", &a));
	CHECK_OK(stat("/..", &b));
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_OK(stat("/../../..//", &b));
	CHECK_EQ(a.st_ino, b.st_ino);
}

static void links(void)
{
	char name[16], target[16];
	struct stat st;
	int i;

	CHECK_OK(symlink("d/f", "sf"));
	CHECK_OK(symlink("d", "sd"));
	CHECK_OK(symlink("loop", "loop"));
	CHECK_OK(symlink("gone", "dangling"));
	CHECK_OK(symlink("d/e/", "slash"));
	CHECK_OK(stat("sf", &st));
	CHECK(S_ISREG(st.st_mode));
	CHECK_OK(lstat("sf", &st));
	CHECK(S_ISLNK(st.st_mode));
	CHECK_OK(lstat("sd/", &st));
	CHECK(S_ISDIR(st.st_mode));
	CHECK_OK(lstat("sd/f", &st));
	CHECK(S_ISREG(st.st_mode));
	CHECK_OK(lstat("slash/.", &st));
	CHECK_ERR(stat("loop", &st), ELOOP);
	CHECK_ERR(stat("loop/x", &st), ELOOP);
	CHECK_ERR(lstat("loop/", &st), ELOOP);
	CHECK_ERR(stat("dangling", &st), ENOENT);
	CHECK_ERR(stat("sf/", &st), ENOTDIR);
	CHECK_ERR(open("sf", O_RDONLY | O_NOFOLLOW), ELOOP);
	CHECK_ERR(open("sd", O_RDONLY | O_NOFOLLOW | O_DIRECTORY), ENOTDIR);
	good(open("sd/", O_RDONLY | O_DIRECTORY));
	good(open("dangling", O_CREAT | O_WRONLY, 0600));
	CHECK(exists("gone"));
	CHECK_ERR(open("dangling", O_CREAT | O_EXCL | O_WRONLY, 0600), EEXIST);
	CHECK_OK(unlink("gone"));
	CHECK_ERR(mkdir("dangling", 0700), EEXIST);
	/* 40 links in a row are fine, 41 are not. */
	put_file("l0", "end");
	for (i = 1; i <= 41; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		snprintf(target, sizeof(target), "l%d", i - 1);
		CHECK_OK(symlink(target, name));
	}
	CHECK_OK(stat("l40", &st));
	CHECK_ERR(stat("l41", &st), ELOOP);
	for (i = 0; i <= 41; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		CHECK_OK(unlink(name));
	}
	/* A link in the middle, with a link in its text. */
	CHECK_OK(symlink("sd/e/../e", "deep"));
	CHECK_OK(stat("deep/../f", &st));
	CHECK_OK(unlink("deep"));
}

static void limits(void)
{
	char name[PATH_MAX + 16];
	struct stat st;
	int i;

	memset(name, 'a', sizeof(name));
	name[NAME_MAX + 1] = 0;
	CHECK_ERR(stat(name, &st), ENAMETOOLONG);
	name[NAME_MAX] = 0;
	CHECK_ERR(stat(name, &st), ENOENT);
	for (i = 0; i < PATH_MAX; i += 2)
		memcpy(name + i, "./", 2);
	name[PATH_MAX] = 0;
	CHECK_ERR(stat(name, &st), ENAMETOOLONG);
	name[PATH_MAX - 1] = 0;
	CHECK_OK(stat(name, &st));
	/* A path of more than PATH_MAX bytes is reached step by step. */
	int fd = open(".", O_RDONLY);
	memset(name, 'x', 200);
	name[200] = 0;
	for (i = 0; i < 30; i++) {
		CHECK_OK(mkdir(name, 0755));
		NEED(!chdir(name));
	}
	char cwd[PATH_MAX];
	CHECK_ERR(syscall(SYS_getcwd, cwd, sizeof(cwd)), ENAMETOOLONG);
	for (i = 0; i < 30; i++) {
		NEED(!chdir(".."));
		CHECK_OK(rmdir(name));
	}
	CHECK_OK(fchdir(fd));
	close(fd);
}

static void at_descriptors(void)
{
	int d = open("d", O_RDONLY | O_DIRECTORY);
	int p = open("d", O_PATH);
	int f = open("d/f", O_RDONLY);
	struct stat st;

	good(openat(d, "f", O_RDONLY));
	good(openat(p, "f", O_RDONLY));
	CHECK_ERR(openat(f, "f", O_RDONLY), ENOTDIR);
	CHECK_ERR(openat(-1, "f", O_RDONLY), EBADF);
	CHECK_ERR(openat(1000000, "f", O_RDONLY), EBADF);
	good(openat(-1, "/", O_RDONLY));
	CHECK_OK(fstatat(f, "", &st, AT_EMPTY_PATH));
	CHECK(S_ISREG(st.st_mode));
	CHECK_ERR(fstatat(f, "", &st, 0), ENOENT);
	CHECK_OK(fstatat(AT_FDCWD, "", &st, AT_EMPTY_PATH));
	CHECK(S_ISDIR(st.st_mode));
	CHECK_ERR(fstatat(f, "x", &st, AT_EMPTY_PATH), ENOTDIR);
	CHECK_ERR(fstatat(d, "f", &st, 0x10000000), EINVAL);
	close(d); close(p); close(f);
}

static void resolve(void)
{
	int d = open("d", O_RDONLY | O_DIRECTORY);
	char buf[8];
	int fd;

	if (open2(AT_FDCWD, ".", O_RDONLY, 0) < 0 && errno == ENOSYS) {
		close(d);
		return;
	}
	CHECK_OK(symlink("../d/f", "d/out"));
	CHECK_OK(symlink("f", "d/in"));
	CHECK_OK(symlink("/f", "d/abs"));
	good(open2(d, "f", O_RDONLY, RESOLVE_BENEATH));
	good(open2(d, "e/../f", O_RDONLY, RESOLVE_BENEATH));
	good(open2(d, "in", O_RDONLY, RESOLVE_BENEATH));
	CHECK_ERR(open2(d, "../d/f", O_RDONLY, RESOLVE_BENEATH), EXDEV);
	CHECK_ERR(open2(d, "out", O_RDONLY, RESOLVE_BENEATH), EXDEV);
	CHECK_ERR(open2(d, "abs", O_RDONLY, RESOLVE_BENEATH), EXDEV);
	CHECK_ERR(open2(d, "/", O_RDONLY, RESOLVE_BENEATH), EXDEV);
	fd = open2(d, "abs", O_RDONLY, RESOLVE_IN_ROOT);
	CHECK_EQ(read(fd, buf, 1), 1);
	close(fd);
	good(open2(d, "/f", O_RDONLY, RESOLVE_IN_ROOT));
	good(open2(d, "../../f", O_RDONLY, RESOLVE_IN_ROOT));
	CHECK_ERR(open2(d, "in", O_RDONLY, RESOLVE_NO_SYMLINKS), ELOOP);
	good(open2(d, "f", O_RDONLY, RESOLVE_NO_SYMLINKS));
	good(open2(d, "in", O_PATH | O_NOFOLLOW, RESOLVE_NO_SYMLINKS));
	CHECK_ERR(open2(AT_FDCWD, "/proc/self/fd/0", O_PATH, RESOLVE_NO_MAGICLINKS), ELOOP);
	CHECK_ERR(open2(AT_FDCWD, "/proc", O_RDONLY, RESOLVE_NO_XDEV), EXDEV);
	CHECK_ERR(open2(d, "f", O_RDONLY, RESOLVE_BENEATH | RESOLVE_IN_ROOT), EINVAL);
	CHECK_ERR(open2(d, "f", O_RDONLY, 0x1000), EINVAL);
	CHECK_ERR(open2(d, "f", 1ULL << 40, 0), EINVAL);
	struct open_how how = { .flags = O_RDONLY, .mode = 0600 };
	CHECK_ERR(syscall(SYS_openat2, d, "f", &how, sizeof(how)), EINVAL);
	how.mode = 0;
	CHECK_ERR(syscall(SYS_openat2, d, "f", &how, 8), EINVAL);
	struct { struct open_how how; unsigned long more; } big = { .how = how, .more = 1 };
	CHECK_ERR(syscall(SYS_openat2, d, "f", &big, sizeof(big)), E2BIG);
	big.more = 0;
	good(syscall(SYS_openat2, d, "f", &big, sizeof(big)));
	unlink("d/out"); unlink("d/in"); unlink("d/abs");
	close(d);
}

static void o_path(void)
{
	int fd = open("d/f", O_PATH);
	char c;

	CHECK_GE(fd, 0);
	CHECK_ERR(read(fd, &c, 1), EBADF);
	CHECK_ERR(write(fd, &c, 1), EBADF);
	CHECK_ERR(fchmod(fd, 0600), EBADF);
	CHECK_ERR(lseek(fd, 0, SEEK_SET), EBADF);
	CHECK_ERR(fsync(fd), EBADF);
	CHECK_EQ(fcntl(fd, F_GETFL) & O_PATH, O_PATH);
	CHECK_ERR(fcntl(fd, F_SETFL, 0), EBADF);
	int dup_fd = dup(fd);
	CHECK_GE(dup_fd, 0);
	close(dup_fd);
	struct stat st;
	CHECK_OK(fstat(fd, &st));
	close(fd);
}

static void closed_folder(void)
{
	struct stat st;

	CHECK_ERR(stat("shut/f", &st), EACCES);
	CHECK_ERR(chdir("shut"), EACCES);
	CHECK_ERR(stat("shut/..", &st), EACCES);
	CHECK_OK(stat("shut", &st));
	/* Execute alone lets pass, but not list. */
	CHECK_OK(stat("xonly/f", &st));
	CHECK_ERR(open("xonly", O_RDONLY), EACCES);
	good(open("ronly", O_RDONLY));
	CHECK_ERR(stat("ronly/f", &st), EACCES);
}

static void search_permission(void)
{
	if (geteuid())
		return;
	CHECK_OK(chmod(".", 0755));
	mkdir("shut", 0700); put_file("shut/f", "");
	mkdir("xonly", 0711); put_file("xonly/f", ""); chmod("xonly", 0711);
	mkdir("ronly", 0744); put_file("ronly/f", ""); chmod("ronly", 0744);
	as_user(1000, 1000, closed_folder);
	unlink("shut/f"); rmdir("shut"); unlink("xonly/f"); rmdir("xonly"); unlink("ronly/f"); rmdir("ronly");
}

int main(void)
{
	go_to_tmpfs();
	umask(022);
	RUN(dots_and_slashes);
	RUN(links);
	RUN(limits);
	RUN(at_descriptors);
	RUN(resolve);
	RUN(o_path);
	RUN(search_permission);
	leave_tmpfs();
	return test_done();
}
