// SPDX-License-Identifier: MIT
/*
 * Names of unix sockets.
 *
 * Every socket is in unix_table: under the hash of its abstract name, or of its own address while
 * it has none. Those bound to a file are in path_table as well, under their inode.
 *
 * Locks: a bucket's lock guards its list; a socket that gets an abstract name moves from one
 * bucket to another with both held, lower index first. path_lock guards path_table.
 */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/fs_struct.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/namei.h>
#include <kern/err.h>
#include <kern/lsm.h>
#include <kern/init.h>
#include <kern/random.h>
#include <lib/hash.h>
#include <lib/jhash.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <linux/fcntl.h>
#include <mm/slab.h>
#include "internal.h"

#define BUCKETS (1U << UNIX_HASH_BITS)

struct unix_bucket unix_table[BUCKETS];
static DEFINE_SPINLOCK(path_lock);
static struct hlist_head path_table[BUCKETS]; /* path_lock */

/* ---- tables ---- */

static unsigned int hash_sock(const struct sock *sk)
{
	return hash_ptr(sk, UNIX_HASH_BITS);
}

static unsigned int hash_name(const struct unix_address *addr, int type)
{
	u32 hash = jhash(addr->name, addr->len, type);

	return hash & (BUCKETS - 1);
}

void unix_table_insert(struct sock *sk)
{
	unsigned int hash = hash_sock(sk);

	unix_sk(sk)->hash = hash;
	spin_lock(&unix_table[hash].lock);
	hlist_add_head(&sk->sk_node, &unix_table[hash].head);
	spin_unlock(&unix_table[hash].lock);
}

void unix_table_remove(struct sock *sk)
{
	struct unix_sock *u = unix_sk(sk);
	unsigned int hash;

	/* The bucket is fixed: nobody binds a socket whose last file is being released. */
	hash = u->hash;
	spin_lock(&unix_table[hash].lock);
	hlist_del_init(&sk->sk_node);
	spin_unlock(&unix_table[hash].lock);
	spin_lock(&path_lock);
	if (!hlist_unhashed(&u->inode_node))
		hlist_del_init(&u->inode_node);
	spin_unlock(&path_lock);
}

static void lock_buckets(unsigned int a, unsigned int b)
{
	if (a > b) {
		unsigned int t = a;

		a = b;
		b = t;
	}
	spin_lock(&unix_table[a].lock);
	if (a != b)
		spin_lock_nested(&unix_table[b].lock, 1);
}

static void unlock_buckets(unsigned int a, unsigned int b)
{
	spin_unlock(&unix_table[a].lock);
	if (a != b)
		spin_unlock(&unix_table[b].lock);
}

/* => the bucket of the name locked */
static struct sock *find_in_bucket(unsigned int hash, struct net *net,
				   const struct sockaddr_un *name, int len, int type)
{
	struct unix_sock *u;

	hlist_for_each_entry(u, &unix_table[hash].head, sk.sk_node) {
		struct sock *sk = &u->sk;

		if (u->addr && u->addr->len == len && sk->sk_type == type && sock_net(sk) == net &&
		    !memcmp(u->addr->name, name, len))
			return sk;
	}
	return NULL;
}

void unix_release_addr(struct unix_address *addr)
{
	if (refcount_dec_and_test(&addr->refcnt))
		kfree(addr);
}

static struct unix_address *new_address(const struct sockaddr_un *name, int len)
{
	struct unix_address *addr = kmalloc(sizeof(*addr) + len, GFP_KERNEL);

	if (!addr)
		return NULL;
	refcount_set(&addr->refcnt, 1);
	addr->len = len;
	memcpy(addr->name, name, len);
	return addr;
}

/* Gives sk an abstract name, unless it is taken. => bindlock held */
static int insert_abstract(struct sock *sk, struct unix_address *addr)
{
	struct unix_sock *u = unix_sk(sk);
	unsigned int old = u->hash, new = hash_name(addr, sk->sk_type);
	int error = -EADDRINUSE;

	lock_buckets(old, new);
	if (!find_in_bucket(new, sock_net(sk), addr->name, addr->len, sk->sk_type)) {
		smp_store_release(&u->addr, addr);
		hlist_del_init(&sk->sk_node);
		u->hash = new;
		hlist_add_head(&sk->sk_node, &unix_table[new].head);
		error = 0;
	}
	unlock_buckets(old, new);
	return error;
}

