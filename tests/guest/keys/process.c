// SPDX-License-Identifier: MIT
/* The keyrings of threads, processes, sessions and users, and what fork, exec and setuid do. */
#include "keys.h"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

static const char *self = "/proc/self/exe";

static long id_of(int which, int create)
{
	return keyctl(KEYCTL_GET_KEYRING_ID, which, create);
}

static void special_keyrings(void)
{
	char want[64];

	new_session();
	CHECK_ERR(id_of(KEY_SPEC_THREAD_KEYRING, 0), ENOKEY);
	CHECK_ERR(id_of(KEY_SPEC_PROCESS_KEYRING, 0), ENOKEY);
	CHECK_GT(id_of(KEY_SPEC_THREAD_KEYRING, 1), 0);
	CHECK_GT(id_of(KEY_SPEC_PROCESS_KEYRING, 1), 0);
	CHECK_EQ(id_of(KEY_SPEC_THREAD_KEYRING, 0), id_of(KEY_SPEC_THREAD_KEYRING, 1));
	snprintf(want, sizeof(want), "keyring;%d;%d;3f010000;_tid", geteuid(), getegid());
	CHECK_STR(describe(KEY_SPEC_THREAD_KEYRING), want);
	snprintf(want, sizeof(want), "keyring;%d;%d;3f010000;_pid", geteuid(), getegid());
	CHECK_STR(describe(KEY_SPEC_PROCESS_KEYRING), want);
	snprintf(want, sizeof(want), "keyring;%d;65534;1f3f0000;_uid.%d", geteuid(), geteuid());
	CHECK_STR(describe(KEY_SPEC_USER_KEYRING), want);
	snprintf(want, sizeof(want), "keyring;%d;65534;1f3f0000;_uid_ses.%d", geteuid(), geteuid());
	CHECK_STR(describe(KEY_SPEC_USER_SESSION_KEYRING), want);
	CHECK_ERR(id_of(KEY_SPEC_GROUP_KEYRING, 0), EINVAL);
	CHECK_ERR(id_of(KEY_SPEC_REQKEY_AUTH_KEY, 0), ENOKEY);
	CHECK_ERR(id_of(KEY_SPEC_REQUESTOR_KEYRING, 0), ENOKEY);
	/* The user session keyring leads to the user keyring. */
	snprintf(want, sizeof(want), "_uid.%d", geteuid());
	CHECK_EQ(keyctl(KEYCTL_SEARCH, KEY_SPEC_USER_SESSION_KEYRING, "keyring", want, 0),
		 id_of(KEY_SPEC_USER_KEYRING, 0));
}

static void search_order(void)
{
	long in_session, in_process, in_thread;

	new_session();
	in_session = add_user("order", "s", SESSION);
	CHECK_EQ(request_key("user", "order", NULL, 0), in_session);
	in_process = add_user("order", "p", KEY_SPEC_PROCESS_KEYRING);
	CHECK_EQ(request_key("user", "order", NULL, 0), in_process);
	in_thread = add_user("order", "t", KEY_SPEC_THREAD_KEYRING);
	CHECK_EQ(request_key("user", "order", NULL, 0), in_thread);
	CHECK_EQ(keyctl(KEYCTL_CLEAR, KEY_SPEC_THREAD_KEYRING), 0);
	CHECK_EQ(request_key("user", "order", NULL, 0), in_process);
	CHECK_EQ(keyctl(KEYCTL_CLEAR, KEY_SPEC_PROCESS_KEYRING), 0);
	CHECK_EQ(request_key("user", "order", NULL, 0), in_session);
}

static void *in_thread(void *ring)
{
	CHECK_EQ(id_of(SESSION, 0), ((long *)ring)[0]);
	CHECK_EQ(id_of(KEY_SPEC_PROCESS_KEYRING, 0), ((long *)ring)[1]);
	CHECK_NE(id_of(KEY_SPEC_THREAD_KEYRING, 1), ((long *)ring)[2]);
	return NULL;
}

static void threads(void)
{
	pthread_t thread;
	long rings[3];

	new_session();
	rings[0] = id_of(SESSION, 0);
	rings[1] = id_of(KEY_SPEC_PROCESS_KEYRING, 1);
	rings[2] = id_of(KEY_SPEC_THREAD_KEYRING, 1);
	NEED(!pthread_create(&thread, NULL, in_thread, rings));
	pthread_join(thread, NULL);
	CHECK_EQ(id_of(KEY_SPEC_THREAD_KEYRING, 0), rings[2]);
}

