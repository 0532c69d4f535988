// SPDX-License-Identifier: MIT
// uts, ipc, mount, time, net and cgroup name spaces; unshare(), setns(), limits.
#include "ns.h"
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/utsname.h>

static void uts(void)
{
	struct utsname before, after;
	int fd;

	NEED((fd = open("/proc/self/ns/uts", O_RDONLY)) >= 0);
	CHECK_OK(uname(&before));
	CHECK_OK(unshare(CLONE_NEWUTS));
	CHECK_OK(uname(&after));
	CHECK_STR(after.nodename, before.nodename);
	CHECK_OK(sethostname("inner", 5));
	CHECK_OK(setdomainname("dom", 3));
	CHECK_OK(uname(&after));
	CHECK_STR(after.nodename, "inner");
	CHECK_STR(after.domainname, "dom");
	CHECK_STR(slurp("/proc/sys/kernel/hostname"), "inner\n");
	CHECK_OK(setns(fd, 0));
	CHECK_OK(uname(&after));
	CHECK_STR(after.nodename, before.nodename);
	close(fd);
}

/* => a name space of IPC of our own */
static void semaphore_limits(void)
{
	/* A host may show /proc/sys read-only. */
	if (spit("/proc/sys/kernel/sem", "250 32000 32 1"))
		return;
	CHECK_OK(semget(IPC_PRIVATE, 1, 0600));
	CHECK_ERR(semget(IPC_PRIVATE, 1, 0600), ENOSPC);
	CHECK_ERR(spit("/proc/sys/kernel/sem", "250 32000 32 -1"), ERANGE);
	CHECK_STR(slurp("/proc/sys/kernel/sem"), "250\t32000\t32\t1\n");
}

static void ipc(void)
{
	int shm, msg, sem, fd;
	char *map;

	NEED((fd = open("/proc/self/ns/ipc", O_RDONLY)) >= 0);
	CHECK_OK(unshare(CLONE_NEWIPC));
	shm = shmget(0x4711, 8192, IPC_CREAT | 0600);
	msg = msgget(0x4711, IPC_CREAT | 0600);
	sem = semget(0x4711, 3, IPC_CREAT | 0600);
	CHECK_GE(shm, 0);
	CHECK_GE(msg, 0);
	CHECK_GE(sem, 0);
	map = shmat(shm, NULL, 0);
	CHECK(map != (void *)-1);
	map[0] = 'm';
	struct sembuf op = { .sem_op = 1, .sem_flg = SEM_UNDO };
	CHECK_OK(semop(sem, &op, 1));
	CHECK_OK(unshare(CLONE_NEWIPC));
	CHECK_ERR(shmget(0x4711, 0, 0), ENOENT);
	CHECK_ERR(msgget(0x4711, 0), ENOENT);
	CHECK_ERR(semget(0x4711, 0, 0), ENOENT);
	/* A mapping outlives its name space. */
	CHECK_EQ(map[0], 'm');
	map[4096] = 'n';
	CHECK_OK(shmdt(map));
	semaphore_limits();
	CHECK_OK(setns(fd, CLONE_NEWIPC));
	close(fd);
	CHECK_ERR(unshare(CLONE_NEWIPC | 0x1000), EINVAL);
}