/* ---- binding ---- */

int unix_validate_addr(const struct sockaddr_un *addr, int len)
{
	if (len <= UNIX_ADDR_MIN || len > (int)sizeof(*addr) || addr->sun_family != AF_UNIX)
		return -EINVAL;
	return 0;
}

/* A path name gets its terminator (there is room behind every kernel copy). Length with it. */
static int terminate_path(struct sockaddr_un *addr, int len)
{
	((char *)addr)[len] = 0;
	return UNIX_ADDR_MIN + strlen(addr->sun_path) + 1;
}

/* Makes the node in the file system. The parent's path and the dentry are the caller's. */
static struct dentry *make_node(struct sock *sk, const char *name, struct path *parent)
{
	struct dentry *dentry = kern_path_create(AT_FDCWD, name, parent, 0);
	umode_t mode;
	int error;

	if (IS_ERR(dentry))
		return dentry;
	mode = S_IFSOCK | (SOCK_INODE(sk->sk_socket)->i_mode & 0777 & ~current_umask());
	error = lsm_path_make(parent, mode) ?: vfs_mknod(d_inode(parent->dentry), dentry, mode, 0);
	if (!error)
		return dentry;
	done_path_create(parent, dentry);
	return ERR_PTR(error);
}

/* What a second name comes to: an existing one is found before the first is. */
static int bind_again(const struct sockaddr_un *name)
{
	struct dentry *dentry;
	struct path parent;

	if (!name->sun_path[0])
		return -EINVAL;
	dentry = kern_path_create(AT_FDCWD, name->sun_path, &parent, 0);
	if (IS_ERR(dentry))
		return PTR_ERR(dentry) == -EEXIST ? -EADDRINUSE : PTR_ERR(dentry);
	done_path_create(&parent, dentry);
	return -EINVAL;
}

/* => bindlock held */
static int bind_path(struct sock *sk, struct sockaddr_un *name, int len)
{
	struct unix_sock *u = unix_sk(sk);
	struct unix_address *addr;
	struct dentry *dentry;
	struct path parent;

	addr = new_address(name, len);
	if (!addr)
		return -ENOMEM;
	dentry = make_node(sk, name->sun_path, &parent);
	if (IS_ERR(dentry)) {
		unix_release_addr(addr);
		return PTR_ERR(dentry) == -EEXIST ? -EADDRINUSE : PTR_ERR(dentry);
	}
	unix_state_lock(sk);
	u->path.mnt = mntget(parent.mnt);
	u->path.dentry = dget(dentry);
	unix_state_unlock(sk);
	spin_lock(&path_lock);
	hlist_add_head(&u->inode_node, &path_table[hash_ptr(d_inode(dentry), UNIX_HASH_BITS)]);
	spin_unlock(&path_lock);
	smp_store_release(&u->addr, addr);
	done_path_create(&parent, dentry);
	return 0;
}

/* => bindlock held */
static int bind_abstract(struct sock *sk, struct sockaddr_un *name, int len)
{
	struct unix_address *addr = new_address(name, len);
	int error;

	if (!addr)
		return -ENOMEM;
	error = insert_abstract(sk, addr);
	if (error)
		unix_release_addr(addr);
	return error;
}

int unix_autobind(struct sock *sk)
{
	struct unix_sock *u = unix_sk(sk);
	struct unix_address *addr;
	u32 first, n;
	int error;

	error = mutex_lock_interruptible(&u->bindlock);
	if (error)
		return error;
	if (u->addr)
		goto out;
	error = -ENOMEM;
	addr = kzalloc(sizeof(*addr) + UNIX_ADDR_MIN + 16, GFP_KERNEL);
	if (!addr)
		goto out;
	refcount_set(&addr->refcnt, 1);
	addr->name->sun_family = AF_UNIX;
	addr->len = UNIX_ADDR_MIN + 6;
	first = n = get_random_u32() & 0xfffff;
	do {
		snprintf(addr->name->sun_path + 1, 6, "%05x", n);
		error = insert_abstract(sk, addr);
		n = (n + 1) & 0xfffff;
	} while (error && n != first);
	if (error) {
		unix_release_addr(addr);
		error = -ENOSPC;
	}
out:
	mutex_unlock(&u->bindlock);
	return error;
}

