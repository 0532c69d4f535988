// SPDX-License-Identifier: MIT
// cgroup2: notes that managers leave on groups, as extended attributes.
#include "cgroup/group.h"
#include <sys/xattr.h>

static void on_groups_and_files(void)
{
	const char *name;
	char value[64] = "", list[256];

	CHECK_OK(make("a"));
	name = path_of("a", ".");
	CHECK_EQ(listxattr(name, list, sizeof(list)), 0);
	CHECK_ERR(getxattr(name, "user.invocation_id", value, sizeof(value)), ENODATA);
	CHECK_ERR(setxattr(name, "user.invocation_id", "x", 1, XATTR_REPLACE), ENODATA);
	CHECK_OK(setxattr(name, "user.invocation_id", "0123", 4, 0));
	CHECK_ERR(setxattr(name, "user.invocation_id", "x", 1, XATTR_CREATE), EEXIST);
	CHECK_EQ(getxattr(name, "user.invocation_id", value, sizeof(value)), 4);
	CHECK_STR(value, "0123");
	CHECK_ERR(getxattr(name, "user.invocation_id", value, 2), ERANGE);
	CHECK_EQ(listxattr(name, list, sizeof(list)), 19);
	CHECK_STR(list, "user.invocation_id");
	CHECK_OK(removexattr(name, "user.invocation_id"));
	CHECK_ERR(removexattr(name, "user.invocation_id"), ENODATA);
	CHECK_OK(setxattr(name, "trusted.delegate", "1", 1, 0));
	CHECK_EQ(getxattr(name, "trusted.delegate", value, sizeof(value)), 1);
	CHECK_ERR(setxattr(name, "system.note", "1", 1, 0), EOPNOTSUPP);
	/* A file has its own. */
	name = path_of("a", "cgroup.procs");
	CHECK_ERR(getxattr(name, "trusted.delegate", value, sizeof(value)), ENODATA);
	CHECK_OK(setxattr(name, "user.note", "n", 1, 0));
	CHECK_EQ(getxattr(name, "user.note", value, sizeof(value)), 1);
	/* They go with the group. */
	CHECK_OK(take_away("a"));
	CHECK_OK(make("a"));
	CHECK_ERR(getxattr(path_of("a", "."), "trusted.delegate", value, sizeof(value)), ENODATA);
	CHECK_OK(take_away("a"));
}

static void few_and_small_ones_of_users(void)
{
	static char big[64 << 10];
	const char *name;
	char note[32];

	CHECK_OK(make("a"));
	name = path_of("a", ".");
	CHECK_OK(setxattr(name, "user.one", big, sizeof(big), 0));
	CHECK_OK(setxattr(name, "user.two", big, sizeof(big), 0));
	CHECK_ERR(setxattr(name, "user.three", "x", 1, 0), ENOSPC);
	CHECK_OK(setxattr(name, "trusted.three", "x", 1, 0));
	/* One that takes the place of another needs room beside it. */
	CHECK_ERR(setxattr(name, "user.two", "x", 1, 0), ENOSPC);
	CHECK_OK(removexattr(name, "user.one"));
	CHECK_OK(setxattr(name, "user.two", "x", 1, 0));
	CHECK_OK(setxattr(name, "user.three", "x", 1, 0));
	for (int i = 3; i < 129; i++) {
		snprintf(note, sizeof(note), "user.n%d", i);
		CHECK_OK(setxattr(name, note, "x", 1, 0));
	}
	CHECK_ERR(setxattr(name, "user.more", "", 0, 0), ENOSPC);
	CHECK_ERR(setxattr(name, "user.n3", "other", 5, 0), ENOSPC);
	CHECK_OK(removexattr(name, "user.n4"));
	CHECK_OK(setxattr(name, "user.n3", "other", 5, 0));
	CHECK_OK(setxattr(name, "user.more", "", 0, 0));
	CHECK_OK(take_away("a"));
}

int main(void)
{
	enter_groups("");
	RUN(on_groups_and_files);
	RUN(few_and_small_ones_of_users);
	leave_groups();
	return test_done();
}
