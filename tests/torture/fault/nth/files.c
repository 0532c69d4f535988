// SPDX-License-Identifier: MIT
/* Names, files, locks, pipes. */
#include "nth.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>

static void try_open(void) { close_fd(TRY(open("file", O_RDWR | O_CREAT, 0600))); }
static void try_mkdir(void) { if (!TRY(mkdir("dir", 0700))) rmdir("dir"); }
static void try_symlink(void) { if (!TRY(symlink("target", "link"))) unlink("link"); }
static void try_mknod(void) { if (!TRY(mknod("fifo", S_IFIFO | 0600, 0))) unlink("fifo"); }
static void try_rename(void) { if (!TRY(rename("file", "other"))) rename("other", "file"); }
static void try_link(void) { if (!TRY(link("file", "second"))) unlink("second"); }

static void try_unlink(void)
{
	close_fd(open("gone", O_CREAT | O_RDWR, 0600));
	if (TRY(unlink("gone")))
		unlink("gone");
}

static void try_stat(void) { struct stat st; TRY(stat("/proc/self/status", &st)); }
static void try_statfs(void) { struct statfs st; TRY(statfs("/", &st)); }
static void try_getcwd(void) { char b[256]; TRY(syscall(SYS_getcwd, b, sizeof(b))); }
static void try_readlink(void) { char b[256]; TRY(readlink("/proc/self/exe", b, sizeof(b))); }

static void try_getdents(void)
{
	static char b[4096];
	int fd = open("/proc/self", O_RDONLY | O_DIRECTORY);

	TRY(syscall(SYS_getdents64, fd, b, sizeof(b)));
	close_fd(fd);
}

static void try_read_proc(void)
{
	static char b[4096];
	int fd = open("/proc/self/maps", O_RDONLY);

	TRY(read(fd, b, sizeof(b)));
	close_fd(fd);
}

static void try_write_file(void)
{
	static const char data[20000];
	int fd = open("file", O_RDWR | O_TRUNC);

	TRY(write(fd, data, sizeof(data)));
	close_fd(fd);
}

static void try_truncate(void) { TRY(truncate("file", 5000)); truncate("file", 0); }

static void try_fallocate(void)
{
	int fd = open("file", O_RDWR);

	TRY(fallocate(fd, 0, 0, 100000));
	ftruncate(fd, 0);
	close_fd(fd);
}

static void try_xattr(void)
{
	TRY(setxattr("file", "user.name", "value", 5, 0));
	removexattr("file", "user.name");
}

static void try_lock(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_len = 10 };
	int fd = open("file", O_RDWR);

	TRY(fcntl(fd, F_SETLK, &lock));
	close_fd(fd);
}

static void try_dup(void) { close_fd(TRY(fcntl(0, F_DUPFD, 200))); }

static void try_pipe(void)
{
	int p[2];

	if (!TRY(pipe(p))) {
		close(p[0]);
		close(p[1]);
	}
}

static void try_pipe_write(void)
{
	static const char data[30000];
	int p[2];

	if (pipe(p))
		return;
	TRY(write(p[1], data, sizeof(data)));
	close(p[0]);
	close(p[1]);
}

static void try_pipe_size(void)
{
	int p[2];

	if (pipe(p))
		return;
	TRY(fcntl(p[1], F_SETPIPE_SZ, 1 << 18));
	close(p[0]);
	close(p[1]);
}

static void try_splice(void)
{
	int p[2], fd = open("/proc/self/exe", O_RDONLY);

	if (pipe(p))
		return;
	TRY(splice(fd, NULL, p[1], NULL, 20000, 0));
	close(p[0]);
	close(p[1]);
	close_fd(fd);
}

static void try_sendfile(void)
{
	int fd = open("/proc/self/exe", O_RDONLY), out = open("file", O_RDWR);

	TRY(syscall(SYS_sendfile, out, fd, NULL, 20000));
	ftruncate(out, 0);
	close_fd(fd);
	close_fd(out);
}

