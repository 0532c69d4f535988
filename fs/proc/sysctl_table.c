// SPDX-License-Identifier: MIT
/* The entries of /proc/sys that belong to the core: kernel, vm, fs. */
#include <fs/fdtable.h>
#include <fs/mount.h>
#include <fs/sysctl.h>
#include <kern/exec.h>
#include <kern/fork.h>
#include <kern/panic.h>
#include <kern/printk.h>
#include <kern/random.h>
#include <kern/reboot.h>
#include <kern/rwsem.h>
#include <kern/uts.h>
#include <lib/kstrtox.h>
#include <lib/sprintf.h>
#include <linux/capability.h>
#include <linux/limits.h>
#include <mm/mmap.h>
#include <mm/pagemap.h>
#include <mm/shrinker.h>
#include <mm/oom.h>
#include <mm/swap.h>
#include <mm/vmstat.h>

#include "internal.h"

static const int hundred = 100, two_hundred = 200, three_thousand = 3000, thirty_one = 31;
static const int zero = 0, one = 1, two = 2, status_max = 255;
static const int max_old_id = 65535;	/* of calls with 16-bit numbers */
static const int pid_min = RESERVED_PIDS + 1, pid_limit = PID_MAX_LIMIT;
static const int threads_min = 20, threads_limit = 0x1fffffff;

/* Answers a read with a text. */
static int give(char *buffer, size_t *lenp, loff_t *ppos, const char *fmt, unsigned long a,
		unsigned long b, unsigned long c)
{
	if (*ppos) {
		*lenp = 0;
		return 0;
	}
	*lenp = scnprintf(buffer, *lenp, fmt, a, b, c);
	*ppos += *lenp;
	return 0;
}

static int do_uts(const struct ctl_table *table, int write, char *buffer, size_t *lenp,
		  loff_t *ppos)
{
	struct ctl_table row = *table;
	int err;

	/* The field of the reader's own name space. */
	row.data = (char *)utsname() + ((char *)table->data - (char *)init_utsname());
	if (write)
		down_write(&uts_sem);
	else
		down_read(&uts_sem);
	err = proc_dostring(&row, write, buffer, lenp, ppos);
	if (write)
		up_write(&uts_sem);
	else
		up_read(&uts_sem);
	return err;
}

/* console_loglevel and its three companions are variables of their own. */
static int do_printk(const struct ctl_table *table, int write, char *buffer, size_t *lenp,
		     loff_t *ppos)
{
	int values[4] = { console_loglevel, default_message_loglevel, minimum_console_loglevel,
			  default_console_loglevel };
	struct ctl_table row = { .data = values, .maxlen = sizeof(values) };
	int err = proc_dointvec(&row, write, buffer, lenp, ppos);

	if (!err && write) {
		console_loglevel = values[0];
		default_message_loglevel = values[1];
		minimum_console_loglevel = values[2];
		default_console_loglevel = values[3];
	}
	return err;
}

