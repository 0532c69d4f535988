/* SPDX-License-Identifier: MIT */
/* Mount options: reading and showing them. */
#include <fs/dentry.h>
#include <fs/seq_file.h>
#include <kern/err.h>
#include <lib/string.h>
#include <mm/slab.h>

#include "internal.h"

/* Takes the next option off, up to a comma without a backslash before it. */
static char *next_option(char **s)
{
	char *start = *s, *p;

	if (!start)
		return NULL;
	for (p = start; *p && *p != ','; p++)
		if (p[0] == '\\' && p[1])
			p++;
	*s = *p ? p + 1 : NULL;
	*p = '\0';
	return start;
}

/* A backslash makes the next character an ordinary one. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (*s == '\\' && s[1])
			s++;
		*to++ = *s;
	}
	*to = '\0';
}

static int set_string(char **to, const char *value)
{
	kfree(*to);
	*to = kstrdup(value, GFP_KERNEL);
	if (!*to)
		return -ENOMEM;
	unescape(*to);
	return **to ? 0 : -EINVAL;
}

static int add_lower(char ***lower, unsigned int *numlower, const char *name)
{
	char **more;

	if (!*name || *numlower >= OVL_MAX_LAYERS)
		return -EINVAL;
	more = krealloc_array(*lower, *numlower + 1, sizeof(*more), GFP_KERNEL);
	if (!more)
		return -ENOMEM;
	*lower = more;
	more[*numlower] = kstrdup(name, GFP_KERNEL);
	if (!more[*numlower])
		return -ENOMEM;
	unescape(more[(*numlower)++]);
	return 0;
}

/* lowerdir=: several, divided by colons. */
static int split_lower(char ***lower, unsigned int *numlower, char *value)
{
	int error = 0;

	while (!error && value) {
		char *p = value;

		while (*p && *p != ':')
			p += p[0] == '\\' && p[1] ? 2 : 1;
		if (*p)
			*p++ = '\0';
		else
			p = NULL;
		error = add_lower(lower, numlower, value);
		value = p;
	}
	return error;
}

static int on_off(const char *value, bool *to)
{
	if (strcmp(value, "on") && strcmp(value, "off"))
		return -EINVAL;
	*to = value[1] == 'n';
	return 0;
}

static int set_redirect(struct ovl_fs *ofs, const char *value)
{
	static const char *const names[] = { "off", "follow", "nofollow", "on" };
	int i = match_string(names, 4, value);

	if (i < 0)
		return -EINVAL;
	/* "off" makes none but follows those that are there, as Linux does by default. */
	ofs->redirect = i == OVL_REDIRECT_OFF ? OVL_REDIRECT_FOLLOW : i;
	return 0;
}

static int set_xino(struct ovl_fs *ofs, const char *value)
{
	static const char *const names[] = { "off", "auto", "on" };
	int i = match_string(names, 3, value);

	if (i < 0)
		return -EINVAL;
	ofs->xino = i;
	return 0;
}

static int parse_flag(struct ovl_fs *ofs, const char *name)
{
	if (!strcmp(name, "userxattr"))
		ofs->userxattr = true;
	else if (!strcmp(name, "volatile"))
		ofs->is_volatile = true;
	else if (!strcmp(name, "default_permissions"))
		ofs->default_permissions = true;
	else
		return -EINVAL;
	return 0;
}

/* What other kernels do and this one does not can only be switched off. */
static int parse_unsupported(const char *value)
{
	bool on;

	return on_off(value, &on) || on ? -EINVAL : 0;
}

static int parse_one(struct ovl_fs *ofs, const char *name, char *value, char ***lower,
		     unsigned int *numlower)
{
	if (!strcmp(name, "lowerdir"))
		return *numlower ? -EINVAL : split_lower(lower, numlower, value);
	if (!strcmp(name, "lowerdir+"))
		return add_lower(lower, numlower, value);
	if (!strcmp(name, "upperdir"))
		return set_string(&ofs->upperdir, value);
	if (!strcmp(name, "workdir"))
		return set_string(&ofs->workdir_name, value);
	if (!strcmp(name, "redirect_dir"))
		return set_redirect(ofs, value);
	if (!strcmp(name, "xino"))
		return set_xino(ofs, value);
	if (!strcmp(name, "uuid"))
		return match_string((const char *const[]){ "off", "null", "auto", "on" }, 4, value) < 0 ?
			-EINVAL : 0;
	if (!strcmp(name, "index"))
		return on_off(value, &ofs->index);
	if (!strcmp(name, "metacopy") || !strcmp(name, "nfs_export"))
		return parse_unsupported(value);
	return -EINVAL;
}

int ovl_parse_options(struct ovl_fs *ofs, char *options, char ***lower, unsigned int *numlower)
{
	char *name;

	ofs->redirect = OVL_REDIRECT_FOLLOW;
	ofs->xino = OVL_XINO_AUTO;
	while ((name = next_option(&options))) {
		char *value = strchr(name, '=');
		int error;

		if (!*name)
			continue;
		if (value)
			*value++ = '\0';
		error = value ? parse_one(ofs, name, value, lower, numlower) : parse_flag(ofs, name);
		if (error)
			return error;
	}
	if (!*numlower || !ofs->upperdir != !ofs->workdir_name)
		return -EINVAL;
	return 0;
}

static void show_text(struct seq_file *m, const char *name, const char *value)
{
	seq_puts(m, name);
	seq_escape(m, value, ", \t\n\\");
}

int ovl_show_options(struct seq_file *m, struct dentry *root)
{
	const struct ovl_fs *ofs = OVL_FS(root->d_sb);
	unsigned int i;

	for (i = 1; i < ofs->numlayer; i++) {
		seq_puts(m, i == 1 ? ",lowerdir=" : ":");
		seq_escape(m, ofs->layers[i].name, ",: \t\n\\");
	}
	if (ofs->upperdir) {
		show_text(m, ",upperdir=", ofs->upperdir);
		show_text(m, ",workdir=", ofs->workdir_name);
	}
	if (ofs->default_permissions)
		seq_puts(m, ",default_permissions");
	if (ofs->redirect == OVL_REDIRECT_ON)
		seq_puts(m, ",redirect_dir=on");
	else if (ofs->redirect == OVL_REDIRECT_NOFOLLOW)
		seq_puts(m, ",redirect_dir=nofollow");
	if (ofs->xino != OVL_XINO_AUTO)
		seq_puts(m, ofs->xino == OVL_XINO_ON ? ",xino=on" : ",xino=off");
	if (ofs->indexdir)
		seq_puts(m, ",index=on");
	if (ofs->is_volatile)
		seq_puts(m, ",volatile");
	if (ofs->userxattr)
		seq_puts(m, ",userxattr");
	return 0;
}
