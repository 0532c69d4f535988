// SPDX-License-Identifier: MIT
// rename(2) and renameat2(2): what replaces what, and every error.
#include "fs/fs.h"

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#define RENAME_EXCHANGE 2
#define RENAME_WHITEOUT 4
#endif

static int rename2(const char *a, const char *b, unsigned int flags)
{
	return syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, flags);
}

static void files(void)
{
	struct stat st;
	ino_t ino;

	put_file("a", "1");
	put_file("b", "22");
	CHECK_OK(stat("a", &st));
	ino = st.st_ino;
	CHECK_OK(rename("a", "c"));
	CHECK(!exists("a"));
	CHECK_OK(rename("c", "b"));
	CHECK_OK(stat("b", &st));
	CHECK_EQ(st.st_ino, ino);
	CHECK_EQ(st.st_size, 1);
	CHECK_OK(rename("b", "b"));
	CHECK(exists("b"));
	CHECK_ERR(rename("none", "x"), ENOENT);
	CHECK_ERR(rename("b", ""), ENOENT);
	CHECK_ERR(rename("b", "no/x"), ENOENT);
	CHECK_ERR(rename("b/", "x"), ENOTDIR);
	CHECK_ERR(rename("b", "x/"), ENOTDIR);
	CHECK_ERR(rename(".", "x"), EBUSY);
	CHECK_ERR(rename("..", "x"), EBUSY);
	CHECK_ERR(rename("b", "."), EBUSY);
	CHECK_ERR(rename("b", "/proc/x"), EXDEV);
	/* Two names of one file: nothing happens. */
	CHECK_OK(link("b", "l"));
	CHECK_OK(rename("b", "l"));
	CHECK(exists("b") && exists("l"));
	unlink("b"); unlink("l");
}

static void folders(void)
{
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(mkdir("e", 0755));
	put_file("f", "");
	CHECK_ERR(rename("d", "f"), ENOTDIR);
	CHECK_ERR(rename("f", "d"), EISDIR);
	CHECK_ERR(rename("f", "d/"), ENOTDIR);
	CHECK_ERR(rename("d", "d/x"), EINVAL);
	CHECK_OK(mkdir("d/x", 0755));
	CHECK_OK(mkdir("d/x/y", 0755));
	CHECK_ERR(rename("d", "d/x/y/z"), EINVAL);
	CHECK_ERR(rename("d/x/y", "d"), ENOTEMPTY);
	CHECK_ERR(rename("e", "d"), ENOTEMPTY);
	CHECK_EQ(links_of("e"), 2);
	CHECK_OK(rename("d/x", "e/x"));
	CHECK_EQ(links_of("d"), 2);
	CHECK_EQ(links_of("e"), 3);
	CHECK(exists("e/x/y"));
	CHECK_OK(rename("e", "d"));
	CHECK(exists("d/x/y") && !exists("e"));
	CHECK_OK(rename("d/", "e/"));
	CHECK(exists("e/x/y"));
	rmdir("e/x/y"); rmdir("e/x"); rmdir("e"); unlink("f");
}

static void dotdot_follows(void)
{
	struct stat a, b;

	CHECK_OK(mkdir("p", 0755));
	CHECK_OK(mkdir("q", 0755));
	CHECK_OK(mkdir("p/c", 0755));
	CHECK_OK(rename("p/c", "q/c"));
	CHECK_OK(stat("q", &a));
	CHECK_OK(stat("q/c/..", &b));
	CHECK_EQ(a.st_ino, b.st_ino);
	rmdir("q/c"); rmdir("p"); rmdir("q");
}

static void flags(void)
{
	struct stat st;

	put_file("a", "1");
	put_file("b", "22");
	CHECK_ERR(rename2("a", "b", RENAME_NOREPLACE), EEXIST);
	CHECK_OK(rename2("a", "c", RENAME_NOREPLACE));
	CHECK_OK(rename2("b", "c", RENAME_EXCHANGE));
	CHECK_OK(stat("c", &st));
	CHECK_EQ(st.st_size, 2);
	CHECK_OK(stat("b", &st));
	CHECK_EQ(st.st_size, 1);
	CHECK_ERR(rename2("b", "none", RENAME_EXCHANGE), ENOENT);
	CHECK_ERR(rename2("b", "c", RENAME_EXCHANGE | RENAME_NOREPLACE), EINVAL);
	CHECK_ERR(rename2("b", "c", RENAME_EXCHANGE | RENAME_WHITEOUT), EINVAL);
	CHECK_ERR(rename2("b", "c", 0x80), EINVAL);
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(mkdir("d/in", 0755));
	CHECK_OK(rename2("b", "d/in", RENAME_EXCHANGE));
	CHECK_EQ(mode_of("b") & S_IFMT, S_IFDIR);
	CHECK_EQ(mode_of("d/in") & S_IFMT, S_IFREG);
	CHECK_EQ(links_of("d"), 2);
	unlink("d/in"); rmdir("d"); rmdir("b"); unlink("c");
}

static void long_names(void)
{
	char a[NAME_MAX + 2], b[NAME_MAX + 2];

	memset(a, 'a', NAME_MAX); a[NAME_MAX] = 0;
	memset(b, 'b', NAME_MAX); b[NAME_MAX] = 0;
	put_file(a, "x");
	CHECK_OK(rename(a, "s"));
	CHECK_OK(rename("s", b));
	CHECK_OK(rename(b, a));
	put_file("s", "y");
	CHECK_OK(rename2(a, "s", RENAME_EXCHANGE));
	CHECK(exists(a) && exists("s"));
	CHECK_OK(unlink(a));
	CHECK_OK(unlink("s"));
}

int main(void)
{
	go_to_tmpfs();
	umask(022);
	RUN(files);
	RUN(folders);
	RUN(dotdot_follows);
	RUN(flags);
	RUN(long_names);
	leave_tmpfs();
	return test_done();
}
