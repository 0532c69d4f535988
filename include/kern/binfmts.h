/* SPDX-License-Identifier: MIT */
/* Loaders of executables, and what execve() hands them. */
#ifndef KERN_BINFMTS_H
#define KERN_BINFMTS_H

#include <kern/types.h>
#include <lib/list.h>

#include <linux/binfmts.h>
#include <linux/resource.h>

struct cred;
struct file;
struct mm_struct;
struct vm_area_struct;

/* One execve() under way; owned by the task that makes it, so no field has a lock. */
struct linux_binprm {
	struct vm_area_struct *vma; /* of the new stack, until it is placed */
	unsigned long vma_pages;
	unsigned long argmin; /* strings may not go below */
	struct mm_struct *mm; /* the new address space; NULL once it is installed */
	unsigned long p;      /* top of the strings copied so far */
	bool have_execfd;     /* the interpreter wants the file open (AT_EXECFD) */
	bool execfd_creds;   /* rights are those of the program, not of its interpreter */
	bool preserve_argv0; /* told to the interpreter by AT_FLAGS */
	bool secureexec;	 /* AT_SECURE */
	bool point_of_no_return; /* an error kills from here on */
	bool per_clear_setid;
	bool unsafe;		  /* the fs_struct is shared: no set-id */
	bool traced;		  /* a tracer would gain what the program gains */
	struct file *executable;  /* passed to the interpreter */
	struct file *interpreter; /* a loader chose another file: start over with it */
	struct file *file;
	struct cred *cred;
	int argc, envc;
	const char *filename; /* as ps shows it */
	const char *interp;   /* what is really executed */
	const char *fdpath;   /* made up for execveat of a descriptor */
	unsigned int interp_flags;
	int execfd;
	unsigned long exec;
	struct rlimit rlim_stack;  /* RLIMIT_STACK as it was when execve began */
	char buf[BINPRM_BUF_SIZE]; /* the file's first bytes, zeros behind a short file */
};

#define BINPRM_FLAGS_PATH_INACCESSIBLE 1

/* A loader. Registered at boot only. */
struct linux_binfmt {
	struct list_head lh;
	const char *name;
	/*
	 * => task context, may sleep. -ENOEXEC: not mine, the next loader may try. Other errors
	 * end execve(): as its result before begin_new_exec(), by SIGSEGV after it.
	 */
	int (*load_binary)(struct linux_binprm *bprm);
};

void register_binfmt(struct linux_binfmt *fmt);
/* The same, before all others. */
void insert_binfmt(struct linux_binfmt *fmt);

/* Copies strings to the new stack, below bprm->p. 0, -E2BIG, -EFAULT, -ENOMEM. */
int copy_string_kernel(const char *arg, struct linux_binprm *bprm);
int remove_arg_zero(struct linux_binprm *bprm);
int bprm_change_interp(const char *interp, struct linux_binprm *bprm);

/* The point of no return: siblings die, the new mm is installed, handlers are reset. */
int begin_new_exec(struct linux_binprm *bprm);
void setup_new_exec(struct linux_binprm *bprm);
void finalize_exec(struct linux_binprm *bprm);
/* Moves the stack to where it belongs and gives it its final protection. */
int setup_arg_pages(struct linux_binprm *bprm, unsigned long stack_top, int executable_stack);
void set_binfmt(struct linux_binfmt *fmt);

#define EXSTACK_DEFAULT	  0
#define EXSTACK_DISABLE_X 1
#define EXSTACK_ENABLE_X  2

#endif
