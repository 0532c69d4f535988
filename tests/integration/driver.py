# SPDX-License-Identifier: MIT
"""What integration tests are written with.

    from driver import test, boot, Console, equal, check

    @test(limit=30, cpus=(1, 2, 4))
    def echo_prints(cpus):
        equal(boot("ncpus=%d" % cpus, "--", "echo", "hi").out, b"hi\\n")

A test fails by an exception. It runs in a process of its own with a time limit; what it leaves
behind fails it.
"""
import fcntl
import inspect
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

VMLINUX = os.environ.get("VMLINUX", "./vmlinux")
ROOT = os.environ.get("VMLINUX_ROOT", ".")
BUILD = os.environ.get("VMLINUX_BUILD", "build")
TESTS_INITRD = os.path.join(BUILD, "tests", "guest.cpio")

_tests = []


class Test:
    def __init__(self, function, limit, long, cpus, hours):
        module = function.__module__.replace("test_", "", 1)
        self.name = module + "/" + function.__name__
        self.function = function
        self.limit = limit
        self.long = long
        self.hours = hours
        self.args = ()
        if cpus is not None:
            self.name += "/ncpus=%d" % cpus
            self.args = (cpus,)

    def call(self):
        try:
            self.function(*self.args)
        except Skip as why:
            print("skipped:", why)
            return 77
        return 0


class Skip(Exception):
    """The host lacks something."""


class Failure(AssertionError):
    """What a check raises."""


def test(function=None, *, limit=40, long=False, cpus=None, hours=False):
    """Registers a test; with cpus, one for each number, which is passed to the function.

    hours: only for who asks for it by --long and --filter.
    """
    def register(f):
        for n in cpus or (None,):
            _tests.append(Test(f, limit, long, n, hours))
        return f
    return register(function) if function else register


def registered(modules):
    names = {m.__name__ for m in modules}
    return [t for t in _tests if t.function.__module__ in names]


def _where():
    frame = inspect.stack()[2]
    return "%s:%d" % (os.path.basename(frame.filename), frame.lineno)


def check(condition, text=""):
    if not condition:
        raise Failure("%s: %s" % (_where(), text or "not true"))


def _short(value):
    text = repr(value)
    return text if len(text) < 1500 else text[:700] + " ... " + text[-700:]


def equal(got, want, text=""):
    if got != want:
        raise Failure("%s: %s\n  got:    %s\n  wanted: %s" % (_where(), text, _short(got),
                                                          _short(want)))


def contains(text, pattern):
    """A regular expression in text (bytes or str)."""
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    if not re.search(pattern, text, re.M | re.S):
        raise Failure("%s: no %r in %s" % (_where(), pattern, _short(text)))


def lacks(text, pattern):
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    if re.search(pattern, text, re.M | re.S):
        raise Failure("%s: %r in %s" % (_where(), pattern, _short(text)))


class Ended:
    """How a run of ./vmlinux (or of a host program) ended."""

    def __init__(self, status, out, err, seconds):
        self.status = status
        self.out = out
        self.err = err
        self.seconds = seconds

    def expect(self, status, out=None):
        if self.status != status or (out is not None and self.out != out):
            raise Failure("%s: status %s, wanted %s\n  out: %s\n  wanted: %s\n  err: %s" % (
                _where(), self.status, status, _short(self.out), _short(out),
                _short(self.err)))
        return self


def run(argv, stdin=b"", limit=30, env=None, cwd=None, preexec=None):
    """A program with pipes at its three descriptors; stdin: bytes, or an open file."""
    start = time.monotonic()
    source = subprocess.PIPE if isinstance(stdin, bytes) else stdin
    p = subprocess.Popen(argv, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         env=env, cwd=cwd, preexec_fn=preexec)
    try:
        out, err = p.communicate(stdin if isinstance(stdin, bytes) else None, timeout=limit)
    except subprocess.TimeoutExpired:
        p.kill()
        out, err = p.communicate()
        raise Failure("%s: %s did not end in %d s\n  out: %s\n  err: %s" % (
            _where(), " ".join(argv)[:300], limit, _short(out), _short(err))) from None
    return Ended(p.returncode, out, err, time.monotonic() - start)


