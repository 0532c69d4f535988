// SPDX-License-Identifier: MIT
/*
 * Running /sbin/request-key for request_key(2): a child of a kernel worker, with root's rights in the
 * first name spaces and nothing of the requestor's but the session keyring that is given to it.
 */
#include <kern/completion.h>
#include <kern/exec.h>
#include <kern/fork.h>
#include <kern/signal.h>
#include <kern/workqueue.h>
#include <lib/sprintf.h>

#include "internal.h"

/* Numbers: of the key, user, group, and of the thread, process and session keyring. */
#define NR_NUMBERS 6

/* On the stack of the requestor, which waits until the program has ended. */
struct upcall {
	struct work_struct work;
	struct key *session;
	char numbers[NR_NUMBERS][12];
	int error; /* why there is no program */
	struct completion ended;
};

static int use_session(struct key *session)
{
	struct cred *new = prepare_creds();
	int error;

	if (!new)
		return -ENOMEM;
	down_write(&keys_sem);
	error = install_session_keyring(new, session);
	up_write(&keys_sem);
	if (!error)
		return commit_creds(new);
	abort_creds(new);
	return error;
}

static int upcall_main(void *data)
{
	static const char *const envp[] = { "HOME=/", "PATH=/sbin:/bin:/usr/sbin:/usr/bin", NULL };
	struct upcall *upcall = data;
	const char *argv[2 + NR_NUMBERS + 1] = { "/sbin/request-key", "create" };
	int error;

	for (int i = 0; i < NR_NUMBERS; i++)
		argv[2 + i] = upcall->numbers[i];
	spin_lock_irq(&current->sighand->siglock);
	flush_signal_handlers(current, 1);
	spin_unlock_irq(&current->sighand->siglock);
	error = use_session(upcall->session);
	if (!error)
		error = kernel_execve(argv[0], argv, envp);
	upcall->error = error;
	return error;
}

static void run_upcall(struct work_struct *work)
{
	struct upcall *upcall = container_of(work, struct upcall, work);
	int pid = user_mode_thread(upcall_main, upcall, SIGCHLD);

	if (pid < 0)
		upcall->error = pid;
	else
		kernel_wait(pid, NULL); /* its status does not matter; it is reaped by itself */
	complete(&upcall->ended);
}

/* The keyring that holds the authority. => keys_sem */
static struct key *session_for(struct key *key, struct key *authkey)
{
	const struct cred *cred = current_cred();
	struct key *session;
	char name[20];
	int error;

	snprintf(name, sizeof(name), "_req.%u", key->serial);
	session = keyring_alloc(name, cred->fsuid, cred->fsgid,
				KEY_POS(KEY_NEED_ALL) | KEY_USR(KEY_NEED_VIEW | KEY_NEED_READ),
				KEY_OVERRUN, NULL);
	if (IS_ERR(session))
		return session;
	error = key_link(session, authkey);
	if (!error)
		return session;
	key_put(session);
	return ERR_PTR(error);
}

static int serial_of(const struct key *key)
{
	return key ? key->serial : 0;
}

int key_upcall(struct key *key, struct key *authkey)
{
	const struct cred *cred = current_cred();
	struct upcall upcall = {};
	int error = 0;

	down_write(&keys_sem);
	upcall.session = session_for(key, authkey);
	if (IS_ERR(upcall.session))
		error = PTR_ERR(upcall.session);
	else if (!cred->session_keyring)
		error = user_keyrings(cred, NULL, NULL);
	if (!error) {
		const int numbers[NR_NUMBERS] = {
			key->serial,
			from_kuid(&init_user_ns, cred->fsuid),
			from_kgid(&init_user_ns, cred->fsgid),
			serial_of(cred->thread_keyring),
			serial_of(cred->process_keyring),
			serial_of(cred->session_keyring ?: user_session_keyring(cred)),
		};

		for (int i = 0; i < NR_NUMBERS; i++)
			snprintf(upcall.numbers[i], sizeof(upcall.numbers[i]), "%d", numbers[i]);
	}
	up_write(&keys_sem);
	if (!error) {
		init_completion(&upcall.ended);
		INIT_WORK_ONSTACK(&upcall.work, run_upcall);
		queue_work(system_unbound_wq, &upcall.work);
		wait_for_completion(&upcall.ended);
		error = upcall.error;
	}
	if (!IS_ERR(upcall.session))
		key_put(upcall.session);
	return error;
}
