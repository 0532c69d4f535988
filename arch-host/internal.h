/* SPDX-License-Identifier: MIT */
/* What the files of arch-host/ share. */
#ifndef ARCH_HOST_INTERNAL_H
#define ARCH_HOST_INTERNAL_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>
#include <um/host.h>

#define EXIT_USAGE 2
#define EXIT_PANIC 133
#define PAGE 4096UL

#define DEFAULT_RAM (256UL << 20)
#define MIN_RAM (16UL << 20)
#define MAX_RAM (1UL << 40)	/* the direct map ends below 0x7fffffffffff in every build */

/* trap=: what holds guests. */
enum trap_choice { TRAP_AUTO, TRAP_SECCOMP, TRAP_PTRACE };

/* What the command line says (args.c). */
struct options {
	enum trap_choice trap;
	bool no_fsgsbase;		/* nofsgsbase: do as if the host had no such instructions */
	unsigned long ram_size;
	unsigned int ncpus;
	const char *initrd;		/* path, or NULL: the built-in one */
	const char *command_line;
	const char *const *init_args;
	unsigned int init_argc;
	bool virtual_time;		/* time=virtual */
	bool seeded;
	unsigned long seed;		/* seed=: all randomness of the kernel and its guests */
	bool run;			/* `vmlinux run`: signals are the program's */
};

extern struct host_upcalls host_upcalls;
extern struct host_boot_info host_info;
extern int host_ram_fd;
extern pid_t host_pid;

/* Prints one line "vmlinux: ..." to standard error and exits with EXIT_USAGE. */
void usage_error(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

void args_parse(int argc, char **argv, struct options *options);
/* Values of mem= and ncpus=, also as options of `run`; complain by themselves. */
unsigned long parse_ram_size(const char *text);
unsigned int parse_cpu_count(const char *text);
enum trap_choice parse_trap(const char *text);

/* What `vmlinux run ...` comes to (run.c); argv begins behind "run". */
struct run_line {
	unsigned long ram_size;
	unsigned int ncpus;
	char *const *kernel_words;	/* NULL-terminated */
	const char *const *init_args;
	unsigned int init_argc;
};
void run_parse(char **argv, struct run_line *line);

/* Refuses hosts that cannot carry the machine (limits.c). */
void limits_check(const struct options *options);

/* The RAM memfd and its mapping (mem.c). */
void ram_create(unsigned long size);

/* Fills host_info.initrd: from a file, or the built-in archive (initrd.c). */
void initrd_load(const char *path);

/* vCPUs and their signals (vcpu.c, signal.c). */
void vcpus_prepare(unsigned int ncpus);
int vcpu_launch(unsigned int cpu);
pid_t vcpu_tid(unsigned int cpu);
const stack_t *vcpu_altstack(unsigned int cpu);
void signals_install(void);
bool vcpu_is_self(void);
/* Asks the main thread to start a vCPU (main.c). From a vCPU. */
void main_thread_request_cpu(unsigned int cpu);
/* All signals blocked but the interrupts', the faults' and the stop signals. */
void signals_mask_service(void);
void timer_prepare(unsigned int cpu);
/* Looks at the host's clocks (time.c). */
void time_prepare(void);

/* Raises HOST_DEV_* bits on the vCPU that owns devices. Any thread, any context. */
void device_raise(unsigned int bits);

/* Terminal (console.c): classification of 0, 1, 2; restoration is async-signal-safe. */
void stdio_classify(void);
void console_prepare(void);
void console_start(void);
void console_restore(void);
void console_raw_again(void);
void console_resized(void);
/* Pass-through threads (hostio.c) */
void hostio_prepare(void);

/* Block devices (disk.c): opened while the command line is read. */
void disk_open(unsigned int number, const char *path, bool read_only);
void disks_prepare(void);
void disks_start(void);

void symbols_prepare(void);

/* Guest processes (guest*.c): before the confinement, and at the end (async-signal-safe). */
void guest_prepare(const struct options *options) __attribute__((weak));
void guest_kill_all(void) __attribute__((weak));

/* Confines the calling thread and all its later children to the calls that arch-host needs. */
void confine_self(void);
/* The same for the thread of trap=ptrace, which may trace too. */
void confine_tracer(void);

/* A host service thread: all signals blocked, small stack. 0 or -EAGAIN. */
int service_thread(void *(*body)(void *), void *arg);

#endif
