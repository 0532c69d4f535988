// SPDX-License-Identifier: MIT
/*
 * The arguments of execve(): copied from the old program's memory, or the kernel's, to the
 * new program's stack, last string first, page by page.
 */
#include <kern/binfmts.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/exec.h>
#include <kern/fork.h>
#include <kern/kernel.h>
#include <kern/random.h>
#include <kern/resource.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <lib/string.h>
#include <mm/mmap.h>
#include <mm/page.h>
#include <mm/pgtable.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include <linux/limits.h>
#include <linux/personality.h>

#include "internal.h"

/* One page is kept while strings are copied into it. */
struct arg_page {
	struct page *page;
	unsigned long addr;
};

/* How far below the top of user space a stack may start: 16 GiB in pages. */
#define STACK_RANDOM_PAGES (1UL << 22)

static unsigned long pick_stack_top(void)
{
	unsigned long top = STACK_TOP_MAX;

	if (!(current->personality & ADDR_NO_RANDOMIZE) && READ_ONCE(randomize_va_space))
		top -= (get_random_u64() % STACK_RANDOM_PAGES) << PAGE_SHIFT;
	return top;
}

int bprm_mm_init(struct linux_binprm *bprm)
{
	struct vm_area_struct *vma;
	struct mm_struct *mm;
	int error = -ENOMEM;

	mm = bprm->mm = mm_alloc(current);
	if (!mm)
		return -ENOMEM;
	task_lock(current->group_leader);
	bprm->rlim_stack = current->signal->rlim[RLIMIT_STACK];
	task_unlock(current->group_leader);

	vma = vm_area_alloc(mm);
	if (!vma)
		return -ENOMEM;
	mmap_write_lock(mm);
	vma->vm_end = pick_stack_top();
	vma->vm_start = vma->vm_end - PAGE_SIZE;
	vma->vm_flags = VM_STACK_FLAGS | mm->def_flags;
	vma->vm_page_prot = vm_get_page_prot(vma->vm_flags);
	error = insert_vm_struct(mm, vma);
	if (error) {
		mmap_write_unlock(mm);
		vm_area_free(vma);
		return error;
	}
	mm->stack_vm = mm->total_vm = 1;
	mm->start_stack = vma->vm_end;
	mmap_write_unlock(mm);
	bprm->vma = vma;
	bprm->p = vma->vm_end - sizeof(void *);
	return 0;
}

static void put_arg_page(struct arg_page *arg)
{
	if (arg->page)
		put_page(arg->page);
	arg->page = NULL;
}

/* The stack's page that holds pos, ready to be written. */
static void *get_arg_page(struct linux_binprm *bprm, struct arg_page *arg, unsigned long pos)
{
	struct mm_struct *mm = bprm->mm;
	unsigned long addr = pos & PAGE_MASK;
	long got = 1;

	if (arg->page && arg->addr == addr)
		return page_address(arg->page);
	put_arg_page(arg);
	if (addr < bprm->vma->vm_start) {
		mmap_write_lock(mm);
		if (expand_stack(bprm->vma, addr))
			got = 0;
		mmap_write_unlock(mm);
		if (!got)
			return NULL;
	}
	mmap_read_lock(mm);
	got = get_user_pages_remote(mm, addr, 1, FOLL_WRITE | FOLL_FORCE, &arg->page);
	mmap_read_unlock(mm);
	if (got != 1) {
		arg->page = NULL;
		return NULL;
	}
	arg->addr = addr;
	return page_address(arg->page);
}

/* Puts one string of len bytes (with its NUL) below bprm->p. */
static int push_string(struct linux_binprm *bprm, struct arg_page *arg, const char *str, size_t len,
		       bool user)
{
	unsigned long pos = bprm->p;

	bprm->p -= len;
	if (bprm->p < bprm->argmin)
		return -E2BIG;
	while (len) {
		size_t in_page = (pos - 1) % PAGE_SIZE + 1;
		size_t bytes = min(in_page, len);
		char *kaddr;

		if (fatal_signal_pending(current))
			return -ERESTARTNOHAND;
		cond_resched();
		pos -= bytes;
		len -= bytes;
		kaddr = get_arg_page(bprm, arg, pos);
		if (!kaddr)
			return -E2BIG;
		kaddr += pos % PAGE_SIZE;
		if (!user)
			memcpy(kaddr, str + len, bytes);
		else if (copy_from_user(kaddr, str + len, bytes))
			return -EFAULT;
	}
	return 0;
}

int copy_string_kernel(const char *str, struct linux_binprm *bprm)
{
	size_t len = strnlen(str, MAX_ARG_STRLEN) + 1;
	struct arg_page arg = {};
	int error;

	if (len > MAX_ARG_STRLEN)
		return -E2BIG;
	error = push_string(bprm, &arg, str, len, false);
	put_arg_page(&arg);
	return error;
}

