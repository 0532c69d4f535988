// SPDX-License-Identifier: MIT
/*
 * /proc/PID and /proc/PID/task/TID: the folders of processes and threads.
 *
 * An inode holds its struct pid, not the task: a dead task is freed although somebody stands
 * in its folder. Each access looks the task up again and fails with ESRCH when it is gone;
 * d_revalidate() drops the names. Owner and group follow the task's credentials.
 *
 * A folder's entries are a table (entries.c); an entry is a link (get_link), a short text (show),
 * or brings operations of its own.
 */
#include <fs/fdtable.h>
#include <kern/ptrace.h>
#include <kern/cred.h>
#include <kern/fork.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <lib/sprintf.h>
#include <mm/mmap.h>
#include <mm/slab.h>

#include "internal.h"

#define FIRST_TGID_POS 259	/* self and thread-self stand at 257 and 258 */

/* ---- owners and permissions ---- */

/* Who owns the files of a task: its effective user, or root when its memory is a secret. */
void task_dump_owner(struct task_struct *task, umode_t mode, kuid_t *uid, kgid_t *gid)
{
	const struct cred *cred;
	struct mm_struct *mm;
	bool secret = false;

	rcu_read_lock();
	cred = __task_cred(task);
	*uid = cred->euid;
	*gid = cred->egid;
	rcu_read_unlock();
	if (mode == (S_IFDIR | 0555))
		return;
	task_lock(task);
	mm = task->mm;
	secret = !mm || (READ_ONCE(mm->flags) & MMF_DUMPABLE_MASK) != SUID_DUMP_USER;
	task_unlock(task);
	if (secret) {
		*uid = GLOBAL_ROOT_UID;
		*gid = GLOBAL_ROOT_GID;
	}
}

/*
 * May the caller look into the task (its memory map, files, links)? With `attach`, may it
 * change it? => may sleep
 */
bool proc_may_access(struct task_struct *task, bool attach)
{
	return ptrace_may_access(task, attach ? PTRACE_MODE_ATTACH_FSCREDS : PTRACE_MODE_READ_FSCREDS);
}

int proc_setattr(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	int err;

	if (attr->ia_valid & ATTR_MODE)
		return -EPERM;
	err = setattr_prepare(dentry, attr);
	if (!err)
		setattr_copy(inode, attr);
	return err;
}

/* ---- inodes ---- */

struct inode *proc_pid_make_inode(struct super_block *sb, struct task_struct *task,
				  unsigned long ino, umode_t mode)
{
	struct inode *inode = proc_new_inode(sb, ino, mode);
	struct pid *pid;

	if (!inode)
		return NULL;
	pid = get_task_pid(task, PIDTYPE_PID);
	if (!pid) {
		iput(inode);
		return NULL;
	}
	PROC_I(inode)->pid = pid;
	task_dump_owner(task, mode, &inode->i_uid, &inode->i_gid);
	return inode;
}

int pid_getattr(const struct path *path, struct kstat *stat, u32 request_mask,
		unsigned int query_flags)
{
	struct inode *inode = d_inode(path->dentry);
	struct task_struct *task = get_proc_task(inode);

	generic_fillattr(inode, stat);
	if (task) {
		task_dump_owner(task, inode->i_mode, &stat->uid, &stat->gid);
		put_task_struct(task);
	} else {
		stat->uid = GLOBAL_ROOT_UID;
		stat->gid = GLOBAL_ROOT_GID;
	}
	return 0;
}

int pid_revalidate(struct dentry *dentry, unsigned int flags)
{
	struct inode *inode = d_inode(dentry);
	struct task_struct *task;

	if (!inode)
		return 0;
	task = get_proc_task(inode);
	if (!task)
		return 0;
	task_dump_owner(task, inode->i_mode, &inode->i_uid, &inode->i_gid);
	inode->i_mode &= ~(S_ISUID | S_ISGID);
	put_task_struct(task);
	return 1;
}

/* Names of the dead are forgotten at once. => d_lock held */
int pid_delete_dentry(const struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);

	return !inode || !pid_has_task(proc_pid(inode), PIDTYPE_PID);
}

const struct dentry_operations pid_dentry_operations = {
	.d_revalidate = pid_revalidate,
	.d_delete = pid_delete_dentry,
};

int name_to_int(const struct qstr *name)
{
	unsigned int n = 0;

	if (!name->len || (name->len > 1 && name->name[0] == '0'))
		return -1;
	for (unsigned int i = 0; i < name->len; i++) {
		unsigned int digit = (unsigned char)name->name[i] - '0';

		if (digit > 9 || n >= 200000000)
			return -1;
		n = n * 10 + digit;
	}
	return n;
}

/* ---- the folders themselves ---- */

static int tgid_permission(struct inode *inode, int mask);

static const struct inode_operations tgid_inode_operations = {
	.lookup = proc_tgid_lookup,
	.permission = tgid_permission,
	.getattr = pid_getattr,
	.setattr = proc_setattr,
};

