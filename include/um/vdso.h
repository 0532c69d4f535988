/* SPDX-License-Identifier: MIT */
/* What the kernel maps into every guest: the vDSO, its data, and the old vsyscall page. */
#ifndef UM_VDSO_H
#define UM_VDSO_H

#include <kern/types.h>

struct mm_struct;
struct pt_regs;
struct task_struct;
struct vm_area_struct;

#define VSYSCALL_ADDR 0xffffffffff600000UL

/*
 * Maps [vvar] and [vdso] into current's new mm. *at: where the image is (AT_SYSINFO_EHDR), or 0
 * when there is none (vdso=0). 0, or -ENOMEM. => takes mmap_lock
 */
int um_map_vdso(unsigned long *at);

/*
 * The mm's user has moved to another time name space: the page of the clocks is chosen anew when
 * it is touched. => takes mmap_lock
 */
void um_vdso_forget_clocks(struct mm_struct *mm);

/* A jump into the vsyscall page: does the call there. False: not one of its three entries. */
bool um_vsyscall(struct pt_regs *regs);

/* The area that /proc/PID/maps shows above all others: the vsyscall page. */
struct vm_area_struct *get_gate_vma(struct mm_struct *mm);

#endif
