/* SPDX-License-Identifier: MIT */
/*
 * THE boundary between the kernel and the host. Includes nothing, names no host type.
 *
 * Downwards: host_*() calls, implemented in arch-host/. They are leaves: they never schedule
 * and never call back but through the upcall table. Calls made on a vCPU use raw system calls
 * only (no libc lock, no errno, no thread-local address), so that an interrupt may preempt and
 * migrate the caller anywhere. docs/host-calls.md has a page on each.
 *
 * Upwards: struct host_upcalls, filled by um_kernel_main(), the one symbol that the kernel
 * exports.
 *
 * Errors are negative errno numbers (the same on both sides: both are Linux).
 */
#ifndef UM_HOST_H
#define UM_HOST_H

#if defined(__KERNEL_CODE__) && !defined(UM_KERNEL_INTERNAL)
#error "<um/host.h> is for um/ and fs/hostfs only (they define UM_KERNEL_INTERNAL)"
#endif

#define HOST_INTERFACE_VERSION 1
#define HOST_MAX_CPUS 64

/* Where RAM is mapped: natively, under AddressSanitizer and under Valgrind. */
#define HOST_RAM_BASE 0x7e8000000000UL

/* Interrupt lines: bits of the per-vCPU pending word. */
#define HOST_LINE_TIMER		(1u << 0)	/* SIGALRM: this vCPU's timer */
#define HOST_LINE_DEVICE	(1u << 1)	/* SIGIO: look at the device words */
#define HOST_LINE_IPI		(1u << 2)	/* SIGURG: another vCPU */

/* Bits of host_boot_info.stdio[].kind */
enum host_fd_kind {
	HOST_FD_CLOSED,
	HOST_FD_TTY,
	HOST_FD_OTHER		/* pipe, file, socket, device: passed through */
};

struct host_stdio {
	enum host_fd_kind kind;
	int readable;		/* by its open mode */
	int writable;
	int seekable;		/* regular file or block device */
};

/* Everything the kernel learns at start; constant afterwards but for the seed. */
struct host_boot_info {
	unsigned int version;		/* HOST_INTERFACE_VERSION */
	unsigned int ncpus;
	unsigned long ram_size;		/* bytes at HOST_RAM_BASE, page aligned */
	const void *initrd;		/* a plain cpio archive: in RAM, or in our own binary */
	unsigned long initrd_size;	/* 0: none */
	const char *command_line;	/* the kernel's words */
	const char *const *init_args;	/* words after `--`, NULL-terminated */
	unsigned int init_argc;
	struct host_stdio stdio[3];
	unsigned char random_seed[32];	/* follows from `seed` when one was given */
	unsigned long seed;		/* seed=, or the host's choice */
	int virtual_time;		/* time=virtual */
	int tsc_traps;			/* with it: RDTSC traps in guests, as we asked for */
	unsigned long hwcap, hwcap2, minsigstksz;
};

/* A fault of kernel code, as the host's signal frame shows it. Registers in ABI order. */
struct host_fault {
	int signr;			/* SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP */
	int si_code;
	unsigned long address;		/* si_addr */
	unsigned long error_code;	/* x86 page fault bits */
	unsigned long trap;		/* x86 vector */
	/* r15 r14 r13 r12 bp bx r11 r10 r9 r8 ax cx dx si di, then ip flags sp */
	unsigned long regs[18];
};
enum { HOST_REG_R15, HOST_REG_R14, HOST_REG_R13, HOST_REG_R12, HOST_REG_BP, HOST_REG_BX,
       HOST_REG_R11, HOST_REG_R10, HOST_REG_R9, HOST_REG_R8, HOST_REG_AX, HOST_REG_CX,
       HOST_REG_DX, HOST_REG_SI, HOST_REG_DI, HOST_REG_IP, HOST_REG_FLAGS, HOST_REG_SP };

struct host_upcalls {
	unsigned int version;

	/*
	 * Does the kernel know this word of the command line ("name" or "name=value")? 1 yes,
	 * 0 unknown, -EINVAL known but malformed. Before start: no per-CPU data, no RAM.
	 */
	int (*check_param)(const char *word);

	/* vCPU 0 begins here, on its boot stack, interrupts masked. Never returns. */
	void (*start)(void);

	/* A further vCPU begins here (host_cpu_start). Never returns. */
	void (*cpu_start)(unsigned int cpu);