static const struct file_operations tgid_dir_operations = {
	.llseek = generic_file_llseek,
	.read = generic_read_dir,
	.iterate_shared = proc_tgid_readdir,
};

static const struct inode_operations tid_inode_operations = {
	.lookup = proc_tid_lookup,
	.getattr = pid_getattr,
	.setattr = proc_setattr,
};

static const struct file_operations tid_dir_operations = {
	.llseek = generic_file_llseek,
	.read = generic_read_dir,
	.iterate_shared = proc_tid_readdir,
};

/*
 * The folders that are in the dcache hang on their struct pid, so that release_task() finds them
 * without a search. Taken outside i_lock.
 */
static DEFINE_SPINLOCK(pid_inodes_lock);

void proc_pid_forget_inode(struct inode *inode)
{
	struct proc_inode *pi = PROC_I(inode);

	if (hlist_unhashed(&pi->of_pid))
		return;
	spin_lock(&pid_inodes_lock);
	hlist_del_init(&pi->of_pid);
	spin_unlock(&pid_inodes_lock);
}

void proc_flush_pid(struct pid *pid)
{
	while (!hlist_empty(&pid->inodes)) {
		struct proc_inode *pi;
		struct dentry *alias = NULL;
		struct inode *inode = NULL;
		struct super_block *sb = NULL;

		spin_lock(&pid_inodes_lock);
		if (!hlist_empty(&pid->inodes)) {
			pi = hlist_entry(pid->inodes.first, struct proc_inode, of_pid);
			hlist_del_init(&pi->of_pid);
			/* An instance that is being taken apart forgets its names itself. */
			sb = pi->vfs_inode.i_sb;
			if (!atomic_inc_not_zero(&sb->s_active))
				sb = NULL;
			else
				inode = igrab(&pi->vfs_inode);
		}
		spin_unlock(&pid_inodes_lock);
		alias = inode ? d_find_alias(inode) : NULL;
		if (alias) {
			d_invalidate(alias);
			dput(alias);
		}
		iput(inode);
		if (sb)
			deactivate_super(sb);
	}
}

static struct dentry *instantiate(struct super_block *sb, struct dentry *dentry,
				  struct task_struct *task, unsigned long low,
				  const struct inode_operations *iop,
				  const struct file_operations *fop, unsigned int nlink)
{
	struct inode *inode = proc_pid_make_inode(sb, task, PROC_PID_INO(task->pid, low),
						  S_IFDIR | 0555);

	if (!inode)
		return ERR_PTR(-ENOENT);
	inode->i_op = iop;
	inode->i_fop = fop;
	set_nlink(inode, nlink);
	spin_lock(&pid_inodes_lock);
	hlist_add_head(&PROC_I(inode)->of_pid, &proc_pid(inode)->inodes);
	spin_unlock(&pid_inodes_lock);
	d_set_d_op(dentry, &pid_dentry_operations);
	return d_splice_alias(inode, dentry);
}

/* May the caller see this process, on an instance that hides others' from mode `from` on? */
static bool may_see(const struct super_block *sb, struct task_struct *task, int from)
{
	const struct proc_fs_info *info = proc_info(sb);

	if (info->hidepid != HIDEPID_PTRACEABLE) {
		if (info->hidepid < from || in_group_p(info->gid))
			return true;
	}
	return proc_may_access(task, false);
}

static int tgid_permission(struct inode *inode, int mask)
{
	struct task_struct *task;
	bool allowed;

	if (likely(proc_info(inode->i_sb)->hidepid == HIDEPID_OFF))
		return generic_permission(inode, mask);
	task = get_proc_task(inode);
	if (!task)
		return -ESRCH;
	allowed = may_see(inode->i_sb, task, HIDEPID_NO_ACCESS);
	put_task_struct(task);
	if (!allowed)
		return proc_info(inode->i_sb)->hidepid == HIDEPID_NO_ACCESS ? -EPERM : -ENOENT;
	return generic_permission(inode, mask);
}

struct pid *tgid_pidfd_to_pid(const struct file *file)
{
	if (file->f_op != &tgid_dir_operations)
		return ERR_PTR(-EBADF);
	return proc_pid(file_inode(file));
}

/* The task with a number in that name space, with a reference, or NULL. */
static struct task_struct *get_task_by_nr(int nr, struct pid_namespace *ns)
{
	struct task_struct *task;

	rcu_read_lock();
	task = find_task_by_pid_ns(nr, ns);
	if (task && !refcount_inc_not_zero(&task->usage))
		task = NULL;
	rcu_read_unlock();
	return task;
}

/* A number in the root of procfs: any thread's leads to its own folder, as on Linux. */
struct dentry *proc_pid_lookup(struct dentry *dentry)
{
	int nr = name_to_int(&dentry->d_name);
	struct task_struct *task;
	struct dentry *found;

