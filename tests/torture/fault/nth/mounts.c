// SPDX-License-Identifier: MIT
/* Mounts, each in a folder of its own. */
#include "nth.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* A mount of `type` at mnt, gone afterwards. */
static void mount_type(const char *type, const char *options)
{
	mkdir("mnt", 0700);
	if (!TRY(mount(type, "mnt", type, 0, options)))
		umount2("mnt", MNT_DETACH);
	rmdir("mnt");
}
static void try_mount(void) { mount_type("tmpfs", "size=1M"); }
static void try_mount_proc(void) { mount_type("proc", NULL); }
static void try_mount_sysfs(void) { mount_type("sysfs", NULL); }
static void try_mount_devpts(void) { mount_type("devpts", "newinstance"); }
static void try_mount_mqueue(void) { mount_type("mqueue", NULL); }
static void try_mount_cgroup(void) { mount_type("cgroup2", NULL); }

static void with_overlay(void (*fn)(void))
{
	static const char *const folders[] = { "mnt", "low", "up", "work" };

	for (int i = 0; i < 4; i++)
		mkdir(folders[i], 0700);
	close_fd(open("low/name", O_CREAT | O_RDWR, 0600));
	fn();
	umount2("mnt", MNT_DETACH);
	unlink("up/name");
	unlink("low/name");
	rmdir("work/work");
	rmdir("work/index");
	for (int i = 0; i < 4; i++)
		rmdir(folders[i]);
}
#define OVERLAY "lowerdir=low,upperdir=up,workdir=work"
static void mount_overlay(void) { TRY(mount("overlay", "mnt", "overlay", 0, OVERLAY)); }
static void try_overlay(void) { with_overlay(mount_overlay); }
static void copy_up(void)
{
	if (!mount("overlay", "mnt", "overlay", 0, OVERLAY))
		close_fd(TRY(open("mnt/name", O_RDWR)));
}
static void try_copy_up(void) { with_overlay(copy_up); }
static void white_out(void)
{
	if (!mount("overlay", "mnt", "overlay", 0, OVERLAY))
		TRY(unlink("mnt/name"));
}
static void try_white_out(void) { with_overlay(white_out); }

static void try_bind_mount(void)
{
	mkdir("mnt", 0700);
	if (!TRY(mount("/proc", "mnt", NULL, MS_BIND | MS_REC, NULL)))
		umount2("mnt", MNT_DETACH);
	rmdir("mnt");
}
static void try_umount(void)
{
	mkdir("mnt", 0700);
	if (!mount("tmpfs", "mnt", "tmpfs", 0, NULL) && TRY(umount("mnt")))
		umount("mnt");
	rmdir("mnt");
}
static void try_remount(void)
{
	mkdir("mnt", 0700);
	if (!mount("tmpfs", "mnt", "tmpfs", 0, NULL)) {
		TRY(mount(NULL, "mnt", NULL, MS_REMOUNT, "size=2M"));
		umount("mnt");
	}
	rmdir("mnt");
}
static void try_fsopen(void) { close_fd(TRY(syscall(SYS_fsopen, "tmpfs", 0))); }
static void try_fsconfig(void)
{
	int fd = syscall(SYS_fsopen, "tmpfs", 0);

	TRY(syscall(SYS_fsconfig, fd, 1 /* FSCONFIG_SET_STRING */, "size", "1M", 0));
	close_fd(fd);
}
static void try_fsmount(void)
{
	int fd = syscall(SYS_fsopen, "tmpfs", 0);

	syscall(SYS_fsconfig, fd, 6 /* FSCONFIG_CMD_CREATE */, NULL, NULL, 0);
	close_fd(TRY(syscall(SYS_fsmount, fd, 0, 0)));
	close_fd(fd);
}
static void try_open_tree(void) { close_fd(TRY(syscall(SYS_open_tree, AT_FDCWD, "/proc", 0x8001))); }
static void try_move_mount(void)
{
	int fd = syscall(SYS_open_tree, AT_FDCWD, "/proc", 1 /* OPEN_TREE_CLONE */);

	mkdir("mnt", 0700);
	if (!TRY(syscall(SYS_move_mount, fd, "", AT_FDCWD, "mnt", 4 /* F_EMPTY_PATH */)))
		umount2("mnt", MNT_DETACH);
	close_fd(fd);
	rmdir("mnt");
}
static void try_mount_setattr(void)
{
	struct { unsigned long long set, clear, propagation, fd; } attr = { .propagation = MS_SHARED };

	mkdir("mnt", 0700);
	if (!mount("tmpfs", "mnt", "tmpfs", 0, NULL)) {
		TRY(syscall(SYS_mount_setattr, AT_FDCWD, "mnt", 0, &attr, sizeof(attr)));
		umount("mnt");
	}
	rmdir("mnt");
}
static void try_cgroup(void)
{
	mkdir("mnt", 0700);
	if (!mount("cgroup2", "mnt", "cgroup2", 0, NULL)) {
		TRY(mkdir("mnt/nth", 0700));
		rmdir("mnt/nth");
		umount2("mnt", MNT_DETACH);
	}
	rmdir("mnt");
}

const struct nth_call mount_calls[] = {
	CALL(mount), CALL(mount_proc), CALL(mount_sysfs), CALL(mount_devpts), CALL(mount_mqueue),
	CALL(mount_cgroup), CALL(overlay), CALL(copy_up), CALL(white_out), CALL(bind_mount), CALL(umount),
	CALL(remount), CALL(fsopen), CALL(fsconfig), CALL(fsmount), CALL(open_tree), CALL(move_mount),
	CALL(mount_setattr), CALL(cgroup),
	{ NULL, NULL },
};
