// SPDX-License-Identifier: MIT
/*
 * POSIX timers: timer_create() and its relatives.
 *
 * A timer belongs to a process and sends it one signal at expiry, from a queue entry that it
 * owns. Expiries while that signal waits are counted, not queued: the overrun count. The next
 * period begins when the signal is taken (posixtimer_rearm).
 *
 *   siglock	signal->posix_timers and the timers' place on it; timers_lock, inside it, the hash
 *   it_lock	everything else in a timer; taken before siglock
 *
 * A timer is found in the hash under RCU, referenced, and locked after that; it_deleted
 * then says whether it went away in between.
 */
#include <fs/seq_file.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/hrtimer.h>
#include <kern/itimer.h>
#include <kern/kernel.h>
#include <kern/pid.h>
#include <kern/posix_clock.h>
#include <kern/posix_timers.h>
#include <kern/rcupdate.h>
#include <kern/refcount.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/time_namespace.h>
#include <kern/time_user.h>
#include <kern/timekeeping.h>
#include <lib/hashtable.h>
#include <lib/list.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include <linux/time.h>

#include "posix_timers.h"

/* All timers by process and id: a process may have as many as it may have queued signals. */
static DEFINE_HASHTABLE(timers, 13);
static DEFINE_SPINLOCK(timers_lock);

static u64 timer_key(const struct signal_struct *sig, timer_t id)
{
	return (unsigned long)sig + (u64)id * 0x9e3779b97f4a7c15ULL;
}

/* => RCU or timers_lock */
static struct k_itimer *find_timer(const struct signal_struct *sig, timer_t id)
{
	struct k_itimer *timer;

	hash_for_each_possible_rcu(timers, timer, hashed, timer_key(sig, id)) {
		if (timer->sig == sig && timer->id == id)
			return timer;
	}
	return NULL;
}

static void free_timer_rcu(struct rcu_head *head)
{
	kfree(container_of(head, struct k_itimer, rcu));
}

void posix_timer_put(struct k_itimer *timer)
{
	if (!refcount_dec_and_test(&timer->refs))
		return;
	put_pid(timer->target);
	if (timer->cpu_task)
		put_task_struct(timer->cpu_task);
	if (timer->sigq)
		sigqueue_free(timer->sigq);
	call_rcu(&timer->rcu, free_timer_rcu);
}

/* The timer, locked with interrupts off, or NULL. */
static struct k_itimer *lock_timer(timer_t id)
{
	struct k_itimer *found;

	rcu_read_lock();
	found = find_timer(current->signal, id);
	if (found && !refcount_inc_not_zero(&found->refs))
		found = NULL;
	rcu_read_unlock();
	if (!found)
		return NULL;
	spin_lock_irq(&found->it_lock);
	if (!found->deleted)
		return found;
	spin_unlock_irq(&found->it_lock);
	posix_timer_put(found);
	return NULL;
}

static void unlock_timer(struct k_itimer *timer)
{
	spin_unlock_irq(&timer->it_lock);
	posix_timer_put(timer);
}

void posix_timers_show(struct seq_file *m, struct task_struct *task)
{
	static const char *const kinds[] = {
		[SIGEV_SIGNAL] = "signal", [SIGEV_NONE] = "none", [SIGEV_THREAD] = "thread",
	};
	struct k_itimer *timer;
	unsigned long flags;

	if (!lock_task_sighand(task, &flags))
		return;
	list_for_each_entry(timer, &task->signal->posix_timers, list) {
		seq_printf(m, "ID: %d\n", timer->id);
		seq_printf(m, "signal: %d/%px\n", timer->sigq->info.si_signo,
			   timer->sigq->info.si_value.sival_ptr);
		seq_printf(m, "notify: %s/%s.%d\n", kinds[timer->notify & ~SIGEV_THREAD_ID],
			   timer->notify & SIGEV_THREAD_ID ? "tid" : "pid",
			   pid_vnr(timer->target));
		seq_printf(m, "ClockID: %d\n", timer->clock);
	}
	unlock_task_sighand(task, &flags);
}

int posix_timer_post(struct k_itimer *timer)
{
	if (timer->notify == SIGEV_NONE)
		return 0;
	timer->sigq->info.si_sys_private = timer->interval ? ++timer->requeue_pending : 0;
	return send_sigqueue(timer->sigq, timer->target, timer->target_type);
}

