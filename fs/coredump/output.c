// SPDX-License-Identifier: MIT
/* The bytes of a core: holes, the limit, interruption by SIGKILL. */
#include <fs/file.h>
#include <fs/inode.h>
#include <kern/kernel.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <mm/fault.h>
#include <mm/page.h>

#include "internal.h"

static bool write_bytes(struct core_dump *dump, const void *data, size_t size)
{
	while (size) {
		ssize_t n;

		if (dump->pos + size > dump->limit || signal_pending(current))
			return false;
		n = kernel_write(dump->file, data, size, &dump->pos);
		if (n <= 0)
			return false;
		data = (const char *)data + n;
		size -= n;
	}
	return true;
}

/* A file has holes, a pipe is given the zeros. */
static bool write_hole(struct core_dump *dump)
{
	loff_t left = dump->pending_hole;

	dump->pending_hole = 0;
	if (!dump->to_pipe) {
		dump->pos += left;
		return dump->pos <= dump->limit;
	}
	while (left) {
		size_t n = min_t(loff_t, left, PAGE_SIZE);

		if (!write_bytes(dump, page_address(ZERO_PAGE(0)), n))
			return false;
		left -= n;
	}
	return true;
}

bool core_emit(struct core_dump *dump, const void *data, size_t size)
{
	if (dump->pending_hole && !write_hole(dump))
		return false;
	return write_bytes(dump, data, size);
}

void core_skip(struct core_dump *dump, size_t size)
{
	dump->pending_hole += size;
}

bool core_align(struct core_dump *dump, unsigned int align)
{
	loff_t at = dump->pos + dump->pending_hole;

	if (at & (align - 1))
		core_skip(dump, align - (at & (align - 1)));
	return true;
}

void core_finish(struct core_dump *dump)
{
	static const char last;

	/* A hole at the end: its last byte gives the length. */
	if (!dump->pending_hole)
		return;
	dump->pending_hole--;
	core_emit(dump, &last, 1);
}
