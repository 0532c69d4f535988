/* SPDX-License-Identifier: MIT */
/*
 * Descriptor tables.
 *
 * A table grows by making a larger one and publishing it; readers under RCU see one or the other.
 * A slot is reserved by its bit in open_fds, then filled by fd_install(). Everything but the
 * lookup runs under file_lock.
 */
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/filelock.h>
#include <fs/notify.h>
#include <kern/bug.h>
#include <kern/err.h>
#include <kern/init.h>
#include <kern/rcupdate.h>
#include <kern/resource.h>
#include <kern/sched.h>
#include <lib/bitmap.h>
#include <lib/bitops.h>
#include <lib/find.h>
#include <lib/string.h>
#include <mm/slab.h>
#include "internal.h"

#define NR_OPEN_MAX (1024 * 1024)

unsigned int sysctl_nr_open = NR_OPEN_MAX;
static struct kmem_cache *files_cache;

struct files_struct init_files = {
	.count = ATOMIC_INIT(1),
	.fdt = &init_files.fdtab,
	.fdtab = {
		.max_fds = NR_OPEN_DEFAULT,
		.fd = init_files.fd_array,
		.close_on_exec = init_files.close_on_exec_init,
		.open_fds = init_files.open_fds_init,
	},
	.file_lock = __SPIN_LOCK_UNLOCKED(init_files.file_lock),
};

static struct fdtable *files_fdtable(struct files_struct *files)
{
	return rcu_dereference(files->fdt);
}

/* ---- sizes ---- */

static void free_fdtable(struct fdtable *fdt)
{
	kvfree(fdt->fd);
	kvfree(fdt->open_fds);
	kfree(fdt);
}

static void free_fdtable_rcu(struct rcu_head *head)
{
	free_fdtable(container_of(head, struct fdtable, rcu));
}

/* A table for at least `nr` entries: a power of two of them. */
static struct fdtable *alloc_fdtable(unsigned int nr)
{
	struct fdtable *fdt = kmalloc(sizeof(*fdt), GFP_KERNEL_ACCOUNT);
	unsigned int size = NR_OPEN_DEFAULT;

	while (size < nr)
		size *= 2;
	if (!fdt)
		return NULL;
	fdt->max_fds = size;
	fdt->fd = kvcalloc(size, sizeof(struct file *), GFP_KERNEL_ACCOUNT);
	fdt->open_fds = kvzalloc(2 * size / 8, GFP_KERNEL_ACCOUNT);
	if (!fdt->fd || !fdt->open_fds) {
		free_fdtable(fdt);
		return NULL;
	}
	fdt->close_on_exec = fdt->open_fds + size / BITS_PER_LONG;
	return fdt;
}

static void copy_fdtable(struct fdtable *to, const struct fdtable *from, unsigned int nr)
{
	memcpy(to->fd, from->fd, nr * sizeof(struct file *));
	memcpy(to->open_fds, from->open_fds, nr / 8);
	memcpy(to->close_on_exec, from->close_on_exec, nr / 8);
}

/*
 * Makes room for descriptor `nr`: 0, -EMFILE, -ENOMEM.
 * => file_lock held, and dropped and taken again when it grows
 */
static int expand_files(struct files_struct *files, unsigned int nr)
{
	struct fdtable *fdt = files_fdtable(files);
	struct fdtable *bigger;

	while (nr >= fdt->max_fds) {
		if (nr >= sysctl_nr_open)
			return -EMFILE;
		spin_unlock(&files->file_lock);
		bigger = alloc_fdtable(nr + 1);
		spin_lock(&files->file_lock);
		if (!bigger)
			return -ENOMEM;
		fdt = files_fdtable(files);
		if (nr < fdt->max_fds) {
			free_fdtable(bigger);
			break;
		}
		copy_fdtable(bigger, fdt, fdt->max_fds);
		rcu_assign_pointer(files->fdt, bigger);
		if (fdt != &files->fdtab)
			call_rcu(&fdt->rcu, free_fdtable_rcu);
		fdt = bigger;
	}
	return 0;
}

