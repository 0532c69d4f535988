// SPDX-License-Identifier: MIT
/*
 * Copies to and from guest memory. The guest lives in another host process; what it sees are
 * frames of RAM that the kernel also has in its direct map. So a copy walks the page tables
 * and then is a memcpy, page by page, under page_table_lock: that keeps the frame in place
 * without touching its reference count. A missing page is faulted in without the lock.
 */
#include "vm.h"

#include <kern/task.h>
#include <linux/futex.h>
#include <mm/uaccess.h>

/* The direct-map address of a user byte, page_table_lock held; NULL (not held) if not there. */
static void *user_lock(struct mm_struct *mm, unsigned long addr, bool write)
{
	pte_t *ptep, pte;

	spin_lock(&mm->page_table_lock);
	ptep = pte_lookup(mm, addr);
	if (likely(ptep)) {
		pte = ptep_get(ptep);
		if (likely(pte_accessible(pte) && (!write || pte_write(pte)))) {
			if (unlikely(!pte_young(pte)))
				set_pte(ptep, pte_mkyoung(pte));
			return __va((pte_val(pte) & PTE_PFN_MASK) | offset_in_page(addr));
		}
	}
	spin_unlock(&mm->page_table_lock);
	return NULL;
}

static void user_unlock(struct mm_struct *mm)
{
	spin_unlock(&mm->page_table_lock);
}

/* 0 when it is worth another look, else -EFAULT. */
static int user_fault_in(struct mm_struct *mm, unsigned long addr, bool write)
{
	struct vm_area_struct *vma;
	vm_fault_t fault = VM_FAULT_SIGSEGV;

	might_sleep();
	if (addr >= TASK_SIZE)
		return -EFAULT;
	vma = mmap_lock_and_find_vma(mm, addr);
	if (!vma)
		return -EFAULT;
	if (vma->vm_flags & (write ? VM_WRITE : VM_ACCESS_FLAGS))
		fault = handle_mm_fault(vma, addr, FAULT_FLAG_ALLOW_RETRY |
						   (write ? FAULT_FLAG_WRITE : 0));
	if (!(fault & VM_FAULT_RETRY))
		mmap_read_unlock(mm);
	if (!(fault & VM_FAULT_ERROR) && current->mm == mm)
		current->min_flt++;
	return fault & VM_FAULT_ERROR ? -EFAULT : 0;
}

/* Like user_lock(), and faults the page in if `sleep`. NULL: -EFAULT. */
static void *user_lock_fault(struct mm_struct *mm, unsigned long addr, bool write, bool sleep)
{
	void *p;

	if (unlikely(!mm))
		return NULL;
	while (!(p = user_lock(mm, addr, write)))
		if (!sleep || user_fault_in(mm, addr, write))
			return NULL;
	return p;
}

static unsigned long chunk(unsigned long addr, unsigned long n)
{
	return min(n, PAGE_SIZE - offset_in_page(addr));
}

static unsigned long copy_in(void *to, unsigned long from, unsigned long n, bool sleep)
{
	struct mm_struct *mm = current->mm;

	if (!access_ok(from, n))
		return n;
	while (n) {
		unsigned long len = chunk(from, n);
		void *p = user_lock_fault(mm, from, false, sleep);

		if (!p)
			break;
		memcpy(to, p, len);
		user_unlock(mm);
		to = (char *)to + len;
		from += len;
		n -= len;
	}
	return n;
}

/* from NULL: zeros. */
static unsigned long copy_out(unsigned long to, const void *from, unsigned long n, bool sleep)
{
	struct mm_struct *mm = current->mm;

	if (!access_ok(to, n))
		return n;
	while (n) {
		unsigned long len = chunk(to, n);
		void *p = user_lock_fault(mm, to, true, sleep);

		if (!p)
			break;
		if (from) {
			memcpy(p, from, len);
			from = (const char *)from + len;
		} else {
			memset(p, 0, len);
		}
		user_unlock(mm);
		to += len;
		n -= len;
	}
	return n;
}

unsigned long copy_from_user(void *to, const void __user *from, unsigned long n)
{
	unsigned long left = copy_in(to, (unsigned long)from, n, true);

	/* What could not be read must not stay uninitialised. */
	if (unlikely(left))
		memset((char *)to + (n - left), 0, left);
	return left;
}

unsigned long copy_to_user(void __user *to, const void *from, unsigned long n)
{
	return copy_out((unsigned long)to, from, n, true);
}

unsigned long clear_user(void __user *to, unsigned long n)
{
	return copy_out((unsigned long)to, NULL, n, true);
}

unsigned long copy_in_user(void __user *to, const void __user *from, unsigned long n)
{
	char buf[256];

	while (n) {
		unsigned long len = min(n, sizeof(buf));

		if (copy_from_user(buf, from, len) || copy_to_user(to, buf, len))
			break;
		to = (char __user *)to + len;
		from = (const char __user *)from + len;
		n -= len;
	}
	return n;
}

unsigned long copy_from_user_inatomic(void *to, const void __user *from, unsigned long n)
{
	return copy_in(to, (unsigned long)from, n, false);
}

unsigned long copy_to_user_inatomic(void __user *to, const void *from, unsigned long n)
{
	return copy_out((unsigned long)to, from, n, false);
}

long copy_from_user_nofault(void *dst, const void __user *src, size_t size)
{
	return copy_in(dst, (unsigned long)src, size, false) ? -EFAULT : 0;
}

long copy_to_user_nofault(void __user *dst, const void *src, size_t size)
{
	return copy_out((unsigned long)dst, src, size, false) ? -EFAULT : 0;
}

