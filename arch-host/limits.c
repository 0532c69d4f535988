// SPDX-License-Identifier: MIT
/* What the host must offer: checked before anything starts, each lack named in one line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "internal.h"
#include "sys.h"

static unsigned long mega(unsigned long bytes)
{
	return (bytes + (1UL << 20) - 1) >> 20;
}

static void check_file_size(unsigned long need)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_FSIZE, &limit) && limit.rlim_cur != RLIM_INFINITY &&
	    limit.rlim_cur < need)
		usage_error("the file size limit (ulimit -f, RLIMIT_FSIZE) of %lu KiB is below mem=%luM",
			    (unsigned long)limit.rlim_cur >> 10, mega(need));
}

static void check_address_space(unsigned long need)
{
	struct rlimit limit;

	/* The binary, its libraries and its threads' stacks want some more. */
	if (!getrlimit(RLIMIT_AS, &limit) && limit.rlim_cur != RLIM_INFINITY &&
	    limit.rlim_cur < need + (256UL << 20))
		usage_error("the address space limit (ulimit -v, RLIMIT_AS) of %lu MiB is too low for mem=%luM",
			    (unsigned long)limit.rlim_cur >> 20, mega(need));
}

/* Each vCPU's timer counts as a pending signal of the user. */
static void check_timers(unsigned int ncpus)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_SIGPENDING, &limit) && limit.rlim_cur != RLIM_INFINITY &&
	    limit.rlim_cur < ncpus + 8)
		usage_error("the limit of pending signals (ulimit -i, RLIMIT_SIGPENDING) of %lu is too low for ncpus=%u",
			    (unsigned long)limit.rlim_cur, ncpus);
}

/* A number of /proc/meminfo in bytes; 0 when absent. */
static unsigned long meminfo(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtoul(at + strlen(key), NULL, 10) << 10 : 0;
}

static void check_memory(unsigned long need)
{
	char text[4096];
	FILE *file = fopen("/proc/meminfo", "re");
	unsigned long there;
	size_t len;

	if (!file)
		return;
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	there = meminfo(text, "MemAvailable:") + meminfo(text, "SwapFree:");
	if (there && there < need)
		usage_error("not enough memory on the host: mem=%luM, but %lu MiB are available",
			    mega(need), there >> 20);
}

/* The limit in a cgroup file, or ~0UL. */
static unsigned long cgroup_limit(const char *path)
{
	char text[64];
	FILE *file = fopen(path, "re");
	unsigned long limit = ~0UL;

	if (!file)
		return limit;
	if (fgets(text, sizeof(text), file) && text[0] >= '0' && text[0] <= '9')
		limit = strtoul(text, NULL, 10);
	fclose(file);
	return limit;
}

/* Checks a cgroup folder and all its parents, up to the mount point. */
static void check_cgroup_chain(const char *mount, char *group, const char *name, unsigned long need)
{
	for (;;) {
		char path[1024];
		unsigned long limit;
		char *slash;

		snprintf(path, sizeof(path), "%s%s/%s", mount, strcmp(group, "/") ? group : "", name);
		limit = cgroup_limit(path);
		if (limit < need)
			usage_error("the cgroup's memory limit (%s) of %lu MiB is below mem=%luM", path,
				    limit >> 20, mega(need));
		slash = strrchr(group, '/');
		if (!slash || !group[1])
			return;
		if (slash == group)
			slash++;
		*slash = '\0';
	}
}

static void check_cgroup(unsigned long need)
{
	char line[1024];
	FILE *file = fopen("/proc/self/cgroup", "re");

	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		char *names = strchr(line, ':');
		char *group = names ? strchr(names + 1, ':') : NULL;

		if (!group)
			continue;
		*group++ = '\0';
		names++;
		group[strcspn(group, "\n")] = '\0';
		if (!*names) {
			check_cgroup_chain("/sys/fs/cgroup", group, "memory.max", need);
		} else if (strstr(names, "memory")) {
			/* Inside a container the group's folder may be the mount point itself. */
			char root[] = "/";

			check_cgroup_chain("/sys/fs/cgroup/memory", group, "memory.limit_in_bytes", need);
			check_cgroup_chain("/sys/fs/cgroup/memory", root, "memory.limit_in_bytes", need);
		}
	}
	fclose(file);
}

void limits_check(const struct options *options)
{
	check_file_size(options->ram_size);
	check_address_space(options->ram_size);
	check_timers(options->ncpus);
	check_cgroup(options->ram_size);
	check_memory(options->ram_size);
}
