# SPDX-License-Identifier: MIT
"""stress-ng verifies what it does, class by class, all stressors of a class at once."""
import re

from driver import check, lacks, run, test
from programs import COMPLAINTS, command, folder, need

CLASSES = ("cpu", "memory", "vm", "pipe", "interrupt", "scheduler", "os", "filesystem")
# What a stressor may fail for: calls and devices that docs/syscalls.md and docs/systems.md say are not
# there, and what it fails for on the host too (physpage: memory type ranges of the machine).
NOT_THERE = re.compile(
    r"Address family not supported|Function not implemented|errno=93|/dev/loop-control|physpage:|"
    # Two stressors that together want more than all deadline time of a CPU.
    r"cyclic: sched_setscheduler failed: errno=16")
# Of a class of 190 stressors on two CPUs, stress-ng kills late ones between two steps of its own count.
OWN_COUNT = re.compile(r"corrupted bogo-ops counter|hash error in bogo-ops|metrics corrupted")
# An event that waits in fanotify's queue holds its file, so that IN_DELETE_SELF comes when fanotify's
# reader has got that far. Among so many stressors it gets some milliseconds a second. Linux fails the
# same way: the class filesystem on one processor and on two.
LATE = re.compile(r"inotify: timed waiting for event flags 0x400")


def stress(name, cpus):
    need("stress-ng")
    argv = ["stress-ng", "--class", name, "--all", "1", "-t", "20", "--verify", "--oomable"]
    end = run(command(*argv, cpus=cpus, options=("--verbose", "--mem", "4G")), cwd=folder(),
              limit=280)
    text = (end.out + end.err).decode(errors="replace")
    failures = [line for line in text.splitlines()
                if re.search(r"\bfail: ", line) and not NOT_THERE.search(line) and
                not (name == "os" and OWN_COUNT.search(line)) and
                not (name in ("os", "filesystem") and LATE.search(line))]
    check(not failures, "\n".join(failures))
    lacks(text, COMPLAINTS)
    # 2: a stressor failed, for a reason that counts; 3: one found that the machine lacks something.
    check(end.status in (0, 3) or NOT_THERE.search(text), "status %d\n%s" % (end.status, text[-2500:]))


def register(name):
    def function(cpus):
        stress(name, cpus)
    function.__name__ = name
    function.__module__ = __name__
    test(function, long=True, limit=300, cpus=(1, 2))


for name in CLASSES:
    register(name)
