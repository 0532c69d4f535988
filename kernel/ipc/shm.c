// SPDX-License-Identifier: MIT
/*
 * Shared memory segments: shmget(), shmat(), shmdt(), shmctl().
 *
 * A segment is an unnamed file in memory; attaching it is mapping that file. Its areas carry
 * the file system's operations with two of ours, which count who has it mapped: the last one
 * of a segment that was removed frees it.
 *
 * See util.c for the locking. The file's mmap and the areas' open and close run with mmap_lock
 * held, so nothing is mapped while the kind's lock is held.
 */
#include <fs/file.h>
#include <fs/proc_fs.h>
#include <fs/seq_file.h>
#include <fs/shmem.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/pid.h>
#include <kern/syscalls.h>
#include <kern/task.h>
#include <kern/timekeeping.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/mmap.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <mm/pagemap.h>
#include <mm/uaccess.h>
#include <mm/userfaultfd.h>

#include <linux/mman.h>
#include <linux/shm.h>

#include "internal.h"

#define SHM_MIN_SIZE 1
/* mode bits beside the permissions, as ipcs shows them */
#define SHM_DEST   01000
#define SHM_LOCKED 02000

struct shm_segment {
	struct ipc_object object;
	struct ipc_namespace *ns; /* i: kept by a reference while `attached` is not zero */
	struct file *file;
	size_t size;
	unsigned long charged; /* i: pages counted as committed; 0 with SHM_NORESERVE */
	unsigned long attached; /* mappings, and shmat() calls under way */
	time64_t atime, dtime, ctime;
	pid_t creator, last;
};

/* The operations of the file system, and the same with ours. */
static const struct file_operations *mem_fops;
static struct file_operations shm_fops;
static struct vm_operations_struct shm_vm_ops;

