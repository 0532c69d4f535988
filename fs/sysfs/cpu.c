// SPDX-License-Identifier: MIT
/*
 * /sys/devices/system/cpu: which CPUs there are, and how they belong together: one package of one
 * die, each CPU a core of its own, as /proc/cpuinfo says.
 */
#include <fs/seq_file.h>
#include <fs/sysfs.h>
#include <kern/cpumask.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <mm/node.h>

static int show_list(struct seq_file *m, const struct cpumask *mask)
{
	seq_printf(m, "%*pbl\n", nr_cpu_ids, mask->bits);
	return 0;
}

static int show_map(struct seq_file *m, const struct cpumask *mask)
{
	seq_printf(m, "%*pb\n", nr_cpu_ids, mask->bits);
	return 0;
}

static int online_show(struct seq_file *m, void *v)
{
	return show_list(m, cpu_online_mask);
}

static int possible_show(struct seq_file *m, void *v)
{
	return show_list(m, cpu_possible_mask);
}

static int possible_map_show(struct seq_file *m, void *v)
{
	return show_map(m, cpu_possible_mask);
}

static int offline_show(struct seq_file *m, void *v)
{
	struct cpumask mask;

	cpumask_andnot(&mask, cpu_possible_mask, cpu_online_mask);
	return show_list(m, &mask);
}

static int nothing_show(struct seq_file *m, void *v)
{
	seq_puts(m, "\n");
	return 0;
}

static int kernel_max_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%d\n", NR_CPUS - 1);
	return 0;
}

static int zero_show(struct seq_file *m, void *v)
{
	seq_puts(m, "0\n");
	return 0;
}

static int smt_control_show(struct seq_file *m, void *v)
{
	seq_puts(m, "notsupported\n");
	return 0;
}

static int core_id_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%lu\n", (unsigned long)m->private);
	return 0;
}

static int self_map_show(struct seq_file *m, void *v)
{
	return show_map(m, cpumask_of((unsigned long)m->private));
}

static int self_list_show(struct seq_file *m, void *v)
{
	return show_list(m, cpumask_of((unsigned long)m->private));
}

static const struct sysfs_file cpu_files[] = {
	{ .path = "bus/cpu" }, { .path = "bus/cpu/devices" }, { .path = "devices/system/cpu" },
	{ .path = "devices/system/cpu/online", .show = online_show },
	{ .path = "devices/system/cpu/possible", .show = possible_show },
	{ .path = "devices/system/cpu/present", .show = possible_show },
	{ .path = "devices/system/cpu/offline", .show = offline_show },
	{ .path = "devices/system/cpu/isolated", .show = nothing_show },
	{ .path = "devices/system/cpu/kernel_max", .show = kernel_max_show },
	{ .path = "devices/system/cpu/smt" },
	{ .path = "devices/system/cpu/smt/active", .show = zero_show },
	{ .path = "devices/system/cpu/smt/control", .show = smt_control_show },
};

/* Of each CPU's folder topology. */
static const struct sysfs_file topology_files[] = {
	{ .path = "physical_package_id", .show = zero_show }, { .path = "die_id", .show = zero_show },
	{ .path = "core_id", .show = core_id_show },
	{ .path = "core_cpus", .show = self_map_show },
	{ .path = "core_cpus_list", .show = self_list_show },
	{ .path = "thread_siblings", .show = self_map_show },
	{ .path = "thread_siblings_list", .show = self_list_show },
	{ .path = "die_cpus", .show = possible_map_show },
	{ .path = "die_cpus_list", .show = possible_show },
	{ .path = "package_cpus", .show = possible_map_show },
	{ .path = "package_cpus_list", .show = possible_show },
	{ .path = "core_siblings", .show = possible_map_show },
	{ .path = "core_siblings_list", .show = possible_show },
};

static void build_cpu(struct sysfs_builder *b, unsigned int cpu)
{
	static const struct sysfs_file folder;

	sysfs_build_file(b, &folder, "devices/system/cpu/cpu%u", cpu);
	sysfs_build_file(b, &folder, "devices/system/cpu/cpu%u/topology", cpu);
	for (unsigned int i = 0; i < ARRAY_SIZE(topology_files); i++) {
		struct sysfs_file file = topology_files[i];

		file.private = (void *)(unsigned long)cpu;
		sysfs_build_file(b, &file, "devices/system/cpu/cpu%u/topology/%s", cpu,
				 topology_files[i].path);
	}
	sysfs_build_link(b, "devices/system/cpu/cpu%u/node%d ../../node/node%d", cpu,
			 cpu_to_node(cpu), cpu_to_node(cpu));
	sysfs_build_link(b, "devices/system/cpu/cpu%u/subsystem ../../../../bus/cpu", cpu);
	sysfs_build_link(b, "bus/cpu/devices/cpu%u ../../../devices/system/cpu/cpu%u", cpu, cpu);
}

static int __init cpu_files_init(void)
{
	int err = sysfs_add_files(cpu_files, ARRAY_SIZE(cpu_files));
	struct sysfs_builder b;
	unsigned int cpu;

	sysfs_build(&b, nr_cpu_ids * (ARRAY_SIZE(topology_files) + 5));
	for_each_possible_cpu(cpu)
		build_cpu(&b, cpu);
	return sysfs_build_end(&b) ?: err;
}
late_initcall(cpu_files_init);
