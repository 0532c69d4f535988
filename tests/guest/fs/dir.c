// SPDX-License-Identifier: MIT
// Folders: listing, changing while listing, positions, current folder, chroot.
#include "fs/fs.h"
#include <dirent.h>

struct entry64 {
	unsigned long long ino;
	long long off;
	unsigned short reclen;
	unsigned char type;
	char name[];
};

static int count_entries(const char *name)
{
	DIR *d = opendir(name);
	int n = 0;

	if (!d)
		return -1;
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void listing(void)
{
	char buf[4096];
	struct entry64 *e;
	int fd, seen = 0;
	long n, at;

	CHECK_OK(mkdir("d", 0755));
	put_file("d/f", "");
	CHECK_OK(mkdir("d/sub", 0755));
	CHECK_OK(symlink("x", "d/l"));
	CHECK_OK(mkfifo("d/p", 0600));
	fd = open("d", O_RDONLY | O_DIRECTORY);
	n = syscall(SYS_getdents64, fd, buf, sizeof(buf));
	CHECK_GT(n, 0);
	for (at = 0; at < n; at += e->reclen) {
		struct stat st;

		e = (void *)(buf + at);
		CHECK_EQ(e->reclen % 8, 0);
		if (!strcmp(e->name, "f")) {
			CHECK_EQ(e->type, DT_REG);
			CHECK_OK(fstatat(fd, "f", &st, 0));
			CHECK_EQ(st.st_ino, e->ino);
			seen |= 1;
		} else if (!strcmp(e->name, "sub")) {
			CHECK_EQ(e->type, DT_DIR);
			seen |= 2;
		} else if (!strcmp(e->name, "l")) {
			CHECK_EQ(e->type, DT_LNK);
			seen |= 4;
		} else if (!strcmp(e->name, "p")) {
			CHECK_EQ(e->type, DT_FIFO);
			seen |= 8;
		} else if (!strcmp(e->name, ".")) {
			CHECK_OK(fstat(fd, &st));
			CHECK_EQ(st.st_ino, e->ino);
			seen |= 16;
		} else if (!strcmp(e->name, "..")) {
			CHECK_OK(stat(".", &st));
			CHECK_EQ(st.st_ino, e->ino);
			seen |= 32;
		} else {
			FAIL("what is %s?", e->name);
		}
	}
	CHECK_EQ(seen, 63);
	CHECK_EQ(syscall(SYS_getdents64, fd, buf, sizeof(buf)), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_ERR(syscall(SYS_getdents64, fd, buf, 8), EINVAL);
	CHECK_ERR(syscall(SYS_getdents64, fd, 8, sizeof(buf)), EFAULT);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(syscall(SYS_getdents64, fd, buf, 24), 24);
	CHECK_GT(syscall(SYS_getdents, fd, buf, sizeof(buf)), 0);
	CHECK_ERR(syscall(SYS_getdents64, -1, buf, sizeof(buf)), EBADF);
	close(fd);
	fd = open("d/f", O_RDONLY);
	CHECK_ERR(syscall(SYS_getdents64, fd, buf, sizeof(buf)), ENOTDIR);
	close(fd);
	unlink("d/f"); rmdir("d/sub"); unlink("d/l"); unlink("d/p");
	/* A folder that is gone lists nothing. */
	fd = open("d", O_RDONLY);
	CHECK_OK(rmdir("d"));
	CHECK_ERR(syscall(SYS_getdents64, fd, buf, sizeof(buf)), ENOENT);
	close(fd);
}

/* 3,000 names, read in small pieces while every name read is removed: each is seen once. */
static void remove_while_listing(void)
{
	char buf[512], name[32];
	static char seen[3000];
	int fd, i, total = 0;
	long n, at;

	CHECK_OK(mkdir("d", 0755));
	for (i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "d/n%d", i);
		int f = open(name, O_CREAT | O_WRONLY, 0600);
		NEED(f >= 0);
		close(f);
	}
	CHECK_EQ(count_entries("d"), 3000);
	fd = open("d", O_RDONLY);
	while ((n = syscall(SYS_getdents64, fd, buf, sizeof(buf))) > 0) {
		for (at = 0; at < n;) {
			struct entry64 *e = (void *)(buf + at);

			at += e->reclen;
			if (e->name[0] != 'n')
				continue;
			i = atoi(e->name + 1);
			if (seen[i]++)
				FAIL("%s was seen twice", e->name);
			CHECK_OK(unlinkat(fd, e->name, 0));
			total++;
		}
	}
	CHECK_EQ(n, 0);
	CHECK_EQ(total, 3000);
	close(fd);
	CHECK_OK(rmdir("d"));
}

/* Names made and renamed while a listing is under way neither hide nor double others. */
static void change_while_listing(void)
{
	char buf[256], name[32], to[32];
	static char seen[200];
	int fd, i;
	long n, at;

	CHECK_OK(mkdir("d", 0755));
	for (i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "d/n%d", i);
		put_file(name, "");
	}
	fd = open("d", O_RDONLY);
	for (i = 0; (n = syscall(SYS_getdents64, fd, buf, sizeof(buf))) > 0; i++) {
		for (at = 0; at < n;) {
			struct entry64 *e = (void *)(buf + at);

			at += e->reclen;
			if (e->name[0] == 'n') {
				if (seen[atoi(e->name + 1)]++)
					FAIL("%s was seen twice", e->name);
			}
		}
		if (i < 100) {
			snprintf(name, sizeof(name), "d/x%d", i);
			put_file(name, "");
			snprintf(to, sizeof(to), "d/y%d", i);
			CHECK_OK(rename(name, to));
		}
	}
	for (i = 0; i < 200; i++)
		if (!seen[i])
			FAIL("n%d was not seen", i);
	close(fd);
	if (system("rm -rf d"))
		FAIL("rm -rf");
}

