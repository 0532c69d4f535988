// SPDX-License-Identifier: MIT
/* fanotify with descriptors: events of files, permissions, ignore masks, limits, errors. */
#include "test.h"
#include "fanotify.h"
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

static void *volatile bad = (void *)8;

static void file_events(void)
{
	int fan = start(FAN_CLASS_NOTIF | FAN_NONBLOCK, O_RDONLY);
	int fd;

	touch("f");
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD, FAN_ACCESS | FAN_MODIFY | FAN_CLOSE | FAN_OPEN, AT_FDCWD,
			       "f"));
	CHECK(!next(fan));
	CHECK_EQ(errno, EAGAIN);
	fd = open("f", O_RDWR);
	next_is(fan, FAN_OPEN);
	CHECK_EQ(ev->pid, getpid());
	CHECK_EQ(ev->vers, FANOTIFY_METADATA_VERSION);
	CHECK_EQ(ev->metadata_len, 24);
	CHECK_EQ(ev->event_len, 24);
	CHECK(same_file(ev->fd, fd));
	CHECK_EQ(fcntl(ev->fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	CHECK_EQ(fcntl(ev->fd, F_GETFD), 0);
	CHECK_EQ(write(fd, "hello", 5), 5);
	next_is(fan, FAN_MODIFY);
	CHECK_EQ(pread(fd, (char[8]){}, 8, 0), 5);
	next_is(fan, FAN_ACCESS);
	/* What a watcher does with its descriptor is no event. */
	CHECK_EQ(pread(ev->fd, (char[8]){}, 8, 0), 5);
	CHECK(!next(fan));
	close(fd);
	next_is(fan, FAN_CLOSE_WRITE);
	close(open("f", O_RDONLY));
	/* Alike ones become one. */
	next_is(fan, FAN_OPEN | FAN_CLOSE_NOWRITE);
	CHECK(!next(fan));
	/* Other files are others. */
	touch("g");
	CHECK(!next(fan));
	stop(fan);
}

static void folders_and_children(void)
{
	int fan = start(FAN_CLASS_NOTIF | FAN_NONBLOCK, O_RDONLY);

	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(mkdir("d/sub", 0755));
	touch("d/f");
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_ONLYDIR, FAN_OPEN, AT_FDCWD, "d"));
	close(open("d", O_RDONLY));
	close(open("d/f", O_RDONLY));
	CHECK(!next(fan));
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD, FAN_ONDIR, AT_FDCWD, "d"));
	close(open("d", O_RDONLY));
	next_is(fan, FAN_OPEN);
	close(open("d/f", O_RDONLY));
	CHECK(!next(fan));
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD, FAN_EVENT_ON_CHILD, AT_FDCWD, "d"));
	close(open("d/f", O_RDONLY));
	next_is(fan, FAN_OPEN);
	close(open("d/sub", O_RDONLY));
	next_is(fan, FAN_OPEN);
	CHECK_OK(fanotify_mark(fan, FAN_MARK_REMOVE, FAN_ONDIR, AT_FDCWD, "d"));
	close(open("d/sub", O_RDONLY));
	CHECK(!next(fan));
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_ONLYDIR, FAN_OPEN, AT_FDCWD, "d/f"), ENOTDIR);
	CHECK_OK(fanotify_mark(fan, FAN_MARK_REMOVE, FAN_OPEN | FAN_EVENT_ON_CHILD, AT_FDCWD, "d"));
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_REMOVE, FAN_OPEN, AT_FDCWD, "d"), ENOENT);
	stop(fan);
}

