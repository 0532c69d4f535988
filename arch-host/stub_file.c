// SPDX-License-Identifier: MIT
/*
 * The stub as a file that can be executed. It is in our own binary; a host makes a file of it in
 * memory, unless it lets no such file be executed (vm.memfd_noexec, 6.3 and later): then a file
 * without a name on disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "guest.h"
#include "internal.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x10
#endif

static bool write_stub(int fd)
{
	// cppcheck-suppress comparePointers
	size_t size = stub_elf_end - stub_elf;

	return write(fd, stub_elf, size) == (ssize_t)size;
}

/* -1, and errno: none that can be executed. */
static int in_memory(void)
{
	unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create("vmlinux-stub", flags | MFD_EXEC);

	/* Before 6.3 there is no such flag, and no need of it. */
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("vmlinux-stub", flags);
	if (fd < 0)
		return -1;
	if (!write_stub(fd)) {
		close(fd);
		return -1;
	}
	fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	return fd;
}

/* A file that is open for writing is not executed: it is opened once more. */
static int reopen(int fd)
{
	char path[32];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY | O_CLOEXEC);
	close(fd);
	return again;
}

static int in_folder(const char *folder)
{
	struct statvfs fs;
	int fd;

	if (!folder || statvfs(folder, &fs) || fs.f_flag & ST_NOEXEC)
		return -1;
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0500);
	if (fd < 0)
		return -1;
	if (write_stub(fd))
		return reopen(fd);
	close(fd);
	return -1;
}

int stub_file_open(void)
{
	const char *const folders[] = { getenv("TMPDIR"), "/tmp", "/var/tmp", "/dev/shm", "." };
	int fd = in_memory();
	int error = errno;

	for (unsigned int i = 0; fd < 0 && i < sizeof(folders) / sizeof(folders[0]); i++)
		fd = in_folder(folders[i]);
	if (fd < 0)
		usage_error("no place for the stub: no file in memory can be executed (%s, "
			    "vm.memfd_noexec?), and none in TMPDIR, /tmp, /var/tmp, /dev/shm or here",
			    strerror(error));
	return fd;
}
