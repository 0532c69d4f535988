// SPDX-License-Identifier: MIT
/*
 * Rewritten system calls: sites, jump table, trampolines.
 *
 * Problem: a system call that reaches us by signal costs over a microsecond before anybody looks
 * at it. So two common sequences are replaced in a copy of the text page (twin.c) by a jump of
 * seven bytes, `jmp *disp32` through a table in low memory:
 *
 *   SITE_CONST   b8 imm32 0f 05      mov $imm, %eax; syscall
 *   SITE_VAR     0f 05 48 3d imm32   syscall; cmp $imm, %rax
 *
 *   site --> jump table (0x60000) --> trampoline: mov $number, %ecx; jmp --> stub --> event
 *
 * The jump is encoded so that entering it in the middle, as a jump to the `syscall` of a
 * SITE_CONST or to the `cmp` of a SITE_VAR does, traps without a trace: there stand `06` (no
 * instruction) and `e5` (`in`, forbidden). The kernel then does what the original does
 * (um/trap/trampoline.c).
 *
 * A site has a number, the same in all address spaces; where it is mapped differs, so the
 * kernel records for each stub the addresses of the sites that it can reach, before it shows
 * the page. The number comes out of memory that the guest can write: whatever it names, the
 * guest gets a system call of its own, and goes on at a site of its own.
 *
 * Table and trampolines are the kernel's pages, shown to all stubs read only, and filled as
 * sites are numbered.
 *
 * A number that is given up is not given out again while a guest may still be on its way through
 * the trampoline, which no lock tells: its page is unmapped by then, so that is over when all
 * guests that ran have been in the kernel once (um/trap/passage.c). Until then it names what it
 * named. Numbers wait in two batches:
 *
 *   used --site_free()--> given up --the passage before is over--> passing --over--> free
 *
 * site_lock guards them all; innermost, interrupts off. A site is read without it by
 * those who got its number from a page that is, or just was, mapped.
 */
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/moduleparam.h>
#include <kern/spinlock.h>
#include <lib/bitmap.h>
#include <lib/find.h>
#include <lib/string.h>
#include <mm/gfp.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <stub_sites.h>
#include <um/mmu.h>
#include "../mm/guest.h"
#include "../trap/passage.h"
#include "text.h"

#define TABLE_SIZE (STUB_MAX_SITES * 8UL)
#define TRAMP_SIZE (STUB_MAX_SITES * (unsigned long)STUB_TRAMP_STRIDE)

/* Numbers given up are looked at from here on: well before there are none. */
#define RECLAIM_FROM (STUB_MAX_SITES / 2)

#define HOST_NR_MMAP 9
#define PROT_R	     1
#define PROT_RX	     5

_Static_assert(UM_JUMP_TABLE + TABLE_SIZE <= UM_JUMP_TABLE_END, "the jump table's place");

static DEFINE_SPINLOCK(site_lock);
static DECLARE_BITMAP(used, STUB_MAX_SITES); /* those below are in it too */
static DECLARE_BITMAP(given_up, STUB_MAX_SITES);
static DECLARE_BITMAP(passing, STUB_MAX_SITES);
static struct guest_passage passage; /* of the numbers in `passing` */
static struct site sites[STUB_MAX_SITES];
static u64 *table; /* constant after initcalls; NULL: nothing is rewritten */
static u8 *tramps;
static bool rewrite_enabled = true;

static int __init set_rewrite(char *value)
{
	return param_set_bool(value, &rewrite_enabled);
}
__setup("rewrite=", set_rewrite);

bool text_works(void)
{
	return table != NULL;
}

/* b9 number: mov $number, %ecx; e9: jmp. */
static void write_trampoline(unsigned int nr, enum site_kind kind)
{
	unsigned long at = STUB_TRAMP + nr * (unsigned long)STUB_TRAMP_STRIDE;
	unsigned long to = kind == SITE_CONST ? STUB_AT_tramp_const : STUB_AT_tramp_var;
	u8 *code = tramps + nr * STUB_TRAMP_STRIDE;
	s32 distance = to - (at + 10);

	code[0] = 0xb9;
	memcpy(code + 1, &nr, 4);
	code[5] = 0xe9;
	memcpy(code + 6, &distance, 4);
	WRITE_ONCE(table[nr], at);
}