/* ---- slots ---- */

static void set_cloexec(struct fdtable *fdt, unsigned int fd, bool on)
{
	if (on)
		__set_bit(fd, fdt->close_on_exec);
	else
		__clear_bit(fd, fdt->close_on_exec);
}

/* => file_lock held */
static void __put_unused_fd(struct files_struct *files, unsigned int fd)
{
	__clear_bit(fd, files_fdtable(files)->open_fds);
	if (fd < files->next_fd)
		files->next_fd = fd;
}

/* Reserves the lowest free descriptor in [start, end). */
static int alloc_fd(unsigned int start, unsigned int end, unsigned int flags)
{
	struct files_struct *files = current->files;
	struct fdtable *fdt;
	unsigned int fd;
	int error;

	spin_lock(&files->file_lock);
	do {
		fdt = files_fdtable(files);
		fd = start < files->next_fd ? files->next_fd : start;
		if (fd < fdt->max_fds)
			fd = find_next_zero_bit(fdt->open_fds, fdt->max_fds, fd);
		error = -EMFILE;
		if (fd >= end)
			goto out;
		error = fd >= fdt->max_fds ? expand_files(files, fd) : 0;
		if (error)
			goto out;
		/* The lock may have been dropped: look again at the new table. */
	} while (fdt != files_fdtable(files));
	if (start <= files->next_fd)
		files->next_fd = fd + 1;
	__set_bit(fd, fdt->open_fds);
	set_cloexec(fdt, fd, flags & O_CLOEXEC);
	error = fd;
out:
	spin_unlock(&files->file_lock);
	return error;
}

int __get_unused_fd_flags(unsigned int flags, unsigned long nofile)
{
	return alloc_fd(0, nofile, flags);
}

int get_unused_fd_flags(unsigned int flags)
{
	return alloc_fd(0, rlimit(RLIMIT_NOFILE), flags);
}

void put_unused_fd(unsigned int fd)
{
	struct files_struct *files = current->files;

	spin_lock(&files->file_lock);
	__put_unused_fd(files, fd);
	spin_unlock(&files->file_lock);
}

void fd_install(unsigned int fd, struct file *file)
{
	struct files_struct *files = current->files;
	struct fdtable *fdt;

	spin_lock(&files->file_lock);
	fdt = files_fdtable(files);
	BUG_ON(fdt->fd[fd]);
	rcu_assign_pointer(fdt->fd[fd], file);
	spin_unlock(&files->file_lock);
}

/* Takes a file out of its slot, or NULL. => file_lock held */
static struct file *pick_file(struct files_struct *files, unsigned int fd)
{
	struct fdtable *fdt = files_fdtable(files);
	struct file *file;

	if (fd >= fdt->max_fds)
		return NULL;
	file = fdt->fd[fd];
	if (file) {
		rcu_assign_pointer(fdt->fd[fd], NULL);
		__clear_bit(fd, fdt->close_on_exec);
		__put_unused_fd(files, fd);
	}
	return file;
}

/* The last thing a descriptor does to its file. */
int filp_close(struct file *file, void *owner)
{
	int error = 0;

	if (file->f_op->flush)
		error = file->f_op->flush(file, owner);
	if (!(file->f_mode & FMODE_PATH)) {
		locks_remove_posix(file, owner);
		dnotify_flush(file, owner);
	}
	fput(file);
	return error;
}

int close_fd(unsigned int fd)
{
	struct files_struct *files = current->files;
	struct file *file;

	spin_lock(&files->file_lock);
	file = pick_file(files, fd);
	spin_unlock(&files->file_lock);
	return file ? filp_close(file, files) : -EBADF;
}