static void ignore_masks(void)
{
	int fan = start(FAN_CLASS_NOTIF | FAN_NONBLOCK, O_RDONLY);
	int fd;

	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN | FAN_MODIFY | FAN_EVENT_ON_CHILD, AT_FDCWD, "."));
	touch("i");
	while (next(fan))
		;
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_IGNORED_MASK, FAN_OPEN, AT_FDCWD, "i"));
	close(open("i", O_RDONLY));
	CHECK(!next(fan));
	fd = open("i", O_WRONLY);
	CHECK(!next(fan));
	CHECK_EQ(write(fd, "x", 1), 1);
	next_is(fan, FAN_MODIFY);
	close(fd);
	/* A write ends it. */
	close(open("i", O_RDONLY));
	next_is(fan, FAN_OPEN);
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY,
			       FAN_OPEN, AT_FDCWD, "i"));
	fd = open("i", O_WRONLY);
	CHECK_EQ(write(fd, "x", 1), 1);
	next_is(fan, FAN_MODIFY);
	close(fd);
	close(open("i", O_RDONLY));
	CHECK(!next(fan));
	CHECK_OK(fanotify_mark(fan, FAN_MARK_REMOVE | FAN_MARK_IGNORED_MASK, FAN_OPEN, AT_FDCWD, "i"));
	close(open("i", O_RDONLY));
	next_is(fan, FAN_OPEN);
	/* While somebody writes it would end at once: nothing is done. */
	fd = open("i", O_WRONLY);
	next_is(fan, FAN_OPEN);
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_IGNORED_MASK, FAN_OPEN, AT_FDCWD, "i"));
	close(open("i", O_RDONLY));
	next_is(fan, FAN_OPEN);
	close(fd);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_IGNORE, FAN_OPEN, AT_FDCWD, "."), EISDIR);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_IGNORE | FAN_MARK_MOUNT, FAN_OPEN, AT_FDCWD, "."),
		  EINVAL);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_IGNORE | FAN_MARK_IGNORED_MASK, FAN_OPEN,
				AT_FDCWD, "i"), EINVAL);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_IGNORE, FAN_OPEN | FAN_ONDIR, AT_FDCWD, "i"),
		  ENOTDIR);
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_IGNORE_SURV, FAN_OPEN, AT_FDCWD, "i"));
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_IGNORED_MASK, FAN_OPEN, AT_FDCWD, "i"), EEXIST);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_IGNORE, FAN_OPEN, AT_FDCWD, "i"), EEXIST);
	/* The new ignore mask of a folder counts for its files only when it says so. */
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_IGNORE_SURV, FAN_OPEN, AT_FDCWD, "."));
	touch("j");
	while (next(fan))
		;
	close(open("j", O_RDONLY));
	next_is(fan, FAN_OPEN);
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_IGNORE_SURV, FAN_OPEN | FAN_EVENT_ON_CHILD,
			       AT_FDCWD, "."));
	close(open("j", O_RDONLY));
	CHECK(!next(fan));
	stop(fan);
}

/* Answers each permission event in a child: @deny says which. */
static pid_t answerer(int fan, unsigned int deny)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	for (;;) {
		struct fanotify_event_metadata m[4];
		ssize_t n = read(fan, m, sizeof(m));

		if (n <= 0)
			_exit(1);
		for (int i = 0; i < n / (int)sizeof(m[0]); i++) {
			struct fanotify_response r = { m[i].fd, m[i].mask & deny ? FAN_DENY : FAN_ALLOW };

			if (!(m[i].mask & (FAN_OPEN_PERM | FAN_ACCESS_PERM | FAN_OPEN_EXEC_PERM)) ||
			    write(fan, &r, sizeof(r)) != sizeof(r))
				_exit(2);
			close(m[i].fd);
		}
	}
}

static void done(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status));
}

static void permissions(void)
{
	int fan = start(FAN_CLASS_CONTENT, O_RDONLY);
	pid_t pid;
	int fd;

	touch("p");
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN_PERM | FAN_ACCESS_PERM, AT_FDCWD, "p"));
	pid = answerer(fan, 0);
	fd = open("p", O_RDWR);
	CHECK_GE(fd, 0);
	CHECK_EQ(write(fd, "abc", 3), 3);
	CHECK_EQ(pread(fd, (char[4]){}, 4, 0), 3);
	done(pid);
	pid = answerer(fan, FAN_ACCESS_PERM);
	CHECK_ERR(pread(fd, (char[4]){}, 4, 0), EPERM);
	CHECK_EQ(pwrite(fd, "abc", 3, 0), 3);
	done(pid);
	close(fd);
	pid = answerer(fan, FAN_OPEN_PERM);
	CHECK_ERR(open("p", O_RDONLY), EPERM);
	CHECK_GE(fd = open("p", O_PATH), 0);
	close(fd);
	done(pid);
	stop(fan);
	/* Without a watcher all may. */
	CHECK_GE(fd = open("p", O_RDONLY), 0);
	close(fd);
}