static enum hrtimer_restart posix_timer_fn(struct hrtimer *hrtimer)
{
	struct k_itimer *timer = container_of(hrtimer, struct k_itimer, real);
	enum hrtimer_restart restart = HRTIMER_NORESTART;
	unsigned long flags;

	spin_lock_irqsave(&timer->it_lock, flags);
	timer->armed = false;
	if (posix_timer_post(timer) && timer->interval && !timer->deleted) {
		/* Nobody will take the signal and start the next period; not too often either. */
		ktime_t period = max_t(ktime_t, timer->interval, NSEC_PER_MSEC);

		timer->overrun += hrtimer_forward_now(hrtimer, period);
		timer->requeue_pending++;
		timer->armed = true;
		restart = HRTIMER_RESTART;
	}
	spin_unlock_irqrestore(&timer->it_lock, flags);
	return restart;
}

static int clamp_overrun(s64 overrun)
{
	return min_t(s64, overrun, INT_MAX);
}

void posixtimer_rearm(struct task_struct *task, kernel_siginfo_t *info)
{
	struct k_itimer *timer;
	int expiry = info->si_sys_private;
	int extra = info->si_overrun;

	info->si_sys_private = 0;
	if (!expiry)
		return;
	spin_unlock_irq(&task->sighand->siglock);
	timer = lock_timer(info->si_tid);
	if (timer) {
		if (timer->interval && timer->requeue_pending == expiry && !timer->armed) {
			if (timer->cpu_task) {
				posix_cpu_timer_next(timer);
			} else {
				timer->overrun +=
					hrtimer_forward_now(&timer->real, timer->interval);
				hrtimer_restart(&timer->real);
				timer->armed = true;
			}
			/* The expiry that the signal itself stands for is not an overrun. */
			timer->overrun_last = timer->overrun - 1 + extra;
			timer->overrun = 0;
			timer->requeue_pending++;
			info->si_overrun = clamp_overrun(timer->overrun_last);
		}
		unlock_timer(timer);
	}
	spin_lock_irq(&task->sighand->siglock);
}

/* Who is to be told, by the rules of struct sigevent; NULL: it is malformed. */
static struct pid *sigevent_target(const struct sigevent *event)
{
	struct pid *pid = task_tgid(current);

	switch (event->sigev_notify) {
	case SIGEV_SIGNAL | SIGEV_THREAD_ID:
		pid = find_vpid(event->sigev_notify_thread_id);
		if (!pid_task(pid, PIDTYPE_PID) ||
		    !same_thread_group(pid_task(pid, PIDTYPE_PID), current))
			return NULL;
		fallthrough;
	case SIGEV_SIGNAL:
	case SIGEV_THREAD:
		if (event->sigev_signo <= 0 || event->sigev_signo > SIGRTMAX)
			return NULL;
		return pid;
	case SIGEV_NONE:
		return pid;
	}
	return NULL;
}

static struct k_itimer *alloc_timer(clockid_t clock)
{
	struct k_itimer *timer = kzalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return NULL;
	timer->sigq = sigqueue_alloc();
	if (!timer->sigq) {
		kfree(timer);
		return NULL;
	}
	refcount_set(&timer->refs, 1);
	spin_lock_init(&timer->it_lock);
	INIT_LIST_HEAD(&timer->list);
	timer->clock = clock;
	if (!clock_is_cpu(clock))
		hrtimer_setup(&timer->real, posix_timer_fn, clock, HRTIMER_MODE_ABS);
	return timer;
}

static void fill_timer_signal(struct k_itimer *timer, const struct sigevent *event)
{
	struct siginfo *info = &timer->sigq->info;

	clear_siginfo(info);
	info->si_signo = event->sigev_signo;
	info->si_code = SI_TIMER;
	info->si_value = event->sigev_value;
	info->si_tid = timer->id;
}

/* An id that no timer of the process has. => siglock held */
static timer_t next_timer_id(struct signal_struct *sig)
{
	timer_t id;

	rcu_read_lock();
	do {
		id = sig->next_posix_timer_id;
		sig->next_posix_timer_id = (id + 1) & INT_MAX;
	} while (find_timer(sig, id));
	rcu_read_unlock();
	return id;
}

