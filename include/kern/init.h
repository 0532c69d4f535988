/* SPDX-License-Identifier: MIT */
/*
 * Boot: functions register themselves in a linker section and run in the order of their level.
 *
 *	static int __init foo_init(void) { ...; return 0; }
 *	subsys_initcall(foo_init);
 *
 * start_kernel() itself names no subsystem above kernel/.
 */
#ifndef KERN_INIT_H
#define KERN_INIT_H

#include <kern/compiler.h>
#include <kern/types.h>

typedef int (*initcall_t)(void);

/*
 *   0..9    before there are threads: no sleeping (early_initcall)
 *   10..    in the thread of init, with all CPUs up
 */
enum initcall_level {
	INITCALL_EARLY = 0,
	INITCALL_EARLY_FS = 3,		/* kinds of file systems that the first mount needs */
	INITCALL_EARLY_MOUNT = 5,
	INITCALL_PURE = 10,
	INITCALL_CORE = 20,
	INITCALL_POSTCORE = 30,
	INITCALL_ARCH = 40,
	INITCALL_SUBSYS = 50,
	INITCALL_FS = 60,
	INITCALL_ROOTFS = 65,
	INITCALL_DEVICE = 70,
	INITCALL_LATE = 80,
};

struct initcall_entry {
	initcall_t fn;
	const char *name;
	int level;
};

#define __define_initcall(fn_, level_) \
	static const struct initcall_entry __UNIQUE_ID(initcall) \
	__attribute__((section("initcalls"), used, aligned(8))) = { .fn = (fn_), .name = #fn_, .level = (level_) }
#define initcall(level, fn) __define_initcall(fn, level)
#define early_initcall(fn) __define_initcall(fn, INITCALL_EARLY)
#define pure_initcall(fn) __define_initcall(fn, INITCALL_PURE)
#define core_initcall(fn) __define_initcall(fn, INITCALL_CORE)
#define postcore_initcall(fn) __define_initcall(fn, INITCALL_POSTCORE)
#define arch_initcall(fn) __define_initcall(fn, INITCALL_ARCH)
#define subsys_initcall(fn) __define_initcall(fn, INITCALL_SUBSYS)
#define fs_initcall(fn) __define_initcall(fn, INITCALL_FS)
#define rootfs_initcall(fn) __define_initcall(fn, INITCALL_ROOTFS)
#define device_initcall(fn) __define_initcall(fn, INITCALL_DEVICE)
#define late_initcall(fn) __define_initcall(fn, INITCALL_LATE)
#define module_init(fn) device_initcall(fn)
#define module_exit(fn)

#include <kern/moduleparam.h>

enum system_states {
	SYSTEM_BOOTING,
	SYSTEM_SCHEDULING,
	SYSTEM_RUNNING,
	SYSTEM_HALT,
	SYSTEM_POWER_OFF,
	SYSTEM_RESTART,
};
extern enum system_states system_state;

/* The command line as given, for /proc/cmdline. */
extern char *saved_command_line;

/* Entered by the machine on vCPU 0, interrupts masked, current == &init_task. */
void start_kernel(void) __noreturn;

/*
 * The last step of the boot, in task 1: opens descriptors 0-2, executes init=, /init,
 * /sbin/init ... A subsystem may replace it (the unit tests do): => 0 never returns to the caller.
 */
extern int (*run_init_hook)(void);

#endif