static void exec_permissions(void)
{
	int fan = start(FAN_CLASS_PRE_CONTENT | FAN_NONBLOCK, O_RDONLY);
	int status;
	pid_t pid, child;

	copy_program("/proc/self/exe", "prog");
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN_EXEC | FAN_OPEN, AT_FDCWD, "prog"));
	child = fork();
	if (!child) {
		execl("./prog", "prog", "nothing", NULL);
		_exit(1);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	next_is(fan, FAN_OPEN | FAN_OPEN_EXEC);
	close(open("prog", O_RDONLY));
	next_is(fan, FAN_OPEN);
	CHECK_OK(fanotify_mark(fan, FAN_MARK_FLUSH, 0, AT_FDCWD, NULL));
	CHECK_OK(fcntl(fan, F_SETFL, 0));
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN_EXEC_PERM, AT_FDCWD, "prog"));
	pid = answerer(fan, FAN_OPEN_EXEC_PERM);
	CHECK_ERR(execl("./prog", "prog", "nothing", NULL), EPERM);
	close(open("prog", O_RDONLY));
	done(pid);
	stop(fan);
}

static void answers(void)
{
	int fan = start(FAN_CLASS_CONTENT | FAN_NONBLOCK, O_RDONLY);
	struct fanotify_response r = { 0 };
	struct fanotify_event_metadata m;
	struct pollfd p = { .fd = fan, .events = POLLIN };
	int status;
	pid_t pid;

	touch("a");
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD, "a"));
	CHECK_ERR(write(fan, &r, 4), EINVAL);
	CHECK_ERR(write(fan, bad, sizeof(r)), EFAULT);
	CHECK_ERR(write(fan, &r, sizeof(r)), EINVAL);
	r.response = FAN_ALLOW | FAN_AUDIT;
	CHECK_ERR(write(fan, &r, sizeof(r)), EINVAL);
	r.response = FAN_ALLOW;
	CHECK_ERR(write(fan, &r, sizeof(r)), ENOENT);
	r.fd = -1;
	CHECK_ERR(write(fan, &r, sizeof(r)), EINVAL);
	/* One who waits can be killed, before and after the event is read. */
	for (int i = 0; i < 2; i++) {
		pid = fork();
		if (!pid) {
			open("a", O_RDONLY);
			_exit(0);
		}
		CHECK_EQ(poll(&p, 1, -1), 1);
		if (i) {
			CHECK_EQ(read(fan, &m, sizeof(m)), sizeof(m));
			CHECK_EQ(m.mask, FAN_OPEN_PERM);
			CHECK_EQ(m.pid, pid);
		}
		CHECK_OK(kill(pid, SIGKILL));
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK(WIFSIGNALED(status));
		CHECK_ERR(read(fan, &(struct fanotify_event_metadata){}, sizeof(m)), EAGAIN);
		if (i) {
			r.fd = m.fd;
			CHECK_EQ(write(fan, &r, sizeof(r)), sizeof(r));
			CHECK_ERR(write(fan, &r, sizeof(r)), ENOENT);
			close(m.fd);
		}
	}
	/* When the group goes, those who wait are let through. */
	for (int i = 0; i < 2; i++) {
		pid = fork();
		if (!pid) {
			close(fan);
			_exit(open("a", O_RDONLY) < 0);
		}
		CHECK_EQ(poll(&p, 1, -1), 1);
		if (!i) {
			CHECK_EQ(read(fan, &m, sizeof(m)), sizeof(m));
			close(m.fd);
			r.fd = m.fd;
			r.response = FAN_DENY;
			CHECK_EQ(write(fan, &r, sizeof(r)), sizeof(r));
		} else {
			close(fan);
		}
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK_EQ(status, i ? 0 : 1 << 8);
	}
}

