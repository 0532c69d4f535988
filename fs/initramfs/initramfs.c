// SPDX-License-Identifier: MIT
/*
 * Unpacks the initial archive, a cpio of the format newc (or crc), into rootfs. The host has
 * decompressed it. A member is a header of hexadecimal numbers, a name and data, each padded to
 * four bytes; "TRAILER!!!" ends an archive, and another may follow behind zeros. Members that
 * share an inode number are links of one file, whose data comes with one of them.
 *
 * What cannot be made is reported once with its name and skipped; an archive that cannot be
 * read ends in a message, and the boot goes on with what there is.
 */
#include <fs/file.h>
#include <fs/kdev_t.h>
#include <fs/namei.h>
#include <fs/stat.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/printk.h>
#include <kern/sched.h>
#include <lib/hash.h>
#include <lib/list.h>
#include <lib/string.h>
#include <linux/fcntl.h>
#include <mm/page.h>
#include <mm/memblock.h>
#include <mm/slab.h>
#include <um/setup.h>

#define HEADER_SIZE 110
#define LINK_BUCKETS 32

/* The numbers of a header, in their order. */
enum { C_INO, C_MODE, C_UID, C_GID, C_NLINK, C_MTIME, C_SIZE, C_MAJOR, C_MINOR, C_RMAJOR,
       C_RMINOR, C_NAMESIZE, C_CHECK, C_FIELDS };

/* The first name of a file with several. */
struct link {
	struct hlist_node node;
	unsigned long major, minor, ino;
	umode_t type;
	char name[];
};

static struct hlist_head links[LINK_BUCKETS];

/* Eight hexadecimal digits; false when they are not. */
static bool parse_number(const char *s, unsigned long *value)
{
	unsigned long v = 0;

	for (int i = 0; i < 8; i++) {
		char c = s[i];

		v <<= 4;
		if (c >= '0' && c <= '9')
			v |= c - '0';
		else if (c >= 'a' && c <= 'f')
			v |= c - 'a' + 10;
		else if (c >= 'A' && c <= 'F')
			v |= c - 'A' + 10;
		else
			return false;
	}
	*value = v;
	return true;
}

static bool parse_header(const char *s, unsigned long field[C_FIELDS])
{
	if (memcmp(s, "070701", 6) != 0 && memcmp(s, "070702", 6) != 0)
		return false;
	for (int i = 0; i < C_FIELDS; i++)
		if (!parse_number(s + 6 + i * 8, &field[i]))
			return false;
	return true;
}

static struct hlist_head *bucket(const unsigned long *f)
{
	return &links[hash_long(f[C_INO] + f[C_MINOR] + (f[C_MAJOR] << 3), 5)];
}

/* The name that this inode has already, or NULL; then `name` is remembered as its first. */
static const char *find_link(const unsigned long *f, const char *name)
{
	struct link *link;

	hlist_for_each_entry(link, bucket(f), node)
		if (link->ino == f[C_INO] && link->major == f[C_MAJOR] &&
		    link->minor == f[C_MINOR] && link->type == (f[C_MODE] & S_IFMT))
			return link->name;
	link = kmalloc(sizeof(*link) + strlen(name) + 1, GFP_KERNEL);
	if (!link)
		return NULL;
	link->ino = f[C_INO];
	link->major = f[C_MAJOR];
	link->minor = f[C_MINOR];
	link->type = f[C_MODE] & S_IFMT;
	strcpy(link->name, name);
	hlist_add_head(&link->node, bucket(f));
	return NULL;
}

static void forget_links(void)
{
	struct hlist_node *next;
	struct link *link;

	for (int i = 0; i < LINK_BUCKETS; i++)
		hlist_for_each_entry_safe(link, next, &links[i], node) {
			hlist_del(&link->node);
			kfree(link);
		}
}

/* Whatever stands at the name and is of another type makes room. */
static void clear_name(const char *name, umode_t mode)
{
	struct kstat stat;

	if (init_stat(name, &stat, AT_SYMLINK_NOFOLLOW) || (stat.mode & S_IFMT) == (mode & S_IFMT))
		return;
	if (S_ISDIR(stat.mode))
		init_rmdir(name);
	else
		init_unlink(name);
}

static void set_owner(const char *name, const unsigned long *f)
{
	if (f[C_UID] || f[C_GID])
		init_chown(name, f[C_UID], f[C_GID], AT_SYMLINK_NOFOLLOW);
	if (!S_ISLNK(f[C_MODE]))
		init_chmod(name, f[C_MODE] & 07777);
}