static void try_openat2(void)
{
	struct { unsigned long long flags, mode, resolve; } how = { O_RDONLY, 0, 0x08 /* RESOLVE_BENEATH */ };

	close_fd(TRY(syscall(SYS_openat2, AT_FDCWD, "file", &how, sizeof(how))));
}

static void try_statx(void)
{
	char b[256];

	TRY(syscall(SYS_statx, AT_FDCWD, "/proc/self/maps", 0, 0xfff, b));
}

static void try_listxattr(void)
{
	char b[256];

	setxattr("file", "user.name", "value", 5, 0);
	TRY(listxattr("file", b, sizeof(b)));
	removexattr("file", "user.name");
}

static void try_flock(void)
{
	int fd = open("file", O_RDWR);

	TRY(syscall(SYS_flock, fd, 2));
	close_fd(fd);
}

static void try_lease(void)
{
	int fd = open("file", O_RDONLY);

	TRY(fcntl(fd, F_SETLEASE, F_RDLCK));
	fcntl(fd, F_SETLEASE, F_UNLCK);
	close_fd(fd);
}

static void try_tmpfile(void) { close_fd(TRY(open(".", O_TMPFILE | O_RDWR, 0600))); }

static void try_tee(void)
{
	int a[2], b[2];

	if (pipe(a) || pipe(b))
		return;
	if (write(a[1], "data", 4) == 4)
		TRY(tee(a[0], b[1], 4, SPLICE_F_NONBLOCK));
	for (int i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
	}
}

static void try_vmsplice(void)
{
	static char page[8192];
	struct iovec iov = { page, sizeof(page) };
	int p[2];

	if (pipe(p))
		return;
	TRY(vmsplice(p[1], &iov, 1, 0));
	close(p[0]);
	close(p[1]);
}

static void try_writev(void)
{
	struct iovec iov[100];
	int fd = open("file", O_RDWR | O_TRUNC);

	for (int i = 0; i < 100; i++)
		iov[i] = (struct iovec){ "text", 4 };
	TRY(writev(fd, iov, 100));
	close_fd(fd);
}

static void try_copy_range(void)
{
	int in = open("/proc/self/exe", O_RDONLY), out = open("file", O_RDWR | O_TRUNC);

	TRY(copy_file_range(in, NULL, out, NULL, 20000, 0));
	ftruncate(out, 0);
	close_fd(in);
	close_fd(out);
}

static void try_handle(void)
{
	struct { struct file_handle handle; char room[128]; } h = { .handle.handle_bytes = 128 };
	int mount;

	TRY(name_to_handle_at(AT_FDCWD, "file", &h.handle, &mount, 0));
}

static void try_close_range(void) { TRY(syscall(SYS_close_range, 1000, 2000, 2 /* CLOSE_RANGE_UNSHARE */)); }
static void try_ptmx(void) { close_fd(TRY(open("/dev/ptmx", O_RDWR | O_NOCTTY))); }

static void try_pts(void)
{
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY), unlocked = 0;

	syscall(SYS_ioctl, master, 0x40045431 /* TIOCSPTLCK */, &unlocked);
	close_fd(TRY(syscall(SYS_ioctl, master, 0x5441 /* TIOCGPTPEER */, O_RDWR | O_NOCTTY)));
	close_fd(master);
}

const struct nth_call file_calls[] = {
	CALL(open), CALL(mkdir), CALL(symlink), CALL(mknod), CALL(rename), CALL(link),
	CALL(unlink), CALL(stat), CALL(statfs), CALL(getcwd), CALL(readlink), CALL(getdents),
	CALL(read_proc), CALL(write_file), CALL(truncate), CALL(fallocate), CALL(xattr),
	CALL(lock), CALL(dup), CALL(pipe), CALL(pipe_write), CALL(pipe_size), CALL(splice),
	CALL(sendfile),
	CALL(openat2), CALL(statx), CALL(listxattr), CALL(flock), CALL(lease), CALL(tmpfile),
	CALL(tee), CALL(vmsplice), CALL(writev), CALL(copy_range), CALL(handle),
	CALL(close_range), CALL(ptmx), CALL(pts),
	{ NULL, NULL },
};
