// SPDX-License-Identifier: MIT
/* What a domain allows below folders: opening, making, removing, moving. */
#include "landlock.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>

static void layout(void)
{
	NEED(!mkdir("a", 0700) && !mkdir("a/b", 0700) && !mkdir("a/b/c", 0700) && !mkdir("o", 0700));
	make_file("a/f");
	make_file("a/b/f");
	make_file("a/b/c/f");
	make_file("o/f");
}

static void opening(void)
{
	int ruleset = ruleset_for(FS_ALL), before = open("o/f", O_RDWR);
	char c;

	allow(ruleset, "a", FS(READ_DIR));
	allow(ruleset, "a/b", FS(READ_FILE));
	allow(ruleset, "a/b/c/f", FS(WRITE_FILE));
	enter(ruleset);
	CHECK_EQ(opens("a", O_RDONLY), 0);
	CHECK_EQ(opens("a/b/c", O_RDONLY | O_DIRECTORY), 0);
	CHECK_EQ(opens("o", O_RDONLY), EACCES);
	CHECK_EQ(opens(".", O_RDONLY), EACCES);
	CHECK_EQ(opens("a/f", O_RDONLY), EACCES);
	CHECK_EQ(opens("a/b/f", O_RDONLY), 0);
	CHECK_EQ(opens("a/b/f", O_WRONLY), EACCES);
	CHECK_EQ(opens("a/b/f", O_RDWR), EACCES);
	CHECK_EQ(opens("a/b/c/f", O_RDWR), 0);
	CHECK_EQ(opens("o/f", O_RDONLY), EACCES);
	CHECK_EQ(opens("o/f", O_PATH), 0);
	CHECK_EQ(opens("a/b/new", O_WRONLY | O_CREAT), EACCES);
	/* Names, and what is open already, are not restricted. */
	struct stat st;

	CHECK_OK(stat("o/f", &st));
	CHECK_OK(access("o/f", R_OK | W_OK));
	CHECK_OK(chdir("o"));
	CHECK_OK(chmod("f", 0644));
	CHECK_OK(truncate("f", 3));
	CHECK_EQ(write(before, "x", 1), 1);
	CHECK_EQ(pread(before, &c, 1, 0), 1);
	/* Files without a place are not, either. */
	char link[64];
	int pipes[2], fd = memfd_create("m", 0);

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	CHECK_EQ(opens(link, O_RDWR), 0);
	NEED(!pipe(pipes));
	snprintf(link, sizeof(link), "/proc/self/fd/%d", pipes[0]);
	CHECK_EQ(opens(link, O_RDONLY), 0);
	CHECK_EQ(opens("/proc/self/ns/uts", O_RDONLY), 0);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", before);
	CHECK_EQ(opens(link, O_RDONLY), EACCES);
}

static void layers_add_up(void)
{
	int ruleset = ruleset_for(FS(READ_FILE) | FS(WRITE_FILE));

	allow(ruleset, "a", FS(READ_FILE) | FS(WRITE_FILE));
	enter(ruleset);
	CHECK_EQ(opens("a/b/f", O_RDWR), 0);
	ruleset = ruleset_for(FS(WRITE_FILE));
	allow(ruleset, "a/b", FS(WRITE_FILE));
	enter(ruleset);
	CHECK_EQ(opens("a/b/f", O_RDWR), 0);
	CHECK_EQ(opens("a/f", O_RDONLY), 0);
	CHECK_EQ(opens("a/f", O_WRONLY), EACCES);
	CHECK_EQ(opens("o/f", O_RDONLY), EACCES);
	/* What a layer forbids no later one allows. */
	ruleset = ruleset_for(FS(READ_FILE));
	allow(ruleset, "o", FS(READ_FILE));
	enter(ruleset);
	CHECK_EQ(opens("o/f", O_RDONLY), EACCES);
	CHECK_EQ(opens("a/f", O_RDONLY), EACCES);
	CHECK_EQ(opens("a/b/f", O_WRONLY), 0);
}

static void bind_socket(const char *path, int error)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(name.sun_path, path);
	if (error)
		CHECK_ERR(bind(fd, (void *)&name, sizeof(name)), error);
	else
		CHECK_OK(bind(fd, (void *)&name, sizeof(name)));
	close(fd);
}

