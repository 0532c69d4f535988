/* SPDX-License-Identifier: MIT */
/* The assembly of um/vcpu. */
#ifndef UM_VCPU_VCPU_H
#define UM_VCPU_VCPU_H

/* See switch.S. */
void *um_switch_stack(unsigned long *save, unsigned long load, void *last);
void um_thread_begin(void);

#endif
