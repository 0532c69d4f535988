// SPDX-License-Identifier: MIT
// Data of files: open's flags, read, write, positions, vectors, truncate, fallocate, holes.
#include "fs/fs.h"
#include <linux/falloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

static void open_flags(void)
{
	struct stat st;
	char buf[16];
	int fd;

	CHECK_ERR(open("none", O_RDONLY), ENOENT);
	fd = open("f", O_CREAT | O_EXCL | O_RDWR, 0640);
	CHECK_GE(fd, 0);
	CHECK_EQ(mode_of("f"), S_IFREG | 0640);
	CHECK_EQ(write(fd, "hello", 5), 5);
	close(fd);
	CHECK_ERR(open("f", O_CREAT | O_EXCL | O_RDWR, 0640), EEXIST);
	CHECK_ERR(open("f", O_RDONLY | O_DIRECTORY), ENOTDIR);
	CHECK_ERR(open("f/", O_RDONLY), ENOTDIR);
	CHECK_ERR(open("g/", O_CREAT | O_WRONLY, 0600), EISDIR);
	CHECK_ERR(open(".", O_WRONLY), EISDIR);
	CHECK_ERR(open(".", O_RDWR), EISDIR);
	CHECK_ERR(open(".", O_RDONLY | O_CREAT, 0600), EISDIR);
	CHECK_ERR(open("no/f", O_CREAT | O_WRONLY, 0600), ENOENT);
	fd = open("f", O_RDONLY);
	CHECK_ERR(write(fd, "x", 1), EBADF);
	CHECK_ERR(ftruncate(fd, 0), EINVAL);
	close(fd);
	fd = open("f", O_WRONLY);
	CHECK_ERR(read(fd, buf, 1), EBADF);
	close(fd);
	fd = open("f", O_WRONLY | O_APPEND);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
	CHECK_EQ(write(fd, "++", 2), 2);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 7);
	CHECK_EQ(pwrite(fd, "--", 2, 0), 2);	/* appends all the same, on Linux */
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 9);
	close(fd);
	fd = open("f", O_RDONLY | O_TRUNC);
	CHECK_GE(fd, 0);
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 0);
	CHECK_EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_TRUNC | O_CREAT), O_RDONLY);
	close(fd);
	/* A new file may be used whatever its mode says. */
	fd = open("w", O_CREAT | O_RDWR, 0);
	CHECK_GE(fd, 0);
	CHECK_EQ(write(fd, "x", 1), 1);
	close(fd);
	fd = open(".", O_TMPFILE | O_RDWR, 0600);
	CHECK_GE(fd, 0);
	CHECK_EQ(write(fd, "tmp", 3), 3);
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_nlink, 0);
	snprintf(buf, sizeof(buf), "%d", fd);
	if (geteuid() == 0) {
		CHECK_OK(linkat(fd, "", AT_FDCWD, "named", AT_EMPTY_PATH));
		CHECK_EQ(links_of("named"), 1);
		unlink("named");
	}
	close(fd);
	CHECK_ERR(open(".", O_TMPFILE | O_RDONLY, 0600), EINVAL);
	CHECK_ERR(open("f", O_TMPFILE | O_RDWR, 0600), ENOTDIR);
	unlink("f"); unlink("w");
}

static void read_write(void)
{
	static char big[300000], back[300000];
	char buf[32];
	int fd = open("f", O_CREAT | O_RDWR | O_TRUNC, 0600);
	size_t i;

	for (i = 0; i < sizeof(big); i++)
		big[i] = i * 7 + i / 251;
	CHECK_EQ(write(fd, big, sizeof(big)), (ssize_t)sizeof(big));
	CHECK_EQ(read(fd, buf, 1), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(read(fd, back, sizeof(back)), (ssize_t)sizeof(back));
	CHECK_EQ(memcmp(big, back, sizeof(big)), 0);
	CHECK_EQ(pread(fd, buf, 32, 4090), 32);
	CHECK_EQ(memcmp(buf, big + 4090, 32), 0);
	CHECK_EQ(pread(fd, buf, 32, sizeof(big) - 4), 4);
	CHECK_EQ(pread(fd, buf, 32, sizeof(big)), 0);
	CHECK_EQ(pread(fd, buf, 32, 1LL << 40), 0);
	CHECK_ERR(pread(fd, buf, 1, -1), EINVAL);
	CHECK_ERR(pwrite(fd, buf, 1, -1), EINVAL);
	CHECK_EQ(read(fd, buf, 0), 0);
	CHECK_EQ(write(fd, buf, 0), 0);
	CHECK_ERR(read(-1, buf, 1), EBADF);
	CHECK_ERR(pread(fd, (void *)8, 10, 0), EFAULT);
	CHECK_ERR(pwrite(fd, (void *)8, 10, 0), EFAULT);
	CHECK_ERR(read(fd, buf, -1), EFAULT);
	CHECK_EQ(lseek(fd, 10, SEEK_SET), 10);
	CHECK_EQ(pwrite(fd, "abc", 3, 5), 3);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 10);
	CHECK_EQ(pread(fd, buf, 3, 5), 3);
	CHECK_EQ(memcmp(buf, "abc", 3), 0);
	close(fd);
	CHECK_ERR(read(open(".", O_RDONLY), buf, 1), EISDIR);
	unlink("f");
}

