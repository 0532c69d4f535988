# SPDX-License-Identifier: MIT
"""Guest tests: each on the host's kernel first, then all of them inside at 1, 2 and 4 vCPUs."""
import os
import shutil
import subprocess
import tempfile

from . import proc

HOST_LIMIT = 20
GUEST_LIMIT = 15         # per test, kept by the runner inside
HOSTILE_LIMIT = 40       # the same, for tests that cost many processes their lives
IDLE_LIMIT = 25          # without a line of the runner, beyond the limit: the kernel hangs
BOOT_LIMIT = 400
CPUS = (1, 2, 4)
# trap=ptrace is the same kernel behind another trap: what is near to that, and all with --long.
PTRACE_SHORT = ("trap/", "signal/", "process/", "ptrace/", "futex/")
# Two memory nodes: what is near to memory, and all with --long.
NUMA_SHORT = ("mm/", "numa/", "proc/", "cgroup/mems")
PTRACE_LIMIT = 60        # the tracer makes a trap several times as dear
MAX_BOOTS = 12           # how often a suite is booted again after a test took the kernel down


def find(ctx, folder):
    base = os.path.join(ctx.build, "tests", folder)
    names = []
    for path, _, files in os.walk(base):
        for name in files:
            full = os.path.join(path, name)
            if not name.endswith(".d") and os.access(full, os.X_OK):
                names.append(os.path.relpath(full, base))
    return sorted(names)