static void format_uuid(char text[40], const u8 *b)
{
	int n = 0;

	for (int i = 0; i < 16; i++)
		n += scnprintf(text + n, 40 - n, "%s%02x",
			       i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", b[i]);
}

/* random/uuid: another at each read; random/boot_id: the same until the next boot. */
static int do_uuid(const struct ctl_table *table, int write, char *buffer, size_t *lenp,
		   loff_t *ppos)
{
	static DEFINE_MUTEX(lock);
	u8 bytes[16], *id = table->data;
	char text[40];
	struct ctl_table line = { .data = text, .maxlen = sizeof(text) };

	if (write)
		return -EPERM;
	get_random_bytes(bytes, sizeof(bytes));
	bytes[6] = (bytes[6] & 0x0f) | 0x40;
	bytes[8] = (bytes[8] & 0x3f) | 0x80;
	if (id) {
		mutex_lock(&lock);
		if (!id[6])
			memcpy(id, bytes, sizeof(bytes));
		memcpy(bytes, id, sizeof(bytes));
		mutex_unlock(&lock);
	}
	format_uuid(text, bytes);
	return proc_dostring(&line, 0, buffer, lenp, ppos);
}

static int do_file_nr(const struct ctl_table *table, int write, char *buffer, size_t *lenp,
		      loff_t *ppos)
{
	return give(buffer, lenp, ppos, "%lu\t%lu\t%lu\n", get_nr_files(), 0, sysctl_file_max);
}

static int do_inode_nr(const struct ctl_table *table, int write, char *buffer, size_t *lenp,
		       loff_t *ppos)
{
	return give(buffer, lenp, ppos, "%lu\t%lu\n", get_nr_inodes(), 0, 0);
}

static int do_dentry_state(const struct ctl_table *table, int write, char *buffer, size_t *lenp,
			   loff_t *ppos)
{
	return give(buffer, lenp, ppos, "%lu\t%lu\t45\t0\t%lu\t0\n", get_nr_dentry(),
		    get_nr_dentry_unused(), 0);
}

static int do_drop_caches(const struct ctl_table *table, int write, char *buffer, size_t *lenp,
			  loff_t *ppos)
{
	static const int min = 1, max = 4;
	int what = 0;
	struct ctl_table line = { .data = &what, .maxlen = sizeof(what), .extra1 = &min,
				  .extra2 = &max };
	int err = proc_dointvec_minmax(&line, write, buffer, lenp, ppos);

	if (!err && write)
		drop_caches(what);
	return err;
}

static int cap_last = CAP_LAST_CAP, ngroups_max = NGROUPS_MAX;
static int random_bits = 256;
static char arch_name[] = "x86_64";
static u8 boot_id[16];

#define STRING(name, buf, m) { .procname = name, .data = buf, .maxlen = sizeof(buf), .mode = m, \
			       .proc_handler = proc_dostring }
#define UTS(file, field, m) { .procname = file, .data = init_uts_ns.name.field, \
			      .maxlen = sizeof(init_uts_ns.name.field), .mode = m, \
			      .proc_handler = do_uts }
#define INT(name, var, m, min, max) { .procname = name, .data = &(var), .maxlen = sizeof(int), \
				      .mode = m, .proc_handler = proc_dointvec_minmax, \
				      .extra1 = min, .extra2 = max }
#define LONG(name, var) { .procname = name, .data = &(var), .maxlen = sizeof(long), \
			  .mode = 0644, .proc_handler = proc_doulongvec_minmax }
#define CALL(name, fn, m) { .procname = name, .mode = m, .proc_handler = fn }

/* The watermarks follow what was written. */
static int do_watermarks(const struct ctl_table *table, int write, char *buffer, size_t *lenp,
			 loff_t *ppos)
{
	int err = proc_dointvec_minmax(table, write, buffer, lenp, ppos);

	if (!err && write)
		setup_watermarks();
	return err;
}

static int do_compact_memory(const struct ctl_table *table, int write, char *buffer, size_t *lenp,
			     loff_t *ppos)
{
	int what = 0;
	struct ctl_table row = { .data = &what, .maxlen = sizeof(what) };
	int err = write ? proc_dointvec(&row, write, buffer, lenp, ppos) : -EPERM;

	if (!err && what != 1)
		err = -EINVAL;
	if (!err)
		compact_memory(node_online_map);
	return err;
}

static const struct ctl_table kernel_table[] = {
	UTS("ostype", sysname, 0444),
	UTS("osrelease", release, 0444),
	UTS("version", version, 0444),
	UTS("hostname", nodename, 0644),
	UTS("domainname", domainname, 0644),
	INT("pid_max", pid_max, 0644, &pid_min, &pid_limit),
	INT("threads-max", max_threads, 0644, &threads_min, &threads_limit),
	INT("poweroff_status", poweroff_status, 0644, &zero, &status_max),
	INT("cap_last_cap", cap_last, 0444, NULL, NULL),
	INT("ngroups_max", ngroups_max, 0444, NULL, NULL),
	INT("overflowuid", overflowuid, 0644, &zero, &max_old_id),
	INT("overflowgid", overflowgid, 0644, &zero, &max_old_id),
	CALL("printk", do_printk, 0644),
	INT("randomize_va_space", randomize_va_space, 0644, &zero, &two),
	INT("dmesg_restrict", dmesg_restrict, 0644, &zero, &one),
	INT("kptr_restrict", kptr_restrict, 0644, &zero, &two),
	STRING("arch", arch_name, 0444),
	{}
};