	if (nr < 0)
		return ERR_PTR(-ENOENT);
	task = get_task_by_nr(nr, proc_pid_ns(dentry->d_sb));
	if (!task)
		return ERR_PTR(-ENOENT);
	/* A name that is hidden is not remembered: others may see it. */
	found = ERR_PTR(-ENOENT);
	if (proc_info(dentry->d_sb)->hidepid != HIDEPID_PTRACEABLE ||
	    proc_may_access(task, false))
		found = instantiate(dentry->d_sb, dentry, task, PROC_INO_DIR,
				    &tgid_inode_operations, &tgid_dir_operations, 9);
	put_task_struct(task);
	return found;
}

/* The process with the lowest number from *nr on, with a reference; steps by number, RCU only. */
static struct task_struct *next_tgid(pid_t *nr, struct pid_namespace *ns)
{
	struct task_struct *task = NULL;
	struct pid *pid;

	rcu_read_lock();
	while ((pid = find_ge_pid(*nr, ns))) {
		*nr = pid_nr_ns(pid, ns);
		task = pid_task(pid, PIDTYPE_TGID);
		if (task && refcount_inc_not_zero(&task->usage))
			break;
		task = NULL;
		(*nr)++;
	}
	rcu_read_unlock();
	return task;
}

/* The end of the root's listing: self, thread-self, and the processes by number. */
int proc_pid_readdir(struct file *file, struct dir_context *ctx)
{
	static const char *const links[] = { "self", "thread-self" };
	struct task_struct *task;
	char name[12];
	pid_t nr;

	while (ctx->pos < FIRST_TGID_POS) {
		unsigned int i = ctx->pos - (FIRST_TGID_POS - 2);

		if (!dir_emit(ctx, links[i], strlen(links[i]), 3 + i, DT_LNK))
			return 0;
		ctx->pos++;
	}
	nr = ctx->pos - FIRST_TGID_POS;
	while ((task = next_tgid(&nr, proc_pid_ns(file_inode(file)->i_sb)))) {
		int len = snprintf(name, sizeof(name), "%d", nr);
		bool more;

		ctx->pos = nr + FIRST_TGID_POS;
		more = !may_see(file_inode(file)->i_sb, task, HIDEPID_INVISIBLE) ||
		       dir_emit(ctx, name, len, PROC_PID_INO(task->pid, PROC_INO_DIR), DT_DIR);
		put_task_struct(task);
		if (!more)
			return 0;
		nr++;
		cond_resched();
	}
	ctx->pos = FIRST_TGID_POS + PID_MAX_LIMIT;
	return 0;
}

/* ---- task/ ---- */

static struct dentry *task_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct task_struct *leader = get_proc_task(dir), *task = NULL;
	struct dentry *found = ERR_PTR(-ENOENT);
	int nr = name_to_int(&dentry->d_name);

	if (!leader)
		return found;
	if (nr >= 0)
		task = get_task_by_nr(nr, proc_pid_ns(dir->i_sb));
	if (task && same_thread_group(leader, task))
		found = instantiate(dir->i_sb, dentry, task, PROC_INO_DIR | 2, &tid_inode_operations,
				    &tid_dir_operations, 7);
	if (task)
		put_task_struct(task);
	put_task_struct(leader);
	return found;
}

/* Threads in the order of their list, by batches; the position is how many were given. */
static int task_readdir(struct file *file, struct dir_context *ctx)
{
	struct task_struct *leader = get_proc_task(file_inode(file)), *t;
	struct pid_namespace *ns = proc_pid_ns(file_inode(file)->i_sb);
	struct {
		pid_t shown, global;
	} batch[64];
	bool full = false;

	if (!leader)
		return -ENOENT;
	if (!dir_emit_dots(file, ctx)) {
		put_task_struct(leader);
		return 0;
	}
	while (!full) {
		loff_t at = 2;
		unsigned int n = 0;
		char name[12];

		rcu_read_lock();
		for_each_thread(leader, t)
			if (at++ >= ctx->pos && n < ARRAY_SIZE(batch)) {
				batch[n].shown = task_pid_nr_ns(t, ns);
				batch[n++].global = t->pid;
			}
		rcu_read_unlock();
		if (!n)
			break;
		for (unsigned int i = 0; i < n && !full; i++) {
			int len = snprintf(name, sizeof(name), "%d", batch[i].shown);

			/* One that has just gone has no number any more. */
			full = batch[i].shown &&
			       !dir_emit(ctx, name, len,
					 PROC_PID_INO(batch[i].global, PROC_INO_DIR | 2), DT_DIR);
			if (!full)
				ctx->pos++;
		}
	}
	put_task_struct(leader);
	return 0;
}

static int task_getattr(const struct path *path, struct kstat *stat, u32 request_mask,
			unsigned int query_flags)
{
	struct task_struct *task = get_proc_task(d_inode(path->dentry));

	pid_getattr(path, stat, request_mask, query_flags);
	if (task) {
		stat->nlink += get_nr_threads(task);
		put_task_struct(task);
	}
	return 0;
}

const struct inode_operations proc_task_inode_operations = {
	.lookup = task_lookup,
	.getattr = task_getattr,
	.setattr = proc_setattr,
};

const struct file_operations proc_task_operations = {
	.llseek = generic_file_llseek,
	.read = generic_read_dir,
	.iterate_shared = task_readdir,
};
