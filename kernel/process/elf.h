/* SPDX-License-Identifier: MIT */
/* Between the ELF loader and the maker of the first stack frame. */
#ifndef PROCESS_ELF_H
#define PROCESS_ELF_H

struct linux_binprm;

/* What the auxiliary vector says of the program. */
struct elf_tables {
	unsigned long program_entry;
	unsigned long interp_base;
	unsigned long phdr_addr;
	unsigned long phnum;
	unsigned long vdso; /* 0: none */
};

/*
 * Writes argc, argv, envp and the auxiliary vector below the strings; bprm->p becomes the
 * first stack pointer. 0 or -EFAULT. => current runs on the new address space
 */
int create_elf_tables(struct linux_binprm *bprm, const struct elf_tables *tables);

#endif
