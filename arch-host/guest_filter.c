// SPDX-License-Identifier: MIT
/*
 * The seccomp filters of stubs. Both let a call through only when it comes from one exact
 * instruction of the stub with that instruction's number; everything else traps to the
 * handler as a guest's system call. Never KILL: a filter is inherited by all descendants.
 *
 *   mapper  zygote and mappers, and guest threads until they are confined. They keep all in
 *           registers, so no guest can steer what they do at these addresses.
 *   guest   on top of it, guest threads: sleep on and wake words in the slots.
 *
 * Raw BPF, because libseccomp cannot test the instruction pointer.
 */
#include <asm/prctl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <stub_sites.h>
#include <um/stub_layout.h>
#include "guest.h"
#include "internal.h"
#include "sys.h"

#define MAX_CODE ((STUB_PAGE - CONFIG_MAPPER_CODE) / sizeof(struct sock_filter))

struct program {
	struct sock_filter code[MAX_CODE];
	unsigned int len;
};

static void emit(struct program *p, unsigned int code, unsigned int k, unsigned int jt,
		 unsigned int jf)
{
	if (p->len == MAX_CODE)
		usage_error("internal error: the stub's filter is too long");
	p->code[p->len++] = (struct sock_filter){ .code = code, .jt = jt, .jf = jf, .k = k };
}

static void load(struct program *p, unsigned int offset)
{
	emit(p, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}

/* Low and high half of a 64-bit field. */
#define LOW(field)  offsetof(struct seccomp_data, field)
#define HIGH(field) (offsetof(struct seccomp_data, field) + 4)

static void decide(struct program *p, unsigned int action)
{
	emit(p, BPF_RET | BPF_K, action, 0, 0);
}

/* Traps unless the loaded word passes the comparison. */
static void require(struct program *p, unsigned int comparison, unsigned int k)
{
	emit(p, BPF_JMP | comparison | BPF_K, k, 1, 0);
	decide(p, SECCOMP_RET_TRAP);
}

/* Leaves the low half of the instruction pointer loaded. */
static void begin(struct program *p)
{
	memset(p, 0, sizeof(*p));
	load(p, LOW(arch));
	require(p, BPF_JEQ, AUDIT_ARCH_X86_64);
	load(p, HIGH(instruction_pointer));
	require(p, BPF_JEQ, STUB_TEXT >> 32);
	load(p, LOW(instruction_pointer));
}

/* Opens the rules of one site; close_site() ends them. */
static unsigned int open_site(struct program *p, unsigned long site)
{
	unsigned int at = p->len;

	emit(p, BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)site, 0, 0);
	load(p, LOW(nr));
	return at;
}

static void close_site(struct program *p, unsigned int at)
{
	decide(p, SECCOMP_RET_ALLOW);
	p->code[at].jf = p->len - at - 1;
}

static void allow(struct program *p, unsigned long site, unsigned int nr)
{
	unsigned int at = open_site(p, site);

	require(p, BPF_JEQ, nr);
	close_site(p, at);
}

/* => the number loaded. One futex operation on words of the slots. */
static void require_futex(struct program *p, unsigned int op)
{
	unsigned long end = STUB_SLOTS + (unsigned long)STUB_MAX_SLOTS * STUB_SLOT_STRIDE;

	require(p, BPF_JEQ, SYS_futex);
	load(p, LOW(args[1]));
	require(p, BPF_JEQ, op);
	load(p, HIGH(args[0]));
	require(p, BPF_JEQ, STUB_SLOTS >> 32);
	load(p, LOW(args[0]));
	require(p, BPF_JGE, (unsigned int)STUB_SLOTS);
	emit(p, BPF_JMP | BPF_JGE | BPF_K, (unsigned int)end, 0, 1);
	decide(p, SECCOMP_RET_TRAP);
}

static void allow_futex(struct program *p, unsigned long site, unsigned int op)
{
	unsigned int at = open_site(p, site);

	require_futex(p, op);
	close_site(p, at);
}

