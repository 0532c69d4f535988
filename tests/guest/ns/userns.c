// SPDX-License-Identifier: MIT
// User name spaces: maps, setgroups, capabilities over what they own.
#include "ns.h"
#include <sys/socket.h>
#include <sys/xattr.h>

static void a_new_one_has_no_users(void)
{
	char before[64];

	snprintf(before, sizeof(before), "%s", ns_link(getpid(), "user"));
	CHECK_OK(unshare(CLONE_NEWUSER));
	CHECK(strcmp(before, ns_link(getpid(), "user")));
	CHECK_EQ(getuid(), 65534);
	CHECK_EQ(getgid(), 65534);
	CHECK_STR(slurp("/proc/self/uid_map"), "");
	CHECK_STR(slurp("/proc/self/setgroups"), "allow\n");
	CHECK_ERR(setuid(0), EINVAL);
	CHECK_ERR(setgroups(0, NULL), EPERM);
	/* All capabilities, over this name space only. */
	CHECK_EQ(prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN), 1);
	CHECK_ERR(sethostname("x", 1), EPERM);
	CHECK_OK(unshare(CLONE_NEWUTS));
	CHECK_OK(sethostname("x", 1));
}

static void the_creator_maps_himself(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	char map[64];

	CHECK_OK(unshare(CLONE_NEWUSER));
	snprintf(map, sizeof(map), "0 %u 1\n", uid);
	CHECK_OK(spit("/proc/self/uid_map", map));
	CHECK_EQ(getuid(), 0);
	CHECK_ERR(spit("/proc/self/uid_map", map), EPERM);
	snprintf(map, sizeof(map), "%10u %10u %10u\n", 0, uid, 1);
	CHECK_STR(slurp("/proc/self/uid_map"), map);
	CHECK_OK(spit("/proc/self/setgroups", "deny"));
	CHECK_STR(slurp("/proc/self/setgroups"), "deny\n");
	CHECK_ERR(spit("/proc/self/setgroups", "allow"), EPERM);
	snprintf(map, sizeof(map), "5 %u 1", gid);
	CHECK_OK(spit("/proc/self/gid_map", map));
	CHECK_EQ(getgid(), 5);
	CHECK_ERR(setgroups(0, NULL), EPERM);
	CHECK_ERR(spit("/proc/self/setgroups", "deny"), EPERM);
	/* Others have no number here. */
	CHECK_ERR(setuid(7), EINVAL);
	CHECK_ERR(chown("/proc/self/exe", 7, 7), EINVAL);
}

/* An access list names users by the numbers of whoever sets or reads it. */
static void access_lists_are_mapped(void)
{
	struct {
		unsigned int version;
		struct {
			unsigned short tag, perm;
			unsigned int id;
		} e[5];
	} acl = { 2, { { 1, 6, -1U }, { 2, 4, 5 }, { 4, 4, -1U }, { 16, 4, -1U }, { 32, 0, -1U } } },
	  back;
	const char *name = "system.posix_acl_access";
	const char *file = "listed";
	char map[64];
	int status;

	NEED(!close(open(file, O_CREAT | O_WRONLY, 0600)));
	if (!fork()) {
		snprintf(map, sizeof(map), "5 %u 1\n", geteuid());
		NEED(!unshare(CLONE_NEWUSER));
		NEED(!spit("/proc/self/uid_map", map));
		CHECK_OK(setxattr(file, name, &acl, sizeof(acl), 0));
		CHECK_EQ(getxattr(file, name, &back, sizeof(back)), sizeof(back));
		CHECK_EQ(back.e[1].id, 5);
		acl.e[1].id = 6;
		CHECK_ERR(setxattr(file, name, &acl, sizeof(acl), 0), EINVAL);
		_exit(test_failures != 0);
	}
	CHECK(wait(&status) > 0 && !status);
	CHECK_EQ(getxattr(file, name, &back, sizeof(back)), sizeof(back));
	CHECK_EQ(back.e[1].id, geteuid());
	unlink(file);
}

static int wait_fds[2], go_fds[2];

/* A child in a user name space whose maps the parent writes. */
static pid_t child_with_maps(void (*fn)(void))
{
	char c;
	pid_t pid;

	NEED(!pipe(wait_fds) && !pipe(go_fds));
	pid = fork();
	if (pid)
		return pid;
	CHECK_OK(unshare(CLONE_NEWUSER));
	if (write(wait_fds[1], "x", 1) != 1 || read(go_fds[0], &c, 1) != 1)
		_exit(90);
	fn();
	_exit(test_failures ? 1 : 0);
}

static void check_ranges(void)
{
	struct stat st;
	gid_t list[3] = { 3, 2000, 7 };

	CHECK_EQ(getuid(), 10);
	CHECK_OK(setgroups(3, list));
	CHECK_EQ(getgroups(3, list), 3);
	CHECK_OK(setresuid(1001, 1001, 1001));
	CHECK_EQ(getuid(), 1001);
	CHECK_OK(stat("/proc/self", &st));
}

