// SPDX-License-Identifier: MIT
/*
 * epoll(7): a set of files, and a list of those that became ready.
 *
 * Each watched file is an item in the set's tree (by file and descriptor). An item hangs an
 * entry on each wait queue of its file; the entry's wake function puts the item on the ready
 * list and wakes who waits for the set. epoll_wait() (epoll_wait.c) takes items from the list and
 * asks each file again, since the list only says that something may have changed. A level-triggered
 * item that is still ready goes back to the end of the list, so cost follows ready files, not
 * watched ones: O(log n) to change the set, O(1) to become ready.
 *
 * Locks, outermost first:
 *   nesting_mutex    one at a time, when a set is added to a set
 *   ep->mtx          the tree, the items, the scan
 *   file->f_lock     the list of items that watch a file
 *   queue lock       of the watched file (calls the wake function)
 *   ep->lock         the ready list; interrupts off
 *
 * Races. A watched file is closed while its item lives: items hold no reference, so the last
 * fput() calls eventpoll_release_file(), which removes them under ep->mtx. The set is closed at
 * the same time: both sides look under file->f_lock, and the set's count keeps it alive.
 */
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/poll.h>
#include <fs/seq_file.h>
#include <fs/super.h>
#include <kern/kernel.h>
#include <kern/mutex.h>
#include <kern/rcupdate.h>
#include <kern/refcount.h>
#include <kern/syscalls.h>
#include <lib/list.h>
#include <lib/rbtree.h>
#include <linux/eventpoll.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include "epoll_set.h"
#include "eventpoll.h"

#define EP_EXCLUSIVE_OK (EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE)
/* How deep sets may stand in sets. */
#define EP_MAX_NESTS 4

/* An item on one wait queue. */
struct ep_queue_entry {
	struct list_head link;
	wait_queue_entry_t wait;
	wait_queue_head_t *queue;
	struct epitem *item;
};

struct ep_poll_table {
	poll_table pt;
	struct epitem *item;
	int error;
};

static DEFINE_MUTEX(nesting_mutex);
static const struct file_operations eventpoll_fops;

static void ep_put(struct eventpoll *ep)
{
	if (refcount_dec_and_test(&ep->refs))
		kfree(ep);
}

static int compare(const struct epitem *item, const struct file *file, int fd)
{
	if (item->file != file)
		return item->file > file ? -1 : 1;
	return fd - item->fd;
}

static struct epitem *ep_find(struct eventpoll *ep, const struct file *file, int fd)
{
	struct rb_node *node = ep->items.rb_node;

	while (node) {
		struct epitem *item = rb_entry(node, struct epitem, node);
		int order = compare(item, file, fd);

		if (!order)
			return item;
		node = order < 0 ? node->rb_left : node->rb_right;
	}
	return NULL;
}

static void ep_tree_insert(struct eventpoll *ep, struct epitem *new)
{
	struct rb_node **at = &ep->items.rb_node, *parent = NULL;

	while (*at) {
		parent = *at;
		at = compare(rb_entry(parent, struct epitem, node), new->file, new->fd) < 0 ?
			&parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&new->node, parent, at);
	rb_insert_color(&new->node, &ep->items);
}

/* Puts the item on the ready list and wakes waiters. => any context */
static void ep_make_ready(struct eventpoll *ep, struct epitem *item)
{
	unsigned long flags;

	spin_lock_irqsave(&ep->lock, flags);
	if (list_empty(&item->ready_link))
		list_add_tail(&item->ready_link, &ep->ready);
	spin_unlock_irqrestore(&ep->lock, flags);
	if (wq_has_sleeper(&ep->waiters))
		wake_up(&ep->waiters);
	if (wq_has_sleeper(&ep->pollers))
		wake_up_poll(&ep->pollers, EPOLLIN);
}

/* => the watched queue's lock held, interrupts off */
static int ep_wake(wait_queue_entry_t *wait, unsigned int mode, int flags, void *key)
{
	struct ep_queue_entry *entry = container_of(wait, struct ep_queue_entry, wait);
	struct epitem *item = entry->item;
	__poll_t wanted = READ_ONCE(item->event.events), happened = key_to_poll(key);

	/* A queue that goes away (its owner calls wake_up_pollfree) takes its entry along. */
	if (happened & POLLFREE) {
		list_del_init(&wait->entry);
		smp_store_release(&entry->queue, NULL);
	}
	if (!(wanted & ~EP_PRIVATE_BITS))
		return 0;
	if (happened && !(happened & wanted))
		return 0;
	ep_make_ready(item->ep, item);
	if (!(wanted & EPOLLEXCLUSIVE))
		return 1;
	return waitqueue_active(&item->ep->waiters) ? 1 : 0;
}