static int write_file(const char *name, const char *data, const unsigned long *f, bool keep)
{
	struct file *file = filp_open(name, O_WRONLY | O_CREAT | (keep ? 0 : O_TRUNC), 0600);
	size_t left = f[C_SIZE];
	loff_t pos = 0;

	if (IS_ERR(file))
		return PTR_ERR(file);
	while (left) {
		ssize_t n = kernel_write(file, data, left, &pos);

		if (n <= 0) {
			fput(file);
			return n ? n : -EIO;
		}
		data += n;
		left -= n;
	}
	fput(file);
	return 0;
}

static int make_file(const char *name, const char *data, const unsigned long *f)
{
	const char *first = f[C_NLINK] > 1 ? find_link(f, name) : NULL;
	int err;

	if (first) {
		clear_name(name, 0);
		init_unlink(name);
		err = init_link(first, name);
		if (err || !f[C_SIZE])
			return err;
	}
	clear_name(name, f[C_MODE]);
	return write_file(name, data, f, first != NULL);
}

static int make_symlink(const char *name, const char *data, const unsigned long *f)
{
	char *target;
	int err;

	if (!f[C_SIZE] || f[C_SIZE] >= PATH_MAX_LEN)
		return -ENAMETOOLONG;
	target = kmemdup_nul(data, f[C_SIZE], GFP_KERNEL);
	if (!target)
		return -ENOMEM;
	clear_name(name, 0);
	init_unlink(name);
	err = init_symlink(target, name);
	kfree(target);
	return err;
}

static int make_member(const char *name, const char *data, const unsigned long *f)
{
	umode_t mode = f[C_MODE];
	int err;

	switch (mode & S_IFMT) {
	case S_IFREG:
		err = make_file(name, data, f);
		break;
	case S_IFDIR:
		clear_name(name, mode);
		err = init_mkdir(name, mode & 07777);
		if (err == -EEXIST)
			err = 0;
		break;
	case S_IFLNK:
		err = make_symlink(name, data, f);
		break;
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		clear_name(name, 0);
		init_unlink(name);
		err = init_mknod(name, mode, MKDEV(f[C_RMAJOR], f[C_RMINOR]));
		break;
	default:
		return -EINVAL;
	}
	if (!err)
		set_owner(name, f);
	return err;
}

static unsigned long padded(unsigned long n)
{
	return (n + 3) & ~3UL;
}

/* Unpacks all archives in [data, data + size); NULL, or what is wrong with them. */
static const char *unpack(const char *data, size_t size)
{
	unsigned long f[C_FIELDS];
	size_t at = 0;
	bool reported = false;

	while (at < size) {
		const char *name;
		size_t body;
		int err;

		if (!data[at]) {	/* zeros between and after archives */
			at++;
			continue;
		}
		if (size - at < HEADER_SIZE)
			return "it ends within a header";
		if (!parse_header(data + at, f))
			return "it is no cpio archive of the format newc";
		if (!f[C_NAMESIZE] || f[C_NAMESIZE] > PATH_MAX_LEN)
			return "a name is too long";
		if (f[C_NAMESIZE] > size - at - HEADER_SIZE)
			return "it ends within a name";
		name = data + at + HEADER_SIZE;
		if (name[f[C_NAMESIZE] - 1])
			return "a name has no end";
		body = padded(at + HEADER_SIZE + f[C_NAMESIZE]);
		if (body > size || f[C_SIZE] > size - body)
			return "it ends within a file";
		at = padded(body + f[C_SIZE]);
		if (!strcmp(name, "TRAILER!!!")) {
			forget_links();
			continue;
		}
		err = make_member(name, data + body, f);
		if (err && !reported) {
			pr_err("initramfs: cannot make %s: error %d\n", name, err);
			reported = true;
		}
		cond_resched();
	}
	return NULL;
}

static int __init populate_rootfs(void)
{
	unsigned long phys, pages;
	size_t size;
	const void *archive = um_initrd(&size);
	const char *wrong;

	if (!size)
		return 0;
	wrong = unpack(archive, size);
	forget_links();
	if (wrong)
		pr_err("initramfs: %s\n", wrong);
	um_initrd_pages(&phys, &pages);
	if (pages)
		free_reserved_range(phys, pages);
	return 0;
}
rootfs_initcall(populate_rootfs);
