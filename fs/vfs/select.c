// SPDX-License-Identifier: MIT
/* select(2) and pselect6(2), after POSIX and the manual page select(2). */
#include <fs/fdtable.h>
#include <fs/file.h>
#include <kern/kernel.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/time_user.h>
#include <lib/bitops.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include "poll_queues.h"

#define POLLIN_SET (EPOLLRDNORM | EPOLLRDBAND | EPOLLIN | EPOLLHUP | EPOLLERR)
#define POLLOUT_SET (EPOLLWRBAND | EPOLLWRNORM | EPOLLOUT | EPOLLERR)
#define POLLEX_SET EPOLLPRI

/* Six sets of `words` words each: what is asked, and the answer. */
struct select_sets {
	unsigned int n;			/* descriptors 0..n-1 */
	unsigned int words;
	unsigned long *in, *out, *ex;
	unsigned long *res_in, *res_out, *res_ex;
};

#define ON_STACK_WORDS 4

static __poll_t select_one(int fd, bool in, bool out, bool ex, poll_table *pt, bool *bad)
{
	struct fd f = fdget(fd);
	__poll_t mask;

	if (!f.file) {
		*bad = true;
		return 0;
	}
	pt->_key = POLLEX_SET | (in ? POLLIN_SET : 0) | (out ? POLLOUT_SET : 0);
	mask = vfs_poll(f.file, pt);
	fdput(f);
	return mask;
}

/* One scan of all sets: bits set in the answers, or -EBADF. */
static int select_scan(struct select_sets *s, poll_table *pt)
{
	int count = 0;

	for (unsigned int fd = 0; fd < s->n; fd++) {
		unsigned int w = fd / BITS_PER_LONG;
		unsigned long bit = 1UL << (fd % BITS_PER_LONG);
		bool in = s->in[w] & bit, out = s->out[w] & bit, ex = s->ex[w] & bit;
		bool bad = false;
		__poll_t mask;

		if (!(s->in[w] | s->out[w] | s->ex[w])) {
			fd = w * BITS_PER_LONG + BITS_PER_LONG - 1;
			continue;
		}
		if (!in && !out && !ex)
			continue;
		mask = select_one(fd, in, out, ex, pt, &bad);
		if (bad)
			return -EBADF;
		if (in && (mask & POLLIN_SET)) {
			s->res_in[w] |= bit;
			count++;
		}
		if (out && (mask & POLLOUT_SET)) {
			s->res_out[w] |= bit;
			count++;
		}
		if (ex && (mask & POLLEX_SET)) {
			s->res_ex[w] |= bit;
			count++;
		}
		if (count)
			pt->_qproc = NULL;
		cond_resched();
	}
	return count;
}

static int select_loop(struct select_sets *s, const struct timespec64 *end)
{
	bool timed_out = end && !end->tv_sec && !end->tv_nsec;
	ktime_t expires = end ? timespec64_to_ktime(*end) : 0;
	u64 slack = end && !timed_out ? poll_slack(end) : 0;
	struct poll_queues pq;
	int count;

	poll_queues_init(&pq);
	if (timed_out)
		pq.pt._qproc = NULL;
	for (;;) {
		count = select_scan(s, &pq.pt);
		pq.pt._qproc = NULL;
		if (count || timed_out)
			break;
		count = pq.error;
		if (!count && signal_pending(current))
			count = -ERESTARTNOHAND;
		if (count)
			break;
		timed_out = !poll_queues_sleep(&pq, end ? &expires : NULL, slack);
	}
	poll_queues_free(&pq);
	return count;
}

static unsigned int highest_open_bound(void)
{
	unsigned int max;

	rcu_read_lock();
	max = rcu_dereference(current->files->fdt)->max_fds;
	rcu_read_unlock();
	return max;
}

/* User sets are arrays of longs; n descriptors need whole words. */
static int get_set(unsigned long *set, const void __user *uset, unsigned int n, unsigned int words)
{
	if (!uset) {
		memset(set, 0, words * sizeof(long));
		return 0;
	}
	if (copy_from_user(set, uset, words * sizeof(long)))
		return -EFAULT;
	if (n % BITS_PER_LONG)
		set[words - 1] &= (1UL << (n % BITS_PER_LONG)) - 1;
	return 0;
}

