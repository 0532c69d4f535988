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

/* An access list as the attribute has it: version 2, then (tag, rights, number) each. */
struct acl {
	unsigned int version;
	struct {
		unsigned short tag, perm;
		unsigned int id;
	} e[8];
};

#define ACL_SIZE(n) (4 + 8 * (n))
#define NOBODY 0xffffffffU

static void listed_user(void)
{
	CHECK_OK(access("shared", R_OK));
	CHECK_ERR(access("shared", W_OK), EACCES);	/* the mask takes it away */
	CHECK_ERR(access("closed", R_OK), EACCES);
}

static void access_lists(void)
{
	struct acl acl = { 2, { { 1, 6, NOBODY }, { 2, 7, 1000 }, { 4, 0, NOBODY }, { 16, 4, NOBODY },
				{ 32, 0, NOBODY } } }, back;

	put_file("shared", "");
	put_file("closed", "");
	CHECK_OK(chmod("closed", 0600));
	CHECK_OK(chmod(".", 0755));
	CHECK_ERR(setxattr("shared", "system.posix_acl_access", "val", 3, 0), EINVAL);
	CHECK_ERR(getxattr("shared", "system.posix_acl_access", &back, sizeof(back)), ENODATA);
	CHECK_OK(setxattr("shared", "system.posix_acl_access", &acl, ACL_SIZE(5), 0));
	CHECK_EQ(mode_of("shared"), S_IFREG | 0640);
	CHECK_EQ(getxattr("shared", "system.posix_acl_access", &back, sizeof(back)), ACL_SIZE(5));
	CHECK(!memcmp(&acl, &back, ACL_SIZE(5)));
	CHECK_EQ(listxattr("shared", NULL, 0), 24);
	as_user(1000, 1000, listed_user);
	CHECK_OK(chmod("shared", 0600));
	CHECK_EQ(getxattr("shared", "system.posix_acl_access", &back, sizeof(back)), ACL_SIZE(5));
	CHECK_EQ(back.e[3].perm, 0);
	/* Without the mask it is none. */
	acl.e[3] = acl.e[4];
	CHECK_ERR(setxattr("shared", "system.posix_acl_access", &acl, ACL_SIZE(4), 0), EINVAL);
	CHECK_OK(removexattr("shared", "system.posix_acl_access"));
	CHECK_ERR(getxattr("shared", "system.posix_acl_access", &back, sizeof(back)), ENODATA);
	/* What a folder gives to new files, in place of the umask. */
	acl.e[3].tag = 16;
	acl.e[3].perm = 7;
	acl.e[4].tag = 32;
	CHECK_ERR(setxattr("shared", "system.posix_acl_default", &acl, ACL_SIZE(5), 0), EACCES);
	CHECK_OK(mkdir("folder", 0755));
	CHECK_OK(setxattr("folder", "system.posix_acl_default", &acl, ACL_SIZE(5), 0));
	CHECK_EQ(mode_of("folder"), S_IFDIR | 0755);
	umask(077);
	CHECK_OK(close(open("folder/f", O_CREAT | O_WRONLY, 0666)));
	CHECK_OK(mkdir("folder/d", 0777));
	umask(022);
	CHECK_EQ(mode_of("folder/f"), S_IFREG | 0660);
	CHECK_EQ(mode_of("folder/d"), S_IFDIR | 0670);
	CHECK_EQ(getxattr("folder/f", "system.posix_acl_access", &back, sizeof(back)), ACL_SIZE(5));
	CHECK_EQ(back.e[3].perm, 6);
	CHECK_EQ(getxattr("folder/d", "system.posix_acl_default", &back, sizeof(back)), ACL_SIZE(5));
	unlink("shared");
	unlink("closed");
}

static void handles(void)
{
	struct {
		struct file_handle h;
		char room[MAX_HANDLE_SZ];
	} h = { .h.handle_bytes = 0 };
	int mount_id, root = open(".", O_RDONLY), fd;
	char c;

	put_file("f", "h");
	CHECK_ERR(name_to_handle_at(AT_FDCWD, "f", &h.h, &mount_id, 0), EOVERFLOW);
	CHECK_EQ(h.h.handle_bytes, 12);
	CHECK_OK(name_to_handle_at(AT_FDCWD, "f", &h.h, &mount_id, 0));
	fd = open_by_handle_at(root, &h.h, O_RDONLY);
	CHECK_OK(fd);
	CHECK_EQ(read(fd, &c, 1), 1);
	close(fd);
	CHECK_ERR(open_by_handle_at(root, &h.h, O_RDONLY | O_DIRECTORY), ENOTDIR);
	CHECK_OK(rename("f", "g"));
	fd = open_by_handle_at(root, &h.h, O_RDONLY);
	CHECK_OK(fd);
	close(fd);
	CHECK_OK(unlink("g"));
	CHECK_ERR(open_by_handle_at(root, &h.h, O_RDONLY), ESTALE);
	h.h.handle_bytes = MAX_HANDLE_SZ + 1;
	CHECK_ERR(name_to_handle_at(AT_FDCWD, ".", &h.h, &mount_id, 0), EINVAL);
	close(root);
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
	go_to_own_mounts();
	RUN(limits);
	RUN(beside);
	RUN(access_lists);
	RUN(handles);
	RUN(holes);
	RUN(unnamed);
	leave_tmpfs();
	return test_done();
}
