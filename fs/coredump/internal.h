/* SPDX-License-Identifier: MIT */
/* What the files of core dumps share. */
#ifndef COREDUMP_INTERNAL_H
#define COREDUMP_INTERNAL_H

#include <kern/atomic.h>
#include <kern/completion.h>
#include <kern/signal_types.h>
#include <kern/types.h>

struct file;
struct task_struct;

/* A thread that waits in coredump_task_exit(), on its stack; the first one is the dumper. */
struct core_thread {
	struct task_struct *task;
	struct core_thread *next;
};

/* signal->core_state while a group is dumped. */
struct core_state {
	atomic_t nr_threads; /* on their way to the wait */
	struct core_thread dumper;
	struct completion startup;
};

/* An area as it was when the dump began. */
struct core_area {
	unsigned long start, end, flags;
	unsigned long dump_size; /* bytes of it that are written */
	unsigned long pgoff;
	struct file *file; /* counted */
	bool maybe_header; /* one page is written if it begins an ELF file */
};

struct core_dump {
	const kernel_siginfo_t *info;
	struct core_state *state;
	struct file *file;
	bool to_pipe;
	unsigned long limit; /* bytes */
	loff_t pos;	     /* in the file, holes included */
	loff_t pending_hole; /* bytes to skip before the next write */
	unsigned long mm_flags;
	struct core_area *areas;
	unsigned int nr_areas;
};

/* pattern.c: core_pattern for current; a path, or the words of a command. */
#define CORE_NAME_MAX 128
#define CORE_ARGS_MAX 32
struct core_name {
	bool is_pipe;
	char *path;		   /* allocated; of a pipe: the words, each ending in NUL */
	char *argv[CORE_ARGS_MAX]; /* of a pipe: NULL-terminated, into path */
};
extern char core_pattern[CORE_NAME_MAX];
extern int core_uses_pid;
/* 0, -ENOMEM, -E2BIG. core_name_free() in any case. */
int core_name_make(struct core_name *name, const kernel_siginfo_t *info, int dumpable);
void core_name_free(struct core_name *name);

/* helper.c: starts a program with the read end of a pipe; the write end, or an ERR_PTR. */
struct file *core_helper_start(char **argv);

/* elf_core.c: true when there is something of a core. */
bool elf_core_dump(struct core_dump *dump);

/* output.c: false when the limit, a signal or an error ended the dump. */
bool core_emit(struct core_dump *dump, const void *data, size_t size);
void core_skip(struct core_dump *dump, size_t size);
bool core_align(struct core_dump *dump, unsigned int align);
/* Gives the file its full length. */
void core_finish(struct core_dump *dump);

/* areas.c: fills dump->areas. 0 or -errno; core_areas_free() in any case. */
int core_areas_collect(struct core_dump *dump);
void core_areas_free(struct core_dump *dump);
bool core_emit_area(struct core_dump *dump, const struct core_area *area);

#endif
