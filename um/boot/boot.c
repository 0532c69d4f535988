// SPDX-License-Identifier: MIT
/*
 * From the host's main() to start_kernel(): fills the upcall table, lays out the first bytes
 * of RAM, and gives vCPU 0 its per-CPU area and its stack.
 *
 * RAM at boot, by physical address:
 *   0            one page never used, so that physical address 0 means nothing
 *   4096         per-CPU areas, as many as vCPUs
 *   above, page aligned: the initrd when it came from a file (its place is the host's choice;
 *                the per-CPU areas go behind it when they do not fit below)
 *   the rest     memblock's, then the buddy's
 */
#include "../internal.h"
#include <kern/init.h>
#include <kern/task.h>
#include <lib/string.h>
#include <mm/memblock.h>
#include <um/irqflags.h>
#include <um/processor.h>
#include <um/setup.h>
#include <um/switch_to.h>

#define PAGE 4096UL
#define PAGE_UP(x) (((x) + PAGE - 1) & ~(PAGE - 1))

const struct host_boot_info *um_host_info;

static unsigned long percpu_phys;	/* where the areas are; constant after um_start */

static bool initrd_in_ram(void)
{
	unsigned long at = (unsigned long)um_host_info->initrd;

	return um_host_info->initrd_size && at >= UM_RAM_BASE &&
	       at < UM_RAM_BASE + um_host_info->ram_size;
}

/* The first physical range of `size` bytes behind the unused page and off the initrd. */
static unsigned long place_percpu(unsigned long size)
{
	unsigned long begin, end;

	if (!initrd_in_ram())
		return PAGE;
	begin = (unsigned long)um_host_info->initrd - UM_RAM_BASE;
	end = PAGE_UP(begin + um_host_info->initrd_size);
	return PAGE + size <= begin ? PAGE : end;
}

/* vCPU 0 on the stack of init_task. */
static void boot_on_stack(unsigned long unused)
{
	start_kernel();
	__builtin_unreachable();
}

static void um_start(void)
{
	unsigned int ncpus = um_host_info->ncpus;

	percpu_phys = place_percpu(ncpus * um_percpu_area_size());
	um_percpu_init((void *)(UM_RAM_BASE + percpu_phys), ncpus);
	host_set_words((unsigned long)&um_irq_masked, (unsigned long)&um_irq_pending,
		       (unsigned long)&cpu_number, (unsigned long)&um_nmi_wanted);
	um_stack_guard(init_task.stack, 1);
	per_cpu(current_task, 0) = &init_task;
	um_cpu_enter(0);
	um_run_on_stack((char *)init_task.stack + UM_KSTACK_SIZE, boot_on_stack, 0);
}

void um_kernel_main(const struct host_boot_info *info, struct host_upcalls *upcalls)
{
	um_host_info = info;
	*upcalls = (struct host_upcalls){
		.version = HOST_INTERFACE_VERSION,
		.check_param = parse_check_param,
		.start = um_start,
		.cpu_start = um_cpu_begin,
		.interrupt = um_interrupt,
		.fault = um_kernel_fault,
		.nmi = um_nmi,
	};
}

void setup_arch(void)
{
	unsigned long phys, size;

	memblock_add(0, um_host_info->ram_size);
	memblock_reserve(0, PAGE);
	memblock_reserve(percpu_phys, um_host_info->ncpus * um_percpu_area_size());
	um_initrd_pages(&phys, &size);
	if (size)
		memblock_reserve(phys, size);
}

const char *um_command_line(void)
{
	return um_host_info->command_line;
}

const char *const *um_init_args(unsigned int *count)
{
	*count = um_host_info->init_argc;
	return um_host_info->init_args;
}

const void *um_initrd(size_t *size)
{
	*size = um_host_info->initrd_size;
	return um_host_info->initrd;
}

void um_initrd_pages(unsigned long *phys, unsigned long *size)
{
	*phys = *size = 0;
	if (initrd_in_ram()) {
		*phys = (unsigned long)um_host_info->initrd - UM_RAM_BASE;
		*size = PAGE_UP(um_host_info->initrd_size);
	}
}

void um_random_seed(u8 seed[32])
{
	struct host_boot_info *info = (struct host_boot_info *)um_host_info;

	memcpy(seed, info->random_seed, sizeof(info->random_seed));
	memset(info->random_seed, 0, sizeof(info->random_seed));
}

void um_random_bytes(void *buf, size_t len)
{
	host_random(buf, len);
}

unsigned long um_hwcap(void)
{
	return um_host_info->hwcap;
}

unsigned long um_hwcap2(void)
{
	return um_host_info->hwcap2;
}

unsigned long um_minsigstksz(void)
{
	return um_host_info->minsigstksz;
}

void um_console_write(const char *buf, size_t len)
{
	host_log_write(buf, len);
}

void um_halt(int status)
{
	host_exit(status);
}
