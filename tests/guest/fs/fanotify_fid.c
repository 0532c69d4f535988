// SPDX-License-Identifier: MIT
/* fanotify with file handles and names: which records come with which event; unprivileged groups. */
#include "test.h"
#include "fanotify.h"
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

/* The names of an event's records, such as "DFID_NAME(f) FID"; each must name a file in @files. */
static const char *records(const char *const files[])
{
	static const char *const names[] = {
		[1] = "FID", [2] = "DFID_NAME", [3] = "DFID", [4] = "PIDFD", [5] = "ERROR",
		[10] = "OLD", [12] = "NEW",
	};
	static char out[512];
	char *at = (char *)ev + ev->metadata_len, *end = (char *)ev + ev->event_len;
	int n = 0;

	out[0] = '\0';
	for (int i = 0; at < end; i++) {
		struct fanotify_event_info_fid *fid = (void *)at;
		struct file_handle *have = (void *)fid->handle;
		struct { struct file_handle h; char room[128]; } want = { .h.handle_bytes = 128 };
		struct statfs st;
		int mount_id;

		n += snprintf(out + n, sizeof(out) - n, "%s%s", n ? " " : "", names[fid->hdr.info_type]);
		at += fid->hdr.len;
		CHECK_EQ(fid->hdr.len % 4, 0);
		if (fid->hdr.info_type == FAN_EVENT_INFO_TYPE_PIDFD)
			continue;
		if (fid->hdr.info_type == 2 || fid->hdr.info_type >= 10)
			n += snprintf(out + n, sizeof(out) - n, "(%s)",
				      (char *)have->f_handle + have->handle_bytes);
		if (!files || !files[i])
			continue;
		NEED(!name_to_handle_at(AT_FDCWD, files[i], &want.h, &mount_id, 0));
		CHECK_EQ(have->handle_bytes, want.h.handle_bytes);
		CHECK_EQ(have->handle_type, want.h.handle_type);
		CHECK(!memcmp(have->f_handle, want.h.f_handle, have->handle_bytes));
		NEED(!statfs(files[i], &st));
		CHECK(!memcmp(&fid->fsid, &st.f_fsid, sizeof(fid->fsid)));
	}
	return out;
}

#define FILES(...) ((const char *const[]){ __VA_ARGS__, NULL })

#define next_says(fan, mask, what, ...) do {					\
	next_is(fan, mask);							\
	CHECK_EQ(ev->fd, FAN_NOFD);						\
	CHECK_STR(records(FILES(__VA_ARGS__)), what);				\
} while (0)

static int group(unsigned int fid)
{
	return start(FAN_CLASS_NOTIF | FAN_NONBLOCK | fid, O_RDONLY);
}

#define ALL (FAN_OPEN | FAN_CLOSE | FAN_ATTRIB | FAN_CREATE | FAN_DELETE | FAN_MOVE | FAN_DELETE_SELF | \
	     FAN_MOVE_SELF | FAN_MODIFY | FAN_ONDIR | FAN_EVENT_ON_CHILD)

static void only_fid(void)
{
	int fan = group(FAN_REPORT_FID);
	struct statfs st;

	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD, ALL, AT_FDCWD, "d"));
	touch("d/f");
	next_says(fan, FAN_CREATE, "FID", "d");
	next_says(fan, FAN_OPEN | FAN_CLOSE_WRITE, "FID", "d/f");
	CHECK_OK(chmod("d/f", 0600));
	next_says(fan, FAN_ATTRIB, "FID", "d/f");
	CHECK_OK(truncate("d/f", 10));
	next_says(fan, FAN_MODIFY, "FID", "d/f");
	close(open("d", O_RDONLY));
	next_says(fan, FAN_OPEN | FAN_CLOSE_NOWRITE | FAN_ONDIR, "FID", "d");
	CHECK_OK(mkdir("d/s", 0755));
	next_says(fan, FAN_CREATE | FAN_ONDIR, "FID", "d");
	CHECK_OK(rename("d/f", "d/g"));
	next_says(fan, FAN_MOVED_FROM | FAN_MOVED_TO, "FID", "d");
	CHECK_OK(unlink("d/g"));
	next_says(fan, FAN_DELETE, "FID", "d");
	CHECK_OK(rmdir("d/s"));
	next_says(fan, FAN_DELETE | FAN_ONDIR, "FID", "d");
	CHECK_OK(rename("d", "e"));
	next_says(fan, FAN_MOVE_SELF | FAN_ONDIR, "FID", "e");
	NEED(!statfs("e", &st));
	CHECK_OK(rmdir("e"));
	next_is(fan, FAN_DELETE_SELF | FAN_ONDIR);
	CHECK_STR(records(NULL), "FID");
	CHECK(!next(fan));
	stop(fan);
}