	/*
	 * A signal arrived: `lines` of HOST_LINE_*. In the handler's frame on whatever stack
	 * the vCPU ran, the three signals blocked. May switch tasks; so the handler may go on
	 * on another vCPU. `ip` is the interrupted instruction.
	 */
	void (*interrupt)(unsigned int lines, unsigned long ip);

	/*
	 * Kernel code faulted. On the vCPU's alternate stack, all signals blocked; never
	 * switches tasks. 1: registers may have been changed, go on there. 0: not handled
	 * (the host dies of the signal, for the core dump).
	 */
	int (*fault)(struct host_fault *fault);

	/*
	 * A signal arrived while this vCPU's nmi word was not zero, its interrupts masked or
	 * not. In the handler's frame; takes no lock, never switches tasks, returns soon. `ip` and
	 * `bp` are of what was interrupted.
	 */
	void (*nmi)(unsigned long ip, unsigned long bp);
};

/* The kernel's one export: fills the table; runs nothing else. `info` stays valid for ever. */
void um_kernel_main(const struct host_boot_info *info, struct host_upcalls *upcalls);

/* ---- vCPUs (arch-host/vcpu.c) ---- */

/* Sets this vCPU's %gs base. */
void host_set_gs(unsigned long base);

/*
 * Tells the host where a vCPU keeps its masked flag, its pending word, its number and its nmi
 * word: offsets from the %gs base, the same for all. A signal that finds `masked` nonzero only
 * sets bits of `pending`, and one that finds `nmi` nonzero makes the upcall of that name. Called
 * once, before interrupts are let in anywhere.
 */
void host_set_words(unsigned long masked, unsigned long pending, unsigned long cpu_number,
		    unsigned long nmi);

/* Host CPU time that the thread of vCPU `cpu` has used: stands still while it has no core. */
unsigned long host_cpu_used_ns(unsigned int cpu);

/* Starts the host thread of vCPU `cpu`, which calls upcalls->cpu_start. 0 or -EAGAIN. */
int host_cpu_start(unsigned int cpu);

/* Sends HOST_LINE_IPI / HOST_LINE_DEVICE to vCPU `cpu`. */
void host_cpu_kick(unsigned int cpu);
void host_cpu_device_kick(unsigned int cpu);

/* Blocks (1) or unblocks (0) the three interrupt signals of the calling vCPU. */
void host_signals_block(int block);

/*
 * Sleeps while *word == value, and *pending (of this vCPU) == 0, at most timeout_ns (0: no
 * limit). Returns at once when a signal comes, with no window between check and sleep.
 * 0 woken, -EAGAIN value differs or interrupt pending, -EINTR, -ETIMEDOUT.
 */
int host_wait_word(const volatile unsigned int *word, unsigned int value,
		   const volatile unsigned int *pending, unsigned long timeout_ns);

/* Wakes a vCPU that sleeps on this word. */
void host_wake_word(const volatile unsigned int *word);

/* Yields the host core. */
void host_yield(void);

/* ---- clocks (arch-host/time.c) ---- */
unsigned long host_clock_ns(void);
unsigned long host_wall_ns(void);
unsigned long host_boottime_ns(void);
/* Do all host cores agree on the time stamp counter, and does it run at one speed? Constant. */
int host_tsc_usable(void);
/* One-shot timer of the calling vCPU `cpu`; delta 0 means as soon as possible. */
void host_timer_set(unsigned int cpu, unsigned long delta_ns);
void host_timer_cancel(unsigned int cpu);

/* ---- memory (arch-host/mem.c) ---- */

/* Page protection of a page-aligned range of the direct map: none, or read and write. */
int host_ram_protect(unsigned long addr, unsigned long size, int accessible);
/* Maps RAM [offset, offset + size) at addr as well, or takes a mapping away. 0 or -errno. */
int host_ram_map(unsigned long addr, unsigned long offset, unsigned long size);
int host_ram_unmap(unsigned long addr, unsigned long size);
/* Gives the pages behind [offset, offset + size) of RAM back to the host; they read as zero. May block. */
int host_ram_discard(unsigned long offset, unsigned long size);
/* A kernel stack at [addr, addr + size): for memcheck (the id is kept by the host) and ASan. */
void host_stack_register(unsigned long addr, unsigned long size);
void host_stack_clean(unsigned long addr, unsigned long size);

/* ---- console and descriptors 0, 1, 2 (arch-host/console.c, hostio.c) ---- */

/* Standard error, for kernel messages; never fails, may block while the reader is slow. */
void host_log_write(const char *buf, unsigned long len);

