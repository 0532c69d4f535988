// SPDX-License-Identifier: MIT
// pivot_root, propagation between groups, MNT_DETACH and MNT_EXPIRE, mountinfo's optional fields.
#include "ns/ns.h"
#include <limits.h>
#include <poll.h>

static char base[PATH_MAX];

static const char *info(const char *where)
{
	static char line[4096];
	char full[PATH_MAX + 256];
	FILE *f = fopen("/proc/self/mountinfo", "r");

	snprintf(full, sizeof(full), " %s/%s ", base, where);
	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, full)) {
			fclose(f);
			return line;
		}
	if (f)
		fclose(f);
	return "";
}

static int tmpfs(const char *where)
{
	mkdir(where, 0755);
	return mount("none", where, "tmpfs", 0, NULL);
}

static int bind_mount(const char *from, const char *to)
{
	mkdir(to, 0755);
	return mount(from, to, NULL, MS_BIND, NULL);
}

static int make(const char *where, unsigned long how)
{
	return mount(NULL, where, NULL, how, NULL);
}

static int tag(const char *where, const char *name)
{
	const char *at = strstr(info(where), name);

	return at ? atoi(at + strlen(name)) : 0;
}

static void groups(void)
{
	CHECK_OK(tmpfs("shared"));
	CHECK_OK(make("shared", MS_SHARED));
	CHECK_OK(mkdir("shared/sub", 0755));
	CHECK_OK(bind_mount("shared", "peer"));
	CHECK_OK(bind_mount("shared", "slave"));
	CHECK_OK(make("slave", MS_SLAVE));
	CHECK_OK(bind_mount("shared", "private"));
	CHECK_OK(make("private", MS_PRIVATE));
	CHECK_GT(tag("shared", " shared:"), 0);
	CHECK_EQ(tag("shared", " shared:"), tag("peer", " shared:"));
	CHECK_EQ(tag("slave", " master:"), tag("shared", " shared:"));
	CHECK_EQ(tag("slave", " shared:"), 0);
	CHECK(!strstr(info("private"), "shared:") && !strstr(info("private"), "master:"));
	/* Down the tree, never up. */
	CHECK_OK(tmpfs("shared/sub"));
	CHECK(*info("peer/sub") && *info("slave/sub") && !*info("private/sub"));
	CHECK_EQ(tag("peer/sub", " shared:"), tag("shared/sub", " shared:"));
	CHECK_EQ(tag("slave/sub", " master:"), tag("shared/sub", " shared:"));
	CHECK_OK(umount("peer/sub"));
	CHECK(!*info("shared/sub") && !*info("slave/sub"));
	CHECK_OK(tmpfs("slave/sub"));
	CHECK(!*info("shared/sub"));
	CHECK_OK(umount("slave/sub"));
	/* A slave that is shared too passes on. */
	CHECK_OK(make("slave", MS_SHARED));
	CHECK_OK(bind_mount("slave", "slave2"));
	CHECK_EQ(tag("slave2", " shared:"), tag("slave", " shared:"));
	CHECK_EQ(tag("slave2", " master:"), tag("shared", " shared:"));
	CHECK_OK(tmpfs("peer/sub"));
	CHECK(*info("slave2/sub"));
	CHECK_OK(umount("shared/sub"));
	CHECK(!*info("slave2/sub"));
	/* Unbindable. */
	CHECK_OK(make("private", MS_UNBINDABLE));
	CHECK(strstr(info("private"), " unbindable "));
	CHECK_ERR(bind_mount("private", "copy"), EINVAL);
	CHECK_ERR(make("private", MS_UNBINDABLE | MS_SHARED), EINVAL);
	CHECK_ERR(make("shared/sub", MS_SHARED), EINVAL);
	CHECK_OK(umount("slave2"));
	CHECK_OK(umount("private"));
	CHECK_OK(umount("slave"));
	CHECK_OK(umount("peer"));
	CHECK_OK(umount("shared"));
}

/* A copy of a name space hears of what happens in the other, as far as it is shared. */
static void across_namespaces(void)
{
	int to[2], from[2], status;
	char c;

	CHECK_OK(tmpfs("ns"));
	CHECK_OK(make("ns", MS_SHARED));
	CHECK_OK(mkdir("ns/a", 0755));
	NEED(!pipe(to) && !pipe(from));
	pid_t pid = fork();
	if (!pid) {
		CHECK_OK(unshare(CLONE_NEWNS));
		CHECK_OK(make("ns", MS_SLAVE));
		NEED(write(from[1], "x", 1) == 1 && read(to[0], &c, 1) == 1);
		CHECK(*info("ns/a"));
		CHECK_OK(umount("ns/a"));
		CHECK_OK(tmpfs("ns/a"));
		CHECK_OK(mkdir("ns/a/mine", 0755));
		_exit(test_failures);
	}
	NEED(read(from[0], &c, 1) == 1);
	CHECK_OK(tmpfs("ns/a"));
	NEED(write(to[1], "x", 1) == 1);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK(*info("ns/a"));
	CHECK_ERR(access("ns/a/mine", F_OK), ENOENT);
	CHECK_OK(umount("ns/a"));
	CHECK_OK(umount("ns"));
}

