/* SPDX-License-Identifier: MIT */
/* Kernel parameters: words of the command line, registered in the section `kparams`. */
#ifndef KERN_MODULEPARAM_H
#define KERN_MODULEPARAM_H

#include <kern/compiler.h>
#include <kern/types.h>

/*
 * name ends in '=' when it takes a value. check (may be NULL) judges the value before the
 * kernel starts, without per-CPU data or locks: 0 or -EINVAL. set runs at boot: 1 = taken
 * (as Linux's __setup), 0 = malformed.
 */
struct kernel_param_entry {
	const char *name;
	int (*set)(char *value);
	int (*check)(const char *value);
	int early;
};

#define __kparam(name_, set_, check_, early_) \
	static const struct kernel_param_entry __UNIQUE_ID(kparam) \
	__attribute__((section("kparams"), used, aligned(8))) = \
		{ .name = (name_), .set = (set_), .check = (check_), .early = (early_) }
#define __setup(name, fn) __kparam(name, fn, NULL, 0)
#define __setup_checked(name, fn, check) __kparam(name, fn, check, 0)
/* Before memory exists. */
#define early_param(name, fn) __kparam(name, fn, NULL, 1)

/* module_param(x, int, mode): the parameter "x=" sets the variable x. */
#define module_param_named(name, var, type, mode) \
	static int __PASTE(__param_set_, var)(char *value) { return param_set_##type(value, &(var)); } \
	static int __PASTE(__param_check_, var)(const char *value) \
	{ \
		__typeof__(var) scratch; \
		return param_set_##type(value, &scratch) ? 0 : -22; \
	} \
	__kparam(#name "=", __PASTE(__param_set_, var), __PASTE(__param_check_, var), 0)
#define module_param(var, type, mode) module_param_named(var, var, type, mode)
#define core_param(name, var, type, mode) module_param_named(name, var, type, mode)

/* 1 and the variable set, or 0: not of that type. */
int param_set_int(const char *value, int *var);
int param_set_uint(const char *value, unsigned int *var);
int param_set_long(const char *value, long *var);
int param_set_ulong(const char *value, unsigned long *var);
int param_set_bool(const char *value, bool *var);

/*
 * Judges one word of the command line before the kernel starts: 1 known and well formed,
 * 0 unknown, -EINVAL malformed. No per-CPU data, no lock, no memory.
 */
int parse_check_param(const char *word);

/* Runs the handlers of the words in cmdline (which is cut up). early: those registered early. */
void parse_params(char *cmdline, int early);

#endif