int unix_autobind_for_cred(struct socket *sock)
{
	if (smp_load_acquire(&unix_sk(sock->sk)->addr) ||
	    (!test_bit(SOCK_PASSCRED, &sock->flags) && !test_bit(SOCK_PASSPIDFD, &sock->flags)))
		return 0;
	return unix_autobind(sock->sk);
}

int unix_bind(struct socket *sock, struct sockaddr *uaddr, int len)
{
	struct sockaddr_un *name = (struct sockaddr_un *)uaddr;
	struct sock *sk = sock->sk;
	struct unix_sock *u = unix_sk(sk);
	int error;

	if (len == UNIX_ADDR_MIN && name->sun_family == AF_UNIX)
		return unix_autobind(sk);
	error = unix_validate_addr(name, len);
	if (error)
		return error;
	if (name->sun_path[0])
		len = terminate_path(name, len);
	error = mutex_lock_interruptible(&u->bindlock);
	if (error)
		return error;
	if (u->addr)
		error = bind_again(name);
	else
		error = name->sun_path[0] ? bind_path(sk, name, len) : bind_abstract(sk, name, len);
	mutex_unlock(&u->bindlock);
	return error;
}

/* ---- finding ---- */

static struct sock *find_by_inode(const struct inode *inode)
{
	struct unix_sock *u;
	struct sock *found = NULL;

	spin_lock(&path_lock);
	hlist_for_each_entry(u, &path_table[hash_ptr(inode, UNIX_HASH_BITS)], inode_node) {
		/* The node goes out of the table before release lets the path go. */
		const struct dentry *dentry = READ_ONCE(u->path.dentry);

		if (dentry && d_inode(dentry) == inode) {
			found = &u->sk;
			sock_hold(found);
			break;
		}
	}
	spin_unlock(&path_lock);
	return found;
}

static struct sock *find_path(struct sockaddr_un *name, int len, int type)
{
	struct inode *inode;
	struct path path;
	struct sock *sk;
	int error;

	terminate_path(name, len);
	error = kern_path(name->sun_path, LOOKUP_FOLLOW, &path);
	if (error)
		return ERR_PTR(error);
	inode = d_inode(path.dentry);
	error = inode_permission(inode, MAY_WRITE);
	if (error)
		goto out;
	error = -ECONNREFUSED;
	if (!S_ISSOCK(inode->i_mode))
		goto out;
	sk = find_by_inode(inode);
	if (!sk)
		goto out;
	error = -EPROTOTYPE;
	if (sk->sk_type == type) {
		touch_atime(&path);
		path_put(&path);
		return sk;
	}
	sock_put(sk);
out:
	path_put(&path);
	return ERR_PTR(error);
}

static struct sock *find_abstract(struct net *net, struct sockaddr_un *name, int len, int type)
{
	unsigned int hash = jhash(name, len, type) & (BUCKETS - 1);
	struct sock *sk;

	spin_lock(&unix_table[hash].lock);
	sk = find_in_bucket(hash, net, name, len, type);
	if (sk)
		sock_hold(sk);
	spin_unlock(&unix_table[hash].lock);
	return sk ?: ERR_PTR(-ECONNREFUSED);
}

struct sock *unix_find_other(struct net *net, struct sockaddr_un *name, int len, int type)
{
	return name->sun_path[0] ? find_path(name, len, type) : find_abstract(net, name, len, type);
}

void __init unix_table_init(void)
{
	unsigned int i;

	for (i = 0; i < BUCKETS; i++)
		spin_lock_init(&unix_table[i].lock);
}
