// SPDX-License-Identifier: MIT
/*
 * Each system call of a list with its first allocation failing, then its second, and so on until
 * no failure is reached any more (/proc/thread-self/fail-nth). Every one may end in an error, in
 * a signal, or not at all be noticed. Afterwards the kernel must hold as many objects as before.
 *
 * nth [CALL...]: these only. Inside only: it needs CONFIG_FAULT_INJECTION, which kernels in use have not.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <mqueue.h>
#include <time.h>
#include <unistd.h>

#define MAX_NTH 400
#define LAST_ROUNDS 200

static int fail_nth_fd = -1;
static unsigned int armed;		/* 0: from the next arm() on nothing fails */

/* The next call is the one: everything before and after it works. */
static void arm(void)
{
	char text[12];
	int n = snprintf(text, sizeof(text), "%u", armed);

	if (armed && pwrite(fail_nth_fd, text, n, 0) != n)
		_exit(90);
}

/* => whether the failure was reached */
static bool disarm(void)
{
	char text[12] = "";
	bool reached = pread(fail_nth_fd, text, sizeof(text) - 1, 0) > 0 && atoi(text) == 0;

	if (pwrite(fail_nth_fd, "0", 1, 0) != 1)
		_exit(91);
	return reached;
}

static bool reached;
#define TRY(call) ({ long __r; arm(); __r = (long)(call); int __e = errno; \
	reached = disarm(); errno = __e; __r; })

