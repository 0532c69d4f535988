// SPDX-License-Identifier: MIT
/*
 * What stands in the folder of a process or thread: the tables of entries, looking one up, listing
 * them. The folders: base.c.
 */
#include <kern/fork.h>
#include <kern/kernel.h>

#include "internal.h"

/* ---- entries that are a text ---- */

static int proc_single_show(struct seq_file *m, void *v)
{
	struct inode *inode = m->private;
	struct task_struct *task = get_proc_task(inode);
	int ret;

	if (!task)
		return -ESRCH;
	ret = PROC_I(inode)->entry->show(m, proc_pid(inode), task);
	put_task_struct(task);
	return ret;
}

static int proc_single_open(struct inode *inode, struct file *file)
{
	return single_open(file, proc_single_show, inode);
}

static const struct file_operations proc_single_file_operations = {
	.open = proc_single_open,
	.read_iter = seq_read_iter,
	.llseek = seq_lseek,
	.release = single_release,
};

static const struct inode_operations proc_def_inode_operations = {
	.setattr = proc_setattr,
	.getattr = pid_getattr,
};

/* ---- the tables ---- */

#define DIR(n, m, iops, fops) { .name = n, .mode = S_IFDIR | (m), .iop = &iops, .fop = &fops }
#define LNK(n, get) { .name = n, .mode = S_IFLNK | 0777, .iop = &proc_pid_link_inode_operations, \
		      .get_link = get }
#define REG(n, m, fops) { .name = n, .mode = S_IFREG | (m), .iop = &proc_def_inode_operations, \
			  .fop = &fops }
#define ONE(n, m, fn) { .name = n, .mode = S_IFREG | (m), .iop = &proc_def_inode_operations, \
			.fop = &proc_single_file_operations, .show = fn }

#define COMMON_ENTRIES								\
	DIR("fd", 0500, proc_fd_inode_operations, proc_fd_operations),		\
	DIR("fdinfo", 0555, proc_fdinfo_inode_operations, proc_fdinfo_operations), \
	DIR("ns", 0511, proc_ns_dir_inode_operations, proc_ns_dir_operations),	\
	DIR("net", 0555, proc_net_inode_operations, proc_net_operations),	\
	REG("environ", 0400, proc_environ_operations),				\
	REG("auxv", 0400, proc_auxv_operations),				\
	ONE("status", 0444, proc_pid_status),					\
	ONE("personality", 0400, proc_pid_personality),				\
	ONE("limits", 0444, proc_pid_limits),					\
	ONE("sched", 0644, proc_pid_sched),					\
	REG("comm", 0644, proc_comm_operations),				\
	ONE("syscall", 0400, proc_pid_syscall),					\
	REG("cmdline", 0444, proc_cmdline_operations),				\
	ONE("statm", 0444, proc_pid_statm),					\
	REG("maps", 0444, proc_maps_operations),				\
	REG("mem", 0600, proc_mem_operations),					\
	LNK("cwd", proc_pid_get_link_cwd),					\
	LNK("root", proc_pid_get_link_root),					\
	LNK("exe", proc_pid_get_link_exe),					\
	REG("mounts", 0444, proc_mounts_operations),				\
	REG("mountinfo", 0444, proc_mountinfo_operations),			\
	REG("smaps", 0444, proc_smaps_operations),				\
	REG("smaps_rollup", 0444, proc_smaps_rollup_operations),		\
	ONE("wchan", 0444, proc_pid_wchan),					\
	ONE("stack", 0400, proc_pid_stack),					\
	ONE("schedstat", 0444, proc_pid_schedstat),				\
	ONE("cgroup", 0444, proc_pid_cgroup),					\
	ONE("oom_score", 0444, proc_pid_oom_score),				\
	REG("oom_score_adj", 0644, proc_oom_score_adj_operations),		\
	REG("loginuid", 0644, proc_loginuid_operations),			\
	REG("uid_map", 0644, proc_uid_map_operations),				\
	REG("gid_map", 0644, proc_gid_map_operations),				\
	REG("projid_map", 0644, proc_projid_map_operations),			\
	REG("setgroups", 0644, proc_setgroups_operations),		\
	REG("oom_adj", 0644, proc_oom_adj_operations),				\
	REG("sessionid", 0444, proc_sessionid_operations),			\
	REG("pagemap", 0400, proc_pagemap_operations),				\
	REG("numa_maps", 0444, proc_numa_maps_operations),			\
	REG("clear_refs", 0200, proc_clear_refs_operations)

