// SPDX-License-Identifier: MIT
/*
 * The ELF core file:
 *
 *	header | PT_NOTE, PT_LOAD for each area | notes | memory, from a page boundary
 *	       | one section header, if there are more program headers than its field can say
 *
 * Notes: of the thread that took the signal prstatus, prpsinfo, siginfo, auxv, files, FPU;
 * of each other thread prstatus and FPU.
 */
#include <fs/file.h>
#include <fs/path.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/fork.h>
#include <kern/kernel.h>
#include <kern/pid.h>
#include <kern/ptrace.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <lib/math64.h>
#include <lib/string.h>
#include <mm/mmap.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <um/fpu.h>

#include <linux/elf.h>
#include <linux/elf-em.h>
#include <linux/limits.h>
#include <linux/user.h>

#include "internal.h"

#define NOTES_MIN 65536
/* Names of files together; what is more is left out, as without it a debugger still works. */
#define FILE_NOTE_MAX (4UL << 20)

/* The notes as they will stand in the file. */
struct notes {
	char *buf;
	size_t used, size;
	bool failed; /* out of memory */
};

static char *reserve(struct notes *notes, size_t bytes)
{
	size_t size = max(notes->size * 2, round_up(notes->used + bytes, NOTES_MIN));
	char *bigger;

	if (notes->failed)
		return NULL;
	if (notes->used + bytes > notes->size) {
		bigger = kvmalloc(size, GFP_KERNEL);
		if (!bigger) {
			notes->failed = true;
			return NULL;
		}
		if (notes->used)
			memcpy(bigger, notes->buf, notes->used);
		kvfree(notes->buf);
		notes->buf = bigger;
		notes->size = size;
	}
	bigger = notes->buf + notes->used;
	notes->used += bytes;
	memset(bigger, 0, bytes);
	return bigger;
}

static void add_note(struct notes *notes, const char *name, unsigned int type, const void *data,
		     size_t size)
{
	size_t name_size = strlen(name) + 1;
	struct elf64_note header = { .n_namesz = name_size, .n_descsz = size, .n_type = type };
	char *at = reserve(notes, sizeof(header) + round_up(name_size, 4) + round_up(size, 4));

	if (!at)
		return;
	memcpy(at, &header, sizeof(header));
	memcpy(at + sizeof(header), name, name_size);
	memcpy(at + sizeof(header) + round_up(name_size, 4), data, size);
}

static struct elf_timeval to_timeval(u64 ns)
{
	u64 us = div_u64(ns, 1000);

	return (struct elf_timeval){ us / 1000000, us % 1000000 };
}

static void add_prstatus(struct notes *notes, struct task_struct *task, int sig)
{
	struct elf_prstatus status = { .pr_fpvalid = 1, .pr_cursig = sig };
	u64 utime, stime;

	status.pr_info.si_signo = sig;
	status.pr_sigpend = task->pending.signal;
	status.pr_sighold = task->blocked;
	rcu_read_lock();
	status.pr_ppid = task_tgid_vnr(rcu_dereference(task->real_parent));
	rcu_read_unlock();
	status.pr_pid = task_pid_vnr(task);
	status.pr_pgrp = task_pgrp_vnr(task);
	status.pr_sid = task_session_vnr(task);
	if (thread_group_leader(task))
		thread_group_cputime_adjusted(task, &utime, &stime);
	else
		task_cputime_adjusted(task, &utime, &stime);
	status.pr_utime = to_timeval(utime);
	status.pr_stime = to_timeval(stime);
	status.pr_cutime = to_timeval(task->signal->cutime);
	status.pr_cstime = to_timeval(task->signal->cstime);
	ptrace_get_user_regs(task, &status.pr_reg);
	add_note(notes, "CORE", NT_PRSTATUS, &status, sizeof(status));
}

static void copy_arguments(char *out, size_t size)
{
	int len = get_cmdline(current, out, size - 1);

	for (int i = 0; i < len; i++)
		if (!out[i])
			out[i] = ' ';
	out[len > 0 ? len : 0] = 0;
}

static void add_prpsinfo(struct notes *notes)
{
	struct elf_prpsinfo info = {
		.pr_sname = 'R',
		.pr_nice = task_nice(current),
		.pr_flag = current->flags,
		.pr_pid = task_pid_vnr(current),
		.pr_pgrp = task_pgrp_vnr(current),
		.pr_sid = task_session_vnr(current),
	};
	const struct cred *cred = current_real_cred();

	rcu_read_lock();
	info.pr_ppid = task_tgid_vnr(rcu_dereference(current->real_parent));
	rcu_read_unlock();
	info.pr_uid = from_kuid_munged(cred->user_ns, cred->uid);
	info.pr_gid = from_kgid_munged(cred->user_ns, cred->gid);
	copy_arguments(info.pr_psargs, sizeof(info.pr_psargs));
	memcpy(info.pr_fname, current->comm, sizeof(info.pr_fname));
	add_note(notes, "CORE", NT_PRPSINFO, &info, sizeof(info));
}

static void add_auxv(struct notes *notes)
{
	const unsigned long *auxv = current->mm->saved_auxv;
	unsigned int n = 0;

	do {
		n += 2;
	} while (n < AT_VECTOR_SIZE && auxv[n - 2]);
	add_note(notes, "CORE", NT_AUXV, auxv, n * sizeof(auxv[0]));
}