static void folder_ids(void)
{
	int fan = group(FAN_REPORT_DIR_FID);

	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD, ALL, AT_FDCWD, "d"));
	touch("d/f");
	next_is(fan, FAN_CREATE | FAN_OPEN | FAN_CLOSE_WRITE);
	CHECK_STR(records(FILES("d")), "DFID");
	close(open("d", O_RDONLY));
	next_says(fan, FAN_OPEN | FAN_CLOSE_NOWRITE | FAN_ONDIR, "DFID", "d");
	stop(fan);

	fan = group(FAN_REPORT_DIR_FID | FAN_REPORT_FID);
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD, ALL, AT_FDCWD, "d"));
	touch("d/g");
	next_says(fan, FAN_CREATE, "DFID", "d");
	next_says(fan, FAN_OPEN | FAN_CLOSE_WRITE, "DFID FID", "d", "d/g");
	CHECK_OK(fanotify_mark(fan, FAN_MARK_FLUSH, 0, AT_FDCWD, NULL));
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD, ALL, AT_FDCWD, "d/g"));
	close(open("d/g", O_RDONLY));
	next_says(fan, FAN_OPEN | FAN_CLOSE_NOWRITE, "DFID FID", "d", "d/g");
	CHECK_OK(unlink("d/g"));
	next_is(fan, FAN_ATTRIB | FAN_DELETE_SELF);
	CHECK_STR(records(NULL), "FID");
	CHECK_OK(unlink("d/f"));
	CHECK_OK(rmdir("d"));
	stop(fan);
}

static void names(void)
{
	int fan = group(FAN_REPORT_DFID_NAME);

	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD, ALL, AT_FDCWD, "d"));
	touch("d/f");
	next_says(fan, FAN_CREATE | FAN_OPEN | FAN_CLOSE_WRITE, "DFID_NAME(f)", "d");
	close(open("d", O_RDONLY));
	next_says(fan, FAN_OPEN | FAN_CLOSE_NOWRITE | FAN_ONDIR, "DFID_NAME(.)", "d");
	CHECK_OK(rename("d/f", "d/other"));
	next_says(fan, FAN_MOVED_FROM, "DFID_NAME(f)", "d");
	next_says(fan, FAN_MOVED_TO, "DFID_NAME(other)", "d");
	CHECK_OK(mkdir("d/sub", 0700));
	next_says(fan, FAN_CREATE | FAN_ONDIR, "DFID_NAME(sub)", "d");
	close(open("d/sub", O_RDONLY));
	next_says(fan, FAN_OPEN | FAN_CLOSE_NOWRITE | FAN_ONDIR, "DFID_NAME(.)", "d/sub");
	CHECK_OK(rmdir("d/sub"));
	next_says(fan, FAN_DELETE | FAN_ONDIR, "DFID_NAME(sub)", "d");
	stop(fan);

	fan = group(FAN_REPORT_DFID_NAME | FAN_REPORT_FID);
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD, ALL, AT_FDCWD, "d"));
	close(open("d/other", O_RDONLY));
	next_says(fan, FAN_OPEN | FAN_CLOSE_NOWRITE, "DFID_NAME(other) FID", "d", "d/other");
	CHECK_OK(rename("d/other", "d/f"));
	next_says(fan, FAN_MOVED_FROM, "DFID_NAME(other)", "d");
	next_says(fan, FAN_MOVED_TO, "DFID_NAME(f)", "d");
	stop(fan);

	fan = group(FAN_REPORT_DFID_NAME_TARGET);
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD, ALL, AT_FDCWD, "d"));
	touch("d/t");
	next_says(fan, FAN_CREATE | FAN_OPEN | FAN_CLOSE_WRITE, "DFID_NAME(t) FID", "d", "d/t");
	CHECK_OK(link("d/t", "d/u"));
	next_says(fan, FAN_CREATE, "DFID_NAME(u) FID", "d", "d/t");
	CHECK_OK(unlink("d/u"));
	next_says(fan, FAN_DELETE, "DFID_NAME(u) FID", "d", "d/t");
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD, FAN_CREATE, AT_FDCWD, "d/t"), ENOTDIR);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN | FAN_ONDIR, AT_FDCWD, "d/t"), ENOTDIR);
	stop(fan);
}