static void ep_queue(struct file *file, wait_queue_head_t *queue, poll_table *pt)
{
	struct ep_poll_table *table = container_of(pt, struct ep_poll_table, pt);
	struct ep_queue_entry *entry = kmalloc(sizeof(*entry), GFP_KERNEL_ACCOUNT);

	if (!entry) {
		table->error = -ENOMEM;
		return;
	}
	init_waitqueue_func_entry(&entry->wait, ep_wake);
	entry->queue = queue;
	entry->item = table->item;
	list_add_tail(&entry->link, &table->item->queues);
	if (table->item->event.events & EPOLLEXCLUSIVE)
		add_wait_queue_exclusive(queue, &entry->wait);
	else
		add_wait_queue(queue, &entry->wait);
}

static void ep_drop_queues(struct epitem *item)
{
	while (!list_empty(&item->queues)) {
		struct ep_queue_entry *entry =
			list_first_entry(&item->queues, struct ep_queue_entry, link);
		wait_queue_head_t *queue;

		/* A queue that goes away clears the field first and lives on for a grace period. */
		rcu_read_lock();
		queue = smp_load_acquire(&entry->queue);
		if (queue)
			remove_wait_queue(queue, &entry->wait);
		rcu_read_unlock();
		list_del(&entry->link);
		kfree(entry);
	}
}

/* Takes the item out of everything and frees it. => ep->mtx held */
static void ep_remove(struct eventpoll *ep, struct epitem *item)
{
	ep_drop_queues(item);
	spin_lock(&item->file->f_lock);
	hlist_del_init(&item->file_link);
	spin_unlock(&item->file->f_lock);
	rb_erase(&item->node, &ep->items);
	ep->nr_items--;
	spin_lock_irq(&ep->lock);
	list_del_init(&item->ready_link);
	spin_unlock_irq(&ep->lock);
	kfree(item);
}

static int ep_insert(struct eventpoll *ep, const struct epoll_event *event, struct file *file, int fd)
{
	struct epitem *item = kzalloc(sizeof(*item), GFP_KERNEL_ACCOUNT);
	struct ep_poll_table table;

	if (!item)
		return -ENOMEM;
	INIT_LIST_HEAD(&item->ready_link);
	INIT_LIST_HEAD(&item->queues);
	item->ep = ep;
	item->file = file;
	item->fd = fd;
	item->event = *event;
	ep_tree_insert(ep, item);
	ep->nr_items++;
	spin_lock(&file->f_lock);
	hlist_add_head(&item->file_link, &file->f_ep);
	spin_unlock(&file->f_lock);

	table.item = item;
	table.error = 0;
	init_poll_funcptr(&table.pt, ep_queue);
	if (ep_item_poll(item, &table.pt))
		ep_make_ready(ep, item);
	if (table.error)
		ep_remove(ep, item);
	return table.error;
}

static int ep_modify(struct eventpoll *ep, struct epitem *item, const struct epoll_event *event)
{
	poll_table pt;

	init_poll_funcptr(&pt, NULL);
	item->event.data = event->data;
	WRITE_ONCE(item->event.events, event->events);
	/* The wake function must see the new mask before the file is asked. */
	smp_mb();
	if (ep_item_poll(item, &pt))
		ep_make_ready(ep, item);
	return 0;
}

bool is_eventpoll(const struct file *file)
{
	return file->f_op == &eventpoll_fops;
}

/* How deep sets stand below `ep`, or -ELOOP when `target` is among them. => nesting_mutex held */
static int ep_depth(struct eventpoll *ep, const struct eventpoll *target, int level)
{
	struct rb_node *node;
	int deepest = 0;

	if (ep == target || level > EP_MAX_NESTS)
		return -ELOOP;
	mutex_lock_nested(&ep->mtx, level + 1);
	for (node = rb_first(&ep->items); node; node = rb_next(node)) {
		struct epitem *item = rb_entry(node, struct epitem, node);
		int depth;

		if (!is_eventpoll(item->file))
			continue;
		depth = ep_depth(item->file->private_data, target, level + 1);
		if (depth < 0) {
			deepest = depth;
			break;
		}
		deepest = max(deepest, depth + 1);
	}
	mutex_unlock(&ep->mtx);
	return deepest;
}

