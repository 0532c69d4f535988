// SPDX-License-Identifier: MIT
/* From the thread of init to the program of that name. */
#include <kern/errno.h>
#include <kern/exec.h>
#include <kern/init.h>
#include <kern/panic.h>
#include <kern/printk.h>
#include <mm/slab.h>
#include <um/setup.h>
#include "internal.h"

static const char *requested_init;	/* init= or rdinit=; the text stays */

static const char *const init_environment[] = { "HOME=/", "TERM=linux", NULL };

static int set_init(char *value)
{
	requested_init = value;
	return 1;
}
__setup("init=", set_init);
__setup("rdinit=", set_init);

static int exec_init(const char *path)
{
	unsigned int count;
	const char *const *words = um_init_args(&count);
	const char **argv = kmalloc_array(count + 2, sizeof(*argv), GFP_KERNEL);
	int error;

	if (!argv)
		return -ENOMEM;
	argv[0] = path;
	for (unsigned int i = 0; i < count; i++)
		argv[i + 1] = words[i];
	argv[count + 1] = NULL;
	pr_info("Run %s as init process\n", path);
	error = kernel_execve(path, argv, init_environment);
	kfree(argv);
	return error;
}

int run_init(void)
{
	static const char *const usual[] = { "/init", "/sbin/init", "/etc/init", "/bin/init", "/bin/sh" };
	int error = um_open_stdio();

	if (error)
		pr_warn("cannot open the descriptors of init: error %d\n", error);
	if (requested_init) {
		error = exec_init(requested_init);
		if (error)
			panic("Requested init %s failed (error %d).", requested_init, error);
		return 0;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(usual); i++) {
		error = exec_init(usual[i]);
		if (!error)
			return 0;
		if (error != -ENOENT)
			pr_err("Starting init: %s exists but couldn't execute it (error %d)\n", usual[i], error);
	}
	panic("No working init found. Try passing init= option to kernel.");
}
