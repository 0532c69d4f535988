// SPDX-License-Identifier: MIT
// overlayfs with index=on: hard links of lower files stay links, through copy-ups, removals, remounts.
#include "fs/overlay.h"

static void mount_it(void)
{
	NEED(!mount("overlay", "m", "overlay", 0, "lowerdir=l,upperdir=u,workdir=w,index=on"));
}

static void set_up_links(void)
{
	NEED(!mkdir("t", 0755) && !mount("none", "t", "tmpfs", 0, "size=16m") && !chdir("t"));
	NEED(!mkdir("l", 0755) && !mkdir("u", 0755) && !mkdir("w", 0755) && !mkdir("m", 0755));
	NEED(!mkdir("l/dir", 0755));
	put_file("l/a", "linked");
	NEED(!link("l/a", "l/b") && !link("l/a", "l/dir/c"));
	NEED(!symlink("text", "l/s1") && !link("l/s1", "l/s2"));
	put_file("l/alone", "alone");
	mount_it();
}

static struct stat look(const char *name)
{
	struct stat st = { 0 };

	CHECK_OK(lstat(name, &st));
	return st;
}

static bool same_file(const char *a, const char *b)
{
	struct stat x = look(a), y = look(b);

	return x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

static void append(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_APPEND);

	NEED(fd >= 0);
	CHECK_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void writing_by_one_name(void)
{
	ino_t ino;

	set_up_links();
	ino = look("m/a").st_ino;
	CHECK(same_file("m/a", "m/b") && same_file("m/a", "m/dir/c"));
	CHECK_EQ(look("m/a").st_nlink, 3);
	append("m/a", " one");
	CHECK_STR(content("m/a"), "linked one");
	CHECK_STR(content("m/b"), "linked one");
	append("m/dir/c", " two");
	CHECK_STR(content("m/b"), "linked one two");
	CHECK_STR(content("l/a"), "linked");
	CHECK(same_file("m/a", "m/b") && same_file("m/a", "m/dir/c"));
	CHECK_EQ(look("m/b").st_ino, ino);
	CHECK_EQ(look("m/b").st_nlink, 3);
	CHECK_OK(chmod("m/b", 0600));
	CHECK_EQ(look("m/a").st_mode & 07777, 0600);
	CHECK_EQ(look("m/a").st_nlink, 3);
	tear_down();
}

static void linking(void)
{
	ino_t ino;

	set_up_links();
	ino = look("m/a").st_ino;
	CHECK_OK(link("m/a", "m/d"));
	CHECK_EQ(look("m/d").st_ino, ino);
	CHECK_EQ(look("m/a").st_ino, ino);
	CHECK_EQ(look("m/b").st_nlink, 4);
	append("m/d", " by d");
	CHECK_STR(content("m/dir/c"), "linked by d");
	CHECK_OK(link("m/s1", "m/s3"));
	CHECK(same_file("m/s1", "m/s3") && same_file("m/s2", "m/s3"));
	CHECK_EQ(look("m/s2").st_nlink, 3);
	CHECK_OK(link("m/alone", "m/pair"));
	CHECK(same_file("m/alone", "m/pair"));
	CHECK_EQ(look("m/pair").st_nlink, 2);
	tear_down();
}

static void removing(void)
{
	int fd;

	set_up_links();
	CHECK_OK(unlink("m/b"));
	CHECK_ERR(access("m/b", F_OK), ENOENT);
	CHECK_EQ(look("m/a").st_nlink, 2);
	append("m/a", "!");
	CHECK_EQ(look("m/dir/c").st_nlink, 2);
	fd = open("m/dir/c", O_RDONLY);
	NEED(fd >= 0);
	CHECK_OK(unlink("m/dir/c"));
	CHECK_EQ(look("m/a").st_nlink, 1);
	CHECK_STR(content("m/a"), "linked!");
	CHECK_OK(unlink("m/a"));
	CHECK_ERR(access("m/a", F_OK), ENOENT);
	close(fd);
	put_file("m/a", "new");
	put_file("m/b", "another");
	CHECK(!same_file("m/a", "m/b"));
	CHECK_EQ(look("m/a").st_nlink, 1);
	tear_down();
}

static void removing_before_any_change(void)
{
	set_up_links();
	CHECK_OK(unlink("m/a"));
	CHECK_OK(unlink("m/dir/c"));
	CHECK_EQ(look("m/b").st_nlink, 1);
	CHECK_STR(content("m/b"), "linked");
	CHECK_OK(umount("m"));
	mount_it();
	CHECK_EQ(look("m/b").st_nlink, 1);
	append("m/b", "!");
	CHECK_EQ(look("m/b").st_nlink, 1);
	CHECK_STR(content("m/b"), "linked!");
	CHECK_OK(unlink("m/b"));
	CHECK_STR(content("l/b"), "linked");
	tear_down();
}

static void renaming(void)
{
	set_up_links();
	/* Two names of one file: nothing happens. */
	CHECK_OK(rename("m/a", "m/b"));
	CHECK(same_file("m/a", "m/b"));
	CHECK_OK(rename("m/a", "m/moved"));
	CHECK_ERR(access("m/a", F_OK), ENOENT);
	CHECK(same_file("m/moved", "m/b"));
	CHECK_EQ(look("m/moved").st_nlink, 3);
	put_file("m/x", "over");
	CHECK_OK(rename("m/x", "m/dir/c"));
	CHECK_STR(content("m/dir/c"), "over");
	CHECK_EQ(look("m/b").st_nlink, 2);
	append("m/b", "!");
	CHECK_STR(content("m/moved"), "linked!");
	tear_down();
}

static void mounting_again(void)
{
	ino_t ino;

	set_up_links();
	ino = look("m/a").st_ino;
	append("m/b", " kept");
	CHECK_OK(unlink("m/a"));
	CHECK_OK(umount("m"));
	mount_it();
	CHECK_STR(content("m/dir/c"), "linked kept");
	CHECK(same_file("m/b", "m/dir/c"));
	CHECK_EQ(look("m/b").st_ino, ino);
	CHECK_EQ(look("m/b").st_nlink, 2);
	CHECK_ERR(access("m/a", F_OK), ENOENT);
	append("m/dir/c", ", too");
	CHECK_STR(content("m/b"), "linked kept, too");
	CHECK_EQ(look("m/dir/c").st_nlink, 2);
	/* With other lower layers the index would name other files. */
	CHECK_OK(umount("m"));
	NEED(!mkdir("other", 0755));
	CHECK_ERR(mount("overlay", "m", "overlay", 0, "lowerdir=other,upperdir=u,workdir=w,index=on"),
		  ESTALE);
	mount_it();
	tear_down();
}

int main(void)
{
	go_to_own_mounts();
	RUN(writing_by_one_name);
	RUN(linking);
	RUN(removing);
	RUN(removing_before_any_change);
	RUN(renaming);
	RUN(mounting_again);
	leave_tmpfs();
	return test_done();
}
