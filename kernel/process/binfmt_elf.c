// SPDX-License-Identifier: MIT
/*
 * ELF programs: static, static position-independent, and dynamic with an interpreter.
 *
 * All that the file says is hostile: each number is checked before it is used, and a header
 * that makes no sense is ENOEXEC while the old program is still there.
 */
#include <fs/file.h>
#include <fs/inode.h>
#include <kern/binfmts.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/exec.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/random.h>
#include <kern/signal.h>
#include <kern/task.h>
#include <lib/string.h>
#include <mm/mmap.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <um/processor.h>
#include <um/setup.h>
#include <um/thread.h>
#include <um/vdso.h>

#include <linux/elf.h>
#include <linux/elf-em.h>
#include <linux/limits.h>
#include <linux/mman.h>
#include <linux/personality.h>

#include "elf.h"
#include "internal.h"

#define ELF_MIN_ALIGN	  PAGE_SIZE
#define ELF_PAGESTART(v)  ((v)&PAGE_MASK)
#define ELF_PAGEOFFSET(v) ((v) & (PAGE_SIZE - 1))
#define ELF_PAGEALIGN(v)  (((v) + PAGE_SIZE - 1) & PAGE_MASK)
/* Where position-independent programs with an interpreter go: two thirds up. */
#define ELF_ET_DYN_BASE ELF_PAGESTART(TASK_SIZE / 3 * 2)
/* 28 bits of pages. */
#define ELF_RANDOM_PAGES (1UL << 28)

#define BAD_ADDR(x) ((unsigned long)(x) >= TASK_SIZE)

/* One ELF file under way. */
struct elf_image {
	struct file *file;
	struct elf64_hdr header;
	struct elf64_phdr *phdrs;
	unsigned long bias;    /* added to every address of the file */
	unsigned long end_brk; /* highest end of any segment */
	unsigned long start_code, end_code, start_data, end_data;
	unsigned long phdr_addr; /* where the program headers are in memory */
};

static int elf_read(struct file *file, void *buf, size_t len, loff_t pos)
{
	ssize_t n;

	if (pos < 0)
		return -EINVAL;
	n = kernel_read(file, buf, len, &pos);
	if (n < 0)
		return n;
	return n == len ? 0 : -EIO;
}

static bool header_is_good(const struct elf64_hdr *h)
{
	/* As Linux, which believes e_machine and ignores the class. */
	return !memcmp(h->e_ident, ELFMAG, SELFMAG) &&
	       (h->e_type == ET_EXEC || h->e_type == ET_DYN) && h->e_machine == EM_X86_64;
}

/* The program headers, or NULL when they are malformed, cut short, or memory is out. */
static struct elf64_phdr *load_phdrs(const struct elf64_hdr *h, struct file *file)
{
	size_t size = sizeof(struct elf64_phdr) * h->e_phnum;
	struct elf64_phdr *phdrs;

	if (h->e_phentsize != sizeof(struct elf64_phdr) || !size || size > 65536)
		return NULL;
	phdrs = kvmalloc(size, GFP_KERNEL);
	if (!phdrs)
		return NULL;
	if (elf_read(file, phdrs, size, h->e_phoff)) {
		kvfree(phdrs);
		return NULL;
	}
	return phdrs;
}

static unsigned long segment_prot(const struct elf64_phdr *ph)
{
	return (ph->p_flags & PF_R ? PROT_READ : 0) | (ph->p_flags & PF_W ? PROT_WRITE : 0) |
	       (ph->p_flags & PF_X ? PROT_EXEC : 0);
}

/* Maps the pages of one segment's file part and zeroes what lies behind it. */
static int map_segment(struct elf_image *elf, const struct elf64_phdr *ph, unsigned long flags)
{
	unsigned long start = elf->bias + ph->p_vaddr;
	unsigned long file_end = start + ph->p_filesz;
	unsigned long mem_end = start + ph->p_memsz;
	unsigned long prot = segment_prot(ph), addr, zero_from;

	if (ph->p_filesz) {
		addr = vm_mmap(elf->file, ELF_PAGESTART(start),
			       ELF_PAGEALIGN(ph->p_filesz + ELF_PAGEOFFSET(start)), prot,
			       flags | MAP_PRIVATE, ph->p_offset - ELF_PAGEOFFSET(ph->p_vaddr));
		if (BAD_ADDR(addr))
			return IS_ERR_VALUE(addr) ? (long)addr : -EINVAL;
		zero_from = ELF_PAGEALIGN(file_end);
		/* What the file has behind the segment in its last page is not the program's. */
		if (mem_end > file_end && (prot & PROT_WRITE) && ELF_PAGEOFFSET(file_end) &&
		    clear_user((void __user *)file_end, zero_from - file_end))
			return -EFAULT;
	} else {
		zero_from = ELF_PAGESTART(start);
	}
	if (ELF_PAGEALIGN(mem_end) > zero_from)
		return vm_brk_flags(zero_from, ELF_PAGEALIGN(mem_end) - zero_from,
				    prot & PROT_EXEC ? VM_EXEC : 0);
	return 0;
}