static int do_timer_create(clockid_t clock, const struct sigevent *uevent, timer_t __user *id_out)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	struct k_itimer *timer;
	struct pid *target;
	int error = posix_clock_check_timer(clock);

	if (error)
		return error;
	timer = alloc_timer(clock);
	if (!timer)
		return -EAGAIN;
	error = -EINVAL;
	if (clock_is_cpu(clock)) {
		timer->cpu_task = cpu_clock_task(clock, true);
		if (!timer->cpu_task)
			goto fail;
	}
	if (uevent)
		event = *uevent;
	rcu_read_lock();
	target = get_pid(sigevent_target(&event));
	rcu_read_unlock();
	if (!target)
		goto fail;
	timer->target = target;
	timer->notify = event.sigev_notify;
	timer->target_type = event.sigev_notify & SIGEV_THREAD_ID ? PIDTYPE_PID : PIDTYPE_TGID;

	spin_lock_irq(&current->sighand->siglock);
	timer->id = next_timer_id(current->signal);
	if (!uevent)
		event.sigev_value.sival_int = timer->id;
	fill_timer_signal(timer, &event);
	spin_unlock_irq(&current->sighand->siglock);
	/* The caller must know the id before anybody else can use it. */
	error = -EFAULT;
	if (put_user(timer->id, id_out))
		goto fail;
	spin_lock_irq(&current->sighand->siglock);
	list_add(&timer->list, &current->signal->posix_timers);
	timer->sig = current->signal;
	spin_lock(&timers_lock);
	hash_add_rcu(timers, &timer->hashed, timer_key(timer->sig, timer->id));
	spin_unlock(&timers_lock);
	spin_unlock_irq(&current->sighand->siglock);
	return 0;
fail:
	posix_timer_put(timer);
	return error;
}

SYSCALL_DEFINE3(timer_create, clockid_t, clock, struct sigevent __user *, uevent, timer_t __user *,
		id_out)
{
	struct sigevent event;

	if (uevent && copy_from_user(&event, uevent, sizeof(event)))
		return -EFAULT;
	return do_timer_create(clock, uevent ? &event : NULL, id_out);
}

/* In the machine's own count, as timers expire. */
static ktime_t timer_clock_now(const struct k_itimer *timer)
{
	struct timespec64 now;

	if (timer->cpu_task)
		return cpu_clock_sample(timer->clock, timer->cpu_task);
	posix_clock_read(timer->clock, &now);
	return timens_ktime_to_host(timer->clock, timespec64_to_ktime(now));
}

/* Time left and period. => it_lock held */
static void read_timer(struct k_itimer *timer, struct itimerspec64 *out)
{
	ktime_t now, expires, left = 0;

	*out = (struct itimerspec64){ .it_interval = ns_to_timespec64(timer->interval) };
	expires = timer->cpu_task ? (ktime_t)timer->cpu_expires : hrtimer_get_expires(&timer->real);
	if (!expires || (!timer->armed && !timer->interval))
		return;
	now = timer_clock_now(timer);
	if (timer->interval && (!timer->armed || timer->notify == SIGEV_NONE)) {
		/* Its signal waits: where the next period would end. */
		if (now >= expires)
			expires += ((now - expires) / timer->interval + 1) * timer->interval;
	}
	left = expires - now;
	if (left <= 0)
		left = timer->notify == SIGEV_NONE ? 0 : 1;
	out->it_value = ns_to_timespec64(left);
}

SYSCALL_DEFINE2(timer_gettime, timer_t, id, struct __kernel_itimerspec __user *, setting)
{
	struct itimerspec64 value;
	struct k_itimer *timer = lock_timer(id);

	if (!timer)
		return -EINVAL;
	read_timer(timer, &value);
	unlock_timer(timer);
	return put_itimerspec64(&value, setting);
}

SYSCALL_DEFINE1(timer_getoverrun, timer_t, id)
{
	struct k_itimer *timer = lock_timer(id);
	int overrun;

	if (!timer)
		return -EINVAL;
	overrun = clamp_overrun(timer->overrun_last);
	unlock_timer(timer);
	return overrun;
}