struct host_winsize { unsigned short rows, cols; };

/* Makes the terminal raw, starts the input thread. 0 or -ENODEV. */
int host_console_open(void);
/* Takes typed bytes: count, 0 none, -EIO hung up. */
long host_console_read(void *buf, unsigned long len);
/* Writes without blocking: count, 0 when the terminal is full (HOST_DEV_CONSOLE_OUT follows). */
long host_console_write(const void *buf, unsigned long len);
int host_console_winsize(struct host_winsize *size);

/* Device words: bits are set before HOST_LINE_DEVICE is raised on vCPU 0; the call takes them. */
#define HOST_DEV_CONSOLE_IN	(1u << 0)
#define HOST_DEV_CONSOLE_OUT	(1u << 1)
#define HOST_DEV_WINSIZE	(1u << 2)
#define HOST_DEV_HANGUP		(1u << 3)
#define HOST_DEV_IO		(1u << 4)	/* a host_io ended, or a watched descriptor is ready */
#define HOST_DEV_POWER		(1u << 5)	/* SIGTERM or SIGHUP: power off in good order */
#define HOST_DEV_SIGNAL		(1u << 6)	/* `vmlinux run`: host_signals_take() */
#define HOST_DEV_DISK		(1u << 7)	/* host_disk_completed() has something */
unsigned int host_device_events(void);
/*
 * Signals for the program that arrived at ./vmlinux, and forgets them: bit N - 1 for signal N
 * that somebody sent, bit 32 + N - 1 for one of the terminal, which means its process group.
 */
unsigned long host_signals_take(void);
/* Raises device events as if the host had. */
void host_device_raise(unsigned int events);

/*
 * One transfer on host descriptor 0, 1 or 2, done by a host thread of that descriptor and
 * direction. The caller owns the struct until `done` is 1.
 */
enum host_io_op { HOST_IO_READ, HOST_IO_WRITE };
struct host_io {
	enum host_io_op op;
	int fd;
	void *buf;			/* in RAM (direct map) */
	unsigned long len;
	long result;			/* bytes, or -errno; -EPIPE as on the host (no signal) */
	volatile unsigned int done;	/* set last, then HOST_DEV_IO */
	volatile unsigned int cancel;	/* host_io_cancel */
	struct host_io *next;		/* the host's */
};
/* Queues a transfer. 0 or -EAGAIN (no host thread). */
int host_io_submit(struct host_io *io);
/* Asks for an early end: `done` follows with a short count or -EINTR. */
void host_io_cancel(struct host_io *io);
/* poll(2) of the descriptor without waiting: POLL* bits. */
unsigned int host_fd_poll(int fd, unsigned int events);
/* Asks for HOST_DEV_IO once one of the events (POLLIN, POLLOUT) is there. */
void host_fd_watch(int fd, unsigned int events);
/* lseek(2); regular files do not block. Offset or -errno. */
long host_fd_seek(int fd, long offset, int whence);
struct host_stat { unsigned int mode; unsigned long size, rdev, ino, mtime_ns; };
int host_fd_stat(int fd, struct host_stat *st);
int host_fd_truncate(int fd, long size);

/* ---- folders of the host (arch-host/hostfs*.c): fs/hostfs only ---- */

/*
 * Each exported tree has a number, given on the command line; the guest can name no other. Files
 * are reached by a descriptor of a folder and one name in it, which holds no slash and is never
 * "." or ".."; no call follows a symlink. An empty name is the descriptor's own file. Descriptors
 * are close-on-exec and belong to the caller.
 *
 * All may wait for the host's file system; they are raw system calls and may be preempted.
 */
struct host_fs_time { long sec; unsigned int nsec; };
struct host_fs_attr {
	unsigned long dev, rdev;	/* as (major << 32 | minor) */
	unsigned long ino;
	unsigned long mount;		/* the host's number of the mount; 0: an old host */
	unsigned int mode, nlink, uid, gid, blksize;
	unsigned long size, blocks;
	struct host_fs_time atime, mtime, ctime, btime;
};
struct host_fs_statfs {
	unsigned long type, bsize, frsize, blocks, bfree, bavail, files, ffree, namelen;
};

