// SPDX-License-Identifier: MIT
// Capabilities of files: security.capability at execve(), in user name spaces, with no_new_privs.
#include "ns/ns.h"
#include <sys/sendfile.h>
#include <sys/xattr.h>

#define NAME "security.capability"
#define SETUID_BIT (1u << CAP_SETUID)

static int set_caps(const char *file, unsigned flags, unsigned permitted, unsigned inheritable)
{
	struct vfs_cap_data data = {
		.magic_etc = VFS_CAP_REVISION_2 | flags,
		.data = { { permitted, inheritable } },
	};

	return setxattr(file, NAME, &data, sizeof(data), 0);
}

/* The program that is executed: its effective and permitted sets as its status. */
static int show(const char *want)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return 2;
	return data[0].effective == strtoul(want, NULL, 16) && !data[1].effective ? 0 : 1;
}

static int run_as(uid_t uid, const char *want, int no_new_privs)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (no_new_privs)
			prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (setgid(uid) || setuid(uid))
			_exit(50);
		execl("./prog", "prog", "--show", want, NULL);
		_exit(errno == EPERM ? 60 : 70);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void a_user_gains(void)
{
	CHECK_EQ(run_as(1000, "0000000000000000", 0), 0);
	CHECK_OK(set_caps("prog", VFS_CAP_FLAGS_EFFECTIVE, SETUID_BIT, 0));
	CHECK_EQ(run_as(1000, "0000000000000080", 0), 0);
	CHECK_EQ(run_as(1000, "0000000000000000", 1), 0);
	/* Permitted only: the program must raise it. */
	CHECK_OK(set_caps("prog", 0, SETUID_BIT, 0));
	CHECK_EQ(run_as(1000, "0000000000000000", 0), 0);
	CHECK_OK(removexattr("prog", NAME));
	CHECK_EQ(run_as(1000, "0000000000000000", 0), 0);
}

static void bounded(void)
{
	CHECK_OK(set_caps("prog", VFS_CAP_FLAGS_EFFECTIVE, SETUID_BIT, 0));
	CHECK_OK(prctl(PR_CAPBSET_DROP, CAP_SETUID));
	CHECK_EQ(run_as(1000, "0000000000000000", 0), 60);
	CHECK_OK(set_caps("prog", 0, SETUID_BIT, 0));
	CHECK_EQ(run_as(1000, "0000000000000000", 0), 0);
}

static void values(void)
{
	struct vfs_cap_data data = { .magic_etc = VFS_CAP_REVISION_2 }, back;

	CHECK_ERR(setxattr("prog", NAME, &data, 5, 0), EINVAL);
	data.magic_etc = 0x05000000;
	CHECK_ERR(setxattr("prog", NAME, &data, sizeof(data), 0), EINVAL);
	CHECK_OK(set_caps("prog", VFS_CAP_FLAGS_EFFECTIVE, SETUID_BIT, 1));
	CHECK_EQ(getxattr("prog", NAME, NULL, 0), (long)sizeof(data));
	CHECK_EQ(getxattr("prog", NAME, &back, sizeof(back)), (long)sizeof(back));
	CHECK_EQ(back.magic_etc, VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE);
	CHECK_EQ(back.data[0].permitted, SETUID_BIT);
	CHECK_EQ(back.data[0].inheritable, 1);
	CHECK_ERR(getxattr("prog", NAME, &back, 4), ERANGE);
}

static void users_may_not(void)
{
	if (setuid(1000))
		return;
	CHECK_ERR(set_caps("prog", 0, SETUID_BIT, 0), EPERM);
	CHECK_ERR(removexattr("prog", NAME), EPERM);
}