static const struct ctl_table random_table[] = {
	INT("entropy_avail", random_bits, 0444, NULL, NULL),
	INT("poolsize", random_bits, 0444, NULL, NULL),
	{ .procname = "boot_id", .data = boot_id, .mode = 0444, .proc_handler = do_uuid },
	CALL("uuid", do_uuid, 0444),
	{}
};

static const struct ctl_table vm_table[] = {
	INT("overcommit_memory", sysctl_overcommit_memory, 0644, &zero, &two),
	INT("overcommit_ratio", sysctl_overcommit_ratio, 0644, &zero, NULL),
	INT("max_map_count", sysctl_max_map_count, 0644, &one, NULL),
	CALL("drop_caches", do_drop_caches, 0200),
	CALL("compact_memory", do_compact_memory, 0200),
	INT("panic_on_oom", sysctl_panic_on_oom, 0644, &zero, &two),
	INT("oom_kill_allocating_task", sysctl_oom_kill_allocating_task, 0644, NULL, NULL),
	INT("oom_dump_tasks", sysctl_oom_dump_tasks, 0644, NULL, NULL),
	INT("swappiness", vm_swappiness, 0644, &zero, &two_hundred),
	INT("page-cluster", page_cluster, 0644, &zero, &thirty_one),
	INT("vfs_cache_pressure", sysctl_vfs_cache_pressure, 0644, &zero, NULL),
	INT("dirty_background_ratio", dirty_background_ratio, 0644, &zero, &hundred),
	INT("dirty_ratio", vm_dirty_ratio, 0644, &zero, &hundred),
	INT("dirty_writeback_centisecs", dirty_writeback_interval, 0644, &zero, NULL),
	INT("dirty_expire_centisecs", dirty_expire_interval, 0644, &zero, NULL),
	LONG("dirty_background_bytes", dirty_background_bytes),
	LONG("dirty_bytes", vm_dirty_bytes),
	LONG("admin_reserve_kbytes", sysctl_admin_reserve_kbytes),
	LONG("user_reserve_kbytes", sysctl_user_reserve_kbytes),
	{ .procname = "min_free_kbytes", .data = &min_free_kbytes, .maxlen = sizeof(int),
	  .mode = 0644, .proc_handler = do_watermarks, .extra1 = &zero },
	{ .procname = "watermark_scale_factor", .data = &watermark_scale_factor,
	  .maxlen = sizeof(int), .mode = 0644, .proc_handler = do_watermarks, .extra1 = &one,
	  .extra2 = &three_thousand },
	{ .procname = "overcommit_kbytes", .data = &sysctl_overcommit_kbytes,
	  .maxlen = sizeof(long), .mode = 0644, .proc_handler = proc_doulongvec_minmax },
	{ .procname = "mmap_min_addr", .data = &mmap_min_addr, .maxlen = sizeof(long),
	  .mode = 0644, .proc_handler = proc_doulongvec_minmax },
	{}
};

static const struct ctl_table fs_table[] = {
	{ .procname = "file-max", .data = &sysctl_file_max, .maxlen = sizeof(long), .mode = 0644,
	  .proc_handler = proc_doulongvec_minmax },
	INT("overflowuid", overflowuid, 0644, &zero, &max_old_id),
	INT("overflowgid", overflowgid, 0644, &zero, &max_old_id),
	INT("mount-max", sysctl_mount_max, 0644, &one, NULL),
	CALL("file-nr", do_file_nr, 0444),
	CALL("inode-nr", do_inode_nr, 0444),
	CALL("dentry-state", do_dentry_state, 0444),
	{ .procname = "nr_open", .data = &sysctl_nr_open, .maxlen = sizeof(int), .mode = 0644,
	  .proc_handler = proc_douintvec },
	{}
};

static int __init sysctl_init(void)
{
	int err = register_sysctl("kernel", kernel_table);

	if (!err)
		err = register_sysctl("kernel/random", random_table);
	if (!err)
		err = register_sysctl("vm", vm_table);
	if (!err)
		err = register_sysctl("fs", fs_table);
	return err;
}
fs_initcall(sysctl_init);