static void close_all(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void try_open(void) { close_all(TRY(open("file", O_RDWR | O_CREAT, 0600))); }
static void try_mkdir(void) { if (!TRY(mkdir("dir", 0700))) rmdir("dir"); }
static void try_symlink(void) { if (!TRY(symlink("target", "link"))) unlink("link"); }
static void try_mknod(void) { if (!TRY(mknod("fifo", S_IFIFO | 0600, 0))) unlink("fifo"); }
static void try_rename(void) { if (!TRY(rename("file", "other"))) rename("other", "file"); }
static void try_link(void) { if (!TRY(link("file", "second"))) unlink("second"); }
static void try_unlink(void)
{
	close_all(open("gone", O_CREAT | O_RDWR, 0600));
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
	close_all(fd);
}
static void try_read_proc(void)
{
	static char b[4096];
	int fd = open("/proc/self/maps", O_RDONLY);

	TRY(read(fd, b, sizeof(b)));
	close_all(fd);
}
static void try_write_file(void)
{
	static const char data[20000];
	int fd = open("file", O_RDWR | O_TRUNC);

	TRY(write(fd, data, sizeof(data)));
	close_all(fd);
}
static void try_truncate(void) { TRY(truncate("file", 5000)); truncate("file", 0); }
static void try_fallocate(void)
{
	int fd = open("file", O_RDWR);

	TRY(fallocate(fd, 0, 0, 100000));
	ftruncate(fd, 0);
	close_all(fd);
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
	close_all(fd);
}
static void try_dup(void) { close_all(TRY(fcntl(0, F_DUPFD, 200))); }
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
static void try_eventfd(void) { close_all(TRY(eventfd(0, 0))); }
static void try_timerfd(void) { close_all(TRY(timerfd_create(CLOCK_MONOTONIC, 0))); }
static void try_signalfd(void)
{
	sigset_t set;

	sigemptyset(&set);
	close_all(TRY(signalfd(-1, &set, 0)));
}
static void try_memfd(void) { close_all(TRY(memfd_create("m", 0))); }
static void try_inotify(void)
{
	int fd = inotify_init();

	TRY(inotify_add_watch(fd, ".", IN_CREATE));
	close_all(fd);
}
static void try_inotify_init(void) { close_all(TRY(inotify_init1(0))); }
static void try_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fd = epoll_create1(0), target = eventfd(0, 0);

	TRY(epoll_ctl(fd, EPOLL_CTL_ADD, target, &event));
	close_all(fd);
	close_all(target);
}
static void try_epoll_create(void) { close_all(TRY(epoll_create1(0))); }
static void try_poll(void)
{
	struct pollfd fds[200];

	for (int i = 0; i < 200; i++)
		fds[i] = (struct pollfd){ .fd = 0, .events = POLLIN };
	TRY(poll(fds, 200, 0));
}
static void try_select(void)
{
	struct timeval none = { 0 };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(0, &set);
	TRY(select(900, &set, NULL, NULL, &none));
}
static void try_socket(void) { close_all(TRY(socket(AF_UNIX, SOCK_STREAM, 0))); }
static void try_socket_inet(void) { close_all(TRY(socket(AF_INET, SOCK_STREAM, 0))); }
static void try_socket_netlink(void) { close_all(TRY(socket(AF_NETLINK, SOCK_RAW, 0))); }
static void try_socketpair(void)
{
	int p[2];

	if (!TRY(socketpair(AF_UNIX, SOCK_STREAM, 0, p))) {
		close(p[0]);
		close(p[1]);
	}
}
static void try_bind_connect(bool connecting)
{
	struct sockaddr_un addr = { AF_UNIX, "socket" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), other = socket(AF_UNIX, SOCK_STREAM, 0);

	if (!connecting) {
		TRY(bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
	} else if (!bind(fd, (struct sockaddr *)&addr, sizeof(addr)) && !listen(fd, 5)) {
		TRY(connect(other, (struct sockaddr *)&addr, sizeof(addr)));
	}
	close_all(fd);
	close_all(other);
	unlink("socket");
}
static void try_bind(void) { try_bind_connect(false); }
static void try_connect(void) { try_bind_connect(true); }
static void try_accept(void)
{
	struct sockaddr_un addr = { AF_UNIX, "socket" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), other = socket(AF_UNIX, SOCK_STREAM, 0);

	if (!bind(fd, (struct sockaddr *)&addr, sizeof(addr)) && !listen(fd, 5) &&
	    !connect(other, (struct sockaddr *)&addr, sizeof(addr)))
		close_all(TRY(accept(fd, NULL, NULL)));
	close_all(fd);
	close_all(other);
	unlink("socket");
}
static void try_send(void)
{
	static const char data[9000];
	int p[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, p))
		return;
	TRY(send(p[0], data, sizeof(data), 0));
	close(p[0]);
	close(p[1]);
}
static void try_send_fd(void)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { "x", 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int p[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, p))
		return;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &p[0], sizeof(int));
	TRY(sendmsg(p[0], &msg, 0));
	close(p[0]);
	close(p[1]);
}
static void try_mmap(void)
{
	void *at = (void *)TRY(mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0));

	if (at != MAP_FAILED)
		munmap(at, 1 << 20);
}
static void try_munmap_middle(void)
{
	char *at = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	TRY(munmap(at + 8192, 4096));
	munmap(at, 1 << 16);
}
static void try_mprotect(void)
{
	char *at = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	TRY(mprotect(at + 8192, 4096, PROT_READ));
	munmap(at, 1 << 16);
}
static void try_mremap(void)
{
	char *at = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *moved;

	memset(at, 1, 1 << 16);
	moved = (char *)TRY(mremap(at, 1 << 16, 1 << 20, MREMAP_MAYMOVE));
	if (moved != MAP_FAILED)
		munmap(moved, 1 << 20);
	else
		munmap(at, 1 << 16);
}
static void try_mlock(void)
{
	char *at = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	TRY(mlock(at + 4096, 8192));
	munmap(at, 1 << 16);
}
static void try_brk(void)
{
	char *end = sbrk(0);

	TRY(syscall(SYS_brk, end + (1 << 20)));
	brk(end);
}
static void try_madvise(void)
{
	char *at = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	TRY(madvise(at + 8192, 4096, MADV_DONTFORK));
	munmap(at, 1 << 16);
}
/* In a child: after a fork each first write is a fault, which may be the one without a page. */
static void try_fork(void)
{
	pid_t outer = fork(), pid;
	int status;

	if (!outer) {
		int fd = open("/proc/thread-self/fail-nth", O_RDWR);

		close(fail_nth_fd);
		fail_nth_fd = fd;
		arm();
		pid = fork();
		if (!pid)
			_exit(0);
		reached = disarm();
		if (pid > 0)
			waitpid(pid, NULL, 0);
		_exit(reached ? 7 : 8);
	}
	reached = true;
	if (outer > 0) {
		waitpid(outer, &status, 0);
		reached = !WIFEXITED(status) || WEXITSTATUS(status) == 7;
	}
}
static void try_exec(void)
{
	pid_t pid = fork();

	if (!pid) {
		int fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);

		close(fail_nth_fd);
		fail_nth_fd = fd;
		/* The C library says what it could not have. */
		close(2);
		arm();
		execl("/proc/self/exe", "nth", "exit", NULL);
		/* Seven: the failure was met and reported. */
		_exit(disarm() ? 7 : 8);
	}
	reached = true;
	if (pid > 0) {
		int status;

		waitpid(pid, &status, 0);
		/* The new program says whether it is still to come. */
		reached = !WIFEXITED(status) || WEXITSTATUS(status) == 7 || WEXITSTATUS(status) == 0;
	}
}
static void try_unshare(int flags)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		int fd = open("/proc/thread-self/fail-nth", O_RDWR);

		close(fail_nth_fd);
		fail_nth_fd = fd;
		TRY(unshare(flags));
		_exit(reached);
	}
	reached = false;
	if (pid > 0) {
		waitpid(pid, &status, 0);
		reached = WIFEXITED(status) && WEXITSTATUS(status) == 1;
	}
}
static void try_unshare_mount(void) { try_unshare(CLONE_NEWNS); }
static void try_unshare_user(void) { try_unshare(CLONE_NEWUSER); }
static void try_unshare_net(void) { try_unshare(CLONE_NEWNET); }
static void try_unshare_ipc(void) { try_unshare(CLONE_NEWIPC | CLONE_NEWUTS); }
static void try_unshare_pid(void) { try_unshare(CLONE_NEWPID); }
static void try_unshare_files(void) { try_unshare(CLONE_FILES | CLONE_FS); }
static void try_mount(void)
{
	mkdir("mnt", 0700);
	if (!TRY(mount("tmpfs", "mnt", "tmpfs", 0, "size=1M")))
		umount("mnt");
	rmdir("mnt");
}
static void try_bind_mount(void)
{
	mkdir("mnt", 0700);
	if (!TRY(mount("/proc", "mnt", NULL, MS_BIND | MS_REC, NULL)))
		umount2("mnt", MNT_DETACH);
	rmdir("mnt");
}
static void try_kill(void)
{
	signal(SIGUSR1, SIG_IGN);
	TRY(kill(getpid(), SIGUSR1));
}
static void try_sigqueue(void)
{
	sigset_t set, old;
	struct timespec none = { 0 };

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, &old);
	if (!TRY(sigqueue(getpid(), SIGRTMIN, (union sigval){ 0 })))
		sigtimedwait(&set, NULL, &none);
	sigprocmask(SIG_SETMASK, &old, NULL);
}
static void try_timer(void)
{
	int id;

	if (!TRY(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &id)))
		syscall(SYS_timer_delete, id);
}
static void try_shm(void)
{
	int id = TRY(shmget(IPC_PRIVATE, 100000, 0600));

	if (id >= 0)
		shmctl(id, IPC_RMID, NULL);
}
static void try_shmat(void)
{
	int id = shmget(IPC_PRIVATE, 100000, 0600);
	void *at = (void *)TRY(shmat(id, NULL, 0));

	if (at != (void *)-1)
		shmdt(at);
	shmctl(id, IPC_RMID, NULL);
}
static void try_sem(void)
{
	int id = TRY(semget(IPC_PRIVATE, 10, 0600));

	if (id >= 0)
		semctl(id, 0, IPC_RMID);
}
static void try_semop(void)
{
	struct sembuf op = { 0, 1, SEM_UNDO };
	int id = semget(IPC_PRIVATE, 10, 0600);

	TRY(semop(id, &op, 1));
	semctl(id, 0, IPC_RMID);
}
static void try_msg(void)
{
	int id = TRY(msgget(IPC_PRIVATE, 0600));

	if (id >= 0)
		msgctl(id, IPC_RMID, NULL);
}
static void try_msgsnd(void)
{
	struct { long type; char text[6000]; } message = { .type = 1 };
	int id = msgget(IPC_PRIVATE, 0600);

	TRY(msgsnd(id, &message, sizeof(message.text), IPC_NOWAIT));
	msgctl(id, IPC_RMID, NULL);
}
static void try_mq(void)
{
	mqd_t q = TRY(mq_open("/nth", O_RDWR | O_CREAT, 0600, NULL));

	if (q >= 0) {
		mq_close(q);
		mq_unlink("/nth");
	}
}
static void try_setgroups(void)
{
	gid_t groups[100] = { 0 };

	TRY(syscall(SYS_setgroups, 100, groups));
	syscall(SYS_setgroups, 0, groups);
}
static void try_setuid(void) { TRY(syscall(SYS_setresuid, -1, -1, -1)); }
static void try_prctl(void) { TRY(prctl(PR_SET_NAME, "nth")); }
static void try_affinity(void)
{
	cpu_set_t set;

	sched_getaffinity(0, sizeof(set), &set);
	TRY(sched_setaffinity(0, sizeof(set), &set));
}
static void try_io_uring(void)
{
	char params[120] = { 0 };

	close_all(TRY(syscall(SYS_io_uring_setup, 8, params)));
}
static void try_pidfd(void) { close_all(TRY(syscall(SYS_pidfd_open, getpid(), 0))); }
static void try_splice(void)
{
	int p[2], fd = open("/proc/self/exe", O_RDONLY);

	if (pipe(p))
		return;
	TRY(splice(fd, NULL, p[1], NULL, 20000, 0));
	close(p[0]);
	close(p[1]);
	close_all(fd);
}
static void try_sendfile(void)
{
	int fd = open("/proc/self/exe", O_RDONLY), out = open("file", O_RDWR);

	TRY(syscall(SYS_sendfile, out, fd, NULL, 20000));
	ftruncate(out, 0);
	close_all(fd);
	close_all(out);
}

