/* SPDX-License-Identifier: MIT */
/*
 * Addresses and offsets that the kernel, the host side and the stub agree on. Numbers only:
 * the stub's assembly includes it too. docs/trap-path.md tells the story.
 */
#ifndef UM_STUB_LAYOUT_H
#define UM_STUB_LAYOUT_H

/* The stub's address space, above TASK_SIZE. */
#define STUB_TEXT	0x7e0000000000
#define STUB_CONFIG	0x7e0000100000	/* one page, read only: filters and constants */
#define STUB_REQUEST	0x7e0000110000	/* one page, read only: what the mapper shall do */
#define STUB_POLICY	0x7e0000111000	/* the page behind it: a byte a slot, STUB_POLICY_* */
#define STUB_DONE	0x7e0000120000	/* one page: the mapper's answers */
#define STUB_TRAMP	0x7e0000140000	/* trampolines of rewritten sites, by number: read, execute */
#define STUB_TRAMP_STRIDE 16
#define STUB_MAX_SITES	8192
#define STUB_SLOTS	0x7e0000200000	/* one slot a guest thread, shared with the kernel */
#define STUB_SLOT_STRIDE 0x10000
#define STUB_SLOT_SHIFT 16
#define STUB_MAX_SLOTS	4096
#define STUB_PAGE	4096

/* How a guest thread waits for its turn. Every way ends in sleep before long. */
#define STUB_POLICY_SLEEP	0
#define STUB_POLICY_YIELD	1
#define STUB_POLICY_SPIN	2
#define STUB_POLICY_LINGER	3 /* yields for as long as SPIN spins */
/* Either side spins so long, in cycles of the time stamp counter: a wake-up of another core. */
#define STUB_SPIN_CYCLES	131072
#define STUB_YIELDS		8

/* The descriptor of RAM in the stub. */
#define STUB_RAM_FD	3
/* At start only: the page with the configuration, and the zygote's request and answer pages. */
#define STUB_CONTROL_FD	4

/* Configuration page. */
#define CONFIG_GUEST_FILTER	0x00	/* struct sock_fprog: length, address */
#define CONFIG_MAPPER_FILTER	0x10
#define CONFIG_SLOT_SIZE	0x20	/* bytes of a slot that are mapped */
#define CONFIG_UC		0x28	/* offset in a slot of the first frame's ucontext */
#define CONFIG_FP		0x30	/* of its XSAVE area */
#define CONFIG_INFO		0x38	/* of its siginfo */
#define CONFIG_PARENT		0x40	/* u32: pid of ./vmlinux */
#define CONFIG_NO_SIGNALS	0x48	/* u64 0: the empty signal mask */
#define CONFIG_SW		0x50	/* 24 bytes: the FPU area's description (FP_XSTATE_MAGIC1 ...) */
#define CONFIG_TRAP_TSC		0x68	/* u32: RDTSC and RDTSCP trap in guests */
#define CONFIG_FSGSBASE		0x6c	/* u32: the host offers the instructions */
#define CONFIG_GUEST_CODE	0x100	/* filter programs */
#define CONFIG_MAPPER_CODE	0x400

/* Request page. Written by the kernel only. */
#define REQUEST_SEQ		0x00	/* u32: grows with each request; the mapper sleeps on it */
#define REQUEST_COUNT		0x08	/* u32: operations, at most REQUEST_MAX_OPS */
#define REQUEST_WAKE_SLOT	0x10	/* u64: slot to let go afterwards, or 0 */
#define REQUEST_WAKE_KERNEL	0x18	/* u32: wake who sleeps on DONE_SEQ */
#define REQUEST_WAKE_TURN	0x1c	/* u32: ... if its turn word still is this */
#define REQUEST_ALTSTACK	0x20	/* stack_t of the thread that a clone makes */
#define REQUEST_KEYS		0x80	/* 11 AES round keys, wiped once the mapper has them */
#define REQUEST_OPS		0x200
#define REQUEST_OP_SIZE		64	/* number and six arguments */
#define REQUEST_MAX_OPS		56
/* The zygote's request page: same REQUEST_SEQ, then RAM offsets of the child's pages. */
#define ZYGOTE_REQUEST_PAGE	0x08
#define ZYGOTE_DONE_PAGE	0x10

/* Answer page. Guests can write it: the token proves an answer. */
#define DONE_TOKEN		0x00	/* 16 bytes: AES(seq, result) */
#define DONE_RESULT		0x10	/* u64: of the last operation done, or the first failed */
#define DONE_SEQ		0x20	/* u32: request that it answers */

/* Slot: control words, then (at its end) the handler's stack. Guests can write it all. */
#define SLOT_TURN		0x00	/* u32: number of the event that the guest waits with; 0 it may go */
#define SLOT_EVENTS		0x40	/* u32: grows with each event; the kernel sleeps on it */
#define SLOT_GUEST_SLEEPS	0x04	/* u32: wake SLOT_TURN after clearing it */
#define SLOT_KICKED		0x08	/* u32: a kick came while the guest was not running */
#define SLOT_KIND		0x48	/* u32: STUB_EVENT_* */
#define SLOT_MODE		0x4c	/* u32: 1 in a trampoline: goes back without a frame */
#define SLOT_WANT_FRAME		0x0c	/* u32: leave the trampoline for a frame instead of going */
#define SLOT_KERNEL_SLEEPS	0x44	/* u32: wake SLOT_EVENTS after changing it */
#define SLOT_FSBASE		0x80
#define SLOT_GSBASE		0x88
/* A call from a trampoline. */
#define SLOT_SITE		0x90	/* u32 number of the site, u32 of the call when the site has none */
#define SLOT_TFLAGS		0x98	/* u64: ah and al by lahf, seto */
#define SLOT_RIP		0xa0	/* where to go on */
#define SLOT_SELF		0xa8	/* u64: the slot's address, for trampolines */
/* Without FSGSBASE: what the stub has had the host set. */
#define SLOT_HOST_FSBASE	0xb0
#define SLOT_HOST_GSBASE	0xb8
#define SLOT_REGS		0x100	/* ax, bx, dx, si, di, bp, sp, r8-r15 */
/* The five words for iretq stand this far below the ucontext. */
#define SLOT_IRET_BELOW_UC	264

/* What an event is. */
#define STUB_EVENT_FRAME	0	/* all is in the frame */
#define STUB_EVENT_KICK		1	/* only a kick: nothing has changed */
#define STUB_EVENT_CALL		2	/* a system call from a trampoline */
#define STUB_EVENT_LEFT		3	/* a frame, but registers are as the kernel stored them */

/* The only flags of clone: VM FS FILES SIGHAND THREAD SYSVSEM; PARENT and SIGCHLD. */
#define STUB_CLONE_FLAGS	0x50f00
#define STUB_FORK_FLAGS		0x8011

/* Offsets in the host's ucontext. */
#define UC_R8	40
#define UC_R9	48
#define UC_R10	56
#define UC_R11	64
#define UC_R12	72
#define UC_R13	80
#define UC_R14	88
#define UC_R15	96
#define UC_DI	104
#define UC_SI	112
#define UC_BP	120
#define UC_BX	128
#define UC_DX	136
#define UC_AX	144
#define UC_CX	152
#define UC_SP	160
#define UC_IP	168
#define UC_FLAGS 176
#define UC_CS	184
#define UC_ERR	192
#define UC_TRAP	200
#define UC_CR2	216
#define UC_FPSTATE 224

#endif
