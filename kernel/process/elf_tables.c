// SPDX-License-Identifier: MIT
/* The first stack frame of a program: argc, argv[], envp[], auxiliary vector. */
#include <kern/binfmts.h>
#include <kern/cred.h>
#include <kern/errno.h>
#include <kern/kernel.h>
#include <kern/random.h>
#include <kern/task.h>
#include <lib/string.h>
#include <mm/mmap.h>
#include <mm/page.h>
#include <mm/uaccess.h>
#include <um/setup.h>

#include <asm/auxvec.h>
#include <linux/auxvec.h>
#include <linux/binfmts.h>
#include <linux/elf.h>
#include <linux/limits.h>
#include <linux/resource.h>

#include "elf.h"

#define ELF_PLATFORM	    "x86_64"
#define CLOCKS_PER_SEC_USER 100
/* HWCAP2_FSGSBASE: not offered, since the base of %gs is the machine's. */
#define HWCAP2_HIDDEN	   (1UL << 1)
#define STACK_RANDOM_BYTES 8192

struct auxv {
	unsigned long *entry;
	unsigned long *end;
};

static void put_aux(struct auxv *aux, unsigned long type, unsigned long value)
{
	if (aux->entry + 2 > aux->end)
		return;
	*aux->entry++ = type;
	*aux->entry++ = value;
}

/* The strings that the vector points at, above it. */
struct aux_strings {
	unsigned long platform;
	unsigned long random;
};

static int push_bytes(unsigned long *p, const void *data, size_t len)
{
	*p -= len;
	return copy_to_user((void __user *)*p, data, len) ? -EFAULT : 0;
}

static int push_aux_strings(unsigned long *p, struct aux_strings *strings)
{
	u8 random[16];

	if (push_bytes(p, ELF_PLATFORM, sizeof(ELF_PLATFORM)))
		return -EFAULT;
	strings->platform = *p;
	get_random_bytes(random, sizeof(random));
	if (push_bytes(p, random, sizeof(random)))
		return -EFAULT;
	strings->random = *p;
	return 0;
}

/* Fills mm->saved_auxv, which /proc/PID/auxv shows; returns the number of words. */
static size_t fill_auxv(struct linux_binprm *bprm, const struct elf_tables *tables,
			const struct aux_strings *strings)
{
	struct mm_struct *mm = current->mm;
	const struct cred *cred = current_cred();
	struct auxv aux = { mm->saved_auxv, mm->saved_auxv + AT_VECTOR_SIZE - 2 };

	memset(mm->saved_auxv, 0, sizeof(mm->saved_auxv));
	if (tables->vdso)
		put_aux(&aux, AT_SYSINFO_EHDR, tables->vdso);
	put_aux(&aux, AT_MINSIGSTKSZ, um_minsigstksz());
	put_aux(&aux, AT_HWCAP, um_hwcap());
	put_aux(&aux, AT_PAGESZ, PAGE_SIZE);
	put_aux(&aux, AT_CLKTCK, CLOCKS_PER_SEC_USER);
	put_aux(&aux, AT_PHDR, tables->phdr_addr);
	put_aux(&aux, AT_PHENT, sizeof(struct elf64_phdr));
	put_aux(&aux, AT_PHNUM, tables->phnum);
	put_aux(&aux, AT_BASE, tables->interp_base);
	put_aux(&aux, AT_FLAGS, bprm->preserve_argv0 ? AT_FLAGS_PRESERVE_ARGV0 : 0);
	put_aux(&aux, AT_ENTRY, tables->program_entry);
	put_aux(&aux, AT_UID, from_kuid_munged(cred->user_ns, cred->uid));
	put_aux(&aux, AT_EUID, from_kuid_munged(cred->user_ns, cred->euid));
	put_aux(&aux, AT_GID, from_kgid_munged(cred->user_ns, cred->gid));
	put_aux(&aux, AT_EGID, from_kgid_munged(cred->user_ns, cred->egid));
	put_aux(&aux, AT_SECURE, bprm->secureexec);
	put_aux(&aux, AT_RANDOM, strings->random);
	put_aux(&aux, AT_HWCAP2, um_hwcap2() & ~HWCAP2_HIDDEN);
	put_aux(&aux, AT_EXECFN, bprm->exec);
	put_aux(&aux, AT_PLATFORM, strings->platform);
	if (bprm->have_execfd)
		put_aux(&aux, AT_EXECFD, bprm->execfd);
	/* AT_NULL: the rest is zero. */
	return aux.entry + 2 - mm->saved_auxv;
}

/* Writes `count` pointers to the strings that begin at *string, and a NULL. */
static int put_pointers(unsigned long __user **slot, int count, unsigned long *string)
{
	while (count-- > 0) {
		long len;

		if (put_user(*string, *slot))
			return -EFAULT;
		++*slot;
		len = strnlen_user((const char __user *)*string, MAX_ARG_STRLEN);
		if (!len || len > MAX_ARG_STRLEN)
			return -EINVAL;
		*string += len;
	}
	if (put_user(0, *slot))
		return -EFAULT;
	++*slot;
	return 0;
}

int create_elf_tables(struct linux_binprm *bprm, const struct elf_tables *tables)
{
	struct mm_struct *mm = current->mm;
	struct aux_strings strings;
	unsigned long __user *slot;
	unsigned long p = bprm->p, string = mm->arg_start;
	size_t aux_words;
	int error;

	/* Not all stacks of a program begin on the same cache lines. */
	if (current->flags & PF_RANDOMIZE)
		p -= get_random_u32() % STACK_RANDOM_BYTES;
	p &= ~15UL;
	if (push_aux_strings(&p, &strings))
		return -EFAULT;
	aux_words = fill_auxv(bprm, tables, &strings);

	p = (p & ~15UL) - (bprm->argc + 1 + bprm->envc + 1 + 1) * sizeof(long) -
	    aux_words * sizeof(long);
	p &= ~15UL;
	bprm->p = p;
	slot = (unsigned long __user *)p;
	if (put_user(bprm->argc, slot))
		return -EFAULT;
	slot++;
	error = put_pointers(&slot, bprm->argc, &string);
	if (error)
		return error;
	mm->arg_end = mm->env_start = string;
	error = put_pointers(&slot, bprm->envc, &string);
	if (error)
		return error;
	mm->env_end = string;
	return copy_to_user(slot, mm->saved_auxv, aux_words * sizeof(long)) ? -EFAULT : 0;
}
