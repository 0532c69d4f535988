// SPDX-License-Identifier: MIT
/* The three calls: arguments, errors, layers. */
#include "landlock.h"

static void create(void)
{
	struct {
		struct landlock_ruleset_attr attr;
		char more[64];
	} big = { .attr.handled_access_fs = FS(READ_FILE) };
	int fd;

	CHECK_GE(create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION), 2);
	CHECK_ERR(create_ruleset(&big, 0, LANDLOCK_CREATE_RULESET_VERSION), EINVAL);
	CHECK_ERR(create_ruleset(NULL, 8, LANDLOCK_CREATE_RULESET_VERSION), EINVAL);
	CHECK_ERR(create_ruleset(NULL, 0, 1U << 31), EINVAL);
	CHECK_ERR(create_ruleset(NULL, 0, 0), EFAULT);
	CHECK_ERR(create_ruleset((void *)8, 8, 0), EFAULT);
	CHECK_ERR(create_ruleset(&big, 7, 0), EINVAL);
	CHECK_ERR(create_ruleset(&big, 5000, 0), E2BIG);
	CHECK_ERR(ruleset_for(0), ENOMSG);
	CHECK_ERR(ruleset_for(1ULL << 40), EINVAL);
	fd = create_ruleset(&big, sizeof(big), 0);
	CHECK_GE(fd, 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_ERR(read(fd, &big, 1), EINVAL);
	CHECK_ERR(write(fd, &big, 1), EINVAL);
	close(fd);
	big.more[63] = 1;
	CHECK_ERR(create_ruleset(&big, sizeof(big), 0), E2BIG);
}

static void rules(void)
{
	struct landlock_path_beneath_attr attr = { .allowed_access = FS(READ_FILE), .parent_fd = -1 };
	int ruleset = ruleset_for(FS(READ_FILE) | FS(READ_DIR)), other, fd, pipes[2];

	CHECK_ERR(add_rule(ruleset, LANDLOCK_RULE_PATH_BENEATH, &attr, 0), EBADF);
	CHECK_ERR(add_rule(ruleset, LANDLOCK_RULE_PATH_BENEATH, &attr, 1), EINVAL);
	CHECK_ERR(add_rule(ruleset, 0, &attr, 0), EINVAL);
	CHECK_ERR(add_rule(ruleset, 1000, &attr, 0), EINVAL);
	CHECK_ERR(add_rule(ruleset, LANDLOCK_RULE_PATH_BENEATH, (void *)8, 0), EFAULT);
	CHECK_ERR(add_rule(-1, LANDLOCK_RULE_PATH_BENEATH, &attr, 0), EBADF);
	CHECK_ERR(add_rule(0, LANDLOCK_RULE_PATH_BENEATH, &attr, 0), EBADFD);
	fd = open("/", O_PATH | O_CLOEXEC);
	CHECK_EQ(allow_fd(ruleset, fd, FS(READ_FILE)), 0);
	CHECK_EQ(allow_fd(ruleset, fd, FS(READ_DIR)), 0);
	CHECK_ERR(allow_fd(ruleset, fd, 0), ENOMSG);
	CHECK_ERR(allow_fd(ruleset, fd, FS(EXECUTE)), EINVAL);
	CHECK_ERR(allow_fd(ruleset, fd, FS(REFER)), EINVAL);
	close(fd);
	/* Rights of folders make no sense for a file. */
	make_file("plain");
	fd = open("plain", O_PATH | O_CLOEXEC);
	CHECK_EQ(allow_fd(ruleset, fd, FS(READ_FILE)), 0);
	CHECK_ERR(allow_fd(ruleset, fd, FS(READ_DIR)), EINVAL);
	close(fd);
	/* What has no place can have no rule. */
	NEED(!pipe(pipes));
	CHECK_ERR(allow_fd(ruleset, pipes[0], FS(READ_FILE)), EBADFD);
	CHECK_ERR(allow_fd(ruleset, ruleset, FS(READ_FILE)), EBADFD);
	other = open("/proc/self/ns/uts", O_RDONLY);
	CHECK_ERR(allow_fd(ruleset, other, FS(READ_FILE)), EBADFD);
	close(other);
	close(ruleset);
}

static void too_many_layers(void)
{
	int ruleset = ruleset_for(FS(READ_FILE)), n = 0;

	NEED(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	while (!restrict_self(ruleset, 0))
		n++;
	CHECK_EQ(errno, E2BIG);
	CHECK_EQ(n, 16);
	CHECK_EQ(opens("/proc/self/status", O_RDONLY), EACCES);
}

static void no_privilege(void)
{
	int ruleset = ruleset_for(FS(READ_FILE));

	if (!geteuid())
		NEED(!setresuid(54321, 54321, 54321));
	CHECK_ERR(restrict_self(ruleset, 0), EPERM);
	CHECK_ERR(restrict_self(-1, 0), EPERM);
	NEED(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	CHECK_ERR(restrict_self(-1, 0), EBADF);
	CHECK_ERR(restrict_self(0, 0), EBADFD);
	CHECK_ERR(restrict_self(ruleset, 1U << 31), EINVAL);
	CHECK_EQ(restrict_self(ruleset, 0), 0);
}

static void privileged(void)
{
	if (geteuid())
		return;
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
	CHECK_EQ(restrict_self(ruleset_for(FS(READ_FILE)), 0), 0);
	CHECK_EQ(opens("/proc/self/status", O_RDONLY), EACCES);
}

/* What a ruleset becomes after it was entered changes nothing. */
static void frozen(void)
{
	int ruleset = ruleset_for(FS(READ_FILE));

	NEED(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	CHECK_EQ(restrict_self(ruleset, 0), 0);
	allow(ruleset, "/", FS(READ_FILE));
	CHECK_EQ(opens("/proc/self/status", O_RDONLY), EACCES);
}

int main(void)
{
	if (create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 0)
		SKIP("this kernel has no Landlock");
	RUN(create);
	RUN(rules);
	CHECK_EQ(test_in_child(too_many_layers), 0);
	CHECK_EQ(test_in_child(no_privilege), 0);
	CHECK_EQ(test_in_child(privileged), 0);
	CHECK_EQ(test_in_child(frozen), 0);
	return test_done();
}