/* arch_prctl with this operation. */
static void allow_base(struct program *p, unsigned long site, unsigned int op)
{
	unsigned int at = open_site(p, site);

	require(p, BPF_JEQ, SYS_arch_prctl);
	load(p, LOW(args[0]));
	require(p, BPF_JEQ, op);
	close_site(p, at);
}

static void allow_bases(struct program *p)
{
	if (host_guest_config()->fsgsbase)
		return;
	allow_base(p, SITE_guest_fsbase, ARCH_SET_FS);
	allow_base(p, SITE_guest_gsbase, ARCH_SET_GS);
}

/* mmap, mprotect, munmap: numbers 9 to 11; and waking a guest thread. */
static void allow_mapping(struct program *p, unsigned long site)
{
	unsigned int at = open_site(p, site);

	emit(p, BPF_JMP | BPF_JGE | BPF_K, SYS_mmap, 1, 0);
	decide(p, SECCOMP_RET_TRAP);
	emit(p, BPF_JMP | BPF_JGT | BPF_K, SYS_munmap, 1, 0);
	decide(p, SECCOMP_RET_ALLOW);
	require_futex(p, FUTEX_WAKE);
	close_site(p, at);
}

/* clone with exactly these flags. */
static void allow_clone(struct program *p, unsigned long site, unsigned int flags)
{
	unsigned int at = open_site(p, site);

	require(p, BPF_JEQ, SYS_clone);
	load(p, LOW(args[0]));
	require(p, BPF_JEQ, flags);
	load(p, HIGH(args[0]));
	require(p, BPF_JEQ, 0);
	close_site(p, at);
}

static void guest_rules(struct program *p)
{
	begin(p);
	allow_futex(p, SITE_guest_wait, FUTEX_WAIT);
	allow_futex(p, SITE_guest_wake, FUTEX_WAKE);
	allow(p, SITE_guest_yield, SYS_sched_yield);
	allow_bases(p);
	decide(p, SECCOMP_RET_TRAP);
}

static void mapper_rules(struct program *p)
{
	begin(p);
	allow_futex(p, SITE_guest_wait, FUTEX_WAIT);
	allow_futex(p, SITE_guest_wake, FUTEX_WAKE);
	allow(p, SITE_guest_yield, SYS_sched_yield);
	allow_bases(p);
	allow(p, SITE_mapper_wait, SYS_futex);
	allow_mapping(p, SITE_mapper_map);
	allow(p, SITE_mapper_wake_guest, SYS_futex);
	allow(p, SITE_mapper_wake_kernel, SYS_futex);
	allow_clone(p, SITE_mapper_clone, STUB_CLONE_FLAGS);
	allow(p, SITE_born_altstack, SYS_sigaltstack);
	allow(p, SITE_born_mask, SYS_rt_sigprocmask);
	allow(p, SITE_born_confine, SYS_seccomp);
	allow(p, SITE_zygote_wait, SYS_futex);
	allow(p, SITE_zygote_wake, SYS_futex);
	allow_clone(p, SITE_zygote_fork, STUB_FORK_FLAGS);
	allow(p, SITE_newborn_prctl, SYS_prctl);
	allow(p, SITE_newborn_getppid, SYS_getppid);
	allow(p, SITE_newborn_request, SYS_mmap);
	allow(p, SITE_newborn_done, SYS_mmap);
	decide(p, SECCOMP_RET_TRAP);
}

static void store(void *config, const struct program *p, unsigned int code_at, unsigned int end,
		  unsigned int program_at)
{
	struct sock_fprog *program = (void *)((char *)config + program_at);
	size_t size = p->len * sizeof(p->code[0]);

	if (code_at + size > end)
		usage_error("internal error: the stub's filter is too long");
	memcpy((char *)config + code_at, p->code, size);
	program->len = p->len;
	program->filter = (struct sock_filter *)(STUB_CONFIG + code_at);
}

void guest_filters_write(void *config)
{
	struct program p;

	guest_rules(&p);
	store(config, &p, CONFIG_GUEST_CODE, CONFIG_MAPPER_CODE, CONFIG_GUEST_FILTER);
	mapper_rules(&p);
	store(config, &p, CONFIG_MAPPER_CODE, STUB_PAGE, CONFIG_MAPPER_FILTER);
}