/* => it_lock held. Sets the expiry, absolute or relative; the timer is off. */
static void arm_timer(struct k_itimer *timer, int flags, const struct itimerspec64 *new)
{
	ktime_t expires = timespec64_to_ktime(new->it_value);

	timer->interval = timespec64_to_ktime(new->it_interval);
	timer->overrun = timer->overrun_last = 0;
	timer->requeue_pending++;
	if (!expires) {
		timer->interval = 0;
		timer->cpu_expires = 0;
		if (!timer->cpu_task)
			hrtimer_set_expires(&timer->real, 0);
		return;
	}
	if (!(flags & TIMER_ABSTIME))
		expires = ktime_add_safe(expires, timer_clock_now(timer));
	else if (!timer->cpu_task)
		expires = timens_ktime_to_host(timer->clock, expires);
	if (timer->cpu_task) {
		posix_cpu_timer_arm(timer, expires);
		return;
	}
	timer->armed = true;
	if (timer->notify == SIGEV_NONE) {
		hrtimer_set_expires(&timer->real, expires);
	} else {
		hrtimer_start(&timer->real, expires, HRTIMER_MODE_ABS);
	}
}

/* => it_lock held. False: the timer's function runs and wants the lock. */
static bool disarm_timer(struct k_itimer *timer)
{
	if (timer->cpu_task ? !posix_cpu_timer_try_to_cancel(timer) :
			      hrtimer_try_to_cancel(&timer->real) < 0)
		return false;
	timer->armed = false;
	return true;
}

static int do_timer_settime(timer_t id, int flags, const struct itimerspec64 *new,
			    struct itimerspec64 *old)
{
	struct k_itimer *timer;

	if (!itimerspec64_valid(new))
		return -EINVAL;
	for (;;) {
		timer = lock_timer(id);
		if (!timer)
			return -EINVAL;
		if (timer->cpu_task && !READ_ONCE(timer->cpu_task->sighand)) {
			/* Reaped: its clock stands still for ever. */
			unlock_timer(timer);
			return -ESRCH;
		}
		read_timer(timer, old);
		if (disarm_timer(timer))
			break;
		unlock_timer(timer);
		cpu_relax();
	}
	arm_timer(timer, flags, new);
	unlock_timer(timer);
	return 0;
}

SYSCALL_DEFINE4(timer_settime, timer_t, id, int, flags, const struct __kernel_itimerspec __user *,
		new_setting, struct __kernel_itimerspec __user *, old_setting)
{
	struct itimerspec64 new, old;
	int error;

	if (!new_setting)
		return -EINVAL;
	if (get_itimerspec64(&new, new_setting))
		return -EFAULT;
	error = do_timer_settime(id, flags, &new, &old);
	return error || !old_setting ? error : put_itimerspec64(&old, old_setting);
}

/* Takes a locked timer out for good; drops both references. */
static void delete_locked_timer(struct k_itimer *timer)
{
	while (!disarm_timer(timer)) {
		spin_unlock_irq(&timer->it_lock);
		cpu_relax();
		spin_lock_irq(&timer->it_lock);
	}
	timer->deleted = true;
	spin_lock(&current->sighand->siglock);
	list_del_init(&timer->list);
	spin_lock(&timers_lock);
	hash_del_rcu(&timer->hashed);
	spin_unlock(&timers_lock);
	spin_unlock(&current->sighand->siglock);
	unlock_timer(timer);
	posix_timer_put(timer);
}

SYSCALL_DEFINE1(timer_delete, timer_t, id)
{
	struct k_itimer *timer = lock_timer(id);

	if (!timer)
		return -EINVAL;
	delete_locked_timer(timer);
	return 0;
}

static void delete_all_timers(void)
{
	for (;;) {
		struct k_itimer *timer;
		timer_t id = -1;

		spin_lock_irq(&current->sighand->siglock);
		timer = list_first_entry_or_null(&current->signal->posix_timers, struct k_itimer,
						 list);
		if (timer)
			id = timer->id;
		spin_unlock_irq(&current->sighand->siglock);
		if (!timer)
			return;
		timer = lock_timer(id);
		if (timer)
			delete_locked_timer(timer);
	}
}

void exit_itimers(struct task_struct *task)
{
	hrtimer_cancel(&task->signal->real_timer);
	delete_all_timers();
}

void exec_itimers(struct task_struct *task)
{
	delete_all_timers();
}
