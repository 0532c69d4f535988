# SPDX-License-Identifier: MIT
"""Integration tests: functions of tests/integration/test_*.py, each in a process of its own."""
import importlib
import os
import signal
import sys
import time
import traceback

from . import proc

DEFAULT_LIMIT = 60


def load(ctx):
    folder = os.path.join(ctx.root, "tests", "integration")
    sys.path.insert(0, folder)
    os.environ["VMLINUX"] = ctx.vmlinux
    os.environ["VMLINUX_BUILD"] = ctx.build
    os.environ["VMLINUX_ROOT"] = ctx.root
    os.environ["VMLINUX_TEST_CACHE"] = ctx.folder
    modules = []
    for name in sorted(os.listdir(folder)):
        if name.startswith("test_") and name.endswith(".py"):
            modules.append(importlib.import_module(name[:-3]))
    import driver
    tests = driver.registered(modules)
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK) and os.path.isfile(path):
            tests.append(Program(path))
    if ctx.long:
        os.environ["ROUNDS"] = "50"
    return tests


class Program:
    """An executable file of the folder is a test too: status 0 passes, 77 skips."""

    limit = 240
    long = False
    hours = False

    def __init__(self, path):
        self.path = path
        self.name = os.path.splitext(os.path.basename(path))[0]

    def call(self):
        os.execv(self.path, [self.path])


def report(error):
    """The message, and the lines of the test that led there; not Python's own frames."""
    for frame in traceback.extract_tb(error.__traceback__):
        if os.path.basename(frame.filename).startswith("test_"):
            print("%s:%d: %s" % (os.path.basename(frame.filename), frame.lineno, frame.line))
    print("%s: %s" % (type(error).__name__, error))


def in_child(test, path):
    """Runs the test function; never returns."""
    status = 99
    try:
        os.setsid()
        out = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
        null = os.open("/dev/null", os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(out, 1)
        os.dup2(out, 2)
        sys.stdout = os.fdopen(1, "w", buffering=1, errors="replace", closefd=False)
        sys.stderr = sys.stdout
        status = test.call()
    except BaseException as error:       # whatever it is, it is the test's failure
        report(error)
        status = 1
    finally:
        try:
            sys.stdout.flush()
        finally:
            os._exit(status)


def run_one(ctx, test):
    path = os.path.join(ctx.folder, "integration.out")
    start = time.monotonic()
    limit = ctx.limit(test.limit)
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        in_child(test, path)
    timed_out, status, pause = False, None, 0.002
    while True:
        done, raw = os.waitpid(pid, os.WNOHANG)
        if done:
            status = os.waitstatus_to_exitcode(raw)
            break
        if time.monotonic() - start > limit:
            timed_out = True
            below = proc.descendants(pid)
            proc.kill(pid, signal.SIGKILL)
            for p in below:
                proc.kill(p)
            os.waitpid(pid, 0)
            break
        time.sleep(pause)
        pause = min(pause * 1.5, 0.02)
    seconds = time.monotonic() - start
    left = proc.leftovers()
    try:
        with open(path, "rb") as f:
            text = f.read()[-8000:].decode(errors="replace")
    except OSError:
        text = ""
    if timed_out:
        outcome, text = "fail", text + "\ntime limit of %d s" % limit
    elif status == 0 and left:
        outcome, text = "fail", text + "\nleft behind: " + "; ".join(left)
    elif status == 0:
        outcome = "pass"
    elif status == 77:
        outcome = "skip"
    else:
        outcome = "fail"
    ctx.results.add("integration/" + test.name, outcome, seconds, text)


def run(ctx):
    tests = [t for t in load(ctx) if (ctx.long or not t.long) and (ctx.patterns or not t.hours)]
    for i, test in enumerate(tests):
        if not ctx.wanted("integration/" + test.name):
            continue
        if ctx.out_of_time():
            ctx.fail_rest(n for n in ("integration/" + t.name for t in tests[i:]) if ctx.wanted(n))
            return
        run_one(ctx, test)
