/* SPDX-License-Identifier: MIT */
/* ABI that linux-libc-dev lacks: what ptrace and core files show of an x86-64 thread. */
#ifndef ABI_EXTRA_LINUX_USER_H
#define ABI_EXTRA_LINUX_USER_H

/* PTRACE_GETREGS, NT_PRSTATUS. */
struct user_regs_struct {
	unsigned long r15, r14, r13, r12, bp, bx;
	unsigned long r11, r10, r9, r8;
	unsigned long ax, cx, dx, si, di;
	unsigned long orig_ax;
	unsigned long ip, cs, flags, sp, ss;
	unsigned long fs_base, gs_base;
	unsigned long ds, es, fs, gs;
};
_Static_assert(sizeof(struct user_regs_struct) == 27 * 8, "ABI");

/* PTRACE_GETFPREGS, NT_PRFPREG: the FXSAVE area. */
struct user_fpregs_struct {
	unsigned char fxsave[512];
};

/* Addresses of PTRACE_PEEKUSER. */
struct user {
	struct user_regs_struct regs;
	int u_fpvalid, pad0;
	struct user_fpregs_struct i387;
	unsigned long u_tsize, u_dsize, u_ssize;
	unsigned long start_code, start_stack;
	long signal;
	int reserved, pad1;
	unsigned long u_ar0, u_fpstate;
	unsigned long magic;
	char u_comm[32];
	unsigned long u_debugreg[8];
	unsigned long error_code, fault_address;
};
_Static_assert(__builtin_offsetof(struct user, u_debugreg) == 848, "ABI");
_Static_assert(sizeof(struct user) == 928, "ABI");

/* Notes of a core file. */
struct elf_siginfo {
	int si_signo, si_code, si_errno;
};

struct elf_timeval {
	long tv_sec, tv_usec;
};

struct elf_prstatus {
	struct elf_siginfo pr_info;
	short pr_cursig;
	unsigned long pr_sigpend, pr_sighold;
	int pr_pid, pr_ppid, pr_pgrp, pr_sid;
	struct elf_timeval pr_utime, pr_stime, pr_cutime, pr_cstime;
	struct user_regs_struct pr_reg;
	int pr_fpvalid;
};
_Static_assert(sizeof(struct elf_prstatus) == 336, "ABI");

struct elf_prpsinfo {
	char pr_state, pr_sname, pr_zomb, pr_nice;
	unsigned long pr_flag;
	unsigned int pr_uid, pr_gid;
	int pr_pid, pr_ppid, pr_pgrp, pr_sid;
	char pr_fname[16];
	char pr_psargs[80];
};
_Static_assert(sizeof(struct elf_prpsinfo) == 136, "ABI");

#endif