static void root_maps_ranges(void)
{
	char name[64], c;
	int status;
	pid_t pid;

	if (geteuid())
		return;
	pid = child_with_maps(check_ranges);
	NEED(read(wait_fds[0], &c, 1) == 1);
	snprintf(name, sizeof(name), "/proc/%d/uid_map", pid);
	CHECK_ERR(spit(name, ""), EINVAL);
	CHECK_ERR(spit(name, "0 0\n"), EINVAL);
	CHECK_ERR(spit(name, "0 0 0\n"), EINVAL);
	CHECK_ERR(spit(name, "0 0 x\n"), EINVAL);
	CHECK_ERR(spit(name, "0 0 10\n5 20 10\n"), EINVAL);
	CHECK_ERR(spit(name, "0 0 10\n10 5 10\n"), EINVAL);
	CHECK_ERR(spit(name, "4294967295 0 1\n"), EINVAL);
	CHECK_OK(spit(name, "1000 200000 1000\n10 0 1\n 0 100000 5 \n30 30 1\n40 40 1\n50 50 1\n60 60 1"));
	CHECK_ERR(spit(name, "0 0 1\n"), EPERM);
	snprintf(name, sizeof(name), "/proc/%d/gid_map", pid);
	CHECK_OK(spit(name, "0 0 10000\n"));
	NEED(write(go_fds[1], "x", 1) == 1);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void files_keep_their_owners(void)
{
	char map[64];
	struct stat st;
	int fd;

	NEED((fd = open("f", O_CREAT | O_RDWR, 0600)) >= 0);
	snprintf(map, sizeof(map), "0 %u 1\n", geteuid());
	CHECK_OK(unshare(CLONE_NEWUSER));
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_uid, 65534);
	CHECK_OK(spit("/proc/self/uid_map", map));
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_uid, 0);
	CHECK_EQ(st.st_gid, 65534);
	close(fd);
	unlink("f");
}

static void relations(void)
{
	int fd, up, type;
	uid_t uid = 77;

	CHECK_OK(unshare(CLONE_NEWUSER | CLONE_NEWUTS));
	NEED((fd = open("/proc/self/ns/uts", O_RDONLY)) >= 0);
	type = ioctl(fd, NS_GET_NSTYPE);
	CHECK_EQ(type, CLONE_NEWUTS);
	NEED((up = ioctl(fd, NS_GET_USERNS)) >= 0);
	CHECK_EQ(ioctl(up, NS_GET_NSTYPE), CLONE_NEWUSER);
	CHECK_OK(ioctl(up, NS_GET_OWNER_UID, &uid));
	CHECK_EQ(uid, 65534);
	/* Its parent is out of sight. */
	CHECK_ERR(ioctl(up, NS_GET_PARENT), EPERM);
	CHECK_ERR(ioctl(fd, NS_GET_PARENT), EINVAL);
	CHECK_ERR(ioctl(fd, NS_GET_OWNER_UID, &uid), EINVAL);
	CHECK_ERR(ioctl(fd, 0xb7f0), ENOTTY);
	CHECK_ERR(setns(up, 0), EINVAL);
	CHECK_ERR(setns(fd, CLONE_NEWNS), EINVAL);
	CHECK_OK(setns(fd, CLONE_NEWUTS));
	close(fd);
	close(up);
	/* Two opens are the same file. */
	struct stat a, b;
	CHECK_OK(stat("/proc/self/ns/user", &a));
	CHECK_OK(stat("/proc/self/ns/user", &b));
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_EQ(a.st_dev, b.st_dev);
}

static void nesting_has_a_limit(void)
{
	int depth = 0;

	while (depth < 40 && !unshare(CLONE_NEWUSER)) {
		char map[32];

		/* Each needs its creator mapped in the one above. */
		snprintf(map, sizeof(map), "0 %u 1", depth ? 0 : 0);
		if (spit("/proc/self/uid_map", map))
			break;
		CHECK_OK(spit("/proc/self/setgroups", "deny"));
		CHECK_OK(spit("/proc/self/gid_map", "0 0 1"));
		depth++;
	}
	CHECK_GE(depth, 31);
	CHECK_LE(depth, 33);
}

int main(void)
{
	need_namespaces(CLONE_NEWUSER);
	RUN_IN_CHILD(a_new_one_has_no_users);
	RUN_IN_CHILD(the_creator_maps_himself);
	RUN(access_lists_are_mapped);
	RUN(root_maps_ranges);
	RUN_IN_CHILD(files_keep_their_owners);
	RUN_IN_CHILD(relations);
	if (!geteuid() && !getegid())
		RUN_IN_CHILD(nesting_has_a_limit);
	return test_done();
}
