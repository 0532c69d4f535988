# SPDX-License-Identifier: MIT
"""A shell workload that must give, byte for byte, what the host's busybox gives."""
import os
import subprocess

from driver import ROOT, Failure, boot, busybox, equal, run, scratch, test

SCRIPT = os.path.join(ROOT, "tests", "integration", "workload.script")


def on_host():
    """Once a run of the tests; the result is kept in its folder."""
    cache = os.path.join(os.environ.get("VMLINUX_TEST_CACHE", scratch()), "workload.expected")
    if not os.path.exists(cache):
        with open(cache + ".new", "wb") as f:
            f.write(run_on_host())
        os.rename(cache + ".new", cache)
    with open(cache, "rb") as f:
        return f.read()


def run_on_host():
    box, folder = busybox(), scratch()
    links, work = os.path.join(folder, "bin"), os.path.join(folder, "work")
    os.mkdir(links)
    os.mkdir(work)
    subprocess.run([box, "--install", "-s", links], check=True)
    env = {"PATH": links, "BIN": links, "HOME": folder, "LC_ALL": "C"}
    ended = run([os.path.join(links, "sh"), SCRIPT, work], env=env, limit=100)
    equal(ended.status, 0, ended.err.decode(errors="replace"))
    return ended.out


def inside(cpus):
    with open(SCRIPT, encoding="utf-8") as f:
        script = f.read()
    setup = ("export BIN=/bin PATH=/bin:/sbin:/usr/bin:/usr/sbin LC_ALL=C; mkdir -p /tmp/work; "
             "cat >/tmp/script; exec sh /tmp/script /tmp/work")
    return boot("ncpus=%d" % cpus, "--", "sh", "-c", setup, stdin=script.encode(), limit=200)


def compare(ended, want):
    if ended.status == 0 and ended.out == want:
        return
    got, wanted = ended.out.decode(errors="replace").splitlines(), want.decode().splitlines()
    for i in range(max(len(got), len(wanted))):
        a = got[i] if i < len(got) else "(nothing)"
        b = wanted[i] if i < len(wanted) else "(nothing)"
        if a != b:
            raise Failure("status %s; line %d is\n  %r, on the host\n  %r\nafter %s\nstderr: %s" % (
                ended.status, i + 1, a, b, got[max(0, i - 3):i],
                ended.err[-1500:].decode(errors="replace")))
    raise Failure("status %s, stderr %r" % (ended.status, ended.err[-1500:]))


@test(limit=330, cpus=(1, 2, 4))
def same_bytes_as_on_the_host(cpus):
    compare(inside(cpus), on_host())


@test(limit=3600, cpus=(1, 2, 4), long=True)
def twenty_times_in_a_row(cpus):
    want = on_host()
    for n in range(20):
        print("round", n + 1, flush=True)
        compare(inside(cpus), want)
