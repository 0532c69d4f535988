// SPDX-License-Identifier: MIT
/* Physical memory: one memfd, mapped at a fixed address; pages come to life on first touch. */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "instrument.h"
#include "internal.h"
#include "sys.h"

int host_ram_fd = -1;

void ram_create(unsigned long size)
{
	void *at = (void *)HOST_RAM_BASE;
	void *map;

	host_ram_fd = memfd_create("vmlinux-ram", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (host_ram_fd < 0)
		usage_error("memfd_create: %s", strerror(errno));
	if (ftruncate(host_ram_fd, size))
		usage_error("cannot make %lu MiB of memory: %s", size >> 20, strerror(errno));
	fcntl(host_ram_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	map = mmap(at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE | MAP_NORESERVE,
		   host_ram_fd, 0);
	if (map != at)
		usage_error("cannot map %lu MiB of memory at %p: %s", size >> 20, at,
			    map == MAP_FAILED ? strerror(errno) : "the address is taken");
	/* Forked helpers use the memfd; copying the page tables for them would be waste. */
	madvise(map, size, MADV_DONTFORK);
}

int host_ram_protect(unsigned long addr, unsigned long size, int accessible)
{
	return sys3(SYS_mprotect, addr, size, accessible ? PROT_READ | PROT_WRITE : PROT_NONE);
}

int host_ram_map(unsigned long addr, unsigned long offset, unsigned long size)
{
	long at = sys6(SYS_mmap, addr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, host_ram_fd,
		       offset);

	return at == (long)addr ? 0 : at < 0 ? at : -EINVAL;
}

int host_ram_unmap(unsigned long addr, unsigned long size)
{
	return sys2(SYS_munmap, addr, size);
}

int host_ram_discard(unsigned long offset, unsigned long size)
{
	return sys4(SYS_fallocate, host_ram_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, size);
}

#if defined(__SANITIZE_ADDRESS__)
/*
 * Ours instead of the runtime's, which unpoisons the thread's own stack and warns of every
 * other one. A kernel stack that ends in a noreturn call is unpoisoned when it is used again.
 */
void __asan_handle_no_return(void)
{
}
#endif

void host_stack_register(unsigned long addr, unsigned long size)
{
	/* Never deregistered: stacks are cached and used again as stacks. */
	(void)VALGRIND_STACK_REGISTER(addr, addr + size - 1);
}

void host_stack_clean(unsigned long addr, unsigned long size)
{
	UNPOISON(addr, size);
}