static int put_set(void __user *uset, const unsigned long *set, unsigned int words)
{
	return uset && copy_to_user(uset, set, words * sizeof(long)) ? -EFAULT : 0;
}

/* Number of ready bits, or a negative errno; the sets are written back on success. */
static int core_sys_select(int n, void __user *inp, void __user *outp, void __user *exp,
			   const struct timespec64 *end)
{
	unsigned long on_stack[6 * ON_STACK_WORDS], *bits = on_stack;
	struct select_sets s;
	int ret;

	if (n < 0)
		return -EINVAL;
	s.n = min_t(unsigned int, n, highest_open_bound());
	s.words = DIV_ROUND_UP(s.n, BITS_PER_LONG);
	if (s.words > ON_STACK_WORDS) {
		bits = kvmalloc(6UL * s.words * sizeof(long), GFP_KERNEL);
		if (!bits)
			return -ENOMEM;
	}
	s.in = bits;
	s.out = s.in + s.words;
	s.ex = s.out + s.words;
	s.res_in = s.ex + s.words;
	s.res_out = s.res_in + s.words;
	s.res_ex = s.res_out + s.words;
	ret = -EFAULT;
	if (s.words && (get_set(s.in, inp, s.n, s.words) || get_set(s.out, outp, s.n, s.words) ||
			get_set(s.ex, exp, s.n, s.words)))
		goto out;
	memset(s.res_in, 0, 3UL * s.words * sizeof(long));
	ret = select_loop(&s, end);
	if (ret < 0)
		goto out;
	if (s.words && (put_set(inp, s.res_in, s.words) || put_set(outp, s.res_out, s.words) ||
			put_set(exp, s.res_ex, s.words)))
		ret = -EFAULT;
out:
	if (bits != on_stack)
		kvfree(bits);
	return ret;
}

SYSCALL_DEFINE5(select, int, n, void __user *, inp, void __user *, outp, void __user *, exp,
		struct __kernel_old_timeval __user *, tvp)
{
	struct __kernel_old_timeval tv;
	struct timespec64 length, end = { 0 };
	int ret;

	if (tvp) {
		if (copy_from_user(&tv, tvp, sizeof(tv)))
			return -EFAULT;
		if (tv.tv_sec < 0 || tv.tv_usec < 0)
			return -EINVAL;
		length.tv_sec = tv.tv_sec + tv.tv_usec / USEC_PER_SEC;
		length.tv_nsec = tv.tv_usec % USEC_PER_SEC * NSEC_PER_USEC;
		if (length.tv_sec || length.tv_nsec)
			end = poll_deadline(&length);
	}
	ret = core_sys_select(n, inp, outp, exp, tvp ? &end : NULL);
	if (tvp && (end.tv_sec || end.tv_nsec)) {
		length = poll_time_left(&end);
		tv.tv_sec = length.tv_sec;
		tv.tv_usec = length.tv_nsec / NSEC_PER_USEC;
		if (copy_to_user(tvp, &tv, sizeof(tv)) && ret == -ERESTARTNOHAND)
			return -EINTR;
	}
	return ret;
}

/* The sixth argument: six registers do not suffice for a pointer and a size. */
struct sigset_argpack {
	const sigset_t __user *p;
	size_t size;
};

SYSCALL_DEFINE6(pselect6, int, n, void __user *, inp, void __user *, outp, void __user *, exp,
		struct __kernel_timespec __user *, tsp, void __user *, sig)
{
	struct sigset_argpack pack = { NULL, 0 };
	struct timespec64 length, end = { 0 };
	int ret;

	if (sig && copy_from_user(&pack, sig, sizeof(pack)))
		return -EFAULT;
	if (tsp) {
		if (get_timespec64(&length, tsp))
			return -EFAULT;
		if (!timespec64_valid(&length))
			return -EINVAL;
		if (length.tv_sec || length.tv_nsec)
			end = poll_deadline(&length);
	}
	ret = set_user_sigmask(pack.p, pack.size);
	if (ret)
		return ret;
	ret = core_sys_select(n, inp, outp, exp, tsp ? &end : NULL);
	restore_saved_sigmask_unless(ret == -ERESTARTNOHAND);
	if (tsp && (end.tv_sec || end.tv_nsec)) {
		length = poll_time_left(&end);
		if (put_timespec64(&length, tsp) && ret == -ERESTARTNOHAND)
			return -EINTR;
	}
	return ret;
}
