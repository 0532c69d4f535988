# SPDX-License-Identifier: MIT
"""Processes under control: hard time limits, output in files, nothing left behind.

The test program makes itself the subreaper of everything it starts, so that a process whose
parent died still is its descendant and can be found and killed. No child ever inherits the
program's own standard descriptors: output goes to files, input comes from /dev/null or a file,
so that a process that escapes all this still cannot keep a reader of our output waiting.
"""
import ctypes
import os
import signal
import subprocess
import time

PR_SET_CHILD_SUBREAPER = 36
MARK = "VMLINUX_TEST_MARK"


def become_subreaper():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    os.environ.setdefault(MARK, "%d-%d" % (os.getpid(), int(time.time())))


def _parents():
    """pid -> (parent, state) of every process."""
    table = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % name, "rb") as f:
                rest = f.read().rsplit(b")", 1)[1].split()
        except (OSError, IndexError):
            continue
        table[int(name)] = (int(rest[1]), rest[0].decode())
    return table


def descendants(root=None):
    """Living processes below root (default: this one), zombies not counted."""
    root = root or os.getpid()
    table = _parents()
    children = {}
    for pid, (parent, _) in table.items():
        children.setdefault(parent, []).append(pid)
    found, todo = [], [root]
    while todo:
        for pid in children.get(todo.pop(), []):
            todo.append(pid)
            if table[pid][1] not in "ZX":
                found.append(pid)
    return found


def reap():
    """Takes the status of orphans that ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def describe(pid):
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as f:
            line = f.read().replace(b"\0", b" ").decode(errors="replace").strip()
        with open("/proc/%d/comm" % pid) as f:
            return "%d (%s) %s" % (pid, f.read().strip(), line[:200])
    except OSError:
        return str(pid)


def kill(pid, sig=signal.SIGKILL):
    try:
        os.kill(pid, sig)
    except (ProcessLookupError, PermissionError):
        pass


def kill_group(pgid):
    try:
        os.killpg(pgid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def kill_descendants(root=None, keep=()):
    """Kills everything below root until nothing is left; what was found at first."""
    first = None
    for _ in range(200):
        alive = [p for p in descendants(root) if p not in keep]
        if first is None:
            first = alive
        if not alive:
            break
        for pid in alive:
            kill(pid)
        time.sleep(0.01)
        if root is None:
            reap()
    return first or []


def leftovers(keep=(), grace=1.0):
    """Descriptions of processes that are still there after a grace time; they are killed."""
    end = time.monotonic() + grace
    while True:
        reap()
        alive = [p for p in descendants() if p not in keep]
        if not alive or time.monotonic() >= end:
            break
        time.sleep(0.02)
    text = [describe(p) for p in alive]
    if alive:
        kill_descendants(keep=keep)
    return text


class Result:
    def __init__(self, status, timed_out, seconds, out_path, err_path):
        self.status = status          # exit status; -N for signal N; None when it timed out
        self.timed_out = timed_out
        self.seconds = seconds
        self.out_path = out_path
        self.err_path = err_path

    @staticmethod
    def _read(path, limit=1 << 20):
        with open(path, "rb") as f:
            return f.read(limit)

    @property
    def out(self):
        return self._read(self.out_path)

    @property
    def err(self):
        return self._read(self.err_path)


def run(argv, limit, folder, name, stdin=None, cwd=None, env=None, idle_limit=None, merge=False):
    """Runs argv in its own session with its output in files of `folder`.

    After `limit` seconds (or `idle_limit` seconds without output) the process group and all
    descendants of the process are killed.
    """
    out_path = os.path.join(folder, name + ".out")
    err_path = out_path if merge else os.path.join(folder, name + ".err")
    environment = dict(os.environ)
    environment.update(env or {})
    start = time.monotonic()
    with open(out_path, "wb") as out, open(stdin or "/dev/null", "rb") as source:
        err = out if merge else open(err_path, "wb")
        child = subprocess.Popen(argv, stdin=source, stdout=out, stderr=err, cwd=cwd,
                                 env=environment, start_new_session=True)
        if not merge:
            err.close()
    timed_out, last_size, last_change = False, 0, start
    pause = 0.001
    while True:
        if child.poll() is not None:
            break
        now = time.monotonic()
        size = os.path.getsize(out_path)
        if size != last_size:
            last_size, last_change = size, now
        if now - start > limit or (idle_limit and now - last_change > idle_limit):
            timed_out = True
            below = descendants(child.pid)
            kill_group(child.pid)
            for pid in below:
                kill(pid)
            child.wait()
            break
        time.sleep(pause)
        pause = min(pause * 1.5, 0.02)
    return Result(None if timed_out else child.returncode, timed_out,
                  time.monotonic() - start, out_path, err_path)