static void mounts_and_super_blocks(void)
{
	int fan = start(FAN_CLASS_NOTIF | FAN_NONBLOCK, O_RDONLY);

	CHECK_OK(mkdir("m", 0755));
	CHECK_OK(mkdir("b", 0755));
	NEED(!mount("none", "m", "tmpfs", 0, NULL));
	NEED(!mount("m", "b", NULL, MS_BIND, NULL));
	touch("m/f");
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_OPEN, AT_FDCWD, "m"));
	close(open("b/f", O_RDONLY));
	CHECK(!next(fan));
	close(open("m/f", O_RDONLY));
	next_is(fan, FAN_OPEN);
	/* One file is left out. */
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_IGNORED_MASK, FAN_OPEN, AT_FDCWD, "m/f"));
	close(open("m/f", O_RDONLY));
	CHECK(!next(fan));
	CHECK_OK(fanotify_mark(fan, FAN_MARK_FLUSH | FAN_MARK_MOUNT, 0, AT_FDCWD, NULL));
	CHECK_OK(fanotify_mark(fan, FAN_MARK_FLUSH, 0, AT_FDCWD, NULL));
	close(open("m/f", O_RDONLY));
	CHECK(!next(fan));
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, AT_FDCWD, "m"));
	close(open("b/f", O_RDONLY));
	next_is(fan, FAN_OPEN);
	close(fan_fd);
	fan_fd = -1;
	close(open("m/f", O_RDONLY));
	next_is(fan, FAN_OPEN);
	/* An event holds its file's mount; marks hold nothing. */
	close(open("m/f", O_RDONLY));
	CHECK_OK(umount("b"));
	CHECK_ERR(umount("m"), EBUSY);
	while (next(fan))
		;
	close(fan_fd);
	fan_fd = -1;
	CHECK_OK(umount("m"));
	CHECK_OK(fanotify_mark(fan, FAN_MARK_FLUSH | FAN_MARK_FILESYSTEM, 0, AT_FDCWD, NULL));
	stop(fan);
}

static void init_errors(void)
{
	CHECK_ERR(fanotify_init(0x80000000, 0), EINVAL);
	CHECK_ERR(fanotify_init(FAN_CLASS_CONTENT | FAN_CLASS_PRE_CONTENT, 0), EINVAL);
	CHECK_ERR(fanotify_init(0, O_CREAT), EINVAL);
	CHECK_ERR(fanotify_init(0, O_ACCMODE), EINVAL);
	CHECK_ERR(fanotify_init(FAN_CLASS_CONTENT | FAN_REPORT_FID, 0), EINVAL);
	CHECK_ERR(fanotify_init(FAN_REPORT_NAME, 0), EINVAL);
	CHECK_ERR(fanotify_init(FAN_REPORT_FID | FAN_REPORT_TARGET_FID, 0), EINVAL);
	CHECK_ERR(fanotify_init(FAN_REPORT_DFID_NAME | FAN_REPORT_TARGET_FID, 0), EINVAL);
	int fd = fanotify_init(FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_QUEUE | FAN_UNLIMITED_MARKS,
			       O_RDWR | O_LARGEFILE | O_CLOEXEC | O_NOATIME | O_APPEND);

	CHECK_GE(fd, 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_GETFL) & (O_NONBLOCK | O_ACCMODE), O_NONBLOCK | O_RDWR);
	touch("c");
	CHECK_OK(fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "c"));
	close(open("c", O_RDONLY));
	CHECK(next(fd));
	CHECK_EQ(fcntl(ev->fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(ev->fd, F_GETFL) & (O_ACCMODE | O_NOATIME | O_APPEND), O_RDWR | O_NOATIME | O_APPEND);
	stop(fd);
}