static void vectors(void)
{
	char a[4] = "abc", b[8] = "defghij", x[16];
	struct iovec v[3] = { { a, 3 }, { NULL, 0 }, { b, 7 } };
	struct iovec r[2] = { { x, 5 }, { x + 8, 5 } };
	struct iovec bad = { x, -1 };
	int fd = open("f", O_CREAT | O_RDWR | O_TRUNC, 0600);

	CHECK_EQ(writev(fd, v, 3), 10);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(readv(fd, r, 2), 10);
	CHECK_EQ(memcmp(x, "abcde", 5), 0);
	CHECK_EQ(memcmp(x + 8, "fghij", 5), 0);
	CHECK_EQ(preadv(fd, r, 2, 4), 6);
	CHECK_EQ(memcmp(x, "efghi", 5), 0);
	CHECK_EQ(pwritev(fd, v, 1, 8), 3);
	CHECK_EQ(readv(fd, r, 0), 0);
	CHECK_ERR(readv(fd, &bad, 1), EINVAL);
	CHECK_ERR(readv(fd, r, -1), EINVAL);
	CHECK_ERR(readv(fd, r, 1025), EINVAL);
	CHECK_ERR(readv(fd, (void *)8, 1), EFAULT);
	CHECK_EQ(preadv2(fd, r, 1, 0, 0), 5);
	CHECK_EQ(lseek(fd, 2, SEEK_SET), 2);
	CHECK_EQ(preadv2(fd, r, 1, -1, 0), 5);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 7);
	CHECK_ERR(preadv2(fd, r, 1, 0, 0x40000000), EOPNOTSUPP);
	CHECK_EQ(pwritev2(fd, v, 1, 0, RWF_APPEND), 3);
	struct stat st;
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 14);
	close(fd);
	unlink("f");
}

