// SPDX-License-Identifier: MIT
/* The guest's tree under `vmlinux run`: mounted aside, then moved over the initial root. */
#include <linux/fcntl.h>
#include <linux/mount.h>

#include "common.h"
#include "run.h"
#include "syscalls.h"

static const char *decimal(unsigned int n)
{
	static char digits[12];
	unsigned int at = sizeof(digits) - 1;

	do {
		digits[--at] = '0' + n % 10;
		n /= 10;
	} while (n);
	return digits + at;
}

static int fail(const char *what, const char *which)
{
	complain(what, which);
	return 1;
}

/* The root below an overlay in memory, so that what is written stays here. */
static int mount_overlay(void)
{
	sys2(mkdir, "/lower", 0755);
	sys2(mkdir, "/upper", 0755);
	if (sys5(mount, "0", "/lower", "hostfs", MS_RDONLY, 0))
		return fail("cannot mount the host's root", "");
	if (sys5(mount, "tmpfs", "/upper", "tmpfs", 0, "mode=0755,size=90%,nr_inodes=0"))
		return fail("cannot mount a tmpfs", "");
	sys2(mkdir, "/upper/data", 0755);
	sys2(mkdir, "/upper/work", 0755);
	if (sys5(mount, "overlay", "/newroot", "overlay", 0,
		 "lowerdir=/lower,upperdir=/upper/data,workdir=/upper/work,index=on,volatile"))
		return fail("cannot mount the overlay", "");
	return 0;
}

static int mount_root(const struct settings *set)
{
	sys2(mkdir, "/newroot", 0755);
	if (set->rw)
		return sys5(mount, "0", "/newroot", "hostfs", 0, 0) &&
		       fail("cannot mount the host's root", "");
	return mount_overlay();
}

/* A single file is bound from its folder's tree, which the guest never reaches. */
static int open_files(struct settings *set)
{
	char where[512];

	for (unsigned int i = 0; i < set->nr_trees; i++) {
		struct tree *tree = &set->trees[i];
		unsigned long at = 0;

		if (!tree->is_file)
			continue;
		append(where, sizeof(where), &at, "/file");
		append(where, sizeof(where), &at, decimal(i));
		sys2(mkdir, where, 0700);
		if (sys5(mount, decimal(tree->number), where, "hostfs", 0, 0))
			return fail("cannot mount ", tree->where);
		append(where, sizeof(where), &at, "/");
		append(where, sizeof(where), &at, tree->name);
		tree->fd = sys3(open, where, O_PATH | O_CLOEXEC, 0);
		if (tree->fd < 0)
			return fail("cannot open ", tree->name);
	}
	return 0;
}

/* mkdir -p, for the folder or, of a file, for the folder it is in. */
static void make_place(const char *path, int is_file)
{
	char part[4096];
	unsigned long len = length(path);

	for (unsigned long i = 0; i <= len && i < sizeof(part) - 1; i++) {
		if (i && ((!path[i] && !is_file) || path[i] == '/')) {
			part[i] = '\0';
			sys2(mkdir, part, 0755);
		}
		part[i] = path[i];
	}
	if (is_file) {
		long fd = sys3(open, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

		if (fd >= 0)
			sys1(close, fd);
	}
}

static int mount_trees(const struct settings *set)
{
	for (unsigned int i = 0; i < set->nr_trees; i++) {
		const struct tree *tree = &set->trees[i];
		char source[64];
		unsigned long at = 0;
		long err;

		/* With the host's own files as root nothing is made there by the way. */
		if (!set->rw)
			make_place(tree->where, tree->is_file);
		if (tree->is_file) {
			append(source, sizeof(source), &at, "/proc/self/fd/");
			append(source, sizeof(source), &at, decimal(tree->fd));
			err = sys5(mount, source, tree->where, 0, MS_BIND, 0);
		} else {
			err = sys5(mount, decimal(tree->number), tree->where, "hostfs", 0, 0);
		}
		if (err)
			return fail("cannot mount on ", tree->where);
	}
	return 0;
}

int make_tree(struct settings *set)
{
	if (mount_root(set) || open_files(set))
		return 1;
	if (sys1(chdir, "/newroot") || sys5(mount, ".", "/", 0, MS_MOVE, 0) || sys1(chroot, ".") ||
	    sys1(chdir, "/"))
		return fail("cannot change to the host's root", "");
	mount_own();
	mount_one("tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777");
	return mount_trees(set);
}
