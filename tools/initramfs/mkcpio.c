// SPDX-License-Identifier: MIT
/*
 * Writes a cpio archive (newc) from a list, so that device nodes and owners need no root.
 *
 *   mkcpio LIST >ARCHIVE
 *
 * A line of the list is one of (numbers as in C, # starts a comment):
 *   dir   PATH MODE UID GID
 *   file  PATH SOURCE MODE UID GID
 *   slink PATH TARGET MODE UID GID
 *   nod   PATH MODE UID GID c|b MAJOR MINOR
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *list_name;
static unsigned int line_number;
static unsigned int inode_number = 721;
static unsigned long offset;

static void die(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "mkcpio: %s:%u: ", list_name, line_number);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static void put(const void *data, size_t len)
{
	if (len && fwrite(data, 1, len, stdout) != len)
		die("cannot write: %s", strerror(errno));
	offset += len;
}

static void pad(unsigned int to)
{
	static const char zeros[512];

	put(zeros, (to - offset % to) % to);
}

/* One entry; `data` may be NULL when size is 0. */
static void entry(const char *path, unsigned int mode, unsigned int uid, unsigned int gid,
		  unsigned int major, unsigned int minor, const void *data, size_t size)
{
	char header[192];

	while (*path == '/')
		path++;
	snprintf(header, sizeof(header), "070701%08X%08X%08X%08X%08X%08X%08lX%08X%08X%08X%08X%08lX%08X",
		 inode_number++, mode, uid, gid, S_ISDIR(mode) ? 2 : 1, 0, (unsigned long)size, 0, 0, major, minor,
		 (unsigned long)strlen(path) + 1, 0);
	put(header, 110);
	put(path, strlen(path) + 1);
	pad(4);
	put(data, size);
	pad(4);
}

static void *read_file(const char *name, size_t *size)
{
	FILE *f = fopen(name, "rb");
	char *data;
	long len = -1;

	if (!f)
		die("%s: %s", name, strerror(errno));
	if (fseek(f, 0, SEEK_END) || (len = ftell(f)) < 0 || fseek(f, 0, SEEK_SET))
		die("%s: %s", name, strerror(errno));
	data = malloc(len ? len : 1);
	if (!data)
		die("no memory for %s", name);
	if (fread(data, 1, len, f) != (size_t)len)
		die("%s: cannot read it all", name);
	fclose(f);
	*size = len;
	return data;
}

static void do_line(char *line)
{
	char path[512], other[512], type;
	unsigned int mode, uid, gid, major, minor;

	if (sscanf(line, "dir %511s %i %i %i", path, (int *)&mode, (int *)&uid, (int *)&gid) == 4) {
		entry(path, S_IFDIR | mode, uid, gid, 0, 0, NULL, 0);
	} else if (sscanf(line, "file %511s %511s %i %i %i", path, other, (int *)&mode, (int *)&uid,
			  (int *)&gid) == 5) {
		size_t size;
		void *data = read_file(other, &size);

		entry(path, S_IFREG | mode, uid, gid, 0, 0, data, size);
		free(data);
	} else if (sscanf(line, "slink %511s %511s %i %i %i", path, other, (int *)&mode, (int *)&uid,
			  (int *)&gid) == 5) {
		entry(path, S_IFLNK | mode, uid, gid, 0, 0, other, strlen(other));
	} else if (sscanf(line, "nod %511s %i %i %i %c %i %i", path, (int *)&mode, (int *)&uid,
			  (int *)&gid, &type, (int *)&major, (int *)&minor) == 7 &&
		   (type == 'c' || type == 'b')) {
		entry(path, (type == 'c' ? S_IFCHR : S_IFBLK) | mode, uid, gid, major, minor, NULL, 0);
	} else {
		die("cannot understand this line");
	}
}

int main(int argc, char **argv)
{
	char line[2048];
	FILE *list;

	if (argc != 2) {
		fprintf(stderr, "usage: mkcpio LIST >ARCHIVE\n");
		return 2;
	}
	list_name = argv[1];
	list = fopen(list_name, "r");
	if (!list)
		die("%s", strerror(errno));
	while (fgets(line, sizeof(line), list)) {
		line_number++;
		if (line[0] != '#' && line[strspn(line, " \t\n")])
			do_line(line);
	}
	fclose(list);
	inode_number = 0;
	entry("TRAILER!!!", 0, 0, 0, 0, 0, NULL, 0);
	pad(512);
	if (fflush(stdout))
		die("cannot write: %s", strerror(errno));
	return 0;
}