static void detach_and_expire(void)
{
	int fd;

	CHECK_OK(tmpfs("d"));
	CHECK_OK(mkdir("d/sub", 0755));
	CHECK_OK(tmpfs("d/sub"));
	NEED((fd = open("d/sub/f", O_CREAT | O_RDWR, 0600)) >= 0);
	CHECK_ERR(umount("d"), EBUSY);
	CHECK_ERR(umount2("d", MNT_EXPIRE | MNT_DETACH), EINVAL);
	CHECK_OK(umount2("d", MNT_DETACH));
	CHECK(!*info("d") && !*info("d/sub"));
	CHECK_EQ(write(fd, "x", 1), 1);
	close(fd);
	CHECK_OK(tmpfs("d"));
	CHECK_ERR(umount2("d", MNT_EXPIRE), EAGAIN);
	CHECK_OK(access("d/x", F_OK) ? 0 : -1);
	/* That was a use. */
	CHECK_ERR(umount2("d", MNT_EXPIRE), EAGAIN);
	CHECK_OK(umount2("d", MNT_EXPIRE));
	CHECK_ERR(umount("d"), EINVAL);
}

static void watched(void)
{
	int fd = open("/proc/self/mountinfo", O_RDONLY);
	struct pollfd p = { .fd = fd, .events = POLLPRI };

	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_OK(tmpfs("w"));
	CHECK_EQ(poll(&p, 1, 1000), 1);
	CHECK(p.revents & POLLPRI);
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_OK(umount("w"));
	close(fd);
}

static int pivot(const char *new, const char *old)
{
	return syscall(SYS_pivot_root, new, old);
}

static void pivoting(void)
{
	CHECK_OK(unshare(CLONE_NEWNS));
	CHECK_OK(make("/", MS_REC | MS_PRIVATE));
	CHECK_OK(mkdir("root", 0755));
	CHECK_OK(mkdir("root/old", 0755));
	CHECK_ERR(pivot("root", "root/old"), EINVAL);
	CHECK_OK(tmpfs("root"));
	CHECK_OK(mkdir("root/old", 0755));
	CHECK_OK(mkdir("root/proc", 0755));
	CHECK_ERR(pivot("root", "nosuch"), ENOENT);
	CHECK_ERR(pivot("root", "."), EINVAL);
	CHECK_ERR(pivot("/", "root/old"), EBUSY);
	if (pivot("root", "root/old")) {
		/* The initial root file system cannot be pivoted away. */
		CHECK_EQ(errno, EINVAL);
		return;
	}
	CHECK_OK(access("/old/proc", F_OK));
	CHECK_OK(chdir("/"));
	CHECK_OK(mount("proc", "/proc", "proc", 0, NULL));
	CHECK(strstr(slurp("/proc/self/mountinfo"), " /old "));
	CHECK_OK(umount2("/old", MNT_DETACH));
	CHECK(!strstr(slurp("/proc/self/mountinfo"), " /old"));
	CHECK_OK(rmdir("/old"));
	/* The usual trick: the old root on top of the new one, then away with it. */
	CHECK_OK(mkdir("/next", 0755));
	CHECK_OK(mount("none", "/next", "tmpfs", 0, NULL));
	CHECK_OK(chdir("/next"));
	CHECK_OK(pivot(".", "."));
	CHECK_OK(umount2(".", MNT_DETACH));
	CHECK_OK(chdir("/"));
	CHECK_ERR(access("/next", F_OK), ENOENT);
}

static void chroot_has_no_pivot(void)
{
	CHECK_OK(unshare(CLONE_NEWNS));
	CHECK_OK(make("/", MS_REC | MS_PRIVATE));
	CHECK_OK(mkdir("jail", 0755));
	CHECK_OK(mkdir("jail/new", 0755));
	CHECK_OK(tmpfs("jail/new"));
	CHECK_OK(mkdir("jail/new/old", 0755));
	CHECK_OK(chroot("jail"));
	CHECK_ERR(pivot("/new", "/new/old"), EINVAL);
	CHECK_ERR(unshare(CLONE_NEWUSER), EPERM);
}

int main(void)
{
	if (geteuid())
		SKIP("only root may mount");
	need_namespaces(CLONE_NEWNS);
	NEED(!unshare(CLONE_NEWNS));
	NEED(!mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	NEED(!mount("none", "/mnt", "tmpfs", 0, NULL) && !chdir("/mnt"));
	NEED(getcwd(base, sizeof(base)));
	RUN(groups);
	RUN(across_namespaces);
	RUN(detach_and_expire);
	RUN(watched);
	RUN_IN_CHILD(pivoting);
	RUN_IN_CHILD(chroot_has_no_pivot);
	return test_done();
}
