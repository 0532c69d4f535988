// SPDX-License-Identifier: MIT
/*
 * trap=ptrace: which system calls a thread of a stub may make, by its role. docs/security.md has
 * the same table, and guest_filter.c writes it as filters.
 */
#include <linux/audit.h>
#include <linux/futex.h>
#include <asm/prctl.h>
#include <sys/syscall.h>
#include <stub_sites.h>
#include <um/stub_layout.h>
#include "internal.h"
#include "tracer.h"

static bool is_slot_futex(const struct ptrace_syscall_info *info, unsigned int op)
{
	return info->entry.nr == SYS_futex && (unsigned int)info->entry.args[1] == op &&
	       tracer_is_slot(info->entry.args[0]);
}

static bool sets_base(const struct ptrace_syscall_info *info, unsigned int op)
{
	return !host_guest_config()->fsgsbase && info->entry.nr == SYS_arch_prctl &&
	       (unsigned int)info->entry.args[0] == op;
}

static bool guest_may(const struct ptrace_syscall_info *info)
{
	switch (info->instruction_pointer) {
	case SITE_guest_wait:
		return is_slot_futex(info, FUTEX_WAIT);
	case SITE_guest_wake:
		return is_slot_futex(info, FUTEX_WAKE);
	case SITE_guest_yield:
		return info->entry.nr == SYS_sched_yield;
	case SITE_guest_fsbase:
		return sets_base(info, ARCH_SET_FS);
	case SITE_guest_gsbase:
		return sets_base(info, ARCH_SET_GS);
	}
	return false;
}

static bool born_may(const struct ptrace_syscall_info *info)
{
	switch (info->instruction_pointer) {
	case SITE_born_altstack:
		return info->entry.nr == SYS_sigaltstack;
	case SITE_born_mask:
		return info->entry.nr == SYS_rt_sigprocmask;
	}
	return false;
}

static bool is_mapping(const struct ptrace_syscall_info *info)
{
	return info->entry.nr == SYS_mmap || info->entry.nr == SYS_mprotect ||
	       info->entry.nr == SYS_munmap || is_slot_futex(info, FUTEX_WAKE);
}

static bool mapper_may(const struct ptrace_syscall_info *info)
{
	unsigned long nr = info->entry.nr;

	switch (info->instruction_pointer) {
	case SITE_mapper_wait:
	case SITE_mapper_wake_guest:
	case SITE_mapper_wake_kernel:
	case SITE_zygote_wait:
	case SITE_zygote_wake:
		return nr == SYS_futex;
	case SITE_mapper_map:
		return is_mapping(info);
	case SITE_mapper_clone:
		return nr == SYS_clone && info->entry.args[0] == STUB_CLONE_FLAGS;
	case SITE_zygote_fork:
		return nr == SYS_clone && info->entry.args[0] == STUB_FORK_FLAGS;
	case SITE_newborn_prctl:
		return nr == SYS_prctl;
	case SITE_newborn_getppid:
		return nr == SYS_getppid;
	case SITE_newborn_request:
	case SITE_newborn_done:
		return nr == SYS_mmap;
	}
	return false;
}

bool tracer_may(enum tracer_role role, const struct ptrace_syscall_info *info)
{
	if (role == TRACER_STARTING)
		return true;
	if (info->arch != AUDIT_ARCH_X86_64)
		return false;
	switch (role) {
	case TRACER_MAPPER:
		return mapper_may(info);
	case TRACER_BORN:
		return born_may(info);
	default:
		return guest_may(info);
	}
}
