// SPDX-License-Identifier: MIT
/* RAM as host memory: see <um/memory.h>. */
#include "../internal.h"
#include <um/memory.h>

int um_map_ram(unsigned long va, phys_addr_t pa, unsigned long len)
{
	return host_ram_map(va, pa, len);
}

int um_unmap_ram(unsigned long va, unsigned long len)
{
	return host_ram_unmap(va, len);
}

void um_discard_ram(phys_addr_t pa, unsigned long len)
{
	host_ram_discard(pa, len);
}