/* The tree of that number: its root's descriptor (the host's; never to be closed), or -ENOENT. */
int host_fs_root(unsigned int tree, int *writable);
/* How many descriptors the kernel may keep open as a cache. */
unsigned int host_fs_descriptors(void);
/* Looks at a file. 0 or -errno. */
int host_fs_stat(int fd, const char *name, struct host_fs_attr *attr);
/* Ways to open: bits. Never blocks on a FIFO, never makes a terminal the controlling one. */
#define HOST_FS_READ	0x01
#define HOST_FS_WRITE	0x02
#define HOST_FS_FOLDER	0x04	/* only a folder; without READ only to look names up */
#define HOST_FS_CREATE	0x08	/* with `mode`; fails when the name is taken */
#define HOST_FS_UNNAMED	0x10	/* with `mode`: a file without a name in the folder `fd` */
int host_fs_open(int fd, const char *name, unsigned int how, unsigned int mode);
void host_fs_close(int fd);
/* Entries as struct linux_dirent64 from position `offset` on. Bytes, 0 at the end, or -errno. */
long host_fs_readdir(int fd, long offset, void *buf, unsigned long len);
long host_fs_readlink(int fd, const char *name, char *buf, unsigned long len);
int host_fs_statfs(int fd, struct host_fs_statfs *st);
/* Does this descriptor's file lie on a file system that shows the host's kernel (proc, sysfs)? */
int host_fs_is_kernel(int fd);
/* SEEK_DATA and SEEK_HOLE. */
long host_fs_seek(int fd, long offset, int whence);

/* Only trees that may be written have use for these. */
int host_fs_mkdir(int fd, const char *name, unsigned int mode);
int host_fs_mknod(int fd, const char *name, unsigned int mode, unsigned long rdev);
int host_fs_symlink(const char *text, int fd, const char *name);
/* An empty old name: a file without a name gets its first. */
int host_fs_link(int oldfd, const char *oldname, int newfd, const char *newname);
int host_fs_unlink(int fd, const char *name, int folder);
int host_fs_rename(int oldfd, const char *oldname, int newfd, const char *newname,
		   unsigned int flags);
int host_fs_chmod(int fd, const char *name, unsigned int mode);
/* A uid or gid of ~0u stays. */
int host_fs_chown(int fd, const char *name, unsigned int uid, unsigned int gid);
/* nsec may be UTIME_NOW or UTIME_OMIT. */
int host_fs_utimes(int fd, const char *name, const struct host_fs_time *atime,
		   const struct host_fs_time *mtime);

/* Extended attributes. size 0 asks for the length; a value NULL removes. */
long host_fs_getxattr(int fd, const char *name, const char *attr, void *value, unsigned long size);
long host_fs_listxattr(int fd, const char *name, char *list, unsigned long size);
int host_fs_setxattr(int fd, const char *name, const char *attr, const void *value,
		     unsigned long size, int flags);

/*
 * Work on an open file that may take long. host_fs_try() does it at once when the host need not
 * wait for a disk, else it says -EAGAIN; host_fs_submit() has a host thread do it. The caller
 * owns the struct until `done` is 1 (HOST_DEV_IO follows).
 */
enum host_fs_op { HOST_FS_PREAD, HOST_FS_PWRITE, HOST_FS_FSYNC, HOST_FS_FALLOCATE, HOST_FS_TRUNCATE };
#define HOST_FS_APPEND	0x01	/* of PWRITE: at the file's end */
#define HOST_FS_DATA	0x02	/* of FSYNC: not the times */
struct host_fs_vec { void *base; unsigned long len; };
struct host_fs_job {
	enum host_fs_op op;
	int fd;
	const struct host_fs_vec *vec;	/* transfers: in RAM */
	unsigned int nr_vec;
	long offset, len;
	unsigned int flags;		/* HOST_FS_APPEND, HOST_FS_DATA; mode of FALLOCATE */
	long result;
	volatile unsigned int done;
	struct host_fs_job *next;	/* the host's */
};
long host_fs_try(struct host_fs_job *job);
void host_fs_submit(struct host_fs_job *job);

/* ---- block devices (arch-host/disk.c) ---- */

#define HOST_MAX_DISKS 8

struct host_disk { unsigned long size; int read_only; };
/* Disk `number` of the command line: 0 or -ENODEV. */
int host_disk_info(unsigned int number, struct host_disk *info);

