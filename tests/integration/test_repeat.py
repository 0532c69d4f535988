# SPDX-License-Identifier: MIT
"""time=virtual: runs that can be repeated."""
import os
import re

from driver import TESTS_INITRD, boot, check, contains, equal, scratch, test

REPORT = r"virtual time: (\d+) ns, (\d+) switches, trace (\w+), (\d+) pages, memory (\w+)(.*)"

# Read it, and what is read does not repeat.
COUNTER = "RDTSC does not trap on this host"
# What ends up in files stays in memory until power-off, and the sleeper's memory too.
WORKLOAD = """
/tests/time/mixture >/tmp/log || exit 1
seq 1 2000 | sort -r | md5sum >>/tmp/log
(sleep 1; echo later >>/tmp/log) & (sleep 0.5; echo sooner >>/tmp/log) & wait %1 %2
for i in 1 2 3 4; do (cat /proc/uptime /proc/self/stat; date) >>/tmp/log & done; wait
sleep 1000 &
cat /tmp/log
"""


def repeatable(*args, script=WORKLOAD, seed=1):
    ended = boot("mem=512M", "time=virtual", "seed=%d" % seed, "ncpus=1",
                 "initrd=" + TESTS_INITRD, *args, "--", "sh", "-c", script, quiet=False, limit=60)
    if COUNTER.encode() in ended.err and "COUNTER" not in script:
        return repeatable(*args, script="export COUNTER_IS_THE_HOSTS=1; " + script, seed=seed)
    equal(ended.status, 0, ended.err.decode(errors="replace"))
    report = re.search(REPORT, ended.err.decode(errors="replace"))
    check(report, "no report in %r" % ended.err[-500:])
    equal(report[6], "")
    return report.groups(), ended.out


@test(limit=150)
def two_runs_are_one():
    report, out = repeatable()
    check(int(report[1]) > 1000, "only %s switches" % report[1])
    contains(out, "sooner.*later")
    again, out_again = repeatable()
    equal(again, report)
    equal(out_again, out)


@test(limit=150)
def another_seed_is_another_run():
    report, out = repeatable()
    other, out_other = repeatable(seed=2)
    check(other[4] != report[4], "the memory is the same")
    check(out_other != out, "the random numbers are the same")


@test(limit=60)
def an_hour_of_sleep_takes_no_time():
    ended = boot("time=virtual", "--", "sh", "-c", "sleep 3600; cut -d. -f1 /proc/uptime", limit=40)
    ended.expect(0, b"3600\n")


@test(limit=90)
def a_guest_that_spins_is_preempted_and_told_of():
    ended = boot("mem=512M", "time=virtual", "seed=1", "initrd=" + TESTS_INITRD, "--", "/tests/time/spinner",
                 quiet=False, limit=80)
    equal(ended.status, 0, ended.err.decode(errors="replace"))
    contains(ended.err, r"spinner\[\d+\] computes without a trap: this run is not repeatable")
    contains(ended.err, REPORT[:-4] + ", not repeatable")


@test
def it_is_for_one_processor():
    ended = boot("time=virtual", "ncpus=2", "--", "true")
    equal(ended.status, 2)
    contains(ended.err, "time=virtual.*ncpus=1")
    for word in ("time=", "time=warp", "seed=", "seed=x", "seed=-1", "seed=1x"):
        ended = boot(word, "--", "true")
        equal(ended.status, 2)
        contains(ended.err, word.split("=")[0])


@test(limit=150)
def a_disk_repeats():
    reports = []
    for _ in range(2):
        disk = os.path.join(scratch(), "disk")
        with open(disk, "wb") as f:
            f.truncate(8 << 20)
        reports.append(repeatable("ubd0=" + disk, script="""
            seq 1 20000 >/dev/ubda; sync; (md5sum </dev/ubda & dd if=/dev/ubda of=/dev/null 2>&1 & wait)
            """))
    equal(reports[0][0], reports[1][0])
