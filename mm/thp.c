// SPDX-License-Identifier: MIT
/*
 * Policy of transparent huge pages: /sys/kernel/mm/transparent_hugepage, the parameter
 * transparent_hugepage=, madvise() and prctl(PR_SET_THP_DISABLE).
 */
#include "vm.h"

#include <fs/seq_file.h>
#include <fs/sysfs.h>
#include <kern/init.h>
#include <kern/moduleparam.h>

enum thp_mode { THP_ALWAYS, THP_MADVISE, THP_NEVER };

static const char *const mode_names[] = { "always", "madvise", "never" };
static int thp_mode = THP_MADVISE;	/* read and written whole */
static int thp_use_zero_page = 1;

bool thp_allowed(const struct vm_area_struct *vma)
{
	return READ_ONCE(thp_mode) != THP_NEVER && !(vma->vm_flags & VM_NOHUGEPAGE) &&
	       !test_bit(MMF_DISABLE_THP, &vma->vm_mm->flags);
}

bool thp_enabled(const struct vm_area_struct *vma)
{
	return thp_allowed(vma) &&
	       (READ_ONCE(thp_mode) == THP_ALWAYS || (vma->vm_flags & VM_HUGEPAGE));
}

bool vma_thp_eligible(const struct vm_area_struct *vma)
{
	unsigned long start = (vma->vm_start + PMD_SIZE - 1) & PMD_MASK;

	return vma_is_anonymous(vma) && thp_enabled(vma) && start + PMD_SIZE <= vma->vm_end;
}

/* ---- the files ---- */

static int enabled_show(struct seq_file *m, void *v)
{
	for (int i = 0; i <= THP_NEVER; i++)
		seq_printf(m, i == thp_mode ? "%s[%s]" : "%s%s", i ? " " : "", mode_names[i]);
	seq_putc(m, '\n');
	return 0;
}

static int set_mode(const char *name)
{
	for (int i = 0; i <= THP_NEVER; i++) {
		if (!strcmp(name, mode_names[i])) {
			WRITE_ONCE(thp_mode, i);
			return 0;
		}
	}
	return -EINVAL;
}

static int enabled_store(char *text, void *unused)
{
	return set_mode(text);
}

static int mode_param(char *value)
{
	return !set_mode(value);
}

static int mode_check(const char *value)
{
	for (int i = 0; i <= THP_NEVER; i++)
		if (!strcmp(value, mode_names[i]))
			return 0;
	return -EINVAL;
}
__setup_checked("transparent_hugepage=", mode_param, mode_check);

/* Nothing is ever defragmented on a fault: the one choice that there is. */
static int defrag_show(struct seq_file *m, void *v)
{
	seq_puts(m, "always defer defer+madvise madvise [never]\n");
	return 0;
}

static int shmem_enabled_show(struct seq_file *m, void *v)
{
	seq_puts(m, "always within_size advise [never] deny force\n");
	return 0;
}

static int zero_page_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%d\n", thp_use_zero_page);
	return 0;
}

static int size_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%lu\n", PMD_SIZE);
	return 0;
}

static struct sysfs_file thp_files[] = {
	{ .path = "kernel/mm" },
	{ .path = "kernel/mm/transparent_hugepage" },
	{ .path = "kernel/mm/transparent_hugepage/enabled", .show = enabled_show,
	  .store = enabled_store },
	{ .path = "kernel/mm/transparent_hugepage/defrag", .show = defrag_show },
	{ .path = "kernel/mm/transparent_hugepage/shmem_enabled", .show = shmem_enabled_show },
	{ .path = "kernel/mm/transparent_hugepage/use_zero_page", .show = zero_page_show },
	{ .path = "kernel/mm/transparent_hugepage/hpage_pmd_size", .show = size_show },
};

static int thp_init(void)
{
	return sysfs_add_files(thp_files, ARRAY_SIZE(thp_files));
}
fs_initcall(thp_init);
