/* SPDX-License-Identifier: MIT */
/* What the machine tells the kernel at boot, and how it is switched off. */
#ifndef UM_SETUP_H
#define UM_SETUP_H

#include <kern/types.h>

struct task_struct;

/* Interrupt numbers: what do_IRQ() is called with. */
enum um_irq_number {
	IRQ_TIMER = 0,		/* this vCPU's one-shot timer */
	IRQ_IPI_BASE = 1,	/* + enum um_ipi; per vCPU */
	IRQ_CONSOLE = 8,	/* terminal input, window size, writable again */
	IRQ_HOSTIO = 9,		/* a pass-through transfer ended */
	IRQ_POWER = 10,		/* the host asks for an orderly power-off (SIGTERM) */
	IRQ_DISK = 11,		/* requests to block devices ended */
	NR_IRQS = 64
};

/*
 * Called first by start_kernel(), on vCPU 0, interrupts masked: per-CPU areas and %gs stand.
 * Gives RAM to memblock: memblock_add(0, size), memblock_reserve() of the per-CPU areas and
 * of the initrd.
 */
void setup_arch(void);

/* The kernel's part of the command line (before `--`), one space between words. */
const char *um_command_line(void);
/* The words after `--`: NULL-terminated, and how many. */
const char *const *um_init_args(unsigned int *count);

/* The initial cpio archive, already decompressed, in the direct map. size 0: none. */
const void *um_initrd(size_t *size);
/*
 * Its pages may be freed once it is unpacked: physical range, page aligned, reserved in
 * memblock until then; size 0 when it lies in the binary.
 */
void um_initrd_pages(unsigned long *phys, unsigned long *size);

/* 32 random bytes of the host for the kernel's generator; wiped by the call. */
void um_random_seed(u8 seed[32]);
/* Fills buf with the host's random bytes. => any context. */
void um_random_bytes(void *buf, size_t len);

/* AT_HWCAP, AT_HWCAP2, AT_MINSIGSTKSZ of the host. */
unsigned long um_hwcap(void);
unsigned long um_hwcap2(void);
unsigned long um_minsigstksz(void);

/* Writes kernel messages to the host's standard error. => any context. */
void um_console_write(const char *buf, size_t len);

/*
 * Ends everything: restores the terminal, kills the stubs, exits with `status`.
 * => any context; never returns. Does not flush file systems: that is reboot()'s work.
 */
void um_halt(int status) __attribute__((noreturn));

/* Symbol of a kernel address: fills name (cut to size), offset into it and its size. */
bool um_symbol_lookup(unsigned long addr, char *name, size_t size, unsigned long *offset,
		      unsigned long *symsize);

/* Walks all symbols: see host_symbol_next(). The name lives for ever. => may sleep */
bool um_symbol_next(unsigned long *index, unsigned long *addr, char *kind, const char **name);

/* Steps of the frame-pointer chain of the current stack into addrs; the number found. */
unsigned int um_stack_trace(unsigned long *addrs, unsigned int max);

/*
 * The same for a task that no CPU runs and none may begin to: its run queue is locked.
 */
unsigned int um_stack_trace_task(const struct task_struct *task, unsigned long *addrs,
				 unsigned int max);

/*
 * The same for what another CPU does now, where it is first; its interrupts may be masked. 0: it
 * did not answer within some tenths of a second (the host gives it no core). => any context
 */
unsigned int um_stack_trace_cpu(unsigned int cpu, unsigned long *addrs, unsigned int max);

/* The instruction that the interrupt being handled hit; 0: unknown. => interrupt context */
unsigned long um_interrupted_ip(void);

/* Host CPU time that a vCPU has used, in ns: stands still while the host gives it no core. */
u64 um_cpu_used_ns(unsigned int cpu);

/*
 * Gives init's descriptors 0, 1, 2 to the current task: the console tty where the host's
 * descriptor is a terminal, else a pass-through file; a closed one stays closed.
 * => task context, before init is executed; 0 or -errno.
 */
int um_open_stdio(void);

/* Sleeps until a host thread has set the `done` word of what it was asked to do. */
void um_hostio_wait(const volatile unsigned int *done);

#endif
