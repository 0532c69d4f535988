# SPDX-License-Identifier: MIT
"""CPython's own regression tests: each case ends inside as it ends on the host."""
import os
import re
import sys

from driver import Failure, Skip, check, run, scratch, test
from programs import command, environment, folder

MODULES = ("os", "posix", "posixpath", "subprocess", "signal", "threading", "thread", "mmap", "poll",
           "select", "selectors", "fcntl", "pty", "tempfile", "shutil", "time", "resource", "wait3",
           "wait4", "fork1", "concurrent_futures", "faulthandler", "gc", "zipfile", "sqlite3")
# Cases that need a socket of the internet families, which are refused; what fails so says so.
NO_INTERNET = re.compile(r"^ERROR: (\w+ \([\w.]+\))\n(?:(?!^(?:ERROR|FAIL): ).)*?^OSError: \[Errno 97\] Address "
                         r"family not supported by protocol", re.M | re.S)
# Those that hide the error.
HIDDEN = re.compile(r"test_os\.TestSendfile\.")
VERDICT = re.compile(r"^(\w+ \([\w.<>]+\))[^\n]*?(?:\n[^\n]*?)?\.\.\. .*?"
                     r"(ok|FAIL|ERROR|skipped|expected failure)\b", re.M | re.S)


def verdicts(text):
    """What each case said, by name; the last word of a case that ran twice."""
    return dict(VERDICT.findall(text))


def interpreter(module):
    """Debian's python3.11, or the one that runs this, whichever has the module."""
    for python in ("/usr/bin/python3.11", sys.executable):
        find = "import importlib.util as u, sys; sys.exit(u.find_spec('test.test_%s') is None)" % module
        if os.access(python, os.X_OK) and not run([python, "-c", find]).status:
            return python
    raise Skip("no test_%s (apt-get install libpython3.11-testsuite)" % module)


def arguments(module):
    # One case wants to see that something of the file system is used.
    return ["sh", "-c", "echo used >used; exec \"$@\"", "sh", interpreter(module), "-m", "test", "-v",
            "-u", "all,-network,-urlfetch,-largefile,-gui,-audio", "test_" + module]


def on_host(module, top):
    cache = os.path.join(os.environ.get("VMLINUX_TEST_CACHE", scratch()), "cpython." + module)
    if not os.path.exists(cache):
        end = run(arguments(module), cwd=top, env=environment(top), limit=900)
        with open(cache + ".new", "wb") as f:
            f.write(b"%d\n" % end.status + end.out + b"\n" + end.err)
        os.rename(cache + ".new", cache)
    with open(cache, "rb") as f:
        status, text = f.read().decode(errors="replace").split("\n", 1)
    return int(status), text


def compare(module, cpus):
    top = folder()
    status, text = on_host(module, top)
    want = verdicts(text)
    check(want, "nothing ran on the host: " + text[-500:])
    end = run(command(*arguments(module), cpus=cpus, options=("--mem", "2G")), cwd=top,
              env=environment(top), limit=900)
    inside = (end.out + b"\n" + end.err).decode(errors="replace")
    got = verdicts(inside)
    excused = set(NO_INTERNET.findall(inside))
    excused.update(name for name in got if HIDDEN.search(name))
    worse = ["%s: %s, on the host %s" % (name, got.get(name, "missing"), verdict)
             for name, verdict in sorted(want.items())
             if got.get(name) != verdict and verdict in ("ok", "expected failure") and
             name not in excused]
    if worse or (status == 0 and end.status and not excused):
        raise Failure("status %d (%d on the host), %d cases differ\n%s\n%s" % (
            end.status, status, len(worse), "\n".join(worse), inside[-3000:]))
    print("%d cases, %d excused" % (len(got), len(excused)))


def register(module):
    def function(cpus):
        compare(module, cpus)
    function.__name__ = module
    function.__module__ = __name__
    test(function, long=True, limit=1900, cpus=(1, 2))


for name in MODULES:
    register(name)