/* Count, page size, for each mapped file start, end, page offset; then the names. */
static void add_files(struct notes *notes, const struct core_dump *dump)
{
	struct notes names = {};
	unsigned long *words, count = 0;
	char *path = kmalloc(PATH_MAX, GFP_KERNEL);
	size_t head;
	char *all;

	words = kvmalloc((2 + 3UL * dump->nr_areas) * sizeof(long), GFP_KERNEL);
	if (!path || !words)
		goto out;
	for (unsigned int i = 0; i < dump->nr_areas; i++) {
		const struct core_area *area = &dump->areas[i];
		const char *name = area->file ? d_path(&area->file->f_path, path, PATH_MAX) : NULL;
		char *at;

		if (!name || IS_ERR(name) || names.used > FILE_NOTE_MAX)
			continue;
		at = reserve(&names, strlen(name) + 1);
		if (!at)
			break;
		memcpy(at, name, strlen(name));
		words[2 + 3 * count] = area->start;
		words[3 + 3 * count] = area->end;
		words[4 + 3 * count] = area->pgoff;
		count++;
	}
	words[0] = count;
	words[1] = PAGE_SIZE;
	head = (2 + 3 * count) * sizeof(long);
	all = names.failed ? NULL : kvmalloc(head + names.used, GFP_KERNEL);
	if (all) {
		memcpy(all, words, head);
		memcpy(all + head, names.buf, names.used);
		add_note(notes, "CORE", NT_FILE, all, head + names.used);
		kvfree(all);
	}
out:
	kvfree(names.buf);
	kvfree(words);
	kfree(path);
}

static void add_fpu(struct notes *notes, struct task_struct *task)
{
	void *area = kzalloc(fpu_user_size(), GFP_KERNEL);

	if (!area)
		return;
	fpu_read(task, area);
	add_note(notes, "CORE", NT_PRFPREG, area, sizeof(struct user_fpregs_struct));
	add_note(notes, "LINUX", NT_X86_XSTATE, area, fpu_xstate_size());
	kfree(area);
}

static void collect_notes(struct notes *notes, const struct core_dump *dump)
{
	int sig = dump->info->si_signo;

	add_prstatus(notes, current, sig);
	add_prpsinfo(notes);
	add_note(notes, "CORE", NT_SIGINFO, dump->info, sizeof(*dump->info));
	add_auxv(notes);
	add_files(notes, dump);
	add_fpu(notes, current);
	for (struct core_thread *t = dump->state->dumper.next; t; t = t->next) {
		add_prstatus(notes, t->task, sig);
		add_fpu(notes, t->task);
	}
}

static bool emit_header(struct core_dump *dump, unsigned int phnum, loff_t section)
{
	struct elf64_hdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_CORE,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(struct elf64_hdr),
		.e_ehsize = sizeof(struct elf64_hdr),
		.e_phentsize = sizeof(struct elf64_phdr),
		.e_phnum = min(phnum, (unsigned int)PN_XNUM),
	};

	if (phnum >= PN_XNUM) {
		header.e_shoff = section;
		header.e_shentsize = sizeof(struct elf64_shdr);
		header.e_shnum = 1;
	}
	return core_emit(dump, &header, sizeof(header));
}

static unsigned int area_flags(const struct core_area *area)
{
	return (area->flags & VM_READ ? PF_R : 0) | (area->flags & VM_WRITE ? PF_W : 0) |
	       (area->flags & VM_EXEC ? PF_X : 0);
}

static bool emit_program_headers(struct core_dump *dump, size_t notes, loff_t offset, loff_t data)
{
	struct elf64_phdr ph = {
		.p_type = PT_NOTE, .p_offset = offset, .p_filesz = notes, .p_align = 4
	};

	if (!core_emit(dump, &ph, sizeof(ph)))
		return false;
	for (unsigned int i = 0; i < dump->nr_areas; i++) {
		const struct core_area *area = &dump->areas[i];

		ph = (struct elf64_phdr){
			.p_type = PT_LOAD,
			.p_offset = data,
			.p_vaddr = area->start,
			.p_filesz = area->dump_size,
			.p_memsz = area->end - area->start,
			.p_flags = area_flags(area),
			.p_align = PAGE_SIZE,
		};
		data += area->dump_size;
		if (!core_emit(dump, &ph, sizeof(ph)))
			return false;
	}
	return true;
}

static bool emit_all(struct core_dump *dump, const struct notes *notes)
{
	unsigned int phnum = dump->nr_areas + 1;
	loff_t offset = sizeof(struct elf64_hdr) + (loff_t)phnum * sizeof(struct elf64_phdr);
	loff_t data = round_up(offset + notes->used, PAGE_SIZE), end = data;
	struct elf64_shdr section = { .sh_info = phnum, .sh_size = 1 };

	for (unsigned int i = 0; i < dump->nr_areas; i++)
		end += dump->areas[i].dump_size;
	if (!emit_header(dump, phnum, end) ||
	    !emit_program_headers(dump, notes->used, offset, data) ||
	    !core_emit(dump, notes->buf, notes->used))
		return false;
	core_align(dump, PAGE_SIZE);
	for (unsigned int i = 0; i < dump->nr_areas; i++)
		if (!core_emit_area(dump, &dump->areas[i]))
			return false;
	return phnum < PN_XNUM || core_emit(dump, &section, sizeof(section));
}

bool elf_core_dump(struct core_dump *dump)
{
	struct notes notes = {};
	bool dumped = false;

	if (!core_areas_collect(dump)) {
		collect_notes(&notes, dump);
		dumped = !notes.failed;
		if (dumped)
			/* A core that was cut short by its limit is one, too. */
			emit_all(dump, &notes);
		kvfree(notes.buf);
	}
	core_areas_free(dump);
	return dumped;
}