int __get_user_bytes(void *to, const void __user *from, unsigned long size)
{
	return copy_in(to, (unsigned long)from, size, true) ? -EFAULT : 0;
}

int __put_user_bytes(void __user *to, const void *from, unsigned long size)
{
	return copy_out((unsigned long)to, from, size, true) ? -EFAULT : 0;
}

/* One byte at a time, each guarded by the exception table. */
long copy_from_kernel_nofault(void *dst, const void *src, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		unsigned long err = 1;
		u8 byte = 0;

		__asm__ volatile("1: movb (%2), %0\n"
				 "   xor %1, %1\n"
				 "2:\n" _ASM_EXTABLE(1b, 2b)
				 : "+q"(byte), "+r"(err)
				 : "r"((const u8 *)src + i)
				 : "cc", "memory");
		if (err)
			return -EFAULT;
		((u8 *)dst)[i] = byte;
	}
	return 0;
}

/* ---- strings ---- */

long strncpy_from_user(char *dst, const char __user *src, long count)
{
	struct mm_struct *mm = current->mm;
	unsigned long addr = (unsigned long)src;
	long done = 0;

	while (done < count) {
		long len;
		char *p, *end;

		if (addr >= TASK_SIZE)
			return -EFAULT;
		p = user_lock_fault(mm, addr, false, true);
		if (!p)
			return -EFAULT;
		len = chunk(addr, count - done);
		end = memchr(p, 0, len);
		if (end)
			len = end - p + 1;
		memcpy(dst + done, p, len);
		user_unlock(mm);
		/* The guest may have changed it between the two looks: trust the copy. */
		if (end) {
			end = memchr(dst + done, 0, len);
			if (end)
				return end - dst;
		}
		done += len;
		addr += len;
	}
	return count;
}

long strnlen_user(const char __user *str, long n)
{
	struct mm_struct *mm = current->mm;
	unsigned long addr = (unsigned long)str;
	long done = 0;

	while (done <= n) {
		long len = chunk(addr, n - done + 1);
		char *p, *end;

		if (addr >= TASK_SIZE)
			return 0;
		p = user_lock_fault(mm, addr, false, true);
		if (!p)
			return 0;
		end = memchr(p, 0, len);
		user_unlock(mm);
		if (end)
			return done + (end - p) + 1;
		done += len;
		addr += len;
	}
	return n + 1;
}

/* ---- helpers of system calls ---- */

static size_t fault_in(unsigned long addr, size_t size, bool write)
{
	struct mm_struct *mm = current->mm;
	unsigned long end = addr + size;

	if (!access_ok(addr, size))
		return size;
	for (unsigned long at = addr; at < end; at = (at & PAGE_MASK) + PAGE_SIZE) {
		if (!user_lock_fault(mm, at, write, true))
			return end - at;
		user_unlock(mm);
	}
	return 0;
}

size_t fault_in_readable(const char __user *addr, size_t size)
{
	return fault_in((unsigned long)addr, size, false);
}

size_t fault_in_writeable(char __user *addr, size_t size)
{
	return fault_in((unsigned long)addr, size, true);
}

int check_zeroed_user(const void __user *from, size_t size)
{
	u8 buf[64];

	while (size) {
		size_t n = min(size, sizeof(buf));
		size_t missing = copy_from_user(buf, from, n);

		/* A byte that is not zero counts although what follows cannot be read. */
		for (size_t i = 0; i < n - missing; i++)
			if (buf[i])
				return 0;
		if (missing)
			return -EFAULT;
		from = (const char __user *)from + n;
		size -= n;
	}
	return 1;
}

int copy_struct_from_user(void *dst, size_t ksize, const void __user *src, size_t usize)
{
	size_t size = min(ksize, usize);

	if (usize > ksize) {
		int zero = check_zeroed_user((const char __user *)src + size, usize - size);

		if (zero <= 0)
			return zero ? zero : -E2BIG;
	}
	memset((char *)dst + size, 0, ksize - size);
	return copy_from_user(dst, src, size) ? -EFAULT : 0;
}

/* ---- futex words ---- */

int futex_atomic_cmpxchg_inatomic(u32 *uval, u32 __user *uaddr, u32 oldval, u32 newval)
{
	u32 *p = user_lock_fault(current->mm, (unsigned long)uaddr, true, false);

	if (!p)
		return -EFAULT;
	__atomic_compare_exchange_n(p, &oldval, newval, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	user_unlock(current->mm);
	*uval = oldval;
	return 0;
}

int futex_atomic_op_inuser(int op, u32 oparg, int *oval, u32 __user *uaddr)
{
	u32 *p = user_lock_fault(current->mm, (unsigned long)uaddr, true, false);
	int err = 0;

	if (!p)
		return -EFAULT;
	switch (op) {
	case FUTEX_OP_SET:
		*oval = __atomic_exchange_n(p, oparg, __ATOMIC_SEQ_CST);
		break;
	case FUTEX_OP_ADD:
		*oval = __atomic_fetch_add(p, oparg, __ATOMIC_SEQ_CST);
		break;
	case FUTEX_OP_OR:
		*oval = __atomic_fetch_or(p, oparg, __ATOMIC_SEQ_CST);
		break;
	case FUTEX_OP_ANDN:
		*oval = __atomic_fetch_and(p, ~oparg, __ATOMIC_SEQ_CST);
		break;
	case FUTEX_OP_XOR:
		*oval = __atomic_fetch_xor(p, oparg, __ATOMIC_SEQ_CST);
		break;
	default:
		err = -ENOSYS;
	}
	user_unlock(current->mm);
	return err;
}