static void making_and_removing(void)
{
	unsigned long long made = FS(MAKE_DIR) | FS(MAKE_REG) | FS(MAKE_SOCK) | FS(MAKE_FIFO) |
				  FS(MAKE_SYM) | FS(MAKE_CHAR) | FS(MAKE_BLOCK);
	int ruleset = ruleset_for(made | FS(REMOVE_DIR) | FS(REMOVE_FILE));

	allow(ruleset, "a/b", made);
	allow(ruleset, "a/b/c", FS(REMOVE_FILE) | FS(REMOVE_DIR));
	enter(ruleset);
	CHECK_ERR(mkdir("a/d", 0700), EACCES);
	CHECK_ERR(mkdir("a/b", 0700), EEXIST);
	CHECK_OK(mkdir("a/b/d", 0700));
	CHECK_ERR(symlink("x", "a/s"), EACCES);
	CHECK_OK(symlink("x", "a/b/s"));
	CHECK_ERR(mknod("a/p", S_IFIFO | 0600, 0), EACCES);
	CHECK_OK(mknod("a/b/p", S_IFIFO | 0600, 0));
	CHECK_ERR(mknod("a/r", S_IFREG | 0600, 0), EACCES);
	CHECK_OK(mknod("a/b/r", S_IFREG | 0600, 0));
	CHECK_EQ(opens("a/n", O_CREAT | O_WRONLY), EACCES);
	CHECK_EQ(opens("a/f", O_CREAT | O_WRONLY), 0);
	CHECK_EQ(opens("a/b/n", O_CREAT | O_WRONLY), 0);
	bind_socket("a/k", EACCES);
	bind_socket("a/b/k", 0);
	CHECK_ERR(unlink("a/f"), EACCES);
	CHECK_ERR(unlink("a/none"), ENOENT);
	CHECK_ERR(unlink("a/b/f"), EACCES);
	CHECK_ERR(rmdir("a/b/d"), EACCES);
	CHECK_OK(mkdir("a/b/c/d", 0700));
	CHECK_OK(rmdir("a/b/c/d"));
	CHECK_OK(unlink("a/b/c/f"));
}

/* With a right for each thing in one folder only, or moves between two. */
static void moving_in_one_folder(void)
{
	int ruleset = ruleset_for(FS(MAKE_REG) | FS(REMOVE_FILE));

	allow(ruleset, "a/b", FS(MAKE_REG) | FS(REMOVE_FILE));
	allow(ruleset, "o", FS(MAKE_REG));
	enter(ruleset);
	CHECK_OK(rename("a/b/f", "a/b/g"));
	CHECK_ERR(rename("a/f", "a/g"), EACCES);
	CHECK_ERR(rename("o/f", "o/g"), EACCES);
	CHECK_OK(link("o/f", "o/g"));
	CHECK_ERR(link("a/f", "a/g"), EACCES);
	/* Between folders without REFER: what can be had by copying is told apart. */
	CHECK_ERR(rename("a/b/g", "a/b/c/g"), EXDEV);
	CHECK_ERR(link("a/b/g", "a/b/c/g"), EXDEV);
	CHECK_ERR(rename("o/f", "a/b/x"), EACCES);
	CHECK_ERR(link("a/f", "o/x"), EXDEV);
	CHECK_ERR(link("o/f", "a/x"), EACCES);
}

static void moving_between_folders(void)
{
	unsigned long long move = FS(REFER) | FS(MAKE_REG) | FS(REMOVE_FILE) | FS(MAKE_DIR) | FS(REMOVE_DIR);
	int ruleset = ruleset_for(move | FS(READ_FILE) | FS(EXECUTE));

	make_file("a/b/z");
	allow(ruleset, ".", move);
	allow(ruleset, "a/b", FS(READ_FILE));
	allow(ruleset, "o", FS(READ_FILE) | FS(EXECUTE));
	enter(ruleset);
	/* To where as much or more is forbidden. */
	CHECK_OK(rename("o/f", "a/b/x"));
	CHECK_OK(rename("a/b/x", "a/x"));
	/* Not to where the file could be read, or executed. */
	CHECK_ERR(rename("a/x", "a/b/x"), EXDEV);
	CHECK_ERR(link("a/x", "o/x"), EXDEV);
	CHECK_ERR(rename("a/b/f", "o/x"), EXDEV);
	CHECK_OK(rename("a/b/f", "a/b/c/y"));
	CHECK_OK(link("a/b/c/y", "a/y"));
	/* A folder takes along what is in it. */
	CHECK_ERR(rename("a/b/c", "o/c"), EXDEV);
	CHECK_OK(rename("a/b/c", "a/c"));
	/* Both ways at once. */
	CHECK_OK(syscall(SYS_renameat2, AT_FDCWD, "a/x", AT_FDCWD, "a/c/f", RENAME_EXCHANGE));
	CHECK_ERR(syscall(SYS_renameat2, AT_FDCWD, "a/x", AT_FDCWD, "a/b/z", RENAME_EXCHANGE), EXDEV);
	CHECK_ERR(syscall(SYS_renameat2, AT_FDCWD, "a/b/z", AT_FDCWD, "a/x", RENAME_EXCHANGE), EXDEV);
}

