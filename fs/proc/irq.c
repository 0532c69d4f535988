// SPDX-License-Identifier: MIT
/* /proc/interrupts, and /proc/irq: where each line's handlers run, and what they say of it. */
#include <kern/cpumask.h>
#include <kern/irq.h>
#include <kern/jiffies.h>
#include <kern/smp.h>
#include <lib/bitmap.h>
#include <lib/sprintf.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <um/traps.h>

#include "internal.h"

#define NUMBER_WIDTH 3
#define INPUT_MAX    512

static void show_counts(struct seq_file *m, unsigned int irq)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		seq_printf(m, "%10u ", kstat_irqs_cpu(irq, cpu));
}

static void show_device(struct seq_file *m, unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);
	char names[128];

	irq_action_names(irq, names, sizeof(names));
	if (!names[0])
		return;
	seq_printf(m, "%*u: ", NUMBER_WIDTH, irq);
	show_counts(m, irq);
	seq_printf(m, " %8s %*u %-8s  %s\n", desc->chip->name, NUMBER_WIDTH, irq,
		   desc->handle == handle_level_irq ? "level" : "edge", names);
}

static void show_trap(struct seq_file *m, const char *short_name, const char *name,
		      enum um_trap trap)
{
	unsigned int cpu;

	seq_printf(m, "%*s: ", NUMBER_WIDTH, short_name);
	for_each_online_cpu(cpu)
		seq_printf(m, "%10lu ", um_trap_count(cpu, trap));
	seq_printf(m, "  %s\n", name);
}

static int interrupts_show(struct seq_file *m, void *v)
{
	unsigned int cpu;

	seq_printf(m, "%*s", NUMBER_WIDTH + 8, "");
	for_each_online_cpu(cpu)
		seq_printf(m, "CPU%-8u", cpu);
	seq_putc(m, '\n');
	for (unsigned int irq = 0; irq < nr_irqs; irq++) {
		if (!irq_to_desc(irq)->percpu_handler)
			show_device(m, irq);
	}
	for (unsigned int irq = 0; irq < nr_irqs; irq++) {
		const struct irq_desc *desc = irq_to_desc(irq);

		if (!desc->percpu_handler)
			continue;
		seq_printf(m, "%*s: ", NUMBER_WIDTH, desc->short_name);
		show_counts(m, irq);
		seq_printf(m, "  %s\n", desc->name);
	}
	show_trap(m, "SCR", "System calls from rewritten sites", UM_TRAP_SITE_CALL);
	show_trap(m, "SCS", "System calls by signal", UM_TRAP_SIGNAL_CALL);
	show_trap(m, "EXC", "Exceptions of programs", UM_TRAP_FAULT);
	return 0;
}

/* ---- /proc/irq ---- */

static unsigned int irq_of(const struct inode *inode)
{
	return (unsigned long)pde_data(inode);
}

static struct cpumask affinity_of(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);
	struct cpumask mask;
	unsigned long flags;

	spin_lock_irqsave(&desc->lock, flags);
	mask = desc->affinity;
	spin_unlock_irqrestore(&desc->lock, flags);
	return mask;
}

static void show_mask(struct seq_file *m, const struct cpumask *mask, bool list)
{
	if (list)
		seq_printf(m, "%*pbl\n", nr_cpu_ids, mask->bits);
	else
		seq_printf(m, "%*pb\n", nr_cpu_ids, mask->bits);
}

static int affinity_show(struct seq_file *m, void *v)
{
	struct cpumask mask = affinity_of((unsigned long)m->private);

	show_mask(m, &mask, false);
	return 0;
}

static int affinity_list_show(struct seq_file *m, void *v)
{
	struct cpumask mask = affinity_of((unsigned long)m->private);

	show_mask(m, &mask, true);
	return 0;
}

static int effective_show(struct seq_file *m, void *irq)
{
	show_mask(m, cpumask_of(irq_effective_cpu((unsigned long)irq)), false);
	return 0;
}

static int effective_list_show(struct seq_file *m, void *irq)
{
	show_mask(m, cpumask_of(irq_effective_cpu((unsigned long)irq)), true);
	return 0;
}

static int default_show(struct seq_file *m, void *v)
{
	show_mask(m, &irq_default_affinity, false);
	return 0;
}