static void positions(void)
{
	DIR *d;
	struct dirent *e;
	char third[256];
	long pos;
	int i;

	CHECK_OK(mkdir("d", 0755));
	for (i = 0; i < 10; i++) {
		char name[16];

		snprintf(name, sizeof(name), "d/%d", i);
		put_file(name, "");
	}
	d = opendir("d");
	for (i = 0; i < 4; i++)
		NEED(readdir(d));
	pos = telldir(d);
	e = readdir(d);
	strcpy(third, e->d_name);
	while (readdir(d))
		;
	seekdir(d, pos);
	e = readdir(d);
	CHECK_STR(e->d_name, third);
	rewinddir(d);
	for (i = 0; readdir(d); i++)
		;
	CHECK_EQ(i, 12);
	closedir(d);
	if (system("rm -rf d"))
		FAIL("rm -rf");
}

static void current_folder(void)
{
	char a[PATH_MAX], b[PATH_MAX], want[PATH_MAX + 8];
	int fd = open(".", O_RDONLY);

	CHECK(getcwd(a, sizeof(a)));
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(mkdir("d/e", 0755));
	CHECK_OK(chdir("d/e"));
	CHECK(getcwd(b, sizeof(b)));
	snprintf(want, sizeof(want), "%s/d/e", a);
	CHECK_STR(b, want);
	CHECK_ERR(syscall(SYS_getcwd, b, 3), ERANGE);
	CHECK_ERR(syscall(SYS_getcwd, 8, 4096), EFAULT);
	/* It follows a rename. */
	CHECK_OK(rename("../../d", "../../D"));
	CHECK(getcwd(b, sizeof(b)));
	snprintf(want, sizeof(want), "%s/D/e", a);
	CHECK_STR(b, want);
	CHECK_OK(fchdir(fd));
	CHECK_ERR(chdir("none"), ENOENT);
	put_file("f", "");
	CHECK_ERR(chdir("f"), ENOTDIR);
	int f = open("f", O_RDONLY);
	CHECK_ERR(fchdir(f), ENOTDIR);
	CHECK_ERR(fchdir(-1), EBADF);
	close(f); close(fd);
	unlink("f"); rmdir("D/e"); rmdir("D");
}

static void other_root(void)
{
	char buf[PATH_MAX];
	struct stat st;

	if (geteuid())
		return;
	if (chroot("jail"))
		exit(2);
	/* Still outside, by the current folder; absolute names are inside. */
	CHECK_OK(stat("/in", &st));
	CHECK_OK(stat("outside", &st));
	CHECK(syscall(SYS_getcwd, buf, sizeof(buf)) > 0);
	CHECK_EQ(strncmp(buf, "(unreachable)", 13), 0);
	CHECK_OK(chdir("/"));
	CHECK_OK(stat("../../in", &st));
	CHECK_ERR(stat("/outside", &st), ENOENT);
	CHECK(syscall(SYS_getcwd, buf, sizeof(buf)) > 0);
	CHECK_STR(buf, "/");
	CHECK_ERR(chroot("none"), ENOENT);
	CHECK_ERR(chroot("in"), ENOTDIR);
}

static void roots(void)
{
	mkdir("jail", 0755);
	put_file("jail/in", "");
	put_file("outside", "");
	CHECK_EQ(test_in_child(other_root), 0);
	unlink("jail/in"); rmdir("jail"); unlink("outside");
}

int main(void)
{
	go_to_tmpfs();
	umask(022);
	RUN(listing);
	RUN(remove_while_listing);
	RUN(change_while_listing);
	RUN(positions);
	RUN(current_folder);
	RUN(roots);
	leave_tmpfs();
	return test_done();
}