static long session;

static void child_of_fork(void)
{
	CHECK_EQ(id_of(SESSION, 0), session);
	CHECK_ERR(id_of(KEY_SPEC_THREAD_KEYRING, 0), ENOKEY);
	CHECK_ERR(id_of(KEY_SPEC_PROCESS_KEYRING, 0), ENOKEY);
}

static void exec_self(void)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", session);
	id_of(KEY_SPEC_THREAD_KEYRING, 1);
	id_of(KEY_SPEC_PROCESS_KEYRING, 1);
	execl(self, self, "after-exec", text, NULL);
	FAIL("exec");
}

static void fork_and_exec(void)
{
	new_session();
	session = id_of(SESSION, 0);
	id_of(KEY_SPEC_THREAD_KEYRING, 1);
	id_of(KEY_SPEC_PROCESS_KEYRING, 1);
	CHECK_EQ(test_in_child(child_of_fork), 0);
	CHECK_EQ(test_in_child(exec_self), 0);
}

static void become_another(void)
{
	char want[64];

	id_of(KEY_SPEC_THREAD_KEYRING, 1);
	id_of(KEY_SPEC_PROCESS_KEYRING, 1);
	NEED(!setresgid(54321, 54321, 54321) && !setresuid(54321, 54321, 54321));
	/* The thread keyring follows, the others do not. */
	snprintf(want, sizeof(want), "keyring;54321;54321;3f010000;_tid");
	CHECK_STR(describe(KEY_SPEC_THREAD_KEYRING), want);
	CHECK(strstr(describe(KEY_SPEC_PROCESS_KEYRING), ";3f010000;_pid"));
	CHECK(!strstr(describe(KEY_SPEC_PROCESS_KEYRING), "54321"));
	CHECK_EQ(id_of(SESSION, 0), session);
	snprintf(want, sizeof(want), "keyring;54321;65534;1f3f0000;_uid.54321");
	CHECK_STR(describe(KEY_SPEC_USER_KEYRING), want);
}

static void change_of_user(void)
{
	if (geteuid())
		return;
	new_session();
	session = id_of(SESSION, 0);
	CHECK_EQ(test_in_child(become_another), 0);
}

static void join_named(void)
{
	long named, key;

	new_session();
	CHECK_ERR(keyctl(KEYCTL_JOIN_SESSION_KEYRING, ".x"), EPERM);
	CHECK_ERR(keyctl(KEYCTL_JOIN_SESSION_KEYRING, ""), EINVAL);
	CHECK_ERR(keyctl(KEYCTL_JOIN_SESSION_KEYRING, (char *)8), EFAULT);
	named = keyctl(KEYCTL_JOIN_SESSION_KEYRING, "guest-test");
	CHECK_GT(named, 0);
	CHECK_EQ(id_of(SESSION, 0), named);
	/* Found by name while somebody has it, by who may search it without possessing it. */
	CHECK_EQ(keyctl(KEYCTL_SETPERM, named, 0x3f1f0000), 0);
	CHECK_EQ(keyctl(KEYCTL_JOIN_SESSION_KEYRING, "guest-test"), 0);
	key = add_user("held", "x", SESSION);
	CHECK_EQ(keyctl(KEYCTL_LINK, named, KEY_SPEC_PROCESS_KEYRING), 0);
	new_session();
	CHECK_NE(id_of(SESSION, 0), named);
	CHECK_EQ(keyctl(KEYCTL_JOIN_SESSION_KEYRING, "guest-test"), named);
	CHECK_EQ(request_key("user", "held", NULL, 0), key);
	CHECK_EQ(keyctl(KEYCTL_CLEAR, KEY_SPEC_PROCESS_KEYRING), 0);
}

/* A grandchild gives its session to its parent, a process that waits for it. */
static void give_session(void)
{
	new_session();
	CHECK_OK(keyctl(KEYCTL_SETPERM, SESSION, 0x3f3f0000));
	CHECK_OK(add_user("given", "x", SESSION));
	CHECK_EQ(keyctl(KEYCTL_SESSION_TO_PARENT), 0);
	CHECK_EQ(keyctl(KEYCTL_SESSION_TO_PARENT), 0);
}

