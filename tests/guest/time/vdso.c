// SPDX-License-Identifier: MIT
/* The vDSO: found through the auxiliary vector, its symbols, and that it agrees with the calls. */
#include "test.h"

#include <elf.h>
#include <signal.h>
#include <stdbool.h>
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>

static int (*v_gettime)(clockid_t, struct timespec *);
static int (*v_getres)(clockid_t, struct timespec *);
static int (*v_gettimeofday)(struct timeval *, struct timezone *);
static time_t (*v_time)(time_t *);
static long (*v_getcpu)(unsigned int *, unsigned int *, void *);

struct image {
	const char *base, *strings;
	const Elf64_Sym *symbols;
	const Elf64_Half *versions;
	const Elf64_Verdef *definitions;
	const Elf64_Word *hash;
};

static bool image_read(struct image *image)
{
	const char *base = (const char *)getauxval(AT_SYSINFO_EHDR);
	const Elf64_Ehdr *header = (const void *)base;
	const Elf64_Phdr *ph;
	const Elf64_Dyn *dyn = NULL;

	memset(image, 0, sizeof(*image));
	if (!base || memcmp(base, ELFMAG, SELFMAG))
		return false;
	image->base = base;
	ph = (const void *)(base + header->e_phoff);
	for (int i = 0; i < header->e_phnum; i++)
		if (ph[i].p_type == PT_DYNAMIC)
			dyn = (const void *)(base + ph[i].p_offset);
	for (; dyn && dyn->d_tag != DT_NULL; dyn++) {
		const void *at = base + dyn->d_un.d_ptr;

		if (dyn->d_tag == DT_STRTAB)
			image->strings = at;
		else if (dyn->d_tag == DT_SYMTAB)
			image->symbols = at;
		else if (dyn->d_tag == DT_VERSYM)
			image->versions = at;
		else if (dyn->d_tag == DT_VERDEF)
			image->definitions = at;
		else if (dyn->d_tag == DT_HASH)
			image->hash = at;
	}
	return image->strings && image->symbols && image->versions && image->definitions;
}

/* A symbol of version LINUX_2.6, as glibc looks for it; the table ends where the strings begin. */
static void *find(const struct image *image, const char *name)
{
	const Elf64_Sym *sym = image->symbols;

	for (size_t i = 1; (const char *)(sym + i) < image->strings; i++) {
		const Elf64_Verdef *def = image->definitions;

		if (strcmp(image->strings + sym[i].st_name, name) || !sym[i].st_shndx)
			continue;
		for (; def->vd_ndx != (image->versions[i] & 0x7fff); def = (const void *)((const char *)def + def->vd_next))
			if (!def->vd_next)
				return NULL;
		const Elf64_Verdaux *aux = (const void *)((const char *)def + def->vd_aux);

		return strcmp(image->strings + aux->vda_name, "LINUX_2.6") ?
			       NULL :
			       (void *)(image->base + sym[i].st_value);
	}
	return NULL;
}

static void symbols_are_there(void)
{
	struct image image;

	NEED(image_read(&image));
	NEED(v_gettime = find(&image, "__vdso_clock_gettime"));
	NEED(v_getres = find(&image, "__vdso_clock_getres"));
	NEED(v_gettimeofday = find(&image, "__vdso_gettimeofday"));
	NEED(v_time = find(&image, "__vdso_time"));
	NEED(v_getcpu = find(&image, "__vdso_getcpu"));
	CHECK_EQ(find(&image, "clock_gettime"), (void *)v_gettime);
	CHECK_EQ(find(&image, "gettimeofday"), (void *)v_gettimeofday);
	CHECK(find(&image, "time") && find(&image, "getcpu") && find(&image, "clock_getres"));
}

static long long ns_of(const struct timespec *ts)
{
	CHECK(ts->tv_nsec >= 0 && ts->tv_nsec < 1000000000);
	return ts->tv_sec * 1000000000LL + ts->tv_nsec;
}

static long long by_call(clockid_t clock)
{
	struct timespec ts;

	CHECK_EQ(syscall(SYS_clock_gettime, clock, &ts), 0);
	return ns_of(&ts);
}

static long long by_vdso(clockid_t clock)
{
	struct timespec ts;

	CHECK_EQ(v_gettime(clock, &ts), 0);
	return ns_of(&ts);
}

static const clockid_t clocks[] = {
	CLOCK_REALTIME, CLOCK_MONOTONIC,       CLOCK_MONOTONIC_RAW,   CLOCK_BOOTTIME,
	CLOCK_TAI,	CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE
};

static void agrees_with_the_call(void)
{
	for (unsigned int i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		long long last = by_call(clocks[i]);

		for (int n = 0; n < 3000; n++) {
			long long now = n & 1 ? by_call(clocks[i]) : by_vdso(clocks[i]);

			if (now < last) {
				FAIL("clock %d went back by %lld", clocks[i], last - now);
				break;
			}
			last = now;
		}
	}
}

static void other_clocks_are_asked_for(void)
{
	struct timespec a, b;

	CHECK_EQ(v_gettime(CLOCK_THREAD_CPUTIME_ID, &a), 0);
	CHECK_EQ(v_gettime(CLOCK_PROCESS_CPUTIME_ID, &b), 0);
	CHECK_LE(ns_of(&a), ns_of(&b));
	CHECK_EQ(v_gettime(77, &a), -EINVAL);
	CHECK_EQ(v_getres(77, &a), -EINVAL);
	CHECK_EQ(v_gettime(-1, &a), -EINVAL);
}

