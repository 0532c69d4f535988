// SPDX-License-Identifier: MIT
/* /sys/devices/system/node: the memory nodes, what they hold, and which CPUs are theirs. */
#include <fs/seq_file.h>
#include <fs/sysfs.h>
#include <kern/cpumask.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <mm/node.h>
#include <mm/vmstat.h>

static int node_of(const struct seq_file *m)
{
	return (int)(long)m->private;
}

static int show_nodes(struct seq_file *m, nodemask_t mask)
{
	seq_printf(m, "%*pbl\n", MAX_NUMNODES, mask.bits);
	return 0;
}

static int online_show(struct seq_file *m, void *v)
{
	return show_nodes(m, node_online_map);
}

static int has_cpu_show(struct seq_file *m, void *v)
{
	nodemask_t mask = NODE_MASK_NONE;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		node_set(cpu_to_node(cpu), &mask);
	return show_nodes(m, mask);
}

static int no_nodes_show(struct seq_file *m, void *v)
{
	return show_nodes(m, NODE_MASK_NONE);
}

static int cpumap_show(struct seq_file *m, void *v)
{
	struct cpumask mask = cpumask_of_node(node_of(m));

	seq_printf(m, "%*pb\n", nr_cpu_ids, mask.bits);
	return 0;
}

static int cpulist_show(struct seq_file *m, void *v)
{
	struct cpumask mask = cpumask_of_node(node_of(m));

	seq_printf(m, "%*pbl\n", nr_cpu_ids, mask.bits);
	return 0;
}

static int distance_show(struct seq_file *m, void *v)
{
	int to;

	for_each_online_node(to)
		seq_printf(m, "%s%d", to ? " " : "", node_distance(node_of(m), to));
	seq_puts(m, "\n");
	return 0;
}

static int meminfo_show(struct seq_file *m, void *v)
{
	node_meminfo_show(m, node_of(m));
	return 0;
}

static int vmstat_show(struct seq_file *m, void *v)
{
	node_vmstat_show(m, node_of(m));
	return 0;
}

static int numastat_show(struct seq_file *m, void *v)
{
	node_numastat_show(m, node_of(m));
	return 0;
}

static int compact_store(char *text, void *node)
{
	compact_memory(nodemask_of_node((int)(long)node));
	return 0;
}

static const struct sysfs_file files[] = {
	{ .path = "bus/node" }, { .path = "bus/node/devices" }, { .path = "devices/system/node" },
	{ .path = "devices/system/node/possible", .show = online_show },
	{ .path = "devices/system/node/online", .show = online_show },
	{ .path = "devices/system/node/has_cpu", .show = has_cpu_show },
	{ .path = "devices/system/node/has_memory", .show = online_show },
	{ .path = "devices/system/node/has_normal_memory", .show = online_show },
	{ .path = "devices/system/node/has_generic_initiator", .show = no_nodes_show },
};

/* Of each node's folder. */
static const struct sysfs_file node_files[] = {
	{ .path = "cpumap", .show = cpumap_show }, { .path = "cpulist", .show = cpulist_show },
	{ .path = "distance", .show = distance_show }, { .path = "meminfo", .show = meminfo_show },
	{ .path = "vmstat", .show = vmstat_show }, { .path = "numastat", .show = numastat_show },
	{ .path = "compact", .store = compact_store },
};

static void build_node(struct sysfs_builder *b, int nid)
{
	static const struct sysfs_file folder;
	struct cpumask mask = cpumask_of_node(nid);
	unsigned int cpu;

	sysfs_build_file(b, &folder, "devices/system/node/node%d", nid);
	for (unsigned int i = 0; i < ARRAY_SIZE(node_files); i++) {
		struct sysfs_file file = node_files[i];

		file.private = (void *)(long)nid;
		sysfs_build_file(b, &file, "devices/system/node/node%d/%s", nid, node_files[i].path);
	}
	for_each_cpu(cpu, &mask)
		sysfs_build_link(b, "devices/system/node/node%d/cpu%u ../../cpu/cpu%u", nid, cpu, cpu);
	sysfs_build_link(b, "devices/system/node/node%d/subsystem ../../../../bus/node", nid);
	sysfs_build_link(b, "bus/node/devices/node%d ../../../devices/system/node/node%d", nid, nid);
}

static int __init node_files_init(void)
{
	int err = sysfs_add_files(files, ARRAY_SIZE(files)), nid;
	struct sysfs_builder b;

	sysfs_build(&b, nr_node_ids * (ARRAY_SIZE(node_files) + 3) + nr_cpu_ids);
	for_each_online_node(nid)
		build_node(&b, nid);
	return sysfs_build_end(&b) ?: err;
}
late_initcall(node_files_init);