static int ep_check_nesting(struct file *epfile, struct file *file)
{
	int depth = ep_depth(file->private_data, epfile->private_data, 0);

	return depth < 0 ? depth : depth >= EP_MAX_NESTS ? -ELOOP : 0;
}

static int ep_change(struct file *epfile, int op, int fd, struct file *file, struct epoll_event *event)
{
	struct eventpoll *ep = epfile->private_data;
	struct epitem *item;
	int error = -EINVAL;

	mutex_lock(&ep->mtx);
	item = ep_find(ep, file, fd);
	switch (op) {
	case EPOLL_CTL_ADD:
		event->events |= EPOLLERR | EPOLLHUP;
		error = item ? -EEXIST : ep_insert(ep, event, file, fd);
		break;
	case EPOLL_CTL_DEL:
		error = item ? 0 : -ENOENT;
		if (item)
			ep_remove(ep, item);
		break;
	case EPOLL_CTL_MOD:
		error = -ENOENT;
		if (item && item->event.events & EPOLLEXCLUSIVE) {
			error = -EINVAL;
		} else if (item) {
			event->events |= EPOLLERR | EPOLLHUP;
			error = ep_modify(ep, item, event);
		}
		break;
	}
	mutex_unlock(&ep->mtx);
	return error;
}

static int check_exclusive(int op, const struct epoll_event *event, const struct file *file)
{
	if (!(event->events & EPOLLEXCLUSIVE) || op == EPOLL_CTL_DEL)
		return 0;
	if (op == EPOLL_CTL_MOD)
		return -EINVAL;
	return is_eventpoll(file) || (event->events & ~EP_EXCLUSIVE_OK) ? -EINVAL : 0;
}

SYSCALL_DEFINE4(epoll_ctl, int, epfd, int, op, int, fd, struct epoll_event __user *, uevent)
{
	struct epoll_event event = { 0 };
	struct fd epf, f;
	bool nested;
	int error;

	if (op != EPOLL_CTL_DEL && copy_from_user(&event, uevent, sizeof(event)))
		return -EFAULT;
	epf = fdget(epfd);
	if (!epf.file)
		return -EBADF;
	f = fdget(fd);
	error = -EBADF;
	if (!f.file)
		goto out_ep;
	error = -EPERM;
	if (!f.file->f_op->poll)
		goto out;
	/* No power management: EPOLLWAKEUP is taken and has no effect, as without CAP_BLOCK_SUSPEND. */
	event.events &= ~EPOLLWAKEUP;
	error = -EINVAL;
	if (!is_eventpoll(epf.file) || epf.file == f.file)
		goto out;
	error = check_exclusive(op, &event, f.file);
	if (error)
		goto out;
	nested = op == EPOLL_CTL_ADD && is_eventpoll(f.file);
	if (nested) {
		mutex_lock(&nesting_mutex);
		error = ep_check_nesting(epf.file, f.file);
	}
	if (!error)
		error = ep_change(epf.file, op, fd, f.file, &event);
	if (nested)
		mutex_unlock(&nesting_mutex);
out:
	fdput(f);
out_ep:
	fdput(epf);
	return error;
}

/*
 * A set is ready when an item is: level changes are found by asking the files. `depth` counts the
 * sets whose mutex is held around this one's.
 */
static __poll_t ep_ask_items(struct eventpoll *ep, int depth)
{
	struct epitem *item;
	__poll_t ready = 0;
	poll_table ask;

	init_poll_funcptr(&ask, NULL);
	mutex_lock_nested(&ep->mtx, depth);
	spin_lock_irq(&ep->lock);
	/* Items leave the list under ep->mtx alone, so the walk may drop the lock. */
	list_for_each_entry(item, &ep->ready, ready_link) {
		__poll_t events;

		spin_unlock_irq(&ep->lock);
		if (is_eventpoll(item->file))
			events = ep_ask_items(item->file->private_data, depth + 1) &
				 item->event.events;
		else
			events = ep_item_poll(item, &ask);
		if (events)
			ready = EPOLLIN | EPOLLRDNORM;
		spin_lock_irq(&ep->lock);
		if (ready)
			break;
	}
	spin_unlock_irq(&ep->lock);
	mutex_unlock(&ep->mtx);
	return ready;
}

