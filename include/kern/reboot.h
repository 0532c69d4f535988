/* SPDX-License-Identifier: MIT */
/* Switching the machine off and on. */
#ifndef KERN_REBOOT_H
#define KERN_REBOOT_H

#include <kern/types.h>

#include <linux/reboot.h>

/* Exit status of the host process at power-off: /proc/sys/kernel/poweroff_status. */
extern int poweroff_status;

/* Each syncs nothing; flushes the console and ends the host process. */
void kernel_power_off(void) __attribute__((noreturn));
void kernel_halt(void) __attribute__((noreturn));
void kernel_restart(const char *cmd) __attribute__((noreturn));
void emergency_restart(void) __attribute__((noreturn));

/* Asks init to power off (SIGUSR2, as busybox's init understands it); => any context. */
void orderly_poweroff(void);
/*
 * A signal of the host for init to hand on; SI_KERNEL if a terminal's key made it. Where init
 * does not handle it (yet), the machine ends as the signal would have ended a program. => any context
 */
void signal_init(int sig, bool typed);
/* Ctrl-Alt-Del or its like. */
void ctrl_alt_del(void);

#endif