def host_command(program):
    """As root in namespaces of its own: a test's kill(-1) or reboot() must not reach the host."""
    if os.geteuid() != 0:
        return [program]
    box = ["unshare", "--pid", "--fork", "--mount-proc", "--ipc", "--uts", "--kill-child"]
    if subprocess.run(box + ["true"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                      stderr=subprocess.DEVNULL, timeout=10, check=False).returncode:
        return [program]
    # The shell is number 1 there, so that the program has no special signals.
    script = 'mount -t tmpfs -o mode=1777 tmpfs /dev/shm; "$0"; exit $?'
    return box + ["sh", "-c", script, program]


def run_on_host(ctx, name):
    scratch = tempfile.mkdtemp(dir=ctx.folder)
    program = os.path.join(ctx.build, "tests", "guest", name)
    result = proc.run(host_command(program), ctx.limit(HOST_LIMIT), ctx.folder, "host", cwd=scratch,
                      env={"TEST_TMPDIR": scratch}, merge=True)
    left = proc.leftovers(grace=0.5)
    text = result.out.decode(errors="replace")
    if result.timed_out:
        outcome, text = "fail", text + "\ntime limit"
    elif result.status == 77:
        outcome = "skip"
    elif result.status == 0:
        outcome = "pass"
    else:
        outcome, text = "fail", text + "\nexit status %s" % result.status
    if left and outcome == "pass":
        text = "left behind: " + "; ".join(left)
    ctx.results.add("guest/host/" + name, outcome, result.seconds, text)
    shutil.rmtree(scratch, ignore_errors=True)


class Boot:
    """Reads the runner's lines of one boot."""

    def __init__(self, ctx, prefix):
        self.ctx = ctx
        self.prefix = prefix
        self.done = set()
        self.current = None
        self.ended = False
        self.lines = []

    def parse(self, text):
        for line in text.splitlines():
            words = line.split()
            if line.startswith("START ") and len(words) == 2:
                self.current, self.lines = words[1], []
            elif line.startswith("TEST ") and len(words) == 4 and words[1] == self.current:
                outcome = words[2] if words[2] in ("pass", "skip") else "fail"
                if words[2] == "timeout":
                    self.lines.append("time limit")
                self.report(self.current, outcome, int(words[3]) / 1000, self.lines)
                self.current = None
            elif line == "END":
                self.ended = True
            else:
                self.lines.append(line)

    def report(self, name, outcome, seconds, lines):
        self.ctx.results.add(self.prefix + name, outcome, seconds, "\n".join(lines))
        self.done.add(name)


def run_inside(ctx, names, cpus, prefix, test_limit=GUEST_LIMIT, trap=None, params=()):
    todo = [n for n in names if ctx.wanted(prefix + n)]
    boots = 0
    trap = trap or ctx.trap
    params = list(params) + (["trap=" + trap] if trap else [])
    if trap == "ptrace":
        test_limit = max(test_limit, PTRACE_LIMIT)
    while todo:
        if ctx.out_of_time() or boots >= MAX_BOOTS:
            ctx.fail_rest((prefix + n for n in todo), "not run: " + (
                "out of time" if ctx.out_of_time() else "the kernel died %d times" % boots))
            return
        boots += 1
        argv = [ctx.vmlinux, "quiet", "mem=512M", "ncpus=%d" % cpus,
                "initrd=" + os.path.join(ctx.build, "tests", "guest.cpio"), "init=/tests/runner"] + params + [
                "--", "limit=%d" % test_limit] + todo
        result = proc.run(argv, ctx.limit(BOOT_LIMIT), ctx.folder, "boot",
                          idle_limit=test_limit + IDLE_LIMIT)
        boot = Boot(ctx, prefix)
        boot.parse(result.out.decode(errors="replace"))
        errors = result.err.decode(errors="replace")[-3000:]
        why = "no output for too long: the kernel hangs" if result.timed_out else \
              "vmlinux ended with status %s" % result.status
        if boot.current:
            boot.report(boot.current, "fail", 0, boot.lines + [why, errors])
        elif not boot.done:
            ctx.fail_rest((prefix + n for n in todo),
                          why + "\n" + "\n".join(boot.lines[-20:]) + errors)
            proc.leftovers()
            return
        elif boot.ended and result.status != 0:
            ctx.results.add(prefix + "power-off", "fail", 0, why + "\n" + errors)
        left = proc.leftovers()
        if left:
            ctx.results.add(prefix + "leaves-nothing-behind", "fail", 0, "\n".join(left))
        todo = [n for n in todo if n not in boot.done]


def run(ctx):
    names = find(ctx, "guest")
    for i, name in enumerate(names):
        if ctx.out_of_time():
            ctx.fail_rest("guest/host/" + n for n in names[i:])
            break
        if ctx.wanted("guest/host/" + name):
            run_on_host(ctx, name)
    for cpus in CPUS:
        run_inside(ctx, names, cpus, "guest/ncpus=%d/" % cpus)
    if ctx.trap:
        return
    short = names if ctx.long else [n for n in names if n.startswith(PTRACE_SHORT)]
    for cpus in CPUS if ctx.long else (2,):
        run_inside(ctx, short, cpus, "guest/trap=ptrace/ncpus=%d/" % cpus, trap="ptrace")
    short = names if ctx.long else [n for n in names if n.startswith(NUMA_SHORT)]
    for cpus in CPUS if ctx.long else (2,):
        run_inside(ctx, short, cpus, "guest/numa=fake=2/ncpus=%d/" % cpus, params=["numa=fake=2"])
    if ctx.long:
        short = [n for n in names if n.startswith(PTRACE_SHORT)]
        run_inside(ctx, short, 2, "guest/nofsgsbase/ncpus=2/", params=["nofsgsbase"])


def run_stub_test(ctx, name, *mode):
    full = "hostile/host/%s/trap=%s" % (name, ",".join(mode))
    if not ctx.wanted(full):
        return
    result = proc.run([os.path.join(ctx.build, "tests", "host", name), *mode], ctx.limit(60),
                      ctx.folder, "host", merge=True)
    left = proc.leftovers()
    text = result.out.decode(errors="replace")[-4000:]
    good = result.status == 0 and not left
    if left:
        text += "\nleft behind: " + "; ".join(left)
    ctx.results.add(full, "pass" if good else "fail", result.seconds,
                    text + "\nstatus %s" % result.status)


def run_hostile(ctx):
    """The stub without a kernel; then programs that attack it, and check that they are held."""
    for name in find(ctx, "host"):
        for mode in (("seccomp",), ("ptrace",), ("seccomp", "nofsgsbase")):
            run_stub_test(ctx, name, *mode)
    names = ["hostile/" + n for n in find(ctx, "hostile")]
    for cpus in CPUS:
        run_inside(ctx, names, cpus, "hostile/ncpus=%d/" % cpus, HOSTILE_LIMIT)
    if ctx.trap:
        return
    if ctx.long:
        run_inside(ctx, names, 2, "hostile/nofsgsbase/ncpus=2/", HOSTILE_LIMIT,
                   params=["nofsgsbase"])
    for cpus in CPUS if ctx.long else (2,):
        run_inside(ctx, names, cpus, "hostile/trap=ptrace/ncpus=%d/" % cpus, HOSTILE_LIMIT,
                   trap="ptrace")