static __poll_t eventpoll_poll(struct file *file, poll_table *pt)
{
	struct eventpoll *ep = file->private_data;

	poll_wait(file, &ep->pollers, pt);
	return ep_ask_items(ep, 1);
}

static int eventpoll_close(struct inode *inode, struct file *file)
{
	struct eventpoll *ep = file->private_data;
	struct rb_node *node;

	mutex_lock(&ep->mtx);
	ep->dead = true;
	while ((node = rb_first(&ep->items)) != NULL)
		ep_remove(ep, rb_entry(node, struct epitem, node));
	mutex_unlock(&ep->mtx);
	ep_put(ep);
	return 0;
}

/*
 * The file's count is zero: nobody adds items any more. One item at a time, because its set's
 * mutex comes before f_lock; the set is kept by a reference while the locks change.
 */
void eventpoll_release_file(struct file *file)
{
	for (;;) {
		struct eventpoll *ep = NULL;
		struct epitem *item = NULL;

		spin_lock(&file->f_lock);
		if (!hlist_empty(&file->f_ep)) {
			item = hlist_entry(file->f_ep.first, struct epitem, file_link);
			ep = item->ep;
			refcount_inc(&ep->refs);
		}
		spin_unlock(&file->f_lock);
		if (!ep)
			return;
		mutex_lock(&ep->mtx);
		spin_lock(&file->f_lock);
		item = NULL;
		if (!hlist_empty(&file->f_ep))
			item = hlist_entry(file->f_ep.first, struct epitem, file_link);
		spin_unlock(&file->f_lock);
		if (item && item->ep == ep)
			ep_remove(ep, item);
		mutex_unlock(&ep->mtx);
		ep_put(ep);
	}
}

static void eventpoll_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct eventpoll *ep = file->private_data;
	struct rb_node *node;

	mutex_lock(&ep->mtx);
	for (node = rb_first(&ep->items); node; node = rb_next(node)) {
		struct epitem *item = rb_entry(node, struct epitem, node);

		seq_printf(m, "tfd: %8d events: %8x data: %16llx  pos:%lli ino:%lx sdev:%x\n",
			   item->fd, item->event.events, (unsigned long long)item->event.data,
			   item->file->f_pos, item->file->f_inode->i_ino,
			   item->file->f_inode->i_sb->s_dev);
	}
	mutex_unlock(&ep->mtx);
}

static const struct file_operations eventpoll_fops = {
	.poll = eventpoll_poll,
	.release = eventpoll_close,
	.llseek = noop_llseek,
	.show_fdinfo = eventpoll_show_fdinfo,
};

const struct file *epoll_watched_file(struct file *set, int fd, unsigned long nth)
{
	const struct file *found = ERR_PTR(-ENOENT);
	struct eventpoll *ep = set->private_data;
	struct rb_node *node;

	if (set->f_op != &eventpoll_fops)
		return ERR_PTR(-EINVAL);
	mutex_lock(&ep->mtx);
	for (node = rb_first(&ep->items); node; node = rb_next(node)) {
		struct epitem *item = rb_entry(node, struct epitem, node);

		if (item->fd == fd && !nth--) {
			found = item->file;
			break;
		}
	}
	mutex_unlock(&ep->mtx);
	return found;
}

static int do_epoll_create(int flags)
{
	struct eventpoll *ep;
	int fd;

	if (flags & ~EPOLL_CLOEXEC)
		return -EINVAL;
	ep = kzalloc(sizeof(*ep), GFP_KERNEL);
	if (!ep)
		return -ENOMEM;
	mutex_init(&ep->mtx);
	spin_lock_init(&ep->lock);
	init_waitqueue_head(&ep->waiters);
	init_waitqueue_head(&ep->pollers);
	INIT_LIST_HEAD(&ep->ready);
	ep->items = RB_ROOT;
	refcount_set(&ep->refs, 1);
	fd = anon_inode_getfd("[eventpoll]", &eventpoll_fops, ep, O_RDWR | (flags & O_CLOEXEC));
	if (fd < 0)
		kfree(ep);
	return fd;
}

SYSCALL_DEFINE1(epoll_create1, int, flags)
{
	return do_epoll_create(flags);
}

SYSCALL_DEFINE1(epoll_create, int, size)
{
	return size <= 0 ? -EINVAL : do_epoll_create(0);
}