enum host_disk_op { HOST_DISK_READ, HOST_DISK_WRITE, HOST_DISK_FLUSH, HOST_DISK_DISCARD };
/* One request. The host owns it from host_disk_submit() until host_disk_completed() gives it. */
struct host_disk_io {
	enum host_disk_op op;
	unsigned int disk;
	const struct host_fs_vec *vec;	/* transfers: in RAM */
	unsigned int nr_vec;
	long offset, len;		/* bytes; len: of DISCARD */
	long result;			/* bytes, or -errno */
	struct host_disk_io *next;
};
/* => any context */
void host_disk_submit(struct host_disk_io *io);
/* Takes all that are done, linked by `next`, in no order. => any context */
struct host_disk_io *host_disk_completed(void);

/* ---- the rest (arch-host/main.c) ---- */

/* Fills buf with random bytes. */
void host_random(void *buf, unsigned long len);
/* Symbol of an address in our own binary: 1 found. Async-signal-safe. */
struct host_symbol { const char *name; unsigned long address, size; };
int host_symbol_lookup(unsigned long address, struct host_symbol *symbol);
/*
 * Walks our own symbols: the first from number *index on, and *index moved past it; 1, or 0 at
 * the end. `kind` is the letter that nm(1) shows. Maps the binary at the first call.
 */
int host_symbol_next(unsigned long *index, struct host_symbol *symbol, char *kind);
/* Restores the terminal, kills the stubs, ends the process. */
void host_exit(int status) __attribute__((noreturn));

/* ---- guest processes (arch-host/guest*.c); addresses and offsets: <um/stub_layout.h> ---- */

/* What makes a guest's system calls ours (trap=). */
enum host_trap { HOST_TRAP_SECCOMP, HOST_TRAP_PTRACE };

/* How guests are held, and what this host's signal frames look like in a slot; constant after start. */
struct host_guest_config {
	enum host_trap trap;
	int unconfined;			/* the host offers no filters: not for ./vmlinux itself either */
	unsigned long slot_size;	/* bytes of a slot that must be mapped; a power of two */
	unsigned long uc_offset;	/* in the slot: ucontext, XSAVE area, siginfo of the frame */
	unsigned long fp_offset;
	unsigned long info_offset;
	unsigned long xstate_size;	/* bytes of the XSAVE area, without the magic number behind */
	unsigned long xfeatures;	/* its components */
	int fsgsbase;			/* the host offers the instructions: guests may use them */
	int trampolines;		/* the processor has what they use: LAHF, RORX */
};
const struct host_guest_config *host_guest_config(void);

enum host_guest_state {
	HOST_GUEST_SPAWNING,
	HOST_GUEST_ALIVE,		/* the process exists: pid is valid */
	HOST_GUEST_FAILED,		/* the host gave no process: error says why */
	HOST_GUEST_DEAD			/* gone, with all its mappings */
};

/* One stub process. Owned by the kernel, which keeps it until it is FAILED or DEAD. */
struct host_guest {
	volatile unsigned int state;	/* written by the host; enum host_guest_state */
	int pid;
	int error;
	unsigned long request_page;	/* offset in RAM: two pages that it will map */
	unsigned long done_page;
	struct host_guest *next;	/* the host's, as all below */
	struct host_guest *alive_next;
	volatile unsigned int kill;
};

/* Asks for a stub. Answer: `state` changes. Never waits. */
void host_guest_spawn(struct host_guest *guest);
/* Asks for its end; `state` becomes DEAD in time. Not while SPAWNING. Never waits; repeatable. */
void host_guest_kill(struct host_guest *guest);
/* Makes a guest thread (host thread `tid` of process `pid`) enter the stub. */
void host_guest_kick(int pid, int tid);
/* CPU time that the process has used so far; 0 when it is gone. */
unsigned long host_guest_cpu_ns(int pid);

/* As host_wait_word() and waking, for words that other processes change and sleep on. */
int host_wait_shared(const volatile unsigned int *word, unsigned int value,
		     const volatile unsigned int *pending, unsigned long timeout_ns);
void host_wake_shared(volatile unsigned int *word);
/* Does somebody sleep on the word, which holds `value`? Wakes nobody. */
int host_has_sleeper(volatile unsigned int *word, unsigned int value);

/* The host core that the caller runs on. */
unsigned int host_core(void);
/* Binds a host thread (0: the caller) to a core. Only threads that sleep, or the caller. */
void host_place(int tid, unsigned int core);
/* Binds a host thread to all cores but this one. Only threads that do not run. */
void host_place_elsewhere(int tid, unsigned int core);
/* How many host cores we may use; constant. */
unsigned int host_cores(void);
/* Lets the caller run on any core again. */
void host_unplace(void);

#endif
