# SPDX-License-Identifier: MIT
"""The same command inside and on the host: what it prints and how it ends must not differ."""
import os
import shutil

import driver
from driver import Failure, Skip, equal, run, scratch

# What a kernel that found itself wrong has said, with --verbose.
COMPLAINTS = (r"^\[ *[0-9.]+\] [^\n]*(WARNING|BUG:|Oops|scheduling while atomic|possible deadlock|"
              r"detected stalls|lockup)")


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Skip("no " + program)


def folder():
    """A scratch folder that any user may enter, by its true name."""
    path = os.path.realpath(scratch())
    os.chmod(path, 0o755)
    return path


def write(path, text):
    with open(path, "w") as f:
        f.write(text)


def command(*args, cpus=1, options=()):
    return ([os.path.abspath(driver.VMLINUX), "run", "--cpus", str(cpus)] + list(options) +
            ["--"] + list(args))


def environment(top):
    """One that is the same inside and outside, with the programs of the system."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": top, "LC_ALL": "C.UTF-8",
            "TZ": "UTC"}


def files_below(top):
    return sorted(os.path.join(d, name) for d, _, names in os.walk(top) for name in names)


def same(script, cpus, *options, limit=100, top=None, status=0):
    """Runs a bash script on an overlay inside, then on the host, in one folder; the host's end.

    The run inside comes first: what it writes must not be there for the other one.
    """
    top = top or folder()
    before = files_below(top)
    argv = ["/bin/bash", "-c", script]
    inside = run(command(*argv, cpus=cpus, options=options), limit=limit, cwd=top,
                 env=environment(top))
    equal(files_below(top), before, "files that were written through an overlay")
    host = run(argv, limit=limit, cwd=top, env=environment(top))
    if (inside.status, inside.out) != (host.status, host.out):
        raise Failure("inside and on the host it differs\n%s" % difference(inside, host))
    equal(host.status, status, host.err.decode(errors="replace")[-1500:])
    return host


def difference(inside, host):
    """The first line that differs, with what was said on standard error."""
    mine, theirs = (end.out.decode(errors="replace").splitlines() for end in (inside, host))
    for i in range(max(len(mine), len(theirs))):
        a = mine[i] if i < len(mine) else "(nothing)"
        b = theirs[i] if i < len(theirs) else "(nothing)"
        if a != b:
            text = "line %d:\n  inside: %s\n  host:   %s\n" % (i + 1, a[:500], b[:500])
            break
    else:
        text = ""
    return text + "status %s and %s\nstderr inside: %s\nstderr host: %s" % (
        inside.status, host.status, inside.err[-1500:].decode(errors="replace"),
        host.err[-700:].decode(errors="replace"))
