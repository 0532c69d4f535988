// SPDX-License-Identifier: MIT
/*
 * Memory: areas that are mapped, filled, protected, moved, split, forked and unmapped, anonymous
 * and of files, more than there is memory for, so that pages are reclaimed and come back. Each
 * page carries a number that only its place and its generation explain.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "torture.h"

#define PAGE 4096UL
#define WORDS (PAGE / sizeof(uint64_t))
#define AREAS 24
#define MAX_PAGES 256
#define MAX_SHARED_PAGES 32

struct area {
	char *at;			/* NULL: none */
	unsigned int pages;
	int file;			/* -1: anonymous */
	uint64_t generation;
	bool shared;
};

static struct area areas[AREAS];

static uint64_t expected(const struct area *area, unsigned int page, unsigned int word)
{
	return (area->generation + page * WORDS + word) * 0x9e3779b97f4a7c15ULL;
}

static uint64_t *word_of(const struct area *area, unsigned int page, unsigned int word)
{
	return (uint64_t *)(area->at + page * PAGE) + word;
}

static void fill(struct area *area)
{
	area->generation = random64();
	for (unsigned int page = 0; page < area->pages; page++) {
		for (unsigned int word = 0; word < WORDS; word++)
			*word_of(area, page, word) = expected(area, page, word);
	}
}

static bool intact(const struct area *area, const char *when)
{
	for (unsigned int page = 0; page < area->pages; page++) {
		for (unsigned int word = 0; word < WORDS; word++) {
			uint64_t value = *word_of(area, page, word);

			if (value != expected(area, page, word)) {
				fail(&memory_test, "%s: page %u of %u at %p, %s: word %u is %lx", when,
				     page, area->pages, area->at,
				     area->file >= 0 ? "file" : "anonymous", word, value);
				return false;
			}
		}
	}
	return true;
}

static void drop(struct area *area)
{
	munmap(area->at, area->pages * PAGE);
	if (area->file >= 0)
		close(area->file);
	area->at = NULL;
}

static void make(struct area *area)
{
	*area = (struct area){ .pages = 1 + below(below(4) ? 32 : MAX_PAGES), .file = -1 };
	area->shared = !below(3);
	/* Memory of files in tmpfs, and what is shared, does not go to swap. */
	if (!below(3)) {
		char name[] = "/tmp/torture-XXXXXX";

		area->file = mkstemp(name);
		if (area->file >= 0) {
			unlink(name);
			area->shared = true;
			if (ftruncate(area->file, area->pages * PAGE)) {
				close(area->file);
				area->file = -1;
			}
		}
	}
	if (area->shared && area->pages > MAX_SHARED_PAGES)
		area->pages = MAX_SHARED_PAGES;
	area->at = mmap(NULL, area->pages * PAGE, PROT_READ | PROT_WRITE,
			(area->shared ? MAP_SHARED : MAP_PRIVATE) |
				(area->file < 0 ? MAP_ANONYMOUS : 0),
			area->file, 0);
	if (area->at == MAP_FAILED) {
		if (area->file >= 0)
			close(area->file);
		area->at = NULL;
		return;
	}
	fill(area);
}

static void move(struct area *area)
{
	char *at = mremap(area->at, area->pages * PAGE, area->pages * PAGE, MREMAP_MAYMOVE);
	char *hole = mmap(NULL, area->pages * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED) {
		fail(&memory_test, "mremap: %s", strerror(errno));
		return;
	}
	if (hole == MAP_FAILED)
		return;
	at = mremap(area->at, area->pages * PAGE, area->pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		    hole);
	if (at == hole)
		area->at = at;
	intact(area, "after mremap");
}

/* The middle goes and comes back, so that the area is split and put together. */
static void punch(struct area *area)
{
	unsigned int first = below(area->pages), count = 1 + below(area->pages - first);
	char *at = area->at + first * PAGE;

	if (area->file >= 0 || area->shared)
		return;
	if (mmap(at, count * PAGE, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1,
		 0) != at)
		return;
	for (unsigned int page = first; page < first + count; page++) {
		for (unsigned int word = 0; word < WORDS; word++) {
			if (*word_of(area, page, word)) {
				fail(&memory_test, "a new page is not empty");
				break;
			}
			*word_of(area, page, word) = expected(area, page, word);
		}
	}
}

static void protect(struct area *area)
{
	unsigned int first = below(area->pages), count = 1 + below(area->pages - first);

	mprotect(area->at + first * PAGE, count * PAGE, PROT_READ);
	intact(area, "write-protected");
	mprotect(area->at, area->pages * PAGE, PROT_READ | PROT_WRITE);
	fill(area);
}

/* The child sees what was, and what it writes to private memory stays its own. */
static void fork_over(void)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return;
	if (!pid) {
		bool well = true;

		for (unsigned int i = 0; i < AREAS; i++) {
			if (areas[i].at)
				well &= intact(&areas[i], "in a child");
			if (areas[i].at && !areas[i].shared && below(2))
				fill(&areas[i]);
		}
		_exit(!well);
	}
	for (unsigned int i = 0; i < AREAS; i++) {
		if (areas[i].at && !areas[i].shared && !below(3))
			fill(&areas[i]);
	}
	if (waitpid(pid, &status, 0) != pid || (status && !WIFSIGNALED(status)))
		fail(&memory_test, "the child ended with status %x", status);
}

static void read_file(struct area *area)
{
	uint64_t value;
	unsigned int page = below(area->pages);

	if (area->file < 0)
		return;
	if (pread(area->file, &value, 8, page * PAGE) != 8 || value != expected(area, page, 0))
		fail(&memory_test, "read() and the mapping differ");
}

static void memory_round(int number)
{
	struct area *area = &areas[below(AREAS)];

	if (!area->at) {
		make(area);
		return;
	}
	/* The planted failure: a word that nobody accounts for. */
	if (plant(&memory_test))
		*word_of(area, 0, WORDS / 2) ^= 1;
	intact(area, "found");
	switch (below(12)) {
	case 0:
		drop(area);
		break;
	case 1:
		move(area);
		break;
	case 2:
		punch(area);
		break;
	case 3:
		protect(area);
		break;
	case 4:
		fork_over();
		break;
	case 5:
		read_file(area);
		break;
	case 6:
		madvise(area->at, area->pages * PAGE, below(2) ? MADV_PAGEOUT : MADV_COLD);
		break;
	case 7:
		fill(area);
		break;
	}
}

struct test memory_test = { .name = "memory", .processes = 3, .round = memory_round };