static int nth_pointer(struct user_arg_ptr argv, int n, const char **str)
{
	if (argv.kernel) {
		*str = argv.kernel[n];
		return 0;
	}
	return get_user(*str, argv.user + n) ? -EFAULT : 0;
}

static int count_strings(struct user_arg_ptr argv)
{
	const char *str;
	int n = 0;

	if (!argv.kernel && !argv.user)
		return 0;
	for (;; n++) {
		int error = nth_pointer(argv, n, &str);

		if (error)
			return error;
		if (!str)
			return n;
		if (n == MAX_ARG_STRINGS)
			return -E2BIG;
		if (fatal_signal_pending(current))
			return -ERESTARTNOHAND;
		cond_resched();
	}
}

static int copy_strings(struct linux_binprm *bprm, int count, struct user_arg_ptr argv)
{
	struct arg_page arg = {};
	int error = 0;

	while (count-- > 0 && !error) {
		const char *str;
		long len;

		error = nth_pointer(argv, count, &str);
		if (error)
			break;
		len = argv.kernel ? (long)strlen(str) + 1 : strnlen_user(str, MAX_ARG_STRLEN);
		if (!len)
			error = -EFAULT;
		else if (len > MAX_ARG_STRLEN)
			error = -E2BIG;
		else
			error = push_string(bprm, &arg, str, len, !argv.kernel);
	}
	put_arg_page(&arg);
	return error;
}

/*
 * Strings and the pointers to them may take a quarter of the stack limit, at most 6 MiB and
 * at least ARG_MAX.
 */
static int limit_arguments(struct linux_binprm *bprm)
{
	unsigned long limit = _STK_LIM / 4 * 3;
	unsigned long pointers;

	limit = min(limit, bprm->rlim_stack.rlim_cur / 4);
	limit = max_t(unsigned long, limit, ARG_MAX);
	if (check_mul_overflow((unsigned long)max(bprm->argc, 1) + bprm->envc, sizeof(void *),
			       &pointers) ||
	    limit <= pointers)
		return -E2BIG;
	bprm->argmin = bprm->p - (limit - pointers);
	return 0;
}

int bprm_copy_arguments(struct linux_binprm *bprm, struct user_arg_ptr argv,
			struct user_arg_ptr envp)
{
	int error;

	bprm->argc = count_strings(argv);
	if (bprm->argc < 0)
		return bprm->argc;
	bprm->envc = count_strings(envp);
	if (bprm->envc < 0)
		return bprm->envc;
	error = limit_arguments(bprm);
	if (!error)
		error = copy_string_kernel(bprm->filename, bprm);
	if (error)
		return error;
	bprm->exec = bprm->p;
	error = copy_strings(bprm, bprm->envc, envp);
	if (!error)
		error = copy_strings(bprm, bprm->argc, argv);
	/* Programs that trust argv[0] to be there would otherwise read the environment. */
	if (!error && !bprm->argc) {
		error = copy_string_kernel("", bprm);
		bprm->argc = 1;
	}
	return error;
}

/* Drops the first argument: a script's name takes its place. */
int remove_arg_zero(struct linux_binprm *bprm)
{
	struct arg_page arg = {};

	if (!bprm->argc)
		return 0;
	for (;;) {
		char *kaddr = get_arg_page(bprm, &arg, bprm->p);

		if (!kaddr) {
			put_arg_page(&arg);
			return -EFAULT;
		}
		if (!kaddr[bprm->p++ % PAGE_SIZE])
			break;
	}
	put_arg_page(&arg);
	bprm->argc--;
	return 0;
}

int bprm_change_interp(const char *interp, struct linux_binprm *bprm)
{
	char *copy = kstrdup(interp, GFP_KERNEL);

	if (!copy)
		return -ENOMEM;
	if (bprm->interp != bprm->filename)
		kfree(bprm->interp);
	bprm->interp = copy;
	return 0;
}

int setup_arg_pages(struct linux_binprm *bprm, unsigned long stack_top, int executable_stack)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma = bprm->vma, *prev = NULL;
	vm_flags_t flags = VM_STACK_FLAGS | mm->def_flags;
	unsigned long grow, limit;
	int error = 0;

	mm->arg_start = bprm->p;
	mmap_write_lock(mm);
	if (executable_stack == EXSTACK_ENABLE_X)
		flags |= VM_EXEC;
	if (flags != vma->vm_flags)
		error = mprotect_fixup(vma, &prev, vma->vm_start, vma->vm_end, flags);
	if (!error) {
		/* Room for the first frames, so that they need no growth. */
		limit = bprm->rlim_stack.rlim_cur & PAGE_MASK;
		grow = min_t(unsigned long, 131072,
			     limit > vma->vm_end - vma->vm_start ?
				     limit - (vma->vm_end - vma->vm_start) :
				     0);
		mm->start_stack = bprm->p;
		if (expand_stack(vma, (vma->vm_start - grow) & PAGE_MASK))
			error = -EFAULT;
	}
	mmap_write_unlock(mm);
	return error;
}