static void seek(void)
{
	int fd = open("f", O_CREAT | O_RDWR | O_TRUNC, 0600);

	CHECK_OK(ftruncate(fd, 100));
	CHECK_EQ(lseek(fd, -10, SEEK_END), 90);
	CHECK_EQ(lseek(fd, 5, SEEK_CUR), 95);
	CHECK_ERR(lseek(fd, -96, SEEK_CUR), EINVAL);
	CHECK_ERR(lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK_ERR(lseek(fd, 0, 99), EINVAL);
	CHECK_EQ(lseek(fd, 1000, SEEK_SET), 1000);
	CHECK_ERR(lseek(-1, 0, SEEK_SET), EBADF);
	int p[2];
	CHECK_OK(pipe(p));
	CHECK_ERR(lseek(p[0], 0, SEEK_SET), ESPIPE);
	char c;
	CHECK_ERR(pread(p[0], &c, 1, 0), ESPIPE);
	CHECK_ERR(pwrite(p[1], &c, 1, 0), ESPIPE);
	close(p[0]); close(p[1]);
	/* Data at 64 KiB, holes around it. */
	CHECK_OK(ftruncate(fd, 0));
	CHECK_EQ(pwrite(fd, "data", 4, 65536), 4);
	CHECK_OK(ftruncate(fd, 200000));
	CHECK_EQ(lseek(fd, 0, SEEK_DATA), 65536);
	CHECK_EQ(lseek(fd, 65536, SEEK_HOLE), 65536 + 4096);
	CHECK_EQ(lseek(fd, 0, SEEK_HOLE), 0);
	CHECK_ERR(lseek(fd, 65536 + 4096, SEEK_DATA), ENXIO);
	CHECK_ERR(lseek(fd, 200000, SEEK_HOLE), ENXIO);
	CHECK_EQ(lseek(fd, 199999, SEEK_HOLE), 199999);
	close(fd);
	unlink("f");
}

static void truncation(void)
{
	char buf[8192];
	struct stat st;
	int fd = open("f", O_CREAT | O_RDWR | O_TRUNC, 0600);

	memset(buf, 'x', sizeof(buf));
	CHECK_EQ(write(fd, buf, 5000), 5000);
	CHECK_OK(ftruncate(fd, 100));
	CHECK_OK(ftruncate(fd, 8192));
	CHECK_EQ(pread(fd, buf, 8192, 0), 8192);
	CHECK_EQ(buf[99], 'x');
	CHECK_EQ(buf[100], 0);
	CHECK_EQ(buf[4999], 0);
	CHECK_OK(truncate("f", 10));
	CHECK_OK(stat("f", &st));
	CHECK_EQ(st.st_size, 10);
	CHECK_ERR(truncate("f", -1), EINVAL);
	CHECK_ERR(ftruncate(fd, -1), EINVAL);
	CHECK_ERR(truncate(".", 0), EISDIR);
	CHECK_ERR(truncate("none", 0), ENOENT);
	CHECK_ERR(ftruncate(-1, 0), EBADF);
	close(fd);
	mkfifo("p", 0600);
	CHECK_ERR(truncate("p", 0), EINVAL);
	unlink("p");
	unlink("f");
}

static void allocation(void)
{
	struct stat st;
	char buf[4];
	int fd = open("f", O_CREAT | O_RDWR | O_TRUNC, 0600);
	int ro;

	CHECK_OK(fallocate(fd, 0, 0, 10000));
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 10000);
	CHECK_EQ(st.st_blocks, 24);
	CHECK_OK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 10000, 20000));
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 10000);
	CHECK_EQ(pwrite(fd, "abcd", 4, 4094), 4);
	CHECK_OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 4096));
	CHECK_EQ(pread(fd, buf, 4, 4094), 4);
	CHECK_EQ(memcmp(buf, "ab\0\0", 4), 0);
	CHECK_ERR(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 10), EOPNOTSUPP);
	CHECK_ERR(fallocate(fd, 0, -1, 10), EINVAL);
	CHECK_ERR(fallocate(fd, 0, 0, 0), EINVAL);
	CHECK_ERR(fallocate(-1, 0, 0, 10), EBADF);
	CHECK_ERR(fallocate(fd, 0x4000, 0, 10), EOPNOTSUPP);
	ro = open("f", O_RDONLY);
	CHECK_ERR(fallocate(ro, 0, 0, 10), EBADF);
	close(ro);
	close(fd);
	unlink("f");
}

static void size_limit(void)
{
	struct rlimit old, lim = { 5000, RLIM_INFINITY };
	static char buf[8192];
	int fd = open("f", O_CREAT | O_RDWR | O_TRUNC, 0600);

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	lim.rlim_max = old.rlim_max;
	CHECK_OK(setrlimit(RLIMIT_FSIZE, &lim));
	CHECK_EQ(write(fd, buf, 8192), 5000);
	CHECK_ERR(write(fd, buf, 1), EFBIG);
	CHECK_ERR(ftruncate(fd, 6000), EFBIG);
	CHECK_OK(setrlimit(RLIMIT_FSIZE, &old));
	signal(SIGXFSZ, SIG_DFL);
	close(fd);
	unlink("f");
}