static void resolutions(void)
{
	for (unsigned int i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		struct timespec a, b;

		CHECK_EQ(v_getres(clocks[i], &a), 0);
		CHECK_EQ(syscall(SYS_clock_getres, clocks[i], &b), 0);
		CHECK_EQ(ns_of(&a), ns_of(&b));
		CHECK_EQ(v_getres(clocks[i], NULL), 0);
	}
}

static void time_of_day(void)
{
	struct timezone mine, theirs;
	struct timeval tv;
	time_t now, stored;

	CHECK_EQ(v_gettimeofday(&tv, &mine), 0);
	CHECK_LE(llabs(by_call(CLOCK_REALTIME) / 1000 - (tv.tv_sec * 1000000LL + tv.tv_usec)),
		 1000000);
	CHECK_EQ(syscall(SYS_gettimeofday, NULL, &theirs), 0);
	CHECK_EQ(mine.tz_minuteswest, theirs.tz_minuteswest);
	CHECK_EQ(v_gettimeofday(NULL, NULL), 0);
	now = v_time(&stored);
	CHECK_EQ(now, stored);
	CHECK_LE(llabs(syscall(SYS_time, NULL) - now), 1);
	CHECK_LE(llabs(v_time(NULL) - now), 1);
}

static void processor_number(void)
{
	unsigned int cpu = ~0U, node = ~0U;

	CHECK_EQ(v_getcpu(&cpu, &node, NULL), 0);
	CHECK_LT(cpu, sysconf(_SC_NPROCESSORS_CONF));
	CHECK_LT(node, 64);
	CHECK_EQ(v_getcpu(NULL, NULL, NULL), 0);
}

/* One thread writes what it read, another must not read less afterwards. */
static long long shared_last;
static volatile bool racing;

static void *racer(void *clock)
{
	int back = 0;

	while (racing) {
		long long last = __atomic_load_n(&shared_last, __ATOMIC_SEQ_CST);
		long long now = by_vdso((long)clock);

		back += now < last;
		while (now > last && !__atomic_compare_exchange_n(&shared_last, &last, now, false,
								  __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			;
		last = __atomic_load_n(&shared_last, __ATOMIC_SEQ_CST);
		back += by_call((long)clock) < last;
	}
	return (void *)(long)back;
}

static void threads_agree(void)
{
	static const clockid_t two[] = { CLOCK_MONOTONIC, CLOCK_REALTIME };

	for (int i = 0; i < 2; i++) {
		pthread_t threads[3];

		shared_last = 0;
		racing = true;
		for (int t = 0; t < 3; t++)
			NEED(!pthread_create(&threads[t], NULL, racer, (void *)(long)two[i]));
		test_sleep_ms(200);
		racing = false;
		for (int t = 0; t < 3; t++) {
			void *back;

			pthread_join(threads[t], &back);
			CHECK_EQ((long)back, 0);
		}
	}
}

static void maps_show_it(void)
{
	unsigned long at = getauxval(AT_SYSINFO_EHDR), start, end;
	bool image = false, data = false, vsyscall = false;
	char line[512], mode[8];
	FILE *f = fopen("/proc/self/maps", "r");

	NEED(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx %7s", &start, &end, mode) != 3)
			continue;
		if (strstr(line, "[vdso]"))
			image = start == at && !strcmp(mode, "r-xp");
		if (strstr(line, "[vvar]"))
			data = !strcmp(mode, "r--p");
		if (strstr(line, "[vsyscall]"))
			vsyscall = start == 0xffffffffff600000 && !strcmp(mode, "--xp");
	}
	fclose(f);
	CHECK(image);
	CHECK(data);
	if (!vsyscall)
		fprintf(stderr, "no vsyscall page shown here\n");
}

static void write_image(void)
{
	*(volatile char *)getauxval(AT_SYSINFO_EHDR) = 1;
}

/* The image can be read, and written to by a debugger only; the data behind it not at all. */
static void nobody_writes_it(void)
{
	char *at = (char *)getauxval(AT_SYSINFO_EHDR);

	CHECK_ERR(mprotect(at - 4096, 4096, PROT_READ | PROT_WRITE), EACCES);
	CHECK_EQ(test_in_child(write_image), SIGSEGV);
}

/* The old page: three entries, each a function. */
static void vsyscall_entries(void)
{
	int (*old_gettimeofday)(struct timeval *, struct timezone *) = (void *)0xffffffffff600000;
	time_t (*old_time)(time_t *) = (void *)0xffffffffff600400;
	struct timeval tv = { 0 };
	char line[512];
	bool there = false;
	FILE *f = fopen("/proc/self/maps", "r");

	NEED(f);
	while (fgets(line, sizeof(line), f))
		there |= !!strstr(line, "[vsyscall]");
	fclose(f);
	if (!there)
		return;
	CHECK_LE(llabs(old_time(NULL) - time(NULL)), 1);
	CHECK_EQ(old_gettimeofday(&tv, NULL), 0);
	CHECK_LE(llabs(tv.tv_sec - time(NULL)), 1);
}

static void survives_fork(void)
{
	CHECK_GT(by_vdso(CLOCK_MONOTONIC), 0);
	agrees_with_the_call();
}

int main(void)
{
	RUN(symbols_are_there);
	RUN(agrees_with_the_call);
	RUN(other_clocks_are_asked_for);
	RUN(resolutions);
	RUN(time_of_day);
	RUN(processor_number);
	RUN(threads_agree);
	RUN(maps_show_it);
	RUN(nobody_writes_it);
	RUN(vsyscall_entries);
	RUN_IN_CHILD(survives_fork);
	return test_done();
}
