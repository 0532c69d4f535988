# SPDX-License-Identifier: MIT
"""Many of everything, and random lives: nothing fails, the kernel says nothing and gets back its memory."""
from driver import TESTS_INITRD, boot, check, equal, lacks, test

# What the kernel holds, in KiB, when nothing runs: free and cached pages, and slabs.
MEASURE = """
measure() { sleep 1; awk '/^(MemFree|Slab):/ { print $2 }' /proc/meminfo; }
"""
# Caches and per-CPU lists may keep something; a leak of the loops below is far above it.
SLACK_KIB = 24 * 1024


def run_twice(command, cpus, seconds):
    """Runs a command with the same memory before and after it, warmed up by a short first run."""
    ended = boot("mem=1G", "ncpus=%d" % cpus, "initrd=" + TESTS_INITRD, "loglevel=5", "--",
                 "sh", "-c", MEASURE + "cd /tmp; " + command[0] + " || exit 9; measure; " +
                 command[1] + " || exit 9; measure", limit=seconds, quiet=False)
    equal(ended.status, 0, (ended.out + ended.err).decode(errors="replace")[-2000:])
    lacks(ended.err, r"WARNING|BUG|Oops|scheduling while atomic|possible deadlock")
    free1, slab1, free2, slab2 = [int(n) for n in ended.out.split()[-4:]]
    check(free1 - free2 < SLACK_KIB, "free memory went from %d to %d KiB" % (free1, free2))
    check(slab2 - slab1 < SLACK_KIB, "slabs went from %d to %d KiB" % (slab1, slab2))


@test(long=True, limit=400, cpus=(1, 2, 4))
def many_of_everything(cpus):
    run_twice(("/tests/process/limits 20", "/tests/process/limits 100"), cpus, 390)


@test(long=True, limit=680, cpus=(2,))
def ten_minutes_of_random_life(cpus):
    run_twice(("/tests/process/churn 5 1", "/tests/process/churn 600 2"), cpus, 670)


@test(limit=60, cpus=(2,))
def random_lives_leave_nothing(cpus):
    run_twice(("/tests/process/churn 1 3", "/tests/process/churn 4 4"), cpus, 55)