/* Puts a file into a given slot, closing what was there. => file_lock held, dropped */
static int do_dup2(struct files_struct *files, struct file *file, unsigned int fd,
		   unsigned int flags)
{
	struct fdtable *fdt = files_fdtable(files);
	struct file *old = fdt->fd[fd];

	/* Reserved by a call under way in another thread. */
	if (!old && test_bit(fd, fdt->open_fds)) {
		spin_unlock(&files->file_lock);
		return -EBUSY;
	}
	get_file(file);
	rcu_assign_pointer(fdt->fd[fd], file);
	__set_bit(fd, fdt->open_fds);
	set_cloexec(fdt, fd, flags & O_CLOEXEC);
	spin_unlock(&files->file_lock);
	if (old)
		filp_close(old, files);
	return fd;
}

int replace_fd(unsigned int fd, struct file *file, unsigned int flags)
{
	struct files_struct *files = current->files;
	int error;

	if (!file)
		return close_fd(fd);
	if (fd >= rlimit(RLIMIT_NOFILE))
		return -EBADF;
	spin_lock(&files->file_lock);
	error = expand_files(files, fd);
	if (error) {
		spin_unlock(&files->file_lock);
		return error;
	}
	return do_dup2(files, file, fd, flags);
}

/* dup3(2), without its argument checks. */
int dup_to(unsigned int oldfd, unsigned int newfd, unsigned int flags)
{
	struct files_struct *files = current->files;
	struct fdtable *fdt;
	int error;

	if (newfd >= rlimit(RLIMIT_NOFILE))
		return -EBADF;
	spin_lock(&files->file_lock);
	error = expand_files(files, newfd);
	fdt = files_fdtable(files);
	if (oldfd >= fdt->max_fds || !fdt->fd[oldfd])
		error = -EBADF;
	else if (error == -EMFILE)
		error = -EBADF;
	if (error) {
		spin_unlock(&files->file_lock);
		return error;
	}
	return do_dup2(files, fdt->fd[oldfd], newfd, flags);
}

/* fcntl(F_DUPFD) */
int f_dupfd(unsigned int from, struct file *file, unsigned int flags)
{
	unsigned long nofile = rlimit(RLIMIT_NOFILE);
	int fd;

	if (from >= nofile)
		return -EINVAL;
	fd = alloc_fd(from, nofile, flags);
	if (fd >= 0)
		fd_install(fd, get_file(file));
	return fd;
}

/* close_range(2) without CLOEXEC. */
void close_fds(struct files_struct *files, unsigned int fd, unsigned int max_fd)
{
	unsigned int n = 0;

	spin_lock(&files->file_lock);
	for (;; fd++) {
		struct fdtable *fdt = files_fdtable(files);
		struct file *file;

		fd = find_next_bit(fdt->open_fds, fdt->max_fds, fd);
		if (fd >= fdt->max_fds || fd > max_fd)
			break;
		file = pick_file(files, fd);
		if (!file)
			continue;
		spin_unlock(&files->file_lock);
		filp_close(file, files);
		if (!(++n % 64))
			cond_resched();
		spin_lock(&files->file_lock);
	}
	spin_unlock(&files->file_lock);
}

void cloexec_fds(struct files_struct *files, unsigned int fd, unsigned int max_fd)
{
	struct fdtable *fdt;

	spin_lock(&files->file_lock);
	fdt = files_fdtable(files);
	for (; fd < fdt->max_fds && fd <= max_fd; fd++)
		if (test_bit(fd, fdt->open_fds))
			__set_bit(fd, fdt->close_on_exec);
	spin_unlock(&files->file_lock);
}

void set_close_on_exec(unsigned int fd, bool on)
{
	struct files_struct *files = current->files;

	spin_lock(&files->file_lock);
	set_cloexec(files_fdtable(files), fd, on);
	spin_unlock(&files->file_lock);
}

bool get_close_on_exec(unsigned int fd)
{
	struct fdtable *fdt;
	bool on;

	rcu_read_lock();
	fdt = files_fdtable(current->files);
	on = fd < fdt->max_fds && test_bit(fd, fdt->close_on_exec);
	rcu_read_unlock();
	return on;
}

/* ---- tables ---- */

struct files_struct *dup_fd(struct files_struct *old, unsigned int max_fds)
{
	struct files_struct *files = kmem_cache_alloc(files_cache, GFP_KERNEL);
	struct fdtable *from, *to;
	unsigned int last, nr, i;