static void renames(void)
{
	int fan = group(FAN_REPORT_DFID_NAME);

	CHECK_OK(mkdir("a", 0755));
	CHECK_OK(mkdir("b", 0755));
	touch("a/f");
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD, FAN_RENAME, AT_FDCWD, "a"));
	CHECK_OK(rename("a/f", "a/g"));
	next_says(fan, FAN_RENAME, "OLD(f) NEW(g)", "a", "a");
	CHECK_OK(rename("a/g", "b/h"));
	next_says(fan, FAN_RENAME, "OLD(g)", "a");
	CHECK_OK(rename("b/h", "a/f"));
	next_says(fan, FAN_RENAME, "NEW(f)", "a");
	touch("b/x");
	CHECK_OK(renameat2(AT_FDCWD, "a/f", AT_FDCWD, "b/x", RENAME_EXCHANGE));
	next_says(fan, FAN_RENAME, "OLD(f)", "a");
	next_says(fan, FAN_RENAME, "NEW(f)", "a");
	CHECK(!next(fan));
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD, FAN_RENAME, AT_FDCWD, "b"));
	CHECK_OK(rename("a/f", "b/h"));
	next_says(fan, FAN_RENAME, "OLD(f) NEW(h)", "a", "b");
	CHECK_OK(mkdir("a/dir", 0755));
	CHECK_OK(rename("a/dir", "b/dir"));
	CHECK(!next(fan));
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD, FAN_ONDIR, AT_FDCWD, "a"));
	CHECK_OK(rename("b/dir", "a/dir"));
	next_says(fan, FAN_RENAME | FAN_ONDIR, "NEW(dir)", "a");
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD, FAN_RENAME, AT_FDCWD, "b/h"), ENOTDIR);
	stop(fan);
}

static void super_blocks(void)
{
	int fan = group(FAN_REPORT_DFID_NAME | FAN_REPORT_FID);

	CHECK_OK(mkdir("m", 0755));
	NEED(!mount("none", "m", "tmpfs", 0, NULL));
	CHECK_OK(mkdir("m/d", 0755));
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, ALL | FAN_RENAME | FAN_FS_ERROR,
			       AT_FDCWD, "m"));
	touch("m/d/f");
	next_says(fan, FAN_CREATE, "DFID_NAME(f)", "m/d");
	next_says(fan, FAN_OPEN | FAN_CLOSE_WRITE, "DFID_NAME(f) FID", "m/d", "m/d/f");
	CHECK_OK(rename("m/d/f", "m/g"));
	next_says(fan, FAN_RENAME, "OLD(f) NEW(g)", "m/d", "m");
	next_says(fan, FAN_MOVED_FROM, "DFID_NAME(f)", "m/d");
	next_says(fan, FAN_MOVED_TO, "DFID_NAME(g)", "m");
	next_is(fan, FAN_MOVE_SELF);
	CHECK_STR(records(FILES("m/g")), "FID");
	CHECK_OK(unlink("m/g"));
	next_is(fan, FAN_ATTRIB | FAN_DELETE_SELF);
	CHECK_STR(records(NULL), "FID");
	next_says(fan, FAN_DELETE, "DFID_NAME(g)", "m");
	CHECK(!next(fan));
	CHECK_OK(umount("m"));
	stop(fan);
	/* Handles that cannot be opened will do for single files alone. */
	fan = group(FAN_REPORT_FID);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_CREATE, AT_FDCWD, "."), EINVAL);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD, FAN_FS_ERROR, AT_FDCWD, "."), EINVAL);
	stop(fan);
}

static void pidfds(void)
{
	int fan = group(FAN_REPORT_FID | FAN_REPORT_PIDFD);
	struct fanotify_event_info_pidfd *info;
	siginfo_t si;
	pid_t pid;

	touch("p");
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "p"));
	pid = fork();
	if (!pid) {
		open("p", O_RDONLY);
		_exit(7);
	}
	waitid(P_PID, pid, &si, WEXITED | WNOWAIT);
	next_says(fan, FAN_OPEN, "FID PIDFD", "p");
	CHECK_EQ(ev->pid, pid);
	info = (void *)((char *)ev + ev->event_len - sizeof(*info));
	CHECK_EQ(info->hdr.len, 8);
	CHECK_OK(waitid(P_PIDFD, info->pidfd, &si, WEXITED));
	CHECK_EQ(si.si_status, 7);
	close(info->pidfd);
	pid = fork();
	if (!pid) {
		open("p", O_RDONLY);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	next_says(fan, FAN_OPEN, "FID PIDFD", "p");
	info = (void *)((char *)ev + ev->event_len - sizeof(*info));
	CHECK_EQ(info->pidfd, FAN_NOPIDFD);
	stop(fan);
	fan = group(FAN_REPORT_FID | FAN_REPORT_TID);
	stop(fan);
}