/* What the root of a user name space sets counts there. */
static void name_space_root(void)
{
	struct vfs_ns_cap_data data;
	int go[2], ready[2], status;
	char c, name[64];

	CHECK_OK(removexattr("prog", NAME));
	CHECK_OK(chown("prog", 5000, 5000));
	NEED(!pipe(go) && !pipe(ready));
	pid_t pid = fork();
	if (!pid) {
		CHECK_OK(unshare(CLONE_NEWUSER));
		NEED(write(ready[1], "x", 1) == 1 && read(go[0], &c, 1) == 1);
		CHECK_OK(setresgid(0, 0, 0));
		CHECK_OK(setresuid(0, 0, 0));
		CHECK_OK(set_caps("prog", VFS_CAP_FLAGS_EFFECTIVE, SETUID_BIT, 0));
		CHECK_EQ(getxattr("prog", NAME, &data, sizeof(data)), (long)sizeof(struct vfs_cap_data));
		CHECK_EQ(run_as(1000, "0000000000000080", 0), 0);
		_exit(test_failures);
	}
	NEED(read(ready[0], &c, 1) == 1);
	snprintf(name, sizeof(name), "/proc/%d/uid_map", pid);
	CHECK_OK(spit(name, "0 5000 2000"));
	snprintf(name, sizeof(name), "/proc/%d/gid_map", pid);
	CHECK_OK(spit(name, "0 5000 2000"));
	NEED(write(go[1], "x", 1) == 1);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(getxattr("prog", NAME, &data, sizeof(data)), (long)sizeof(data));
	CHECK_EQ(data.magic_etc, VFS_CAP_REVISION_3 | VFS_CAP_FLAGS_EFFECTIVE);
	CHECK_EQ(data.rootid, 5000);
	CHECK_EQ(run_as(1000, "0000000000000000", 0), 0);
}

/* A file that changes, or changes hands, loses them. */
static void lost_with_changes(void)
{
	char caps[64];
	int fd = open("file", O_CREAT | O_RDWR, 0755);

	NEED(fd >= 0);
	CHECK_OK(set_caps("file", VFS_CAP_FLAGS_EFFECTIVE, SETUID_BIT, 0));
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_ERR(getxattr("file", NAME, caps, sizeof(caps)), ENODATA);
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_OK(set_caps("file", VFS_CAP_FLAGS_EFFECTIVE, SETUID_BIT, 0));
	CHECK_OK(ftruncate(fd, 1));
	CHECK_ERR(getxattr("file", NAME, caps, sizeof(caps)), ENODATA);
	CHECK_OK(set_caps("file", VFS_CAP_FLAGS_EFFECTIVE, SETUID_BIT, 0));
	CHECK_OK(chown("file", 1000, -1));
	CHECK_ERR(getxattr("file", NAME, caps, sizeof(caps)), ENODATA);
	CHECK_OK(set_caps("file", VFS_CAP_FLAGS_EFFECTIVE, SETUID_BIT, 0));
	CHECK_OK(chmod("file", 0700));
	CHECK_GT(getxattr("file", NAME, caps, sizeof(caps)), 0);
	close(fd);
}

int main(int argc, char **argv)
{
	struct stat st;
	int in, out;

	if (argc == 3)
		return show(argv[2]);
	if (geteuid())
		SKIP("only root may give files capabilities");
	need_namespaces(CLONE_NEWNS | CLONE_NEWUSER);
	NEED(!unshare(CLONE_NEWNS));
	NEED(!mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	NEED(!mount("none", "/mnt", "tmpfs", 0, "mode=0755"));
	NEED((in = open("/proc/self/exe", O_RDONLY)) >= 0 && !fstat(in, &st));
	NEED(!chdir("/mnt"));
	NEED((out = open("prog", O_CREAT | O_WRONLY, 0755)) >= 0);
	NEED(sendfile(out, in, NULL, st.st_size) == st.st_size);
	close(out);
	close(in);
	RUN(lost_with_changes);
	RUN(a_user_gains);
	RUN_IN_CHILD(bounded);
	RUN(values);
	RUN_IN_CHILD(users_may_not);
	RUN(name_space_root);
	return test_done();
}
