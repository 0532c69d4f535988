// SPDX-License-Identifier: MIT
/* Figures of the whole system: stat, uptime, loadavg, softirqs, cpuinfo. */
#include <kern/cpumask.h>
#include <kern/fork.h>
#include <kern/irq.h>
#include <kern/jiffies.h>
#include <kern/sched.h>
#include <kern/smp.h>
#include <kern/softirq.h>
#include <kern/time_namespace.h>
#include <kern/timekeeping.h>

#include "internal.h"

static const enum cpu_usage_stat columns[] = {
	CPUTIME_USER, CPUTIME_NICE, CPUTIME_SYSTEM, CPUTIME_IDLE, CPUTIME_IOWAIT, CPUTIME_IRQ,
	CPUTIME_SOFTIRQ, CPUTIME_STEAL, CPUTIME_GUEST, CPUTIME_GUEST_NICE,
};

static void show_cpu(struct seq_file *m, const struct kernel_cpustat *stat)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(columns); i++)
		seq_put_decimal_ull(m, " ", nsec_to_clock_t(stat->cpustat[columns[i]]));
	seq_putc(m, '\n');
}

static int stat_show(struct seq_file *m, void *v)
{
	struct kernel_cpustat sum = {}, one;
	u64 irqs = 0, softirqs = 0, per_softirq[NR_SOFTIRQS] = {};
	struct timespec64 boot;
	int cpu;

	for_each_possible_cpu(cpu) {
		kcpustat_cpu_fetch(&one, cpu);
		for (unsigned int i = 0; i < NR_STATS; i++)
			sum.cpustat[i] += one.cpustat[i];
		irqs += kstat_cpu_irqs_sum(cpu);
		for (unsigned int nr = 0; nr < NR_SOFTIRQS; nr++) {
			unsigned int n = kstat_softirqs_cpu(nr, cpu);

			per_softirq[nr] += n;
			softirqs += n;
		}
	}
	seq_puts(m, "cpu ");
	show_cpu(m, &sum);
	for_each_online_cpu(cpu) {
		kcpustat_cpu_fetch(&one, cpu);
		seq_printf(m, "cpu%d", cpu);
		show_cpu(m, &one);
	}
	seq_printf(m, "intr %llu", (unsigned long long)irqs);
	for (unsigned int irq = 0; irq < nr_irqs; irq++)
		seq_put_decimal_ull(m, " ", kstat_irqs(irq));
	getboottime64(&boot);
	boot.tv_sec -= timens_offset(CLOCK_BOOTTIME) / NSEC_PER_SEC;
	seq_printf(m, "\nctxt %llu\nbtime %llu\nprocesses %lu\nprocs_running %u\nprocs_blocked %u\n",
		   (unsigned long long)nr_context_switches(), (unsigned long long)boot.tv_sec,
		   total_forks, nr_running(), nr_iowait());
	seq_printf(m, "softirq %llu", (unsigned long long)softirqs);
	for (unsigned int nr = 0; nr < NR_SOFTIRQS; nr++)
		seq_put_decimal_ull(m, " ", per_softirq[nr]);
	seq_putc(m, '\n');
	return 0;
}

static int uptime_show(struct seq_file *m, void *v)
{
	u64 idle = 0, up = ktime_get_boottime_ns() + timens_offset(CLOCK_BOOTTIME);
	int cpu;

	for_each_possible_cpu(cpu)
		idle += kcpustat_field(cpu, CPUTIME_IDLE) + kcpustat_field(cpu, CPUTIME_IOWAIT);
	seq_printf(m, "%lu.%02lu %lu.%02lu\n", (unsigned long)(up / NSEC_PER_SEC),
		   (unsigned long)(up % NSEC_PER_SEC / 10000000),
		   (unsigned long)(idle / NSEC_PER_SEC),
		   (unsigned long)(idle % NSEC_PER_SEC / 10000000));
	return 0;
}

static int loadavg_show(struct seq_file *m, void *v)
{
	unsigned long load[3];

	get_avenrun(load, FIXED_1 / 200, 0);
	seq_printf(m, "%lu.%02lu %lu.%02lu %lu.%02lu %u/%d %d\n", LOAD_INT(load[0]),
		   LOAD_FRAC(load[0]), LOAD_INT(load[1]), LOAD_FRAC(load[1]), LOAD_INT(load[2]),
		   LOAD_FRAC(load[2]), nr_running(), nr_threads, pid_last());
	return 0;
}

static int softirqs_show(struct seq_file *m, void *v)
{
	int cpu;

	seq_puts(m, "                    ");
	for_each_possible_cpu(cpu)
		seq_printf(m, "CPU%-8d", cpu);
	seq_putc(m, '\n');
	for (unsigned int nr = 0; nr < NR_SOFTIRQS; nr++) {
		seq_printf(m, "%12s:", softirq_to_name[nr]);
		for_each_possible_cpu(cpu)
			seq_printf(m, " %10u", kstat_softirqs_cpu(nr, cpu));
		seq_putc(m, '\n');
	}
	return 0;
}

/* ---- cpuinfo: what the processor says of itself ---- */

struct cpuid {
	u32 a, b, c, d;
};