static void middle(void)
{
	long old = id_of(SESSION, 0);

	CHECK_EQ(test_in_child(give_session), 0);
	CHECK_NE(id_of(SESSION, 0), old);
	CHECK_GT(request_key("user", "given", NULL, 0), 0);
}

static void *wait_for_main(void *arg)
{
	pause();
	return NULL;
}

static void to_threaded(void)
{
	pthread_t thread;
	pid_t pid;
	int status;

	NEED(!pthread_create(&thread, NULL, wait_for_main, NULL));
	pid = fork();
	if (!pid) {
		new_session();
		errno = 0;
		_exit(keyctl(KEYCTL_SESSION_TO_PARENT) == -1 && errno == EPERM ? 0 : 1);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void session_to_parent(void)
{
	new_session();
	CHECK_EQ(test_in_child(middle), 0);
	CHECK_EQ(test_in_child(to_threaded), 0);
}

static void persistent(void)
{
	long key, again;
	char want[64];

	new_session();
	key = keyctl(KEYCTL_GET_PERSISTENT, -1, SESSION);
	CHECK_GT(key, 0);
	snprintf(want, sizeof(want), "keyring;%d;65534;1f030000;_persistent.%d", geteuid(), geteuid());
	CHECK_STR(describe(key), want);
	new_session();
	again = keyctl(KEYCTL_GET_PERSISTENT, geteuid(), SESSION);
	CHECK_EQ(again, key);
	CHECK_EQ(keyctl(KEYCTL_SEARCH, SESSION, "keyring", strrchr(want, ';') + 1, 0), key);
}

static void reqkey_keyring(void)
{
	CHECK_EQ(keyctl(KEYCTL_SET_REQKEY_KEYRING, KEY_REQKEY_DEFL_NO_CHANGE), KEY_REQKEY_DEFL_DEFAULT);
	CHECK_EQ(keyctl(KEYCTL_SET_REQKEY_KEYRING, KEY_REQKEY_DEFL_PROCESS_KEYRING), KEY_REQKEY_DEFL_DEFAULT);
	CHECK_GT(id_of(KEY_SPEC_PROCESS_KEYRING, 0), 0);
	CHECK_EQ(keyctl(KEYCTL_SET_REQKEY_KEYRING, KEY_REQKEY_DEFL_DEFAULT), KEY_REQKEY_DEFL_PROCESS_KEYRING);
	CHECK_ERR(keyctl(KEYCTL_SET_REQKEY_KEYRING, KEY_REQKEY_DEFL_GROUP_KEYRING), EINVAL);
	CHECK_ERR(keyctl(KEYCTL_SET_REQKEY_KEYRING, 8), EINVAL);
	CHECK_ERR(keyctl(KEYCTL_SET_REQKEY_KEYRING, -2), EINVAL);
}

/* A user name space has keyrings of users of its own, and names of its own. */
static void in_user_ns(void)
{
	long outer = id_of(KEY_SPEC_USER_KEYRING, 0);
	long key = add_user("across", "x", SESSION), named;

	named = add_ring("outer-name", SESSION);
	CHECK_EQ(keyctl(KEYCTL_SETPERM, named, 0x3f3f3f3f), 0);
	if (unshare(CLONE_NEWUSER))
		return; /* not allowed here */
	CHECK_NE(id_of(KEY_SPEC_USER_KEYRING, 0), outer);
	/* The session keyring goes along. */
	CHECK_EQ(request_key("user", "across", NULL, 0), key);
	CHECK_NE(keyctl(KEYCTL_JOIN_SESSION_KEYRING, "outer-name"), named);
}

static void user_namespaces(void)
{
	new_session();
	CHECK_EQ(test_in_child(in_user_ns), 0);
}

int main(int argc, char **argv)
{
	if (argc == 3) {
		session = atol(argv[2]);
		RUN(child_of_fork);
		return test_done();
	}
	CHECK_EQ(test_in_child(special_keyrings), 0);
	RUN(search_order);
	RUN(threads);
	RUN(fork_and_exec);
	RUN(change_of_user);
	RUN(join_named);
	RUN(session_to_parent);
	RUN(persistent);
	CHECK_EQ(test_in_child(reqkey_keyring), 0);
	RUN(user_namespaces);
	return test_done();
}