static int node_show(struct seq_file *m, void *irq)
{
	seq_puts(m, "0\n");
	return 0;
}

static int spurious_show(struct seq_file *m, void *irq)
{
	const struct irq_desc *desc = irq_to_desc((unsigned long)irq);

	seq_printf(m, "count %u\nunhandled %u\nlast_unhandled %u ms\n", READ_ONCE(desc->nr_events),
		   READ_ONCE(desc->nr_unhandled), jiffies_to_msecs(READ_ONCE(desc->last_unhandled)));
	return 0;
}

/* A mask that was written, in hex or as a list. 0 or -errno */
static int get_mask(const char __user *buf, size_t size, bool list, struct cpumask *mask)
{
	char *text;
	int err;

	if (size >= INPUT_MAX)
		return -EINVAL;
	text = kzalloc(size + 1, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	if (copy_from_user(text, buf, size))
		err = -EFAULT;
	else if (list)
		err = bitmap_parselist(text, mask->bits, nr_cpu_ids);
	else
		err = bitmap_parse(text, size, mask->bits, nr_cpu_ids);
	kfree(text);
	return err;
}

static ssize_t set_affinity(struct file *file, const char __user *buf, size_t size, bool list)
{
	struct cpumask mask;
	int err = get_mask(buf, size, list, &mask);

	if (!err)
		err = irq_set_affinity(irq_of(file_inode(file)), &mask);
	return err ? err : (ssize_t)size;
}

static ssize_t affinity_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	return set_affinity(file, buf, size, false);
}

static ssize_t affinity_list_write(struct file *file, const char __user *buf, size_t size,
				   loff_t *pos)
{
	return set_affinity(file, buf, size, true);
}

static ssize_t default_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	struct cpumask mask;
	int err = get_mask(buf, size, false, &mask);

	if (!err && !cpumask_intersects(&mask, cpu_online_mask))
		err = -EINVAL;
	if (!err)
		WRITE_ONCE(irq_default_affinity.bits[0], mask.bits[0]);
	return err ? err : (ssize_t)size;
}

static int affinity_open(struct inode *inode, struct file *file)
{
	return single_open(file, affinity_show, pde_data(inode));
}

static int affinity_list_open(struct inode *inode, struct file *file)
{
	return single_open(file, affinity_list_show, pde_data(inode));
}

static int default_open(struct inode *inode, struct file *file)
{
	return single_open(file, default_show, NULL);
}

#define MASK_OPS(name) static const struct proc_ops name##_ops = { \
	.proc_open = name##_open, .proc_read = seq_read, .proc_lseek = seq_lseek, \
	.proc_release = single_release, .proc_write = name##_write }
MASK_OPS(affinity);
MASK_OPS(affinity_list);
MASK_OPS(default);

static void add_line(unsigned int irq, struct proc_dir_entry *parent)
{
	void *data = (void *)(unsigned long)irq;
	struct proc_dir_entry *dir;
	char name[12];

	snprintf(name, sizeof(name), "%u", irq);
	dir = proc_mkdir(name, parent);
	if (!dir)
		return;
	proc_create_data("smp_affinity", 0644, dir, &affinity_ops, data);
	proc_create_data("smp_affinity_list", 0644, dir, &affinity_list_ops, data);
	proc_create_single_data("effective_affinity", 0444, dir, effective_show, data);
	proc_create_single_data("effective_affinity_list", 0444, dir, effective_list_show, data);
	proc_create_single_data("node", 0444, dir, node_show, data);
	proc_create_single_data("spurious", 0444, dir, spurious_show, data);
	irq_action_names(irq, name, sizeof(name));
	proc_mkdir(name, dir);
}

/* All drivers have asked for their lines. */
static int __init proc_irq_init(void)
{
	struct proc_dir_entry *root = proc_mkdir("irq", NULL);

	proc_create_single("interrupts", 0, NULL, interrupts_show);
	if (!root)
		return -ENOMEM;
	proc_create("default_smp_affinity", 0644, root, &default_ops);
	for (unsigned int irq = 0; irq < nr_irqs; irq++) {
		if (irq_to_desc(irq)->action)
			add_line(irq, root);
	}
	return 0;
}
late_initcall(proc_irq_init);