#define CALL(name) { #name, try_##name }
static const struct { const char *name; void (*fn)(void); } calls[] = {
	CALL(open), CALL(mkdir), CALL(symlink), CALL(mknod), CALL(rename), CALL(link), CALL(unlink),
	CALL(stat), CALL(statfs), CALL(getcwd), CALL(readlink), CALL(getdents), CALL(read_proc),
	CALL(write_file), CALL(truncate), CALL(fallocate), CALL(xattr), CALL(lock), CALL(dup),
	CALL(pipe), CALL(pipe_write), CALL(pipe_size), CALL(eventfd), CALL(timerfd), CALL(signalfd),
	CALL(memfd), CALL(inotify), CALL(inotify_init), CALL(epoll), CALL(epoll_create), CALL(poll),
	CALL(select), CALL(socket), CALL(socket_inet), CALL(socket_netlink), CALL(socketpair),
	CALL(bind), CALL(connect), CALL(accept), CALL(send), CALL(send_fd), CALL(mmap),
	CALL(munmap_middle), CALL(mprotect), CALL(mremap), CALL(mlock), CALL(brk), CALL(madvise),
	CALL(fork), CALL(exec), CALL(unshare_mount), CALL(unshare_user), CALL(unshare_net),
	CALL(unshare_ipc), CALL(unshare_pid), CALL(unshare_files), CALL(mount), CALL(bind_mount),
	CALL(kill), CALL(sigqueue), CALL(timer), CALL(shm), CALL(shmat), CALL(sem), CALL(semop),
	CALL(msg), CALL(msgsnd), CALL(mq), CALL(setgroups), CALL(setuid), CALL(prctl),
	CALL(affinity), CALL(io_uring), CALL(pidfd), CALL(splice), CALL(sendfile),
};

