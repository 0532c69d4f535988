/* SPDX-License-Identifier: MIT */
/* /proc/PID/net: each process has the sockets of its own network name space. */
#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>


static char text[65536];

static const char *read_all(int fd)
{
	size_t n = 0;
	ssize_t got;

	while ((got = read(fd, text + n, sizeof(text) - 1 - n)) > 0)
		n += got;
	text[n] = '\0';
	return text;
}

static const char *read_file(const char *path)
{
	int fd = open(path, O_RDONLY);
	const char *all = fd < 0 ? "" : read_all(fd);

	close(fd);
	return all;
}

/* Binds an abstract name, which the list shows. */
static void listen_as(const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(addr.sun_path + 1, name);
	NEED(!bind(fd, (struct sockaddr *)&addr, sizeof(sa_family_t) + 1 + strlen(name)));
}

static void where_it_is(void)
{
	char target[32] = "";
	struct stat st;

	CHECK_EQ(readlink("/proc/net", target, sizeof(target) - 1), 8);
	CHECK_STR(target, "self/net");
	CHECK_OK(stat("/proc/self/net", &st));
	CHECK_EQ(st.st_mode, S_IFDIR | 0555);
	CHECK_OK(stat("/proc/thread-self/net/unix", &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0444);
	CHECK_ERR(open("/proc/self/net/nothing", O_RDONLY), ENOENT);
	CHECK_ERR(mkdir("/proc/self/net/new", 0755), ENOENT);
	CHECK_ERR(open("/proc/self/net/unix", O_WRONLY), EACCES);

	DIR *dir = opendir("/proc/self/net");
	struct dirent *d;
	int found = 0;

	NEED(dir);
	while ((d = readdir(dir)))
		found += !strcmp(d->d_name, "unix") || !strcmp(d->d_name, "dev");
	closedir(dir);
	CHECK_EQ(found, 2);
}

static void name_spaces(void)
{
	char path[64], byte;
	int to_child[2], from_child[2];

	listen_as("test-of-proc-net-parent");
	int mine = open("/proc/self/ns/net", O_RDONLY);
	int before = open("/proc/net/unix", O_RDONLY);

	NEED(!pipe(to_child) && !pipe(from_child));
	pid_t pid = fork();
	if (!pid) {
		NEED(!unshare(CLONE_NEWNET));
		listen_as("test-of-proc-net-child");
		NEED(write(from_child[1], "", 1) == 1);
		NEED(read(to_child[0], &byte, 1) >= 0);
		_exit(0);
	}
	NEED(read(from_child[0], &byte, 1) == 1);

	/* Of two processes each shows what is its own. */
	snprintf(path, sizeof(path), "/proc/%d/net/unix", pid);
	CHECK(strstr(read_file(path), "@test-of-proc-net-child"));
	CHECK(!strstr(text, "@test-of-proc-net-parent"));
	CHECK(strstr(read_file("/proc/net/unix"), "@test-of-proc-net-parent"));
	CHECK(!strstr(text, "@test-of-proc-net-child"));

	/* Who goes to another name space finds that one's, also by a name that is in use. */
	int folder = open("/proc/self/net", O_RDONLY | O_DIRECTORY);
	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	int other = open(path, O_RDONLY);
	CHECK_OK(setns(other, CLONE_NEWNET));
	CHECK(strstr(read_file("/proc/net/unix"), "@test-of-proc-net-child"));
	CHECK(!strstr(text, "@test-of-proc-net-parent"));
	int within = openat(folder, "unix", O_RDONLY);
	CHECK(strstr(read_all(within), "@test-of-proc-net-child"));
	/* An open file stays with the one that it was opened in. */
	CHECK(strstr(read_all(before), "@test-of-proc-net-parent"));
	CHECK_OK(setns(mine, CLONE_NEWNET));

	close(to_child[1]);
	close(to_child[0]);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int main(void)
{
	RUN(where_it_is);
	if (geteuid())
		SKIP("only root makes network name spaces");
	RUN(name_spaces);
	return test_done();
}