static void mounts(void)
{
	int fd;

	NEED((fd = open("/proc/self/ns/mnt", O_RDONLY)) >= 0);
	CHECK_OK(unshare(CLONE_NEWNS));
	CHECK_OK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	CHECK_OK(mkdir("m", 0755));
	CHECK_OK(mount("none", "m", "tmpfs", 0, NULL));
	CHECK_OK(mkdir("m/inside", 0755));
	pid_t pid = fork();
	if (!pid) {
		char cwd[256];

		NEED(getcwd(cwd, sizeof(cwd)));
		CHECK_OK(setns(fd, 0));
		/* Root and folder were moved to the root there. */
		CHECK_OK(chdir(cwd));
		CHECK_ERR(access("m/inside", F_OK), ENOENT);
		_exit(test_failures);
	}
	int status;
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	/* A file may stand for a name space. */
	CHECK_OK(close(open("file", O_CREAT | O_RDWR, 0600)));
	CHECK_OK(unshare(CLONE_NEWUTS));
	CHECK_OK(mount("/proc/self/ns/uts", "file", NULL, MS_BIND, NULL));
	struct stat a, b;
	CHECK_OK(stat("file", &a));
	CHECK_OK(stat("/proc/self/ns/uts", &b));
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK(strstr(slurp("/proc/self/mountinfo"), " uts:["));
	CHECK_ERR(mount("/proc/self/ns/mnt", "file", NULL, MS_BIND, NULL), EINVAL);
	CHECK_OK(sethostname("bound", 5));
	CHECK_OK(unshare(CLONE_NEWUTS));
	CHECK_OK(sethostname("other", 5));
	int ns = open("file", O_RDONLY);
	CHECK_OK(setns(ns, CLONE_NEWUTS));
	CHECK_STR(slurp("/proc/sys/kernel/hostname"), "bound\n");
	close(ns);
	CHECK_OK(umount("file"));
	CHECK_OK(umount("m"));
	unlink("file");
	rmdir("m");
	close(fd);
}

static void less_privileged(void)
{
	CHECK_OK(unshare(CLONE_NEWNS));
	CHECK_OK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	CHECK_OK(mkdir("m", 0755));
	CHECK_OK(mount("none", "m", "tmpfs", MS_NOSUID | MS_NODEV, NULL));
	CHECK_OK(mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL));
	CHECK_OK(unshare(CLONE_NEWUSER | CLONE_NEWNS));
	CHECK_OK(spit("/proc/self/uid_map", "0 0 1"));
	CHECK_OK(spit("/proc/self/setgroups", "deny"));
	CHECK_OK(spit("/proc/self/gid_map", "0 0 1"));
	/* What the more privileged mounted stays, as it is. */
	CHECK_ERR(umount("m"), EINVAL);
	CHECK_ERR(mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV, NULL), EPERM);
	CHECK_ERR(mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NODEV, NULL), EPERM);
	CHECK_OK(mount(NULL, "m", NULL,
		       MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
	CHECK_ERR(mount("m", "/mnt", NULL, MS_MOVE, NULL), EINVAL);
	CHECK_ERR(mount("/", "/mnt", NULL, MS_BIND, NULL), EINVAL);
	/* Its own it may take away; devices there are dead. */
	CHECK_OK(mount("none", "m", "tmpfs", 0, NULL));
	CHECK_ERR(mknod("m/null", S_IFCHR | 0600, 0x103), EPERM);
	CHECK_OK(umount("m"));
}

static void times(void)
{
	struct timespec before, after;

	if (unshare(CLONE_NEWTIME))
		return;
	CHECK(strcmp(ns_link(getpid(), "time"), ns_link(getpid(), "time_for_children")));
	CHECK_ERR(spit("/proc/self/timens_offsets", "monotonic x 0\n"), EINVAL);
	CHECK_ERR(spit("/proc/self/timens_offsets", "monotonic -100000000000 0\n"), ERANGE);
	CHECK_OK(spit("/proc/self/timens_offsets", "monotonic 100000 0\nboottime 200000 5\n"));
	CHECK(strstr(slurp("/proc/self/timens_offsets"), "100000"));
	CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &before));
	pid_t pid = fork();
	if (!pid) {
		struct timespec end;

		CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &after));
		CHECK_GE(after.tv_sec - before.tv_sec, 100000);
		CHECK_LE(after.tv_sec - before.tv_sec, 100010);
		/* Absolute times are of this name space too. */
		end = after;
		end.tv_nsec += 20000000;
		if (end.tv_nsec >= 1000000000) {
			end.tv_nsec -= 1000000000;
			end.tv_sec++;
		}
		CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL), 0);
		CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &after));
		CHECK_LE(after.tv_sec - end.tv_sec, 5);
		CHECK(after.tv_sec > end.tv_sec ||
		      (after.tv_sec == end.tv_sec && after.tv_nsec >= end.tv_nsec));
		CHECK_OK(clock_gettime(CLOCK_BOOTTIME, &after));
		CHECK_GE(after.tv_sec, 200000);
		CHECK_ERR(spit("/proc/self/timens_offsets", "monotonic 1 0\n"), EACCES);
		_exit(test_failures);
	}
	int status;
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &after));
	CHECK_LE(after.tv_sec - before.tv_sec, 10);
}

