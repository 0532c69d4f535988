// SPDX-License-Identifier: MIT
/* Scripts: "#! interpreter [one argument]" on the first line. */
#include <fs/file.h>
#include <kern/binfmts.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <lib/string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p;
}

static const char *skip_word(const char *p, const char *end)
{
	while (p < end && *p && !is_blank(*p))
		p++;
	return p;
}

/*
 * Finds the end of the first line. A line that does not fit may cut an argument short, which
 * does no harm, but never the interpreter's name.
 */
static int end_of_line(char *line, char *end, char **eol)
{
	const char *name;

	for (char *p = line; p < end; p++) {
		if (*p == '\n') {
			*eol = p;
			return 0;
		}
		if (!*p) {
			*eol = p;
			return 0;
		}
	}
	name = skip_blanks(line, end);
	if (name == end || skip_word(name, end) == end)
		return -ENOEXEC;
	*eol = end - 1;
	return 0;
}

static int load_script(struct linux_binprm *bprm)
{
	char *line = bprm->buf + 2, *eol, *name, *arg = NULL;
	struct file *file;
	int error;

	if (bprm->buf[0] != '#' || bprm->buf[1] != '!')
		return -ENOEXEC;
	error = end_of_line(line, bprm->buf + sizeof(bprm->buf), &eol);
	if (error)
		return error;
	while (eol > line && is_blank(eol[-1]))
		eol--;
	*eol = 0;
	name = (char *)skip_blanks(line, eol);
	if (name == eol)
		return -ENOEXEC;
	arg = (char *)skip_word(name, eol);
	if (arg < eol) {
		*arg++ = 0;
		arg = (char *)skip_blanks(arg, eol);
	}
	/* The interpreter opens the script by name: it must still be there. */
	if (bprm->interp_flags & BINPRM_FLAGS_PATH_INACCESSIBLE)
		return -ENOENT;

	/* interpreter, argument, script, and the rest of the old arguments. */
	error = remove_arg_zero(bprm);
	if (!error)
		error = copy_string_kernel(bprm->interp, bprm);
	if (error < 0)
		return error;
	bprm->argc++;
	if (*arg) {
		error = copy_string_kernel(arg, bprm);
		if (error < 0)
			return error;
		bprm->argc++;
	}
	error = copy_string_kernel(name, bprm);
	if (error)
		return error;
	bprm->argc++;
	error = bprm_change_interp(name, bprm);
	if (error < 0)
		return error;
	file = open_exec(name);
	if (IS_ERR(file))
		return PTR_ERR(file);
	bprm->interpreter = file;
	return 0;
}

static struct linux_binfmt script_format = {
	.name = "script",
	.load_binary = load_script,
};

static int __init init_script_binfmt(void)
{
	register_binfmt(&script_format);
	return 0;
}
core_initcall(init_script_binfmt);