static void in_kernel_copies(void)
{
	char buf[64];
	off_t off = 2;
	loff_t a = 1, b = 3;
	int in, out, p[2];

	put_file("in", "0123456789");
	in = open("in", O_RDONLY);
	out = open("out", O_CREAT | O_RDWR | O_TRUNC, 0600);
	CHECK_EQ(sendfile(out, in, &off, 4), 4);
	CHECK_EQ(off, 6);
	CHECK_EQ(lseek(in, 0, SEEK_CUR), 0);
	CHECK_EQ(sendfile(out, in, NULL, 100), 10);
	CHECK_EQ(lseek(in, 0, SEEK_CUR), 10);
	CHECK_EQ(sendfile(out, in, NULL, 100), 0);
	CHECK_EQ(pread(out, buf, 64, 0), 14);
	CHECK_EQ(memcmp(buf, "23450123456789", 14), 0);
	CHECK_ERR(sendfile(in, out, NULL, 1), EBADF);
	CHECK_ERR(sendfile(out, -1, NULL, 1), EBADF);
	CHECK_OK(pipe(p));
	off = 0;
	CHECK_EQ(sendfile(p[1], in, &off, 10), 10);
	CHECK_EQ(read(p[0], buf, 64), 10);
	CHECK_EQ(copy_file_range(in, &a, out, &b, 5, 0), 5);
	CHECK_EQ(a, 6);
	CHECK_EQ(b, 8);
	CHECK_EQ(pread(out, buf, 14, 0), 14);
	CHECK_EQ(memcmp(buf, "23412345456789", 14), 0);
	CHECK_ERR(copy_file_range(in, &a, out, &b, 5, 1), EINVAL);
	CHECK_ERR(copy_file_range(out, &a, in, &b, 5, 0), EBADF);
	CHECK_ERR(copy_file_range(p[0], NULL, out, &b, 5, 0), EINVAL);
	a = 0;
	/* splice, tee */
	loff_t s = 0;
	int q[2];
	CHECK_OK(pipe(q));
	CHECK_EQ(splice(in, &s, p[1], NULL, 6, 0), 6);
	CHECK_EQ(s, 6);
	CHECK_EQ(tee(p[0], q[1], 4, 0), 4);
	CHECK_EQ(read(q[0], buf, 64), 4);
	CHECK_EQ(memcmp(buf, "0123", 4), 0);
	CHECK_EQ(splice(p[0], NULL, q[1], NULL, 2, 0), 2);
	CHECK_EQ(read(q[0], buf, 64), 2);
	CHECK_EQ(memcmp(buf, "01", 2), 0);
	s = 0;
	CHECK_EQ(splice(p[0], NULL, out, &s, 100, 0), 4);
	CHECK_EQ(pread(out, buf, 4, 0), 4);
	CHECK_EQ(memcmp(buf, "2345", 4), 0);
	CHECK_ERR(splice(in, &s, out, NULL, 1, 0), EINVAL);
	CHECK_ERR(splice(p[0], &s, out, NULL, 1, 0), ESPIPE);
	CHECK_ERR(splice(p[0], NULL, out, NULL, 1, SPLICE_F_NONBLOCK), EAGAIN);
	int null = open("/dev/null", O_WRONLY);
	CHECK_EQ(write(p[1], "gone", 4), 4);
	CHECK_EQ(splice(p[0], NULL, null, NULL, 100, 0), 4);
	CHECK_EQ(sendfile(null, in, NULL, 0), 0);
	close(null);
	struct iovec v = { "user", 4 };
	CHECK_EQ(vmsplice(p[1], &v, 1, 0), 4);
	CHECK_EQ(read(p[0], buf, 64), 4);
	CHECK_EQ(memcmp(buf, "user", 4), 0);
	close(in); close(out); close(p[0]); close(p[1]); close(q[0]); close(q[1]);
	unlink("in"); unlink("out");
}

static void syncing(void)
{
	int fd = open("f", O_CREAT | O_RDWR, 0600);
	int p[2];

	CHECK_OK(fsync(fd));
	CHECK_OK(fdatasync(fd));
	CHECK_OK(syncfs(fd));
	CHECK_OK(sync_file_range(fd, 0, 0, 7));
	CHECK_ERR(sync_file_range(fd, 0, 0, 8), EINVAL);
	CHECK_OK(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED));
	CHECK_ERR(fsync(-1), EBADF);
	CHECK_OK(pipe(p));
	CHECK_ERR(fsync(p[0]), EINVAL);
	CHECK_EQ(posix_fadvise(p[0], 0, 0, 0), ESPIPE);
	close(p[0]); close(p[1]); close(fd);
	unlink("f");
	sync();
}

int main(void)
{
	go_to_tmpfs();
	umask(022);
	RUN(open_flags);
	RUN(read_write);
	RUN(vectors);
	RUN(seek);
	RUN(truncation);
	RUN(allocation);
	RUN(size_limit);
	RUN(in_kernel_copies);
	RUN(syncing);
	leave_tmpfs();
	return test_done();
}