	if (!files)
		return ERR_PTR(-ENOMEM);
	memset(files, 0, sizeof(*files));
	atomic_set(&files->count, 1);
	spin_lock_init(&files->file_lock);
	to = &files->fdtab;
	to->max_fds = NR_OPEN_DEFAULT;
	to->fd = files->fd_array;
	to->close_on_exec = files->close_on_exec_init;
	to->open_fds = files->open_fds_init;

	spin_lock(&old->file_lock);
	for (;;) {
		from = files_fdtable(old);
		last = find_last_bit(from->open_fds, from->max_fds);
		nr = last >= from->max_fds ? 0 : last + 1;
		if (nr > max_fds)
			nr = max_fds;
		if (nr <= to->max_fds)
			break;
		spin_unlock(&old->file_lock);
		if (to != &files->fdtab)
			free_fdtable(to);
		to = alloc_fdtable(nr);
		if (!to) {
			kmem_cache_free(files_cache, files);
			return ERR_PTR(-ENOMEM);
		}
		spin_lock(&old->file_lock);
	}
	for (i = 0; i < nr; i++) {
		struct file *file = from->fd[i];

		/* A reserved slot belongs to a call of another thread: it is free in the copy. */
		if (!file)
			continue;
		to->fd[i] = get_file(file);
		__set_bit(i, to->open_fds);
		if (test_bit(i, from->close_on_exec))
			__set_bit(i, to->close_on_exec);
	}
	spin_unlock(&old->file_lock);
	rcu_assign_pointer(files->fdt, to);
	return files;
}

void put_files_struct(struct files_struct *files)
{
	struct fdtable *fdt;

	if (!atomic_dec_and_test(&files->count))
		return;
	close_fds(files, 0, ~0U);
	fdt = files_fdtable(files);
	if (fdt != &files->fdtab)
		free_fdtable(fdt);
	kmem_cache_free(files_cache, files);
}

struct files_struct *get_files_struct(struct task_struct *task)
{
	struct files_struct *files;

	spin_lock(&task->alloc_lock);
	files = task->files;
	if (files)
		atomic_inc(&files->count);
	spin_unlock(&task->alloc_lock);
	return files;
}

void exit_files(struct task_struct *task)
{
	struct files_struct *files = task->files;

	if (!files)
		return;
	spin_lock(&task->alloc_lock);
	task->files = NULL;
	spin_unlock(&task->alloc_lock);
	put_files_struct(files);
}

/* Makes the caller's table its own: descriptors from max_fds on are left out. */
int unshare_files_max(unsigned int max_fds)
{
	struct files_struct *old = current->files;
	struct files_struct *copy;

	if (atomic_read(&old->count) == 1)
		return 0;
	copy = dup_fd(old, max_fds);
	if (IS_ERR(copy))
		return PTR_ERR(copy);
	spin_lock(&current->alloc_lock);
	current->files = copy;
	spin_unlock(&current->alloc_lock);
	put_files_struct(old);
	return 0;
}

int unshare_files(void)
{
	return unshare_files_max(NR_OPEN_MAX);
}

void do_close_on_exec(struct files_struct *files)
{
	unsigned int fd = 0;

	spin_lock(&files->file_lock);
	for (;; fd++) {
		struct fdtable *fdt = files_fdtable(files);
		struct file *file;

		fd = find_next_bit(fdt->close_on_exec, fdt->max_fds, fd);
		if (fd >= fdt->max_fds)
			break;
		file = pick_file(files, fd);
		__clear_bit(fd, fdt->close_on_exec);
		if (!file)
			continue;
		spin_unlock(&files->file_lock);
		filp_close(file, files);
		spin_lock(&files->file_lock);
	}
	spin_unlock(&files->file_lock);
}

void __init fdtable_init(void)
{
	files_cache = kmem_cache_create("files_cache", sizeof(struct files_struct), 0,
					SLAB_PANIC | SLAB_ACCOUNT, NULL);
}
