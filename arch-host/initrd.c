// SPDX-License-Identifier: MIT
/*
 * The initial cpio archive. The built-in one is plain and stays in the binary; a file is
 * decompressed (gzip, zstd or plain) into RAM before the kernel starts, and walked once, so
 * that a damaged one is named here and not by a half-booted system.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include "internal.h"

/* The built-in archive (init/init.mk). */
extern const char vmlinux_initramfs[] __attribute__((weak));
extern const char vmlinux_initramfs_end[] __attribute__((weak));

/* Where in RAM the archive goes: above the first pages. */
#define INITRD_OFFSET (64UL << 10)

struct input {
	const char *path;
	const unsigned char *data;
	size_t size;
};

struct output {
	unsigned char *data;
	size_t size;
	size_t room;
};

static void damaged(const char *path, const char *why)
{
	usage_error("initrd \"%s\" is damaged: %s", path, why);
}

static void too_big(const char *path)
{
	usage_error("initrd \"%s\" does not fit: raise mem=", path);
}

static void unpack_plain(const struct input *in, struct output *out)
{
	if (in->size > out->room)
		too_big(in->path);
	memcpy(out->data, in->data, in->size);
	out->size = in->size;
}

static void unpack_gzip(const struct input *in, struct output *out)
{
	z_stream stream = { .next_in = (unsigned char *)in->data };
	size_t left = in->size;
	int status = inflateInit2(&stream, 16 + MAX_WBITS);

	if (status != Z_OK)
		usage_error("no memory to decompress the initrd");
	/* Several members may follow each other; zeros after the last are padding. */
	while (left && *stream.next_in) {
		do {
			stream.avail_in = left > (1U << 30) ? 1U << 30 : left;
			stream.next_out = out->data + out->size;
			stream.avail_out = out->room - out->size > (1U << 30) ? 1U << 30 : out->room - out->size;
			if (!stream.avail_out)
				too_big(in->path);
			const unsigned char *from = stream.next_in, *to = stream.next_out;
			status = inflate(&stream, Z_NO_FLUSH);
			left -= stream.next_in - from;
			out->size += stream.next_out - to;
			if (status == Z_BUF_ERROR || (status == Z_OK && !left && stream.avail_out))
				damaged(in->path, "the gzip data end too early");
			if (status != Z_OK && status != Z_STREAM_END)
				damaged(in->path, "broken gzip data");
		} while (status != Z_STREAM_END);
		inflateReset(&stream);
	}
	inflateEnd(&stream);
}

static void unpack_zstd(const struct input *in, struct output *out)
{
	ZSTD_DCtx *context = ZSTD_createDCtx();
	ZSTD_inBuffer from = { .src = in->data, .size = in->size };
	ZSTD_outBuffer to = { .dst = out->data, .size = out->room };
	size_t status = 1;

	if (!context)
		usage_error("no memory to decompress the initrd");
	while (from.pos < from.size) {
		status = ZSTD_decompressStream(context, &to, &from);
		if (ZSTD_isError(status))
			damaged(in->path, "broken zstd data");
		if (status && to.pos == to.size)
			too_big(in->path);
	}
	if (status)
		damaged(in->path, "the zstd data end too early");
	ZSTD_freeDCtx(context);
	out->size = to.pos;
}

/* A field of a cpio header: 8 hexadecimal digits. ~0UL when malformed. */
static unsigned long hex(const unsigned char *digits)
{
	char text[9], *end;
	unsigned long value;

	memcpy(text, digits, 8);
	text[8] = '\0';
	value = strtoul(text, &end, 16);
	return *end || text[0] == '-' || text[0] == ' ' ? ~0UL : value;
}

/* Walks the archive: every header in order, a trailer at the end. */
static void check_cpio(const char *path, const unsigned char *data, size_t size)
{
	size_t at = 0;

	while (at + 110 <= size) {
		unsigned long file_size, name_size;
		const unsigned char *header = data + at;

		if (memcmp(header, "070701", 6) && memcmp(header, "070702", 6))
			damaged(path, "a cpio header is missing");
		file_size = hex(header + 54);
		name_size = hex(header + 94);
		if (file_size > size || name_size > 4096 || !name_size || at + 110 + name_size > size)
			damaged(path, "a cpio header makes no sense");
		if (name_size == 11 && !memcmp(header + 110, "TRAILER!!!", 11))
			return;
		at = (at + 110 + name_size + 3) & ~3UL;
		at = (at + file_size + 3) & ~3UL;
	}
	damaged(path, "the cpio archive has no end");
}

static void map_file(const char *path, struct input *in)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		usage_error("initrd \"%s\": %s", path, strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		usage_error("initrd \"%s\" is not a regular file", path);
	if (st.st_size < 4)
		damaged(path, "the file is too short");
	in->path = path;
	in->size = st.st_size;
	in->data = mmap(NULL, in->size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (in->data == MAP_FAILED)
		usage_error("initrd \"%s\": %s", path, strerror(errno));
	close(fd);
}

void initrd_load(const char *path)
{
	static const unsigned char gzip_magic[] = { 0x1f, 0x8b };
	static const unsigned char zstd_magic[] = { 0x28, 0xb5, 0x2f, 0xfd };
	struct output out = { .data = (unsigned char *)HOST_RAM_BASE + INITRD_OFFSET,
			      .room = host_info.ram_size - INITRD_OFFSET - (2UL << 20) };
	struct input in;

	if (!path) {
		host_info.initrd = vmlinux_initramfs;
		host_info.initrd_size = vmlinux_initramfs_end - vmlinux_initramfs;
		return;
	}
	map_file(path, &in);
	if (!memcmp(in.data, gzip_magic, sizeof(gzip_magic)))
		unpack_gzip(&in, &out);
	else if (!memcmp(in.data, zstd_magic, sizeof(zstd_magic)))
		unpack_zstd(&in, &out);
	else if (!memcmp(in.data, "0707", 4))
		unpack_plain(&in, &out);
	else
		usage_error("initrd \"%s\" is neither cpio, gzip nor zstd", path);
	munmap((void *)in.data, in.size);
	check_cpio(path, out.data, out.size);
	host_info.initrd = out.data;
	host_info.initrd_size = out.size;
}
