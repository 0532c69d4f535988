// SPDX-License-Identifier: MIT
/* Credentials, users and groups. */
#include <kern/cred.h>
#include <kern/fork.h>
#include <kern/ktest.h>

KTEST(cred, a_prepared_copy_is_private)
{
	struct cred *new = prepare_creds();

	KASSERT_NOT_NULL(new);
	KEXPECT_NE((const struct cred *)new, current_cred());
	new->euid = KUIDT_INIT(1234);
	KEXPECT_EQ(current_euid().val, 0);
	abort_creds(new);
}

KTEST(cred, override_and_revert)
{
	struct cred *new = prepare_creds();
	const struct cred *old;

	KASSERT_NOT_NULL(new);
	new->fsuid = KUIDT_INIT(77);
	new->cap_effective = CAP_EMPTY_SET;
	old = override_creds(new);
	KEXPECT_EQ(current_fsuid().val, 77);
	KEXPECT_FALSE(capable(CAP_SYS_ADMIN));
	/* To others the task is still who it was. */
	KEXPECT_EQ(current_real_cred()->fsuid.val, 0);
	revert_creds(old);
	KEXPECT_EQ(current_fsuid().val, 0);
	KEXPECT_TRUE(capable(CAP_SYS_ADMIN));
	put_cred(new);
}

KTEST(cred, groups_are_sorted_and_found)
{
	static const unsigned int gids[] = { 40, 10, 30, 20, 50 };
	struct group_info *groups = groups_alloc(5);

	KASSERT_NOT_NULL(groups);
	for (int i = 0; i < 5; i++)
		groups->gid[i] = KGIDT_INIT(gids[i]);
	groups_sort(groups);
	for (int i = 0; i < 5; i++) {
		KEXPECT_EQ(groups->gid[i].val, 10u * (i + 1));
		KEXPECT_TRUE(groups_search(groups, KGIDT_INIT(gids[i])));
		KEXPECT_FALSE(groups_search(groups, KGIDT_INIT(gids[i] + 1)));
	}
	KEXPECT_FALSE(groups_search(groups, KGIDT_INIT(0)));
	put_group_info(groups);
}

KTEST(cred, one_user_one_structure)
{
	struct user_struct *a = alloc_uid(KUIDT_INIT(4321)), *b = alloc_uid(KUIDT_INIT(4321));
	struct user_struct *c = alloc_uid(KUIDT_INIT(4322));

	KASSERT_NOT_NULL(a);
	KEXPECT_EQ(a, b);
	KEXPECT_NE(a, c);
	free_uid(c);
	free_uid(b);
	free_uid(a);
	KEXPECT_NULL(find_user(KUIDT_INIT(4321)));
}
