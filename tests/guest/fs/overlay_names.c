// SPDX-License-Identifier: MIT
// overlayfs on tmpfs layers: removing, whiteouts, making, renames, listing what changes.
#include "fs/fs.h"
#include "fs/overlay.h"

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#define RENAME_EXCHANGE 2
#define RENAME_WHITEOUT 4
#endif

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

int main(void)
{
	go_to_own_mounts();
	RUN(removing_leaves_whiteouts);
	RUN(removing_folders);
	RUN(making);
	RUN(renaming_files);
	RUN(renaming_folders);
	RUN(listing_while_changing);
	RUN(listing_while_moving_in);
	extra_options = ",redirect_dir=on";
	RUN(redirected_folders);
	leave_tmpfs();
	return test_done();
}