/* Used objects of each cache of /proc/slabinfo. */
struct cache {
	char name[40];
	long used;
};

static unsigned int read_slabs(struct cache *caches, unsigned int max)
{
	FILE *f = fopen("/proc/slabinfo", "r");
	unsigned int count = 0;
	char line[400];

	while (f && count < max && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%39s %ld", caches[count].name, &caches[count].used) == 2)
			count++;
	}
	if (f)
		fclose(f);
	return count;
}

static struct cache before[400], after[400];

static int all_of(unsigned int i, unsigned int *worst)
{
	unsigned int nth;

	for (nth = 1; nth <= MAX_NTH; nth++) {
		armed = nth;
		reached = false;
		calls[i].fn();
		if (!reached)
			break;
	}
	armed = 0;
	*worst = nth;
	return nth > MAX_NTH;
}

/* Objects freed after a grace period or by a worker count until then. */
static void settle(void)
{
	for (int i = 0; i < 4; i++) {
		syscall(SYS_membarrier, 1, 0, 0);
		usleep(50000);
	}
}

/* Which of the failures leaks: each alone, several times. */
static void name_leak(unsigned int i, const char *cache, unsigned int worst)
{
	for (unsigned int nth = 1; nth < worst; nth++) {
		unsigned int count;
		long used = 0;

		settle();
		count = read_slabs(before, 400);
		armed = nth;
		for (int round = 0; round < 30; round++)
			calls[i].fn();
		armed = 0;
		settle();
		read_slabs(after, 400);
		for (unsigned int c = 0; c < count; c++) {
			if (!strcmp(after[c].name, cache))
				used = after[c].used - before[c].used;
		}
		if (used >= 30)
			printf("FAILED: %s: %s leaks when allocation %u fails\n", calls[i].name, cache, nth);
	}
}