static void mark_errors(void)
{
	int fan = start(FAN_CLASS_NOTIF | FAN_NONBLOCK, O_RDONLY);

	touch("e");
	CHECK_ERR(fanotify_mark(-1, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "e"), EBADF);
	CHECK_ERR(fanotify_mark(0, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "e"), EINVAL);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD, 0, AT_FDCWD, "e"), EINVAL);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD, 1ull << 32, AT_FDCWD, "e"), EINVAL);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_REMOVE, FAN_OPEN, AT_FDCWD, "e"), EINVAL);
	CHECK_ERR(fanotify_mark(fan, 0, FAN_OPEN, AT_FDCWD, "e"), EINVAL);
	CHECK_ERR(fanotify_mark(fan, 0x80000000, FAN_OPEN, AT_FDCWD, "e"), EINVAL);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_FLUSH | FAN_MARK_ONLYDIR, 0, AT_FDCWD, "e"), EINVAL);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD, FAN_Q_OVERFLOW, AT_FDCWD, "e"), EINVAL);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD, "e"), EINVAL);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD, FAN_CREATE, AT_FDCWD, "."), EINVAL);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD, FAN_ATTRIB, AT_FDCWD, "e"), EINVAL);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD, FAN_RENAME, AT_FDCWD, "."), EINVAL);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD, FAN_FS_ERROR, AT_FDCWD, "."), EINVAL);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "none"), ENOENT);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, bad), EFAULT);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN, -1, NULL), EBADF);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_REMOVE, FAN_OPEN, AT_FDCWD, "e"), ENOENT);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_MOUNT | FAN_MARK_EVICTABLE, FAN_OPEN, AT_FDCWD,
				"e"), EINVAL);
	/* By descriptor. */
	int fd = open("e", O_RDONLY);

	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN, fd, NULL));
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_ONLYDIR, FAN_OPEN, fd, NULL), ENOTDIR);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_EVICTABLE, FAN_OPEN, fd, NULL), EEXIST);
	close(fd);
	int pipes[2];

	CHECK_OK(pipe(pipes));
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_OPEN, pipes[0], NULL), EINVAL);
	/* A link itself. */
	CHECK_OK(symlink("e", "l"));
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_DONT_FOLLOW, FAN_OPEN, AT_FDCWD, "l"));
	close(open("e", O_RDONLY));
	CHECK(next(fan));
	/* Too small a buffer loses nothing. */
	close(open("e", O_RDONLY));
	int waiting = 0;

	CHECK_OK(ioctl(fan, FIONREAD, &waiting));
	CHECK_EQ(waiting, 24);
	CHECK_ERR(read(fan, &waiting, 4), EINVAL);
	CHECK_ERR(read(fan, bad, 4096), EFAULT);
	CHECK_ERR(ioctl(fan, TIOCGWINSZ, &waiting), ENOTTY);
	CHECK_EQ(lseek(fan, 0, SEEK_SET), 0);
	stop(fan);
}

static void overflow(void)
{
	int old = number("/proc/sys/fs/fanotify/max_queued_events");
	int fan, n = 0;
	char name[32];

	set_number("/proc/sys/fs/fanotify/max_queued_events", 5);
	fan = start(FAN_CLASS_NOTIF | FAN_NONBLOCK, O_RDONLY);
	set_number("/proc/sys/fs/fanotify/max_queued_events", old);
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD, FAN_CLOSE_WRITE | FAN_EVENT_ON_CHILD, AT_FDCWD, "."));
	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "o%d", i);
		touch(name);
	}
	while (next(fan) && ev->mask == FAN_CLOSE_WRITE)
		n++;
	CHECK_EQ(n, 5);
	CHECK_EQ(ev->mask, FAN_Q_OVERFLOW);
	CHECK_EQ(ev->fd, FAN_NOFD);
	CHECK_EQ(ev->pid, 0);
	CHECK(!next(fan));
	stop(fan);
}

static void limits(void)
{
	int old = number("/proc/sys/fs/fanotify/max_user_groups");
	int marks = number("/proc/sys/fs/fanotify/max_user_marks");
	int fan = start(FAN_CLASS_NOTIF, O_RDONLY), free_fan;

	CHECK_GT(old, 0);
	CHECK_GE(marks, 8192);
	free_fan = start(FAN_CLASS_NOTIF | FAN_UNLIMITED_MARKS, O_RDONLY);
	touch("x");
	touch("y");
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "x"));
	set_number("/proc/sys/fs/fanotify/max_user_marks", 0);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "y"), ENOSPC);
	CHECK_OK(fanotify_mark(free_fan, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "y"));
	set_number("/proc/sys/fs/fanotify/max_user_marks", marks);
	set_number("/proc/sys/fs/fanotify/max_user_groups", 0);
	CHECK_ERR(fanotify_init(FAN_CLASS_NOTIF, O_RDONLY), EMFILE);
	set_number("/proc/sys/fs/fanotify/max_user_groups", old);
	CHECK_EQ(number("/proc/sys/user/max_fanotify_groups"), old);
	CHECK_EQ(number("/proc/sys/user/max_fanotify_marks"), marks);
	close(free_fan);
	stop(fan);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return 0;
	if (geteuid())
		SKIP("needs root");
	NEED(!unshare(CLONE_NEWNS));
	NEED(!mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	RUN(file_events);
	RUN(folders_and_children);
	RUN(ignore_masks);
	RUN(permissions);
	RUN(exec_permissions);
	RUN(answers);
	RUN(mounts_and_super_blocks);
	RUN(init_errors);
	RUN(mark_errors);
	RUN(overflow);
	RUN(limits);
	return test_done();
}
