/* SPDX-License-Identifier: MIT */
/* Rewritten system calls, between um/text, um/mm and um/trap. See sites.c and twin.c. */
#ifndef UM_TEXT_TEXT_H
#define UM_TEXT_TEXT_H

#include <kern/types.h>

struct guest;
struct page;

enum site_kind {
	SITE_FREE,
	SITE_CONST, /* mov $value, %eax; syscall */
	SITE_VAR    /* syscall; cmp $value, %rax */
};

struct site {
	u8 kind;
	s32 value;
};

/* Bytes from the site to where the system call returns to, by kind. */
static inline unsigned int site_length(const struct site *site)
{
	return site->kind == SITE_CONST ? 7 : 2;
}

/* Bytes of the `cmp` behind the system call of a SITE_VAR. */
#define SITE_CMP_BYTES 6

/* ---- sites.c ---- */

/* Can sites be rewritten on this host? */
bool text_works(void);
/* A number for a site, or -1: none left. => any context */
int site_alloc(enum site_kind kind, s32 value);
void site_free(unsigned int nr);
/* The site of a number that a guest names. False: there is none. */
bool site_get(u32 nr, struct site *site);
/* The bytes that jump to a site's trampoline. */
void site_patch(unsigned int nr, u8 bytes[7]);
/* Adds the operations that show jump table and trampolines to a new stub. */
void text_map(struct guest *guest);

/* ---- where the sites are in an address space; guest->lock held for writing ---- */

/* Address of the site, or 0. => any context */
unsigned long guest_site(const struct guest *guest, u32 nr);
void guest_sites_free(struct guest *guest);

/* ---- twin.c ---- */

/*
 * The page to show at addr for a text page: its copy with rewritten sites, or itself.
 * => guest->lock, page_table_lock held
 */
struct page *text_choose(struct guest *guest, unsigned long addr, struct page *page);

/*
 * The stub was entered by signal for the `syscall` at ip. When that goes on, the next time it
 * will not be. => current's; may sleep
 */
void text_consider(struct guest *guest, unsigned long ip);

#endif