static const struct pid_entry tgid_entries[] = {
	DIR("task", 0555, proc_task_inode_operations, proc_task_operations),
	COMMON_ENTRIES,
	ONE("stat", 0444, proc_tgid_stat),
	ONE("io", 0400, proc_tgid_io),
	REG("mountstats", 0400, proc_mountstats_operations),
	REG("coredump_filter", 0644, proc_coredump_filter_operations),
	REG("timens_offsets", 0644, proc_timens_offsets_operations),
	DIR("map_files", 0500, proc_map_files_inode_operations, proc_map_files_operations),
	ONE("timers", 0444, proc_pid_timers),
	REG("timerslack_ns", 0666, proc_timerslack_operations),
	REG("make-it-fail", 0644, proc_make_it_fail_operations),
};

static const struct pid_entry tid_entries[] = {
	COMMON_ENTRIES,
	ONE("stat", 0444, proc_tid_stat),
	ONE("io", 0400, proc_tid_io),
	ONE("children", 0444, proc_pid_children),
	REG("make-it-fail", 0644, proc_make_it_fail_operations),
	REG("fail-nth", 0644, proc_fail_nth_operations),
};

static unsigned long entry_ino(struct task_struct *task, const struct pid_entry *table,
			       unsigned int i)
{
	unsigned long base = table == tid_entries ? PROC_INO_TASK_ENTRY : PROC_INO_ENTRY;

	return PROC_PID_INO(task->pid, base + i);
}

static struct dentry *lookup_entry(struct inode *dir, struct dentry *dentry,
				   const struct pid_entry *table, unsigned int n)
{
	struct task_struct *task = get_proc_task(dir);
	struct inode *inode = NULL;
	const struct pid_entry *e = NULL;
	unsigned int i;

	if (!task)
		return ERR_PTR(-ENOENT);
	for (i = 0; i < n && !e; i++)
		if (strlen(table[i].name) == dentry->d_name.len &&
		    !memcmp(table[i].name, dentry->d_name.name, dentry->d_name.len))
			e = &table[i];
	if (!e) {
		put_task_struct(task);
		return ERR_PTR(-ENOENT);
	}
	inode = proc_pid_make_inode(dir->i_sb, task, entry_ino(task, table, i - 1), e->mode);
	put_task_struct(task);
	if (!inode)
		return ERR_PTR(-ENOENT);
	if (S_ISDIR(e->mode))
		set_nlink(inode, 2);
	inode->i_op = e->iop;
	if (e->fop)
		inode->i_fop = e->fop;
	PROC_I(inode)->entry = e;
	d_set_d_op(dentry, &pid_dentry_operations);
	return d_splice_alias(inode, dentry);
}

static int readdir_entries(struct file *file, struct dir_context *ctx,
			   const struct pid_entry *table, unsigned int n)
{
	struct task_struct *task = get_proc_task(file_inode(file));

	if (!task)
		return -ENOENT;
	if (dir_emit_dots(file, ctx))
		while (ctx->pos - 2 < n) {
			unsigned int i = ctx->pos - 2;

			if (!dir_emit(ctx, table[i].name, strlen(table[i].name),
				      entry_ino(task, table, i), table[i].mode >> 12))
				break;
			ctx->pos++;
		}
	put_task_struct(task);
	return 0;
}

struct dentry *proc_tgid_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	return lookup_entry(dir, dentry, tgid_entries, ARRAY_SIZE(tgid_entries));
}

int proc_tgid_readdir(struct file *file, struct dir_context *ctx)
{
	return readdir_entries(file, ctx, tgid_entries, ARRAY_SIZE(tgid_entries));
}

struct dentry *proc_tid_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	return lookup_entry(dir, dentry, tid_entries, ARRAY_SIZE(tid_entries));
}

int proc_tid_readdir(struct file *file, struct dir_context *ctx)
{
	return readdir_entries(file, ctx, tid_entries, ARRAY_SIZE(tid_entries));
}
