/* SPDX-License-Identifier: MIT */
/* The kinds of file systems that the kernel knows, by name. */
#include <fs/seq_file.h>
#include <fs/super.h>
#include <kern/err.h>
#include <kern/rwsem.h>
#include <kern/syscalls.h>
#include <lib/list.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

static LIST_HEAD(file_systems);
static DEFINE_SPINLOCK(file_systems_lock);

/* => file_systems_lock held; a name with ".subtype" is found by what stands before the dot */
static struct file_system_type *find_filesystem(const char *name, size_t len)
{
	struct file_system_type *type;

	list_for_each_entry(type, &file_systems, fs_list)
		if (strlen(type->name) == len && !memcmp(type->name, name, len))
			return type;
	return NULL;
}

int register_filesystem(struct file_system_type *type)
{
	int error = 0;

	INIT_LIST_HEAD(&type->fs_supers);
	spin_lock(&file_systems_lock);
	if (find_filesystem(type->name, strlen(type->name)))
		error = -EBUSY;
	else
		list_add_tail(&type->fs_list, &file_systems);
	spin_unlock(&file_systems_lock);
	return error;
}

int unregister_filesystem(struct file_system_type *type)
{
	spin_lock(&file_systems_lock);
	list_del(&type->fs_list);
	spin_unlock(&file_systems_lock);
	return 0;
}

struct file_system_type *get_fs_type(const char *name)
{
	struct file_system_type *type;

	spin_lock(&file_systems_lock);
	type = find_filesystem(name, strcspn(name, "."));
	spin_unlock(&file_systems_lock);
	return type;
}

int get_filesystem_list(struct seq_file *m)
{
	struct file_system_type *type;

	spin_lock(&file_systems_lock);
	list_for_each_entry(type, &file_systems, fs_list)
		seq_printf(m, "%s\t%s\n", type->fs_flags & FS_REQUIRES_DEV ? "" : "nodev",
			   type->name);
	spin_unlock(&file_systems_lock);
	return 0;
}

static int fs_index(const char __user *uname)
{
	struct file_system_type *type;
	char *name = strndup_user(uname, 4096);
	int index = 0;
	int result = -EINVAL;

	if (IS_ERR(name))
		return PTR_ERR(name) == -EINVAL ? -ENAMETOOLONG : PTR_ERR(name);
	spin_lock(&file_systems_lock);
	list_for_each_entry(type, &file_systems, fs_list) {
		if (!strcmp(type->name, name)) {
			result = index;
			break;
		}
		index++;
	}
	spin_unlock(&file_systems_lock);
	kfree(name);
	return result;
}

static int fs_name(unsigned int index, char __user *buf)
{
	struct file_system_type *type;
	const char *name = NULL;

	spin_lock(&file_systems_lock);
	list_for_each_entry(type, &file_systems, fs_list) {
		if (!index--) {
			name = type->name;
			break;
		}
	}
	spin_unlock(&file_systems_lock);
	if (!name)
		return -EINVAL;
	return copy_to_user(buf, name, strlen(name) + 1) ? -EFAULT : 0;
}

SYSCALL_DEFINE3(sysfs, int, option, unsigned long, arg1, unsigned long, arg2)
{
	struct file_system_type *type;
	int n = 0;

	switch (option) {
	case 1:
		return fs_index((const char __user *)arg1);
	case 2:
		return fs_name(arg1, (char __user *)arg2);
	case 3:
		spin_lock(&file_systems_lock);
		list_for_each_entry(type, &file_systems, fs_list)
			n++;
		spin_unlock(&file_systems_lock);
		return n;
	}
	return -EINVAL;
}
