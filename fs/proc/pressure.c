// SPDX-License-Identifier: MIT
/* /proc/pressure/{cpu,io,memory}. Triggers cannot be written: the files are read-only. */
#include <fs/proc_fs.h>
#include <fs/seq_file.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/sched.h>
#include <kern/timekeeping.h>

static void show_line(struct seq_file *m, const char *kind, enum psi_state state)
{
	struct psi_figures f = { 0 };

	if (state != NR_PSI_STATES)
		psi_fetch(state, &f);
	seq_printf(m, "%s avg10=%lu.%02lu avg60=%lu.%02lu avg300=%lu.%02lu total=%llu\n", kind,
		   LOAD_INT(f.average[0]), LOAD_FRAC(f.average[0]), LOAD_INT(f.average[1]),
		   LOAD_FRAC(f.average[1]), LOAD_INT(f.average[2]), LOAD_FRAC(f.average[2]),
		   (unsigned long long)(f.total_ns / NSEC_PER_USEC));
}

static int cpu_show(struct seq_file *m, void *unused)
{
	show_line(m, "some", PSI_CPU_SOME);
	/* Somebody runs whenever somebody waits for a CPU. */
	show_line(m, "full", NR_PSI_STATES);
	return 0;
}

static int io_show(struct seq_file *m, void *unused)
{
	show_line(m, "some", PSI_IO_SOME);
	show_line(m, "full", PSI_IO_FULL);
	return 0;
}

static int memory_show(struct seq_file *m, void *unused)
{
	show_line(m, "some", PSI_MEM_SOME);
	show_line(m, "full", PSI_MEM_FULL);
	return 0;
}

static int __init pressure_init(void)
{
	struct proc_dir_entry *dir = proc_mkdir("pressure", NULL);

	if (!dir)
		return -ENOMEM;
	proc_create_single("cpu", 0444, dir, cpu_show);
	proc_create_single("io", 0444, dir, io_show);
	proc_create_single("memory", 0444, dir, memory_show);
	return 0;
}
fs_initcall(pressure_init);
