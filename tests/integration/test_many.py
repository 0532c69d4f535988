# SPDX-License-Identifier: MIT
"""Many processes, threads, files and mappings of a program under `vmlinux run`."""
import os

from driver import equal, lacks, run, test
from programs import COMPLAINTS, command, folder, need, write

CPUS = (1, 2)

MANY = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void need(int yes, const char *what)
{
	if (!yes) {
		perror(what);
		exit(1);
	}
}

static void one_after_another(void)
{
	int sum = 0;

	for (int i = 0; i < 10000; i++) {
		int status;
		pid_t pid = fork();

		need(pid >= 0, "fork");
		if (!pid)
			_exit(i % 7);
		need(waitpid(pid, &status, 0) == pid, "wait");
		sum += WEXITSTATUS(status);
	}
	printf("processes one after another: %d\n", sum);
}

static void at_once(void)
{
	int gate[2], ready[2], n = 0, status;
	char c;

	need(!pipe(gate) && !pipe(ready), "pipe");
	for (int i = 0; i < 1000; i++) {
		pid_t pid = fork();

		need(pid >= 0, "fork");
		if (!pid) {
			close(gate[1]);
			need(write(ready[1], "", 1) == 1, "write");
			_exit(read(gate[0], &c, 1) == 0 ? 3 : 4);
		}
	}
	for (int i = 0; i < 1000; i++)
		need(read(ready[0], &c, 1) == 1, "read");
	close(gate[1]);
	while (wait(&status) > 0)
		n += WEXITSTATUS(status) == 3;
	printf("processes at once: %d\n", n);
}

static pthread_barrier_t barrier;

static void *thread(void *arg)
{
	pthread_barrier_wait(&barrier);
	return arg;
}

static void threads(void)
{
	static pthread_t ids[1000];
	pthread_attr_t attr;
	long sum = 0;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 10);
	pthread_barrier_init(&barrier, NULL, 1001);
	for (long i = 0; i < 1000; i++)
		need(!pthread_create(&ids[i], &attr, thread, (void *)i), "pthread_create");
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 1000; i++) {
		void *result;

		pthread_join(ids[i], &result);
		sum += (long)result;
	}
	printf("threads: %ld\n", sum);
}

static void files(void)
{
	struct rlimit limit = { 10100, 10100 };
	static int fds[10000];
	long sum = 0;

	need(!setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
	for (int i = 0; i < 10000; i++) {
		char name[32];

		sprintf(name, "f%d", i);
		fds[i] = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
		need(fds[i] >= 0 && write(fds[i], &i, sizeof(i)) == sizeof(i), "open");
	}
	for (int i = 0; i < 10000; i++) {
		int value = 0;

		need(pread(fds[i], &value, sizeof(value), 0) == sizeof(value), "pread");
		sum += value;
		close(fds[i]);
	}
	printf("open files: %ld\n", sum);
}

static void mappings(void)
{
	const size_t page = 4096, n = 10000;
	char *area = mmap(NULL, 2 * n * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long sum = 0;

	need(area != MAP_FAILED, "mmap");
	for (size_t i = 0; i < n; i++) {
		char *p = mmap(area + 2 * i * page, page, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

		need(p != MAP_FAILED, "mmap");
		*(int *)p = i;
	}
	for (size_t i = 0; i < n; i++)
		sum += *(int *)(area + 2 * i * page);
	need(!munmap(area, 2 * n * page), "munmap");
	printf("mappings: %ld\n", sum);
}

int main(void)
{
	one_after_another();
	at_once();
	threads();
	files();
	mappings();
	return 0;
}
"""

WANTED = (b"processes one after another: 29994\nprocesses at once: 1000\nthreads: 499500\n"
          b"open files: 49995000\nmappings: 49995000\n")


@test(limit=400, long=True, cpus=CPUS)
def many_of_everything(cpus):
    need("gcc")
    top = folder()
    write(top + "/many.c", MANY)
    run(["gcc", "-O2", "-pthread", "-o", "many", "many.c"], cwd=top).expect(0)
    end = run(command(top + "/many", cpus=cpus, options=("--verbose", "--mem", "2G")), cwd=top,
              limit=350)
    end.expect(0, WANTED)
    lacks(end.err, COMPLAINTS)
    equal(sorted(os.listdir(top)), ["many", "many.c"])


@test(limit=60, cpus=CPUS)
def output_that_nobody_reads_ends_it(cpus):
    """As on the host: the writer ends by SIGPIPE, the pipeline with head's status."""
    script = '"$@" | head -1; echo "${PIPESTATUS[@]}"'
    for inner, wanted in (("yes", b"y\n141 0\n"), ("seq 1 10000000", b"1\n141 0\n")):
        argv = ["bash", "-c", script, "bash"]
        run(argv + inner.split()).expect(0, wanted)
        run(argv + command(*inner.split(), cpus=cpus)).expect(0, wanted)


@test(limit=60, cpus=CPUS)
def timeout_ends_a_sleep(cpus):
    end = run(["timeout", "5"] + command("sleep", "100", cpus=cpus)).expect(124, b"")
    equal(end.err, b"")
    end = run(["timeout", "--preserve-status", "1"] + command("sleep", "100", cpus=cpus))
    end.expect(128 + 15, b"")