static bool segment_is_sane(const struct elf_image *elf, const struct elf64_phdr *ph)
{
	unsigned long start = elf->bias + ph->p_vaddr;

	return !BAD_ADDR(start) && ph->p_filesz <= ph->p_memsz && ph->p_memsz <= TASK_SIZE &&
	       TASK_SIZE - ph->p_memsz >= start;
}

static void note_segment(struct elf_image *elf, const struct elf64_phdr *ph)
{
	unsigned long start = elf->bias + ph->p_vaddr;
	unsigned long file_end = start + ph->p_filesz;

	if ((ph->p_flags & PF_X) && start < elf->start_code)
		elf->start_code = start;
	if (start > elf->start_data)
		elf->start_data = start;
	if ((ph->p_flags & PF_X) && file_end > elf->end_code)
		elf->end_code = file_end;
	if (file_end > elf->end_data)
		elf->end_data = file_end;
	if (start + ph->p_memsz > elf->end_brk)
		elf->end_brk = start + ph->p_memsz;
	if (ph->p_offset <= elf->header.e_phoff &&
	    elf->header.e_phoff < ph->p_offset + ph->p_filesz)
		elf->phdr_addr = elf->header.e_phoff - ph->p_offset + start;
}

/* Bytes from the first loadable page to the end of the last segment; 0 when there is none. */
static unsigned long image_span(const struct elf_image *elf, unsigned long *lowest)
{
	unsigned long low = ~0UL, high = 0;

	for (int i = 0; i < elf->header.e_phnum; i++) {
		const struct elf64_phdr *ph = &elf->phdrs[i];

		if (ph->p_type != PT_LOAD)
			continue;
		low = min(low, (unsigned long)ELF_PAGESTART(ph->p_vaddr));
		high = max(high, (unsigned long)(ph->p_vaddr + ph->p_memsz));
	}
	*lowest = low;
	return high > low ? high - low : 0;
}

static unsigned long image_alignment(const struct elf_image *elf)
{
	unsigned long align = ELF_MIN_ALIGN;

	for (int i = 0; i < elf->header.e_phnum; i++) {
		unsigned long p_align = elf->phdrs[i].p_align;

		if (elf->phdrs[i].p_type == PT_LOAD && p_align && !(p_align & (p_align - 1)))
			align = max(align, p_align);
	}
	return align;
}

/*
 * A place for a position-independent image: near hint, or wherever mmap() would put it.
 * The address space is not shared, so a range that was free stays free until it is used.
 */
static int place_image(struct elf_image *elf, unsigned long hint)
{
	unsigned long low, align = image_alignment(elf);
	unsigned long span = image_span(elf, &low);
	unsigned long room = ELF_PAGEALIGN(span) + align - PAGE_SIZE;
	unsigned long addr;

	if (!span || room > TASK_SIZE || room < span)
		return -EINVAL;
	addr = vm_mmap(NULL, hint, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, 0);
	if (BAD_ADDR(addr))
		return IS_ERR_VALUE(addr) ? (long)addr : -ENOMEM;
	vm_munmap(addr, room);
	elf->bias = ALIGN(addr, align) - low;
	return 0;
}

static int map_image(struct elf_image *elf)
{
	unsigned long flags = elf->header.e_type == ET_EXEC ? MAP_FIXED_NOREPLACE : MAP_FIXED;

	elf->start_code = ~0UL;
	for (int i = 0; i < elf->header.e_phnum; i++) {
		const struct elf64_phdr *ph = &elf->phdrs[i];
		int error;

		if (ph->p_type != PT_LOAD)
			continue;
		if (!segment_is_sane(elf, ph))
			return -EINVAL;
		if (!ph->p_memsz)
			continue;
		error = map_segment(elf, ph, flags);
		if (error)
			return error;
		note_segment(elf, ph);
		/* Segments may share a page. */
		flags = MAP_FIXED;
	}
	return 0;
}

/* Reads and checks the interpreter: ELIBBAD when it is no program of this machine. */
static int open_interpreter(struct elf_image *elf, struct elf_image *interp)
{
	const struct elf64_phdr *ph = NULL;
	char *name;
	int error;

	for (int i = 0; i < elf->header.e_phnum && !ph; i++)
		if (elf->phdrs[i].p_type == PT_INTERP)
			ph = &elf->phdrs[i];
	if (!ph)
		return 0;
	if (ph->p_filesz > PATH_MAX || ph->p_filesz < 2)
		return -ENOEXEC;
	name = kmalloc(ph->p_filesz, GFP_KERNEL);
	if (!name)
		return -ENOMEM;
	error = elf_read(elf->file, name, ph->p_filesz, ph->p_offset);
	if (!error && name[ph->p_filesz - 1])
		error = -ENOEXEC;
	if (!error) {
		interp->file = open_exec(name);
		if (IS_ERR(interp->file)) {
			error = PTR_ERR(interp->file);
			interp->file = NULL;
		}
	}
	kfree(name);
	if (error)
		return error;
	error = elf_read(interp->file, &interp->header, sizeof(interp->header), 0);
	if (error)
		return error;
	if (!header_is_good(&interp->header))
		return -ELIBBAD;
	interp->phdrs = load_phdrs(&interp->header, interp->file);
	return interp->phdrs ? 0 : -ELIBBAD;
}