/* A file's own rule goes with it, wherever it is. */
static void rules_of_files(void)
{
	int ruleset = ruleset_for(FS(READ_FILE) | FS(REFER));

	allow(ruleset, ".", FS(REFER));
	allow(ruleset, "a/f", FS(READ_FILE));
	enter(ruleset);
	CHECK_EQ(opens("a/f", O_RDONLY), 0);
	CHECK_OK(rename("a/f", "o/moved"));
	CHECK_EQ(opens("o/moved", O_RDONLY), 0);
	CHECK_EQ(opens("o/f", O_RDONLY), EACCES);
	CHECK_OK(link("o/moved", "a/again"));
	CHECK_EQ(opens("a/again", O_RDONLY), 0);
}

static void executing(void)
{
	int ruleset = ruleset_for(FS(EXECUTE)), status;
	pid_t pid;

	enter(ruleset);
	pid = fork();
	if (!pid) {
		execl("/proc/self/exe", "x", "exit", NULL);
		_exit(errno == EACCES ? 0 : 1);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void mounts(void)
{
	if (geteuid() || unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return;
	NEED(!mkdir("m", 0700) && !mount("none", "m", "tmpfs", 0, NULL));
	make_file("m/f");
	int ruleset = ruleset_for(FS(READ_FILE));

	allow(ruleset, ".", FS(READ_FILE));
	enter(ruleset);
	/* Rules reach into what is mounted below. */
	CHECK_EQ(opens("m/f", O_RDONLY), 0);
	CHECK_ERR(mount("none", "o", "tmpfs", 0, NULL), EPERM);
	CHECK_ERR(mount("a", "o", NULL, MS_BIND, NULL), EPERM);
	CHECK_ERR(mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL), EPERM);
	CHECK_ERR(umount("m"), EPERM);
	CHECK_ERR(syscall(SYS_pivot_root, "m", "m"), EPERM);
}

/* A rule does not keep a file system. */
static void unmounted(void)
{
	int ruleset = ruleset_for(FS(READ_FILE)), pid, status;

	if (geteuid() || unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return;
	NEED(!mkdir("u", 0700) && !mount("none", "u", "tmpfs", 0, NULL));
	make_file("u/f");
	allow(ruleset, "u", FS(READ_FILE));
	allow(ruleset, "u/f", FS(READ_FILE));
	allow(ruleset, "a", FS(READ_FILE));
	pid = fork();
	if (!pid) {
		enter(ruleset);
		CHECK_EQ(opens("u/f", O_RDONLY), 0);
		_exit(test_failures);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_OK(umount("u"));
	enter(ruleset);
	CHECK_EQ(opens("a/f", O_RDONLY), 0);
	CHECK_EQ(opens("o/f", O_RDONLY), EACCES);
}

static void in_own_layout(const char *name, void (*fn)(void))
{
	NEED(!mkdir(name, 0700) && !chdir(name));
	layout();
	if (test_in_child(fn) != 0)
		FAIL("%s", name);
	NEED(!chdir(".."));
}

int main(int argc, char **argv)
{
	if (argc == 2)
		return 0;
	if (create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 0)
		SKIP("this kernel has no Landlock");
	in_own_layout("opening", opening);
	in_own_layout("layers", layers_add_up);
	in_own_layout("making", making_and_removing);
	in_own_layout("one-folder", moving_in_one_folder);
	in_own_layout("two-folders", moving_between_folders);
	in_own_layout("files", rules_of_files);
	in_own_layout("executing", executing);
	in_own_layout("mounts", mounts);
	in_own_layout("unmounted", unmounted);
	return test_done();
}