static void net(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = "\0ns-test-name" };
	int a = socket(AF_UNIX, SOCK_STREAM, 0), b;
	socklen_t len = sizeof(sa_family_t) + 13;

	NEED(a >= 0);
	CHECK_OK(unshare(CLONE_NEWNET));
	b = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_OK(bind(a, (void *)&addr, len));
	/* The socket made before belongs to the name space before. */
	CHECK_OK(bind(b, (void *)&addr, len));
	CHECK_OK(listen(a, 1));
	int c = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_ERR(connect(c, (void *)&addr, len), ECONNREFUSED);
	close(a);
	close(b);
	close(c);
}

static void cgroup(void)
{
	char before[64];

	snprintf(before, sizeof(before), "%s", ns_link(getpid(), "cgroup"));
	CHECK_OK(unshare(CLONE_NEWCGROUP));
	CHECK(strcmp(before, ns_link(getpid(), "cgroup")));
	CHECK(strstr(slurp("/proc/self/cgroup"), ":/\n"));
}

static void odd_flags(void)
{
	struct clone_args args = { .exit_signal = SIGCHLD };

	CHECK_ERR(unshare(CLONE_PARENT), EINVAL);
	CHECK_ERR(unshare(CLONE_VFORK), EINVAL);
	CHECK_OK(unshare(0));
	CHECK_OK(unshare(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM));
	args.flags = CLONE_NEWNS | CLONE_FS;
	CHECK_ERR(sys_clone3(&args), EINVAL);
	args.flags = CLONE_NEWUSER | CLONE_FS;
	CHECK_ERR(sys_clone3(&args), EINVAL);
	args.flags = CLONE_NEWIPC | CLONE_SYSVSEM;
	CHECK_ERR(sys_clone3(&args), EINVAL);
	args.flags = CLONE_NEWPID | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
	args.exit_signal = 0;
	CHECK_ERR(sys_clone3(&args), EINVAL);
	CHECK_ERR(setns(-1, 0), EBADF);
	CHECK_ERR(setns(0, 0), EINVAL);
}

static void limits(void)
{
	char old[4096];

	CHECK_OK(unshare(CLONE_NEWUSER));
	snprintf(old, sizeof(old), "%s", slurp("/proc/sys/user/max_uts_namespaces"));
	CHECK_EQ(atoi(old), 0x7fffffff);
	/* Nobody without a map, but with the capability here. */
	if (spit("/proc/sys/user/max_uts_namespaces", "1"))
		return;
	CHECK_OK(unshare(CLONE_NEWUTS));
	CHECK_ERR(unshare(CLONE_NEWUTS), ENOSPC);
}

static void ordinary_users_may_not(void)
{
	if (setuid(1234))
		return;
	CHECK_ERR(unshare(CLONE_NEWUTS), EPERM);
	CHECK_ERR(unshare(CLONE_NEWNS), EPERM);
	CHECK_ERR(unshare(CLONE_NEWPID), EPERM);
	struct clone_args args = { .exit_signal = SIGCHLD, .flags = CLONE_NEWIPC };
	CHECK_ERR(sys_clone3(&args), EPERM);
}

int main(void)
{
	if (geteuid())
		SKIP("only root may make these name spaces");
	need_namespaces(CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWUSER);
	RUN_IN_CHILD(uts);
	RUN_IN_CHILD(ipc);
	RUN_IN_CHILD(mounts);
	RUN_IN_CHILD(less_privileged);
	RUN_IN_CHILD(times);
	RUN_IN_CHILD(net);
	RUN_IN_CHILD(cgroup);
	RUN_IN_CHILD(odd_flags);
	RUN_IN_CHILD(limits);
	RUN_IN_CHILD(ordinary_users_may_not);
	return test_done();
}
