// SPDX-License-Identifier: MIT
/*
 * /sys/devices/system/clocksource and clockevents. There is one source at a time, which the machine
 * chooses (um/time/clock.c), and one kind of timer.
 */
#include <fs/seq_file.h>
#include <fs/sysfs.h>
#include <kern/cpumask.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/timekeeping.h>
#include <lib/string.h>

/* Longer names are none. */
#define CS_NAME_LEN 32

static int source_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%s\n", clocksource_name());
	return 0;
}

static int sources_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%s \n", clocksource_name());
	return 0;
}

/* As on Linux, the name of a source that is not there is a wish for later. */
static int source_store(char *text, void *unused)
{
	size_t len = strlen(text);

	return !len || len >= CS_NAME_LEN ? -EINVAL : 0;
}

/* The one in use has no other to make way for. */
static int unbind_store(char *text, void *unused)
{
	size_t len = strlen(text);

	if (!len || len >= CS_NAME_LEN)
		return -EINVAL;
	return strcmp(text, clocksource_name()) ? -ENODEV : -EBUSY;
}

static int event_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%s\n", clockevent_name());
	return 0;
}

static int no_event_show(struct seq_file *m, void *v)
{
	return 0;
}

#define SOURCE "devices/system/clocksource/clocksource0"
#define EVENTS "devices/system/clockevents"

static const struct sysfs_file files[] = {
	{ .path = "bus/clocksource" }, { .path = "bus/clocksource/devices" },
	{ .path = "devices/system/clocksource" }, { .path = SOURCE },
	{ .path = SOURCE "/available_clocksource", .show = sources_show },
	{ .path = SOURCE "/current_clocksource", .show = source_show, .store = source_store },
	{ .path = SOURCE "/unbind_clocksource", .store = unbind_store },
	{ .path = SOURCE "/subsystem", .target = "../../../../bus/clocksource" },
	{ .path = "bus/clocksource/devices/clocksource0", .target = "../../../" SOURCE },
	{ .path = "bus/clockevents" }, { .path = "bus/clockevents/devices" }, { .path = EVENTS },
	{ .path = EVENTS "/broadcast" },
	{ .path = EVENTS "/broadcast/current_device", .show = no_event_show },
	{ .path = EVENTS "/broadcast/subsystem", .target = "../../../../bus/clockevents" },
	{ .path = "bus/clockevents/devices/broadcast", .target = "../../../" EVENTS "/broadcast" },
};

static int __init clock_files_init(void)
{
	static const struct sysfs_file folder, current_device = { .show = event_show };
	int err = sysfs_add_files(files, ARRAY_SIZE(files));
	struct sysfs_builder b;
	unsigned int cpu;

	sysfs_build(&b, nr_cpu_ids * 4);
	for_each_possible_cpu(cpu) {
		sysfs_build_file(&b, &folder, EVENTS "/clockevent%u", cpu);
		sysfs_build_file(&b, &current_device, EVENTS "/clockevent%u/current_device", cpu);
		sysfs_build_link(&b, EVENTS "/clockevent%u/subsystem ../../../../bus/clockevents", cpu);
		sysfs_build_link(&b, "bus/clockevents/devices/clockevent%u ../../../" EVENTS "/clockevent%u",
				 cpu, cpu);
	}
	return sysfs_build_end(&b) ?: err;
}
late_initcall(clock_files_init);