static int check_leaks(unsigned int i, unsigned int rounds)
{
	unsigned int count, n, worst;

	settle();
	count = read_slabs(before, 400);
	for (unsigned int round = 0; round < rounds; round++)
		all_of(i, &worst);
	settle();
	n = read_slabs(after, 400);
	for (unsigned int c = 0; c < count && c < n; c++) {
		if (after[c].used - before[c].used >= (long)rounds &&
		    !strcmp(after[c].name, before[c].name)) {
			char name[40];

			strcpy(name, after[c].name);
			if (rounds == LAST_ROUNDS) {
				printf("FAILED: %s: %s grew from %ld to %ld in %u rounds\n",
				       calls[i].name, name, before[c].used, after[c].used, rounds);
				name_leak(i, name, worst);
			}
			return 1;
		}
	}
	return 0;
}

/* One call, in a process of its own: it may be killed where a page fault finds no page. */
static int try_call(unsigned int i)
{
	unsigned int worst;
	int failed = 0;

	fail_nth_fd = open("/proc/thread-self/fail-nth", O_RDWR);
	close_all(open("file", O_RDWR | O_CREAT, 0600));
	if (all_of(i, &worst)) {
		printf("FAILED: %s: still reached after %d failures\n", calls[i].name, MAX_NTH);
		failed = 1;
	}
	printf("%s: %u allocations\n", calls[i].name, worst - 1);
	/* A first call fills caches, and a slab of a CPU counts as used: a leak grows in any case. */
	return failed | (check_leaks(i, 20) && check_leaks(i, 40) && check_leaks(i, LAST_ROUNDS));
}

static bool named(char **words, const char *name)
{
	while (*words && strcmp(*words, name))
		words++;
	return *words != NULL;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc > 1 && !strcmp(argv[1], "exit")) {
		/* What the exec left of the number: 0 when it failed late and went on. */
		char text[12] = "";
		int fd = open("/proc/thread-self/fail-nth", O_RDWR);

		return pread(fd, text, sizeof(text) - 1, 0) > 0 && atoi(text) ? 9 : 0;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	mkdir("/tmp/nth", 0700);
	if (chdir("/tmp/nth"))
		return 2;
	fail_nth_fd = open("/proc/thread-self/fail-nth", O_RDWR);
	if (fail_nth_fd < 0) {
		puts("no /proc/thread-self/fail-nth");
		return 77;
	}
	close(fail_nth_fd);
	/* A fault without a page then ends the process that faulted, and nobody else. */
	fail_nth_fd = open("/proc/self/oom_score_adj", O_WRONLY);
	if (write(fail_nth_fd, "-1000", 5) != 5)
		return 2;
	close(fail_nth_fd);
	for (unsigned int i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		int status = -1;
		pid_t pid;

		if (argc > 1 && !named(argv + 1, calls[i].name))
			continue;
		fflush(stdout);
		pid = fork();
		if (!pid)
			exit(try_call(i));
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status) {
			printf("FAILED: %s: status %x\n", calls[i].name, status);
			failed = 1;
		}
	}
	puts(failed ? "nth: FAILED" : "nth: ok");
	return failed;
}