/* => site_lock held */
static void reclaim_numbers(void)
{
	if (!bitmap_empty(passing, STUB_MAX_SITES)) {
		if (!guest_passage_over(&passage))
			return;
		bitmap_andnot(used, used, passing, STUB_MAX_SITES);
	}
	bitmap_copy(passing, given_up, STUB_MAX_SITES);
	bitmap_zero(given_up, STUB_MAX_SITES);
	guest_passage_begin(&passage);
}

int site_alloc(enum site_kind kind, s32 value)
{
	unsigned long flags;
	unsigned int nr;

	spin_lock_irqsave(&site_lock, flags);
	nr = find_first_zero_bit(used, STUB_MAX_SITES);
	if (nr >= RECLAIM_FROM) {
		reclaim_numbers();
		nr = find_first_zero_bit(used, STUB_MAX_SITES);
	}
	if (nr < STUB_MAX_SITES) {
		__set_bit(nr, used);
		sites[nr] = (struct site){ kind, value };
		write_trampoline(nr, kind);
	}
	spin_unlock_irqrestore(&site_lock, flags);
	return nr < STUB_MAX_SITES ? (int)nr : -1;
}

/* What it is stays known until the number is given out again. */
void site_free(unsigned int nr)
{
	unsigned long flags;

	spin_lock_irqsave(&site_lock, flags);
	__set_bit(nr, given_up);
	spin_unlock_irqrestore(&site_lock, flags);
}

bool site_get(u32 nr, struct site *site)
{
	if (nr >= STUB_MAX_SITES)
		return false;
	*site = sites[nr];
	return site->kind != SITE_FREE;
}

/* ff 24 e5 disp32: the index of the second operand byte means "none", whatever its scale. */
void site_patch(unsigned int nr, u8 bytes[7])
{
	u32 entry = UM_JUMP_TABLE + nr * 8;

	bytes[0] = 0xff;
	bytes[1] = 0x24;
	bytes[2] = 0xe5;
	memcpy(bytes + 3, &entry, 4);
}

void text_map(struct guest *guest)
{
	if (!table)
		return;
	guest_op(guest, HOST_NR_MMAP, UM_JUMP_TABLE, TABLE_SIZE, PROT_R, 0x11, STUB_RAM_FD,
		 __pa(table));
	guest_op(guest, HOST_NR_MMAP, STUB_TRAMP, TRAMP_SIZE, PROT_RX, 0x11, STUB_RAM_FD,
		 __pa(tramps));
}

unsigned long guest_site(const struct guest *guest, u32 nr)
{
	const struct guest_sites *chunk;

	if (nr >= STUB_MAX_SITES)
		return 0;
	chunk = READ_ONCE(guest->sites[nr / GUEST_SITES_CHUNK]);
	return chunk ? READ_ONCE(chunk->at[nr % GUEST_SITES_CHUNK]) : 0;
}

void guest_sites_free(struct guest *guest)
{
	for (unsigned int i = 0; i < GUEST_SITE_CHUNKS; i++) {
		kfree(guest->sites[i]);
		guest->sites[i] = NULL;
	}
}

static int text_init(void)
{
	if (!rewrite_enabled || !host_guest_config()->trampolines)
		return 0;
	/* Zeroed: they are shown to guests. */
	tramps = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, get_order(TRAMP_SIZE));
	if (!tramps)
		return -ENOMEM;
	table = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, get_order(TABLE_SIZE));
	if (table)
		return 0;
	free_pages((unsigned long)tramps, get_order(TRAMP_SIZE));
	return -ENOMEM;
}
subsys_initcall(text_init);