static int load_interpreter(struct elf_image *interp)
{
	if (interp->header.e_type == ET_DYN) {
		int error = place_image(interp, 0);

		if (error)
			return error;
	}
	return map_image(interp);
}

static int executable_stack(const struct elf_image *elf)
{
	for (int i = 0; i < elf->header.e_phnum; i++)
		if (elf->phdrs[i].p_type == PT_GNU_STACK)
			return elf->phdrs[i].p_flags & PF_X ? EXSTACK_ENABLE_X : EXSTACK_DISABLE_X;
	return EXSTACK_DEFAULT;
}

static unsigned long random_offset(unsigned long pages)
{
	return current->flags & PF_RANDOMIZE ? (get_random_u64() % pages) << PAGE_SHIFT : 0;
}

static int place_program(struct elf_image *elf, bool has_interpreter)
{
	if (elf->header.e_type != ET_DYN)
		return 0;
	/* Without an interpreter it is one itself (ld.so run by hand), and goes where those go. */
	return place_image(elf,
			   has_interpreter ? ELF_ET_DYN_BASE + random_offset(ELF_RANDOM_PAGES) : 0);
}

static void set_layout(struct elf_image *elf, bool has_interpreter)
{
	struct mm_struct *mm = current->mm;

	mm->start_code = elf->start_code;
	mm->end_code = elf->end_code;
	mm->start_data = elf->start_data;
	mm->end_data = elf->end_data;
	mm->start_brk = mm->brk = ELF_PAGEALIGN(elf->end_brk);
	if (!(current->flags & PF_RANDOMIZE))
		return;
	/* The heap of ld.so run by hand would collide with what it maps. */
	if (elf->header.e_type == ET_DYN && !has_interpreter)
		mm->brk = mm->start_brk = ELF_ET_DYN_BASE;
	if (READ_ONCE(randomize_va_space) == 2)
		mm->brk = mm->start_brk = arch_randomize_brk(mm);
}

/* From the point of no return on: errors kill. */
static int replace_program(struct linux_binprm *bprm, struct elf_image *elf,
			   struct elf_image *interp)
{
	struct elf_tables tables = {};
	unsigned long entry;
	int error;

	setup_new_exec(bprm);
	error = setup_arg_pages(bprm, STACK_TOP, executable_stack(elf));
	if (error < 0)
		return error;
	error = place_program(elf, interp->file);
	if (!error)
		error = map_image(elf);
	if (error)
		return error;
	set_layout(elf, interp->file);
	entry = elf->header.e_entry + elf->bias;
	tables.program_entry = entry;
	if (interp->file) {
		error = load_interpreter(interp);
		if (error)
			return error;
		tables.interp_base = interp->bias;
		entry = interp->header.e_entry + interp->bias;
	}
	if (BAD_ADDR(entry))
		return -EINVAL;
	error = um_map_vdso(&tables.vdso);
	if (error)
		return error;
	tables.phdr_addr = elf->phdr_addr;
	tables.phnum = elf->header.e_phnum;
	error = create_elf_tables(bprm, &tables);
	if (error < 0)
		return error;
	finalize_exec(bprm);
	mm_prefetch_exec(current->mm, bprm->p);
	start_thread(task_pt_regs(current), entry, bprm->p);
	return 0;
}

static void drop_image(struct elf_image *elf)
{
	kvfree(elf->phdrs);
}

static struct linux_binfmt elf_format;

static int load_elf_binary(struct linux_binprm *bprm)
{
	struct elf_image elf = { .file = bprm->file }, interp = {};
	int error = -ENOEXEC;

	memcpy(&elf.header, bprm->buf, sizeof(elf.header));
	if (!header_is_good(&elf.header))
		return -ENOEXEC;
	elf.phdrs = load_phdrs(&elf.header, bprm->file);
	if (!elf.phdrs)
		return -ENOEXEC;
	error = open_interpreter(&elf, &interp);
	if (!error)
		error = begin_new_exec(bprm);
	if (!error) {
		set_binfmt(&elf_format);
		error = replace_program(bprm, &elf, &interp);
	}
	drop_image(&interp);
	drop_image(&elf);
	if (interp.file)
		exec_fput(interp.file);
	return error;
}

static struct linux_binfmt elf_format = {
	.name = "elf",
	.load_binary = load_elf_binary,
};

static int __init init_elf_binfmt(void)
{
	register_binfmt(&elf_format);
	return 0;
}
core_initcall(init_elf_binfmt);
