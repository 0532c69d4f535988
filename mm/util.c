// SPDX-License-Identifier: MIT
/* Copies of user memory, and kvmalloc. */
#include "internal.h"

#include <mm/slab.h>
#include <mm/uaccess.h>
#include <mm/vmalloc.h>

void *memdup_user(const void __user *src, size_t len)
{
	void *copy = kmalloc(len, GFP_USER | __GFP_NOWARN);

	if (!copy)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(copy, src, len)) {
		kfree(copy);
		return ERR_PTR(-EFAULT);
	}
	return copy;
}

void *vmemdup_user(const void __user *src, size_t len)
{
	void *copy = kvmalloc(len, GFP_USER);

	if (!copy)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(copy, src, len)) {
		kvfree(copy);
		return ERR_PTR(-EFAULT);
	}
	return copy;
}

void *memdup_user_nul(const void __user *src, size_t len)
{
	char *copy = kmalloc(len + 1, GFP_USER | __GFP_NOWARN);

	if (!copy)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(copy, src, len)) {
		kfree(copy);
		return ERR_PTR(-EFAULT);
	}
	copy[len] = 0;
	return copy;
}

char *strndup_user(const char __user *s, long max)
{
	long len = strnlen_user(s, max);
	char *copy;

	if (!len)
		return ERR_PTR(-EFAULT);
	if (len > max)
		return ERR_PTR(-EINVAL);
	copy = memdup_user(s, len);
	if (!IS_ERR(copy))
		copy[len - 1] = 0;
	return copy;
}

void *kvmalloc(size_t size, gfp_t gfp)
{
	void *p;

	if (size <= PAGE_SIZE)
		return kmalloc(size, gfp);
	p = kmalloc(size, gfp | __GFP_NOWARN | __GFP_NORETRY);
	if (p || !(gfp & __GFP_DIRECT_RECLAIM))
		return p;
	return __vmalloc(size, gfp);
}

void kvfree(const void *addr)
{
	if (is_vmalloc_addr(addr))
		vfree(addr);
	else
		kfree(addr);
}
