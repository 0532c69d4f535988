// SPDX-License-Identifier: MIT
/* Domains of security modules: their references. */
#include <kern/lsm.h>

void (*lsm_sb_delete)(struct super_block *sb);

static void free_domain(struct work_struct *work)
{
	struct lsm_domain *domain = container_of(work, struct lsm_domain, work);

	domain->ops->free(domain);
}

void lsm_domain_init(struct lsm_domain *domain, const struct lsm_ops *ops)
{
	refcount_set(&domain->usage, 1);
	domain->ops = ops;
	INIT_WORK(&domain->work, free_domain);
}

struct lsm_domain *lsm_domain_get(struct lsm_domain *domain)
{
	if (domain)
		refcount_inc(&domain->usage);
	return domain;
}

void lsm_domain_put(struct lsm_domain *domain)
{
	if (domain && refcount_dec_and_test(&domain->usage))
		schedule_work(&domain->work);
}
