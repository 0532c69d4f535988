/* SPDX-License-Identifier: MIT */
/* Rewritten system calls: what generic code has to tell the machine about text pages. */
#ifndef UM_TEXT_H
#define UM_TEXT_H

struct address_space;
struct mm_struct;
struct page;

/* The page is being freed: so is its copy (page->text_twin, not NULL). => any context */
void um_text_twin_free(struct page *page);

/*
 * Somebody may write to a file of which pages have copies (AS_TEXT_TWINS): they go, from all
 * address spaces too. => may sleep
 */
void um_text_written(struct address_space *mapping);

/* From now on the address space runs its text as it is in the file (ptrace). => may sleep */
void um_text_plain(struct mm_struct *mm);

#endif