static unsigned long segment_pages(const struct shm_segment *s)
{
	return (s->size + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/* Frees a removed segment that nobody maps. => lock held */
static void put_segment(struct shm_segment *s)
{
	if (!(s->object.mode & SHM_DEST) || s->attached)
		return;
	ipc_remove(&s->ns->shm, &s->object);
	s->ns->shm_total -= segment_pages(s);
	vm_unacct_memory(s->charged);
	/* The last reference may wait for pages: it goes when the areas have gone. */
	fput(s->file);
	kfree(s);
}

static struct shm_segment *segment_of(struct file *file)
{
	return file->private_data;
}

/* One mapping more or less. The name space stays while anything of it is mapped. => lock held */
static void attach(struct shm_segment *s)
{
	if (!s->attached++)
		get_ipc_ns(s->ns);
}

static void detach(struct shm_segment *s)
{
	struct ipc_namespace *ns = s->ns;

	if (--s->attached)
		return;
	put_segment(s);
	put_ipc_ns(ns);
}

static void shm_vm_open(struct vm_area_struct *vma)
{
	struct shm_segment *s = segment_of(vma->vm_file);

	mutex_lock(&s->ns->shm.lock);
	attach(s);
	s->atime = ktime_get_real_seconds();
	s->last = task_tgid_vnr(current);
	mutex_unlock(&s->ns->shm.lock);
}

static void shm_vm_close(struct vm_area_struct *vma)
{
	struct shm_segment *s = segment_of(vma->vm_file);
	/* The name space may go with its last mapping: not before the lock is free again. */
	struct ipc_namespace *ns = get_ipc_ns(s->ns);

	mutex_lock(&ns->shm.lock);
	s->dtime = ktime_get_real_seconds();
	s->last = task_tgid_vnr(current);
	detach(s);
	mutex_unlock(&ns->shm.lock);
	put_ipc_ns(ns);
}

static int shm_mmap(struct file *file, struct vm_area_struct *vma)
{
	int error = mem_fops->mmap(file, vma);

	if (error)
		return error;
	/* The same for all segments: filled in by the first. */
	if (!shm_vm_ops.open) {
		struct vm_operations_struct ops = *vma->vm_ops;

		ops.open = shm_vm_open;
		ops.close = shm_vm_close;
		shm_vm_ops = ops;
	}
	vma->vm_ops = &shm_vm_ops;
	shm_vm_open(vma);
	return 0;
}

static void take_over_file(struct file *file)
{
	static DEFINE_MUTEX(fops_lock);

	mutex_lock(&fops_lock);
	if (!mem_fops) {
		shm_fops = *file->f_op;
		shm_fops.mmap = shm_mmap;
		mem_fops = file->f_op;
	}
	mutex_unlock(&fops_lock);
	file->f_op = &shm_fops;
}

void shm_free_object(struct ipc_namespace *ns, struct ipc_object *object)
{
	object->mode |= SHM_DEST;
	put_segment(container_of(object, struct shm_segment, object));
}

static int check_segment(struct ipc_object *object, long size)
{
	return (size_t)size > container_of(object, struct shm_segment, object)->size ? -EINVAL : 0;
}

static int make_segment(struct ipc_namespace *ns, __kernel_key_t key, int flags, long size)
{
	size_t pages = ((size_t)size + PAGE_SIZE - 1) >> PAGE_SHIFT;
	struct shm_segment *s;
	char name[16];
	int id;

	if (size < SHM_MIN_SIZE || (size_t)size > READ_ONCE(ns->shm_max))
		return -EINVAL;
	if (ns->shm_total + pages > READ_ONCE(ns->shm_all))
		return -ENOSPC;
	if (flags & SHM_HUGETLB)
		return -ENOSYS;
	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		return -ENOMEM;
	s->ns = ns;
	s->size = size;
	s->creator = task_tgid_vnr(current);
	s->ctime = ktime_get_real_seconds();
	snprintf(name, sizeof(name), "SYSV%08x", key);
	s->file = shmem_file_setup(name, size, flags & SHM_NORESERVE ? VM_NORESERVE : 0);
	if (IS_ERR(s->file)) {
		id = PTR_ERR(s->file);
		goto free;
	}
	if (!(flags & SHM_NORESERVE)) {
		id = security_vm_enough_memory_mm(current->mm, pages);
		if (id)
			goto put;
		s->charged = pages;
	}
	take_over_file(s->file);
	s->file->private_data = s;
	id = ipc_add(&ns->shm, &s->object, key, flags);
	if (id < 0)
		goto uncharge;
	ns->shm_total += pages;
	return id;
uncharge:
	vm_unacct_memory(s->charged);
put:
	fput(s->file);
free:
	kfree(s);
	return id;
}

SYSCALL_DEFINE3(shmget, __kernel_key_t, key, size_t, size, int, flags)
{
	struct ipc_namespace *ns = current_ipc_ns();

	return ipc_get(ns, &ns->shm, key, flags, size, check_segment, make_segment);
}

static struct shm_segment *find_segment(int id)
{
	struct ipc_object *object = ipc_find(&current_ipc_ns()->shm, id);

	return IS_ERR(object) ? ERR_CAST(object) : container_of(object, struct shm_segment, object);
}

static unsigned long map_segment(struct shm_segment *s, unsigned long addr, int flags)
{
	unsigned long prot = PROT_READ | (flags & SHM_RDONLY ? 0 : PROT_WRITE) |
			     (flags & SHM_EXEC ? PROT_EXEC : 0);
	unsigned long mflags = MAP_SHARED;

	if (addr)
		mflags |= flags & SHM_REMAP ? MAP_FIXED : MAP_FIXED_NOREPLACE;
	addr = vm_mmap(s->file, addr, segment_pages(s) << PAGE_SHIFT, prot, mflags, 0);
	/* Something is there already. */
	return addr == (unsigned long)-EEXIST ? (unsigned long)-EINVAL : addr;
}

SYSCALL_DEFINE3(shmat, int, id, char __user *, shmaddr, int, flags)
{
	unsigned long addr = (unsigned long)shmaddr, ret;
	struct ipc_namespace *ns = current_ipc_ns();
	struct shm_segment *s;
	int error;

	if (id < 0)
		return -EINVAL;
	if (addr & (PAGE_SIZE - 1)) {
		if (!(flags & SHM_RND))
			return -EINVAL;
		addr &= PAGE_MASK;
	}
	if (!addr && (flags & SHM_REMAP))
		return -EINVAL;
	mutex_lock(&ns->shm.lock);
	s = find_segment(id);
	error = IS_ERR(s) ? PTR_ERR(s) :
			    ipc_permitted(&s->object, (flags & SHM_RDONLY ? 0444 : 0666) |
							      (flags & SHM_EXEC ? 0111 : 0));
	if (!error)
		attach(s);
	mutex_unlock(&ns->shm.lock);
	if (error)
		return error;

	ret = map_segment(s, addr, flags);

	mutex_lock(&ns->shm.lock);
	detach(s);
	mutex_unlock(&ns->shm.lock);
	return ret;
}

/* Is the area part of the attachment that begins at addr? */
static bool belongs_to(const struct vm_area_struct *vma, unsigned long addr)
{
	return vma->vm_ops == &shm_vm_ops && vma->vm_start - addr == vma->vm_pgoff << PAGE_SHIFT;
}

SYSCALL_DEFINE1(shmdt, char __user *, shmaddr)
{
	unsigned long addr = (unsigned long)shmaddr;
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma, *next;
	struct file *file = NULL;
	int ret = -EINVAL;

	if (addr & (PAGE_SIZE - 1))
		return -EINVAL;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	/* mprotect() and munmap() may have cut it into pieces. */
	for (vma = find_vma(mm, addr); vma; vma = next) {
		next = vma->vm_next;
		if (!belongs_to(vma, addr) || (file && vma->vm_file != file)) {
			if (!file)
				break;
			continue;
		}
		if (!file)
			file = get_file(vma->vm_file);
		do_munmap(mm, vma->vm_start, vma->vm_end - vma->vm_start);
		ret = 0;
	}
	userfaultfd_unlock_and_tell(mm);
	if (file)
		fput(file);
	return ret;
}

static void fill_stat(struct shmid64_ds *out, struct shm_segment *s)
{
	memset(out, 0, sizeof(*out));
	ipc_fill_perm(&out->shm_perm, &s->object);
	out->shm_segsz = s->size;
	out->shm_atime = s->atime;
	out->shm_dtime = s->dtime;
	out->shm_ctime = s->ctime;
	out->shm_cpid = s->creator;
	out->shm_lpid = s->last;
	out->shm_nattch = s->attached;
}

static long stat_segment(int id, int cmd, struct shmid64_ds *out)
{
	struct ipc_object *object = cmd == IPC_STAT ? ipc_find(&current_ipc_ns()->shm, id) :
						      ipc_at_index(&current_ipc_ns()->shm, id);
	int error;

	if (IS_ERR(object))
		return PTR_ERR(object);
	error = cmd == SHM_STAT_ANY ? 0 : ipc_permitted(object, 0444);
	if (error)
		return error;
	fill_stat(out, container_of(object, struct shm_segment, object));
	return cmd == IPC_STAT ? 0 : object->id;
}

/* IPC_SET, IPC_RMID, SHM_LOCK, SHM_UNLOCK. */
static long change_segment(int id, int cmd, const struct shmid64_ds *in)
{
	struct shm_segment *s = find_segment(id);
	int error;

	if (IS_ERR(s))
		return PTR_ERR(s);
	error = ipc_may_control(&s->object);
	if (error)
		return error;
	switch (cmd) {
	case IPC_SET:
		error = ipc_set_perm(&s->object, &in->shm_perm);
		s->ctime = ktime_get_real_seconds();
		return error;
	case SHM_LOCK:
		set_bit(AS_NO_RECLAIM, &s->file->f_mapping->flags);
		s->object.mode |= SHM_LOCKED;
		return 0;
	case SHM_UNLOCK:
		clear_bit(AS_NO_RECLAIM, &s->file->f_mapping->flags);
		s->object.mode &= ~SHM_LOCKED;
		return 0;
	default:
		s->object.mode |= SHM_DEST;
		s->object.key = IPC_PRIVATE;
		put_segment(s);
		return 0;
	}
}

static void count_segments(struct ipc_namespace *ns, struct shm_info *info)
{
	struct ipc_object *object;
	int index;

	memset(info, 0, sizeof(*info));
	info->used_ids = ns->shm.count;
	idr_for_each_entry(&ns->shm.objects, object, index) {
		struct shm_segment *s = container_of(object, struct shm_segment, object);

		info->shm_tot += segment_pages(s);
		info->shm_rss += s->file->f_mapping->nrpages;
		info->shm_swp += s->file->f_mapping->nrswapped;
	}
}

static long shm_limits(int cmd, void __user *buf)
{
	struct ipc_namespace *ns = current_ipc_ns();
	struct shminfo64 limits = { .shmmax = ns->shm_max,
				    .shmmin = SHM_MIN_SIZE,
				    .shmmni = ns->shm.limit,
				    .shmseg = ns->shm.limit,
				    .shmall = ns->shm_all };
	struct shm_info info;
	long highest;

	mutex_lock(&ns->shm.lock);
	count_segments(ns, &info);
	highest = ipc_highest_index(&ns->shm);
	mutex_unlock(&ns->shm.lock);
	if (cmd == IPC_INFO)
		return copy_to_user(buf, &limits, sizeof(limits)) ? -EFAULT : highest;
	return copy_to_user(buf, &info, sizeof(info)) ? -EFAULT : highest;
}

SYSCALL_DEFINE3(shmctl, int, id, int, cmd, struct shmid_ds __user *, buf)
{
	struct ipc_namespace *ns = current_ipc_ns();
	struct shmid64_ds ds;
	bool stat;
	long ret;

	cmd &= ~IPC_64;
	if (cmd < 0 || id < 0)
		return -EINVAL;
	if (cmd == IPC_INFO || cmd == SHM_INFO)
		return shm_limits(cmd, buf);
	stat = cmd == IPC_STAT || cmd == SHM_STAT || cmd == SHM_STAT_ANY;
	if (!stat && cmd != IPC_SET && cmd != IPC_RMID && cmd != SHM_LOCK && cmd != SHM_UNLOCK)
		return -EINVAL;
	if (cmd == IPC_SET && copy_from_user(&ds, buf, sizeof(ds)))
		return -EFAULT;
	mutex_lock(&ns->shm.lock);
	ret = stat ? stat_segment(id, cmd, &ds) : change_segment(id, cmd, &ds);
	mutex_unlock(&ns->shm.lock);
	if (ret >= 0 && stat && copy_to_user(buf, &ds, sizeof(ds)))
		return -EFAULT;
	return ret;
}

static int show_segments(struct seq_file *m, void *unused)
{
	struct ipc_namespace *ns = current_ipc_ns();
	struct ipc_object *object;
	int index;

	seq_puts(
		m,
		"       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n");
	mutex_lock(&ns->shm.lock);
	idr_for_each_entry(&ns->shm.objects, object, index) {
		struct shm_segment *s = container_of(object, struct shm_segment, object);
		struct ipc64_perm perm;

		ipc_fill_perm(&perm, object);
		seq_printf(
			m,
			"%10d %10d  %4o %21zu %5d %5d  %5lu %5u %5u %5u %5u %10lld %10lld %10lld %21lu %21lu\n",
			object->key, object->id, object->mode, s->size, s->creator, s->last,
			s->attached, perm.uid, perm.gid, perm.cuid, perm.cgid, (long long)s->atime,
			(long long)s->dtime, (long long)s->ctime,
			s->file->f_mapping->nrpages << PAGE_SHIFT,
			s->file->f_mapping->nrswapped << PAGE_SHIFT);
	}
	mutex_unlock(&ns->shm.lock);
	return 0;
}

static int __init shm_init(void)
{
	proc_create_single("sysvipc/shm", 0444, NULL, show_segments);
	return 0;
}
fs_initcall(shm_init);