static struct cpuid cpuid(u32 leaf, u32 sub)
{
	struct cpuid r;

	__asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(sub));
	return r;
}

static const char *const flags_1d[32] = {
	"fpu", "vme", "de", "pse", "tsc", "msr", "pae", "mce", "cx8", "apic", NULL, "sep", "mtrr",
	"pge", "mca", "cmov", "pat", "pse36", "pn", "clflush", NULL, "dts", "acpi", "mmx", "fxsr",
	"sse", "sse2", "ss", "ht", "tm", "ia64", "pbe",
};
static const char *const flags_1c[32] = {
	"pni", "pclmulqdq", "dtes64", "monitor", "ds_cpl", "vmx", "smx", "est", "tm2", "ssse3",
	"cid", "sdbg", "fma", "cx16", "xtpr", "pdcm", NULL, "pcid", "dca", "sse4_1", "sse4_2",
	"x2apic", "movbe", "popcnt", "tsc_deadline_timer", "aes", "xsave", NULL, "avx", "f16c",
	"rdrand", "hypervisor",
};
static const char *const flags_7b[32] = {
	"fsgsbase", "tsc_adjust", "sgx", "bmi1", "hle", "avx2", NULL, "smep", "bmi2", "erms",
	"invpcid", "rtm", "cqm", NULL, "mpx", "rdt_a", "avx512f", "avx512dq", "rdseed", "adx",
	"smap", "avx512ifma", NULL, "clflushopt", "clwb", "intel_pt", "avx512pf", "avx512er",
	"avx512cd", "sha_ni", "avx512bw", "avx512vl",
};

static void show_flags(struct seq_file *m, u32 word, const char *const names[32])
{
	for (unsigned int i = 0; i < 32; i++)
		if (word >> i & 1 && names[i])
			seq_printf(m, " %s", names[i]);
}

static void show_brand(struct seq_file *m)
{
	char brand[49] = {};
	const char *p = brand;

	if (cpuid(0x80000000, 0).a >= 0x80000004)
		for (u32 i = 0; i < 3; i++) {
			struct cpuid r = cpuid(0x80000002 + i, 0);

			memcpy(brand + i * 16, &r, 16);
		}
	while (*p == ' ')
		p++;
	seq_printf(m, "model name\t: %s\n", *p ? p : "unknown");
}

static void show_one_cpu(struct seq_file *m, int cpu)
{
	struct cpuid r0 = cpuid(0, 0), r1 = cpuid(1, 0), ext = cpuid(0x80000001, 0);
	unsigned int family = r1.a >> 8 & 15, model = r1.a >> 4 & 15;
	char vendor[13] = {};

	if (family == 15)
		family += r1.a >> 20 & 255;
	if (family >= 6)
		model |= (r1.a >> 16 & 15) << 4;
	memcpy(vendor, &r0.b, 4);
	memcpy(vendor + 4, &r0.d, 4);
	memcpy(vendor + 8, &r0.c, 4);
	seq_printf(m, "processor\t: %d\nvendor_id\t: %s\ncpu family\t: %u\nmodel\t\t: %u\n", cpu,
		   vendor, family, model);
	show_brand(m);
	seq_printf(m, "stepping\t: %u\n", r1.a & 15);
	seq_printf(m, "physical id\t: 0\nsiblings\t: %u\ncore id\t\t: %d\ncpu cores\t: %u\n",
		   num_online_cpus(), cpu, num_online_cpus());
	seq_printf(m, "fpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: %u\nwp\t\t: yes\nflags\t\t:",
		   r0.a);
	show_flags(m, r1.d, flags_1d);
	if (ext.d >> 11 & 1)
		seq_puts(m, " syscall");
	if (ext.d >> 20 & 1)
		seq_puts(m, " nx");
	if (ext.d >> 29 & 1)
		seq_puts(m, " lm");
	show_flags(m, r1.c, flags_1c);
	if (ext.c & 1)
		seq_puts(m, " lahf_lm");
	if (ext.c >> 5 & 1)
		seq_puts(m, " abm");
	if (r0.a >= 7)
		show_flags(m, cpuid(7, 0).b, flags_7b);
	seq_printf(m, "\nbogomips\t: 0.00\nclflush size\t: %u\ncache_alignment\t: 64\n",
		   (r1.b >> 8 & 255) * 8);
	r0 = cpuid(0x80000008, 0);
	seq_printf(m, "address sizes\t: %u bits physical, %u bits virtual\npower management:\n\n",
		   r0.a & 255, r0.a >> 8 & 255);
}

static int cpuinfo_show(struct seq_file *m, void *v)
{
	int cpu;

	for_each_online_cpu(cpu)
		show_one_cpu(m, cpu);
	return 0;
}

static int __init proc_stat_init(void)
{
	proc_create_single("stat", 0, NULL, stat_show);
	proc_create_single("uptime", 0, NULL, uptime_show);
	proc_create_single("loadavg", 0, NULL, loadavg_show);
	proc_create_single("softirqs", 0, NULL, softirqs_show);
	proc_create_single("cpuinfo", 0, NULL, cpuinfo_show);
	return 0;
}
fs_initcall(proc_stat_init);