def boot(*args, stdin=b"", limit=30, quiet=True, preexec=None, env=None):
    """./vmlinux with pipes."""
    argv = [VMLINUX] + (["quiet"] if quiet else []) + list(args)
    return run(argv, stdin=stdin, limit=limit, preexec=preexec, env=env)


def shell(script, *args, limit=30):
    """A shell script inside; its output and status."""
    return boot(*args, "--", "sh", "-c", script, limit=limit)


def busybox():
    """The host's busybox: the one that the initramfs carries."""
    for path in ("/bin/busybox", "/usr/bin/busybox"):
        if os.access(path, os.X_OK):
            return path
    raise Skip("no busybox on the host")


def start(*args, **kwargs):
    """./vmlinux in the background, in a process group of its own."""
    argv = [VMLINUX, "quiet"] + list(args)
    options = dict(stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, start_new_session=True)
    options.update(kwargs)
    return subprocess.Popen(argv, **options)


def wait_until(condition, limit=5.0, text="condition"):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.01)
    raise Failure("%s: %s did not come true in %.0f s" % (_where(), text, limit))


def scratch():
    """A folder that goes away with the test's process."""
    import atexit
    folder = tempfile.mkdtemp(prefix="vmlinux-test.")
    atexit.register(shutil.rmtree, folder, True)
    return folder


class Console:
    """./vmlinux on a pseudo terminal, as a person has it."""

    PROMPT = r"[#$] $"

    def __init__(self, *args, rows=24, cols=80, env=None, quiet=True):
        self.master, self.slave = pty.openpty()
        self.resize(rows, cols)
        self.before = termios.tcgetattr(self.slave)
        slave = self.slave

        def take_terminal():
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        environment = dict(os.environ, TERM="vt100")
        environment.update(env or {})
        argv = [VMLINUX] + (["quiet"] if quiet else []) + list(args)
        self.process = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave,
                                        preexec_fn=take_terminal, env=environment)
        self.raw = ""             # everything so far
        self.text = ""            # the same without the questions to the terminal
        self.seen = 0             # where the next expect() begins

    def resize(self, rows, cols):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def _read(self, timeout):
        ready, _, _ = select.select([self.master], [], [], timeout)
        if not ready:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        self.raw += data.decode(errors="replace")
        self.text = self.raw.replace("\x1b[6n", "")    # "where is the cursor?"
        return bool(data)

    def expect(self, pattern, timeout=15):
        """Waits for a regular expression after what was matched last; the match."""
        end = time.monotonic() + timeout
        while True:
            match = re.compile(pattern, re.M).search(self.text, self.seen)
            if match:
                self.seen = match.end()
                return match
            left = end - time.monotonic()
            if left <= 0 or (self.process.poll() is not None and not self._read(0.1)):
                raise Failure("%s: no %r on the terminal (vmlinux %s); last seen:\n%s" % (
                    _where(), pattern,
                    "runs" if self.process.poll() is None else
                    "ended with %s" % self.process.returncode, self.text[-1500:]))
            self._read(min(left, 0.1))

    def prompt(self, timeout=15):
        return self.expect(self.PROMPT, timeout)

    def send(self, text):
        os.write(self.master, text.encode())

    def line(self, text):
        self.send(text + "\r")

    def command(self, text, timeout=15):
        """Types a command; what it printed up to the next prompt."""
        self.line(text)
        begin = self.seen
        self.prompt(timeout)
        printed = self.text[begin:self.seen].replace("\r", "")
        return printed.partition("\n")[2].rpartition("\n")[0]

    def drain(self, seconds=0.3):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._read(0.05)

    def wait(self, timeout=15):
        end = time.monotonic() + timeout
        while self.process.poll() is None:
            if time.monotonic() > end:
                raise Failure("%s: vmlinux does not end; last seen:\n%s" % (
                    _where(), self.text[-1500:]))
            self._read(0.05)
        self.drain(0.1)
        return self.process.returncode

    def restored(self):
        """Is the terminal as it was before?"""
        return termios.tcgetattr(self.slave) == self.before

    def signal(self, signr):
        self.process.send_signal(signr)


def processes_of(pid):
    """The process and its descendants, from /proc."""
    sys.path.insert(0, os.path.join(ROOT, "tests"))
    from harness import proc
    return [pid] + proc.descendants(pid)


def kill_hard(process):
    process.send_signal(signal.SIGKILL)
    process.wait()