static void evictable(void)
{
	int fan = group(FAN_REPORT_FID);

	touch("v");
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_EVICTABLE, FAN_OPEN, AT_FDCWD, "v"));
	close(open("v", O_RDONLY));
	next_says(fan, FAN_OPEN, "FID", "v");
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "v"));
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_EVICTABLE, FAN_OPEN, AT_FDCWD, "v"), EEXIST);
	CHECK_OK(unlink("v"));
	touch("v");
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_EVICTABLE, FAN_OPEN, AT_FDCWD, "v"));
	CHECK_OK(unlink("v"));
	stop(fan);
}

static void fdinfo(void)
{
	int fan = group(FAN_REPORT_DFID_NAME);
	char path[64], line[512], want[128];
	struct stat st;
	int found = 0;
	FILE *f;

	touch("i");
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "i"));
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_IGNORE_SURV, FAN_CLOSE, AT_FDCWD, "i"));
	CHECK_OK(stat("i", &st));
	snprintf(want, sizeof(want), "fanotify ino:%lx ", (long)st.st_ino);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fan);
	f = fopen(path, "r");
	NEED(f);
	while (fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "fanotify flags:", 15)) {
			CHECK_STR(line, "fanotify flags:c02 event-flags:8000\n");
			found |= 1;
		}
		if (!strncmp(line, want, strlen(want))) {
			CHECK(strstr(line, " mflags:440 mask:8000020 ignored_mask:18 fhandle-bytes:"));
			found |= 2;
		}
	}
	CHECK_EQ(found, 3);
	fclose(f);
	stop(fan);
}

static void unprivileged_child(void)
{
	int fan, status;
	pid_t pid;

	NEED(!setuid(65534));
	prctl(PR_SET_DUMPABLE, 1);
	CHECK_ERR(fanotify_init(FAN_CLASS_NOTIF, O_RDONLY), EPERM);
	CHECK_ERR(fanotify_init(FAN_REPORT_FID | FAN_CLASS_CONTENT, O_RDONLY), EPERM);
	CHECK_ERR(fanotify_init(FAN_REPORT_FID | FAN_UNLIMITED_QUEUE, O_RDONLY), EPERM);
	CHECK_ERR(fanotify_init(FAN_REPORT_FID | FAN_UNLIMITED_MARKS, O_RDONLY), EPERM);
	CHECK_ERR(fanotify_init(FAN_REPORT_FID | FAN_REPORT_PIDFD, O_RDONLY), EPERM);
	CHECK_ERR(fanotify_init(FAN_REPORT_FID | FAN_REPORT_TID, O_RDONLY), EPERM);
	fan = group(FAN_REPORT_FID);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_OPEN, AT_FDCWD, "."), EPERM);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, AT_FDCWD, "."), EPERM);
	CHECK_ERR(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "secret"), EACCES);
	CHECK_OK(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "open"));
	close(open("open", O_RDONLY));
	next_says(fan, FAN_OPEN, "FID", "open");
	CHECK_EQ(ev->pid, getpid());
	pid = fork();
	if (!pid)
		_exit(open("open", O_RDONLY) < 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	next_says(fan, FAN_OPEN, "FID", "open");
	CHECK_EQ(ev->pid, 0);
	stop(fan);
}

static void unprivileged(void)
{
	touch("secret");
	CHECK_OK(chmod("secret", 0600));
	touch("open");
	CHECK_EQ(test_in_child(unprivileged_child), 0);
}

int main(void)
{
	if (geteuid())
		SKIP("needs root");
	/* A file system of its own, so that nobody else is heard. */
	NEED(!unshare(CLONE_NEWNS));
	NEED(!mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	NEED(!mkdir("top", 0777));
	NEED(!mount("none", "top", "tmpfs", 0, NULL));
	NEED(!chdir("top"));
	RUN(only_fid);
	RUN(folder_ids);
	RUN(names);
	RUN(renames);
	RUN(super_blocks);
	RUN(pidfds);
	RUN(evictable);
	RUN(fdinfo);
	RUN(unprivileged);
	return test_done();
}
