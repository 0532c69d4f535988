// SPDX-License-Identifier: MIT
// Many processes and threads at once on one small tree: nothing is lost, doubled or torn.
#include "fs/fs.h"
#include <dirent.h>
#include <pthread.h>

#define PROCESSES 4
#define ROUNDS 400

static unsigned int seed;

static int rnd(int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

static const char *name(char *buf)
{
	sprintf(buf, "t/d%d/%c%d", rnd(3), "fl"[rnd(2)], rnd(6));
	return buf;
}

/* Any of these may fail because somebody else was faster; none may do what it must not. */
static void one_step(void)
{
	char a[64], b[64], buf[128];
	struct stat st;
	DIR *d;
	int fd;

	switch (rnd(12)) {
	case 0: case 1:
		fd = open(name(a), O_CREAT | O_RDWR, 0644);
		if (fd >= 0) {
			if (write(fd, "0123456789", 10) != 10)
				_exit(11);
			close(fd);
		}
		break;
	case 2:
		fd = open(name(a), O_CREAT | O_EXCL | O_RDWR, 0644);
		if (fd >= 0)
			close(fd);
		else if (errno != EEXIST && errno != ENOENT)
			_exit(12);
		break;
	case 3:
		unlink(name(a));
		break;
	case 4: case 5:
		if (rename(name(a), name(b)) && errno != ENOENT && errno != ENOTDIR &&
		    errno != EISDIR && errno != ENOTEMPTY)
			_exit(13);
		break;
	case 6:
		if (link(name(a), name(b)) && errno != ENOENT && errno != EEXIST && errno != EPERM)
			_exit(14);
		break;
	case 7:
		symlink("../d1/f1", name(a));
		break;
	case 8:
		fd = open(name(a), O_RDONLY);
		if (fd >= 0) {
			ssize_t n = read(fd, buf, sizeof(buf));

			if (n > 10 || (n > 0 && buf[0] != '0'))
				_exit(15);
			close(fd);
		}
		break;
	case 9:
		sprintf(a, "t/d%d", rnd(3));
		d = opendir(a);
		if (d) {
			struct dirent *e;

			while ((e = readdir(d)))
				if (e->d_name[0] != '.' && e->d_name[0] != 'f' &&
				    e->d_name[0] != 'l' && e->d_name[0] != 's')
					_exit(16);
			closedir(d);
		}
		break;
	case 10:
		sprintf(a, "t/d%d", rnd(3));
		if (rnd(2))
			mkdir(a, 0755);
		else
			rmdir(a);
		break;
	case 11:
		/* Between lookup and answer the last name may go: a link count of 0 is no error. */
		lstat(name(a), &st);
		stat(a, &st);
		sprintf(a, "t/d%d", rnd(3));
		sprintf(b, "t/d%d/s", rnd(3));
		if (rnd(8) == 0) {
			rename(a, b);
			rename(b, a);
		}
		break;
	}
}

static void tree(void)
{
	pid_t pids[PROCESSES];
	int i, k, status;

	NEED(!mkdir("t", 0755));
	for (i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			seed = 1000 + i;
			for (k = 0; k < ROUNDS; k++)
				one_step();
			_exit(0);
		}
	}
	for (i = 0; i < PROCESSES; i++) {
		CHECK_EQ(waitpid(pids[i], &status, 0), pids[i]);
		CHECK_EQ(status, 0);
	}
	CHECK_EQ(system("rm -rf t"), 0);
	CHECK(!exists("t"));
}

/* O_EXCL: of all who try at once exactly one makes the file. */
static void exclusive_creation(void)
{
	int i, k, status, made, p[2];

	for (k = 0; k < 50; k++) {
		NEED(!pipe(p));
		for (i = 0; i < PROCESSES; i++)
			if (!fork()) {
				int fd = open("only", O_CREAT | O_EXCL | O_WRONLY, 0600);

				_exit(fd >= 0 ? 1 : errno == EEXIST ? 0 : 2);
			}
		made = 0;
		for (i = 0; i < PROCESSES; i++) {
			NEED(wait(&status) > 0);
			CHECK_LT(WEXITSTATUS(status), 2);
			made += WEXITSTATUS(status);
		}
		CHECK_EQ(made, 1);
		CHECK_OK(unlink("only"));
		close(p[0]); close(p[1]);
	}
}

/* O_APPEND: no record is lost or split. */
static void appending(void)
{
	char rec[16], line[17];
	int count[PROCESSES] = { 0 };
	int i, k, fd;
	FILE *f;

	for (i = 0; i < PROCESSES; i++)
		if (!fork()) {
			fd = open("log", O_CREAT | O_WRONLY | O_APPEND, 0644);
			memset(rec, '0' + i, 15);
			rec[15] = '\n';
			for (k = 0; k < 200; k++)
				if (write(fd, rec, 16) != 16)
					_exit(1);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	f = fopen("log", "r");
	NEED(f);
	while (fgets(line, sizeof(line), f)) {
		for (i = 0; i < 15; i++)
			if (line[i] != line[0])
				FAIL("a record is split: %s", line);
		count[line[0] - '0']++;
	}
	fclose(f);
	for (i = 0; i < PROCESSES; i++)
		CHECK_EQ(count[i], 200);
	unlink("log");
}

/* Threads open and close while others use the numbers: each sees a file or EBADF. */
static volatile int stop;

static void *opener(void *arg)
{
	while (!stop) {
		int fd = open("/dev/null", O_RDONLY);

		if (fd < 0)
			break;
		dup2(fd, 20);
		close(20);
		close(fd);
	}
	return NULL;
}

static void *user(void *arg)
{
	struct stat st;
	char c;
	int i;

	for (i = 0; i < 3000; i++) {
		int fd = i % 2 ? 20 : 5;

		if (fstat(fd, &st) && errno != EBADF)
			FAIL("fstat: %s", strerror(errno));
		if (read(fd, &c, 1) > 0)
			FAIL("read something");
	}
	return NULL;
}

static void descriptors(void)
{
	pthread_t a, b, u;

	pthread_create(&a, NULL, opener, NULL);
	pthread_create(&b, NULL, opener, NULL);
	pthread_create(&u, NULL, user, NULL);
	pthread_join(u, NULL);
	stop = 1;
	pthread_join(a, NULL);
	pthread_join(b, NULL);
}

int main(void)
{
	go_to_tmpfs();
	umask(022);
	RUN(tree);
	RUN(exclusive_creation);
	RUN(appending);
	RUN(descriptors);
	leave_tmpfs();
	return test_done();
}
