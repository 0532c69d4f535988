// SPDX-License-Identifier: MIT
/*
 * Symbols of our own binary, for an oops. The file is opened at start, and mapped at the first
 * look-up; a look-up is a walk over the symbol table: slow, and async-signal-safe.
 */
#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "internal.h"
#include "sys.h"

static int self_fd = -1;
static const unsigned char *image;
static unsigned long image_size;

void symbols_prepare(void)
{
	struct stat st;

	self_fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (self_fd >= 0 && !fstat(self_fd, &st))
		image_size = st.st_size;
}

static bool map_image(void)
{
	long map;

	if (image)
		return true;
	if (self_fd < 0 || image_size < sizeof(Elf64_Ehdr))
		return false;
	map = sys6(SYS_mmap, 0, image_size, PROT_READ, MAP_PRIVATE, self_fd, 0);
	if (map < 0)
		return false;
	image = (const unsigned char *)map;
	return true;
}

/* The symbol table's section header, or NULL. */
static const Elf64_Shdr *symbol_section(void)
{
	const Elf64_Ehdr *ehdr = (const void *)image;
	const Elf64_Shdr *shdr = (const void *)(image + ehdr->e_shoff);

	if (ehdr->e_shoff + ehdr->e_shnum * sizeof(*shdr) > image_size)
		return NULL;
	for (unsigned int i = 0; i < ehdr->e_shnum; i++) {
		if (shdr[i].sh_type == SHT_SYMTAB && shdr[i].sh_link < ehdr->e_shnum)
			return &shdr[i];
	}
	return NULL;
}

int host_symbol_lookup(unsigned long address, struct host_symbol *symbol)
{
	const Elf64_Shdr *section, *sections;
	const Elf64_Sym *symbols, *best = NULL;
	unsigned long count;

	if (!map_image())
		return 0;
	section = symbol_section();
	if (!section)
		return 0;
	sections = (const void *)(image + ((const Elf64_Ehdr *)image)->e_shoff);
	symbols = (const void *)(image + section->sh_offset);
	count = section->sh_size / sizeof(*symbols);
	for (unsigned long i = 0; i < count; i++) {
		const Elf64_Sym *s = &symbols[i];
		unsigned int type = ELF64_ST_TYPE(s->st_info);

		if (type == STT_SECTION || type == STT_FILE || s->st_shndx == SHN_UNDEF)
			continue;
		if (s->st_value <= address && (!best || s->st_value > best->st_value ||
					       (s->st_value == best->st_value && s->st_size > best->st_size)))
			best = s;
	}
	if (!best || address - best->st_value > (best->st_size ? best->st_size : 1UL << 16))
		return 0;
	symbol->name = (const char *)image + sections[section->sh_link].sh_offset + best->st_name;
	symbol->address = best->st_value;
	symbol->size = best->st_size;
	return 1;
}

/* nm's letter: where the symbol lies, small when it is local. */
static char symbol_kind(const Elf64_Sym *s, const Elf64_Shdr *sections, unsigned int nsections)
{
	char kind = 'd';

	if (s->st_shndx == SHN_ABS)
		kind = 'a';
	else if (s->st_shndx >= nsections)
		return '?';
	else if (sections[s->st_shndx].sh_flags & SHF_EXECINSTR)
		kind = 't';
	else if (!(sections[s->st_shndx].sh_flags & SHF_WRITE))
		kind = 'r';
	else if (sections[s->st_shndx].sh_type == SHT_NOBITS)
		kind = 'b';
	return ELF64_ST_BIND(s->st_info) == STB_LOCAL ? kind : kind - 'a' + 'A';
}

int host_symbol_next(unsigned long *index, struct host_symbol *symbol, char *kind)
{
	const Elf64_Shdr *section, *sections;
	const Elf64_Sym *symbols;
	unsigned long count;

	if (!map_image())
		return 0;
	section = symbol_section();
	if (!section)
		return 0;
	sections = (const void *)(image + ((const Elf64_Ehdr *)image)->e_shoff);
	symbols = (const void *)(image + section->sh_offset);
	count = section->sh_size / sizeof(*symbols);
	while (*index < count) {
		const Elf64_Sym *s = &symbols[(*index)++];
		unsigned int type = ELF64_ST_TYPE(s->st_info);

		if (type != STT_FUNC && type != STT_OBJECT && type != STT_NOTYPE)
			continue;
		if (s->st_shndx == SHN_UNDEF || !s->st_name)
			continue;
		symbol->name = (const char *)image + sections[section->sh_link].sh_offset + s->st_name;
		symbol->address = s->st_value;
		symbol->size = s->st_size;
		*kind = symbol_kind(s, sections, ((const Elf64_Ehdr *)image)->e_shnum);
		return 1;
	}
	return 0;
}
